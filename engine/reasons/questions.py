"""What can be asked of a solved programme, and what is answered; :mod:`engine.reasons.resolving` finds the answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from engine.problem import Floats, Ints, Problem, SideRow

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Question:
    """One changed programme.

    Parameters
    ----------
    allowed
        Which candidates may be chosen: shape (n_candidates,).
    needed
        Volunteers needed, by request.
    demands
        Candidates of which at least so many must be chosen.
    unserved
        A request that must not get all its volunteers; -1 for none.
    lifted
        Side rows, pins among them, that no longer hold.
    counted
        The candidates that say who can be served at all, which floors and pins hang on; ``allowed`` by default.
    minutes_left, visits_left
        What the volunteer-weeks have left; ``None`` for what the problem says.
    """

    allowed: Bools
    needed: Ints
    demands: tuple[tuple[Ints, int], ...] = ()
    unserved: int = -1
    lifted: tuple[int, ...] = ()
    counted: Bools | None = None
    minutes_left: Floats | None = None
    visits_left: Floats | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of a question.

    Parameters
    ----------
    points
        What the best plan is worth; minus infinity when no plan keeps the demands.
    chosen
        Its candidates, ascending; ``None`` when it was enough to bound them.
    bound
        No plan is worth more.
    """

    points: float
    chosen: Ints | None
    bound: float

    @property
    def possible(self) -> bool:
        """Whether some plan keeps all demands."""
        return self.bound > -inf


IMPOSSIBLE = Answer(-inf, None, -inf)
"""The answer when no plan keeps the demands."""


def changed_problem(problem: Problem, question: Question, needed: Ints, bounds: Floats) -> tuple[Problem, Ints]:
    """Lay a changed programme out as a problem of its own, with the place of its candidates in the whole."""
    allowed = np.flatnonzero(question.allowed)
    rows = [replace(row, bound=float(b)) for row, b in zip(problem.side_rows, bounds, strict=True)]
    rows += [SideRow("demand", cs, -np.ones(len(cs)), -float(n)) for cs, n in question.demands]
    inside = np.full(problem.n_candidates, -1)
    inside[allowed] = np.arange(len(allowed))
    by_candidate = ("request", "volunteer_week", "value", "minutes", "starts", "ends", "lat", "lon")
    changed = replace(
        problem,
        needed=needed,
        minutes_left=problem.minutes_left if question.minutes_left is None else question.minutes_left,
        visits_left=problem.visits_left if question.visits_left is None else question.visits_left,
        side_rows=tuple(part for row in rows if (part := _within(row, inside)) is not None),
        **{name: getattr(problem, name)[allowed] for name in by_candidate},
    )
    return changed, allowed


def _within(row: SideRow, inside: Ints) -> SideRow | None:
    """Renumber a side row's candidates; ``None`` when none is left and nothing is asked for."""
    places = inside[row.candidates]
    kept = places >= 0
    if not kept.any() and row.bound >= 0:
        return None
    return replace(row, candidates=places[kept], coefficients=row.coefficients[kept])
