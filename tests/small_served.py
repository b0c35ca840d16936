"""People who all ask for the same on one day, and so many of them who are served: a coverage that is known."""

from __future__ import annotations

from dataclasses import replace

from small_pilot import MILK, RUT, TUESDAY

from engine import facts
from engine.clock import utc_of
from engine.facts import Fact


def served(n_asked: int, n_served: int, municipality_code: str = "1283") -> list[Fact]:
    """Let so many people of a municipality ask for shopping, and Ada come to so many of them."""
    people = [f"{municipality_code}-{nth}" for nth in range(n_asked)]
    log: list[Fact] = [replace(RUT, resident_id=person, municipality_code=municipality_code) for person in people]
    log += [replace(MILK, request_id=person, resident_id=person) for person in people]
    for person in people[:n_served]:
        agreed = facts.VisitAgreed(
            occurred_at=MILK.occurred_at, visit_id=person, request_id=person, volunteer_id="Ada",
            starts_at=TUESDAY.replace(hour=9), ends_at=TUESDAY.replace(hour=10), minutes=70,
        )  # fmt: skip
        ended = facts.VisitEnded(occurred_at=utc_of(TUESDAY.replace(hour=13)), visit_id=person, outcome="completed")
        log += [agreed, ended]
    return log
