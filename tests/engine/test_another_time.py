"""A volunteer would rather come another time: not then, but asked again, where a plain no is never asked again."""

from datetime import datetime, timedelta

import pytest
from small_pilot import EVERYTHING_FITS, NOW, TUESDAY, pilot
from typer.testing import CliRunner

from engine.cli import app
from engine.errors import ImpossibleStep, InputError
from engine.live.answers import Answer, answer_offer
from engine.live.decisions import approve
from engine.live.offers import send_offers
from engine.matching import match
from engine.policy import Policy
from engine.store import Store

HOUR = timedelta(hours=1)
BASELINE = Policy.named("baseline")


def offered(*log, path=None):
    """Give the pilot in which Ada is asked to come on Tuesday at nine, and the offer."""
    store = pilot(*log, path=path)
    match(store, BASELINE, NOW)
    approve(store, "test", [("milk", "Ada")], at=NOW)
    [offer_id] = send_offers(store, "test", at=NOW).offer_ids
    return store, offer_id


def absences(store):
    with store.reading() as reading:
        table = reading.state("absences_at", NOW + 2 * HOUR)
    return list(table[["starts_at", "ends_at"]].itertuples(index=False, name=None))


def test_a_volunteer_who_would_rather_come_another_time_is_proposed_at_another_time():
    store, offer_id = offered(*EVERYTHING_FITS)

    answer_offer(store, "test", offer_id, "declined", reason_code="another_time", at=NOW + HOUR)
    proposals = match(store, BASELINE, NOW + 2 * HOUR).proposals

    assert absences(store) == [(TUESDAY.replace(hour=9), TUESDAY.replace(hour=10))]
    assert proposals["volunteer_id"].tolist() == ["Ada"]
    assert proposals["starts_at"].min() >= TUESDAY.replace(hour=10)


def test_another_time_may_mean_another_day():
    store, offer_id = offered(*EVERYTHING_FITS)

    answer_offer(store, "test", offer_id, "declined", reason_code="another_time", not_that_day=True, at=NOW + HOUR)
    run = match(store, BASELINE, NOW + 2 * HOUR)

    assert absences(store) == [(datetime(2026, 12, 1), datetime(2026, 12, 2))]
    assert run.unmatched["rule"].tolist() == ["absent"]


def test_the_day_is_refused_only_with_another_time():
    with pytest.raises(InputError, match="goes with a no for 'another_time', not for 'distance'"):
        Answer("offer", "declined", "distance", not_that_day=True)


def test_the_command_line_says_not_that_day(tmp_path):
    path = tmp_path / "pilot.duckdb"
    store, offer_id = offered(*EVERYTHING_FITS, path=path)
    store.close()
    no = ["answer", offer_id, "no", "--reason", "another_time", "--not-that-day"]

    done = CliRunner().invoke(app, [*no, "--at", "2026-11-29T19:00", "--db", str(path)])

    assert done.exit_code == 0, done.output
    assert absences(Store(path)) == [(datetime(2026, 12, 1), datetime(2026, 12, 2))]


def test_the_next_round_asks_at_another_time_without_a_new_run():
    store, offer_id = offered(*EVERYTHING_FITS)

    answer_offer(store, "test", offer_id, "declined", reason_code="another_time", at=NOW + HOUR)
    [again] = send_offers(store, "test", at=NOW + 2 * HOUR).offer_ids

    with store.reading() as reading:
        second = reading.state("offers_at", NOW + 2 * HOUR, offer_id=again)
    assert again != offer_id
    assert second["starts_at"].iloc[0] >= TUESDAY.replace(hour=10)


def test_another_time_said_twice_is_noted_once():
    store, offer_id = offered(*EVERYTHING_FITS)

    for hours in (1, 2):
        answer_offer(store, "test", offer_id, "declined", reason_code="another_time", at=NOW + hours * HOUR)

    with store.reading() as reading:
        assert len(reading.facts_of("absence_stated")) == 1
        assert len(reading.facts_of("offer_answered")) == 1


def test_another_time_cannot_be_said_after_a_yes():
    store, offer_id = offered(*EVERYTHING_FITS)
    answer_offer(store, "test", offer_id, "accepted", at=NOW + HOUR)

    with pytest.raises(ImpossibleStep, match="is accepted"):
        answer_offer(store, "test", offer_id, "declined", reason_code="another_time", at=NOW + 2 * HOUR)

    assert absences(store) == []
