"""Tables of results as people read them on the command line."""

from __future__ import annotations

import pandas as pd
from rich.table import Table


def printed(table: pd.DataFrame) -> Table:
    """Lay a table out for people: numbers to three places."""
    laid_out = Table(*(str(name) for name in table.columns))
    for row in table.itertuples(index=False):
        laid_out.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row))
    return laid_out
