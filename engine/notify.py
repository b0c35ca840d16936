"""Messages are queued in the transaction of the step they tell of: to whom, about what, in which language, not before.

A queued message is a fact without text. It is written when it is sent (``drafts.py``), from what is known then; what is
no longer true by that time is not sent, so that no step ever has to take a message back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from engine.clock import utc_of
from engine.errors import InputError
from engine.facts import MessageQueued
from engine.messages.letters import LANGUAGES, TEMPLATES
from engine.store import Transaction

REMINDER_AT = time(9)


def language_of(languages: Sequence[str]) -> str:
    """Choose the language of messages to somebody: Swedish, or English for who speaks it and no Swedish."""
    return "en" if "en" in languages and "sv" not in languages else "sv"


def day_before(starts_at: datetime) -> datetime:
    """Say when to remind of a visit (local): the day before at nine, in UTC."""
    return utc_of(datetime.combine(starts_at.date() - timedelta(days=1), REMINDER_AT))


def message_id_of(template: str, resident_id: str, about: str, occasion: str = "") -> str:
    """Name a message after what it says to whom, so that the same thing is said once."""
    named = json.dumps([template, resident_id, about, occasion])
    return hashlib.sha256(named.encode()).hexdigest()[:16]


def queue(
    transaction: Transaction,
    template: str,
    resident_id: str,
    about: str,
    language: str | None = None,
    *,
    send_after: datetime | None = None,
    occasion: str = "",
    now: datetime | None = None,
) -> MessageQueued | None:
    """Queue a message in the transaction of the step it tells of; ``None`` when it was queued before.

    Parameters
    ----------
    template
        A code of :data:`engine.messages.letters.TEMPLATES`.
    about
        The id of the offer, visit, request or series it tells of.
    language
        ``sv`` or ``en``; by default what the person speaks (:func:`language_of`).
    send_after
        Timezone-aware; at once by default.
    occasion
        Tells apart messages that say the same on purpose, such as a weekly word that nobody is found yet.
    now
        Timezone-aware; the transaction's time by default.

    Raises
    ------
    InputError
        When there is no such template, language or resident.
    """
    _must_exist(template, language)
    message_id = message_id_of(template, resident_id, about, occasion)
    known = transaction.query("message_known", message_id=message_id, resident_id=resident_id).iloc[0]
    if known["is_queued"]:
        return None
    if known["languages"] is None:
        raise InputError(f"There is no resident {resident_id!r} to write to.")
    now = now or transaction.recorded_at
    message = MessageQueued(
        occurred_at=now,
        message_id=message_id,
        template=template,
        resident_id=resident_id,
        about=about,
        language=language or language_of(list(known["languages"])),
        send_after=send_after or now,
    )
    transaction.append([message])
    return message


def _must_exist(template: str, language: str | None) -> None:
    if template not in TEMPLATES:
        raise InputError(f"There is no message {template!r}; there are {', '.join(TEMPLATES)}.")
    if language is not None and language not in LANGUAGES:
        raise InputError(f"Messages are written in {' or '.join(LANGUAGES)}, not in {language!r}.")
