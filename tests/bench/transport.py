"""A town whose rules reduce to a transport problem, so that min-cost flow can take part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.problem import NO_TIME, Problem


def as_transport(problem: Problem) -> Problem:
    """Drop times, minutes, load points and side rows; of each pair, keep its most valuable candidate.

    What is left is who serves whom: requests need volunteers, volunteers make so many visits.
    """
    order = np.lexsort((-problem.value, problem.volunteer_week, problem.request))
    pair = np.stack([problem.request[order], problem.volunteer_week[order]])
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (pair[:, 1:] != pair[:, :-1]).any(axis=0)
    kept = order[is_new]
    no_time = np.full(len(kept), NO_TIME)
    return replace(
        problem,
        minutes_left=np.full(problem.n_volunteer_weeks, np.inf),
        load_points=np.zeros((problem.n_volunteer_weeks, 1)),
        request=problem.request[kept],
        volunteer_week=problem.volunteer_week[kept],
        value=problem.value[kept],
        minutes=problem.minutes[kept],
        starts=no_time,
        ends=no_time,
        lat=problem.lat[kept],
        lon=problem.lon[kept],
        side_rows=(),
    )


def is_transport(problem: Problem) -> bool:
    """Whether nothing but volunteers needed and visits left restricts the problem, and no pair occurs twice."""
    code = problem.request * max(1, problem.n_volunteer_weeks) + problem.volunteer_week
    return bool(
        (problem.starts == NO_TIME).all()
        and np.isinf(problem.minutes_left).all()
        and not problem.load_points.any()
        and not problem.side_rows
        and len(np.unique(code)) == len(code)
    )
