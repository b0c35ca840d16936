"""The search for the best plan of one problem: column generation, integer programmes, and branching over pairs.

A node of the search is a list of decisions, "this request is served by this volunteer-week, or not"; where side
rows tell the starts of a pair apart, also "at this start, or not". Its bound is in :mod:`engine.plan_model.bounds`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from math import inf

import numpy as np

from engine.plan_model.bounds import (
    PROVED,
    Bounding,
    Clock,
    Goal,
    Node,
    Prices,
    Pricing,
    Question,
    Start,
    rounded_down,
    rows_that_bind,
    worst_points,
)
from engine.plan_model.columns import Master, Relaxation
from engine.plan_model.greedy import BestPlan, SideTerms, plan_points
from engine.plans import Found, Plans
from engine.problem import Branch, Floats, Ints, Problem

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


class Search:
    """One tree: its columns, the best plan so far, and the leaves of the proof.

    Parameters
    ----------
    value
        Values of the candidates with their tie-breaks.
    tell
        Called with a word for people whenever a round is done.
    """

    def __init__(
        self,
        problem: Problem,
        value: Floats,
        goal: Goal,
        clock: Clock,
        tell: Callable[[str], None],
        start: Start | None = None,
    ) -> None:
        self.problem, self.goal = problem, goal
        self._value, self._clock, self._tell = value, clock, tell
        self._side = SideTerms.of(problem)
        self._bounding = Bounding(problem, self._side)
        rows = rows_that_bind(problem, self._side)
        self._rows, self._hard_rows = rows, rows[np.isinf(self._side.penalty[rows])]
        self._penalty = 10.0 * (1.0 + float(np.abs(value).max(initial=0.0)) * problem.load_points.shape[1])
        self._worst = worst_points(problem)
        self._number: dict[tuple[int, int, int], int] = {}
        self._made: Master | None = None
        self._broken = np.empty(0, dtype=np.int64)
        self._next_integer, self._others = 0, -inf
        self._closed: list[Node] = []
        self._plan = BestPlan(problem, self._side, value, self._worst)
        self.bound = inf
        self.n_rounds, self.n_nodes = 0, 0
        self._start = start
        self._first_plans, root = self._begin()
        self._open = [(-root.bound, 0, root)]

    @cached_property
    def _plans(self) -> Plans:
        """The plans of every week, prepared when first asked for: a search that is settled never does."""
        return Plans(self.problem)

    @cached_property
    def _priced(self) -> Pricing:
        return Pricing(self._plans)

    @property
    def chosen(self) -> Ints | None:
        """The candidates of the best plan so far."""
        return self._plan.chosen

    @property
    def points(self) -> float:
        """What the best plan so far is worth; before there is any, a number no assignment is below."""
        return self._plan.points

    @property
    def done(self) -> bool:
        """Whether nothing is left to decide."""
        return not self._open or -self._open[0][0] <= self._enough()

    @property
    def distance(self) -> float:
        """Points between the bound and the best plan; infinite while there is no plan."""
        return inf if self.chosen is None else max(0.0, self.bound - self.points)

    @property
    def n_columns(self) -> int:
        """Number of plans found so far."""
        return self._made.n_columns if self._made else len(self._first_plans.week)

    @property
    def master(self) -> Master:
        """The linear relaxation, made when first asked for."""
        if self._made is None:
            self._made = Master(self.problem, self._side, self._rows, self._penalty)
            self._add(self._first_plans)
        return self._made

    def step(self) -> None:
        """Bound the most promising node, and split it when it cannot be closed."""
        self.go_on(*self.relax())

    def relax(self) -> tuple[Node, Relaxation | None]:
        """Take the most promising node and bound it; with its relaxation when that leaves a gap."""
        node = heapq.heappop(self._open)[2]
        self._others = max([-self._open[0][0] if self._open else -inf, *(leaf.bound for leaf in self._closed)])
        node, relaxed = self._generate(node)
        self.n_nodes += 1
        if relaxed is not None:
            self._broken = self._broken if len(self._broken) else self.unkept_rows(relaxed)
            self._round_off(relaxed)
        self.bound = max(node.bound, self._others)
        return node, relaxed if node.bound > self._enough() else None

    def go_on(self, node: Node, relaxed: Relaxation | None) -> None:
        """Look for a better plan among the columns, then split the node, or close it."""
        if relaxed is not None and self.n_nodes > self._next_integer:
            self._choose_integral(relaxed, node)
            self._next_integer = 4 * self.n_nodes
        split = self._split(relaxed) if relaxed is not None and node.bound > self._enough() else None
        if split is None:
            self._closed.append(node)
            return
        for taken in (True, False):
            child = replace(node, decided=(*node.decided, (split, taken)))
            heapq.heappush(self._open, (-child.bound, 2 * self.n_nodes + taken, child))

    def leaves(self) -> tuple[list[Branch], float]:
        """Give the leaves of the proof, and the bound they prove with the values themselves."""
        nodes = self._closed + [node for _, _, node in self._open]
        bounds = [node.bound for node in nodes]
        if self._start is not None and not self.n_nodes:
            bounds = [self._bounding.fixed_part(self._start.prices) + self._start.proved_best]
        elif self._clock.left_s() > 0 or len(nodes) == 1:
            bounds = self._bounding.bounds(self._plans, nodes, self.problem.value)
        return [self._bounding.branch(node) for node in nodes], rounded_down(max(bounds), self.goal.step)

    def unkept(self) -> tuple[list[str], bool]:
        """Name the rules that must hold and stood in the way of every plan; whether no plan can keep them."""
        hard = [row.name for row in self.problem.side_rows if np.isinf(row.penalty)]
        named = [self.problem.side_rows[i].name for i in self._broken]
        return named or hard, self.bound < self._worst

    def taken_wholly(self, relaxed: Relaxation) -> Ints:
        """List the candidates of the plans a relaxation takes wholly."""
        return self.master.members_of(relaxed.shares > 1 - WHOLE)[0]

    def unkept_rows(self, relaxed: Relaxation) -> Ints:
        """List the side rows that must hold and do not in a relaxation."""
        return self._hard_rows[relaxed.unkept[: len(self._hard_rows)] > WHOLE]

    def best_by_week(self, node: Node) -> tuple[Floats, Floats]:
        """Find the best plan's worth of every volunteer-week at a node's prices, with tie-breaks and without."""
        floors = np.zeros(self.problem.n_volunteer_weeks)
        worths = [self._bounding.worth(node.prices, node.decided, value) for value in (self._value, self.problem.value)]
        with_ties, without = (self._plans.price(worth, floors).best for worth in worths)
        return with_ties, without

    def _begin(self) -> tuple[Found, Node]:
        """Find a first plan, by what is known or greedily; it also gives the first columns."""
        start = self._start
        if start is None:
            none = Prices(np.zeros(self.problem.n_requests), np.zeros(len(self._side.bound)))
            return self._by_week(self._plan.insert(self._plans)), Node((), inf, none)
        self._plan.offer(start.chosen)
        if self.chosen is None:
            self._plan.insert(self._plans)
        self.bound = self._bounding.fixed_part(start.prices) + start.best
        return start.plans, Node((), self.bound, start.prices)

    def _generate(self, node: Node) -> tuple[Node, Relaxation | None]:
        """Generate columns until none improves, the node's bound is good enough, or the time is over."""
        self.master.enter(dict(node.decided))
        n_rounds = 0
        while True:
            relaxed = self.master.solve(self._clock.left_s())
            if relaxed is None:
                return node, None
            prices = Prices(
                relaxed.request_prices,
                relaxed.row_prices,
                {k: float(relaxed.decision_prices[k]) for k, taken in node.decided if taken},
            )
            n_best = N_BEST[min(n_rounds, len(N_BEST) - 1)]
            worth = self._bounding.worth(prices, node.decided, self._value)
            found = self._priced.price(worth, relaxed.week_prices + TINY, n_best)
            bound = self._bounding.fixed_part(prices) + float(found.best.sum())
            if bound < node.bound:
                node = replace(node, bound=bound, prices=prices)
            n_rounds += 1
            self.n_rounds += 1
            self._offer_whole(relaxed)
            self.bound = max(node.bound, self._others)
            self._tell("branching" if node.decided else "relaxation")
            if node.bound <= self._enough():
                return node, None
            if len(found.week):
                self._add(found)
            elif relaxed.unkept.max(initial=0.0) > WHOLE and self._penalty < PENALTY_MAX:
                self._penalty *= 10.0
                self.master.penalise(self._penalty)
            else:
                return node, relaxed

    def _add(self, found: Found) -> None:
        value = plan_points(self.problem, found.week, found.first, found.members, self._value)
        self.master.add(found, value)

    def _by_week(self, chosen: Ints) -> Found:
        """Arrange an assignment as plans, one per volunteer-week."""
        weeks = self.problem.volunteer_week[chosen]
        order = np.argsort(weeks, kind="stable")
        week, first = np.unique(weeks[order], return_index=True)
        return Found(np.empty(0), week, np.append(first, len(chosen)), chosen[order], np.empty(len(week)))

    def _enough(self) -> float:
        """The bound at which a node needs no further work."""
        if self.chosen is None:
            # A bound below what any assignment is worth shows that there is none.
            return max(self.goal.floor, self._worst - PROVED * max(1.0, abs(self._worst)))
        return self.goal.enough(self.points)

    def _offer_whole(self, relaxed: Relaxation) -> None:
        """Offer the relaxation's own plan when every share is whole."""
        shares = relaxed.shares
        if (np.minimum(shares, np.abs(1 - shares)) > WHOLE).any() or relaxed.unkept.max(initial=0.0) > WHOLE:
            return
        self._plan.offer(self.master.members_of(shares > 0.5)[0])

    def _round_off(self, relaxed: Relaxation) -> None:
        """Turn shares into a plan: the largest first, then the rest by value."""
        members, plan = self.master.members_of(relaxed.shares > WHOLE)
        share = np.bincount(members, relaxed.shares[plan], minlength=self.problem.n_candidates)
        self._plan.insert(self._plans, np.where(share > WHOLE, share, 0.0))

    def _choose_integral(self, relaxed: Relaxation, node: Node) -> None:
        """Solve integer programmes over the columns that can be in a plan better than the best.

        First over the few columns used now, then over those ever further behind: each success narrows the rest.
        """
        master, worth = self.master, self._bounding.worth(node.prices, node.decided, self._value)
        value = plan_points(self.problem, master.week, master.first, master.members, worth)
        behind = np.where(relaxed.shares > WHOLE, 0.0, relaxed.week_prices[master.week] - value)
        for part in INTEGER_STEPS:
            self._tell("integer")
            distance = node.bound - max(self.points, self.goal.floor)
            kept = np.flatnonzero(behind <= part * distance + TINY)
            seconds = INTEGER_SHARE * self.goal.time_share * self._clock.left_s()
            chosen = master.best_integral(kept, seconds)
            if chosen is not None:
                self._plan.offer(chosen)
            if node.bound <= self._enough():
                return

    def _split(self, relaxed: Relaxation) -> int | None:
        """Choose the pair to decide next: the one nearest to half; without any, a single start of one."""
        members, plan = self.master.members_of(relaxed.shares > WHOLE)
        share, problem = relaxed.shares[plan], self.problem
        n_weeks = problem.n_volunteer_weeks
        pairs = problem.request[members] * n_weeks + problem.volunteer_week[members]
        for keys in (pairs, members):
            key, which = np.unique(keys, return_inverse=True)
            total = np.bincount(which, share, minlength=len(key))
            distance = np.abs(total - np.round(total))
            if distance.max(initial=0.0) > WHOLE:
                chosen = int(key[np.argmax(distance)])
                if keys is pairs:
                    return self._question(chosen // n_weeks, chosen % n_weeks, -1)
                return self._question(int(problem.request[chosen]), int(problem.volunteer_week[chosen]), chosen)
        return None

    def _question(self, request: int, week: int, start: int) -> int:
        key = (request, week, start)
        if key not in self._number:
            problem = self.problem
            pair = np.flatnonzero((problem.request == request) & (problem.volunteer_week == week))
            candidates = pair if start < 0 else np.array([start])
            self._number[key] = self.master.decide(candidates)
            self._bounding.questions.append(Question(request, week, start, candidates))
        return self._number[key]
