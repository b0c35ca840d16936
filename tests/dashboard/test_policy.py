"""The policy page: what is in force, what differs, and who may put another in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from small_dashboard import turn_to
from small_guarded import COVERAGE, MANIFEST, guarded_pilot
from small_pilot import BASELINE, EVERYTHING_FITS, NOW, policy

from dashboard.service import policy as service
from engine.clock import utc_of
from engine.errors import PolicyError
from engine.live import adoption, guardrails
from engine.live.adoption import EVER
from engine.live.policy_life import attach_simulation, draft, policy_lives, start_shadow
from engine.live.shadow import match_beside

SEEING = ("coordinator", "lead", "researcher", "owner")
NEARER = replace(policy(radius_max_km=8.0), name="nearer")
SOON = NOW + timedelta(hours=1)
NOWHERE = replace(policy(radius_max_km=0.001), name="nowhere")


def texts(app):
    kinds = (app.markdown, app.caption, app.text, app.success, app.error)
    return "\n".join(element.value.replace("\\", "") for kind in kinds for element in kind)


def tabs(app):
    return [tab.label for tab in app.tabs]


@pytest.mark.parametrize("role", SEEING)
def test_a_new_pilot_runs_under_the_baseline(dashboard, role):
    dashboard.holding()

    app = dashboard.open("policy", role, "sv")

    assert not app.exception
    assert "baseline" in texts(app)
    assert "Ingen annan policy har antagits" in texts(app)


def test_only_who_may_set_policy_is_offered_to_change_it(dashboard):
    dashboard.holding()

    assert "Ändra" not in tabs(dashboard.open("policy", "coordinator", "sv"))
    assert "Ändra" in tabs(dashboard.open("policy", "lead", "sv"))


def test_the_page_says_who_adopted_the_policy_and_why(dashboard):
    store = dashboard.holding()
    adoption.adopt(store, NEARER, "anna", "Nämnden 2026-11-20", NOW)

    app = dashboard.open("policy", "lead", "sv")

    assert "antagen av anna" in texts(app)
    assert "Nämnden 2026-11-20" in texts(app)


def test_the_difference_names_the_numbers_that_changed():
    differs = service.difference(BASELINE, NEARER)

    assert differs[["name", "before", "after"]].to_numpy().tolist() == [["radius_max_km", "15", "8"]]


def test_a_drafted_policy_keeps_its_words_and_gives_the_reason_of_what_changed():
    made = service.drafted(BASELINE, "nearer 8", {"radius_max_km": 8.0, "visits_on_holidays": 1.0}, "Nämnden: närmare")

    assert made.numbers() == policy(radius_max_km=8.0, visits_on_holidays=True).numbers()
    told = service.numbers(made).set_index("name")
    assert told.loc["radius_max_km", "why"] == "Nämnden: närmare"
    assert told.loc["served", "why"] == service.numbers(BASELINE).set_index("name").loc["served", "why"]


@pytest.mark.parametrize(
    ("name", "value"), [("radius_max_km", 1000.0), ("visits_on_holidays", 2.0), ("parallel_offers", 1.5)]
)
def test_an_impossible_number_is_refused(name, value):
    with pytest.raises(PolicyError, match=name):
        service.drafted(BASELINE, "other", {name: value}, "why")


def test_a_file_that_is_no_policy_is_refused():
    with pytest.raises(PolicyError, match=r"other\.toml"):
        service.read(b"\xff\xfe", "other.toml")


def test_a_lead_goes_back_to_the_policy_before_with_a_reason(dashboard):
    store = dashboard.holding()
    adoption.adopt(store, NEARER, "anna", "Nämnden 2026-11-20", NOW)
    app = turn_to(dashboard.open("policy", "lead", "sv"), "Gå tillbaka")

    app.text_area(key="policy-back-reason").input("Täckningen sjönk").run()
    app.button(key="policy-back").click().run()
    app.button(key="policy-back-yes").click().run()

    assert not app.exception
    assert service.in_force(store, "demo-lead", NOW.replace(year=2030)).policy == BASELINE
    assert "Täckningen sjönk" in texts(app)


def test_a_lead_adopts_a_policy_that_was_in_force_before(dashboard):
    store = dashboard.holding()
    adoption.adopt(store, NEARER, "anna", "Nämnden 2026-11-20", NOW)
    app = turn_to(dashboard.open("policy", "lead", "sv"), "Ändra")

    app.text_area(key="policy-reason").input("Åter till början").run()
    app.button(key="policy-adopt").click().run()
    app.button(key="policy-adopt-yes").click().run()

    assert not app.exception
    assert service.in_force(store, "demo-lead", NOW.replace(year=2030)).reason == "Åter till början"


def test_without_a_reason_nothing_can_be_adopted(dashboard):
    store = dashboard.holding()
    adoption.adopt(store, NEARER, "anna", "Nämnden 2026-11-20", NOW)

    app = dashboard.open("policy", "lead", "sv")

    assert turn_to(app, "Ändra").button(key="policy-adopt").disabled
    assert turn_to(app, "Gå tillbaka").button(key="policy-back").disabled


def test_a_lead_changes_a_number_and_sees_the_difference_before_adopting(dashboard):
    store = dashboard.holding()
    app = turn_to(dashboard.open("policy", "lead", "sv"), "Ändra")

    app.text_area(key="policy-reason").input("Nämnden 2026-11-29")
    app.radio(key="policy-way").set_value("edit").run()
    app.text_input(key="policy-name").input("nearer").run()
    app.session_state["policy-numbers"] = {
        "edited_rows": {number_of("radius_max_km"): {"value": 8.0}}, "added_rows": [], "deleted_rows": [],
    }  # fmt: skip
    app.run()
    app.button(key="policy-adopt").click().run()
    app.button(key="policy-adopt-yes").click().run()

    assert not app.exception
    adopted = service.in_force(store, "demo-lead", NOW.replace(year=2030))
    assert (adopted.policy.name, adopted.policy.limits.radius_max_km) == ("nearer", 8.0)
    assert adopted.reason == "Nämnden 2026-11-29"


def test_a_half_made_policy_stays_while_another_tab_is_looked_at(dashboard):
    dashboard.holding()
    app = turn_to(dashboard.open("policy", "lead", "sv"), "Ändra")
    app.text_area(key="policy-reason").input("Nämnden 2026-11-29")
    app.radio(key="policy-way").set_value("edit").run()
    app.text_input(key="policy-name").input("nearer").run()
    app.session_state["policy-numbers"] = {
        "edited_rows": {number_of("radius_max_km"): {"value": 8.0}}, "added_rows": [], "deleted_rows": [],
    }  # fmt: skip
    app.run()

    app = turn_to(turn_to(app, "Jämför"), "Ändra")

    assert app.text_area(key="policy-reason").value == "Nämnden 2026-11-29"
    assert app.text_input(key="policy-name").value == "nearer"
    assert not app.button(key="policy-adopt").disabled
    assert [table.value["after"].tolist() for table in app.dataframe if "after" in table.value.columns] == [["8"]]


@pytest.mark.parametrize("role", SEEING)
def test_every_tab_of_a_new_pilot_opens(dashboard, role):
    dashboard.holding()
    app = dashboard.open("policy", role, "sv")

    for tab in tabs(app):
        turn_to(app, tab)
        assert not app.exception
        assert not app.error


def number_of(name):
    return service.numbers(BASELINE)["name"].tolist().index(name)


def test_a_policy_put_forward_runs_in_the_shadow_once_it_was_simulated(dashboard):
    store = dashboard.holding()
    draft(store, "lead", NEARER, "Nämnden 2026-11-20", at=NOW)
    attach_simulation(store, "lead", NEARER, COVERAGE, MANIFEST, at=NOW)
    app = turn_to(dashboard.open("policy", "lead", "sv"), "Alla policyer")

    choose(app, "policy-lives", 0)
    app.button(key="shadow-start").click().run()
    app.button(key="shadow-start-yes").click().run()

    assert not app.exception
    assert lives_of(store)["status"].tolist() == ["shadow"]
    assert "nearer körs i skuggan" in texts(app)

    choose(app, "policy-lives", 0)
    app.button(key="shadow-end").click().run()
    app.button(key="shadow-end-yes").click().run()

    assert lives_of(store)["status"].tolist() == ["simulated"]


def test_a_draft_says_how_it_is_simulated(dashboard):
    store = dashboard.holding()
    draft(store, "lead", NEARER, "Nämnden 2026-11-20", at=NOW)
    app = turn_to(dashboard.open("policy", "lead", "sv"), "Alla policyer")

    choose(app, "policy-lives", 0)

    assert f"mikro simulate --policy {NEARER.fingerprint}.toml" in app.code[0].value


def test_a_policy_that_was_brought_can_be_put_forward_without_coming_into_force(dashboard):
    store = dashboard.holding()
    app = turn_to(dashboard.open("policy", "lead", "sv"), "Ändra")

    app.text_area(key="policy-reason").input("Nämnden 2026-11-29")
    app.radio(key="policy-way").set_value("edit").run()
    app.text_input(key="policy-name").input("nearer").run()
    app.session_state["policy-numbers"] = {
        "edited_rows": {number_of("radius_max_km"): {"value": 8.0}}, "added_rows": [], "deleted_rows": [],
    }  # fmt: skip
    app.run()
    app.button(key="policy-draft").click().run()

    assert not app.exception
    assert lives_of(store)[["policy", "status"]].to_numpy().tolist() == [["nearer", "draft"]]
    assert service.in_force(store, "demo-lead", SOON).adopted_at is None


def test_a_policy_is_adopted_from_a_day_to_come_on_a_ground(dashboard):
    store = dashboard.holding()
    draft(store, "lead", NEARER, "Nämnden 2026-11-20", at=NOW)
    app = turn_to(dashboard.open("policy", "lead", "sv"), "Ändra")

    app.selectbox(key="policy-ground").set_value("trial")
    app.text_area(key="policy-reason").input("Nämnden 2026-11-29").run()
    app.selectbox(key="policy-known").set_value(NEARER.fingerprint).run()
    app.radio(key="policy-when").set_value("day").run()
    app.date_input(key="policy-day").set_value(date(2026, 12, 24)).run()
    app.button(key="policy-adopt").click().run()
    app.button(key="policy-adopt-yes").click().run()

    assert not app.exception
    assert service.in_force(store, "demo-lead", utc_of(datetime(2026, 12, 23, 23, 59))).adopted_at is None
    assert service.in_force(store, "demo-lead", utc_of(datetime(2026, 12, 24))).policy == NEARER
    with store.reading() as reading:
        newest = reading.query("policy_events", as_of=EVER, until_entry=reading.last_entry_no).iloc[0]
    assert (newest["event"], newest["reason_code"]) == ("adopted", "trial")


def test_the_page_opens_at_the_guardrail_that_somebody_came_for(dashboard):
    guarded_pilot(dashboard)

    app = dashboard.open("policy", "coordinator", "sv", about="coverage")

    assert not app.exception
    assert any("utanför 60 % till 80 %" in warning.value.replace("\\", "") for warning in app.warning)
    assert "policy-adopt" not in [button.key for button in app.button]


def test_guardrails_are_set_from_the_simulation(dashboard):
    store = dashboard.holding()
    adoption.adopt(store, NEARER, "anna", "Nämnden 2026-11-20", NOW)
    attach_simulation(store, "lead", NEARER, COVERAGE, MANIFEST, at=NOW)
    app = turn_to(dashboard.open("policy", "lead", "sv"), "Skyddsgränser")

    app.button(key="guardrails-set").click().run()
    app.button(key="guardrails-set-yes").click().run()

    assert not app.exception
    with store.reading() as reading:
        assert guardrails.guardrails(reading, SOON)["measure"].tolist() == ["coverage"]


def test_what_the_shadow_would_have_done_stands_beside_what_was_done(dashboard):
    """The plan finds Ada for the milk; the policy on trial lets her go nowhere."""
    store = dashboard.holding(*EVERYTHING_FITS)
    draft(store, "lead", NOWHERE, "Nämnden 2026-11-20", at=NOW)
    attach_simulation(store, "lead", NOWHERE, COVERAGE, MANIFEST, at=NOW)
    start_shadow(store, "lead", NOWHERE, at=NOW)
    match_beside(store, BASELINE, NOW, actor_id="lead")
    app = turn_to(dashboard.open("policy", "lead", "sv"), "I skuggan")

    assert not app.exception
    assert "I 1 körning hade nowhere föreslagit någon för 0 önskemål, mot 1 som fick ett förslag" in texts(app)

    choose(app, "shadow-runs", 0)

    differs = next(table.value for table in app.dataframe if "only" in table.value.columns)
    assert differs[["request_id", "only"]].to_numpy().tolist() == [["milk", "Bara planen"]]


def lives_of(store):
    with store.reading() as reading:
        return policy_lives(reading, SOON)


def choose(app, key, row):
    app.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    app.run()
