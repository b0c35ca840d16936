"""The best plans of one volunteer-week: depth first where few visits fit, by labels where many do.

Compiled code. Candidates of the week are numbered 0..n-1 by start; ``rows[a]`` holds a bit for every candidate
that excludes a. Both searches are exact: what they cut off cannot be better than what they have.
"""

from __future__ import annotations

import numpy as np

from engine.plan_model.labels import MINUTES_SPARE, best_by_labels, compiled, load_at

STEPS_BEFORE_LABELS = 1000
"""Steps of the depth-first search after which a week counts as one of many short jobs."""


@compiled
def _excludes(rows, a, b):  # type: ignore[no-untyped-def]
    return (rows[a, b // 64] >> np.uint64(b % 64)) & np.uint64(1) != 0


@compiled
def best_of_week(picked, rows, local, minutes, worth, load, minutes_left, most, floor, n_best):  # type: ignore[no-untyped-def]
    """Find the best plans above ``floor``: members (one row each), their numbers, values, and a bound on all.

    ``picked`` are the candidates worth looking at, ``local`` numbers the requests of the week.
    """
    by_worth, group_first = _grouped(picked, local, worth)
    plans = np.empty((n_best, most), dtype=np.int64)
    sizes, values = np.zeros(n_best, dtype=np.int64), np.full(n_best, floor)
    n_found, finished = _depth_first(
        by_worth, group_first, rows, local, minutes, worth, load, minutes_left, most, plans, sizes, values
    )
    bound = max(floor, values[0])
    if not finished:
        plan, value, bound = best_by_labels(picked, rows, local, minutes, worth, load, minutes_left, most, bound)
        if len(plan) > 0:
            # The earlier finds move down: they are good plans, only not the best.
            n_found = min(n_found + 1, n_best)
            for k in range(n_found - 1, 0, -1):
                plans[k], sizes[k], values[k] = plans[k - 1], sizes[k - 1], values[k - 1]
            plans[0, : len(plan)], sizes[0], values[0] = plan, len(plan), value
    return plans, sizes, values[:n_found], bound


@compiled
def _grouped(picked, local, worth):  # type: ignore[no-untyped-def]
    """Order candidates by request, the requests by their best worth, the best first; also where each begins."""
    n = len(picked)
    best = np.full(local.max() + 1, -np.inf)
    for i in picked:
        best[local[i]] = max(best[local[i]], worth[i])
    ordered = picked.copy()
    for k in range(1, n):
        i, at = ordered[k], k
        while at > 0 and _goes_before(i, ordered[at - 1], local, worth, best):
            ordered[at] = ordered[at - 1]
            at -= 1
        ordered[at] = i
    first = np.empty(n + 1, dtype=np.int64)
    n_groups = 0
    for k in range(n):
        if k == 0 or local[ordered[k]] != local[ordered[k - 1]]:
            first[n_groups] = k
            n_groups += 1
    first[n_groups] = n
    return ordered, first[: n_groups + 1]


@compiled
def _goes_before(i, j, local, worth, best):  # type: ignore[no-untyped-def]
    a, b = local[i], local[j]
    if a != b:
        return best[a] > best[b] or (best[a] == best[b] and a < b)
    return worth[i] > worth[j]


@compiled
def _depth_first(  # type: ignore[no-untyped-def]
    by_worth, group_first, rows, local, minutes, worth, load, minutes_left, most, plans, sizes, values
):
    """Try requests in order of worth, each start of each; keep the ``len(values)`` best plans above the floor.

    Returns how many plans were kept, and whether the search came to its end.
    """
    n_groups = len(group_first) - 1
    # A frame per visit: the request and the start to try next, the value and minutes before it.
    group, at = np.zeros(most + 1, dtype=np.int64), np.zeros(most + 1, dtype=np.int64)
    value, left = np.zeros(most + 1), np.full(most + 1, minutes_left + MINUTES_SPARE)
    chosen = np.empty(most, dtype=np.int64)
    depth, n_found, n_steps = 0, 0, 0
    while depth >= 0:
        g, k = group[depth], at[depth]
        if depth == most or g == n_groups:
            depth -= 1
            continue
        if k == group_first[g]:
            n_steps += 1
            if n_steps > STEPS_BEFORE_LABELS:
                return n_found, False
            hope = value[depth]
            for more in range(min(most - depth, n_groups - g)):
                gain = worth[by_worth[group_first[g + more]]] + load_at(load, depth + more)
                if gain <= 0:
                    break
                hope += gain
            # Requests further on are worth no more, so nothing else at this depth can do better.
            if hope <= values[-1]:
                depth -= 1
                continue
        c = by_worth[k]
        at[depth] = k + 1
        if k + 1 == group_first[g + 1]:
            group[depth] = g + 1
        fits = minutes[c] <= left[depth]
        for other in range(depth):
            if not fits or _excludes(rows, chosen[other], c):
                fits = False
                break
        if fits:
            chosen[depth] = c
            total = value[depth] + worth[c] + load_at(load, depth)
            if total > values[-1]:
                n_found = _keep(chosen[: depth + 1], total, local, plans, sizes, values, n_found)
            depth += 1
            group[depth], at[depth] = g + 1, group_first[g + 1]
            value[depth], left[depth] = total, left[depth - 1] - minutes[c]
    return n_found, True


@compiled
def _keep(plan, total, local, plans, sizes, values, n_found):  # type: ignore[no-untyped-def]
    """Put a plan into the list of the best, one per set of requests; return the new length of the list."""
    place = n_found
    for k in range(n_found):
        if sizes[k] == len(plan):
            same = True
            for m in range(len(plan)):
                same = same and local[plans[k, m]] == local[plan[m]]
            if same:
                if values[k] >= total:
                    return n_found
                place = k
                break
    n_kept = n_found if place < n_found else min(n_found + 1, len(values))
    k = min(place, len(values) - 1)
    while k > 0 and values[k - 1] < total:
        plans[k], sizes[k], values[k] = plans[k - 1], sizes[k - 1], values[k - 1]
        k -= 1
    plans[k, : len(plan)], sizes[k], values[k] = plan, len(plan), total
    return n_kept
