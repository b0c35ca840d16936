"""One day of a simulated pilot: what people do, told to the engine by the doors a coordinator uses.

Nothing is decided here that is not in :mod:`simulations.behaviour` or :mod:`simulations.demand`, and no fact is
written but by the engine's own steps.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd

from engine.clock import local_of, utc_of
from engine.errors import ImpossibleStep
from engine.lifecycle import rows_of
from engine.live.answers import Answer, answer_offers
from engine.live.decisions import approve
from engine.live.endings import Ending, Feedback
from engine.live.offers import send_offers
from engine.live.requests import submit_requests, withdraw_requests
from engine.live.visits import cancel_visits, give_feedbacks, record_visits
from engine.matching import match
from engine.people.registration import leave_many, register_many
from engine.policy import Policy
from engine.store import Reading, Store
from simulations import behaviour
from simulations.crowd import Crowd, Forms
from simulations.demand import asked_again, requests_of_day
from simulations.rivals import Rival
from simulations.scenario import Scenario

ACTOR = "simulation"


@dataclass(frozen=True, slots=True)
class Look:
    """What a day begins with: the pilot as the log of the evening before tells it, at the end of the day.

    ``told`` are the visits whose completion was told of ``growth.delay_days`` ago: what word of mouth comes of.
    """

    offers: pd.DataFrame
    visits: pd.DataFrame
    requests: pd.DataFrame
    volunteers: pd.DataFrame
    told: pd.DataFrame

    @classmethod
    def of(cls, reading: Reading, scenario: Scenario, day: date, at: datetime, until_entry: int) -> Look:
        """Read what people know."""
        moment: dict[str, Any] = {"as_of": at, "until_entry": until_entry}
        before = timedelta(days=scenario.growth.delay_days)
        start = at - timedelta(days=(day - scenario.start).days)
        return cls(
            offers=reading.query("simulation/offers_waiting", since=at - timedelta(days=1, hours=1), **moment),
            visits=reading.query("simulation/visits_waiting", **moment),
            requests=reading.query("simulation/requests_waiting", **moment),
            volunteers=reading.query("simulation/volunteers_here", start=start, **moment),
            told=reading.query(
                "simulation/visits_completed",
                from_at=at - before - timedelta(hours=12),
                to_at=at - before + timedelta(hours=12),
                **moment,
            ),
        )


class Day:
    """A day being lived; ``taken`` are the steps of it that are in the log already."""

    def __init__(
        self,
        store: Store,
        people: Crowd,
        scenario: Scenario,
        seed: int,
        day: date,
        at: datetime,
        taken: frozenset[str] = frozenset(),
    ) -> None:
        self.store, self.people, self.scenario, self.seed = store, people, scenario, seed
        self.day, self.at, self.taken = day, at, taken

    def register(self, forms: Forms, key: str) -> None:
        """Register people as a data package would."""
        register_many(self.store, ACTOR, forms, at=self.at, idempotency_key=key)

    def people_come_and_go(self, look: Look) -> None:
        """Volunteers join, clear checks, and leave; who leaves ends what they had agreed to."""
        joined = look.volunteers[look.volunteers["volunteer_id"].isin(self.people.joiners)]
        here = look.volunteers[~look.volunteers["has_left"]]
        n_joined = len(joined)
        recruits, _ = behaviour.brings(look.told, self.scenario.growth, self.seed)
        n_new = behaviour.joins(self.scenario.growth, self.seed, self.day) + int(recruits.sum())
        coming = self.people.joiners[n_joined : n_joined + n_new]
        since = {
            str(volunteer_id): at.date()
            for volunteer_id, at, has_left in zip(
                joined["volunteer_id"], joined["joined_at"], joined["has_left"], strict=True
            )
            if not has_left
        }
        forms = self.people.joining(coming, self.day) if coming else {}
        forms |= self.people.clearings(since, self.day, self.scenario.staying.renewal_share, self.seed)
        if forms:
            self._once("people", lambda key: self.register(forms, key))
        numbered = here.assign(number=here["volunteer_id"].str.removeprefix("vol-").astype(int))
        gone = here.loc[behaviour.leaves(numbered, self.scenario.staying, self.seed, self.day), "volunteer_id"].tolist()
        if gone:
            self._once(
                "leave",
                lambda key: leave_many(self.store, ACTOR, gone, "own_wish", at=self.at, idempotency_key=key),
            )

    def visits_end(self, look: Look) -> None:
        """Visits are cancelled, take place or come to nothing, and the sides say something."""
        now = pd.Timestamp(local_of(self.at))
        visits = look.visits.assign(agreed_at=_local(look.visits["agreed_at"]))
        fates = behaviour.fates_of(visits, self.scenario.visits, self.seed).merge(visits, on="visit_id")
        is_cancelled = (fates["outcome"] == "cancelled") & (fates["cancelled_at"] <= now)
        cancelled = [
            Ending(row["visit_id"], "cancelled", row["side"], reason_code="other", at=utc_of(row["cancelled_at"]))
            for row in rows_of(fates[is_cancelled])
        ]
        is_over = (fates["outcome"] != "cancelled") & (fates["ends_at"] <= now)
        over = [Ending(row["visit_id"], row["outcome"], row["side"]) for row in rows_of(fates[is_over])]
        if cancelled:
            self._once(
                "cancel", lambda key: cancel_visits(self.store, ACTOR, cancelled, at=self.at, idempotency_key=key)
            )
        if over:
            self._once("record", lambda key: record_visits(self.store, ACTOR, over, at=self.at, idempotency_key=key))
        told = behaviour.feedback_on(
            [ending.visit_id for ending in over if ending.outcome == "completed"], self.scenario.visits, self.seed
        )
        said = [
            Feedback(row["visit_id"], row["side"], int(row["rating"]), bool(row["again"]))
            for row in told.to_dict("records")
        ]
        if said:
            self._once("feedback", lambda key: give_feedbacks(self.store, ACTOR, said, at=self.at, idempotency_key=key))

    def volunteers_answer(self, look: Look) -> None:
        """Those who were asked say yes or no, if they say anything in time."""
        now = pd.Timestamp(self.at.replace(tzinfo=None))
        told = behaviour.answers_to(look.offers, self.scenario, self.seed)
        told = told.merge(look.offers[["offer_id", "expires_at"]], on="offer_id")
        told = told[(told["answered_at"] <= now) & (told["answered_at"] < told["expires_at"])]
        answers = [
            Answer(row["offer_id"], row["response"], row["reason_code"], row["answered_at"].replace(tzinfo=UTC))
            for row in rows_of(told.sort_values(["answered_at", "offer_id"]))
        ]
        if answers:
            self._once("answer", lambda key: answer_offers(self.store, ACTOR, answers, at=self.at, idempotency_key=key))

    def residents_ask(self, look: Look) -> None:
        """Residents give up waiting, and others ask."""
        now = pd.Timestamp(self.at.replace(tzinfo=None))
        over = look.requests[behaviour.gives_up(look.requests, self.scenario.staying, self.seed, now)]
        if len(over):
            self._once("withdraw", lambda key: self._withdraw(over["request_id"].tolist(), key))
        _, again = behaviour.brings(look.told, self.scenario.growth, self.seed)
        askers = sorted(set(look.told.loc[again, "resident_id"]) & set(self.people.askers["resident_id"]))
        forms = requests_of_day(self.scenario, self.people, self.day, self.seed)
        forms += asked_again(self.people, askers, self.day, self.seed)
        if forms:
            self._once("submit", lambda key: submit_requests(self.store, ACTOR, forms, at=self.at, idempotency_key=key))

    def match_and_approve(self, policy: Policy, rival: Rival) -> None:
        """The match is made, and the coordinator approves it."""
        run_id = f"{self.day:%y%m%d}-{rival.name}-{self.seed}"
        if f"run:{run_id}" not in self.taken:
            seed = (self.seed * 1_000_003 + self.day.toordinal()) % 2**31
            match(self.store, policy, self.at, actor_id=ACTOR, seed=seed, run_id=run_id, propose=rival.propose)
        self._once("approve", self._approve)

    def offer(self) -> None:
        """Volunteers are asked: those approved, and the next best where others said no or nothing."""
        self._once("offer", lambda key: send_offers(self.store, ACTOR, at=self.at, idempotency_key=key))

    def _withdraw(self, request_ids: list[str], key: str) -> None:
        """Take back those of the requests that nobody said yes to today."""
        with self.store.reading() as reading:
            waiting = reading.query("simulation/requests_waiting", as_of=self.at, until_entry=reading.last_entry_no)
        if still := sorted(set(request_ids) & set(waiting["request_id"])):
            withdraw_requests(self.store, ACTOR, still, at=self.at, idempotency_key=key)

    def _approve(self, key: str) -> None:
        """Approve everything the newest run proposes; what cannot be approved any more is left."""
        with self.store.reading() as reading:
            made = reading.state("proposals_at", self.at, status="made")
        pairs = list(made[["request_id", "volunteer_id"]].itertuples(index=False, name=None))
        if pairs:
            with suppress(ImpossibleStep):  # none of them can
                approve(self.store, ACTOR, pairs, at=self.at, idempotency_key=key)

    def _once(self, step: str, take: Callable[[str], Any]) -> None:
        """Take a step unless it is in the log."""
        key = f"simulate:{self.day.isoformat()}:{step}"
        if key not in self.taken:
            take(key)


def _local(moments: pd.Series[Any]) -> pd.Series[Any]:
    """Turn naive UTC into naive local time."""
    local: pd.Series[Any] = moments.dt.tz_localize("UTC").dt.tz_convert("Europe/Stockholm").dt.tz_localize(None)
    return local
