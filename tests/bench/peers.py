"""The engine and its peers, each as one function: a problem in, what it found out. One thread each.

All peers of the compact model read the same matrix (``compact_rows``), except PuLP + CBC, whose point is the
PuLP model of the formulation page. What a peer says of itself is kept apart from what the checks find.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from bench.compact_rows import CompactRows
from bench.or_tools import cp_sat, cp_sat_two, min_cost_flow
from bench.tasks import Found, Task, Watch, taken


def engine_plans(task: Task) -> Found:
    """Solve with this engine's plan model; its preparations count as solving."""
    from engine.errors import NoSolutionError
    from engine.solver import solve

    watch = Watch(task.limit_s)
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

    watch = Watch(task.limit_s)
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
    return Found(taken(values), bound, pulp.LpSolution[programme.sol_status], **watch.seconds())


def highs_mip(task: Task) -> Found:
    """Solve the compact model with HiGHS, handed over as arrays."""
    return _highs(task, integral=True)


def highs_lp(task: Task) -> Found:
    """Solve the linear relaxation of the compact model with HiGHS; a plan only when it happens to be integral."""
    return _highs(task, integral=False)


def _highs(task: Task, *, integral: bool) -> Found:
    import highspy

    watch = Watch(task.limit_s)
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
        return Found(taken(x) if has_plan else None, bound if np.isfinite(bound) else None, said, **watch.seconds())
    n_fractional = int((np.abs(x - np.round(x)) > 1e-6).sum())
    return Found(
        taken(x) if solved and not n_fractional else None,
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

    rows, watch = task.rows, Watch(task.limit_s)
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
        None if found.x is None else taken(found.x[: rows.n_candidates]),
        None if dual is None or not np.isfinite(dual) else -float(dual),
        "optimal" if found.status == 0 else " ".join(found.message.split()[:4]),
        **watch.seconds(),
    )


def greedy(task: Task) -> Found:
    """Take candidates by falling value, each when no row forbids it; load points and soft rows are not looked at."""
    rows, watch = task.rows, Watch(task.limit_s)
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
