"""Series: the same service again and again, planned week by week.

Each window of a series becomes a request of its own when it comes near, so that by then last week's volunteer is known
and preferred. A visit that is missed, or a week nobody could take, does not end the series.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine import facts, notify
from engine.clock import local_of
from engine.errors import InputError
from engine.lifecycle import Taking, must_be_code, taking
from engine.live.adoption import in_force
from engine.live.requests import must_be_own
from engine.people.forms import Cells, read_forms

if TYPE_CHECKING:
    from engine.store import Store

END_REASONS = ("not_needed", "moved", "left", "other")
TIMES_MAX = 60
DAYS_MAX = 60


def start_series(
    store: Store, actor_id: str, form: Cells, every_days: int, n_times: int, *, at: datetime | None = None
) -> str:
    """Start a series of visits, and return its id; windows that are near become requests at once.

    Parameters
    ----------
    form
        The first request, as for :func:`engine.live.requests.submit_request`, without an id.
    every_days
        Days from one window to the next, 1 to 60; the hour stays the same when the clocks change.
    n_times
        How many windows, 1 to 60.

    Raises
    ------
    PackageError
        When a value is not what its column or the rules ask for.
    InputError
        When ``every_days`` or ``n_times`` are out of range.
    AccessDenied
        When the account may not, in the resident's municipality, or the link is another resident's.
    """
    if not 1 <= every_days <= DAYS_MAX or not 1 <= n_times <= TIMES_MAX:
        raise InputError(
            f"A series has 1 to {TIMES_MAX} visits, 1 to {DAYS_MAX} days apart; not {n_times}, {every_days} days apart."
        )
    with taking(store, actor_id, "submit_request", at) as step:
        series_id = f"series-{secrets.token_hex(6)}"
        said = {**form, "request_id": series_id, "requested_at": f"{local_of(step.at):%Y-%m-%dT%H:%M:%S}"}
        intake = read_forms(step.transaction, {"requests": [said]}, step.moment)
        [first] = [fact for fact in intake.facts if isinstance(fact, facts.RequestSubmitted)]
        must_be_own(step, [first.resident_id])
        same: dict[str, Any] = {name: getattr(first, name) for name in _SAME}
        series = facts.SeriesStarted(
            occurred_at=step.at,
            series_id=series_id,
            earliest_at=first.earliest_at,
            latest_at=first.latest_at,
            every_days=every_days,
            n_times=n_times,
            **same,
        )
        step.append(series)
        step.transaction.put_notes(intake.notes)
        notify.queue(step.transaction, "series", first.resident_id, series_id, now=step.at)
        _submit(step, step.one("series", series_id))
        return series_id


def end_series(
    store: Store, actor_id: str, series_id: str, reason_code: str = "not_needed", *, at: datetime | None = None
) -> None:
    """End a series: no more requests come of it; those that exist stay until they are withdrawn.

    Raises
    ------
    InputError
        When there is no such series or reason, or it has ended.
    AccessDenied
        When the account may not, in the resident's municipality, or the link is another resident's.
    """
    must_be_code("reasons", reason_code, END_REASONS)
    with taking(store, actor_id, "withdraw_request", at) as step:
        series = step.one("series", series_id)
        must_be_own(step, [series["resident_id"]])
        if series["status"] != "running":
            raise InputError(f"Series {series_id} is {series['status']}; only a running one can be ended.")
        step.append(facts.SeriesEnded(occurred_at=step.at, series_id=series_id, reason_code=reason_code))


def submit_due(store: Store, actor_id: str, *, at: datetime | None = None) -> list[str]:
    """Turn the windows of running series that have come near into requests, and return their ids.

    Raises
    ------
    AccessDenied
        When the account may not submit requests.
    """
    with taking(store, actor_id, "submit_request", at) as step:
        residents = step.table("residents_at").set_index("resident_id")["municipality_code"]
        mine = step.acting.municipality_codes
        return [
            request_id
            for series in step.rows("series_at", status="running")
            if mine is None or residents.get(series["resident_id"]) in mine
            for request_id in _submit(step, series)
        ]


_SAME = ("resident_id", "service", "minutes", "volunteers_needed", "urgency", "languages")


def _submit(step: Taking, series: dict[str, Any]) -> list[str]:
    requests = list(_due(step, series))
    step.append(*requests)
    return [request.request_id for request in requests]


def _due(step: Taking, series: dict[str, Any]) -> Iterator[facts.RequestSubmitted]:
    ahead = timedelta(days=in_force(step.transaction, step.moment).asking.series_ahead_days)
    horizon = local_of(step.moment) + ahead
    same: dict[str, Any] = {name: series[name] for name in _SAME} | {"languages": tuple(series["languages"])}
    for nth in range(int(series["n_submitted"]), int(series["n_times"])):
        later = timedelta(days=nth * int(series["every_days"]))
        if series["earliest_at"] + later > horizon:
            return
        yield facts.RequestSubmitted(
            occurred_at=step.at,
            request_id=f"{series['series_id']}.{nth + 1:02}",
            earliest_at=series["earliest_at"] + later,
            latest_at=series["latest_at"] + later,
            series_id=series["series_id"],
            **same,
        )
