"""Who could serve which request when, and what each is worth: from SQL to the numbers of the programme.

The rules themselves are in ``engine/sql``: pairs (who), starts (when), candidates (worth). Here they are run
in order, and laid out as a :class:`~engine.problem.Problem`.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine.clock import local_of
from engine.policy import Policy
from engine.problem import Floats, Problem, SideRow, Travel

if TYPE_CHECKING:
    from engine.store import Reading

VALUE_PARTS = [
    "value_served",
    "value_urgency",
    "value_waiting",
    "value_distance",
    "value_continuity",
    "value_preference",
]

COLUMNS = [
    "request_id",
    "volunteer_id",
    "starts_at",
    "ends_at",
    "travel_minutes",
    "minutes",
    "distance_km",
    "value",
    *VALUE_PARTS,
]
"""The columns of a candidate that leave the engine, in the order of the contract."""


@dataclass(frozen=True, slots=True)
class View:
    """All that a match run looks at: the pilot at ``as_of`` under a policy, as tables.

    Parameters
    ----------
    candidates
        COLUMNS, and ``week`` (its Monday), ``municipality_code`` of the resident,
        ``volunteer_municipality_code``, ``lat`` and ``lon`` of the visit; sorted by request, volunteer, start.
    requests
        ``request_id``, ``n_needed``, ``municipality_code`` and ``rule``, the rule that keeps the request from
        any volunteer at all, or null.
    volunteer_weeks
        ``volunteer_id``, ``week``, ``municipality_code``, ``n_agreed``, ``n_lent``, ``visits_left``,
        ``minutes_left``.
    pins
        ``request_id``, ``volunteer_id``, ``starts_at`` (null: any) that a coordinator demands.
    until_entry
        The last log entry that was seen.
    """

    as_of: datetime
    until_entry: int
    policy: Policy
    candidates: pd.DataFrame
    requests: pd.DataFrame
    volunteer_weeks: pd.DataFrame
    pins: pd.DataFrame

    def hash(self) -> str:
        """Hash everything the programme is made of: 16 hexadecimal digits."""
        digest = hashlib.sha256(self.policy.fingerprint.encode())
        for table in (self.candidates, self.requests, self.volunteer_weeks, self.pins):
            for name in table.columns:
                digest.update(name.encode())
                digest.update(_bytes_of(table[name]))
        return digest.hexdigest()[:16]


def view(reading: Reading, policy: Policy, as_of: datetime, until_entry: int | None = None) -> View:
    """Look at the pilot as it was at ``as_of`` (UTC), as known up to log entry ``until_entry`` (default: all).

    The tables on the way are kept in the reading, for :func:`engine.explain.funnel` to go on from.
    """
    until_entry = reading.last_entry_no if until_entry is None else until_entry
    params = parameters(policy, as_of, until_entry)
    for name in ("volunteers", "volunteer_weeks", "open_requests", "asking_days", "run_requests"):
        reading.keep(name, **params)
    reading.keep("pairs", into="tried_pairs", **params)
    reading.keep("starts", with_rules=False, **params)
    overrides = reading.state("overrides_at", as_of, until_entry)
    return View(
        as_of=as_of,
        until_entry=until_entry,
        policy=policy,
        candidates=reading.query("candidates", **params),
        requests=reading.query("kept_run_requests"),
        volunteer_weeks=reading.query("kept_volunteer_weeks"),
        pins=overrides.loc[overrides["kind"] == "pin", ["request_id", "volunteer_id", "starts_at"]],
    )


def parameters(policy: Policy, as_of: datetime, until_entry: int) -> dict[str, Any]:
    """Name every number the queries may ask for: the moment, and all weights and limits of the policy."""
    moment = {"as_of": as_of, "until_entry": until_entry, "local_now": local_of(as_of)}
    return moment | asdict(policy.weights) | asdict(policy.limits)


def problem_of(view: View) -> Problem:
    """Lay a view out as the numbers of the programme: candidate c of the problem is row c of the view."""
    candidates, limits = view.candidates, view.policy.limits
    weeks, volunteer_week = _volunteer_weeks_of(view)
    request = pd.Index(view.requests["request_id"]).get_indexer(candidates["request_id"])
    return Problem(
        needed=view.requests["n_needed"].to_numpy(dtype=np.int64),
        minutes_left=weeks["minutes_left"].to_numpy(dtype=np.float64),
        visits_left=weeks["visits_left"].to_numpy(dtype=np.float64),
        load_points=_load_points(weeks["n_agreed"].to_numpy(dtype=np.float64), view.policy),
        volunteer=pd.factorize(weeks["volunteer_id"])[0].astype(np.int64),
        request=request.astype(np.int64),
        volunteer_week=volunteer_week,
        value=candidates["value"].to_numpy(dtype=np.float64),
        minutes=candidates["minutes"].to_numpy(dtype=np.float64),
        starts=_seconds(candidates["starts_at"]),
        ends=_seconds(candidates["ends_at"]),
        lat=candidates["lat"].to_numpy(dtype=np.float64),
        lon=candidates["lon"].to_numpy(dtype=np.float64),
        travel=Travel(limits.travel_speed_km_per_h, limits.travel_fixed_minutes, limits.rest_minutes),
        side_rows=(*_equity_rows(view), *_lending_rows(view), *_once_rows(view), *_pin_rows(view)),
    )


def _volunteer_weeks_of(view: View) -> tuple[pd.DataFrame, Any]:
    """Pick the volunteer-weeks that have candidates, and the number of each candidate's own."""
    keys = ["volunteer_id", "week"]
    used = view.candidates[keys].drop_duplicates().sort_values(keys, ignore_index=True)
    weeks = used.merge(view.volunteer_weeks, on=keys, how="left", validate="one_to_one")
    number = pd.MultiIndex.from_frame(used).get_indexer(pd.MultiIndex.from_frame(view.candidates[keys]))
    return weeks, number.astype(np.int64)


