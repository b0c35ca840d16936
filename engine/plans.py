"""A volunteer's feasible weeks: the rules of one person's plan, and the pricing of the best one.

A plan is a set of candidates of one volunteer-week such that

* no request occurs twice and no two visits conflict (way and rest between them counted),
* the minutes and the number of visits left are kept.

Removing a visit from a plan leaves a plan, and load points never increase with the number of visits: hence a
candidate whose worth plus the first load points is not positive is in no plan that needs it, and the best
remaining worths bound what a plan can still gain. The search of
one week is in ``search.py``; weeks of many short jobs go on to ``labels.py``.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.plan_model.labels import MINUTES_SPARE, compiled
from engine.plan_model.repricing import best_with_each, reprice_all
from engine.plan_model.search import best_of_week
from engine.problem import EARTH_RADIUS_KM, NO_TIME, Floats, Ints, Problem


@dataclass(frozen=True, slots=True)
class Found:
    """Plans found by one pricing.

    Parameters
    ----------
    best
        The value of the best plan of every volunteer-week, load points included, or its ``floor`` when no plan
        is above that. In weeks too intricate to search to the end, a number no plan exceeds.
    week, first
        The volunteer-week of each plan, and where its members begin; ``first`` has one entry more.
    members
        Candidates of all plans, plan by plan.
    value
        Values of the plans at the worths they were priced with.
    """

    best: Floats
    week: Ints
    first: Ints
    members: Ints
    value: Floats


class Plans:
    """The feasible plans of every volunteer-week, prepared once per problem and priced many times.

    Candidates are kept by volunteer-week and start; whether two of a week conflict is worked out once.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        # Untimed candidates of one request stand together, so that their exclusions are soon forgotten.
        order = np.lexsort((problem.request, problem.starts, problem.volunteer_week))
        n_weeks = problem.n_volunteer_weeks
        self.order = order
        self.place = np.empty_like(order)
        self.place[order] = np.arange(len(order))
        self.first = np.searchsorted(problem.volunteer_week[order], np.arange(n_weeks + 1))
        self._request = problem.request[order]
        self._minutes = problem.minutes[order]
        self._load = np.ascontiguousarray(problem.load_points, dtype=np.float64)
        self._limits = np.stack([problem.minutes_left, problem.visits_left], axis=1)
        n_words = (np.diff(self.first) + 63) // 64
        self.rows_first = np.concatenate([[0], np.cumsum(np.diff(self.first) * n_words)])
        travel = problem.travel
        self.conflicts = _conflicts(
            self.first,
            self.rows_first,
            self._request,
            problem.starts[order],
            problem.ends[order],
            np.radians(problem.lat[order]),
            np.radians(problem.lon[order]),
            np.array([travel.speed_km_per_h, travel.fixed_minutes, travel.rest_minutes]),
        )
        self._local = _numbered(self.first, self._request, problem.n_requests)
        self._n_requests, self._shortest = self._of_weeks(problem.volunteer_week[order])
        self._most = self._most_visits()

    def _of_weeks(self, week: Ints) -> tuple[Floats, Floats]:
        """Count the requests of every week, and find its shortest job, minutes."""
        n_weeks = self.problem.n_volunteer_weeks
        n_requests, shortest = np.zeros(n_weeks), np.full(n_weeks, np.inf)
        np.maximum.at(n_requests, week, self._local + 1)
        np.minimum.at(shortest, week, self._minutes)
        return n_requests, shortest

    def _most_visits(self) -> Ints:
        """Bound the number of visits of a plan by the requests, the visits and the minutes of its week."""
        in_time = np.full(len(self._shortest), np.inf)
        some = (self._shortest > 0) & np.isfinite(self._shortest)
        in_time[some] = np.floor((self._limits[some, 0] + MINUTES_SPARE) / self._shortest[some])
        most = np.minimum(np.minimum(self._n_requests, self._limits[:, 1]), in_time)
        whole: Ints = np.maximum(0.0, most).astype(np.int64)
        return whole

    def limited(self, minutes_left: Floats, visits_left: Floats) -> Plans:
        """Give the same plans under other limits of the volunteer-weeks."""
        other = copy(self)
        other._limits = np.stack([minutes_left, visits_left], axis=1)
        other._most = other._most_visits()
        return other

    def price(
        self,
        worth: Floats,
        floor: Floats | None = None,
        stale: NDArray[np.bool_] | None = None,
        n_best: int = 1,
        load: Floats | None = None,
    ) -> Found:
        """Find the best plans of every volunteer-week when candidate c is worth ``worth[c]``.

        Parameters
        ----------
        worth
            Shape (n_candidates,); minus infinity forbids a candidate.
        floor
            Shape (n_volunteer_weeks,), at least 0: only plans above it are wanted. Zero when left out.
        stale
            The volunteer-weeks to price; the others yield no plan and their floor. All when left out.
        n_best
            How many plans per volunteer-week, differing in their requests; fewer in weeks of many short jobs.
        load
            Load points in place of the problem's, of the same shape.
        """
        n_weeks = self.problem.n_volunteer_weeks
        floors = np.zeros(n_weeks) if floor is None else floor
        best, week, first, members, value = _price_all(
            self.first,
            self.rows_first,
            self.conflicts,
            self._local,
            self._minutes,
            worth[self.order],
            self._load if load is None else load,
            self._limits,
            self._most,
            floors,
            np.ones(n_weeks, dtype=np.bool_) if stale is None else stale,
            n_best,
        )
        return Found(best, week, first, self.order[members], value)

    def reprice(self, worth: Floats, risen: NDArray[np.bool_], floor: Floats) -> Found:
        """Find the best plan above ``floor`` (by week) among those with a candidate whose worth has risen (a mask)."""
        best, week, first, members, value = reprice_all(
            self.first, self.rows_first, self.conflicts, self._local, self._minutes, worth[self.order],
            risen[self.order], self._load, self._limits, self._most, floor,
        )  # fmt: skip
        return Found(best, week, first, self.order[members], value)

    def best_with(self, worth: Floats, candidates: Ints) -> Floats:
        """Bound for each of some candidates the best plan that has it, the others being worth ``worth``."""
        best: Floats = best_with_each(
            self.place[candidates], self.problem.volunteer_week[candidates], self.order, self.first, self.rows_first,
            self.conflicts, self._local, self._minutes, worth, self._load, self._limits, self._most,
        )  # fmt: skip
        return best


