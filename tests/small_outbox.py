"""The small pilot one step further: Ada is asked to buy Rut's milk, and says yes; both can be written to."""

from __future__ import annotations

from datetime import timedelta

from small_pilot import ADA_AT_HOME, EVERYTHING_FITS, NOW, RUT, TUESDAY, pilot

from engine import facts, notify
from engine.store import Store

NINE, TEN = TUESDAY.replace(hour=9), TUESDAY.replace(hour=10)
LATER = NOW + timedelta(hours=1)
AFTER = NOW + timedelta(days=3)

OFFER = facts.OfferSent(
    occurred_at=NOW, offer_id="o1", request_id="milk", volunteer_id="Ada", starts_at=NINE, ends_at=TEN, minutes=66,
    distance_km=1.2, expires_at=NOW + timedelta(hours=20), run_id=None,
)  # fmt: skip
YES = facts.OfferAnswered(
    occurred_at=NOW, request_id="milk", volunteer_id="Ada", response="accepted", offer_id="o1"
)  # fmt: skip
VISIT = facts.VisitAgreed(
    occurred_at=NOW, visit_id="v1", request_id="milk", volunteer_id="Ada", starts_at=NINE, ends_at=TEN, minutes=66
)
CALLED_OFF = facts.VisitEnded(occurred_at=NOW, visit_id="v1", outcome="cancelled", side="resident")
DONE = facts.VisitEnded(occurred_at=AFTER, visit_id="v1", outcome="completed", minutes=60)

PEOPLE = {
    "rut": {
        "name": "Rut Ek", "phone": "070-1740605", "email": "rut@example.se", "lat": 56.04751, "lon": 12.69512,
        "address": "Storgatan 1\n252 20 Helsingborg",
    },
    "ada": {"name": "Ada Lovelace", "phone": "070-1740606", "email": "ada@example.se", "address": "Lilla vägen 2"},
}  # fmt: skip


def agreed(*more: facts.Fact, people=PEOPLE) -> Store:
    """Store the pilot in which Ada was asked; later facts decide how it went on."""
    store = pilot(*EVERYTHING_FITS, OFFER, *more)
    keep(store, people)
    return store


def keep(store: Store, people) -> None:
    """Keep the details of persons."""
    with store.transaction("test", "set up") as transaction:
        transaction.put_people(people)


def append(store: Store, *log: facts.Fact) -> None:
    """Let something happen."""
    with store.transaction("test", "happen") as transaction:
        transaction.append(log)


def queued(store: Store, template: str, resident_id: str, about: str, **how) -> str:
    """Queue a message, and give its id."""
    with store.transaction("test", "queue") as transaction:
        message = notify.queue(transaction, template, resident_id, about, **how)
    assert message is not None
    return message.message_id


__all__ = [
    "ADA_AT_HOME", "AFTER", "CALLED_OFF", "DONE", "LATER", "NINE", "OFFER", "PEOPLE", "RUT", "TEN", "VISIT", "YES",
    "agreed", "append", "keep", "queued",
]  # fmt: skip
