"""Requests: entered by hand, and taken back. A package of many comes through ``intake.py``; the rules are the same."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from engine import facts
from engine.access import LINK
from engine.clock import local_of
from engine.errors import AccessDenied
from engine.lifecycle import Taking, must_be, taking
from engine.live.closing import close_requests
from engine.live.endings import call_off_visits
from engine.people.forms import Cells, read_forms

if TYPE_CHECKING:
    from engine.store import Store


def submit_request(store: Store, actor_id: str, form: Cells, *, at: datetime | None = None) -> str:
    """Enter one request, and return its id.

    Parameters
    ----------
    form
        The columns of ``requests.csv`` as text. ``request_id`` may be left out, ``requested_at`` is ``at``.

    Raises
    ------
    PackageError
        When a value is not what its column or the rules ask for; ``bad_rows`` holds every fault.
    AccessDenied
        When the account may not, in the resident's municipality, or the link is another resident's.
    """
    [request_id] = submit_requests(store, actor_id, [{**form, "requested_at": ""}], at=at)
    return request_id


def submit_requests(
    store: Store,
    actor_id: str,
    forms: Sequence[Cells],
    *,
    at: datetime | None = None,
    idempotency_key: str | None = None,
) -> list[str]:
    """Enter several requests at once, all or none, and return their ids.

    Parameters
    ----------
    forms
        As for :func:`submit_request`; ``requested_at`` (local) may say when each was made, no later than ``at``.

    Raises
    ------
    PackageError
        When a value is not what its column or the rules ask for; ``bad_rows`` holds every fault.
    AccessDenied
        When the account may not, in the municipality of one resident, or the link is another resident's.
    """
    with taking(store, actor_id, "submit_request", at, idempotency_key=idempotency_key) as step:
        now = f"{local_of(step.at):%Y-%m-%dT%H:%M:%S}"
        said = [
            {
                **form,
                "request_id": form.get("request_id") or f"req-{secrets.token_hex(6)}",
                "requested_at": form.get("requested_at") or now,
            }
            for form in forms
        ]
        intake = read_forms(step.transaction, {"requests": said}, step.moment)
        requests = [fact for fact in intake.facts if isinstance(fact, facts.RequestSubmitted)]
        must_be_own(step, [request.resident_id for request in requests])
        step.append(*requests)
        step.transaction.put_notes(intake.notes)
        return [request.request_id for request in requests]


def withdraw_request(store: Store, actor_id: str, request_id: str, *, at: datetime | None = None) -> None:
    """Take a request back: its offers are closed, and visits that have not begun are called off by the resident.

    Raises
    ------
    InputError
        When there is no such request.
    ImpossibleStep
        When it has come to an end already.
    AccessDenied
        When the account may not, in the resident's municipality, or the link is another resident's.
    """
    withdraw_requests(store, actor_id, [request_id], at=at)


def withdraw_requests(
    store: Store,
    actor_id: str,
    request_ids: Sequence[str],
    *,
    at: datetime | None = None,
    idempotency_key: str | None = None,
) -> None:
    """Take several requests back at once, all or none, each as :func:`withdraw_request` would.

    Raises
    ------
    InputError
        When there is no such request.
    ImpossibleStep
        When one has come to an end already.
    AccessDenied
        When the account may not, in the municipality of one resident, or the link is another resident's.
    """
    with taking(store, actor_id, "withdraw_request", at, idempotency_key=idempotency_key) as step:
        requests = step.many("request", request_ids)
        for request in requests.values():
            step.acting.must_work_in(request["municipality_code"])
        must_be_own(step, [request["resident_id"] for request in requests.values()])
        for request_id, request in requests.items():
            was = request["status"]
            must_be("request", request_id, was, "call off" if was == "agreed" else "withdraw")
        close_requests(step, requests, "withdrawn")
        agreed = step.rows("visits_at", request_id=list(requests), status="agreed")
        coming = [visit for visit in agreed if visit["starts_at"] > local_of(step.at)]
        call_off_visits(step, coming, "resident", "not_needed")
        step.append(*(facts.RequestWithdrawn(occurred_at=step.at, request_id=request_id) for request_id in requests))


def must_be_own(step: Taking, resident_ids: Sequence[str]) -> None:
    """Refuse residents of another municipality; a link acts for its own resident alone.

    Raises
    ------
    AccessDenied
        When one is somebody else's.
    InputError
        When there is no such resident.
    """
    if step.acting.account_id.startswith(LINK):
        if any(step.acting.account_id != f"{LINK}{resident_id}" for resident_id in resident_ids):
            raise AccessDenied("This link is for another resident.")
        return
    for resident in step.many("resident", resident_ids).values():
        step.acting.must_work_in(str(resident["municipality_code"]))
