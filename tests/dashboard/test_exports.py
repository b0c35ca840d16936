"""Tables that leave as files: nothing in them runs, and nothing is lost."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import pandas as pd
import pytest
from openpyxl import load_workbook

from dashboard import exports

LIVE = ["=1+1", "+46701740605", "-2", "@SUM(A1)", "\t=1", "＝1", '=HYPERLINK("http://evil.example","x")']


@pytest.mark.parametrize("text", LIVE)
def test_no_text_is_a_formula_in_a_spreadsheet(text):
    frame = pd.DataFrame({"name": [text]})

    csv = exports.csv_of(frame).decode("utf-8-sig").splitlines()[1]
    book = load_workbook(BytesIO(exports.xlsx_of(frame)))
    cell = book.active["A2"]

    assert csv.startswith("\"'")
    assert cell.data_type == "s"
    assert cell.value == text


def test_values_keep_their_kind():
    frame = pd.DataFrame(
        {"n": [1, 2], "at": [pd.Timestamp("2026-12-01 09:00"), pd.NaT], "whom": [["Ada"], []], "km": [0.5, None]}
    )

    book = load_workbook(BytesIO(exports.xlsx_of(frame)))
    rows = [[cell.value for cell in row] for row in book.active.iter_rows()]

    assert rows[0] == ["n", "at", "whom", "km"]
    assert rows[1] == [1, datetime(2026, 12, 1, 9), "Ada", 0.5]
    assert rows[2][0] == 2


def test_a_column_is_called_as_on_the_page():
    assert exports.label_of("name", "Namn") == "Namn"
    assert exports.label_of("name", {"label": "Namn"}) == "Namn"
    assert exports.label_of("name", None) == "name"
