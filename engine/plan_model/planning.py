"""Proved optimal at scale: the plan model from end to end, first all components together, then each apart.

The relaxation of the whole is mostly whole-numbered, and then everything is proved at once. Where it is not,
the components with fractions get a search of their own, so that branching in one does not multiply with
branching in another; all others stay together, settled by the prices they have.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import numpy as np

from engine.errors import NoSolutionError
from engine.plan_model.bounds import Clock, Goal, Node, Prices, Start, lottery, proof_of
from engine.plan_model.branching import WHOLE, Search
from engine.plan_model.columns import Progress, Relaxation
from engine.plan_model.components import Components, Part
from engine.plan_model.greedy import SideTerms, points_of
from engine.problem import Assignment, Branch, Floats, Ints, Problem


def solve_plans(
    problem: Problem,
    *,
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    seed: int = 0,
    progress: Callable[[Progress], None] | None = None,
    ties: Floats | None = None,
) -> Assignment:
    """Solve a matching problem over weekly plans, and prove how good the result is.

    Parameters
    ----------
    gap
        Relative distance of plan and bound at which to stop; 0 asks for the optimum.
    time_limit_s
        Seconds after which the best plan and the bound reached so far are returned.
    seed
        Settles ties between plans of equal value by lottery; the same seed gives the same plan.
    progress
        Called after every round; whatever it raises ends the run and reaches the caller.
    ties
        Points by candidate that settle ties in place of the lottery; together below half a step of the objective.

    Returns
    -------
    Assignment
        With the certificate whose prices prove its bound.

    Raises
    ------
    NoSolutionError
        When the side rows that must hold cannot all be kept, or no plan keeping them was found in time.
    """
    ties = lottery(problem, problem.resolution, seed) if ties is None else ties
    return _Run(problem, gap, Clock(time_limit_s), ties, progress).finish()


class _Run:
    """The searches of one run; a search without a part is that of the whole problem."""

    def __init__(
        self, problem: Problem, gap: float, clock: Clock, ties: Floats, progress: Callable[[Progress], None] | None
    ) -> None:
        self._problem, self._gap, self._clock, self._progress = problem, gap, clock, progress
        self._side = SideTerms.of(problem)
        self._step = problem.resolution
        self._value = problem.value + ties
        self._n_before = np.zeros(3, dtype=np.int64)
        self._searches: list[tuple[Part | None, Search]] = []
        self._together()
        self._decide()

    def finish(self) -> Assignment:
        """Put plans, bounds and leaves of all searches together."""
        chosen: list[Ints] = []
        certificate: list[Branch] = []
        bound = 0.0
        for part, search in self._searches:
            leaves, bound_here = search.leaves()
            if search.chosen is None:
                raise _no_solution(search)
            chosen.append(search.chosen if part is None else part.candidates[search.chosen])
            certificate += leaves if part is None else [part.leaf(self._problem, leaf) for leaf in leaves]
            bound += bound_here
        together = np.sort(np.concatenate(chosen))
        points = points_of(self._problem, self._side, together)
        # Sums of many numbers in different orders may differ in the last digits.
        bound = max(bound, points)
        proof = proof_of(points, bound, self._gap, self._step)
        n_rounds, n_nodes, n_columns = self._counts().tolist()
        details = {"rounds": n_rounds, "columns": n_columns, "nodes": n_nodes, "parts": len(self._searches)}
        return Assignment(together, points, bound, proof, "plans", tuple(certificate), details)

    def _together(self) -> None:
        """Solve the relaxation of the whole; what it leaves open is searched apart when there are components."""
        whole = Search(self._problem, self._value, Goal(self._step, self._gap), self._clock, self._tell)
        self._searches = [(None, whole)]
        if self._clock.left_s() <= 0:
            return
        node, relaxed = whole.relax()
        if relaxed is not None and self._clock.left_s() > 0:
            components = Components(self._problem, self._side)
            fractional = components.fractional(whole.master.week, relaxed.shares, whole.unkept_rows(relaxed), WHOLE)
            if len(fractional) and len(components.names) > 1:
                self._apart(whole, components, fractional, node, relaxed)
                return
        whole.go_on(node, relaxed)

    def _apart(self, whole: Search, components: Components, fractional: Ints, node: Node, relaxed: Relaxation) -> None:
        """Give each component with fractions a search of its own, and all others one together."""
        settled = np.setdiff1d(components.names, fractional)
        groups = ([settled] if len(settled) else []) + [np.array([name]) for name in fractional]
        known = whole.chosen if whole.chosen is not None else np.empty(0, dtype=np.int64)
        taken = whole.taken_wholly(relaxed)
        known = np.concatenate([
            known[np.isin(components.of_candidate[known], fractional)],
            taken[np.isin(components.of_candidate[taken], settled)],
        ])  # fmt: skip
        left = self._gap * max(1.0, abs(whole.points)) if whole.chosen is not None else 0.0
        best, proved_best = whole.best_by_week(node)
        searches: list[tuple[Part | None, Search]] = []
        for names in groups:
            part = components.part(names)
            columns = whole.master.plans(np.flatnonzero(np.isin(whole.master.week, part.weeks)))
            prices = Prices(node.prices.requests[part.requests], node.prices.rows[part.rows])
            sums = float(best[part.weeks].sum()), float(proved_best[part.weeks].sum())
            start = Start(part.plans(columns), part.chosen(known), prices, *sums)
            goal = Goal(self._step, allowance=left / len(groups), time_share=1 / len(groups))
            value = self._value[part.candidates]
            searches.append((part, Search(part.problem, value, goal, self._clock, self._tell, start)))
        self._n_before = self._counts()
        self._n_before[2] = 0
        self._searches = searches

    def _decide(self) -> None:
        """Go on with the search that is furthest from its proof, until all are proved or the time is over."""
        while self._clock.left_s() > 0:
            if self._distance() <= self._gap * max(1.0, abs(self._points())):
                return
            # A search without any plan is furthest from its proof, and when it ends without one, so does the run.
            searches = sorted((search for _, search in self._searches), key=lambda search: -search.distance)
            unfinished = [search for search in searches if not search.done]
            if not unfinished or (searches[0].chosen is None and searches[0].done):
                return
            unfinished[0].step()

    def _points(self) -> float:
        return sum(search.points for _, search in self._searches)

    def _distance(self) -> float:
        return sum(search.distance for _, search in self._searches)

    def _counts(self) -> Ints:
        """Count rounds, nodes and columns."""
        of_each = [(search.n_rounds, search.n_nodes, search.n_columns) for _, search in self._searches]
        total: Ints = self._n_before + np.sum(of_each, axis=0)
        return total

    def _tell(self, stage: str) -> None:
        if self._progress is None:
            return
        bound = sum(search.bound for _, search in self._searches)
        found = all(search.chosen is not None for _, search in self._searches)
        value = self._points() if found else -inf
        n_rounds, _, n_columns = self._counts().tolist()
        gap = max(0.0, bound - value) / max(1.0, abs(value)) if found else inf
        self._progress(Progress(stage, n_rounds, value, bound, gap, n_columns))


def _no_solution(search: Search) -> NoSolutionError:
    names, impossible = search.unkept()
    if impossible:
        return NoSolutionError(f"These rules cannot all be kept: {', '.join(names)}.")
    return NoSolutionError(f"No plan that keeps {', '.join(names)} was found in time.")
