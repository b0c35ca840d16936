"""What ends when a person leaves the pilot, by their own wish or because they are erased, or becomes protected.

Visits that have begun are left alone: what became of them is still to be recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine import facts
from engine.clock import local_of
from engine.lifecycle import WAITING, Taking
from engine.live.closing import close_offers, close_requests, withdrawal_of
from engine.live.endings import call_off_visits


@dataclass(frozen=True, slots=True)
class Departure:
    """How much of a person's came to an end."""

    n_requests: int = 0
    n_visits: int = 0
    n_offers: int = 0


def volunteer_leaves(step: Taking, volunteer_id: str, reason_code: str, side: str) -> Departure:
    """End what a volunteer has open: offers, approved proposals, visits to come; and note that they left.

    Parameters
    ----------
    side
        By whom the visits are cancelled, as in :class:`engine.facts.VisitEnded`.
    """
    waiting = step.rows("offers_at", volunteer_id=volunteer_id, status="sent")
    for offer in waiting:
        step.append(facts.OfferClosed(occurred_at=step.at, offer_id=offer["offer_id"], reason_code="left"))
    for proposal in step.rows("proposals_at", volunteer_id=volunteer_id, status="approved"):
        step.append(withdrawal_of(step, proposal, "left"))
    coming = _coming(step, volunteer_id=volunteer_id)
    call_off_visits(step, coming, side, reason_code)
    step.append(facts.VolunteerLeft(occurred_at=step.at, volunteer_id=volunteer_id, reason_code=reason_code))
    return Departure(0, len(coming), len(waiting))


def resident_leaves(step: Taking, resident_id: str, reason_code: str) -> Departure:
    """End what a resident asked for: series, open requests with their offers, visits to come."""
    coming = _coming(step, resident_id=resident_id)
    awaited = {visit["request_id"] for visit in coming}
    requests = [
        request["request_id"]
        for request in step.rows("requests_at", resident_id=resident_id)
        if request["status"] in WAITING or request["request_id"] in awaited
    ]
    n_offers = sum(len(step.table("offers_at", request_id=name, status="sent")) for name in requests)
    for series in step.rows("series_at", resident_id=resident_id, status="running"):
        ended = facts.SeriesEnded(occurred_at=step.at, series_id=series["series_id"], reason_code=reason_code)
        step.append(ended)
    close_requests(step, requests, "withdrawn")
    call_off_visits(step, coming, "municipality", reason_code)
    step.append(*(facts.RequestWithdrawn(occurred_at=step.at, request_id=request_id) for request_id in requests))
    return Departure(len(requests), len(coming), n_offers)


def no_longer_asked(step: Taking, resident_id: str) -> Departure:
    """Close the open offers and lift the approved proposals about a person, whether they ask or help."""
    requests = set(step.table("request_residents_at", resident_id=resident_id)["request_id"])
    volunteers = set(step.table("volunteers_at", resident_id=resident_id)["volunteer_id"])

    def is_theirs(pair: dict[str, Any]) -> bool:
        return pair["request_id"] in requests or pair["volunteer_id"] in volunteers

    waiting = list(filter(is_theirs, step.rows("offers_at", status="sent")))
    close_offers(step, waiting, "withdrawn")
    for proposal in filter(is_theirs, step.rows("proposals_at", status="approved")):
        step.append(withdrawal_of(step, proposal, "withdrawn"))
    return Departure(0, 0, len(waiting))


def _coming(step: Taking, **whose: str) -> list[dict[str, Any]]:
    visits = step.rows("visits_at", status="agreed", **whose)
    return [visit for visit in visits if visit["starts_at"] > local_of(step.moment)]