@compiled
def _gap_seconds(lat_a: float, lon_a: float, lat_b: float, lon_b: float, travel: Floats) -> int:
    """Way and rest between two places (radians), as :meth:`engine.problem.Travel.gap_seconds` has them."""
    if np.isnan(lat_a) or np.isnan(lon_a) or np.isnan(lat_b) or np.isnan(lon_b):
        return 0
    h = np.sin((lat_b - lat_a) / 2) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    km = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(min(1.0, h)))
    way = np.ceil(travel[1] + 60 * km / travel[0] - 1e-9)
    return int(60 * (way + travel[2]))


@compiled
def _at_most_seconds(lat_a: float, lon_a: float, lat_b: float, lon_b: float, travel: Floats) -> float:
    """Bound the same from above without trigonometry: first along the meridian, then along the parallel."""
    km = EARTH_RADIUS_KM * (abs(lat_b - lat_a) + abs(lon_b - lon_a))
    return float(60 * (travel[1] + 60 * km / travel[0] + travel[2] + 1))


@compiled
def _conflicts(first, row, request, starts, ends, lat, lon, travel):  # type: ignore[no-untyped-def]
    """Bit b of the row of a: a and b of one week exclude each other (same request, or no time between them)."""
    bits = np.zeros(row[-1], dtype=np.uint64)
    for u in range(len(first) - 1):
        low, n = first[u], first[u + 1] - first[u]
        n_words = (n + 63) // 64
        for a in range(n):
            for b in range(a + 1, n):
                i, j = low + a, low + b
                together = request[i] != request[j]
                if together and starts[i] != NO_TIME and starts[j] != NO_TIME:
                    # i starts no later than j, so j can only come first when both begin and end at once.
                    between = max(starts[j] - ends[i], starts[i] - ends[j])
                    together = between >= 0
                    if together and not between >= _at_most_seconds(lat[i], lon[i], lat[j], lon[j], travel):
                        together = between >= _gap_seconds(lat[i], lon[i], lat[j], lon[j], travel)
                if not together:
                    bits[row[u] + a * n_words + b // 64] |= np.uint64(1) << np.uint64(b % 64)
                    bits[row[u] + b * n_words + a // 64] |= np.uint64(1) << np.uint64(a % 64)
    return bits


@compiled
def _numbered(first, request, n_requests):  # type: ignore[no-untyped-def]
    """Number the requests of each week from 0, in order of appearance."""
    local = np.empty(len(request), dtype=np.int64)
    seen_in, number = np.full(n_requests, -1), np.zeros(n_requests, dtype=np.int64)
    for u in range(len(first) - 1):
        n = 0
        for i in range(first[u], first[u + 1]):
            r = request[i]
            if seen_in[r] != u:
                seen_in[r], number[r] = u, n
                n += 1
            local[i] = number[r]
    return local


@compiled
def _price_all(  # type: ignore[no-untyped-def]
    first, row, conflicts, local, minutes, worth, load, limits, most, floor, stale, n_best
):
    """Price the stale weeks one by one and gather their plans."""
    n_weeks = len(first) - 1
    room = 0
    for u in range(n_weeks):
        room += most[u] * n_best if stale[u] else 0
    best, members = floor.copy(), np.empty(room, dtype=np.int64)
    week = np.empty(n_weeks * n_best, dtype=np.int64)
    value, ends = np.empty(n_weeks * n_best), np.zeros(n_weeks * n_best + 1, dtype=np.int64)
    n_plans, n_members = 0, 0
    for u in range(n_weeks):
        if not stale[u] or most[u] == 0:
            continue
        low, high = first[u], first[u + 1]
        picked = _worthwhile(worth[low:high], minutes[low:high], load[u], limits[u, 0])
        if len(picked) == 0:
            continue
        n_words = (high - low + 63) // 64
        rows = conflicts[row[u] : row[u + 1]].reshape(high - low, n_words)
        plans, sizes, values, best[u] = best_of_week(
            picked, rows, local[low:high], minutes[low:high], worth[low:high], load[u], limits[u, 0],
            most[u], floor[u], n_best,
        )  # fmt: skip
        for k in range(len(values)):
            week[n_plans], value[n_plans] = u, values[k]
            members[n_members : n_members + sizes[k]] = low + plans[k, : sizes[k]]
            n_members += sizes[k]
            n_plans += 1
            ends[n_plans] = n_members
    return best, week[:n_plans], ends[: n_plans + 1], members[:n_members], value[:n_plans]


@compiled
def _worthwhile(worth, minutes, load, minutes_left):  # type: ignore[no-untyped-def]
    """Pick the candidates that the best plan may need: those that pay as a second visit, and the best single one."""
    second = load[min(1, len(load) - 1)]
    picked = np.empty(len(worth), dtype=np.int64)
    n, best = 0, -1
    for i in range(len(worth)):
        if minutes[i] <= minutes_left + MINUTES_SPARE and (best < 0 or worth[i] > worth[best]):
            best = i
    for i in range(len(worth)):
        pays = worth[i] + second > 0 or (i == best and worth[i] + load[0] > 0)
        if pays and minutes[i] <= minutes_left + MINUTES_SPARE:
            picked[n] = i
            n += 1
    return picked[:n]
