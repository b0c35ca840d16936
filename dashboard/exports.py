"""Tables that leave the dashboard as files: nothing in them is ever a formula that a spreadsheet would run."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A text that begins so is run by some spreadsheet; the last four are the wide signs of East Asian keyboards."""

ROWS_MAX = 1_048_575
"""Rows of a worksheet below its head."""


def label_of(column: str, config: Any) -> str:
    """Give what a column is called on the page: a label, or that of a ``st.column_config``."""
    if isinstance(config, str):
        return config
    return str((config or {}).get("label") or column)


def csv_of(frame: pd.DataFrame) -> bytes:
    """Write a table as CSV for a Swedish spreadsheet: UTF-8 with a mark, semicolons, everything quoted."""
    text = StringIO()
    writer = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_tamed(str(name)) for name in frame.columns)
    writer.writerows([_tamed(_plain(value)) for value in row] for row in frame.itertuples(index=False))
    return text.getvalue().encode("utf-8-sig")


def xlsx_of(frame: pd.DataFrame) -> bytes:
    """Write a table as one worksheet; every text stays a text, so numbers of phones survive."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("mikro")
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, str(name), bold=True) for name in frame.columns])
    for row in frame.head(ROWS_MAX).itertuples(index=False):
        sheet.append([_cell(sheet, _plain(value)) for value in row])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _plain(value: Any) -> Any:
    """Give a value of a table as a spreadsheet knows it."""
    if isinstance(value, (list, tuple, set, np.ndarray)):
        return ", ".join(str(part) for part in value)
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.tz_localize(None).to_pydatetime() if value.tzinfo else value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value


def _tamed(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(STARTERS):
        return f"'{value}"
    return value


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    cell = WriteOnlyCell(sheet)
    if isinstance(value, str):
        cell.value = "".join(sign for sign in value if sign.isprintable() or sign in "\n\t")
        cell.data_type = "s"  # after the value: what looks like a formula would be taken for one
    else:
        cell.value = value
    if bold:
        cell.font = Font(bold=True)
    return cell
