"""Random small pilots: the candidates against the rules told again in plain Python, the plan against brute force.

The pilots have overlapping windows, vetting that ends within them, absences, agreed visits and pins.
"""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from math import asin, ceil, cos, radians, sin, sqrt

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from small_pilot import ADA, ADA_AT_HOME, ADA_IS_FREE, ADA_IS_KNOWN, BEFORE, MILK, NOW, RUT, pilot, policy
from small_problems import brute_force

from engine import facts
from engine.candidates import parameters, view
from engine.checks import violations
from engine.errors import NoSolutionError
from engine.explain import dead_ends, funnel
from engine.facts import Window
from engine.matching import match
from engine.programme import problem_of

POLICY = policy(starts_per_pair=2, start_step_minutes=120, horizon_days=9, rest_minutes=20, visits_per_week_max=2)
LIMITS = POLICY.limits
QUARTER = timedelta(minutes=15)
LOCAL_NOW = datetime(2026, 11, 29, 18)
DAYS = [date(2026, 12, 1) + timedelta(days=n) for n in range(7)]
PLACES = [(56.0475, 12.695), (56.0475, 12.775), (56.1025, 12.695)]
STEP_ONE = ("identity", "confidentiality", "interview")


@st.composite
def logs(draw):
    """Draw the facts of up to two volunteers and two requests."""
    log = []
    for name in draw(st.sampled_from([("Ada",), ("Ada", "Ben")])):
        lat, lon = draw(st.sampled_from(PLACES))
        home = replace(ADA_AT_HOME, resident_id=name.lower(), lat=lat, lon=lon)
        log += [home, replace(ADA, volunteer_id=name, resident_id=home.resident_id, services=("company_walk",),
                              radius_km=draw(st.sampled_from([3.0, 5.5, 20.0])),
                              visits_per_week=draw(st.sampled_from([None, 1, 2])),
                              minutes_per_week=draw(st.sampled_from([None, 150, 240])))]  # fmt: skip
        hours = draw(st.lists(st.sampled_from([(1, 8, 10), (2, 9, 13), (2, 15, 20), (4, 8, 18)]), unique=True))
        log.append(
            replace(
                ADA_IS_FREE,
                volunteer_id=name,
                windows=tuple(Window(day, time(start, 10), time(end)) for day, start, end in hours),
            )
        )
        for code in STEP_ONE:
            valid_to = draw(st.sampled_from([None, DAYS[0], DAYS[2]]))
            log.append(replace(ADA_IS_KNOWN, volunteer_id=name, check_code=code, valid_to=valid_to))
        if draw(st.booleans()):
            log.append(facts.AbsenceStated(occurred_at=BEFORE, volunteer_id=name, starts_at=datetime(2026, 12, 1, 16),
                                           ends_at=datetime(2026, 12, 2)))  # fmt: skip
    for name in draw(st.sampled_from([("tea",), ("tea", "walk")])):
        lat, lon = draw(st.sampled_from(PLACES))
        log.append(replace(RUT, resident_id=f"r-{name}", lat=lat, lon=lon))
        earliest = datetime.combine(draw(st.sampled_from(DAYS[:4])), time(draw(st.integers(8, 16))))
        log.append(replace(MILK, request_id=name, resident_id=f"r-{name}", service="company_walk",
                           minutes=draw(st.sampled_from([45, 60, 90])), earliest_at=earliest,
                           latest_at=earliest + timedelta(hours=draw(st.sampled_from([1, 3, 30, 80]))),
                           urgency=draw(st.integers(1, 3)), volunteers_needed=draw(st.integers(1, 2)),
                           languages=draw(st.sampled_from([(), ("sv",), ("ar",)]))))  # fmt: skip
    if draw(st.booleans()):
        start = datetime(2026, 12, 1, draw(st.integers(9, 17)))
        log += [replace(MILK, request_id="agreed"),
                facts.VisitAgreed(occurred_at=BEFORE, visit_id="v", request_id="agreed", volunteer_id="Ada", minutes=80,
                                  starts_at=start, ends_at=start + timedelta(hours=1)), RUT]  # fmt: skip
    if draw(st.booleans()):
        log.append(facts.OverrideStated(occurred_at=BEFORE, request_id="tea", volunteer_id="Ada", starts_at=None,
                                        kind=draw(st.sampled_from(["pin", "forbid"])), reason_code="x"))  # fmt: skip
    return log


