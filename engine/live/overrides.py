"""A coordinator knows better: pin, forbid, swap, add by hand. Each is a fact with who, why, and what it cost.

A pin or forbid binds the next runs. What is added by hand is approved at once and may break rules, if the coordinator
names them; never those of ``rules.NEVER_BY_HAND``, whatever the reason.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine import facts
from engine.candidates import parameters
from engine.clock import local_of
from engine.errors import EngineError, ImpossibleStep, InputError
from engine.lifecycle import WAITING, Taking, must_be_code, taking
from engine.live.adoption import in_force
from engine.live.closing import close_offers, withdrawal_of
from engine.live.endings import call_off_visits
from engine.reasons.override_price import override_price
from engine.rules import NEVER_BY_HAND, in_words

if TYPE_CHECKING:
    from engine.store import Store

REASONS = ("known_to_each_other", "wish_of_resident", "wish_of_volunteer", "safety", "local_knowledge", "other")


def pin(
    store: Store,
    actor_id: str,
    request_id: str,
    volunteer_id: str,
    reason_code: str,
    *,
    starts_at: datetime | None = None,
    at: datetime | None = None,
) -> float | None:
    """Demand a pair, perhaps at one start (local), of the next runs; return what it costs the newest run's plan.

    Returns
    -------
    float or None
        Points; ``None`` when no run can tell, as before the first.

    Raises
    ------
    InputError
        When request, volunteer or reason (one of REASONS) are unknown.
    ImpossibleStep
        When the request needs nobody.
    AccessDenied
        When the account may not, in the request's municipality.
    """
    cost = _cost(store, "pin", request_id, volunteer_id, starts_at)
    _state(store, actor_id, "pin", request_id, volunteer_id, reason_code, cost, starts_at, at)
    return cost


def forbid(
    store: Store, actor_id: str, request_id: str, volunteer_id: str, reason_code: str, *, at: datetime | None = None
) -> float | None:
    """Rule a pair out; what waits to be offered to it is withdrawn. Returns and raises as :func:`pin` does."""
    cost = _cost(store, "forbid", request_id, volunteer_id, None)
    _state(store, actor_id, "forbid", request_id, volunteer_id, reason_code, cost, None, at)
    return cost


def lift(
    store: Store, actor_id: str, request_id: str, volunteer_id: str, reason_code: str, *, at: datetime | None = None
) -> None:
    """Lift a pin, a forbid, or what was added by hand and not offered yet.

    Raises
    ------
    InputError
        When there is nothing to lift, or request or reason are unknown.
    AccessDenied
        When the account may not, in the request's municipality.
    """
    must_be_code("reasons", reason_code, REASONS)
    with taking(store, actor_id, "override", at) as step:
        step.request(request_id)
        if step.table("overrides_at", request_id=request_id, volunteer_id=volunteer_id).empty:
            raise InputError(f"Nothing is pinned, forbidden or added by hand for {volunteer_id} and {request_id}.")
        step.append(_override(step, "lifted", request_id, volunteer_id, reason_code))


def rules_by_hand(store: Store, actor_id: str, request_id: str, volunteer_id: str, starts_at: datetime) -> list[str]:
    """List the rules that a visit added by hand would break, before it is added: the warning to show.

    Raises
    ------
    InputError
        When request or volunteer are unknown.
    AccessDenied
        When the account may not, in the request's municipality.
    """
    with taking(store, actor_id, "override") as step:
        return _broken(step, step.request(request_id), volunteer_id, starts_at)


def add_by_hand(
    store: Store,
    actor_id: str,
    request_id: str,
    volunteer_id: str,
    starts_at: datetime,
    reason_code: str,
    *,
    despite: Collection[str] = (),
    at: datetime | None = None,
) -> float | None:
    """Approve a visit that no run proposed, at ``starts_at`` (local); return what it costs the newest run's plan.

    Parameters
    ----------
    despite
        The codes of the rules that the coordinator has seen to be broken; every broken rule must be among them.

    Raises
    ------
    InputError
        When request, volunteer or reason are unknown.
    ImpossibleStep
        When the request needs nobody, the visit would have begun, it breaks a rule that was not named, or one
        that nobody may break.
    AccessDenied
        When the account may not, in the request's municipality.
    """
    cost = _cost(store, "pin", request_id, volunteer_id, starts_at)
    must_be_code("reasons", reason_code, REASONS)
    with taking(store, actor_id, "override", at) as step:
        _add(step, step.request(request_id), volunteer_id, starts_at, reason_code, despite, cost)
    return cost


def swap(
    store: Store,
    actor_id: str,
    request_id: str,
    volunteer_id: str,
    instead_of: str,
    reason_code: str,
    *,
    starts_at: datetime | None = None,
    despite: Collection[str] = (),
    at: datetime | None = None,
) -> float | None:
    """Give a request this volunteer instead of the one it was to have: proposed, approved, asked or agreed.

    Parameters
    ----------
    starts_at
        When (local); at the same time when left out.
    despite
        As for :func:`add_by_hand`.

    Raises
    ------
    InputError
        When request, volunteer or reason are unknown, or ``instead_of`` was not to come.
    ImpossibleStep
        As for :func:`add_by_hand`.
    AccessDenied
        When the account may not, in the request's municipality.
    """
    cost = _cost(store, "swap", request_id, volunteer_id, starts_at, instead_of)
    must_be_code("reasons", reason_code, REASONS)
    with taking(store, actor_id, "override", at) as step:
        request = step.request(request_id)
        start, n_ended = _end(step, request_id, instead_of)
        _add(step, request, volunteer_id, starts_at or start, reason_code, despite, cost, n_ended=n_ended)
    return cost


def _state(
    store: Store,
    actor_id: str,
    kind: str,
    request_id: str,
    volunteer_id: str,
    reason_code: str,
    cost: float | None,
    starts_at: datetime | None,
    at: datetime | None,
) -> None:
    must_be_code("reasons", reason_code, REASONS)
    with taking(store, actor_id, "override", at) as step:
        request = step.request(request_id)
        step.one("volunteer", volunteer_id)
        if request["status"] not in WAITING:
            raise ImpossibleStep(f"Request {request_id} is {request['status']} and needs nobody.")
        if kind == "forbid":
            pair = {"request_id": request_id, "volunteer_id": volunteer_id}
            for proposal in step.rows("proposals_at", status="approved", **pair):
                step.append(withdrawal_of(step, proposal, "forbidden"))
            close_offers(step, step.rows("offers_at", status="sent", **pair), "replaced")
        step.append(_override(step, kind, request_id, volunteer_id, reason_code, starts_at=starts_at, cost_points=cost))


def _end(step: Taking, request_id: str, volunteer_id: str) -> tuple[datetime, int]:
    """End what a volunteer was to do for a request; return when it would have begun, and the places that frees."""
    pair = {"request_id": request_id, "volunteer_id": volunteer_id}
    for visit in step.rows("visits_at", status="agreed", **pair):
        call_off_visits(step, [visit], "municipality", "other")
        return visit["starts_at"], 1
    for offer in step.rows("offers_at", status="sent", **pair):
        close_offers(step, [offer], "replaced")
        return offer["starts_at"], 1
    for proposal in step.rows("proposals_at", **pair):
        if proposal["status"] in ("made", "approved"):
            step.append(withdrawal_of(step, proposal, "swapped"))
            return proposal["starts_at"], int(proposal["status"] == "approved")
    raise InputError(f"{volunteer_id} was not to come to {request_id}, so nobody can come instead.")


def _add(
    step: Taking,
    request: dict[str, Any],
    volunteer_id: str,
    starts_at: datetime,
    reason_code: str,
    despite: Collection[str],
    cost: float | None,
    n_ended: int = 0,
) -> None:
    request_id = request["request_id"]
    n_left = request["volunteers_needed"] - request["n_agreed"] - request["n_pending"] + n_ended
    if request["status"] not in (*WAITING, *(["agreed"] if n_ended else [])) or n_left < 1:
        raise ImpossibleStep(f"Request {request_id} is {request['status']} and needs nobody more.")
    if starts_at <= local_of(step.at):
        raise ImpossibleStep(f"A visit at {starts_at:%Y-%m-%d %H:%M} would have begun already.")
    broken = _broken(step, request, volunteer_id, starts_at)
    if never := [rule for rule in broken if rule in NEVER_BY_HAND]:
        raise ImpossibleStep(f"{volunteer_id} cannot be sent to {request_id}, by hand either: {in_words(never)}.")
    if unnamed := [rule for rule in broken if rule not in despite]:
        raise ImpossibleStep(
            f"{volunteer_id} for {request_id} breaks {', '.join(unnamed)} ({in_words(unnamed)}); "
            "name the rules to add it all the same."
        )
    [way] = step.transaction.query(
        "way_of_pair",
        request_id=request_id,
        volunteer_id=volunteer_id,
        **parameters(in_force(step.transaction, step.moment), step.moment, step.transaction.entry_no),
    )["way_minutes"]
    step.append(
        _override(
            step,
            "by_hand",
            request_id,
            volunteer_id,
            reason_code,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=int(request["minutes"])),
            minutes=int(request["minutes"]) + (0 if pd.isna(way) else int(way)),
            broken_rules=tuple(broken),
            cost_points=cost,
        )
    )


def _broken(step: Taking, request: dict[str, Any], volunteer_id: str, starts_at: datetime) -> list[str]:
    if step.one("volunteer", volunteer_id)["left_at"] is not None:
        raise ImpossibleStep(f"{volunteer_id} has left the pilot.")
    visit = {
        "request_id": request["request_id"],
        "volunteer_id": volunteer_id,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=int(request["minutes"])),
    }
    broken = step.broken_rules(in_force(step.transaction, step.moment), pd.DataFrame([visit]))
    return broken.get((request["request_id"], volunteer_id), [])


def _override(
    step: Taking, kind: str, request_id: str, volunteer_id: str, reason_code: str, **rest: Any
) -> facts.OverrideStated:
    said: dict[str, Any] = {"starts_at": None} | rest
    return facts.OverrideStated(
        occurred_at=step.at,
        request_id=request_id,
        volunteer_id=volunteer_id,
        kind=kind,
        reason_code=reason_code,
        **said,
    )


def _cost(
    store: Store,
    kind: str,
    request_id: str,
    volunteer_id: str,
    starts_at: datetime | None,
    instead_of: str | None = None,
) -> float | None:
    """Price an override against the newest run, if that can be done: some break rules that the plan may not."""
    try:
        return override_price(store, kind, request_id, volunteer_id, starts_at, instead_of).points
    except EngineError:
        return None
