"""One replication: the days of the log lived again, round by round, by the doors a coordinator uses.

Nothing is decided here that the log, the endings or the engine do not decide.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from engine import facts
from engine.clock import local_of
from engine.errors import ImpossibleStep
from engine.live.adoption import adopt
from engine.live.answers import answer_offers
from engine.live.decisions import approve, reject
from engine.live.endings import Ending
from engine.live.offers import send_offers
from engine.live.requests import withdraw_requests
from engine.live.visits import cancel_visits, record_visits
from engine.matching import match
from engine.people.registration import leave_many
from engine.policy import Policy
from engine.store import Store
from simulations.outcome import results
from simulations.people import Bools
from simulations.replay.acceptance import Acceptance
from simulations.replay.endings import Answers, Decisions, Fates, Told
from simulations.replay.history import START, History, Known, Round

ACTOR = "replay"


@dataclass(frozen=True, slots=True)
class Lived:
    """What came of a replication.

    Parameters
    ----------
    counted
        See :func:`simulations.pilot.results`.
    offers
        The rows of ``simulation/offers_told``; ``is_drawn`` (n,) says whose answers the log does not hold.
    """

    counted: dict[str, Any]
    offers: pd.DataFrame
    is_drawn: Bools


def relive(
    history: History,
    acceptance: Acceptance,
    seed: int,
    policy: Policy | None = None,
    *,
    keeps: bool = True,
    store: Store | None = None,
) -> Lived:
    """Live a history again.

    Parameters
    ----------
    policy
        In force all the time; ``None`` for those that were.
    keeps
        Whether what happened to the same proposal, offer or visit happens again; if not, all of it is drawn.
    store
        An empty pilot that is to hold the replication; in memory by default. Its clock becomes the history's.
    """
    own = store is None
    replication = _Replication(history, acceptance, seed, policy, keeps, store or Store.in_memory())
    try:
        return replication.run()
    finally:
        if own:
            replication.store.close()


class _Replication:
    """A replication under way."""

    def __init__(
        self, history: History, acceptance: Acceptance, seed: int, policy: Policy | None, keeps: bool, store: Store
    ) -> None:
        self.history, self.policy, self.store = history, policy, store
        self.answers = Answers(history, acceptance, seed, keeps=keeps)
        self.fates = Fates(history, seed, keeps=keeps)
        self.decisions = Decisions(history, seed, keeps=keeps)
        self.to_come = list(reversed(history.given))
        self.to_take_back = history.taken_back.sort_values("at", kind="stable")
        self.told: list[Told] = []
        self.now = history.rounds[0].at
        store.clock = lambda: self.now

    def run(self) -> Lived:
        """Live through all rounds, and on to the end of the history."""
        end = Round(self.history.ends_at, self.history.given[-1].entry_no, None, 0, decides=False, sends=False)
        with self.store.held():
            if self.policy is not None:
                adopt(self.store, self.policy, ACTOR, "replayed", self.history.begins_at)
            for round_ in (*self.history.rounds, end):
                self._live(round_)
            with self.store.reading() as reading:
                moment: dict[str, Any] = {"as_of": self.now, "until_entry": reading.last_entry_no}
                offers = reading.query("simulation/offers_told", since=START, **moment)
                is_drawn = offers["offer_id"].isin(self.answers.drawn).to_numpy()
                return Lived(results(reading, self.history.begins_at, self.now), offers, is_drawn)

    def _live(self, round_: Round) -> None:
        self.now = round_.at
        self._take_over(round_)
        self._visits_end()
        self._volunteers_answer()
        self._residents_withdraw()
        if round_.sends_first:
            self._send()
        if round_.ran_under is not None:
            under = self.policy or round_.ran_under
            match(self.store, under, self.now, actor_id=ACTOR, seed=round_.seed, run_id=f"{self.now:%y%m%d%H%M%S}")
        if round_.decides:
            self._decide()
        if round_.sends and not round_.sends_first:
            self._send()

    def _take_over(self, round_: Round) -> None:
        """Append what the log knew by the round that no policy moves; who leaves, leaves by the engine's door."""
        fresh: list[Known] = []
        while self.to_come and self.to_come[-1].entry_no <= round_.until_entry:
            fresh.append(self.to_come.pop())
        left = (facts.VolunteerLeft, facts.PolicyAdopted) if self.policy else (facts.VolunteerLeft,)
        taken = [known.fact for known in fresh if not isinstance(known.fact, left)]
        if taken:
            with self.store.transaction(ACTOR, "take over") as transaction:
                transaction.append(taken)
        leaving: dict[str, list[str]] = {}
        for known in fresh:
            if isinstance(known.fact, facts.VolunteerLeft):
                leaving.setdefault(known.fact.reason_code, []).append(known.fact.volunteer_id)
        for reason_code, volunteer_ids in leaving.items():
            with suppress(ImpossibleStep):  # has left by another entry already
                leave_many(self.store, ACTOR, sorted(set(volunteer_ids)), reason_code, at=self.now)

    def _visits_end(self) -> None:
        with self.store.reading() as reading:
            agreed = reading.query("simulation/visits_waiting", as_of=self.now, until_entry=reading.last_entry_no)
        endings = self.fates.of(agreed, self.now)
        starts = dict(zip(agreed["visit_id"], agreed["starts_at"], strict=True))
        over = [ending for ending in endings if ending.outcome != "cancelled"]
        cancelled = [ending for ending in endings if ending.outcome == "cancelled"]
        # A visit called off at its very start is one that the volunteer or resident did not come to.
        late = [ending for ending in cancelled if starts[ending.visit_id] <= _local(ending)]
        over += [_missed(ending) for ending in late]
        if in_time := [ending for ending in cancelled if ending not in late]:
            cancel_visits(self.store, ACTOR, in_time, at=self.now)
        if over:
            record_visits(self.store, ACTOR, over, at=self.now)

    def _volunteers_answer(self) -> None:
        due = [told for told in self.told if told.at <= self.now]
        self.told = [told for told in self.told if told.at > self.now]
        in_time = [told.answer for told in sorted(due, key=lambda one: one.at) if told.at < told.expires_at]
        if in_time:
            answer_offers(self.store, ACTOR, in_time, at=self.now)

    def _residents_withdraw(self) -> None:
        """Take back what residents took back; who has an agreed visit now but had none then keeps it."""
        due = self.to_take_back["at"] <= self.now
        wanted, self.to_take_back = self.to_take_back[due], self.to_take_back[~due]
        if wanted.empty:
            return
        with self.store.reading() as reading:
            waiting = reading.query("simulation/requests_waiting", as_of=self.now, until_entry=reading.last_entry_no)
            agreed = reading.state("requests_at", self.now, status="agreed")["request_id"]
        can = set(waiting["request_id"]) | (set(agreed) & set(wanted.loc[wanted["was_agreed"], "request_id"]))
        if still := sorted(set(wanted["request_id"]) & can):
            withdraw_requests(self.store, ACTOR, still, at=self.now)

    def _decide(self) -> None:
        with self.store.reading() as reading:
            made = reading.state("proposals_at", self.now, status="made")
        pairs = list(made[["request_id", "volunteer_id"]].itertuples(index=False, name=None))
        decided = self.decisions.of(pairs, self.now)
        for done, take in (("rejected", self._reject), ("approved", self._approve)):
            if decided[done]:
                with suppress(ImpossibleStep):  # none of them can
                    take(decided[done])

    def _approve(self, pairs: list[tuple[str, str]]) -> None:
        approve(self.store, ACTOR, pairs, at=self.now)

    def _reject(self, pairs: list[tuple[str, str]]) -> None:
        reject(self.store, ACTOR, pairs, "other", at=self.now)

    def _send(self) -> None:
        sent = send_offers(self.store, ACTOR, at=self.now)
        if not sent.offer_ids:
            return
        with self.store.reading() as reading:
            moment: dict[str, Any] = {"as_of": self.now, "until_entry": reading.last_entry_no}
            offers = reading.query("simulation/offers_told", since=self.now, **moment)
        self.told += self.answers.to(offers[offers["offer_id"].isin(sent.offer_ids)].reset_index(drop=True))


def _local(ending: Ending) -> datetime:
    return local_of(ending.at or datetime.max.replace(tzinfo=UTC))


def _missed(ending: Ending) -> Ending:
    side = ending.side if ending.side in ("resident", "volunteer") else "volunteer"
    return replace(ending, outcome="missed", side=side, reason_code=None, at=None)
