"""How files become tables of text: what is read, what is refused, and that nothing untrusted does harm."""

from __future__ import annotations

import io
import json
import os
import zipfile
from datetime import date, datetime, time, timedelta

import pytest
from openpyxl import Workbook, load_workbook
from small_package import NOW, SOUND, changed, write_folder, write_workbook

from engine.errors import PackageError
from engine.intake import Known, read_package
from engine.packages import rawtable, workbook
from engine.packages.cells import TABLES
from engine.packages.package import read_raw
from engine.packages.rawtable import BadRow, Report, shortened

RELATIONS = "resident_id,volunteer_id,kind\nr1,v1,preferred\n"


def raw(source):
    """Read a source that must be sound as far as files go."""
    report = Report(source.name)
    package = read_raw(source, TABLES, report)
    assert report.bad_rows == []
    return package


def faults(source):
    """Read a source that must be refused, and return (file, line, column, expected) of every fault."""
    report = Report(source.name)
    read_raw(source, TABLES, report)
    return [(b.file, b.line, b.column, b.expected) for b in report.bad_rows]


def relations(folder, content):
    """Write relations.csv of these bytes or this text."""
    (folder / "relations.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def sheet_of(path, rows, title="relations"):
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + RELATIONS.encode(),
        RELATIONS.replace("\n", "\r\n"),
        RELATIONS.replace("\n", "\r"),
        RELATIONS.replace("\n", "\n\n , ,\n"),
        "\n" + RELATIONS.replace(",", " , "),
        RELATIONS.replace("preferred", '"preferred"').removesuffix("\n"),
    ],
    ids=["byte order mark", "CRLF", "CR", "blank lines", "spaces", "quotes, no last line end"],
)
def test_the_ways_programs_write_csv_are_all_read(tmp_path, content):
    table = raw(relations(tmp_path, content)).tables["relations"]

    assert table.header == ("resident_id", "volunteer_id", "kind")
    assert [cells for _, cells in table.rows] == [("r1", "v1", "preferred")]


def test_lines_are_counted_as_an_editor_shows_them(tmp_path):
    content = 'resident_id,volunteer_id,kind\n"r\n1",v1,preferred\n\nr2,v2,blocked\n'

    table = raw(relations(tmp_path, content)).tables["relations"]

    assert [line for line, _ in table.rows] == [2, 5]


BROKEN_CSV = [
    ("", 1, "the file is empty"),
    (" \n\n", 1, "the file is empty"),
    (RELATIONS.replace(",", ";"), 1, "this file uses ';'"),
    (RELATIONS.replace(",", "\t"), 1, "this file uses tabs"),
    (RELATIONS + "r2,v2\n", 3, "3 cells as in the header, not 2"),
    (RELATIONS + "r2,v2,blocked,\n", 3, "3 cells as in the header, not 4"),
    (RELATIONS + 'r2,v2,"blocked\n', 3, "quotes"),
    (RELATIONS + 'r2,"v2,blocked\nr3,v3,blocked\n', 3, "quotes"),
    (RELATIONS + 'r2,"v"2,blocked\n', 3, "quotes"),
    (RELATIONS + "r2,v\x002,blocked\n", 3, "NUL"),
    (RELATIONS + "r2,v\x1b[31m2,blocked\n", 3, "control characters"),
    (RELATIONS.encode("utf-16"), 1, "text in UTF-8"),
    (RELATIONS.encode("utf-16-le"), 1, "NUL"),
    (RELATIONS.encode() + "r2,vå,blocked".encode("cp1252"), 3, "CSV UTF-8"),
    (b"\xef\xbb\xbf" + RELATIONS.encode() + "r2,vå,blocked".encode("cp1252"), 3, "CSV UTF-8"),
    (RELATIONS + f"r2,v2,{'x' * 10_001}\n", 3, "at most 10000 characters"),
    (RELATIONS + f"r2,v2,{'x' * 10_000_000}\n", 3, "at most 10000 characters"),
    (RELATIONS + "r2" + "," * 10_000_000 + "\n", 3, "3 cells as in the header"),
    (",".join(f"c{i}" for i in range(101)) + "\n", 1, "at most 100 columns"),
]


