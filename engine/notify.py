"""Messages are queued in the transaction of the step they tell of: to whom, about what, in which language, not before.

A queued message is a fact without text. It is written when it is sent (``drafts.py``), from what is known then; what is
no longer true by that time is not sent, so that no step ever has to take a message back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
    word = Word(template, resident_id, about, language, send_after, occasion)
    return next(iter(queue_all(transaction, [word], now=now)), None)


@dataclass(frozen=True, slots=True)
class Word:
    """One message to be queued, as :func:`queue` takes it."""

    template: str
    resident_id: str
    about: str
    language: str | None = None
    send_after: datetime | None = None
    occasion: str = ""


def queue_all(transaction: Transaction, words: Iterable[Word], *, now: datetime | None = None) -> list[MessageQueued]:
    """Queue many messages in the transaction of the steps they tell of, and return those that are new.

    Raises
    ------
    InputError
        When there is no such template, language or resident.
    """
    named: dict[str, Word] = {}
    for word in words:
        _must_exist(word.template, word.language)
        named.setdefault(message_id_of(word.template, word.resident_id, word.about, word.occasion), word)
    if not named:
        return []
    addressees = sorted({word.resident_id for word in named.values()})
    known = transaction.query("messages_known", message_ids=list(named), resident_ids=addressees)
    queued = set(known["message_id"].dropna())
    spoken = known.loc[known["resident_id"].notna()].set_index("resident_id")["languages"].to_dict()
    now = now or transaction.recorded_at
    new = []
    for message_id, word in named.items():
        if word.resident_id not in spoken:
            raise InputError(f"There is no resident {word.resident_id!r} to write to.")
        if message_id in queued:
            continue
        new.append(
            MessageQueued(
                occurred_at=now,
                message_id=message_id,
                template=word.template,
                resident_id=word.resident_id,
                about=word.about,
                language=word.language or language_of(list(spoken[word.resident_id])),
                send_after=word.send_after or now,
            )
        )
    transaction.append(new)
    return new


def _must_exist(template: str, language: str | None) -> None:
    if template not in TEMPLATES:
        raise InputError(f"There is no message {template!r}; there are {', '.join(TEMPLATES)}.")
    if language is not None and language not in LANGUAGES:
        raise InputError(f"Messages are written in {' or '.join(LANGUAGES)}, not in {language!r}.")
