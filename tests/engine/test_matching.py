"""A match run: the same moment proposes the same, agreed visits are kept, and pins are obeyed."""

import json
from dataclasses import replace
from datetime import datetime

import pytest
from small_pilot import BASELINE, BEFORE, BEN, EVERYTHING_FITS, MILK, NOW, TUESDAY, pilot, policy

from engine import facts
from engine.errors import InputError, NoSolutionError
from engine.matching import match

PIN_BEN = facts.OverrideStated(
    occurred_at=BEFORE, request_id="milk", volunteer_id="Ben", starts_at=None, kind="pin", reason_code="asked_for"
)


def proposed(run):
    return set(zip(run.proposals["request_id"], run.proposals["volunteer_id"], strict=True))


def test_the_nearer_volunteer_is_proposed():
    run = match(pilot(*EVERYTHING_FITS, *BEN), BASELINE, NOW)

    assert proposed(run) == {("milk", "Ada")}
    assert run.assignment.proof == "optimal"
    assert run.unmatched.empty


def test_a_pin_is_obeyed_at_its_price():
    run = match(pilot(*EVERYTHING_FITS, *BEN, PIN_BEN), BASELINE, NOW)

    assert proposed(run) == {("milk", "Ben")}


def test_a_pin_at_an_hour_is_obeyed():
    at_eleven = replace(PIN_BEN, volunteer_id="Ada", starts_at=TUESDAY.replace(hour=11))

    run = match(pilot(*EVERYTHING_FITS, *BEN, at_eleven), BASELINE, NOW)

    assert run.proposals["starts_at"].tolist() == [TUESDAY.replace(hour=11)]


def test_a_pin_between_the_steps_is_kept_too():
    at_ten_twenty = replace(PIN_BEN, volunteer_id="Ada", starts_at=TUESDAY.replace(hour=10, minute=20))

    run = match(pilot(*EVERYTHING_FITS, at_ten_twenty), policy(starts_per_pair=1), NOW)

    assert run.proposals["starts_at"].tolist() == [TUESDAY.replace(hour=10, minute=20)]
    assert run.pins_left_out == []


def test_a_pin_that_a_rule_forbids_is_left_out_and_named():
    too_late = replace(PIN_BEN, volunteer_id="Ada", starts_at=TUESDAY.replace(hour=11, minute=30))

    run = match(pilot(*EVERYTHING_FITS, too_late), BASELINE, NOW)

    assert run.pins_left_out == ["Ada for milk"]
    assert proposed(run) == {("milk", "Ada")}


def test_pins_that_contradict_each_other_are_refused_and_nothing_is_written():
    store = pilot(*EVERYTHING_FITS, *BEN, PIN_BEN, replace(PIN_BEN, volunteer_id="Ada"))

    with pytest.raises(NoSolutionError, match="pin"):
        match(store, BASELINE, NOW)

    with store.reading() as reading:
        assert reading.query("runs").empty


def test_a_second_run_on_the_same_moment_proposes_the_same():
    store = pilot(*EVERYTHING_FITS, *BEN, replace(MILK, request_id="bread"), replace(MILK, request_id="eggs"))

    first, second = match(store, BASELINE, NOW), match(store, BASELINE, NOW)

    assert first.proposals.equals(second.proposals)
    assert first.input_hash == second.input_hash
    assert first.run_id != second.run_id


def test_an_agreed_visit_takes_its_request_and_its_time_out_of_the_next_run():
    agreed = facts.VisitAgreed(
        occurred_at=BEFORE, visit_id="v1", request_id="milk", volunteer_id="Ada", minutes=67,
        starts_at=TUESDAY.replace(hour=9), ends_at=TUESDAY.replace(hour=10),
    )  # fmt: skip

    run = match(pilot(*EVERYTHING_FITS, replace(MILK, request_id="bread"), agreed), BASELINE, NOW)

    assert proposed(run) == {("bread", "Ada")}
    assert run.proposals["starts_at"].tolist() == [TUESDAY.replace(hour=11)]
    assert run.summary()["n_requests"] == 1


def test_a_request_for_two_takes_two_volunteers_and_says_when_one_is_missing():
    for_two = replace(MILK, volunteers_needed=2)

    served = match(pilot(*EVERYTHING_FITS, *BEN, for_two), BASELINE, NOW)
    short = match(pilot(*EVERYTHING_FITS, for_two), BASELINE, NOW)

    assert proposed(served) == {("milk", "Ada"), ("milk", "Ben")}
    assert proposed(short) == {("milk", "Ada")}
    assert short.unmatched["rule"].tolist() == ["partly_served"]


def test_a_request_that_loses_to_a_better_one_says_so():
    crowded = policy(visits_per_week_max=1)

    run = match(pilot(*EVERYTHING_FITS, replace(MILK, request_id="bread", urgency=3)), crowded, NOW)

    assert proposed(run) == {("bread", "Ada")}
    assert run.unmatched.to_dict("records") == [{"request_id": "milk", "rule": "better_used_elsewhere"}]


def test_idle_volunteers_come_first_when_it_costs_little():
    """Ada could fetch both; Ben, two kilometres away, has nothing to do."""
    log = (*EVERYTHING_FITS, *BEN, replace(MILK, request_id="bread"))

    with_bonus = match(pilot(*log), policy(first_visit=20.0), NOW)
    without = match(pilot(*log), policy(first_visit=0.0, load_step=0.0), NOW)

    assert {volunteer for _, volunteer in proposed(with_bonus)} == {"Ada", "Ben"}
    assert {volunteer for _, volunteer in proposed(without)} == {"Ada"}


def test_the_summary_holds_what_the_contract_names():
    run = match(pilot(*EVERYTHING_FITS), BASELINE, NOW)

    summary = json.loads(json.dumps(run.summary()))

    assert list(summary) == [
        "run_id", "as_of", "policy", "n_requests", "n_volunteers", "n_candidates", "n_matched", "objective", "bound",
        "gap", "proof", "model", "seconds", "input_hash", "unmatched",
    ]  # fmt: skip
    assert list(summary["seconds"]) == ["candidates", "solve", "check", "write", "total"]
    # 100 served, 10 for five days of waiting, half a kilometre, and the first visit of the week.
    assert summary["objective"] == 100 + 10 - 0.56 + 20


def test_an_empty_pilot_has_an_empty_plan():
    run = match(pilot(), BASELINE, NOW)

    assert (run.summary()["n_requests"], run.summary()["objective"], run.assignment.proof) == (0, 0.0, "optimal")


def test_a_moment_needs_a_time_zone():
    with pytest.raises(InputError, match="time zone"):
        match(pilot(), BASELINE, datetime(2026, 11, 29, 18))


def test_an_interrupted_run_writes_nothing():
    store = pilot(*EVERYTHING_FITS, *BEN)

    def stop(_now):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        match(store, BASELINE, NOW, model="plans", progress=stop)

    with store.reading() as reading:
        assert reading.query("runs").empty
