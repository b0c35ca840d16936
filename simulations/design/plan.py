"""Plans of an evaluation: in which weeks which municipality is run under the policy on trial.

A plan is a table of municipalities by weeks, drawn from a seed. Three kinds:

- **stepped wedge**: all begin under the policy in force; group by group, in drawn order, goes over to the one on trial.
- **switchback**: each municipality goes back and forth in blocks of weeks; in each block a drawn half is on trial.
- **interrupted time series**: all go over in the same week. Nothing is drawn, nobody is compared with: the weakest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd

from engine.errors import InputError
from engine.reference import MUNICIPALITIES
from simulations.chance import stream
from simulations.people import Bools, Ints


class Kind(Enum):
    """How municipalities and weeks are divided between two policies."""

    STEPPED_WEDGE = "stepped-wedge"
    SWITCHBACK = "switchback"
    TIME_SERIES = "time-series"


@dataclass(frozen=True)
class Trial:
    """What is planned.

    Parameters
    ----------
    starts_on
        The Monday on which the first block begins.
    n_weeks
        Length of the trial; ``block_weeks`` that of a step or block.
    washout_weeks
        Weeks after each change of policy that are lived but not counted: what was asked before still lingers.
    codes
        The municipalities.

    Raises
    ------
    InputError
        When the first day is no Monday, or the weeks do not hold the blocks.
    """

    kind: Kind
    starts_on: date
    n_weeks: int
    seed: int
    block_weeks: int = 2
    washout_weeks: int = 0
    codes: tuple[str, ...] = tuple(sorted(MUNICIPALITIES))

    def __post_init__(self) -> None:
        if self.starts_on.weekday() != 0:
            raise InputError(f"A trial begins on a Monday; {self.starts_on.isoformat()} is none.")
        if len(self.codes) < 2 or len(set(self.codes)) < len(self.codes):
            raise InputError("A trial needs at least two municipalities, each once.")
        if not 0 <= self.washout_weeks < self.block_weeks:
            raise InputError(
                f"Of a block of {self.block_weeks} weeks, {self.washout_weeks} cannot be left out: at least one counts."
            )
        if self.n_weeks < 3 * self.block_weeks:
            raise InputError(f"{self.n_weeks} weeks hold no three blocks of {self.block_weeks} weeks.")

    @property
    def ends_on(self) -> date:
        """The day after the last week."""
        return self.starts_on + timedelta(weeks=self.n_weeks)

    @cached_property
    def on_trial(self) -> Bools:
        """Say who is under the policy on trial when: shape (municipalities, weeks)."""
        block = np.minimum(np.arange(self.n_weeks) // self.block_weeks, self.n_weeks // self.block_weeks - 1)
        draw = {
            Kind.STEPPED_WEDGE: self._stepped,
            Kind.SWITCHBACK: self._switched,
            Kind.TIME_SERIES: self._interrupted,
        }[self.kind]
        return draw(block)

    @cached_property
    def counts(self) -> Bools:
        """Say which weeks are counted: all but those just after a change; shape (municipalities, weeks)."""
        counts = np.ones_like(self.on_trial)
        changed = np.diff(self.on_trial.astype(int), axis=1) != 0
        for place, week in np.argwhere(changed):
            counts[place, week + 1 : week + 1 + self.washout_weeks] = False
        return counts

    def randomisation_list(self) -> pd.DataFrame:
        """List who is under which policy from when on: ``municipality_code``, ``from_on``, ``until_on``, ``arm``."""
        rows = []
        for code, arm in zip(self.codes, self.on_trial, strict=True):
            edges = [0, *(np.flatnonzero(np.diff(arm.astype(int))) + 1).tolist(), self.n_weeks]
            for first, until in pairwise(edges):
                days = [(self.starts_on + timedelta(weeks=week)).isoformat() for week in (first, until)]
                rows.append((code, *days, "trial" if arm[first] else "in force"))
        return pd.DataFrame(rows, columns=["municipality_code", "from_on", "until_on", "arm"])

    def _stepped(self, block: Ints) -> Bools:
        """Everybody goes over in a step of their own or, with fewer steps, in a group drawn by lot."""
        n_steps = int(block.max())
        order = stream(self.seed, "stepped wedge").permutation(len(self.codes))
        step = np.empty(len(self.codes), dtype=np.int64)
        step[order] = 1 + np.arange(len(self.codes)) * min(n_steps, len(self.codes)) // len(self.codes)
        on_trial: Bools = block[None, :] >= step[:, None]
        return on_trial

    def _switched(self, block: Ints) -> Bools:
        """In each pair of blocks a drawn half begins; in the second the others follow."""
        n = len(self.codes)
        chosen = np.zeros((n, int(block.max()) + 1), dtype=bool)
        for pair in range(0, chosen.shape[1], 2):
            rng = stream(self.seed, "switchback", pair)
            # With an odd number the larger half is the first one as often as the second.
            half = n // 2 + int(rng.random() < n % 2 / 2)
            first = np.isin(np.arange(n), rng.permutation(n)[:half])
            chosen[:, pair : pair + 2] = np.stack([first, ~first], axis=1)[:, : chosen.shape[1] - pair]
        switched: Bools = chosen[:, block]
        return switched

    def _interrupted(self, block: Ints) -> Bools:
        middle = np.arange(len(block)) >= len(block) // 2
        return np.tile(middle, (len(self.codes), 1))
