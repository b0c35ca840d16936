"""Why this volunteer, why nobody, what an override costs: a run is solved once and kept warm for the next question."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import RLock
from typing import Any, TypeVar

import pandas as pd

from engine.access import looking
from engine.explain import explain
from engine.intake import EVER
from engine.live import overrides, remedies
from engine.live.overrides import REASONS
from engine.reasons.alternatives import Match, why
from engine.reasons.base import Base
from engine.reasons.override_price import OverridePrice, price_in
from engine.reasons.relaxations import Step, baseline
from engine.reasons.unmatched import Unmatched
from engine.reasons.unmatched import unmatched as explain_unmatched
from engine.store import Store

__all__ = ["REASONS", "Match", "OverridePrice"]

Answer = TypeVar("Answer")

WARM_RUNS_MAX = 2
"""Runs kept solved: the newest, and perhaps the one before."""

ANSWERS_MAX = 500


@dataclass(frozen=True, slots=True)
class Left:
    """Why a request was left over, and what would serve it.

    Parameters
    ----------
    funnel
        ``rule``, ``n_volunteers`` in the order tried; ``candidate`` counts those whom no rule stopped.
    decided_by
        Who must say yes to the smallest change; empty without one.
    """

    told: Unmatched
    funnel: pd.DataFrame
    decided_by: frozenset[str]


class _Warm:
    """Runs solved already, and answers given about them: a run never changes, so neither do they."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._bases: OrderedDict[str, Base] = OrderedDict()
        self._answers: OrderedDict[tuple[str, ...], Any] = OrderedDict()

    @contextmanager
    def base(self, store: Store, run_id: str) -> Iterator[Base]:
        """Give a run's base to ask, one asker at a time: its solver keeps what it was asked last."""
        with self._lock:
            if run_id not in self._bases:
                self._bases[run_id] = Base.of_run(store, run_id)
            _make_room(self._bases, run_id, WARM_RUNS_MAX)
            yield self._bases[run_id]

    def knows(self, key: tuple[str, ...]) -> bool:
        """Say whether an answer was found before."""
        return key in self._answers

    def once(self, key: tuple[str, ...], answer: Callable[[], Answer]) -> Answer:
        """Give the answer given before, or find it."""
        with self._lock:
            if key not in self._answers:
                self._answers[key] = answer()
            _make_room(self._answers, key, ANSWERS_MAX)
            found: Answer = self._answers[key]
            return found


_warm = _Warm()


def reasons(store: Store, actor_id: str, run_id: str, request_id: str) -> tuple[Match, ...]:
    """Explain every match of a request in a run: value by parts, who else could have come at what loss.

    Raises
    ------
    AccessDenied
        When the account may not see requests, or not this one.
    InputError
        When the run did not look at the request.
    """
    _must_see(store, actor_id, request_id)

    def answer() -> tuple[Match, ...]:
        with _warm.base(store, run_id) as base:
            return why(base, request_id)

    return _warm.once(("why", run_id, request_id), answer)


def left(store: Store, actor_id: str, run_id: str, request_id: str) -> Left:
    """Explain why a run left a request without all its volunteers, and the smallest change that serves it.

    Raises
    ------
    AccessDenied
        As in :func:`reasons`.
    InputError
        When the request has all its volunteers in the run.
    """
    _must_see(store, actor_id, request_id)

    def answer() -> Left:
        [told] = explain_unmatched(store, run_id, [request_id])
        decided = remedies.who_decides(told.remedy.change) if told.remedy else frozenset()
        return Left(told, explain(store, request_id, run_id).funnel, decided)

    return _warm.once(("left", run_id, request_id), answer)


