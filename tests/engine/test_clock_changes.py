"""The nights when the clocks change: an hour that is missing in March, and one that comes twice in October."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from small_pilot import ADA_IS_FREE, BASELINE, EVERYTHING_FITS, MILK, Window, pilot

from engine.candidates import view
from engine.clock import local_of, utc_of
from engine.facts import OverrideStated
from engine.matching import match
from engine.verify import verify

MARCH, OCTOBER = datetime(2026, 3, 29), datetime(2026, 10, 25)
QUARTERS = [timedelta(minutes=15 * i) for i in range(96)]


def night_pilot(sunday, minutes=30):
    """Store a pilot in which Ada is free all Sunday, and Rut asks for a visit any time that night."""
    before = utc_of(sunday - timedelta(days=3))
    facts = [replace(fact, occurred_at=before) for fact in EVERYTHING_FITS if fact not in (ADA_IS_FREE, MILK)]
    free = replace(ADA_IS_FREE, occurred_at=before, windows=(Window(7, time(0), time(12)),))
    asked = replace(MILK, occurred_at=before, minutes=minutes, earliest_at=sunday, latest_at=sunday.replace(hour=6))
    return pilot(*facts, free, asked), before + timedelta(hours=12)


def starts(sunday, minutes=30):
    store, now = night_pilot(sunday, minutes)
    policy = replace(BASELINE, limits=replace(BASELINE.limits, starts_per_pair=96, start_step_minutes=15))
    with store.reading() as reading:
        return [moment - sunday for moment in view(reading, policy, now).candidates["starts_at"].dt.to_pydatetime()]


def test_nobody_is_sent_in_the_hour_that_the_march_night_does_not_have():
    found = starts(MARCH)

    hours = {start // timedelta(hours=1) for start in found}
    assert hours == {0, 1, 3, 4, 5}
    assert timedelta(hours=1, minutes=30) in found
    assert timedelta(hours=1, minutes=45) not in found  # half an hour from there nobody could say when it ends
    assert timedelta(hours=3) in found


def test_a_longer_visit_does_not_reach_into_the_missing_hour():
    assert max(start for start in starts(MARCH, minutes=60) if start < timedelta(hours=2)) == timedelta(hours=1)


def test_the_october_night_has_each_start_once():
    found = starts(OCTOBER)

    assert len(found) == len(set(found))
    assert {start // timedelta(hours=1) for start in found} == {0, 1, 2, 3, 4, 5}


@pytest.mark.parametrize("sunday", [MARCH, OCTOBER])
def test_a_run_of_such_a_night_is_matched_and_verified(sunday):
    store, now = night_pilot(sunday)

    run = match(store, BASELINE, now)

    assert run.summary()["proof"] == "optimal"
    assert run.summary()["n_matched"] == 1
    assert verify(store, run.run_id).faults == ()


@pytest.mark.parametrize("sunday", [MARCH, OCTOBER])
def test_every_local_time_that_exists_comes_back_from_utc_as_it_was(sunday):
    lost = [quarter for quarter in QUARTERS if local_of(utc_of(sunday + quarter)) != sunday + quarter]

    missing = {timedelta(hours=2) + quarter for quarter in QUARTERS[:4]} if sunday == MARCH else set()
    assert set(lost) == missing


def test_what_happens_in_the_hour_that_comes_twice_keeps_its_order():
    """Both are read off the clock as half past two; the log is in UTC and knows which was later."""
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = first + timedelta(hours=1)
    forbid = OverrideStated(
        occurred_at=second, request_id="milk", volunteer_id="Ada", starts_at=None, kind="forbid", reason_code="wish"
    )

    store = pilot(forbid, replace(forbid, occurred_at=first, kind="pin"))

    assert local_of(first) == local_of(second) == OCTOBER + timedelta(hours=2, minutes=30)
    with store.reading() as reading:
        assert reading.state("overrides_at", second)["kind"].tolist() == ["forbid"]
        assert reading.state("overrides_at", first)["kind"].tolist() == ["pin"]
