"""What a proof rests on: prices, the nodes they bound, and what can be said of a problem before any search."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf

import numpy as np

from engine.greedy import SideTerms
from engine.plans import Found, Plans
from engine.problem import Floats, Ints, Problem

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
