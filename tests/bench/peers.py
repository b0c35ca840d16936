"""The engine and its peers, each as one function: a problem in, what it found out. One thread each.

All peers of the compact model read the same matrix (``compact_rows``), except PuLP + CBC, whose point is the
PuLP model of the formulation page. What a peer says of itself is kept apart from what the checks find.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from bench.compact_rows import CompactRows, Floats, Ints


@dataclass(frozen=True, slots=True)
class Task:
    """What a method is given: ``rows`` is the compact model, ``limit_s`` covers building and solving.

    ``problem`` has the fields of :class:`engine.problem.Problem`; it is one for the methods in ``OF_THE_ENGINE``.
    """

    problem: Any
    rows: CompactRows
    limit_s: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a method found.

    Parameters
    ----------
    chosen
        The candidates of its plan; ``None`` when it has none.
    bound
        Points that no plan can exceed, by its own word; ``None`` when it gives none.
    said
        Its own word for how it ended.
    build_s, solve_s
        Seconds of wall time: from the arrays to the solver's model, and from there to the plan.
    """

    chosen: Ints | None
    bound: float | None
    said: str
    build_s: float
    solve_s: float
    details: dict[str, object] = field(default_factory=dict)


class _Watch:
    """Splits the time of a method into building and solving."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._began = self._built = time.perf_counter()

    def built(self) -> float:
        """Note that the model is built; give the seconds that are left for solving."""
        self._built = time.perf_counter()
        return max(0.1, self._limit_s - (self._built - self._began))

    def seconds(self) -> dict[str, float]:
        return {"build_s": self._built - self._began, "solve_s": time.perf_counter() - self._built}


def engine_plans(task: Task) -> Found:
    """Solve with this engine's plan model; its preparations count as solving."""
    from engine.errors import NoSolutionError
    from engine.solver import solve

    watch = _Watch(task.limit_s)
    try:
        found = solve(task.problem, model="plans", time_limit_s=watch.built())
    except NoSolutionError as error:
        return Found(None, None, str(error), **watch.seconds())
    details = {"model": found.model, "certificate": found.certificate} | found.details
    return Found(found.chosen, found.bound, found.proof, **watch.seconds(), details=details)


def pulp_cbc(task: Task) -> Found:
    """Solve the page's compact model with PuLP and its bundled CBC."""
    import pulp

    from engine.formulation import compact

    watch = _Watch(task.limit_s)
    programme, x = compact(task.problem)
    left = watch.built()
    with warnings.catch_warnings():
        # The pinned PuLP is the last with a CBC of its own, and says so.
        warnings.simplefilter("ignore", DeprecationWarning)
        solver = pulp.PULP_CBC_CMD(msg=False, threads=1, timeLimit=left, gapRel=0.0)
    programme.solve(solver)
    if programme.sol_status not in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible):
        return Found(None, None, pulp.LpSolution[programme.sol_status], **watch.seconds())
    values = np.array([variable.value() or 0.0 for variable in x])
    # PuLP passes no bound on; only "optimal" says one.
    proved = programme.sol_status == pulp.LpSolutionOptimal
    bound = float(programme.objective.value()) if proved else None
    return Found(_taken(values), bound, pulp.LpSolution[programme.sol_status], **watch.seconds())


def highs_mip(task: Task) -> Found:
    """Solve the compact model with HiGHS, handed over as arrays."""
    return _highs(task, integral=True)


def highs_lp(task: Task) -> Found:
    """Solve the linear relaxation of the compact model with HiGHS; a plan only when it happens to be integral."""
    return _highs(task, integral=False)


def _highs(task: Task, *, integral: bool) -> Found:
    import highspy

    watch = _Watch(task.limit_s)
    highs = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 1), ("mip_rel_gap", 0.0)):
        highs.setOptionValue(option, value)
    highs.passModel(_highs_model(task.rows, integral=integral))
    highs.setOptionValue("time_limit", watch.built())
    highs.run()
    said = highs.modelStatusToString(highs.getModelStatus())
    info, solved = highs.getInfo(), highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    x = np.array(highs.getSolution().col_value)[: task.rows.n_candidates]
    if integral:
        has_plan = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        bound = float(info.mip_dual_bound)
        return Found(_taken(x) if has_plan else None, bound if np.isfinite(bound) else None, said, **watch.seconds())
    n_fractional = int((np.abs(x - np.round(x)) > 1e-6).sum())
    return Found(
        _taken(x) if solved and not n_fractional else None,
        float(info.objective_function_value) if solved else None,
        f"{said}, {n_fractional} fractional" if solved else said,
        **watch.seconds(),
    )


