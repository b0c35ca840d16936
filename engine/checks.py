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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, replace
from math import floor, inf, isfinite, nan

import numpy as np
from numpy.typing import NDArray

from engine.checked_weeks import TOLERANCE, best_plan, conflict, load_of
from engine.problem import Branch, Decision, Floats, Ints, Problem, SideRow

Bools = NDArray[np.bool_]


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
        points += load_of(problem.load_points[u], len(of_u))
    for row in problem.side_rows:
        if isfinite(row.penalty):
            points -= row.penalty * max(0.0, _left_side(row, set(cs)) - row.bound)
    return round(points, 9)


def certified_bound(problem: Problem, certificate: Sequence[Branch]) -> float:
    """Recompute the number that no feasible assignment can exceed, from the prices alone.

    For any prices that are not negative, what all requests, side rows and volunteer-weeks could earn at them is
    a bound (weak duality). Each leaf of the certificate bounds the assignments that decide its way. The leaves of
    the same components must cover every case, so the largest of them bounds these components; every component
    must be spoken of once, so the sum bounds everything.

    Returns
    -------
    float
        Points; infinite when the certificate is empty, incomplete, or holds an impossible price.
    """
    groups: dict[tuple[int, ...], list[Branch]] = defaultdict(list)
    for branch in certificate:
        groups[branch.components].append(branch)
    step, bound = problem.resolution, 0.0
    for components, leaves in _parted(problem, groups):
        if components is None or not _covers([frozenset(branch.decided) for branch in leaves]):
            return inf
        best = max(_leaf_bound(problem, branch, components) for branch in leaves)
        bound += floor(best / step + TOLERANCE) * step if step and isfinite(best) else best
    return bound if groups else inf


class _Part:
    """Some components, or everything: what lies in it, and its best plans at the worths asked for last."""

    def __init__(self, problem: Problem, requests: Bools, weeks: Bools, rows: Bools) -> None:
        self._problem = problem
        self.requests, self.rows = requests, rows
        cs = np.flatnonzero(weeks[problem.volunteer_week])
        order = np.argsort(problem.volunteer_week[cs], kind="stable")
        self.candidates = cs[order]
        self._week = problem.volunteer_week[self.candidates]
        self._most = problem.load_points.max(axis=1, initial=0.0)[self._week]
        self._left = np.full(len(cs), nan)
        self._best: dict[int, float] = {}

    def of_decision(self, decision: Decision) -> Ints | None:
        """List what a decision is about, as positions in ``candidates``; ``None`` when it is not of this part."""
        low, high = np.searchsorted(self._week, [decision.volunteer_week, decision.volunteer_week + 1])
        of_week = self.candidates[low:high]
        pair = np.flatnonzero(self._problem.request[of_week] == decision.request)
        if decision.start >= 0:
            pair = pair[of_week[pair] == decision.start]
        return low + pair if len(pair) else None

    def best_plans(self, left: Floats) -> float:
        """Add up the best plan of every volunteer-week when ``candidates`` are worth ``left``."""
        problem, worthwhile = self._problem, left + self._most > 0
        for u in np.unique(self._week[left != self._left]).tolist():
            low, high = np.searchsorted(self._week, [u, u + 1])
            picked = low + np.flatnonzero(worthwhile[low:high])
            worths = dict(zip(self.candidates[picked].tolist(), left[picked].tolist(), strict=True))
            self._best[u] = best_plan(problem, u, worths) if worths else 0.0
        self._left = left
        return sum(self._best.values())


def _parted(
    problem: Problem, groups: dict[tuple[int, ...], list[Branch]]
) -> Iterator[tuple[_Part | None, list[Branch]]]:
    """Find what each group of leaves speaks of; nothing when together they do not speak of everything once."""
    if list(groups) == [()]:
        sizes = (problem.n_requests, problem.n_volunteer_weeks, len(problem.side_rows))
        everything = [np.ones(size, dtype=np.bool_) for size in sizes]
        yield _Part(problem, *everything), groups[()]
        return
    labels = _components(problem)
    known = np.unique(labels[0]).tolist()
    complete = sorted(name for components in groups for name in components) == known
    for components, leaves in groups.items():
        yield _Part(problem, *(np.isin(of, components) for of in labels)) if complete else None, leaves


