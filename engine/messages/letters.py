"""Letters: the texts of ``engine/messages/templates`` in Swedish and English, and how days and ways are put into words.

A letter is made of what it is given, and knows neither the pilot nor the mail. Subjects are seen on locked screens
and by every server on the way, so they hold no name and no service.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from engine.messages.invitations import CANCEL, REQUEST

TEMPLATES_FOLDER = Path(__file__).parent / "templates"
LANGUAGES = ("sv", "en")
LONGEST_DETAIL = 200

_DAYS = {
    "sv": ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "sv": (
        "januari",
        "februari",
        "mars",
        "april",
        "maj",
        "juni",
        "juli",
        "augusti",
        "september",
        "oktober",
        "november",
        "december",
    ),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}  # fmt: skip
_OFTEN = {
    "sv": {1: "varje dag", 2: "varannan dag", 7: "varje vecka", 14: "varannan vecka"},
    "en": {1: "every day", 2: "every other day", 7: "every week", 14: "every other week"},
}


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of message.

    Parameters
    ----------
    kind
        What ``about`` names: an ``offer``, ``visit``, ``request`` or ``series``.
    sides
        To whom it may go: ``resident``, ``volunteer``; each has a text of its own.
    true_while
        The states of that in which the message still says the truth.
    purpose
        What its signed link is for; ``None`` for no link.
    calendar
        The method of its calendar file; ``None`` for none.
    names_other
        Whether it names the other side.
    """

    code: str
    kind: str
    sides: tuple[str, ...]
    true_while: tuple[str, ...]
    purpose: str | None = None
    calendar: str | None = None
    names_other: bool = False


BOTH = ("resident", "volunteer")
TEMPLATES = {
    template.code: template
    for template in (
        Template("offer", "offer", ("volunteer",), ("sent",), purpose="answer_offer"),
        Template("offer_reminder", "offer", ("volunteer",), ("sent",), purpose="answer_offer"),
        Template("offer_filled", "offer", ("volunteer",), ("closed",)),
        Template("confirmation", "visit", BOTH, ("agreed",), "cancel_visit", REQUEST, names_other=True),
        Template("reminder", "visit", BOTH, ("agreed",), "cancel_visit", names_other=True),
        Template("cancellation", "visit", BOTH, ("cancelled",), calendar=CANCEL),
        Template("thanks", "visit", BOTH, ("completed",), purpose="give_feedback"),
        Template("nobody_yet", "request", ("resident",), ("submitted", "planned", "offered"), "withdraw_request"),
        Template("series", "series", ("resident",), ("running",), "withdraw_request"),
    )
}


def rendered(template: str, side: str, language: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Write a letter: its subject, and its text with lines of any length.

    Text among ``values`` is made one line of at most 200 signs first, so that nobody's name can add a header or a line.

    Raises
    ------
    jinja2.UndefinedError
        When the template asks for a value that is not given.
    """
    plain = {name: one_line(value) if isinstance(value, str) else value for name, value in values.items()}
    # A link is ours, signed, and longer than what a person may be called.
    plain["link"] = values.get("link")
    whole = _templates(language).get_template(f"{template}_{side}.txt").render(plain)
    subject, _, text = whole.partition("\n")
    return subject.strip(), re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"


def one_line(text: str) -> str:
    """Put a detail on one line of at most 200 signs, without control characters and changes of direction."""
    spaced = "".join(sign if sign.isprintable() else " " for sign in text[: 4 * LONGEST_DETAIL])
    line = " ".join(spaced.split())
    return line if len(line) <= LONGEST_DETAIL else line[: LONGEST_DETAIL - 1] + "…"


def first_name(name: str | None) -> str:
    """Take the first word of a name; nothing of none."""
    return (one_line(name or "").split() or [""])[0]


def day_of(moment: datetime, language: str) -> str:
    """Say a local day: "tisdag 1 december"."""
    return f"{_DAYS[language][moment.weekday()]} {moment.day} {_MONTHS[language][moment.month - 1]}"


def moment_of(moment: datetime, language: str) -> str:
    """Say a local moment: "tisdag 1 december kl. 9.00"."""
    return f"{day_of(moment, language)}{_at(language)}{_clock(moment, language)}"


def stretch_of(starts_at: datetime, ends_at: datetime, language: str) -> str:
    """Say a local stretch of time: "tisdag 1 december kl. 9.00–10.00"."""
    if starts_at.date() == ends_at.date():
        return f"{moment_of(starts_at, language)}–{_clock(ends_at, language)}"
    return f"{moment_of(starts_at, language)} – {moment_of(ends_at, language)}"


def way_of(km: float | None, language: str) -> str:
    """Say how far it is in whole kilometres, rounded up so that a house cannot be found by it; nothing of none."""
    if km is None or math.isnan(km):
        return ""
    if km < 1:
        return {"sv": "mindre än 1 km", "en": "less than 1 km"}[language]
    return f"{'högst' if language == 'sv' else 'at most'} {math.ceil(km)} km"


def how_often(every_days: int, language: str) -> str:
    """Say how often a series returns."""
    weeks, rest = divmod(every_days, 7)
    if often := _OFTEN[language].get(every_days):
        return often
    if rest == 0:
        return f"var {weeks}:e vecka" if language == "sv" else f"every {weeks} weeks"
    return f"var {every_days}:e dag" if language == "sv" else f"every {every_days} days"


def _at(language: str) -> str:
    return " kl. " if language == "sv" else " at "


def _clock(moment: datetime, language: str) -> str:
    return f"{moment.hour}{'.' if language == 'sv' else ':'}{moment.minute:02}"


@cache
def _templates(language: str) -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES_FOLDER / language, encoding="utf-8"),
        autoescape=select_autoescape(),  # of HTML; ours are plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
