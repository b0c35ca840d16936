"""The research extract: enough to replay and to judge, nobody in it, and proved so before it gets its name."""

import json
import string
from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_people import ADA_DETAILS, CANARIES, RUT_DETAILS, people_pilot
from small_pilot import ADA_AT_HOME, BASELINE, BEFORE, MILK, NOW, RUT

from engine import facts
from engine.access import give_role
from engine.errors import AccessDenied, InputError
from engine.live import adoption
from engine.matching import match
from engine.policy import Policy
from engine.research.anonymity import (
    QUASI_IDENTIFIERS,
    K,
    Pseudonyms,
    age_band,
    broad_band,
    generalised,
    told_languages,
)
from engine.research.extract import write_extract
from engine.research.extract_tables import tables
from engine.research.leaks import LeakError, first_of, must_not_leak, secrets_of

# Rut and Ada are each one of five or more.
NEIGHBOURS = (
    *(replace(RUT, resident_id=f"n{nth}", birth_year=1941) for nth in range(6)),
    *(replace(RUT, resident_id=f"m{nth}", birth_year=1991) for nth in range(4)),
)
PEOPLE = pd.DataFrame([{"resident_id": "rut", **RUT_DETAILS}, {"resident_id": "ada", **ADA_DETAILS}])


@pytest.fixture(scope="module")
def matched():
    store = people_pilot(None, *NEIGHBOURS)
    match(store, BASELINE, NOW)
    return store


@pytest.fixture(scope="module")
def made(matched, tmp_path_factory):
    return write_extract(matched, "nils", tmp_path_factory.mktemp("made") / "extract")


def read(made, table):
    return pd.read_parquet(made.folder / f"{table}.parquet")


def test_an_extract_has_every_table_with_its_rows(made):
    assert made.n_rows == {
        "residents": 12, "volunteers": 1, "availability": 1, "checks": 2, "requests": 2, "policies": 1,
        "policy_numbers": len(read(made, "policy_numbers")), "runs": 1, "proposals": 1, "unmatched": 0, "offers": 0,
        "answers": 0, "visits": 1, "outcomes": 1, "feedback": 1, "incidents": 1, "surveys": 0,
    }  # fmt: skip
    assert {path.stem for path in made.folder.glob("*.parquet")} == {table.name for table in tables()}


def test_nothing_of_the_people_is_in_any_byte_of_it(made):
    content = b"".join(path.read_bytes() for path in made.folder.iterdir())
    ids = [b"rut", b"Ada", b"milk", b"lamp", b"v-lamp", b"fell"]

    assert [canary for canary in CANARIES if len(canary) > 5 and canary.encode() in content] == []
    assert [name for name in ids[2:] if name in content] == []


def test_the_tables_fit_together_by_pseudonym(made):
    residents, requests, visits = read(made, "residents"), read(made, "requests"), read(made, "visits")

    assert set(requests["resident_id"]) <= set(residents["resident_id"])
    assert set(visits["request_id"]) <= set(requests["request_id"])
    assert set(read(made, "outcomes")["visit_id"]) == set(visits["visit_id"])
    assert set(read(made, "proposals")["run_id"]) == set(read(made, "runs")["run_id"])
    assert set(read(made, "runs")["fingerprint"]) == set(read(made, "policies")["fingerprint"])


def test_pseudonyms_differ_from_extract_to_extract(matched, made, tmp_path):
    other = write_extract(matched, "nils", tmp_path / "other")

    assert set(read(made, "residents")["resident_id"]).isdisjoint(read(other, "residents")["resident_id"])
    assert made.content_hash != other.content_hash


def test_times_are_whole_hours_and_windows_are_widened(matched, tmp_path):
    odd = replace(
        MILK, request_id="odd", earliest_at=datetime(2026, 12, 1, 9, 50), latest_at=datetime(2026, 12, 1, 11, 10)
    )
    store = people_pilot(None, *NEIGHBOURS, odd)

    made = write_extract(store, "nils", tmp_path / "out")

    requests = read(made, "requests")
    assert datetime(2026, 12, 1, 9) in set(requests["earliest_at"])
    assert datetime(2026, 12, 1, 12) in set(requests["latest_at"])
    hours = [read(made, t.name)[c.name].dropna() for t in tables() for c in t.columns if c.kind == "hour"]
    assert all((times.dt.minute == 0).all() and (times.dt.second == 0).all() for times in hours)


def test_who_is_protected_is_left_out_with_all_that_is_theirs(tmp_path):
    hidden = replace(RUT, occurred_at=NOW, lat=None, lon=None, protected_identity=True)
    store = people_pilot(None, *NEIGHBOURS, hidden)

    made = write_extract(store, "nils", tmp_path / "out", BEFORE)

    assert made.n_rows["residents"] == 11
    assert made.n_rows["requests"] == 0
    assert made.n_rows["visits"] == 0


