"""Column generation and branching: the optimum, its proof, and how a run ends early."""

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from small_problems import brute_force, small_problems, triangle

from engine.checks import certified_bound, objective_of, violations
from engine.errors import NoSolutionError
from engine.plan_model.planning import solve_plans
from engine.problem import NO_TIME, Problem, SideRow


def problem_of(pairs, needed, minutes_left, side_rows=()):
    """Make an untimed problem from (request, volunteer-week, value, minutes) rows."""
    request, week, value, minutes = (np.array(column) for column in zip(*pairs, strict=True))
    n, n_weeks = len(pairs), len(minutes_left)
    return Problem(
        needed=np.array(needed),
        minutes_left=np.array(minutes_left, float),
        visits_left=np.full(n_weeks, np.inf),
        load_points=np.zeros((n_weeks, 1)),
        volunteer=np.arange(n_weeks),
        request=request,
        volunteer_week=week,
        value=value.astype(float),
        minutes=minutes.astype(float),
        starts=np.full(n, NO_TIME),
        ends=np.full(n, NO_TIME),
        lat=np.full(n, np.nan),
        lon=np.full(n, np.nan),
        side_rows=tuple(side_rows),
    )


def crowd(n_requests, n_weeks, seed, minutes_left=100.0):
    """Invent an assignment problem tight enough to need branching."""
    rng = np.random.default_rng(seed)
    pairs = [
        (r, u, 100 - rng.integers(10, 50), rng.integers(15, 45)) for r in range(n_requests) for u in range(n_weeks)
    ]
    return problem_of(pairs, [1] * n_requests, [minutes_left] * n_weeks)


@settings(max_examples=200, deadline=None)
@given(problem=small_problems(max_candidates=8))
def test_the_plan_is_the_best_of_all_subsets(problem):
    best = brute_force(problem)

    if best is None:
        with pytest.raises(NoSolutionError):
            solve_plans(problem)
        return
    found = solve_plans(problem)

    assert violations(problem, found.chosen) == []
    assert found.objective == pytest.approx(best, abs=1e-6)
    assert objective_of(problem, found.chosen) == pytest.approx(best, abs=1e-6)
    assert found.proof == "optimal"
    assert certified_bound(problem, found.certificate) == pytest.approx(found.bound, abs=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_branching_closes_the_gap_and_its_leaves_prove_it(seed):
    problem = crowd(12, 4, seed)

    found = solve_plans(problem)

    assert found.proof == "optimal"
    assert violations(problem, found.chosen) == []
    assert certified_bound(problem, found.certificate) == pytest.approx(found.objective, abs=1e-6)


def test_side_rows_that_tell_starts_apart_are_branched_on_and_proved():
    """Each pair has two starts; of the same start, any two pairs exclude each other."""
    problem = triangle(n_starts=2)

    found = solve_plans(problem)

    assert found.objective == 10.0
    assert any(decision.start >= 0 for leaf in found.certificate for decision in leaf.decided)
    assert certified_bound(problem, found.certificate) == 10.0


def test_pins_that_contradict_the_limits_are_named():
    pins = [SideRow(f"pin:{r}", np.array([r]), np.array([-1.0]), -1.0) for r in range(2)]
    problem = problem_of([(0, 0, 5, 40), (1, 0, 5, 40)], [1, 1], [60.0], pins)

    with pytest.raises(NoSolutionError, match="pin:"):
        solve_plans(problem)


def test_a_pin_is_kept_although_it_costs_points():
    pin = SideRow("pin:0:1", np.array([1]), np.array([-1.0]), -1.0)
    problem = problem_of([(0, 0, 9, 10), (0, 1, 2, 10)], [1], [60.0, 60.0], [pin])

    found = solve_plans(problem)

    assert found.chosen.tolist() == [1]
    assert found.proof == "optimal"


def test_the_same_seed_gives_the_same_plan():
    problem = crowd(20, 10, 3)
    problem = replace(problem, value=np.round(problem.value, -1))

    plans = [solve_plans(problem, seed=seed) for seed in (7, 7, 8)]

    assert plans[0].chosen.tolist() == plans[1].chosen.tolist()
    assert plans[0].objective == pytest.approx(plans[2].objective)


def test_ties_are_settled_by_lottery():
    problem = problem_of([(0, u, 5, 10) for u in range(8)], [1], [60.0] * 8)

    winners = {int(solve_plans(problem, seed=seed).chosen[0]) for seed in range(12)}

    assert len(winners) > 2


def test_the_time_limit_is_kept_and_the_bound_stays_honest():
    problem = crowd(60, 15, 1, minutes_left=113.0)

    began = time.perf_counter()
    found = solve_plans(problem, time_limit_s=1.0)

    assert time.perf_counter() - began < 3.0
    assert violations(problem, found.chosen) == []
    assert found.bound >= found.objective
    assert certified_bound(problem, found.certificate) <= found.bound + 1e-6


def test_a_run_can_be_interrupted_from_its_progress():
    def stop(progress):
        assert progress.bound >= progress.value
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve_plans(crowd(12, 4, 1), progress=stop)


def test_a_gap_asked_for_ends_the_search_early():
    problem = crowd(30, 8, 2)

    found = solve_plans(problem, gap=0.05)

    assert found.gap <= 0.05
    assert found.proof in {"within_gap", "optimal"}


def test_nothing_to_choose_costs_the_shortfall_only():
    floor = SideRow("equity", np.array([0]), np.array([-1.0]), -2.0, penalty=3.0)
    problem = problem_of([(0, 0, 5, 90)], [1], [60.0], [floor])

    found = solve_plans(problem)

    assert found.chosen.tolist() == []
    assert found.objective == pytest.approx(-6.0)
    assert found.proof == "optimal"
