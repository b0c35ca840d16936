"""Who could serve which request when, and what each is worth: the queries of ``engine/sql``, run in order.

The rules themselves are in the SQL: pairs (who), starts (when), candidates (worth).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine.clock import local_of
from engine.policy import Policy

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


def view(
    reading: Reading,
    policy: Policy,
    as_of: datetime,
    until_entry: int | None = None,
    only_requests: Sequence[str] | None = None,
) -> View:
    """Look at the pilot as it was at ``as_of`` (UTC), as known up to log entry ``until_entry`` (default: all).

    The tables on the way are kept in the reading, for :func:`engine.explain.funnel` to go on from.

    Parameters
    ----------
    only_requests
        Look at these requests alone, even where volunteers enough were asked already; by default at all of which
        a volunteer has yet to be found.
    """
    until_entry = reading.last_entry_no if until_entry is None else until_entry
    params = parameters(policy, as_of, until_entry)
    params["only_requests"] = None if only_requests is None else list(only_requests)
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
    """Name every number the queries may ask for: the moment, and all numbers of the policy."""
    moment = {"as_of": as_of, "until_entry": until_entry, "local_now": local_of(as_of), "only_requests": None}
    return moment | asdict(policy.weights) | asdict(policy.limits) | asdict(policy.asking)


def _bytes_of(column: pd.Series[Any]) -> bytes:
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=np.float64).tobytes()
    if pd.api.types.is_datetime64_dtype(column):
        return column.to_numpy(dtype="datetime64[us]").astype(np.int64).tobytes()
    return "\x1f".join(column.fillna("").tolist()).encode()
