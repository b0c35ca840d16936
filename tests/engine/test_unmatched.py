"""Why nobody came, who took the volunteers, and the smallest change that serves the request."""

from dataclasses import replace
from datetime import timedelta

import pytest
from small_pilot import (
    ADA,
    ADA_IS_KNOWN,
    BASELINE,
    BEFORE,
    BEN,
    EVERYTHING_FITS,
    MILK,
    NOW,
    RUT,
    TUESDAY,
    changed,
    pilot,
    without,
)  # fmt: skip

from engine import facts
from engine.errors import InputError
from engine.matching import match
from engine.reasons.relaxations import Relaxations, baseline
from engine.reasons.unmatched import confirmed, unmatched


def explained(*log, known=None):
    store = pilot(*log)
    match(store, BASELINE, NOW)
    [told] = unmatched(store, known=known)
    if told.remedy:
        assert confirmed(store, told.remedy, known=known)
    return told


def remedy_of(*log):
    return explained(*log).remedy.change.in_words("en", baseline())


def test_a_window_that_is_too_short_is_opened_by_the_least_that_suffices():
    told = explained(*changed(MILK, latest_at=TUESDAY.replace(hour=9, minute=30)))

    assert (told.rule, told.kind) == ("window_too_short", "window_impossible")
    assert told.remedy.change.price == 1.0
    assert [str(visit) for visit in told.remedy.visits] == ["Ada 2026-12-01 08:00"]
    assert told.remedy.change.in_words("sv", baseline()) == (
        "låt tidsfönstret för milk öppna 1 h tidigare och stänga 1 h senare"
    )


def test_a_volunteer_just_too_far_is_asked_to_go_farther():
    assert remedy_of(*changed(ADA, radius_km=0.2)) == "let Ada go up to 2 km beyond the stated radius"


def test_a_check_that_is_missing_is_to_be_cleared():
    assert remedy_of(*without(ADA_IS_KNOWN)) == "clear the check identity shown of Ada"


def test_a_language_nobody_speaks_is_replaced_by_one_somebody_does():
    told = explained(*changed(MILK, languages=("ar",)))

    assert told.remedy.change.in_words("en", baseline()) == "accept the language sv for milk"
    assert told.kind == "nobody_eligible"


def test_a_resident_without_a_ground_needs_a_decision():
    assert remedy_of(*changed(RUT, birth_year=1990)) == "decide on the grant for milk"


def test_a_volunteer_who_is_used_elsewhere_makes_one_visit_more():
    bread = replace(MILK, request_id="bread", urgency=2)

    told = explained(*changed(ADA, visits_per_week=1), bread)

    assert (told.request_id, told.kind) == ("milk", "better_used_elsewhere")
    assert [request for request, _ in told.competitors] == ["bread"]
    assert told.remedy.change.in_words("en", baseline()) == "let Ada make one more visit a week, of up to two hours"
    assert told.remedy.losers == ()
    assert told.insist_points == pytest.approx(25.0)


def test_two_volunteers_become_one_when_there_is_only_one():
    told = explained(*changed(MILK, volunteers_needed=2))

    assert told.rule == "partly_served"
    assert told.remedy.change.in_words("en", baseline()) == "let milk make do with 1 volunteer fewer"


def test_a_change_of_which_another_request_would_take_all_the_good_is_none():
    """Ada's check would serve the urgent bread, not the milk: one visit a week is all she has."""
    bread = replace(MILK, request_id="bread", urgency=3)
    log = [f for f in changed(ADA, visits_per_week=1) if f is not ADA_IS_KNOWN]

    store = pilot(*log, bread)
    match(store, BASELINE, NOW)
    milk, bread = (told.remedy for told in sorted(unmatched(store), key=lambda told: told.request_id == "bread"))

    assert bread.change.in_words("en", baseline()) == "clear the check identity shown of Ada"
    assert milk.change.price > bread.change.price
    assert confirmed(store, milk)


