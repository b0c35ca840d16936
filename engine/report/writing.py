"""The report to the board of a period: its content in one language, and its two files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import InputError
from engine.measures.period import Period
from engine.report.content import Report
from engine.report.findings import Findings, findings_of
from engine.report.language import Language
from engine.report.layout import html_of, pdf_of
from engine.report.sections import sections_of

if TYPE_CHECKING:
    from engine.store import Reading


@dataclass(frozen=True, slots=True)
class Files:
    """The two files of a report."""

    html: Path
    pdf: Path


def content(reading: Reading, period: Period, language: str = "sv", note: str = "") -> Report:
    """Say what a report of a period holds, in ``sv`` or ``en``.

    Raises
    ------
    InputError
        When there is no such language, or a measure cannot be worked out.
    """
    said_in = Language(language)
    return told(findings_of(reading, period), said_in, note)


def told(findings: Findings, language: Language, note: str = "") -> Report:
    """Tell findings as a report; ``note`` is said first."""
    period = findings.period
    first, last = language.day(period.from_at), language.last_day(period.to_at)
    since = language.moment(period.looked_at)
    entry = language.number(findings.until_entry)
    return Report(
        language=language.code,
        title=language.say("Municipal microservices: report to the board"),
        subtitle=language.say("{first} to {last}", first=first, last=last),
        note=note,
        facts=(
            (language.say("As known at"), since),
            (language.say("Last log entry believed"), entry),
            (language.say("Policy in force"), findings.policies[0].policy.name),
        ),
        sections=sections_of(findings, language),
        words=_words(language),
    )


def write_report(reading: Reading, period: Period, folder: Path, language: str = "sv", note: str = "") -> Files:
    """Write the report of a period as ``report-<language>.html`` and ``.pdf``, over earlier ones of that name.

    Raises
    ------
    InputError
        As :func:`content`, or when a file cannot be written.
    """
    report = content(reading, period, language, note)
    files = Files(folder / f"report-{language}.html", folder / f"report-{language}.pdf")
    page, pdf = html_of(report), pdf_of(report, period.looked_at)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files.html.write_text(page, encoding="utf-8", newline="\n")
        files.pdf.write_bytes(pdf)
    except OSError as error:
        raise InputError(f"The report cannot be written to {folder}: {error.strerror}.") from error
    return files


def _words(language: Language) -> dict[str, str]:
    return {
        "contents": language.say("Contents"),
        "again": language.say("To work these figures out again"),
        "page": language.say("Page"),
        "of": language.say("of"),
        "warning": language.say("Mind"),
    }
