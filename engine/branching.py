"""The search for the best plan and its proof: prices, bounds, integer programmes and branching over pairs.

A node of the search is a list of decisions, "this request is served by this volunteer-week, or not". Its bound
is Lagrangian: for any prices >= 0 nothing can be worth more than what all requests, side rows and best plans
earn at those prices. The prices of the leaves are the certificate.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import floor, inf
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.bounds import PROVED, Node, Prices, Pricing, lottery, proof_of, rows_that_bind, worst_points
from engine.errors import NoSolutionError
from engine.greedy import SideTerms, insert_in_order, plan_points, points_of
from engine.plans import Found, Plans
from engine.problem import Assignment, Branch, Floats, Ints, Problem

if TYPE_CHECKING:
    from engine.columns import Master, Relaxation

TINY = 1e-6
"""Points by which a plan must beat its volunteer-week's price to be added; HiGHS's prices are that exact."""

WHOLE = 1e-5
"""Distance from 0 and 1 up to which a share counts as whole."""

PENALTY_MAX = 1e10
"""Points per unit beyond which breaking a rule that must hold is not made dearer; numbers get too coarse."""

N_BEST = (3, 3, 2)
"""Plans asked for per volunteer-week in the first rounds; the last entry repeats."""

INTEGER_STEPS = (0.0, 0.02, 0.2, 1.0)
"""Parts of the distance to the bound by which columns may be behind to enter an integer programme."""

INTEGER_SHARE = 0.2
"""Share of the remaining time one integer programme over the columns may take."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands: best plan's value and bound so far; ``stage`` is a word for people."""

    stage: str
    round: int
    value: float
    bound: float
    gap: float
    n_columns: int


class Clock:
    """The seconds a run may take, counted from now."""

    def __init__(self, limit_s: float) -> None:
        self._ends = time.perf_counter() + limit_s

    def left_s(self) -> float:
        """Seconds left, not below zero."""
        return max(0.0, self._ends - time.perf_counter())