def _components(problem: Problem) -> tuple[Ints, Ints, Ints]:
    """Name the component of every request, volunteer-week and side row by its first request.

    The smallest number spreads over all that candidates and side rows link, until it spreads no further. What
    has no candidates belongs to the first component.
    """
    n, of_request = problem.n_requests, np.arange(problem.n_requests)
    rows = [np.asarray(row.candidates, dtype=np.int64) for row in problem.side_rows]
    in_row = np.concatenate([problem.request[:0], *(problem.request[cs] for cs in rows)])
    row = np.repeat(np.arange(len(rows)), [len(cs) for cs in rows])
    while True:
        of_week, of_row = np.full(problem.n_volunteer_weeks, n), np.full(len(rows), n)
        np.minimum.at(of_week, problem.volunteer_week, of_request[problem.request])
        np.minimum.at(of_row, row, of_request[in_row])
        spread = of_request.copy()
        np.minimum.at(spread, problem.request, of_week[problem.volunteer_week])
        np.minimum.at(spread, in_row, of_row[row])
        spread = spread[spread]
        if (spread == of_request).all():
            break
        of_request = spread
    names = np.unique(of_request[problem.request])
    first = names[0] if len(names) else 0
    of_request, of_week, of_row = (np.where(np.isin(of, names), of, first) for of in (of_request, of_week, of_row))
    return of_request, of_week, of_row


def _leaf_bound(problem: Problem, branch: Branch, part: _Part) -> float:
    decided = [(decision.taken, part.of_decision(decision)) for decision in branch.decided]
    if not _are_prices(problem, branch) or any(of is None for _, of in decided):
        return inf
    if branch.request_prices[~part.requests].any() or branch.row_prices[~part.rows].any():
        return inf
    left = problem.value - branch.request_prices[problem.request]
    bound = float(problem.needed @ branch.request_prices) - float(branch.taken_prices.sum())
    for i in np.flatnonzero(branch.row_prices):
        row, mu = problem.side_rows[i], float(branch.row_prices[i])
        np.subtract.at(left, row.candidates, mu * row.coefficients)
        bound += mu * row.bound
    left = left[part.candidates]
    prices = iter(branch.taken_prices)
    for taken, of in decided:
        left[of] += next(prices) if taken else -inf
    return bound + part.best_plans(left)


def _are_prices(problem: Problem, branch: Branch) -> bool:
    """Whether there is a price for everything, and each is possible."""
    n_taken = sum(decision.taken for decision in branch.decided)
    sizes = (len(branch.request_prices), len(branch.row_prices), len(branch.taken_prices))
    prices = np.concatenate([branch.request_prices, branch.row_prices, branch.taken_prices])
    caps = np.array([row.penalty for row in problem.side_rows])
    return (
        sizes == (problem.n_requests, len(problem.side_rows), n_taken)
        and bool(np.isfinite(prices).all() and (prices >= 0).all())
        and bool((branch.row_prices <= caps).all())
    )


def _covers(leaves: list[frozenset[Decision]]) -> bool:
    """Whether the leaves are those of one tree: some question splits them all, and each side is covered in turn."""
    if frozenset() in leaves:
        return True
    asked = [{replace(decision, taken=True) for decision in leaf} for leaf in leaves]
    in_all = set.intersection(*asked) if asked else set()
    if not in_all:
        return False
    question = min(in_all, key=astuple)
    sides = (question, replace(question, taken=False))
    return all(_covers([leaf - {side} for leaf in leaves if side in leaf]) for side in sides)


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
        if conflict(problem, a, b)
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


def _by_volunteer_week(problem: Problem, cs: list[int]) -> dict[int, list[int]]:
    weeks: dict[int, list[int]] = defaultdict(list)
    for c in cs:
        weeks[int(problem.volunteer_week[c])].append(c)
    return weeks
