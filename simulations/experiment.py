"""Experiments: policies and ways of proposing, replicated under common random numbers, compared pair by pair.

Every replication is a simulated pilot of its own in a process of its own; which process does which changes nothing.
The results are a Parquet file with a manifest beside it that says what they are of.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from math import sqrt
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from scipy.stats import t as student

from engine.errors import InputError
from engine.policy import Policy
from simulations.pilot import Plan, simulate
from simulations.scenario import Scenario

BACKENDS = ("local", "dask")
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
        versions = {name: version(name) for name in PACKAGES} | {"python": platform.python_version()}
        return about | {"input_hash": digest, "versions": versions}


def run(
    experiment: Experiment, *, n_jobs: int = 1, backend: str = "local", scheduler: str | None = None
) -> pd.DataFrame:
    """Run every replication.

    Parameters
    ----------
    n_jobs
        How many at a time, on this machine.
    backend
        ``local`` processes, or ``dask`` with the address of a ``scheduler``: workers that are lost there are replaced
        by others, and what they did is done again.

    Returns
    -------
    DataFrame
        One row per replication: ``policy``, ``rival``, ``seed``, and what :func:`simulations.pilot.results` counts. It
        does not depend on who did what where.

    Raises
    ------
    InputError
        When there is no such backend, or the extra ``cluster`` is missing.
    """
    with _backend(backend, scheduler):
        rows = joblib.Parallel(n_jobs=n_jobs if backend == "local" else -1)(
            joblib.delayed(replicate)(plan, experiment.days) for plan in experiment.plans()
        )
    return pd.DataFrame(rows)


def replicate(plan: Plan, days: int | None = None) -> dict[str, Any]:
    """Run one replication: its row of the results."""
    counted = simulate(plan, days=days)
    return {"policy": plan.policy.name, "rival": plan.rival, "seed": plan.seed} | counted


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


def write(experiment: Experiment, results: pd.DataFrame, folder: Path) -> None:
    """Write ``results.parquet`` and ``manifest.json`` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    results.to_parquet(folder / "results.parquet", index=False)
    text = json.dumps(experiment.manifest(), indent=2, ensure_ascii=False) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8", newline="\n")


def read(folder: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    """Read what :func:`write` wrote: the manifest and the results."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return manifest, pd.read_parquet(folder / "results.parquet")


def seeds_from(first: int, n: int) -> tuple[int, ...]:
    """Name n seeds in a row."""
    return tuple(range(first, first + n))


def _backend(name: str, scheduler: str | None) -> AbstractContextManager[Any]:
    if name not in BACKENDS:
        raise InputError(f"There is no backend {name!r}; there are {', '.join(BACKENDS)}.")
    if name == "local":
        return nullcontext()
    if scheduler is None:
        raise InputError("The backend dask needs the address of a scheduler, such as tcp://127.0.0.1:8786.")
    try:
        from distributed import Client  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise InputError("The backend dask needs the extra `cluster`: pip install 'mikrotjanster[cluster]'.") from error
    client: Any = Client(scheduler)
    parallel: AbstractContextManager[Any] = joblib.parallel_config(backend="dask", client=client)
    return parallel


def policies_of(names: Iterable[str]) -> tuple[Policy, ...]:
    """Read policies by name or file."""
    return tuple(Policy.named(name) for name in names)
