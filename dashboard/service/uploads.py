"""A data package that was uploaded: every row of it becomes facts, or every bad row is reported."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook

from engine.errors import InputError, PackageError
from engine.intake import BadRow, import_package
from engine.packages.cells import TABLES
from engine.store import Store

UPLOAD_BYTES_MAX = 5_000_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What an upload brought: rows by table, remarks, or every bad row."""

    n_rows: Mapping[str, int]
    remarks: tuple[str, ...] = ()
    bad_rows: pd.DataFrame | None = None


def upload(store: Store, actor_id: str, files: Mapping[str, bytes], now: datetime) -> Imported:
    """Import a data package that was uploaded: one ``.xlsx``, or CSV files with ``datapackage.json`` or without.

    Every row is stored, or none and every bad row is reported.

    Raises
    ------
    AccessDenied, StoreError
        As in :func:`engine.intake.import_package`.
    InputError, PackageError
        When the files are of other kinds, hold no table, or are larger than UPLOAD_BYTES_MAX together.
    """
    if sum(len(content) for content in files.values()) > UPLOAD_BYTES_MAX:
        raise InputError(f"An upload holds at most {UPLOAD_BYTES_MAX // 1_000_000} MB.")
    books = [name for name in files if name.casefold().endswith(".xlsx")]
    if not files or (books and len(files) > 1):
        raise InputError("An upload is one .xlsx workbook, or the CSV files of one data package.")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        for name, content in files.items():
            # The name comes from outside, and a file called `..` or with a path would be written elsewhere.
            safe = Path(name.replace("\\", "/")).name
            if safe in {"", ".", ".."}:
                raise InputError("An uploaded file needs a name.")
            (source / safe).write_bytes(content)
        try:
            intake = import_package(store, source / Path(books[0]).name if books else source, actor_id, now=now)
        except PackageError as error:
            if not error.bad_rows:
                raise
            return Imported({}, bad_rows=bad_rows(error))
    return Imported(intake.n_rows, intake.warnings)


def template() -> bytes:
    """Write an empty workbook with a sheet per table of the data package and the heads of its columns."""
    book = Workbook(write_only=True)
    for table, columns in TABLES.items():
        book.create_sheet(table).append([column.name for column in columns])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def bad_rows(error: PackageError) -> pd.DataFrame:
    """Lay out every fault of a package: ``file``, ``line``, ``column``, ``value``, ``expected``."""
    faults: list[dict[str, Any]] = [
        {"file": bad.file, "line": bad.line, "column": bad.column, "value": bad.value, "expected": bad.expected}
        for bad in error.bad_rows
        if isinstance(bad, BadRow)
    ]
    return pd.DataFrame(faults, columns=["file", "line", "column", "value", "expected"])
