"""What every method of the benchmark is given, and what it gives back."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from bench.compact_rows import CompactRows, Floats, Ints


@dataclass(frozen=True, slots=True)
class Task:
    """What a method is given: ``rows`` is the compact model, ``limit_s`` covers building and solving.

    ``problem`` has the fields of :class:`engine.problem.Problem`; it is one for the methods in ``OF_THE_ENGINE``.
    """

    problem: Any
    rows: CompactRows
    limit_s: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a method found.

    Parameters
    ----------
    chosen
        The candidates of its plan; ``None`` when it has none.
    bound
        Points that no plan can exceed, by its own word; ``None`` when it gives none.
    said
        Its own word for how it ended.
    build_s, solve_s
        Seconds of wall time: from the arrays to the solver's model, and from there to the plan.
    """

    chosen: Ints | None
    bound: float | None
    said: str
    build_s: float
    solve_s: float
    details: dict[str, object] = field(default_factory=dict)


class Watch:
    """Splits the time of a method into building and solving."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._began = self._built = time.perf_counter()

    def built(self) -> float:
        """Note that the model is built; give the seconds that are left for solving."""
        self._built = time.perf_counter()
        return max(0.1, self._limit_s - (self._built - self._began))

    def seconds(self) -> dict[str, float]:
        """Give both parts, under the names :class:`Found` has for them."""
        return {"build_s": self._built - self._began, "solve_s": time.perf_counter() - self._built}


def taken(values: Floats) -> Ints:
    """List the candidates whose x is 1."""
    return np.flatnonzero(values > 0.5)
