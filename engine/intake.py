"""A data package becomes facts, or a report of every bad row: all or nothing.

The way of a package: files to text (``package.py``, ``workbook.py``), text to values (``cells.py``), rules
between the rows (``intake_rules.py``), values to facts (here). Names, contacts, exact places and notes leave the
way before the facts: they are returned apart, for the identity store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from engine import facts
from engine.access import acting
from engine.clock import local_of, utc_of
from engine.errors import InputError
from engine.lifecycle import Taking
from engine.live.reach import must_reach
from engine.packages.cells import TABLES
from engine.packages.intake_rules import Known, Row, Table, Tables, check, read_cells
from engine.packages.package import read_raw
from engine.packages.rawtable import BadRow, RawPackage, Report
from engine.people.destruction import finish
from engine.people.protection import protect

if TYPE_CHECKING:
    from engine.store import Reading, Store

__all__ = ["BadRow", "Intake", "Known", "Note", "coarse_place", "import_package", "known_in", "read_package"]

# About 0.6 km square in Skåne: near enough to plan a journey, too coarse to find a door.
CELL_LAT_DEGREES = 0.005
CELL_LON_DEGREES = 0.01

EVER = datetime(2200, 1, 1, tzinfo=UTC)
"""Later than anything a package may name: what was entered ahead of time counts as known, too."""

PERSON_COLUMNS = ("name", "phone", "email", "address", "lat", "lon")


class Note(NamedTuple):
    """Free text about a resident; ``subject`` is the id of the request it came with."""

    note_id: str
    resident_id: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Intake:
    """What a package holds, fit to be stored.

    Parameters
    ----------
    facts
        In the order they must be appended.
    people
        Identity details by resident_id: name, phone, email, address, lat, lon (exact); ``None`` where not given.
    n_rows
        Rows by table.
    """

    facts: tuple[facts.Fact, ...]
    people: dict[str, dict[str, Any]]
    notes: tuple[Note, ...]
    n_rows: dict[str, int]
    warnings: tuple[str, ...]


def read_package(source: Path, known: Known, now: datetime) -> Intake:
    """Read a data package and check every row; nothing is written.

    Parameters
    ----------
    source
        A folder with CSV files (and perhaps ``datapackage.json``), or one ``.xlsx`` with a sheet per table.
    known
        What the pilot file holds already.
    now
        The present (UTC, timezone-aware): when registrations, grants and checks become known.

    Raises
    ------
    PackageError
        When anything is wrong; ``bad_rows`` holds every fault as a :class:`BadRow`.
    InputError
        When ``now`` has no time zone.
    """
    _must_have_zone(now)
    raw, tables, report = _read(source)
    return make_intake(raw.warnings, tables, known, now, report)


def import_package(
    store: Store,
    source: Path,
    actor_id: str,
    progress: Callable[[str], None] | None = None,
    now: datetime | None = None,
) -> Intake:
    """Import a data package in one transaction: every row of it, or nothing.

    Importing the same content a second time writes nothing and says so in ``warnings``.

    Parameters
    ----------
    progress
        Called with a short sentence before each stage; raising in it ends the import with nothing written.
    now
        See :func:`read_package`; default the clock of the store.

    Raises
    ------
    AccessDenied
        When the account may not, or the package speaks of people out of its reach (:mod:`engine.live.reach`).
    PackageError
        When anything is wrong with the package; ``bad_rows`` holds every fault as a :class:`BadRow`.
    StoreError
        When the pilot cannot be read or written.
    """
    tell = progress or (lambda _stage: None)
    now = now or store.clock()
    _must_have_zone(now)
    tell(f"Reading {source.name}.")
    raw, tables, report = _read(source)
    # The rules look at what is stored, so they are checked where nobody can store anything in between.
    key = f"import:{raw.content_hash}"
    with acting(store, actor_id, "register_people", idempotency_key=key, action="import") as (transaction, who):
        if transaction.already_done:
            remark = f"{source.name} was imported before, with the same content; nothing was written."
            return Intake((), {}, (), _n_rows(tables), (*raw.warnings, remark))
        tell("Checking every row.")
        intake = make_intake(raw.warnings, tables, known_in(transaction), now, report)
        must_reach(transaction, who, intake.facts, EVER)
        tell(f"Writing {len(intake.facts)} facts.")
        transaction.append(intake.facts)
        transaction.put_people(intake.people)
        transaction.put_notes(intake.notes)
        n_hidden = protect(Taking(transaction, who, now), intake.facts)
    if n_hidden:
        finish(store, actor_id)
    return intake


def known_in(reading: Reading, ids: Sequence[str] | None = None) -> Known:
    """List what the pilot file holds, as far as a package may refer to it, or a form that names only these ids."""
    known = reading.columns("known_ids", ids=ids)
    of: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for kind, named, resident_id in zip(known["kind"], known["id"], known["resident_id"], strict=True):
        of[kind][named] = resident_id
    residents = frozenset(of["resident"])
    return Known(
        residents=residents,
        volunteers=of["volunteer"],
        protected=frozenset(of["protected"]),
        requests=frozenset(of["request"]),
        erased=residents - of["person"].keys(),
    )


def coarse_place(lat: float, lon: float) -> tuple[float, float]:
    """Move a place (degrees) to the centre of its cell of 0.005 x 0.01 degrees."""
    return (
        round((floor(lat / CELL_LAT_DEGREES) + 0.5) * CELL_LAT_DEGREES, 4),
        round((floor(lon / CELL_LON_DEGREES) + 0.5) * CELL_LON_DEGREES, 3),
    )


def _read(source: Path) -> tuple[RawPackage, Tables, Report]:
    report = Report(source.name)
    raw = read_raw(source, TABLES, report)
    return raw, {name: read_cells(table, report) for name, table in raw.tables.items()}, report


def make_intake(warnings: tuple[str, ...], tables: Tables, known: Known, now: datetime, report: Report) -> Intake:
    """Hold tables of values to every rule, and turn them into facts.

    Raises
    ------
    PackageError
        When the report holds a fault, found here or before.
    """
    check(tables, known, now, report)
    if report.bad_rows:
        raise report.error()
    residents = [row.values for row in _rows(tables, "residents")]
    empty = (f"{table.file} has no rows." for table in tables.values() if not table.rows)
    return Intake(
        facts=tuple(_facts(tables, known, now)),
        people={r["resident_id"]: {column: r[column] for column in PERSON_COLUMNS} for r in residents},
        notes=tuple(_note(row.values) for row in _rows(tables, "requests") if row.values["note"]),
        n_rows=_n_rows(tables),
        warnings=(*warnings, *empty),
    )


def _facts(tables: Tables, known: Known, now: datetime) -> Iterator[facts.Fact]:
    for row in _rows(tables, "residents"):
        yield _resident_registered(row.values, now)
    for row in _rows(tables, "volunteers"):
        yield _volunteer_registered(row.values, known, now)
    yield from _availability_stated(_rows(tables, "availability"), now)
    for row in _rows(tables, "vetting"):
        period = {name: row.values[name] for name in ("volunteer_id", "valid_from", "valid_to")}
        yield facts.CheckCleared(occurred_at=now, check_code=row.values["check"], **period)
    yield from _grants_decided(tables, known, now)
    for row in _rows(tables, "requests"):
        yield _request_submitted(row.values, now)
    for row in _rows(tables, "relations"):
        yield facts.RelationStated(occurred_at=now, **row.values)


def _resident_registered(values: dict[str, Any], now: datetime) -> facts.ResidentRegistered:
    is_protected = bool(values["protected_identity"])
    lat, lon = (None, None) if is_protected else coarse_place(values["lat"], values["lon"])
    return facts.ResidentRegistered(
        occurred_at=now,
        resident_id=values["resident_id"],
        municipality_code=values["municipality_code"],
        lat=lat,
        lon=lon,
        birth_year=values["birth_year"],
        languages=values["languages"] or (),
        protected_identity=is_protected,
    )


def _volunteer_registered(values: dict[str, Any], known: Known, now: datetime) -> facts.VolunteerRegistered:
    joined_at = values["joined_at"] or local_of(now)
    # The newest registration holds, so a second one happens now, not on the day the volunteer joined.
    is_new = values["volunteer_id"] not in known.volunteers
    return facts.VolunteerRegistered(
        occurred_at=min(utc_of(joined_at), now) if is_new else now,
        **{**values, "joined_at": joined_at},
    )


def _availability_stated(rows: tuple[Row, ...], now: datetime) -> Iterator[facts.AvailabilityStated]:
    windows: dict[str, list[facts.Window]] = defaultdict(list)
    for row in rows:
        window = facts.Window(row.values["weekday"], row.values["starts"], row.values["ends"])
        windows[row.values["volunteer_id"]].append(window)
    for volunteer_id, week in windows.items():
        week.sort(key=lambda window: (window.weekday, window.starts))
        yield facts.AvailabilityStated(occurred_at=now, volunteer_id=volunteer_id, windows=tuple(week))


def _grants_decided(tables: Tables, known: Known, now: datetime) -> Iterator[facts.GrantDecided]:
    """Leave out where a decision about a protected person is kept: it would lead to them."""
    is_protected = dict.fromkeys(known.protected, True)
    is_protected |= {r.values["resident_id"]: r.values["protected_identity"] for r in _rows(tables, "residents")}
    for row in _rows(tables, "grants"):
        hidden = {"decision": ""} if is_protected.get(row.values["resident_id"]) else {}
        yield facts.GrantDecided(occurred_at=now, **{**row.values, **hidden})


def _request_submitted(values: dict[str, Any], now: datetime) -> facts.RequestSubmitted:
    said = {name: value for name, value in values.items() if name not in {"requested_at", "note", "languages"}}
    return facts.RequestSubmitted(
        occurred_at=min(utc_of(values["requested_at"]), now), languages=values["languages"] or (), **said
    )


def _note(values: dict[str, Any]) -> Note:
    request_id = values["request_id"]
    return Note(f"note:{request_id}", values["resident_id"], request_id, values["note"])


def _rows(tables: Tables, name: str) -> tuple[Row, ...]:
    return tables.get(name, Table("")).rows


def _n_rows(tables: Tables) -> dict[str, int]:
    return {name: len(table.rows) for name, table in tables.items()}


def _must_have_zone(now: datetime) -> None:
    if now.tzinfo is None:
        raise InputError(f"now {now.isoformat()} needs a time zone.")
