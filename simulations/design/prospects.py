"""What a plan can show: power, bias and coverage, by drawing its data many times where the truth is known.

The data come from the fast outcome model, whose numbers are the pilot's own. Where a simulated pilot is affordable, it
gives numbers and effect instead (:func:`simulated`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from statistics import mean

import numpy as np
import pandas as pd
from scipy import stats

from engine import metrics
from engine.errors import InputError
from engine.policy import Policy
from engine.store import Reading, Store
from simulations.design.analysis import LEVEL, analyse
from simulations.design.outcome import Figures, drawn, figures_of
from simulations.design.plan import Kind, Trial
from simulations.pilot import Plan, evening, simulate
from simulations.scenario import Scenario

POWER_WANTED = 0.8
N_RUNS = 1000
N_RUNS_OF_A_SERIES = 200
"""A time series is fitted one by one, which takes a hundred times as long."""


@dataclass(frozen=True, slots=True)
class Prospects:
    """What is to be expected of a plan if the effect is ``effect``.

    Parameters
    ----------
    bias
        Mean estimate less the effect on requests under the policy on trial: carry-over and shared volunteers make it.
    power
        Share of trials whose interval leaves out zero; ``false_alarm_share`` the same without any effect.
    coverage
        Share of trials whose interval holds the effect that ``bias`` leaves: how far the interval keeps its word.
    half_width
        Mean half-width of the interval.
    detectable
        Smallest effect shown with a power of 80 %.
    """

    effect: float
    n_runs: int
    bias: float
    power: float
    false_alarm_share: float
    coverage: float
    half_width: float
    detectable: float


def prospects(trial: Trial, figures: Figures, effect: float, *, n_runs: int | None = None, seed: int = 1) -> Prospects:
    """Draw a plan's data many times, with the effect and without, and analyse them all."""
    n = n_runs or (N_RUNS_OF_A_SERIES if trial.kind is Kind.TIME_SERIES else N_RUNS)
    sizes = figures.sizes(trial)
    found = analyse(trial, drawn(figures, trial, effect, n, seed), sizes)
    nothing = analyse(trial, drawn(figures, trial, 0.0, n, seed), sizes)
    # The same draws with and without the effect: the difference holds no chance.
    expected = float((found.estimate - nothing.estimate).mean())
    moved = expected / effect if effect else 1.0
    needed = (stats.t.ppf((1 + LEVEL) / 2, nothing.df) * nothing.standard_error - nothing.estimate) / abs(moved)
    return Prospects(
        effect=effect,
        n_runs=n,
        bias=expected - effect,
        power=float((found.p_value < 1 - LEVEL).mean()),
        false_alarm_share=float((nothing.p_value < 1 - LEVEL).mean()),
        coverage=float(((found.low <= expected) & (expected <= found.high)).mean()),
        half_width=float((found.high - found.low).mean() / 2),
        detectable=float(np.quantile(needed, POWER_WANTED)),
    )


def cells_of(reading: Reading, measure: str, period: metrics.Period) -> pd.DataFrame:
    """Work out a measure by municipality and week, small cells too: it stays in the house.

    Raises
    ------
    InputError
        When there is no such measure, or it is not told by week.
    """
    return metrics.measure(reading, measure, period, ["municipality_code", "week"], guard=False)


def simulated(
    scenario: Scenario,
    in_force: Policy,
    on_trial: Policy,
    measure: str,
    seeds: tuple[int, ...],
    *,
    days: int | None = None,
) -> tuple[pd.DataFrame, float]:
    """Read figures and effect from simulated pilots: every seed once under each policy.

    Returns
    -------
    DataFrame, float
        The cells of the first pilot under the policy in force, for :func:`simulations.design.outcome.figures_of`, and
        the mean difference of the measure, seed by seed.

    Raises
    ------
    InputError
        When the measure has no value in some pilot.
    """
    effects, cells = [], pd.DataFrame()
    for seed in seeds:
        was, kept = _one(Plan(scenario, in_force, seed), measure, days)
        cells = kept if cells.empty else cells
        effects.append(_one(Plan(scenario, on_trial, seed), measure, days)[0] - was)
    if np.isnan(effects).any():
        raise InputError(f"The simulated pilots are too short to tell {measure}.")
    return cells, mean(effects)


def known_figures(cells: pd.DataFrame, trial: Trial, **assumed: float) -> Figures:
    """Read the figures from a pilot; a municipality without rows is taken to be as small as the smallest with any."""
    figures = figures_of(cells, **assumed)
    smallest = min(figures.rows_per_week.values())
    rows = {code: figures.rows_per_week.get(code, smallest) for code in trial.codes}
    return Figures(**(figures.numbers() | {"rows_per_week": rows}))


def _one(plan: Plan, measure: str, days: int | None) -> tuple[float, pd.DataFrame]:
    store = Store.in_memory()
    try:
        simulate(plan, store, days=days)
        first = evening(plan.scenario.start) - timedelta(days=1)
        until = first + timedelta(days=(days or plan.scenario.town.days) + 1)
        period = metrics.Period(first, until)
        with store.reading() as reading:
            value = float(metrics.measure(reading, measure, period, guard=False)["value"].iloc[0])
            return value, cells_of(reading, measure, period)
    finally:
        store.close()
