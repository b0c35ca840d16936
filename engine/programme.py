"""From what a run looks at to the numbers of the programme: sets, parameters and side rows of the formulation page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from engine.candidates import View
from engine.policy import Policy
from engine.problem import Floats, Ints, Problem, SideRow, Travel


def problem_of(view: View) -> Problem:
    """Lay a view out as the numbers of the programme: candidate c of the problem is row c of the view."""
    candidates, limits = view.candidates, view.policy.limits
    number = _Numbers.of(view)
    weeks = view.volunteer_weeks.iloc[number.weeks]
    return Problem(
        needed=number.needed,
        minutes_left=weeks["minutes_left"].to_numpy(dtype=np.float64),
        visits_left=weeks["visits_left"].to_numpy(dtype=np.float64),
        load_points=_load_points(weeks["n_agreed"].to_numpy(dtype=np.float64), view.policy),
        volunteer=pd.factorize(weeks["volunteer_id"])[0].astype(np.int64),
        request=number.request,
        volunteer_week=number.volunteer_week,
        value=candidates["value"].to_numpy(dtype=np.float64),
        minutes=candidates["minutes"].to_numpy(dtype=np.float64),
        starts=_seconds(candidates["starts_at"]),
        ends=_seconds(candidates["ends_at"]),
        lat=candidates["lat"].to_numpy(dtype=np.float64),
        lon=candidates["lon"].to_numpy(dtype=np.float64),
        travel=Travel(limits.travel_speed_km_per_h, limits.travel_fixed_minutes, limits.rest_minutes),
        side_rows=(
            *equity_floors(view, number),
            *lending_caps(view, number),
            *one_start_over_weeks(view, number),
            *pins_kept(view, number),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Ids as numbers, by candidate: text is compared once, here.

    ``weeks`` are the rows of ``view.volunteer_weeks`` that have candidates, ``volunteer_week`` the place of each
    candidate's own among them; ``volunteer`` numbers the volunteers of ``view.volunteer_weeks``.
    """

    needed: Ints
    request: Ints
    volunteer: Ints
    weeks: Ints
    volunteer_week: Ints

    @classmethod
    def of(cls, view: View) -> _Numbers:
        candidates, table = view.candidates, view.volunteer_weeks
        volunteers, weeks = table["volunteer_id"].unique(), table["week"].unique()
        volunteer = _find(candidates["volunteer_id"], volunteers)
        # The table holds every week of every volunteer, in that order.
        row = volunteer * len(weeks) + _find(candidates["week"], weeks)
        used, volunteer_week = np.unique(row, return_inverse=True)
        return cls(
            needed=view.requests["n_needed"].to_numpy(dtype=np.int64),
            request=_find(candidates["request_id"], view.requests["request_id"]),
            volunteer=volunteer,
            weeks=used,
            volunteer_week=volunteer_week.astype(np.int64),
        )


def _load_points(n_agreed: Floats, policy: Policy) -> Floats:
    """Points of the 1st, 2nd, … new visit of each volunteer-week that already has ``n_agreed``."""
    weights, limits = policy.weights, policy.limits
    nth = n_agreed[:, None] + 1 + np.arange(limits.visits_per_week_max)
    points = -weights.load_step * np.maximum(0, nth - limits.comfortable_visits_per_week)
    rounded: Floats = np.round(points + weights.first_visit * (nth == 1), 2)
    return rounded


def equity_floors(view: View, number: _Numbers) -> Iterator[SideRow]:
    """(6)  of the visits a municipality's servable requests need, at least the floor share is given."""
    share, penalty = view.policy.limits.equity_floor_share, view.policy.weights.shortfall
    if not share:
        return
    for code, cs in _rows_by(view.candidates["municipality_code"]):
        floor = ceil(share * number.needed[np.unique(number.request[cs])].sum() - 1e-9)
        yield SideRow(f"equity:{code}", cs, -np.ones(len(cs)), -float(floor), penalty)


def lending_caps(view: View, number: _Numbers) -> Iterator[SideRow]:
    """(7)  a municipality's volunteers make at most so many visits a week to residents of others."""
    candidates = view.candidates
    lent = candidates.loc[
        (candidates["municipality_code"] != candidates["volunteer_municipality_code"]).to_numpy(),
        ["volunteer_municipality_code", "week"],
    ]
    agreed = view.volunteer_weeks.groupby(["municipality_code", "week"])["n_lent"].sum()
    for code, of_code in _rows_by(lent["volunteer_municipality_code"]):
        for week, cs in _rows_by(lent.loc[of_code, "week"]):
            left = max(0.0, float(view.policy.limits.lent_visits_per_week_max - agreed[code, week]))
            # A cap that all its requests together cannot reach is no rule.
            if number.needed[np.unique(number.request[cs])].sum() > left:
                yield SideRow(f"lending:{code}:{week:%G-W%V}", cs, np.ones(len(cs)), left)


def one_start_over_weeks(view: View, number: _Numbers) -> Iterator[SideRow]:
    """(8)  the same volunteer serves a request of several volunteers once, also across weeks."""
    several = np.flatnonzero(number.needed[number.request] > 1)
    pair = number.request[several] * (number.volunteer.max(initial=0) + 1) + number.volunteer[several]
    for _, at in _rows_by(pd.Series(pair)):
        cs = several[at]
        if len(np.unique(number.volunteer_week[cs])) > 1:
            first = view.candidates.iloc[cs[0]]
            yield SideRow(f"once:{first['request_id']}:{first['volunteer_id']}", cs, np.ones(len(cs)), 1.0)


def pins_kept(view: View, number: _Numbers) -> Iterator[SideRow]:
    """(9)  what a coordinator pinned is kept; a pin that no rule allows has no candidates and is left out."""
    for pin in view.pins.to_dict("records"):
        candidates = view.candidates
        wanted = (candidates["request_id"] == pin["request_id"]) & (candidates["volunteer_id"] == pin["volunteer_id"])
        if not pd.isna(pin["starts_at"]):
            wanted &= candidates["starts_at"] == pin["starts_at"]
        cs = np.flatnonzero(wanted)
        if len(cs):
            yield SideRow(f"pin:{pin['request_id']}:{pin['volunteer_id']}", cs, -np.ones(len(cs)), -1.0)


def _find(ids: pd.Series[Any], known: Any) -> Ints:
    """Number ids by their place among the known ones."""
    codes, unique = pd.factorize(ids)
    places: Ints = pd.Index(known).get_indexer(pd.Index(unique)).astype(np.int64)
    return places[codes] if len(places) else np.empty(0, dtype=np.int64)


def _rows_by(keys: pd.Series[Any]) -> Iterator[tuple[Any, Ints]]:
    """Yield each key, in order, with the index labels of its rows."""
    codes, unique = pd.factorize(keys, sort=True)
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(unique)))
    labels = keys.index.to_numpy(dtype=np.int64)
    yield from zip(unique, np.split(labels[order], ends[:-1]), strict=True) if len(unique) else ()


def _seconds(times: pd.Series[Any]) -> Ints:
    seconds: Ints = times.to_numpy(dtype="datetime64[s]").astype(np.int64)
    return seconds
