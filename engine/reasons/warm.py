"""The relaxation of a solved problem kept warm: changed for one question, and put back as it was for the next."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.plan_model.columns import Master
from engine.plan_model.greedy import SideTerms
from engine.problem import Floats, Ints, Problem


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a master returns to: the sizes of its programme, its basis and its penalty."""

    n_highs_columns: int
    n_highs_rows: int
    n_plans: int
    basis: Any
    penalty: float


class WarmMaster(Master):
    """A master whose right sides, plans and demands can be changed and undone."""

    def __init__(self, problem: Problem, side: SideTerms, penalty: float) -> None:
        super().__init__(problem, side, np.arange(len(side.bound)), penalty)
        self._right = np.concatenate([problem.needed.astype(float), side.bound])
        self._rows_of_right = np.concatenate([
            np.arange(problem.n_requests), self._row_of_side.astype(np.int64),
        ])  # fmt: skip
        self._kept: _Kept | None = None

    def keep(self) -> None:
        """Remember plans, rows and basis as they are now, for :meth:`go_back`."""
        highs = self._highs
        self._kept = _Kept(highs.getNumCol(), highs.getNumRow(), self.n_columns, highs.getBasis(), self._penalty)

    def go_back(self) -> None:
        """Forget every plan, row and penalty since :meth:`keep`, and stand on the basis of then."""
        kept, highs = self._kept, self._highs
        if kept is None:
            return
        n_columns, n_rows = highs.getNumCol() - kept.n_highs_columns, highs.getNumRow() - kept.n_highs_rows
        if n_columns:
            highs.deleteCols(n_columns, np.arange(kept.n_highs_columns, highs.getNumCol(), dtype=np.int32))
        if n_rows:
            highs.deleteRows(n_rows, np.arange(kept.n_highs_rows, highs.getNumRow(), dtype=np.int32))
        n = kept.n_plans
        self.members, self.week, self.first = self.members[: self.first[n]], self.week[:n], self.first[: n + 1]
        self.value, self._column, self._upper = self.value[:n], self._column[:n], self._upper[:n]
        self._decisions, self._decision_rows, self._spare_of_decision = [], [], []
        if self._penalty != kept.penalty:
            self.penalise(kept.penalty)
        highs.setBasis(kept.basis)

    def limit(self, needed: Ints, bounds: Floats) -> None:
        """Set the right sides: volunteers needed by request, and the bounds of all side rows."""
        right = np.concatenate([needed.astype(float), bounds])
        for k in np.flatnonzero(right != self._right).tolist():
            self._highs.changeRowBounds(int(self._rows_of_right[k]), -inf, float(right[k]))
        self._right = right

    def allow(self, allowed: NDArray[np.bool_]) -> None:
        """Leave out every plan with a candidate that is not allowed."""
        plan = np.repeat(np.arange(self.n_columns), np.diff(self.first))
        n_bad = np.bincount(plan[~allowed[self.members]], minlength=self.n_columns)
        upper = np.where(n_bad > 0, 0.0, inf)
        changed = np.flatnonzero(upper != self._upper)
        if len(changed):
            columns = self._column[changed].astype(np.int32)
            self._highs.changeColsBounds(len(changed), columns, np.zeros(len(changed)), upper[changed])
        self._upper = upper

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Which plans have only allowed candidates."""
        open_ones: NDArray[np.bool_] = self._upper > 0
        return open_ones

    def demand(self, candidates: Ints, at_least: int) -> None:
        """Demand that at least so many of these candidates are taken; a decision that is made."""
        k = self.decide(candidates)
        self._highs.changeRowBounds(self._decision_rows[k], -inf, -float(at_least))
