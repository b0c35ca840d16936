"""A pilot of two people in which everything fits; a test changes one thing and sees which rule speaks.

Rut (born 1940, Helsingborg) asks for an hour of shopping on Tuesday 1 December 2026, 9 to 12. Ada, who lives next
door, offers it, is free on Tuesdays 8 to 18, and holds the checks of step 0. It is Sunday evening before.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from engine import facts
from engine.clock import utc_of
from engine.facts import Fact, Window
from engine.policy import Policy
from engine.store import Store

NOW = utc_of(datetime(2026, 11, 29, 18, 0))
BEFORE = NOW - timedelta(days=5)
TUESDAY = datetime(2026, 12, 1)

RUT = facts.ResidentRegistered(
    occurred_at=BEFORE, resident_id="rut", municipality_code="1283", lat=56.0475, lon=12.695, birth_year=1940,
    languages=("sv",), protected_identity=False,
)  # fmt: skip
ADA_AT_HOME = replace(RUT, resident_id="ada", lat=56.0525, birth_year=1990)
ADA = facts.VolunteerRegistered(
    occurred_at=BEFORE, volunteer_id="Ada", resident_id="ada", services=("shopping",), radius_km=5.0,
    visits_per_week=3, minutes_per_week=240, joined_at=datetime(2026, 1, 1),
)  # fmt: skip
ADA_IS_FREE = facts.AvailabilityStated(
    occurred_at=BEFORE, volunteer_id="Ada", windows=(Window(2, time(8), time(18)),)
)  # fmt: skip
ADA_IS_KNOWN = facts.CheckCleared(
    occurred_at=BEFORE, volunteer_id="Ada", check_code="identity", valid_from=date(2026, 1, 1), valid_to=None
)
ADA_HAS_SIGNED = replace(ADA_IS_KNOWN, check_code="confidentiality")
MILK = facts.RequestSubmitted(
    occurred_at=BEFORE, request_id="milk", resident_id="rut", service="shopping", minutes=60,
    earliest_at=TUESDAY.replace(hour=9), latest_at=TUESDAY.replace(hour=12), volunteers_needed=1, urgency=1,
    languages=(),
)  # fmt: skip

EVERYTHING_FITS = (RUT, ADA_AT_HOME, ADA, ADA_IS_FREE, ADA_IS_KNOWN, ADA_HAS_SIGNED, MILK)

# Ben is Ada again, two kilometres farther away.
BEN = (
    replace(ADA_AT_HOME, resident_id="ben", lat=56.0725),
    replace(ADA, volunteer_id="Ben", resident_id="ben"),
    replace(ADA_IS_FREE, volunteer_id="Ben"),
    replace(ADA_IS_KNOWN, volunteer_id="Ben"),
    replace(ADA_HAS_SIGNED, volunteer_id="Ben"),
)

BASELINE = Policy.named("baseline")


def changed(old: Fact, **changes) -> tuple[Fact, ...]:
    """Return the pilot in which everything fits, with one fact changed."""
    return tuple(replace(fact, **changes) if fact is old else fact for fact in EVERYTHING_FITS)


def without(*gone: Fact) -> tuple[Fact, ...]:
    """Return the pilot in which everything fits, less some facts."""
    return tuple(fact for fact in EVERYTHING_FITS if fact not in gone)


def pilot(*log: Fact, path: Path | None = None) -> Store:
    """Store a log in a pilot, without a file by default."""
    store = Store.create(path, clock=lambda: NOW) if path else Store.in_memory(clock=lambda: NOW)
    with store.transaction("test", "set up") as transaction:
        transaction.append(log)
    return store


def policy(**numbers) -> Policy:
    """Return the baseline with other numbers."""
    tables = {table: set(known) & numbers.keys() for table, known in BASELINE.numbers().items()}
    assert set().union(*tables.values()) == numbers.keys()
    return replace(
        BASELINE,
        **{
            table: replace(getattr(BASELINE, table), **{name: numbers[name] for name in names})
            for table, names in tables.items()
        },
    )
