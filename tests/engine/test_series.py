"""Homework help every Tuesday: week by week, with the known volunteer."""

from dataclasses import replace
from datetime import timedelta

import pytest
from small_pilot import ADA, ADA_AT_HOME, ADA_HAS_SIGNED, ADA_IS_FREE, ADA_IS_KNOWN, BEN, NOW, RUT, pilot

from engine.errors import InputError, PackageError
from engine.live.answers import answer_offer
from engine.live.chores import do_chores
from engine.live.decisions import approve
from engine.live.offers import send_offers
from engine.live.series import end_series, start_series, submit_due
from engine.live.visits import complete_visit, miss_visit
from engine.matching import match
from engine.policy import Policy

WEEK = timedelta(days=7)
FORM = {
    "resident_id": "rut",
    "service": "shopping",
    "minutes": "60",
    "earliest_at": "2026-12-01T09:00",
    "latest_at": "2026-12-01T12:00",
    "volunteers_needed": "1",
    "urgency": "1",
}
# Ben lives where Rut does: nearer than Ada, so that only acquaintance speaks for her.
PEOPLE = (RUT, ADA_AT_HOME, ADA, ADA_IS_FREE, ADA_IS_KNOWN, ADA_HAS_SIGNED, replace(BEN[0], lat=RUT.lat), *BEN[1:])
ADA_ONLY = PEOPLE[:6]


def requests(store, as_of):
    with store.reading() as reading:
        table = reading.state("requests_at", as_of)
    return dict(zip(table["request_id"].str[-2:], table["status"], strict=True))


def serve(store, moment):
    """Match, approve, offer and accept what is proposed at a moment; give the visits."""
    run = match(store, Policy.named("baseline"), moment)
    approve(store, "test", list(run.proposals[["request_id", "volunteer_id"]].itertuples(index=False, name=None)))
    offers = send_offers(store, "test", at=moment).offer_ids
    return run, [answer_offer(store, "test", offer_id, "accepted", at=moment) for offer_id in offers]


def test_each_window_becomes_a_request_when_it_comes_near():
    store = pilot(*ADA_ONLY)

    start_series(store, "test", FORM, every_days=7, n_times=10, at=NOW)
    first = requests(store, NOW)
    do_chores(store, "test", at=NOW)
    do_chores(store, "test", at=NOW + WEEK)

    assert first.keys() == {"01"}
    assert requests(store, NOW + WEEK).keys() == {"01", "02"}


def test_windows_keep_their_hour_when_the_clocks_change():
    store = pilot(*ADA_ONLY)
    store.clock = lambda: NOW + timedelta(days=115)
    spring = FORM | {"earliest_at": "2027-03-23T09:00", "latest_at": "2027-03-23T12:00"}

    start_series(store, "test", spring, every_days=7, n_times=2)

    with store.reading() as reading:
        starts = reading.state("requests_at", NOW + timedelta(days=116))["earliest_at"]
    assert [f"{start:%d %H:%M}" for start in starts] == ["23 09:00", "30 09:00"]


def test_the_volunteer_of_last_week_is_preferred():
    store = pilot(*PEOPLE)
    series_id = start_series(store, "test", FORM, every_days=7, n_times=3, at=NOW)
    first, [visit_id] = serve(store, NOW)
    complete_visit(store, "test", visit_id, at=NOW + timedelta(days=2))
    do_chores(store, "test", at=NOW + WEEK)

    second = match(store, Policy.named("baseline"), NOW + WEEK)

    assert first.proposals["volunteer_id"].tolist() == second.proposals["volunteer_id"].tolist() == ["Ben"]
    assert second.proposals["value_continuity"].tolist() == [15.0]
    assert second.proposals["request_id"].tolist() == [f"{series_id}.02"]


def test_a_visit_still_to_come_makes_its_volunteer_known_to_the_next_of_the_series():
    store = pilot(*ADA_ONLY)
    start_series(store, "test", FORM, every_days=7, n_times=2, at=NOW)
    serve(store, NOW)
    monday = NOW + timedelta(days=1, minutes=-1)
    do_chores(store, "test", at=monday)

    run = match(store, Policy.named("baseline"), monday)

    assert requests(store, monday) == {"01": "agreed", "02": "planned"}
    assert run.proposals["value_continuity"].tolist() == [15.0]


def test_a_missed_week_does_not_end_the_series():
    store = pilot(*ADA_ONLY)
    start_series(store, "test", FORM, every_days=7, n_times=3, at=NOW)
    _, [visit_id] = serve(store, NOW)
    miss_visit(store, "test", visit_id, "resident", at=NOW + timedelta(days=2))

    do_chores(store, "test", at=NOW + WEEK)

    assert requests(store, NOW + WEEK) == {"01": "missed", "02": "submitted"}


def test_a_series_that_ended_submits_no_more():
    store = pilot(*ADA_ONLY)
    series_id = start_series(store, "test", FORM, every_days=7, n_times=10, at=NOW)

    end_series(store, "test", series_id, at=NOW)

    assert submit_due(store, "test", at=NOW + WEEK) == []
    with pytest.raises(InputError, match="is ended; only a running one"):
        end_series(store, "test", series_id, at=NOW)


def test_a_series_is_finished_after_its_last_window():
    store = pilot(*ADA_ONLY)
    start_series(store, "test", FORM, every_days=1, n_times=2, at=NOW)

    with store.reading() as reading:
        assert reading.state("series_at", NOW)["status"].tolist() == ["finished"]


@pytest.mark.parametrize(("every_days", "n_times"), [(0, 3), (7, 0), (7, 61), (61, 2)])
def test_a_series_out_of_range_is_refused(every_days, n_times):
    with pytest.raises(InputError, match="A series has 1 to 60 visits"):
        start_series(pilot(*ADA_ONLY), "test", FORM, every_days, n_times, at=NOW)


def test_a_series_for_an_unknown_service_is_refused_and_nothing_is_left():
    store = pilot(*ADA_ONLY)

    with pytest.raises(PackageError, match="service must be one of the services"):
        start_series(store, "test", FORM | {"service": "flying"}, 7, 3, at=NOW)
    with store.reading() as reading:
        assert reading.state("series_at", NOW).empty
