"""What a measure is: its query, how its rows become a figure, and its words in both languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

import pandas as pd

from engine.measures import estimates
from engine.measures.estimates import Estimate

PERSON_GROUPS = ("municipality_code", "age_band", "language")
TIMES = ("week", "month")
GROUPS = ("municipality_code", "service", "age_band", "language", *TIMES)
"""What a measure may be told by; week and month are those in which something was asked for, offered or held."""


class Kind(Enum):
    """How rows become a figure, and where its interval comes from."""

    SHARE = "share"
    RATE = "rate"
    RATIO = "ratio"
    TOTAL = "total"
    MEDIAN = "median"
    STILL = "still"
    GINI = "gini"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Words:
    """One thing said in both languages."""

    en: str
    sv: str

    def said_in(self, language: str) -> str:
        """Give the words in ``sv`` or ``en``."""
        return self.sv if language == "sv" else self.en


INTERVALS = {
    Kind.SHARE: Words("Wilson, 95 %", "Wilson, 95 %"),
    Kind.RATE: Words("exact Poisson, 95 %", "exakt Poisson, 95 %"),
    Kind.RATIO: Words("bootstrap over persons, 95 %", "bootstrap över personer, 95 %"),
    Kind.TOTAL: Words("none: a count", "inget: ett antal"),
    Kind.MEDIAN: Words("Kaplan-Meier, log-log, 95 %", "Kaplan-Meier, log-log, 95 %"),
    Kind.STILL: Words("Kaplan-Meier, log-log, 95 %", "Kaplan-Meier, log-log, 95 %"),
    Kind.GINI: Words("bootstrap over persons, 95 %", "bootstrap över personer, 95 %"),
    Kind.MEAN: Words("Student's t, 95 %", "Students t, 95 %"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One evaluation measure.

    Parameters
    ----------
    query
        The file of ``engine/sql/metrics`` that gives its rows, ``params`` what it asks for beside the period.
    by
        The groups it may be told by, of :data:`GROUPS`; a measure without times is about the end of the period.
    per
        What the figure is for: 1 000 for incidents per 1 000 visits.
    after_days
        When a share still there is looked at.
    more_is_better
        Which way is good; ``None`` when neither is.
    """

    name: str
    query: str
    kind: Kind
    title: Words
    definition: Words
    denominator: Words
    unit: Words
    by: tuple[str, ...] = GROUPS
    per: float = 1.0
    after_days: int = 0
    more_is_better: bool | None = None
    params: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_of_a_moment(self) -> bool:
        """Whether it is about the end of the period, so that a trend looks at many moments."""
        return not set(TIMES) & set(self.by)

    @property
    def is_share(self) -> bool:
        """Whether the figure is a share in [0, 1]."""
        return self.kind in {Kind.SHARE, Kind.STILL, Kind.GINI}

    @property
    def interval(self) -> Words:
        """Say which interval it has."""
        return INTERVALS[self.kind]

    def estimate(self, rows: pd.DataFrame) -> Estimate:
        """Turn rows into the figure and its interval, in the measure's unit; there must be a row."""
        found = self._estimator()(rows)
        return Estimate(*(number * self.per for number in found))

    def _estimator(self) -> Callable[[pd.DataFrame], Estimate]:
        plain: dict[Kind, Callable[[pd.DataFrame], Estimate]] = {
            Kind.SHARE: estimates.share,
            Kind.RATE: estimates.rate,
            Kind.RATIO: estimates.ratio,
            Kind.TOTAL: estimates.total,
            Kind.MEDIAN: estimates.median_time,
            Kind.GINI: estimates.gini,
            Kind.MEAN: estimates.mean,
        }
        return plain[self.kind] if self.kind in plain else estimates.still_after(self.after_days)
