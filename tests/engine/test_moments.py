"""Steps told of late or with a wrong date: checked against all that is known, and harmless to what comes after."""

from dataclasses import replace
from datetime import timedelta

import pytest
from small_day import HOUR, agreed, offered, offers, status
from small_pilot import BASELINE, BEN, EVERYTHING_FITS, MILK, NOW, TUESDAY, pilot, policy

from engine import facts
from engine.clock import utc_of
from engine.errors import ImpossibleStep, InputError
from engine.live.adoption import adopt
from engine.live.answers import answer_offer
from engine.live.decisions import approve
from engine.live.incidents import report_incident, triage_incident
from engine.live.offers import send_offers, withdraw_offer
from engine.live.overrides import add_by_hand, swap
from engine.live.requests import withdraw_request
from engine.live.visits import cancel_visit, complete_visit, miss_visit
from engine.matching import match
from engine.people.registration import leave


def visits(store, as_of=NOW + timedelta(days=9)):
    with store.reading() as reading:
        return reading.state("visits_at", as_of)["status"].tolist()


def test_a_yes_told_of_late_does_not_bring_back_an_offer_that_was_withdrawn():
    store, [offer_id] = offered()
    withdraw_offer(store, "test", offer_id, at=NOW + 2 * HOUR)

    with pytest.raises(ImpossibleStep, match="is closed"):
        answer_offer(store, "test", offer_id, "accepted", at=NOW + HOUR)
    assert visits(store) == []


def test_a_yes_told_of_late_does_not_pass_a_block():
    store, [offer_id] = offered()
    with store.transaction("test", "block") as transaction:
        blocked = facts.RelationStated(
            occurred_at=NOW + 2 * HOUR, resident_id="rut", volunteer_id="Ada", kind="blocked"
        )
        transaction.append([blocked])

    with pytest.raises(ImpossibleStep, match="cannot come"):
        answer_offer(store, "test", offer_id, "accepted", at=NOW + HOUR)


def test_a_yes_told_of_late_does_not_bring_back_who_has_left():
    store, [offer_id] = offered()
    leave(store, "test", "Ada", "own_wish", at=NOW + 2 * HOUR)

    with pytest.raises(ImpossibleStep):
        answer_offer(store, "test", offer_id, "accepted", at=NOW + HOUR)
    assert visits(store) == []


def test_an_offer_is_not_answered_before_it_was_sent():
    store, [offer_id] = offered()

    with pytest.raises(InputError, match="was sent after"):
        answer_offer(store, "test", offer_id, "accepted", at=NOW - HOUR)


def test_an_incident_is_found_when_the_clock_was_set_back():
    store = pilot(*EVERYTHING_FITS)
    with store.transaction("test", "people") as transaction:
        transaction.put_people({"rut": {"name": "Rut"}})
    store.clock = lambda: NOW + HOUR
    incident_id = report_incident(store, "test", "worry", 2, "Sounded sad.", resident_id="rut")
    store.clock = lambda: NOW

    triage_incident(store, "test", incident_id, 2, "called_both")

    with store.reading() as reading:
        assert reading.state("incidents_at", NOW + HOUR)["status"].tolist() == ["triaged"]


def test_a_slip_of_the_year_is_refused():
    store = pilot(*EVERYTHING_FITS)

    with pytest.raises(InputError, match="31 days ahead"):
        withdraw_request(store, "test", "milk", at=NOW + timedelta(days=365))


def test_a_run_that_looks_ahead_leaves_open_offers_open():
    store, [offer_id] = offered()

    match(store, BASELINE, NOW + timedelta(days=14))

    assert answer_offer(store, "test", offer_id, "accepted", at=NOW + HOUR)


def test_the_outcome_told_last_holds_whenever_it_was_dated():
    store, visit_id = agreed()
    begins = utc_of(TUESDAY.replace(hour=9))
    complete_visit(store, "test", visit_id, at=begins + 8 * HOUR)

    miss_visit(store, "test", visit_id, "resident", at=begins + 7 * HOUR)

    assert visits(store) == ["missed"]


def test_correcting_to_completed_closes_what_was_sent_meanwhile():
    milk = replace(MILK, latest_at=TUESDAY.replace(hour=17))
    store, visit_id = agreed(*EVERYTHING_FITS[:-1], milk, *BEN)
    missed = utc_of(TUESDAY.replace(hour=10, minute=5))
    at_once = policy(notice_hours=0)
    adopt(store, at_once, "test", "x", NOW)
    miss_visit(store, "test", visit_id, "volunteer", at=missed)
    match(store, at_once, missed)
    approve(store, "test", [("milk", "Ben")], at=missed)
    send_offers(store, "test", at=missed)
    assert status(store, as_of=missed) == "offered"

    complete_visit(store, "test", visit_id, at=missed + HOUR / 12)

    assert status(store, as_of=missed + HOUR / 12) == "completed"
    assert offers(store, as_of=missed + HOUR / 12)["Ben"] == "closed"


def test_a_swap_for_somebody_only_proposed_makes_no_place():
    named = {"resident_id": "cec", "volunteer_id": "Cec"}
    cecs = [replace(fact, **{name: value for name, value in named.items() if hasattr(fact, name)}) for fact in BEN]
    store = pilot(*EVERYTHING_FITS, *BEN, *cecs)
    match(store, BASELINE, NOW)
    with store.reading() as reading:
        [proposed] = reading.state("proposals_at", NOW)["volunteer_id"]
    first, second = [name for name in ("Ada", "Ben", "Cec") if name != proposed]
    add_by_hand(store, "test", "milk", first, TUESDAY.replace(hour=10), "other", at=NOW)
    [offer_id] = send_offers(store, "test", ["milk"], at=NOW).offer_ids
    answer_offer(store, "test", offer_id, "accepted", at=NOW + HOUR)

    with pytest.raises(ImpossibleStep, match="needs nobody more"):
        swap(store, "test", "milk", second, proposed, "other", starts_at=TUESDAY.replace(hour=11), at=NOW + HOUR)


def test_a_yes_given_again_after_the_visit_was_cancelled_says_so():
    store, [offer_id] = offered()
    visit_id = answer_offer(store, "test", offer_id, "accepted", at=NOW + HOUR)
    cancel_visit(store, "test", visit_id, "resident", "not_needed", at=NOW + 2 * HOUR)

    with pytest.raises(ImpossibleStep, match="was cancelled since"):
        answer_offer(store, "test", offer_id, "accepted", at=NOW + 3 * HOUR)
