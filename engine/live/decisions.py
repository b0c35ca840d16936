"""A coordinator decides on proposals: approved, they hold the volunteer's time until they are offered; or rejected.

Who approves a proposal approves that the next best candidates are asked too, as many at once and as soon after each
other as the policy says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine.clock import local_of
from engine.errors import ImpossibleStep
from engine.lifecycle import WAITING, Taking, must_be, must_be_code, rows_of, taking
from engine.live.adoption import in_force
from engine.live.closing import decision_of, withdrawal_of
from engine.rules import NEVER_BY_HAND, in_words

if TYPE_CHECKING:
    from engine.store import Store

Pair = tuple[str, str]
"""request_id, volunteer_id."""

REJECT_REASONS = ("wrong_person", "wrong_time", "not_needed", "knows_better", "swapped", "other")


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of several decisions: those done, and for those refused the sentence why."""

    done: tuple[Pair, ...]
    refused: dict[Pair, str]


def approve(
    store: Store,
    actor_id: str,
    pairs: Sequence[Pair],
    *,
    at: datetime | None = None,
    idempotency_key: str | None = None,
) -> Decided:
    """Approve proposals of the newest run; each is held for its volunteer until it is offered.

    Raises
    ------
    ImpossibleStep
        When none of them can be approved: what :class:`Decided` would say of the first.
    AccessDenied
        When the account may not, in the municipality of one of them.
    """
    with taking(store, actor_id, "decide_proposal", at, idempotency_key=idempotency_key) as step:
        requests = _requests(step, pairs)
        proposals, refused = _proposals(step, pairs)
        broken = step.broken_rules(in_force(step.transaction, step.moment), pd.DataFrame(proposals))
        done: list[Pair] = []
        places: Counter[str] = Counter()
        for proposal in proposals:
            pair = _pair(proposal)
            try:
                _may_approve(step, proposal, requests[pair[0]], broken.get(pair, []), places[pair[0]])
            except ImpossibleStep as refusal:
                refused[pair] = str(refusal)
                continue
            places[pair[0]] += 1
            done.append(pair)
        approved = set(done)
        step.append(*(decision_of(step, p, "approved", None) for p in proposals if _pair(p) in approved))
        return _told(done, refused)


def reject(
    store: Store, actor_id: str, pairs: Sequence[Pair], reason_code: str, *, at: datetime | None = None
) -> Decided:
    """Reject proposals, for one of REJECT_REASONS; the next run may propose the pair again unless it is forbidden.

    Raises
    ------
    InputError
        When there is no such reason.
    ImpossibleStep
        When none of them can be rejected.
    AccessDenied
        When the account may not, in the municipality of one of them.
    """
    must_be_code("reasons", reason_code, REJECT_REASONS)
    with taking(store, actor_id, "decide_proposal", at) as step:
        _requests(step, pairs)
        proposals, refused = _proposals(step, pairs)
        done: list[Pair] = []
        for proposal in proposals:
            pair = _pair(proposal)
            try:
                must_be("proposal", " for ".join(reversed(pair)), proposal["status"], "reject")
            except ImpossibleStep as refusal:
                refused[pair] = str(refusal)
                continue
            done.append(pair)
        step.append(*(withdrawal_of(step, p, reason_code) for p in proposals if _pair(p) in done))
        return _told(done, refused)


def _pair(proposal: dict[str, Any]) -> Pair:
    return proposal["request_id"], proposal["volunteer_id"]


def _requests(step: Taking, pairs: Sequence[Pair]) -> dict[str, dict[str, Any]]:
    """Find the requests of pairs, all of municipalities that the account may work in."""
    known = step.many("request", (request_id for request_id, _ in pairs))
    for request in known.values():
        step.acting.must_work_in(request["municipality_code"])
    return known


def _proposals(step: Taking, pairs: Sequence[Pair]) -> tuple[list[dict[str, Any]], dict[Pair, str]]:
    """Find the proposals of pairs, newest state first; those without one are refused."""
    table = step.table("proposals_at", request_id=[request_id for request_id, _ in pairs])
    known = {(row["request_id"], row["volunteer_id"]): row for row in rows_of(table)}
    refused = {
        pair: f"There is no proposal of {pair[1]} for {pair[0]} in the newest run."
        for pair in pairs
        if pair not in known
    }
    return [known[pair] for pair in dict.fromkeys(pairs) if pair in known], refused


def _may_approve(
    step: Taking, proposal: dict[str, Any], request: dict[str, Any], broken: list[str], n_approved: int
) -> None:
    """Refuse an approval for which the pilot, or the ``n_approved`` of this round, leave no room."""
    request_id, volunteer_id = proposal["request_id"], proposal["volunteer_id"]
    must_be("proposal", f"{volunteer_id} for {request_id}", proposal["status"], "approve")
    if request["status"] not in WAITING:
        raise ImpossibleStep(f"Request {request_id} is {request['status']}; nothing can be approved for it.")
    n_left = request["volunteers_needed"] - request["n_agreed"] - request["n_pending"] - n_approved
    if n_left < 1:
        raise ImpossibleStep(f"Request {request_id} has as many volunteers, agreed or asked, as it needs.")
    if proposal["starts_at"] <= local_of(step.moment):
        raise ImpossibleStep(f"The visit proposed for {request_id} would have begun already; run the match again.")
    if against := [rule for rule in broken if rule in NEVER_BY_HAND]:
        raise ImpossibleStep(f"{volunteer_id} cannot be sent to {request_id} any more: {in_words(against)}.")


def _told(done: list[Pair], refused: dict[Pair, str]) -> Decided:
    if refused and not done:
        raise ImpossibleStep(next(iter(refused.values())))
    return Decided(tuple(done), refused)
