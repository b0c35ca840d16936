"""The page of today: what needs a person, most urgent first, by name where the role sees names."""

from dataclasses import replace
from datetime import timedelta

import pytest
from small_dashboard import ROLES
from small_guarded import LATER, NEARER, guarded_pilot
from small_people import RUT_DETAILS, people_pilot
from small_pilot import BASELINE, BEFORE, MILK, NOW
from small_surveys import survey

from dashboard.service import names as kept_names
from dashboard.service import today
from engine import facts
from engine.access import give_role
from engine.live import guardrails
from engine.matching import match

OVER = NOW.replace(tzinfo=None) - timedelta(days=1)
DONE = (
    replace(MILK, request_id="bread", earliest_at=OVER - timedelta(days=1), latest_at=OVER + timedelta(days=1)),
    facts.VisitAgreed(
        occurred_at=BEFORE, visit_id="v-bread", request_id="bread", volunteer_id="Ada", starts_at=OVER,
        ends_at=OVER + timedelta(hours=1), minutes=70,
    ),
)  # fmt: skip
SEES = ("coordinator", "coordinator_protected", "lead", "owner")


def counts(app):
    return {metric.label: metric.value for metric in app.metric}


def texts(app):
    return [text.value for text in app.text]


@pytest.mark.parametrize("role", SEES)
def test_an_empty_pilot_says_what_comes_first(dashboard, role):
    dashboard.holding()

    app = dashboard.open("today", role=role)

    assert not app.exception
    [info] = app.info
    assert info.value.startswith("The pilot is empty. ")
    assert ("Begin under Intake" in info.value) == (role != "lead")
    assert set(counts(app).values()) == {"0"}


@pytest.mark.parametrize("role", SEES)
def test_the_demo_pilot_is_shown_to_every_role_that_may_see_requests(dashboard, role):
    dashboard.demo()

    app = dashboard.open("today", role=role)

    assert not app.exception
    assert int(counts(app)["Proposals to approve"]) > 100
    assert int(counts(app)["Checks that run out"]) > 0


@pytest.mark.parametrize("role", sorted(set(ROLES) - set(SEES)))
def test_who_may_not_see_requests_does_not_come_here(dashboard, role):
    dashboard.holding()

    with pytest.raises(ValueError, match="Could not find a navigation page"):
        dashboard.open("today", role=role)


def test_what_presses_most_is_at_the_top_with_the_way_there(dashboard):
    store = people_pilot(dashboard.path, *DONE)
    match(store, BASELINE, NOW)

    app = dashboard.open("today")

    urgent = [line.value for line in app.markdown if "badge[" in line.value]
    assert "Outcome to record" in urgent[0]
    assert "Proposal to approve" in urgent[1]
    assert [button.label for button in app.button if button.label == "Deal with it"] == ["Deal with it"] * len(urgent)


def test_a_coordinator_sees_names_and_a_lead_ids(dashboard):
    people_pilot(dashboard.path, *DONE)

    assert any(RUT_DETAILS["name"] in text for text in texts(dashboard.open("today")))
    seen_by_lead = texts(dashboard.open("today", role="lead"))
    assert not any(RUT_DETAILS["name"] in text for text in seen_by_lead)
    assert any(text.startswith("rut – Ada") for text in seen_by_lead)


def test_a_name_is_read_once_however_often_the_page_runs(dashboard):
    store = people_pilot(dashboard.path, *DONE)

    app = dashboard.open("today")
    app.run()
    app.run()

    with store.reading() as reading:
        reads = reading.facts_of("identity_read").to_pylist()
    assert [row["purpose"] for row in reads if row["resident_id"] == "rut"] == ["visit"]


def test_a_name_that_was_read_is_not_shown_any_more_when_the_role_is_withdrawn(dashboard):
    store = people_pilot(dashboard.path, *DONE)
    give_role(store, "root", "root", "admin")
    give_role(store, "root", "helga", "coordinator", ["1283"])

    before = kept_names.names(store, "helga", ["rut"], "visit")
    give_role(store, "root", "helga", "coordinator", ["1282"])

    assert before == {"rut": RUT_DETAILS["name"]}
    assert kept_names.names(store, "helga", ["rut"], "visit") == {}


def test_a_name_that_is_markdown_reaches_plain_text_and_tables_only(dashboard):
    beacon = "![x](https://evil.example/a.png)"
    store = people_pilot(dashboard.path, *DONE)
    with store.transaction("test", "rename") as transaction:
        transaction.put_people({"rut": {**RUT_DETAILS, "name": beacon}})

    app = dashboard.open("today")

    assert any(beacon in text for text in texts(app))
    told = [*app.markdown, *app.caption, *app.button, *app.metric, *app.title, *app.info]
    assert not any(beacon in str(element.label if hasattr(element, "label") else element.value) for element in told)


def test_the_desk_of_another_municipality_is_empty(dashboard):
    people_pilot(dashboard.path, *DONE)

    assert [info.value for info in dashboard.open("today", role="coordinator:1282").info] != []
    assert [info.value for info in dashboard.open("today", role="coordinator:1283").info] == []


def test_a_follow_up_that_is_due_leads_to_the_survey_of_the_person(dashboard):
    people_pilot(dashboard.path, survey("registration", [1] * 5))
    app = dashboard.open("today")

    assert counts(app)["Follow-up surveys"] == "1"
    way = next(button for button in app.button if "link-intake-rut-survey" in str(button.key))
    way.click().run()

    assert app.session_state["_given"] == {"resident": "rut", "task": "survey"}
    assert "Follow-up surveys" not in counts(dashboard.open("today", role="lead"))


@pytest.mark.parametrize("role", ["coordinator", "lead"])
def test_a_measure_outside_of_its_guardrail_and_a_quiet_shadow_lead_to_the_policy_page(dashboard, role):
    guarded_pilot(dashboard)

    app = dashboard.open("today", role=role)

    assert not app.exception
    assert (counts(app)["Outside of a guardrail"], counts(app)["Shadow runs that stopped"]) == ("1", "1")
    assert any("outside of 60 % to 80 %" in text for text in texts(app))
    assert [button for button in app.button if "link-policy-coverage" in str(button.key)]


def test_measures_are_not_worked_out_again_in_the_hour_unless_policies_change(dashboard, monkeypatch):
    store = guarded_pilot(dashboard)
    looks, look = [], today.of_policies
    monkeypatch.setattr(today, "of_policies", lambda *asked: looks.append(asked) or look(*asked))
    dashboard.open("today", role="lead")

    with store.transaction("anna", "submit") as transaction:
        transaction.append([replace(MILK, request_id="bread")])
    dashboard.open("today", role="lead")
    n_before = len(looks)
    guardrails.set_guardrails(store, "lead", NEARER, at=LATER)
    dashboard.open("today", role="lead")

    assert (n_before, len(looks)) == (1, 2)


def test_only_one_kind_can_be_shown(dashboard):
    people_pilot(dashboard.path, *DONE)
    app = dashboard.open("today")

    everything = app.dataframe[0].value["what"].tolist()
    app.button_group(key="today-kind").select("outcome").run()

    assert sorted(set(everything)) == ["Outcome to record", "Request to check"]
    assert app.dataframe[0].value["what"].tolist() == ["Outcome to record"]


def test_the_page_speaks_swedish(dashboard):
    people_pilot(dashboard.path, *DONE)

    app = dashboard.open("today", language="sv")

    assert [title.value for title in app.title] == ["Idag"]
    assert "Besök att följa upp" in counts(app)
