"""What changes were worth over many runs: a mean with its interval, from the worths that runs have kept."""

from __future__ import annotations

from datetime import datetime
from math import nan

import pandas as pd
from scipy.special import stdtrit

from engine.store import Store

LEVEL = 0.95

CELL = ["kind", "municipality_code", "service", "language", "weekday_part", "check_code"]
"""What a mean is about."""


def season(store: Store, as_of: datetime | None = None) -> pd.DataFrame:
    """Average what changes were worth over the priced days until ``as_of`` (default: all), the newest run of each.

    Of checks, hours and visits a day counts with its best volunteer. Points are confirmed ones where there are any,
    otherwise upper estimates. A priced day on which something had no worth counts as 0. Days near each other see
    many of the same requests, so the interval is narrower than independent days would make it.

    Returns
    -------
    DataFrame
        :data:`CELL`, ``n_days`` priced, ``n_days_with`` any worth, ``n_days_confirmed``, ``mean_points`` over all
        priced days, and ``low`` and ``high``, Student's interval for it at :data:`LEVEL`, missing with one day.
        Most valuable first.
    """
    with store.reading() as reading:
        by_day = reading.query("worths_by_day", as_of=as_of or datetime.max, until_entry=reading.last_entry_no)
    n_days = max(1, by_day["day"].nunique())
    by_day = by_day[by_day["kind"].notna()]
    by_day = by_day.assign(squared=by_day["points"] ** 2, is_confirmed=by_day["is_confirmed"].astype(bool))
    table = (
        by_day.groupby(CELL, dropna=False)
        .agg(n_days_with=("day", "nunique"), n_days_confirmed=("is_confirmed", "sum"), total=("points", "sum"),
             squares=("squared", "sum"))
        .reset_index()
    )  # fmt: skip
    mean = table["total"] / n_days
    variance = (table["squares"] - n_days * mean**2).clip(lower=0.0) / max(1, n_days - 1)
    half = (float(stdtrit(n_days - 1, (1 + LEVEL) / 2)) if n_days > 1 else nan) * (variance / n_days) ** 0.5
    table = table.assign(n_days=n_days, mean_points=mean, low=mean - half, high=mean + half)
    ordered = table.sort_values(["mean_points", *CELL], ascending=[False] + [True] * len(CELL), ignore_index=True)
    return ordered[[*CELL, "n_days", "n_days_with", "n_days_confirmed", "mean_points", "low", "high"]]