@pytest.mark.parametrize(("content", "line", "expected"), BROKEN_CSV, ids=[str(i) for i in range(len(BROKEN_CSV))])
def test_a_broken_file_is_one_fault_with_its_line(tmp_path, content, line, expected):
    found = faults(relations(tmp_path, content))

    assert {fault[:2] for fault in found} == {("relations.csv", line)}
    assert expected in found[0][3]


def test_rows_after_a_giant_cell_are_still_checked(tmp_path):
    content = RELATIONS + f"r2,v2,{'x' * 1_000_000}\nr3,v3\n"

    assert [fault[1] for fault in faults(relations(tmp_path, content))] == [3, 4]


def test_a_latin_1_line_is_shown_as_it_was_meant(tmp_path):
    report = Report("package")

    read_raw(relations(tmp_path, RELATIONS.encode() + "r2,Åsa,blocked\nr3".encode("cp1252")), TABLES, report)

    assert report.bad_rows[0].value == "r2,Åsa,blocked"


def test_unknown_missing_and_repeated_columns_are_named_at_the_header(tmp_path):
    relations(tmp_path, "resident_id,volunteer,kind,kind\nr1,v1,blocked,blocked\n")

    with pytest.raises(PackageError) as refusal:
        read_package(tmp_path, Known(residents=frozenset({"r1"})), NOW)

    assert [(b.line, b.column, b.expected) for b in refusal.value.bad_rows] == [
        (1, "volunteer", "one of the columns resident_id, volunteer_id, kind"),
        (1, "kind", "a column that stands once"),
        (1, "volunteer_id", "a column volunteer_id, which is missing"),
    ]


def test_a_header_alone_is_a_table_without_rows(tmp_path):
    intake = read_package(relations(tmp_path, RELATIONS.splitlines()[0]), Known(), NOW)

    assert intake.n_rows == {"relations": 0}
    assert intake.warnings == ("relations.csv has no rows.",)


def test_files_that_are_no_tables_are_ignored_with_a_warning(tmp_path):
    relations(tmp_path, RELATIONS)
    (tmp_path / "readme.txt").write_text("hello")
    (tmp_path / "people.csv").write_text("name\nAda\n")
    (tmp_path / ".hidden").write_text("")

    package = raw(tmp_path)

    assert list(package.tables) == ["relations"]
    assert package.warnings == (
        "people.csv was ignored: it is no table of a data package.",
        "readme.txt was ignored: it is no table of a data package.",
    )


def test_names_that_cannot_be_shown_are_not_repeated_as_they_are(tmp_path):
    relations(tmp_path, RELATIONS)
    (tmp_path / "a\x1b\u202e.txt").write_text("")

    assert raw(tmp_path).warnings == ("a\ufffd\ufffd.txt was ignored: it is no table of a data package.",)


def test_caps_on_files_and_rows_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(rawtable, "ROWS_MAX", 2)
    relations(tmp_path, RELATIONS + "r2,v2,blocked\nr3,v3,blocked\n")
    assert faults(tmp_path) == [("relations.csv", 4, "", "at most 2 rows; the rest was not read")]

    monkeypatch.setattr(rawtable, "FILE_BYTES_MAX", 20)
    assert "a file of at most" in faults(tmp_path)[0][3]


def test_a_file_of_the_wrong_kind_stops_at_the_cap_on_faults(tmp_path, monkeypatch):
    monkeypatch.setattr(rawtable, "FAULTS_MAX", 5)
    relations(tmp_path, RELATIONS + "r2\n" * 100)
    book = sheet_of(tmp_path / "pilot.xlsx", [["a"], *[["=1+1"]] * 100])

    for source in (tmp_path, book):
        with pytest.raises(PackageError, match="Reading stopped at 5 faults") as refusal:
            faults(source)
        assert len(refusal.value.bad_rows) == 5


def test_what_is_neither_folder_nor_workbook_is_refused(tmp_path):
    (tmp_path / "pilot.csv").write_text("")

    for source in (tmp_path / "nowhere", tmp_path / "pilot.csv"):
        with pytest.raises(PackageError, match="neither a folder"):
            raw(source)
    with pytest.raises(PackageError, match="holds none of the tables residents"):
        raw(tmp_path / ".")


def describe(folder, *resources):
    (folder / "datapackage.json").write_text(json.dumps({"name": "pilot", "resources": list(resources)}))
    return folder


