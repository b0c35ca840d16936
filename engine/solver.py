"""Solve a problem to proof: the compact model, or weekly plans by column generation."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pulp

from engine.errors import InputError, NoSolutionError
from engine.formulation import compact
from engine.plan_model.bounds import proof_of
from engine.plan_model.components import Components
from engine.plan_model.greedy import SideTerms
from engine.plan_model.planning import solve_plans
from engine.plans import Plans
from engine.problem import NO_TIME, Assignment, Problem

MODELS = ("auto", "compact", "plans")

COMPACT_MOST_CANDIDATES = 20_000
PLANS_SHARE = 0.6
"""With ``auto``, plans come first; where they leave a gap in this share of the time, and the problem is no larger
than that, the compact model has the rest."""

FEASIBLE = 2
"""HiGHS's ``kSolutionStatusFeasible``."""


def solve(
    problem: Problem,
    *,
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    model: str = "auto",
    seed: int = 0,
    progress: Callable[[object], None] | None = None,
) -> Assignment:
    """Choose the most valuable candidates that keep every rule.

    Parameters
    ----------
    gap
        Relative distance between plan and bound at which to stop; 0 asks for the optimum.
    model
        ``plans``, ``compact``, or ``auto``: plans, and where they leave a gap on a small problem, compact too.
    seed
        Settles ties between plans of equal value.

    Raises
    ------
    InputError
        When ``gap``, ``time_limit_s`` or ``model`` is impossible.
    NoSolutionError
        When hard rules contradict each other, or no plan was found in time.
    """
    if model not in MODELS:
        raise InputError(f"model is {model!r}; it must be one of {', '.join(MODELS)}.")
    if not 0 <= gap < 1:
        raise InputError(f"gap is {gap!r}; it must be at least 0 and below 1.")
    if not time_limit_s > 0:
        raise InputError(f"time_limit_s is {time_limit_s!r}; it must be above 0.")
    if seed < 0:
        raise InputError(f"seed is {seed!r}; it must be 0 or more.")
    if problem.n_candidates == 0:
        return nothing_to_choose(problem)
    if model == "compact":
        return solve_compact(problem, gap=gap, time_limit_s=time_limit_s)
    may_go_on = model == "auto" and problem.n_candidates <= COMPACT_MOST_CANDIDATES
    share = PLANS_SHARE if may_go_on else 1.0
    compile_ahead()
    began = time.perf_counter()
    found = solve_plans(problem, gap=gap, time_limit_s=share * time_limit_s, seed=seed, progress=progress)
    if found.proof != "feasible" or not may_go_on:
        return found
    left = max(0.01, time_limit_s - (time.perf_counter() - began))
    try:
        other = solve_compact(problem, gap=gap, time_limit_s=left)
    except NoSolutionError:
        return found
    return better_of(found, other, gap, problem.resolution)


def better_of(plans: Assignment, compact: Assignment, gap: float, resolution: float) -> Assignment:
    """Join what the two models found: the better plan, the lower bound, and the prices while they prove that bound."""
    best = compact if compact.objective > plans.objective else plans
    bound = max(best.objective, min(plans.bound, compact.bound))
    has_prices = plans.bound <= compact.bound
    return replace(
        best,
        bound=bound,
        proof=proof_of(best.objective, bound, gap, resolution),
        # Whose bound rests on no prices is a compact run, for `verify` to say so.
        model=best.model if has_prices else compact.model,
        certificate=plans.certificate if has_prices else (),
    )


def solve_compact(problem: Problem, *, gap: float, time_limit_s: float) -> Assignment:
    """Solve the compact model with HiGHS through PuLP.

    Raises
    ------
    NoSolutionError
        When hard rules contradict each other, or no plan was found in time.
    """
    began = time.perf_counter()
    programme, x = compact(problem)
    left = max(0.01, time_limit_s - (time.perf_counter() - began))
    programme.solve(pulp.HiGHS(msg=False, threads=1, timeLimit=left, gapRel=gap, gapAbs=0.0))
    info = programme.solverModel.getInfo()
    # PuLP calls a run that found nothing in time "optimal" too, hence HiGHS's own word.
    if info.primal_solution_status != FEASIBLE:
        raise NoSolutionError(
            "No plan was found: the pins contradict the limits."
            if programme.status == pulp.LpStatusInfeasible
            else f"No plan was found within {time_limit_s:g} seconds."
        )
    chosen = np.flatnonzero(np.array([v.value() for v in x]) > 0.5)
    objective = _rounded(float(programme.objective.value()), problem.resolution)
    # PuLP hands HiGHS a minimisation, so that its bound has the other sign.
    bound = max(objective, -float(info.mip_dual_bound))
    proof = proof_of(objective, bound, gap, problem.resolution)
    return Assignment(chosen, objective, bound, proof, "compact")


@cache
def compile_ahead() -> None:
    """Compile the search, or fetch it from disk where it is kept, before any clock runs; once it takes some 20 s."""
    nothing, one = np.array([NO_TIME]), np.array([1.0])
    nowhere = np.array([np.nan])
    index = np.zeros(1, dtype=np.int64)
    problem = Problem(
        needed=np.ones(1, dtype=np.int64), minutes_left=one, visits_left=one, load_points=np.zeros((1, 1)),
        volunteer=index, request=index, volunteer_week=index, value=one, minutes=one, starts=nothing,
        ends=nothing, lat=nowhere, lon=nowhere,
    )  # fmt: skip
    solve_plans(problem)
    plans = Plans(problem)
    plans.price(one)
    plans.reprice(one, np.ones(1, dtype=np.bool_), np.zeros(1))
    plans.best_with(one, index)
    Components(problem, SideTerms.of(problem))


def _rounded(value: float, resolution: float) -> float:
    """Take the solver's rounding errors out of a value that is a multiple of the resolution."""
    return round(round(value / resolution) * resolution, 9) if resolution else value


def nothing_to_choose(problem: Problem) -> Assignment:
    """Choose nothing, because there is nothing to choose: what the soft rows then cost is certain."""
    cost = 0.0
    for row in problem.side_rows:
        shortfall = max(0.0, -row.bound)
        if shortfall and not np.isfinite(row.penalty):
            raise NoSolutionError(f"No candidate can satisfy {row.name}.")
        cost += shortfall and shortfall * row.penalty
    return Assignment(np.empty(0, dtype=np.int64), 0.0 - cost, 0.0 - cost, "optimal", "compact")
