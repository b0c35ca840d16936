"""Intake: people found and registered, requests with their chance, half-typed forms, and packages of many rows."""

from dataclasses import replace
from datetime import date, time

import pytest
from small_people import ADA_DETAILS, RUT_DETAILS, people_pilot
from small_pilot import NOW, RUT

from dashboard.service import chances, intake
from engine.access import give_role
from engine.errors import AccessDenied

NEW = "resident-new"
HERS = "request-rut"


@pytest.fixture
def store(dashboard):
    """Give the pilot of Rut and Ada, over which the dashboard stands."""
    return people_pilot(dashboard.path)


def stored(store, table):
    with store.reading() as reading:
        return reading.facts_of(table).to_pylist()


def typed(app, form=NEW, **fields):
    for field, text in fields.items():
        app.text_input(key=f"{form}-{field}").input(text)
    return app


def new_resident(app, **other):
    fields = {"name": "Siv Nilsson", "phone": "070-174 06 77", "birth_year": "1950"} | other
    typed(app, **fields)
    app.selectbox(key=f"{NEW}-municipality_code").select("1283").run()
    app.selectbox(key=f"{NEW}-place").select("Helsingborg").run()
    app.button(key=f"{NEW}-save").click().run()
    return app


def said(app):
    return " ".join(str(element.value) for element in (*app.markdown, *app.caption, *app.warning, *app.success))


@pytest.mark.parametrize("role", ["coordinator", "coordinator_protected", "owner"])
def test_an_empty_pilot_offers_to_find_register_and_upload(dashboard, role):
    dashboard.holding()

    app = dashboard.open("intake", role=role)

    assert not app.exception
    assert [expander.label for expander in app.main.expander if expander.label.startswith(("Register", "Upload"))] == [
        "Register a new resident",
        "Upload a data package",
    ]


@pytest.mark.parametrize("role", ["lead", "researcher", "admin"])
def test_who_registers_nobody_does_not_come_here(dashboard, role):
    dashboard.holding()

    with pytest.raises(ValueError, match="Could not find a navigation page"):
        dashboard.open("intake", role=role)


def test_a_person_is_found_by_phone_with_what_is_known_at_a_glance(dashboard, store):
    app = dashboard.open("intake")

    app.text_input(key="intake-search").input("174 06 99").run()

    [hit] = app.dataframe[0].value.to_dict("records")
    assert (hit["name"], hit["birth_year"], hit["is_volunteer"], hit["n_open"]) == (RUT_DETAILS["name"], 1940, False, 1)


def test_a_search_of_one_letter_is_refused_in_words(dashboard, store):
    app = dashboard.open("intake")

    app.text_input(key="intake-search").input("a").run()

    assert len(app.error) == 1


def test_a_person_a_link_leads_to_is_shown_and_read_once(dashboard, store):
    app = dashboard.open("intake", resident="rut")
    app.run()

    assert RUT_DETAILS["name"] in [text.value for text in app.text]
    purposes = [row["purpose"] for row in stored(store, "identity_read") if row["resident_id"] == "rut"]
    assert purposes.count("request") == 1