class Search:
    """One run: the columns, the best plan so far, and the leaves of the proof."""

    def __init__(
        self,
        problem: Problem,
        make_master: Callable[[Problem, SideTerms, Ints, float], Master],
        gap: float,
        clock: Clock,
        seed: int,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self._problem, self._gap, self._clock, self._progress = problem, gap, clock, progress
        self._step = problem.resolution
        self._side = SideTerms.of(problem)
        self._plans = Plans(problem)
        self._value = problem.value + lottery(problem, self._step, seed)
        self._worst = worst_points(problem)
        self._penalty = 10.0 * (1.0 + float(np.abs(self._value).max(initial=0.0)) * problem.load_points.shape[1])
        self._master = make_master(problem, self._side, rows_that_bind(problem, self._side), self._penalty)
        self._priced = Pricing(self._plans)
        self._decisions: list[tuple[int, int, Ints, bool]] = []
        self._number: dict[tuple[int, int, int], int] = {}
        self._chosen: Ints | None = None
        self._points = self._worst
        self._round, self._n_nodes, self._bound = 0, 0, inf
        self._by_value = np.argsort(-self._value, kind="stable")

    def run(self) -> Assignment:
        """Search until the proof is complete or the time is over."""
        self._start()
        none = Prices(np.zeros(self._problem.n_requests), np.zeros(len(self._side.bound)))
        root = Node((), inf, none)
        open_nodes = [(-root.bound, 0, root)]
        closed: list[Node] = []
        next_integer, broken = 0, np.empty(0)
        while open_nodes and self._clock.left_s() > 0:
            self._bound = max([-open_nodes[0][0]] + [node.bound for node in closed])
            if -open_nodes[0][0] <= self._enough():
                break
            node = heapq.heappop(open_nodes)[2]
            node, relaxed = self._relax(node)
            self._n_nodes += 1
            if relaxed is not None:
                broken = broken if len(broken) else relaxed.unkept
                self._round_off(relaxed)
                if self._n_nodes > next_integer and node.bound > self._enough():
                    self._choose_integral(relaxed, node)
                    next_integer = 4 * self._n_nodes
            split = None
            if relaxed is not None and node.bound > self._enough():
                split = self._split(relaxed)
            if split is None:
                closed.append(node)
                continue
            for taken in (True, False):
                child = replace(node, decided=(*node.decided, (split, taken)))
                heapq.heappush(open_nodes, (-child.bound, 2 * self._n_nodes + taken, child))
        return self._finish(closed + [node for _, _, node in open_nodes], broken)

    def _start(self) -> None:
        """Find a first plan greedily; it also gives the first columns."""
        problem = self._problem
        asked = self._side.coefficient < 0
        first = np.zeros(problem.n_candidates)
        first[self._side.candidate[asked]] = 1.0 + np.isinf(self._side.penalty[self._side.row[asked]])
        self._by_value = np.lexsort((-self._value, -first))
        chosen = insert_in_order(self._plans, self._side, self._by_value)
        self._offer(chosen)
        self._add(self._by_week(chosen))

    def _relax(self, node: Node) -> tuple[Node, Relaxation | None]:
        """Generate columns until none improves, the node's bound is good enough, or the time is over."""
        self._master.enter(dict(node.decided))
        n_rounds = 0
        while True:
            relaxed = self._master.solve(self._clock.left_s())
            if relaxed is None:
                return node, None
            prices = Prices(
                relaxed.request_prices,
                relaxed.row_prices,
                {k: float(relaxed.decision_prices[k]) for k, taken in node.decided if taken},
            )
            n_best = N_BEST[min(n_rounds, len(N_BEST) - 1)]
            worth = self._worth(prices, node.decided, self._value)
            found = self._priced.price(worth, relaxed.week_prices + TINY, n_best)
            bound = self._fixed_part(prices) + float(found.best.sum())
            if bound < node.bound:
                node = replace(node, bound=bound, prices=prices)
            n_rounds += 1
            self._round += 1
            self._whole(relaxed)
            self._tell("branching" if node.decided else "relaxation", node)
            if node.bound <= self._enough():
                return node, None
            if len(found.week):
                self._add(found)
            elif relaxed.unkept.max(initial=0.0) > WHOLE and self._penalty < PENALTY_MAX:
                self._penalty *= 10.0
                self._master.penalise(self._penalty)
            else:
                return node, relaxed

    def _add(self, found: Found) -> None:
        value = plan_points(self._problem, found.week, found.first, found.members, self._value)
        self._master.add(found, value)

    def _by_week(self, chosen: Ints) -> Found:
        """Arrange an assignment as plans, one per volunteer-week."""
        weeks = self._problem.volunteer_week[chosen]
        order = np.argsort(weeks, kind="stable")
        week, first = np.unique(weeks[order], return_index=True)
        return Found(np.empty(0), week, np.append(first, len(chosen)), chosen[order], np.empty(len(week)))

    def _worth(self, prices: Prices, decided: tuple[tuple[int, bool], ...], value: Floats) -> Floats:
        """Reduce the values of candidates by what they use, and forbid what the node decides against."""
        worth = value - prices.requests[self._problem.request]
        if len(self._side.row):
            worth -= self._side.priced(prices.rows, len(value))
        for k, taken in decided:
            if taken:
                worth[self._decisions[k][2]] += prices.decisions.get(k, 0.0)
        for k, taken in decided:
            if not taken:
                worth[self._decisions[k][2]] = -inf
        return worth

    def _fixed_part(self, prices: Prices) -> float:
        """The bound without the plans: needed pi + b mu - the prices of pairs to be taken."""
        fixed = float(self._problem.needed @ prices.requests) - sum(prices.decisions.values())
        return fixed + float(prices.rows @ self._side.bound)

    def _enough(self) -> float:
        """The bound at which a node needs no further work."""
        scale = max(1.0, abs(self._points))
        if self._chosen is None:
            # A bound below what any assignment is worth shows that there is none.
            return self._worst - PROVED * scale
        return self._points + max(self._gap * scale, PROVED * scale, self._step * (1 - PROVED))

    def _offer(self, chosen: Ints) -> None:
        """Keep a plan when it is feasible and the best so far."""
        if self._side.broken(chosen, self._problem.n_candidates):
            return
        points = points_of(self._problem, self._side, chosen)
        if self._chosen is None or points > self._points:
            self._chosen, self._points = np.sort(chosen), points

    def _whole(self, relaxed: Relaxation) -> bool:
        """Offer the relaxation's own plan when every share is whole."""
        shares = relaxed.shares
        if (np.minimum(shares, np.abs(1 - shares)) > WHOLE).any() or relaxed.unkept.max(initial=0.0) > WHOLE:
            return False
        self._offer(self._members(shares > 0.5)[0])
        return True

    def _members(self, plans: NDArray[np.bool_]) -> tuple[Ints, Ints]:
        """List the candidates of some plans (a mask), and the plan of each."""
        sizes = np.diff(self._master.first)
        inside = np.repeat(plans, sizes)
        return self._master.members[inside], np.repeat(np.arange(len(sizes)), sizes)[inside]

    def _round_off(self, relaxed: Relaxation) -> None:
        """Turn shares into a plan: the largest first, then the rest by value."""
        members, plan = self._members(relaxed.shares > WHOLE)
        share = np.bincount(members, relaxed.shares[plan], minlength=self._problem.n_candidates)
        support = np.flatnonzero(share > WHOLE)
        order = support[np.argsort(-share[support], kind="stable")]
        self._offer(insert_in_order(self._plans, self._side, np.concatenate([order, self._by_value])))

    def _choose_integral(self, relaxed: Relaxation, node: Node) -> None:
        """Solve integer programmes over the columns that can be in a plan better than the best.

        First over the few columns used now, then over those ever further behind: each success narrows the rest.
        """
        master, worth = self._master, self._worth(node.prices, node.decided, self._value)
        value = plan_points(self._problem, master.week, master.first, master.members, worth)
        behind = np.where(relaxed.shares > WHOLE, 0.0, relaxed.week_prices[master.week] - value)
        for part in INTEGER_STEPS:
            self._tell("integer", node)
            kept = np.flatnonzero(behind <= part * (node.bound - self._points) + TINY)
            chosen = master.best_integral(kept, INTEGER_SHARE * self._clock.left_s())
            if chosen is not None:
                self._offer(chosen)
            if node.bound <= self._enough():
                return

    def _split(self, relaxed: Relaxation) -> int | None:
        """Choose the pair to decide next: the one nearest to half; without any, a single start of one."""
        members, plan = self._members(relaxed.shares > WHOLE)
        share, problem = relaxed.shares[plan], self._problem
        n_weeks = problem.n_volunteer_weeks
        pairs = problem.request[members] * n_weeks + problem.volunteer_week[members]
        for keys in (pairs, members):
            key, which = np.unique(keys, return_inverse=True)
            total = np.bincount(which, share, minlength=len(key))
            distance = np.abs(total - np.round(total))
            if distance.max(initial=0.0) > WHOLE:
                chosen = int(key[np.argmax(distance)])
                if keys is pairs:
                    return self._decision(chosen // n_weeks, chosen % n_weeks, -1)
                return self._decision(int(problem.request[chosen]), int(problem.volunteer_week[chosen]), chosen)
        return None

    def _decision(self, request: int, week: int, start: int) -> int:
        key = (request, week, start)
        if key not in self._number:
            problem = self._problem
            pair = np.flatnonzero((problem.request == request) & (problem.volunteer_week == week))
            candidates = pair if start < 0 else np.array([start])
            self._number[key] = self._master.decide(candidates)
            self._decisions.append((request, week, candidates, start < 0))
        return self._number[key]

    def _finish(self, leaves: list[Node], broken: Floats) -> Assignment:
        """Recompute every leaf's bound with the values themselves, and put the result together."""
        pricing = Pricing(self._plans)
        bounds = []
        for leaf in leaves:
            if self._clock.left_s() > 0 or len(leaves) == 1:
                worth = self._worth(leaf.prices, leaf.decided, self._problem.value)
                best = pricing.price(worth, np.zeros(self._problem.n_volunteer_weeks), 1).best
                bounds.append(self._fixed_part(leaf.prices) + float(best.sum()))
            else:
                bounds.append(leaf.bound)
        bound = max(bounds)
        if self._chosen is None:
            raise self._no_solution(bound, broken)
        if self._step:
            bound = floor(bound / self._step + PROVED) * self._step
        # Sums of many numbers in different orders may differ in the last digits.
        bound = max(bound, self._points)
        certificate = () if self._has_starts_decided(leaves) else tuple(self._branch(leaf) for leaf in leaves)
        details = {"rounds": self._round, "columns": self._master.n_columns, "nodes": self._n_nodes}
        proof = proof_of(self._points, bound, self._gap, self._step)
        return Assignment(self._chosen, self._points, bound, proof, "plans", certificate, details)

    def _has_starts_decided(self, leaves: list[Node]) -> bool:
        return any(not self._decisions[k][3] for leaf in leaves for k, _ in leaf.decided)

    def _branch(self, leaf: Node) -> Branch:
        decided = tuple((*self._decisions[k][:2], taken) for k, taken in leaf.decided)
        pair_prices = [leaf.prices.decisions.get(k, 0.0) for k, taken in leaf.decided if taken]
        return Branch(decided, leaf.prices.requests, leaf.prices.rows, np.array(pair_prices, dtype=np.float64))

    def _no_solution(self, bound: float, broken: Floats) -> NoSolutionError:
        hard = [row.name for row in self._problem.side_rows if np.isinf(row.penalty)]
        rows = rows_that_bind(self._problem, self._side)
        unkept = [self._problem.side_rows[i].name for i in rows if np.isinf(self._side.penalty[i])]
        named = [name for name, by in zip(unkept, broken, strict=False) if by > WHOLE] or hard
        if bound < self._worst:
            return NoSolutionError(f"These rules cannot all be kept: {', '.join(named)}.")
        return NoSolutionError(f"No plan that keeps {', '.join(named)} was found in time.")

    def _tell(self, stage: str, node: Node) -> None:
        if self._progress is not None:
            bound = max(node.bound, self._bound) if node.decided else node.bound
            value = self._points if self._chosen is not None else -inf
            gap = max(0.0, bound - value) / max(1.0, abs(value))
            self._progress(Progress(stage, self._round, value, bound, gap, self._master.n_columns))
