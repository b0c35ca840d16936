"""Tuning: policies searched for in simulated pilots, by several objectives at once.

There is no best policy, only policies that no other beats in everything: the Pareto front. Every trial lives the same
seeds (common random numbers). Trials are chosen in rounds, each by what the rounds before it found, and the chance of
a trial belongs to its number: so a search that was stopped, or done by any number of workers, ends the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine.errors import InputError
from engine.policy import Policy
from simulations.experiment import ALONE, Live, replicate, versions, write_tables
from simulations.pilot import Plan, Progress
from simulations.scenario import Scenario
from simulations.space import WAY, Point, Space
from simulations.study import MEASURES, OBJECTIVES, Study, Trial
from simulations.workers import Workers

ROUND = 8
"""Trials of one round. They do not see each other, so their pilots can run side by side."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """What is searched: policies of a space, in one scenario, each under every seed.

    Parameters
    ----------
    policy
        Where the search starts: its numbers are the first trial, and stay where the space has none.
    days
        How many days of the scenario; all by default.
    search_seed
        Of the search itself; ``seeds`` are those of the pilots.
    """

    scenario: Scenario
    policy: Policy
    seeds: tuple[int, ...]
    space: Space
    days: int | None = None
    search_seed: int = 1

    def about(self) -> dict[str, Any]:
        """Say everything that the trials depend on, but versions."""
        return {
            "scenario": {"name": self.scenario.name, "fingerprint": self.scenario.fingerprint},
            "policy": {"name": self.policy.name, "fingerprint": self.policy.fingerprint},
            "ways": list(self.space.ways),
            "ranges": {name: [ends.low, ends.high] for name, ends in self.space.ranges.items()},
            "objectives": list(MEASURES),
            "seeds": list(self.seeds),
            "search_seed": self.search_seed,
            "days": self.days or self.scenario.town.days,
        }

    def plan(self, number: int, point: Point, seed: int) -> Plan:
        """Give one replication of a trial."""
        return Plan(self.scenario, self.space.policy_at(self.policy, point, f"trial-{number}"), seed, point[WAY])

    def finalists(self, trials: pd.DataFrame) -> tuple[Plan, Plan]:
        """Give the policy the search started from, and the winner under the name ``tuned``, with its way."""
        row = trials[trials["is_winner"]].iloc[0]
        point = {
            name: int(row[name]) if ends.is_whole else float(row[name]) for name, ends in self.space.ranges.items()
        }
        tuned = self.space.policy_at(self.policy, point, "tuned")
        first = self.seeds[0]
        return Plan(self.scenario, self.policy, first), Plan(self.scenario, tuned, first, str(row[WAY]))


def tune(
    asked: Tuning,
    folder: Path,
    rounds: int,
    workers: Workers = ALONE,
    *,
    live: Live = replicate,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Search, or go on with a search that was stopped: whatever stops it, trials that are done are kept.

    Parameters
    ----------
    folder
        Where the study is kept, as ``study.jsonl``.
    rounds
        How many rounds in all, of :data:`ROUND` trials each.
    live
        What a trial's figures come from: simulated pilots, unless something quicker is at hand.
    progress
        Told how many trials are done, of how many.

    Returns
    -------
    DataFrame
        One row per trial that has figures: ``number`` (0 is the policy it started from), the point, the objectives
        (means over the seeds), ``is_on_front`` and ``is_winner``, see :func:`winner_of`.

    Raises
    ------
    InputError
        When the extra ``tuning`` is missing, the folder holds another study, the policy stands outside the space, or
        no trial has figures.
    """
    study = Study.opened(folder / "study.jsonl", asked.about())
    for nth in range(rounds):
        numbers = range(nth * ROUND, (nth + 1) * ROUND)
        if missing := [number for number in numbers if number not in study.trials]:
            points = _points(asked, numbers, study)
            for number, rows in _lived(asked, {number: points[number] for number in missing}, workers, live):
                study.add(number, Trial(points[number], rows))
                if progress is not None:
                    progress(len(study.trials), rounds * ROUND)
    return _table(study)


