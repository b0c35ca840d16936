"""How offers and proposals end without a visit; used by every step that ends them, and no step itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine import facts, notify
from engine.lifecycle import Taking


def close_offers(step: Taking, offers: Sequence[Mapping[str, Any]], reason_code: str) -> None:
    """Close open offers, and tell their volunteers."""
    if not offers:
        return
    closed = (
        facts.OfferClosed(occurred_at=step.at, offer_id=offer["offer_id"], reason_code=reason_code) for offer in offers
    )
    step.append(*closed)
    volunteers = step.table("volunteers_at", volunteer_id=sorted({offer["volunteer_id"] for offer in offers}))
    homes = dict(zip(volunteers["volunteer_id"], volunteers["resident_id"], strict=True))
    words = [notify.Word("offer_filled", homes[offer["volunteer_id"]], offer["offer_id"]) for offer in offers]
    notify.queue_all(step.transaction, words, now=step.at)


def close_requests(step: Taking, request_ids: Iterable[str], reason_code: str, *, but: Iterable[str] = ()) -> None:
    """Close the open offers of requests (but those answered) and withdraw the approvals that wait."""
    wanted, kept = sorted(set(request_ids)), set(but)
    if not wanted:
        return
    waiting = step.rows("offers_at", request_id=wanted, status="sent")
    approved = step.rows("proposals_at", request_id=wanted, status="approved")
    close_offers(step, [offer for offer in waiting if offer["offer_id"] not in kept], reason_code)
    step.append(*(withdrawal_of(step, proposal, reason_code) for proposal in approved))


def withdrawal_of(step: Taking, proposal: dict[str, Any], reason_code: str) -> facts.Fact:
    """Make the fact that ends a proposal: a rejection, or the lifting of what was added by hand."""
    if proposal["run_id"] is not None:
        return decision_of(step, proposal, "rejected", reason_code)
    return facts.OverrideStated(
        occurred_at=step.at,
        request_id=proposal["request_id"],
        volunteer_id=proposal["volunteer_id"],
        starts_at=None,
        kind="lifted",
        reason_code=reason_code,
    )


def decision_of(
    step: Taking, proposal: dict[str, Any], decision: str, reason_code: str | None
) -> facts.ProposalDecided:
    """Make the fact of a decision on a proposal of a run."""
    return facts.ProposalDecided(
        occurred_at=step.at,
        run_id=proposal["run_id"],
        request_id=proposal["request_id"],
        volunteer_id=proposal["volunteer_id"],
        decision=decision,
        reason_code=reason_code,
    )
