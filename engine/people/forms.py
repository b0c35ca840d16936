"""One form of the dashboard is a package of few rows: read by the same cells, held to the same rules.

Nothing is checked here; ``cells.py`` and ``intake_rules.py`` do that, and what is wrong is said in one sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from engine.errors import InputError, PackageError
from engine.intake import Intake, known_in, make_intake
from engine.packages.cells import TABLES
from engine.packages.intake_rules import read_cells
from engine.packages.rawtable import BadRow, Record, Report, lay_out

if TYPE_CHECKING:
    from engine.store import Reading

IDS = ("resident_id", "volunteer_id", "request_id")

Cells = Mapping[str, str]
"""Texts by column of the data package; a column that is left out is empty."""


def read_forms(reading: Reading, forms: Mapping[str, Sequence[Cells]], now: datetime) -> Intake:
    """Read rows as a data package would hold them, beside what the pilot holds: table -> its rows.

    Raises
    ------
    InputError
        When a table or column is unknown.
    PackageError
        When a value is not what its column or the rules ask for; ``bad_rows`` holds every fault, with the column in
        ``column`` and the row, from 1, in ``line``.
    """
    report = Report("the form")
    tables = {}
    for name, rows in forms.items():
        header = [column.name for column in TABLES[name]] if name in TABLES else []
        if unknown := sorted({column for row in rows for column in row} - set(header)):
            raise InputError(f"{name} has no column {unknown[0]!r}; it has {', '.join(header)}.")
        records: list[Record] = [(0, list(header))]
        records += [(line, [row.get(column, "") for column in header]) for line, row in enumerate(rows, 1)]
        tables[name] = read_cells(lay_out(name, name, records, report), report)
    values = [row.values for table in tables.values() for row in table.rows]
    named = {row[column] for row in values for column in IDS if row.get(column)}
    try:
        return make_intake((), tables, known_in(reading, sorted(named)), now, report)
    except PackageError as error:
        raise _in_one_sentence(error) from error


def _in_one_sentence(error: PackageError) -> PackageError:
    """Say every fault of a form; without the values, which may be a person's."""
    faults = [bad for bad in error.bad_rows if isinstance(bad, BadRow)]
    said = "; ".join(f"{bad.column or bad.file} must be {bad.expected}" for bad in faults)
    return PackageError(f"Nothing was recorded: {said}.", error.bad_rows)
