"""The answer page's questions to the engine: what a signed link is about, and the one step it allows."""

from __future__ import annotations

import os
from datetime import datetime

from engine.live import by_link
from engine.live.answers import ANOTHER_TIME, DECLINE_REASONS
from engine.live.by_link import Matter
from engine.live.endings import CANCEL_REASONS
from engine.messages.drafts import CONTACT_VARIABLE
from engine.messages.letters import how_often, moment_of, stretch_of, way_of
from engine.store import Store

__all__ = ["ANOTHER_TIME", "DECLINE_REASONS", "Matter", "how_often"]

WHY_NOT = tuple(code for code in CANCEL_REASONS if code not in ("check_lapsed", "forgot"))
"""Reasons somebody may give for cancelling their own visit."""


def look(store: Store, token: str, now: datetime) -> Matter:
    """Read what a link is about; raises as :func:`engine.live.by_link.look`."""
    return by_link.look(store, token, now)


def say_yes(store: Store, token: str, now: datetime) -> None:
    """Accept an offer; raises as :func:`engine.live.by_link.answer`."""
    by_link.answer(store, token, "accepted", now)


def say_no(store: Store, token: str, reason_code: str, now: datetime, *, not_that_day: bool = False) -> None:
    """Decline an offer; raises as :func:`engine.live.by_link.answer`."""
    by_link.answer(store, token, "declined", now, reason_code=reason_code, not_that_day=not_that_day)


def cancel(store: Store, token: str, reason_code: str, now: datetime) -> None:
    """Cancel a visit; raises as :func:`engine.live.by_link.cancel`."""
    by_link.cancel(store, token, reason_code, now)


def rate(store: Store, token: str, rating: int, again: bool | None, now: datetime) -> None:
    """Say how a visit was; raises as :func:`engine.live.by_link.rate`."""
    by_link.rate(store, token, rating, again, now)


def take_back(store: Store, token: str, now: datetime) -> None:
    """Take a request back or end a series; raises as :func:`engine.live.by_link.withdraw`."""
    by_link.withdraw(store, token, now)


def when(matter: Matter, language: str) -> str:
    """Say when a visit or window is, as the messages do."""
    return stretch_of(matter.starts_at, matter.ends_at, language)


def answer_by(matter: Matter, language: str) -> str:
    """Say until when an offer can be answered, as the messages do; nothing for other matters."""
    return "" if matter.answer_by is None else moment_of(matter.answer_by, language)


def way(matter: Matter, language: str) -> str:
    """Say how far it is in whole kilometres; nothing when that is not known."""
    return way_of(matter.distance_km, language)


def contact() -> str:
    """Say how the municipality is reached, from ``MIKRO_CONTACT``."""
    return os.environ.get(CONTACT_VARIABLE, "").strip()
