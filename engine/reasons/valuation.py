"""What candidates, plans and assignments are worth in a changed programme: its bounds, its prices, its points.

Nothing is solved here. Side rows are added up by pattern: candidates of the same terms share one, so that few
numbers stand for many.
"""

from __future__ import annotations

from math import ceil, inf

import numpy as np

from engine.plan_model.bounds import PROVED, Prices
from engine.plan_model.greedy import SideTerms, plan_points
from engine.plan_model.labels import MINUTES_SPARE
from engine.plans import Found
from engine.problem import Floats, Ints, Problem
from engine.reasons.questions import Bools, Question


class Valuation:
    """The values of a problem, and how a question changes what hangs on them.

    Parameters
    ----------
    allowed
        What is a candidate without any change.
    kept
        Candidates in whose favour ties are settled, by less than half a step together.
    equity_floor_share
        The policy's: floors follow the requests that have candidates.
    """

    def __init__(self, problem: Problem, allowed: Bools, kept: Ints, equity_floor_share: float) -> None:
        self.problem, self._allowed, self._share = problem, allowed, equity_floor_share
        self.step = problem.resolution
        self.ties = np.zeros(problem.n_candidates)
        self.ties[kept] = 0.45 * self.step / max(1, int(problem.needed.sum()))
        self.value = problem.value + self.ties
        self.side = SideTerms.of(problem)
        self._sums = _SideSums(self.side, problem.n_candidates)
        self._is_hard = np.isinf(self.side.penalty)
        self._n_allowed = np.bincount(problem.request[allowed], minlength=problem.n_requests)
        self._floor_of = np.full(problem.n_requests, -1)
        self._pins: list[int] = []
        for i, row in enumerate(problem.side_rows):
            if row.name.startswith("equity:"):
                self._floor_of[problem.request[row.candidates]] = i
            elif row.name.startswith("pin:"):
                self._pins.append(i)

    def above(self, points: float) -> float:
        """The bound up to which no plan is worth more than ``points``, since values go in steps."""
        return points + self.step * (1 - PROVED)

    def needed(self, question: Question) -> Ints:
        """Volunteers needed by request, one less for the request that is left short."""
        if question.unserved < 0:
            return question.needed
        needed = question.needed.copy()
        needed[question.unserved] -= 1
        return needed

    def bounds(self, question: Question) -> Floats:
        """Work the side rows' bounds out anew: floors and pins hang on who has candidates."""
        problem, bounds = self.problem, self.side.bound.copy()
        counted_by = question.allowed if question.counted is None else question.counted
        differs = np.flatnonzero(counted_by != self._allowed)
        signs = np.where(counted_by[differs], 1.0, -1.0)
        has = self._n_allowed + np.bincount(problem.request[differs], signs, problem.n_requests) > 0
        counted = has & (self._floor_of >= 0)
        needed = np.bincount(self._floor_of[counted], question.needed[counted], minlength=len(bounds))
        for i in np.unique(self._floor_of[self._floor_of >= 0]).tolist():
            bounds[i] = -float(ceil(self._share * needed[i] - 1e-9))
        for i in self._pins:
            bounds[i] = -1.0 if counted_by[problem.side_rows[i].candidates].any() else 0.0
        bounds[list(question.lifted)] = 0.0
        return bounds

    def worth(self, question: Question, prices: Prices, only: Ints | None = None) -> Floats:
        """Reduce the values of candidates by what they use; minus infinity where not allowed, or not in ``only``."""
        rows = np.flatnonzero(question.allowed) if only is None else only[question.allowed[only]]
        worth = np.full(self.problem.n_candidates, -inf)
        worth[rows] = self.value[rows] - prices.requests[self.problem.request[rows]]
        worth[rows] -= self._sums.priced(prices.rows, rows)
        for k, (candidates, _) in enumerate(question.demands):
            worth[candidates] += prices.decisions.get(k, 0.0)
        return worth

    def fixed(self, question: Question, needed: Ints, bounds: Floats, prices: Prices) -> float:
        """Add up what the bound has besides the plans: needed pi + b mu - the prices of what is demanded."""
        demanded = sum(prices.decisions.get(k, 0.0) * n for k, (_, n) in enumerate(question.demands))
        return float(needed @ prices.requests) + float(bounds @ prices.rows) - demanded

    def points(self, bounds: Floats, chosen: Ints) -> float:
        """Evaluate the objective of a set of candidates; minus infinity when a row that must hold is broken."""
        plans, over = self.by_week(chosen), self._sums.left_sides(chosen) - bounds
        if (over[self._is_hard] > MINUTES_SPARE).any():
            return -inf
        points = float(plan_points(self.problem, plans.week, plans.first, plans.members, self.problem.value).sum())
        points -= float(self.side.penalty[~self._is_hard] @ np.maximum(0.0, over[~self._is_hard]))
        return round(round(points / self.step) * self.step, 9) if self.step else points

    def points_in(self, question: Question, bounds: Floats, chosen: Ints) -> float:
        """Evaluate the objective; minus infinity also when a candidate is not allowed."""
        return self.points(bounds, chosen) if question.allowed[chosen].all() else -inf

    def by_week(self, chosen: Ints) -> Found:
        """Arrange an assignment as plans, one per volunteer-week."""
        weeks = self.problem.volunteer_week[chosen]
        order = np.argsort(weeks, kind="stable")
        week, first = np.unique(weeks[order], return_index=True)
        return Found(np.empty(0), week, np.append(first, len(chosen)), chosen[order], np.empty(len(week)))


class _SideSums:
    """The terms of the side rows, by pattern of candidate."""

    def __init__(self, side: SideTerms, n_candidates: int) -> None:
        n_terms = np.diff(side.first)
        most = int(n_terms.max(initial=0))
        nth = np.arange(len(side.row)) - np.repeat(side.first[:-1], n_terms)
        rows = np.full((n_candidates, most), -1.0)
        coefficients = np.zeros((n_candidates, most))
        rows[side.candidate, nth], coefficients[side.candidate, nth] = side.row, side.coefficient
        distinct, which = np.unique(np.hstack([rows, coefficients]), axis=0, return_inverse=True)
        self._row: Ints = distinct[:, :most].astype(np.int64)
        self._coefficient: Floats = np.ascontiguousarray(distinct[:, most:])
        self._pattern: Ints = which.reshape(-1).astype(np.int64)
        self._n_rows = len(side.bound)

    def priced(self, prices: Floats, candidates: Ints) -> Floats:
        """Add up ``a_ic mu_i`` by candidate."""
        if not self._n_rows:
            return np.zeros(len(candidates))
        # A pattern of fewer terms is filled up with zero times the last row.
        total: Floats = (self._coefficient * prices[self._row]).sum(axis=1)[self._pattern[candidates]]
        return total

    def left_sides(self, chosen: Ints) -> Floats:
        """Evaluate ``sum_c a_ic x_c`` of every row."""
        if not self._n_rows:
            return np.zeros(0)
        patterns = self._pattern[chosen]
        rows, coefficients = self._row[patterns].ravel(), self._coefficient[patterns].ravel()
        total: Floats = np.bincount(np.where(rows < 0, 0, rows), coefficients, self._n_rows).astype(np.float64)
        return total
