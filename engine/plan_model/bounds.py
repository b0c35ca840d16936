"""What a proof rests on: prices, the nodes they bound, and what can be said of a problem before any search.

A bound is Lagrangian: for any prices >= 0 nothing can be worth more than what all requests, side rows and best
plans earn at those prices.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from math import floor, inf

import numpy as np

from engine.plan_model.greedy import SideTerms
from engine.plans import Found, Plans
from engine.problem import Branch, Decision, Floats, Ints, Problem

PROVED = 1e-6
"""A relative gap below this counts as none."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices >= 0 of requests, side rows, and the decisions of a node that say "taken" (by decision)."""

    requests: Floats
    rows: Floats
    decisions: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Node:
    """Part of all assignments: those that decide as ``decided``; worth at most ``bound`` at ``prices``."""

    decided: tuple[tuple[int, bool], ...]
    bound: float
    prices: Prices


class Clock:
    """The seconds a run may take, counted from now."""

    def __init__(self, limit_s: float) -> None:
        self._ends = time.perf_counter() + limit_s

    def left_s(self) -> float:
        """Seconds left, not below zero."""
        return max(0.0, self._ends - time.perf_counter())


@dataclass(frozen=True, slots=True)
class Start:
    """What a search may begin with.

    Parameters
    ----------
    plans, chosen
        The first columns, and an assignment.
    prices
        For its first bound.
    best, proved_best
        What all best plans together are worth at these prices, with tie-breaks and without.
    """

    plans: Found
    chosen: Ints
    prices: Prices
    best: float
    proved_best: float


@dataclass(frozen=True, slots=True)
class Goal:
    """When a search has done enough.

    Parameters
    ----------
    step
        The number every value is a multiple of; 0 when there is none.
    gap, allowance
        Distance of plan and bound that may remain, relative to the plan and in points: whichever is larger.
    time_share
        The search's share of the time for integer programmes.
    floor
        Plans worth no more than this are not looked for.
    """

    step: float
    gap: float = 0.0
    allowance: float = 0.0
    time_share: float = 1.0
    floor: float = -inf

    def enough(self, points: float) -> float:
        """The bound at which a plan worth ``points`` needs no further work."""
        scale = max(1.0, abs(points))
        nothing = self.step * (1 - PROVED) if self.step else PROVED * scale
        return max(self.floor, points + max(self.gap * scale, self.allowance, nothing))


@dataclass(frozen=True, slots=True)
class Question:
    """What a node may decide: is one of these candidates taken? They are a pair, or a single start of it."""

    request: int
    volunteer_week: int
    start: int
    candidates: Ints


class Pricing:
    """Pricing that remembers: only volunteer-weeks whose worths changed, or whose floor fell, are priced again."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans
        self._worth: Floats | None = None
        self._best = np.full(plans.problem.n_volunteer_weeks, inf)

    def price(self, worth: Floats, floors: Floats, n_best: int) -> Found:
        """Find plans above the floors; ``best`` bounds the best plan of every volunteer-week."""
        stale = floors < self._best
        if self._worth is not None:
            stale[self._plans.problem.volunteer_week[worth != self._worth]] = True
        found = self._plans.price(worth, floors, stale, n_best)
        self._best = np.where(stale, found.best, self._best)
        self._worth = worth
        return replace(found, best=self._best)


class Bounding:
    """The bounds of the nodes of one search, and the questions they have decided."""

    def __init__(self, problem: Problem, side: SideTerms) -> None:
        self._problem, self._side = problem, side
        self.questions: list[Question] = []

    def worth(self, prices: Prices, decided: tuple[tuple[int, bool], ...], value: Floats) -> Floats:
        """Reduce the values of candidates by what they use, and forbid what is decided against."""
        worth = value - prices.requests[self._problem.request]
        if len(self._side.row):
            worth -= self._side.priced(prices.rows, len(value))
        for k, taken in decided:
            if taken:
                worth[self.questions[k].candidates] += prices.decisions.get(k, 0.0)
        for k, taken in decided:
            if not taken:
                worth[self.questions[k].candidates] = -inf
        return worth

    def fixed_part(self, prices: Prices) -> float:
        """The bound without the plans: needed pi + b mu - the prices of what is to be taken."""
        fixed = float(self._problem.needed @ prices.requests) - sum(prices.decisions.values())
        return fixed + float(prices.rows @ self._side.bound)

    def bounds(self, plans: Plans, nodes: list[Node], value: Floats) -> list[float]:
        """Bound all assignments of each node, when candidate c is worth ``value[c]``."""
        pricing, floors = Pricing(plans), np.zeros(self._problem.n_volunteer_weeks)
        worths = (self.worth(node.prices, node.decided, value) for node in nodes)
        best = [float(pricing.price(worth, floors, 1).best.sum()) for worth in worths]
        return [self.fixed_part(node.prices) + of_plans for node, of_plans in zip(nodes, best, strict=True)]

    def branch(self, node: Node) -> Branch:
        """Write a node as a leaf of the certificate."""
        asked = [(self.questions[k], taken) for k, taken in node.decided]
        decided = tuple(Decision(q.request, q.volunteer_week, taken, q.start) for q, taken in asked)
        prices = [node.prices.decisions.get(k, 0.0) for k, taken in node.decided if taken]
        return Branch(decided, node.prices.requests, node.prices.rows, np.array(prices, dtype=np.float64))


def rounded_down(bound: float, step: float) -> float:
    """Round a bound down to the multiples of ``step`` that values are; as it is when ``step`` is 0."""
    return floor(bound / step + PROVED) * step if step and np.isfinite(bound) else bound


def lottery(problem: Problem, step: float, seed: int) -> Floats:
    """Draw the tie-breaks: so small that together they cannot outweigh one step of the objective."""
    most = max(1, int(problem.needed.sum()))
    return np.random.default_rng(seed).uniform(0.0, 0.45 * step / most, problem.n_candidates)


def worst_points(problem: Problem) -> float:
    """Bound from below what any assignment is worth."""
    load = np.minimum(0.0, problem.load_points.min(axis=1, initial=0.0))
    points = float(np.minimum(0.0, problem.value + load[problem.volunteer_week]).sum())
    for row in problem.side_rows:
        if np.isfinite(row.penalty):
            points -= row.penalty * max(0.0, float(np.maximum(0.0, row.coefficients).sum()) - row.bound)
    return points


def rows_that_bind(problem: Problem, side: SideTerms) -> Ints:
    """Leave out rows that the need of their one request keeps anyway."""
    kept = []
    for i, row in enumerate(problem.side_rows):
        requests = np.unique(problem.request[row.candidates])
        implied = len(requests) == 1 and (row.coefficients <= 1).all() and row.bound >= problem.needed[requests[0]]
        if not implied:
            kept.append(i)
    return np.array(kept, dtype=np.int64)


def proof_of(points: float, bound: float, gap: float, step: float) -> str:
    """Say what a plan's points and a bound prove: ``optimal``, ``within_gap`` or ``feasible``."""
    distance, scale = max(0.0, bound - points), max(1.0, abs(points))
    if distance <= PROVED * scale or distance < step * (1 - PROVED):
        return "optimal"
    return "within_gap" if distance <= gap * scale else "feasible"
