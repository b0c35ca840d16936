"""Drafts: one queued message written from what is known now, or the reason why it must not be.

A draft says only what its reader needs. Before a yes a volunteer learns the service, the time, the municipality and
the way in whole kilometres; after it the first name, the address and the phone. A resident learns a first name.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from engine.clock import local_of, utc_of
from engine.messages import links
from engine.messages.invitations import Invitation, calendar_file
from engine.messages.letters import (
    TEMPLATES,
    Template,
    first_name,
    how_often,
    moment_of,
    one_line,
    rendered,
    stretch_of,
    way_of,
)
from engine.messages.letters import day_of as day_in_words
from engine.messages.mail import deliverable
from engine.reference import MUNICIPALITIES, services
from engine.store import Store, Transaction

CONTACT_VARIABLE = "MIKRO_CONTACT"
FEEDBACK_DAYS = 14

REASONS = {
    "by_hand": "somebody concerned has a protected identity: contact them by hand",
    "outdated": "what it says is no longer true",
    "unknown_matter": "what it is about is not in the pilot",
    "not_concerned": "its addressee has nothing to do with what it is about",
    "erased": "nothing is kept of a person it needs",
    "no_email": "its addressee has no e-mail address: call them",
    "bad_email": "the addressee's e-mail address is not one",
    "address_not_ascii": "the mail server takes no addresses with letters such as å",
    "too_late": "three days of attempts were in vain",
    "login_refused": "the mail server refused the account or its password",
    "not_secure": "the mail server could not be reached over a safe connection, or cannot do what the settings ask for",
    "server_unreachable": "the mail server could not be reached",
    "server_hung_up": "the mail server broke the connection off",
    "no_answer": "the mail server broke off before it answered, so it may or may not have taken it",
}


class Undeliverable(Exception):  # noqa: N818 - nobody's error: it never leaves the engine
    """A message must not be sent; ``reason_code`` is one of REASONS."""

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message as written: personal data all of it, to be sent or shown and not kept.

    ``email`` is ``None`` when there is none that a server would take; ``invitation`` is method and calendar file.
    """

    message_id: str
    name: str = field(repr=False)
    phone: str = field(repr=False)
    email: str | None = field(repr=False)
    subject: str
    text: str = field(repr=False)
    invitation: tuple[str, bytes] | None = field(repr=False)
    has_bad_email: bool = False


def draft(
    transaction: Transaction, store: Store, message: Any, now: datetime, *, organizer: str | None = None
) -> Draft:
    """Write a message; the log notes which persons were read for it.

    Parameters
    ----------
    message
        A row of the query ``messages``.
    now
        Timezone-aware.
    organizer
        The address calendars answer to.

    Raises
    ------
    Undeliverable
        When it must not be sent.
    """
    template, side = _sendable(message, now)
    reader = _person(transaction, message.resident_id, message)
    values = _values(message, reader, message.language) | {"link": _link(store, template, message, side)}
    if template.names_other:
        values |= _other_side(transaction, message, side)
    subject, text = rendered(template.code, side, message.language, values)
    email = deliverable(reader["email"])
    return Draft(
        message_id=message.message_id,
        name=one_line(reader["name"] or ""),
        phone=one_line(reader["phone"] or ""),
        email=email,
        subject=subject,
        text=text,
        invitation=_invitation(template, message, subject, email, organizer, now),
        has_bad_email=bool(reader["email"]) and email is None,
    )


TRUE_BY = ["template", "matter_status", "ends_at", "matter_reason", "was_asked"]
"""What :func:`is_true` looks at."""


def is_true(message: Any, now: datetime) -> bool:
    """Tell whether what a message says is still so: the offer waits, the visit is ahead, the request is open."""
    template = TEMPLATES.get(message.template)
    if template is None or message.matter_status not in template.true_while:
        return False
    if template.code in {"confirmation", "reminder", "cancellation"}:
        return bool(message.ends_at > local_of(now))
    if template.code == "offer_filled":
        return message.matter_reason != "left" and bool(message.was_asked)
    return True


