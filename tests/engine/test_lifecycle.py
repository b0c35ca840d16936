"""The daily work, step by step: what may follow what, and what it does to a request."""

from datetime import datetime, timedelta

import pytest
from small_day import AFTER, EVER, HOUR, agreed, offered, offers, planned, status
from small_pilot import BEN, EVERYTHING_FITS, MILK, NOW, TUESDAY, pilot, policy

from engine import facts
from engine.errors import ImpossibleStep, InputError
from engine.lifecycle import STEPS, drawing
from engine.live.answers import answer_offer
from engine.live.decisions import approve, reject
from engine.live.offers import send_offers, withdraw_offer
from engine.live.requests import submit_request, withdraw_request
from engine.live.visits import cancel_visit, complete_visit, give_feedback, miss_visit
from engine.matching import match
from engine.policy import Policy


def test_a_request_goes_from_submitted_to_completed():
    store = pilot(*EVERYTHING_FITS)

    seen = [status(store)]
    match(store, Policy.named("baseline"), NOW)
    seen.append(status(store))
    approve(store, "test", [("milk", "Ada")])
    [offer_id] = send_offers(store, "test", at=NOW).offer_ids
    seen.append(status(store))
    visit_id = answer_offer(store, "test", offer_id, "accepted", at=NOW + HOUR)
    seen.append(status(store))
    complete_visit(store, "test", visit_id, at=AFTER)
    seen.append(status(store, as_of=AFTER))

    assert seen == ["submitted", "planned", "offered", "agreed", "completed"]


def test_the_drawing_shows_every_step():
    for subject in {step.subject for step in STEPS}:
        lines = drawing(subject).splitlines()

        assert len(lines) == 1 + sum(len(step.from_states) for step in STEPS if step.subject == subject)


def test_a_rejected_proposal_frees_the_request_for_the_next_run():
    store = planned()

    reject(store, "test", [("milk", "Ada")], "wrong_time")

    assert status(store) == "submitted"


def test_an_approval_is_not_planned_again_and_holds_the_time():
    tea = facts.RequestSubmitted(**{**asdict_of(MILK), "request_id": "tea"})
    narrow = {"earliest_at": TUESDAY.replace(hour=9), "latest_at": TUESDAY.replace(hour=10)}
    store = planned(*EVERYTHING_FITS[:-1], facts.RequestSubmitted(**{**asdict_of(MILK), **narrow}))
    approve(store, "test", [("milk", "Ada")])
    with store.transaction("test", "another request for the same hour") as transaction:
        transaction.append([facts.RequestSubmitted(**{**asdict_of(tea), **narrow})])

    run = match(store, Policy.named("baseline"), NOW)

    assert run.proposals.empty
    assert run.summary()["n_requests"] == 1
    assert run.unmatched["rule"].tolist() == ["busy"]


def test_declined_once_is_never_asked_again():
    store, [offer_id] = offered()

    answer_offer(store, "test", offer_id, "declined", reason_code="time", at=NOW + HOUR)
    run = match(store, Policy.named("baseline"), NOW + 2 * HOUR)

    assert status(store) == "submitted"
    assert send_offers(store, "test", at=NOW + 2 * HOUR).offer_ids == ()
    assert run.unmatched["rule"].tolist() == ["declined_before"]


def test_the_next_best_is_asked_after_a_no():
    store, [offer_id] = offered(*EVERYTHING_FITS, *BEN)

    answer_offer(store, "test", offer_id, "declined", at=NOW + HOUR)
    send_offers(store, "test", at=NOW + HOUR)

    assert offers(store) == {"Ada": "declined", "Ben": "sent"}


def test_several_are_asked_at_once_and_the_first_yes_wins():
    log = (*EVERYTHING_FITS, *BEN)
    store, offer_ids = offered(*log, numbers={"parallel_offers": 2})

    answer_offer(store, "test", offer_ids[1], "accepted", at=NOW + HOUR)

    assert offers(store) == {"Ada": "closed", "Ben": "accepted"}
    with pytest.raises(ImpossibleStep, match="is closed"):
        answer_offer(store, "test", offer_ids[0], "accepted", at=NOW + HOUR)
    assert queued(store, "offer_filled") == ["ada"]
    assert sorted(queued(store, "confirmation")) == ["ben", "rut"]


