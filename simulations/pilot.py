"""A simulated pilot: invented people, day by day, in the same store, by the same engine and steps as a live one.

Only the clock and the people are invented. A day begins with a look at the log as it was the evening before; all that
people do that day follows from that look and their own draws, and is told to the engine by the doors a coordinator
uses. Every step carries its name in the log, so that a pilot that was stopped goes on where it was, to the same end.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from engine.clock import utc_of
from engine.errors import InputError
from engine.live.adoption import adopt
from engine.policy import Policy
from engine.store import Store
from simulations.crowd import Crowd, crowd
from simulations.day import ACTOR, Day, Look
from simulations.demand import days_of
from simulations.outcome import results
from simulations.rivals import RIVALS, Rival
from simulations.scenario import Scenario

OFFICE_CLOSES = time(16)
"""When the day's work is done: outcomes and answers recorded, requests taken, the match made, offers sent (local)."""

Progress = Callable[[int, int], None]
"""Told after each day: how many days are done, of how many."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes one replication: under which assumptions and policy, by which way of proposing, with which seed.

    Parameters
    ----------
    rival
        A name of :data:`simulations.rivals.RIVALS`; ``optimal`` is the engine's own way.
    """

    scenario: Scenario
    policy: Policy
    seed: int
    rival: str = "optimal"

    def __post_init__(self) -> None:
        if self.rival not in RIVALS:
            raise InputError(f"There is no way of proposing {self.rival!r}; there are {', '.join(RIVALS)}.")

    @property
    def name(self) -> str:
        """Name the replication in its log: nothing else may go on with it."""
        return f"simulate:{self.scenario.fingerprint}:{self.policy.fingerprint}:{self.rival}:{self.seed}"


def simulate(
    plan: Plan, store: Store | None = None, *, days: int | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Run a simulated pilot, or go on with one that was stopped.

    Parameters
    ----------
    store
        An empty pilot, or one that this plan began; in memory by default. Its clock becomes the simulated one.
    days
        Stop after this many days in all; all days of the scenario by default.
    progress
        Raising in it stops the pilot; nothing of a step that is done is lost.

    Returns
    -------
    dict
        See :func:`simulations.outcome.results`.

    Raises
    ------
    InputError
        When the store holds another pilot.
    StoreError
        When the store cannot be read or written.
    """
    own = store is None
    pilot = _Pilot(plan, store or Store.in_memory())
    gc.freeze()  # what is there now stays to the end: looking through it again and again finds nothing to free
    try:
        return pilot.run(days, progress)
    finally:
        gc.unfreeze()
        if own:
            pilot.store.close()


def evening(day: date) -> datetime:
    """Say when the work of a day is done (UTC)."""
    return utc_of(datetime.combine(day, OFFICE_CLOSES))


class _Pilot:
    """A replication under way."""

    def __init__(self, plan: Plan, store: Store) -> None:
        self.plan = plan
        self.store = store
        self.people: Crowd = crowd(plan.scenario, plan.seed)
        self.rival: Rival = RIVALS[plan.rival]
        self.policy = self.rival.policy_of(plan.policy)
        self.days = days_of(plan.scenario)
        self._now = evening(plan.scenario.start - timedelta(days=1))
        store.clock = self._tell

    def run(self, days: int | None, progress: Progress | None) -> dict[str, Any]:
        """Do the days that are left."""
        wanted = self.days[: len(self.days) if days is None else days]
        with self.store.held():
            taken = self._begin()
            first = self._first_day(taken)
            for number, day in enumerate(wanted, 1):
                if day >= first:
                    self._now = evening(day)
                    self._day(day, taken)
                if progress is not None:
                    progress(number, len(wanted))
            with self.store.reading() as reading:
                before = evening(self.plan.scenario.start - timedelta(days=1))
                return results(reading, before, evening(wanted[-1]) if wanted else before)

    def _tell(self) -> datetime:
        return self._now

    def _begin(self) -> dict[str, int]:
        """Register everybody who is there at the start, unless that is done; return the steps taken so far."""
        taken = self._taken()
        with self.store.reading() as reading:
            is_empty = reading.last_entry_no == 0
            has_policy = not reading.state("policies_at", self._now).empty
        if not is_empty and self.plan.name not in taken:
            raise InputError("This pilot is not one that the same scenario, policy, way of proposing and seed began.")
        if is_empty:
            start = Day(
                self.store, self.people, self.plan.scenario, self.plan.seed, self.plan.scenario.start, self._now
            )
            start.register(self.people.at_start(), self.plan.name)
        if not has_policy:
            adopt(self.store, self.policy, ACTOR, "simulated", self._now)
        return self._taken()

    def _taken(self) -> dict[str, int]:
        with self.store.reading() as reading:
            steps = reading.query("simulation/steps_taken")
        return dict(zip(steps["idempotency_key"], steps["entry_no"].tolist(), strict=True))

    def _first_day(self, taken: dict[str, int]) -> date:
        """Find the newest day that was begun: it is gone through again, and what is done of it is left as it is."""
        begun = [date.fromisoformat(key.split(":")[1]) for key in taken if key.startswith("simulate:20")]
        return max(begun, default=self.plan.scenario.start)

    def _day(self, day: date, taken: dict[str, int]) -> None:
        of_day = [entry for key, entry in taken.items() if key.startswith(f"simulate:{day.isoformat()}:")]
        with self.store.reading() as reading:
            last_entry_no = min(of_day, default=reading.last_entry_no + 1) - 1
            look = Look.of(reading, self.plan.scenario, day, self._now, last_entry_no)
        today = Day(self.store, self.people, self.plan.scenario, self.plan.seed, day, self._now, frozenset(taken))
        today.visits_end(look)
        today.volunteers_answer(look)
        today.people_come_and_go(look)
        today.residents_ask(look)
        if (day - self.plan.scenario.start).days % self.rival.every_days == 0:
            today.match_and_approve(self.policy, self.rival)
        today.offer()
