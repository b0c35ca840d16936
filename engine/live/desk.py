"""What lies on a coordinator's desk: questions about the pilot as it is, cut to the account's municipalities.

Nothing is decided or written here; every question is one look through the door for ``see_requests``, without names.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine.access import Acting, looking
from engine.candidates import parameters
from engine.clock import local_of
from engine.errors import InputError
from engine.intake import EVER
from engine.lifecycle import OPEN, row_of
from engine.live.adoption import in_force
from engine.rules import REQUEST_RULES

if TYPE_CHECKING:
    from engine.store import Reading, Store

ANSWER_WITHIN_HOURS = 24
"""An open offer is on the desk this long before it expires."""

EXPIRY_DAYS = 30
"""A check is on the desk this long before it runs out: an extract from the police record takes weeks."""

IDLE_DAYS = 30
"""Volunteers who did nothing for this long are idle, as the pilot's measure of use has it."""

NOW, TODAY, THIS_WEEK = 1, 2, 3

_CHECK_SOON_DAYS = 7


def due(store: Store, actor_id: str, as_of: datetime) -> pd.DataFrame:
    """List what needs a person, most urgent first.

    Returns
    -------
    DataFrame
        The columns of ``queries/due.sql``, one row per matter: ``kind`` (incident, outcome, answer, request, proposal,
        visit or check), ``level`` (NOW, TODAY, THIS_WEEK), ``due_at`` (local).

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    with looking(store, actor_id, "see_requests") as (reading, who):
        params = _parameters(reading, as_of)
        rules = [rule.code for rule in REQUEST_RULES]
        matters = reading.query("due", answer_within_hours=ANSWER_WITHIN_HOURS, request_rules=rules, **params)
        checks = reading.query("expiring_checks", expiry_days=EXPIRY_DAYS, **params)
    soon = pd.Timestamp(local_of(as_of)) + pd.Timedelta(days=_CHECK_SOON_DAYS)
    running_out = pd.DataFrame(
        {
            "kind": "check",
            "level": [TODAY if last <= soon else THIS_WEEK for last in checks["last_day"]],
            "due_at": checks["last_day"],
            "subject_id": checks["volunteer_id"] + ":" + checks["check_code"],
            "volunteer_id": checks["volunteer_id"],
            "volunteer_resident_id": checks["resident_id"],
            "municipality_code": checks["municipality_code"],
            "volunteer_municipality_code": checks["municipality_code"],
            "detail": checks["check_code"],
        }
    ).reindex(columns=matters.columns)
    found = _mine(who, matters) if checks.empty else pd.concat([_mine(who, matters), _mine(who, running_out)])
    return found.sort_values(["level", "due_at", "kind", "subject_id"], ignore_index=True)


def volunteers(store: Store, actor_id: str, as_of: datetime) -> pd.DataFrame:
    """List every volunteer with how much they are called on (columns of ``queries/volunteer_use.sql``).

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    return _asked(store, actor_id, as_of, "volunteer_use", idle_days=IDLE_DAYS)


def lacking_checks(store: Store, actor_id: str, as_of: datetime) -> pd.DataFrame:
    """List the checks that volunteers lack for services they offer (columns of ``queries/vetting_queue.sql``).

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    return _asked(store, actor_id, as_of, "vetting_queue")


def expiring_checks(store: Store, actor_id: str, as_of: datetime, within_days: int = EXPIRY_DAYS) -> pd.DataFrame:
    """List the checks that run out within some days (columns of ``queries/expiring_checks.sql``).

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    return _asked(store, actor_id, as_of, "expiring_checks", expiry_days=within_days)


def visits(store: Store, actor_id: str, as_of: datetime, from_at: datetime, to_at: datetime) -> pd.DataFrame:
    """List the visits that start from ``from_at`` to before ``to_at`` (local): columns of ``visit_outcomes.sql``.

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    return _asked(store, actor_id, as_of, "visit_outcomes", from_at=from_at, to_at=to_at)


def series(store: Store, actor_id: str, as_of: datetime) -> pd.DataFrame:
    """List series with their progress and continuity (columns of ``queries/series_progress.sql``).

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    return _asked(store, actor_id, as_of, "series_progress")


