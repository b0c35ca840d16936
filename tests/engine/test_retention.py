"""Retention: what is due by the rules, destroyed when told to, and never a person without a second one."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from small_people import GRANT, people_pilot
from small_pilot import MILK, NOW

from engine import facts
from engine.access import give_role
from engine.clock import utc_of
from engine.errors import AccessDenied, ImpossibleStep
from engine.people import retention
from engine.people.retention import kept_until, retain
from engine.privacy import decide_erasure, erase, erasures
from engine.reference import services

YEAR_AFTER = utc_of(datetime(2027, 12, 2, 9))
MUCH_LATER = utc_of(datetime(2029, 2, 1, 9))


@pytest.fixture
def pilot():
    return people_pilot(None)


def due(store, moment, what):
    found = retain(store, "cron", moment).due
    return found.loc[found["what"] == what, "id"].tolist()


def carry_out(store, moment):
    store.clock = lambda: moment
    return retain(store, "cron", moment, dry_run=False)


def kept_notes(store):
    with store.transaction("test", "look") as transaction:
        return transaction.notes_about(None, "look")["subject"].tolist()


def test_notes_of_a_service_are_due_a_year_after_the_window_and_not_a_day_before(pilot):
    day_before = utc_of(datetime(2027, 11, 26, 12))

    assert due(pilot, day_before, "notes") == []
    assert due(pilot, day_before + timedelta(days=1), "notes") == ["note:lamp"]
    assert due(pilot, YEAR_AFTER, "notes") == ["note:lamp", "note:milk"]


def test_notes_on_an_incident_are_kept_two_years_after_it_was_closed(pilot):
    closed_on = datetime(2028, 11, 28, 18)

    assert "note:fell" not in due(pilot, utc_of(closed_on - timedelta(days=1)), "notes")
    assert "note:fell" in due(pilot, utc_of(closed_on + timedelta(days=1)), "notes")


def test_notes_of_a_service_with_needs_test_are_kept_five_years():
    cared = replace(MILK, request_id="care", service="home_help_cognitive")
    store = people_pilot(None, cared)
    with store.transaction("test", "note") as transaction:
        transaction.put_notes([("note:care", "rut", "care", "Glömmer spisen.")])

    assert "note:care" not in due(store, utc_of(datetime(2031, 11, 30)), "notes")
    assert "note:care" in due(store, utc_of(datetime(2031, 12, 2)), "notes")


def test_a_dry_run_destroys_nothing_and_writes_nothing(pilot):
    with pilot.reading() as reading:
        before = reading.last_entry_no

    found = retain(pilot, "cron", MUCH_LATER)

    with pilot.reading() as reading:
        assert reading.last_entry_no == before
    assert (found.n_notes, found.erasure_ids, found.search) == (0, (), None)
    assert len(found.due) == 5


def test_due_notes_are_destroyed_counted_by_rule_and_gone_from_the_file(tmp_path):
    store = people_pilot(tmp_path / "pilot.duckdb")

    done = carry_out(store, YEAR_AFTER)

    with store.reading() as reading:
        [purged] = reading.facts_of("notes_purged").to_pylist()
        assert reading.query("destruction_waiting")["n_entries"].tolist() == [0]
    assert done.n_notes == 2
    assert (purged["rule"], purged["n_notes"]) == ("notes_without_needs_test", 2)
    assert kept_notes(store) == ["fell"]
    assert retain(store, "cron", YEAR_AFTER).due.empty


def test_a_person_with_whom_nothing_happens_for_two_years_is_asked_to_be_erased_and_a_second_person_decides(pilot):
    done = carry_out(pilot, MUCH_LATER)

    asked = erasures(pilot, "bo")
    assert {erasure.resident_id for erasure in asked} == {"rut", "ada"}
    assert {erasure.legal_basis for erasure in asked} == {"retention_over"}
    assert {erasure.status for erasure in asked} == {"requested"}
    with pytest.raises(ImpossibleStep, match="second person"):
        decide_erasure(pilot, "cron", done.erasure_ids[0], "approved", "complies")
    decide_erasure(pilot, "bo", done.erasure_ids[0], "approved", "complies")
    assert erase(pilot, "bo", done.erasure_ids[0]).is_clean


def test_an_erasure_is_asked_for_once(pilot):
    carry_out(pilot, MUCH_LATER)

    again = carry_out(pilot, MUCH_LATER)

    assert again.erasure_ids == ()


@pytest.mark.parametrize(
    "still_open",
    [
        replace(GRANT, valid_from=date(2026, 1, 2), valid_to=date(2030, 1, 1)),
        facts.SeriesStarted(
            occurred_at=NOW, series_id="s", resident_id="rut", service="shopping", minutes=60,
            earliest_at=datetime(2026, 12, 8, 9), latest_at=datetime(2026, 12, 8, 12), every_days=7, n_times=9,
            volunteers_needed=1, urgency=1, languages=(),
        ),
        facts.IncidentReported(
            occurred_at=NOW, incident_id="open", visit_id=None, resident_id="rut", volunteer_id=None, kind="worry",
            severity=1,
        ),
        facts.VisitAgreed(
            occurred_at=NOW, visit_id="v", request_id="milk", volunteer_id="Ada", starts_at=datetime(2026, 12, 1, 9),
            ends_at=datetime(2026, 12, 1, 10), minutes=70,
        ),
    ],
    ids=["grant", "series", "incident", "visit"],
)  # fmt: skip
def test_who_has_something_open_is_not_due(still_open):
    store = people_pilot(None, still_open)

    assert "rut" not in due(store, MUCH_LATER, "persons")


def test_who_must_be_kept_by_law_is_not_due():
    store = people_pilot(None, replace(GRANT, service="home_help_cognitive"))

    assert "rut" not in due(store, MUCH_LATER, "persons")
    assert "rut" in due(store, utc_of(datetime(2032, 1, 2)), "persons")


def test_what_was_decided_for_an_open_end_is_kept_from_today_on():
    store = people_pilot(None, replace(GRANT, service="home_help_cognitive", valid_to=None))

    with store.reading() as reading:
        assert kept_until(reading, "rut", NOW) == date(2031, 11, 29)
        assert kept_until(reading, "ada", NOW) is None


def test_only_an_admin_runs_retention_once_there_are_roles(pilot):
    give_role(pilot, "root", "root", "admin")
    give_role(pilot, "root", "hanna", "coordinator", ["1283"])

    with pytest.raises(AccessDenied):
        retain(pilot, "hanna", MUCH_LATER)
    assert len(retain(pilot, "root", MUCH_LATER).due) == 5


def test_every_service_has_a_rule_for_its_notes_and_every_rule_names_its_source():
    table = retention.rule_table("notes", NOW)

    assert set(table["subject_kind"]) == {*services(), "incident"}
    assert table["subject_kind"].is_unique
    for what in ("notes", "persons", "kept"):
        assert all(rule.source and rule.en != rule.sv and rule.months > 0 for rule in retention.rules(what, NOW.date()))


def test_every_ground_and_reason_has_words_in_both_languages():
    for entry in (*retention.bases().values(), *retention.reasons().values()):
        assert entry["name_sv"] and entry["name_en"] and entry["name_sv"] != entry["name_en"]
