"""Every claim of the reasons against brute force: optima solved again, overrides, forced pairs, smallest changes."""

from dataclasses import replace
from itertools import combinations

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
from engine.reasons import resolving
from engine.reasons.alternatives import why
from engine.reasons.base import Base
from engine.reasons.override_price import price_in
from engine.reasons.questions import Question
from engine.reasons.resolving import Resolver
from engine.reasons.what_if import what_if
from engine.solver import solve
from engine.store import Store


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


@settings(max_examples=25, deadline=None)
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


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), problem=small_problems(max_candidates=6))
def test_volunteers_with_more_time_are_planned_anew_also_where_a_week_has_many_candidates(monkeypatch, data, problem):
    monkeypatch.setattr(resolving, "CROWDED", data.draw(st.integers(0, 2)))
    every, more = np.ones(problem.n_candidates, dtype=np.bool_), np.arange(problem.n_volunteer_weeks) % 2
    try:
        resolver = Resolver(problem, every, np.empty(0, dtype=np.int64), 0.0)
    except NoSolutionError:
        assume(False)
    minutes, visits = problem.minutes_left + 120 * more, problem.visits_left + more
    question = Question(every, problem.needed, minutes_left=minutes, visits_left=visits)

    answer = resolver.solve(question)

    best = best_by_trying(replace(problem, minutes_left=minutes, visits_left=visits), question)
    assert answer.points == pytest.approx(best, abs=1e-6)


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


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
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


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
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
