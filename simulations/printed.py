"""Tables of results as they leave: for programs as plain rows, for people as printed tables."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich.table import Table


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Lay a table out for JSON, which has no word for what is missing but null."""
    plain = table.astype(object)
    rows: list[dict[str, Any]] = plain.where(table.notna(), None).to_dict("records")
    return rows


def printed(table: pd.DataFrame) -> Table:
    """Lay a table out for people: numbers to three places."""
    laid_out = Table(*(str(name) for name in table.columns))
    for row in table.itertuples(index=False):
        laid_out.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row))
    return laid_out
