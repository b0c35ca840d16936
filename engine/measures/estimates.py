"""From the rows of a measure to one figure with its 95 % interval; the statistics are SciPy's, none of our own.

Rows of one person are not independent: where an interval is resampled, persons are drawn, not rows.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

CONFIDENCE = 0.95
N_RESAMPLES = 999
DRAWS_AT_ONCE = 2_000_000

Numbers = NDArray[np.float64]


class Estimate(NamedTuple):
    """A figure and its interval; NaN where there is none."""

    value: float
    low: float
    high: float


UNKNOWN = Estimate(np.nan, np.nan, np.nan)
NONE = Estimate(0.0, np.nan, np.nan)
"""What nothing adds up to."""


def share(rows: pd.DataFrame) -> Estimate:
    """Estimate a share of rows, with Wilson's interval."""
    n_hits, n = int(rows["amount"].sum()), len(rows)
    interval = stats.binomtest(n_hits, n).proportion_ci(CONFIDENCE, method="wilson")
    return Estimate(n_hits / n, float(interval.low), float(interval.high))


def rate(rows: pd.DataFrame) -> Estimate:
    """Estimate events per unit of base, with the exact interval of a Poisson count."""
    n_events, base = float(rows["amount"].sum()), float(rows["base"].sum())
    if base == 0:
        return UNKNOWN
    tail = (1 - CONFIDENCE) / 2
    low = stats.chi2.ppf(tail, 2 * n_events) / 2 if n_events else 0.0
    return Estimate(n_events / base, float(low) / base, float(stats.chi2.isf(tail, 2 * n_events + 2)) / 2 / base)


def ratio(rows: pd.DataFrame) -> Estimate:
    """Estimate a sum over another, with an interval from resampled persons."""
    sums = rows.groupby("person_id", sort=True)[["amount", "base"]].sum().to_numpy(np.float64)
    if sums[:, 1].sum() == 0:
        return UNKNOWN
    return _resampled((sums[:, 0], sums[:, 1]), _ratio)


def mean(rows: pd.DataFrame) -> Estimate:
    """Estimate the mean of the amounts, one row a person, with Student's interval; none where all are alike."""
    amounts = rows["amount"].to_numpy(np.float64)
    value = float(amounts.mean())
    if len(amounts) < 2 or np.ptp(amounts) == 0:
        return Estimate(value, np.nan, np.nan)  # nothing tells how far it could be off
    low, high = stats.ttest_1samp(amounts, 0.0).confidence_interval(CONFIDENCE)
    return Estimate(value, float(low), float(high))


def total(rows: pd.DataFrame) -> Estimate:
    """Add up; a count of what happened has no interval."""
    return Estimate(float(rows["amount"].sum()), np.nan, np.nan)


def gini(rows: pd.DataFrame) -> Estimate:
    """Estimate the Gini coefficient of the amounts, with an interval from resampled persons."""
    amounts = rows["amount"].to_numpy(np.float64)
    if amounts.sum() == 0:
        return UNKNOWN
    return _resampled((amounts,), _gini)


def median_time(rows: pd.DataFrame) -> Estimate:
    """Estimate after how many days half had their event (Kaplan-Meier; Brookmeyer-Crowley with log-log bounds).

    ``inf`` where half never get there in what can be seen.
    """
    curve, low, high = _survival(rows)
    times, shares = curve
    return Estimate(_half_at(times, shares), _half_at(times, low), _half_at(times, high))


def still_after(days: int) -> Callable[[pd.DataFrame], Estimate]:
    """Make the estimate of the share still without the event after so many days (Kaplan-Meier, log-log bounds)."""

    def estimate(rows: pd.DataFrame) -> Estimate:
        if not (rows["days"] >= days).any():
            return UNKNOWN  # nobody was watched for so long
        (times, shares), low, high = _survival(rows)
        at = int(np.searchsorted(times, days, side="right")) - 1
        return Estimate(1.0, np.nan, np.nan) if at < 0 else Estimate(shares[at], low[at], high[at])

    return estimate


def _survival(rows: pd.DataFrame) -> tuple[tuple[Numbers, Numbers], Numbers, Numbers]:
    """Estimate the share without the event by time, with its bounds; what never had it outlives everything."""
    days = rows["days"].to_numpy(np.float64)
    had_event = rows["amount"].to_numpy(np.float64) > 0
    outlived = np.nanmax(days, initial=0.0) + 1.0
    seen = stats.CensoredData.right_censored(np.where(np.isnan(days), outlived, days), ~had_event)
    curve = stats.ecdf(seen).sf
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # bounds are unknown where all or none have had the event
        bounds = curve.confidence_interval(CONFIDENCE, method="log-log")
    times, shares = curve.quantiles, curve.probabilities
    low, high = bounds.low.probabilities, bounds.high.probabilities
    return (times, shares), np.where(shares == 0.0, 0.0, low), high


def _half_at(times: Numbers, shares: Numbers) -> float:
    passed = np.flatnonzero(shares <= 0.5)
    if len(passed):
        return float(times[passed[0]])
    return float("nan") if np.isnan(shares[-1]) else float("inf")


def _ratio(amounts: Numbers, bases: Numbers, axis: int = -1) -> Numbers:
    return np.asarray(amounts.sum(axis=axis) / bases.sum(axis=axis))


def _gini(amounts: Numbers, axis: int = -1) -> Numbers:
    ordered = np.sort(amounts, axis=axis)
    n = ordered.shape[axis]
    ranks = np.arange(1, n + 1)
    return np.asarray(((2 * ranks - n - 1) * ordered).sum(axis=axis) / (n * ordered.sum(axis=axis)))


def _resampled(samples: tuple[Numbers, ...], statistic: Callable[..., Numbers]) -> Estimate:
    value, n = float(statistic(*samples)), len(samples[0])
    if n < 2:
        return Estimate(value, np.nan, np.nan)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # a draw without any base has no figure and is left out below
        found = stats.bootstrap(
            samples,
            statistic,
            paired=True,
            n_resamples=N_RESAMPLES,
            batch=max(1, DRAWS_AT_ONCE // n),
            confidence_level=CONFIDENCE,
            method="percentile",
            rng=np.random.default_rng(0),  # the same log gives the same interval
        )
    drawn = found.bootstrap_distribution[np.isfinite(found.bootstrap_distribution)]
    if not len(drawn) or np.ptp(drawn) == 0:
        return Estimate(value, np.nan, np.nan)  # nothing tells how far it could be off
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(value, float(low), float(high))