def test_the_moment_of_an_extract_holds_for_every_table(tmp_path):
    store = people_pilot(None, *NEIGHBOURS)

    made = write_extract(store, "nils", tmp_path / "out", BEFORE)

    assert made.n_rows["visits"] == 1
    assert (made.n_rows["outcomes"], made.n_rows["feedback"], made.n_rows["incidents"]) == (0, 0, 0)


def test_codes_outside_of_their_list_become_other(tmp_path):
    odd = facts.IncidentReported(
        occurred_at=BEFORE, incident_id="i", visit_id=None, resident_id="n1", volunteer_id=None,
        kind="Rut Kanariefågel", severity=1,
    )  # fmt: skip
    store = people_pilot(None, *NEIGHBOURS, odd)

    incidents = read(write_extract(store, "nils", tmp_path / "out"), "incidents")

    assert sorted(incidents["kind"]) == ["injury", "other"]


def test_a_policy_named_after_somebody_stops_the_extract_says_where_and_leaves_nothing(tmp_path):
    store = people_pilot(None, *NEIGHBOURS)
    named = Policy.from_text(BASELINE.content.replace('name = "baseline"', 'name = "zetterqvist"'))
    adoption.adopt(store, named, "leo", "a test")

    with pytest.raises(LeakError, match=r"a name is in policies\.policy"):
        write_extract(store, "nils", tmp_path / "out")

    assert list(tmp_path.iterdir()) == []
    with store.reading() as reading:
        assert len(reading.facts_of("extract_made")) == 0


def write_tables(folder, **changed):
    """Write an extract's empty tables, one of them with other columns."""
    types = {"whole": pa.int64(), "number": pa.float64(), "flag": pa.bool_()}
    times = {"day": pa.timestamp("us"), "hour": pa.timestamp("us")}
    for table in tables():
        schema = [(c.name, {**types, **times}.get(c.kind, pa.string())) for c in table.columns]
        empty = pa.table({name: pa.array([], kind) for name, kind in schema})
        if table.name in changed:
            rows = {name: [changed[table.name].get(name)] for name, _ in schema}
            empty = pa.table({name: pa.array(rows[name], kind) for name, kind in schema})
        pq.write_table(empty, folder / f"{table.name}.parquet", compression="none", use_dictionary=False)


@pytest.mark.parametrize(
    ("table", "values", "where"),
    [
        ("residents", {"resident_id": "rut"}, r"residents\.resident_id"),
        ("residents", {"languages": "Lovelace"}, r"residents\.languages"),
        ("requests", {"service": "Rut"}, r"requests\.service"),
        ("policies", {"policy": "for-ada"}, r"policies\.policy"),
        ("runs", {"objective": RUT_DETAILS["lat"]}, r"runs\.objective"),
        ("runs", {"gap": ADA_DETAILS["lon"]}, r"runs\.gap"),
        ("outcomes", {"minutes": 701740699}, r"outcomes\.minutes"),
        ("policies", {"fingerprint": "Zetterqvist"}, r"policies\.fingerprint"),
    ],
)
def test_the_proof_finds_what_may_not_be_in_a_column_and_says_which(tmp_path, table, values, where):
    write_tables(tmp_path, **{table: values})

    with pytest.raises(LeakError, match=where) as found:
        must_not_leak(tmp_path, tables(), secrets_of(PEOPLE))

    assert not any(str(value) in str(found.value) for value in values.values() if value not in ("rut", "Rut"))


def test_the_proof_passes_empty_tables(tmp_path):
    write_tables(tmp_path)

    must_not_leak(tmp_path, tables(), secrets_of(PEOPLE))


@pytest.mark.parametrize("secret", [RUT_DETAILS["name"], ADA_DETAILS["email"], "Hemliga gränden 87B", "070-1740699"])
def test_the_proof_reads_the_bytes_of_every_file(tmp_path, secret):
    write_tables(tmp_path)
    (tmp_path / "README.md").write_text(f"Thanks to {secret}!", encoding="utf-8")

    with pytest.raises(LeakError, match=r"README\.md"):
        must_not_leak(tmp_path, tables(), secrets_of(PEOPLE))


def test_what_is_hidden_in_a_parquet_file_beside_its_cells_is_found_too(tmp_path):
    write_tables(tmp_path)
    table = pq.read_table(tmp_path / "runs.parquet").replace_schema_metadata({"made for": RUT_DETAILS["name"]})
    pq.write_table(table, tmp_path / "runs.parquet")

    with pytest.raises(LeakError, match="runs"):
        must_not_leak(tmp_path, tables(), secrets_of(PEOPLE))


def test_an_extract_is_a_data_package_that_describes_every_file(made):
    package = json.loads((made.folder / "datapackage.json").read_text(encoding="utf-8"))
    readme = (made.folder / "README.md").read_text(encoding="utf-8")

    assert package["profile"] == "data-package"
    for resource, table in zip(package["resources"], tables(), strict=True):
        frame = read(made, table.name)
        assert resource["bytes"] == (made.folder / resource["path"]).stat().st_size
        assert [field["name"] for field in resource["schema"]["fields"]] == list(frame.columns)
        assert not frame.duplicated(resource["schema"]["primaryKey"]).any()
        for key in resource["schema"]["foreignKeys"]:
            parent = read(made, key["reference"]["resource"])
            assert frame[key["fields"]].dropna().isin(parent[key["reference"]["fields"]]).all()
        assert all(f"| {column.name} |" in readme for column in table.columns)


