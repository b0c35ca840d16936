"""A subject export: everything about one person, nobody else's identity, for those who may."""

import json
import stat
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from small_people import ADA_DETAILS, CANARIES, NOTES, RUT_DETAILS, people_pilot
from small_pilot import BASELINE, EVERYTHING_FITS, NOW

from engine import facts
from engine.access import give_role
from engine.errors import AccessDenied, InputError
from engine.facts import all_kinds, columns_of, table_of
from engine.live.incidents import report_incident
from engine.matching import match
from engine.people.masking import mask_of
from engine.people.persons import contact
from engine.people.subject_export import personal_kinds, subject_export, words


@pytest.fixture
def pilot():
    return people_pilot(None)


def exported(store, folder, resident_id="rut", **more):
    written = subject_export(store, "anna", resident_id, folder, **more)
    return json.loads(written.json_file.read_text(encoding="utf-8")), written.html_file.read_text(encoding="utf-8")


def test_an_export_holds_details_notes_facts_and_who_read_them(pilot, tmp_path):
    contact(pilot, "hanna", "rut", "call")
    match(pilot, BASELINE, NOW)

    content, _ = exported(pilot, tmp_path)

    assert content["details"]["phone"] == "070-1740699"
    assert {note["subject"]: note["text"] for note in content["notes"]} == NOTES
    held = {kind: len(rows) for kind, rows in content["facts"].items()}
    assert held == {
        "resident_registered": 1, "grant_decided": 1, "request_submitted": 2, "visit_agreed": 1, "visit_ended": 1,
        "feedback_given": 1, "incident_reported": 1, "incident_triaged": 1, "incident_closed": 1, "proposal_made": 1,
        "price_found": 1,
    }  # fmt: skip
    assert ("hanna", "rut", "call") in [(r["actor_id"], r["resident_id"], r["purpose"]) for r in content["read_by"]]


def test_a_volunteers_export_tells_of_the_volunteer_and_of_the_visits(pilot, tmp_path):
    content, _ = exported(pilot, tmp_path, "ada")

    assert content["facts"]["volunteer_registered"][0]["volunteer_id"] == "Ada"
    assert len(content["facts"]["check_cleared"]) == 2
    assert content["facts"]["visit_agreed"][0]["request_id"] == "lamp"
    assert "request_submitted" not in content["facts"]


def test_all_of_rut_is_in_her_export_and_of_it_only_their_incident_in_adas(pilot, tmp_path):
    hers, page = exported(pilot, tmp_path)
    adas, adas_page = exported(pilot, tmp_path, "ada")

    text = json.dumps(hers, ensure_ascii=False)
    assert [canary for canary in CANARIES if canary not in text or canary not in page] == []
    told = json.dumps(adas, ensure_ascii=False) + adas_page
    assert {canary for canary in CANARIES if canary in told} == {text for text in CANARIES if text in NOTES["fell"]}


def test_what_was_written_of_an_incident_is_in_the_export_of_the_volunteer_it_names_without_the_resident(
    pilot, tmp_path
):
    text = f"Ada skrek åt {RUT_DETAILS['name']} och tog pengar."
    incident_id = report_incident(pilot, "anna", "conduct", 3, text, visit_id="v-lamp")
    other = report_incident(pilot, "anna", "worry", 1, "Öppnade inte.", resident_id="rut")

    content, page = exported(pilot, tmp_path, "ada", language="en")

    told = {note["subject"]: note["text"] for note in content["notes"]}
    assert told == {"fell": NOTES["fell"], incident_id: "Ada skrek åt [another person] och tog pengar."}
    assert "tog pengar" in page
    assert other not in page
    with pilot.reading() as reading:
        read = reading.facts_of("identity_read").to_pylist()
    assert ("rut", "notes", "subject export") in [(row["resident_id"], row["what"], row["purpose"]) for row in read]


def test_an_incident_with_a_protected_person_is_told_of_without_its_text(pilot, tmp_path):
    with pilot.transaction("test", "protect") as transaction:
        hidden = replace(EVERYTHING_FITS[0], occurred_at=NOW, lat=None, lon=None, protected_identity=True)
        transaction.append([hidden])

    content, _ = exported(pilot, tmp_path, "ada")

    assert content["notes"] == []
    assert [row["incident_id"] for row in content["facts"]["incident_reported"]] == ["fell"]


def test_others_who_are_named_in_a_note_are_replaced(pilot, tmp_path):
    note = f"Ring Ada eller {ADA_DETAILS['phone']}; {ADA_DETAILS['name'].upper()} har nyckel. Rut vet."
    with pilot.transaction("test", "note") as transaction:
        transaction.put_notes([("n", "rut", "talk", note)])

    content, page = exported(pilot, tmp_path, language="en")

    [said] = [note["text"] for note in content["notes"] if note["subject"] == "talk"]
    other = "[another person]"
    assert said == f"Ring {other} eller {other}; {other} har nyckel. Rut vet."
    assert "Lovelace" not in page


