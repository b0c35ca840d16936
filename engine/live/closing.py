"""How offers and proposals end without a visit; used by every step that ends them, and no step itself."""

from __future__ import annotations

from typing import Any

from engine import facts, notify
from engine.lifecycle import Taking, rows_of


def close_offer(step: Taking, offer: dict[str, Any], reason_code: str) -> None:
    """Close one open offer, and tell its volunteer."""
    step.append(facts.OfferClosed(occurred_at=step.at, offer_id=offer["offer_id"], reason_code=reason_code))
    volunteer = step.one("volunteer", offer["volunteer_id"])
    notify.queue(step.transaction, "offer_filled", volunteer["resident_id"], offer["offer_id"], now=step.at)


def close_request(step: Taking, request_id: str, reason_code: str, *, but: str | None = None) -> None:
    """Close the open offers of a request (but the one answered) and withdraw the approvals that wait."""
    for offer in rows_of(step.table("offers_at", request_id=request_id, status="sent")):
        if offer["offer_id"] != but:
            close_offer(step, offer, reason_code)
    for proposal in rows_of(step.table("proposals_at", request_id=request_id, status="approved")):
        step.append(withdrawal_of(step, proposal, reason_code))


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
