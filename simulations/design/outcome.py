"""An outcome model of a trial, parametrised by the pilot's own figures, and fast: no people, only cells.

The measure of a municipality in a week is the mean, plus what the municipality always has, what the week brings to all,
and what the week brings to it (which lingers into the next), plus the effect where the policy on trial is in force.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from engine.errors import InputError
from simulations.chance import stream
from simulations.design.plan import Trial
from simulations.people import Floats

LEAST_WEEKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is known, or assumed, of a measure before the trial.

    Parameters
    ----------
    mean
        Of the measure.
    between
        Standard deviation between municipalities; ``weekly`` of what a week brings to all, ``local`` of what it
        brings to one municipality, of which the share ``lingering`` stays for the next week (an AR(1) process).
    single
        Standard deviation of a single row within a cell.
    rows_per_week
        By municipality.
    carry_over_share
        Share of the effect that stays for a week after the policy on trial is left; cannot be read from a pilot.
    spill_over_share
        Share of the effect that reaches the others through shared volunteers while all are on trial; likewise.
    """

    mean: float
    between: float
    weekly: float
    local: float
    lingering: float
    single: float
    rows_per_week: dict[str, float]
    carry_over_share: float = 0.0
    spill_over_share: float = 0.0

    def __post_init__(self) -> None:
        if min(self.between, self.weekly, self.local, self.single) < 0 or not 0 <= self.lingering < 1:
            raise InputError("Standard deviations are not negative, and what lingers is a share below 1.")
        if not self.rows_per_week or min(self.rows_per_week.values()) <= 0:
            raise InputError("Every municipality of a trial needs some rows a week; one has none.")

    @property
    def icc(self) -> float:
        """Share of the variance of single rows that lies between municipalities."""
        total = self.between**2 + self.weekly**2 + self.local**2 + self.single**2
        return self.between**2 / total if total else 0.0

    def sizes(self, trial: Trial) -> Floats:
        """Give the rows expected in each cell, at least one: shape (municipalities, weeks)."""
        missing = [code for code in trial.codes if code not in self.rows_per_week]
        if missing:
            raise InputError(f"Nothing is known of the rows a week in municipality {missing[0]}.")
        rows = np.array([max(1.0, round(self.rows_per_week[code])) for code in trial.codes])
        return np.tile(rows[:, None], (1, trial.n_weeks))

    def numbers(self) -> dict[str, Any]:
        """Return the numbers, for a protocol."""
        return asdict(self)


def drawn(figures: Figures, trial: Trial, effect: float, n: int, seed: int) -> Floats:
    """Draw what n trials of a plan would see, shape (n, municipalities, weeks)."""
    shape = (n, len(trial.codes), trial.n_weeks)
    rng = stream(seed, "outcomes")
    sizes = figures.sizes(trial)
    values = np.full(shape, figures.mean)
    values += figures.between * rng.standard_normal((n, shape[1], 1))
    values += figures.weekly * rng.standard_normal((n, 1, shape[2]))
    values += figures.local * _lingering(rng.standard_normal(shape), figures.lingering)
    values += figures.single / np.sqrt(sizes) * rng.standard_normal(shape)
    return values + effect * reached(figures, trial)


def reached(figures: Figures, trial: Trial) -> Floats:
    """Say which share of the effect reaches each cell, shape (municipalities, weeks)."""
    on_trial = trial.on_trial.astype(float)
    before = np.hstack([np.zeros((len(trial.codes), 1)), on_trial[:, :-1]])
    others = (on_trial.sum(axis=0, keepdims=True) - on_trial) / (len(trial.codes) - 1)
    off = 1 - on_trial
    share: Floats = on_trial + off * np.minimum(
        1.0, figures.carry_over_share * before + figures.spill_over_share * others
    )
    return share


def figures_of(cells: pd.DataFrame, **assumed: float) -> Figures:
    """Read the figures from a pilot.

    Parameters
    ----------
    cells
        ``municipality_code``, ``week``, ``n`` and ``value``, as :func:`engine.metrics.measure` gives them with
        ``by=["municipality_code", "week"]`` and no guard.
    assumed
        What a pilot cannot tell: ``carry_over_share``, ``spill_over_share``.

    Raises
    ------
    InputError
        When fewer than two municipalities have rows in at least three weeks.
    """
    value = cells.pivot_table(index="municipality_code", columns="week", values="value")
    n = cells.pivot_table(index="municipality_code", columns="week", values="n", aggfunc="sum").fillna(0.0)
    enough = value.notna().sum(axis=1) >= LEAST_WEEKS
    if enough.sum() < 2:
        raise InputError(
            f"{int(enough.sum())} municipalities have rows in at least {LEAST_WEEKS} weeks; the figures of a trial need"
            " two or more. Give them by hand instead."
        )
    mean = float((value * n).sum().sum() / n.sum().sum())
    single = float(np.sqrt(max(0.0, mean * (1 - mean)))) if value.max().max() <= 1 else float(value.std().mean())
    rest = value.loc[enough]
    levels = _weighted(rest, n, "columns")
    rest = rest.sub(levels, axis=0)
    weeks = _weighted(rest, n, "index")
    rest = rest.sub(weeks, axis=1)
    noise = single**2 / n.where(n > 0)
    # Method of moments: what is seen to vary less what single rows make vary by themselves.
    n_cells = int(rest.notna().sum().sum())
    # Levels of municipalities and weeks were fitted to the same cells, which made them vary less.
    shrunk = (n_cells - len(levels) - len(weeks) + 1) / n_cells
    alone = float(_numbers(noise.loc[enough]).mean())
    local2 = max(0.0, float((_numbers(rest) ** 2).mean()) / shrunk - alone)
    between2 = max(0.0, float(levels.var() - (noise.loc[enough].mean(axis=1) / rest.notna().sum(axis=1)).mean()))
    weekly2 = max(0.0, float(weeks.var() - (local2 + alone) / max(1, int(enough.sum()))))
    return Figures(
        mean=mean,
        between=float(np.sqrt(between2)),
        weekly=float(np.sqrt(weekly2)),
        local=float(np.sqrt(local2)),
        lingering=_lag(rest, local2 * shrunk),
        single=single,
        rows_per_week={str(code): float(rows) for code, rows in n.mean(axis=1).items()},
        **assumed,
    )


def _numbers(cells: pd.DataFrame) -> Floats:
    return cells.stack().to_numpy(np.float64)


def _weighted(values: pd.DataFrame, n: pd.DataFrame, axis: Literal["index", "columns"]) -> pd.Series[float]:
    weight = n.reindex_like(values).where(values.notna())
    return (values * weight).sum(axis=axis) / weight.sum(axis=axis)


def _lag(rest: pd.DataFrame, local2: float) -> float:
    """Estimate how much of a week lingers, 0 to 0.95: the covariance of neighbouring weeks over the variance."""
    if local2 == 0.0:
        return 0.0
    neighbours = rest.to_numpy()[:, :-1] * rest.to_numpy()[:, 1:]
    return float(np.clip(np.nanmean(neighbours) / local2, 0.0, 0.95))


def _lingering(shocks: Floats, lingering: float) -> Floats:
    """Make an AR(1) process of unit variance along the weeks."""
    process = shocks.copy()
    fresh = np.sqrt(1 - lingering**2)
    for week in range(1, shocks.shape[2]):
        process[:, :, week] = lingering * process[:, :, week - 1] + fresh * shocks[:, :, week]
    return process
