"""Between which figures the measures of one more pilot would lie: what guardrails are proposed from."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, sqrt
from pathlib import Path
from typing import Any

import pandas as pd
from scipy.stats import t as student

from engine import metrics
from engine.errors import InputError
from engine.live.policy_life import BAND_COLUMNS
from simulations.experiment import Experiment
from simulations.outcome import GAPS, MEASURES


def bands_of(results: pd.DataFrame, policy: str, level: float = 0.95) -> pd.DataFrame:
    """Draw the bands of a policy from its replications with the optimal plan, which is how a live pilot proposes.

    Parameters
    ----------
    results
        What :func:`simulations.experiment.run` gives.
    level
        How often one more such pilot lies within a band: Student's prediction interval, and no further than the
        measure's own ends.

    Returns
    -------
    DataFrame
        ``measure``, ``gap_by``, ``low``, ``high``; without measures that fewer than two replications know.

    Raises
    ------
    InputError
        When the policy has fewer than two replications with the optimal plan.
    """
    mine = results[(results["policy"] == policy) & (results["rival"] == "optimal")]
    if len(mine) < 2:
        raise InputError(f"Bands need two replications of {policy!r} with the optimal plan at least, not {len(mine)}.")
    return pd.DataFrame(_bands(mine, level), columns=BAND_COLUMNS)


def write_bands(experiment: Experiment, results: pd.DataFrame, folder: Path) -> list[str]:
    """Write ``bands-POLICY.csv`` for every policy that has bands, and return the commands that hand them over."""
    digest = experiment.manifest()["input_hash"]
    commands = []
    for policy in experiment.policies if "optimal" in experiment.rivals and len(experiment.seeds) > 1 else ():
        path = folder / f"bands-{policy.name}.csv"
        bands_of(results, policy.name).to_csv(path, index=False, lineterminator="\n")
        commands.append(f"mikro policy simulated {policy.name} --bands {path} --manifest {digest}")
    return commands


def _bands(rows: pd.DataFrame, level: float) -> Iterator[dict[str, Any]]:
    for column, measure, gap_by in [
        *((name, name, None) for name in MEASURES),
        *((name, *of) for name, of in GAPS.items()),
    ]:
        values = rows[column].astype(float).dropna()
        if len(values) < 2:
            continue
        half = float(student.ppf((1 + level) / 2, len(values) - 1)) * float(values.std()) * sqrt(1 + 1 / len(values))
        end = 1.0 if metrics.MEASURES[measure].is_share else inf
        mean = float(values.mean())
        yield {"measure": measure, "gap_by": gap_by, "low": max(0.0, mean - half), "high": min(end, mean + half)}
