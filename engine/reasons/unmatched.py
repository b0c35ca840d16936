"""Why a request was not served, who took the volunteers it could have had, and the smallest change that serves it.

A change **suffices** when, with its facts added, every optimal plan gives the request all its volunteers: the
optimum of the changed programme is above its optimum with the request left short. It is the **smallest** when no
change on the list of a lower price suffices; among those of equal price the one whose optimum is highest, then the
one of fewest steps, then the first by name. Looked at are changes to the request and to the volunteers who would
then come to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations, groupby
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import InputError, NoSolutionError
from engine.explain import stored_run, view_of
from engine.reasons.base import Base, Shift, Visit
from engine.reasons.questions import Answer, Question
from engine.reasons.relaxations import FEWER, Change, Relaxations, Step, baseline, facts_that_make
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

FIRST_BAND = 5.0
"""Price up to which changes are made first."""

MOST_TRIED = 2000
"""Changes tried for one request; beyond it nothing is said of what is dearer."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change that serves a request, and what it does to the others.

    Parameters
    ----------
    visits
        The request's visits in the best plan with the change.
    points
        What the best plan gains by the change; it may lose, where others must give way.
    shifts
        Other requests whose visits become different.
    """

    change: Change
    visits: tuple[Visit, ...]
    points: float
    shifts: tuple[Shift, ...]

    @property
    def losers(self) -> tuple[Shift, ...]:
        """Other requests that get fewer volunteers than before."""
        return tuple(shift for shift in self.shifts if shift.kind == "lost")


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
        What the plan loses if the request is served as it stands, by pinning; ``None`` when it cannot be.
    n_tried
        How many changes were solved for.
    all_tried
        Whether every change on the list up to the remedy's price (or to the highest price) was looked at.
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
) -> list[Unmatched]:
    """Explain the requests a run (default: the newest) left without all their volunteers.

    Parameters
    ----------
    request_ids
        Those to explain; all of them by default.

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
    return [_explained(widened, request_id, str(left[request_id])) for request_id in asked]


def suffices(base: Base, request_id: str, question: Question, enough: float = -np.inf) -> Answer | None:
    """Solve a changed programme; its answer when every optimal plan serves the request, else ``None``.

    Parameters
    ----------
    enough
        Changed plans worth no more than this are not of interest.
    """
    r, solve = base.number[request_id], base.resolver.solve
    needed = int(question.needed[r])
    if int((base.problem.request[base.chosen] == r).sum()) < needed:
        # The run's own plan leaves the request short: what is worth no more cannot be needed.
        enough = max(enough, base.resolver.worth_of(question, base.chosen) or -np.inf)
    best = solve(question, enough)
    if best.chosen is None or int((base.problem.request[best.chosen] == r).sum()) < needed:
        return None
    short = solve(replace(question, unserved=r), best.points - base.resolver.step)
    return best if short.chosen is None else None


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


def _explained(widened: Widened, request_id: str, rule: str) -> Unmatched:
    base = widened.base
    rows = base.allowed_of(request_id)
    others = {base.visit(int(c)).volunteer_id for c in np.setdiff1d(rows, base.chosen_of(request_id))}
    others -= {base.visit(int(c)).volunteer_id for c in base.chosen_of(request_id)}
    competitors = tuple(base.visits_of_volunteers(others))
    kind = CLASSES.get(rule, NOBODY)
    if rule == PARTLY_SERVED.code and others:
        kind = CLASSES[BETTER_USED.code]
    try:
        remedy, n_tried, all_tried = smallest(widened, request_id)
        insist = _insist(base, request_id)
    except NoSolutionError:
        remedy, n_tried, all_tried, insist = None, 0, False, None
    return Unmatched(request_id, rule, kind, competitors, remedy, insist, n_tried, all_tried)


def _insist(base: Base, request_id: str) -> float | None:
    """What the plan loses when the request must be served as it stands."""
    r, rows = base.number[request_id], base.allowed_of(request_id)
    demanded = replace(base.question, demands=((rows, int(base.question.needed[r])),))
    answer = base.resolver.solve(demanded)
    return round(base.points - answer.points, 6) if answer.possible else None


def smallest(widened: Widened, request_id: str) -> tuple[Remedy | None, int, bool]:
    """Try the changes of a request in order of price; the first price at which one suffices is the smallest.

    Returns
    -------
    tuple
        The remedy, or ``None``; how many changes were tried; whether none up to that price was left out.

    Raises
    ------
    NoSolutionError
        When branching does not settle a change in time.
    """
    base, n_tried = widened.base, 0
    best: tuple[Answer, Change] | None = None
    for _, changes in groupby(_by_price(widened, request_id), key=lambda change: change.price):
        for change in changes:
            if n_tried >= MOST_TRIED:
                return None, n_tried, False
            n_tried += 1
            enough = best[0].points if best else -np.inf
            answer = suffices(base, request_id, widened.question(change), enough)
            if answer is not None:
                best = answer, change
        if best is not None:
            return _remedy(base, *best), n_tried, True
    return None, n_tried, True


def _remedy(base: Base, answer: Answer, change: Change) -> Remedy:
    chosen = base.chosen if answer.chosen is None else answer.chosen
    shifts = tuple(shift for shift in base.shifts(answer) if shift.request_id != change.request_id)
    visits = tuple(sorted(base.visit(int(c)) for c in np.intersect1d(base.candidates_of(change.request_id), chosen)))
    return Remedy(change, visits, round(answer.points - base.points, 6), shifts)


def _by_price(widened: Widened, request_id: str) -> Iterator[Change]:
    """List the changes of a request: the cheapest first, then fewest steps, then by name.

    They are made in bands of price, each twice as high as the one before, since mostly the first has the answer.
    """
    needed = int(widened.base.question.needed[widened.base.number[request_id]])
    above, up_to = 0.0, min(FIRST_BAND, widened.known.price_max)
    while above < up_to:
        singles = list(widened.changes(request_id, 0.0 if needed > 1 else above, up_to))
        band = _together(request_id, singles, needed, widened.known) if needed > 1 else singles
        inside = [change for change in band if above < change.price <= up_to]
        yield from sorted(inside, key=lambda change: (change.price, len(change.steps), change.steps))
        above, up_to = up_to, min(2 * up_to, widened.known.price_max)


def _together(request_id: str, singles: list[Change], needed: int, known: Relaxations) -> list[Change]:
    """Join changes for several volunteers, and add those with a volunteer fewer."""
    every = {change.steps: change for change in singles}
    for size in range(2, needed + 1):
        joint = (_joined(request_id, some, known) for some in combinations(singles, size))
        every |= {change.steps: change for change in joint if change is not None}
    if known.steps(FEWER):
        fewer = Step(FEWER, request_id, 1)
        with_fewer = [Change.of(request_id, {*steps, fewer}, known) for steps in [(), *every]]
        every |= {change.steps: change for change in with_fewer}
    return list(every.values())


def _joined(request_id: str, some: tuple[Change, ...], known: Relaxations) -> Change | None:
    """Join changes for different volunteers of one window; ``None`` when they do not go together."""
    if len({change.window for change in some}) > 1:
        return None
    asked = [v for change in some for v in change.volunteers]
    if len(asked) > len(set(asked)):
        return None
    return Change.of(request_id, {step for change in some for step in change.steps}, known)
