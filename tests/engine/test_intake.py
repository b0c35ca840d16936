"""What a data package must hold, rule by rule, and what becomes of a sound one."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from small_package import NOW, SOUND, changed, write_folder
from small_pilot import ADA, EVERYTHING_FITS, MILK, pilot

from engine import facts
from engine.clock import utc_of
from engine.errors import InputError, PackageError
from engine.intake import Known, coarse_place, import_package, known_in, read_package
from engine.store import Store


def faults(folder, tables, known=None):
    """Read a package that must be refused, and return (file, line, column, expected) of every fault."""
    with pytest.raises(PackageError) as refusal:
        read_package(write_folder(folder, tables), known or Known(), NOW)
    return [(b.file, b.line, b.column, b.expected) for b in refusal.value.bad_rows]


def of_kind(intake, kind):
    return [fact for fact in intake.facts if isinstance(fact, kind)]


def test_a_sound_package_becomes_facts(tmp_path):
    intake = read_package(write_folder(tmp_path, SOUND), Known(), NOW)

    assert list(intake.n_rows) == list(SOUND)
    assert list(intake.n_rows.values()) == [5, 2, 4, 3, 1, 2, 2]
    assert intake.warnings == ()
    assert [type(fact).__name__ for fact in intake.facts] == (
        ["ResidentRegistered"] * 5 + ["VolunteerRegistered"] * 2 + ["AvailabilityStated"] * 2
        + ["CheckCleared"] * 3 + ["GrantDecided"] + ["RequestSubmitted"] * 2 + ["RelationStated"] * 2
    )  # fmt: skip


def test_facts_hold_a_coarse_place_and_people_the_exact_one(tmp_path):
    intake = read_package(write_folder(tmp_path, SOUND), Known(), NOW)

    first = of_kind(intake, facts.ResidentRegistered)[0]
    assert (first.lat, first.lon) == (56.0475, 12.695)
    assert intake.people["r1"] == {
        "name": "Ada Åström",
        "phone": "042-10 00 01",
        "email": "ada@example.se",
        "address": "Storgatan 1, Helsingborg",
        "lat": 56.0465,
        "lon": 12.6945,
    }


def test_a_coarse_place_is_the_centre_of_its_cell_and_stays_there():
    assert coarse_place(56.0499, 12.6999) == (56.0475, 12.695)
    assert coarse_place(*coarse_place(56.0499, 12.6999)) == (56.0475, 12.695)


def test_a_protected_identity_has_no_place_in_the_facts_even_if_the_file_gives_one(tmp_path):
    tables = changed("residents", "1283,,,1970,sv,yes", "1283,56.05,12.70,1970,sv,yes")

    hidden = of_kind(read_package(write_folder(tmp_path, tables), Known(), NOW), facts.ResidentRegistered)[4]

    assert (hidden.protected_identity, hidden.lat, hidden.lon) == (True, None, None)


def test_a_note_is_kept_apart_from_the_request(tmp_path):
    intake = read_package(write_folder(tmp_path, SOUND), Known(), NOW)

    assert intake.notes == (("note:q1", "r1", "q1", "Ring twice,\nthen wait."),)
    assert "Ring twice" not in repr(intake.facts)


def test_a_request_happened_when_it_was_made_and_its_window_stays_local(tmp_path):
    winter, summer = of_kind(read_package(write_folder(tmp_path, SOUND), Known(), NOW), facts.RequestSubmitted)

    assert winter.occurred_at == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert summer.occurred_at == datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
    assert winter.earliest_at == datetime(2026, 12, 1, 9, 0)


def test_a_time_that_occurs_twice_means_the_first_and_one_that_does_not_occur_is_moved_on():
    assert utc_of(datetime(2026, 10, 25, 2, 30)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert utc_of(datetime(2026, 3, 29, 2, 30)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_the_stretches_of_a_week_are_one_statement(tmp_path):
    ada, _ben = of_kind(read_package(write_folder(tmp_path, SOUND), Known(), NOW), facts.AvailabilityStated)

    assert ada.windows == (
        facts.Window(1, time(9), time(12)),
        facts.Window(1, time(12), time(15)),
        facts.Window(3, time(13), time(17, 30)),
    )


def test_a_volunteer_registers_on_the_day_of_joining_and_empty_limits_mean_unlimited(tmp_path):
    tables = changed("volunteers", "2026-03-01", "2027-03-01")

    early, joined = of_kind(read_package(write_folder(tmp_path, tables), Known(), NOW), facts.VolunteerRegistered)

    assert early.occurred_at == NOW
    assert joined.occurred_at == datetime(2026, 4, 1, 7, 30, tzinfo=UTC)
    assert joined.joined_at == datetime(2026, 4, 1, 9, 30)
    assert (joined.visits_per_week, joined.minutes_per_week) == (None, None)


def test_a_volunteer_who_is_known_is_registered_anew_now(tmp_path):
    known = Known(volunteers={"v2": "r4"})

    _, again = of_kind(read_package(write_folder(tmp_path, SOUND), known, NOW), facts.VolunteerRegistered)

    assert again.occurred_at == NOW


def test_references_may_point_into_the_pilot_file(tmp_path):
    known = Known(residents=frozenset({"r1", "r2"}), volunteers={"v1": "r3", "v2": "r4"})
    tables = {name: SOUND[name] for name in ("requests", "relations", "vetting")}

    intake = read_package(write_folder(tmp_path, tables), known, NOW)

    assert intake.n_rows == {"vetting": 3, "requests": 2, "relations": 2}


BAD_CELLS = [
    # table, sound piece, broken piece, line, column, part of what was expected
    ("requests", "q2,", ",", 4, "request_id", "the cell is empty"),
    ("residents", "Bo Berg", "", 3, "name", "the cell is empty"),
    ("residents", "Bo Berg", '"Bo\nBerg"', 3, "name", "on one line"),
    ("requests", "q2,", "q 2,", 4, "request_id", "1 to 64 letters"),
    ("requests", "q2,", f"{'q' * 65},", 4, "request_id", "1 to 64 letters"),
    ("requests", "q2,", "qå,", 4, "request_id", "1 to 64 letters"),
    ("residents", "042-10 00 01", "042-1000ext1", 2, "phone", "5 to 20 digits"),
    ("residents", "042-10 00 01", "0421", 2, "phone", "5 to 20 digits"),
    ("residents", "ada@example.se", "ada@b@example.se", 2, "email", "one @"),
    ("residents", "ada@example.se", "example.se", 2, "email", "one @"),
    ("residents", "1283,56.0465", "1280,56.0465", 2, "municipality_code", "1214, 1257"),
    ("residents", "56.0465", "12.6945", 2, "lat", "a latitude in Sweden, from 55.0 to 69.1"),
    ("residents", "12.6945", "24.3", 2, "lon", "a longitude in Sweden, from 10.5 to 24.2"),
    ("residents", "56.0465", '"56,0465"', 2, "lat", "use a point"),
    ("residents", "56.0465", "NaN", 2, "lat", "a latitude"),
    ("residents", "56.0465", "inf", 2, "lat", "a latitude"),
    ("residents", "56.0465", "", 2, "lat", "both lat and lon"),
    ("residents", "12.6945", "", 2, "lon", "both lat and lon"),
    ("residents", "1970,sv,yes", "1970,sv,no", 6, "lat", "protected_identity = yes"),
    ("residents", "1970,sv,yes", "1970,sv,maybe", 6, "protected_identity", "yes, no or nothing"),
    ("residents", "1941", "1899", 2, "birth_year", "from 1900"),
    ("residents", "1941", "2027", 2, "birth_year", "from 1900 to 2026"),
    ("residents", "sv;ar", "SV;ar", 3, "languages", "small letters"),
    ("residents", "sv;ar", "svenska", 3, "languages", "two or three"),
    ("volunteers", "v1,r3", "v1,r9", 2, "resident_id", "one of the residents"),
    ("volunteers", "v2,r4", "v2,r3", 3, "resident_id", "volunteer v1 on line 2 is the same person"),
    ("volunteers", "shopping;company_walk", "shopping;chess", 2, "services", "homework_help"),
    ("volunteers", "shopping;company_walk", ";", 2, "services", "at least one"),
    ("volunteers", ",10,3", ",-1,3", 2, "radius_km", "from 0 to 100"),
    ("volunteers", ",10,3", ",100.1,3", 2, "radius_km", "from 0 to 100"),
    ("volunteers", ",10,3", ",10,0", 2, "visits_per_week", "from 1 to 50"),
    ("volunteers", ",10,3", ",10,1.5", 2, "visits_per_week", "a whole number"),
    ("volunteers", "240", "3001", 2, "minutes_per_week", "from 1 to 3000"),
    ("volunteers", "240", "9" * 5000, 2, "minutes_per_week", "from 1 to 3000"),
    ("volunteers", "2026-03-01", "March", 2, "joined_at", "YYYY-MM-DD"),
    ("availability", "v1,1,09:00", "v1,8,09:00", 2, "weekday", "from 1 to 7"),
    ("availability", "09:00", "9:00", 2, "starts", "HH:MM"),
    ("availability", "20:00", "24:00", 5, "ends", "00:00 to 23:59"),
    ("availability", "20:00", "08:00", 5, "ends", "after 08:00"),
    ("availability", "v1,1,12:00", "v1,1,11:59", 3, "starts", "no overlap with the window on line 2"),
    ("availability", "v2,5", "v7,5", 5, "volunteer_id", "one of the volunteers"),
    ("vetting", "interview", "horoscope", 3, "check", "confidentiality"),
    ("vetting", "2027-03-05", "2026-03-04", 3, "valid_to", "not before valid_from (2026-03-05)"),
    ("vetting", "2027-03-05", "2027-02-29", 3, "valid_to", "YYYY-MM-DD"),
    ("vetting", "2027-03-05", "9999-12-31", 3, "valid_to", "1900 to 2100"),
    ("vetting", "2027-03-05", "0001-01-01", 3, "valid_to", "1900 to 2100"),
    ("grants", "2026-12-31", "2025-12-31", 2, "valid_to", "not before valid_from"),
    ("grants", "home_help_cognitive", "massage", 2, "service", "snow_garden"),
    ("grants", "SN 2026/12", "", 2, "decision", "the cell is empty"),
    ("requests", "q2,", "q1,", 4, "request_id", "line 2 has it already"),
    ("requests", "q2,r2", "q2,r8", 4, "resident_id", "one of the residents"),
    ("requests", ",60,", ",4,", 2, "minutes", "from 5 to 720"),
    ("requests", ",60,", ",721,", 2, "minutes", "from 5 to 720"),
    ("requests", "2026-12-01T09:00", "2026-12-01T09:00Z", 2, "earliest_at", "without Z or offset"),
    ("requests", "2026-12-01T09:00", "2026-12-01T09:00+01:00", 2, "earliest_at", "without Z or offset"),
    ("requests", "2026-12-01T09:00", "2026-12-01", 2, "earliest_at", "YYYY-MM-DDTHH:MM"),
    ("requests", "2026-12-01T09:00", "2026-12-01T25:00", 2, "earliest_at", "YYYY-MM-DDTHH:MM"),
    ("requests", "2026-12-01T15:00", "2026-12-01T08:59", 2, "latest_at", "not before earliest_at"),
    ("requests", "2026-11-20T10:00", "2026-11-24T07:01", 2, "requested_at", "not later than now, 2026-11-23"),
    ("requests", "15:00,1,2", "15:00,0,2", 2, "volunteers_needed", "from 1 to 10"),
    ("requests", "15:00,1,2", "15:00,11,2", 2, "volunteers_needed", "from 1 to 10"),
    ("requests", "15:00,1,2", "15:00,1,4", 2, "urgency", "from 1 to 3"),
    ("relations", "preferred", "fond", 2, "kind", "blocked, preferred"),
    ("relations", "r2,v2", "r1,v1", 3, "volunteer_id", "a pair that stands once"),
    ("relations", "r2,v2", "r2,v9", 3, "volunteer_id", "one of the volunteers"),
]


@pytest.mark.parametrize(("table", "old", "new", "line", "column", "expected"), BAD_CELLS)
def test_a_broken_cell_is_the_one_fault_named(tmp_path, table, old, new, line, column, expected):
    found = faults(tmp_path, changed(table, old, new))

    assert [fault[:3] for fault in found] == [(f"{table}.csv", line, column)]
    assert expected in found[0][3]


GOOD_CELLS = [
    ("requests", "2026-12-01T15:00", "2026-12-01T09:10"),  # window_too_short is the engine's to say
    ("requests", "2026-11-20T10:00", "2026-11-24T07:00"),  # a day's grace
    ("requests", "2026-12-01T09:00", "2026-12-01 09:00:30"),
    ("requests", "2026-11-20T10:00", "2026-03-29T02:30"),  # a time that never was
    ("volunteers", ",10,3", ",0,3.0"),
    ("volunteers", ",2026-03-01", ","),
    ("residents", "ada@example.se", ""),
    ("residents", "sv;ar", " sv ;; ar;"),
    ("residents", "Bo Berg", "=1+1"),
]


@pytest.mark.parametrize(("table", "old", "new"), GOOD_CELLS)
def test_what_is_odd_but_allowed_is_accepted(tmp_path, table, old, new):
    intake = read_package(write_folder(tmp_path, changed(table, old, new)), Known(), NOW)

    assert sum(intake.n_rows.values()) == 19


def test_a_request_that_is_in_the_pilot_file_is_refused(tmp_path):
    found = faults(tmp_path, SOUND, Known(requests=frozenset({"q2"})))

    assert [fault[:3] for fault in found] == [("requests.csv", 4, "request_id")]


def test_a_volunteer_of_the_pilot_file_stays_the_same_person(tmp_path):
    found = faults(tmp_path, SOUND, Known(volunteers={"v1": "r9", "v2": "r4"}))

    assert found == [
        ("volunteers.csv", 2, "resident_id", "the resident who is v1 in the pilot file, or a new volunteer_id")
    ]


def test_a_resident_who_volunteers_in_the_pilot_file_cannot_volunteer_under_another_id(tmp_path):
    found = faults(tmp_path, SOUND, Known(volunteers={"v0": "r3"}))

    assert found == [
        ("volunteers.csv", 2, "resident_id", "a resident once; volunteer v0 in the pilot file is the same person")
    ]


def test_a_request_that_lies_ahead_by_an_hour_counts_as_made_now(tmp_path):
    tables = changed("requests", "2026-11-20T10:00", "2026-11-23T08:00")

    first, _ = of_kind(read_package(write_folder(tmp_path, tables), Known(), NOW), facts.RequestSubmitted)

    assert first.occurred_at == NOW


def test_a_resident_or_volunteer_stands_in_one_row(tmp_path):
    twice = {name: SOUND[name] + SOUND[name].splitlines()[1] + "\n" for name in ("residents", "volunteers")}

    found = faults(tmp_path, twice)

    assert found == [
        ("residents.csv", 7, "resident_id", "an id that stands once; line 2 has it already"),
        ("volunteers.csv", 4, "volunteer_id", "an id that stands once; line 2 has it already"),
    ]


def test_lost_rows_do_not_make_references_to_them_faults(tmp_path):
    found = faults(tmp_path, changed("residents", "r3,", "r3,,"))

    assert [fault[:2] for fault in found] == [("residents.csv", 4)]


def test_every_fault_of_a_package_is_named_at_once(tmp_path):
    tables = dict(SOUND)
    for table, old, new in (
        ("residents", "1941", "1841"),
        ("residents", "sv;ar", "Swedish"),
        ("volunteers", "v1,r3", "v1,r33"),
        ("availability", "20:00", "07:00"),
        ("vetting", "interview", "tarot"),
        ("grants", "SN 2026/12", ""),
        ("requests", "q2,", "q1,"),
        ("relations", "r2,v2", "r1,v1"),
    ):
        tables[table] = tables[table].replace(old, new, 1)

    found = faults(tmp_path, tables)

    assert sorted(fault[:3] for fault in found) == [
        ("availability.csv", 5, "ends"),
        ("grants.csv", 2, "decision"),
        ("relations.csv", 3, "volunteer_id"),
        ("requests.csv", 4, "request_id"),
        ("residents.csv", 2, "birth_year"),
        ("residents.csv", 3, "languages"),
        ("vetting.csv", 3, "check"),
        ("volunteers.csv", 2, "resident_id"),
    ]


def test_a_refusal_says_how_many_faults_and_shows_the_first(tmp_path):
    with pytest.raises(
        PackageError, match=r"1 fault, nothing was imported\. First: residents\.csv, line 2, birth_year"
    ):
        read_package(write_folder(tmp_path, changed("residents", "1941", "1841")), Known(), NOW)


def test_now_needs_a_time_zone(tmp_path):
    with pytest.raises(InputError, match="needs a time zone"):
        read_package(write_folder(tmp_path, SOUND), Known(), NOW.replace(tzinfo=None))


def test_facts_do_not_depend_on_the_zone_now_is_given_in(tmp_path):
    write_folder(tmp_path, SOUND)

    here = read_package(tmp_path, Known(), NOW.astimezone(ZoneInfo("Europe/Stockholm")))

    assert here.facts == read_package(tmp_path, Known(), NOW).facts
    assert here.facts != read_package(tmp_path, Known(), NOW + timedelta(hours=1)).facts


def test_an_import_can_be_read_back(tmp_path):
    store = Store.in_memory()

    import_package(store, write_folder(tmp_path, SOUND), "lisa", now=NOW)

    with store.reading() as reading:
        assert list(reading.state("residents_at", NOW)["resident_id"]) == ["r1", "r2", "r3", "r4", "r5"]
        assert list(reading.state("volunteers_at", NOW)["resident_id"]) == ["r3", "r4"]
        assert list(reading.state("requests_at", NOW)["status"]) == ["submitted", "submitted"]
        assert len(reading.state("checks_at", NOW)) == 3
    with store.transaction("lisa", "look") as transaction:
        assert transaction.person("r4", "test")["name"] == "دانا"
        assert list(transaction.notes("q1", "test")["text"]) == ["Ring twice,\nthen wait."]


def test_the_same_package_is_written_once(tmp_path):
    store = Store.in_memory()
    import_package(store, write_folder(tmp_path, SOUND), "lisa", now=NOW)

    again = import_package(store, tmp_path, "lisa", now=NOW + timedelta(days=1))

    assert again.facts == ()
    assert "was imported before" in again.warnings[-1]
    assert last_entry_no(store) == 1


def test_a_second_package_may_refer_to_the_first_but_not_repeat_its_requests(tmp_path):
    store = Store.in_memory()
    import_package(store, write_folder(tmp_path / "one", SOUND), "lisa", now=NOW)
    more = {"requests": SOUND["requests"].replace("q2,", "q3,")}

    with pytest.raises(PackageError) as refusal:
        import_package(store, write_folder(tmp_path / "two", more), "lisa", now=NOW)

    assert [(b.line, b.column) for b in refusal.value.bad_rows] == [(2, "request_id")]
    assert last_entry_no(store) == 1


def test_registering_anew_replaces_details_and_state(tmp_path):
    store = Store.in_memory()
    import_package(store, write_folder(tmp_path / "one", SOUND), "lisa", now=NOW)
    moved = {"residents": changed("residents", "Bo Berg", "Bo Björk")["residents"].replace("1950", "1951")}

    import_package(store, write_folder(tmp_path / "two", moved), "lisa", now=NOW + timedelta(hours=1))

    with store.transaction("lisa", "look") as transaction:
        assert transaction.person("r2", "test")["name"] == "Bo Björk"
    with store.reading() as reading:
        assert list(reading.state("residents_at", NOW)["birth_year"])[1] == 1950
        assert list(reading.state("residents_at", NOW + timedelta(hours=1))["birth_year"])[1] == 1951


def test_nothing_of_a_broken_package_is_written(tmp_path):
    store = Store.in_memory()

    with pytest.raises(PackageError):
        import_package(store, write_folder(tmp_path, changed("relations", "r2,v2", "r2,v9")), "lisa", now=NOW)

    assert last_entry_no(store) == 0
    with store.reading() as reading:
        assert reading.query("sealed_people", resident_ids=None).empty


def test_raising_while_progress_is_told_leaves_nothing_behind(tmp_path):
    store = Store.in_memory()

    def stop(stage):
        if stage.startswith("Writing"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_package(store, write_folder(tmp_path, SOUND), "lisa", progress=stop, now=NOW)

    assert last_entry_no(store) == 0


def test_nothing_can_be_noted_about_a_resident_without_details(tmp_path):
    known = Known(residents=frozenset({"r1", "r2"}), erased=frozenset({"r1"}))

    found = faults(tmp_path, {"requests": SOUND["requests"]}, known)

    assert [fault[:3] for fault in found] == [("requests.csv", 2, "note")]


def last_entry_no(store):
    with store.reading() as reading:
        return reading.last_entry_no


def test_a_form_is_told_what_the_pilot_knows_of_those_it_names():
    with pilot(*EVERYTHING_FITS).reading() as reading:
        everybody = known_in(reading)
        of_ada = known_in(reading, [ADA.resident_id])
        of_milk = known_in(reading, [MILK.request_id, MILK.resident_id])

    assert everybody.residents == {ADA.resident_id, MILK.resident_id}
    assert (of_ada.residents, of_ada.volunteers) == ({ADA.resident_id}, {ADA.volunteer_id: ADA.resident_id})
    assert (of_milk.residents, of_milk.volunteers, of_milk.requests) == ({MILK.resident_id}, {}, {MILK.request_id})