def of(log, fact, /, **wanted):
    return [f for f in log if isinstance(f, fact) and all(getattr(f, name) == v for name, v in wanted.items())]


def km(a, b):
    (lat_a, lon_a), (lat_b, lon_b) = ((radians(p.lat), radians(p.lon)) for p in (a, b))
    h = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return 2 * 6371.0088 * asin(sqrt(h))


def way(a, b):
    return timedelta(minutes=ceil(LIMITS.travel_fixed_minutes + 60 * km(a, b) / LIMITS.travel_speed_km_per_h - 1e-9))


def expected_candidates(log):
    """Tell the rules again: (request, volunteer, start) for everything that is allowed."""
    for request in of(log, facts.RequestSubmitted):
        place = of(log, facts.ResidentRegistered, resident_id=request.resident_id)[0]
        if request.request_id == "agreed":
            continue
        for volunteer in of(log, facts.VolunteerRegistered):
            home = of(log, facts.ResidentRegistered, resident_id=volunteer.resident_id)[0]
            apart = of(log, facts.OverrideStated, request_id=request.request_id, volunteer_id=volunteer.volunteer_id,
                       kind="forbid")  # fmt: skip
            speaks = not request.languages or set(request.languages) & set(home.languages)
            if apart or not speaks or km(home, place) > min(volunteer.radius_km, LIMITS.radius_max_km):
                continue
            starts = sorted(
                (nth, start)
                for stretch in stretches(log, request, volunteer)
                for nth, start in enumerate(starts_in(stretch, request.minutes))
                if is_possible(log, request, volunteer, place, home, start)
            )
            for _, start in starts[: LIMITS.starts_per_pair]:
                yield request.request_id, volunteer.volunteer_id, start


def stretches(log, request, volunteer):
    opens = max(request.earliest_at, LOCAL_NOW + timedelta(hours=LIMITS.notice_hours))
    closes = min(request.latest_at, LOCAL_NOW + timedelta(days=LIMITS.horizon_days))
    for day in (opens.date() + timedelta(days=n) for n in range((closes.date() - opens.date()).days + 1)):
        for window in of(log, facts.AvailabilityStated, volunteer_id=volunteer.volunteer_id)[-1].windows:
            if window.weekday == day.isoweekday():
                yield max(opens, datetime.combine(day, window.starts)), min(closes, datetime.combine(day, window.ends))


def starts_in(stretch, minutes):
    opens, closes = stretch
    start = datetime.min + ceil((opens - datetime.min) / QUARTER) * QUARTER
    while start + timedelta(minutes=minutes) <= closes:
        yield start
        start += timedelta(minutes=LIMITS.start_step_minutes)


def is_possible(log, request, volunteer, place, home, start):
    end, day, week = start + timedelta(minutes=request.minutes), start.date(), start.isocalendar()[:2]
    name = volunteer.volunteer_id
    cleared = {c.check_code for c in of(log, facts.CheckCleared, volunteer_id=name) if day <= (c.valid_to or date.max)}
    away = [a for a in of(log, facts.AbsenceStated, volunteer_id=name) if start < a.ends_at and a.starts_at < end]
    agreed = of(log, facts.VisitAgreed, volunteer_id=name)
    pause = way(place, RUT) + timedelta(minutes=LIMITS.rest_minutes)
    busy = [v for v in agreed if start < v.ends_at + pause and v.starts_at < end + pause]
    same_week = [v for v in agreed if v.starts_at.isocalendar()[:2] == week]
    visits = min(volunteer.visits_per_week or 99, LIMITS.visits_per_week_max) - len(same_week)
    minutes = min(volunteer.minutes_per_week or 9999, LIMITS.minutes_per_week_max) - sum(v.minutes for v in same_week)
    takes = request.minutes + way(home, place) / timedelta(minutes=1)
    return set(STEP_ONE) <= cleared and not away and not busy and visits >= 1 and minutes >= takes


