"""What foreign keys would have refused is found and named, in every table of facts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from every_fact import NOW, one_of

from engine import facts
from engine.facts import all_kinds, table_of

TELLERS = {
    "resident": facts.ResidentRegistered,
    "volunteer": facts.VolunteerRegistered,
    "request": facts.RequestSubmitted,
    "visit": facts.VisitAgreed,
    "run": facts.RunMade,
    "offer": facts.OfferSent,
    "series": facts.SeriesStarted,
    "incident": facts.IncidentReported,
    "erasure": facts.ErasureRequested,
    "message": facts.MessageQueued,
}
"""What tells of a thing first."""


def log(store, *stated):
    with store.transaction("anna", "test") as transaction:
        transaction.append(stated)


def problems(store):
    with store.reading() as reading:
        return reading.query("check_integrity")


@pytest.fixture
def sound(store):
    """Give a pilot in which every thing that facts may name is told of: x of every kind."""
    log(store, *(one_of(kind) for kind in TELLERS.values()))
    assert problems(store).empty
    return store


def test_a_pilot_with_one_fact_of_every_kind_is_sound(sound):
    log(sound, *(one_of(kind) for kind in all_kinds() if kind not in TELLERS.values()))

    assert problems(sound).empty


def naming():
    """List (fact kind, what it names) for every id in every fact but those that tell of it themselves."""
    for kind in all_kinds():
        for what, teller in TELLERS.items():
            if f"{what}_id" in facts.columns_of(kind) and kind not in (teller, facts.IdentityRead, facts.FactRedacted):
                yield kind, what


def test_every_fact_that_names_something_unknown_is_found(sound):
    expected = set()
    for nth, (kind, what) in enumerate(naming()):
        again = {f"{own}_id": f"again{nth}" for own, teller in TELLERS.items() if teller is kind}
        log(sound, one_of(kind, **again, **{f"{what}_id": f"nobody{nth}"}))
        expected.add((f"unknown_{what}", f"nobody{nth}", table_of(kind), TELLERS[what]))

    found = problems(sound)
    told = {(row.kind, row.id): row.sentence for row in found.itertuples() if row.kind.startswith("unknown_")}
    assert told == {
        (
            kind,
            id_,
        ): f"A fact {table} names {kind.removeprefix('unknown_')} {id_}, which no {table_of(teller)} tells of."
        for kind, id_, table, teller in expected
    }
    assert len(expected) > 40


def test_looking_for_somebody_who_is_not_there_breaks_nothing(sound):
    log(sound, one_of(facts.IdentityRead, resident_id="mistyped"), one_of(facts.IdentityRead, resident_id="*"))

    assert problems(sound).empty


@pytest.mark.parametrize("what", [what for what in TELLERS if what not in {"resident", "volunteer"}])
def test_what_is_told_of_twice_is_found(sound, what):
    log(sound, one_of(TELLERS[what]))

    found = problems(sound)
    assert (f"repeated_{what}", "x") in set(zip(found["kind"], found["id"], strict=True))
    assert f"{what.capitalize()} x was " in found["sentence"].str.cat()
    assert " 2 times; the newest holds." in found["sentence"].str.cat()


def test_people_may_register_again(sound):
    log(sound, one_of(facts.ResidentRegistered), one_of(facts.VolunteerRegistered))

    assert problems(sound).empty


TEN = datetime(2026, 3, 4, 10)
HOUR = timedelta(hours=1)


def offer(offer_id, starts_at=TEN, sent_at=NOW, **fields):
    return one_of(
        facts.OfferSent, offer_id=offer_id, starts_at=starts_at, ends_at=starts_at + HOUR, occurred_at=sent_at,
        expires_at=NOW + 5 * HOUR, **fields,
    )  # fmt: skip


def overlapping(store):
    found = problems(store)
    return found.loc[found["kind"] == "overlapping_offers", "id"].tolist()


def test_two_open_offers_to_one_volunteer_for_one_time_are_found(sound):
    log(sound, offer("o1"), offer("o2", TEN + HOUR / 2, NOW + HOUR))

    assert overlapping(sound) == ["o2"]
    assert "was sent offer o2 while offer o1 for the same time was open." in problems(sound)["sentence"].iloc[0]


def test_offers_for_other_times_or_to_others_stand_beside_each_other(sound):
    log(sound, one_of(facts.VolunteerRegistered, volunteer_id="y"))
    log(sound, offer("o1"), offer("o2", TEN + HOUR), offer("o3", TEN, volunteer_id="y"))

    assert overlapping(sound) == []


@pytest.mark.parametrize(
    "settled",
    [
        one_of(facts.OfferAnswered, offer_id="o1", response="declined", occurred_at=NOW + HOUR),
        one_of(facts.OfferClosed, offer_id="o1", reason_code="withdrawn", occurred_at=NOW + HOUR),
    ],
    ids=["declined", "taken back"],
)
def test_an_offer_for_the_same_time_may_follow_once_the_first_is_settled(sound, settled):
    log(sound, offer("o1"), settled, offer("o2", TEN, NOW + 2 * HOUR))

    assert overlapping(sound) == []


def test_an_offer_for_the_same_time_may_follow_once_the_first_has_expired(sound):
    log(sound, offer("o1"), offer("o2", TEN, NOW + 5 * HOUR))

    assert overlapping(sound) == []


def test_a_volunteer_in_two_places_at_once_is_found(sound):
    log(sound, one_of(facts.VisitAgreed, visit_id="y", starts_at=TEN, ends_at=TEN + HOUR))
    log(sound, one_of(facts.VisitAgreed, visit_id="z", starts_at=TEN + HOUR / 2, ends_at=TEN + 2 * HOUR))

    [problem] = problems(sound).to_dict("records")
    assert (problem["kind"], problem["id"]) == ("overlapping_visits", "z")
