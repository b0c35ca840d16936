"""The linear relaxation of the plan model over the plans found so far, held by HiGHS and reached through PuLP.

The plan model (formulation page): one column per feasible plan of a volunteer-week; rows for requests (price
pi), for volunteer-weeks (price sigma), and for side rows (price mu). :mod:`engine.plan_model.branching` generates the
columns, :mod:`engine.plan_model.planning` runs it all.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import highspy
import numpy as np
import pulp
from numpy.typing import NDArray

from engine.plan_model.greedy import SideTerms
from engine.plans import Found
from engine.problem import Floats, Ints, Problem


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands: best plan's value and bound so far; ``stage`` is a word for people."""

    stage: str
    round: int
    value: float
    bound: float
    gap: float
    n_columns: int


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One solution of the master: its value, the prices, the shares of the plans, and what no plan could keep.

    ``unkept`` is the violation of each side row that must hold, and of each decision, in that order.
    """

    value: float
    request_prices: Floats
    week_prices: Floats
    row_prices: Floats
    decision_prices: Floats
    shares: Floats
    unkept: Floats


class Master:
    """The linear relaxation over the plans found so far; plans are added, decisions switched, never rebuilt.

    Parameters
    ----------
    rows
        Indices of the side rows that can bind at all.
    penalty
        Points per unit by which a row that must hold, or a decision, is not kept.
    """

    def __init__(self, problem: Problem, side: SideTerms, rows: Ints, penalty: float) -> None:
        self._problem, self._side, self._rows = problem, side, rows
        self._n_requests, self._n_weeks = problem.n_requests, problem.n_volunteer_weeks
        self._row_of_side = np.full(len(side.bound), -1)
        self._row_of_side[rows] = self._n_requests + self._n_weeks + np.arange(len(rows))
        self._highs = _through_pulp()
        upper = np.concatenate([problem.needed.astype(float), np.ones(self._n_weeks), side.bound[rows]])
        _add_rows(self._highs, upper)
        self.week = np.empty(0, dtype=np.int64)
        self.first = np.zeros(1, dtype=np.int64)
        self.members = np.empty(0, dtype=np.int64)
        self.value = np.empty(0)
        self._column = np.empty(0, dtype=np.int64)
        self._upper = np.empty(0)
        self._decided: dict[int, bool] = {}
        self._decisions: list[Ints] = []
        self._decision_rows: list[int] = []
        self._spare = [self._add_spare(self._n_requests + self._n_weeks + k) for k in range(len(rows))]
        self._spare_of_decision: list[int] = []
        self._penalised = np.flatnonzero(np.isinf(side.penalty[rows]))
        self.penalise(penalty)

    @property
    def n_columns(self) -> int:
        """Number of plans in the master."""
        return len(self.value)

    @property
    def penalty(self) -> float:
        """Points per unit of breaking a row that must hold, or a decision."""
        return self._penalty

    @property
    def solver(self) -> highspy.Highs:
        """The HiGHS object behind the PuLP programme."""
        return self._highs

    def penalise(self, penalty: float) -> None:
        """Set the points per unit of breaking a row that must hold, or a decision."""
        self._penalty = penalty
        costs = np.where(np.isinf(self._side.penalty[self._rows]), penalty, self._side.penalty[self._rows])
        for column, cost in zip(self._spare, costs, strict=True):
            self._highs.changeColCost(column, float(cost))
        for column in self._spare_of_decision:
            self._highs.changeColCost(column, penalty)

    def add(self, found: Found, value: Floats) -> None:
        """Add plans worth ``value`` points each."""
        n = len(found.week)
        if n == 0:
            return
        starts, indices, coefficients = self._entries(found)
        begin = self._highs.getNumCol()
        self._highs.addCols(
            n, -value, np.zeros(n), np.full(n, inf), len(indices), starts[:-1].astype(np.int32),
            indices.astype(np.int32), coefficients,
        )  # fmt: skip
        self.week = np.concatenate([self.week, found.week])
        self.first = np.concatenate([self.first, self.first[-1] + found.first[1:]])
        self.members = np.concatenate([self.members, found.members])
        self.value = np.concatenate([self.value, value])
        self._column = np.concatenate([self._column, begin + np.arange(n)])
        self._upper = np.concatenate([self._upper, np.full(n, inf)])

    def decide(self, candidates: Ints) -> int:
        """Add a row for the decision how many of these candidates are taken; it is open."""
        hit, n_taken = self._hits(candidates, self.first, self.members)
        columns = self._column[hit].astype(np.int32)
        row = self._highs.getNumRow()
        self._highs.addRow(-inf, inf, len(columns), columns, -n_taken)
        self._spare_of_decision.append(self._add_spare(row))
        self._highs.changeColCost(self._spare_of_decision[-1], self._penalty)
        self._decisions.append(candidates)
        self._decision_rows.append(row)
        return len(self._decisions) - 1

    def enter(self, decided: dict[int, bool]) -> None:
        """Switch the decisions: taken, not taken, or open when absent."""
        upper = np.full(self.n_columns, inf)
        for k, candidates in enumerate(self._decisions):
            if decided.get(k) is False:
                upper[self._hits(candidates, self.first, self.members)[0]] = 0.0
            if decided.get(k) != self._decided.get(k):
                self._highs.changeRowBounds(self._decision_rows[k], -inf, -1.0 if decided.get(k) else inf)
        changed = np.flatnonzero(upper != self._upper)
        columns = self._column[changed].astype(np.int32)
        self._highs.changeColsBounds(len(changed), columns, np.zeros(len(changed)), upper[changed])
        self._decided, self._upper = decided, upper

    def solve(self, seconds: float) -> Relaxation | None:
        """Solve the relaxation from the last basis; ``None`` when the time is over."""
        # HiGHS counts the seconds of all runs of one object together.
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + max(0.0, seconds))
        self._highs.run()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = self._highs.getSolution()
        prices = np.maximum(0.0, -np.array(solution.row_dual))
        x = np.array(solution.col_value)
        n_requests, n_weeks = self._n_requests, self._n_weeks
        row_prices = np.zeros(len(self._side.bound))
        row_prices[self._rows] = np.minimum(
            prices[n_requests + n_weeks :][: len(self._rows)],
            self._side.penalty[self._rows],
        )
        unkept = [self._spare[k] for k in self._penalised] + self._spare_of_decision
        return Relaxation(
            value=-float(self._highs.getInfo().objective_function_value),
            request_prices=prices[:n_requests],
            week_prices=prices[n_requests : n_requests + n_weeks],
            row_prices=row_prices,
            decision_prices=prices[self._decision_rows],
            shares=x[self._column],
            unkept=x[unkept],
        )

    def best_integral(self, kept: Ints, seconds: float) -> Ints | None:
        """Choose among the plans ``kept`` (ascending) by integer programming: candidates, or ``None``."""
        highs = _through_pulp(time_limit=float(max(0.01, seconds)), mip_rel_gap=1e-7, mip_abs_gap=1e-6)
        side, rows = self._side, self._rows
        upper = np.concatenate([self._problem.needed.astype(float), np.ones(self._n_weeks), side.bound[rows]])
        _add_rows(highs, upper)
        for k, i in enumerate(rows):
            if np.isfinite(side.penalty[i]):
                row = np.array([self._n_requests + self._n_weeks + k], dtype=np.int32)
                highs.addCol(float(side.penalty[i]), 0.0, inf, 1, row, np.array([-1.0]))
        n, begin = len(kept), highs.getNumCol()
        part = self.plans(kept)
        starts, indices, coefficients = self._entries(part, with_decisions=False)
        highs.addCols(
            n, -self.value[kept], np.zeros(n), np.ones(n), len(indices), starts[:-1].astype(np.int32),
            indices.astype(np.int32), coefficients,
        )  # fmt: skip
        columns = np.arange(begin, begin + n, dtype=np.int32)
        highs.changeColsIntegrality(n, columns, np.full(n, highspy.HighsVarType.kInteger))
        highs.run()
        if highs.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        taken = np.array(highs.getSolution().col_value)[begin:] > 0.5
        return part.members[np.repeat(taken, np.diff(part.first))]

    def plans(self, kept: Ints) -> Found:
        """Take out the plans ``kept`` (ascending)."""
        sizes = np.diff(self.first)
        inside = np.zeros(self.n_columns, dtype=np.bool_)
        inside[kept] = True
        first = np.concatenate([[0], np.cumsum(sizes[kept])])
        members = self.members[np.repeat(inside, sizes)]
        return Found(np.empty(0), self.week[kept], first, members, self.value[kept])

    def members_of(self, plans: NDArray[np.bool_]) -> tuple[Ints, Ints]:
        """List the candidates of some plans (a mask), and the plan of each."""
        sizes = np.diff(self.first)
        inside = np.repeat(plans, sizes)
        return self.members[inside], np.repeat(np.arange(len(sizes)), sizes)[inside]

    def _add_spare(self, row: int) -> int:
        """Add a column by which a row can be exceeded; return its index."""
        column = self._highs.getNumCol()
        self._highs.addCol(0.0, 0.0, inf, 1, np.array([row], dtype=np.int32), np.array([-1.0]))
        return column

    def _entries(self, found: Found, with_decisions: bool = True) -> tuple[Ints, Ints, Floats]:
        """Write plans as matrix columns: where each begins, the rows, the coefficients."""
        n = len(found.week)
        plan = np.repeat(np.arange(n), np.diff(found.first))
        parts = [
            (plan, self._problem.request[found.members], np.ones(len(plan))),
            (np.arange(n), self._n_requests + found.week, np.ones(n)),
        ]
        if len(self._rows):
            parts.append(self._side_entries(plan, found.members))
        for k, candidates in enumerate(self._decisions if with_decisions else []):
            hit, n_taken = self._hits(candidates, found.first, found.members)
            parts.append((hit, np.full(len(hit), self._decision_rows[k]), -n_taken))
        plans, rows, coefficients = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.argsort(plans, kind="stable")
        return np.searchsorted(plans[order], np.arange(n + 1)), rows[order], coefficients[order]

    def _side_entries(self, plan: Ints, members: Ints) -> tuple[Ints, Ints, Floats]:
        """Add up the terms of each plan in each side row."""
        side = self._side
        n_terms = side.first[members + 1] - side.first[members]
        term = np.arange(n_terms.sum()) - np.repeat(np.cumsum(n_terms) - n_terms, n_terms)
        term += np.repeat(side.first[members], n_terms)
        kept = self._row_of_side[side.row[term]] >= 0
        term, plan = term[kept], np.repeat(plan, n_terms)[kept]
        key = plan * len(side.bound) + side.row[term]
        cells, which = np.unique(key, return_inverse=True)
        total = np.bincount(which, side.coefficient[term], len(cells)).astype(np.float64)
        return cells // len(side.bound), self._row_of_side[cells % len(side.bound)], total

    @staticmethod
    def _hits(candidates: Ints, first: Ints, members: Ints) -> tuple[Ints, Floats]:
        """List the plans with some of the candidates, and with how many."""
        at = np.flatnonzero(np.isin(members, candidates))
        plans, n_taken = np.unique(np.searchsorted(first, at, side="right") - 1, return_counts=True)
        return plans, n_taken.astype(np.float64)


def _through_pulp(**options: float) -> highspy.Highs:
    """Start a PuLP programme (minimising) with a persistent HiGHS object, to be filled in bulk."""
    programme = pulp.LpProblem("plans", pulp.LpMinimize)
    programme += 0 * programme.add_variable("nothing", 0, 0)
    # One number of threads throughout: a second HiGHS object with another fails without a word.
    programme.solve(pulp.HiGHS(msg=False, threads=1, **options))
    highs: highspy.Highs = programme.solverModel
    return highs


def _add_rows(highs: highspy.Highs, upper: NDArray[np.float64]) -> None:
    n = len(upper)
    none = np.empty(0, dtype=np.int32)
    highs.addRows(n, np.full(n, -inf), upper, 0, np.zeros(n, dtype=np.int32), none, np.empty(0))
