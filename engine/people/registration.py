"""What is recorded about persons by hand: registrations, checks, decisions, free time, leaving.

Every form goes through the cells and rules of a data package (``forms.py``), so that a person entered by hand and one
that was imported are held to the same.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from engine import facts
from engine.errors import ImpossibleStep, InputError
from engine.intake import EVER, Intake, known_in
from engine.lifecycle import Taking, must_be_code, taking
from engine.live.reach import must_reach
from engine.people.departures import Departure, volunteer_leaves
from engine.people.destruction import finish
from engine.people.forms import Cells, read_forms
from engine.people.persons import home_of, see
from engine.people.protection import protect

if TYPE_CHECKING:
    from engine.store import Store

LEAVING_REASONS = ("own_wish", "moved", "not_suitable", "check_lapsed", "deceased", "other")


def register_resident(store: Store, actor_id: str, cells: Cells, *, at: datetime | None = None) -> str:
    """Register a resident, or register one anew; the newest registration holds.

    Parameters
    ----------
    cells
        Texts by column of ``residents.csv``. Without ``resident_id`` one is drawn.
    at
        When it happened (UTC; default now), here and in every function below.

    Returns
    -------
    str
        The resident_id.

    Raises
    ------
    AccessDenied
        When the municipality, new or present, is not the account's, or the person is protected and the account does
        not serve those.
    PackageError
        When a cell or rule refuses it.
    """
    cells = {**cells, "resident_id": cells.get("resident_id") or f"r-{secrets.token_hex(5)}"}
    with taking(store, actor_id, "register_people", at) as step:
        if home_of(step.transaction, cells["resident_id"]) is not None:
            see(step.transaction, step.acting, cells["resident_id"])
        intake = _read(step, {"residents": [cells]})
        [registered] = [fact for fact in intake.facts if isinstance(fact, facts.ResidentRegistered)]
        step.acting.must_work_in(registered.municipality_code)
        step.append(*intake.facts)
        step.transaction.put_people(intake.people)
        n_hidden = protect(step, intake.facts)
    if n_hidden:
        finish(store, actor_id)
    return registered.resident_id


def register_volunteer(store: Store, actor_id: str, cells: Cells, *, at: datetime | None = None) -> str:
    """Register a resident as a volunteer, or anew; without ``volunteer_id`` (``volunteers.csv``) one is drawn.

    Returns
    -------
    str
        The volunteer_id.

    Raises
    ------
    AccessDenied, PackageError
        As in :func:`register_resident`.
    """
    cells = {**cells, "volunteer_id": cells.get("volunteer_id") or f"v-{secrets.token_hex(5)}"}
    with taking(store, actor_id, "register_people", at) as step:
        intake = _read(step, {"volunteers": [cells]})
        see(step.transaction, step.acting, cells["resident_id"])
        step.append(*intake.facts)
    return cells["volunteer_id"]


def state_availability(
    store: Store, actor_id: str, volunteer_id: str, windows: Sequence[Cells], *, at: datetime | None = None
) -> None:
    """State which hours of a week a volunteer is free: ``weekday``, ``starts``, ``ends`` (``availability.csv``).

    They replace what was stated before; none means never free.

    Raises
    ------
    AccessDenied, PackageError
        As in :func:`register_resident`.
    """
    rows = [{**window, "volunteer_id": volunteer_id} for window in windows]
    with _for_volunteer(store, actor_id, "keep_volunteer", volunteer_id, at) as step:
        stated = _read(step, {"availability": rows}).facts
        step.append(*stated or [facts.AvailabilityStated(occurred_at=step.at, volunteer_id=volunteer_id, windows=())])


def state_absence(
    store: Store,
    actor_id: str,
    volunteer_id: str,
    starts_at: datetime,
    ends_at: datetime,
    *,
    at: datetime | None = None,
) -> None:
    """State that a volunteer is away from ``starts_at`` to ``ends_at`` (local wall time).

    Visits already agreed in that time stay; whoever records the absence cancels them.

    Raises
    ------
    AccessDenied
        When the volunteer is of another municipality, or protected and the account does not serve those.
    InputError
        When the volunteer is unknown, or the absence ends before it starts.
    """
    if ends_at <= starts_at:
        raise InputError(
            f"An absence cannot end ({ends_at:%Y-%m-%d %H:%M}) before it starts ({starts_at:%Y-%m-%d %H:%M})."
        )
    with _for_volunteer(store, actor_id, "keep_volunteer", volunteer_id, at) as step:
        step.append(
            facts.AbsenceStated(occurred_at=step.at, volunteer_id=volunteer_id, starts_at=starts_at, ends_at=ends_at)
        )


def end_absence(
    store: Store, actor_id: str, volunteer_id: str, ends_at: datetime, *, at: datetime | None = None
) -> None:
    """State that a volunteer is back from ``ends_at`` (local wall time).

    Raises
    ------
    AccessDenied
        As in :func:`state_absence`.
    InputError
        When the volunteer is unknown.
    """
    with _for_volunteer(store, actor_id, "keep_volunteer", volunteer_id, at) as step:
        step.append(facts.AbsenceEnded(occurred_at=step.at, volunteer_id=volunteer_id, ends_at=ends_at))


def clear_check(store: Store, actor_id: str, cells: Cells, *, at: datetime | None = None) -> None:
    """Record that a check was seen to be met (``vetting.csv``): by whom, of when, until when. Never what it said.

    Raises
    ------
    AccessDenied, PackageError
        As in :func:`register_resident`.
    """
    with _for_volunteer(store, actor_id, "clear_check", cells.get("volunteer_id", ""), at) as step:
        step.append(*_read(step, {"vetting": [cells]}).facts)


def decide_grant(store: Store, actor_id: str, cells: Cells, *, at: datetime | None = None) -> None:
    """Record a decision that a resident may have a service (``grants.csv``).

    Raises
    ------
    AccessDenied, PackageError
        As in :func:`register_resident`.
    """
    with taking(store, actor_id, "register_people", at) as step:
        intake = _read(step, {"grants": [cells]})
        see(step.transaction, step.acting, cells["resident_id"])
        step.append(*intake.facts)


def state_relation(
    store: Store, actor_id: str, resident_id: str, volunteer_id: str, kind: str, *, at: datetime | None = None
) -> None:
    """State what holds between a resident and a volunteer: ``blocked``, ``preferred``, or ``none`` any more.

    Raises
    ------
    AccessDenied
        As in :func:`register_resident`, of the resident's side.
    PackageError
        When a cell or rule refuses it.
    """
    with taking(store, actor_id, "register_people", at) as step:
        pair = {"resident_id": resident_id, "volunteer_id": volunteer_id}
        # A package only says what holds; that it does not hold any more is said here.
        intake = _read(step, {"relations": [{**pair, "kind": "blocked" if kind == "none" else kind}]})
        see(step.transaction, step.acting, resident_id)
        step.append(*(replace(fact, kind=kind) for fact in intake.facts if isinstance(fact, facts.RelationStated)))


def register_many(
    store: Store,
    actor_id: str,
    forms: Mapping[str, Sequence[Cells]],
    *,
    at: datetime | None = None,
    idempotency_key: str | None = None,
) -> None:
    """Record many rows of any tables of the data package at once, all or none: table -> rows of text by column.

    Raises
    ------
    AccessDenied
        When a row speaks of people out of the account's reach (:mod:`engine.live.reach`).
    PackageError
        When a cell or rule refuses one; ``bad_rows`` holds every fault.
    """
    with taking(store, actor_id, "register_people", at, idempotency_key=idempotency_key) as step:
        intake = _read(step, forms)
        must_reach(step.transaction, step.acting, intake.facts, EVER)
        step.append(*intake.facts)
        step.transaction.put_people(intake.people)
        step.transaction.put_notes(intake.notes)
        n_hidden = protect(step, intake.facts)
    if n_hidden:
        finish(store, actor_id)


def leave(store: Store, actor_id: str, volunteer_id: str, reason_code: str, *, at: datetime | None = None) -> Departure:
    """Record that a volunteer leaves: open offers are closed, visits to come cancelled, and their requests reopened.

    Parameters
    ----------
    reason_code
        One of LEAVING_REASONS.

    Raises
    ------
    AccessDenied
        As in :func:`state_absence`.
    InputError
        When the volunteer or the reason is unknown.
    ImpossibleStep
        When the volunteer has left already.
    """
    return leave_many(store, actor_id, [volunteer_id], reason_code, at=at)


def leave_many(
    store: Store,
    actor_id: str,
    volunteer_ids: Sequence[str],
    reason_code: str,
    *,
    at: datetime | None = None,
    idempotency_key: str | None = None,
) -> Departure:
    """Record that several volunteers leave at once, all or none, each as by :func:`leave`.

    Raises
    ------
    AccessDenied
        As in :func:`state_absence`, for one of them.
    InputError
        When a volunteer or the reason is unknown.
    ImpossibleStep
        When one has left already.
    """
    must_be_code("reasons", reason_code, LEAVING_REASONS)
    with taking(store, actor_id, "keep_volunteer", at, idempotency_key=idempotency_key) as step:
        known = known_in(step.transaction, volunteer_ids).volunteers
        for volunteer_id in volunteer_ids:
            if volunteer_id not in known:
                raise InputError(f"There is no volunteer {volunteer_id!r} in this pilot.")
            see(step.transaction, step.acting, known[volunteer_id])
        for volunteer_id, volunteer in step.many("volunteer", volunteer_ids).items():
            if volunteer["left_at"] is not None:
                raise ImpossibleStep(f"Volunteer {volunteer_id} has left already.")
        ended = [volunteer_leaves(step, volunteer_id, reason_code, "volunteer") for volunteer_id in volunteer_ids]
        return Departure(
            sum(one.n_requests for one in ended), sum(one.n_visits for one in ended), sum(one.n_offers for one in ended)
        )


@contextmanager
def _for_volunteer(
    store: Store, actor_id: str, operation: str, volunteer_id: str, at: datetime | None
) -> Iterator[Taking]:
    with taking(store, actor_id, operation, at) as step:
        volunteers = known_in(step.transaction, [volunteer_id]).volunteers
        if volunteer_id not in volunteers:
            raise InputError(f"There is no volunteer {volunteer_id!r} in this pilot.")
        see(step.transaction, step.acting, volunteers[volunteer_id])
        yield step


def _read(step: Taking, forms: Mapping[str, Sequence[Cells]]) -> Intake:
    return read_forms(step.transaction, forms, step.at)
