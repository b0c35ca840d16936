"""State is what the facts say at a moment: the newest holds, the future is unseen, late news changes no stored run."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pandas as pd
import pytest

from engine.facts import (
    AbsenceStated,
    AvailabilityStated,
    CheckCleared,
    GrantDecided,
    OfferAnswered,
    OverrideStated,
    PolicyAdopted,
    PriceFound,
    ProposalMade,
    RelationStated,
    RequestSubmitted,
    RequestUnmatched,
    RequestWithdrawn,
    ResidentRegistered,
    RunMade,
    VisitAgreed,
    VisitEnded,
    VolunteerRegistered,
    Window,
    columns_of,
)
from engine.storage.migrations import state_macros

MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVENING = datetime(2026, 3, 2, 18, tzinfo=UTC)

USUAL = {
    ResidentRegistered: {
        "resident_id": "r",
        "municipality_code": "1283",
        "lat": 56.05,
        "lon": 12.7,
        "birth_year": 1950,
        "languages": ("sv",),
        "protected_identity": False,
    },
    VolunteerRegistered: {
        "volunteer_id": "v",
        "resident_id": "rv",
        "services": ("shopping",),
        "radius_km": 5.0,
        "visits_per_week": 2,
        "minutes_per_week": None,
        "joined_at": datetime(2026, 3, 1),
    },
    CheckCleared: {"volunteer_id": "v", "check_code": "identity", "valid_from": date(2026, 1, 1), "valid_to": None},
    GrantDecided: {
        "resident_id": "r",
        "service": "shopping",
        "valid_from": date(2026, 1, 1),
        "valid_to": None,
        "decision": "D1",
    },
    RelationStated: {"resident_id": "r", "volunteer_id": "v"},
    RequestSubmitted: {
        "request_id": "q",
        "resident_id": "r",
        "service": "shopping",
        "minutes": 60,
        "earliest_at": datetime(2026, 3, 4, 8),
        "latest_at": datetime(2026, 3, 6, 18),
        "volunteers_needed": 1,
        "urgency": 1,
        "languages": (),
    },
    RequestWithdrawn: {"request_id": "q"},
    OfferAnswered: {"request_id": "q", "volunteer_id": "v", "response": "expired"},
    VisitAgreed: {
        "visit_id": "x",
        "request_id": "q",
        "volunteer_id": "v",
        "starts_at": datetime(2026, 3, 4, 9),
        "ends_at": datetime(2026, 3, 4, 10),
        "minutes": 75,
    },
    VisitEnded: {"visit_id": "x", "outcome": "completed"},
    OverrideStated: {"request_id": "q", "volunteer_id": "v", "starts_at": None, "kind": "pin", "reason_code": "wish"},
    PolicyAdopted: {"policy": "baseline", "fingerprint": "f", "content": "", "reason": "start"},
    RunMade: {
        "run_id": "run",
        "as_of": MORNING,
        "policy": "baseline",
        "fingerprint": "f",
        "content": "",
        "seed": 1,
        "model": "plans",
        "proof": "optimal",
        "input_hash": "h",
        **dict.fromkeys(["n_requests", "n_volunteers", "n_candidates", "n_matched", "input_entry_no"], 1),
        **dict.fromkeys(["objective", "bound", "gap", "candidates_s", "solve_s", "check_s"], 0.0),
    },
    ProposalMade: {
        "run_id": "run",
        "request_id": "q",
        "volunteer_id": "v",
        "starts_at": datetime(2026, 3, 4, 9),
        "ends_at": datetime(2026, 3, 4, 10),
        "travel_minutes": 15,
        "minutes": 75,
        "distance_km": 1.0,
        "value": 100.0,
        "value_served": 100.0,
        **dict.fromkeys(["value_urgency", "value_waiting", "value_distance"], 0.0),
        **dict.fromkeys(["value_continuity", "value_preference"], 0.0),
    },
    RequestUnmatched: {"run_id": "run", "request_id": "q", "reason_code": "too_far"},
    PriceFound: {"run_id": "run", "leaf": 0, "row": "request:q", "price": 1.0},
}


def fact(kind, occurred_at=MORNING, /, **fields):
    return kind(**({"occurred_at": occurred_at} | USUAL.get(kind, {}) | fields))


def log(store, *facts):
    """Write the facts as one entry."""
    with store.transaction("anna", "test") as transaction:
        transaction.append(facts)


def state(store, macro, as_of=EVENING, until_entry=None):
    with store.reading() as reading:
        return reading.state(macro, as_of, until_entry)


def column(store, macro, name, as_of=EVENING, until_entry=None):
    return state(store, macro, as_of, until_entry)[name].tolist()


CUT_SHORT = {"valid_to": date(2026, 4, 1)}
REPLACEABLE = {
    "residents_at": ("birth_year", fact(ResidentRegistered), {"birth_year": 1960}, 1950, 1960),
    "checks_at": ("valid_to", fact(CheckCleared), CUT_SHORT, pd.NaT, pd.Timestamp(2026, 4, 1)),
    "grants_at": ("decision", fact(GrantDecided), {"decision": "D2"}, "D1", "D2"),
    "relations_at": ("kind", fact(RelationStated, kind="blocked"), {"kind": "preferred"}, "blocked", "preferred"),
    "answers_at": (
        "response",
        fact(OfferAnswered),
        {"response": "declined"},
        "expired",
        "declined",
    ),
    "overrides_at": ("kind", fact(OverrideStated), {"kind": "forbid"}, "pin", "forbid"),
    "visits_at": ("minutes", fact(VisitAgreed), {"minutes": 90}, 75, 90),
}
"""By macro: a column, a first fact, what a newer one says instead, the column's value before and after."""


