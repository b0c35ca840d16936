"""Experiments: policies and ways of proposing, replicated under common random numbers, compared pair by pair.

Every replication is a simulated pilot of its own in a process of its own; which process does which changes nothing.
The results are a Parquet file with a manifest beside it that says what they are of.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from math import sqrt
from pathlib import Path
from typing import Any

import pandas as pd
from scipy.stats import t as student

from engine.errors import InputError
from engine.policy import Policy
from simulations.pilot import Plan, Progress, simulate
from simulations.scenario import Scenario
from simulations.workers import Workers

ALONE = Workers()
"""One replication after the other."""

Live = Callable[[Plan, int | None], dict[str, Any]]
"""Gives the row of a replication, from its plan and how many days."""

PACKAGES = ("mikrotjanster", "numpy", "pandas", "duckdb", "highspy", "faker")
KEYS = ["policy", "rival", "seed"]


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is compared: every policy with every way of proposing, each under every seed.

    Parameters
    ----------
    seeds
        One replication each; the same people and moods for all that are compared.
    days
        How many days of the scenario; all by default.
    """

    scenario: Scenario
    policies: tuple[Policy, ...]
    seeds: tuple[int, ...]
    rivals: tuple[str, ...] = ("optimal",)
    days: int | None = None

    def __post_init__(self) -> None:
        names = [policy.name for policy in self.policies]
        if len(set(names)) < len(names):
            raise InputError(f"Policies that are compared need different names, not {', '.join(names)}.")

    def plans(self) -> list[Plan]:
        """List the replications, in the order of the results."""
        return [
            Plan(self.scenario, policy, seed, rival)
            for policy in self.policies
            for rival in self.rivals
            for seed in self.seeds
        ]

    def manifest(self) -> dict[str, Any]:
        """Say what the results are of: everything they depend on, and a hash of it."""
        about: dict[str, Any] = {
            "scenario": {"name": self.scenario.name, "fingerprint": self.scenario.fingerprint},
            "policies": {policy.name: policy.fingerprint for policy in self.policies},
            "rivals": list(self.rivals),
            "seeds": list(self.seeds),
            "days": self.days or self.scenario.town.days,
        }
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
        return about | {"input_hash": digest, "versions": versions()}


def replicate(plan: Plan, days: int | None = None) -> dict[str, Any]:
    """Run one replication: its row of the results."""
    counted = simulate(plan, days=days)
    return {"policy": plan.policy.name, "rival": plan.rival, "seed": plan.seed} | counted


def run(experiment: Experiment, workers: Workers = ALONE, *, progress: Progress | None = None) -> pd.DataFrame:
    """Run every replication.

    Parameters
    ----------
    progress
        Told after each replication, in their order.

    Returns
    -------
    DataFrame
        One row per replication: ``policy``, ``rival``, ``seed``, and what :func:`simulations.pilot.results` counts. It
        does not depend on who did what where.

    Raises
    ------
    InputError
        When a cluster cannot be used; see :meth:`simulations.workers.Workers.each`.
    """
    return replications(experiment.plans(), experiment.days, workers, progress=progress)


def replications(
    plans: Sequence[Plan],
    days: int | None,
    workers: Workers = ALONE,
    *,
    live: Live = replicate,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Run the replications of a list, as :func:`run` does those of an experiment."""
    rows = []
    for row in workers.each(live, [(plan, days) for plan in plans]):
        rows.append(row)
        if progress is not None:
            progress(len(rows), len(plans))
    return pd.DataFrame(rows)


def differences(
    results: pd.DataFrame, baseline: tuple[str, str], measures: Sequence[str], level: float = 0.95
) -> pd.DataFrame:
    """Compare everything with a baseline (policy, rival), seed by seed.

    Returns
    -------
    DataFrame
        ``policy``, ``rival``, ``measure``, ``n_pairs``, ``mean`` of the paired differences, and ``low`` and ``high``,
        Student's interval of the level asked for; they are missing with fewer than two pairs.

    Raises
    ------
    InputError
        When the baseline has no results.
    """
    by_arm = {arm: rows.set_index("seed") for arm, rows in results.groupby(["policy", "rival"], sort=False)}
    if baseline not in by_arm:
        raise InputError(f"There are no results of policy {baseline[0]!r} with {baseline[1]!r} to compare with.")
    rows = []
    for arm, mine in by_arm.items():
        for measure in measures if arm != baseline else ():
            gaps = (mine[measure] - by_arm[baseline][measure]).astype(float).dropna()
            half = float("nan")
            if len(gaps) > 1:
                half = float(student.ppf((1 + level) / 2, len(gaps) - 1)) * float(gaps.std()) / sqrt(len(gaps))
            mean = float(gaps.mean())
            rows.append((*arm, measure, len(gaps), mean, mean - half, mean + half))
    return pd.DataFrame(rows, columns=["policy", "rival", "measure", "n_pairs", "mean", "low", "high"])


def versions(*others: str) -> dict[str, str]:
    """Say which versions of Python and of packages results were made with."""
    return {name: version(name) for name in (*PACKAGES, *others)} | {"python": platform.python_version()}


def write(experiment: Experiment, results: pd.DataFrame, folder: Path) -> None:
    """Write ``results.parquet`` and ``manifest.json`` into a folder."""
    write_tables(folder, experiment.manifest(), results=results)


def write_tables(folder: Path, manifest: Mapping[str, Any], **tables: pd.DataFrame) -> None:
    """Write tables as Parquet files of their names, and what they are of as ``manifest.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8", newline="\n")


def read(folder: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    """Read what :func:`write` wrote: the manifest and the results."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return manifest, pd.read_parquet(folder / "results.parquet")


def seeds_from(first: int, n: int) -> tuple[int, ...]:
    """Name n seeds in a row."""
    return tuple(range(first, first + n))


def policies_of(names: Iterable[str]) -> tuple[Policy, ...]:
    """Read policies by name or file."""
    return tuple(Policy.named(name) for name in names)
