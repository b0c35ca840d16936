"""A base keeps its answers apart: no question leaves a mark on the next, and equal plans stay with the run."""

from dataclasses import replace

import numpy as np
import pytest
from small_problems import triangle

from engine.reasons.questions import Question
from engine.reasons.resolving import Resolver


def resolver_of(problem, kept=()):
    every = np.ones(problem.n_candidates, dtype=np.bool_)
    return Resolver(problem, every, np.array(kept, dtype=np.int64), 0.0)


def test_a_relaxation_of_halves_is_settled_by_branching():
    """Three pairs exclude each other: the relaxation is worth 7.5, every plan at most 5."""
    resolver = resolver_of(triangle())

    answer = resolver.solve(replace(resolver.question, demands=((np.array([1]), 1),)))

    assert resolver.base.points == 5.0
    assert (answer.points, answer.chosen.tolist()) == (5.0, [1])


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_among_equal_plans_the_one_of_the_run_is_kept(kept):
    resolver = resolver_of(triangle(), [kept])

    assert resolver.base.chosen.tolist() == [kept]


def test_a_question_leaves_no_mark_on_the_next():
    resolver = resolver_of(triangle((5.0, 4.0, 3.0)))
    allowed = np.array([False, True, True])
    asked = [Question(allowed, resolver.problem.needed), resolver.question,
             replace(resolver.question, demands=((np.array([2]), 1),)), resolver.question]  # fmt: skip

    points = [resolver.solve(question).points for question in asked]

    assert points == [4.0, 5.0, 3.0, 5.0]


def test_what_cannot_be_demanded_together_is_impossible():
    resolver = resolver_of(triangle())

    answer = resolver.solve(replace(resolver.question, demands=((np.array([0]), 1), (np.array([1]), 1))))

    assert not answer.possible


def test_a_question_stops_when_nothing_can_be_worth_more_than_enough():
    resolver = resolver_of(triangle((5.0, 4.0, 3.0)))

    answer = resolver.solve(resolver.question, enough=100.0)

    assert answer.chosen is None
    assert answer.bound <= 100.01
