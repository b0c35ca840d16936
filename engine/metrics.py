"""The evaluation measures by name: pure functions of a reading, a period and a grouping, for live data and simulated.

What a measure counts is one file of ``engine/sql/metrics``; what it is called and how it is defined stands once, in
``engine/measures``. Whatever the grouping, the parts add up to the whole.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine.clock import STOCKHOLM, local_of
from engine.errors import InputError
from engine.live.adoption import in_force
from engine.measures.cells import FIGURES, guarded
from engine.measures.costs import handling
from engine.measures.estimates import NONE, UNKNOWN
from engine.measures.measure import GROUPS, Kind, Measure, Words
from engine.measures.of_costs import COSTS
from engine.measures.of_requests import ASKING, SERVED, VISITED, WAITING
from engine.measures.of_surveys import SURVEYED
from engine.measures.of_volunteers import HELPING
from engine.measures.period import Period
from engine.storage.migrations import sql_of

if TYPE_CHECKING:
    from engine.store import Reading

__all__ = ["GROUPS", "MEASURES", "THEMES", "Kind", "Measure", "Period", "Words", "evaluate", "gap", "measure", "trend"]

THEMES: dict[Words, tuple[Measure, ...]] = {
    Words("Served", "Hjälpta"): SERVED,
    Words("Waiting", "Väntan"): WAITING,
    Words("Asking volunteers", "Att fråga volontärer"): ASKING,
    Words("Visits", "Besök"): VISITED,
    Words("Volunteers", "Volontärer"): HELPING,
    Words("Quality of life", "Livskvalitet"): SURVEYED,
    Words("Costs", "Kostnader"): COSTS,
}

MEASURES: dict[str, Measure] = {measure.name: measure for theme in THEMES.values() for measure in theme}

KEPT = ("measured_requests", "measured_visits", "measured_offers")
"""Queries whose rows many measures look at."""

Only = Mapping[str, Collection[str]]


def measure(
    reading: Reading, name: str, period: Period, by: Sequence[str] = (), *, only: Only | None = None, guard: bool = True
) -> pd.DataFrame:
    """Work out one measure.

    Parameters
    ----------
    name
        One of :data:`MEASURES`.
    by
        The groups to tell it by, of the measure's own ``by``; none for the whole.
    only
        Group -> the values to count, such as ``{"municipality_code": ["1283"]}``.
    guard
        Leave out cells of fewer than five people and those that give them away, as anything that leaves the house
        needs.

    Returns
    -------
    DataFrame
        ``measure``, the groups of ``by``, ``n`` (rows counted), ``n_persons``, ``amount`` over ``base`` (what adds up),
        ``value``, ``low``, ``high`` in the measure's unit, NaN where there is none, and ``is_suppressed``. One row per
        group that has any, in order; without ``by`` one row, also when nothing was counted.

    Raises
    ------
    InputError
        When there is no such measure, or it cannot be told by one of the groups.
    """
    asked = _known(name)
    if unfit := [group for group in (*by, *(only or ())) if group not in asked.by]:
        raise InputError(f"{name} cannot be told by {unfit[0]!r}; it can by {', '.join(asked.by)}.")
    params = _prepared(reading, period, [asked])
    return _measured(reading, asked, params, tuple(by), only or {}, guard)


def evaluate(
    reading: Reading,
    period: Period,
    names: Sequence[str] | None = None,
    by: Sequence[str] = (),
    *,
    only: Only | None = None,
    guard: bool = True,
) -> pd.DataFrame:
    """Work out many measures, all by default, one under the other; those that cannot be told by a group are left out.

    Raises
    ------
    InputError
        When there is no such measure or group.
    """
    if unknown := [group for group in (*by, *(only or ())) if group not in GROUPS]:
        raise InputError(f"There is no group {unknown[0]!r}; there are {', '.join(GROUPS)}.")
    wanted = [_known(name) for name in names or MEASURES]
    fitting = [asked for asked in wanted if not {*by, *(only or ())} - set(asked.by)]
    params = _prepared(reading, period, fitting)
    parts = [_measured(reading, asked, params, tuple(by), only or {}, guard) for asked in fitting]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["measure", *by, *FIGURES])


def trend(
    reading: Reading, name: str, period: Period, every: str = "month", *, only: Only | None = None, guard: bool = True
) -> pd.DataFrame:
    """Work out a measure for every week or month of a period: columns of :func:`measure`, with ``every`` as the group.

    A measure of a moment is looked at at the end of each.

    Raises
    ------
    InputError
        As :func:`measure`.
    """
    asked = _known(name)
    if not asked.is_of_a_moment:
        return measure(reading, name, period, [every], only=only, guard=guard)
    first, last = (moment.astimezone(STOCKHOLM) for moment in (period.from_at, period.moment))
    ends = pd.date_range(first, last, freq={"week": "W-MON", "month": "MS"}[every], normalize=True)
    moments = [end.to_pydatetime() for end in ends if first < end < last]
    parts = []
    for until in [*moments, period.moment]:
        seen = Period(period.from_at, until, until, period.until_entry)
        last_day = pd.Series([pd.Timestamp(local_of(until)) - pd.Timedelta(seconds=1)])
        parts.append(measure(reading, name, seen, only=only, guard=guard).assign(**{every: _label(last_day, every)}))
    found = pd.concat(parts, ignore_index=True)
    return found[["measure", every, *FIGURES, "is_suppressed"]]


def gap(cells: pd.DataFrame) -> dict[str, float]:
    """Say how far apart the groups of one measure are: ``highest``, ``lowest``, ``gap`` and ``n_groups`` shown.

    The gap of a few small groups is larger than the truth by chance alone; look at the intervals before believing it.
    NaN with fewer than two groups.
    """
    values = cells["value"].replace([np.inf, -np.inf], np.nan).dropna()
    if len(values) < 2:
        return {"highest": np.nan, "lowest": np.nan, "gap": np.nan, "n_groups": len(values)}
    highest, lowest = float(values.max()), float(values.min())
    return {"highest": highest, "lowest": lowest, "gap": highest - lowest, "n_groups": len(values)}


def _known(name: str) -> Measure:
    if name not in MEASURES:
        raise InputError(f"There is no measure {name!r}; there are {', '.join(MEASURES)}.")
    return MEASURES[name]


def _prepared(reading: Reading, period: Period, wanted: Sequence[Measure]) -> dict[str, Any]:
    """Keep what several measures look at, so that it is worked out once, and give what their queries ask for."""
    texts = [sql_of(f"metrics/{asked.query}") for asked in wanted]
    for name in KEPT:
        if any(re.search(rf"\b{name}\b", text) for text in texts):
            reading.keep(name, **period.params())
    limits = in_force(reading, period.moment, period.until_entry).limits
    return period.params() | handling() | {"home_record_required": limits.home_record_required}


def _measured(
    reading: Reading, asked: Measure, params: Mapping[str, Any], by: tuple[str, ...], only: Only, guard: bool
) -> pd.DataFrame:
    rows = reading.query(f"metrics/{asked.query}", **params, **asked.params)
    for group, values in only.items():
        rows = rows[rows[group].isin(list(values))]
    cells = _cells(asked, rows, by)
    return guarded(cells, by) if guard else cells.assign(is_suppressed=False)


def _cells(asked: Measure, rows: pd.DataFrame, by: tuple[str, ...]) -> pd.DataFrame:
    for every in ("week", "month"):
        if every in by:
            rows = rows.assign(**{every: _label(rows["counted_at"], every)})
    groups = rows.groupby(list(by), sort=True) if by else [((), rows)]
    found = [dict(zip(by, key, strict=True)) | _figures(asked, part) for key, part in groups]
    return pd.DataFrame(found, columns=[*by, *FIGURES]).assign(measure=asked.name)[["measure", *by, *FIGURES]]


def _figures(asked: Measure, rows: pd.DataFrame) -> dict[str, float]:
    nothing = NONE if asked.kind is Kind.TOTAL else UNKNOWN
    estimate = asked.estimate(rows) if len(rows) else nothing
    counts = {"n": len(rows), "n_persons": rows["person_id"].nunique()}
    return counts | {"amount": rows["amount"].sum(), "base": rows["base"].sum()} | estimate._asdict()


def _label(moments: pd.Series, every: str) -> pd.Series:
    """Name the week (2026-W10) or month (2026-03) of each moment; names are made once per day."""
    days = moments.dt.normalize()
    style = "%G-W%V" if every == "week" else "%Y-%m"
    names = {day: day.strftime(style) for day in days.unique()}
    return pd.Series(days.map(names), index=moments.index)
