"""The survey at a person's card: recorded with what was left out, declined for good, never of a protected identity."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_people import people_pilot
from small_pilot import NOW, RUT
from small_surveys import WHO5, survey

HERS = "survey-rut-resident"


def survey_of_rut(dashboard, role="coordinator", language="en"):
    return dashboard.open("intake", role=role, language=language, resident="rut", task="survey")


def words(app):
    kinds = (app.markdown, app.caption, app.info)
    return "\n".join(element.value.replace("\\", "") for kind in kinds for element in kind)


def stored(store, table):
    with store.reading() as reading:
        return reading.facts_of(table).to_pylist()


@pytest.fixture
def store(dashboard):
    return people_pilot(dashboard.path)


def test_answers_are_recorded_with_their_score_and_what_was_left_out_is_said(dashboard, store):
    app = survey_of_rut(dashboard, language="sv")
    assert app.radio(key=f"{HERS}-who5_1").label == "Jag har känt mig glad och på gott humör"
    assert app.radio(key=f"{HERS}-who5_1").options[-1] == "Hela tiden"

    for column in WHO5:
        app.radio(key=f"{HERS}-{column}").set_value(3)
    app.run()

    assert "4 frågor är obesvarade." in words(app)
    app.button(key="survey-save-rut").click().run()
    assert not app.exception
    [told] = stored(store, "survey_answered")
    assert (told["occasion"], told["who5_5"], told["recommend"]) == ("registration", 3, None)
    earlier = next(frame.value for frame in app.dataframe if "said_who5" in frame.value)
    assert earlier["said_who5"].tolist() == ["60"]


def test_who_answered_at_registration_is_asked_the_follow_up(dashboard):
    people_pilot(dashboard.path, survey("registration", [1] * 5))

    assert survey_of_rut(dashboard).radio(key=f"{HERS}-occasion").value == "follow_up"


def test_who_declines_is_asked_no_more_unless_they_want_to(dashboard, store):
    app = survey_of_rut(dashboard)

    app.button(key="survey-decline-rut-resident").click().run()
    app.button(key="survey-decline-rut-resident-yes").click().run()

    assert [row["side"] for row in stored(store, "survey_declined")] == ["resident"]
    assert "asked no more" in words(app)
    assert not [radio for radio in app.radio if radio.key == f"{HERS}-who5_1"]
    app.toggle(key="survey-after-all-rut-resident").set_value(True).run()
    assert app.radio(key=f"{HERS}-who5_1").value is None


def test_a_protected_identity_is_not_asked(dashboard, store):
    with store.transaction("test", "protect") as transaction:
        transaction.append([replace(RUT, occurred_at=NOW, protected_identity=True, lat=None, lon=None)])

    app = survey_of_rut(dashboard, role="coordinator_protected")

    assert "asked for no survey" in words(app)
    assert not [button for button in app.button if str(button.key).startswith("survey-save")]
