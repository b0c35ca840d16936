"""Pricing a week again when few worths have risen: only plans with one of the risen candidates can be new.

A plan without any of them was worth no more before. So each risen candidate is taken in turn, and the best rest
beside it searched: one visit less deep than searching the whole week.
"""

from __future__ import annotations

import numpy as np

from engine.plan_model.labels import MINUTES_SPARE, compiled
from engine.plan_model.search import best_of_week

MOST_RISEN = 24
"""Risen candidates of a week above which searching all of it is quicker."""


@compiled
def reprice_all(  # type: ignore[no-untyped-def]
    first, row, conflicts, local, minutes, worth, risen, load, limits, most, floor
):
    """Find for every week the best plan above ``floor`` that has a risen candidate; the bounds, and the plans."""
    n_weeks = len(first) - 1
    best = floor.copy()
    week, value = np.empty(n_weeks, dtype=np.int64), np.empty(n_weeks)
    members, ends = np.empty(most.sum(), dtype=np.int64), np.zeros(n_weeks + 1, dtype=np.int64)
    n_plans, n_members = 0, 0
    for u in range(n_weeks):
        low, high = first[u], first[u + 1]
        if most[u] == 0 or not risen[low:high].any():
            continue
        rows = conflicts[row[u] : row[u + 1]].reshape(high - low, (high - low + 63) // 64)
        size, found = _best_with_risen(
            rows, local[low:high], minutes[low:high], worth[low:high], risen[low:high], load[u], limits[u, 0],
            most[u], floor[u], members[n_members : n_members + most[u]],
        )  # fmt: skip
        best[u] = max(floor[u], found)
        if size > 0:
            for k in range(size):
                members[n_members + k] += low
            week[n_plans], value[n_plans] = u, found
            n_members += size
            n_plans += 1
            ends[n_plans] = n_members
    return best, week[:n_plans], ends[: n_plans + 1], members[:n_members], value[:n_plans]


@compiled
def best_with_each(  # type: ignore[no-untyped-def]
    places, weeks, order, first, row, conflicts, local, minutes, worth, load, limits, most
):
    """Bound for each of some places the best plan of its week that has the candidate there.

    Parameters
    ----------
    worth
        By candidate, as ``order`` lists them; all other arrays are by place, or by week.
    """
    best = np.full(len(places), -np.inf)
    for k in range(len(places)):
        u = weeks[k]
        low, high = first[u], first[u + 1]
        c = places[k] - low
        own, its_minutes = worth[order[low:high]], minutes[low:high]
        left = limits[u, 0] - its_minutes[c]
        if most[u] == 0 or left < -MINUTES_SPARE or own[c] == -np.inf:
            continue
        best[k] = own[c] + load[u, 0]
        rows = conflicts[row[u] : row[u + 1]].reshape(high - low, (high - low + 63) // 64)
        rest_load = load[u, 1:] if load.shape[1] > 1 else load[u]
        picked = _beside(c, rows, its_minutes, own, rest_load[0], left)
        if most[u] > 1 and len(picked) > 0:
            best[k] += best_of_week(
                picked, rows, local[low:high], its_minutes, own, rest_load, left, most[u] - 1, 0.0, 1
            )[3]
    return best


@compiled
def _beside(c, rows, minutes, worth, load, left):  # type: ignore[no-untyped-def]
    """Pick the candidates that can stand beside c in the minutes left, and pay as a further visit."""
    picked = np.empty(len(worth), dtype=np.int64)
    n = 0
    for i in range(len(worth)):
        apart = (rows[c, i // 64] >> np.uint64(i % 64)) & np.uint64(1) != 0
        if i != c and not apart and worth[i] + load > 0 and minutes[i] <= left + MINUTES_SPARE:
            picked[n] = i
            n += 1
    return picked[:n]


@compiled
def _best_with_risen(rows, local, minutes, worth, risen, load, minutes_left, most, floor, members):  # type: ignore[no-untyped-def]
    """Write the best such plan of one week to ``members``; return its size, 0 for none, and a bound on its value."""
    size, bound, sure = 0, floor, floor
    rest_load = load[1:] if len(load) > 1 else load
    for c in range(len(worth)):
        alone = worth[c] + load[0]
        left = minutes_left - minutes[c]
        if not risen[c] or alone <= 0 or left < -MINUTES_SPARE:
            continue
        if alone > sure:
            size, sure, members[0] = 1, alone, c
        picked = _beside(c, rows, minutes, worth, rest_load[0], left)
        if most == 1 or len(picked) == 0:
            continue
        plans, sizes, values, most_worth = best_of_week(
            picked, rows, local, minutes, worth, rest_load, left, most - 1, max(0.0, sure - alone), 1
        )
        bound = max(bound, alone + most_worth)
        if len(values) > 0 and alone + values[0] > sure:
            size, sure, members[0] = sizes[0] + 1, alone + values[0], c
            members[1:size] = plans[0, : size - 1]
    return size, max(bound, sure)
