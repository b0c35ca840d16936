"""Independent components: parts of a problem that share no request, volunteer-week or side row.

What is best in one component does not depend on another, so their searches need not multiply. A component is
named by its first request. What has no candidates at all belongs to the first component.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.plan_model.greedy import SideTerms
from engine.plan_model.labels import compiled
from engine.plans import Found
from engine.problem import Branch, Floats, Ints, Problem


@dataclass(frozen=True, slots=True)
class Part:
    """Some components as a problem of their own, and the way back: entry i of it was entry ``candidates[i]``, …."""

    components: tuple[int, ...]
    problem: Problem
    requests: Ints
    weeks: Ints
    candidates: Ints
    rows: Ints

    def plans(self, found: Found) -> Found:
        """Renumber plans of the whole problem that lie in this part."""
        week, members = np.searchsorted(self.weeks, found.week), np.searchsorted(self.candidates, found.members)
        return replace(found, week=week, members=members)

    def chosen(self, chosen: Ints) -> Ints:
        """Renumber those of some candidates that lie in this part."""
        return np.flatnonzero(np.isin(self.candidates, chosen))

    def leaf(self, whole: Problem, branch: Branch) -> Branch:
        """Say a leaf of this part in the numbers of the whole problem."""
        decided = tuple(
            replace(
                decision,
                request=int(self.requests[decision.request]),
                volunteer_week=int(self.weeks[decision.volunteer_week]),
                start=int(self.candidates[decision.start]) if decision.start >= 0 else -1,
            )
            for decision in branch.decided
        )
        requests, rows = np.zeros(whole.n_requests), np.zeros(len(whole.side_rows))
        requests[self.requests], rows[self.rows] = branch.request_prices, branch.row_prices
        return Branch(decided, requests, rows, branch.taken_prices, self.components)


class Components:
    """The components of a problem, and the parts that can be cut from it.

    Parameters
    ----------
    names
        The first request of every component, ascending.
    of_request, of_week, of_candidate, of_row
        The name of the component of each request, volunteer-week, candidate and side row.
    """

    def __init__(self, problem: Problem, side: SideTerms) -> None:
        self._problem = problem
        n_requests, n_weeks = problem.n_requests, problem.n_volunteer_weeks
        root = _roots(problem.request, problem.volunteer_week, side.candidate, side.row, n_requests, n_weeks,
                      len(side.bound))  # fmt: skip
        self.of_candidate: Ints = root[problem.request]
        self.names: Ints = np.unique(self.of_candidate)
        home = np.where(np.isin(root, self.names), root, self.names[0])
        self.of_request, self.of_week, self.of_row = np.split(home, [n_requests, n_requests + n_weeks])
        kinds = (self.of_request, self.of_week, self.of_candidate, self.of_row)
        orders = [np.argsort(labels, kind="stable") for labels in kinds]
        self._sorted = [(order, labels[order]) for order, labels in zip(orders, kinds, strict=True)]

    def part(self, names: Sequence[int]) -> Part:
        """Cut out the components of these names (ascending)."""
        problem = self._problem
        requests, weeks, candidates, rows = (_members(order, labels, names) for order, labels in self._sorted)
        own = Problem(
            needed=problem.needed[requests],
            minutes_left=problem.minutes_left[weeks],
            visits_left=problem.visits_left[weeks],
            load_points=problem.load_points[weeks],
            volunteer=problem.volunteer[weeks],
            request=np.searchsorted(requests, problem.request[candidates]),
            volunteer_week=np.searchsorted(weeks, problem.volunteer_week[candidates]),
            value=problem.value[candidates],
            minutes=problem.minutes[candidates],
            starts=problem.starts[candidates],
            ends=problem.ends[candidates],
            lat=problem.lat[candidates],
            lon=problem.lon[candidates],
            travel=problem.travel,
            side_rows=tuple(
                replace(row, candidates=np.searchsorted(candidates, row.candidates))
                for row in (problem.side_rows[i] for i in rows)
            ),
        )
        return Part(tuple(int(name) for name in names), own, requests, weeks, candidates, rows)

    def fractional(self, week: Ints, shares: Floats, unkept_rows: Ints, whole: float) -> Ints:
        """Name the components with a share further than ``whole`` from 0 and 1, or with a row that is not kept."""
        off = np.minimum(np.abs(shares), np.abs(1 - shares)) > whole
        return np.unique(np.concatenate([self.of_week[week[off]], self.of_row[unkept_rows]]))


def _members(order: Ints, labels: Ints, names: Sequence[int]) -> Ints:
    low, high = np.searchsorted(labels, names), np.searchsorted(labels, names, side="right")
    return np.sort(np.concatenate([order[a:b] for a, b in zip(low, high, strict=True)]))


@compiled
def _root(parent, node):  # type: ignore[no-untyped-def]
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@compiled
def _roots(request, week, term_candidate, term_row, n_requests, n_weeks, n_rows):  # type: ignore[no-untyped-def]
    """Join what candidates and side rows link; nodes are requests, weeks and rows, the root the smallest of its set."""
    parent = np.arange(n_requests + n_weeks + n_rows)
    for k in range(len(request) + len(term_row)):
        c = k if k < len(request) else term_candidate[k - len(request)]
        other = n_requests + week[c] if k < len(request) else n_requests + n_weeks + term_row[k - len(request)]
        a, b = _root(parent, request[c]), _root(parent, other)
        parent[max(a, b)] = min(a, b)
    for node in range(len(parent)):
        parent[node] = _root(parent, node)
    return parent
