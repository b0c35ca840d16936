"""Tables of text as they stand in a file: caps, clean cells, and the report of everything that is wrong.

Nothing here knows what a cell means; ``cells.py`` does. A cell that cannot be read at all is reported once
and then stands as ``None``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import PackageError

FILE_BYTES_MAX = 50_000_000
CELL_CHARACTERS_MAX = 10_000
ROWS_MAX = 500_000
COLUMNS_MAX = 100
FAULTS_MAX = 100_000
VALUE_CHARACTERS_SHOWN = 80

# Tab and line breaks may stand in a note; other control characters come from damaged files.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UNUSUAL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class BadRow:
    """One fault of a package: where it is, what stands there, and what was expected.

    ``line`` counts as an editor or spreadsheet shows it (the header is line 1); ``value`` is shortened, and
    characters that cannot be shown are replaced. ``column`` is empty when the whole line or file is meant.
    """

    file: str
    line: int
    column: str
    value: str
    expected: str

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}" + (f", {self.column}" if self.column else "")
        return f"{where}: expected {self.expected}" + (f", found '{self.value}'." if self.value else ".")


@dataclass(slots=True)
class Report:
    """Collects the faults of a package, so that they are told all at once."""

    origin: str
    bad_rows: list[BadRow] = field(default_factory=list)

    def add(self, file: str, line: int, column: str, value: str, expected: str) -> None:
        """Note one fault.

        Raises
        ------
        PackageError
            When there are more than FAULTS_MAX faults: such a file is of the wrong kind altogether.
        """
        self.bad_rows.append(BadRow(shortened(file), line, shortened(column), shortened(value), expected))
        if len(self.bad_rows) >= FAULTS_MAX:
            raise self.error(f"Reading stopped at {FAULTS_MAX} faults; there may be more.")

    def error(self, remark: str = "") -> PackageError:
        """Make the error that carries every fault, in the order of the files' lines."""
        bad_rows = sorted(self.bad_rows, key=lambda b: (b.file, b.line))
        count = f"{len(bad_rows)} fault{'s' if len(bad_rows) > 1 else ''}"
        first = bad_rows[0]
        # Without the value: this line reaches logs, and the value may be a person's.
        where = f"{first.file}, line {first.line}, {first.column}: expected {first.expected}."
        message = f"{shortened(self.origin)}: {count}, nothing was imported. First: {where} {remark}"
        return PackageError(message.strip(), tuple(bad_rows))