def test_the_descriptor_says_which_file_holds_which_table(tmp_path):
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "pairs.csv").write_text(RELATIONS)
    describe(tmp_path, {"name": "relations", "path": "csv/pairs.csv"}, {"name": "photos", "path": "photos.zip"})

    package = raw(tmp_path)

    assert len(package.tables["relations"].rows) == 1
    assert package.warnings[0] == "photos.zip was ignored: it is no table of a data package."


def test_two_files_for_one_table_are_refused(tmp_path):
    relations(tmp_path, RELATIONS)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "relations.csv").write_text(RELATIONS)

    listed_twice = faults(describe(tmp_path, {"path": "relations.csv"}, {"path": "more/relations.csv"}))
    beside_the_listed = faults(describe(tmp_path, {"path": "more/relations.csv"}))

    assert [fault[0] for fault in listed_twice] == ["datapackage.json"]
    assert [fault[0] for fault in beside_the_listed] == ["relations.csv"]


def test_a_table_the_descriptor_forgot_is_read_with_a_warning(tmp_path):
    write_folder(tmp_path, {name: SOUND[name] for name in ("residents", "volunteers")})
    describe(tmp_path, {"name": "residents", "path": "residents.csv"})

    package = raw(tmp_path)

    assert list(package.tables) == ["residents", "volunteers"]
    assert package.warnings == ("volunteers.csv is not listed in datapackage.json; it was read all the same.",)


@pytest.mark.parametrize(
    "path",
    [
        "../relations.csv",
        "a/../../relations.csv",
        "/etc/passwd",
        "https://example.se/relations.csv",
        "C:relations.csv",
        "..\\relations.csv",
        "rel\u0000ations.csv",
        "\ud800.csv",
        "",
        ["relations.csv"],
        None,
        7,
    ],
)
def test_a_path_that_leaves_the_folder_is_refused(tmp_path, path):
    folder = tmp_path / "package"
    folder.mkdir()
    relations(tmp_path, RELATIONS)

    found = faults(describe(folder, {"name": "relations", "path": path}))

    assert [(file, column) for file, _, column, _ in found] == [("datapackage.json", "path")]


def test_a_listed_file_must_exist(tmp_path):
    found = faults(describe(tmp_path, {"name": "relations", "path": "relations.csv"}))

    assert found == [("relations.csv", 1, "", "a file that exists inside the folder; links out of it are not followed")]


@pytest.mark.parametrize("content", ["{", "[]", '{"resources": 1}', "[" * 100_000, "9" * 5000, b"\xff\xfe"])
def test_a_descriptor_must_be_json_with_resources(tmp_path, content):
    relations(tmp_path, RELATIONS)
    (tmp_path / "datapackage.json").write_bytes(content.encode() if isinstance(content, str) else content)

    assert [fault[0] for fault in faults(tmp_path)] == ["datapackage.json"]


def test_links_out_of_the_folder_and_pipes_are_not_followed(tmp_path):
    folder = tmp_path / "package"
    folder.mkdir()
    relations(tmp_path, RELATIONS)
    (folder / "relations.csv").symlink_to(tmp_path / "relations.csv")
    (folder / "grants.csv").symlink_to("grants.csv")
    (folder / "vetting.csv").symlink_to("/dev/zero")
    os.mkfifo(folder / "requests.csv")

    assert [fault[0] for fault in faults(folder)] == ["vetting.csv", "grants.csv", "requests.csv", "relations.csv"]


def test_a_workbook_holds_the_same_as_the_csv_files(tmp_path):
    from_csv = read_package(write_folder(tmp_path / "csv", SOUND), Known(), NOW)

    from_workbook = read_package(write_workbook(tmp_path / "pilot.xlsx", SOUND), Known(), NOW)

    assert from_workbook == from_csv


def test_the_same_content_has_the_same_hash_in_any_format(tmp_path):
    csv_hash = raw(write_folder(tmp_path / "csv", SOUND)).content_hash

    assert raw(write_workbook(tmp_path / "pilot.xlsx", SOUND)).content_hash == csv_hash
    assert raw(write_folder(tmp_path / "other", changed("relations", "blocked", "preferred"))).content_hash != csv_hash