def _load_points(n_agreed: Floats, policy: Policy) -> Floats:
    """Points of the 1st, 2nd, … new visit of each volunteer-week that already has ``n_agreed``."""
    weights, limits = policy.weights, policy.limits
    nth = n_agreed[:, None] + 1 + np.arange(limits.visits_per_week_max)
    points = -weights.load_step * np.maximum(0, nth - limits.comfortable_visits_per_week)
    rounded: Floats = np.round(points + weights.first_visit * (nth == 1), 2)
    return rounded


def _equity_rows(view: View) -> list[SideRow]:
    """(6)  of the visits a municipality's servable requests need, at least the floor share is given."""
    share, penalty = view.policy.limits.equity_floor_share, view.policy.weights.shortfall
    if not share:
        return []
    servable = view.requests[view.requests["request_id"].isin(view.candidates["request_id"].unique())]
    needed = servable.groupby("municipality_code")["n_needed"].sum()
    return [
        SideRow(f"equity:{code}", cs, -np.ones(len(cs)), -ceil(share * needed[code] - 1e-9), penalty)
        for code, cs in _rows_by(view.candidates, "municipality_code")
    ]


def _lending_rows(view: View) -> list[SideRow]:
    """(7)  a municipality's volunteers make at most so many visits a week to residents of others."""
    candidates = view.candidates
    lent = candidates[candidates["municipality_code"] != candidates["volunteer_municipality_code"]]
    agreed = view.volunteer_weeks.groupby(["municipality_code", "week"])["n_lent"].sum()
    rows = []
    for (code, week), cs in _rows_by(lent, ["volunteer_municipality_code", "week"]):
        left = max(0.0, float(view.policy.limits.lent_visits_per_week_max - agreed[code, week]))
        needed = view.requests.set_index("request_id")["n_needed"]
        # A cap that all its requests together cannot reach is no rule.
        if needed[candidates["request_id"].iloc[cs].unique()].sum() > left:
            rows.append(SideRow(f"lending:{code}:{week:%G-W%V}", cs, np.ones(len(cs)), left))
    return rows


def _once_rows(view: View) -> list[SideRow]:
    """(8)  the same volunteer serves a request of several volunteers once, also across weeks."""
    several = view.requests.loc[view.requests["n_needed"] > 1, "request_id"]
    candidates = view.candidates[view.candidates["request_id"].isin(several)]
    return [
        SideRow(f"once:{request_id}:{volunteer_id}", cs, np.ones(len(cs)), 1.0)
        for (request_id, volunteer_id), cs in _rows_by(candidates, ["request_id", "volunteer_id"])
        if view.candidates["week"].iloc[cs].nunique() > 1
    ]


def _pin_rows(view: View) -> list[SideRow]:
    """(9)  what a coordinator pinned is kept; a pin that no rule allows has no candidates and is left out."""
    rows = []
    for pin in view.pins.itertuples():
        wanted = (view.candidates["request_id"] == pin.request_id) & (
            view.candidates["volunteer_id"] == pin.volunteer_id
        )
        if not pd.isnull(pin.starts_at):  # type: ignore[arg-type]
            wanted &= view.candidates["starts_at"] == pin.starts_at
        cs = np.flatnonzero(wanted)
        if len(cs):
            rows.append(SideRow(f"pin:{pin.request_id}:{pin.volunteer_id}", cs, -np.ones(len(cs)), -1.0))
    return rows


def _rows_by(table: pd.DataFrame, keys: str | list[str]) -> list[tuple[Any, Any]]:
    """Group the rows of a view's candidates: key -> candidate numbers, keys in order."""
    return [(key, rows.index.to_numpy(dtype=np.int64)) for key, rows in table.groupby(keys, sort=True)]


def _seconds(times: pd.Series[Any]) -> Any:
    return times.to_numpy(dtype="datetime64[s]").astype(np.int64)


def _bytes_of(column: pd.Series[Any]) -> bytes:
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=np.float64).tobytes()
    if pd.api.types.is_datetime64_dtype(column):
        return column.to_numpy(dtype="datetime64[us]").astype(np.int64).tobytes()
    return "\x1f".join(column.fillna("").tolist()).encode()
