"""One door to a person: own municipality, protected or not, logged; and forms held to the rules of a package."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from small_people import ADA_DETAILS, NOTES, NOW, RUT, RUT_DETAILS, people_pilot, place_rows
from small_pilot import EVERYTHING_FITS, TUESDAY

from engine import facts
from engine.access import give_role
from engine.errors import AccessDenied, ImpossibleStep, InputError, PackageError
from engine.people import persons, registration
from engine.store import Store

EVA = {
    "name": "Eva Berg", "phone": "070-1740610", "email": "eva@example.se", "address": "Ekgatan 1",
    "municipality_code": "1283", "lat": "56.0512345", "lon": "12.7012345", "birth_year": "1950", "languages": "sv;fi",
}  # fmt: skip


@pytest.fixture
def pilot():
    store = people_pilot(None)
    give_role(store, "root", "root", "admin")
    give_role(store, "root", "hanna", "coordinator", ["1283"])
    give_role(store, "root", "petra", "coordinator_protected", ["1283"])
    give_role(store, "root", "lars", "coordinator", ["1282"])
    return store


def reads(store):
    with store.reading() as reading:
        rows = reading.facts_of("identity_read").to_pylist()
    return [(row["actor_id"], row["resident_id"], row["what"], row["purpose"]) for row in rows]


def protect(store):
    with store.transaction("test", "protect") as transaction:
        transaction.append([replace(RUT, occurred_at=NOW, lat=None, lon=None, protected_identity=True)])


def test_a_coordinator_reads_a_person_of_the_own_municipality_and_the_log_says_so(pilot):
    details = persons.contact(pilot, "hanna", "rut", "call")

    assert details == RUT_DETAILS
    assert reads(pilot) == [("hanna", "rut", "person", "call")]


def test_a_person_of_another_municipality_is_not_shown(pilot):
    with pytest.raises(AccessDenied, match="Helsingborg"):
        persons.contact(pilot, "lars", "rut", "call")

    assert reads(pilot) == []


def test_a_protected_identity_is_shown_to_those_who_serve_them_only(pilot):
    protect(pilot)

    with pytest.raises(AccessDenied, match="protected"):
        persons.contact(pilot, "hanna", "rut", "call")
    assert persons.contact(pilot, "petra", "rut", "by_hand")["address"] == RUT_DETAILS["address"]


def test_a_purpose_is_a_known_word_so_that_nobody_is_named_in_the_log(pilot):
    with pytest.raises(InputError, match="purpose"):
        persons.contact(pilot, "hanna", "rut", "Rut called")


def test_notes_are_read_by_subject_through_the_same_door(pilot):
    notes = persons.notes(pilot, "hanna", "rut", "milk", "visit")

    assert notes["text"].tolist() == [NOTES["milk"]]
    assert reads(pilot) == [("hanna", "rut", "notes", "visit")]
    with pytest.raises(AccessDenied):
        persons.notes(pilot, "lars", "rut", "milk", "visit")


@pytest.mark.parametrize("text", ["kanariefågel", "RUT  kana", "1740 699", "+070-1740699", "zetterqvist@"])
def test_a_person_is_found_by_part_of_name_phone_or_e_mail(pilot, text):
    found = persons.find(pilot, "hanna", text)

    assert found["resident_id"].tolist() == ["rut"]


def test_a_search_finds_nobody_of_another_municipality_and_nobody_protected(pilot):
    protect(pilot)

    assert persons.find(pilot, "hanna", "zetterqvist").empty
    assert persons.find(pilot, "lars", "ada").empty
    assert len(persons.find(pilot, "petra", "zetterqvist")) == 1


def test_whom_a_search_shows_is_in_the_log_without_the_words_searched_for(pilot):
    persons.find(pilot, "hanna", "ada")

    assert reads(pilot) == [("hanna", "*", "person", "search"), ("hanna", "ada", "person", "search")]


def test_a_search_by_a_single_letter_is_refused(pilot):
    with pytest.raises(InputError, match="at least 2"):
        persons.find(pilot, "hanna", " a ")


def test_a_resident_entered_by_hand_gets_an_id_and_only_a_coarse_place_in_the_facts(pilot):
    resident_id = registration.register_resident(pilot, "hanna", EVA)

    [row] = place_rows(pilot, resident_id)
    assert (row["lat"], row["lon"]) == (56.0525, 12.705)
    assert persons.contact(pilot, "hanna", resident_id, "call")["lat"] == 56.0512345


def test_a_form_is_held_to_the_cells_and_rules_of_a_package_and_every_fault_is_told_without_its_value(pilot):
    with pytest.raises(PackageError) as refused:
        registration.register_resident(pilot, "hanna", {**EVA, "phone": "Eva", "birth_year": "2031", "lon": ""})

    assert {bad.column for bad in refused.value.bad_rows} == {"phone", "lon"} | {"birth_year"}
    assert "phone must be 5 to 20 digits" in str(refused.value)
    assert "Eva" not in str(refused.value)


def test_an_unknown_column_of_a_form_is_refused(pilot):
    with pytest.raises(InputError, match="no column 'shoe_size'"):
        registration.register_resident(pilot, "hanna", {**EVA, "shoe_size": "38"})


def test_nobody_is_registered_in_or_taken_from_another_municipality(pilot):
    with pytest.raises(AccessDenied, match="Helsingborg"):
        registration.register_resident(pilot, "lars", EVA)
    with pytest.raises(AccessDenied):
        registration.register_resident(pilot, "lars", {**EVA, "resident_id": "rut", "municipality_code": "1282"})


def test_who_becomes_protected_leaves_no_place_behind_neither_in_facts_nor_in_the_file(pilot):
    cells = {**EVA, "resident_id": "rut", "lat": "", "lon": "", "protected_identity": "yes"}

    registration.register_resident(pilot, "petra", cells)

    assert [(row["lat"], row["lon"]) for row in place_rows(pilot, "rut")] == [(None, None), (None, None)]
    with pilot.reading() as reading:
        assert len(reading.facts_of("file_rewritten")) == 1
        assert reading.query("destruction_waiting")["n_entries"].tolist() == [0]


def test_a_protected_person_is_changed_only_by_those_who_serve_them(pilot):
    protect(pilot)

    with pytest.raises(AccessDenied):
        registration.register_resident(pilot, "hanna", {**EVA, "resident_id": "rut"})


def test_a_volunteer_is_registered_with_free_hours_checks_and_decisions(pilot):
    eva = registration.register_resident(pilot, "hanna", EVA)
    volunteer = registration.register_volunteer(
        pilot, "hanna", {"resident_id": eva, "services": "shopping;company_walk", "radius_km": "4"}
    )
    registration.state_availability(pilot, "hanna", volunteer, [{"weekday": "2", "starts": "09:00", "ends": "12:00"}])
    registration.clear_check(
        pilot, "hanna", {"volunteer_id": volunteer, "check": "identity", "valid_from": "2026-11-01"}
    )
    registration.decide_grant(
        pilot, "hanna", {"resident_id": eva, "service": "shopping", "valid_from": "2026-11-01", "decision": "SN 1"}
    )

    with pilot.reading() as reading:
        [registered] = reading.state("volunteers_at", NOW, volunteer_id=volunteer).to_dict("records")
        [window] = reading.state("availability_at", NOW, volunteer_id=volunteer).to_dict("records")
        [check] = reading.state("checks_at", NOW, volunteer_id=volunteer).to_dict("records")
        grants = reading.state("grants_at", NOW, resident_id=eva)
    assert list(registered["services"]) == ["shopping", "company_walk"]
    assert (window["weekday"], str(window["starts"])) == (2, "09:00:00")
    assert check["check_code"] == "identity"
    assert grants["decision"].tolist() == ["SN 1"]


def test_a_known_volunteer_cannot_be_given_to_another_person_with_all_that_was_seen_of_them(pilot):
    other = registration.register_resident(pilot, "lars", EVA | {"municipality_code": "1282"})
    cells = {"volunteer_id": "Ada", "resident_id": other, "services": "shopping", "radius_km": "50"}

    with pytest.raises(PackageError, match="resident_id must be the resident who is Ada in the pilot file"):
        registration.register_volunteer(pilot, "lars", cells)

    with pilot.reading() as reading:
        assert reading.state("volunteers_at", NOW)["resident_id"].tolist() == ["ada"]
        assert reading.state("volunteers_at", NOW)["municipality_code"].tolist() == ["1283"]


def test_of_a_check_nothing_can_be_kept_but_who_saw_it_and_its_dates(pilot):
    with pytest.raises(InputError, match="no column 'remark'"):
        registration.clear_check(
            pilot, "hanna", {"volunteer_id": "Ada", "check": "identity", "valid_from": "2026-11-01", "remark": "clean"}
        )

    kept = set(facts.columns_of(facts.CheckCleared))
    assert kept == {"occurred_at", "volunteer_id", "check_code", "valid_from", "valid_to"}


def test_no_free_hours_are_a_statement_too(pilot):
    registration.state_availability(pilot, "hanna", "Ada", [])

    with pilot.reading() as reading:
        assert reading.state("availability_at", NOW, volunteer_id="Ada").empty


def test_an_absence_is_stated_and_ended(pilot):
    registration.state_absence(pilot, "hanna", "Ada", TUESDAY, TUESDAY + timedelta(days=9))
    registration.end_absence(pilot, "hanna", "Ada", TUESDAY + timedelta(days=2))

    with pilot.reading() as reading:
        [away] = reading.state("absences_at", NOW, volunteer_id="Ada").to_dict("records")
    assert (away["starts_at"], away["ends_at"]) == (TUESDAY, TUESDAY + timedelta(days=2))


def test_an_absence_that_ends_before_it_starts_is_refused(pilot):
    with pytest.raises(InputError, match="before it starts"):
        registration.state_absence(pilot, "hanna", "Ada", TUESDAY, TUESDAY)


@pytest.mark.parametrize(("kind", "kept"), [("blocked", ["blocked"]), ("preferred", ["preferred"]), ("none", [])])
def test_a_relation_is_stated_and_taken_back(pilot, kind, kept):
    registration.state_relation(pilot, "hanna", "rut", "Ada", "blocked")
    registration.state_relation(pilot, "hanna", "rut", "Ada", kind, at=NOW + timedelta(minutes=1))

    with pilot.reading() as reading:
        relations = reading.state("relations_at", NOW + timedelta(hours=1))
    assert relations["kind"].tolist() == kept


def test_a_volunteer_who_leaves_gives_back_visits_and_the_request_is_open_again():
    coming = facts.VisitAgreed(
        occurred_at=NOW, visit_id="v-milk", request_id="milk", volunteer_id="Ada",
        starts_at=datetime(2026, 12, 1, 9), ends_at=datetime(2026, 12, 1, 10), minutes=70,
    )  # fmt: skip
    store = people_pilot(None, coming)

    gone = registration.leave(store, "anna", "Ada", "moved")

    with store.reading() as reading:
        visits = reading.state("visits_at", NOW).set_index("visit_id")
        requests = reading.state("requests_at", NOW).set_index("request_id")
        volunteers = reading.state("volunteers_at", NOW).set_index("volunteer_id")
    assert gone.n_visits == 1
    assert (visits.loc["v-milk", "status"], visits.loc["v-milk", "side"]) == ("cancelled", "volunteer")
    assert visits.loc["v-lamp", "status"] == "completed"
    assert requests.loc["milk", "status"] == "submitted"
    assert volunteers.loc["Ada", "left_at"] == NOW.replace(tzinfo=None)
    with pytest.raises(ImpossibleStep, match="left already"):
        registration.leave(store, "anna", "Ada", "moved")


def test_unknown_people_and_reasons_are_refused_with_a_sentence(pilot):
    with pytest.raises(InputError, match="no resident 'nobody'"):
        persons.contact(pilot, "hanna", "nobody", "call")
    with pytest.raises(InputError, match="no volunteer 'nobody'"):
        registration.leave(pilot, "hanna", "nobody", "moved")
    with pytest.raises(InputError, match="bored"):
        registration.leave(pilot, "hanna", "Ada", "bored")


def test_an_import_that_protects_somebody_removes_earlier_places_too(tmp_path):
    from engine.intake import import_package

    store = Store.create(tmp_path / "pilot.duckdb", clock=lambda: NOW)
    with store.transaction("test", "set up") as transaction:
        transaction.append(EVERYTHING_FITS)
        transaction.put_people({"rut": RUT_DETAILS, "ada": ADA_DETAILS})
    package = tmp_path / "package"
    package.mkdir()
    header = "resident_id,name,phone,email,address,municipality_code,lat,lon,birth_year,languages,protected_identity"
    (package / "residents.csv").write_text(f"{header}\nrut,Rut,,,,1283,,,1940,sv,yes\n", encoding="utf-8")

    import_package(store, package, "anna")

    assert [row["lat"] for row in place_rows(store, "rut")] == [None, None]
