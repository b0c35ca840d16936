"""The survey: what may be recorded, how it is scored, what of it stays, and the change from before to after."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from math import isnan, sqrt

import pytest
from small_people import people_pilot
from small_pilot import ADA, EVERYTHING_FITS, NOW, RUT, pilot
from typer.testing import CliRunner

from engine import facts, metrics
from engine.access import give_role
from engine.cli import app
from engine.clock import utc_of
from engine.errors import AccessDenied, ImpossibleStep, InputError
from engine.live.surveys import questionnaires, record_survey
from engine.metrics import Period
from engine.people.registration import register_resident
from engine.privacy import decide_erasure, erase, request_erasure
from engine.store import Store

WHO5 = [f"who5_{nth}" for nth in range(1, 6)]
UCLA3 = [f"ucla3_{nth}" for nth in range(1, 4)]
START = utc_of(datetime(2026, 1, 10, 12))
SPRING = START + timedelta(days=90)
WHOLE = Period(START - timedelta(days=1), NOW)


def survey(occasion, who5=(), ucla3=(), recommend=None, **more):
    """Give what Rut answered; questions without an answer were left out."""
    answered = zip((*WHO5[: len(who5)], *UCLA3[: len(ucla3)]), (*who5, *ucla3), strict=True)
    answers = dict.fromkeys([*WHO5, *UCLA3]) | dict(answered)
    at = START if occasion == "registration" else SPRING
    told = {"occurred_at": at, "resident_id": "rut", "side": "resident", "recommend": recommend} | more
    return facts.SurveyAnswered(occasion=occasion, **answers, **told)


def neighbours(n):
    return [replace(RUT, resident_id=f"p{nth}") for nth in range(n)]


def before_and_after(*pairs):
    """Give surveys of p0, p1, …: each with all WHO-5 questions answered alike, before and after."""
    return [
        survey(occasion, [answer] * 5, resident_id=f"p{nth}")
        for nth, pair in enumerate(pairs)
        for occasion, answer in zip(("registration", "follow_up"), pair, strict=True)
    ]


def figure(log, name, period=WHOLE, guard=False):
    with pilot(*EVERYTHING_FITS, *neighbours(9), *log).reading() as reading:
        [row] = metrics.measure(reading, name, period, guard=guard).to_dict("records")
    return row


def scores(*log):
    with pilot(*EVERYTHING_FITS, *log).reading() as reading:
        found = reading.state("surveys_at", NOW)
    return found[["who5", "ucla3"]].astype(object).where(found[["who5", "ucla3"]].notna(), None).to_numpy().tolist()


def test_who5_is_the_sum_of_five_answers_times_four_and_ucla3_the_sum_of_three():
    assert scores(survey("registration", [0, 1, 2, 3, 5], [1, 2, 3])) == [[44, 6]]


def test_a_scale_with_a_question_left_out_has_no_score():
    assert scores(survey("registration", [5, 5, 5, 5], [1, 1, 1])) == [[None, 3]]


def test_told_again_of_the_registration_or_of_the_same_day_the_newest_holds():
    log = [
        survey("registration", [1] * 5),
        survey("registration", [2] * 5, occurred_at=START + timedelta(days=2)),
        survey("follow_up", [3] * 5),
        survey("follow_up", [4] * 5, occurred_at=SPRING + timedelta(hours=1)),
        survey("follow_up", [5] * 5, occurred_at=SPRING + timedelta(days=30)),
    ]

    assert sorted(who5 for who5, _ in scores(*log)) == [40, 80, 100]


def test_the_change_is_the_mean_of_after_less_before_with_students_interval():
    """Two points up of five each are 40, one down is 20 less, and as it was is nought: 20, 40, -20 and 0 of 100."""
    found = figure(before_and_after((1, 2), (1, 3), (3, 2), (4, 4)), "who5_change_resident")

    assert (found["n"], found["value"]) == (4, 10)
    spread = 3.182446 * sqrt((10**2 + 30**2 + 30**2 + 10**2) / 3) / sqrt(4)  # t of three degrees of freedom
    assert (found["low"], found["high"]) == (pytest.approx(10 - spread, abs=1e-4), pytest.approx(10 + spread, abs=1e-4))


def test_a_change_of_ten_points_is_clearly_better():
    """From 40 to 48 is not, from 40 to 52 is."""
    log = [
        *(survey("registration", [2] * 5, resident_id=person) for person in ("p0", "p1")),
        survey("follow_up", [3, 3, 2, 2, 2], resident_id="p0"),
        survey("follow_up", [3, 3, 3, 2, 2], resident_id="p1"),
    ]

    assert (figure(log, "who5_better_resident")["amount"], figure(log, "who5_better_resident")["base"]) == (1, 2)


def test_loneliness_falls_when_the_answers_do():
    log = [survey("registration", (), [3, 3, 3]), survey("follow_up", (), [2, 3, 2])]

    assert figure(log, "ucla3_change_resident")["value"] == -2


def test_the_newest_follow_up_of_the_period_counts():
    later = survey("follow_up", [5] * 5, occurred_at=SPRING + timedelta(days=60))
    log = [survey("registration", [1] * 5), survey("follow_up", [2] * 5), later]

    assert figure(log, "who5_change_resident")["value"] == 80
    assert figure(log, "who5_change_resident", Period(START, SPRING + timedelta(days=1), NOW))["value"] == 20


def test_who_answered_once_or_left_a_question_out_is_in_no_change():
    log = [survey("registration", [1] * 5), survey("follow_up", [1] * 4)]

    assert figure(log, "who5_change_resident")["n"] == 0
    assert figure(log, "followed_up_resident")["value"] == 1


def test_a_follow_up_before_the_registration_is_no_after():
    log = [survey("registration", [1] * 5), survey("follow_up", [3] * 5, occurred_at=START - timedelta(hours=1))]

    assert figure(log, "who5_change_resident")["n"] == 0


def test_the_net_promoter_score_is_nines_and_tens_less_noughts_to_sixes():
    answers = (10, 9, 8, 7, 6, 0, 9)

    log = [survey("follow_up", recommend=answer, resident_id=f"p{nth}") for nth, answer in enumerate(answers)]

    assert figure(log, "nps_resident")["value"] == pytest.approx(100 / 7)


def test_who_asks_and_who_helps_are_told_apart():
    log = [replace(told, side="volunteer") for told in before_and_after((1, 2))]

    assert figure(log, "who5_change_volunteer")["n"] == 1
    assert figure(log, "who5_change_resident")["n"] == 0


def test_the_change_of_fewer_than_five_people_is_left_out():
    four, five = [(1, 2), (1, 3), (3, 2), (4, 4)], [(1, 2), (1, 3), (3, 2), (4, 4), (1, 1)]

    assert figure(before_and_after(*four), "who5_change_resident", guard=True)["is_suppressed"]
    assert isnan(figure(before_and_after(*four), "who5_change_resident", guard=True)["value"])
    assert figure(before_and_after(*five), "who5_change_resident", guard=True)["value"] == 8


def test_where_all_changed_alike_nothing_tells_how_far_the_mean_is_off():
    found = figure(before_and_after((1, 2), (2, 3)), "who5_change_resident")

    assert (found["value"], isnan(found["low"]), isnan(found["high"])) == (20, True, True)


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


def test_the_questions_are_shown_with_how_they_are_scored():
    shown = " ".join(mikro("questions").output.split())

    assert "Jag har känt mig glad" in shown
    assert "no score if one is missing" in shown
    assert [scale["code"] for scale in json.loads(mikro("questions", "--json").stdout)] == [
        "who5",
        "ucla3",
        "recommend",
    ]
