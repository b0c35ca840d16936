"""Policies replayed side by side: the same history, the same moods, and what each would have come to.

Every replication answers by a model fitted to another draw of the log's volunteers, so that an interval holds what
chance does to answers and what a short log leaves open about them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import joblib
import pandas as pd
from scipy.stats import t as student

from engine.policy import Policy
from engine.reasons.calibration import Calibration
from engine.store import Reading
from simulations import experiment
from simulations.outcome import results
from simulations.replay.acceptance import Acceptance, reliability
from simulations.replay.history import History
from simulations.replay.replication import Lived, relive
from simulations.replay.support import Support, support_of

AS_IT_WAS = "as it was"
"""What the policies that were in force are called, one after the other if there were several."""

WAY = "replay"
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of a comparison.

    Parameters
    ----------
    happened
        What the log itself counts (:func:`simulations.pilot.results`).
    lived
        One row per replication: ``policy``, ``rival``, ``seed``, and the same counts.
    support
        By policy, over all its replications.
    """

    happened: dict[str, Any]
    lived: pd.DataFrame
    support: dict[str, Support]
    reliability: Calibration

    def bands(self, measures: Sequence[str], level: float = 0.95) -> pd.DataFrame:
        """Say between which figures (``low``, ``high``) one more replication would lie, by ``policy`` and ``measure``.

        ``mean`` and ``happened`` stand beside them. With one replication there is no interval.
        """
        rows = []
        for policy, mine in self.lived.groupby("policy", sort=False):
            for measure in measures:
                values = mine[measure].astype(float).dropna()
                n, mean = len(values), float(values.mean())
                half = float("nan")
                if n > 1:
                    half = float(student.ppf((1 + level) / 2, n - 1)) * float(values.std()) * sqrt(1 + 1 / n)
                rows.append((policy, measure, self.happened[measure], mean, mean - half, mean + half))
        return pd.DataFrame(rows, columns=["policy", "measure", "happened", "mean", "low", "high"])

    def misses(self, measures: Sequence[str]) -> list[str]:
        """Name the measures in which the replay of what was in force does not come to what happened."""
        bands = self.bands(measures)
        mine = bands[bands["policy"] == AS_IT_WAS]
        within = mine["happened"].between(mine["low"] - ROUNDING, mine["high"] + ROUNDING)
        return list(mine.loc[mine["low"].notna() & ~within, "measure"])

    def doubts(self, measures: Sequence[str]) -> list[str]:
        """Say in sentences why the figures should not be believed as they stand; empty when nothing speaks against."""
        said = [f"{policy}: {sentence}" for policy, support in self.support.items() for sentence in support.warnings]
        if missed := self.misses(measures):
            said.append(
                f"The replay of what was in force does not come to what happened in {', '.join(missed)}. Believe"
                " differences between replays before their figures."
            )
        if self.reliability.brier >= self.reliability.brier_of_mean:
            said.append(
                "The model of the answers tells no more than the mean chance of a yes; who is asked makes no difference"
                " that this log could show."
            )
        return said

    def differences(self, measures: Sequence[str]) -> pd.DataFrame:
        """Compare every policy with what was in force, seed by seed (:func:`simulations.experiment.differences`)."""
        return experiment.differences(self.lived, (AS_IT_WAS, WAY), measures)


def compare(
    history: History,
    happened: dict[str, Any],
    policies: Sequence[Policy],
    seeds: Sequence[int],
    *,
    keeps: bool = True,
    n_jobs: int = 1,
) -> Comparison:
    """Replay a history under the policies that were in force and under others, each under every seed.

    Parameters
    ----------
    happened
        See :func:`happened_in`.
    keeps
        See :func:`simulations.replay.replication.relive`.
    n_jobs
        How many replications at a time.

    Raises
    ------
    InputError
        When the log is too short to say how volunteers answer.
    """
    tested = reliability(history.offers)
    arms: list[Policy | None] = [None, *policies]
    wanted = [(policy, seed) for policy in arms for seed in seeds]
    done: list[Lived] = joblib.Parallel(n_jobs=n_jobs)(
        joblib.delayed(_replicate)(history, seed, policy, keeps) for policy, seed in wanted
    )
    rows, by_policy = [], {_name(policy): list[Lived]() for policy in arms}
    for (policy, seed), lived in zip(wanted, done, strict=True):
        rows.append({"policy": _name(policy), "rival": WAY, "seed": seed} | lived.counted)
        by_policy[_name(policy)].append(lived)
    support = {name: _support(history, of_one) for name, of_one in by_policy.items()}
    return Comparison(happened, pd.DataFrame(rows), support, tested)


def happened_in(reading: Reading, history: History) -> dict[str, Any]:
    """Count what came of the pilot itself by the end of its history."""
    return results(reading, history.begins_at, history.ends_at)


def _replicate(history: History, seed: int, policy: Policy | None, keeps: bool) -> Lived:
    acceptance = Acceptance.fitted(history.offers, resampled_by=seed)
    return relive(history, acceptance, seed, policy, keeps=keeps)


def _support(history: History, lived: list[Lived]) -> Support:
    offers = pd.concat([one.offers.assign(is_drawn=one.is_drawn) for one in lived], ignore_index=True)
    return support_of(history.offers, offers, offers["is_drawn"].to_numpy(bool))


def _name(policy: Policy | None) -> str:
    return AS_IT_WAS if policy is None else policy.name