def test_a_request_taken_back_is_no_longer_counted_as_open(dashboard, store):
    app = dashboard.open("intake", resident="rut")
    assert "1 open request" in said(app)
    app.session_state["requests-rut"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    app.button(key="withdraw-milk").click().run()

    app.button(key="withdraw-milk-yes").click().run()

    assert [row["request_id"] for row in stored(store, "request_withdrawn")] == ["milk"]
    assert "0 open requests" in said(app)


def test_a_person_of_another_municipality_is_refused(dashboard, store):
    app = dashboard.open("intake", role="coordinator:1282", resident="rut")

    assert len(app.error) == 1
    assert RUT_DETAILS["name"] not in [text.value for text in app.text]


def test_a_new_resident_is_registered_at_the_place_of_the_locality(dashboard, store):
    app = new_resident(dashboard.open("intake"))

    newest = stored(store, "resident_registered")[-1]
    assert not app.exception
    assert (newest["municipality_code"], newest["birth_year"], newest["languages"]) == ("1283", 1950, ["sv"])
    assert newest["lat"] == pytest.approx(56.05, abs=0.02)
    assert "Siv Nilsson" in [text.value for text in app.text]


def test_what_is_wrong_is_said_beside_the_field_while_it_is_typed(dashboard, store):
    app = dashboard.open("intake")

    typed(app, phone="070-ABC").run()

    assert "5 to 20 digits" in said(app)


def test_a_form_with_a_fault_stores_nothing_and_names_every_fault(dashboard, store):
    n_before = len(stored(store, "resident_registered"))

    app = new_resident(dashboard.open("intake"), name="", birth_year="2999")

    assert len(stored(store, "resident_registered")) == n_before
    assert said(app).count(":material/error:") == 2


def test_a_possible_duplicate_is_shown_before_anything_is_saved(dashboard, store):
    n_before = len(stored(store, "resident_registered"))

    app = new_resident(dashboard.open("intake"), phone="+46 70 174 06 99")

    assert len(stored(store, "resident_registered")) == n_before
    assert app.dataframe[0].value["because"].tolist() == ["same phone"]

    app.button(key=f"{NEW}-new").click().run()

    assert len(stored(store, "resident_registered")) == n_before + 1


def test_a_half_typed_form_survives_a_reload_and_is_gone_when_saved(dashboard, store):
    app = typed(dashboard.open("intake"), name="Siv Nilsson", phone="070-174 06 77").run()
    drawer = app.session_state["_drawer"]

    again = dashboard.open()
    again.session_state["_drawer"] = drawer
    again.switch_page("app_pages/intake.py").run()

    assert again.text_input(key=f"{NEW}-name").value == "Siv Nilsson"
    assert again.text_input(key=f"{NEW}-phone").value == "070-174 06 77"

    new_resident(again)

    assert not [name for name in drawer if "resident-new" in name]


def test_details_are_corrected_under_the_same_id(dashboard, store):
    app = dashboard.open("intake", resident="rut")
    app.button_group(key="intake-task").select("details").run()

    app.text_input(key="resident-rut-phone").input("070-174 06 11").run()
    app.button(key="resident-rut-save").click().run()

    assert not app.exception
    assert "070-174 06 11" in [text.value for text in app.text]
    assert stored(store, "resident_registered")[-1]["resident_id"] == "rut"


def request_form(dashboard, **given):
    app = dashboard.open("intake", resident="rut", **given)
    return app.button_group(key="intake-task").select("request").run()


def with_window(app, service="shopping", on=date(2026, 12, 1)):
    app.date_input(key=f"{HERS}-from_day").set_value(on)
    app.date_input(key=f"{HERS}-to_day").set_value(on)
    app.time_input(key=f"{HERS}-from_time").set_value(time(9))
    app.time_input(key=f"{HERS}-to_time").set_value(time(12))
    return app.selectbox(key=f"{HERS}-service").select(service).run()


def test_the_chance_is_shown_while_a_request_is_typed(dashboard, store):
    app = with_window(request_form(dashboard))

    [chance] = [metric.value for metric in app.metric]
    assert chance.endswith("%")
    assert "May ask by decision" in said(app) or "May ask: 65 or older" in said(app).replace("\\", "")


def test_no_chance_is_made_up_before_the_service_is_chosen(dashboard, store):
    app = request_form(dashboard)

    assert not app.metric
    assert app.button(key=f"{HERS}-save").disabled


def test_a_request_is_entered_with_its_note_sealed(dashboard, store):
    app = with_window(request_form(dashboard))
    app.text_area(key=f"{HERS}-note").input("Ringklockan är trasig.")

    app.button(key=f"{HERS}-save").click().run()

    newest = stored(store, "request_submitted")[-1]
    assert not app.exception
    assert (newest["resident_id"], newest["service"], newest["minutes"]) == ("rut", "shopping", 60)
    with store.transaction("test", "look") as transaction:
        assert transaction.notes(newest["request_id"], "test")["text"].tolist() == ["Ringklockan är trasig."]


def test_a_service_the_resident_may_not_ask_for_says_who_may(dashboard, store):
    app = with_window(request_form(dashboard), service="homework_help")

    assert "It is for: pupil" in said(app)
    assert [metric.value for metric in app.metric] == ["0%"]


def test_a_series_is_started_from_the_same_form(dashboard, store):
    app = with_window(request_form(dashboard))
    app.toggle(key=f"{HERS}-is_series").set_value(True).run()
    app.number_input(key=f"{HERS}-n_times").set_value(3)

    app.button(key=f"{HERS}-save").click().run()

    [series] = stored(store, "series_started")
    assert (series["n_times"], series["every_days"]) == (3, 7)


def test_a_window_that_ends_before_it_begins_is_refused_beside_the_field(dashboard, store):
    n_before = len(stored(store, "request_submitted"))
    app = with_window(request_form(dashboard))
    app.time_input(key=f"{HERS}-to_time").set_value(time(8)).run()

    app.button(key=f"{HERS}-save").click().run()

    assert len(stored(store, "request_submitted")) == n_before
    assert "a time not before" in said(app).replace("\\", "")


def test_a_decision_is_registered_and_opens_the_service(dashboard, store):
    app = dashboard.open("intake", resident="rut")
    app.selectbox(key="grant-rut-service").select("home_help_cognitive")
    app.text_input(key="grant-rut-decision").input("SN 2026-12")

    app.button(key="grant-rut-save").click().run()

    table = next(frame.value for frame in app.dataframe if "may" in frame.value)
    row = table.set_index("said_service").loc["Help at home with cognitive impairment"]
    assert (bool(row["may"]), row["decision"]) == (True, "SN 2026-12")


def test_a_resident_becomes_a_volunteer_with_hours_and_services(dashboard, store):
    app = dashboard.open("intake", resident="rut")
    app.button_group(key="intake-task").select("volunteer").run()
    app.multiselect(key="volunteer-rut-services").select("company_walk")
    app.button_group(key="volunteer-rut-day2").select("morning").run()

    app.button(key="volunteer-rut-save").click().run()

    newest = stored(store, "volunteer_registered")[-1]
    [window] = stored(store, "availability_stated")[-1]["windows"]
    assert not app.exception
    assert (newest["resident_id"], newest["services"], newest["visits_per_week"]) == ("rut", ["company_walk"], None)
    assert (window["weekday"], window["starts"], window["ends"]) == (2, time(8), time(12))


def test_a_volunteer_who_is_changed_keeps_what_is_not_touched(dashboard, store):
    app = dashboard.open("intake", resident="ada")
    app.button_group(key="intake-task").select("volunteer").run()
    app.number_input(key="volunteer-ada-radius_km").set_value(8.0).run()

    app.button(key="volunteer-ada-save").click().run()

    newest = stored(store, "volunteer_registered")[-1]
    [window] = stored(store, "availability_stated")[-1]["windows"]
    assert (newest["volunteer_id"], newest["radius_km"], newest["services"]) == ("Ada", 8.0, ["shopping"])
    assert (window["weekday"], window["starts"], window["ends"]) == (2, time(8), time(18))


def test_the_chance_of_a_person_out_of_reach_is_refused(store):
    give_role(store, "root", "root", "admin")
    give_role(store, "root", "landa", "coordinator", ["1282"])
    form = {
        "resident_id": "rut", "service": "shopping", "minutes": "60", "earliest_at": "2026-12-01T09:00",
        "latest_at": "2026-12-01T12:00", "urgency": "1", "volunteers_needed": "1", "languages": "",
    }  # fmt: skip

    with pytest.raises(AccessDenied):
        chances.chance(store, "landa", form, NOW)


def test_the_places_of_every_municipality_lie_in_the_region():
    places = [intake.places(code) for code in ("1283", "1275", "1292")]

    assert all(places)
    assert all(55.5 < lat < 56.6 and 12.3 < lon < 13.7 for some in places for lat, lon in some.values())
    assert intake.places("0000") == {}


def test_a_protected_person_is_read_by_those_who_serve_them_only(dashboard, store):
    with store.transaction("test", "protect") as transaction:
        transaction.append([replace(RUT, occurred_at=NOW, protected_identity=True, lat=None, lon=None)])

    assert dashboard.open("intake", resident="rut").error
    seen = dashboard.open("intake", role="coordinator_protected", resident="rut")
    assert RUT_DETAILS["name"] in [text.value for text in seen.text]
    assert ADA_DETAILS["name"] not in [text.value for text in seen.text]
