"""A volunteer answers an offer: the first yes becomes a visit, a no is never asked again.

Who says "rather another time" is not free at the time of the visit, and may be asked for the same request again.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine import facts, notify
from engine.access import LINK
from engine.clock import local_of
from engine.errors import AccessDenied, ImpossibleStep, InputError
from engine.lifecycle import WAITING, Taking, id_of, must_be, must_be_code, taking
from engine.live.adoption import in_force
from engine.live.closing import close_request
from engine.rules import NEVER_BY_HAND, in_words

if TYPE_CHECKING:
    from engine.store import Store

ANOTHER_TIME = "another_time"
DECLINE_REASONS = (ANOTHER_TIME, "time", "distance", "service", "person", "too_much", "other")

# What a volunteer said before stands against asking again, not against a yes to an offer that is open.
_AT_ANSWER = NEVER_BY_HAND - {"already_asked", "declined_before"}


def answer_offer(
    store: Store,
    actor_id: str,
    offer_id: str,
    response: str,
    *,
    reason_code: str | None = None,
    not_that_day: bool = False,
    at: datetime | None = None,
) -> str | None:
    """Record a volunteer's answer, ``accepted`` or ``declined``, and return the id of the visit a yes agrees.

    The same answer given twice is taken once. A yes closes the other offers of a request that has all it needs.

    Parameters
    ----------
    reason_code
        One of DECLINE_REASONS, with a no. ``another_time`` records an absence too, and is asked again at other times.
    not_that_day
        Whether that absence is the whole day of the visit, not only its time.

    Raises
    ------
    InputError
        When there is no such offer, answer or reason.
    ImpossibleStep
        When the offer was answered otherwise, has expired, was closed, or a rule forbids the visit by now.
    AccessDenied
        When the account may not, in either municipality, or the link is another offer's.
    """
    if response not in ("accepted", "declined"):
        raise InputError(f"An answer is accepted or declined, not {response!r}.")
    if reason_code is not None:
        must_be_code("reasons", reason_code, DECLINE_REASONS)
    with taking(store, actor_id, "answer_offer", at) as step:
        offer = step.one("offer", offer_id)
        request = step.one("request", offer["request_id"])
        volunteer = step.one("volunteer", offer["volunteer_id"])
        _may_answer(step, offer_id, request, volunteer)
        if offer["status"] == response:
            return visit_id_of(offer_id) if response == "accepted" else None
        _must_be_open(step, offer, response)
        answer = facts.OfferAnswered(
            occurred_at=step.at,
            request_id=offer["request_id"],
            volunteer_id=offer["volunteer_id"],
            response=response,
            offer_id=offer_id,
            reason_code=reason_code,
        )
        if response == "declined":
            step.append(answer)
            if reason_code == ANOTHER_TIME:
                step.append(_absence(step, offer, not_that_day))
            return None
        return _agree(step, offer, request, volunteer, answer)


def _may_answer(step: Taking, offer_id: str, request: dict[str, Any], volunteer: dict[str, Any]) -> None:
    """An answer is taken by the volunteer's link, or by a coordinator of either side."""
    account = step.acting.account_id
    if account.startswith(LINK):
        if account != f"{LINK}{offer_id}":
            raise AccessDenied("This link is for another offer.")
        return
    codes = step.acting.municipality_codes
    if codes is not None and volunteer["municipality_code"] in codes:
        return
    step.acting.must_work_in(request["municipality_code"])


def _must_be_open(step: Taking, offer: dict[str, Any], response: str) -> None:
    """Refuse an answer to an offer that is not open; one given in time but recorded late is in time."""
    was_in_time = offer["status"] == "expired" and step.at.replace(tzinfo=None) < offer["expires_at"]
    if not was_in_time:
        must_be("offer", offer["offer_id"], offer["status"], "accept" if response == "accepted" else "decline")


def _absence(step: Taking, offer: dict[str, Any], is_whole_day: bool) -> facts.AbsenceStated:
    """Keep a volunteer free of visits at the time of an offer, or on its day."""
    starts_at, ends_at = offer["starts_at"], offer["ends_at"]
    if is_whole_day:
        starts_at = datetime.combine(starts_at.date(), time())
        ends_at = max(ends_at, starts_at + timedelta(days=1))
    return facts.AbsenceStated(
        occurred_at=step.at, volunteer_id=offer["volunteer_id"], starts_at=starts_at, ends_at=ends_at
    )


def _agree(
    step: Taking,
    offer: dict[str, Any],
    request: dict[str, Any],
    volunteer: dict[str, Any],
    answer: facts.OfferAnswered,
) -> str:
    """Turn a yes into a visit, if nothing forbids it by now."""
    request_id, volunteer_id = offer["request_id"], offer["volunteer_id"]
    n_left = request["volunteers_needed"] - request["n_agreed"]
    if request["status"] not in WAITING or n_left < 1:
        raise ImpossibleStep(f"Request {request_id} is {request['status']} and needs nobody more.")
    if offer["starts_at"] <= local_of(step.at):
        raise ImpossibleStep(f"The visit of offer {offer['offer_id']} would have begun already.")
    broken = step.broken_rules(in_force(step.transaction, step.moment), pd.DataFrame([offer]))
    if against := [rule for rule in broken.get((request_id, volunteer_id), []) if rule in _AT_ANSWER]:
        raise ImpossibleStep(f"{volunteer_id} cannot come to {request_id} any more: {in_words(against)}.")
    visit_id = visit_id_of(offer["offer_id"])
    visit = facts.VisitAgreed(
        occurred_at=step.at,
        visit_id=visit_id,
        request_id=request_id,
        volunteer_id=volunteer_id,
        starts_at=offer["starts_at"],
        ends_at=offer["ends_at"],
        minutes=int(offer["minutes"]),
    )
    step.append(answer, visit)
    if n_left == 1:
        close_request(step, request_id, "filled", but=offer["offer_id"])
    for resident_id in (request["resident_id"], volunteer["resident_id"]):
        notify.queue(step.transaction, "confirmation", resident_id, visit_id, now=step.at)
        remind_at = notify.day_before(offer["starts_at"])
        if remind_at > step.at:
            notify.queue(step.transaction, "reminder", resident_id, visit_id, send_after=remind_at, now=step.at)
    return visit_id


def visit_id_of(offer_id: str) -> str:
    """Name the visit that a yes to an offer agrees."""
    return id_of("visit", offer_id)
