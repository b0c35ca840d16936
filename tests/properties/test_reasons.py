"""Every claim of the reasons against brute force: optima solved again, overrides, forced pairs, smallest changes."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from properties.test_small_pilots import POLICY, logs
from small_pilot import BEFORE, NOW, pilot
from small_problems import small_problems

from engine import facts
from engine.alternatives import why
from engine.base import Base
from engine.candidates import view
from engine.checks import objective_of, violations
from engine.errors import NoSolutionError
from engine.matching import match
from engine.override_price import override_price
from engine.programme import problem_of
from engine.questions import Question
from engine.relaxations import (
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
from engine.resolving import Resolver
from engine.solver import solve
from engine.unmatched import unmatched
from engine.what_if import what_if

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


@settings(max_examples=100, deadline=None)
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


def run_of(log):
    store = pilot(*log)
    try:
        return store, match(store, POLICY, NOW)
    except NoSolutionError:
        assume(False)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), log=logs())
def test_an_override_costs_what_the_next_run_with_it_is_worth_less(data, log):
    store, run = run_of(log)
    assume(len(run.view.candidates))
    kind = data.draw(st.sampled_from(["pin", "forbid"]))
    row = run.view.candidates.iloc[data.draw(st.integers(0, len(run.view.candidates) - 1))]
    starts_at = row["starts_at"].to_pydatetime() if kind == "pin" and data.draw(st.booleans()) else None
    stated = facts.OverrideStated(occurred_at=BEFORE, request_id=row["request_id"], volunteer_id=row["volunteer_id"],
                                  starts_at=starts_at, kind=kind, reason_code="x")  # fmt: skip

    try:
        price = override_price(store, kind, row["request_id"], row["volunteer_id"], starts_at)
    except NoSolutionError:
        price = None

    with store.transaction("test", "override") as transaction:
        transaction.append([stated])
    try:
        after = match(store, POLICY, NOW).assignment.objective
    except NoSolutionError:
        after = None
    assert (price is None) == (after is None)
    if price is not None:
        assert price.points == pytest.approx(run.assignment.objective - after, abs=1e-6)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(log=logs())
def test_a_forced_pair_is_in_every_best_plan_and_a_runner_up_costs_what_is_said(log):
    store, run = run_of(log)
    assume(len(run.proposals) and run.problem.n_candidates <= 9)
    problem, base = run.problem, Base.of_run(store)
    request = run.proposals["request_id"].iloc[0]

    for told in why(base, request):
        pair = base.candidates_of(request, told.visit.volunteer_id)
        allowed = np.ones(problem.n_candidates, dtype=np.bool_)
        allowed[pair] = False
        without = best_by_trying(problem, Question(allowed, problem.needed))
        assert told.is_forced == (without is None or without < run.assignment.objective - 1e-6)
        for other in told.runners_up:
            theirs = base.candidates_of(request, other.visit.volunteer_id)
            with_other = best_by_trying(problem, Question(allowed, problem.needed, ((theirs, 1),)))
            assert other.loss == pytest.approx(run.assignment.objective - with_other, abs=1e-6)


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


def changed_view(store, run, change, request, volunteers):
    made = facts_that_make(change, request, volunteers, FEW, NOW)
    with what_if(store, made) as reading:
        return view(reading, POLICY, NOW)


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
    mine = seen.candidates[(seen.candidates["request_id"] == request_id)
                           & (seen.candidates["volunteer_id"] == volunteer_id)]  # fmt: skip
    return set(mine["starts_at"])


def is_in_scope(store, run, change, volunteer_id, request, volunteers, seen):
    """Whether the volunteer could then come, and each step about the volunteer is needed for that, or a visit more."""
    if volunteer_id is None:
        return True
    mine = starts_of(seen, change.request_id, volunteer_id)
    for step in change.steps:
        if step.code in (FARTHER, CHECK):
            fewer = Change.of(change.request_id, set(change.steps) - {step}, FEW)
            if not mine - starts_of(
                changed_view(store, run, fewer, request, volunteers), change.request_id, volunteer_id
            ):
                return False
    return bool(mine)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(log=logs())
def test_the_smallest_change_suffices_and_none_that_is_cheaper_does(log):
    store, run = run_of(log)
    assume(len(run.unmatched))
    request_id = run.unmatched["request_id"].iloc[0]
    with store.reading() as reading:
        requests = reading.state("requests_at", NOW).set_index("request_id", drop=False)
        volunteers = reading.state("volunteers_at", NOW).set_index("volunteer_id", drop=False)
    request, volunteers = requests.loc[request_id], {v: volunteers.loc[v] for v in volunteers.index}

    [told] = unmatched(store, request_ids=[request_id], known=FEW)

    price = told.remedy.change.price if told.remedy else FEW.price_max + 0.001
    cheaper = list(every_change(request, volunteers, price))
    assume(len(cheaper) <= 60)
    if told.remedy:
        assert is_served_for_certain(changed_view(store, run, told.remedy.change, request, volunteers), request_id)
    for change, volunteer_id in cheaper:
        seen = changed_view(store, run, change, request, volunteers)
        if request_id in set(seen.requests["request_id"]) and is_served_for_certain(seen, request_id):
            assert not is_in_scope(store, run, change, volunteer_id, request, volunteers, seen), change
