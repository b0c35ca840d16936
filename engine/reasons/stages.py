"""Changes that cannot serve a request, told without solving: bounded at the prices of a programme near by.

A change to a request and to volunteers is one step from two programmes whose relaxations are solved once: the run's
own, and the one with only what is asked of the volunteers, which many requests share. At the prices of either, no plan
of the changed programme in which the request has all n volunteers is worth more than

    what all requests and side rows earn + sum_u best_u + the n largest of (with_u - best_u),

where best_u is the best plan of volunteer-week u without the request, and with_u the best one with it. A plan of the
solved programme that leaves the request short is worth the same in the changed one. Where the bound is not above
it, leaving the request short costs nothing, and the change does not suffice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf

import numpy as np

from engine.plan_model.bounds import Prices
from engine.plans import Found
from engine.problem import Floats, Ints
from engine.reasons.base import Base
from engine.reasons.questions import Bools, Question
from engine.reasons.relaxations import Change, Step
from engine.reasons.resolving import Solved
from engine.reasons.widened import Widened


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is certain of a changed programme before it is solved.

    Parameters
    ----------
    served_at_most
        No plan that gives the request all its volunteers is worth more.
    short_at_least, short_at_most
        What the best plan is worth that leaves it short.
    """

    served_at_most: float
    short_at_least: float
    short_at_most: float

    def joined(self, other: Outlook) -> Outlook:
        """Take the sharper of two."""
        return Outlook(
            min(self.served_at_most, other.served_at_most),
            max(self.short_at_least, other.short_at_least),
            min(self.short_at_most, other.short_at_most),
        )


NOTHING_KNOWN = Outlook(inf, -inf, inf)


def outlook(base: Base, solved: Solved, question: Question, request: int) -> Outlook:
    """Bound a programme without demands that differs from a solved one in the candidates of a request, and little else.

    Parameters
    ----------
    request
        The number of the request; what else differs is priced anew.
    """
    rows = base.rows_of(request)
    return Sight(base, solved, question, request).outlook(rows[question.allowed[rows]])


def better_plans(base: Base, solved: Solved, question: Question, prices: Prices, but: int = -1) -> Found:
    """Find, in the weeks to which a question gives more than a solved one, plans better than the best before.

    Parameters
    ----------
    but
        A request without which they are looked for, and which does not count as more.
    """
    resolver, request = base.resolver, base.problem.request
    grown = np.flatnonzero(question.allowed & ~solved.question.allowed)
    weeks: Bools = resolver.more_left(question) != resolver.more_left(solved.question)
    weeks[base.problem.volunteer_week[grown[request[grown] != but]]] = True
    if not weeks.any():
        none = np.empty(0, dtype=np.int64)
        return Found(solved.best, none, np.zeros(1, dtype=np.int64), none, np.empty(0))
    rows = resolver.rows_of_weeks(np.flatnonzero(weeks))
    worth = resolver.valuation.worth(question, prices, rows[request[rows] != but])
    return resolver.plans_of(question).price(worth, np.maximum(0.0, solved.best), weeks)


class Sight:
    """What the prices of a solved programme say of all changes that differ in the candidates of one request only.

    Parameters
    ----------
    question
        Without demands, and with all candidates of the request that a change could allow.
    request
        The number of the request; what else differs from the solved programme is priced anew.
    better
        What :func:`better_plans` finds for what else differs, where that is known.
    """

    def __init__(
        self, base: Base, solved: Solved, question: Question, request: int, better: Found | None = None
    ) -> None:
        self.question = question
        self._base, self._solved, self._request = base, solved, request
        valuation = base.resolver.valuation
        self._bounds = valuation.bounds(question)
        self._n = int(question.needed[request])
        requests = solved.prices.requests.copy()
        requests[request] = 0.0
        self._prices = Prices(requests, solved.prices.rows)
        if better is None or (base.problem.request[better.members] == request).any():
            better = better_plans(base, solved, question, self._prices, request)
        self._better = better
        self._total = valuation.fixed(question, question.needed, self._bounds, self._prices) + float(better.best.sum())
        chosen = solved.answer.chosen
        self._chosen = np.empty(0, dtype=np.int64) if chosen is None else chosen
        self._given: Ints = self._chosen[base.problem.request[self._chosen] == request]
        self._least: dict[bool, float] = {}

    def outlook(self, mine: Ints) -> Outlook:
        """Bound the best plans with and without the request, when it has the candidates ``mine``."""
        if not len(mine):
            return Outlook(-inf, -inf, inf)
        least, total = self._short_at_least(mine), self._total
        gains = self._gains(mine, self._base.resolver.valuation.above(least) - total)
        served = total + float(gains[: self._n].sum()) if len(gains) >= self._n else -inf
        return Outlook(served, least, total + float(np.maximum(0.0, gains[: self._n - 1]).sum()))

    def _short_at_least(self, mine: Ints) -> float:
        """Evaluate the solved plan, without the request where the change takes its visits away."""
        if self._solved.answer.chosen is None:
            return -inf
        keeps = len(self._given) < self._n and bool(np.isin(self._given, mine).all())
        if keeps not in self._least:
            kept = self._chosen if keeps else np.setdiff1d(self._chosen, self._given)
            least = self._base.resolver.valuation.points_in(self.question, self._bounds, kept)
            self._least[keeps] = max(least, self._with_better(kept)) if len(self._better.week) else least
        return self._least[keeps]

    def _with_better(self, kept: Ints) -> float:
        """Evaluate the solved plan with the better plans in it, or with plans for which nobody gives way."""
        problem, resolver, found = self._base.problem, self._base.resolver, self._better
        weeks = np.zeros(problem.n_volunteer_weeks, dtype=np.bool_)
        weeks[found.week] = True
        rest = kept[~weeks[problem.volunteer_week[kept]]]
        free = self.question.needed - np.bincount(problem.request[rest], minlength=problem.n_requests)
        free[self._request] = min(free[self._request], self._n - 1)
        if (np.bincount(problem.request[found.members], minlength=problem.n_requests) > free).any():
            rows = resolver.rows_of_weeks(found.week)
            rows = rows[(free[problem.request[rows]] > 0) & (problem.request[rows] != self._request)]
            for_nothing = Prices(np.zeros(problem.n_requests), self._prices.rows)
            worth = resolver.valuation.worth(self.question, for_nothing, rows)
            found = resolver.plans_of(self.question).price(worth, np.zeros(len(weeks)), weeks)
            if (np.bincount(problem.request[found.members], minlength=problem.n_requests) > free).any():
                return -inf
        return resolver.valuation.points_in(self.question, self._bounds, np.concatenate([rest, found.members]))

    @cached_property
    def _worth(self) -> Floats:
        """What candidates are worth, in the weeks in which the request has some."""
        resolver = self._base.resolver
        weeks = np.unique(self._base.problem.volunteer_week[self._base.rows_of(self._request)])
        return resolver.valuation.worth(self.question, self._prices, resolver.rows_of_weeks(weeks))

    def _gains(self, mine: Ints, above: float) -> Floats:
        """Bound what each volunteer-week gains by serving the request, the largest first; it may lose.

        Where one volunteer is enough, only gains larger than ``above`` matter, and the others are told roughly.
        """
        problem, resolver = self._base.problem, self._base.resolver
        week = problem.volunteer_week[mine]
        gains = self._worth[mine] + problem.load_points[week, 0]
        close = np.ones(len(mine), dtype=np.bool_) if self._n > 1 else gains > above
        if close.any():
            exact = resolver.plans_of(self.question).best_with(self._worth, mine[close])
            gains[close] = np.minimum(gains[close], exact - self._better.best[week[close]])
        weeks, which = np.unique(week, return_inverse=True)
        of_weeks = np.full(len(weeks), -inf)
        np.maximum.at(of_weeks, which, gains)
        return np.sort(of_weeks)[::-1]


