"""The small pilot with its people: Rut, who asks, and Ada, who helps, with all that may never leave the store.

``CANARIES`` are strings of Rut's that must be found nowhere once she is erased.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from small_pilot import ADA, BEFORE, EVERYTHING_FITS, MILK, NOW, RUT

from engine import facts
from engine.store import Store

RUT_DETAILS = {
    "name": "Rut Kanariefågel-Zetterqvist",
    "phone": "070-1740699",
    "email": "rut.zetterqvist@example.se",
    "address": "Hemliga gränden 87B, Helsingborg",
    "lat": 56.0471937,
    "lon": 12.6949513,
}
ADA_DETAILS = {
    "name": "Ada Lovelace-Ödegård",
    "phone": "070-1740605",
    "email": "ada.odegard@example.org",
    "address": "Öppna vägen 3, Helsingborg",
    "lat": 56.0523911,
    "lon": 12.6951177,
}
DECISION = "SN 2026-KANARIE-4711"
NOTES = {
    "milk": "Lägger nyckeln under krukan; hunden heter Kvastskaft.",
    "lamp": "Svår höftartros, ring på innergården.",
    "fell": "Ramlade i trappan, ambulans tillkallad 14:35.",
}
CANARIES = (
    *("Kanariefågel", "Zetterqvist", "Rut Kanarie", "1740699", "070-1740699", "rut.zetterqvist", "zetterqvist@"),
    *("Hemliga gränden", "87B", "56.0471937", "12.6949513", DECISION, "KANARIE-4711"),
    *("under krukan", "Kvastskaft", "höftartros", "innergården", "Ramlade i trappan", "tillkallad", "14:35"),
)
assert len(CANARIES) == 20

LAMP = replace(MILK, request_id="lamp")
GRANT = facts.GrantDecided(
    occurred_at=BEFORE, resident_id="rut", service="shopping", valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31), decision=DECISION,
)  # fmt: skip
LAST_WEEK = datetime(2026, 11, 26, 10)

# Ada came for the lamp last week; something happened, which is settled.
LAMP_IS_DONE = (
    replace(LAMP, earliest_at=LAST_WEEK, latest_at=LAST_WEEK + timedelta(hours=3)),
    facts.VisitAgreed(
        occurred_at=BEFORE, visit_id="v-lamp", request_id="lamp", volunteer_id="Ada", starts_at=LAST_WEEK,
        ends_at=LAST_WEEK + timedelta(hours=1), minutes=70,
    ),
    facts.VisitEnded(occurred_at=NOW - timedelta(days=2), visit_id="v-lamp", outcome="completed", minutes=60),
    facts.FeedbackGiven(occurred_at=NOW - timedelta(days=2), visit_id="v-lamp", side="resident", rating=5, again=True),
    facts.IncidentReported(
        occurred_at=NOW - timedelta(days=2), incident_id="fell", visit_id="v-lamp", resident_id="rut",
        volunteer_id="Ada", kind="injury", severity=2,
    ),
    facts.IncidentTriaged(
        occurred_at=NOW - timedelta(days=2), incident_id="fell", severity=2, action_code="called_both"
    ),
    facts.IncidentClosed(occurred_at=NOW - timedelta(days=1), incident_id="fell", outcome_code="settled"),
)  # fmt: skip


def people_pilot(path: Path | None, *more: facts.Fact) -> Store:
    """Make a pilot of the two and their history, in a file or in memory; without roles everybody may do everything."""
    store = Store.create(path, clock=lambda: NOW) if path else Store.in_memory(clock=lambda: NOW)
    with store.transaction("test", "set up") as transaction:
        transaction.append([*EVERYTHING_FITS, GRANT, *LAMP_IS_DONE, *more])
        transaction.put_people({"rut": RUT_DETAILS, "ada": ADA_DETAILS})
        transaction.put_notes([(f"note:{subject}", "rut", subject, text) for subject, text in NOTES.items()])
    return store


def place_rows(store: Store, resident_id: str) -> list[dict]:
    """Read all registrations of a resident as they are stored."""
    with store.reading() as reading:
        rows = reading.facts_of("resident_registered").to_pylist()
    return [row for row in rows if row["resident_id"] == resident_id]


__all__ = ["ADA", "MILK", "NOW", "RUT", "people_pilot", "place_rows"]
