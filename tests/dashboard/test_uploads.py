"""Uploads: a package is stored as a whole, or every bad row is shown in the language of whoever looks."""

import pytest
from small_people import people_pilot
from small_pilot import NOW

from dashboard import words
from dashboard.panels import faults
from dashboard.service import uploads
from engine.errors import InputError
from engine.packages.cells import TABLES, CellError


@pytest.fixture
def store(dashboard):
    """Give the pilot of Rut and Ada, over which the dashboard stands."""
    return people_pilot(dashboard.path)


def stored(store, table):
    with store.reading() as reading:
        return reading.facts_of(table).to_pylist()


GOOD = (
    "resident_id,name,phone,email,address,municipality_code,lat,lon,birth_year,languages\n"
    "r-siv,Siv Nilsson,070-1740677,,,1283,56.05,12.7,1950,sv\n"
)
HEAD = GOOD.splitlines()[0]


def test_an_upload_is_stored_as_a_whole(store):
    imported = uploads.upload(store, "anna", {"residents.csv": GOOD.encode()}, NOW)

    assert (imported.n_rows, imported.bad_rows) == ({"residents": 1}, None)
    assert stored(store, "resident_registered")[-1]["resident_id"] == "r-siv"


def test_an_upload_with_faults_stores_nothing_and_lists_every_bad_row(store):
    rows = f"{HEAD}\nr-1,,1,,,9999,56.05,12.7,1950,sv\nr-2,Bo,070-1740677,,,1283,99,12.7,1950,sv\n"
    n_before = len(stored(store, "resident_registered"))

    imported = uploads.upload(store, "anna", {"residents.csv": rows.encode()}, NOW)

    assert len(stored(store, "resident_registered")) == n_before
    faults_found = imported.bad_rows[["line", "column"]].itertuples(index=False, name=None)
    assert set(faults_found) == {(2, "name"), (2, "phone"), (2, "municipality_code"), (3, "lat")}


def test_the_empty_workbook_can_be_uploaded_as_it_is(store):
    imported = uploads.upload(store, "anna", {"mikro.xlsx": uploads.template()}, NOW)

    assert imported.bad_rows is None
    assert set(imported.n_rows) == set(TABLES)


def test_an_uploaded_name_cannot_lead_out_of_its_folder(store, tmp_path):
    uploads.upload(store, "anna", {f"../../{tmp_path.name}/residents.csv": GOOD.encode()}, NOW)

    assert not (tmp_path / "residents.csv").exists()
    with pytest.raises(InputError, match="needs a name"):
        uploads.upload(store, "anna", {"..": b"x"}, NOW)


def test_an_upload_that_is_too_large_is_refused_unread(store):
    with pytest.raises(InputError, match="at most 5 MB"):
        uploads.upload(store, "anna", {"residents.csv": b"x" * (uploads.UPLOAD_BYTES_MAX + 1)}, NOW)


def test_a_workbook_does_not_come_with_other_files(store):
    with pytest.raises(InputError, match=r"one \.xlsx workbook"):
        uploads.upload(store, "anna", {"a.xlsx": b"", "residents.csv": b""}, NOW)


def test_bad_rows_are_shown_with_what_was_expected_in_the_language(dashboard, store):
    app = dashboard.open("intake", language="sv")
    bad = GOOD.replace("1950", "x")
    app.session_state["upload-result"] = uploads.upload(store, "anna", {"residents.csv": bad.encode()}, NOW)

    app.run()

    assert app.dataframe[0].value["expected"].tolist() == ["Ett heltal från 1900 till 2100"]


@pytest.mark.parametrize("sentence", faults.SENTENCES)
def test_every_sentence_about_a_cell_has_its_swedish(sentence):
    assert words.catalogue("sv").sentences.get((None, sentence))


@pytest.mark.parametrize("column", [column for columns in TABLES.values() for column in columns], ids=lambda c: c.name)
def test_whatever_a_column_expects_is_one_of_the_sentences(column):
    try:
        column.read("?\n" + "x" * 70)
    except CellError as error:
        assert faults.said(str(error)) != str(error)
