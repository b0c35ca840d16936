"""What the volunteers page asks: who waits for checks, whose run out, who is idle, who is overused, who is away."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd

from dashboard.service.names import names
from engine import reference
from engine.live import desk
from engine.people import registration
from engine.people.departures import Departure
from engine.store import Store

LEAVING_REASONS = registration.LEAVING_REASONS
EXPIRY_DAYS = desk.EXPIRY_DAYS
IDLE_DAYS = desk.IDLE_DAYS
SHOWN_MAX = 200

GROUPS = ("ready", "idle", "overused", "away", "unvetted", "left")
"""Groups of volunteers; idle and overused ones are ready, too."""


def roster(store: Store, actor_id: str, now: datetime) -> pd.DataFrame:
    """List every volunteer with how much they are called on (columns of ``volunteer_use``, ``services`` as a text).

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    return _without_lists(desk.volunteers(store, actor_id, now).drop(columns=["languages"]))


def group(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Keep the volunteers of one of GROUPS, those with most reason to be looked at first."""
    some = rows[_is_in(rows, name)]
    if name == "idle":
        return some.sort_values(["last_visit_at", "joined_at"], na_position="first")
    if name == "overused":
        return some.sort_values(["n_this_week", "n_asked"], ascending=False)
    return some.sort_values(["last_visit_at", "volunteer_id"], na_position="first")


def counts(rows: pd.DataFrame) -> dict[str, int]:
    """Count the volunteers of every group."""
    return {name: int(_is_in(rows, name).sum()) for name in GROUPS}


def lacking(store: Store, actor_id: str, now: datetime) -> pd.DataFrame:
    """List the checks that volunteers lack (``vetting_queue``, ``services`` as a text), who waited longest first.

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    return _without_lists(desk.lacking_checks(store, actor_id, now))


def expiring(store: Store, actor_id: str, now: datetime, within_days: int) -> pd.DataFrame:
    """List the checks that run out within some days (columns of ``expiring_checks``, ``services`` as a text).

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    return _without_lists(desk.expiring_checks(store, actor_id, now, within_days))


def with_names(store: Store, actor_id: str, rows: pd.DataFrame, purpose: str = "details") -> pd.DataFrame:
    """Put ``volunteer`` beside the first SHOWN_MAX rows: a name, else the id."""
    shown = rows.head(SHOWN_MAX).reset_index(drop=True)
    known = names(store, actor_id, shown["resident_id"], purpose)
    said = [known.get(one, other) for one, other in zip(shown["resident_id"], shown["volunteer_id"], strict=True)]
    return shown.assign(volunteer=said)


def months_valid(check_code: str) -> int | None:
    """Say how old a check may be, in months; ``None`` without a limit."""
    months = reference.checks()[check_code].get("max_months")
    return None if months is None else int(months)


def last_day(check_code: str, seen: date) -> date | None:
    """Say until when a check that was seen on a day can hold at most."""
    months = months_valid(check_code)
    return None if months is None else (pd.Timestamp(seen) + pd.DateOffset(months=months)).date()


def clear(
    store: Store, actor_id: str, volunteer_id: str, check_code: str, seen: date, until: date | None, now: datetime
) -> None:
    """Record that a check was seen to be met.

    Raises
    ------
    PackageError, AccessDenied, InputError
        As in :func:`engine.people.registration.clear_check`.
    """
    form = {
        "volunteer_id": volunteer_id,
        "check": check_code,
        "valid_from": seen.isoformat(),
        "valid_to": until.isoformat() if until else "",
    }
    registration.clear_check(store, actor_id, form, at=now)


def pause(
    store: Store, actor_id: str, volunteer_id: str, starts_at: datetime, ends_at: datetime, now: datetime
) -> None:
    """State that a volunteer is away; visits already agreed stay.

    Raises
    ------
    InputError, AccessDenied
        As in :func:`engine.people.registration.state_absence`.
    """
    registration.state_absence(store, actor_id, volunteer_id, starts_at, ends_at, at=now)


def resume(store: Store, actor_id: str, volunteer_id: str, ends_at: datetime, now: datetime) -> None:
    """State that a volunteer is back from a moment on (local).

    Raises
    ------
    InputError, AccessDenied
        As in :func:`engine.people.registration.end_absence`.
    """
    registration.end_absence(store, actor_id, volunteer_id, ends_at, at=now)


def leave(store: Store, actor_id: str, volunteer_id: str, reason_code: str, now: datetime) -> Departure:
    """Record that a volunteer leaves: what they had open ends.

    Raises
    ------
    InputError, AccessDenied
        As in :func:`engine.people.registration.leave`.
    """
    return registration.leave(store, actor_id, volunteer_id, reason_code, at=now)


def _is_in(rows: pd.DataFrame, name: str) -> pd.Series[bool]:
    flags = {"idle": "is_idle", "overused": "is_overused"}
    return rows[flags[name]] if name in flags else rows["status"] == name


def _without_lists(rows: pd.DataFrame) -> pd.DataFrame:
    """Write services as a data package does: keeping a list in every row takes longer than finding it."""
    return rows.assign(services=rows["services"].map(";".join))
