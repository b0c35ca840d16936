"""The benchmark itself: methods agree where they must, and what they return passes the checks."""

from __future__ import annotations

import json

import numpy as np
import pulp
import pytest
from bench.compact_rows import compact_rows
from bench.judging import Record, compare, record_of
from bench.measuring import Outcome, hand_over, in_own_process, measure
from bench.peers import METHODS
from bench.run_bench import main
from bench.tasks import Task
from bench.towns import town
from bench.transport import as_transport, is_transport
from hypothesis import given, settings
from small_problems import brute_force, small_problems

LIMIT_S = 20.0
MEMORY_MB = 4096.0


@settings(max_examples=40, deadline=None)
@given(problem=small_problems())
def test_the_matrix_is_the_compact_model(problem):
    """Its optimum is that of brute force, all side rows included."""
    rows = compact_rows(problem)
    model = pulp.LpProblem("matrix", pulp.LpMaximize)
    z = [
        model.add_variable(f"z_{k}", 0, float(most) if np.isfinite(most) else None,
                           pulp.LpInteger if k < rows.n_candidates else pulp.LpContinuous)
        for k, most in enumerate(rows.most)
    ]  # fmt: skip
    model += pulp.lpSum(float(points) * one for points, one in zip(rows.points, z, strict=True))
    for i in range(len(rows.upper)):
        terms = pulp.lpSum(float(rows.matrix[i, k]) * z[k] for k in range(len(z)))
        model += terms <= float(rows.upper[i])
        if np.isfinite(rows.lower[i]):
            model += terms >= float(rows.lower[i])
    model.solve(pulp.HiGHS(msg=False, threads=1, gapRel=0.0))

    best = brute_force(problem)

    if best is None:
        assert model.status != pulp.LpStatusOptimal
    else:
        assert float(pulp.value(model.objective)) == pytest.approx(best, abs=1e-6)


IN_OWN_PROCESS = {"cp-sat", "flow"}
"""OR-Tools cannot be loaded into a process after highspy."""


@pytest.mark.parametrize("variant", ["town", "transport"])
def test_exact_methods_agree_and_greedy_is_never_better(variant, tmp_path):
    problem = town(12, 25, 1) if variant == "town" else as_transport(town(12, 25, 1))
    methods = ["engine", "highs-lp", "highs-mip", "scipy", "cbc", "greedy", "cp-sat" if variant == "town" else "flow"]
    hand_over(tmp_path, problem)
    task = Task(problem, compact_rows(problem), LIMIT_S)

    records = [
        record_of(
            variant,
            "12x25",
            method,
            problem,
            [
                measure(tmp_path, method, LIMIT_S, MEMORY_MB)
                if method in IN_OWN_PROCESS
                else Outcome(METHODS[method][1](task), 0.0, 0.0, "")
            ],
        )
        for method in methods
    ]

    assert compare(records, problem.resolution) == []
    value = {record.method: record.value for record in records}
    best = value.pop("engine")
    assert value.pop("greedy") <= best
    assert value.pop("highs-lp") in (None, pytest.approx(best))
    assert all(other == pytest.approx(best, abs=1e-6) for other in value.values())
    assert {record.proof for record in records if record.method not in ("greedy", "highs-lp")} == {"optimal"}


def test_a_plan_worth_more_than_this_engines_is_reported_loudly():
    engine = Record("town", "12x25", 1, "engine", value=10.0, certified=10.0)
    better = Record("town", "12x25", 1, "greedy", value=11.0)

    faults = compare([engine, better], 0.01)

    assert len(faults) == 2
    assert "more than this engine's" in faults[0]


def test_a_process_that_takes_too_long_is_ended_and_said_so(tmp_path):
    outcome = in_own_process(["look", str(tmp_path), "200", "600", "1"], 0.3, MEMORY_MB, tmp_path)

    assert outcome.found is None
    assert "ended from outside" in outcome.note


def test_only_the_reduced_town_is_a_transport_problem():
    problem = town(12, 25, 1)

    assert not is_transport(problem)
    assert is_transport(as_transport(problem))


def test_a_quick_run_writes_the_page_the_plot_and_the_numbers(tmp_path):
    arguments = [
        "--quick",
        "--sizes",
        "12x25",
        "--methods",
        "highs-lp,greedy",
        "--groups",
        "town,sql",
        "--out",
        str(tmp_path),
    ]

    done = main(arguments)

    assert done == 0
    page = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "HiGHS, LP relaxation" in page and "Candidates in SQL" in page and "FAULTS" not in page
    assert (tmp_path / "results.png").stat().st_size > 1000
    assert len(json.loads((tmp_path / "results.json").read_text())["records"]) == 2