def incidents(store: Store, actor_id: str, as_of: datetime) -> pd.DataFrame:
    """List incidents, newest first (columns of ``queries/incident_list.sql``).

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    return _asked(store, actor_id, as_of, "incident_list")


def shadow_differences(store: Store, actor_id: str, shadow_run_id: str, as_of: datetime) -> pd.DataFrame:
    """List where a run in the shadow and the run beside it differ (columns of ``queries/shadow_differences.sql``).

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    return _asked(store, actor_id, as_of, "shadow_differences", shadow_run_id=shadow_run_id)


def cards(store: Store, actor_id: str, resident_ids: list[str], as_of: datetime) -> pd.DataFrame:
    """Read what is known of residents at a glance, without names: the columns of ``person_cards.sql``, and ``n_open``.

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    with looking(store, actor_id, "see_requests") as (reading, who):
        known = reading.last_entry_no
        found = _mine(who, reading.query("person_cards", as_of=as_of, until_entry=known, resident_ids=resident_ids))
        asked = _requests_of(reading, found["resident_id"].tolist(), as_of)
    n_open = Counter(request["resident_id"] for request in asked if request["status"] in OPEN)
    return found.assign(n_open=[n_open[resident_id] for resident_id in found["resident_id"]])


def requests_of(store: Store, actor_id: str, resident_id: str, as_of: datetime) -> list[dict[str, Any]]:
    """List a resident's requests, newest first (rows of ``requests_at``).

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    with looking(store, actor_id, "see_requests") as (reading, who):
        asked = _requests_of(reading, [resident_id], as_of)
    mine = [request for request in asked if who.may_work_in(request["municipality_code"])]
    return sorted(mine, key=lambda request: (request["requested_at"], request["request_id"]), reverse=True)


def offering(store: Store, actor_id: str, volunteer_id: str, as_of: datetime) -> tuple[dict[str, Any], pd.DataFrame]:
    """Read a volunteer as last registered, and the week last stated (``weekday``, ``starts``, ``ends``).

    Raises
    ------
    AccessDenied
        When the account may not keep volunteers, or not of that municipality.
    InputError
        When there is no such volunteer.
    """
    with looking(store, actor_id, "keep_volunteer") as (reading, who):
        found = reading.state("volunteers_at", as_of, None, volunteer_id=volunteer_id)
        if found.empty:
            raise InputError(f"There is no volunteer {volunteer_id!r} in this pilot.")
        who.must_work_in(str(found["municipality_code"].iloc[0]))
        week = reading.state("availability_at", as_of, None, volunteer_id=volunteer_id)
    return row_of(found), week.sort_values(["weekday", "starts"], ignore_index=True)


def askable(store: Store, actor_id: str, resident_id: str, on: date) -> pd.DataFrame:
    """Say which services a resident may ask for on a day, and on what ground (``queries/askable_services.sql``).

    Raises
    ------
    AccessDenied
        When the account may not submit requests.
    """
    with looking(store, actor_id, "submit_request") as (reading, _):
        return reading.query(
            "askable_services", as_of=EVER, until_entry=reading.last_entry_no, resident_id=resident_id, day=on
        )


def _requests_of(reading: Reading, resident_ids: list[str], as_of: datetime) -> list[dict[str, Any]]:
    """Read the requests of residents; how far all have come is worked out only if one of them ever asked."""
    asked = reading.columns("have_asked", resident_ids=resident_ids)["resident_id"]
    return reading.state_rows("requests_at", as_of, None, resident_id=asked) if asked else []


def _asked(store: Store, actor_id: str, as_of: datetime, query: str, **more: Any) -> pd.DataFrame:
    with looking(store, actor_id, "see_requests") as (reading, who):
        return _mine(who, reading.query(query, **_parameters(reading, as_of), **more))


def _parameters(reading: Reading, as_of: datetime) -> dict[str, Any]:
    return parameters(in_force(reading, as_of), as_of, reading.last_entry_no)


def _mine(who: Acting, rows: pd.DataFrame) -> pd.DataFrame:
    """Keep what concerns an own municipality, of either side; the resident's or the volunteer's."""
    if who.municipality_codes is None:
        return rows
    own = rows["municipality_code"].isin(who.municipality_codes)
    if "volunteer_municipality_code" in rows:
        own |= rows["volunteer_municipality_code"].isin(who.municipality_codes)
    return rows[own].reset_index(drop=True)
