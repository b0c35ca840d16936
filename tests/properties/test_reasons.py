"""Every claim of the reasons against brute force: optima solved again, overrides, forced pairs, smallest changes."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from properties.test_small_pilots import POLICY, logs
from small_pilot import BEFORE, NOW
from small_problems import small_problems

from engine import facts
from engine.candidates import view
from engine.checks import objective_of, violations
from engine.errors import NoSolutionError
from engine.programme import problem_of
from engine.reasons.alternatives import why
from engine.reasons.base import Base
from engine.reasons.override_price import price_in
from engine.reasons.questions import Question
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
from engine.reasons.resolving import Resolver
from engine.reasons.unmatched import smallest
from engine.reasons.what_if import what_if
from engine.reasons.widened import Widened
from engine.solver import solve
from engine.store import Store

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


def best_by_trying(problem, question):
    """Try every set of allowed candidates that keeps the rules and the demands."""
    needed = question.needed.copy()
    if question.unserved >= 0:
        needed[question.unserved] -= 1
    problem = replace(problem, needed=needed)
    values = [
        objective_of(problem, chosen)
        for size in range(problem.n_candidates + 1)
        for chosen in combinations(np.flatnonzero(question.allowed).tolist(), size)
        if all(len(set(cs.tolist()) & set(chosen)) >= n for cs, n in question.demands)
        and not violations(problem, chosen)
    ]
    return max(values, default=None)


@st.composite
def questions(draw, problem):
    """Draw a changed programme: candidates left out, something demanded, a request left short."""
    n = problem.n_candidates
    allowed = np.array(draw(st.lists(st.sampled_from([True, True, True, False]), min_size=n, max_size=n)))
    demanded = draw(st.lists(st.integers(0, n - 1), max_size=3, unique=True))
    demands = ((np.array(sorted(demanded)), draw(st.integers(1, 2))),) if demanded else ()
    return Question(allowed, problem.needed, demands, draw(st.integers(-1, problem.n_requests - 1)))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), problem=small_problems(max_candidates=6))
def test_a_changed_programme_solved_again_has_the_optimum_that_trying_everything_finds(data, problem):
    every = np.ones(problem.n_candidates, dtype=np.bool_)
    try:
        resolver = Resolver(problem, every, np.empty(0, dtype=np.int64), 0.0)
    except NoSolutionError:
        assume(False)
    for question in data.draw(st.lists(questions(problem), min_size=1, max_size=3)):
        best = best_by_trying(problem, question)

        answer = resolver.solve(question)

        assert answer.possible == (best is not None)
        if best is not None:
            assert answer.points == pytest.approx(best, abs=1e-6)
            enough = resolver.solve(question, best)
            assert enough.chosen is None or enough.points == pytest.approx(best, abs=1e-6)
            assert resolver.solve(question, best - 1.0).points == pytest.approx(best, abs=1e-6)


@pytest.fixture(scope="module")
def empty():
    """One store for all examples: each pilot is looked at in a what-if, which leaves nothing behind."""
    store = Store.in_memory(clock=lambda: NOW)
    yield store
    store.close()


def look(store, log):
    with what_if(store, log) as reading:
        return view(reading, POLICY, NOW)


def best_of(seen):
    """Solve from nothing; ``None`` when the pins contradict the limits."""
    try:
        return solve(problem_of(seen))
    except NoSolutionError:
        return None


def base_of(seen):
    best = best_of(seen)
    assume(best is not None)
    return Base(seen, seen.candidates.iloc[best.chosen])


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), log=logs())
def test_an_override_costs_what_the_next_run_with_it_is_worth_less(empty, data, log):
    seen = look(empty, log)
    assume(len(seen.candidates))
    base = base_of(seen)
    kind = data.draw(st.sampled_from(["pin", "forbid"]))
    row = seen.candidates.iloc[data.draw(st.integers(0, len(seen.candidates) - 1))]
    starts_at = row["starts_at"].to_pydatetime() if kind == "pin" and data.draw(st.booleans()) else None
    stated = facts.OverrideStated(occurred_at=BEFORE, request_id=row["request_id"], volunteer_id=row["volunteer_id"],
                                  starts_at=starts_at, kind=kind, reason_code="x")  # fmt: skip

    try:
        points = price_in(base, kind, row["request_id"], row["volunteer_id"], starts_at).points
    except NoSolutionError:
        points = None

    after = best_of(look(empty, [*log, stated]))
    assert (points is None) == (after is None)
    if after is not None:
        assert points == pytest.approx(base.points - after.objective, abs=1e-6)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(log=logs())
def test_a_forced_pair_is_in_every_best_plan_and_a_runner_up_costs_what_is_said(empty, log):
    seen = look(empty, log)
    assume(0 < len(seen.candidates) <= 7)
    base = base_of(seen)
    assume(len(base.chosen))
    problem, request = base.problem, base.request_of(int(base.chosen[0]))

    for told in why(base, request):
        allowed = np.ones(problem.n_candidates, dtype=np.bool_)
        allowed[base.candidates_of(request, told.visit.volunteer_id)] = False
        without = best_by_trying(problem, Question(allowed, problem.needed))
        assert told.is_forced == (without is None or without < base.points - 1e-6)
        for other in told.runners_up:
            theirs = base.candidates_of(request, other.visit.volunteer_id)
            with_other = best_by_trying(problem, Question(allowed, problem.needed, ((theirs, 1),)))
            assert other.loss == pytest.approx(base.points - with_other, abs=1e-6)


def every_change(request, volunteers, up_to):
    """List every change to a request and one volunteer by itself, cheaper than ``up_to``."""
    name, speaks = request["request_id"], sorted({lan for v in volunteers.values() for lan in v["languages"]})
    of_request = product(
        [None, Step(WIDER, name, 2), Step(DAY, name, 1, "+1"), Step(DAY, name, 1, "-1")],
        [None, *(Step(LANGUAGE, name, 1, lan) for lan in speaks if lan not in request["languages"])],
        [None, Step(FEWER, name, 1)] if request["volunteers_needed"] - request["n_agreed"] > 1 else [None],
    )
    for asked, v in product(list(of_request), [None, *volunteers]):
        checks = [c for n in range(4) for c in combinations(("identity", "confidentiality", "interview"), n)]
        theirs = product([None, Step(FARTHER, v, 3)], checks, [None, Step(MORE, v, 1)]) if v else [(None, (), None)]
        for farther, codes, more in theirs:
            steps = {s for s in (*asked, farther, more) if s} | {Step(CHECK, v, 1, code) for code in codes}
            change = Change.of(name, steps, FEW)
            if steps and change.price < up_to - 1e-9:
                yield change, v


def is_served_for_certain(seen, request_id):
    """Whether leaving the request short costs points, by two solves from nothing."""
    problem = problem_of(seen)
    number = seen.requests["request_id"].tolist().index(request_id)
    short = problem.needed.copy()
    short[number] -= 1
    try:
        best = solve(problem).objective
        without = solve(replace(problem, needed=short)).objective
    except NoSolutionError:
        return False
    return best > without + 1e-6


def starts_of(seen, request_id, volunteer_id):
    candidates = seen.candidates.set_index(["request_id", "volunteer_id"])["starts_at"]
    return set(candidates[[(request_id, volunteer_id) == key for key in candidates.index]])


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(log=logs())
def test_the_smallest_change_suffices_and_none_that_is_cheaper_does(empty, log):
    with what_if(empty, log) as reading:
        seen = view(reading, POLICY, NOW)
        best = best_of(seen)
        assume(best is not None)
        proposals = seen.candidates.iloc[best.chosen]
        given_n = proposals["request_id"].value_counts()
        left = [r for r, n in zip(seen.requests["request_id"], seen.requests["n_needed"], strict=True)
                if given_n.get(r, 0) < n]  # fmt: skip
        assume(left)
        requests = reading.state("requests_at", NOW).set_index("request_id", drop=False)
        volunteers = reading.state("volunteers_at", NOW).set_index("volunteer_id", drop=False)
        remedy, _, all_tried = smallest(Widened(reading, seen, proposals, left, FEW), left[0])
    request, volunteers = dict(requests.loc[left[0]]), {v: dict(volunteers.loc[v]) for v in volunteers.index}

    def changed(change):
        return look(empty, [*log, *facts_that_make(change, request, volunteers, FEW, NOW)])

    def needs_each_step(change, volunteer_id, now):
        """Whether the volunteer could then come, and every step about the volunteer but a visit more helps that."""
        mine = starts_of(now, left[0], volunteer_id)
        fewer = [Change.of(left[0], set(change.steps) - {s}, FEW) for s in change.steps if s.code in (FARTHER, CHECK)]
        return bool(mine) and all(mine - starts_of(changed(less), left[0], volunteer_id) for less in fewer)

    assert all_tried
    if remedy:
        assert is_served_for_certain(changed(remedy.change), left[0])
    cheaper = list(every_change(request, volunteers, remedy.change.price if remedy else FEW.price_max))
    for change, volunteer_id in cheaper[:: 1 + len(cheaper) // 25]:
        now = changed(change)
        if left[0] in set(now.requests["request_id"]) and is_served_for_certain(now, left[0]):
            assert volunteer_id is not None and not needs_each_step(change, volunteer_id, now), change
