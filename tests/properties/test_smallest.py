"""The smallest change against every cheaper one, each made as facts in a pilot that is then solved from nothing."""

from dataclasses import replace
from datetime import time
from itertools import combinations, product

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from properties.test_reasons import best_of, look
from properties.test_small_pilots import PLACES, POLICY, STEP_ONE, logs
from small_pilot import ADA, ADA_AT_HOME, ADA_IS_FREE, ADA_IS_KNOWN, MILK, NOW, RUT

from engine.candidates import view
from engine.errors import NoSolutionError
from engine.facts import Window
from engine.programme import problem_of
from engine.reasons.relaxations import (
    CHECK,
    DAY,
    FARTHER,
    FEWER,
    LANGUAGE,
    MORE,
    WIDER,
    Change,
    Relaxations,
    Step,
    facts_that_make,
)
from engine.reasons.smallest import smallest
from engine.reasons.what_if import what_if
from engine.reasons.widened import Widened
from engine.solver import solve
from engine.store import Store

N_JUDGED = 6
"""Cheaper changes that are made and solved for, evenly spread over all there are."""

FEW = Relaxations.from_text("""
price_max = 14.0
[relaxation.wider_window]
unit = "hour"
price = 1.0
steps = [2]
decided_by = "resident"
en = "wider {amount} {subject}"
sv = "vidare {amount} {subject}"
[relaxation.other_day]
unit = "day"
price = 3.0
steps = [1]
decided_by = "resident"
en = "move {detail} {subject}"
sv = "flytta {detail} {subject}"
[relaxation.other_language]
unit = "language"
price = 6.0
steps = [1]
decided_by = "resident"
en = "{detail} {subject}"
sv = "på {detail} {subject}"
[relaxation.fewer_volunteers]
unit = "volunteer"
price = 8.0
steps = [1]
decided_by = "coordinator"
en = "fewer {subject}"
sv = "färre {subject}"
[relaxation.longer_way]
unit = "km"
price = 1.5
steps = [3]
decided_by = "volunteer"
en = "farther {subject}"
sv = "längre {subject}"
[relaxation.one_more_visit]
unit = "visit"
price = 4.0
steps = [1]
decided_by = "volunteer"
minutes = 60
en = "more {subject}"
sv = "fler {subject}"
[relaxation.check_cleared]
unit = "check"
price = 5.0
steps = [1]
decided_by = "coordinator"
en = "clear {detail} {subject}"
sv = "godkänn {detail} {subject}"
""")


@pytest.fixture(scope="module")
def empty():
    """One store for all examples: each pilot is looked at in a what-if, which leaves nothing behind."""
    store = Store.in_memory(clock=lambda: NOW)
    yield store
    store.close()


def every_change(request, volunteers, up_to):
    """List every change to a request and to as many volunteers as it needs, cheaper than ``up_to``; and whom it asks.

    Told without looking at any start: every set of steps, needed or not.
    """
    name, speaks = request["request_id"], sorted({lan for v in volunteers.values() for lan in v["languages"]})
    needed = request["volunteers_needed"] - request["n_agreed"]
    of_request = product(
        [None, Step(WIDER, name, 2), Step(DAY, name, 1, "+1"), Step(DAY, name, 1, "-1")],
        [None, *(Step(LANGUAGE, name, 1, lan) for lan in speaks if lan not in request["languages"])],
        [None, Step(FEWER, name, 1)] if needed > 1 else [None],
    )
    checks = [c for n in range(4) for c in combinations(("identity", "confidentiality", "interview"), n)]
    of_each = {
        v: [
            {*(s for s in (farther, more) if s), *(Step(CHECK, v, 1, code) for code in codes)}
            for farther, codes, more in product([None, Step(FARTHER, v, 3)], checks, [None, Step(MORE, v, 1)])
        ]
        for v in volunteers
    }
    people = [(some, theirs) for n in range(1, needed + 1) for some in combinations(volunteers, n)
              for theirs in product(*(of_each[v] for v in some))]  # fmt: skip
    seen = set()
    for asked, (some, theirs) in product(list(of_request), [((), ()), *people]):
        steps = set().union((s for s in asked if s), *theirs)
        change = Change.of(name, steps, FEW)
        if steps and change.price < up_to - 1e-9 and (change.steps, some) not in seen:
            seen.add((change.steps, some))
            yield change, some


def is_served_for_certain(seen, request_id):
    """Whether leaving the request short costs points, by two solves from nothing."""
    problem = problem_of(seen)
    number = seen.requests["request_id"].tolist().index(request_id)
    short = problem.needed.copy()
    short[number] -= 1
    try:
        best = solve(problem).objective
    except NoSolutionError:
        return False
    try:
        return best > solve(replace(problem, needed=short)).objective + 1e-6
    except NoSolutionError:
        return True  # a pin that can be kept allows no plan that leaves it short


def starts_of(seen, request_id, volunteer_id):
    candidates = seen.candidates.set_index(["request_id", "volunteer_id"])["starts_at"]
    return set(candidates[[(request_id, volunteer_id) == key for key in candidates.index]])