def newer(first, occurred_at, fields):
    unchanged = {name: getattr(first, name) for name in columns_of(type(first))}
    return type(first)(**(unchanged | {"occurred_at": occurred_at} | fields))


def same(values, expected):
    return pd.Series(values, dtype=object).equals(pd.Series(expected, dtype=object))


@pytest.mark.parametrize("macro", REPLACEABLE)
def test_a_later_fact_replaces_an_earlier_one_from_then_on(store, macro):
    name, first, fields, before, after = REPLACEABLE[macro]
    log(store, newer(first, NOON, fields))
    log(store, first)  # recorded later, but happened earlier

    assert same(column(store, macro, name, as_of=MORNING), [before])
    assert same(column(store, macro, name, as_of=NOON - timedelta(microseconds=1)), [before])
    assert same(column(store, macro, name, as_of=NOON), [after])
    assert column(store, macro, name, as_of=MORNING - timedelta(seconds=1)) == []


@pytest.mark.parametrize("macro", REPLACEABLE)
def test_of_two_facts_of_one_moment_the_one_recorded_last_holds(store, macro):
    name, first, fields, _, after = REPLACEABLE[macro]
    log(store, first)
    log(store, newer(first, MORNING, fields))

    assert same(column(store, macro, name), [after])


@pytest.mark.parametrize("macro", REPLACEABLE)
@pytest.mark.parametrize("n_others", [0, 20])
def test_of_two_facts_of_one_moment_in_one_entry_the_last_one_holds(store, macro, n_others):
    name, first, fields, _, after = REPLACEABLE[macro]
    log(store, *[first] * (1 + n_others), newer(first, MORNING, fields))

    assert same(column(store, macro, name), [after])


@pytest.mark.parametrize("macro", REPLACEABLE)
def test_late_news_does_not_change_what_was_known_by_an_entry(store, macro):
    name, first, fields, before, after = REPLACEABLE[macro]
    log(store, first)
    log(store, newer(first, MORNING + timedelta(hours=1), fields))

    assert column(store, macro, name, until_entry=0) == []
    assert same(column(store, macro, name, until_entry=1), [before])
    assert same(column(store, macro, name, until_entry=2), [after])


