"""A change that serves an unmatched request is made for good, by whoever decides it."""

from datetime import timedelta

import pytest
from small_pilot import ADA, ADA_IS_KNOWN, BASELINE, MILK, NOW, changed, pilot, without

from engine.access import give_role
from engine.errors import AccessDenied, ImpossibleStep
from engine.live.remedies import apply_change, who_decides
from engine.matching import match
from engine.reasons.relaxations import Change, Step, baseline
from engine.reasons.unmatched import unmatched

LATER = NOW + timedelta(hours=1)


def change(*steps):
    return Change.of("milk", set(steps), baseline())


def request(store):
    with store.reading() as reading:
        [row] = reading.state("requests_at", LATER, request_id="milk").to_dict("records")
    return row


def served(store):
    return match(store, BASELINE, LATER).proposals["request_id"].tolist()


def test_the_smallest_change_made_for_good_serves_the_request():
    store = pilot(*changed(ADA, radius_km=0.1))
    match(store, BASELINE, NOW)
    [told] = unmatched(store)

    apply_change(store, "test", told.remedy.change, ["volunteer"], at=LATER)

    assert who_decides(told.remedy.change) == {"volunteer"}
    assert served(store) == ["milk"]


def test_a_change_is_made_after_those_who_decide_it_said_yes_and_not_before():
    store = pilot(*changed(MILK, latest_at=MILK.earliest_at + timedelta(minutes=30)))
    wider = change(Step("wider_window", "milk", 1))

    with pytest.raises(ImpossibleStep, match="for the resident to agree to; ask first"):
        apply_change(store, "test", wider, at=LATER)
    apply_change(store, "test", wider, ["resident"], at=LATER)

    row = request(store)
    assert row["earliest_at"] == MILK.earliest_at - timedelta(hours=1)
    assert row["requested_at"].to_pydatetime() == MILK.occurred_at.replace(tzinfo=None)


def test_what_the_coordinator_decides_needs_nobody_else():
    store = pilot(*changed(MILK, volunteers_needed=2))

    apply_change(store, "test", change(Step("fewer_volunteers", "milk", 1)), at=LATER)

    assert request(store)["volunteers_needed"] == 1
    assert served(store) == ["milk"]


def test_a_check_that_was_seen_is_recorded_and_the_volunteer_is_not_registered_anew():
    store = pilot(*without(ADA_IS_KNOWN))

    apply_change(store, "test", change(Step("check_cleared", "Ada", 1, "identity")), at=LATER)

    assert served(store) == ["milk"]
    with store.reading() as reading:
        assert len(reading.facts_of("volunteer_registered")) == 1
        assert len(reading.facts_of("request_submitted")) == 1


def test_a_request_of_a_series_stays_in_it():
    store = pilot(*changed(MILK, series_id="fridays"))

    apply_change(store, "test", change(Step("wider_window", "milk", 1)), ["resident"], at=LATER)

    assert request(store)["series_id"] == "fridays"


def test_a_grant_is_entered_as_a_decision_and_never_made_here():
    store = pilot(*changed(MILK))

    with pytest.raises(ImpossibleStep, match="enter the decision with its reference"):
        apply_change(store, "test", change(Step("grant_decided", "milk", 1)), ["resident"], at=LATER)


def test_a_request_that_no_longer_waits_is_not_changed():
    from engine.live.requests import withdraw_request

    store = pilot(*changed(MILK, volunteers_needed=2))
    withdraw_request(store, "test", "milk", at=LATER)

    with pytest.raises(ImpossibleStep, match="is withdrawn"):
        apply_change(store, "test", change(Step("fewer_volunteers", "milk", 1)), at=LATER)


def test_a_coordinator_changes_requests_of_the_own_municipality_only():
    store = pilot(*changed(MILK, volunteers_needed=2))
    give_role(store, "test", "root", "admin")
    give_role(store, "root", "landa", "coordinator", ["1282"])

    with pytest.raises(AccessDenied):
        apply_change(store, "landa", change(Step("fewer_volunteers", "milk", 1)), at=LATER)

    assert request(store)["volunteers_needed"] == 2
