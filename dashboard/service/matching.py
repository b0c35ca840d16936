"""The matching page's questions to the engine: runs, what they propose and leave over, what changed between two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from dashboard.service.tables import named
from engine.access import Acting, looking
from engine.candidates import VALUE_PARTS
from engine.clock import local_of
from engine.lifecycle import rows_of
from engine.live import adoption, decisions, remedies
from engine.live.decisions import REJECT_REASONS, Decided, Pair
from engine.live.shadow import match_beside
from engine.plan_model.columns import Progress
from engine.reasons.relaxations import Change
from engine.store import Reading, Store
from engine.verify import verify

__all__ = ["REJECT_REASONS", "Progress"]

PARTS = tuple(part.removeprefix("value_") for part in VALUE_PARTS)
STATUSES = ("made", "approved", "offered", "rejected")
TOLD = [
    "request_id", "resident_id", "service", "minutes", "earliest_at", "latest_at", "volunteers_needed", "urgency",
    "municipality_code", "lat", "lon",
]  # fmt: skip
"""What a request asks for and where, of ``submissions_at``; ``minutes`` is shown as ``visit_minutes``."""

RUNS_SHOWN_MAX = 20
WEEKS_SHOWN = 4

Visits = tuple[tuple[str, datetime], ...]
"""volunteer_id and local start of each."""


@dataclass(frozen=True, slots=True)
class RunShown:
    """A match run in figures; ``looked_at`` is local, ``gap`` a share, ``seconds`` of work."""

    run_id: str
    looked_at: datetime
    policy: str
    n_requests: int
    n_volunteers: int
    n_candidates: int
    n_matched: int
    objective: float
    bound: float
    gap: float
    proof: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Checked:
    """A stored run checked again without the solver: its faults, and how far above its value any plan could lie."""

    faults: tuple[str, ...]
    proof: str
    distance_share: float


@dataclass(frozen=True, slots=True)
class Compared:
    """Two runs side by side.

    ``changes`` has ``request_id``, ``kind`` (``gained``, ``lost``, ``moved``, ``new``, ``gone``), ``service``,
    ``resident_id``, ``before`` and ``after`` (lists of volunteer_id and local start).
    """

    earlier: RunShown
    later: RunShown
    changes: pd.DataFrame


def runs(store: Store, actor_id: str) -> list[RunShown]:
    """List the newest match runs, newest first.

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    with looking(store, actor_id, "see_requests") as (reading, _):
        table = reading.query("runs")
    newest = table.sort_values("entry_no", ascending=False).head(RUNS_SHOWN_MAX)
    return [_shown(row) for row in rows_of(newest)]


def match_now(
    store: Store, actor_id: str, now: datetime, time_limit_s: float, progress: Callable[[object], None]
) -> str:
    """Make and store a run under the policy in force, beside it those in the shadow, and return its id.

    Parameters
    ----------
    progress
        Called with a :class:`Progress`; raising in it ends the run with nothing written.

    Raises
    ------
    AccessDenied
        When the account may not.
    NoSolutionError
        When pins contradict the limits, or no plan is found in time.
    """
    with store.reading() as reading:
        policy = adoption.in_force(reading, now)
    run, _ = match_beside(store, policy, now, actor_id=actor_id, time_limit_s=time_limit_s, progress=progress)
    return run.run_id


def check_again(store: Store, run_id: str) -> Checked:
    """Verify a stored run without the solver.

    Raises
    ------
    InputError
        When there is no such run.
    """
    found = verify(store, run_id)
    distance = (found.bound - found.objective) / max(1.0, abs(found.objective))
    return Checked(tuple(found.faults), found.proof, max(0.0, distance))


def proposals(store: Store, actor_id: str, now: datetime) -> pd.DataFrame:
    """List what the newest run proposes, what was approved before, and what was added by hand.

    Returns
    -------
    DataFrame
        The columns of ``proposals_at`` and TOLD; of the volunteer ``volunteer_resident_id``,
        ``volunteer_lat``, ``volunteer_lon``; and ``override`` (``pin``, ``forbid`` or none). By time; nobody is named.

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    with looking(store, actor_id, "see_requests") as (reading, who):
        table = reading.state("proposals_at", now).merge(_told(reading, who, now), on="request_id")
        volunteers = reading.state("volunteers_at", now)[["volunteer_id", "resident_id", "lat", "lon"]]
        stated = reading.state("overrides_at", now)[["request_id", "volunteer_id", "kind"]]
    others = volunteers.rename(columns={name: f"volunteer_{name}" for name in ("resident_id", "lat", "lon")})
    table = table.merge(others, on="volunteer_id", how="left", suffixes=("", "_of_visit"))
    table = table.merge(stated.rename(columns={"kind": "override"}), on=["request_id", "volunteer_id"], how="left")
    return table.sort_values(["starts_at", "request_id", "volunteer_id"], ignore_index=True)


def left_over(store: Store, actor_id: str, run_id: str, now: datetime) -> pd.DataFrame:
    """List the requests a run left without all their volunteers: ``rule``, ``resident`` (name), TOLD.

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    with looking(store, actor_id, "see_requests") as (reading, who):
        results = reading.query("run_results", run_id=run_id)
        told = _told(reading, who, now)
    left = results.loc[results["rule"].notna(), ["request_id", "rule"]]
    order = {"urgency": False, "latest_at": True, "request_id": True}
    table = left.merge(told, on="request_id").sort_values(
        list(order), ascending=list(order.values()), ignore_index=True
    )
    return named(store, actor_id, table, "visit", resident="resident_id")