@st.composite
def short_of_two(draw):
    """Draw a pilot in which a request for two is left short, and each volunteer may lack something of their own."""
    log = []
    for name in ("Ada", "Ben"):
        lat, lon = draw(st.sampled_from(PLACES[:2]))
        home = replace(ADA_AT_HOME, resident_id=name.lower(), lat=lat, lon=lon)
        log += [home, replace(ADA, volunteer_id=name, resident_id=home.resident_id, services=("company_walk",),
                              radius_km=draw(st.sampled_from([2.5, 20.0])), visits_per_week=1, minutes_per_week=None),
                replace(ADA_IS_FREE, volunteer_id=name, windows=(Window(2, time(9), time(12)),))]  # fmt: skip
        held = draw(st.sampled_from([STEP_ONE, STEP_ONE[1:]]))
        log += [replace(ADA_IS_KNOWN, volunteer_id=name, check_code=code) for code in held]
    walk = replace(MILK, request_id="walk", service="company_walk", minutes=45, volunteers_needed=2,
                   languages=draw(st.sampled_from([(), ("ar",)])))  # fmt: skip
    lat, lon = draw(st.sampled_from(PLACES[:2]))
    tea = replace(walk, request_id="tea", urgency=draw(st.integers(1, 3)), volunteers_needed=1, languages=())
    return [*log, replace(RUT, lat=lat, lon=lon), walk, *([tea] if draw(st.booleans()) else [])]


def judge_smallest(store, log, known_to_be_left=None):
    """Hold the smallest change of a request that is left short against a sample of all that are cheaper."""
    with what_if(store, log) as reading:
        seen = view(reading, POLICY, NOW)
        best = best_of(seen)
        assume(best is not None)
        proposals = seen.candidates.iloc[best.chosen]
        given_n = proposals["request_id"].value_counts()
        left = [r for r, n in zip(seen.requests["request_id"], seen.requests["n_needed"], strict=True)
                if given_n.get(r, 0) < n and r == (known_to_be_left or r)]  # fmt: skip
        assume(left)
        requests = reading.state("requests_at", NOW).set_index("request_id", drop=False)
        volunteers = reading.state("volunteers_at", NOW).set_index("volunteer_id", drop=False)
        remedy, _, all_tried = smallest(Widened(reading, seen, proposals, left, FEW), left[0])
    request, volunteers = dict(requests.loc[left[0]]), {v: dict(volunteers.loc[v]) for v in volunteers.index}

    def changed(change):
        return look(store, [*log, *facts_that_make(change, request, volunteers, FEW, NOW)])

    def is_looked_at(change, asked, now):
        """Whether those who are asked could then come, and every step but a visit more is one that they need for it."""
        mine = {v: starts_of(now, left[0], v) for v in asked}
        for step in change.steps:
            theirs = {step.subject} if step.subject in mine else set(mine)
            if step.code in (FARTHER, CHECK, LANGUAGE):
                less = changed(Change.of(left[0], set(change.steps) - {step}, FEW))
                if all(mine[v] & starts_of(less, left[0], v) for v in theirs):
                    return False
        return bool(asked) and all(mine.values())

    assert all_tried
    if remedy:
        assert is_served_for_certain(changed(remedy.change), left[0])
    cheaper = list(every_change(request, volunteers, remedy.change.price if remedy else FEW.price_max))
    for change, asked in cheaper[:: 1 + len(cheaper) // N_JUDGED]:
        now = changed(change)
        if left[0] in set(now.requests["request_id"]) and is_served_for_certain(now, left[0]):
            assert not is_looked_at(change, asked, now), change
    return remedy


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(log=logs())
def test_the_smallest_change_suffices_and_none_that_is_cheaper_does(empty, log):
    judge_smallest(empty, log)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(log=short_of_two())
def test_for_a_request_that_needs_two_joint_changes_of_two_are_looked_at(empty, log):
    judge_smallest(empty, log, "walk")


BOTH_LACK_A_CHECK = [
    RUT,
    replace(MILK, service="company_walk", volunteers_needed=2),
    *(
        fact
        for name in ("Ada", "Ben")
        for fact in (
            replace(ADA_AT_HOME, resident_id=name.lower()),
            replace(ADA, volunteer_id=name, resident_id=name.lower(), services=("company_walk",)),
            replace(ADA_IS_FREE, volunteer_id=name),
            *(replace(ADA_IS_KNOWN, volunteer_id=name, check_code=code) for code in STEP_ONE[1:]),
        )
    ),
]


@settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck))
@given(log=st.just(BOTH_LACK_A_CHECK))
def test_two_volunteers_who_each_lack_a_check_are_both_cleared_when_that_is_cheapest(empty, log):
    """One volunteer fewer would cost 8 and still need a check of 5; both checks cost 10."""
    remedy = judge_smallest(empty, log)

    assert remedy.change.steps == (Step(CHECK, "Ada", 1, "identity"), Step(CHECK, "Ben", 1, "identity"))
    assert len(remedy.visits) == 2
