"""The survey: what may be recorded of whom, who is asked again, and what stays of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from small_people import people_pilot
from small_pilot import ADA, EVERYTHING_FITS, NOW, RUT, pilot
from small_surveys import UCLA3, WHO5, survey
from typer.testing import CliRunner

from engine.access import give_role
from engine.cli import app
from engine.errors import AccessDenied, ImpossibleStep, InputError
from engine.live.surveys import decline_survey, questionnaires, record_survey, surveys_due, surveys_of
from engine.people.registration import leave, register_resident
from engine.privacy import decide_erasure, erase, request_erasure
from engine.store import Store


def test_answers_are_recorded_for_a_person_by_who_may():
    store = people_pilot(None)

    record_survey(store, "anna", "rut", "registration", {"who5_1": 3, "recommend": None, "ucla3_2": 1})

    with store.reading() as reading:
        [told] = reading.facts_of("survey_answered").to_pylist()
    answered = {name: told[name] for name in (*WHO5, *UCLA3, "recommend") if told[name] is not None}
    assert (told["resident_id"], told["actor_id"], told["side"]) == ("rut", "anna", "resident")
    assert answered == {"who5_1": 3, "ucla3_2": 1}


@pytest.mark.parametrize(
    ("occasion", "answers", "side", "complaint"),
    [
        ("registration", {"who5_1": 6}, "resident", "answered with 0 to 5, not with 6"),
        ("registration", {"ucla3_1": 0}, "resident", "answered with 1 to 3, not with 0"),
        ("registration", {"who5_6": 1}, "resident", "no question 'who5_6'"),
        ("registration", {"who5_1": None}, "resident", "at least one answer"),
        ("yearly", {"who5_1": 1}, "resident", "not one of the occasions"),
        ("registration", {"who5_1": 1}, "helper", "not one of the sides"),
        ("registration", {"who5_1": 1}, "volunteer", "rut is no volunteer"),
    ],
)
def test_an_impossible_answer_is_refused_with_a_sentence(occasion, answers, side, complaint):
    store = people_pilot(None)

    with pytest.raises(InputError, match=complaint):
        record_survey(store, "anna", "rut", occasion, answers, side=side)


def test_a_coordinator_elsewhere_may_not_record_and_a_lead_neither():
    store = people_pilot(None)
    give_role(store, "root", "root", "admin")
    give_role(store, "root", "bjuv", "coordinator", ["1260"])
    give_role(store, "root", "lena", "lead")

    for account in ("bjuv", "lena"):
        with pytest.raises(AccessDenied):
            record_survey(store, account, "rut", "registration", {"who5_1": 1})


def test_who_has_a_protected_identity_is_asked_for_no_survey_and_loses_earlier_answers(tmp_path):
    store = people_pilot(tmp_path / "pilot.duckdb")
    record_survey(store, "anna", "rut", "registration", {"who5_1": 1})
    rut = {"resident_id": "rut", "name": "Rut", "municipality_code": "1283", "birth_year": "1940", "languages": "sv"}

    register_resident(store, "anna", rut | {"protected_identity": "yes"})

    with store.reading() as reading:
        assert reading.facts_of("survey_answered")["who5_1"].to_pylist() == [None]
    with pytest.raises(ImpossibleStep, match="protected identity"):
        record_survey(store, "anna", "rut", "follow_up", {"who5_1": 1})


def test_erasure_takes_the_answers_and_the_log_still_verifies(tmp_path):
    store = people_pilot(tmp_path / "pilot.duckdb", survey("registration", [4] * 5, [1, 1, 1], 9), ADA)
    asked = request_erasure(store, "anna", "rut", "authority_decision")
    decide_erasure(store, "lena", asked.erasure_id, "approved", "complies")

    proof = erase(store, "lena", asked.erasure_id)

    assert proof.is_clean
    with store.reading() as reading:
        [left] = reading.facts_of("survey_answered").to_pylist()
        assert reading.state("surveys_at", NOW).empty
    assert {left[name] for name in (*WHO5, *UCLA3, "recommend", "salt")} == {None}
    assert (left["resident_id"], left["occasion"]) == ("rut", "registration")
    done = CliRunner().invoke(app, ["verify", "--log", "--db", str(tmp_path / "pilot.duckdb")])
    assert done.exit_code == 0, done.output


def test_who_answered_at_registration_and_not_for_ninety_days_is_due():
    """p1 answered a follow-up lately, p2 at registration only lately, p3 never at registration."""
    log = [
        survey("registration", [1] * 5, resident_id="p0", occurred_at=NOW - timedelta(days=91)),
        survey("registration", [1] * 5, resident_id="p1", occurred_at=NOW - timedelta(days=200)),
        survey("follow_up", [1] * 5, resident_id="p1", occurred_at=NOW - timedelta(days=89)),
        survey("registration", [1] * 5, resident_id="p2", occurred_at=NOW - timedelta(days=89)),
        survey("follow_up", [1] * 5, resident_id="p3", occurred_at=NOW - timedelta(days=200)),
    ]
    store = pilot(*EVERYTHING_FITS, *(replace(RUT, resident_id=f"p{nth}") for nth in range(4)), *log)

    assert surveys_due(store, "anna", NOW)["resident_id"].tolist() == ["p0"]
    assert surveys_due(store, "anna", NOW, after_days=80)["resident_id"].tolist() == ["p0", "p1", "p2"]
    assert surveys_due(store, "demo-coordinator:1260", NOW).empty


def test_a_volunteer_who_left_is_asked_no_more():
    log = [survey("registration", [1] * 5, resident_id="ada", side="volunteer")]
    store = pilot(*EVERYTHING_FITS, *log)
    assert surveys_due(store, "anna", NOW)["side"].tolist() == ["volunteer"]

    leave(store, "anna", "Ada", "moved", at=NOW)

    assert surveys_due(store, "anna", NOW).empty


def test_who_declines_is_asked_no_more_until_they_answer_after_all():
    store = people_pilot(None, survey("registration", [1] * 5))
    assert surveys_due(store, "anna", NOW)["resident_id"].tolist() == ["rut"]

    decline_survey(store, "anna", "rut", at=NOW)

    assert surveys_due(store, "anna", NOW)["resident_id"].tolist() == []
    assert surveys_of(store, "anna", "rut", NOW).declined == {"resident"}
    later = NOW + timedelta(days=1)
    record_survey(store, "anna", "rut", "follow_up", {"recommend": 9}, at=later)
    assert surveys_of(store, "anna", "rut", later).declined == frozenset()
    assert surveys_due(store, "anna", later + timedelta(days=90))["resident_id"].tolist() == ["rut"]


def test_what_a_person_answered_is_read_newest_first_with_its_scores():
    store = people_pilot(None, survey("registration", [1] * 5), survey("follow_up", [2, 3, 1], [1, 2, 3]))

    told = surveys_of(store, "anna", "rut", NOW).answered

    assert told["occasion"].tolist() == ["follow_up", "registration"]
    assert told["who5"].fillna(-1).tolist() == [-1, 20]
    assert told["ucla3"].fillna(-1).tolist() == [6, -1]


def test_the_surveys_of_a_person_elsewhere_are_not_read():
    store = people_pilot(None)

    with pytest.raises(AccessDenied):
        surveys_of(store, "demo-coordinator:1260", "rut", NOW)


def test_every_scale_has_its_words_range_rule_and_source():
    columns = [column for scale in questionnaires() for column in scale.questions]

    assert columns == [*WHO5, *UCLA3, "recommend"]
    for scale in questionnaires():
        assert scale.source
        assert scale.score
        assert len(scale.answers) in (0, scale.highest - scale.lowest + 1)
        assert all(said.sv and said.en for said in (scale.name, scale.asks, *scale.questions.values(), *scale.answers))


# From the command line -----------------------------------------------------------------------------------------------


def mikro(*words):
    return CliRunner().invoke(app, ["survey", *words])


def test_a_survey_is_recorded_from_the_command_line(tmp_path):
    path = tmp_path / "pilot.duckdb"
    people_pilot(path).close()
    answers = ("--who5", "3,4,-,2,5", "--ucla3", "1,2,1", "--recommend", "9")

    done = mikro("record", "rut", "follow_up", *answers, "--db", str(path), "--at", "2026-11-30T09:00", "--json")

    assert json.loads(done.stdout)["n_answered"] == 8
    with Store(path).reading() as reading:
        [told] = reading.facts_of("survey_answered").to_pylist()
    assert [told[name] for name in WHO5] == [3, 4, None, 2, 5]


def test_answers_that_are_no_numbers_are_bad_usage(tmp_path):
    done = mikro("record", "rut", "follow_up", "--who5", "3,4,lots", "--db", str(tmp_path / "none.duckdb"))

    assert done.exit_code == 2
    assert "takes 5 numbers" in " ".join(done.output.split())


def test_who_is_due_is_listed_from_the_command_line(tmp_path):
    people_pilot(tmp_path / "pilot.duckdb", survey("registration", [1] * 5)).close()

    shown = mikro("due", "--db", str(tmp_path / "pilot.duckdb"), "--as-of", "2026-11-30T09:00").output

    assert "rut  as resident, last on 2026-01-10" in shown


def test_who_declines_is_noted_from_the_command_line(tmp_path):
    path = tmp_path / "pilot.duckdb"
    people_pilot(path, survey("registration", [1] * 5)).close()

    told = mikro("decline", "rut", "--db", str(path), "--at", "2026-11-30T09:00").output

    assert "rut is asked no more as resident." in told
    assert "Nobody is due" in mikro("due", "--db", str(path), "--as-of", "2026-11-30T09:00").output


def test_the_questions_are_shown_with_how_they_are_scored():
    shown = " ".join(mikro("questions").output.split())

    assert "Jag har känt mig glad" in shown
    assert "no score if one is missing" in shown
    assert [scale["code"] for scale in json.loads(mikro("questions", "--json").stdout)] == [
        "who5",
        "ucla3",
        "recommend",
    ]