class Stages:
    """Programmes solved with what is asked of some volunteers, kept for all requests that ask the same."""

    def __init__(self, widened: Widened) -> None:
        self._widened = widened
        self._solved: dict[tuple[Step, ...], Solved] = {}
        self._better: dict[tuple[Step, ...], Found] = {}
        self._short: dict[tuple[Step, ...], float] = {}
        self._sights: tuple[str, dict[tuple[tuple[Step, ...], bool], Sight]] = ("", {})

    def outlooks(self, change: Change, mine: Ints) -> Iterator[Outlook]:
        """Bound a changed programme at the prices of the run's own, then of the one with what is asked of volunteers.

        The second is solved when it is asked for the first time.

        Parameters
        ----------
        mine
            The candidates that the request has with the change.
        """
        base, steps = self._widened.base, change.about_volunteers
        yield self._sight(change, is_stage=False).outlook(mine)
        if steps:
            if steps not in self._solved:
                self._solved[steps] = base.resolver.solve_roughly(self._asked(change))
            yield self._sight(change, is_stage=True).outlook(mine)

    def without(self, change: Change, known: Outlook) -> Outlook:
        """Solve for the best plan that leaves the request short, where its value is in doubt.

        Where one volunteer is enough, it is the same for all changes that differ in the request's candidates only;
        otherwise only the relaxation is solved.

        Raises
        ------
        NoSolutionError
            When branching does not settle it in time.
        """
        base, least = self._widened.base, known.short_at_least
        if known.short_at_most <= base.resolver.valuation.above(least):
            return NOTHING_KNOWN
        r, question = base.number[change.request_id], self._sight(change, is_stage=False).question
        if question.needed[r] > 1:
            rough = base.resolver.solve_roughly(replace(self._widened.question(change), unserved=r)).answer
            return Outlook(inf, rough.points, rough.bound)
        if change.surroundings not in self._short:
            allowed = question.allowed.copy()
            allowed[base.rows_of(r)] = False
            short = replace(question, allowed=allowed, counted=question.allowed, unserved=r)
            self._short[change.surroundings] = max(base.resolver.solve(short, least).points, least)
        points = self._short[change.surroundings]
        return Outlook(inf, points, points)

    def _sight(self, change: Change, *, is_stage: bool) -> Sight:
        """Look from a solved programme at what differs from the change in nothing but window and language."""
        if self._sights[0] != change.request_id:
            self._sights, self._short = (change.request_id, {}), {}
        key, base, steps = (change.surroundings, is_stage), self._widened.base, change.about_volunteers
        if key not in self._sights[1]:
            solved = self._solved[steps] if is_stage else base.resolver.solved
            if steps and not is_stage and steps not in self._better:
                self._better[steps] = better_plans(base, solved, self._asked(change), solved.prices)
            better = None if is_stage else self._better.get(steps)
            around = Change.of(change.request_id, set(change.surroundings), self._widened.known)
            question = self._widened.question(around)
            question.allowed[base.candidates_of(change.request_id)] = True
            self._sights[1][key] = Sight(base, solved, question, base.number[change.request_id], better)
        return self._sights[1][key]

    def _asked(self, change: Change) -> Question:
        """Lay out what is asked of volunteers alone, which is the same for every request."""
        steps = set(change.about_volunteers)
        return self._widened.question(Change.of(change.request_id, steps, self._widened.known))
