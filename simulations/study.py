"""A study: the trials of a search that are done, in a file that only grows, and what they are judged by.

A trial is written when its last pilot is over, so whatever stops a search loses no trial that is done.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import InputError
from simulations.space import Point


@dataclass(frozen=True, slots=True)
class Objective:
    """One thing a policy should be good at: a number of :func:`simulations.outcome.results`."""

    measure: str
    about: str
    more_is_better: bool = False

    @property
    def sign(self) -> int:
        """Turn the number into a loss: the less, the better."""
        return -1 if self.more_is_better else 1


OBJECTIVES = (
    Objective("coverage", "coverage: the share of requests whose visits were completed", more_is_better=True),
    Objective("acceptance_days", "waiting: days until half of the requests had a yes"),
    Objective("uneven_coverage", "equity: how far municipalities lie from the coverage of the whole"),
    Objective("asked_per_filled", "burden: volunteers asked for each request that got its help"),
    Objective("handling_cost_per_visit", "cost: coordinators' time for each completed visit, SEK"),
)
MEASURES = tuple(objective.measure for objective in OBJECTIVES)


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial that is done: its point, and what its replications found."""

    point: Point
    rows: Sequence[Mapping[str, Any]]

    @property
    def figures(self) -> tuple[float, ...] | None:
        """The means of the objectives over the seeds; ``None`` when one is unknown under some seed."""
        found = [[row[measure] for row in self.rows] for measure in MEASURES]
        if any(value is None for values in found for value in values):
            return None
        return tuple(sum(values) / len(values) for values in found)


@dataclass(frozen=True, slots=True)
class Study:
    """The file: a line that says what it is about, then one for each trial; and the trials by number."""

    path: Path
    trials: dict[int, Trial]

    @classmethod
    def opened(cls, path: Path, about: Mapping[str, Any]) -> Study:
        """Open a study, or begin one; a line that was cut off is dropped.

        Raises
        ------
        InputError
            When the file is about something else.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        with path.open("rb+") as file:
            whole = [line for line in file.read().splitlines(keepends=True) if line.endswith(b"\n")]
            file.truncate(sum(map(len, whole)))
        study = cls(path, {})
        if not whole:
            study._append(about)
        elif json.loads(whole[0]) != json.loads(json.dumps(about)):
            raise InputError(f"{path.parent} holds a study of something else; give this one a folder of its own.")
        for line in map(json.loads, whole[1:]):
            study.trials[line["number"]] = Trial(line["point"], line["rows"])
        return study

    def add(self, number: int, trial: Trial) -> None:
        """Write a trial down."""
        self.trials[number] = trial
        self._append({"number": number, "point": dict(trial.point), "rows": list(trial.rows)})

    def _append(self, line: Mapping[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())
