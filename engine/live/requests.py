"""Requests: entered by hand, and taken back. A package of many comes through ``intake.py``; the rules are the same."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from engine import facts
from engine.access import LINK
from engine.clock import local_of
from engine.errors import AccessDenied, InputError
from engine.intake import known_in
from engine.lifecycle import Taking, must_be, rows_of, taking
from engine.live.closing import close_request
from engine.live.visits import call_off_visit
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
    with taking(store, actor_id, "submit_request", at) as step:
        request_id = form.get("request_id") or f"req-{secrets.token_hex(6)}"
        said = {**form, "request_id": request_id, "requested_at": f"{local_of(step.at):%Y-%m-%dT%H:%M:%S}"}
        intake = read_forms({"requests": [said]}, known_in(step.transaction), step.moment)
        [request] = [fact for fact in intake.facts if isinstance(fact, facts.RequestSubmitted)]
        must_be_own(step, request.resident_id)
        step.append(request)
        step.transaction.put_notes(intake.notes)
        return request_id


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
    with taking(store, actor_id, "withdraw_request", at) as step:
        request = step.request(request_id)
        must_be_own(step, request["resident_id"])
        must_be("request", request_id, request["status"], "call off" if request["status"] == "agreed" else "withdraw")
        close_request(step, request_id, "withdrawn")
        for visit in rows_of(step.table("visits_at", request_id=request_id, status="agreed")):
            if visit["starts_at"] > local_of(step.at):
                call_off_visit(step, visit, "resident", "not_needed")
        step.append(facts.RequestWithdrawn(occurred_at=step.at, request_id=request_id))


def must_be_own(step: Taking, resident_id: str) -> None:
    """Refuse a resident of another municipality; a link acts for its own resident alone.

    Raises
    ------
    AccessDenied
        When it is somebody else's.
    InputError
        When there is no such resident.
    """
    if step.acting.account_id.startswith(LINK):
        if step.acting.account_id != f"{LINK}{resident_id}":
            raise AccessDenied("This link is for another resident.")
        return
    found = step.table("residents_at", resident_id=resident_id)
    if found.empty:
        raise InputError(f"There is no resident {resident_id!r}.")
    step.acting.must_work_in(str(found["municipality_code"].iloc[0]))
