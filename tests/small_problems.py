"""Small random matching problems with every rule in them, and their optimum by brute force."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from engine.checks import objective_of, violations
from engine.problem import NO_TIME, Problem, SideRow, Travel

HOUR = 3600
PLACES = [(56.05, 12.70), (56.05, 12.75), (56.10, 12.70), (float("nan"), float("nan"))]


@st.composite
def small_problems(draw, max_candidates=7):
    """Draw a problem of up to three requests and three volunteer-weeks, small enough to enumerate."""
    n_requests, n_weeks = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    n = draw(st.integers(1, max_candidates))
    number = st.integers

    def many(strategy, size=n):
        return draw(st.lists(strategy, min_size=size, max_size=size))

    starts = np.array(many(st.sampled_from([NO_TIME, 0, HOUR, 2 * HOUR, 2 * HOUR + 900, 4 * HOUR])))
    lengths = np.array(many(st.sampled_from([0, HOUR // 2, HOUR, 3 * HOUR])))
    places = [PLACES[i] for i in many(number(0, len(PLACES) - 1))]
    steps = -np.sort(-np.array(many(st.lists(number(-8, 6), min_size=3, max_size=3), n_weeks), float), axis=1)
    limit = st.one_of(st.just(float("inf")), number(0, 3).map(float))
    return Problem(
        needed=np.array(many(number(1, 2), n_requests)),
        minutes_left=np.array(many(st.sampled_from([0.0, 40.0, 90.0, float("inf")]), n_weeks)),
        visits_left=np.array(many(limit, n_weeks)),
        load_points=steps,
        volunteer=np.arange(n_weeks),
        request=np.array(many(number(0, n_requests - 1))),
        volunteer_week=np.array(many(number(0, n_weeks - 1))),
        value=np.array(many(number(-300, 2000))) / 100,
        minutes=np.array(many(st.sampled_from([20.0, 30.0, 45.0]))),
        starts=starts,
        ends=np.where(starts == NO_TIME, NO_TIME, starts + np.where(starts == NO_TIME, 0, lengths)),
        lat=np.array([lat for lat, _ in places]),
        lon=np.array([lon for _, lon in places]),
        travel=draw(st.sampled_from([Travel(), Travel(25, 5, 10), Travel(4, 0, 0)])),
        side_rows=tuple(draw(st.lists(side_rows(n), max_size=2))),
    )


@st.composite
def side_rows(draw, n_candidates):
    """Draw an equity floor, a lending cap or a pin."""
    members = draw(st.lists(st.integers(0, n_candidates - 1), min_size=1, max_size=4, unique=True))
    candidates = np.array(sorted(members))
    kind = draw(st.sampled_from(["equity", "lending", "pin"]))
    if kind == "lending":
        return SideRow("lending", candidates, np.ones(len(members)), float(draw(st.integers(0, 2))))
    if kind == "equity":
        floor, penalty = draw(st.integers(1, 3)), draw(st.integers(1, 9))
        return SideRow("equity", candidates, -np.ones(len(members)), -float(floor), float(penalty))
    return SideRow("pin", candidates, -np.ones(len(members)), -1.0)


@st.composite
def triangles(draw):
    """Draw three pairs of which any two exclude each other by side rows: the relaxation takes half of each."""
    values = np.array(draw(st.lists(st.integers(300, 700), min_size=3, max_size=3))) / 100
    return triangle(values)


def triangle(values=(5.0, 5.0, 5.0), n_starts=1):
    """Make the triangle of pairs; with more starts, those of the same number exclude each other, not the pairs."""
    n = 3 * n_starts
    corner, start = np.arange(n) // n_starts, np.arange(n) % n_starts
    rows = [
        SideRow(f"lending:{k}:{a}{b}", np.flatnonzero((start == k) & ((corner == a) | (corner == b))), np.ones(2), 1.0)
        for k in range(n_starts)
        for a, b in ((0, 1), (1, 2), (0, 2))
    ]
    return Problem(
        needed=np.ones(3, dtype=np.int64),
        minutes_left=np.full(3, 60.0),
        visits_left=np.full(3, np.inf),
        load_points=np.zeros((3, 3)),
        volunteer=np.arange(3),
        request=corner,
        volunteer_week=corner,
        value=np.asarray(values, float)[corner],
        minutes=np.full(n, 30.0),
        starts=np.full(n, NO_TIME),
        ends=np.full(n, NO_TIME),
        lat=np.full(n, np.nan),
        lon=np.full(n, np.nan),
        side_rows=tuple(rows),
    )


def joined(problems):
    """Put independent problems (of equal travel and load steps) side by side, as one."""
    counts = [(p.n_requests, p.n_volunteer_weeks, p.n_candidates) for p in problems]
    firsts = np.cumsum([(0, 0, 0), *counts], axis=0)[:-1]

    def all_of(name, column=None):
        shifts = firsts[:, column] if column is not None else np.zeros(len(problems), dtype=np.int64)
        arrays = [getattr(p, name) for p in problems]
        return np.concatenate([a + shift if shift else a for a, shift in zip(arrays, shifts, strict=True)])

    plain = ("needed", "minutes_left", "visits_left", "load_points", "value", "minutes", "starts", "ends", "lat", "lon")
    return Problem(
        **{name: all_of(name) for name in plain},
        **{name: all_of(name, column) for name, column in (("request", 0), ("volunteer_week", 1), ("volunteer", 1))},
        travel=problems[0].travel,
        side_rows=tuple(
            replace(row, candidates=row.candidates + first)
            for p, first in zip(problems, firsts[:, 2], strict=True)
            for row in p.side_rows
        ),
    )


@st.composite
def problems_side_by_side(draw):
    """Draw two or three independent small problems, some of which need branching."""
    parts = draw(st.lists(st.one_of(small_problems(max_candidates=5), triangles()), min_size=2, max_size=3))
    return [replace(part, travel=parts[0].travel) for part in parts]


def brute_force(problem: Problem) -> float | None:
    """Try every set of candidates; ``None`` when no set keeps all rules."""
    values = [
        objective_of(problem, chosen)
        for size in range(problem.n_candidates + 1)
        for chosen in combinations(range(problem.n_candidates), size)
        if not violations(problem, chosen)
    ]
    return max(values, default=None)
