"""The compact model as one sparse matrix, assembled once and handed to every peer that can take it.

The rows are those of ``engine/formulation.py``, (1) to (9); columns are x (one per candidate), then y (one per
load step), then s (one per soft side row). A test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

# Peers read these rows in processes that know nothing of the engine: it would count as their memory, and
# OR-Tools cannot be loaded into a process after highspy.
if TYPE_CHECKING:
    from engine.problem import Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Block = tuple[Ints, Ints, Floats, Floats, Floats]
"""Row, column and coefficient of each entry, then the lower and upper bounds of the rows."""


@dataclass(frozen=True, slots=True)
class CompactRows:
    """Maximise ``points @ z`` subject to ``lower <= matrix @ z <= upper`` and ``0 <= z <= most``.

    Parameters
    ----------
    n_candidates
        The first so many columns are x, and binary.
    matrix
        Shape (n_rows, n_columns), compressed by row.
    resolution
        The number every plan's points are a multiple of, such as a hundredth; 0 when there is none.
    """

    n_candidates: int
    points: Floats
    most: Floats
    matrix: sparse.csr_array
    lower: Floats
    upper: Floats
    resolution: float


def compact_rows(problem: Problem) -> CompactRows:
    """Assemble the compact model."""
    n = problem.n_candidates
    weeks, n_steps = _weeks_with_load(problem), problem.load_points.shape[1]
    soft = [i for i, row in enumerate(problem.side_rows) if np.isfinite(row.penalty)]
    first_s = n + len(weeks) * n_steps
    blocks = [
        _sums(problem.request, np.ones(n), problem.needed.astype(float)),
        _one_start_per_pair(problem),
        _sums(problem.volunteer_week, problem.minutes, problem.minutes_left),
        _sums(problem.volunteer_week, np.ones(n), problem.visits_left),
        _one_visit_at_a_time(problem),
        _load_in_steps(problem, weeks, n_steps),
        _side_rows(problem, {i: first_s + k for k, i in enumerate(soft)}),
    ]
    steps_most = np.tile(np.append(np.ones(n_steps - 1), np.inf), len(weeks))
    matrix, lower, upper = _stacked(blocks, first_s + len(soft))
    return CompactRows(
        n_candidates=n,
        points=np.concatenate(
            [problem.value, problem.load_points[weeks].ravel(), [-problem.side_rows[i].penalty for i in soft]]
        ),
        most=np.concatenate([np.ones(n), steps_most, np.full(len(soft), np.inf)]),
        matrix=matrix,
        lower=lower,
        upper=upper,
        resolution=problem.resolution,
    )


def _weeks_with_load(problem: Problem) -> Ints:
    used = np.unique(problem.volunteer_week)
    return used[problem.load_points[used].any(axis=1)]


def _sums(of: Ints, coefficients: Floats, limits: Floats) -> Block:
    """One row per index with a finite limit: ``sum of its candidates' coefficients <= limit``."""
    number = np.cumsum(np.isfinite(limits)) - 1
    columns = np.flatnonzero(np.isfinite(limits[of]))
    upper = limits[np.isfinite(limits)]
    return number[of[columns]], columns, coefficients[columns], np.full(len(upper), -np.inf), upper


def _one_start_per_pair(problem: Problem) -> Block:
    code = problem.request * max(1, problem.n_volunteer_weeks) + problem.volunteer_week
    _, pair, n_starts = np.unique(code, return_inverse=True, return_counts=True)
    columns = np.flatnonzero((n_starts[pair] > 1) & (problem.needed[problem.request] > 1))
    kept, rows = np.unique(pair[columns], return_inverse=True)
    return rows, columns, np.ones(len(columns)), np.full(len(kept), -np.inf), np.ones(len(kept))


def _one_visit_at_a_time(problem: Problem) -> Block:
    from engine.formulation import conflicts

    sets = [group for cs in _by_week(problem) for group in conflicts(problem, cs)]
    rows = np.repeat(np.arange(len(sets)), [len(group) for group in sets])
    columns = np.concatenate([*sets, np.empty(0, dtype=np.int64)])
    return rows, columns, np.ones(len(columns)), np.full(len(sets), -np.inf), np.ones(len(sets))


def _load_in_steps(problem: Problem, weeks: Ints, n_steps: int) -> Block:
    number = np.full(problem.n_volunteer_weeks, -1)
    number[weeks] = np.arange(len(weeks))
    visits = np.flatnonzero(number[problem.volunteer_week] >= 0)
    rows = np.concatenate([np.repeat(np.arange(len(weeks)), n_steps), number[problem.volunteer_week[visits]]])
    steps = np.arange(len(weeks) * n_steps)
    columns = np.concatenate([problem.n_candidates + steps, visits])
    none = np.zeros(len(weeks))
    return rows, columns, np.concatenate([np.ones(len(steps)), -np.ones(len(visits))]), none, none


def _side_rows(problem: Problem, shortfalls: dict[int, int]) -> Block:
    rows, columns, coefficients = [], [], []
    for i, row in enumerate(problem.side_rows):
        more = [shortfalls[i]] if i in shortfalls else []
        rows.append(np.full(len(row.candidates) + len(more), i))
        columns.append(np.append(row.candidates, more))
        coefficients.append(np.append(row.coefficients, -np.ones(len(more))))
    upper = np.array([row.bound for row in problem.side_rows])
    whole = np.empty(0, dtype=np.int64)
    return (
        np.concatenate([*rows, whole]),
        np.concatenate([*columns, whole]).astype(np.int64),
        np.concatenate([*coefficients, np.empty(0)]),
        np.full(len(upper), -np.inf),
        upper,
    )


def _stacked(blocks: list[Block], n_columns: int) -> tuple[sparse.csr_array, Floats, Floats]:
    firsts = np.cumsum([0] + [len(block[3]) for block in blocks])
    rows = np.concatenate([block[0] + first for block, first in zip(blocks, firsts, strict=False)])
    columns, coefficients, lower, upper = (np.concatenate([block[k] for block in blocks]) for k in range(1, 5))
    matrix = sparse.csr_array((coefficients, (rows, columns)), shape=(firsts[-1], n_columns))
    return matrix, lower, upper


def _by_week(problem: Problem) -> Iterator[Ints]:
    order = np.argsort(problem.volunteer_week, kind="stable")
    _, first = np.unique(problem.volunteer_week[order], return_index=True)
    yield from np.split(order, first[1:])
