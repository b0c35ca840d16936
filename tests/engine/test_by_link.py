"""A person without an account follows a signed link: sees the matter, takes the one step it is for, and no other."""

from dataclasses import replace
from datetime import timedelta

import pytest
from small_outbox import CALLED_OFF, DONE, OFFER, VISIT, YES, agreed, append
from small_pilot import NOW, RUT

from engine.errors import AccessDenied, ImpossibleStep, InputError
from engine.live import by_link
from engine.messages import links

HOUR = timedelta(hours=1)
SOON = NOW + timedelta(days=9)


def link(store, purpose, about, side="volunteer", holder=None):
    return links.sign(store, purpose, about, SOON, side, holder)


def offers(store):
    with store.reading() as reading:
        return reading.state("offers_at", NOW + 2 * HOUR)


def test_a_volunteer_sees_what_the_message_said_and_nobody_s_name():
    store = agreed()

    seen = by_link.look(store, link(store, "answer_offer", "o1"), NOW)

    assert (seen.kind, seen.status, seen.service) == ("offer", "sent", "shopping")
    assert (seen.starts_at, seen.municipality_code, seen.distance_km) == (OFFER.starts_at, "1283", 1.2)
    assert not any(word in repr(seen) for word in ("Rut", "Storgatan", "070", "56.04"))


def test_looking_at_an_offer_answers_nothing():
    store = agreed()
    token = link(store, "answer_offer", "o1")

    for _ in range(3):
        by_link.look(store, token, NOW + HOUR)

    assert offers(store)["status"].tolist() == ["sent"]


def test_a_yes_by_link_agrees_the_visit():
    store = agreed()

    visit_id = by_link.answer(store, link(store, "answer_offer", "o1"), "accepted", NOW + HOUR)

    with store.reading() as reading:
        [visit] = reading.state("visits_at", NOW + 2 * HOUR).to_dict("records")
        [answer] = reading.facts_of("offer_answered").to_pylist()
    assert (visit["visit_id"], visit["status"]) == (visit_id, "agreed")
    assert answer["actor_id"] == "link:o1"


def test_another_time_by_link_is_a_no_to_this_one():
    store = agreed()

    by_link.answer(store, link(store, "answer_offer", "o1"), "declined", NOW + HOUR, reason_code="another_time")

    assert offers(store)["reason_code"].tolist() == ["another_time"]
    with store.reading() as reading:
        assert len(reading.state("absences_at", NOW + 2 * HOUR)) == 1


def test_a_link_to_cancel_answers_no_offer_and_one_to_answer_cancels_nothing():
    store = agreed(YES, VISIT)

    with pytest.raises(AccessDenied, match="for something else"):
        by_link.answer(store, link(store, "cancel_visit", "v1"), "declined", NOW + HOUR)
    with pytest.raises(AccessDenied, match="for something else"):
        by_link.cancel(store, link(store, "give_feedback", "v1"), "ill", NOW + HOUR)


def test_a_link_whose_purpose_does_not_fit_its_matter_shows_nothing():
    store = agreed(YES, VISIT)

    with pytest.raises(InputError, match="not for this page"):
        by_link.look(store, link(store, "cancel_visit", "o1"), NOW)
    with pytest.raises(InputError, match="not for this page"):
        by_link.look(store, link(store, "submit_request", "rut", "resident"), NOW)


@pytest.mark.parametrize("side", ["resident", "volunteer"])
def test_either_side_cancels_a_visit_by_its_own_link(side):
    store = agreed(YES, VISIT)

    by_link.cancel(store, link(store, "cancel_visit", "v1", side), "ill", NOW + HOUR)

    with store.reading() as reading:
        [visit] = reading.state("visits_at", NOW + 2 * HOUR).to_dict("records")
    assert (visit["status"], visit["side"], visit["reason_code"]) == ("cancelled", side, "ill")


def test_a_side_says_how_a_visit_was():
    store = agreed(YES, VISIT, DONE)
    late = DONE.occurred_at + HOUR

    by_link.rate(store, link(store, "give_feedback", "v1", "resident"), 5, True, late)

    with store.reading() as reading:
        [said] = reading.state("feedback_at", late).to_dict("records")
    assert (said["side"], said["rating"], said["again"]) == ("resident", 5, True)


def test_a_resident_takes_a_request_back():
    store = agreed()
    token = link(store, "withdraw_request", "milk", "resident", holder="rut")

    by_link.withdraw(store, token, NOW + HOUR)

    assert by_link.look(store, token, NOW + HOUR).status == "withdrawn"


def test_what_is_over_is_refused_with_a_sentence():
    store = agreed(YES, VISIT, CALLED_OFF)

    with pytest.raises(ImpossibleStep, match="is cancelled"):
        by_link.cancel(store, link(store, "cancel_visit", "v1"), "ill", NOW + HOUR)


def test_who_became_protected_is_served_by_hand():
    store = agreed()
    append(store, replace(RUT, occurred_at=NOW, protected_identity=True, lat=None, lon=None))
    token = link(store, "answer_offer", "o1")

    assert by_link.look(store, token, NOW + HOUR).is_by_hand
    with pytest.raises(ImpossibleStep, match="contact us"):
        by_link.answer(store, token, "accepted", NOW + HOUR)
