"""What the evaluation page asks: measures in words with intervals, by group and over time, and what help is worth.

Small cells are left out here already: whatever the page shows may leave the house.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from dashboard import codes
from dashboard.words import _, language, number, percent
from engine import metrics
from engine.access import looking
from engine.measures.measure import Kind, Measure
from engine.measures.progression import judged
from engine.reasons.season import season
from engine.store import Store

PERIODS = {"month": 30, "quarter": 91, "half_year": 182, "year": 365, "all": 3650}
"""Days looked back, by the code of the period."""

TREND_DAYS = 365
HEADLINES = ("coverage", "acceptance_days", "acceptance", "used_30_days", "no_shows_volunteer", "hours")
GROUPS = ("municipality_code", "service", "age_band", "language")
N_PRICES = 15


def period_of(code: str, now: datetime) -> metrics.Period:
    """Give the period that ends at the next full hour, so that figures keep for an hour."""
    until = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return metrics.Period(until - timedelta(days=PERIODS[code]), until)


def overview(store: Store, actor_id: str, code: str, now: datetime) -> pd.DataFrame:
    """Work out every measure: columns of :func:`engine.metrics.measure`.

    Raises
    ------
    AccessDenied
        When the account may not evaluate.
    """
    with looking(store, actor_id, "evaluate") as (reading, _who):
        return metrics.evaluate(reading, period_of(code, now))


def lights(store: Store, actor_id: str, code: str, now: datetime) -> pd.DataFrame:
    """Hold the measures against the progression criteria, in their order: ``light`` (its code), ``why``, ``source``.

    Raises
    ------
    AccessDenied
        When the account may not evaluate.
    """
    with looking(store, actor_id, "evaluate") as (reading, _who):
        found = judged(reading, period_of(code, now))
    said = [(one.light, one.why.said_in(language()), one.criterion.source.said_in(language())) for one in found]
    return pd.DataFrame(said, columns=["light", "why", "source"])


def by_group(store: Store, actor_id: str, name: str, group: str, code: str, now: datetime) -> pd.DataFrame:
    """Work out a measure by a group (columns of :func:`engine.metrics.measure`).

    Raises
    ------
    AccessDenied
        When the account may not evaluate.
    """
    with looking(store, actor_id, "evaluate") as (reading, _who):
        return metrics.measure(reading, name, period_of(code, now), [group])


def trend(store: Store, actor_id: str, name: str, code: str, now: datetime) -> pd.DataFrame:
    """Work out a measure for every month, of a year at most (columns of :func:`engine.metrics.trend`).

    Raises
    ------
    AccessDenied
        When the account may not evaluate.
    """
    period = period_of(code, now)
    from_at = max(period.from_at, period.to_at - timedelta(days=TREND_DAYS))
    with looking(store, actor_id, "evaluate") as (reading, _who):
        return metrics.trend(reading, name, metrics.Period(from_at, period.to_at))


def prices(store: Store, actor_id: str, now: datetime) -> pd.DataFrame:
    """List where one more volunteer would be worth most: ``label``, ``mean_points``, ``low``, ``high``, ``n_days``.

    Raises
    ------
    AccessDenied
        When the account may not evaluate.
    """
    with looking(store, actor_id, "evaluate"):
        pass
    found = season(store, now)
    helpers = found[(found["kind"] == "volunteer") & (found["mean_points"] > 0)].head(N_PRICES)
    parts = {
        "weekday_morning": _("weekday mornings"),
        "weekday_afternoon": _("weekday afternoons"),
        "weekday_evening": _("weekday evenings"),
        "weekend": _("weekends"),
    }
    return helpers.assign(
        municipality=[codes.municipality(code) for code in helpers["municipality_code"]],
        service=[codes.service(code) for code in helpers["service"]],
        language=[codes.spoken(code) for code in helpers["language"]],
        when=[parts.get(code, code) for code in helpers["weekday_part"]],
    ).reset_index(drop=True)


def in_words(cells: pd.DataFrame) -> pd.DataFrame:
    """Put the words of :data:`WORDS` beside the figures of measures."""
    said = [_row(metrics.MEASURES[row["measure"]], row) for row in cells.to_dict("records")]
    return cells.assign(**{name: [row[name] for row in said] for name in (said[0] if said else WORDS)})


def labelled(cells: pd.DataFrame, group: str) -> pd.DataFrame:
    """Name the groups of a measure, ``label``, and put words beside the figures."""
    names: dict[str, Callable[[str], str]] = {
        "municipality_code": codes.municipality, "service": _service, "language": codes.spoken, "age_band": _age_band,
    }  # fmt: skip
    return in_words(cells).assign(label=[names.get(group, str)(code) for code in cells[group]])


def figure(measure: Measure, value: float) -> str:
    """Write a figure of a measure as the language does."""
    if np.isnan(value):
        return "–"
    if np.isinf(value):
        return _("not reached")
    if measure.kind in {Kind.SHARE, Kind.STILL}:
        return percent(value, 1)
    return number(value, {Kind.TOTAL: 0, Kind.GINI: 2, Kind.RATIO: 2}.get(measure.kind, 1))


WORDS = ("title", "figure", "interval", "n_said", "unit", "definition", "denominator", "how")


def _row(measure: Measure, row: Mapping[Hashable, Any]) -> dict[str, str]:
    said = language()
    low, high = (figure(measure, row[end]) for end in ("low", "high"))
    has_interval = not (np.isnan(row["low"]) and np.isnan(row["high"]))
    interval = _("{low} to {high}").format(low=low, high=high) if has_interval else "–"
    return {
        "title": measure.title.said_in(said),
        "figure": _("too few people") if row["is_suppressed"] else figure(measure, row["value"]),
        "interval": interval,
        "n_said": "–" if np.isnan(row["n"]) else number(row["n"], 0),
        "unit": measure.unit.said_in(said),
        "definition": measure.definition.said_in(said),
        "denominator": measure.denominator.said_in(said),
        "how": measure.interval.said_in(said),
    }


def _age_band(band: str) -> str:
    return band.replace("-", "–")


def _service(code: str) -> str:
    return _("no service") if code == "none" else codes.service(code)