def winner_of(trials: pd.DataFrame) -> int:
    """Choose one trial of the front: the one whose worst objective is least bad.

    How bad is measured on the front, from 0 at its best to 1 at its worst in that objective. That is one way of
    choosing among many; a council may well choose another point of the front.
    """
    front = trials[trials["is_on_front"]]
    losses = _losses(front)
    width = np.ptp(losses, axis=0)
    regret = (losses - losses.min(axis=0)) / np.where(width, width, 1.0)
    return int(front["number"].to_numpy()[regret.max(axis=1).argmin()])


def write(asked: Tuning, folder: Path, trials: pd.DataFrame, **tables: pd.DataFrame) -> None:
    """Write ``trials.parquet``, the other tables, ``winner.toml`` (a policy) and ``manifest.json`` into the folder."""
    _, best = asked.finalists(trials)
    winner = {"number": winner_of(trials), "fingerprint": best.policy.fingerprint, "way": best.rival}
    write_tables(folder, asked.about() | {"winner": winner, "versions": versions("optuna")}, trials=trials, **tables)
    (folder / "winner.toml").write_text(best.policy.text, encoding="utf-8", newline="\n")


def _points(asked: Tuning, numbers: Sequence[int], study: Study) -> dict[int, Point]:
    """Choose the points of a round by what the rounds before it found; the first of all is the policy as it is."""
    try:
        import optuna  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise InputError("Tuning needs the extra `tuning`: pip install 'mikrotjanster[tuning]'.") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    ends: dict[str, Any] = {WAY: optuna.distributions.CategoricalDistribution(asked.space.ways)}
    for name, found in asked.space.ranges.items():
        kind: Any = optuna.distributions.IntDistribution if found.is_whole else optuna.distributions.FloatDistribution
        ends[name] = kind(found.low, found.high)
    chosen = optuna.create_study(directions=["maximize" if goal.more_is_better else "minimize" for goal in OBJECTIVES])
    for number, trial in sorted(study.trials.items()):
        if number < numbers[0] and trial.figures is not None:
            known = optuna.create_trial(params=dict(trial.point), distributions=ends, values=list(trial.figures))
            chosen.add_trial(known)
    points: dict[int, Point] = {}
    for number in numbers:
        seed = (asked.search_seed * 1_000_003 + number) % 2**32
        chosen.sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=ROUND)
        points[number] = chosen.ask(ends).params if number else asked.space.point_of(asked.policy)
    return points


def _lived(
    asked: Tuning, points: Mapping[int, Point], workers: Workers, live: Live
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Live the pilots of trials; give each trial's rows as soon as its last pilot is over."""
    plans = [(asked.plan(number, point, seed), asked.days) for number, point in points.items() for seed in asked.seeds]
    rows = workers.each(live, plans)
    for number in points:
        yield number, [next(rows) for _ in asked.seeds]


def _table(study: Study) -> pd.DataFrame:
    rows = [
        {"number": number, **trial.point, **dict(zip(MEASURES, trial.figures, strict=True))}
        for number, trial in sorted(study.trials.items())
        if trial.figures is not None
    ]
    if not rows:
        raise InputError("In no trial was a visit completed under every seed; look at more days, or more people.")
    table = pd.DataFrame(rows)
    losses = _losses(table)
    is_beaten = [((losses <= mine).all(axis=1) & (losses < mine).any(axis=1)).any() for mine in losses]
    table["is_on_front"] = ~np.array(is_beaten)
    table["is_winner"] = table["number"] == winner_of(table)
    return table


def _losses(trials: pd.DataFrame) -> Any:
    """Lay the objectives out so that less is better everywhere: shape (trials, objectives)."""
    return trials[list(MEASURES)].to_numpy(float) * np.array([objective.sign for objective in OBJECTIVES])