def test_a_volunteer_has_the_place_and_languages_of_the_resident_behind_them(store):
    log(store, fact(VolunteerRegistered), fact(ResidentRegistered, resident_id="rv", languages=("sv", "ar")))
    log(store, fact(ResidentRegistered, NOON, resident_id="rv", municipality_code="1260", lat=None, lon=None))

    [before], [after] = (state(store, "volunteers_at", at).to_dict("records") for at in (MORNING, NOON))

    assert (before["municipality_code"], list(before["languages"]), before["lat"]) == ("1283", ["sv", "ar"], 56.05)
    assert (after["municipality_code"], list(after["languages"])) == ("1260", ["sv"])
    assert pd.isna(after["lat"])
    assert (before["visits_per_week"], before["birth_year"], before["protected_identity"]) == (2, 1950, False)
    assert pd.isna(before["minutes_per_week"])


def test_a_volunteer_registered_again_keeps_one_row(store):
    log(store, fact(ResidentRegistered, resident_id="rv"), fact(VolunteerRegistered))
    log(store, fact(VolunteerRegistered, NOON, radius_km=2.0))

    assert column(store, "volunteers_at", "radius_km", MORNING) == [5.0]
    assert column(store, "volunteers_at", "radius_km", NOON) == [2.0]
    assert column(store, "volunteers_at", "radius_km", NOON, until_entry=1) == [5.0]


def test_the_newest_week_replaces_the_whole_earlier_one(store):
    monday, tuesday = Window(1, time(9), time(12)), Window(2, time(13), time(15))
    log(store, fact(AvailabilityStated, volunteer_id="v", windows=(monday, monday, tuesday)))
    log(store, fact(AvailabilityStated, NOON, volunteer_id="v", windows=(tuesday,)))
    log(store, fact(AvailabilityStated, EVENING, volunteer_id="v", windows=()))

    assert column(store, "availability_at", "weekday", MORNING) == [1, 2]
    assert state(store, "availability_at", NOON).values.tolist() == [["v", 2, time(13), time(15)]]
    assert state(store, "availability_at", EVENING).empty
    assert column(store, "availability_at", "weekday", EVENING, until_entry=2) == [2]


def test_absences_add_up_and_repeat_nothing(store):
    away = {"volunteer_id": "v", "starts_at": datetime(2026, 7, 1), "ends_at": datetime(2026, 7, 8)}
    log(store, fact(AbsenceStated, **away), fact(AbsenceStated, NOON, **away))
    log(store, fact(AbsenceStated, NOON, **(away | {"ends_at": datetime(2026, 7, 9)})))

    assert len(state(store, "absences_at", MORNING)) == 1
    assert column(store, "absences_at", "ends_at", NOON) == [datetime(2026, 7, 8), datetime(2026, 7, 9)]
    assert len(state(store, "absences_at", NOON, until_entry=1)) == 1


def test_checks_and_grants_of_other_days_stand_beside_each_other(store):
    log(store, fact(CheckCleared), fact(CheckCleared), fact(CheckCleared, valid_from=date(2026, 2, 1)))
    log(store, fact(GrantDecided), fact(GrantDecided, valid_from=date(2026, 2, 1)))

    assert column(store, "checks_at", "valid_from") == [pd.Timestamp(2026, 1, 1), pd.Timestamp(2026, 2, 1)]
    assert column(store, "grants_at", "valid_from") == [pd.Timestamp(2026, 1, 1), pd.Timestamp(2026, 2, 1)]


def test_a_relation_or_override_that_was_lifted_is_gone(store):
    log(store, fact(RelationStated, kind="blocked"), fact(OverrideStated, kind="forbid"))
    log(store, fact(RelationStated, NOON, kind="none"), fact(OverrideStated, NOON, kind="lifted"))

    for macro in ("relations_at", "overrides_at"):
        assert len(state(store, macro, MORNING)) == 1
        assert state(store, macro, NOON).empty
        assert len(state(store, macro, NOON, until_entry=1)) == 1