def test_the_log_notes_that_everybody_was_read_for_the_proof_and_what_was_made(matched, made):
    with matched.reading() as reading:
        reads = reading.facts_of("identity_read").to_pylist()
        facts_made = reading.facts_of("extract_made").to_pylist()

    assert ("nils", "*", "extract proof") in [(r["actor_id"], r["resident_id"], r["purpose"]) for r in reads]
    assert made.content_hash in [fact["content_hash"] for fact in facts_made]


def test_an_extract_is_refused_to_a_coordinator_and_over_an_existing_folder(tmp_path):
    store = people_pilot(None)
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="exists already"):
        write_extract(store, "nils", tmp_path / "out")
    give_role(store, "root", "root", "admin")
    give_role(store, "root", "hanna", "coordinator", ["1283"])

    with pytest.raises(AccessDenied):
        write_extract(store, "hanna", tmp_path / "new")


def test_a_small_group_is_left_out_and_its_size_is_not_told(tmp_path):
    made = write_extract(people_pilot(None), "nils", tmp_path / "out")

    assert made.n_suppressed == 2
    assert sum(made.n_rows[name] for name in ("residents", "volunteers", "requests", "visits", "checks")) == 0
    assert "Fewer than 5 residents were left out" in (made.folder / "README.md").read_text(encoding="utf-8")


residents = st.lists(
    st.tuples(st.sampled_from(["1282", "1283"]), st.integers(0, 104), st.sampled_from(["sv", "ar;sv", "so", ""])),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(residents)
def test_nobody_is_described_so_that_fewer_than_five_fit(people):
    table = pd.DataFrame(
        [(f"r{nth:03}", *person) for nth, person in enumerate(people)],
        columns=["resident_id", "municipality_code", "age", "languages"],
    ).astype({"municipality_code": "str", "languages": "str", "age": "int64"})

    told = generalised(table)

    assert told.empty or told.groupby(QUASI_IDENTIFIERS).size().min() >= K
    assert told["resident_id"].is_unique
    assert len(table) - len(told) < K
    mine = told.merge(table, on="resident_id", suffixes=("", "_true"))
    assert (
        mine["municipality_code"]
        .isin(["*"])
        .to_numpy()[mine["municipality_code"] != mine["municipality_code_true"]]
        .all()
    )
    bands = [{age_band(age), broad_band(age), "*"} for age in mine["age"]]
    assert all(band in allowed for band, allowed in zip(mine["age_band"], bands, strict=True))


def test_bands_of_five_and_of_twenty_years_never_share_a_name():
    narrow, broad = ({band(age) for age in range(121)} for band in (age_band, broad_band))

    assert narrow.isdisjoint(broad)
    assert [age_band(age) for age in (0, 4, 5, 89, 90, 104)] == ["0-4", "0-4", "5-9", "85-89", "90+", "90+"]
    assert [broad_band(age) for age in (0, 19, 20, 64, 65, 80)] == ["0-19", "0-19", "20-39", "40-64", "65-79", "80+"]


def test_a_request_tells_no_language_that_is_not_told_of_its_resident():
    asked, spoken = pd.Series(["so", "sv", "", "ar;sv"]), pd.Series(["*", "sv", "*", "ar;sv"])

    assert told_languages(asked, spoken).tolist() == ["*", "sv", "", "ar;sv"]


@given(st.text(max_size=20), st.text(max_size=20))
def test_pseudonyms_tell_ids_apart_and_look_like_no_name_or_number(one, other):
    pseudonyms = Pseudonyms()

    first, second = pseudonyms.of("resident", pd.Series([one, other]))

    assert (first == second) == (one == other)
    assert pseudonyms.of("volunteer", pd.Series([one]))[0] != first
    assert len(first) == 14
    assert not set(first) & set("aeiouyåäö" + string.digits)


@given(st.binary(max_size=60), st.binary(min_size=4, max_size=8), st.integers(0, 60))
def test_many_byte_strings_are_found_at_once_wherever_they_stand(content, wanted, at):
    whole = content[:at] + wanted + content[at:]

    assert first_of(whole, [wanted, b"something else"]) == whole.find(wanted)
    assert first_of(content, [wanted]) == (content.find(wanted) if wanted in content else None)


def test_round_coordinates_are_ordinary_numbers_and_short_names_are_no_words():
    people = PEOPLE.assign(name=["Bo Ek", "An Li"], lat=[56.0, 57.25], lon=np.nan, phone=None)

    secrets = secrets_of(people)

    assert secrets.numbers == frozenset()
    assert secrets.words == frozenset()
    assert ADA_AT_HOME.lat not in secrets.numbers