def test_what_excel_typed_becomes_the_text_of_the_csv(tmp_path):
    book = Workbook()
    book.active.title = "requests"
    book.active.append(["number", "float", "day", "moment", "midnight", "clock", "late", "truth", "length", "empty"])
    moments = [date(2026, 12, 1), datetime(2026, 12, 1, 9, 0), datetime(2026, 12, 1), time(9)]
    book.active.append([1, 56.05, *moments, time(8, 29, 59, 999_000), True, timedelta(hours=1, minutes=5), None])
    book.save(tmp_path / "pilot.xlsx")

    [(_, cells)] = raw(tmp_path / "pilot.xlsx").tables["requests"].rows

    assert cells[:5] == ("1", "56.05", "2026-12-01", "2026-12-01T09:00", "2026-12-01T00:00")
    assert cells[5:] == ("09:00", "08:30", "yes", "01:05", "")


def test_formulas_and_errors_are_refused_and_never_computed(tmp_path):
    path = sheet_of(
        tmp_path / "pilot.xlsx",
        [["resident_id", "volunteer_id", "kind"], ["=HYPERLINK(1)", "v1", "#N/A"], ["r2", "v2", "blocked"]],
    )
    book = load_workbook(path)
    book.active["C2"].data_type = "e"
    book.save(path)

    found = faults(path)

    assert [fault[:3] for fault in found] == [
        ("pilot.xlsx, sheet relations", 2, "resident_id"),
        ("pilot.xlsx, sheet relations", 2, "kind"),
    ]
    assert "not a formula" in found[0][3]


def test_text_that_looks_like_a_formula_stays_text_in_csv(tmp_path):
    relations(tmp_path, RELATIONS.replace("r1", "=1+1"))

    assert raw(tmp_path).tables["relations"].rows[0][1][0] == "=1+1"


def test_other_sheets_are_ignored_with_a_warning(tmp_path):
    path = write_workbook(tmp_path / "pilot.xlsx", {"relations": RELATIONS, "Blad1": "a,b\n"})

    package = raw(path)

    assert list(package.tables) == ["relations"]
    assert package.warnings == ("pilot.xlsx: sheet Blad1 was ignored: it is no table of a data package.",)


def test_a_sheet_may_leave_cells_at_the_end_of_a_row_out_but_not_add_any(tmp_path):
    path = sheet_of(tmp_path / "pilot.xlsx", [["a", "b"], ["1"], [], ["1", "2", "3"]])

    assert faults(path) == [("pilot.xlsx, sheet relations", 4, "", "2 cells as in the header, not 3")]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x03\x04" + b"\x00" * 500, RELATIONS.encode()])
def test_a_file_that_is_no_workbook_is_refused(tmp_path, content):
    (tmp_path / "pilot.xlsx").write_bytes(content)

    assert "workbook" in faults(tmp_path / "pilot.xlsx")[0][3]


def rewritten(path, member, change):
    """Rewrite one member of a workbook's archive."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[member] = change(members[member])
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    path.write_bytes(stream.getvalue())
    return path


def test_a_zip_bomb_is_refused_before_it_is_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "UNCOMPRESSED_BYTES_MAX", 1_000_000)
    path = write_workbook(tmp_path / "pilot.xlsx", {"relations": RELATIONS})
    rewritten(path, "xl/worksheets/sheet1.xml", lambda _: b" " * 1_000_001)

    assert path.stat().st_size < 20_000
    assert "unpacks to at most 1 MB" in faults(path)[0][3]


def test_xml_entities_are_refused(tmp_path):
    path = write_workbook(tmp_path / "pilot.xlsx", {"relations": RELATIONS})
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet'
    rewritten(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"<worksheet", bomb, 1))

    assert "EntitiesForbidden" in faults(path)[0][3]


def test_a_sheet_that_lies_about_its_rows_does_not_run_forever(tmp_path):
    path = write_workbook(tmp_path / "pilot.xlsx", {"relations": RELATIONS})
    rewritten(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'<row r="2"', b'<row r="999999999999"'))

    assert raw(path).tables["relations"].rows == ()


def test_a_value_is_shortened_and_made_fit_to_show():
    assert shortened("a\x1b[31m\u202eb\n") == "a\ufffd[31m\ufffdb\ufffd"
    assert shortened("x" * 1000) == "x" * 79 + "…"


def test_a_bad_row_reads_as_a_sentence():
    row = BadRow("residents.csv", 3, "birth_year", "1899", "a whole number from 1900 to 2100")

    assert str(row) == "residents.csv, line 3, birth_year: expected a whole number from 1900 to 2100, found '1899'."
