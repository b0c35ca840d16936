"""One figure to judge: a measure, or the gap of a measure between groups, with its interval and how it is said."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import metrics
from engine.measures.measure import Measure, Words
from engine.measures.period import Period

if TYPE_CHECKING:
    from engine.store import Reading

GROUP_WORDS = {
    "municipality_code": Words("municipalities", "kommuner"),
    "service": Words("services", "tjänster"),
    "age_band": Words("age bands", "åldersgrupper"),
    "language": Words("languages", "språk"),
    "week": Words("weeks", "veckor"),
    "month": Words("months", "månader"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in the measure's unit with its interval; a gap has none. NaN where nothing may or can be said."""

    measure: Measure
    gap_by: str | None
    value: float
    low: float
    high: float

    @property
    def is_known(self) -> bool:
        """Whether there is a figure to judge."""
        return not math.isnan(self.value)

    @property
    def more_is_better(self) -> bool | None:
        """Which way is good: a gap is better the smaller it is."""
        return self.measure.more_is_better if self.gap_by is None else False

    @property
    def title(self) -> Words:
        """Name it."""
        title = self.measure.title
        if self.gap_by is None:
            return title
        between = GROUP_WORDS[self.gap_by]
        return Words(f"{title.en}, gap between {between.en}", f"{title.sv}, skillnad mellan {between.sv}")

    @property
    def said(self) -> Words:
        """Say the figure with its interval."""
        value = self.written(self.value)
        if math.isnan(self.low) or math.isnan(self.high):
            return value
        low, high = self.written(self.low), self.written(self.high)
        return Words(f"{value.en} ({low.en} to {high.en})", f"{value.sv} ({low.sv} till {high.sv})")

    def written(self, value: float) -> Words:
        """Write a number of its unit: shares in per cent, others with three digits."""
        if math.isinf(value):
            return Words("not reached", "inte uppnått")
        if self.measure.is_share:
            en = f"{100 * value:.0f} %"
        else:
            en = f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
        return Words(en, en.replace(".", ","))


def figure_of(reading: Reading, name: str, gap_by: str | None, period: Period) -> Figure:
    """Work out a measure, or its gap between the groups of ``gap_by``; small cells are left out.

    Raises
    ------
    InputError
        When there is no such measure, or it cannot be told by the group.
    """
    cells = metrics.measure(reading, name, period, [gap_by] if gap_by else [])
    measure = metrics.MEASURES[name]
    if gap_by:
        return Figure(measure, gap_by, metrics.gap(cells)["gap"], math.nan, math.nan)
    value, low, high = cells[["value", "low", "high"]].iloc[0]
    return Figure(measure, None, float(value), float(low), float(high))
