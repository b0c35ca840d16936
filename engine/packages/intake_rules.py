"""What must hold between the cells of a data package: one function per rule, listed in :data:`RULES`.

A rule yields a finding for each row that breaks it and leaves alone what it cannot judge: a cell that was
refused already is missing from ``Row.values``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from engine.clock import local_of, utc_of
from engine.packages.cells import TABLES, CellError, Column
from engine.packages.rawtable import RawTable, Report


@dataclass(frozen=True, slots=True)
class Known:
    """What the pilot file already holds: ids of residents and requests, and the resident of each volunteer.

    ``protected`` are the residents with a protected identity; ``erased`` those of whom no details are kept, so that
    nothing can be noted about them.
    """

    residents: frozenset[str] = frozenset()
    volunteers: Mapping[str, str] = field(default_factory=dict)
    requests: frozenset[str] = frozenset()
    protected: frozenset[str] = frozenset()
    erased: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its line, the values of its good cells (``None`` for an empty one), and its texts."""

    line: int
    values: dict[str, Any]
    header: tuple[str, ...]
    cells: tuple[str | None, ...]

    def text(self, column: str) -> str:
        """Give the cell of a column as it stands; empty when it is missing or unreadable."""
        return (self.cells[self.header.index(column)] if column in self.header else None) or ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a package.

    ``lost`` holds what stood in rows that could not be used; ``complete`` is false when anything may be missing.
    """

    file: str
    rows: tuple[Row, ...] = ()
    lost: frozenset[str] = frozenset()
    complete: bool = True


Tables = dict[str, Table]
Finding = tuple[str, Row, str, str]
"""Table, row, column, and what was expected."""


def read_cells(raw: RawTable, report: Report) -> Table:
    """Turn the texts of a table into values; every cell that is not as its column asks is reported."""
    columns = {column.name: column for column in TABLES[raw.name]}
    complete = _header_fits(raw, columns, report) and raw.complete
    absent = {name: None for name, c in columns.items() if c.may_be_missing and name not in raw.header}
    rows = []
    for line, cells in raw.rows:
        values: dict[str, Any] = dict(absent)
        for name, text in zip(raw.header, cells, strict=True):
            if text is None or name not in columns:
                continue
            try:
                values[name] = _value(columns[name], text)
            except CellError as error:
                report.add(raw.file, line, name, text, str(error))
        rows.append(Row(line, values, raw.header, cells))
    return Table(raw.file, tuple(rows), raw.lost, complete)


def check(tables: Tables, known: Known, now: datetime, report: Report) -> None:
    """Report every row that breaks a rule."""
    for rule in RULES:
        for name, row, column, expected in rule(tables, known, now):
            report.add(tables[name].file, row.line, column, row.text(column), expected)


def ids_stand_once(tables: Tables, known: Known, now: datetime) -> Iterator[Finding]:
    """A resident, a volunteer and a request stand in one row each."""
    for name, column in (("residents", "resident_id"), ("volunteers", "volunteer_id"), ("requests", "request_id")):
        yield from _repeated(tables, name, (column,), "an id that stands once")


def requests_are_new(tables: Tables, known: Known, now: datetime) -> Iterator[Finding]:
    """A request cannot be submitted twice; residents and volunteers may be registered anew."""
    for row in _rows(tables, "requests", "request_id"):
        if row.values["request_id"] in known.requests:
            yield "requests", row, "request_id", "a new id; this request is in the pilot file already"


def references_lead_somewhere(tables: Tables, known: Known, now: datetime) -> Iterator[Finding]:
    """A resident or volunteer that is named stands in the package or in the pilot file."""
    for target, column, stored in (
        ("residents", "resident_id", known.residents),
        ("volunteers", "volunteer_id", known.volunteers),
    ):
        table = tables.get(target, Table(""))
        if not table.complete:
            continue
        ids = {row.text(column) for row in table.rows} | table.lost
        for name in tables:
            for row in _rows(tables, name, column):
                if name != target and (found := row.values[column]) not in ids and found not in stored:
                    yield name, row, column, f"the id of one of the {target} in the package or in the pilot file"


def residents_have_a_place(tables: Tables, known: Known, now: datetime) -> Iterator[Finding]:
    """Both coordinates are given, or none of them for a protected identity."""
    for row in _rows(tables, "residents", "lat", "lon", "protected_identity"):
        lat, lon = row.values["lat"], row.values["lon"]
        if (lat is None) != (lon is None):
            missing = "lat" if lat is None else "lon"
            yield "residents", row, missing, "both lat and lon, or none of them"
        elif lat is None and not row.values["protected_identity"]:
            yield "residents", row, "lat", "lat and lon; only with protected_identity = yes may they be empty"


def births_lie_in_the_past(tables: Tables, known: Known, now: datetime) -> Iterator[Finding]:
    """Nobody is born in a year to come."""
    for row in _rows(tables, "residents", "birth_year"):
        if row.values["birth_year"] > now.year:
            yield "residents", row, "birth_year", f"a year from 1900 to {now.year}"


def residents_volunteer_once(tables: Tables, known: Known, now: datetime) -> Iterator[Finding]:
    """One resident is one volunteer, under one volunteer_id."""
    rows = list(_rows(tables, "volunteers", "volunteer_id", "resident_id"))
    here = {row.values["volunteer_id"] for row in rows}
    taken = {r: (v, "in the pilot file") for v, r in known.volunteers.items() if v not in here}
    for row in rows:
        volunteer, resident = row.values["volunteer_id"], row.values["resident_id"]
        other, where = taken.setdefault(resident, (volunteer, f"on line {row.line}"))
        if other != volunteer:
            yield "volunteers", row, "resident_id", f"a resident once; volunteer {other} {where} is the same person"


def volunteers_stay_the_same_person(tables: Tables, known: Known, now: datetime) -> Iterator[Finding]:
    """What was seen of a volunteer, such as a cleared check, is of one person: their volunteer_id is nobody else's."""
    for row in _rows(tables, "volunteers", "volunteer_id", "resident_id"):
        volunteer = row.values["volunteer_id"]
        if known.volunteers.get(volunteer, row.values["resident_id"]) != row.values["resident_id"]:
            yield (
                "volunteers",
                row,
                "resident_id",
                f"the resident who is {volunteer} in the pilot file, or a new volunteer_id",
            )


