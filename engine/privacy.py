"""Erasing a person: asked for on a ground, decided by a second person, done, and proved.

What goes is the person's key (without which nothing sealed about them can ever be read), their details and notes, and
their places, ways, decisions and answers to the survey in the facts. What stays are ids and coarse facts, so that
history and figures do not move, but for those of the survey.
Every step may be repeated: an erasure that was interrupted is completed by running it again.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from struct import pack
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import facts
from engine.access import looking
from engine.errors import ImpossibleStep, InputError
from engine.intake import coarse_place
from engine.lifecycle import Taking, rows_of, taking
from engine.people.departures import resident_leaves, volunteer_leaves
from engine.people.destruction import TRACE_BYTES, files_of, finish, search
from engine.people.erasures import Erasure, ErasureProof, all_erasures, erasure_of, erasures, one_erasure
from engine.people.persons import home_of
from engine.people.retention import bases, kept_until, must_be_basis, reasons

if TYPE_CHECKING:
    from engine.store import Reading, Store

__all__ = ["Erasure", "ErasureProof", "decide_erasure", "erase", "erasure_of", "erasures", "request_erasure"]

ERASED = "erased"
"""The reason code of everything that ends because a person is erased."""

PURPOSE = "erasure"
SEARCHED_LENGTH_MIN = 6
"""Shorter strings turn up by chance."""


def request_erasure(
    store: Store, actor_id: str, resident_id: str, legal_basis: str, *, at: datetime | None = None
) -> Erasure:
    """Ask for a person to be erased.

    Parameters
    ----------
    legal_basis
        A ground of ``data/reference/retention.toml``.

    Raises
    ------
    AccessDenied
        When the account may not, or the person is of another municipality.
    InputError
        When the resident or the ground is unknown.
    ImpossibleStep
        When it was asked for already, or nothing is kept about the person.
    """
    must_be_basis(legal_basis)
    erasure_id = f"erasure-{secrets.token_hex(6)}"
    with taking(store, actor_id, "request_erasure", at) as step:
        home = home_of(step.transaction, resident_id)
        if home is None:
            raise InputError(f"There is no resident {resident_id!r} in this pilot.")
        step.acting.must_work_in(home.municipality_code)
        for earlier in all_erasures(step.transaction):
            if earlier.resident_id == resident_id and earlier.status in ("requested", "approved", "erased"):
                raise ImpossibleStep(f"{earlier.erasure_id} is {earlier.status} already for this person.")
        if step.transaction.query("sealed_people", resident_ids=[resident_id]).empty:
            raise ImpossibleStep(f"Nothing is kept about resident {resident_id!r} that could be erased.")
        goes_first = bases()[legal_basis]["before_kept"]
        until = None if goes_first else kept_until(step.transaction, resident_id, step.moment)
        names = {"erasure_id": erasure_id, "resident_id": resident_id, "legal_basis": legal_basis}
        step.append(facts.ErasureRequested(occurred_at=step.at, not_before=until, **names))
    return erasure_of(store, actor_id, erasure_id)


def decide_erasure(
    store: Store, actor_id: str, erasure_id: str, decision: str, reason_code: str, *, at: datetime | None = None
) -> Erasure:
    """Approve or refuse an erasure, as another person than the one who asked for it.

    Parameters
    ----------
    decision
        ``approved`` or ``refused``.
    reason_code
        A reason for it of ``data/reference/retention.toml``.

    Raises
    ------
    AccessDenied
        When the account may not decide.
    InputError
        When the erasure, the decision or the reason is unknown.
    ImpossibleStep
        When the same account asked for it, it was decided already, or a rule of retention keeps the data still.
    """
    fitting = [code for code, reason in reasons().items() if reason["decision"] == decision]
    if reason_code not in fitting:
        raise InputError(f"{reason_code!r} is no reason for {decision!r}; there are {', '.join(fitting) or 'none'}.")
    with taking(store, actor_id, "decide_erasure", at) as step:
        erasure = one_erasure(step.transaction, erasure_id)
        if erasure.status != "requested":
            raise ImpossibleStep(f"{erasure_id} is {erasure.status} already.")
        if erasure.requested_by == actor_id:
            raise ImpossibleStep(f"{actor_id} asked for {erasure_id}; a second person has to decide it.")
        if decision == "approved":
            _must_not_be_kept(step, erasure)
        step.append(
            facts.ErasureDecided(occurred_at=step.at, erasure_id=erasure_id, decision=decision, reason_code=reason_code)
        )
    return erasure_of(store, actor_id, erasure_id)


def erase(
    store: Store, actor_id: str, erasure_id: str, *, at: datetime | None = None, also: Sequence[Path] = ()
) -> ErasureProof:
    """Carry out an approved erasure, or complete one that was interrupted, and prove it.

    Parameters
    ----------
    also
        Files and folders to search afterwards, such as backups.

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError
        When there is no such erasure, or a file to search cannot be read.
    ImpossibleStep
        When it was not approved.
    StoreError
        When the file cannot be rewritten; running it again goes on from there.
    """
    with looking(store, actor_id, "decide_erasure") as (reading, _):
        trace = _key_trace(reading, one_erasure(reading, erasure_id).resident_id)
    n_before = None if trace is None else search(files_of(store.path), [bytes.fromhex(trace)]).n_found
    plain: tuple[bytes, ...] = ()
    mentions: tuple[str, ...] = ()
    with taking(store, actor_id, "decide_erasure", at) as step:
        erasure = one_erasure(step.transaction, erasure_id)
        if erasure.status in ("requested", "refused"):
            raise ImpossibleStep(f"{erasure_id} is {erasure.status}; only an approved erasure can be carried out.")
        if erasure.status == "approved":
            plain, mentions = _strings_of(step, erasure.resident_id)
            _destroy(step, erasure)
        else:
            n_before = None
    searched = finish(store, actor_id, plain, also)
    return ErasureProof(erasure_of(store, actor_id, erasure_id), searched, n_before, mentions)


def _must_not_be_kept(step: Taking, erasure: Erasure) -> None:
    """What is kept is looked at again: more may have been recorded since the erasure was asked for."""
    if bases()[erasure.legal_basis]["before_kept"]:
        return
    if until := kept_until(step.transaction, erasure.resident_id, step.moment):
        raise ImpossibleStep(
            f"{erasure.erasure_id} cannot be approved before {until}: a rule of retention keeps the data until then."
        )


def _destroy(step: Taking, erasure: Erasure) -> None:
    """Write down everything that ends, and destroy what is to be: one entry of the log."""
    transaction, resident_id = step.transaction, erasure.resident_id
    trace = _key_trace(transaction, resident_id)
    for volunteer in rows_of(step.table("volunteers_at", resident_id=resident_id)):
        if volunteer["left_at"] is None:
            volunteer_leaves(step, volunteer["volunteer_id"], ERASED, "municipality")
    resident_leaves(step, resident_id, ERASED)
    n_places = transaction.redact(resident_id, erasure.erasure_id)
    n_notes = transaction.destroy_person(resident_id)
    step.append(
        facts.PersonErased(
            occurred_at=step.at,
            erasure_id=erasure.erasure_id,
            resident_id=resident_id,
            n_notes=n_notes,
            n_places=n_places,
            key_trace=trace,
        )
    )


def _key_trace(reading: Reading, resident_id: str) -> str | None:
    for wrapped_key in reading.query("sealed_people", resident_ids=[resident_id])["wrapped_key"]:
        return bytes(wrapped_key[:TRACE_BYTES]).hex()
    return None


def _strings_of(step: Taking, resident_id: str) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """Read what must be found nowhere afterwards, and the subjects of notes about others that name the person."""
    details = step.transaction.person(resident_id, PURPOSE) or {}
    notes = step.transaction.notes_about(None, PURPOSE)
    mine = notes["resident_id"] == resident_id
    grants = step.table("grants_at")
    shared = set(grants.loc[grants["resident_id"] != resident_id, "decision"])
    decisions = set(grants.loc[grants["resident_id"] == resident_id, "decision"]) - shared
    contacts = [str(details[name]) for name in ("name", "phone", "email") if details.get(name)]
    texts = [*contacts, details.get("address") or "", *decisions, *notes.loc[mine, "text"]]
    plain = {text.encode() for text in texts if len(text) >= SEARCHED_LENGTH_MIN}
    about_others = notes[~mine]
    named = [any(text.casefold() in note.casefold() for text in contacts) for note in about_others["text"]]
    is_named = np.array(named, dtype=bool) | about_others["subject"].isin(_incidents_of(step, resident_id)).to_numpy()
    mentions = about_others["subject"][is_named]
    return (*sorted(plain), *_place_bytes(details)), tuple(sorted(set(mentions)))


def _incidents_of(step: Taking, resident_id: str) -> set[str]:
    """List the incidents that name a person, whose texts may speak of them without their name."""
    volunteers = step.table("volunteers_at", resident_id=resident_id)["volunteer_id"]
    incidents = step.table("incidents_at")
    names_them = (incidents["resident_id"] == resident_id) | incidents["volunteer_id"].isin(volunteers)
    return set(incidents.loc[names_them, "incident_id"])


def _place_bytes(details: dict[str, Any]) -> list[bytes]:
    """The exact place as a database would hold it; a place that is the centre of its cell is nobody's alone."""
    lat, lon = details.get("lat"), details.get("lon")
    if lat is None or lon is None or coarse_place(lat, lon) == (lat, lon):
        return []
    return [pack("<d", lat), pack("<d", lon)]
