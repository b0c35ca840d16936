"""What is due every day, done in one go: the next visits of series, the next offers, a word to those who wait.

Nothing is decided here that a coordinator has not approved; a chore done twice does nothing the second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from engine.live.offers import Sent, send_offers
from engine.live.reminders import queue_reminders
from engine.live.series import submit_due

if TYPE_CHECKING:
    from engine.store import Store


@dataclass(frozen=True, slots=True)
class Chores:
    """What was done: ids of requests that came of series, the round of offers, and how many reminders were queued."""

    request_ids: tuple[str, ...]
    sent: Sent
    n_reminders: int


def do_chores(store: Store, actor_id: str, *, at: datetime | None = None) -> Chores:
    """Do what is due, in the municipalities of the account.

    Parameters
    ----------
    at
        When (UTC; default now).

    Raises
    ------
    AccessDenied
        When the account may not submit requests, send offers and messages.
    """
    request_ids = tuple(submit_due(store, actor_id, at=at))
    sent = send_offers(store, actor_id, at=at)
    return Chores(request_ids, sent, queue_reminders(store, actor_id, now=at))
