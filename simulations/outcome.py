"""What came of a simulated pilot: fates counted, and the measures that evaluate a live one.

Nothing is measured here in a way of its own: what :mod:`engine.metrics` knows is asked there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from engine import metrics
from engine.measures.figures import figure_of
from engine.store import Reading

MEASURES = ("coverage", "acceptance_days", "asked_per_filled", "idle", "hours_gini", "handling_cost_per_visit")
"""The measures of :mod:`engine.metrics` that replications are compared by."""

GAPS = {"coverage_gap": ("coverage", "municipality_code")}
"""Gaps of a measure between groups, as guardrails may limit them: the measure, and by what."""


def results(reading: Reading, from_at: datetime, as_of: datetime) -> dict[str, Any]:
    """Count and measure what came of a pilot that began after ``from_at``.

    Returns
    -------
    dict
        ``n_requests`` and how many have each fate, which add up to it (``n_completed``, ``n_agreed``, ``n_open``,
        ``n_expired``, ``n_missed``, ``n_withdrawn``, ``n_cancelled``), counts of visits, offers, volunteers and runs,
        and ``mean_km``. Then :data:`MEASURES`, and ``uneven_coverage``: how far the coverage of municipalities lies
        from that of the whole, on average over requests; and :data:`GAPS`. Half of the requests may never get a yes;
        ``acceptance_days`` is then as long as the pilot. What nothing can be said of is ``None``.
    """
    row = reading.query("simulation/results", as_of=as_of, until_entry=reading.last_entry_no).iloc[0]
    counted: dict[str, Any] = {
        str(name): _known(value) if str(name).startswith("mean") else int(value) for name, value in row.items()
    }
    if from_at >= as_of:
        return counted | dict.fromkeys((*MEASURES, "uneven_coverage", *GAPS))
    period = metrics.Period(from_at, as_of)
    found = metrics.evaluate(reading, period, MEASURES, guard=False)
    measured = dict(zip(found["measure"], found["value"].tolist(), strict=True))
    measured["acceptance_days"] = min(measured["acceptance_days"], (as_of - from_at).days)
    cells = metrics.measure(reading, "coverage", period, ["municipality_code"], guard=False)
    measured["uneven_coverage"] = _unevenness(cells)
    for name, of in GAPS.items():
        measured[name] = figure_of(reading, *of, period).value
    return counted | {name: _known(value) for name, value in measured.items()}


def _unevenness(cells: pd.DataFrame) -> float:
    """Average how far the cells lie from the whole, each weighted by what it is of."""
    n = cells["base"].sum()
    whole = cells["amount"].sum() / n if n else np.nan
    return float(((cells["value"] - whole).abs() * cells["base"]).sum() / n) if n else np.nan


def _known(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
