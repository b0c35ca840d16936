"""The compact model: the formulation page (``engine/README.md``) as a PuLP problem, one function per number.

=========  =====================================================================================
symbol     meaning
=========  =====================================================================================
r, u, c    a request; a volunteer-week (one volunteer in one week); a candidate
w[c]       value of candidate c, points
m[c]       minutes c takes of the week: the visit and the way there
n[r]       volunteers request r needs
M[u]       minutes volunteer-week u has left
V[u]       visits volunteer-week u has left
l[u, k]    load points of the k-th new visit of volunteer-week u, never increasing in k
a[i, c]    coefficient of candidate c in side row i, with bound b[i] and penalty p[i]
x[c]       1 when candidate c is chosen
y[u, k]    1 when volunteer-week u makes at least k new visits
s[i]       shortfall of side row i
=========  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

import numpy as np
import pulp
from pulp import LpAffineExpression, LpConstraint, LpProblem, LpVariable, lpSum

from engine.problem import NO_TIME, Ints, Problem

Rule = Iterator[tuple[str, LpConstraint]]


def compact(problem: Problem) -> tuple[LpProblem, list[LpVariable]]:
    """Write the compact model down.

    Returns
    -------
    tuple
        The PuLP problem (a maximisation) and its x, one variable per candidate, in order.
    """
    model = LpProblem("compact", pulp.LpMaximize)
    x = [model.add_variable(f"x_{c}", cat=pulp.LpBinary) for c in range(problem.n_candidates)]
    y = {(u, k): model.add_variable(f"y_{u}_{k}", lowBound=0, upBound=limit) for u, k, limit in _load_steps(problem)}
    s = [
        model.add_variable(f"s_{i}", lowBound=0) if isfinite(row.penalty) else 0
        for i, row in enumerate(problem.side_rows)
    ]

    model += total_value(problem, x, y, s), "value"
    for rule in (
        no_more_than_needed(problem, x),
        one_start_per_pair(problem, x),
        within_minutes(problem, x),
        within_visits(problem, x),
        one_visit_at_a_time(problem, x),
        load_in_steps(problem, x, y),
        side_rows(problem, x, s),
    ):
        for name, constraint in rule:
            model += constraint, name
    return model, x


def total_value(
    problem: Problem, x: list[LpVariable], y: dict[tuple[int, int], LpVariable], s: list[LpVariable | int]
) -> LpAffineExpression:
    """(0)  max  sum_c w[c] x[c] + sum_u,k l[u, k] y[u, k] - sum_i p[i] s[i]."""
    w, load, p = problem.value, problem.load_points, [row.penalty for row in problem.side_rows]
    return (
        lpSum(float(w[c]) * x[c] for c in range(len(w)))
        + lpSum(float(load[u, k]) * y[u, k] for u, k in y)
        - lpSum(p[i] * s[i] for i in range(len(s)) if isfinite(p[i]))
    )


def no_more_than_needed(problem: Problem, x: list[LpVariable]) -> Rule:
    """(1)  sum_{c of r} x[c] <= n[r]  for every request r."""
    for r, cs in _groups(problem.request):
        yield f"needed_{r}", lpSum(x[c] for c in cs) <= int(problem.needed[r])


def one_start_per_pair(problem: Problem, x: list[LpVariable]) -> Rule:
    """(1')  sum_{c of r and u} x[c] <= 1  for every request r of several volunteers and volunteer-week u."""
    pair = problem.request * max(1, problem.n_volunteer_weeks) + problem.volunteer_week
    for code, cs in _groups(pair):
        if len(cs) > 1 and problem.needed[problem.request[cs[0]]] > 1:
            yield f"pair_{code}", lpSum(x[c] for c in cs) <= 1


def within_minutes(problem: Problem, x: list[LpVariable]) -> Rule:
    """(2)  sum_{c of u} m[c] x[c] <= M[u]  for every volunteer-week u."""
    m, M = problem.minutes, problem.minutes_left
    for u, cs in _groups(problem.volunteer_week):
        if isfinite(M[u]):
            yield f"minutes_{u}", lpSum(float(m[c]) * x[c] for c in cs) <= float(M[u])


def within_visits(problem: Problem, x: list[LpVariable]) -> Rule:
    """(3)  sum_{c of u} x[c] <= V[u]  for every volunteer-week u."""
    V = problem.visits_left
    for u, cs in _groups(problem.volunteer_week):
        if isfinite(V[u]):
            yield f"visits_{u}", lpSum(x[c] for c in cs) <= int(V[u])


def one_visit_at_a_time(problem: Problem, x: list[LpVariable]) -> Rule:
    """(4)  sum_{c in K} x[c] <= 1  for every maximal set K of overlapping visits, and every other conflicting pair.

    Two visits of a volunteer-week conflict when neither can end, leave the way and the rest, and be in time
    for the other.
    """
    for u, cs in _groups(problem.volunteer_week):
        for number, clique in enumerate(conflicts(problem, cs)):
            yield f"time_{u}_{number}", lpSum(x[c] for c in clique) <= 1


def load_in_steps(problem: Problem, x: list[LpVariable], y: dict[tuple[int, int], LpVariable]) -> Rule:
    """(5)  sum_k y[u, k] = sum_{c of u} x[c]: the k-th visit earns l[u, k]; concave, so steps fill in order."""
    n_steps = problem.load_points.shape[1]
    for u, cs in _groups(problem.volunteer_week):
        if (u, 0) in y:
            yield f"load_{u}", lpSum(y[u, k] for k in range(n_steps)) == lpSum(x[c] for c in cs)


def side_rows(problem: Problem, x: list[LpVariable], s: list[LpVariable | int]) -> Rule:
    """(6)-(9)  sum_c a[i, c] x[c] - s[i] <= b[i]: equity floors, lending caps, pins, one start over weeks."""
    for i, row in enumerate(problem.side_rows):
        terms = [float(a) * x[c] for c, a in zip(row.candidates.tolist(), row.coefficients.tolist(), strict=True)]
        yield f"side_{i}", lpSum(terms) - s[i] <= row.bound


def conflicts(problem: Problem, cs: Ints) -> list[Ints]:
    """Cover every conflict among candidates ``cs`` of one volunteer-week by sets of which one may be chosen.

    Returns
    -------
    list
        Maximal sets of visits that overlap at one moment, each lengthened by the least gap; then a pair for
        every further conflict, where only the way between two places is too long.
    """
    cs = cs[problem.starts[cs] != NO_TIME]
    cs = cs[np.lexsort((cs, problem.ends[cs], problem.starts[cs]))]
    starts, ends = problem.starts[cs], problem.ends[cs]
    gap = problem.travel.gap_seconds(problem.lat[cs], problem.lon[cs])
    fits = ends[:, None] + gap <= starts[None, :]
    conflict = ~(fits | fits.T)
    np.fill_diagonal(conflict, False)
    reach = ends + (gap.min() if len(cs) else 0)
    cliques: list[frozenset[int]] = []
    for b in range(len(cs)):
        earlier = np.flatnonzero((reach[:b] > starts[b]) & conflict[b, :b])
        now = frozenset([*earlier.tolist(), b])
        if cliques and cliques[-1] <= now:
            cliques.pop()
        cliques.append(now)
    cliques = [clique for clique in cliques if len(clique) > 1]
    for clique in cliques:
        members = np.array(sorted(clique))
        conflict[np.ix_(members, members)] = False
    pairs = [frozenset(pair) for pair in np.argwhere(np.triu(conflict)).tolist()]
    return [cs[np.array(sorted(group))] for group in cliques + pairs]


def _load_steps(problem: Problem) -> Iterator[tuple[int, int, float | None]]:
    """Yield u, k and the upper bound of y[u, k]: the last step repeats, so it has none."""
    n_steps = problem.load_points.shape[1]
    for u in np.unique(problem.volunteer_week).tolist():
        if problem.load_points[u].any():
            for k in range(n_steps):
                yield u, k, 1.0 if k < n_steps - 1 else None


def _groups(of: Ints) -> Iterator[tuple[int, Ints]]:
    """Yield each index that occurs with the candidates that carry it."""
    order = np.argsort(of, kind="stable")
    keys, first = np.unique(of[order], return_index=True)
    yield from zip(keys.tolist(), np.split(order, first[1:]), strict=True)