def test_a_visit_is_agreed_until_its_outcome_is_known(store):
    log(store, fact(ResidentRegistered), fact(RequestSubmitted), fact(VisitAgreed))
    log(store, fact(VisitEnded, NOON, outcome="missed"))
    log(store, fact(VisitEnded, EVENING, outcome="completed"))

    assert [column(store, "visits_at", "status", at)[0] for at in (MORNING, NOON, EVENING)] == [
        "agreed",
        "missed",
        "completed",
    ]
    assert column(store, "visits_at", "status", EVENING, until_entry=2) == ["missed"]
    assert column(store, "visits_at", "resident_id") == ["r"]


@pytest.mark.parametrize(
    ("needed", "outcomes", "withdrawn", "status", "n_agreed"),
    [
        (1, [], False, "submitted", 0),
        (1, [None], False, "agreed", 1),
        (1, ["completed"], False, "completed", 1),
        (1, ["cancelled"], False, "submitted", 0),
        (1, ["missed", None], False, "agreed", 1),
        (2, [None], False, "submitted", 1),
        (2, ["completed", None], False, "agreed", 2),
        (2, ["completed", "completed"], False, "completed", 2),
        (1, [None], True, "cancelled", 1),
        (1, [], True, "withdrawn", 0),
    ],
)
def test_how_far_a_request_has_come_follows_from_its_visits(store, needed, outcomes, withdrawn, status, n_agreed):
    log(store, fact(ResidentRegistered), fact(RequestSubmitted, volunteers_needed=needed))
    log(store, *(fact(VisitAgreed, NOON, visit_id=f"x{i}") for i in range(len(outcomes))))
    log(store, *(fact(VisitEnded, EVENING, visit_id=f"x{i}", outcome=o) for i, o in enumerate(outcomes) if o))
    log(store, *([fact(RequestWithdrawn, EVENING)] if withdrawn else []))

    [request] = state(store, "requests_at").to_dict("records")

    assert (request["status"], request["n_agreed"]) == (status, n_agreed)
    assert column(store, "requests_at", "status", MORNING) == ["submitted"]
    assert column(store, "requests_at", "status", until_entry=1) == ["submitted"]


def test_a_request_knows_its_resident_and_when_it_was_made(store):
    log(store, fact(ResidentRegistered, languages=("fa",)), fact(RequestSubmitted, NOON, languages=("sv",)))

    assert state(store, "requests_at", MORNING).empty
    [request] = state(store, "requests_at", NOON).to_dict("records")
    assert request["requested_at"] == datetime(2026, 3, 2, 12)
    assert request["earliest_at"] == datetime(2026, 3, 4, 8)
    assert (list(request["languages"]), list(request["resident_languages"])) == (["sv"], ["fa"])
    assert (request["municipality_code"], request["birth_year"], request["protected_identity"]) == ("1283", 1950, False)
    assert (request["lat"], request["lon"]) == (56.05, 12.7)


def test_the_policy_adopted_last_comes_first(store):
    log(store, fact(PolicyAdopted, NOON, policy="wider"), fact(PolicyAdopted, policy="baseline"))

    assert column(store, "policies_at", "policy") == ["wider", "baseline"]
    assert column(store, "policies_at", "policy", MORNING) == ["baseline"]
    assert state(store, "policies_at", until_entry=0).empty
    assert state(store, "policies_at")["actor_id"].iat[0] == "anna"


def test_proposals_are_those_of_the_run_written_last(store):
    log(store, fact(RunMade, run_id="one", as_of=EVENING), fact(ProposalMade, run_id="one"))
    log(store, fact(RunMade, run_id="two", as_of=MORNING), fact(ProposalMade, NOON, run_id="two", request_id="q2"))

    assert column(store, "runs_at", "run_id") == ["two", "one"]
    assert column(store, "runs_at", "as_of") == [datetime(2026, 3, 2, 8), datetime(2026, 3, 2, 18)]
    assert column(store, "proposals_at", "request_id", NOON) == ["q2"]
    assert column(store, "proposals_at", "request_id", NOON, until_entry=1) == ["q"]