def test_a_mask_leaves_ordinary_words_and_the_persons_own_names_alone():
    import pandas as pd

    people = pd.DataFrame({
        "resident_id": ["a", "b"], "name": ["Eva Berg", "Bo Berg Sten"], "phone": None, "email": None, "address": None,
    })  # fmt: skip

    assert mask_of(people, "a", "X")("Eva Berg och Sten vid en sten, Bo") == "Eva Berg och X vid en sten, Bo"


@pytest.mark.parametrize(("language", "title"), [("sv", "Dina uppgifter"), ("en", "Your data")])
def test_the_page_is_readable_in_both_languages_and_well_formed(pilot, tmp_path, language, title):
    _, page = exported(pilot, tmp_path, language=language)

    parser = _Balanced()
    parser.feed(page)
    assert f'<html lang="{language}">' in page
    assert title in page
    assert parser.open == []
    assert parser.headings[0] == "h1"


class _Balanced(HTMLParser):
    """Notes what is open and which headings come."""

    def __init__(self):
        super().__init__()
        self.open, self.headings = [], []

    def handle_starttag(self, tag, attrs):
        if tag != "meta":
            self.open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_what_somebody_wrote_is_shown_as_text_and_never_as_html(pilot, tmp_path):
    with pilot.transaction("test", "note") as transaction:
        transaction.put_notes([("n", "rut", "talk", "<script>alert(1)</script>")])

    _, page = exported(pilot, tmp_path)

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_an_erased_person_still_has_an_export_of_what_is_left(pilot, tmp_path):
    from engine.privacy import decide_erasure, erase, request_erasure

    asked = request_erasure(pilot, "anna", "rut", "objection")
    decide_erasure(pilot, "bo", asked.erasure_id, "approved", "complies")
    erase(pilot, "bo", asked.erasure_id)

    content, page = exported(pilot, tmp_path)

    assert (content["details"], content["notes"]) == ({}, [])
    assert len(content["facts"]["person_erased"]) == 1
    assert "Inga kontaktuppgifter" in page


def test_files_are_for_their_writer_alone_and_never_overwritten(pilot, tmp_path):
    written = subject_export(pilot, "anna", "rut", tmp_path / "new")

    assert [stat.S_IMODE(f.stat().st_mode) for f in (written.json_file, written.html_file)] == [0o600, 0o600]
    with pytest.raises(InputError, match="exists already"):
        subject_export(pilot, "anna", "rut", tmp_path / "new")


def test_an_export_is_refused_across_municipalities_and_of_protected_people(tmp_path):
    hidden = replace(EVERYTHING_FITS[1], occurred_at=NOW, lat=None, lon=None, protected_identity=True)
    store = people_pilot(None, hidden)
    give_role(store, "root", "root", "admin")
    give_role(store, "root", "lars", "coordinator", ["1282"])
    give_role(store, "root", "hanna", "coordinator", ["1283"])
    give_role(store, "root", "petra", "coordinator_protected", ["1283"])

    with pytest.raises(AccessDenied):
        subject_export(store, "lars", "rut", tmp_path)
    with pytest.raises(AccessDenied):
        subject_export(store, "hanna", "ada", tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert subject_export(store, "petra", "ada", tmp_path).html_file.exists()


@pytest.mark.parametrize(("resident", "language", "said"), [("nobody", "sv", "no resident"), ("rut", "fi", "sv or en")])
def test_an_unknown_resident_or_language_is_refused(pilot, tmp_path, resident, language, said):
    with pytest.raises(InputError, match=said):
        subject_export(pilot, "anna", resident, tmp_path, language=language)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_kind_of_fact_and_every_column_about_a_person_has_words(language):
    said = words(language)
    columns = {table_of(kind): columns_of(kind) for kind in all_kinds()}
    needed = {name for kind in (*personal_kinds(), "price_found") for name in columns[kind]}

    assert {*personal_kinds(), "price_found"} - said["kind"].keys() == set()
    assert needed - said["column"].keys() == set()


def test_every_fact_that_names_a_resident_or_volunteer_is_looked_through():
    naming = {table_of(kind) for kind in all_kinds() if {"resident_id", "volunteer_id"} & set(columns_of(kind))}

    assert naming <= personal_kinds().keys()
    assert {"visit_ended", "offer_closed", "message_settled", "erasure_decided"} <= personal_kinds().keys()
    assert table_of(facts.RunMade) not in personal_kinds()
