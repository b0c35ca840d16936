"""The 20 generalised assignment instances of the OR-Library, to their published optima, through both models."""

from pathlib import Path

import pandas as pd
import pytest

from engine.assignment import solve_assignment
from engine.reference import REFERENCE

FOLDER = REFERENCE / "benchmarks" / "gap"
OPTIMA = pd.read_csv(FOLDER / "published_optima.csv").set_index("Path")["Optimum"]

SERVED = 1000
"""Larger than any cost, so that serving every job is always better: value = SERVED - cost."""


def instance(path: Path):
    """Read m agents, n jobs; m rows of costs; m rows of resource use; m capacities."""
    numbers = [int(word) for word in path.read_text().split()]
    m, n = numbers[:2]
    costs, uses = numbers[2 : 2 + m * n], numbers[2 + m * n : 2 + 2 * m * n]
    candidates = pd.DataFrame({"volunteer_id": [i for i in range(m) for _ in range(n)], "request_id": [*range(n)] * m})
    candidates = candidates.assign(value=[SERVED - cost for cost in costs], minutes=uses)
    requests = pd.DataFrame({"request_id": range(n), "needed": 1})
    volunteers = pd.DataFrame({"volunteer_id": range(m), "minutes": numbers[2 + 2 * m * n :], "visits": None})
    return candidates, requests, volunteers


@pytest.mark.parametrize("model", ["compact", "plans"])
@pytest.mark.parametrize("name", OPTIMA.index)
def test_the_published_optimum_is_found_and_proved(name, model):
    candidates, requests, volunteers = instance(FOLDER / Path(name).name)

    solution = solve_assignment(candidates, requests, volunteers, model=model)

    assert solution.proof == "optimal"
    assert len(solution.chosen) == len(requests)
    assert SERVED * len(requests) - solution.objective == pytest.approx(OPTIMA[name])