def week_of(store: Store, actor_id: str, volunteer_id: str, now: datetime) -> pd.DataFrame:
    """List what a volunteer's calendar holds, times local.

    Returns
    -------
    DataFrame
        ``kind`` (``free``, ``absent``, ``agreed``, ``offered``, ``approved``), ``starts_at``, ``ends_at``,
        ``request_id``; free hours are given for WEEKS_SHOWN weeks from this Monday.

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    mine = {"volunteer_id": volunteer_id}
    with looking(store, actor_id, "see_requests") as (reading, _):
        free = reading.state("availability_at", now, None, **mine)
        absent = reading.state("absences_at", now, None, **mine)
        taken = reading.state("commitments_at", now, None, **mine)
    monday = pd.Timestamp(local_of(now).date()) - pd.Timedelta(days=local_of(now).weekday())
    hours = [
        ("free", day + pd.Timedelta(str(row["starts"])), day + pd.Timedelta(str(row["ends"])), None)
        for row in rows_of(free)
        for week in range(WEEKS_SHOWN)
        for day in [monday + pd.Timedelta(days=7 * week + int(row["weekday"]) - 1)]
    ]
    away = [("absent", row["starts_at"], row["ends_at"], None) for row in rows_of(absent)]
    visits = [
        (row["status"], row["starts_at"], row["ends_at"], row["request_id"])
        for row in rows_of(taken)
        if row["status"] in ("agreed", "offered", "approved")
    ]
    return pd.DataFrame([*hours, *away, *visits], columns=["kind", "starts_at", "ends_at", "request_id"])


def compare(store: Store, actor_id: str, earlier: RunShown, later: RunShown, now: datetime) -> Compared:
    """Say for which requests two runs differ.

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    with looking(store, actor_id, "see_requests") as (reading, who):
        before, after = (_visits(reading, run.run_id) for run in (earlier, later))
        told = _told(reading, who, now)[["request_id", "service", "resident_id"]]
    rows = []
    for request_id in sorted({*before, *after}):
        was, is_now = before.get(request_id), after.get(request_id)
        if was != is_now:
            rows.append((request_id, _kind(was, is_now), was or (), is_now or ()))
    changes = pd.DataFrame(rows, columns=["request_id", "kind", "before", "after"]).merge(told, on="request_id")
    return Compared(earlier, later, changes.sort_values(["kind", "request_id"], ignore_index=True))


def approve(store: Store, actor_id: str, pairs: Sequence[Pair], now: datetime) -> Decided:
    """Approve proposals; raises as :func:`engine.live.decisions.approve`."""
    return decisions.approve(store, actor_id, pairs, at=now)


def reject(store: Store, actor_id: str, pairs: Sequence[Pair], reason_code: str, now: datetime) -> Decided:
    """Reject proposals; raises as :func:`engine.live.decisions.reject`."""
    return decisions.reject(store, actor_id, pairs, reason_code, at=now)


def apply_change(store: Store, actor_id: str, change: Change, said_yes: Sequence[str], now: datetime) -> None:
    """Make a change that serves a request; raises as :func:`engine.live.remedies.apply_change`."""
    remedies.apply_change(store, actor_id, change, said_yes, at=now)


def _told(reading: Reading, who: Acting, now: datetime) -> pd.DataFrame:
    """Read what requests ask for, of the account's municipalities."""
    told = reading.state("submissions_at", now)[TOLD].rename(columns={"minutes": "visit_minutes"})
    if who.municipality_codes is not None:
        told = told[told["municipality_code"].isin(who.municipality_codes)]
    return told


def _visits(reading: Reading, run_id: str) -> dict[str, Visits]:
    """List the visits of every request a run looked at; none for one it left without."""
    results = reading.query("run_results", run_id=run_id).sort_values(["request_id", "volunteer_id"])
    visits: dict[str, Visits] = {}
    for row in rows_of(results):
        mine = visits.setdefault(row["request_id"], ())
        if row["volunteer_id"] is not None:
            visits[row["request_id"]] = (*mine, (row["volunteer_id"], row["starts_at"]))
    return visits


def _kind(before: Visits | None, after: Visits | None) -> str:
    if before is None:
        return "new"
    if after is None:
        return "gone"
    if len(before) == len(after):
        return "moved"
    return "gained" if len(before) < len(after) else "lost"


def _shown(row: dict[str, Any]) -> RunShown:
    looked_at = local_of(row["as_of"].replace(tzinfo=UTC))
    spent = row["candidates_s"] + row["solve_s"] + row["check_s"]
    same = {name: row[name] for name in RunShown.__slots__ if name in row}
    return RunShown(**same, looked_at=looked_at, seconds=spent)
