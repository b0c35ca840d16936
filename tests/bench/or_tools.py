"""The peers of OR-Tools: CP-SAT for the compact model, min-cost flow for the transport problem."""

from __future__ import annotations

from typing import Any

import numpy as np
from bench.compact_rows import CompactRows, Floats, Ints
from bench.tasks import Found, Task, Watch, taken


def cp_sat(task: Task, n_workers: int = 1) -> Found:
    """Solve the compact model with OR-Tools CP-SAT, in whole multiples of the resolution.

    Raises
    ------
    ValueError
        When minutes or coefficients are not whole numbers.
    """
    from ortools.sat.python import cp_model

    watch = Watch(task.limit_s)
    model, x = _cp_model(task.rows)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = n_workers
    solver.parameters.relative_gap_limit = 0.0
    solver.parameters.max_time_in_seconds = watch.built()
    status = solver.solve(model)
    has_plan = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    chosen = taken(np.array([solver.boolean_value(one) for one in x], dtype=float)) if has_plan else None
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


def min_cost_flow(task: Task) -> Found:
    """Solve a transport problem as a flow from volunteers over candidates to requests with OR-Tools."""
    from ortools.graph.python import min_cost_flow as graph

    problem, watch = task.problem, Watch(task.limit_s)
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
