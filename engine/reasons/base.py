"""What a match run looked at and chose, solved once and kept warm, so that many questions about it are cheap.

A base answers in ids: what a changed plan is worth, and for whom something becomes different. How the re-solving
is done is in :mod:`engine.reasons.resolving`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine.candidates import COLUMNS, View
from engine.errors import InputError
from engine.explain import stored_run, view_of
from engine.problem import Ints
from engine.programme import problem_of
from engine.reasons.questions import Answer, Bools, Question
from engine.reasons.resolving import Resolver

if TYPE_CHECKING:
    from engine.store import Store


@dataclass(frozen=True, slots=True, order=True)
class Visit:
    """A volunteer's visit in a plan; ``starts_at`` local."""

    volunteer_id: str
    starts_at: datetime

    def __str__(self) -> str:
        return f"{self.volunteer_id} {self.starts_at:%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class Shift:
    """What becomes different for one request: its visits before and after."""

    request_id: str
    before: tuple[Visit, ...]
    after: tuple[Visit, ...]

    @property
    def kind(self) -> str:
        """``lost`` (fewer visits than before), ``gained`` (more) or ``moved`` (another volunteer or time)."""
        if len(self.after) == len(self.before):
            return "moved"
        return "lost" if len(self.after) < len(self.before) else "gained"


class Base:
    """A run's view, its programme, and the best plan under it that keeps most of what the run proposed.

    Parameters
    ----------
    seen
        The view; it may hold more candidates than are allowed without a change.
    proposals
        ``request_id``, ``volunteer_id``, ``starts_at`` of the run; where they are not proved optimal, the base is
        the optimum nearest to them.
    allowed
        Which candidates of the view are allowed without any change; all of them when left out.

    Raises
    ------
    NoSolutionError
        When pins contradict the limits.
    """

    def __init__(self, seen: View, proposals: pd.DataFrame, allowed: Bools | None = None) -> None:
        self.view = seen
        self.problem = problem_of(seen)
        self._requests = seen.candidates["request_id"].to_numpy(dtype=object)
        self._volunteers = seen.candidates["volunteer_id"].to_numpy(dtype=object)
        self._starts = seen.candidates["starts_at"].to_numpy()
        self.pin_rows = [i for i, row in enumerate(self.problem.side_rows) if row.name.startswith("pin:")]
        self.number = {r: i for i, r in enumerate(seen.requests["request_id"])}
        self._of_request = _places_by(self.problem.request, self.problem.n_requests)
        every = np.ones(len(self._requests), dtype=np.bool_) if allowed is None else allowed
        share = seen.policy.limits.equity_floor_share
        self.resolver = Resolver(self.problem, every, self._find(proposals), share)
        self.question: Question = self.resolver.question
        self.points = self.resolver.base.points
        chosen = self.resolver.base.chosen
        self.chosen: Ints = np.empty(0, dtype=np.int64) if chosen is None else chosen

    @classmethod
    def of_run(cls, store: Store, run_id: str | None = None) -> Base:
        """Look again at what a stored run (default: the newest) looked at, and solve it.

        Raises
        ------
        InputError
            When there is no such run.
        NoSolutionError
            When pins contradict the limits.
        """
        with store.reading() as reading:
            run = stored_run(reading, run_id)
            seen = view_of(reading, run)
            results = reading.query("run_results", run_id=run["run_id"])
        return cls(seen, results[results["volunteer_id"].notna()])

    def candidates_of(self, request_id: str, volunteer_id: str | None = None, starts_at: Any = None) -> Ints:
        """List the candidates of a request, or of a pair, or of one start of it.

        Raises
        ------
        InputError
            When the run did not look at the request.
        """
        if request_id not in self.number:
            raise InputError(f"The run did not look at request {request_id!r}.")
        rows = self._of_request[self.number[request_id]]
        if volunteer_id is not None:
            rows = rows[self._volunteers[rows] == volunteer_id]
        if starts_at is not None:
            rows = rows[self._starts[rows] == np.datetime64(starts_at)]
        return rows

    def rows_of(self, request: int) -> Ints:
        """List the candidates of a request by its number."""
        return self._of_request[request]

    def allowed_of(self, request_id: str, volunteer_id: str | None = None, starts_at: Any = None) -> Ints:
        """List what :meth:`candidates_of` lists, less what needs a change first.

        Raises
        ------
        InputError
            When the run did not look at the request.
        """
        rows = self.candidates_of(request_id, volunteer_id, starts_at)
        return rows[self.question.allowed[rows]]

    def chosen_of(self, request_id: str) -> Ints:
        """List the chosen candidates of a request."""
        rows = self.candidates_of(request_id)
        return rows[np.isin(rows, self.chosen)]

    def visit(self, candidate: int) -> Visit:
        """Say a candidate in ids."""
        return Visit(str(self._volunteers[candidate]), pd.Timestamp(self._starts[candidate]).to_pydatetime())

    def request_of(self, candidate: int) -> str:
        """Name the request of a candidate."""
        return str(self._requests[candidate])

    def visits_of_volunteers(self, volunteer_ids: set[str]) -> list[tuple[str, Visit]]:
        """List the chosen visits of some volunteers with their requests, by request."""
        mine = [int(c) for c in self.chosen if self._volunteers[c] in volunteer_ids]
        return sorted((self.request_of(c), self.visit(c)) for c in mine)

    def plan(self, answer: Answer) -> pd.DataFrame:
        """Lay the plan of an answer out as candidates (columns ``candidates.COLUMNS``)."""
        chosen = answer.chosen if answer.chosen is not None else np.empty(0, dtype=np.int64)
        return self.view.candidates.iloc[chosen][COLUMNS].reset_index(drop=True)

    def shifts(self, answer: Answer) -> tuple[Shift, ...]:
        """List for whom the plan of an answer differs from the base, by request."""
        after = answer.chosen if answer.chosen is not None else np.empty(0, dtype=np.int64)
        gone, come = np.setdiff1d(self.chosen, after), np.setdiff1d(after, self.chosen)
        touched = {int(r) for r in self.problem.request[np.concatenate([gone, come])]}
        visits: dict[tuple[int, bool], list[Visit]] = defaultdict(list)
        for chosen, is_after in ((self.chosen, False), (after, True)):
            for c in chosen.tolist():
                if (r := int(self.problem.request[c])) in touched:
                    visits[r, is_after].append(self.visit(c))
        names = list(self.number)
        return tuple(
            Shift(names[r], tuple(sorted(visits[r, False])), tuple(sorted(visits[r, True]))) for r in sorted(touched)
        )

    def _find(self, proposals: pd.DataFrame) -> Ints:
        keys = ["request_id", "volunteer_id", "starts_at"]
        known = pd.MultiIndex.from_frame(self.view.candidates[keys])
        places = known.get_indexer(pd.MultiIndex.from_frame(proposals[keys]))
        return np.sort(places[places >= 0]).astype(np.int64)


def _places_by(keys: Ints, n: int) -> list[Ints]:
    """List the places of each key 0..n-1, ascending."""
    order = np.argsort(keys, kind="stable")
    return np.split(order, np.cumsum(np.bincount(keys, minlength=n))[:-1]) if n else []
