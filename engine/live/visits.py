"""Visits and what becomes of them: completed, missed or cancelled, by whom, and what both sides say of it.

A visit that is cancelled or missed opens its request again, with its waiting time kept, as long as the window lasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine import facts
from engine.access import LINK
from engine.clock import local_of
from engine.errors import AccessDenied, ImpossibleStep, InputError
from engine.lifecycle import Taking, moment_of, must_be, taking
from engine.live.closing import close_requests
from engine.live.endings import Ending, Feedback, call_off, tell_both

if TYPE_CHECKING:
    from engine.store import Store

_CORRECTED = ("completed", "missed")
"""The outcome told of, and the one known: somebody came after all."""


def complete_visit(
    store: Store, actor_id: str, visit_id: str, *, minutes: int | None = None, at: datetime | None = None
) -> None:
    """Record that a visit took place; both sides are thanked and asked what they say of it.

    Parameters
    ----------
    minutes
        How long it took, without the way; as planned when left out.

    Raises
    ------
    InputError
        When there is no such visit, or ``minutes`` is not 1 to 1440.
    ImpossibleStep
        When it was cancelled or completed, has not begun, or its request has had all its visits.
    AccessDenied
        When the account may not, in the request's municipality.
    """
    record_visits(store, actor_id, [Ending(visit_id, "completed", minutes=minutes)], at=at)


def miss_visit(store: Store, actor_id: str, visit_id: str, side: str, *, at: datetime | None = None) -> None:
    """Record that a visit came to nothing because one side was not there.

    Parameters
    ----------
    side
        Who was not there: ``resident`` or ``volunteer``.

    Raises
    ------
    InputError
        When there is no such visit or side.
    ImpossibleStep
        When it was cancelled, or has not begun.
    AccessDenied
        When the account may not, in the request's municipality.
    """
    record_visits(store, actor_id, [Ending(visit_id, "missed", side)], at=at)


def record_visits(
    store: Store,
    actor_id: str,
    endings: Sequence[Ending],
    *,
    at: datetime | None = None,
    idempotency_key: str | None = None,
) -> None:
    """Record what became of several visits, completed or missed, all or none.

    Raises
    ------
    InputError
        When there is no such visit, one stands twice, or one is cancelled instead (:func:`cancel_visits`).
    ImpossibleStep
        When one has not begun, or its state or its request does not allow it; see :func:`complete_visit`.
    AccessDenied
        When the account may not, in the municipality of one request.
    """
    with taking(store, actor_id, "record_visit", at, idempotency_key=idempotency_key) as step:
        visits = _visits(step, [ending.visit_id for ending in endings])
        corrected = [visits[e.visit_id] for e in endings if (e.outcome, visits[e.visit_id]["status"]) == _CORRECTED]
        requests = step.many("request", (visit["request_id"] for visit in corrected))
        n_agreed = {request_id: int(request["n_agreed"]) for request_id, request in requests.items()}
        for ending in endings:
            visit = visits[ending.visit_id]
            if ending.outcome == "cancelled":
                raise InputError(f"Visit {ending.visit_id} is to be cancelled, which is another step.")
            must_be(
                "visit", ending.visit_id, visit["status"], {"completed": "complete", "missed": "miss"}[ending.outcome]
            )
            _must_have_begun(visit, moment_of(step, ending.at))
            if visit in corrected:
                _must_need_one(visit, requests[visit["request_id"]], n_agreed)
        step.append(*(_ended(step, ending, visits[ending.visit_id]) for ending in endings))
        close_requests(step, [r for r, n in n_agreed.items() if n >= requests[r]["volunteers_needed"]], "filled")
        thanked = [visits[ending.visit_id] for ending in endings if ending.outcome == "completed"]
        tell_both(step, "thanks", thanked)


def cancel_visit(
    store: Store,
    actor_id: str,
    visit_id: str,
    side: str,
    reason_code: str = "other",
    *,
    at: datetime | None = None,
) -> None:
    """Cancel a visit before it begins; both sides are told, and the request is open again.

    Parameters
    ----------
    side
        Who cancels: one of SIDES. A volunteer who does is not asked for this request again.
    reason_code
        One of CANCEL_REASONS.

    Raises
    ------
    InputError
        When there is no such visit, side or reason.
    ImpossibleStep
        When it has an outcome, or has begun.
    AccessDenied
        When the account may not, in the municipality of either side, or the link is another visit's.
    """
    cancel_visits(store, actor_id, [Ending(visit_id, "cancelled", side, reason_code=reason_code)], at=at)


def cancel_visits(
    store: Store,
    actor_id: str,
    endings: Sequence[Ending],
    *,
    at: datetime | None = None,
    idempotency_key: str | None = None,
) -> None:
    """Cancel several visits before they begin, all or none, each as :func:`cancel_visit` would.

    Raises
    ------
    InputError
        When there is no such visit, one stands twice, or one is not to be cancelled.
    ImpossibleStep
        When one has an outcome, or has begun.
    AccessDenied
        When the account may not, in the municipality of either side, or the link is another visit's.
    """
    with taking(store, actor_id, "cancel_visit", at, idempotency_key=idempotency_key) as step:
        visits = _visits(step, [ending.visit_id for ending in endings], or_volunteer=True)
        for ending in endings:
            visit = visits[ending.visit_id]
            if ending.outcome != "cancelled":
                raise InputError(f"Visit {ending.visit_id} is to be {ending.outcome}, which is another step.")
            must_be("visit", ending.visit_id, visit["status"], "cancel")
            if visit["starts_at"] <= local_of(moment_of(step, ending.at)):
                raise ImpossibleStep(f"Visit {ending.visit_id} has begun; record it as completed or missed.")
        call_off(step, [(visits[e.visit_id], e.side, e.reason_code, moment_of(step, e.at)) for e in endings])


def give_feedback(
    store: Store,
    actor_id: str,
    visit_id: str,
    side: str,
    rating: int,
    *,
    again: bool | None = None,
    at: datetime | None = None,
) -> None:
    """Record what one side says of a visit that took place or was missed; said again, the newest holds.

    Parameters
    ----------
    side
        ``resident`` or ``volunteer``.
    rating
        1 (bad) to 5 (good).
    again
        Whether they would meet again; ``None`` when not said.

    Raises
    ------
    InputError
        When there is no such visit or side, or the rating is another.
    ImpossibleStep
        When the visit has not taken place.
    AccessDenied
        When the account may not, in the municipality of either side, or the link is another visit's.
    """
    give_feedbacks(store, actor_id, [Feedback(visit_id, side, rating, again)], at=at)


def give_feedbacks(
    store: Store,
    actor_id: str,
    said: Sequence[Feedback],
    *,
    at: datetime | None = None,
    idempotency_key: str | None = None,
) -> None:
    """Record what sides say of several visits, all or none, each as :func:`give_feedback` would.

    Raises
    ------
    InputError
        When there is no such visit.
    ImpossibleStep
        When one has not taken place.
    AccessDenied
        When the account may not, in the municipality of either side, or the link is another visit's.
    """
    with taking(store, actor_id, "give_feedback", at, idempotency_key=idempotency_key) as step:
        visits = _visits(step, list(dict.fromkeys(one.visit_id for one in said)), or_volunteer=True)
        for visit_id, visit in visits.items():
            if visit["status"] not in ("completed", "missed"):
                raise ImpossibleStep(
                    f"Visit {visit_id} is {visit['status']}; feedback is given once it has taken place."
                )
        step.append(
            *(
                facts.FeedbackGiven(
                    occurred_at=step.at, visit_id=one.visit_id, side=one.side, rating=one.rating, again=one.again
                )
                for one in said
            )
        )


def _ended(step: Taking, ending: Ending, visit: dict[str, Any]) -> facts.VisitEnded:
    planned = int((visit["ends_at"] - visit["starts_at"]).total_seconds() // 60)
    return facts.VisitEnded(
        occurred_at=moment_of(step, ending.at),
        visit_id=ending.visit_id,
        outcome=ending.outcome,
        side=ending.side,
        minutes=(ending.minutes or planned) if ending.outcome == "completed" else None,
    )


def _visits(step: Taking, visit_ids: Sequence[str], *, or_volunteer: bool = False) -> dict[str, dict[str, Any]]:
    """Find visits that the account may deal with, by their request's municipality, their volunteer's, or its link."""
    if len(set(visit_ids)) < len(visit_ids):
        raise InputError("A visit can have one outcome at a time.")
    visits = step.many("visit", visit_ids)
    if step.acting.account_id.startswith(LINK):
        if any(step.acting.account_id != f"{LINK}{visit_id}" for visit_id in visits):
            raise AccessDenied("This link is for another visit.")
        return visits
    if step.acting.municipality_codes is None:
        return visits
    requests = step.many("request", (visit["request_id"] for visit in visits.values()))
    homes = step.many("volunteer", (visit["volunteer_id"] for visit in visits.values())) if or_volunteer else {}
    for visit in visits.values():
        if or_volunteer and step.acting.may_work_in(homes[visit["volunteer_id"]]["municipality_code"]):
            continue
        step.acting.must_work_in(requests[visit["request_id"]]["municipality_code"])
    return visits


def _must_have_begun(visit: dict[str, Any], at: datetime) -> None:
    if visit["starts_at"] > local_of(at):
        raise ImpossibleStep(
            f"Visit {visit['visit_id']} begins at {visit['starts_at']:%Y-%m-%d %H:%M}; its outcome is not known before."
        )


def _must_need_one(visit: dict[str, Any], request: dict[str, Any], n_agreed: dict[str, int]) -> None:
    """Refuse to call a missed visit completed when its request has all its visits, and count it otherwise."""
    request_id = request["request_id"]
    if n_agreed[request_id] >= request["volunteers_needed"]:
        raise ImpossibleStep(f"Request {request_id} was served otherwise; visit {visit['visit_id']} stays missed.")
    n_agreed[request_id] += 1
