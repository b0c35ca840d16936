"""A pilot's history made up in bulk, seeded: what a live pilot's log looks like after half a year, of any size."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from engine import facts
from engine.clock import utc_of
from engine.facts import Fact
from engine.reference import MUNICIPALITIES
from engine.store import Store

START = datetime(2026, 1, 5, 8)
N_DAYS = 180
CODES = sorted(MUNICIPALITIES)
SERVICES = ("errands_technical", "company_walk", "snow_garden", "language_training")
LANGUAGES = (("sv",), ("sv", "en"), ("ar",), ("so", "en"))


def history(n_requests: int, n_residents: int, n_volunteers: int, seed: int = 1) -> list[Fact]:
    """Make residents, volunteers, and requests with their offers, visits, outcomes, ratings and incidents."""
    rng = np.random.default_rng(seed)
    log = _people(rng, n_residents + n_volunteers)
    for n in range(n_volunteers):
        log += _volunteer(rng, n, f"p{n_residents + n}")
    for n in range(n_requests):
        log += _request(rng, n, f"p{rng.integers(n_residents)}", n_volunteers)
    return log + _surveys(np.random.default_rng(seed), n_residents, n_volunteers)


def now() -> datetime:
    """Say when the history has just ended (UTC)."""
    return utc_of(START + timedelta(days=N_DAYS))


def made_pilot(n_requests: int, n_residents: int, n_volunteers: int, store: Store | None = None) -> Store:
    """Store a history in a pilot, in memory by default, whose clock stands at its end."""
    store = store or Store.in_memory(clock=now)
    log = history(n_requests, n_residents, n_volunteers)
    leaving = [fact for fact in log if isinstance(fact, facts.VolunteerLeft)]
    with store.transaction("history", "set up") as transaction:
        transaction.append(fact for fact in log if not isinstance(fact, facts.VolunteerLeft))
    with store.transaction("history", "leave") as transaction:  # who registers in the same entry has come back
        transaction.append(leaving)
    return store


def _people(rng: np.random.Generator, n_people: int) -> list[Fact]:
    return [
        facts.ResidentRegistered(
            occurred_at=utc_of(START),
            resident_id=f"p{n}",
            municipality_code=CODES[int(rng.integers(len(CODES)))],
            lat=56.05,
            lon=12.70,
            birth_year=int(rng.integers(1930, 2012)),
            languages=LANGUAGES[int(rng.integers(len(LANGUAGES)))],
            protected_identity=False,
        )
        for n in range(n_people)
    ]


def _volunteer(rng: np.random.Generator, n: int, resident_id: str) -> list[Fact]:
    joined_at = START + timedelta(days=float(rng.uniform(0, N_DAYS * 0.6)))
    cleared_on = (joined_at + timedelta(days=int(rng.integers(1, 30)))).date()
    volunteer = facts.VolunteerRegistered(
        occurred_at=utc_of(joined_at),
        volunteer_id=f"v{n}",
        resident_id=resident_id,
        services=SERVICES[:3],
        radius_km=10.0,
        visits_per_week=3,
        minutes_per_week=300,
        joined_at=joined_at,
    )
    checks = [
        facts.CheckCleared(
            occurred_at=utc_of(joined_at), volunteer_id=f"v{n}", check_code=code, valid_from=cleared_on, valid_to=None
        )
        for code in ("identity", "confidentiality", "interview")
    ]
    if rng.random() < 0.15:
        left_at = utc_of(joined_at + timedelta(days=60))
        return [volunteer, *checks, facts.VolunteerLeft(occurred_at=left_at, volunteer_id=f"v{n}", reason_code="moved")]
    return [volunteer, *checks]


def _request(rng: np.random.Generator, n: int, resident_id: str, n_volunteers: int) -> list[Fact]:
    asked_at = START + timedelta(days=float(rng.uniform(0, N_DAYS - 1)))
    day = datetime.combine(asked_at.date() + timedelta(days=int(rng.integers(2, 8))), datetime.min.time())
    starts_at = day + timedelta(hours=int(rng.integers(8, 16)))
    request = facts.RequestSubmitted(
        occurred_at=utc_of(asked_at),
        request_id=f"r{n}",
        resident_id=resident_id,
        service=SERVICES[int(rng.integers(len(SERVICES)))],
        minutes=60,
        earliest_at=day + timedelta(hours=8),
        latest_at=day + timedelta(hours=18),
        volunteers_needed=1,
        urgency=1,
        languages=(),
    )
    log: list[Fact] = [request]
    for nth in range(int(rng.integers(0, 4))):
        volunteer_id = f"v{int(n_volunteers * rng.random() ** 2)}"
        sent_at = utc_of(asked_at + timedelta(hours=6 + 8 * nth))
        offer_id = f"o{n}-{nth}"
        log.append(
            facts.OfferSent(
                occurred_at=sent_at,
                offer_id=offer_id,
                request_id=f"r{n}",
                volunteer_id=volunteer_id,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=1),
                minutes=75,
                distance_km=2.0,
                expires_at=sent_at + timedelta(hours=24),
                run_id=None,
            )
        )
        says_yes = rng.random() < 0.5
        log.append(
            facts.OfferAnswered(
                occurred_at=sent_at + timedelta(hours=4),
                request_id=f"r{n}",
                volunteer_id=volunteer_id,
                response="accepted" if says_yes else "declined",
                offer_id=offer_id,
                reason_code=None if says_yes else "no_time",
            )
        )
        if says_yes:
            return [*log, *_visit(rng, n, volunteer_id, sent_at + timedelta(hours=4), starts_at)]
    return log


def _visit(rng: np.random.Generator, n: int, volunteer_id: str, agreed_at: datetime, starts_at: datetime) -> list[Fact]:
    ends_at = starts_at + timedelta(hours=1)
    agreed = facts.VisitAgreed(
        occurred_at=agreed_at,
        visit_id=f"s{n}",
        request_id=f"r{n}",
        volunteer_id=volunteer_id,
        starts_at=starts_at,
        ends_at=ends_at,
        minutes=75,
    )
    drawn, done_at = rng.random(), utc_of(ends_at)
    if drawn < 0.08:
        side = "volunteer" if drawn < 0.05 else "resident"
        return [agreed, facts.VisitEnded(occurred_at=done_at, visit_id=f"s{n}", outcome="missed", side=side)]
    if drawn < 0.14:
        called_off = facts.VisitEnded(
            occurred_at=agreed_at + timedelta(hours=1),
            visit_id=f"s{n}",
            outcome="cancelled",
            side="resident",
            is_late=bool(drawn < 0.11),
        )
        return [agreed, called_off]
    minutes = int(rng.integers(40, 90))
    log: list[Fact] = [
        agreed,
        facts.VisitEnded(occurred_at=done_at, visit_id=f"s{n}", outcome="completed", minutes=minutes),
    ]
    if rng.random() < 0.4:
        rating = int(rng.integers(3, 6))
        log.append(
            facts.FeedbackGiven(occurred_at=done_at, visit_id=f"s{n}", side="resident", rating=rating, again=True)
        )
    if rng.random() < 0.01:
        reported_at = done_at + timedelta(hours=2)
        log.append(
            facts.IncidentReported(
                occurred_at=reported_at,
                incident_id=f"i{n}",
                visit_id=f"s{n}",
                resident_id=None,
                volunteer_id=volunteer_id,
                kind="other",
                severity=1,
            )
        )
        if reported_at + timedelta(hours=20) < now():
            log.append(
                facts.IncidentTriaged(
                    occurred_at=reported_at + timedelta(hours=20),
                    incident_id=f"i{n}",
                    severity=1,
                    action_code="called_both",
                )
            )
    return log


def _surveys(rng: np.random.Generator, n_residents: int, n_volunteers: int) -> list[Fact]:
    """Everybody answers the survey at registration, two in three again a few months later."""
    log: list[Fact] = []
    for n in range(n_residents + n_volunteers):
        log.append(_survey(rng, n, n < n_residents, "registration", 1))
        if rng.random() < 2 / 3:
            log.append(_survey(rng, n, n < n_residents, "follow_up", int(rng.integers(80, N_DAYS))))
    return log


def _survey(rng: np.random.Generator, n: int, is_asking: bool, occasion: str, after_days: int) -> Fact:
    who5 = {f"who5_{nth}": int(rng.integers(0, 6)) for nth in range(1, 6)}
    ucla3 = {f"ucla3_{nth}": int(rng.integers(1, 4)) for nth in range(1, 4)}
    return facts.SurveyAnswered(
        occurred_at=utc_of(START + timedelta(days=after_days)),
        resident_id=f"p{n}",
        side="resident" if is_asking else "volunteer",
        occasion=occasion,
        recommend=int(rng.integers(0, 11)),
        **who5,
        **ucla3,
    )
