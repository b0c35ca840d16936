"""The chance of a request while it is entered: what moves it, and what it learns from."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from small_pilot import ADA, BASELINE, BEFORE, BEN, EVERYTHING_FITS, MILK, NOW, TUESDAY, changed, pilot

from engine import facts
from engine.errors import InputError
from engine.matching import match
from engine.reasons.chance import chance_of
from engine.reasons.history import learn

BREAD = replace(MILK, request_id="bread", occurred_at=NOW)


def chance(store, request=BREAD, history=None, as_of=NOW):
    with store.reading() as reading:
        return chance_of(reading, BASELINE, as_of, request, history)


def moved(request, **by):
    return replace(
        request, earliest_at=request.earliest_at + timedelta(**by), latest_at=request.latest_at + timedelta(**by)
    )


def test_a_request_that_somebody_could_serve_has_the_better_chance():
    store = pilot(*EVERYTHING_FITS)

    on_tuesday, on_wednesday = chance(store), chance(store, moved(BREAD, days=1))

    assert (on_tuesday.n_candidates, on_wednesday.n_candidates) == (1, 0)
    assert on_tuesday.share_served > 2 * on_wednesday.share_served > 0


def test_without_history_it_says_so_and_the_interval_is_wide():
    told = chance(pilot(*EVERYTHING_FITS))

    assert told.n_history == 0
    assert told.low < 0.2 < told.share_served < 0.8 < told.high


def test_a_wider_window_reaches_the_day_somebody_is_free():
    on_wednesday = moved(BREAD, days=1)

    told = chance(pilot(*EVERYTHING_FITS), on_wednesday)

    assert told.wider.earliest_at == on_wednesday.earliest_at - timedelta(days=1)
    assert told.wider.latest_at == on_wednesday.latest_at + timedelta(days=1)
    assert told.wider.n_candidates == 1
    assert told.wider.share_served > told.share_served
    assert told.reasons[0].code == "not_free"


def test_a_nearer_window_is_served_sooner():
    in_nine_days = moved(BREAD, days=7)

    told = chance(pilot(*EVERYTHING_FITS), in_nine_days)

    assert told.nearer.earliest_at == TUESDAY.replace(hour=9)
    assert told.nearer.days_waiting < told.days_waiting < 10


def test_a_window_that_opens_at_once_cannot_be_nearer():
    tomorrow = replace(BREAD, earliest_at=datetime(2026, 11, 30, 9), latest_at=datetime(2026, 12, 1, 12))

    assert chance(pilot(*EVERYTHING_FITS), tomorrow).nearer is None


def test_a_rule_that_stops_everybody_leaves_no_chance_and_is_named():
    pupils_only = replace(BREAD, service="homework_help")

    told = chance(pilot(*EVERYTHING_FITS), pupils_only)

    assert (told.share_served, told.low, told.high) == (0, 0, 0)
    assert [reason.code for reason in told.reasons] == ["may_not_ask"]


@pytest.mark.parametrize(
    "apart",
    [
        [facts.RelationStated(occurred_at=BEFORE, resident_id="rut", volunteer_id="Ada", kind="blocked")],
        [replace(ADA, resident_id="rut")],
    ],
    ids=["blocked", "own request"],
)
def test_whoever_may_not_come_is_not_counted(apart):
    assert chance(pilot(*EVERYTHING_FITS, *apart)).n_candidates == 0


def test_a_volunteer_whose_week_the_newest_run_needs_is_not_free():
    store = pilot(*changed(ADA, visits_per_week=1))
    before = chance(store)
    match(store, BASELINE, NOW)

    after = chance(store)

    assert before.n_candidates == after.n_candidates == 1
    assert after.share_served < before.share_served


def test_a_volunteer_with_room_beside_the_newest_plan_stays_free():
    store = pilot(*EVERYTHING_FITS)
    before = chance(store)
    match(store, BASELINE, NOW)

    after = chance(store)

    assert after.share_served == before.share_served


def test_nothing_is_stored():
    store = pilot(*EVERYTHING_FITS)

    chance(store)

    with store.reading() as reading:
        assert reading.last_entry_no == 1
        assert list(reading.state("requests_at", NOW)["request_id"]) == ["milk"]


def test_what_makes_no_sense_is_refused():
    store = pilot(*EVERYTHING_FITS)

    with pytest.raises(InputError, match="no resident 'nobody'"):
        chance(store, replace(BREAD, resident_id="nobody"))
    with pytest.raises(InputError, match="time zone"):
        chance(store, as_of=datetime(2026, 11, 29))
    with pytest.raises(InputError, match="before it opens"):
        chance(store, replace(BREAD, latest_at=BREAD.earliest_at - timedelta(hours=1)))


# What is learnt


def visit(request, number=1):
    return facts.VisitAgreed(occurred_at=NOW + timedelta(hours=1), visit_id=f"v-{request.request_id}-{number}",
                             request_id=request.request_id, volunteer_id="Ada", minutes=67,
                             starts_at=request.earliest_at,
                             ends_at=request.earliest_at + timedelta(hours=1))  # fmt: skip


def learnt(*log, as_of=NOW + timedelta(days=10)):
    """Learn after ten days from a pilot in which one run looked at the requests, and the log then happened."""
    later = [fact for fact in log if fact.occurred_at > NOW]
    store = pilot(*EVERYTHING_FITS, *(fact for fact in log if fact not in later))
    match(store, BASELINE, NOW)
    with store.transaction("test", "later") as transaction:
        transaction.append(later)
    return learn(store, BASELINE, as_of)


def fates(history):
    return dict(history.examples[["request_id", "is_served"]].itertuples(index=False))


def test_a_request_with_its_visit_was_served_and_one_without_was_not():
    eggs = replace(MILK, request_id="eggs")

    assert fates(learnt(eggs, visit(MILK))) == {"eggs": False, "milk": True}


def test_a_lost_visit_serves_nobody():
    lost = facts.VisitEnded(occurred_at=NOW + timedelta(days=2), visit_id="v-milk-1", outcome="missed")

    assert fates(learnt(visit(MILK), lost)) == {"milk": False}


def test_a_request_for_two_is_served_by_two():
    for_two = replace(MILK, request_id="sofa", volunteers_needed=2)

    history = learnt(for_two, visit(for_two), visit(MILK))

    assert fates(history) == {"milk": True, "sofa": False}


def test_in_a_pilot_without_visits_a_proposal_counts():
    on_wednesday = moved(replace(MILK, request_id="eggs"), days=1)

    assert fates(learnt(on_wednesday)) == {"eggs": False, "milk": True}


def test_what_is_still_open_or_was_withdrawn_teaches_nothing():
    withdrawn = facts.RequestWithdrawn(occurred_at=NOW + timedelta(hours=1), request_id="milk")

    assert learnt(as_of=NOW + timedelta(days=1)).n == 0
    assert learnt(withdrawn).n == 0


def test_the_signs_are_those_of_the_day_the_request_was_new():
    ben_comes_later = [replace(fact, occurred_at=NOW + timedelta(hours=2)) for fact in BEN]

    history = learnt(*ben_comes_later)

    assert history.examples["n_candidates"].tolist() == [1]
    assert history.examples["n_free"].tolist() == [1]


def test_the_position_of_visits_is_learnt():
    late = replace(visit(MILK), starts_at=TUESDAY.replace(hour=11), ends_at=TUESDAY.replace(hour=12))

    assert learnt(late).position > learnt(visit(MILK)).position
