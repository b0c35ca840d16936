"""Everything that is held about one person, for that person: as JSON, and as a page to read.

Others appear by their ids only; where a note names them, the name is replaced. What was written of an incident that
names the person is theirs too, also where it is kept with somebody else's notes.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.access import acting
from engine.errors import InputError
from engine.facts import all_kinds, columns_of, table_of
from engine.people.masking import mask_of
from engine.people.persons import home_of, see

if TYPE_CHECKING:
    from engine.store import Reading, Store, Transaction

TEMPLATES = Path(__file__).parents[1] / "messages" / "templates"
LANGUAGES = ("sv", "en")
PURPOSE = "subject export"

# What is named by a thing of the person's own is about the person, too; each finds more, in this order.
_LINKS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("volunteer_registered", ("resident_id",), "volunteer_id"),
    ("request_submitted", ("resident_id",), "request_id"),
    ("series_started", ("resident_id",), "series_id"),
    ("offer_sent", ("request_id", "volunteer_id"), "offer_id"),
    ("visit_agreed", ("request_id", "volunteer_id"), "visit_id"),
    ("incident_reported", ("resident_id", "volunteer_id", "visit_id"), "incident_id"),
    ("message_queued", ("resident_id",), "message_id"),
    ("erasure_requested", ("resident_id",), "erasure_id"),
)
_IDS = ("resident_id", *(found for _, _, found in _LINKS))
_EVERYBODY = "*"


@dataclass(frozen=True, slots=True)
class SubjectExport:
    """The two files of an export, and what is in them."""

    json_file: Path
    html_file: Path
    content: dict[str, Any]


def subject_export(
    store: Store, actor_id: str, resident_id: str, folder: Path, *, language: str = "sv"
) -> SubjectExport:
    """Write all that is held about a resident to two new files in a folder, readable by the writer alone.

    Parameters
    ----------
    language
        Of the page: ``sv`` or ``en``.

    Raises
    ------
    AccessDenied
        When the account may not, the person is of another municipality, or protected and the account does not serve
        those.
    InputError
        When there is no such resident or language, or a file exists already or cannot be written.
    """
    if language not in LANGUAGES:
        raise InputError(f"An export is written in {' or '.join(LANGUAGES)}, not in {language!r}.")
    with acting(store, actor_id, "export_subject") as (transaction, who):
        see(transaction, who, resident_id)
        people = transaction.people(PURPOSE)
        mask = mask_of(people, resident_id, words(language)["text"]["other"])
        mine = _named(transaction, resident_id)
        notes = _notes(transaction, resident_id, mine["incident_id"])
        content = {
            "resident_id": resident_id,
            "made_at": transaction.recorded_at.astimezone(UTC).replace(tzinfo=None),
            "details": _details(transaction.person(resident_id, PURPOSE)),
            "notes": notes.assign(text=notes["text"].map(mask))[["note_id", "subject", "text"]].to_dict("records"),
            **_facts_and_reads(transaction, mine),
        }
    plain = _plain(content)
    stem = Path(folder) / f"subject-{''.join(c if c.isalnum() or c in '._-' else '_' for c in resident_id)}"
    json_file, html_file = stem.with_name(f"{stem.name}.json"), stem.with_name(f"{stem.name}.html")
    _write_new(json_file, json.dumps(plain, ensure_ascii=False, indent=2) + "\n")
    _write_new(html_file, page(content, language))
    return SubjectExport(json_file, html_file, plain)


def page(content: Mapping[str, Any], language: str) -> str:
    """Lay an export out as a page of HTML in which nothing is taken for HTML but the page itself."""
    said = words(language)
    environment = Environment(autoescape=True, loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined)
    environment.filters["shown"] = _shown_in(said["text"])
    template = environment.get_template("subject_export.html")
    return template.render(
        language=language, text=said["text"], column=said["column"], titles=said["kind"], export=content
    )


@cache
def words(language: str) -> dict[str, dict[str, str]]:
    """Read the words of the page in a language: ``text``, ``kind`` and ``column``, each by code."""
    read = tomllib.loads((TEMPLATES / "subject_export.toml").read_text(encoding="utf-8"))
    return {part: {code: said[language] for code, said in entries.items()} for part, entries in read.items()}


def personal_kinds() -> dict[str, list[str]]:
    """List the tables of facts that can be about a person, each with its columns that name one."""
    found = {table_of(kind): [name for name in columns_of(kind) if name in _IDS] for kind in all_kinds()}
    return {table: names for table, names in found.items() if names}


def _named(reading: Reading, resident_id: str) -> dict[str, set[str]]:
    """Collect the ids of what is the person's own: column -> ids."""
    mine = {"resident_id": {resident_id}}
    for table, by, found in _LINKS:
        rows = _rows_naming(reading.facts_of(table), list(by), mine)
        mine.setdefault(found, set()).update(rows[found].to_pylist())
    return mine


