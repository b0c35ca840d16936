"""Which cells may be shown: none that speaks of fewer than five people, nor one that gives such a cell away.

What is left out could be worked out from the whole and the rest, so it is never one cell alone, never a few cells of
fewer than five people together: the smallest of the others are left out with them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

FEWEST_PERSONS = 5

FIGURES = ["n", "n_persons", "amount", "base", "value", "low", "high"]
"""What is blanked in a cell that may not be shown."""


def guarded(cells: pd.DataFrame, by: tuple[str, ...]) -> pd.DataFrame:
    """Blank the figures of small cells and of those that give them away; ``is_suppressed`` says which.

    Parameters
    ----------
    cells
        One row per group of ``by``, with :data:`FIGURES`.
    """
    hidden = ((cells["n_persons"] < FEWEST_PERSONS) & (cells["n"] > 0)).to_numpy(copy=True)
    while by and (given_away := _given_away(cells, by, hidden)):
        hidden[given_away] = True
    shown = cells.assign(is_suppressed=hidden)
    shown[FIGURES] = shown[FIGURES].astype(float).mask(pd.Series(hidden, index=shown.index))
    return shown


def _given_away(cells: pd.DataFrame, by: tuple[str, ...], hidden: np.ndarray) -> list[int]:
    """Find, along every grouping, the smallest cell that is shown beside hidden ones that can be worked out."""
    found: list[int] = []
    n, n_persons = cells["n"].to_numpy(), cells["n_persons"].to_numpy()
    for along in by:
        others = [name for name in by if name != along]
        slices = cells.groupby(others, sort=False).ngroup().to_numpy() if others else np.zeros(len(cells), dtype=int)
        for nth in range(slices.max(initial=-1) + 1):
            where = np.flatnonzero(slices == nth)
            shown, left_out = where[~hidden[where]], where[hidden[where]]
            few = len(left_out) == 1 or n_persons[left_out].sum() < FEWEST_PERSONS
            if len(left_out) and few and len(shown):
                found.append(int(shown[np.argmin(n[shown])]))
    return found