@dataclass(frozen=True, slots=True)
class RawTable:
    """One table as text.

    Parameters
    ----------
    name, file
        Which table it is, and what bad rows call its file.
    header
        Names of the columns as they stand.
    header_line
        The line they stand on.
    rows
        Pairs (line number, cells); as many cells as the header has, ``None`` for an unreadable one.
    lost
        What stood in the cells of rows that could not be used, so that nobody calls their ids missing.
    complete
        False when there is no telling what else the file holds.
    """

    name: str
    file: str
    header: tuple[str, ...] = ()
    header_line: int = 1
    rows: tuple[tuple[int, tuple[str | None, ...]], ...] = ()
    lost: frozenset[str] = frozenset()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class RawPackage:
    """The tables of a package by name, and remarks that do not stop an import."""

    tables: dict[str, RawTable]
    warnings: tuple[str, ...]

    @property
    def content_hash(self) -> str:
        """Hash names, headers and cells: 64 hexadecimal digits, whatever file format they came in."""
        digest = hashlib.sha256()
        for name, table in sorted(self.tables.items()):
            for cells in ((name,), table.header, *(cells for _, cells in table.rows)):
                digest.update(json.dumps(cells).encode() + b"\n")
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A cell that holds something else than text, such as a formula."""

    value: str
    expected: str


@dataclass(frozen=True, slots=True)
class Lost:
    """A line that could not be taken apart, and was reported; ``rest_too`` when all after it is lost as well."""

    text: str
    rest_too: bool = False


Record = tuple[int, "list[str | Unreadable] | Lost"]
"""Line number and cells of one line."""


def lay_out(name: str, file: str, records: Iterable[Record], report: Report, *, padded: bool = False) -> RawTable:
    """Make a table of records: the first line that is not blank is the header.

    ``padded``: missing cells at the end of a line are empty ones, as in a spreadsheet.
    """
    lines = _not_blank(records)
    header_line, first = next(lines, (1, []))
    header = () if isinstance(first, Lost) else _header(file, header_line, first, report)
    if not header:
        return RawTable(name, file)
    rows: list[tuple[int, tuple[str | None, ...]]] = []
    lost: set[str] = set()
    complete = True
    for line, record in lines:
        if isinstance(record, Lost):
            lost.update(text.strip() for text in record.text.split(",", COLUMNS_MAX))
            complete = complete and not record.rest_too
        elif len(rows) == ROWS_MAX:
            report.add(file, line, "", "", f"at most {ROWS_MAX} rows; the rest was not read")
            complete = False
            break
        elif len(record) > len(header) or (len(record) < len(header) and not padded):
            lost.update(cell for cell in record if isinstance(cell, str))
            report.add(file, line, "", _joined(record), f"{len(header)} cells as in the header, not {len(record)}")
        else:
            record.extend([""] * (len(header) - len(record)))
            rows.append((line, _row(header, record, file, line, report)))
    return RawTable(name, file, header, header_line, tuple(rows), frozenset(lost), complete)


def read_bytes(path: Path, file: str, report: Report) -> bytes | None:
    """Read a whole file, or report why not."""
    try:
        with path.open("rb") as stream:
            data = stream.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        report.add(file, 1, "", "", f"a file that can be read ({error.strerror or type(error).__name__})")
        return None
    if len(data) > FILE_BYTES_MAX:
        report.add(file, 1, "", "", f"a file of at most {FILE_BYTES_MAX // 1_000_000} MB")
        return None
    return data


def shortened(text: str) -> str:
    """Make a value fit for a report: one line, only what can be shown, about 80 characters."""
    start = text[: VALUE_CHARACTERS_SHOWN + 1]
    shown = "".join(c if c.isprintable() else "\ufffd" for c in start)
    return shown if len(shown) <= VALUE_CHARACTERS_SHOWN else shown[: VALUE_CHARACTERS_SHOWN - 1] + "…"


def _not_blank(records: Iterable[Record]) -> Iterator[Record]:
    """Strip the cells, and leave out lines without any text."""
    for line, record in records:
        if isinstance(record, Lost):
            yield line, record
            continue
        cells = [cell if isinstance(cell, Unreadable) else cell.strip() for cell in record]
        if any(cells):
            yield line, cells


def _header(file: str, line: int, cells: list[str | Unreadable], report: Report) -> tuple[str, ...]:
    """Accept the names of the columns, or report why they are none and return nothing."""
    if not cells:
        report.add(file, line, "", "", "a header line with the names of the columns; the file is empty")
        return ()
    if len(cells) > COLUMNS_MAX:
        report.add(file, line, "", "", f"at most {COLUMNS_MAX} columns, not {len(cells)}")
        return ()
    if len(cells) == 1 and (found := next((s for s in ";\t|" if s in _joined(cells)), "")):
        spelled = {"\t": "tabs"}.get(found, f"'{found}'")
        report.add(file, line, "", _joined(cells), f"commas between the columns; this file uses {spelled}")
        return ()
    names = [_checked(c, file, line, "", report) for c in cells]
    return () if None in names else tuple(str(name) for name in names)


def _row(
    header: tuple[str, ...], record: list[str | Unreadable], file: str, line: int, report: Report
) -> tuple[str | None, ...]:
    cells = [cell for cell in record if isinstance(cell, str)]
    together = "".join(cells)
    # Looking at the whole row at once is several times faster, and nearly every row passes.
    if len(cells) == len(record) and len(together) <= CELL_CHARACTERS_MAX and not _UNUSUAL.search(together):
        return tuple(cells)
    return tuple(_checked(cell, file, line, name, report) for name, cell in zip(header, record, strict=True))


def _checked(cell: str | Unreadable, file: str, line: int, column: str, report: Report) -> str | None:
    if isinstance(cell, Unreadable):
        report.add(file, line, column, cell.value, cell.expected)
    elif len(cell) > CELL_CHARACTERS_MAX:
        report.add(file, line, column, cell, f"at most {CELL_CHARACTERS_MAX} characters in a cell, not {len(cell)}")
    elif _CONTROL.search(cell):
        report.add(file, line, column, cell, "text without NUL and other control characters")
    else:
        return cell.replace("\r\n", "\n").replace("\r", "\n") if "\r" in cell else cell
    return None


def _joined(cells: list[str | Unreadable]) -> str:
    return ",".join(c.value if isinstance(c, Unreadable) else c for c in cells[: VALUE_CHARACTERS_SHOWN + 1])