def test_a_decision_serves_every_request_of_the_resident_that_waited_for_it():
    log = changed(RUT, birth_year=1990)
    store = pilot(*log, replace(MILK, request_id="bread"))
    match(store, BASELINE, NOW)

    told = unmatched(store, request_ids=["milk"])[0]

    assert [(shift.request_id, shift.kind) for shift in told.remedy.shifts] == [("bread", "gained")]
    assert confirmed(store, told.remedy)


def test_nothing_on_the_list_helps_who_is_served_by_hand():
    told = explained(*changed(RUT, protected_identity=True, lat=None, lon=None))

    assert (told.kind, told.remedy, told.all_tried) == ("by_hand", None, True)


def test_a_search_that_is_broken_off_does_not_say_that_nothing_helps(monkeypatch):
    monkeypatch.setattr("engine.reasons.unmatched.MOST_SOLVED", -1)
    store = pilot(*changed(ADA, radius_km=0.2))
    match(store, BASELINE, NOW)

    [broken_off] = unmatched(store)
    [searched] = unmatched(store, request_ids=["milk"])

    assert (broken_off.remedy, broken_off.all_tried) == (None, False)
    assert (searched.remedy.change.price, searched.all_tried) == (3.0, True)


def test_who_waits_for_explanations_is_told_how_many_are_made():
    told = []
    store = pilot(*changed(ADA, radius_km=0.2), replace(MILK, request_id="bread"))
    match(store, BASELINE, NOW)

    unmatched(store, progress=lambda n, of: told.append((n, of)))

    assert told == [(0, 2), (1, 2)]


def test_what_is_not_on_the_list_is_not_proposed():
    nothing = Relaxations.from_text("price_max = 40.0")

    assert explained(*changed(ADA, radius_km=0.2), known=nothing).remedy is None


ONE = """
price_max = 1.0
[relaxation.{code}]
unit = "a"
price = {price}
steps = [1]
decided_by = "a"
en = "a"
sv = "b"
"""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "price_max = 'x'",
        ONE.format(code="magic", price=1.0),
        ONE.format(code="other_day", price=0.0),
        "price_max = 1.0\n[relaxation.other_day]\nunit = 'a'",
    ],
)
def test_an_impossible_list_is_refused(text):
    with pytest.raises(InputError):
        Relaxations.from_text(text)


def test_a_request_that_was_served_cannot_be_asked_about():
    store = pilot(*EVERYTHING_FITS)
    match(store, BASELINE, NOW)

    with pytest.raises(InputError, match="did not leave 'milk'"):
        unmatched(store, request_ids=["milk"])


def test_a_remedy_is_not_confirmed_for_a_pilot_that_has_moved_on():
    store = pilot(*changed(ADA, radius_km=0.2))
    match(store, BASELINE, NOW)
    [told] = unmatched(store)
    with store.transaction("test", "later") as transaction:
        transaction.append(BEN)

    with pytest.raises(InputError, match="has changed"):
        confirmed(store, told.remedy)


def test_asking_leaves_no_trace():
    store = pilot(*changed(ADA, radius_km=0.2))
    match(store, BASELINE, NOW)
    with store.reading() as reading:
        before = reading.last_entry_no

    [told] = unmatched(store)
    confirmed(store, told.remedy)

    with store.reading() as reading:
        assert reading.last_entry_no == before
        assert reading.state("volunteers_at", NOW)["radius_km"].tolist() == [0.2]


def test_an_agreed_visit_stays_where_it_is_whatever_is_changed():
    bread = replace(MILK, request_id="bread")
    visit = facts.VisitAgreed(
        occurred_at=BEFORE, visit_id="v", request_id="bread", volunteer_id="Ada", minutes=66,
        starts_at=TUESDAY.replace(hour=9), ends_at=TUESDAY.replace(hour=12),
    )  # fmt: skip

    told = explained(*EVERYTHING_FITS, bread, visit)

    assert told.rule == "busy"
    assert told.remedy is None or told.remedy.visits[0].starts_at not in (
        TUESDAY.replace(hour=9) + timedelta(hours=h) for h in range(3)
    )
