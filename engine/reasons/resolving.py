"""A solved programme, and the same programme solved again with something changed: exact, and without starting anew.

A question changes which candidates are allowed, how many volunteers are needed, what a week has left, or what must
be taken. All questions share one set of columns; each begins at the basis and the prices of the base, so that its
answer does not depend on the questions before. An answer is proved by prices, or by branching where the relaxation
leaves fractions. Among plans of equal value the one that keeps most of the base's candidates is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, inf

import numpy as np

from engine.errors import NoSolutionError
from engine.plan_model.bounds import PROVED, Prices
from engine.plan_model.branching import TINY, WHOLE
from engine.plan_model.columns import Relaxation
from engine.plan_model.greedy import SideTerms, plan_points, points_of
from engine.plan_model.planning import solve_plans
from engine.plan_model.repricing import MOST_RISEN
from engine.plans import Found, Plans
from engine.problem import Floats, Ints, Problem
from engine.reasons.questions import IMPOSSIBLE, Answer, Bools, Question, changed_problem
from engine.reasons.warm import WarmMaster
from engine.solver import nothing_to_choose

N_BEST = 2
"""Plans asked for per volunteer-week and round; most questions need one round."""

CROWDED = 60
"""Candidates of a volunteer-week above which it is searched only when the other weeks yield nothing."""

PENALTY_STEPS = 2
"""How often breaking a demand is made ten times dearer before branching has to settle whether it can be kept."""

TIME_LIMIT_S = 30.0
"""Seconds one question may take once it needs branching."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """The worths at which each volunteer-week was priced last, and a bound on its best plan at those."""

    worth: Floats
    best: Floats


class Resolver:
    """A problem solved once, to be asked many questions.

    Parameters
    ----------
    problem
        Everything that may become a candidate in some question.
    allowed
        What is a candidate without any change.
    kept
        The candidates a run chose; ties are settled in their favour.
    equity_floor_share
        The policy's: floors follow the requests that have candidates.

    Raises
    ------
    NoSolutionError
        When the rules that must hold contradict each other.
    """

    def __init__(self, problem: Problem, allowed: Bools, kept: Ints, equity_floor_share: float) -> None:
        self.problem, self._share = problem, equity_floor_share
        self._side = SideTerms.of(problem)
        self._step = problem.resolution
        self._ties = np.zeros(problem.n_candidates)
        self._ties[kept] = 0.45 * self._step / max(1, int(problem.needed.sum()))
        self._value = problem.value + self._ties
        self._floor_of = np.full(problem.n_requests, -1)
        self._pins: list[int] = []
        self._find_rows()
        self._plans = Plans(problem)
        penalty = 10.0 * (1.0 + float(np.abs(problem.value).max(initial=0.0)) * problem.load_points.shape[1])
        self._master = WarmMaster(problem, self._side, penalty)
        self._prices = Prices(np.zeros(problem.n_requests), np.zeros(len(self._side.bound)))
        self._floors = np.zeros(problem.n_volunteer_weeks)
        self._cell: _Cell | None = None
        self._crowded = np.bincount(problem.volunteer_week[allowed], minlength=problem.n_volunteer_weeks) > CROWDED
        self.n_solved = 0
        self.question = Question(allowed, problem.needed)
        self._add(self._by_week(kept[allowed[kept]]))
        self.base = self._solve(self.question, -inf, is_base=True)
        if self.base.chosen is None:
            raise NoSolutionError("No plan was found: the pins contradict the limits.")

    @property
    def step(self) -> float:
        """The number every value is a multiple of, 0 when there is none."""
        return self._step

    def solve(self, question: Question, enough: float = -inf) -> Answer:
        """Find the best plan of a changed programme.

        Parameters
        ----------
        enough
            Stop as soon as it is proved that no plan is worth more than this; ``chosen`` is then ``None``.

        Raises
        ------
        NoSolutionError
            When branching does not settle the question in time.
        """
        if any(at_least > question.allowed[cs].sum() for cs, at_least in question.demands):
            return IMPOSSIBLE
        return self._solve(question, enough + self._step * (1 - PROVED), is_base=False)

    def worth_of(self, question: Question, chosen: Ints) -> float | None:
        """Evaluate candidates in a changed programme; ``None`` when one is not allowed or a row is broken there."""
        side = replace(self._side, bound=self._bounds(question))
        if not question.allowed[chosen].all() or side.broken(chosen, self.problem.n_candidates):
            return None
        return self._points(side, chosen)

    def problem_of(self, question: Question) -> tuple[Problem, Ints]:
        """Lay a changed programme out as a problem of its own, with the place of its candidates in this one."""
        return changed_problem(self.problem, question, self._needed(question), self._bounds(question))

    def _find_rows(self) -> None:
        for i, row in enumerate(self.problem.side_rows):
            if row.name.startswith("equity:"):
                self._floor_of[self.problem.request[row.candidates]] = i
            elif row.name.startswith("pin:"):
                self._pins.append(i)

    def _needed(self, question: Question) -> Ints:
        if question.unserved < 0:
            return question.needed
        needed = question.needed.copy()
        needed[question.unserved] -= 1
        return needed

    def _bounds(self, question: Question) -> Floats:
        """Work the side rows' bounds out anew: floors and pins hang on who has candidates."""
        problem, bounds = self.problem, self._side.bound.copy()
        counted_by = question.allowed if question.counted is None else question.counted
        has = np.zeros(problem.n_requests, dtype=np.bool_)
        has[problem.request[counted_by]] = True
        floors = np.unique(self._floor_of[self._floor_of >= 0])
        counted = has & (self._floor_of >= 0)
        needed = np.bincount(self._floor_of[counted], question.needed[counted], minlength=len(bounds))
        for i in floors.tolist():
            bounds[i] = -float(ceil(self._share * needed[i] - 1e-9))
        for i in self._pins:
            bounds[i] = -1.0 if counted_by[problem.side_rows[i].candidates].any() else 0.0
        bounds[list(question.lifted)] = 0.0
        return bounds

    def _solve(self, question: Question, enough: float, *, is_base: bool) -> Answer:
        self.n_solved += 1
        bounds = self._bounds(question)
        if is_base:
            self._master.allow(question.allowed)
        else:
            self._master.go_back()
        needed = self._needed(question)
        self._master.limit(needed, bounds)
        self._master.allow(question.allowed)
        for candidates, at_least in question.demands:
            self._master.demand(candidates, at_least)
        bound, relaxed = self._generate(question, needed, bounds, enough, is_base=is_base)
        if bound <= enough:
            return Answer(-inf, None, bound)
        side = replace(self._side, bound=bounds)
        if relaxed is not None:
            shares = relaxed.shares
            whole = (np.minimum(shares, np.abs(1 - shares)) <= WHOLE).all() and relaxed.unkept.max(initial=0) <= WHOLE
            chosen = np.sort(self._master.members_of(shares > 0.5)[0])
            points = self._points(side, chosen) if whole else -inf
            if whole and bound < points + max(self._step * (1 - PROVED), PROVED * abs(points)):
                return Answer(points, chosen, points)
        return self._branch(question, side)

    def _generate(
        self, question: Question, needed: Ints, bounds: Floats, enough: float, *, is_base: bool
    ) -> tuple[float, Relaxation | None]:
        """Generate columns until none improves, or nothing is worth more than ``enough``."""
        plans, prices, floors = self._plans_of(question), self._prices, self._floors
        cell, lowest, relaxed, n_dearer = self._cell, inf, None, 0
        more_left = self._more_left(question)
        while True:
            worth = self._worth(question, prices)
            stale = more_left if relaxed is None else np.zeros_like(more_left)
            found, cell, is_bound = self._price(plans, worth, floors + TINY, cell, stale)
            if is_bound:
                lowest = min(lowest, self._fixed(question, needed, bounds, prices) + float(cell.best.sum()))
                if lowest <= enough:
                    return lowest, None
            if any(len(part.week) for part in found):
                for part in found:
                    self._add(part)
            elif relaxed is not None:
                if relaxed.unkept.max(initial=0.0) <= WHOLE or n_dearer == PENALTY_STEPS:
                    break
                n_dearer += 1
                self._master.penalise(1e3 * self._master.penalty)
            relaxed = self._master.solve(TIME_LIMIT_S)
            if relaxed is None:
                return lowest, None
            decisions = dict(enumerate(relaxed.decision_prices.tolist()))
            prices, floors = Prices(relaxed.request_prices, relaxed.row_prices, decisions), relaxed.week_prices
        if is_base:
            self._prices, self._floors, self._cell = prices, floors, cell
            self._master.keep()
        return lowest, relaxed

    def _price(
        self, plans: Plans, worth: Floats, floors: Floats, cell: _Cell | None, stale: Bools
    ) -> tuple[list[Found], _Cell, bool]:
        """Find plans above the floors, searching only what may have changed.

        Weeks of very many candidates are searched last, when the others yield nothing; until then the cell does not
        bound all plans, and the last entry returned says so.
        """
        week = self.problem.volunteer_week
        if cell is None:
            first = plans.price(worth, floors, n_best=N_BEST)
            return [first], _Cell(worth, first.best), True
        # Where no worth has risen, the best plan is no better than when the week was priced.
        risen = worth > cell.worth + 1e-12
        n_risen = np.bincount(week[risen], minlength=len(floors))
        stale = stale | (floors < cell.best) | (n_risen > MOST_RISEN)
        some = (n_risen > 0) & ~stale
        found, best, done = [], cell.best.copy(), some.copy()
        if some.any():
            found.append(plans.reprice(worth, risen & some[week], floors))
            best[some] = np.maximum(best, found[-1].best)[some]
        for weeks in (stale & ~self._crowded, stale & self._crowded):
            if weeks.any() and not any(len(part.week) for part in found):
                found.append(plans.price(worth, floors, weeks, N_BEST))
                best[weeks] = found[-1].best[weeks]
                done |= weeks
        return found, _Cell(np.where(done[week], worth, cell.worth), best), bool((done | ~stale).all())

    def _branch(self, question: Question, side: SideTerms) -> Answer:
        """Settle by branching what the relaxation leaves open."""
        problem, places = self.problem_of(question)
        try:
            if not problem.n_candidates:
                found = nothing_to_choose(problem)
            else:
                found = solve_plans(problem, time_limit_s=TIME_LIMIT_S, ties=self._ties[places])
        except NoSolutionError as error:
            if "in time" in str(error):
                raise
            return IMPOSSIBLE
        if found.proof != "optimal":
            raise NoSolutionError(f"The changed plan was not proved best within {TIME_LIMIT_S:g} seconds.")
        chosen = places[found.chosen]
        points = self._points(side, chosen)
        return Answer(points, chosen, points)

    def _plans_of(self, question: Question) -> Plans:
        if question.minutes_left is None or question.visits_left is None:
            return self._plans
        return self._plans.limited(question.minutes_left, question.visits_left)

    def _more_left(self, question: Question) -> Bools:
        """Mark the volunteer-weeks that have more left than the problem says."""
        if question.minutes_left is None or question.visits_left is None:
            return np.zeros(self.problem.n_volunteer_weeks, dtype=np.bool_)
        changed: Bools = (question.minutes_left != self.problem.minutes_left) | (
            question.visits_left != self.problem.visits_left
        )
        return changed

    def _worth(self, question: Question, prices: Prices) -> Floats:
        """Reduce the values of candidates by what they use; what is not allowed is worth nothing at all."""
        worth = self._value - prices.requests[self.problem.request]
        if len(self._side.row):
            worth -= self._side.priced(prices.rows, len(worth))
        for k, (candidates, _) in enumerate(question.demands):
            worth[candidates] += prices.decisions.get(k, 0.0)
        worth[~question.allowed] = -inf
        return worth

    def _fixed(self, question: Question, needed: Ints, bounds: Floats, prices: Prices) -> float:
        """The bound without the plans."""
        demanded = sum(prices.decisions.get(k, 0.0) * n for k, (_, n) in enumerate(question.demands))
        return float(needed @ prices.requests) + float(bounds @ prices.rows) - demanded

    def _points(self, side: SideTerms, chosen: Ints) -> float:
        points = points_of(self.problem, side, chosen)
        return round(round(points / self._step) * self._step, 9) if self._step else points

    def _add(self, found: Found) -> None:
        value = plan_points(self.problem, found.week, found.first, found.members, self._value)
        self._master.add(found, value)

    def _by_week(self, chosen: Ints) -> Found:
        """Arrange an assignment as plans, one per volunteer-week."""
        weeks = self.problem.volunteer_week[chosen]
        order = np.argsort(weeks, kind="stable")
        week, first = np.unique(weeks[order], return_index=True)
        return Found(np.empty(0), week, np.append(first, len(chosen)), chosen[order], np.empty(len(week)))