def price(
    store: Store,
    actor_id: str,
    run_id: str,
    kind: str,
    request_id: str,
    volunteer_id: str,
    instead_of: str | None = None,
) -> OverridePrice:
    """Price a pin, forbid or swap before it is confirmed.

    Raises
    ------
    AccessDenied
        As in :func:`reasons`.
    InputError
        When a rule forbids the pair, or an id is unknown.
    NoSolutionError
        When no plan keeps it together with the pins there are.
    """
    _must_see(store, actor_id, request_id)

    def answer() -> OverridePrice:
        with _warm.base(store, run_id) as base:
            return price_in(base, kind, request_id, volunteer_id, None, instead_of)

    return _warm.once((kind, run_id, request_id, volunteer_id, instead_of or ""), answer)


def is_known(kind: str, run_id: str, request_id: str) -> bool:
    """Say whether ``why`` or ``left`` about a request was worked out before, so that it can be told at once."""
    return _warm.knows((kind, run_id, request_id))


def rules_broken(store: Store, actor_id: str, request_id: str, volunteer_id: str, starts_at: datetime) -> list[str]:
    """List the rules a visit by hand would break; raises as :func:`engine.live.overrides.rules_by_hand`."""
    return overrides.rules_by_hand(store, actor_id, request_id, volunteer_id, starts_at)


def pin(
    store: Store,
    actor_id: str,
    request_id: str,
    volunteer_id: str,
    reason_code: str,
    now: datetime,
    *,
    starts_at: datetime | None = None,
) -> None:
    """Demand a pair of the next runs; raises as :func:`engine.live.overrides.pin`."""
    overrides.pin(store, actor_id, request_id, volunteer_id, reason_code, starts_at=starts_at, at=now)


def forbid(store: Store, actor_id: str, request_id: str, volunteer_id: str, reason_code: str, now: datetime) -> None:
    """Rule a pair out; raises as :func:`engine.live.overrides.forbid`."""
    overrides.forbid(store, actor_id, request_id, volunteer_id, reason_code, at=now)


def lift(store: Store, actor_id: str, request_id: str, volunteer_id: str, reason_code: str, now: datetime) -> None:
    """Lift a pin or forbid again; raises as :func:`engine.live.overrides.lift`."""
    overrides.lift(store, actor_id, request_id, volunteer_id, reason_code, at=now)


def swap(
    store: Store,
    actor_id: str,
    request_id: str,
    volunteer_id: str,
    instead_of: str,
    reason_code: str,
    now: datetime,
    *,
    starts_at: datetime,
    despite: Sequence[str] = (),
) -> None:
    """Send this volunteer instead of another; raises as :func:`engine.live.overrides.swap`."""
    overrides.swap(
        store, actor_id, request_id, volunteer_id, instead_of, reason_code, starts_at=starts_at, despite=despite, at=now
    )


def residents_of(store: Store, actor_id: str, volunteer_ids: Sequence[str]) -> dict[str, str]:
    """Find the residents behind volunteers: volunteer_id -> resident_id.

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    with looking(store, actor_id, "see_requests") as (reading, _):
        volunteers = reading.state("volunteers_at", EVER)
    behind = dict(zip(volunteers["volunteer_id"], volunteers["resident_id"], strict=True))
    return {one: behind[one] for one in volunteer_ids if one in behind}


def say(step: Step, language: str) -> str:
    """Say one step of a change as an instruction."""
    return step.in_words(language, baseline())


def decided_by(step: Step) -> str:
    """Say who must say yes to one step of a change."""
    return baseline().by_code[step.code].decided_by


def _must_see(store: Store, actor_id: str, request_id: str) -> None:
    """Refuse a request of another municipality: what was worked out for one account is given to another."""
    with looking(store, actor_id, "see_requests") as (reading, who):
        if who.municipality_codes is None:
            return
        mine = reading.state("submissions_at", EVER).set_index("request_id")["municipality_code"]
        if request_id in mine.index:
            who.must_work_in(str(mine[request_id]))


def _make_room(kept: OrderedDict[Any, Any], newest: Any, most: int) -> None:
    kept.move_to_end(newest)
    while len(kept) > most:
        kept.popitem(last=False)
