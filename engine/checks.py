"""The independent checker: every broken rule in words, and the bound recomputed from prices.

It shares no rule with the solver: ways, overlaps, weeks and best plans are worked out here again, by other
means, from the same :class:`~engine.problem.Problem`.

Definition. A set of candidates is *feasible* when

* no request gets more volunteers than it needs, nor the same volunteer twice in a week,
* no volunteer-week spends more minutes than it has left,
* no volunteer-week makes more visits than it has left,
* no two visits of a volunteer-week conflict in time, way and rest counted,
* every side row that must hold, holds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from math import asin, ceil, cos, floor, inf, isfinite, isnan, radians, sin, sqrt

import numpy as np

from engine.problem import EARTH_RADIUS_KM, NO_TIME, Branch, Floats, Problem, SideRow

TOLERANCE = 1e-6


def violations(problem: Problem, chosen: Iterable[int]) -> list[str]:
    """Name every rule that the chosen candidates break; empty when the assignment is feasible."""
    chosen = [int(c) for c in chosen]
    known = [c for c in dict.fromkeys(chosen) if 0 <= c < problem.n_candidates]
    faults = [f"candidate {c} does not exist" for c in chosen if not 0 <= c < problem.n_candidates]
    faults += [f"candidate {c} is chosen {n} times" for c, n in Counter(chosen).items() if n > 1]
    faults += _too_many_for_a_request(problem, known)
    for u, cs in _by_volunteer_week(problem, known).items():
        faults += _too_many_minutes(problem, u, cs)
        faults += _too_many_visits(problem, u, cs)
        faults += _conflicting_visits(problem, u, cs)
    faults += _broken_side_rows(problem, known)
    return faults


def objective_of(problem: Problem, chosen: Iterable[int]) -> float:
    """Add up what the chosen candidates are worth: values, load points, and the cost of shortfalls."""
    cs = [int(c) for c in chosen]
    points = sum(float(problem.value[c]) for c in cs)
    for u, of_u in _by_volunteer_week(problem, cs).items():
        points += _load(problem.load_points[u], len(of_u))
    for row in problem.side_rows:
        if isfinite(row.penalty):
            points -= row.penalty * max(0.0, _left_side(row, set(cs)) - row.bound)
    return round(points, 9)


def certified_bound(problem: Problem, certificate: Sequence[Branch]) -> float:
    """Recompute the number that no feasible assignment can exceed, from the prices alone.

    For any prices that are not negative, what all requests, side rows and volunteer-weeks could earn at them is
    a bound (weak duality). Each leaf of the certificate bounds the assignments that decide its pairs its way; the
    leaves must cover every case, so the largest leaf bounds them all.

    Returns
    -------
    float
        Points; infinite when the certificate is empty, incomplete, or holds an impossible price.
    """
    if not certificate or not _covers([frozenset(branch.decided) for branch in certificate]):
        return inf
    bound = max(_leaf_bound(problem, branch) for branch in certificate)
    step = problem.resolution
    return floor(bound / step + TOLERANCE) * step if step and isfinite(bound) else bound


def _leaf_bound(problem: Problem, branch: Branch) -> float:
    taken = [(r, u) for r, u, is_taken in branch.decided if is_taken]
    dropped = {(r, u) for r, u, is_taken in branch.decided if not is_taken}
    sizes = (len(branch.request_prices), len(branch.row_prices), len(branch.pair_prices))
    if sizes != (problem.n_requests, len(problem.side_rows), len(taken)):
        return inf
    prices = np.concatenate([branch.request_prices, branch.row_prices, branch.pair_prices])
    if not np.isfinite(prices).all() or (prices < 0).any():
        return inf
    if any(mu > row.penalty for mu, row in zip(branch.row_prices, problem.side_rows, strict=True)):
        return inf
    left = problem.value - branch.request_prices[problem.request]
    for mu, row in zip(branch.row_prices, problem.side_rows, strict=True):
        np.subtract.at(left, row.candidates, mu * row.coefficients)
    for pi, (r, u) in zip(branch.pair_prices, taken, strict=True):
        left[(problem.request == r) & (problem.volunteer_week == u)] += pi
    for r, u in dropped:
        left[(problem.request == r) & (problem.volunteer_week == u)] = -inf
    bound = float(problem.needed @ branch.request_prices) - float(branch.pair_prices.sum())
    bound += sum(float(mu) * row.bound for mu, row in zip(branch.row_prices, problem.side_rows, strict=True))
    return bound + _best_plans(problem, left)


def _covers(leaves: list[frozenset[tuple[int, int, bool]]]) -> bool:
    """Whether the leaves are those of one tree: some pair splits them all, and each side is covered in turn."""
    if frozenset() in leaves:
        return True
    in_all = set.intersection(*({(r, u) for r, u, _ in leaf} for leaf in leaves)) if leaves else set()
    if not in_all:
        return False
    r, u = min(in_all)
    sides = ([leaf - {(r, u, side)} for leaf in leaves if (r, u, side) in leaf] for side in (True, False))
    return all(_covers(side) for side in sides)


def _best_plans(problem: Problem, left: Floats) -> float:
    """Add up the best plan of every volunteer-week when candidate c is worth ``left[c]``."""
    most = problem.load_points.max(axis=1, initial=0.0)
    worthwhile = np.flatnonzero(left + most[problem.volunteer_week] > 0)
    weeks = _by_volunteer_week(problem, worthwhile.tolist())
    return sum(_best_plan(problem, u, cs, left) for u, cs in weeks.items())


def _best_plan(problem: Problem, u: int, cs: list[int], left: Floats) -> float:
    """Search the best plan of one volunteer-week, depth first, cut off by what the rest could at best add."""
    load = problem.load_points[u]
    visits = int(min(problem.visits_left[u], len(cs)))
    minutes = float(problem.minutes_left[u])
    if len(cs) == 1:
        fits = visits >= 1 and problem.minutes[cs[0]] <= minutes + TOLERANCE
        return max(0.0, float(left[cs[0]]) + _load(load, 1)) if fits else 0.0
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
            and not any(_conflict(problem, p, c) for p in plan)
        ):
            more = worth + float(left[c]) + _load(load, n + 1) - _load(load, n)
            stack.append((i + 1, n + 1, minutes_left - float(problem.minutes[c]), more, (*plan, c)))
    return best


def _at_best(
    problem: Problem, cs: list[int], left: Floats, load: Floats, visits: int, minutes: float
) -> Callable[[int, int, float], float]:
    """Make a function (i, n, minutes left) -> most that candidates i, i+1, … can add to a plan of n visits.

    Ways between places and repeated requests are forgotten, so it is never too low; for a week of many short
    jobs it is the exact knapsack.
    """
    steps = [_load(load, n + 1) - _load(load, n) for n in range(visits)]
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
            gain = float(left[cs[i]]) + np.array(steps)[:, None] + table[after, 1:, : size - use[i]]
            table[i, :-1, use[i] :] = np.maximum(table[i, :-1, use[i] :], gain)
    if whole:
        return lambda i, n, minutes_left: float(table[i, n, int(minutes_left + TOLERANCE)])
    return lambda i, n, minutes_left: float(table[i, n, 0])


def _too_many_for_a_request(problem: Problem, chosen: list[int]) -> list[str]:
    by_request = Counter(int(problem.request[c]) for c in chosen)
    by_pair = Counter((int(problem.request[c]), int(problem.volunteer_week[c])) for c in chosen)
    return [
        f"request {r} gets {n} volunteers, needs {problem.needed[r]}"
        for r, n in by_request.items()
        if n > problem.needed[r]
    ] + [f"request {r} gets volunteer-week {u} {n} times" for (r, u), n in by_pair.items() if n > 1]


def _too_many_minutes(problem: Problem, u: int, cs: list[int]) -> list[str]:
    used = sum(float(problem.minutes[c]) for c in cs)
    allowed = float(problem.minutes_left[u])
    return [f"volunteer-week {u} spends {used:g} minutes of {allowed:g}"] if used > allowed + TOLERANCE else []


def _too_many_visits(problem: Problem, u: int, cs: list[int]) -> list[str]:
    allowed = float(problem.visits_left[u])
    return [f"volunteer-week {u} makes {len(cs)} visits of {allowed:g}"] if len(cs) > allowed else []


def _conflicting_visits(problem: Problem, u: int, cs: list[int]) -> list[str]:
    return [
        f"volunteer-week {u} cannot make visits {a} and {b} both"
        for position, a in enumerate(cs)
        for b in cs[position + 1 :]
        if _conflict(problem, a, b)
    ]


def _broken_side_rows(problem: Problem, chosen: list[int]) -> list[str]:
    taken = set(chosen)
    return [
        f"{row.name}: {_left_side(row, taken):g} is above {row.bound:g}"
        for row in problem.side_rows
        if not isfinite(row.penalty) and _left_side(row, taken) > row.bound + TOLERANCE
    ]


def _left_side(row: SideRow, chosen: set[int]) -> float:
    return sum(float(a) for c, a in zip(row.candidates, row.coefficients, strict=True) if int(c) in chosen)


def _load(load: Floats, n: int) -> float:
    """Points for n new visits; the last step repeats."""
    return float(load[:n].sum()) + max(0, n - len(load)) * float(load[-1]) if n else 0.0


def _conflict(problem: Problem, a: int, b: int) -> bool:
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


def _by_volunteer_week(problem: Problem, cs: list[int]) -> dict[int, list[int]]:
    weeks: dict[int, list[int]] = defaultdict(list)
    for c in cs:
        weeks[int(problem.volunteer_week[c])].append(c)
    return weeks
