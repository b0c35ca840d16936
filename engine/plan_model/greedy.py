"""A feasible assignment at once: candidates inserted one by one in a given order, and what it is worth.

Used for the first plan of a run, and to turn fractional solutions into plans.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.plan_model.labels import MINUTES_SPARE, compiled
from engine.plans import Plans
from engine.problem import Floats, Ints, Problem


@dataclass(frozen=True, slots=True)
class SideTerms:
    """All side rows as one table of terms ``a_ic``, ordered by candidate; rows are numbered as in the problem."""

    row: Ints
    candidate: Ints
    coefficient: Floats
    first: Ints
    bound: Floats
    penalty: Floats

    @classmethod
    def of(cls, problem: Problem) -> SideTerms:
        """Gather the terms of a problem's side rows."""
        rows = problem.side_rows
        none: list[Ints] = [np.empty(0, dtype=np.int64)]
        row = np.concatenate([np.full(len(side.candidates), i) for i, side in enumerate(rows)] + none)
        candidate = np.concatenate([np.asarray(side.candidates, dtype=np.int64) for side in rows] + none)
        coefficient = np.concatenate([np.asarray(side.coefficients, dtype=np.float64) for side in rows] + none)
        order = np.argsort(candidate, kind="stable")
        return cls(
            row=row[order].astype(np.int64),
            candidate=candidate[order],
            coefficient=coefficient[order].astype(np.float64),
            first=np.searchsorted(candidate[order], np.arange(problem.n_candidates + 1)),
            bound=np.array([side.bound for side in rows], dtype=np.float64),
            penalty=np.array([side.penalty for side in rows], dtype=np.float64),
        )

    def priced(self, prices: Floats, n_candidates: int) -> Floats:
        """Add up ``a_ic mu_i`` by candidate."""
        total: Floats = np.bincount(self.candidate, self.coefficient * prices[self.row], n_candidates).astype(
            np.float64
        )
        return total

    def left_sides(self, chosen: Ints, n_candidates: int) -> Floats:
        """Evaluate ``sum_c a_ic x_c`` of every row."""
        x = np.zeros(n_candidates)
        x[chosen] = 1.0
        total: Floats = np.bincount(self.row, self.coefficient * x[self.candidate], len(self.bound)).astype(np.float64)
        return total

    def broken(self, chosen: Ints, n_candidates: int) -> bool:
        """Whether a row that must hold does not."""
        over = self.left_sides(chosen, n_candidates) - self.bound
        return bool((over[np.isinf(self.penalty)] > MINUTES_SPARE).any())


def plan_points(problem: Problem, week: Ints, first: Ints, members: Ints, value: Floats) -> Floats:
    """Add up what each plan is worth: its members' values and the load points of its length."""
    sizes = np.diff(first)
    of_plan = np.repeat(np.arange(len(week)), sizes)
    points = np.bincount(of_plan, value[members], minlength=len(week))
    n_steps = problem.load_points.shape[1]
    load = np.concatenate([np.zeros((problem.n_volunteer_weeks, 1)), np.cumsum(problem.load_points, axis=1)], axis=1)
    beyond = np.maximum(0, sizes - n_steps)
    total: Floats = points + load[week, np.minimum(sizes, n_steps)] + beyond * problem.load_points[week, -1]
    return total


def points_of(problem: Problem, side: SideTerms, chosen: Ints) -> float:
    """Evaluate the objective of a set of candidates."""
    chosen = chosen[np.argsort(problem.volunteer_week[chosen], kind="stable")]
    week, first = np.unique(problem.volunteer_week[chosen], return_index=True)
    first = np.append(first, len(chosen))
    points = float(plan_points(problem, week, first, chosen, problem.value).sum())
    over = side.left_sides(chosen, problem.n_candidates) - side.bound
    soft = np.isfinite(side.penalty)
    return points - float(side.penalty[soft] @ np.maximum(0.0, over[soft]))


