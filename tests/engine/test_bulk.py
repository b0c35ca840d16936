"""Many steps at once are the single steps, taken together: what one would refuse is refused, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from small_pilot import BEN, EVERYTHING_FITS, MILK, NOW, RUT, TUESDAY, pilot, policy

from engine.errors import ImpossibleStep, InputError
from engine.live.adoption import adopt
from engine.live.answers import Answer, answer_offer, answer_offers
from engine.live.decisions import approve
from engine.live.endings import Ending, Feedback
from engine.live.offers import send_offers
from engine.live.requests import submit_requests, withdraw_requests
from engine.live.visits import cancel_visits, give_feedbacks, record_visits
from engine.matching import match
from engine.people.registration import leave_many

HOUR = timedelta(hours=1)
AFTER = NOW + timedelta(days=2)
TEA = replace(MILK, request_id="tea", resident_id="sven", earliest_at=TUESDAY.replace(hour=13),
              latest_at=TUESDAY.replace(hour=16))  # fmt: skip
LOG = (*EVERYTHING_FITS, *BEN, replace(RUT, resident_id="sven", lat=56.0525), TEA)
TWICE = policy(parallel_offers=2, offers_per_week_max=10)


def offered():
    """Give a pilot in which Ada and Ben were each asked for milk and for tea: (request, volunteer) -> offer."""
    store = pilot(*LOG)
    adopt(store, TWICE, "test", "for the test", NOW - HOUR)
    match(store, TWICE, NOW, run_id="run")
    pairs = pairs_of(store)
    approve(store, "test", pairs, at=NOW)
    send_offers(store, "test", at=NOW)
    send_offers(store, "test", at=NOW)
    table = state(store, "offers_at")
    return store, {(row.request_id, row.volunteer_id): row.offer_id for row in table.itertuples()}


def agreed():
    """Give a pilot in which milk and tea both have a visit: request -> visit."""
    store, offers = offered()
    chosen = {request: offer_id for (request, _), offer_id in offers.items()}
    done = answer_offers(store, "test", [Answer(offer, "accepted") for offer in chosen.values()], at=NOW + HOUR)
    return store, {request: done.visit_ids[offer] for request, offer in chosen.items()}


def pairs_of(store):
    return list(state(store, "proposals_at")[["request_id", "volunteer_id"]].itertuples(index=False, name=None))


def state(store, macro, as_of=AFTER):
    with store.reading() as reading:
        return reading.state(macro, as_of)


def statuses(store, macro="requests_at", key="request_id", as_of=NOW + 2 * HOUR):
    table = state(store, macro, as_of)
    return dict(zip(table[key], table["status"], strict=True))


def test_several_answers_are_what_they_would_be_one_by_one():
    together, offers = offered()
    one_by_one, _ = offered()
    said = {offer_id: ("declined" if pair[1] == "Ben" else "accepted") for pair, offer_id in offers.items()}
    noes_first = sorted(said.items(), key=lambda item: item[1] == "accepted")

    answer_offers(together, "test", [Answer(*each) for each in said.items()], at=NOW + HOUR)
    for offer_id, response in noes_first:
        answer_offer(one_by_one, "test", offer_id, response, at=NOW + HOUR)

    for macro in ("requests_at", "offers_at", "visits_at", "commitments_at"):
        assert state(together, macro).equals(state(one_by_one, macro))
    assert queued(together) == queued(one_by_one)


def queued(store):
    with store.reading() as reading:
        rows = reading.facts_of("message_queued").to_pylist()
    return sorted((row["template"], row["resident_id"], row["about"]) for row in rows)


def test_of_two_yeses_to_one_request_the_first_counts_and_the_second_hears_why():
    store, offers = offered()
    milk = [offer_id for (request, _), offer_id in offers.items() if request == "milk"]
    assert len(milk) == 2

    done = answer_offers(store, "test", [Answer(offer_id, "accepted") for offer_id in milk], at=NOW + HOUR)

    assert list(done.visit_ids) == milk[:1]
    assert "needs nobody more" in done.refused[milk[1]]


def test_a_round_counts_what_it_sends_itself_against_a_volunteers_week():
    once = policy(parallel_offers=1, offers_per_week_max=1)
    store = pilot(*LOG)
    adopt(store, once, "test", "for the test", NOW - HOUR)
    match(store, once, NOW, run_id="run")
    proposed = dict(pairs_of(store))
    assert set(proposed) == {"milk", "tea"}
    approve(store, "test", [("tea", proposed["tea"])], at=NOW)
    [offer_id] = send_offers(store, "test", at=NOW).offer_ids
    answer_offer(store, "test", offer_id, "declined", at=NOW)
    approve(store, "test", [("milk", proposed["milk"])], at=NOW)

    send_offers(store, "test", at=NOW)

    table = state(store, "offers_at", NOW)
    assert table.groupby("volunteer_id").size().to_dict() == {"Ada": 1, "Ben": 1}


def test_an_answer_keeps_the_time_it_was_given():
    store, offers = offered()
    offer_id = next(iter(offers.values()))

    answer_offers(store, "test", [Answer(offer_id, "declined", at=NOW + HOUR)], at=NOW + 5 * HOUR)

    table = state(store, "offers_at").set_index("offer_id")
    assert table["answered_at"][offer_id] == (NOW + HOUR).replace(tzinfo=None)


def test_no_answer_comes_from_the_future():
    store, offers = offered()

    with pytest.raises(InputError, match="no later than the step"):
        answer_offers(store, "test", [Answer(next(iter(offers.values())), "declined", at=AFTER)], at=NOW + HOUR)


def test_visits_are_recorded_all_or_none():
    store, visits = agreed()
    missing = Ending("no-such-visit", "completed")

    with pytest.raises(InputError, match="no visit"):
        record_visits(store, "test", [Ending(visits["milk"], "completed"), missing], at=AFTER)

    assert set(statuses(store, "visits_at", "visit_id", AFTER).values()) == {"agreed"}


def test_visits_end_together_each_in_its_own_way():
    store, visits = agreed()

    record_visits(
        store, "test", [Ending(visits["milk"], "completed"), Ending(visits["tea"], "missed", "resident")], at=AFTER
    )
    give_feedbacks(
        store,
        "test",
        [Feedback(visits["milk"], "resident", 5, True), Feedback(visits["milk"], "volunteer", 4)],
        at=AFTER,
    )

    assert statuses(store, as_of=AFTER) == {"milk": "completed", "tea": "missed"}
    assert state(store, "feedback_at")["rating"].tolist() == [5, 4]


def test_a_cancellation_is_late_by_when_it_was_told_not_by_when_it_was_recorded():
    store, visits = agreed()
    told = [Ending(visits["milk"], "cancelled", "volunteer", reason_code="ill", at=NOW + 2 * HOUR)]

    cancel_visits(store, "test", told, at=NOW + 30 * HOUR)

    ended = state(store, "visits_at").set_index("visit_id").loc[visits["milk"]]
    assert (ended["status"], bool(ended["is_late"])) == ("cancelled", False)


def test_an_ending_is_told_at_the_door_it_belongs_to():
    store, visits = agreed()

    with pytest.raises(InputError, match="another step"):
        record_visits(store, "test", [Ending(visits["milk"], "cancelled", "resident", reason_code="ill")], at=AFTER)
    with pytest.raises(InputError, match="another step"):
        cancel_visits(store, "test", [Ending(visits["milk"], "completed")], at=NOW + 2 * HOUR)
    with pytest.raises(InputError, match="one outcome"):
        record_visits(store, "test", [Ending(visits["milk"], "completed")] * 2, at=AFTER)


def test_requests_come_and_go_together():
    store = pilot(*LOG)
    form = {
        "resident_id": "rut", "service": "shopping", "minutes": "60", "earliest_at": "2026-12-01T09:00:00",
        "latest_at": "2026-12-01T12:00:00", "volunteers_needed": "1", "urgency": "1", "languages": "sv",
    }  # fmt: skip

    ids = submit_requests(
        store, "test", [{**form, "request_id": "bread"}, {**form, "requested_at": "2026-11-28T09:00:00"}], at=NOW
    )
    withdraw_requests(store, "test", [ids[0], "milk"], at=NOW + HOUR)

    assert ids[0] == "bread"
    assert statuses(store) == {"bread": "withdrawn", "milk": "withdrawn", "tea": "submitted", ids[1]: "submitted"}
    with pytest.raises(ImpossibleStep, match="is withdrawn"):
        withdraw_requests(store, "test", ["tea", "milk"], at=NOW + HOUR)
    assert statuses(store)["tea"] == "submitted"


def test_volunteers_leave_together_and_free_what_they_held():
    store, _ = agreed()

    ended = leave_many(store, "test", ["Ada", "Ben"], "own_wish", at=NOW + 2 * HOUR)

    assert ended.n_visits == 2
    assert statuses(store) == {"milk": "submitted", "tea": "submitted"}
