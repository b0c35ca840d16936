"""Sensitivity: whether a policy stays better than another when what is assumed turns out otherwise.

Each number of the scenario is set to both ends of its stated range, one at a time, and both policies live the same
seeds there; seeds that no search has seen, so that nothing looks better for having been chosen on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from engine.errors import InputError
from simulations.experiment import ALONE, Live, differences, replicate, replications
from simulations.pilot import Plan, Progress
from simulations.scenario import Scenario
from simulations.study import MEASURES, OBJECTIVES
from simulations.workers import Workers

AS_STATED = "as stated"
"""The name of the scenario without any change."""


def numbers_of(scenario: Scenario) -> list[str]:
    """List the numbers that are varied unless others are named: all single ones but the size of the town."""
    return [
        name
        for name in scenario.ranges
        if not name.startswith("town.") and not isinstance(_value(scenario, name), tuple)
    ]


def sensitivity(
    plans: tuple[Plan, Plan],
    seeds: Sequence[int],
    names: Iterable[str],
    days: int | None = None,
    workers: Workers = ALONE,
    *,
    live: Live = replicate,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Compare two plans in the scenario as stated, and at both ends of each range.

    Parameters
    ----------
    plans
        The one compared with, and the one in question; their seeds do not matter.
    names
        Numbers of the scenario, ``table.number``.

    Returns
    -------
    DataFrame
        ``number``, ``value``, ``measure``, ``n_pairs``, and of the paired differences ``mean``, ``low``, ``high`` as
        :func:`simulations.experiment.differences` gives them; ``says`` is *better*, *worse*, or *open* where the
        interval holds zero or there is none.

    Raises
    ------
    InputError
        When the scenario has no such number.
    """
    scenario = plans[0].scenario
    cases: list[tuple[str, float | None, Scenario]] = [(AS_STATED, None, scenario)]
    for name in names:
        ends = scenario.ranges.get(name)
        if ends is None:
            raise InputError(f"A scenario has no number {name!r}; it has {', '.join(sorted(scenario.ranges))}.")
        cases += [(name, value, scenario.with_numbers({name: value})) for value in (ends.low, ends.high)]
    wanted = [Plan(case, plan.policy, seed, plan.rival) for _, _, case in cases for plan in plans for seed in seeds]
    rows = replications(wanted, days, workers, live=live, progress=progress)
    n_each = len(plans) * len(seeds)
    parts = []
    for nth, (name, value, _) in enumerate(cases):
        mine = rows.iloc[nth * n_each : (nth + 1) * n_each]
        found = differences(mine, (plans[0].policy.name, plans[0].rival), MEASURES)
        parts.append(found.assign(number=name, value=value))
    told = pd.concat(parts, ignore_index=True)
    told["says"] = _verdicts(told)
    return told[["number", "value", "measure", "n_pairs", "mean", "low", "high", "says"]]


def _verdicts(told: pd.DataFrame) -> list[str]:
    signs = {objective.measure: objective.sign for objective in OBJECTIVES}
    low, high = (told[end].to_numpy(float) * told["measure"].map(signs).to_numpy() for end in ("low", "high"))
    is_better, is_worse = np.maximum(low, high) < 0, np.minimum(low, high) > 0
    return [str(word) for word in np.select([is_better, is_worse], ["better", "worse"], "open")]


def _value(scenario: Scenario, name: str) -> object:
    table, number = name.split(".")
    return getattr(getattr(scenario, table), number)
