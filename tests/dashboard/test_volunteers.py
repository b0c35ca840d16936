"""Volunteers: who lacks checks, whose run out, who is idle; a check recorded, a pause, the way back, leaving."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from small_people import ADA_DETAILS, people_pilot
from small_pilot import ADA, ADA_IS_KNOWN, BEFORE, NOW, TUESDAY

from dashboard.service import volunteers
from engine import facts

COMPANY = replace(ADA, occurred_at=NOW, services=("shopping", "company_walk"))
ENDING = replace(ADA_IS_KNOWN, occurred_at=NOW, valid_to=date(2026, 12, 5))


def stored(store, table):
    with store.reading() as reading:
        return reading.facts_of(table).to_pylist()


def section(app, name):
    return app.button_group(key="volunteers-section").select(name).run()


@pytest.mark.parametrize("role", ["coordinator", "coordinator_protected", "owner"])
def test_an_empty_pilot_has_nobody(dashboard, role):
    dashboard.holding()

    app = dashboard.open("volunteers", role=role)

    assert not app.exception
    assert [info.value for info in app.info] == ["There are no volunteers yet. They are registered under Intake."]
    assert "There is nobody in this group." in [caption.value for caption in app.caption]


@pytest.mark.parametrize("role", ["lead", "researcher", "admin"])
def test_who_keeps_no_volunteers_does_not_come_here(dashboard, role):
    dashboard.holding()

    with pytest.raises(ValueError, match="Could not find a navigation page"):
        dashboard.open("volunteers", role=role)


@pytest.mark.parametrize("name", ["roster", "queue", "expiring"])
def test_every_section_stands_over_the_demo_pilot(dashboard, name):
    dashboard.demo()

    app = section(dashboard.open("volunteers"), name)

    assert not app.exception
    assert len(app.dataframe[0].value) > 0


def test_an_idle_volunteer_is_listed_by_name(dashboard):
    people_pilot(dashboard.path, replace(ADA, occurred_at=NOW))
    app = dashboard.open("volunteers")

    app.button_group(key="volunteers-group").select("ready").run()

    assert app.dataframe[0].value["volunteer"].tolist() == [ADA_DETAILS["name"]]


def test_a_missing_check_is_listed_with_what_it_is_needed_for(dashboard):
    people_pilot(dashboard.path, COMPANY)

    app = section(dashboard.open("volunteers"), "queue")

    [row] = app.dataframe[0].value.to_dict("records")
    assert (row["said_check"], row["said_services"]) == ("interview", "Company for a walk or coffee")


def test_a_check_that_was_seen_is_recorded_for_the_linked_volunteer(dashboard):
    store = people_pilot(dashboard.path, COMPANY)
    app = dashboard.open("volunteers", volunteer="Ada", check="interview")

    app.button(key="check-Ada-interview-save").click().run()

    newest = stored(store, "check_cleared")[-1]
    assert not app.exception
    assert (newest["volunteer_id"], newest["check_code"], newest["valid_from"]) == (
        "Ada",
        "interview",
        date(2026, 11, 29),
    )
    assert volunteers.lacking(store, "anna", NOW + timedelta(hours=1)).empty


def test_a_check_with_a_greatest_age_is_offered_until_then():
    assert volunteers.last_day("police_record_children", date(2026, 11, 29)) == date(2027, 11, 29)
    assert volunteers.last_day("identity", date(2026, 11, 29)) is None


def test_a_check_that_ends_before_it_begins_is_refused_beside_the_field(dashboard):
    store = people_pilot(dashboard.path, COMPANY)
    n_before = len(stored(store, "check_cleared"))
    app = dashboard.open("volunteers", volunteer="Ada", check="interview")

    app.date_input(key="check-Ada-interview-interview-to").set_value(date(2026, 11, 1)).run()
    app.button(key="check-Ada-interview-save").click().run()

    assert len(stored(store, "check_cleared")) == n_before
    assert any("a time not before" in line.value.replace("\\", "") for line in app.markdown)


def test_a_check_that_runs_out_is_listed_with_its_last_day(dashboard):
    people_pilot(dashboard.path, ENDING)

    app = section(dashboard.open("volunteers"), "expiring")

    assert app.dataframe[0].value["last"].tolist() == ["Sat 5 Dec 2026"]


def test_a_pause_lasts_to_the_end_of_its_last_day_and_can_be_cut_short(dashboard):
    store = people_pilot(dashboard.path)
    app = dashboard.open("volunteers", volunteer="Ada")
    app.date_input(key="away-to-Ada").set_value(date(2026, 12, 10)).run()

    app.button(key="pause-Ada").click().run()

    absence = stored(store, "absence_stated")[-1]
    assert (absence["starts_at"], absence["ends_at"]) == (datetime(2026, 11, 29), datetime(2026, 12, 11))

    app.button(key="back-Ada").click().run()

    assert not app.exception
    assert stored(store, "absence_ended")[-1]["volunteer_id"] == "Ada"


def test_leaving_takes_two_steps_and_cancels_what_is_ahead(dashboard):
    visit = facts.VisitAgreed(
        occurred_at=BEFORE, visit_id="v-milk", request_id="milk", volunteer_id="Ada",
        starts_at=TUESDAY.replace(hour=9), ends_at=TUESDAY.replace(hour=10), minutes=70,
    )  # fmt: skip
    store = people_pilot(dashboard.path, visit)
    app = dashboard.open("volunteers", volunteer="Ada")
    app.selectbox(key="leave-why-Ada").select("moved").run()

    app.button(key="leave-Ada").click().run()
    assert stored(store, "volunteer_left") == []
    app.button(key="leave-Ada-yes").click().run()

    assert stored(store, "volunteer_left")[-1]["reason_code"] == "moved"
    assert stored(store, "visit_ended")[-1]["outcome"] == "cancelled"


def test_volunteers_of_another_municipality_are_not_listed(dashboard):
    people_pilot(dashboard.path)

    app = dashboard.open("volunteers", role="coordinator:1282", volunteer="Ada")

    assert not app.exception
    assert not app.dataframe
    assert ADA_DETAILS["name"] not in [text.value for text in app.text]


def test_every_volunteer_is_in_one_of_the_groups(dashboard):
    rows = volunteers.roster(dashboard.demo(), "anna", NOW + timedelta(days=1))

    assert volunteers.counts(rows)["left"] == 0
    assert sum(volunteers.counts(rows)[name] for name in ("ready", "away", "unvetted", "left")) == len(rows)
