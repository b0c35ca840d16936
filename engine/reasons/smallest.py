"""The smallest change that serves a request: a programme over 0/1 choices from the priced list.

With z_s = 1 when step s is taken, V(z) the optimum of the changed programme and V'(z) its optimum with the request
left short of a volunteer,

    minimise  sum_s price_s z_s   subject to   V(z) > V'(z),   price <= price_max,   z in D.

V(z) > V'(z) says that the change **suffices**: every optimal plan gives the request all its volunteers. Of changes of
equal price the one whose optimum is highest is taken, then the one of fewest steps, then the first by name. For a
request that needs n volunteers, **D** holds, for every window on the list and every choice of at most n measured
starts of different volunteers in it, the steps those starts lack: the window itself, a decision, one language the
volunteer speaks, every missing check, the least distance on the list that reaches; each with or without one visit
more of that volunteer; and all this with or without volunteers fewer. Not in D are steps that no start lacks, and
steps of people who would take another visit so that somebody else is free to come.

V and V' are optima themselves, so no single integer programme says this. It is solved by running through D in the
order of the price: the first price at which a change suffices is the minimum. Most changes are ruled out by prices
(:mod:`engine.reasons.stages`), all others by solving again; both are exact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from math import inf

import numpy as np

from engine.errors import NoSolutionError
from engine.problem import Ints
from engine.reasons.base import Base, Shift, Visit
from engine.reasons.questions import Answer, Question
from engine.reasons.relaxations import FEWER, Change, Relaxations, Step
from engine.reasons.stages import NOTHING_KNOWN, Outlook, Stages, outlook
from engine.reasons.widened import Widened

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


def suffices(base: Base, request_id: str, question: Question) -> Answer | None:
    """Solve a changed programme; its answer when every optimal plan serves the request, else ``None``."""
    r = base.number[request_id]
    return _served_for_certain(base, r, question, outlook(base, base.resolver.solved, question, r), -inf)


def _served_for_certain(base: Base, r: int, question: Question, known: Outlook, enough: float) -> Answer | None:
    """Solve with the request served, and without as far as what is known does not decide.

    Parameters
    ----------
    enough
        Changed plans worth no more than this are not of interest.
    """
    above, rows = base.resolver.valuation.above, base.rows_of(r)
    enough = max(enough, known.short_at_least)
    if known.served_at_most <= above(enough):
        return None
    served = replace(question, demands=((rows[question.allowed[rows]], int(question.needed[r])),))
    best = base.resolver.solve(served, enough)
    if best.chosen is None or known.short_at_most <= above(best.points - base.resolver.step):
        return None if best.chosen is None else best
    short = base.resolver.solve(replace(question, unserved=r), best.points - base.resolver.step)
    return best if short.chosen is None else None


def smallest(
    widened: Widened, request_id: str, stages: Stages | None = None, most_solved: float = inf
) -> tuple[Remedy | None, int, bool]:
    """Try the changes of a request in order of price; the first price at which one suffices is the smallest.

    Parameters
    ----------
    most_solved
        Programmes that may be solved before the search is broken off.

    Returns
    -------
    tuple
        The remedy, or ``None``; how many changes were tried; whether every one up to that price was settled.
    """
    base, n_tried, stages = widened.base, 0, stages or Stages(widened)
    most_solved += base.resolver.n_solved
    best: tuple[Answer, Change] | None = None
    all_settled = True
    seen: set[object] = set()
    for _, changes in groupby(_by_price(widened, request_id), key=lambda change: change.price):
        for change in changes:
            if n_tried >= MOST_TRIED or base.resolver.n_solved > most_solved:
                return (_remedy(base, *best) if best else None), n_tried, False
            n_tried += 1
            mine = widened.candidates_under(change)
            # Two languages of one volunteer, or two windows around one start, are the same programme.
            sameness = (change.surroundings, mine.tobytes())
            if sameness in seen:
                continue
            seen.add(sameness)
            try:
                answer = _tried(widened, stages, change, mine, best[0].points if best else -inf)
            except NoSolutionError:  # branching did not settle it in time
                answer, all_settled = None, False
            best = best if answer is None else (answer, change)
        if best is not None:
            return _remedy(base, *best), n_tried, all_settled
    return None, n_tried, all_settled


def _tried(widened: Widened, stages: Stages, change: Change, mine: Ints, enough: float) -> Answer | None:
    """Say whether a change suffices; most that do not are told so by the prices of a programme near by."""
    base, known = widened.base, NOTHING_KNOWN
    for sharper in stages.outlooks(change, mine):
        known = known.joined(sharper)
        if known.served_at_most <= base.resolver.valuation.above(max(enough, known.short_at_least)):
            return None
    known = known.joined(stages.without(change, known))
    return _served_for_certain(base, base.number[change.request_id], widened.question(change), known, enough)


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
        band = _together(request_id, singles, needed, widened.known, up_to) if needed > 1 else singles
        inside = [change for change in band if above < change.price <= up_to]
        yield from sorted(inside, key=lambda change: (change.price, len(change.steps), change.steps))
        above, up_to = up_to, min(2 * up_to, widened.known.price_max)


def _together(request_id: str, singles: list[Change], needed: int, known: Relaxations, up_to: float) -> list[Change]:
    """Join changes for several volunteers up to a price, and add those with volunteers fewer."""
    by_window: dict[tuple[int, int], list[Change]] = defaultdict(list)
    for change in singles:
        by_window[change.window].append(change)
    every = {change.steps: change for change in singles}
    grown = list(singles)
    for _ in range(1, needed):
        pairs = ((one, other) for one in grown for other in by_window[one.window])
        joint = (_joined(one, other, known, up_to) for one, other in pairs)
        more = {change.steps: change for change in joint if change is not None and change.steps not in every}
        every |= more
        grown = list(more.values())
    for fewer in (amount for amount in known.steps(FEWER) if amount < needed):
        step = Step(FEWER, request_id, fewer)
        every |= {c.steps: c for c in [Change.of(request_id, {*steps, step}, known) for steps in [(), *every]]}
    return list(every.values())


def _joined(one: Change, other: Change, known: Relaxations, up_to: float) -> Change | None:
    """Join two changes of one window for different volunteers; ``None`` when they ask the same, or too much."""
    if one.price + other.price_of_volunteers(known) > up_to or set(one.volunteers) & set(other.volunteers):
        return None
    joint = Change.of(one.request_id, {*one.steps, *other.steps}, known)
    return joint if joint.price <= up_to else None
