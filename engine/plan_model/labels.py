"""The best plan of a volunteer-week of many short jobs, by labels: dynamic programming with dominance.

A label is a plan of candidates up to some position in the order of starts. What it may still become depends
only on its minutes, its number of visits and which later candidates it excludes (by time, way or the same
request). A label that is behind another in none of them, and ahead in value, makes the other superfluous.
Compiled code; exact unless a week needs more than ``MOST_LABELS`` labels at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

MINUTES_SPARE = 1e-6
"""Minutes by which sums of minutes may exceed a limit, for the sake of rounding."""

MOST_LABELS = 3000
"""Labels kept at a position; with more, the search stops and answers with a bound instead of the optimum."""

HALVINGS = 10
"""Steps in the search of the price of a minute; any price gives a valid bound."""


def compiled(function: Any) -> Any:
    """Compile to machine code, kept on disk; deterministic and on one thread."""
    return njit(cache=True, nogil=True)(function)


@compiled
def load_at(load, n):  # type: ignore[no-untyped-def]
    """Points of the visit that follows n others."""
    return load[min(n, len(load) - 1)]


@compiled
def best_by_labels(picked, rows, local, minutes, worth, load, minutes_left, most, enough):  # type: ignore[no-untyped-def]
    """Find the best plan above ``enough``: its members (none when there is no such plan), its value, and a bound.

    The bound on all plans equals the value, or ``enough``, when the search was exact.
    """
    n, n_words = len(picked), rows.shape[1]
    # No plan needs more than all minutes together; an infinite number would spoil the bounds.
    minutes_left = min(minutes_left, minutes[picked].sum())
    prices, hope = _completion_bounds(picked, local, minutes, worth, load, minutes_left, most)
    # Beyond the last load step and below the limit of visits, the number of visits no longer matters.
    n_ranks = most + 1 if most < _distinct(picked, local) else min(most, len(load)) + 1
    room = 1024
    value, used, count = np.zeros(room), np.zeros(room), np.zeros(room, dtype=np.int64)
    parent, last = np.full(room, -1), np.full(room, -1)
    blocked = np.zeros((room, n_words), dtype=np.uint64)
    n_labels, active, top = 1, np.zeros(1, dtype=np.int64), -1
    for position in range(n):
        c = picked[position]
        if n_labels + len(active) > room:
            room = 2 * (n_labels + len(active))
            value, used, count = _longer(value, room), _longer(used, room), _longer(count, room)
            parent, last = _longer(parent, room), _longer(last, room)
            blocked = _taller(blocked, room)
        born = n_labels
        for label in active:
            if (
                count[label] < most
                and used[label] + minutes[c] <= minutes_left + MINUTES_SPARE
                and (blocked[label, c // 64] >> np.uint64(c % 64)) & np.uint64(1) == 0
            ):
                value[n_labels] = value[label] + worth[c] + load_at(load, count[label])
                used[n_labels], count[n_labels] = used[label] + minutes[c], count[label] + 1
                parent[n_labels], last[n_labels] = label, c
                blocked[n_labels] = blocked[label] | rows[c]
                if value[n_labels] > enough:
                    enough, top = value[n_labels], n_labels
                n_labels += 1
        active = _merged(active, np.arange(born, n_labels), used, value)
        active = _undominated(
            active, position, picked, value, used, count, blocked, n_ranks, prices, hope, minutes_left, most, enough
        )
        if len(active) > MOST_LABELS:
            bound = enough
            for label in active:
                k = min(count[label], len(load) - 1)
                more = prices[k, 0] * max(0.0, minutes_left - used[label]) + prices[k, 1] * (most - count[label])
                bound = max(bound, value[label] + more + hope[k, position + 1])
            return _traced(top, parent, last, count), enough, bound
    return _traced(top, parent, last, count), enough, enough


@compiled
def _distinct(picked, local):  # type: ignore[no-untyped-def]
    seen = np.zeros(local.max() + 1, dtype=np.bool_)
    n = 0
    for i in picked:
        n += not seen[local[i]]
        seen[local[i]] = True
    return n


@compiled
def _longer(old, room):  # type: ignore[no-untyped-def]
    new = np.zeros(room, dtype=old.dtype)
    new[: len(old)] = old
    return new


@compiled
def _taller(old, room):  # type: ignore[no-untyped-def]
    new = np.zeros((room, old.shape[1]), dtype=old.dtype)
    new[: len(old)] = old
    return new


@compiled
def _traced(label, parent, last, count):  # type: ignore[no-untyped-def]
    plan = np.empty(count[label] if label >= 0 else 0, dtype=np.int64)
    for k in range(len(plan) - 1, -1, -1):
        plan[k], label = last[label], parent[label]
    return plan


@compiled
def _merged(old, new, used, value):  # type: ignore[no-untyped-def]
    """Merge two lists ordered by minutes, then by value, the larger first."""
    merged = np.empty(len(old) + len(new), dtype=np.int64)
    i, j = 0, 0
    for k in range(len(merged)):
        from_old = j == len(new)
        if not from_old and i < len(old):
            a, b = old[i], new[j]
            from_old = used[a] < used[b] or (used[a] == used[b] and value[a] >= value[b])
        if from_old:
            merged[k] = old[i]
            i += 1
        else:
            merged[k] = new[j]
            j += 1
    return merged


@compiled
def _undominated(  # type: ignore[no-untyped-def]
    active, position, picked, value, used, count, blocked, n_ranks, prices, hope, minutes_left, most, enough
):
    """Drop labels that cannot beat ``enough`` and labels another label is at least as good as."""
    n_words = blocked.shape[1]
    future = np.zeros(n_words, dtype=np.uint64)
    for i in picked[position + 1 :]:
        future[i // 64] |= np.uint64(1) << np.uint64(i % 64)
    kept, n_kept = np.empty_like(active), 0
    best_free = np.full(n_ranks, -np.inf)
    for label in active:
        rank = min(count[label], n_ranks - 1)
        k = min(count[label], hope.shape[0] - 1)
        at_most = prices[k, 0] * max(0.0, minutes_left - used[label]) + prices[k, 1] * (most - count[label])
        if value[label] + at_most + hope[k, position + 1] <= enough or value[label] <= best_free[rank]:
            continue
        free = True
        for w in range(n_words):
            blocked[label, w] &= future[w]
            free = free and blocked[label, w] == 0
        dominated = False
        for other in kept[:n_kept]:
            if value[other] >= value[label] and min(count[other], n_ranks - 1) <= rank:
                dominated = True
                for w in range(n_words):
                    if blocked[other, w] & ~blocked[label, w] != 0:
                        dominated = False
                        break
                if dominated:
                    break
        if dominated:
            continue
        if free:
            for r in range(rank, n_ranks):
                best_free[r] = max(best_free[r], value[label])
        kept[n_kept] = label
        n_kept += 1
    return kept[:n_kept]


@compiled
def _completion_bounds(picked, local, minutes, worth, load, minutes_left, most):  # type: ignore[no-untyped-def]
    """Bound what candidates from a position on can add, given prices of a minute and of a visit.

    Row k holds for plans of k visits (the last row for more): each further visit gets at most the load points
    of visit k + 1. Lagrangian relaxation of minutes and visits; returns the prices, shape (K, 2), and the
    bounds, shape (K, n + 1).
    """
    n_steps = len(load)
    prices, hope = np.zeros((n_steps, 2)), np.zeros((n_steps, len(picked) + 1))
    for k in range(n_steps):
        gains = worth[picked] + load[k]
        for which in range(2):
            high = 0.0
            for i in range(len(picked)):
                cost = max(minutes[picked[i]], 1e-3) if which == 0 else 1.0
                high = max(high, gains[i] / cost)
            low = 0.0
            for _ in range(HALVINGS):
                third = (high - low) / 3
                at = np.empty(2)
                for side in range(2):
                    prices[k, which] = low + (side + 1) * third
                    at[side] = prices[k, 0] * minutes_left + prices[k, 1] * most
                    at[side] += _gains_from(picked, local, minutes, gains, prices[k])[0]
                if at[0] <= at[1]:
                    high -= third
                else:
                    low += third
            prices[k, which] = (low + high) / 2
            free = prices[k].copy()
            free[which] = 0.0
            kept = prices[k, 0] * minutes_left + prices[k, 1] * most
            kept += _gains_from(picked, local, minutes, gains, prices[k])[0]
            if free[0] * minutes_left + free[1] * most + _gains_from(picked, local, minutes, gains, free)[0] < kept:
                prices[k] = free
        hope[k] = _gains_from(picked, local, minutes, gains, prices[k])
    return prices, hope


@compiled
def _gains_from(picked, local, minutes, gains, prices):  # type: ignore[no-untyped-def]
    """Add up, from each position on, the best gain of every request after prices; requests do not conflict."""
    best = np.zeros(local.max() + 1)
    total = np.zeros(len(picked) + 1)
    for i in range(len(picked) - 1, -1, -1):
        c = picked[i]
        gain = gains[i] - prices[0] * minutes[c] - prices[1]
        more = max(0.0, gain - best[local[c]])
        best[local[c]] += more
        total[i] = total[i + 1] + more
    return total