def windows_end_after_they_start(tables: Tables, known: Known, now: datetime) -> Iterator[Finding]:
    """A stretch of free time has a length; one that passes midnight is written as two."""
    for row in _rows(tables, "availability", "starts", "ends"):
        if row.values["ends"] <= row.values["starts"]:
            yield "availability", row, "ends", f"a time after {row.text('starts')} on the same day"


def windows_do_not_overlap(tables: Tables, known: Known, now: datetime) -> Iterator[Finding]:
    """The free stretches of a volunteer on one weekday lie apart; they may touch."""
    days: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in _rows(tables, "availability", "volunteer_id", "weekday", "starts", "ends"):
        days[row.values["volunteer_id"], row.values["weekday"]].append(row)
    for rows in days.values():
        rows.sort(key=lambda row: (row.values["starts"], row.line))
        last = rows[0]
        for row in rows[1:]:
            if row.values["starts"] < last.values["ends"]:
                yield "availability", row, "starts", f"no overlap with the window on line {last.line}"
            last = max(last, row, key=lambda r: r.values["ends"])


def periods_run_forward(tables: Tables, known: Known, now: datetime) -> Iterator[Finding]:
    """Nothing ends before it begins."""
    for name, first, last in (
        ("vetting", "valid_from", "valid_to"),
        ("grants", "valid_from", "valid_to"),
        ("requests", "earliest_at", "latest_at"),
    ):
        for row in _rows(tables, name, first, last):
            if row.values[last] is not None and row.values[last] < row.values[first]:
                yield name, row, last, f"a time not before {first} ({row.text(first)})"


def requests_are_not_from_the_future(tables: Tables, known: Known, now: datetime) -> Iterator[Finding]:
    """A request was made already; a day's grace covers clocks and zones that are off."""
    for row in _rows(tables, "requests", "requested_at"):
        if utc_of(row.values["requested_at"]) > now + timedelta(days=1):
            yield (
                "requests",
                row,
                "requested_at",
                f"a time not later than now, {local_of(now):%Y-%m-%d}",
            )


def notes_are_about_somebody(tables: Tables, known: Known, now: datetime) -> Iterator[Finding]:
    """A note is sealed with the details of its resident; it cannot outlive them."""
    erased = known.erased - {row.text("resident_id") for row in tables.get("residents", Table("")).rows}
    for row in _rows(tables, "requests", "resident_id", "note"):
        if row.values["note"] and row.values["resident_id"] in erased:
            yield "requests", row, "note", "no note: the resident's details were erased or never entered"


def relations_stand_once(tables: Tables, known: Known, now: datetime) -> Iterator[Finding]:
    """A pair is blocked or preferred, in one row."""
    yield from _repeated(tables, "relations", ("volunteer_id", "resident_id"), "a pair that stands once")


RULES: tuple[Callable[[Tables, Known, datetime], Iterator[Finding]], ...] = (
    ids_stand_once,
    requests_are_new,
    references_lead_somewhere,
    residents_have_a_place,
    births_lie_in_the_past,
    residents_volunteer_once,
    volunteers_stay_the_same_person,
    windows_end_after_they_start,
    windows_do_not_overlap,
    periods_run_forward,
    requests_are_not_from_the_future,
    notes_are_about_somebody,
    relations_stand_once,
)


def _header_fits(raw: RawTable, columns: Mapping[str, Column], report: Report) -> bool:
    """Report columns that are unknown, missing or there twice; tell whether none is."""
    if not raw.header:
        return raw.complete
    line = raw.header_line
    known = ", ".join(columns)
    bad = [(name, f"one of the columns {known}") for name in raw.header if name not in columns]
    bad += [(n, "a column that stands once") for n in columns if raw.header.count(n) > 1]
    needed = [column.name for column in columns.values() if not column.may_be_missing]
    bad += [(n, f"a column {n}, which is missing") for n in needed if n not in raw.header]
    for name, expected in bad:
        report.add(raw.file, line, name, name if name in raw.header else "", expected)
    return not bad


def _value(column: Column, text: str) -> Any:
    if text:
        return column.read(text)
    if column.may_be_empty:
        return None
    raise CellError("a value; the cell is empty")


def _rows(tables: Tables, name: str, *columns: str) -> Iterator[Row]:
    """Go through the rows of a table whose cells in all these columns are good."""
    for row in tables[name].rows if name in tables else ():
        if all(column in row.values for column in columns):
            yield row


def _repeated(tables: Tables, name: str, columns: tuple[str, ...], expected: str) -> Iterator[Finding]:
    lines: dict[tuple[Any, ...], int] = {}
    for row in _rows(tables, name, *columns):
        first = lines.setdefault(tuple(row.values[column] for column in columns), row.line)
        if first != row.line:
            yield name, row, columns[0], f"{expected}; line {first} has it already"