def test_the_next_is_asked_when_the_first_does_not_answer():
    store, _ = offered(*EVERYTHING_FITS, *BEN, numbers={"next_offer_hours": 6, "notice_hours": 0})

    early = send_offers(store, "test", at=NOW + 5 * HOUR)
    late = send_offers(store, "test", at=NOW + 6 * HOUR)

    assert (len(early.offer_ids), len(late.offer_ids)) == (0, 1)
    assert offers(store, NOW + 6 * HOUR) == {"Ada": "sent", "Ben": "sent"}


def test_nobody_is_asked_more_often_than_a_week_allows():
    log = (*EVERYTHING_FITS, facts.RequestSubmitted(**{**asdict_of(MILK), "request_id": "bread"}))
    store = planned(*log, numbers={"offers_per_week_max": 1})

    run = match(store, policy(offers_per_week_max=1), NOW)
    approve(store, "test", list(run.proposals[["request_id", "volunteer_id"]].itertuples(index=False, name=None)))
    send_offers(store, "test", at=NOW)
    again = match(store, policy(offers_per_week_max=1), NOW + HOUR)

    assert len(run.proposals) == 1
    assert again.unmatched["rule"].tolist() == ["asked_enough"]


def test_a_cancelled_visit_opens_the_request_again_with_its_waiting_time():
    store, visit_id = agreed(*EVERYTHING_FITS, *BEN)

    cancel_visit(store, "test", visit_id, "volunteer", "ill", at=NOW + 2 * HOUR)
    run = match(store, Policy.named("baseline"), NOW + 3 * HOUR)

    assert status(store, as_of=NOW + 3 * HOUR) == "planned"
    assert run.proposals["volunteer_id"].tolist() == ["Ben"]
    assert run.proposals["value_waiting"].tolist() == [10]


def test_a_late_cancellation_is_called_late():
    store, visit_id = agreed()

    cancel_visit(store, "test", visit_id, "resident", at=NOW + 20 * HOUR)

    with store.reading() as reading:
        [visit] = reading.state("visits_at", AFTER).to_dict("records")
    assert (visit["status"], visit["side"], visit["is_late"]) == ("cancelled", "resident", True)


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (lambda s, v: complete_visit(s, "test", v, at=NOW + 2 * HOUR), "begins at 2026-12-01"),
        (lambda s, v: miss_visit(s, "test", v, "resident", at=NOW + 2 * HOUR), "begins at 2026-12-01"),
        (lambda s, v: cancel_visit(s, "test", v, "resident", at=AFTER), "has begun"),
        (lambda s, v: give_feedback(s, "test", v, "resident", 5, at=AFTER), "is agreed; feedback"),
        (lambda s, v: approve(s, "test", [("milk", "Ada")]), "is offered, so the step 'approve'"),
        (lambda s, v: reject(s, "test", [("milk", "Ada")], "other"), "is offered, so the step 'reject'"),
        (lambda s, v: withdraw_offer(s, "test", offer_of(s)), "is accepted, so the step 'close'"),
        (lambda s, v: answer_offer(s, "test", offer_of(s), "declined"), "is accepted, so the step 'decline'"),
    ],
)
def test_an_impossible_step_is_refused_with_a_sentence(step, sentence):
    store, visit_id = agreed()

    with pytest.raises(ImpossibleStep, match=sentence):
        step(store, visit_id)

    assert status(store) == "agreed"


def test_the_same_answer_twice_is_taken_once():
    store, [offer_id] = offered()

    first = answer_offer(store, "test", offer_id, "accepted", at=NOW + HOUR)
    second = answer_offer(store, "test", offer_id, "accepted", at=NOW + 2 * HOUR)

    assert first == second
    with store.reading() as reading:
        assert len(reading.state("visits_at", AFTER)) == 1


def test_an_answer_given_in_time_but_recorded_late_counts():
    store, [offer_id] = offered()
    submit_request(store, "test", FORM, at=NOW + 30 * HOUR)

    answer_offer(store, "test", offer_id, "accepted", at=NOW + HOUR)

    assert status(store, as_of=NOW + 31 * HOUR) == "agreed"


def test_an_answer_after_the_time_limit_is_refused():
    store, [offer_id] = offered(numbers={"answer_hours": 2})

    with pytest.raises(ImpossibleStep, match="is expired"):
        answer_offer(store, "test", offer_id, "accepted", at=NOW + 3 * HOUR)
    assert status(store, as_of=NOW + 3 * HOUR) == "submitted"