class BestPlan:
    """The best assignment a search has met, and ways to look for a better one without prices.

    Parameters
    ----------
    value
        Values of the candidates with their tie-breaks.
    points
        What the plan is worth; before there is any, a number no assignment is below.
    """

    def __init__(self, problem: Problem, side: SideTerms, value: Floats, worst: float) -> None:
        self._problem, self._side = problem, side
        self.chosen: Ints | None = None
        self.points = worst
        asked = side.coefficient < 0
        first = np.zeros(len(value))
        first[side.candidate[asked]] = 1.0 + np.isinf(side.penalty[side.row[asked]])
        # Candidates that floors and pins ask for come before all others.
        self._by_value = np.lexsort((-value, -first))

    def offer(self, chosen: Ints) -> None:
        """Keep an assignment when it is feasible and the best so far."""
        if self._side.broken(chosen, self._problem.n_candidates):
            return
        points = points_of(self._problem, self._side, chosen)
        if self.chosen is None or points > self.points:
            self.chosen, self.points = np.sort(chosen), points

    def insert(self, plans: Plans, shares: Floats | None = None) -> Ints:
        """Insert candidates by their shares in a fractional plan (shape (n_candidates,)), then the rest by value."""
        order = self._by_value
        if shares is not None:
            support = np.flatnonzero(shares)
            order = np.concatenate([support[np.argsort(-shares[support], kind="stable")], order])
        chosen = insert_in_order(plans, self._side, order)
        self.offer(chosen)
        return chosen


def insert_in_order(plans: Plans, side: SideTerms, order: Ints) -> Ints:
    """Take every candidate of ``order``, one after the other, that still fits and does not lower the objective.

    Rows that must hold and can be broken by taking more are kept; floors and pins are not looked at, so the
    order should begin with the candidates they ask for.
    """
    problem = plans.problem
    taken = _insert(
        order, plans.place, plans.first, plans.rows_first, plans.conflicts, problem.request, problem.volunteer_week,
        problem.minutes, problem.value, problem.load_points, problem.needed.copy(), problem.minutes_left.copy(),
        problem.visits_left.copy(), side.first, side.row, side.coefficient, side.bound.copy(), side.penalty,
    )  # fmt: skip
    return np.flatnonzero(taken)


@compiled
def _insert(  # type: ignore[no-untyped-def]
    order, place, first, rows_first, conflicts, request, week, minutes, value, load, needed, minutes_left,
    visits_left, term_first, term_row, term_coefficient, slack, penalty,
):  # fmt: skip
    taken = np.zeros(len(request), dtype=np.bool_)
    n_taken = np.zeros(len(minutes_left), dtype=np.int64)
    # What each week has excluded so far, as a bit per candidate in the order of `place`.
    excluded = np.zeros(len(place) + len(first), dtype=np.uint64)
    words_first = np.zeros(len(first), dtype=np.int64)
    for u in range(len(first) - 1):
        words_first[u + 1] = words_first[u] + (first[u + 1] - first[u] + 63) // 64
    for c in order:
        u, r = week[c], request[c]
        at = place[c] - first[u]
        if (
            taken[c]
            or needed[r] < 1
            or visits_left[u] < n_taken[u] + 1
            or minutes[c] > minutes_left[u] + MINUTES_SPARE
            or (excluded[words_first[u] + at // 64] >> np.uint64(at % 64)) & np.uint64(1) != 0
        ):
            continue
        gain = value[c] + load[u, min(n_taken[u], load.shape[1] - 1)]
        allowed = True
        for t in range(term_first[c], term_first[c + 1]):
            i, a = term_row[t], term_coefficient[t]
            if np.isinf(penalty[i]):
                allowed = allowed and (a <= 0 or a <= slack[i] + MINUTES_SPARE)
                if a < 0 and slack[i] < 0:
                    gain = np.inf
            else:
                gain -= penalty[i] * (max(0.0, a - slack[i]) - max(0.0, -slack[i]))
        if not allowed or gain < 0:
            continue
        taken[c] = True
        needed[r] -= 1
        n_taken[u] += 1
        minutes_left[u] -= minutes[c]
        n_words = words_first[u + 1] - words_first[u]
        for w in range(n_words):
            excluded[words_first[u] + w] |= conflicts[rows_first[u] + at * n_words + w]
        for t in range(term_first[c], term_first[c + 1]):
            slack[term_row[t]] -= term_coefficient[t]
    return taken