def _notes(transaction: Transaction, resident_id: str, incident_ids: set[str]) -> pd.DataFrame:
    """Read the notes about a resident, and those on incidents that name them: columns of ``notes_about``.

    What is kept with the notes of a protected person stays there: a text may lead to them even without their name.
    """
    own = transaction.notes_about([resident_id], PURPOSE)
    on_incidents = [
        transaction.notes(incident_id, PURPOSE).assign(subject=incident_id)
        for incident_id in sorted(incident_ids)
        if not _is_of_protected(transaction, resident_id, incident_id)
    ]
    return pd.concat([own, *on_incidents]).drop_duplicates("note_id").sort_values("note_id")


def _is_of_protected(reading: Reading, resident_id: str, subject: str) -> bool:
    """Whether notes on a subject are kept with those of a protected person other than the resident."""
    owners = set(reading.query("sealed_notes", subject=subject)["resident_id"]) - {resident_id}
    homes = [home_of(reading, owner) for owner in sorted(owners)]
    return any(home is not None and home.is_protected for home in homes)


def _facts_and_reads(reading: Reading, mine: dict[str, set[str]]) -> dict[str, Any]:
    mine = mine | {"resident_id": mine["resident_id"] | {_EVERYBODY}}
    facts = {
        table: [_told(row) for row in _rows_naming(reading.facts_of(table), names, mine).to_pylist()]
        for table, names in personal_kinds().items()
    }
    prices = reading.facts_of("price_found")
    of_requests = pa.array([f"request:{name}" for name in sorted(mine["request_id"])], pa.string())
    facts["price_found"] = [_told(row) for row in prices.filter(pc.is_in(prices["row"], of_requests)).to_pylist()]
    read_by = facts.pop("identity_read")
    return {"facts": {table: rows for table, rows in facts.items() if rows}, "read_by": read_by}


def _rows_naming(table: pa.Table, columns: list[str], mine: Mapping[str, set[str]]) -> pa.Table:
    """Keep the rows in which any of the columns names something of the person's."""
    named = pa.repeat(pa.scalar(False), len(table))
    for column in columns:
        ids = pa.array(sorted(mine.get(column, ())), pa.string())
        named = pc.or_(named, pc.is_in(table[column], ids))
    return table.filter(named)


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out what tells of the file and not of the person."""
    return {name: value for name, value in row.items() if name not in {"entry_no", "salt"}}


def _details(details: dict[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (details or {}).items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_plain(held) for held in value]
    return value.isoformat() if isinstance(value, date | time) else value


def _shown_in(text: Mapping[str, str]) -> Callable[[Any], str]:
    def shown(value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return text["yes"] if value else text["no"]
        if isinstance(value, list):
            return ", ".join(shown(held) for held in value)
        if isinstance(value, dict):
            return " ".join(shown(held) for held in value.values())
        if isinstance(value, time):
            return f"{value:%H:%M}"
        return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)

    return shown


def _write_new(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise InputError(f"{path} exists already; remove it or choose another folder.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error
