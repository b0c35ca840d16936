"""A changed programme settled by branching, where its relaxation leaves fractions."""

from __future__ import annotations

from math import inf

import numpy as np

from engine.errors import NoSolutionError
from engine.plan_model.bounds import Clock, Goal, Prices, Start
from engine.plan_model.branching import Search
from engine.plan_model.planning import solve_plans
from engine.plans import Found
from engine.problem import Floats, Ints, Problem

TIME_LIMIT_S = 30.0
"""Seconds one question may take once it needs branching."""

NODES_BEFORE_PARTS = 40
"""Nodes of one search after which parts of the problem that do not depend on each other get searches of their own."""


def best_above(problem: Problem, enough: float, plans: Found, known: Ints, step: float, ties: Floats) -> Ints | None:
    """Find the best assignment worth more than ``enough``; where there is none, another assignment or ``None``.

    Parameters
    ----------
    plans, known
        Columns and an assignment to begin with.
    step
        The number every value is a multiple of; 0 when there is none.
    ties
        Points by candidate that settle ties.

    Raises
    ------
    NoSolutionError
        When the rules that must hold contradict each other, or the search does not end in time.
    """
    none = Prices(np.zeros(problem.n_requests), np.zeros(len(problem.side_rows)))
    start, clock = Start(plans, known, none, inf, inf), Clock(TIME_LIMIT_S)
    search = Search(problem, problem.value + ties, Goal(step, floor=enough), clock, lambda _: None, start)
    while not search.done and search.n_nodes < NODES_BEFORE_PARTS and clock.left_s() > 0:
        search.step()
    if search.done and (search.chosen is not None or enough > -inf):
        return search.chosen
    # Many fractions far apart, or rules that contradict each other: searched in parts, and told in words.
    found = solve_plans(problem, time_limit_s=TIME_LIMIT_S, ties=ties)
    if found.proof != "optimal":
        raise NoSolutionError(f"The changed plan was not proved best in time, {TIME_LIMIT_S:g} seconds.")
    return found.chosen
