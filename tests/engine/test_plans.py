"""The pricing of plans, against every subset of a week and on weeks of many short jobs."""

import time
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.checks import objective_of, violations
from engine.plan_model.labels import best_by_labels
from engine.plans import Plans
from engine.problem import NO_TIME, Problem, Travel

HOUR = 3600
PLACES = [(56.05, 12.70), (56.05, 12.75), (56.10, 12.70), (float("nan"), float("nan"))]


@st.composite
def weeks(draw):
    """Draw one volunteer-week of up to nine candidates, timed and untimed, with travel and several starts."""
    n, n_requests = draw(st.integers(1, 9)), draw(st.integers(1, 6))

    def many(strategy):
        return draw(st.lists(strategy, min_size=n, max_size=n))

    starts = np.array(many(st.sampled_from([NO_TIME, 0, 0, 900, HOUR, 2 * HOUR, 2 * HOUR + 900, 4 * HOUR])))
    lengths = np.array(many(st.sampled_from([0, HOUR // 2, HOUR])))
    places = [PLACES[i] for i in many(st.integers(0, 3))]
    return Problem(
        needed=np.full(n_requests, 9),
        minutes_left=np.array([draw(st.sampled_from([0.0, 60.0, 95.0, 150.0, float("inf")]))]),
        visits_left=np.array([draw(st.sampled_from([0.0, 1.0, 2.0, 3.0, float("inf")]))]),
        load_points=-np.sort(-np.array([draw(st.lists(st.integers(-8, 6), min_size=3, max_size=3))], float)),
        volunteer=np.array([0]),
        request=np.array(many(st.integers(0, n_requests - 1))),
        volunteer_week=np.zeros(n, dtype=np.int64),
        value=np.array(many(st.integers(-300, 2000))) / 100,
        minutes=np.array(many(st.sampled_from([20.0, 30.0, 45.0]))),
        starts=starts,
        ends=np.where(starts == NO_TIME, NO_TIME, np.where(starts == NO_TIME, 0, starts) + lengths),
        lat=np.array([lat for lat, _ in places]),
        lon=np.array([lon for _, lon in places]),
        travel=draw(st.sampled_from([Travel(), Travel(25, 5, 10), Travel(4, 0, 0)])),
    )


def best_by_brute_force(week):
    sets = (s for size in range(week.n_candidates + 1) for s in combinations(range(week.n_candidates), size))
    return max(objective_of(week, s) for s in sets if not violations(week, s))


@settings(max_examples=300, deadline=None)
@given(week=weeks())
def test_the_best_plan_is_the_best_of_all_subsets(week):
    found = Plans(week).price(week.value)

    assert found.best[0] == pytest.approx(best_by_brute_force(week), abs=1e-9)
    if len(found.week):
        assert violations(week, found.members) == []
        assert objective_of(week, found.members) == pytest.approx(found.best[0], abs=1e-9)


@settings(max_examples=300, deadline=None)
@given(week=weeks())
def test_labels_find_the_same_best_plan(week):
    plans = Plans(week)
    first = week.load_points[0, 0]
    in_order = week.value[plans.order]
    picked = np.flatnonzero((in_order + first > 0) & (week.minutes[plans.order] <= week.minutes_left[0] + 1e-6))
    most = int(min(week.visits_left[0], week.n_candidates))
    numbers = np.unique(week.request[plans.order], return_inverse=True)[1].astype(np.int64)
    rows = plans.conflicts.reshape(week.n_candidates, -1)

    best = 0.0
    if len(picked) and most:
        _, best, bound = best_by_labels(
            picked, rows, numbers, week.minutes[plans.order], in_order, week.load_points[0],
            week.minutes_left[0], most, 0.0,
        )  # fmt: skip
        assert bound == best

    assert best == pytest.approx(best_by_brute_force(week), abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(week=weeks(), n_best=st.integers(2, 4))
def test_further_plans_differ_in_their_requests_and_are_feasible(week, n_best):
    found = Plans(week).price(week.value, n_best=n_best)

    plans = [found.members[a:b] for a, b in zip(found.first[:-1], found.first[1:], strict=True)]
    assert len({tuple(sorted(week.request[plan])) for plan in plans}) == len(plans) <= n_best
    for plan, value in zip(plans, found.value, strict=True):
        assert violations(week, plan) == []
        assert objective_of(week, plan) == pytest.approx(value, abs=1e-9)


def short_jobs(n, timed, seed):
    """Invent a week of n jobs of 20 to 40 minutes, of which about 20 fit into 600 minutes."""
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, 140, n) * 1800 if timed else np.full(n, NO_TIME)
    return Problem(
        needed=np.ones(n, dtype=np.int64),
        minutes_left=np.array([600.0]),
        visits_left=np.array([np.inf]),
        load_points=np.array([[20.0, 0.0, -3.0]]),
        volunteer=np.array([0]),
        request=np.arange(n),
        volunteer_week=np.zeros(n, dtype=np.int64),
        value=rng.integers(5000, 15000, n) / 100,
        minutes=rng.integers(20, 41, n).astype(float),
        starts=starts,
        ends=np.where(timed, starts + 1800, NO_TIME),
        lat=56.0 + rng.normal(0, 0.05, n),
        lon=12.7 + rng.normal(0, 0.05, n),
        travel=Travel(25, 5, 10),
    )


def knapsack(week):
    """Fill 600 minutes exactly, by the textbook table over minutes and visits."""
    best = np.full((601, 40), -np.inf)
    best[:, 0] = 0.0
    for value, minutes in zip(week.value, week.minutes.astype(int), strict=True):
        best[minutes:, 1:] = np.maximum(best[minutes:, 1:], best[: 601 - minutes, :-1] + value)
    load = np.concatenate([[0.0, 20.0, 20.0], 20.0 - 3.0 * np.arange(1, 38)])
    return float((best[600] + load).max())


def test_many_short_untimed_jobs_are_packed_best():
    week = short_jobs(200, timed=False, seed=1)

    found = Plans(week).price(week.value)

    assert found.best[0] == pytest.approx(knapsack(week), abs=1e-6)
    assert len(found.members) >= 20


@pytest.mark.parametrize("timed", [True, False])
def test_two_hundred_short_jobs_take_well_under_a_second(timed):
    Plans(short_jobs(30, timed, 1)).price(short_jobs(30, timed, 1).value)
    plans = Plans(week := short_jobs(200, timed, 2))

    began = time.perf_counter()
    found = plans.price(week.value)

    assert time.perf_counter() - began < 2.0
    assert violations(week, found.members) == []