def _highs_model(rows: CompactRows, *, integral: bool) -> Any:
    """Lay the matrix out as HiGHS keeps it."""
    import highspy

    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = rows.matrix.shape
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_, model.col_lower_, model.col_upper_ = rows.points, np.zeros(len(rows.points)), rows.most
    model.row_lower_, model.row_upper_ = rows.lower, rows.upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = rows.matrix.indptr
    model.a_matrix_.index_ = rows.matrix.indices
    model.a_matrix_.value_ = rows.matrix.data
    if integral:
        whole, any_number = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
        n_others = len(rows.points) - rows.n_candidates
        model.integrality_ = [whole] * rows.n_candidates + [any_number] * n_others
    return model


def scipy_milp(task: Task) -> Found:
    """Solve the compact model with ``scipy.optimize.milp``."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    rows, watch = task.rows, _Watch(task.limit_s)
    integrality = (np.arange(len(rows.points)) < rows.n_candidates).astype(int)
    constraints = LinearConstraint(rows.matrix, rows.lower, rows.upper)
    left = watch.built()
    found = milp(
        -rows.points,
        integrality=integrality,
        bounds=Bounds(0, rows.most),
        constraints=constraints,
        options={"time_limit": left, "mip_rel_gap": 0.0},
    )
    dual = found.get("mip_dual_bound")
    return Found(
        None if found.x is None else _taken(found.x[: rows.n_candidates]),
        None if dual is None or not np.isfinite(dual) else -float(dual),
        "optimal" if found.status == 0 else " ".join(found.message.split()[:4]),
        **watch.seconds(),
    )


def cp_sat(task: Task, n_workers: int = 1) -> Found:
    """Solve the compact model with OR-Tools CP-SAT, in whole multiples of the resolution.

    Raises
    ------
    ValueError
        When minutes or coefficients are not whole numbers.
    """
    from ortools.sat.python import cp_model

    watch = _Watch(task.limit_s)
    model, x = _cp_model(task.rows)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = n_workers
    solver.parameters.relative_gap_limit = 0.0
    solver.parameters.max_time_in_seconds = watch.built()
    status = solver.solve(model)
    has_plan = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    chosen = _taken(np.array([solver.boolean_value(one) for one in x], dtype=float)) if has_plan else None
    bound = solver.best_objective_bound * task.rows.resolution if has_plan else None
    return Found(chosen, bound, solver.status_name(status).lower(), **watch.seconds())


def cp_sat_two(task: Task) -> Found:
    """Solve as :func:`cp_sat`, with two workers: the one method that is allowed more than one thread."""
    return cp_sat(task, n_workers=2)


def _cp_model(rows: CompactRows) -> tuple[Any, list[Any]]:
    """Write the rows as "at most one" where they are that, and as linear constraints otherwise."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    z = [
        model.new_bool_var("") if most == 1 else model.new_int_var(0, rows.n_candidates, "")
        for most in rows.most.tolist()
    ]
    first, index, matrix = rows.matrix.indptr, rows.matrix.indices.tolist(), _whole(rows.matrix.data)
    for i, (lower, upper) in enumerate(zip(rows.lower.tolist(), rows.upper.tolist(), strict=True)):
        terms = [z[k] for k in index[first[i] : first[i + 1]]]
        coefficients = matrix[first[i] : first[i + 1]]
        binary = all(rows.most[k] == 1 for k in index[first[i] : first[i + 1]])
        if upper == 1 and lower < 0 and binary and set(coefficients) <= {1}:
            model.add_at_most_one(terms)
            continue
        total = cp_model.LinearExpr.weighted_sum(terms, coefficients)
        if lower == upper:
            model.add(total == int(upper))
        else:
            model.add(total <= int(np.floor(upper)))
    model.maximize(cp_model.LinearExpr.weighted_sum(z, _whole(rows.points / rows.resolution)))
    return model, z[: rows.n_candidates]


def _whole(numbers: Floats) -> list[int]:
    rounded = np.round(numbers)
    if not np.allclose(numbers, rounded, rtol=0, atol=1e-6):
        raise ValueError("CP-SAT needs whole minutes, coefficients, and hundredths of a point.")
    return rounded.astype(np.int64).tolist()