@settings(max_examples=60, deadline=None)
@given(log=logs())
def test_the_candidates_are_those_the_rules_allow(log):
    with pilot(*log).reading() as reading:
        found = view(reading, POLICY, NOW).candidates

    rows = found[["request_id", "volunteer_id", "starts_at"]].itertuples(index=False, name=None)
    assert sorted(rows) == sorted(expected_candidates(log))


@settings(max_examples=60, deadline=None)
@given(log=logs(), model=st.sampled_from(["compact", "plans"]))
def test_a_run_is_the_best_plan_and_keeps_every_rule(log, model):
    store = pilot(*log)
    with store.reading() as reading:
        problem = problem_of(view(reading, POLICY, NOW))
    assume(problem.n_candidates <= 8)
    best = brute_force(problem)

    if best is None:
        with pytest.raises(NoSolutionError):
            match(store, POLICY, NOW, model=model)
        return
    run = match(store, POLICY, NOW, model=model)

    assert run.assignment.objective == pytest.approx(best)
    assert run.assignment.proof == "optimal"
    assert violations(problem, run.assignment.chosen) == []


@settings(max_examples=15, deadline=None)
@given(log=logs())
def test_a_request_without_candidates_ends_where_its_funnel_reaches_furthest(log):
    """Runs name the rule without counting who was stopped where; the explanation counts."""
    with pilot(*log).reading() as reading:
        seen = view(reading, POLICY, NOW)
        named = dead_ends(reading, seen)
    with pilot(*log).reading() as reading:
        seen = view(reading, POLICY, NOW)
        alone = set(seen.requests["request_id"]) - set(seen.candidates["request_id"])
        assume(alone)
        counted = funnel(reading, seen, sorted(alone))
    furthest = counted.sort_values("step").groupby("request_id")["rule"].last().to_dict()
    ruled = seen.requests.dropna(subset="rule").set_index("request_id")["rule"].to_dict()

    assert named.keys() == alone
    assert named == furthest | ruled


@settings(max_examples=60, deadline=None)
@given(log=logs(), nth=st.integers(0, 50))
def test_a_visit_asked_alone_breaks_the_rule_that_the_search_tells(log, nth):
    """What is added by hand is held to the same rules as what is searched, though another query asks them."""
    with pilot(*log).reading() as reading:
        seen = view(reading, POLICY, NOW)
        params = parameters(POLICY, NOW, seen.until_entry)
        funnel(reading, seen, seen.requests["request_id"].tolist())
        pairs = reading.query("pair_rules", request_ids=seen.requests["request_id"].tolist(), **params)
        tried = reading.query("starts", with_rules=True, **params)
        ruled = set(seen.requests.loc[seen.requests["rule"].notna(), "request_id"])
        tried = tried[~tried["request_id"].isin(ruled)]
        one = tried.groupby(["request_id", "volunteer_id"]).nth(nth % max(1, tried.groupby("request_id").size().min()))
        broken = reading.query("broken_rules", tables={"tried_visits": one[VISIT]}, **params) if len(one) else one
    found = {pair: set(rows["rule"]) for pair, rows in broken.groupby(["request_id", "volunteer_id"])}
    apart = pairs.set_index(["request_id", "volunteer_id"])["rule"]

    for visit in one.to_dict("records"):
        pair = (visit["request_id"], visit["volunteer_id"])
        told = [rule for rule in (visit["rule"], apart[pair]) if isinstance(rule, str)]
        assert set(told) <= found.get(pair, set())
        assert told or pair not in found


VISIT = ["request_id", "volunteer_id", "starts_at", "ends_at"]
