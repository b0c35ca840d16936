"""Changes that cannot serve a request, told without solving: bounded at the prices of a programme near by.

A change to a request and to volunteers is one step from two programmes that are solved anyway: the run's own, and
the one with only what is asked of the volunteers, which many requests share. At the prices of either, no plan of
the changed programme in which the request has all n volunteers is worth more than

    what all requests and side rows earn + sum_u best_u + the n largest of (with_u - best_u),

where best_u is the best plan of volunteer-week u without the request, and with_u the best one with it. A plan of the
solved programme that leaves the request short is worth the same in the changed one. Where the bound is not above
it, leaving the request short costs nothing, and the change does not suffice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
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


def outlook(base: Base, solved: Solved, question: Question, request: int, better: Found | None = None) -> Outlook:
    """Bound a programme that differs from a solved one in the candidates of one request, and little else.

    Parameters
    ----------
    question
        Without demands.
    request
        The number of the request; what else differs is priced anew.
    better
        What :func:`better_plans` finds for what else differs, where that is known.
    """
    return _Bounding(base, solved, question, request, better).outlook()


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


class _Bounding:
    """The numbers that bound one question at the prices of another."""

    def __init__(self, base: Base, solved: Solved, question: Question, request: int, better: Found | None) -> None:
        self._base, self._solved, self._question, self._request = base, solved, question, request
        self._bounds = base.resolver.valuation.bounds(question)
        rows = base.rows_of(request)
        self._mine = rows[question.allowed[rows]]
        self._n = int(question.needed[request])
        requests = solved.prices.requests.copy()
        requests[request] = 0.0
        self._prices = Prices(requests, solved.prices.rows)
        if better is None or (base.problem.request[better.members] == request).any():
            better = better_plans(base, solved, question, self._prices, request)
        self._better = better

    def outlook(self) -> Outlook:
        """Bound the best plans with and without the request."""
        valuation, best = self._base.resolver.valuation, self._better.best
        least, kept = self._short_at_least()
        if len(self._better.week):
            least = max(least, self._with_better(kept))
        total = valuation.fixed(self._question, self._question.needed, self._bounds, self._prices)
        total += float(best.sum())
        gains = np.sort(self._gains(best, total - valuation.above(least)))[::-1]
        served = total + float(gains[: self._n].sum()) if len(gains) >= self._n else -inf
        most = total + float(np.maximum(0.0, gains[: self._n - 1]).sum())
        return Outlook(served, least, most)

    def _short_at_least(self) -> tuple[float, Ints]:
        """Evaluate the solved plan, without the request where the change takes its visits away."""
        base, chosen = self._base, self._solved.answer.chosen
        if chosen is None:
            return -inf, np.empty(0, dtype=np.int64)
        given = base.problem.request[chosen] == self._request
        if given.sum() < self._n:
            points = base.resolver.valuation.points_in(self._question, self._bounds, chosen)
            if points > -inf:
                return points, chosen
        return base.resolver.valuation.points_in(self._question, self._bounds, chosen[~given]), chosen[~given]

    def _with_better(self, kept: Ints) -> float:
        """Evaluate the solved plan with the better plans in it, or with plans for which nobody gives way."""
        problem, resolver, found = self._base.problem, self._base.resolver, self._better
        weeks = np.zeros(problem.n_volunteer_weeks, dtype=np.bool_)
        weeks[found.week] = True
        rest = kept[~weeks[problem.volunteer_week[kept]]]
        free = self._question.needed - np.bincount(problem.request[rest], minlength=problem.n_requests)
        free[self._request] = min(free[self._request], self._n - 1)
        if (np.bincount(problem.request[found.members], minlength=problem.n_requests) > free).any():
            rows = resolver.rows_of_weeks(found.week)
            rows = rows[(free[problem.request[rows]] > 0) & (problem.request[rows] != self._request)]
            for_nothing = Prices(np.zeros(problem.n_requests), self._prices.rows)
            worth = resolver.valuation.worth(self._question, for_nothing, rows)
            found = resolver.plans_of(self._question).price(worth, np.zeros(len(weeks)), weeks)
            if (np.bincount(problem.request[found.members], minlength=problem.n_requests) > free).any():
                return -inf
        return resolver.valuation.points_in(self._question, self._bounds, np.concatenate([rest, found.members]))

    def _gains(self, best: Floats, above: float) -> Floats:
        """Bound what each volunteer-week gains by serving the request; it may lose.

        Where one volunteer is enough, only gains above ``-above`` matter, and the others are told roughly.
        """
        problem = self._base.problem
        weeks, which = np.unique(problem.volunteer_week[self._mine], return_inverse=True)
        if not len(weeks):
            return np.empty(0)
        gains, resolver = np.full(len(weeks), -inf), self._base.resolver
        alone = resolver.valuation.worth(self._question, self._prices, self._mine)[self._mine]
        np.maximum.at(gains, which, alone + problem.load_points[weeks[which], 0])
        if self._n > 1 or (gains > -above).any():
            floors = np.maximum(0.0, best - above) if self._n == 1 and above < inf else np.zeros(len(best))
            looked_at: Ints = self._mine if self._n > 1 else self._mine[gains[which] > -above]
            risen = np.zeros(problem.n_candidates, dtype=np.bool_)
            risen[looked_at] = True
            rows = resolver.rows_of_weeks(np.unique(problem.volunteer_week[looked_at]))
            worth = resolver.valuation.worth(self._question, self._prices, rows)
            found = resolver.plans_of(self._question).reprice(worth, risen, floors)
            gains = np.minimum(gains, np.maximum(found.best, floors)[weeks] - best[weeks])
        return gains


class Stages:
    """Programmes solved with what is asked of some volunteers, kept for all requests that ask the same."""

    def __init__(self, widened: Widened) -> None:
        self._widened = widened
        self._solved: dict[tuple[Step, ...], Solved] = {}
        self._better: dict[tuple[Step, ...], Found] = {}
        self._tried: tuple[str, dict[tuple[Step, ...], Solved]] = ("", {})

    def keep(self, change: Change, solved: Solved) -> None:
        """Keep the prices of a change that was solved: they bound what else may be changed in the same request."""
        if self._tried[0] != change.request_id:
            self._tried = change.request_id, {}
        steps = change.about_volunteers
        near = self._solved[steps] if steps else self._widened.base.resolver.solved
        self._tried[1][steps] = replace(solved, answer=near.answer)

    def outlooks(self, change: Change, question: Question) -> Iterator[Outlook]:
        """Bound a changed programme at the prices of the run's own, then of the one with what is asked of volunteers.

        The second is solved when it is asked for the first time. Last come the prices of the change of this request
        that asked the same of volunteers and was solved last.

        Raises
        ------
        NoSolutionError
            When branching does not settle that one in time.
        """
        base, steps, r = self._widened.base, change.about_volunteers, self._widened.base.number[change.request_id]
        solved = base.resolver.solved
        if steps and steps not in self._better:
            self._better[steps] = better_plans(base, solved, self._asked(change), solved.prices)
        yield outlook(base, solved, question, r, self._better.get(steps))
        if steps:
            if steps not in self._solved:
                self._solved[steps] = base.resolver.solve_with_prices(self._asked(change))
            yield outlook(base, self._solved[steps], question, r)
        if self._tried[0] == change.request_id and steps in self._tried[1]:
            yield outlook(base, self._tried[1][steps], question, r)

    def _asked(self, change: Change) -> Question:
        """Lay out what is asked of volunteers alone, which is the same for every request."""
        steps = set(change.about_volunteers)
        return self._widened.question(Change.of(change.request_id, steps, self._widened.known))