def _sendable(message: Any, now: datetime) -> tuple[Template, str]:
    """Find out what to write and on which side the addressee stands, before anybody's details are read."""
    if message.template not in TEMPLATES or pd.isna(message.matter_status):
        raise Undeliverable("unknown_matter")
    if message.concerns_protected:
        raise Undeliverable("by_hand")
    if not is_true(message, now):
        raise Undeliverable("outdated")
    template = TEMPLATES[message.template]
    sides = {message.asking_resident_id: "resident", message.volunteer_resident_id: "volunteer"}
    side = sides.get(message.resident_id)
    if side not in template.sides:
        raise Undeliverable("not_concerned")
    return template, str(side)


def _person(transaction: Transaction, resident_id: str, message: Any) -> dict[str, Any]:
    person = transaction.person(resident_id, f"message {message.template}")
    if person is None:
        raise Undeliverable("erased")
    return person


def _values(message: Any, reader: dict[str, Any], language: str) -> dict[str, Any]:
    starts_at, ends_at = message.starts_at.to_pydatetime(), message.ends_at.to_pydatetime()
    is_offer = message.kind == "offer"
    is_series = message.kind == "series"
    return {
        "first_name": first_name(reader["name"]),
        "municipality": MUNICIPALITIES[message.municipality_code],
        "contact": os.environ.get(CONTACT_VARIABLE, ""),
        "service": services()[message.service][f"name_{language}"],
        "day": day_in_words(starts_at, language),
        "when": stretch_of(starts_at, ends_at, language),
        "area": MUNICIPALITIES[message.asking_municipality_code],
        "distance": way_of(message.distance_km, language),
        "answer_by": moment_of(local_of(aware(message.expires_at)), language) if is_offer else "",
        "is_filled": message.matter_reason == "filled",
        "how_often": how_often(int(message.every_days), language) if is_series else "",
        "n_times": int(message.n_times) if is_series else 0,
    }


def _other_side(transaction: Transaction, message: Any, side: str) -> dict[str, str]:
    """Tell a resident the first name of who comes, and a volunteer besides where to go and whom to call."""
    if side == "resident":
        other = _person(transaction, message.volunteer_resident_id, message)
        return {"other": first_name(other["name"])}
    other = _person(transaction, message.asking_resident_id, message)
    address = ", ".join((other["address"] or "").splitlines())
    return {"other": first_name(other["name"]), "address": address, "phone": other["phone"] or ""}


def _link(store: Store, template: Template, message: Any, side: str) -> str | None:
    base = links.base_url()
    if base is None or template.purpose is None:
        return None
    if message.kind == "offer":
        expires_at = aware(message.expires_at)
    elif template.purpose == "give_feedback":
        expires_at = utc_of(message.ends_at.to_pydatetime()) + timedelta(days=FEEDBACK_DAYS)
    elif message.kind == "series":
        expires_at = utc_of(message.ends_at + timedelta(days=int(message.every_days) * int(message.n_times)))
    elif message.kind == "request":
        expires_at = utc_of(message.ends_at.to_pydatetime())
    else:
        expires_at = utc_of(message.starts_at.to_pydatetime())
    holder = message.resident_id if template.purpose == "withdraw_request" else message.about
    return links.url(base, links.sign(store, template.purpose, message.about, expires_at, side, holder))


def _invitation(
    template: Template, message: Any, subject: str, email: str | None, organizer: str | None, now: datetime
) -> tuple[str, bytes] | None:
    if template.calendar is None or email is None:
        return None
    invitation = Invitation(
        visit_id=message.about,
        method=template.calendar,
        starts_at=message.starts_at.to_pydatetime(),
        ends_at=message.ends_at.to_pydatetime(),
        revision=int(message.revision),
        summary={"sv": "Besök (mikrotjänst)", "en": "Visit (micro-service)"}[message.language],
        description=subject,
        attendee=email,
        organizer=organizer,
        written_at=now,
    )
    return template.calendar, calendar_file(invitation)


def aware(moment: pd.Timestamp) -> datetime:
    """Take a moment of the pilot's tables, naive UTC, as the aware one it is."""
    made: datetime = moment.tz_localize("UTC").to_pydatetime()
    return made
