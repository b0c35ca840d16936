"""Which model solves what, and what the two make of each other's results."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InputError
from engine.problem import Assignment, Branch
from engine.solver import better_of, solve

TESTS = Path(__file__).parent.parent
NONE = np.empty(0, dtype=np.int64)
PRICES = (Branch((), np.ones(1), np.zeros(0), np.zeros(0)),)
PLANS = Assignment(NONE, 90.0, 100.0, "feasible", "plans", PRICES)
COMPACT = Assignment(NONE, 95.0, 110.0, "feasible", "compact")


def test_the_better_plan_meets_the_lower_bound():
    joined = better_of(PLANS, COMPACT, gap=0.0, resolution=0.0)

    assert (joined.objective, joined.bound, joined.model, joined.proof) == (95.0, 100.0, "compact", "feasible")
    assert joined.certificate == PRICES


def test_a_bound_of_the_compact_model_has_no_prices():
    proved = replace(COMPACT, bound=95.0, proof="optimal")

    joined = better_of(PLANS, proved, gap=0.0, resolution=0.0)

    assert (joined.bound, joined.proof, joined.certificate) == (95.0, "optimal", ())


def test_the_plans_own_assignment_under_a_bound_without_prices_counts_as_compact():
    lower_bound = replace(COMPACT, objective=80.0, bound=95.0)

    joined = better_of(PLANS, lower_bound, gap=0.0, resolution=0.0)

    assert (joined.objective, joined.bound, joined.model, joined.certificate) == (90.0, 95.0, "compact", ())


def test_meeting_in_the_middle_can_prove_the_optimum():
    joined = better_of(PLANS, replace(COMPACT, objective=100.0), gap=0.0, resolution=0.0)

    assert joined.proof == "optimal"


@pytest.mark.parametrize("wrong", [{"model": "magic"}, {"gap": -0.1}, {"gap": 1.0}, {"time_limit_s": 0.0}])
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(InputError):
        solve(None, **wrong)


COMPILED = """
import sys
import numpy as np
from numba.core.registry import CPUDispatcher
from bench.towns import town
from small_problems import joined, triangle
from engine.plans import Plans
from engine.solver import compile_ahead, solve

def versions():
    return {(name, what): len(function.signatures) for name, module in sys.modules.items() if name.startswith("engine.")
            for what, function in vars(module).items() if isinstance(function, CPUDispatcher)}

compile_ahead()
before = versions()
for problem in (town(12, 25, 1), joined([triangle()] * 2)):
    solve(problem)
    plans = Plans(problem)
    plans.reprice(problem.value, np.ones(problem.n_candidates, dtype=bool), np.zeros(problem.n_volunteer_weeks))
    plans.best_with(problem.value, np.arange(problem.n_candidates))
assert any(before.values())
print(*(name for name, n in versions().items() if n != before[name]))
"""


def test_nothing_is_compiled_while_the_clock_of_a_run_goes():
    """Who compiles ahead, in a new process, finds every function that a search and its reasons ask for."""
    done = subprocess.run([sys.executable, "-c", COMPILED], cwd=TESTS, capture_output=True, text=True, check=True)

    assert done.stdout.split() == []