def test_a_check_that_lapsed_since_the_offer_stops_the_visit():
    store, [offer_id] = offered()
    with store.transaction("test", "the declaration is no longer valid") as transaction:
        transaction.append(
            [
                facts.CheckCleared(
                    occurred_at=NOW + HOUR,
                    volunteer_id="Ada",
                    check_code="identity",
                    valid_from=datetime(2026, 1, 1).date(),
                    valid_to=datetime(2026, 11, 1).date(),
                )
            ]
        )

    with pytest.raises(ImpossibleStep, match="lack a check"):
        answer_offer(store, "test", offer_id, "accepted", at=NOW + 2 * HOUR)


def test_a_request_taken_back_before_a_visit_is_withdrawn_and_after_one_cancelled():
    early, late = offered()[0], agreed()[0]

    withdraw_request(early, "test", "milk", at=NOW + 2 * HOUR)
    withdraw_request(late, "test", "milk", at=NOW + 2 * HOUR)

    assert (status(early), status(late)) == ("withdrawn", "cancelled")
    assert offers(early) == {"Ada": "closed"}
    with late.reading() as reading:
        assert reading.state("visits_at", AFTER)["status"].tolist() == ["cancelled"]


def test_a_missed_visit_is_a_missed_request_when_the_window_has_passed():
    store, visit_id = agreed()

    miss_visit(store, "test", visit_id, "resident", at=AFTER)

    assert status(store, as_of=AFTER) == "missed"


def test_an_outcome_can_be_corrected():
    store, visit_id = agreed()
    miss_visit(store, "test", visit_id, "resident", at=AFTER)

    complete_visit(store, "test", visit_id, minutes=50, at=AFTER + HOUR)

    assert status(store, as_of=AFTER + HOUR) == "completed"


def test_a_request_nobody_came_to_expires():
    store = pilot(*EVERYTHING_FITS)

    assert status(store, as_of=NOW + timedelta(days=1)) == "submitted"
    assert status(store, as_of=AFTER) == "expired"


def test_both_sides_say_what_they_think():
    store, visit_id = agreed()
    complete_visit(store, "test", visit_id, at=AFTER)

    give_feedback(store, "test", visit_id, "resident", 4, again=True, at=AFTER)
    give_feedback(store, "test", visit_id, "volunteer", 5, at=AFTER)
    give_feedback(store, "test", visit_id, "resident", 5, again=True, at=AFTER + HOUR)

    with store.reading() as reading:
        said = reading.state("feedback_at", AFTER + HOUR)
    assert dict(zip(said["side"], said["rating"], strict=True)) == {"resident": 5, "volunteer": 5}


def test_a_form_is_held_to_the_rules_of_a_package():
    store = pilot(*EVERYTHING_FITS)

    with pytest.raises(InputError, match=r"service must be one of the services.*minutes must be"):
        raise_as_input(lambda: submit_request(store, "test", {**FORM, "service": "flying", "minutes": "1"}))
    request_id = submit_request(store, "test", FORM, at=NOW)

    assert status(store, request_id) == "submitted"


def test_unknown_ids_are_named():
    store = pilot(*EVERYTHING_FITS)

    with pytest.raises(InputError, match="There is no offer 'o9'"):
        answer_offer(store, "test", "o9", "accepted")
    with pytest.raises(ImpossibleStep, match="no proposal of Ada for milk"):
        approve(store, "test", [("milk", "Ada")])


FORM = {
    "resident_id": "rut",
    "service": "shopping",
    "minutes": "45",
    "earliest_at": "2026-12-03T09:00",
    "latest_at": "2026-12-03T12:00",
    "volunteers_needed": "1",
    "urgency": "2",
    "languages": "",
    "note": "",
}


def raise_as_input(work):
    from engine.errors import PackageError

    try:
        work()
    except PackageError as error:
        raise InputError(str(error)) from error


def asdict_of(fact):
    return {name: getattr(fact, name) for name in fact.__slots__} | {"occurred_at": fact.occurred_at}


def offer_of(store):
    with store.reading() as reading:
        return reading.state("offers_at", EVER)["offer_id"].iloc[0]


def queued(store, template):
    with store.reading() as reading:
        messages = reading.state("messages_at", EVER)
    return messages.loc[messages["template"] == template, "resident_id"].tolist()
