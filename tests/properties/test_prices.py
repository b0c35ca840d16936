"""What changes are worth, against the pilot in which they really happened and brute force over both."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from small_pilot import ADA, ADA_AT_HOME, ADA_IS_FREE, ADA_IS_KNOWN, BEFORE, MILK, NOW, RUT, pilot, policy
from small_problems import brute_force

from engine import facts
from engine.candidates import parameters, view
from engine.facts import Window
from engine.matching import match
from engine.prices import changes, worths
from engine.programme import problem_of
from engine.reasons.profiles import profiles
from engine.reasons.what_if import what_if
from engine.reasons.worth import Base, certificate_of, offers, with_volunteer
from engine.store import Store

PLACES = [(56.0475, 12.695), (56.0475, 12.775), (56.1025, 12.695)]
MUNICIPALITIES = ["1283", "1260"]
CHECKS = ("identity", "confidentiality", "interview")
POLICY = policy(starts_per_pair=1, start_step_minutes=120, horizon_days=9, visits_per_week_max=2, rest_minutes=20,
                equity_floor_share=0.75, lent_visits_per_week_max=1)  # fmt: skip


@st.composite
def logs(draw):
    """Draw two volunteers, of whom some lack a check or have little time, and up to three requests."""
    log = []
    for name in ("Ada", "Ben"):
        lat, lon = draw(st.sampled_from(PLACES))
        home = replace(ADA_AT_HOME, resident_id=name.lower(), lat=lat, lon=lon,
                       municipality_code=draw(st.sampled_from(MUNICIPALITIES)))  # fmt: skip
        log += [home, replace(ADA, volunteer_id=name, resident_id=home.resident_id, services=("company_walk",),
                              radius_km=draw(st.sampled_from([5.5, 20.0])),
                              visits_per_week=draw(st.sampled_from([None, 1])),
                              minutes_per_week=draw(st.sampled_from([None, 60, 150])))]  # fmt: skip
        hours = draw(st.sampled_from([[(2, 9, 13)], [(2, 15, 20)], [(3, 8, 18), (2, 8, 18)]]))
        windows = tuple(Window(day, time(start), time(end)) for day, start, end in hours)
        log.append(replace(ADA_IS_FREE, volunteer_id=name, windows=windows))
        held = draw(st.sampled_from([CHECKS, CHECKS, CHECKS[:2], CHECKS[1:]]))
        log += [replace(ADA_IS_KNOWN, volunteer_id=name, check_code=code) for code in held]
    for name in ("tea", "walk", "talk")[: draw(st.integers(1, 3))]:
        lat, lon = draw(st.sampled_from(PLACES))
        code = draw(st.sampled_from(MUNICIPALITIES))
        log.append(replace(RUT, resident_id=f"r-{name}", lat=lat, lon=lon, municipality_code=code))
        earliest = datetime.combine(date(2026, 12, draw(st.integers(1, 3))), time(draw(st.integers(8, 16))))
        log.append(replace(MILK, request_id=name, resident_id=f"r-{name}", service="company_walk",
                           minutes=draw(st.sampled_from([45, 90])), earliest_at=earliest,
                           latest_at=earliest + timedelta(hours=draw(st.sampled_from([2, 30]))),
                           urgency=draw(st.integers(1, 3)), volunteers_needed=draw(st.sampled_from([1, 1, 2])),
                           languages=draw(st.sampled_from([(), ("sv",), ("ar",)]))))  # fmt: skip
    return log


@pytest.fixture(scope="module")
def empty():
    """One store for many pilots: each is looked at in a what-if, which leaves nothing behind."""
    store = Store.in_memory(clock=lambda: NOW)
    yield store
    store.close()


def what_happens(empty, log, worth):
    """Write the facts of a change as they would be if it happened."""
    if worth.kind == "volunteer":
        with what_if(empty, log) as reading:
            _, recruited = profiles(reading, parameters(POLICY, NOW, reading.last_entry_no))
        name = f"~profile:{worth.municipality_code}:{worth.service}:{worth.language}:{worth.weekday_part}"
        return [
            fact for fact in recruited if name in (getattr(fact, "volunteer_id", ""), getattr(fact, "resident_id", ""))
        ]
    if worth.kind == "check":
        return [facts.CheckCleared(occurred_at=BEFORE, volunteer_id=worth.volunteer_id, check_code=worth.check_code,
                                   valid_from=date(2026, 11, 29), valid_to=None)]  # fmt: skip
    (was,) = [f for f in log if isinstance(f, facts.VolunteerRegistered) and f.volunteer_id == worth.volunteer_id]
    if worth.kind == "hour":
        return [replace(was, minutes_per_week=was.minutes_per_week + 60)]
    more = was.minutes_per_week and 2 * was.minutes_per_week
    return [replace(was, visits_per_week=was.visits_per_week + 1, minutes_per_week=more)]


def optimum(empty, log):
    with what_if(empty, log) as reading:
        problem = problem_of(view(reading, POLICY, NOW))
    assume(problem.n_candidates <= 9)
    return brute_force(problem)


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(log=logs(), model=st.sampled_from(["plans", "compact"]))
def test_confirmed_is_the_true_gain_when_it_really_happens(empty, log, model):
    before = optimum(empty, log)
    store = pilot(*log)
    run = match(store, POLICY, NOW, model=model)

    made = worths(store, run.run_id, n_confirmed=2)

    for of_kind in made.found.values():
        for worth in of_kind[:1]:
            true = optimum(empty, [*log, *what_happens(empty, log, worth)]) - before
            assert worth.estimated_points >= true - 1e-6
            assert worth.confirmed_points in (None, pytest.approx(true, abs=1e-6))
        confirmed = [worth.confirmed_points for worth in of_kind if worth.confirmed_points is not None]
        assert confirmed == sorted(confirmed, reverse=True)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(log=logs(), data=st.data())
def test_no_estimate_is_below_the_true_gain_whatever_the_prices(log, data):
    """Prices of the run, and prices drawn by lot, in one leaf or in two: any that are not negative will do."""
    store = pilot(*log)
    with store.reading() as reading:
        seen = view(reading, POLICY, NOW)
    problem = problem_of(seen)
    best = brute_force(problem)
    names = [f"request:{r}" for r in seen.requests["request_id"]] + [row.name for row in problem.side_rows]
    price = st.sampled_from([0.0, 3.5, 60.0, 140.0])
    rows = [(leaf, name, min(60.0, data.draw(price))) for leaf in (0, 1) for name in names]
    drawn = pd.DataFrame(rows, columns=["leaf", "row", "price"])
    found = match(store, POLICY, NOW, model="plans").assignment

    worlds = [(one, world_of(store, seen, one.facts)) for one in changes(store, seen) if one.about]
    for certificate in (drawn, certificate_of(seen, found)):
        base = Base.of(seen, best, 0, True, certificate)
        for change, world in worlds:
            offered = offers(base, world, list(change.about))
            for offer in data.draw(st.lists(st.sampled_from(offered), max_size=2)) if offered else []:
                with_it = problem_of(with_volunteer(seen, world, offer.volunteer_id))
                assume(with_it.n_candidates <= 8)
                assert offer.points >= brute_force(with_it) - best - 1e-6


def world_of(store, seen, suppositions):
    with what_if(store, suppositions, seen.until_entry) as supposed:
        return view(supposed, POLICY, NOW, seen.until_entry)
