"""Independent components: found, cut out, solved apart, and proved together."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_problems import brute_force, joined, problems_side_by_side, triangle

from engine.checks import certified_bound, violations
from engine.errors import NoSolutionError
from engine.plan_model.components import Components
from engine.plan_model.greedy import SideTerms
from engine.plan_model.planning import solve_plans
from engine.problem import Branch, Decision, SideRow


def components_of(problem):
    return Components(problem, SideTerms.of(problem))


def test_what_candidates_and_side_rows_link_is_one_component():
    triangles = joined([triangle(), triangle(), triangle()])
    across = SideRow("equity", np.array([0, 8]), -np.ones(2), -1.0, penalty=3.0)
    linked = replace(triangles, side_rows=(*triangles.side_rows, across))

    assert components_of(triangles).names.tolist() == [0, 3, 6]
    assert components_of(linked).names.tolist() == [0, 3]


def test_what_has_no_candidates_belongs_to_the_first_component():
    nobody = replace(triangle(), needed=np.array([1, 1, 1, 1]), side_rows=())
    empty_row = SideRow("equity", np.empty(0, dtype=np.int64), np.empty(0), -1.0, penalty=3.0)

    found = components_of(replace(nobody, side_rows=(empty_row,)))

    assert found.of_request.tolist() == [0, 1, 2, 0]
    assert found.of_row.tolist() == [0]


def test_a_part_has_a_way_back():
    both = joined([triangle(), triangle((6.0, 7.0, 8.0))])

    part = components_of(both).part([3])
    leaf = part.leaf(both, Branch((Decision(1, 1, True, 2),), np.array([1.0, 2, 3]), np.ones(3), np.ones(1)))

    assert part.problem.value.tolist() == [6.0, 7.0, 8.0]
    assert [row.candidates.tolist() for row in part.problem.side_rows] == [[0, 1], [1, 2], [0, 2]]
    assert leaf.decided == (Decision(4, 4, True, 5),)
    assert leaf.request_prices.tolist() == [0, 0, 0, 1, 2, 3]
    assert leaf.components == (3,)


@pytest.mark.parametrize("n_copies", [2, 8, 32])
def test_copies_of_a_problem_take_as_many_nodes_each_as_one_alone(n_copies):
    alone = solve_plans(triangle((5.0, 5.5, 6.5)))
    copies = joined([triangle((5.0, 5.5, 6.5))] * n_copies)

    found = solve_plans(copies)

    assert alone.details["nodes"] > 1
    assert found.details["nodes"] <= 1 + n_copies * alone.details["nodes"]
    assert found.objective == pytest.approx(n_copies * alone.objective)
    assert found.proof == "optimal"
    assert violations(copies, found.chosen) == []
    assert certified_bound(copies, found.certificate) == pytest.approx(found.objective)


def test_only_what_is_fractional_is_searched_apart():
    """Two pairs that nobody competes with stay together, beside a triangle that needs branching."""
    easy = [replace(triangle(), side_rows=())] * 2
    problem = joined([*easy, triangle()])

    found = solve_plans(problem)

    assert found.objective == 15.0 + 15.0 + 5.0
    assert {leaf.components for leaf in found.certificate} == {(0, 1, 2, 3, 4, 5), (6,)}
    assert found.request_prices.shape == (9,)


def test_a_component_whose_rules_contradict_each_other_is_named():
    pins = tuple(SideRow(f"pin:{c}", np.array([c]), np.array([-1.0]), -1.0) for c in (0, 1))
    impossible = replace(triangle(), side_rows=(*triangle().side_rows, *pins))

    with pytest.raises(NoSolutionError, match=r"cannot all be kept.*pin:"):
        solve_plans(joined([triangle(), impossible]))


def test_progress_speaks_of_the_whole():
    seen = []

    found = solve_plans(joined([triangle()] * 4), progress=seen.append)

    assert all(progress.bound >= progress.value for progress in seen)
    assert seen[-1].value == found.objective == 20.0
    assert seen[-1].bound < seen[0].bound
    assert [progress.round for progress in seen] == sorted(progress.round for progress in seen)


def test_the_same_seed_gives_the_same_plan_in_every_component():
    copies = joined([triangle()] * 6)

    plans = [solve_plans(copies, seed=seed).chosen.tolist() for seed in (3, 3, 4, 5)]

    assert plans[0] == plans[1]
    assert len({tuple(plan) for plan in plans}) > 1


def test_a_gap_asked_for_holds_for_the_sum():
    copies = joined([triangle((5.0, 5.5, 6.5))] * 12)

    found = solve_plans(copies, gap=0.1)

    assert found.gap <= 0.1
    assert certified_bound(copies, found.certificate) <= found.bound + 1e-6


@settings(max_examples=100, deadline=None)
@given(parts=problems_side_by_side(), data=st.data())
def test_whatever_the_prices_of_each_component_no_plan_exceeds_the_sum(parts, data):
    whole = joined(parts)
    components = components_of(whole)
    prices = np.array(data.draw(st.lists(st.floats(0, 20), min_size=whole.n_requests, max_size=whole.n_requests)))
    bests = [brute_force(part) for part in parts]

    leaves = [
        Branch((), np.where(components.of_request == name, prices, 0.0), np.zeros(len(whole.side_rows)), np.zeros(0),
               (int(name),))
        for name in components.names
    ]  # fmt: skip
    bound = certified_bound(whole, leaves)

    assert np.isfinite(bound)
    assert None in bests or bound >= sum(bests) - 1e-6
