"""The administration page: each role sees its own sections, and what it does is in the log."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from small_dashboard import turn_to
from small_people import CANARIES, RUT_DETAILS, people_pilot
from small_pilot import EVERYTHING_FITS, NOW

from dashboard.service import administration as service
from engine import access, privacy
from engine.errors import AccessDenied, InputError
from engine.people import persons, subject_export

SECTIONS = {
    "coordinator": ["Registerutdrag", "Radering"],
    "lead": ["Logg", "Radering", "Forskningsuttag"],
    "researcher": ["Forskningsuttag"],
    "admin": ["Roller", "Logg", "Registerutdrag", "Radering", "Gallring", "Säkerhetskopia"],
    "owner": ["Roller", "Logg", "Registerutdrag", "Radering", "Gallring", "Forskningsuttag", "Säkerhetskopia"],
}


def texts(app):
    kinds = (app.markdown, app.caption, app.text, app.success, app.info, app.warning, app.error)
    return "\n".join(element.value.replace("\\", "") for kind in kinds for element in kind)


def status(store, erasure_id):
    return next(e.status for e in service.erasures(store, "demo-admin") if e.erasure_id == erasure_id)


@pytest.mark.parametrize("role", SECTIONS)
def test_each_role_sees_its_own_sections(dashboard, role):
    dashboard.holding()

    app = dashboard.open("administration", role, "sv")

    assert [tab.label for tab in app.tabs] == SECTIONS[role]
    for tab in SECTIONS[role]:
        turn_to(app, tab)
        assert not app.exception
        assert not app.error


def test_the_demo_pilot_opens_for_an_admin(dashboard):
    dashboard.demo()

    app = dashboard.open("administration", "admin", "sv")

    assert not app.exception
    assert not app.error


def test_the_first_role_is_an_admins_and_the_page_says_so_when_it_is_not(dashboard):
    store = dashboard.holding()
    app = dashboard.open("administration", "owner", "sv")

    app.text_input(key="give-account").input("eva")
    app.selectbox(key="give-role").select("lead")
    next(button for button in app.button if button.label == "Ge rollen").click().run()

    assert "administratör" in texts(app)
    with store.reading() as reading:
        assert access.roles_given(reading).empty


def test_the_log_shows_who_did_what_the_newest_first(dashboard):
    store = dashboard.holding(*EVERYTHING_FITS)
    days = ((NOW - timedelta(days=1)).date(), NOW.date())

    everything = service.audit(store, "demo-admin", "", "", days, reads_only=False)
    read = service.audit(store, "demo-admin", "", "", days, reads_only=True)

    assert everything["actor_id"].tolist() == ["test"]
    assert everything["when"].iloc[0].hour == 18
    assert read.empty


def test_an_export_holds_what_is_kept_of_a_person_and_leaves_no_file(tmp_path):
    store = people_pilot(tmp_path / "pilot.duckdb")
    before = sorted(path.name for path in tmp_path.iterdir())

    made = service.export(store, "anna", "rut")

    assert RUT_DETAILS["name"] in made.as_page.decode()
    assert json.loads(made.as_json)["details"]["phone"] == RUT_DETAILS["phone"]
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_coordinator_collects_everything_about_a_person_for_this_account_alone(dashboard):
    people_pilot(dashboard.path)
    app = dashboard.open("administration", "coordinator", "sv")

    app.text_input(key="export-resident").input("rut").run()
    app.button(key="export-make").click().run()

    assert not app.exception
    assert not app.error
    assert "fakta har samlats" in texts(app)
    assert app.session_state["export-made-demo-coordinator"].resident_id == "rut"


def test_a_coordinator_gets_no_export_of_another_municipalitys_resident(tmp_path):
    store = people_pilot(tmp_path / "pilot.duckdb")

    with pytest.raises(AccessDenied):
        service.export(store, "demo-coordinator:1260", "rut")


def test_an_erasure_is_asked_for_by_one_and_carried_out_by_another_on_the_page(dashboard):
    store = people_pilot(dashboard.path)
    asked = service.request_erasure(store, "demo-coordinator", "rut", "consent_withdrawn", NOW)
    service.decide_erasure(store, "demo-lead", asked.erasure_id, "approved", "complies", NOW)

    proof = service.erase(store, "demo-lead", asked.erasure_id, NOW)

    assert proof.is_clean
    assert status(store, asked.erasure_id) == "proved"
    content = dashboard.path.read_bytes()
    assert not any(canary.encode() in content for canary in CANARIES)


def test_asking_for_an_erasure_on_the_page_waits_for_a_second_person(dashboard):
    store = people_pilot(dashboard.path)
    app = turn_to(dashboard.open("administration", "coordinator", "sv"), "Radering")

    app.text_input(key="erase-resident").input("rut").run()
    app.button(key="erase-ask").click().run()

    assert not app.exception
    assert [e.status for e in service.erasures(store, "demo-admin")] == ["requested"]
    assert "andra persons beslut" in texts(app)


def test_who_asked_for_an_erasure_cannot_approve_it(dashboard):
    store = people_pilot(dashboard.path)
    asked = service.request_erasure(store, "demo-admin", "rut", "consent_withdrawn", NOW)

    with pytest.raises(InputError, match="second person"):
        service.decide_erasure(store, "demo-admin", asked.erasure_id, "approved", "complies", NOW)


def test_what_is_due_is_listed_and_destroyed_only_when_told(tmp_path):
    store = people_pilot(tmp_path / "pilot.duckdb")
    in_two_years = NOW + timedelta(days=800)

    due = service.due(store, "demo-admin", in_two_years)
    again = service.due(store, "demo-admin", in_two_years)
    store.clock = lambda: in_two_years
    done = service.destroy_due(store, "demo-admin", in_two_years)

    assert len(due) == len(again) > 0
    assert done.n_notes == (due["what"] == "notes").sum()


def test_a_backup_is_made_beside_the_pilot_and_listed(dashboard):
    store = dashboard.holding(*EVERYTHING_FITS)
    app = turn_to(dashboard.open("administration", "admin", "sv"), "Säkerhetskopia")

    app.button(key="backup-make").click().run()

    assert not app.exception
    assert not app.error
    [made] = service.backups(store, "demo-admin").to_dict("records")
    [file] = service.backup_folder(store).glob("*.duckdb")
    assert made["actor_id"] == "demo-admin"
    assert file.stat().st_size > 0


def test_the_extract_is_one_file_in_which_nobody_is_named(tmp_path):
    store = people_pilot(tmp_path / "pilot.duckdb")

    packed = service.extract(store, "demo-researcher", NOW)

    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
        assert "datapackage.json" in archive.namelist()
    assert not any(canary.encode() in content for canary in CANARIES if len(canary) > 5)


def test_what_a_role_may_not_do_is_refused_behind_the_page_too(dashboard):
    store = dashboard.holding(*EVERYTHING_FITS)

    for refused in (service.roles, service.backups, service.make_backup):
        with pytest.raises(AccessDenied):
            refused(store, "demo-lead")


def test_the_rules_of_retention_are_said_in_the_language_of_the_page(dashboard):
    dashboard.holding()

    app = turn_to(dashboard.open("administration", "admin", "sv"), "Gallring")

    sources = app.dataframe[0].value["source"].tolist()
    assert any("dokumentation gallras fem år" in source for source in sources)
    assert not any("assumption" in source or "documentation" in source for source in sources)


def test_the_log_says_in_words_why_a_person_was_looked_at(dashboard):
    store = people_pilot(dashboard.path)
    service.find(store, "demo-coordinator", RUT_DETAILS["name"])

    app = turn_to(dashboard.open("administration", "admin", "sv"), "Logg")

    assert "uppgifter, i en sökning" in app.dataframe[0].value["why"].tolist()


def test_every_reason_to_read_has_its_words():
    of_doors = ["search", "duplicates", "invitation", "message offer", "extract proof"]
    codes = [*persons.PURPOSES, *of_doors, subject_export.PURPOSE, privacy.PURPOSE]

    said = [service.why_read(f"person: {code}") for code in codes]

    assert [why for why, code in zip(said, codes, strict=True) if why.endswith(f", {code}")] == []
    assert len(set(said)) == len(codes)
    assert service.why_read("approve_offer") == "approve_offer"
    assert service.why_read(None) == ""
