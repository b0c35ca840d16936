"""One volunteer-week in the eyes of the checker: what conflicts, what visits add, and the best plan at given worths.

Plain Python, and nothing of what the solver uses for the same.
"""

from __future__ import annotations

from collections.abc import Callable
from math import asin, ceil, cos, isfinite, isnan, radians, sin, sqrt

import numpy as np

from engine.problem import EARTH_RADIUS_KM, NO_TIME, Floats, Problem

TOLERANCE = 1e-6


def load_of(load: Floats, n: int) -> float:
    """Points for n new visits; the last step repeats."""
    return float(load[:n].sum()) + max(0, n - len(load)) * float(load[-1]) if n else 0.0


def conflict(problem: Problem, a: int, b: int) -> bool:
    """Whether one volunteer cannot make both visits: neither leaves time for the way and the rest to the other."""
    if problem.starts[a] == NO_TIME or problem.starts[b] == NO_TIME:
        return False
    pause = _pause_seconds(problem, a, b)
    return bool(problem.ends[a] + pause > problem.starts[b] and problem.ends[b] + pause > problem.starts[a])


def _pause_seconds(problem: Problem, a: int, b: int) -> int:
    """Way and rest between two visits, by the haversine formula, one pair at a time."""
    degrees = [float(problem.lat[a]), float(problem.lon[a]), float(problem.lat[b]), float(problem.lon[b])]
    if any(isnan(d) for d in degrees):
        return 0
    lat_a, lon_a, lat_b, lon_b = (radians(d) for d in degrees)
    h = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    km = 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, h)))
    travel = problem.travel
    return int(60 * (ceil(travel.fixed_minutes + 60 * km / travel.speed_km_per_h - 1e-9) + travel.rest_minutes))


def best_plan(problem: Problem, u: int, left: dict[int, float]) -> float:
    """Search the best plan of one volunteer-week, depth first, cut off by what the rest could at best add."""
    load, cs = problem.load_points[u], list(left)
    visits = int(min(problem.visits_left[u], len(cs)))
    minutes = float(problem.minutes_left[u])
    if len(cs) == 1:
        fits = visits >= 1 and problem.minutes[cs[0]] <= minutes + TOLERANCE
        return max(0.0, left[cs[0]] + load_of(load, 1)) if fits else 0.0
    cs = sorted(cs, key=lambda c: (problem.starts[c], problem.ends[c], c))
    rest = _at_best(problem, cs, left, load, visits, minutes)
    best = 0.0
    stack: list[tuple[int, int, float, float, tuple[int, ...]]] = [(0, 0, minutes, 0.0, ())]
    while stack:
        i, n, minutes_left, worth, plan = stack.pop()
        best = max(best, worth)
        if i == len(cs) or n == visits or worth + rest(i, n, minutes_left) <= best + 1e-9:
            continue
        c = cs[i]
        stack.append((i + 1, n, minutes_left, worth, plan))
        if (
            problem.minutes[c] <= minutes_left + TOLERANCE
            and all(problem.request[c] != problem.request[p] for p in plan)
            and not any(conflict(problem, p, c) for p in plan)
        ):
            more = worth + left[c] + load_of(load, n + 1) - load_of(load, n)
            stack.append((i + 1, n + 1, minutes_left - float(problem.minutes[c]), more, (*plan, c)))
    return best


def _at_best(
    problem: Problem, cs: list[int], left: dict[int, float], load: Floats, visits: int, minutes: float
) -> Callable[[int, int, float], float]:
    """Make a function (i, n, minutes left) -> most that candidates i, i+1, … can add to a plan of n visits.

    Ways between places and repeated requests are forgotten, so it is never too low; for a week of many short
    jobs it is the exact knapsack.
    """
    steps = [load_of(load, n + 1) - load_of(load, n) for n in range(visits)]
    whole = isfinite(minutes) and minutes <= 2000 and all(float(problem.minutes[c]).is_integer() for c in cs)
    size = int(minutes) + 1 if whole else 1
    use = [int(problem.minutes[c]) if whole else 0 for c in cs]
    starts = [int(problem.starts[c]) for c in cs]
    # table[i, n, h]: candidates i.., n visits made, h minutes left.
    table = np.zeros((len(cs) + 1, visits + 1, size))
    for i in range(len(cs) - 1, -1, -1):
        table[i] = table[i + 1]
        timed = starts[i] != NO_TIME
        after = next((j for j in range(i + 1, len(cs)) if not timed or starts[j] >= problem.ends[cs[i]]), len(cs))
        if use[i] < size:
            gain = left[cs[i]] + np.array(steps)[:, None] + table[after, 1:, : size - use[i]]
            table[i, :-1, use[i] :] = np.maximum(table[i, :-1, use[i] :], gain)
    if whole:
        return lambda i, n, minutes_left: float(table[i, n, int(minutes_left + TOLERANCE)])
    return lambda i, n, minutes_left: float(table[i, n, 0])
