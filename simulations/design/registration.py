"""The plan of an evaluation, written down before its first block begins, and never changed.

A TOML file for programs with a hash of its content, and the same in Markdown for people. A plan that could be written
after the first results proves nothing, so none is.
"""

from __future__ import annotations

import hashlib
import json
import platform
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engine.clock import local_of
from engine.errors import InputError
from engine.metrics import MEASURES
from engine.policy import Policy
from engine.storage import durable
from simulations.design import analysis
from simulations.design.outcome import Figures
from simulations.design.plan import Kind, Trial
from simulations.design.prospects import Prospects

PACKAGES = ("mikrotjanster", "numpy", "pandas", "scipy", "statsmodels")
SEAL = "\n[seal]\nhash = "


@dataclass(frozen=True, slots=True)
class Registration:
    """What is registered: which policy is compared with which, by which measure, in which trial."""

    hypothesis: str
    measure: str
    in_force: Policy
    on_trial: Policy
    trial: Trial
    figures: Figures
    prospects: Prospects

    def __post_init__(self) -> None:
        if not self.hypothesis.strip():
            raise InputError("A registration needs a hypothesis: what is expected, in a sentence.")
        if self.measure not in MEASURES:
            raise InputError(f"There is no measure {self.measure!r}; there are {', '.join(MEASURES)}.")

    def content(self, now: datetime) -> dict[str, dict[str, Any]]:
        """Lay it out by tables."""
        measure, trial = MEASURES[self.measure], self.trial
        listed = trial.randomisation_list()
        return {
            "registration": {"written_at": now.isoformat(), "hypothesis": self.hypothesis},
            "measure": {
                "name": self.measure,
                "definition": measure.definition.en,
                "denominator": measure.denominator.en,
                "unit": measure.unit.en,
            },
            "policies": {
                "in_force": self.in_force.name,
                "in_force_fingerprint": self.in_force.fingerprint,
                "on_trial": self.on_trial.name,
                "on_trial_fingerprint": self.on_trial.fingerprint,
            },
            "design": {
                "kind": trial.kind.value,
                "starts_on": trial.starts_on.isoformat(),
                "n_weeks": trial.n_weeks,
                "block_weeks": trial.block_weeks,
                "washout_weeks": trial.washout_weeks,
                "municipalities": list(trial.codes),
                "seed": trial.seed,
            },
            "randomisation": {"list": [";".join(row) for row in listed.itertuples(index=False)]},
            "analysis": {"primary": _primary(trial), "secondary": _secondary(trial), "level": analysis.LEVEL},
            "expected": asdict(self.prospects),
            "assumed": {name: value for name, value in self.figures.numbers().items() if name != "rows_per_week"},
            "rows_per_week": self.figures.rows_per_week,
            "versions": {name: version(name) for name in PACKAGES} | {"python": platform.python_version()},
        }


def register(registration: Registration, path: Path, now: datetime) -> str:
    """Write a registration to ``path`` (TOML) and beside it as Markdown, and return its hash.

    Raises
    ------
    InputError
        When the first block has begun, or there is a file already.
    """
    starts_on = registration.trial.starts_on
    if local_of(now).date() >= starts_on:
        raise InputError(
            f"The first block began on {starts_on.isoformat()}; what is written down after that is no registration."
        )
    page = path.with_suffix(".md")
    if taken := [file for file in (path, page) if file.exists()]:
        raise InputError(f"{taken[0]} exists already; a registration is never changed.")
    content = registration.content(now)
    text = _toml(content)
    digest = hashlib.sha256(text.encode()).hexdigest()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{text}{SEAL}"{digest}"\n', encoding="utf-8", newline="\n")
    page.write_text(_markdown(content, digest), encoding="utf-8", newline="\n")
    durable.flush_folder(path.parent)
    return digest


def read_registration(path: Path) -> tuple[dict[str, Any], Trial]:
    """Read a registration, and draw its plan anew from its seed.

    Raises
    ------
    InputError
        When the file cannot be read, was changed since, or its list is not the one its seed draws.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"No registration can be read from {path}.") from error
    body, _, seal = text.partition(SEAL)
    if seal.strip().strip('"') != hashlib.sha256(body.encode()).hexdigest():
        raise InputError(f"{path} was changed after it was written: its content does not have the hash it names.")
    content = tomllib.loads(text)
    design = content["design"]
    trial = Trial(
        kind=Kind(design["kind"]),
        starts_on=date.fromisoformat(design["starts_on"]),
        n_weeks=design["n_weeks"],
        seed=design["seed"],
        block_weeks=design["block_weeks"],
        washout_weeks=design["washout_weeks"],
        codes=tuple(design["municipalities"]),
    )
    if content["randomisation"]["list"] != [
        ";".join(row) for row in trial.randomisation_list().itertuples(index=False)
    ]:
        raise InputError(f"The randomisation list of {path} is not the one that seed {trial.seed} draws.")
    return content, trial


def _primary(trial: Trial) -> str:
    if trial.kind is Kind.TIME_SERIES:
        return (
            "Weekly series of all municipalities together, weighted by rows: level, trend, change of level;"
            " generalised least squares with AR(1) errors; Student's interval."
        )
    return (
        "Least squares on municipality-weeks, weighted by rows, with a level for each municipality and week; standard"
        " errors clustered by municipality (CR2), Satterthwaite's degrees of freedom; weeks of washout left out."
    )


def _secondary(trial: Trial) -> str:
    return "None." if trial.kind is Kind.TIME_SERIES else "Mixed model: weeks fixed, municipalities drawn (REML)."


def _toml(content: Mapping[str, Mapping[str, Any]]) -> str:
    """Write tables of texts, numbers and lists: what JSON writes of these is TOML."""
    lines = []
    for table, entries in content.items():
        lines += [f"[{table}]", *(f'"{name}" = {_cell(value)}' for name, value in entries.items()), ""]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return "[\n" + "".join(f"  {json.dumps(one, ensure_ascii=False)},\n" for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _markdown(content: Mapping[str, Mapping[str, Any]], digest: str) -> str:
    """Write it for people."""
    lines = ["# Registration of an evaluation", "", content["registration"]["hypothesis"], ""]
    for table, entries in content.items():
        lines += [f"## {table.replace('_', ' ').capitalize()}", ""]
        for name, value in entries.items():
            if table == "randomisation":
                lines += ["| municipality | from | until | policy |", "|---|---|---|---|"]
                lines += [f"| {' | '.join(row.split(';'))} |" for row in value]
            else:
                told = ", ".join(value) if isinstance(value, list) else value
                lines.append(f"- {name.replace('_', ' ')}: {told}")
        lines.append("")
    return "\n".join([*lines, f"SHA-256 of the TOML file's content before its seal: `{digest}`", ""])