def greedy(task: Task) -> Found:
    """Take candidates by falling value, each when no row forbids it; load points and soft rows are not looked at."""
    rows, watch = task.rows, _Watch(task.limit_s)
    n, value = rows.n_candidates, task.rows.points[: task.rows.n_candidates]
    is_soft = np.diff(rows.matrix[:, n:].indptr) > 0
    hard = rows.matrix[~is_soft][:, :n].tocsc()
    first, index, coefficient = hard.indptr.tolist(), hard.indices.tolist(), hard.data.tolist()
    left = rows.upper[~is_soft].tolist()
    watch.built()
    chosen = []
    for c in np.lexsort((np.arange(n), -value)).tolist():
        span = range(first[c], first[c + 1])
        if value[c] > 0 and all(coefficient[k] <= left[index[k]] for k in span):
            chosen.append(c)
            for k in span:
                left[index[k]] -= coefficient[k]
    return Found(np.array(sorted(chosen), dtype=np.int64), None, "first fit", **watch.seconds())


def min_cost_flow(task: Task) -> Found:
    """Solve a transport problem as a flow from volunteers over candidates to requests with OR-Tools."""
    from ortools.graph.python import min_cost_flow as graph

    problem, watch = task.problem, _Watch(task.limit_s)
    flow, arcs = _network(problem, graph.SimpleMinCostFlow(), task.rows.resolution)
    watch.built()
    status = flow.solve()
    if status != flow.OPTIMAL:
        return Found(None, None, status.name.lower(), **watch.seconds())
    chosen = np.flatnonzero(flow.flows(arcs) > 0)
    return Found(chosen, -flow.optimal_cost() * task.rows.resolution, "optimal", **watch.seconds())


def _network(problem: Any, flow: Any, resolution: float) -> tuple[Any, Ints]:
    """Lay out the arcs: source -> volunteer-weeks -> requests -> sink, and past them what is not needed."""
    n_requests, n_weeks = len(problem.needed), len(problem.visits_left)
    source, sink = n_requests + n_weeks, n_requests + n_weeks + 1
    requests, weeks = np.arange(n_requests), n_requests + np.arange(n_weeks)
    # More visits than requests in a week make no difference, and flows must be finite.
    visits = np.minimum(problem.visits_left, n_requests).astype(np.int64)

    def add(tails: Ints, heads: Ints, capacities: Ints, points: Floats) -> Ints:
        costs = -np.round(points / resolution).astype(np.int64)
        return flow.add_arcs_with_capacity_and_unit_cost(tails, heads, capacities, costs)

    arcs = add(
        n_requests + problem.volunteer_week,
        problem.request,
        np.ones(len(problem.value), dtype=np.int64),
        problem.value,
    )
    add(np.full(n_weeks, source), weeks, visits, np.zeros(n_weeks))
    add(requests, np.full(n_requests, sink), problem.needed, np.zeros(n_requests))
    total = np.array([visits.sum()])
    add(np.array([source]), np.array([sink]), total, np.zeros(1))
    flow.set_nodes_supplies(np.array([source, sink]), np.array([total[0], -total[0]]))
    return flow, arcs


def _taken(values: Floats) -> Ints:
    return np.flatnonzero(values > 0.5)


METHODS: dict[str, tuple[str, Callable[[Task], Found]]] = {
    "engine": ("this engine, plans", engine_plans),
    "highs-lp": ("HiGHS, LP relaxation", highs_lp),
    "highs-mip": ("HiGHS, compact MIP", highs_mip),
    "scipy": ("SciPy milp, compact", scipy_milp),
    "cbc": ("PuLP + CBC, compact", pulp_cbc),
    "cp-sat": ("OR-Tools CP-SAT, 1 worker", cp_sat),
    "cp-sat-2": ("OR-Tools CP-SAT, 2 workers", cp_sat_two),
    "flow": ("OR-Tools min-cost flow", min_cost_flow),
    "greedy": ("greedy, first fit", greedy),
}
"""Every method by its short name: the name for people, and the function."""

TRANSPORT_ONLY = {"flow"}
OF_THE_ENGINE = {"engine", "cbc"}
"""Methods that use the engine's own code; the others run without it."""
