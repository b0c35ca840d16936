"""The checker names every broken rule, and no price can talk it into too low a bound."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_pilot import BASELINE, EVERYTHING_FITS, NOW, pilot
from small_pilot import BEN as BEN_JOINS
from small_problems import HOUR, brute_force, joined, small_problems, triangle

from engine.candidates import view
from engine.certificate import CertificateNames
from engine.checks import certified_bound, objective_of, violations
from engine.problem import Branch, Decision, Problem, SideRow, Travel
from engine.programme import problem_of

ADA, BEN = 0, 1


def problem(**changes):
    """Two requests, two volunteer-weeks; candidates milk-Ada, lamp-Ada, lamp-Ben, an hour each from nine."""
    standard = Problem(
        needed=np.array([1, 1]),
        minutes_left=np.array([100.0, 100.0]),
        visits_left=np.array([2.0, 2.0]),
        load_points=np.zeros((2, 1)),
        volunteer=np.array([ADA, BEN]),
        request=np.array([0, 1, 1]),
        volunteer_week=np.array([ADA, ADA, BEN]),
        value=np.array([9.0, 8.0, 3.0]),
        minutes=np.array([50.0, 50.0, 50.0]),
        starts=np.array([9, 10, 9]) * HOUR,
        ends=np.array([10, 11, 10]) * HOUR,
        lat=np.array([56.0, 56.0, 56.0]),
        lon=np.array([12.7, 12.7, 12.7]),
    )
    return replace(standard, **changes)


def test_a_plan_that_keeps_every_rule_has_no_violations():
    assert violations(problem(), [0, 1]) == []
    assert objective_of(problem(), [0, 1]) == 17.0


@pytest.mark.parametrize(
    ("changes", "chosen", "fault"),
    [
        ({}, [1, 2], "request 1 gets 2 volunteers, needs 1"),
        ({"minutes_left": np.array([99.0, 100.0])}, [0, 1], "spends 100 minutes of 99"),
        ({"visits_left": np.array([1.0, 2.0])}, [0, 1], "makes 2 visits of 1"),
        ({"travel": Travel(25, 5, 0)}, [0, 1], "cannot make visits 0 and 1 both"),
        (
            {"lon": np.array([12.7, 12.8, 12.7]), "travel": Travel(25, 0, 0)},
            [0, 1],
            "cannot make visits 0 and 1 both",
        ),
        ({"needed": np.array([2, 1]), "request": np.array([0, 0, 1])}, [0, 1], "gets volunteer-week 0 2 times"),
        (
            {"side_rows": (SideRow("lending:x", np.array([0]), np.array([1.0]), 0.0),)},
            [0],
            "lending:x: 1 is above 0",
        ),
        ({}, [0, 0], "candidate 0 is chosen 2 times"),
        ({}, [7], "candidate 7 does not exist"),
    ],
)
def test_each_broken_rule_is_named(changes, chosen, fault):
    assert any(fault in found for found in violations(problem(**changes), chosen))


def test_load_points_and_shortfalls_count_in_the_objective():
    floor = SideRow("equity", np.array([0, 1]), -np.ones(2), -2.0, penalty=5.0)
    loaded = problem(load_points=np.array([[4.0, -1.0], [0.0, 0.0]]), side_rows=(floor,))

    assert objective_of(loaded, [0, 1]) == 9 + 8 + 4 - 1
    assert objective_of(loaded, [0]) == 9 + 4 - 5


def no_prices(problem, **changes):
    free = Branch((), np.zeros(problem.n_requests), np.zeros(len(problem.side_rows)), np.zeros(0))
    return replace(free, **changes)


def test_a_certificate_that_leaves_a_case_out_proves_nothing():
    one_side = replace(no_prices(problem()), decided=(Decision(0, ADA, taken=False),))
    other_side = replace(one_side, decided=(Decision(0, ADA, taken=True),), taken_prices=np.zeros(1))

    assert certified_bound(problem(), ()) == np.inf
    assert certified_bound(problem(), (one_side,)) == np.inf
    assert np.isfinite(certified_bound(problem(), (one_side, other_side)))


def test_a_decision_about_nothing_proves_nothing():
    lies = Decision(0, BEN, taken=True)
    honest = no_prices(problem())

    leaves = [
        replace(honest, decided=(lies,), taken_prices=np.array([9.0])),
        replace(honest, decided=(replace(lies, taken=False),)),
    ]

    assert certified_bound(problem(), leaves) == np.inf


def two_triangles():
    """Two components of requests 0-2 and 3-5, each at most worth 5; a price of 2.5 on every row proves 7.5."""
    both = joined([triangle(), triangle()])
    rows = np.repeat([[1.0], [0.0]], 3, axis=1)
    leaves = [
        replace(no_prices(both), row_prices=2.5 * np.concatenate(prices), components=(name,))
        for name, prices in ((0, rows), (3, rows[::-1]))
    ]
    return both, leaves


def test_the_bounds_of_components_add_up():
    both, leaves = two_triangles()

    # A component's bound is rounded down to the whole points its values are.
    assert certified_bound(both, leaves) == 7.0 + 7.0


@pytest.mark.parametrize(
    "tampered",
    [
        lambda a, b: [a],
        lambda a, b: [a, replace(b, components=(0,))],
        lambda a, b: [a, replace(a, components=(3,))],
        lambda a, b: [a, b, replace(b, components=(0, 3))],
        lambda a, b: [a, replace(b, components=())],
        lambda a, b: [a, replace(b, components=(4,))],
        lambda a, b: [a, replace(b, decided=(Decision(0, 0, taken=False),))],
        lambda a, b: [a, replace(b, request_prices=np.array([1.0, 0, 0, 0, 0, 0]))],
    ],
    ids=[
        "a component left out",
        "a leaf moved to another component",
        "the prices of another component",
        "a component twice",
        "everything and a component",
        "no component of that name",
        "a decision of another component",
        "a price of another component",
    ],
)
def test_leaves_that_mix_components_or_leave_one_out_prove_nothing(tampered):
    both, leaves = two_triangles()

    assert certified_bound(both, tampered(*leaves)) == np.inf


def test_a_certificate_is_read_back_as_it_was_written():
    with pilot(*EVERYTHING_FITS, *BEN_JOINS).reading() as reading:
        seen = view(reading, BASELINE, NOW)
    milk = problem_of(seen)
    names = CertificateNames.of(seen, milk)
    pair, start = Decision(0, 0, taken=True), Decision(0, 1, taken=False, start=int(milk.n_candidates - 1))
    written = Branch((start, pair), np.array([3.5]), np.zeros(len(milk.side_rows)), np.array([1.25]), (0,))

    rows = pd.DataFrame([(0, *row) for row in names.write(written)], columns=["leaf", "row", "price"])
    (read,) = names.read(rows)

    assert sorted(rows["row"]) == [
        "component:request:milk",
        "dropped:milk:Ben:2026-12-01T11:00",
        "request:milk",
        "taken:milk:Ada:2026-W49",
    ]
    assert (set(read.decided), read.components) == ({pair, start}, (0,))
    assert read.request_prices.tolist() == [3.5]
    assert read.taken_prices.tolist() == [1.25]


@pytest.mark.parametrize("price", [-1.0, np.nan, np.inf])
def test_an_impossible_price_proves_nothing(price):
    tampered = no_prices(problem(), request_prices=np.array([price, 0.0]))

    assert certified_bound(problem(), (tampered,)) == np.inf


@settings(max_examples=150, deadline=None)
@given(problem=small_problems(), data=st.data())
def test_whatever_the_prices_no_plan_exceeds_the_bound(problem, data):
    def prices(n, most=20.0):
        return np.array(data.draw(st.lists(st.floats(0, most), min_size=n, max_size=n)))

    caps = [min(20.0, row.penalty) for row in problem.side_rows]
    row_prices = np.array([float(prices(1, cap)[0]) for cap in caps])
    branch = Branch((), prices(problem.n_requests), row_prices, np.zeros(0))
    best = brute_force(problem)

    bound = certified_bound(problem, (branch,))

    assert best is None or bound >= best - 1e-6
