"""Visits and what becomes of them: completed, missed or cancelled, by whom, and what both sides say of it.

A visit that is cancelled or missed opens its request again, with its waiting time kept, as long as the window lasts.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine import facts, notify
from engine.access import LINK
from engine.clock import local_of
from engine.errors import AccessDenied, ImpossibleStep, InputError
from engine.lifecycle import Taking, must_be, must_be_code, taking
from engine.live.adoption import in_force

if TYPE_CHECKING:
    from engine.store import Store

SIDES = ("resident", "volunteer", "municipality")
CANCEL_REASONS = ("not_needed", "ill", "other_duty", "travel", "forgot", "check_lapsed", "weather", "other")


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
    if minutes is not None and not 1 <= minutes <= 1440:
        raise InputError(f"A visit takes 1 to 1440 minutes, not {minutes}.")
    with taking(store, actor_id, "record_visit", at) as step:
        visit = _visit(step, visit_id)
        must_be("visit", visit_id, visit["status"], "complete")
        _must_have_begun(step, visit)
        request = step.one("request", visit["request_id"])
        if visit["status"] == "missed" and request["n_agreed"] >= request["volunteers_needed"]:
            raise ImpossibleStep(f"Request {visit['request_id']} was served otherwise; visit {visit_id} stays missed.")
        if minutes is None:
            minutes = int((visit["ends_at"] - visit["starts_at"]).total_seconds() // 60)
        step.append(facts.VisitEnded(occurred_at=step.at, visit_id=visit_id, outcome="completed", minutes=minutes))
        for resident_id in _both(step, visit):
            notify.queue(step.transaction, "thanks", resident_id, visit_id, now=step.at)


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
    must_be_code("sides", side, SIDES[:2])
    with taking(store, actor_id, "record_visit", at) as step:
        visit = _visit(step, visit_id)
        must_be("visit", visit_id, visit["status"], "miss")
        _must_have_begun(step, visit)
        step.append(facts.VisitEnded(occurred_at=step.at, visit_id=visit_id, outcome="missed", side=side))


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
    must_be_code("sides", side, SIDES)
    must_be_code("reasons", reason_code, CANCEL_REASONS)
    with taking(store, actor_id, "cancel_visit", at) as step:
        visit = _visit(step, visit_id, or_volunteer=True)
        must_be("visit", visit_id, visit["status"], "cancel")
        if visit["starts_at"] <= local_of(step.at):
            raise ImpossibleStep(f"Visit {visit_id} has begun; record it as completed or missed.")
        call_off_visit(step, visit, side, reason_code)


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
    must_be_code("sides", side, SIDES[:2])
    if not 1 <= rating <= 5:
        raise InputError(f"A rating is 1 (bad) to 5 (good), not {rating}.")
    with taking(store, actor_id, "give_feedback", at) as step:
        visit = _visit(step, visit_id, or_volunteer=True)
        if visit["status"] not in ("completed", "missed"):
            raise ImpossibleStep(f"Visit {visit_id} is {visit['status']}; feedback is given once it has taken place.")
        step.append(facts.FeedbackGiven(occurred_at=step.at, visit_id=visit_id, side=side, rating=rating, again=again))


def call_off_visit(step: Taking, visit: dict[str, Any], side: str, reason_code: str) -> None:
    """Write down that a visit is cancelled, late or not, and tell both sides."""
    hours = in_force(step.transaction, step.moment).asking.late_cancel_hours
    step.append(
        facts.VisitEnded(
            occurred_at=step.at,
            visit_id=visit["visit_id"],
            outcome="cancelled",
            side=side,
            is_late=bool(visit["starts_at"] - local_of(step.at) < timedelta(hours=hours)),
            reason_code=reason_code,
        )
    )
    for resident_id in _both(step, visit):
        notify.queue(step.transaction, "cancellation", resident_id, visit["visit_id"], now=step.at)


def _visit(step: Taking, visit_id: str, *, or_volunteer: bool = False) -> dict[str, Any]:
    """Find a visit that the account may deal with, by its request's municipality, its volunteer's, or its own link."""
    visit = step.one("visit", visit_id)
    if step.acting.account_id.startswith(LINK):
        if step.acting.account_id != f"{LINK}{visit_id}":
            raise AccessDenied("This link is for another visit.")
        return visit
    if or_volunteer and step.acting.municipality_codes is not None:
        home = step.one("volunteer", visit["volunteer_id"])["municipality_code"]
        if home in step.acting.municipality_codes:
            return visit
    step.request(visit["request_id"])
    return visit


def _must_have_begun(step: Taking, visit: dict[str, Any]) -> None:
    if visit["starts_at"] > local_of(step.at):
        raise ImpossibleStep(
            f"Visit {visit['visit_id']} begins at {visit['starts_at']:%Y-%m-%d %H:%M}; its outcome is not known before."
        )


def _both(step: Taking, visit: dict[str, Any]) -> tuple[str, str]:
    volunteer = step.one("volunteer", visit["volunteer_id"])
    return visit["resident_id"], volunteer["resident_id"]
