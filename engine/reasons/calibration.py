"""Chances that keep their word: a logistic model fitted with a stated prior, and the table that tests it.

The model is Bayesian logistic regression: coefficients have a normal prior, their posterior is taken as normal
around its highest point (Laplace). Without any history the prior speaks, with an interval to match.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.problem import Floats

NORMAL_95 = 1.6448536269514722
"""The 95 % point of the normal distribution: both tails of the interval together are 10 %."""

N_POINTS = 31
"""Points of the quadrature (Gauss and Hermite) over the normal distribution."""

MOST_STEPS = 50
CONVERGED = 1e-9


@dataclass(frozen=True, slots=True)
class Logistic:
    """Coefficients as far as they are known: their mean, shape (k,), and covariance, shape (k, k)."""

    mean: Floats
    covariance: Floats

    @classmethod
    def prior(cls, mean: Floats, spread: Floats) -> Logistic:
        """State what is believed before any history: independent coefficients with these standard deviations."""
        return cls(np.asarray(mean, dtype=np.float64), np.diag(np.square(np.asarray(spread, dtype=np.float64))))

    def learnt(self, signs: Floats, outcomes: Floats) -> Logistic:
        """Learn from examples: ``signs`` of shape (n, k), ``outcomes`` of shape (n,), each 0 or 1.

        Newton's method with halved steps; the posterior is concave, so that its highest point is the only one.
        """
        precision = np.linalg.inv(self.covariance)
        at: NDArray[Any] = self.mean.copy()
        for _ in range(MOST_STEPS):
            share = _logistic(signs @ at)
            slope = signs.T @ (outcomes - share) - precision @ (at - self.mean)
            curve = (signs.T * (share * (1 - share))) @ signs + precision
            step: NDArray[Any] = np.linalg.solve(curve, slope)
            was, size = self._height(at, precision, signs, outcomes), 1.0
            while self._height(at + size * step, precision, signs, outcomes) < was and size > CONVERGED:
                size /= 2
            at = at + size * step
            if np.abs(size * step).max() < CONVERGED:
                break
        share = _logistic(signs @ at)
        return Logistic(at, np.linalg.inv((signs.T * (share * (1 - share))) @ signs + precision))

    def share(self, signs: Floats) -> Floats:
        """Give the chance of each row of signs, averaged over what the coefficients may be."""
        middle, spread = self._line(signs)
        points, weights = np.polynomial.hermite_e.hermegauss(N_POINTS)
        share: Floats = _logistic(middle[:, None] + spread[:, None] * points) @ (weights / weights.sum())
        return share

    def interval(self, signs: Floats) -> tuple[Floats, Floats]:
        """Bound the chance of each row: it lies between with a probability of 90 %."""
        middle, spread = self._line(signs)
        return _logistic(middle - NORMAL_95 * spread), _logistic(middle + NORMAL_95 * spread)

    def _line(self, signs: Floats) -> tuple[Floats, Floats]:
        variance = np.einsum("ij,jk,ik->i", signs, self.covariance, signs)
        return signs @ self.mean, np.sqrt(np.maximum(0.0, variance))

    def _height(self, at: NDArray[Any], precision: NDArray[Any], signs: Floats, outcomes: Floats) -> float:
        line, off = signs @ at, at - self.mean
        return float(outcomes @ line - np.logaddexp(0, line).sum() - off @ precision @ off / 2)


@dataclass(frozen=True, slots=True)
class Calibration:
    """How chances that were given compare with what then happened.

    Parameters
    ----------
    bins
        ``from_share``, ``to_share``, ``n``, ``mean_share`` given, ``served_share`` seen, ``low`` and ``high``
        (Wilson's 90 % interval for it); only bins with requests.
    brier, brier_of_mean
        Mean squared error of the chances, and of giving everybody the share that was served: smaller is better.
    expected_error
        Expected calibration error: mean distance of given and seen over the bins, weighted by requests.
    """

    n: int
    bins: pd.DataFrame
    brier: float
    brier_of_mean: float
    expected_error: float


def calibration_of(shares: Floats, outcomes: Floats, n_bins: int = 10) -> Calibration:
    """Compare chances (shape (n,)) with outcomes (0 or 1) in bins of equal width.

    With nothing to compare, the errors are NaN.
    """
    n = len(shares)
    if not n:
        empty = pd.DataFrame({name: pd.Series(dtype=np.float64) for name in _BINS})
        return Calibration(0, empty, float("nan"), float("nan"), float("nan"))
    place = np.minimum((shares * n_bins).astype(np.int64), n_bins - 1)
    given = pd.DataFrame({"place": place, "share": shares, "outcome": outcomes})
    grouped = given.groupby("place").agg(n=("share", "size"), mean_share=("share", "mean"),
                                         served_share=("outcome", "mean")).reset_index()  # fmt: skip
    bounds = [_wilson(p, m) for p, m in zip(grouped["served_share"], grouped["n"], strict=True)]
    bins = grouped.assign(
        from_share=grouped["place"] / n_bins,
        to_share=(grouped["place"] + 1) / n_bins,
        low=[low for low, _ in bounds],
        high=[high for _, high in bounds],
    )[_BINS]
    error = float((bins["n"] * (bins["mean_share"] - bins["served_share"]).abs()).sum() / n)
    brier, of_mean = (float(np.mean((given - outcomes) ** 2)) for given in (shares, np.mean(outcomes)))
    return Calibration(n, bins, brier, of_mean, error)


_BINS = ["from_share", "to_share", "n", "mean_share", "served_share", "low", "high"]


def _logistic(line: Floats) -> Floats:
    share: Floats = np.exp(-np.logaddexp(0, -np.asarray(line, dtype=np.float64)))
    return share


def _wilson(share: float, n: int) -> tuple[float, float]:
    z2 = NORMAL_95**2
    middle, half = share + z2 / (2 * n), NORMAL_95 * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, (middle - half) / (1 + z2 / n)), min(1.0, (middle + half) / (1 + z2 / n))