def test_a_run_without_proposals_leaves_none_of_the_run_before(store):
    log(store, fact(RunMade, run_id="one"), fact(ProposalMade, run_id="one"))
    log(store, fact(RunMade, NOON, run_id="two"))

    assert len(state(store, "proposals_at", MORNING)) == 1
    assert state(store, "proposals_at", NOON).empty


def test_every_state_of_two_arguments_answers_on_an_empty_pilot(store):
    answering = [name for name, text in state_macros().items() if f"{name}(as_of, until_entry := " in text]

    assert len(answering) >= 14
    for name in answering:
        assert state(store, name).empty


def sound_pilot():
    return [
        fact(ResidentRegistered),
        fact(ResidentRegistered, resident_id="rv"),
        fact(VolunteerRegistered),
        fact(CheckCleared),
        fact(GrantDecided),
        fact(RelationStated, kind="preferred"),
        fact(RequestSubmitted),
        fact(OfferAnswered, response="accepted"),
        fact(VisitAgreed),
        fact(VisitEnded, NOON),
        fact(RunMade),
        fact(ProposalMade),
        fact(RequestUnmatched),
        fact(PriceFound),
    ]


LATER = {"starts_at": datetime(2026, 3, 4, 9, 30), "ends_at": datetime(2026, 3, 4, 11)}


@pytest.mark.parametrize(
    ("broken", "kind", "id_", "sentence"),
    [
        (fact(GrantDecided, resident_id="r9"), "unknown_resident", "r9", "grant_decided names resident r9"),
        (fact(AbsenceStated, volunteer_id="v9", **LATER), "unknown_volunteer", "v9", "absence_stated names"),
        (fact(RequestWithdrawn, request_id="q9"), "unknown_request", "q9", "request_withdrawn names request q9"),
        (fact(VisitEnded, visit_id="x9"), "unknown_visit", "x9", "visit_ended names visit x9"),
        (fact(PriceFound, run_id="run9"), "unknown_run", "run9", "price_found names run run9"),
        (fact(RequestSubmitted, NOON), "repeated_request", "q", "Request q was submitted 2 times"),
        (fact(VisitAgreed, NOON), "repeated_visit", "x", "Visit x was agreed 2 times"),
        (fact(RunMade, NOON), "repeated_run", "run", "Run run was made 2 times"),
        (
            fact(VisitAgreed, visit_id="x2", **LATER),
            "overlapping_visits",
            "x2",
            "x2 before visit x has ended",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_fact_is_found_and_named(store, broken, kind, id_, sentence):
    log(store, *sound_pilot())
    with store.reading() as reading:
        assert reading.query("check_integrity").empty

    log(store, broken)

    with store.reading() as reading:
        [problem] = reading.query("check_integrity").to_dict("records")
    assert (problem["kind"], problem["id"]) == (kind, id_)
    assert sentence in problem["sentence"]


def test_visits_that_touch_or_were_cancelled_do_not_overlap(store):
    after = {"starts_at": datetime(2026, 3, 4, 10), "ends_at": datetime(2026, 3, 4, 11)}
    log(store, *sound_pilot(), fact(VisitAgreed, visit_id="x2", **after), fact(VisitAgreed, visit_id="x3", **LATER))
    log(store, fact(VisitEnded, NOON, visit_id="x3", outcome="cancelled"))

    with store.reading() as reading:
        assert reading.query("check_integrity").empty


def test_a_note_about_somebody_of_whom_nothing_is_kept_is_found(store):
    with store.transaction("anna", "test") as transaction:
        transaction.put_people({"r1": {"name": "Ada"}})
        transaction.put_notes([("n1", "r1", "q1", "text")])
        transaction._cursor.execute("delete from identity.person")

    with store.reading() as reading:
        [problem] = reading.query("check_integrity").to_dict("records")
    assert (problem["kind"], problem["id"]) == ("note_without_person", "n1")
