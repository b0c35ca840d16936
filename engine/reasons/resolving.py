"""A solved programme, and the same programme solved again with something changed: exact, and without starting anew.

A question changes which candidates are allowed, how many volunteers are needed, what a week has left, or what must
be taken. All questions share one set of columns; each begins at the basis and the prices of the base, so that its
answer does not depend on the questions before. An answer is proved by prices, or by branching where the relaxation
leaves fractions. Among plans of equal value the one that keeps most of the base's candidates is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

import numpy as np

from engine.errors import NoSolutionError
from engine.plan_model.bounds import PROVED, Prices
from engine.plan_model.branching import TINY, WHOLE
from engine.plan_model.columns import Relaxation
from engine.plan_model.greedy import plan_points
from engine.plan_model.repricing import MOST_RISEN
from engine.plans import Found, Plans
from engine.problem import Floats, Ints, Problem
from engine.reasons.questions import IMPOSSIBLE, Answer, Bools, Question, changed_problem
from engine.reasons.settling import TIME_LIMIT_S, best_above
from engine.reasons.valuation import Valuation
from engine.reasons.warm import WarmMaster
from engine.solver import nothing_to_choose

N_BEST = 2
"""Plans asked for per volunteer-week and round; most questions need one round."""

CROWDED = 60
"""Candidates of a volunteer-week above which it is searched only when the other weeks yield nothing."""

PENALTY_STEPS = 2
"""How often breaking a demand is made ten times dearer before branching has to settle whether it can be kept."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """The worths at which each volunteer-week was priced last, and a bound on its best plan at those."""

    worth: Floats
    best: Floats


@dataclass(frozen=True, slots=True)
class Solved:
    """A changed programme, its answer, and the prices that bound it.

    Parameters
    ----------
    prices, best
        Prices of the last relaxation, and a bound on the best plan of every volunteer-week at these.
    """

    question: Question
    answer: Answer
    prices: Prices
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
        self.problem = problem
        self.valuation = Valuation(problem, allowed, kept, equity_floor_share)
        self._plans = Plans(problem)
        penalty = 10.0 * (1.0 + float(np.abs(problem.value).max(initial=0.0)) * problem.load_points.shape[1])
        self._master = WarmMaster(problem, self.valuation.side, penalty)
        self._prices = Prices(np.zeros(problem.n_requests), np.zeros(len(problem.side_rows)))
        self._floors = np.zeros(problem.n_volunteer_weeks)
        self._cell: _Cell | None = None
        self._crowded = np.bincount(problem.volunteer_week[allowed], minlength=problem.n_volunteer_weeks) > CROWDED
        self.n_solved = 0
        self.question = Question(allowed, problem.needed)
        self._known = kept
        self._add(self.valuation.by_week(kept[allowed[kept]]))
        self.solved = self._solve(self.question, -inf, is_base=True)
        self.base = self.solved.answer
        if self.base.chosen is None:
            raise NoSolutionError("No plan was found: the pins contradict the limits.")
        self._known = self.base.chosen

    @property
    def step(self) -> float:
        """The number every value is a multiple of, 0 when there is none."""
        return self.valuation.step

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
        return self._solve(question, self.valuation.above(enough), is_base=False).answer

    def solve_roughly(self, question: Question) -> Solved:
        """Bound a changed programme without demands as its relaxation does, with a good plan beside it."""
        bounds = self.valuation.bounds(question)
        lowest, relaxed, prices, best = self._relaxed(question, bounds, -inf)
        chosen = None if relaxed is None else self._whole(relaxed)
        if relaxed is not None and chosen is None:
            # It keeps the run's needs, which a question may have lowered.
            chosen = self._master.best_integral(np.flatnonzero(relaxed.shares > WHOLE), TIME_LIMIT_S)
        answer = Answer(-inf, None, lowest)
        if chosen is not None and (self._given(chosen) <= self.valuation.needed(question)).all():
            answer = Answer(self.valuation.points(bounds, chosen), np.sort(chosen), lowest)
        return Solved(question, answer, prices, best)

    def problem_of(self, question: Question) -> tuple[Problem, Ints]:
        """Lay a changed programme out as a problem of its own, with the place of its candidates in this one."""
        needed, bounds = self.valuation.needed(question), self.valuation.bounds(question)
        return changed_problem(self.problem, question, needed, bounds)

    def _solve(self, question: Question, enough: float, *, is_base: bool) -> Solved:
        bounds = self.valuation.bounds(question)
        bound, relaxed, prices, best = self._relaxed(question, bounds, enough, is_base=is_base)
        answer = self._read_off(bounds, bound, enough, relaxed)
        return Solved(question, answer or self._branch(question, bounds, enough), prices, best)

    def _relaxed(
        self, question: Question, bounds: Floats, enough: float, *, is_base: bool = False
    ) -> tuple[float, Relaxation | None, Prices, Floats]:
        """Change the relaxation for a question, and generate columns."""
        self.n_solved += 1
        if is_base:
            self._master.allow(question.allowed)
        else:
            self._master.go_back()
        needed = self.valuation.needed(question)
        self._master.limit(needed, bounds)
        self._master.allow(question.allowed)
        for candidates, at_least in question.demands:
            self._master.demand(candidates, at_least)
        return self._generate(question, needed, bounds, enough, is_base=is_base)

    def _read_off(self, bounds: Floats, bound: float, enough: float, relaxed: Relaxation | None) -> Answer | None:
        """Read the answer off the relaxation where it is whole and proved; ``None`` when branching has to tell."""
        if bound <= enough:
            return Answer(-inf, None, bound)
        if relaxed is not None and (chosen := self._whole(relaxed)) is not None:
            points = self.valuation.points(bounds, chosen)
            if bound < points + max(self.step * (1 - PROVED), PROVED * abs(points)):
                return Answer(points, chosen, points)
        return None

    def _whole(self, relaxed: Relaxation) -> Ints | None:
        """Read off the plan of a relaxation that leaves no fractions."""
        shares = relaxed.shares
        if (np.minimum(shares, np.abs(1 - shares)) > WHOLE).any() or relaxed.unkept.max(initial=0) > WHOLE:
            return None
        return np.sort(self._master.members_of(shares > 0.5)[0])

    def _generate(
        self, question: Question, needed: Ints, bounds: Floats, enough: float, *, is_base: bool
    ) -> tuple[float, Relaxation | None, Prices, Floats]:
        """Generate columns until none improves, or nothing is worth more than ``enough``.

        Returns the lowest bound met, the last relaxation, its prices, and the best plans' worths at those.
        """
        plans, prices, floors = self.plans_of(question), self._prices, self._floors
        cell, lowest, relaxed, n_dearer = self._cell, inf, None, 0
        unseen = self.more_left(question)
        while True:
            worth = self.valuation.worth(question, prices)
            found, cell, waiting = self._price(plans, worth, floors + TINY, cell, unseen)
            unseen &= waiting
            if not waiting.any():
                lowest = min(lowest, self.valuation.fixed(question, needed, bounds, prices) + float(cell.best.sum()))
                if lowest <= enough:
                    return lowest, None, prices, cell.best
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
                return lowest, None, prices, np.full_like(floors, inf)
            decisions = dict(enumerate(relaxed.decision_prices.tolist()))
            prices, floors = Prices(relaxed.request_prices, relaxed.row_prices, decisions), relaxed.week_prices
        if is_base:
            self._prices, self._floors, self._cell = prices, floors, cell
            self._master.keep()
        return lowest, relaxed, prices, cell.best

    def _price(
        self, plans: Plans, worth: Floats, floors: Floats, cell: _Cell | None, stale: Bools
    ) -> tuple[list[Found], _Cell, Bools]:
        """Find plans above the floors, searching only what may have changed.

        Weeks of very many candidates are searched last, when the others yield nothing; while such weeks wait, they
        are what is returned last, the cell does not bound all plans.
        """
        week = self.problem.volunteer_week
        if cell is None:
            first = plans.price(worth, floors, n_best=N_BEST)
            return [first], _Cell(worth, first.best), np.zeros_like(stale)
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
        return found, _Cell(np.where(done[week], worth, cell.worth), best), stale & ~done

    def _branch(self, question: Question, bounds: Floats, enough: float) -> Answer:
        """Settle by branching what the relaxation leaves open, beginning with the plans there are."""
        problem, places = self.problem_of(question)
        nothing = IMPOSSIBLE if enough == -inf else Answer(-inf, None, enough)
        try:
            if not problem.n_candidates:
                chosen: Ints | None = nothing_to_choose(problem).chosen
            else:
                chosen = self._searched(problem, places, question, enough)
        except NoSolutionError as error:
            if "in time" in str(error):
                raise
            return nothing
        if chosen is None:
            return nothing
        points = self.valuation.points(bounds, places[chosen])
        return Answer(points, places[chosen], points) if points > enough else nothing

    def _searched(self, problem: Problem, places: Ints, question: Question, enough: float) -> Ints | None:
        """Search a problem whose candidates stand at ``places`` of the whole for the best assignment above ``enough``.

        Where there is none, another assignment or ``None``.
        """
        inside = np.full(self.problem.n_candidates, -1)
        inside[places] = np.arange(len(places))
        plans = self._master.plans(np.flatnonzero(self._master.allowed))
        plans = replace(plans, members=inside[plans.members])
        known = inside[self._known[question.allowed[self._known]]]
        if (np.bincount(problem.request[known], minlength=problem.n_requests) > problem.needed).any():
            known = known[:0]  # some request needs fewer in the changed programme
        return best_above(problem, enough, plans, known, self.step, self.valuation.ties[places])

    def plans_of(self, question: Question) -> Plans:
        """Give the plans of all weeks under what a question leaves them."""
        if question.minutes_left is None or question.visits_left is None:
            return self._plans
        return self._plans.limited(question.minutes_left, question.visits_left)

    def more_left(self, question: Question) -> Bools:
        """Mark the volunteer-weeks that have more left than the problem says."""
        if question.minutes_left is None or question.visits_left is None:
            return np.zeros(self.problem.n_volunteer_weeks, dtype=np.bool_)
        changed: Bools = (question.minutes_left != self.problem.minutes_left) | (
            question.visits_left != self.problem.visits_left
        )
        return changed

    def _given(self, chosen: Ints) -> Ints:
        """Count the volunteers of every request."""
        return np.bincount(self.problem.request[chosen], minlength=self.problem.n_requests)

    def rows_of_weeks(self, weeks: Ints) -> Ints:
        """List the candidates of some volunteer-weeks."""
        order, first = self._plans.order, self._plans.first
        return np.concatenate([order[first[u] : first[u + 1]] for u in weeks] or [order[:0]])

    def _add(self, found: Found) -> None:
        value = plan_points(self.problem, found.week, found.first, found.members, self.valuation.value)
        self._master.add(found, value)
