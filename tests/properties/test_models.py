"""Both models against brute force, and every plan against the independent checker."""

import pytest
from hypothesis import given, settings
from small_problems import brute_force, joined, problems_side_by_side, small_problems

from engine.checks import certified_bound, objective_of, violations
from engine.errors import NoSolutionError
from engine.solver import solve


@pytest.mark.parametrize("model", ["compact", "plans"])
@settings(max_examples=150, deadline=None)
@given(problem=small_problems())
def test_the_plan_is_the_best_there_is_and_keeps_every_rule(model, problem):
    best = brute_force(problem)

    if best is None:
        with pytest.raises(NoSolutionError):
            solve(problem, model=model)
        return
    assignment = solve(problem, model=model)

    assert violations(problem, assignment.chosen) == []
    assert assignment.objective == pytest.approx(best, abs=1e-6)
    assert objective_of(problem, assignment.chosen) == pytest.approx(best, abs=1e-6)
    assert assignment.proof == "optimal"
    if model == "plans":
        assert certified_bound(problem, assignment.certificate) == pytest.approx(best, abs=1e-6)


@settings(max_examples=150, deadline=None)
@given(parts=problems_side_by_side())
def test_independent_parts_are_worth_their_sum_and_proved_together(parts):
    problem, bests = joined(parts), [brute_force(part) for part in parts]

    if None in bests:
        with pytest.raises(NoSolutionError):
            solve(problem, model="plans")
        return
    assignment = solve(problem, model="plans")

    assert violations(problem, assignment.chosen) == []
    assert assignment.objective == pytest.approx(sum(bests), abs=1e-6)
    assert assignment.proof == "optimal"
    assert certified_bound(problem, assignment.certificate) == pytest.approx(sum(bests), abs=1e-6)
