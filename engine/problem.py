"""The matching problem in numbers: what the models read, the solver solves and the checker checks.

Everything here is an index or a number; ids, names and SQL stay outside. The symbols are those of the
formulation page (``engine/README.md``): requests r, volunteer-weeks u (one volunteer in one week),
candidates c, side rows i.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NO_TIME = np.iinfo(np.int64).min
"""``starts`` of a candidate without a time: it never overlaps anything."""

EARTH_RADIUS_KM = 6371.0088

POINT = 0.01
"""Values are kept to a hundredth of a point, so that equal plans are equal and bounds can be rounded."""


@dataclass(frozen=True, slots=True)
class SideRow:
    """One further rule over candidates: ``sum_c a_ic x_c - s_i <= b_i``, the shortfall ``s_i >= 0`` costing points.

    Parameters
    ----------
    name
        For people: ``equity:1283``, ``lending:1260:2026-W10``, ``once:req-7:vol-3``, ``pin:req-7:vol-3``.
    candidates, coefficients
        The candidates in the row and their ``a_ic``.
    bound
        The right side ``b_i``.
    penalty
        Points per unit of shortfall; infinite for a rule that must hold.
    """

    name: str
    candidates: Ints
    coefficients: Floats
    bound: float
    penalty: float = inf


@dataclass(frozen=True, slots=True)
class Travel:
    """How long the way between two visits takes, and the rest between them.

    The way is ``ceil(fixed_minutes + 60 * km / speed_km_per_h)`` minutes for the great-circle distance km.
    Candidates without a place (NaN) are at no distance from anything and need no gap at all.
    """

    speed_km_per_h: float = 25.0
    fixed_minutes: float = 0.0
    rest_minutes: float = 0.0

    def gap_seconds(self, lat: Floats, lon: Floats) -> Ints:
        """Seconds needed between the visits at n places (degrees): shape (n, n), symmetric."""
        phi, lam = np.radians(lat), np.radians(lon)
        across = np.sin((phi[:, None] - phi) / 2) ** 2
        along = np.cos(phi[:, None]) * np.cos(phi) * np.sin((lam[:, None] - lam) / 2) ** 2
        km = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(across + along, 0, 1)))
        # The tiny allowance keeps a way of exactly 20 minutes from becoming 21 by rounding.
        way = np.ceil(self.fixed_minutes + 60 * km / self.speed_km_per_h - 1e-9)
        return np.where(np.isnan(km), 0, np.nan_to_num(60 * (way + self.rest_minutes))).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Problem:
    """The matching problem. Index sets are 0..n-1; arrays of candidates all have length n_candidates.

    Parameters
    ----------
    needed
        Volunteers needed, by request.
    minutes_left, visits_left
        What a volunteer-week still has; infinite for unlimited.
    load_points
        Shape (n_volunteer_weeks, K): points for the 1st, 2nd, … new visit of the week, never increasing
        along a row; the last column repeats for further visits. Holds the first-visit bonus and the load cost.
    request, volunteer_week
        The request and the volunteer-week of each candidate.
    volunteer
        The volunteer of each volunteer-week, as a number.
    value, minutes
        Points and minutes (visit and way there) of each candidate.
    starts, ends
        Visit times in seconds, on any common origin; ``NO_TIME`` for a candidate without times.
    lat, lon
        Place of the visit in degrees, NaN when unknown.
    side_rows
        Equity floors, lending caps, pins, and one-start-per-pair rows that reach across weeks.
    """

    needed: Ints
    minutes_left: Floats
    visits_left: Floats
    load_points: Floats
    volunteer: Ints
    request: Ints
    volunteer_week: Ints
    value: Floats
    minutes: Floats
    starts: Ints
    ends: Ints
    lat: Floats
    lon: Floats
    travel: Travel = field(default_factory=Travel)
    side_rows: tuple[SideRow, ...] = ()

    def __post_init__(self) -> None:
        for name in ("value", "minutes", "load_points"):
            if not np.isfinite(getattr(self, name)).all():
                raise InputError(f"Every {name} must be a finite number.")
        if (self.minutes < 0).any():
            raise InputError("Minutes cannot be negative.")
        if (np.diff(self.load_points, axis=1) > 1e-12).any():
            raise InputError("Load points may not increase from one visit of a week to the next.")
        if (self.ends < self.starts).any():
            raise InputError("A visit cannot end before it starts.")

    @property
    def n_requests(self) -> int:
        """Number of requests."""
        return len(self.needed)

    @property
    def n_volunteer_weeks(self) -> int:
        """Number of volunteer-weeks."""
        return len(self.minutes_left)

    @property
    def n_candidates(self) -> int:
        """Number of candidates."""
        return len(self.value)

    @property
    def resolution(self) -> float:
        """The number every objective value is a multiple of: 1, a hundredth of a point, or 0 when there is none."""
        points = [self.value, self.load_points.ravel()]
        points += [np.array([row.penalty]) for row in self.side_rows if np.isfinite(row.penalty)]
        whole_rows = all(
            float(row.bound).is_integer() and (row.coefficients == np.round(row.coefficients)).all()
            for row in self.side_rows
        )
        for step in (1.0, POINT):
            if whole_rows and all(_are_multiples(values, step) for values in points):
                return step
        return 0.0


def _are_multiples(values: Floats, step: float) -> bool:
    whole = np.round(values / step) * step
    near = np.abs(values - whole) <= 1e-9 * np.maximum(step, np.abs(values))
    return bool(near.all() and (whole[values != 0] != 0).all())


@dataclass(frozen=True, slots=True)
class Decision:
    """One case of a proof: a pair (request, volunteer-week), or a single start of it, is taken or not.

    Parameters
    ----------
    start
        The candidate decided on; -1 for the whole pair.
    """

    request: int
    volunteer_week: int
    taken: bool
    start: int = -1


@dataclass(frozen=True, slots=True)
class Branch:
    """One leaf of the proof: what is decided in it, and the prices that bound it.

    Parameters
    ----------
    decided
        The case this leaf speaks of; empty for all cases.
    request_prices, row_prices, taken_prices
        Prices >= 0 of the requests, of the side rows, and of the decisions that say "taken" (in their order).
    components
        The components of the problem this leaf speaks of, each named by its first request; empty for all.
        Leaves of the same components belong together. Outside of them every price is zero.
    """

    decided: tuple[Decision, ...]
    request_prices: Floats
    row_prices: Floats
    taken_prices: Floats
    components: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a solver found: the chosen candidates, and what is proved of them.

    Parameters
    ----------
    chosen
        Indices of the chosen candidates, ascending.
    objective, bound
        Points of the plan, and a number no plan can exceed.
    proof
        ``optimal``, ``within_gap`` or ``feasible``.
    model
        ``compact`` or ``plans``.
    certificate
        The leaves whose prices prove ``bound``; empty when it rests on the solver's word alone.
    details
        Rounds, columns, nodes, … for the curious and the benchmark.
    """

    chosen: Ints
    objective: float
    bound: float
    proof: str
    model: str
    certificate: tuple[Branch, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """Relative distance of objective and bound, never negative."""
        return max(0.0, self.bound - self.objective) / max(1.0, abs(self.objective))

    @property
    def request_prices(self) -> Floats:
        """The price of each request, from the first leaf of every component; empty without a certificate."""
        first = {leaf.components: leaf.request_prices for leaf in reversed(self.certificate)}
        total: Floats = np.sum(list(first.values()), axis=0) if first else np.empty(0)
        return total
