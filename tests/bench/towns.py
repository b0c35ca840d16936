"""Invented towns as matching problems of any size, for benchmarks: same arguments, same problem.

One week. People live in towns of very different size; volunteers offer a few services and languages within
a radius, and are free in some parts of some days; a request lasts 30 to 120 minutes within one to three days.
Density does not depend on size: about 30 candidates per volunteer and 60 per request at every scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.problem import Problem, Travel

TRAVEL = Travel(speed_km_per_h=25.0, fixed_minutes=5.0, rest_minutes=10.0)
ORIGIN_LAT, ORIGIN_LON = 55.6, 12.8
KM_PER_DEGREE = 111.195
N_SERVICES, N_LANGUAGES, N_DAYS = 8, 6, 7
PEOPLE_PER_TOWN, PEOPLE_PER_KM2 = 300, 1.0
RADIUS_MAX_KM = 8.0
STARTS_PER_PAIR = 4
HOUR = 60

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class _People:
    """Places in km from the origin; ``x``, ``y`` of shape (n,)."""

    x: Floats
    y: Floats


def town(n_requests: int, n_volunteers: int, seed: int) -> Problem:
    """Invent the matching problem of one week.

    Parameters
    ----------
    n_requests, n_volunteers
        Sizes; every volunteer has one volunteer-week.

    Returns
    -------
    Problem
        Timed candidates (up to four starts per pair) with places, values in hundredths of a point,
        one to five visits a week and no side rows.
    """
    rng = np.random.default_rng(seed)
    askers, helpers = _settle(rng, n_requests, n_volunteers)
    service = rng.choice(N_SERVICES, n_requests, p=_shares(N_SERVICES))
    offers = rng.random((n_volunteers, N_SERVICES)) < 0.09
    offers[np.arange(n_volunteers), rng.integers(N_SERVICES, size=n_volunteers)] = True
    radius_km = rng.uniform(2.0, RADIUS_MAX_KM, n_volunteers)

    request, volunteer, km = _near(askers, helpers, service, offers, radius_km)
    language = np.where(rng.random(n_requests) < 0.85, 0, rng.integers(1, N_LANGUAGES, n_requests))
    speaks = rng.random((n_volunteers, N_LANGUAGES)) < 0.09
    speaks[:, 0] = True
    kept = speaks[volunteer, language[request]]
    request, volunteer, km = request[kept], volunteer[kept], km[kept]

    pair_value = _pair_values(rng, n_requests, request, km)
    duration = rng.choice([30, 45, 60, 90, 120], n_requests)
    pair, starts = _starts(rng, duration, request, volunteer, n_volunteers)
    r, v = request[pair], volunteer[pair]
    way_minutes = np.ceil(TRAVEL.fixed_minutes + 60.0 * km[pair] / TRAVEL.speed_km_per_h - 1e-9)
    return Problem(
        needed=np.where(rng.random(n_requests) < 0.05, 2, 1).astype(np.int64),
        minutes_left=rng.choice([90.0, 120.0, 180.0, 240.0, 360.0, 600.0], n_volunteers),
        visits_left=rng.choice([1.0, 2.0, 3.0, 4.0, 5.0], n_volunteers, p=[0.3, 0.3, 0.2, 0.1, 0.1]),
        load_points=np.tile([20.0, 0.0, -3.0, -6.0, -9.0], (n_volunteers, 1)),
        volunteer=np.arange(n_volunteers, dtype=np.int64),
        request=r,
        volunteer_week=v,
        value=np.round(pair_value[pair] - 2.0 * (starts // (24 * HOUR)), 2),
        minutes=duration[r] + way_minutes,
        starts=starts * 60,
        ends=(starts + duration[r]) * 60,
        lat=ORIGIN_LAT + askers.y[r] / KM_PER_DEGREE,
        lon=ORIGIN_LON + askers.x[r] / (KM_PER_DEGREE * np.cos(np.radians(ORIGIN_LAT))),
        travel=TRAVEL,
    )


def _shares(n: int) -> Floats:
    weights = 1.0 / np.arange(2, n + 2)
    return weights / weights.sum()


def _settle(rng: np.random.Generator, n_requests: int, n_volunteers: int) -> tuple[_People, _People]:
    """Put everybody into towns whose sizes follow a power law, 3 km around the centre."""
    n_people = n_requests + n_volunteers
    side_km = np.sqrt(n_people / PEOPLE_PER_KM2)
    n_towns = max(1, n_people // PEOPLE_PER_TOWN)
    sizes = rng.pareto(1.5, n_towns) + 0.3
    centre = rng.uniform(0.0, side_km, (n_towns, 2))
    home = rng.choice(n_towns, n_people, p=sizes / sizes.sum())
    # A larger town is wider, so that no place has thousands of volunteers for every request.
    spread_km = 3.0 * np.sqrt(np.maximum(1.0, np.bincount(home, minlength=n_towns) / PEOPLE_PER_TOWN))
    place = centre[home] + rng.normal(size=(n_people, 2)) * spread_km[home][:, None]
    first, rest = place[:n_requests], place[n_requests:]
    return _People(first[:, 0], first[:, 1]), _People(rest[:, 0], rest[:, 1])


def _near(
    askers: _People, helpers: _People, service: Ints, offers: NDArray[np.bool_], radius_km: Floats
) -> tuple[Ints, Ints, Floats]:
    """List the pairs with the same service within the radius, by a grid of ``RADIUS_MAX_KM`` cells."""
    low_x, low_y = min(askers.x.min(), helpers.x.min()), min(askers.y.min(), helpers.y.min())

    def cell(x: Floats, low: float) -> Ints:
        return ((x - low) // RADIUS_MAX_KM).astype(np.int64) + 1

    width = int(max(cell(askers.y, low_y).max(), cell(helpers.y, low_y).max())) + 2
    key = (cell(askers.x, low_x) * width + cell(askers.y, low_y)) * N_SERVICES + service
    by_key = np.argsort(key, kind="stable")
    sorted_keys = key[by_key]
    helper, offered = np.nonzero(offers)
    found = []
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            around = (cell(helpers.x, low_x)[helper] + dx) * width + cell(helpers.y, low_y)[helper] + dy
            wanted = around * N_SERVICES + offered
            first = np.searchsorted(sorted_keys, wanted)
            n = np.searchsorted(sorted_keys, wanted, side="right") - first
            position = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n) + np.repeat(first, n)
            request, volunteer = by_key[position], np.repeat(helper, n)
            km = np.hypot(askers.x[request] - helpers.x[volunteer], askers.y[request] - helpers.y[volunteer])
            near = km <= radius_km[volunteer]
            found.append((request[near], volunteer[near], km[near]))
    request, volunteer, km = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((volunteer, request))
    return request[order], volunteer[order], km[order]


def _pair_values(rng: np.random.Generator, n_requests: int, request: Ints, km: Floats) -> Floats:
    """Points of a pair: served, urgency, waiting, distance, continuity and preference."""
    asked = 100.0 + 25.0 * rng.choice(3, n_requests, p=[0.6, 0.3, 0.1]) + 2.0 * rng.integers(0, 15, n_requests)
    known = 15.0 * (rng.random(len(request)) < 0.04) + 10.0 * (rng.random(len(request)) < 0.02)
    return np.asarray(np.round(asked[request] - km + known, 2))


def _starts(
    rng: np.random.Generator, duration: Ints, request: Ints, volunteer: Ints, n_volunteers: int
) -> tuple[Ints, Ints]:
    """Give every pair up to four hourly starts inside the window and the volunteer's free parts of days."""
    parts = np.array([[8, 12], [12, 17], [17, 21]]) * HOUR
    free = rng.random((n_volunteers, N_DAYS, len(parts))) < 0.22
    first_day = rng.integers(0, N_DAYS, len(duration))
    n_days = rng.integers(1, 4, len(duration))
    pairs, starts = [], []
    for day in range(N_DAYS):
        in_window = (first_day[request] <= day) & (day < (first_day + n_days)[request])
        for part, (opens, closes) in enumerate(parts):
            possible = np.flatnonzero(in_window & free[volunteer, day, part])
            for start in range(opens, closes, HOUR):
                fits = possible[start + duration[request[possible]] <= closes]
                pairs.append(fits)
                starts.append(np.full(len(fits), day * 24 * HOUR + start))
    pair, start = np.concatenate(pairs), np.concatenate(starts)
    order = np.lexsort((rng.random(len(pair)), pair))
    pair, start = pair[order], start[order]
    rank = np.arange(len(pair)) - np.searchsorted(pair, pair)
    kept = np.flatnonzero(rank < STARTS_PER_PAIR)
    kept = kept[np.lexsort((start[kept], pair[kept]))]
    return pair[kept], start[kept]
