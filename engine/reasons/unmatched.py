"""Why a request was not served, who took the volunteers it could have had, and the smallest change that serves it.

What a change is, when it suffices and of which set it is the smallest is said in :mod:`engine.reasons.smallest`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import InputError, NoSolutionError
from engine.explain import stored_run, view_of
from engine.reasons.base import Base, Visit
from engine.reasons.relaxations import Relaxations, baseline, facts_that_make
from engine.reasons.smallest import Remedy, smallest, suffices
from engine.reasons.stages import Stages
from engine.reasons.what_if import what_if
from engine.reasons.widened import Widened
from engine.rules import BETTER_USED, PARTLY_SERVED

if TYPE_CHECKING:
    from engine.store import Store

CLASSES = {
    "protected_identity": "by_hand",
    "window_too_short": "window_impossible",
    "window_too_soon": "window_impossible",
    "may_not_ask": "permission_missing",
    "check_missing": "permission_missing",
    BETTER_USED.code: "better_used_elsewhere",
}
"""The class of a rule; every other rule means that nobody is eligible."""

NOBODY = "nobody_eligible"

MOST_SOLVED = 50
"""Programmes solved for one request while all of a run are explained; a request asked for by name has no such limit."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Why a request did not get all its volunteers, and what would help.

    Parameters
    ----------
    kind
        ``nobody_eligible``, ``better_used_elsewhere``, ``permission_missing``, ``window_impossible``, ``by_hand``.
    competitors
        Where the plan uses the volunteers who could have come: request and visit.
    remedy
        The smallest change that suffices; ``None`` when none on the list does.
    insist_points
        What the plan loses if the request is served as it stands, by pinning; ``None`` when it cannot be, or that was
        not settled in time.
    n_tried
        How many changes were tried.
    all_tried
        Whether every change on the list up to the remedy's price (or to the highest price) was settled. If not, a
        smaller one than the remedy may suffice, and one may suffice where there is none.
    """

    request_id: str
    rule: str
    kind: str
    competitors: tuple[tuple[str, Visit], ...] = field(repr=False)
    remedy: Remedy | None
    insist_points: float | None
    n_tried: int
    all_tried: bool


def unmatched(
    store: Store,
    run_id: str | None = None,
    request_ids: Iterable[str] | None = None,
    known: Relaxations | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Unmatched]:
    """Explain the requests a run (default: the newest) left without all their volunteers.

    Parameters
    ----------
    request_ids
        Those to explain; all of them by default, none of them at the cost of more than MOST_SOLVED programmes.
    progress
        Told before each request: how many are explained, of how many.

    Raises
    ------
    InputError
        When there is no such run, or an asked request has all its volunteers in it.
    NoSolutionError
        When pins contradict the limits.
    """
    with store.reading() as reading:
        run = stored_run(reading, run_id)
        results = reading.query("run_results", run_id=run["run_id"])
        left = results[results["rule"].notna()].set_index("request_id")["rule"]
        asked = left.index.tolist() if request_ids is None else list(request_ids)
        if strangers := [request_id for request_id in asked if request_id not in left.index]:
            raise InputError(f"Run {run['run_id']} did not leave {strangers[0]!r} without volunteers.")
        seen = view_of(reading, run)
        widened = Widened(reading, seen, results[results["volunteer_id"].notna()], asked, known or baseline())
    stages, most_solved = Stages(widened), MOST_SOLVED if request_ids is None else inf
    explained: list[Unmatched] = []
    for request_id in asked:
        if progress is not None:
            progress(len(explained), len(asked))
        explained.append(_explained(widened, stages, request_id, str(left[request_id]), most_solved))
    return explained


def confirmed(store: Store, remedy: Remedy, run_id: str | None = None, known: Relaxations | None = None) -> bool:
    """Make the change for a moment, as facts in the pilot, look again and solve anew; nothing is kept.

    Returns
    -------
    bool
        Whether the changed pilot's optimum serves the request, and leaving it short costs points.

    Raises
    ------
    InputError
        When something else than the run was recorded since, so that the pilot is not the one the run saw.
    """
    known, change = known or baseline(), remedy.change
    with store.reading() as reading:
        run = stored_run(reading, run_id)
        seen = view_of(reading, run)
        newest = view_of(reading, run | {"input_entry_no": reading.last_entry_no})
        if newest.hash() != seen.hash():
            raise InputError(f"The pilot has changed since run {run['run_id']}; match again first.")
        requests = reading.state("requests_at", seen.as_of).set_index("request_id", drop=False)
        volunteers = reading.state("volunteers_at", seen.as_of).set_index("volunteer_id", drop=False)
        results = reading.query("run_results", run_id=run["run_id"])
    asked = {v: dict(volunteers.loc[v]) for v in change.volunteers}
    made = facts_that_make(change, dict(requests.loc[change.request_id]), asked, known, seen.as_of)
    with what_if(store, made) as reading:
        changed = view_of(reading, run | {"input_entry_no": reading.last_entry_no})
    base = Base(changed, results[results["volunteer_id"].notna()])
    return suffices(base, change.request_id, base.question) is not None


def _explained(widened: Widened, stages: Stages, request_id: str, rule: str, most_solved: float = inf) -> Unmatched:
    base = widened.base
    rows = base.allowed_of(request_id)
    others = {base.visit(int(c)).volunteer_id for c in np.setdiff1d(rows, base.chosen_of(request_id))}
    others -= {base.visit(int(c)).volunteer_id for c in base.chosen_of(request_id)}
    competitors = tuple(base.visits_of_volunteers(others))
    kind = CLASSES.get(rule, NOBODY)
    if rule == PARTLY_SERVED.code and others:
        kind = CLASSES[BETTER_USED.code]
    remedy, n_tried, all_tried = smallest(widened, request_id, stages, most_solved)
    return Unmatched(request_id, rule, kind, competitors, remedy, _insist(base, request_id), n_tried, all_tried)


def _insist(base: Base, request_id: str) -> float | None:
    """What the plan loses when the request must be served as it stands."""
    r, rows = base.number[request_id], base.allowed_of(request_id)
    demanded = replace(base.question, demands=((rows, int(base.question.needed[r])),))
    try:
        answer = base.resolver.solve(demanded)
    except NoSolutionError:  # branching did not settle it in time
        return None
    return round(base.points - answer.points, 6) if answer.possible else None
