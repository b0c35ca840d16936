"""How offers and visits of a replay end: as they did in the log where they are the same, else as others did.

Same is the same request, the same volunteer and the same day, the first such offer like the first. What is drawn
belongs to the pair, so that two policies that bring the same two together meet them in the same mood.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from engine.clock import utc_of
from engine.lifecycle import rows_of
from engine.live.answers import Answer
from engine.live.decisions import Pair
from engine.live.endings import CANCEL_REASONS, Ending
from simulations.chance import stream, uniforms
from simulations.replay.acceptance import Acceptance
from simulations.replay.history import ENDED, History

SameOffer = tuple[str, str, date, int]
"""Request, volunteer, day of the visit, and which of their offers for it."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer that will be given, and when (UTC), unless the offer has ended by then."""

    answer: Answer
    at: datetime
    expires_at: datetime


class Answers:
    """The answers of one replication; ``keeps`` says whether those of the log are given again."""

    def __init__(self, history: History, acceptance: Acceptance, seed: int, *, keeps: bool) -> None:
        self.acceptance, self.seed = acceptance, seed
        self.logged: dict[SameOffer, dict[str, Any]] = {}
        if keeps:
            counted: Counter[tuple[str, str, date]] = Counter()
            for offer in rows_of(history.offers):
                self.logged[_same(offer, counted)] = offer
        self._counted: Counter[tuple[str, str, date]] = Counter()
        self.drawn: set[str] = set()

    def to(self, offers: pd.DataFrame) -> list[Told]:
        """Say how offers just sent will be answered; those that never will be are left out."""
        told = []
        drawn = self.acceptance.answers(offers, self.seed)
        for offer, draw in zip(rows_of(offers), rows_of(drawn), strict=True):
            logged = self.logged.get(_same(offer, self._counted))
            response, reason, hours = _as_logged(logged, draw) if logged else _as_drawn(draw)
            if logged is None or logged["status"] == "closed":
                self.drawn.add(offer["offer_id"])
            if response in ("accepted", "declined"):
                at = (offer["sent_at"] + timedelta(hours=hours)).replace(tzinfo=UTC)
                told.append(
                    Told(Answer(offer["offer_id"], response, reason, at), at, offer["expires_at"].replace(tzinfo=UTC))
                )
        return told


class Fates:
    """What becomes of the visits of one replication."""

    def __init__(self, history: History, seed: int, *, keeps: bool) -> None:
        self.seed = seed
        visits = rows_of(history.visits)
        self.pool = [visit for visit in visits if visit["status"] in ENDED]
        self.logged = {_same_visit(visit): visit for visit in visits} if keeps else {}

    def of(self, visits: pd.DataFrame, now: datetime) -> list[Ending]:
        """Say which agreed visits (``simulation/visits_waiting``) have ended by now (UTC), and how."""
        return [ending for visit in rows_of(visits) if (ending := self._of_one(visit, now))]

    def _of_one(self, visit: dict[str, Any], now: datetime) -> Ending | None:
        fate = self.logged.get(_same_visit(visit)) or self._drawn(visit)
        if fate["status"] not in ENDED:
            return None
        at = utc_of(visit["ends_at"])
        if fate["status"] == "cancelled":
            agreed = visit["agreed_at"].replace(tzinfo=UTC)
            share = 0.0 if pd.isna(fate["told_share"]) else float(fate["told_share"])
            at = agreed + (utc_of(visit["starts_at"]) - agreed) * share
        if at > now:
            return None
        reason = fate["reason_code"] if fate["reason_code"] in CANCEL_REASONS else "other"
        minutes = fate["minutes_spent"]
        return Ending(
            visit["visit_id"],
            fate["status"],
            fate["side"] if fate["status"] != "completed" else None,
            int(minutes) if fate["status"] == "completed" and not pd.isna(minutes) else None,
            reason if fate["status"] == "cancelled" else None,
            at if fate["status"] == "cancelled" else None,
        )

    def _drawn(self, visit: dict[str, Any]) -> dict[str, Any]:
        """Draw the fate of some visit of the log; a log without any says that all took place."""
        if not self.pool:
            return {"status": "completed", "side": None, "minutes_spent": None, "reason_code": None}
        u = stream(self.seed, "fate", visit["request_id"], visit["volunteer_id"]).random()
        return self.pool[int(u * len(self.pool))]


class Decisions:
    """What the office decides of the proposals before it in one replication."""

    def __init__(self, history: History, seed: int, *, keeps: bool) -> None:
        self.seed = seed
        self.logged = history.decisions if keeps else {}
        counted = Counter(history.decisions.values())
        kinds = ("approved", "rejected", "left")
        self.edges = np.cumsum([counted[kind] for kind in kinds]) / max(1, counted.total())
        self.kinds = dict(enumerate(kinds))

    def of(self, pairs: list[Pair], at: datetime) -> dict[str, list[Pair]]:
        """Sort pairs by what is decided of them: ``approved``, ``rejected``, ``left``."""
        sorted_: dict[str, list[Pair]] = {kind: [] for kind in self.kinds.values()}
        draws = uniforms(self.seed, f"decision {at.isoformat()}", pairs, 1)
        for pair, u in zip(pairs, draws[:, 0].tolist(), strict=True):
            drawn = self.kinds[int(np.searchsorted(self.edges[:-1], u, side="right"))]
            sorted_[self.logged.get((at, pair), drawn)].append(pair)
        return sorted_


def _same(offer: dict[str, Any], counted: Counter[tuple[str, str, date]]) -> SameOffer:
    key = (offer["request_id"], offer["volunteer_id"], offer["starts_at"].date())
    counted[key] += 1
    return (*key, counted[key])


def _same_visit(visit: dict[str, Any]) -> tuple[str, str, date]:
    return visit["request_id"], visit["volunteer_id"], visit["starts_at"].date()


def _as_drawn(draw: dict[str, Any]) -> tuple[str, str | None, float]:
    reason = draw["reason_code"]
    return draw["response"], None if pd.isna(reason) else reason, draw["hours"]


def _as_logged(logged: dict[str, Any], draw: dict[str, Any]) -> tuple[str, str | None, float]:
    """Give the answer of the log; an offer that was closed in it is answered by draw, but no sooner than that."""
    if logged["status"] == "closed":
        response, reason, hours = _as_drawn(draw)
        return response, reason, hours + (logged["closed_at"] - logged["sent_at"]).total_seconds() / 3600
    if logged["status"] in ("accepted", "declined"):
        waited = (logged["answered_at"] - logged["sent_at"]).total_seconds() / 3600
        reason = logged["reason_code"] if logged["status"] == "declined" else None
        return logged["status"], reason, waited
    return "expired", None, 0.0
