"""Workbooks (.xlsx) as raw text: every cell becomes the text that the CSV file of the same table would hold.

A workbook is a zip file of XML from anywhere: its size is checked before it is opened, the XML is read by
defusedxml, formulas are refused and never computed.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.read_only import EMPTY_CELL
from openpyxl.styles.numbers import is_datetime

from engine.errors import PackageError
from engine.packages.rawtable import (
    COLUMNS_MAX,
    RawPackage,
    RawTable,
    Record,
    Report,
    Unreadable,
    lay_out,
    read_bytes,
    shortened,
)

UNCOMPRESSED_BYTES_MAX = 200_000_000
MAGIC = b"PK\x03\x04"

# What Excel itself allows; given outright because a sheet's own word on its size cannot be trusted.
LINES_MAX = 1_048_576


def read_workbook(path: Path, names: Collection[str], report: Report) -> RawPackage:
    """Read the sheets called ``names`` of a workbook; faults go to ``report``."""
    data = read_bytes(path, path.name, report)
    if data is None or not _is_safe(data, path.name, report):
        return RawPackage({}, ())
    with warnings.catch_warnings():
        # openpyxl warns of every decoration it leaves out; none of them matters here.
        warnings.simplefilter("ignore")
        try:
            book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
            return _read_sheets(book, path.name, names, report)
        except PackageError:
            raise
        except Exception as error:  # openpyxl raises whatever its parser stumbles upon
            reason = type(error.__cause__ or error).__name__
            report.add(path.name, 1, "", "", f"a sound .xlsx workbook ({reason} while reading it)")
            return RawPackage({}, ())


def _is_safe(data: bytes, file: str, report: Report) -> bool:
    if not data.startswith(MAGIC):
        report.add(file, 1, "", "", "an .xlsx workbook; this file is of another kind, whatever its name says")
        return False
    try:
        n_bytes = sum(entry.file_size for entry in zipfile.ZipFile(io.BytesIO(data)).infolist())
    except Exception as error:  # zipfile raises more kinds than BadZipFile on damaged archives
        report.add(file, 1, "", "", f"a sound .xlsx workbook ({type(error).__name__} while opening it)")
        return False
    if n_bytes > UNCOMPRESSED_BYTES_MAX:
        report.add(file, 1, "", "", f"a workbook that unpacks to at most {UNCOMPRESSED_BYTES_MAX // 1_000_000} MB")
        return False
    return True


def _read_sheets(book: Any, file: str, names: Collection[str], report: Report) -> RawPackage:
    tables: dict[str, RawTable] = {}
    remarks = []
    for sheet in book.worksheets:
        name = sheet.title.strip().casefold()
        if name not in names:
            remarks.append(
                f"{shortened(file)}: sheet {shortened(sheet.title)} was ignored: it is no table of a data package."
            )
        elif name in tables:
            report.add(file, 1, "", sheet.title, f"one sheet for {name}")
        else:
            tables[name] = lay_out(name, f"{file}, sheet {sheet.title}", _records(sheet), report, padded=True)
    return RawPackage({name: tables[name] for name in names if name in tables}, tuple(remarks))


def _records(sheet: Any) -> Iterator[Record]:
    rows = sheet.iter_rows(min_row=1, max_row=LINES_MAX, max_col=COLUMNS_MAX + 1)
    for line, row in enumerate(rows, start=1):
        width = len(row)
        while width and row[width - 1] is EMPTY_CELL:
            width -= 1
        if width:
            cells = [_text(cell) for cell in row[:width]]
            while cells and not cells[-1]:
                cells.pop()
            yield line, cells


def _text(cell: Any) -> str | Unreadable:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return Unreadable(str(getattr(value, "text", value)), "a value, not a formula (paste it as values)")
    if cell.data_type == "e":
        return Unreadable(str(value), "a value, not an error or a date that Excel cannot show")
    if isinstance(value, (datetime, time, timedelta)):
        return _time(value, cell.number_format)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def _time(value: datetime | time | timedelta, number_format: str) -> str:
    if isinstance(value, datetime):
        return _moment(value, has_time=is_datetime(number_format) != "date")
    if isinstance(value, time):
        return _moment(datetime.combine(date.min, value), has_time=True)[len("0001-01-01T") :]
    minutes = round(value.total_seconds() / 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _moment(value: datetime, *, has_time: bool) -> str:
    """Write a moment as the CSV would: Excel keeps times as fractions of a day, so round to the second."""
    rounded = value if value.microsecond == 0 else (value + timedelta(microseconds=500_000)).replace(microsecond=0)
    if not has_time and rounded.time() == time.min:
        return rounded.date().isoformat()
    return rounded.isoformat(timespec="seconds" if rounded.second else "minutes")
