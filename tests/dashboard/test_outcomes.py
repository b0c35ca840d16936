"""Outcomes: what became of visits, what both sides say, incidents from report to close, and series."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from small_people import NOTES, RUT_DETAILS, people_pilot
from small_pilot import BEFORE, MILK, NOW, TUESDAY

from engine import facts

OVER = datetime(2026, 11, 28, 10)
BREAD = replace(MILK, request_id="bread", earliest_at=OVER - timedelta(days=1), latest_at=OVER + timedelta(days=1))
DONE = facts.VisitAgreed(
    occurred_at=BEFORE, visit_id="v-bread", request_id="bread", volunteer_id="Ada", starts_at=OVER,
    ends_at=OVER + timedelta(hours=1), minutes=70,
)  # fmt: skip
AHEAD = replace(
    DONE, visit_id="v-milk", request_id="milk", starts_at=TUESDAY.replace(hour=9), ends_at=TUESDAY.replace(hour=10)
)
FALL = facts.IncidentReported(
    occurred_at=NOW - timedelta(hours=1), incident_id="slip", visit_id=None, resident_id="rut", volunteer_id=None,
    kind="injury", severity=2,
)  # fmt: skip


def stored(store, table):
    with store.reading() as reading:
        return reading.facts_of(table).to_pylist()


def labels(app):
    return [button.label for button in app.button]


@pytest.mark.parametrize("role", ["coordinator", "coordinator_protected", "lead", "owner"])
def test_an_empty_pilot_has_nothing_to_record(dashboard, role):
    dashboard.holding()

    app = dashboard.open("outcomes", role=role)

    assert not app.exception
    assert "There are no such visits." in [caption.value for caption in app.caption]


@pytest.mark.parametrize("role", ["researcher", "admin"])
def test_who_records_nothing_does_not_come_here(dashboard, role):
    dashboard.holding()

    with pytest.raises(ValueError, match="Could not find a navigation page"):
        dashboard.open("outcomes", role=role)


@pytest.mark.parametrize("section", ["visits", "incidents", "series"])
def test_every_section_stands_over_the_demo_pilot(dashboard, section):
    dashboard.demo()
    app = dashboard.open("outcomes")

    app.button_group(key="outcomes-section").select(section).run()

    assert not app.exception


def test_a_visit_is_recorded_as_completed_with_its_minutes(dashboard):
    store = people_pilot(dashboard.path, BREAD, DONE)
    app = dashboard.open("outcomes", visit="v-bread")

    app.number_input(key="minutes-v-bread").set_value(45).run()
    app.button(key="complete-v-bread").click().run()

    newest = stored(store, "visit_ended")[-1]
    assert not app.exception
    assert (newest["visit_id"], newest["outcome"], newest["minutes"]) == ("v-bread", "completed", 45)
    assert {metric.label: metric.value for metric in app.metric}["To record"] == "0"


def test_a_visit_is_recorded_as_missed_by_one_side(dashboard):
    store = people_pilot(dashboard.path, BREAD, DONE)
    app = dashboard.open("outcomes", visit="v-bread")
    app.button_group(key="step-v-bread").select("miss").run()
    assert app.button(key="miss-v-bread").disabled

    app.radio(key="miss-side-v-bread").set_value("resident").run()
    app.button(key="miss-v-bread").click().run()

    newest = stored(store, "visit_ended")[-1]
    assert (newest["outcome"], newest["side"]) == ("missed", "resident")


def test_a_visit_ahead_can_be_cancelled_in_two_steps_and_not_completed(dashboard):
    store = people_pilot(dashboard.path, AHEAD)
    app = dashboard.open("outcomes", visit="v-milk")
    assert app.button_group(key="step-v-milk").options == ["Cancel the visit"]

    app.radio(key="cancel-side-v-milk").set_value("volunteer")
    app.selectbox(key="cancel-why-v-milk").select("ill").run()
    app.button(key="cancel-v-milk").click().run()
    assert [row["visit_id"] for row in stored(store, "visit_ended")] == ["v-lamp"]
    app.button(key="cancel-v-milk-yes").click().run()

    newest = stored(store, "visit_ended")[-1]
    assert (newest["visit_id"], newest["outcome"], newest["side"], newest["reason_code"]) == (
        "v-milk",
        "cancelled",
        "volunteer",
        "ill",
    )


def test_what_a_side_says_is_kept(dashboard):
    store = people_pilot(dashboard.path)
    app = dashboard.open("outcomes", visit="v-lamp")

    app.radio(key="rate-side-v-lamp").set_value("volunteer").run()
    app.button_group(key="rating-v-lamp-volunteer").select(4)
    app.radio(key="again-v-lamp-volunteer").set_value("yes").run()
    app.button(key="rate-v-lamp").click().run()

    newest = stored(store, "feedback_given")[-1]
    assert (newest["side"], newest["rating"], newest["again"]) == ("volunteer", 4, True)


def test_an_incident_is_reported_assessed_and_closed(dashboard):
    store = people_pilot(dashboard.path, BREAD, DONE)
    app = dashboard.open("outcomes", visit="v-bread")
    app.selectbox(key="incident-v-bread-kind").select("property")
    app.button_group(key="incident-v-bread-severity").select(2)
    app.text_area(key="incident-v-bread-text").input("En vas gick sönder.").run()

    app.button(key="incident-v-bread-save").click().run()

    incident_id = stored(store, "incident_reported")[-1]["incident_id"]
    app = dashboard.open("outcomes", incident=incident_id)
    app.selectbox(key=f"action-{incident_id}").select("called_both").run()
    app.button(key=f"triage-{incident_id}").click().run()
    app.selectbox(key=f"outcome-{incident_id}").select("settled").run()
    app.button(key=f"close-{incident_id}").click().run()
    app.button(key=f"close-{incident_id}-yes").click().run()

    assert not app.exception
    assert stored(store, "incident_triaged")[-1]["action_code"] == "called_both"
    assert stored(store, "incident_closed")[-1]["outcome_code"] == "settled"


def test_what_happened_is_read_only_when_asked_for_and_the_log_notes_it(dashboard):
    store = people_pilot(dashboard.path)
    app = dashboard.open("outcomes", incident="fell")
    assert NOTES["fell"] not in [text.value for text in app.text]
    assert "incident" not in [row["purpose"] for row in stored(store, "identity_read") if row["what"] == "notes"]

    app.toggle(key="read-fell").set_value(True).run()

    assert NOTES["fell"] in [text.value for text in app.text]
    assert [row["purpose"] for row in stored(store, "identity_read") if row["what"] == "notes"] == ["incident"]


def test_a_lead_deals_with_an_incident_without_names_and_words(dashboard):
    people_pilot(dashboard.path, FALL)

    app = dashboard.open("outcomes", role="lead", incident="slip")

    assert "Save the assessment" in labels(app)
    assert not app.toggle(key="incidents-all").value
    assert "rut" in [text.value for text in app.text]
    assert not any(RUT_DETAILS["name"] in str(text.value) for text in app.text)
    assert "What happened is read by coordinators only." in [caption.value for caption in app.caption]


def test_a_series_shows_its_progress(dashboard):
    series = facts.SeriesStarted(
        occurred_at=BEFORE, series_id="s", resident_id="rut", service="shopping", minutes=60, earliest_at=TUESDAY,
        latest_at=TUESDAY + timedelta(hours=4), every_days=7, n_times=4, volunteers_needed=1, urgency=1, languages=(),
    )  # fmt: skip
    people_pilot(dashboard.path, series)
    app = dashboard.open("outcomes")

    app.button_group(key="outcomes-section").select("series").run()

    [row] = app.dataframe[0].value.to_dict("records")
    assert (row["resident"], row["progress"], row["said_status"]) == (RUT_DETAILS["name"], "0 of 4", "Running")


def test_visits_are_counted_with_what_became_of_them(dashboard):
    people_pilot(dashboard.path, BREAD, DONE)

    shown = {metric.label: metric.value for metric in dashboard.open("outcomes").metric}

    assert (shown["To record"], shown["Visits done"], shown["Completed of ended"]) == ("1", "1", "100%")
    assert (shown["Hours"], shown["Rating of 5"]) == ("1.0", "5.0 (1)")
