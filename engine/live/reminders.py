"""Reminders: what should be said because time has passed and nothing has happened; one round over the whole pilot.

Everything here may be asked for again and again: a message is queued once for each occasion.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from engine import notify
from engine.access import acting
from engine.messages.drafts import aware
from engine.messages.letters import TEMPLATES
from engine.store import Store, Transaction

FIRST_WORD_DAYS = 3
"""How long a resident waits at most before hearing that nobody is found yet."""

NEXT_WORD_DAYS = 7
"""How long from one such word to the next."""


def queue_reminders(store: Store, actor_id: str, *, now: datetime | None = None) -> int:
    """Queue a word to those who wait and to those who have not answered, and count the new messages.

    A resident hears after three days, and then every seven, that nobody is found yet; a volunteer is reminded once,
    when half of the time to answer is over. Only residents of the account's municipalities are written to.

    Parameters
    ----------
    now
        Timezone-aware; the store's clock by default.

    Raises
    ------
    AccessDenied
        When the account may not send messages.
    """
    with acting(store, actor_id, "send_messages") as (transaction, who):
        moment = now or transaction.recorded_at
        queued = [
            notify.queue(transaction, template, resident_id, about, occasion=occasion, now=moment)
            for template, resident_id, about, municipality_code, occasion in _occasions(transaction, moment)
            if who.municipality_codes is None or municipality_code in who.municipality_codes
        ]
    return sum(message is not None for message in queued)


def _occasions(transaction: Transaction, now: datetime) -> Iterator[tuple[str, str, str, str, str]]:
    """Give template, resident, what it is about, the resident's municipality, and the occasion."""
    requests = transaction.state("requests_at", now)
    waiting = requests["status"].isin(TEMPLATES["nobody_yet"].true_while)
    for request in _rows(requests[waiting]):
        days = (now - aware(request.requested_at)).days - FIRST_WORD_DAYS
        if days >= 0:
            nth = str(days // NEXT_WORD_DAYS)
            yield "nobody_yet", request.resident_id, request.request_id, request.municipality_code, nth
    volunteers = transaction.state("volunteers_at", now)[["volunteer_id", "resident_id", "municipality_code"]]
    for offer in _rows(transaction.state("offers_at", now, status="sent").merge(volunteers, on="volunteer_id")):
        if now - aware(offer.sent_at) >= (aware(offer.expires_at) - aware(offer.sent_at)) / 2:
            yield "offer_reminder", offer.resident_id, offer.offer_id, offer.municipality_code, ""


def _rows(table: Any) -> Iterator[Any]:
    yield from table.itertuples(index=False)
