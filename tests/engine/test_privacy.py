"""Erasure: asked for, decided by a second person, done and proved; what is finished stays as it was."""

import logging
import os
import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from struct import pack

import pytest
from small_people import (
    ADA_DETAILS,
    CANARIES,
    DECISION,
    GRANT,
    RUT_DETAILS,
    people_pilot,
    place_rows,
)
from small_pilot import ADA, BASELINE, EVERYTHING_FITS, MILK, NOW, TUESDAY

from engine import facts, privacy
from engine.access import give_role
from engine.errors import AccessDenied, ImpossibleStep, InputError
from engine.explain import explain
from engine.live.answers import answer_offer
from engine.live.incidents import report_incident
from engine.matching import match
from engine.people import destruction
from engine.people.destruction import search
from engine.people.persons import contact
from engine.people.registration import decide_grant, register_resident
from engine.people.retention import retain
from engine.people.subject_export import subject_export
from engine.privacy import decide_erasure, erase, erasure_of, erasures, request_erasure
from engine.research.extract import write_extract
from engine.storage.audit import verify_log
from engine.storage.log_check import check_log
from engine.store import Store
from engine.verify import verify

ROOT = Path(__file__).parents[2]
ADA_COMES = facts.VisitAgreed(
    occurred_at=NOW, visit_id="v-milk", request_id="milk", volunteer_id="Ada", starts_at=TUESDAY.replace(hour=9),
    ends_at=TUESDAY.replace(hour=10), minutes=70,
)  # fmt: skip


@pytest.fixture
def pilot(tmp_path):
    store = people_pilot(tmp_path / "pilot.duckdb")
    yield store
    store.close()


@pytest.fixture
def in_memory():
    return people_pilot(None)


def approved(store, resident_id="rut", basis="consent_withdrawn"):
    asked = request_erasure(store, "anna", resident_id, basis)
    return decide_erasure(store, "bo", asked.erasure_id, "approved", "complies").erasure_id


def erased(store, resident_id="rut"):
    return erase(store, "bo", approved(store, resident_id))


def state(store, macro):
    with store.reading() as reading:
        return reading.state(macro, NOW + timedelta(days=1))


def hits(folder, strings):
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            found += [(path.name, text) for text in strings if text in content]
    return found


def test_nothing_of_an_erased_person_is_found_in_any_file_or_log_written_before_or_after(pilot, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    strings = [text.encode() for text in CANARIES]
    strings += [pack("<d", RUT_DETAILS["lat"]), pack("<d", RUT_DETAILS["lon"])]
    with pilot.transaction("test", "control") as transaction:
        known = " ".join(map(str, transaction.person("rut", "control").values()))
        known += " ".join(transaction.notes_about(["rut"], "control")["text"]) + DECISION
    assert [text for text in CANARIES if text not in known] == []
    assert hits(tmp_path, [DECISION.encode()]) != []

    proof = erased(pilot)

    write_extract(pilot, "anna", tmp_path / "extract")
    subject_export(pilot, "anna", "rut", tmp_path / "export")
    subject_export(pilot, "anna", "ada", tmp_path / "export")
    retain(pilot, "anna", dry_run=False)
    assert hits(tmp_path, strings) == []
    told = " ".join([caplog.text, proof.sentence, str(proof.certificate()), str(erasures(pilot, "anna"))])
    assert [text for text in CANARIES if text in told] == []
    assert "rut" not in proof.sentence


def test_the_search_finds_the_key_before_and_nowhere_after(pilot):
    proof = erased(pilot)

    assert proof.n_found_before >= 1
    assert proof.search.found == ()
    assert proof.is_clean
    assert "none found" in proof.sentence


def test_a_copy_that_still_holds_the_key_is_named_by_the_proof(pilot, tmp_path):
    backups = tmp_path / "backups"
    backups.mkdir()
    (backups / "monday.duckdb").write_bytes(pilot.path.read_bytes())
    erasure_id = approved(pilot)

    proof = erase(pilot, "bo", erasure_id, also=[backups])

    assert not proof.is_clean
    assert [name for name, _ in proof.search.found] == ["monday.duckdb"]
    assert "monday.duckdb" in proof.sentence


def test_what_is_finished_stays_as_it_was(in_memory):
    macros = ("visits_at", "feedback_at", "incidents_at", "offers_at", "checks_at", "volunteers_at")
    before = {macro: state(in_memory, macro) for macro in macros}
    requests = state(in_memory, "requests_at")

    erased(in_memory)

    assert all(state(in_memory, macro).equals(before[macro]) for macro in macros)
    after = state(in_memory, "requests_at")
    is_done = requests["status"] == "completed"
    unplaced = requests.columns.difference(["lat", "lon"])
    assert is_done.sum() == 1
    assert after[is_done][unplaced].equals(requests[is_done][unplaced])


def test_open_requests_are_withdrawn_and_places_and_decisions_gone_while_coarse_facts_stay(in_memory):
    proof = erased(in_memory)

    requests = state(in_memory, "requests_at").set_index("request_id")
    [row] = place_rows(in_memory, "rut")
    assert requests["status"].to_dict() == {"milk": "withdrawn", "lamp": "completed"}
    assert (row["lat"], row["lon"], row["birth_year"], row["municipality_code"]) == (None, None, 1940, "1283")
    assert state(in_memory, "grants_at")["decision"].tolist() == [""]
    assert (proof.erasure.n_notes, proof.erasure.n_places, proof.erasure.n_requests) == (3, 2, 1)
    with pytest.raises(InputError, match="erased"):
        contact(in_memory, "anna", "rut", "call")


def test_a_volunteer_who_is_erased_leaves_and_the_resident_who_waits_is_open_again():
    offer = facts.OfferSent(
        occurred_at=NOW, offer_id="o", request_id="bread", volunteer_id="Ada",
        starts_at=TUESDAY.replace(hour=11), ends_at=TUESDAY.replace(hour=12), minutes=70, distance_km=1.0,
        expires_at=NOW + timedelta(days=1), run_id=None,
    )  # fmt: skip
    store = people_pilot(None, ADA_COMES, replace(MILK, request_id="bread"), offer)

    proof = erased(store, "ada")

    visits = state(store, "visits_at").set_index("visit_id")
    assert (visits.loc["v-milk", "status"], visits.loc["v-milk", "side"]) == ("cancelled", "municipality")
    assert state(store, "offers_at")["status"].tolist() == ["closed"]
    assert state(store, "volunteers_at")["left_at"].notna().all()
    assert state(store, "requests_at").set_index("request_id").loc["milk", "status"] == "submitted"
    assert (proof.erasure.n_visits, proof.erasure.n_offers) == (1, 1)


EVA, BEN = replace(EVERYTHING_FITS[0], resident_id="eva"), replace(EVERYTHING_FITS[1], resident_id="ben")
OTHERS = (
    EVA, BEN, replace(ADA, volunteer_id="Ben", resident_id="ben"), replace(MILK, request_id="bread", resident_id="eva"),
)  # fmt: skip
WAYS = {"travel_minutes", "minutes", "distance_km", "value", "value_distance"}


def asked(request_id, volunteer_id):
    """Give a proposal and an open offer that tell how far a volunteer lives from a resident."""
    pair = {"occurred_at": NOW, "request_id": request_id, "volunteer_id": volunteer_id}
    times = {"starts_at": TUESDAY.replace(hour=9), "ends_at": TUESDAY.replace(hour=10)}
    proposal = facts.ProposalMade(
        **pair, **times, run_id="run", travel_minutes=7, minutes=67, distance_km=1.234, value=8.77, value_served=10.0,
        value_urgency=0.0, value_waiting=0.0, value_distance=-1.23, value_continuity=0.0, value_preference=0.0,
    )  # fmt: skip
    offer = facts.OfferSent(
        **pair, **times, offer_id=f"{request_id}-{volunteer_id}", minutes=67, distance_km=1.234,
        expires_at=NOW + timedelta(hours=30), run_id=None,
    )  # fmt: skip
    return proposal, offer


def ways_left(store):
    """List the pairs of which any way is still told, by proposal or offer."""
    with store.reading() as reading:
        rows = [row for table in ("proposal_made", "offer_sent") for row in reading.facts_of(table).to_pylist()]
    return [(row["request_id"], row["volunteer_id"]) for row in rows if any(row.get(name) for name in WAYS)]


@pytest.mark.parametrize("resident_id", ["rut", "ada"])
def test_no_way_is_left_from_which_the_place_of_the_erased_could_be_computed(resident_id):
    store = people_pilot(None, *OTHERS, *asked("milk", "Ada"), *asked("bread", "Ben"))

    erased(store, resident_id)

    assert ways_left(store) == [("bread", "Ben")] * 2
    assert state(store, "offers_at").set_index("offer_id")["status"].to_dict() == {
        "milk-Ada": "closed", "bread-Ben": "sent",
    }  # fmt: skip
    with store.reading() as reading:
        assert check_log(reading).faults == ()


@pytest.mark.parametrize(("resident_id", "details"), [("rut", RUT_DETAILS), ("ada", ADA_DETAILS)])
def test_who_becomes_protected_is_not_asked_for_any_more_and_no_way_leads_to_them(resident_id, details):
    store = people_pilot(None, *OTHERS, *asked("milk", "Ada"), *asked("bread", "Ben"))
    cells = {"resident_id": resident_id, "name": details["name"], "municipality_code": "1283", "birth_year": "1940",
             "languages": "sv", "protected_identity": "yes"}  # fmt: skip

    register_resident(store, "petra", cells)

    assert ways_left(store) == [("bread", "Ben")] * 2
    with pytest.raises(ImpossibleStep, match="is closed"):
        answer_offer(store, "petra", "milk-Ada", "accepted")
    requests = state(store, "requests_at").set_index("request_id")["status"]
    assert (requests["milk"], requests["bread"]) == ("submitted", "offered")


def test_no_reference_leads_to_a_protected_person():
    store = people_pilot(None)
    cells = {"resident_id": "rut", "name": RUT_DETAILS["name"], "municipality_code": "1283", "birth_year": "1940",
             "languages": "sv", "protected_identity": "yes"}  # fmt: skip

    register_resident(store, "petra", cells)
    decide_grant(store, "petra", {"resident_id": "rut", "service": "shopping", "valid_from": "2026-01-01",
                                  "decision": "SN 2026-99"})  # fmt: skip

    with store.reading() as reading:
        assert reading.facts_of("grant_decided")["decision"].to_pylist() == ["", ""]


def test_a_visit_that_has_begun_is_left_for_its_outcome():
    just_now = replace(ADA_COMES, starts_at=datetime(2026, 11, 29, 17), ends_at=datetime(2026, 11, 29, 19))
    store = people_pilot(None, just_now)

    erased(store)

    assert state(store, "visits_at").set_index("visit_id").loc["v-milk", "status"] == "agreed"


def test_the_log_is_whole_after_an_erasure_and_says_what_was_removed(pilot):
    erased(pilot)

    assert verify_log(pilot, "anna").faults == ()


def test_notes_about_others_that_name_the_person_are_pointed_out_to_be_corrected(in_memory):
    with in_memory.transaction("test", "note") as transaction:
        transaction.put_notes([("n", "ada", "talk", f"Ada likes {RUT_DETAILS['name'].upper()} best.")])

    proof = erased(in_memory)

    assert proof.mentions == ("talk",)
    assert "talk" in proof.sentence


def test_what_was_written_of_an_incident_with_the_person_is_pointed_out_even_without_their_name(in_memory):
    written = report_incident(in_memory, "anna", "conduct", 3, "Hon skrek och tog pengar.", visit_id="v-lamp")
    elsewhere = report_incident(in_memory, "anna", "worry", 1, "Öppnade inte.", resident_id="rut")

    proof = erased(in_memory, "ada")

    assert set(proof.mentions) == {"fell", written}
    assert elsewhere not in proof.sentence


def test_the_one_who_asks_cannot_approve(in_memory):
    asked = request_erasure(in_memory, "anna", "rut", "consent_withdrawn")

    with pytest.raises(ImpossibleStep, match="second person"):
        decide_erasure(in_memory, "anna", asked.erasure_id, "approved", "complies")
    with pytest.raises(ImpossibleStep, match="only an approved erasure"):
        erase(in_memory, "anna", asked.erasure_id)


def test_a_refused_erasure_destroys_nothing_and_may_be_asked_for_again(in_memory):
    asked = request_erasure(in_memory, "anna", "rut", "consent_withdrawn")

    decide_erasure(in_memory, "bo", asked.erasure_id, "refused", "case_open")

    with pytest.raises(ImpossibleStep, match="refused"):
        erase(in_memory, "bo", asked.erasure_id)
    assert contact(in_memory, "anna", "rut", "call")["name"] == RUT_DETAILS["name"]
    assert request_erasure(in_memory, "anna", "rut", "objection").status == "requested"


CARED_FOR = replace(GRANT, service="home_help_cognitive", valid_to=date(2026, 6, 30))


def test_what_the_law_keeps_cannot_be_erased_before_its_time():
    store = people_pilot(None, CARED_FOR)
    asked = request_erasure(store, "anna", "rut", "consent_withdrawn")

    assert asked.not_before == date(2031, 6, 30)
    with pytest.raises(ImpossibleStep, match="2031-06-30"):
        decide_erasure(store, "bo", asked.erasure_id, "approved", "complies")
    store.clock = lambda: NOW.replace(year=2031, month=7)
    assert decide_erasure(store, "bo", asked.erasure_id, "approved", "complies").status == "approved"


def test_an_authoritys_decision_goes_before_what_must_be_kept():
    store = people_pilot(None, CARED_FOR)

    assert erased_on(store, "authority_decision").is_clean


def erased_on(store, basis):
    return erase(store, "bo", approved(store, basis=basis))


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda s: request_erasure(s, "anna", "nobody", "objection"), InputError, "no resident 'nobody'"),
        (lambda s: request_erasure(s, "anna", "rut", "dislike"), InputError, "no ground of erasure 'dislike'"),
        (lambda s: decide_erasure(s, "bo", "e", "approved", "complies"), InputError, "no erasure 'e'"),
        (lambda s: decide_erasure(s, "bo", "e", "approved", "case_open"), InputError, "no reason for 'approved'"),
        (lambda s: decide_erasure(s, "bo", "e", "maybe", "complies"), InputError, "no reason for 'maybe'"),
        (lambda s: erase(s, "bo", "e"), InputError, "no erasure 'e'"),
    ],
)
def test_what_is_unknown_is_refused_with_a_sentence(in_memory, call, error, said):
    with pytest.raises(error, match=said):
        call(in_memory)


def test_an_erasure_is_asked_for_once_and_not_of_somebody_erased(in_memory):
    erasure_id = approved(in_memory)

    with pytest.raises(ImpossibleStep, match="approved already"):
        request_erasure(in_memory, "anna", "rut", "objection")
    erase(in_memory, "bo", erasure_id)
    with pytest.raises(ImpossibleStep, match="Nothing is kept"):
        request_erasure(in_memory, "anna", "rut", "objection")


def test_roles_and_municipalities_hold_for_erasure_too(in_memory):
    give_role(in_memory, "root", "root", "admin")
    give_role(in_memory, "root", "hanna", "coordinator", ["1283"])
    give_role(in_memory, "root", "lars", "coordinator", ["1282"])

    with pytest.raises(AccessDenied):
        request_erasure(in_memory, "lars", "rut", "objection")
    asked = request_erasure(in_memory, "hanna", "rut", "objection")
    with pytest.raises(AccessDenied):
        decide_erasure(in_memory, "hanna", asked.erasure_id, "approved", "complies")
    assert erasures(in_memory, "lars") == []
    assert [e.erasure_id for e in erasures(in_memory, "root")] == [asked.erasure_id]


def test_an_erasure_that_stopped_before_the_file_was_rewritten_is_completed_by_running_it_again(pilot, monkeypatch):
    erasure_id = approved(pilot)
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            erase(pilot, "bo", erasure_id)
    assert erasure_of(pilot, "bo", erasure_id).status == "erased"

    proof = erase(pilot, "bo", erasure_id)

    assert proof.erasure.status == "proved"
    assert proof.n_found_before is None
    assert proof.is_clean
    assert hits(pilot.path.parent, [DECISION.encode()]) == []


def interrupted(*_):
    raise KeyboardInterrupt


def test_retention_completes_an_interrupted_erasure_too(pilot, monkeypatch):
    erasure_id = approved(pilot)
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            erase(pilot, "bo", erasure_id)

    retain(pilot, "bo", dry_run=False)

    assert erasure_of(pilot, "bo", erasure_id).status == "proved"


def trace_of(store, resident_id):
    with store.reading() as reading:
        [trace] = [row["key_trace"] for row in reading.facts_of("person_erased").to_pylist()
                   if row["resident_id"] == resident_id]  # fmt: skip
    return bytes.fromhex(trace)


def test_what_is_destroyed_while_another_erasure_searches_is_not_taken_for_proved(pilot, monkeypatch):
    """Ada's erasure dies before the file is rewritten; Rut's, which began before, has rewritten it already."""
    first, second = approved(pilot, "rut"), approved(pilot, "ada")

    def search_while_ada_is_erased(files, traces):
        with monkeypatch.context() as patched:
            patched.setattr(destruction, "search", search)
            patched.setattr(privacy, "finish", interrupted)
            with pytest.raises(KeyboardInterrupt):
                erase(Store(pilot.path, clock=lambda: NOW), "bo", second)
        return search(files, traces)

    with monkeypatch.context() as patched:
        patched.setattr(destruction, "search", search_while_ada_is_erased)
        erase(pilot, "bo", first)
    # Whether Ada's trace is still in a freed block by now is up to DuckDB; nobody has looked, so nothing is proved.
    assert [erasure_of(pilot, "bo", name).status for name in (first, second)] == ["proved", "erased"]

    assert erase(pilot, "bo", second).erasure.status == "proved"
    assert hits(pilot.path.parent, [trace_of(pilot, "ada")]) == []


def test_an_erasure_whose_key_is_still_found_somewhere_is_not_proved_until_it_is_gone(pilot, tmp_path):
    copy = tmp_path / "monday.duckdb"
    copy.write_bytes(pilot.path.read_bytes())
    erasure_id = approved(pilot)
    assert erase(pilot, "bo", erasure_id, also=[copy]).erasure.status == "erased"
    copy.unlink()

    assert erase(pilot, "bo", erasure_id).erasure.status == "proved"


KILLED = """
    import os, signal, sys
    from pathlib import Path
    sys.path.insert(0, "tests")
    from small_people import NOW
    from engine import store as stores
    from engine.storage import durable
    from engine.privacy import erase
    path, erasure_id, moment = sys.argv[1:]
    def kill(*_, **__):
        os.kill(os.getpid(), signal.SIGKILL)
    replace, rewrite = os.replace, stores.Store.rewrite
    if moment == "before the rewriting":
        stores.Store.rewrite = kill
    elif moment == "before the new file is in place":
        os.replace = kill
    elif moment == "after it":
        os.replace = lambda *a: (replace(*a), kill())
    erase(stores.Store(Path(path), clock=lambda: NOW), "bo", erasure_id)
"""


@pytest.mark.parametrize("moment", ["before the rewriting", "before the new file is in place", "after it"])
def test_an_erasure_killed_at_any_moment_is_completed_by_running_it_again(pilot, moment):
    erasure_id = approved(pilot)
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(pilot.path), erasure_id, moment]
    child = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    assert child.returncode == -9, child.stderr.decode()

    again = Store(pilot.path, clock=lambda: NOW)
    proof = erase(again, "bo", erasure_id)

    assert proof.is_clean
    assert proof.erasure.status == "proved"
    assert verify_log(again, "anna").faults == ()
    assert hits(pilot.path.parent, [DECISION.encode()]) == []


def test_a_run_that_rests_on_an_erased_person_says_so_and_accuses_nobody(in_memory):
    match(in_memory, BASELINE, NOW)
    assert verify(in_memory).proof == "optimal"

    erased(in_memory)

    found = verify(in_memory)
    assert found.faults == ()
    assert found.n_erased == 1
    assert "1 person whose place was erased since" in found.sentence
    assert "NOT" not in found.sentence


def test_the_explanation_of_a_proposal_says_that_the_way_was_erased(in_memory):
    match(in_memory, BASELINE, NOW)

    erased(in_memory, "ada")

    assert explain(in_memory, "milk").in_words()[0] == (
        "Ada on Tue 1 December at 09:00; how far away was erased with one of the two."
    )


def test_a_changed_proposal_of_others_is_still_found_after_an_erasure():
    wrong = facts.ProposalMade(
        occurred_at=NOW, run_id="run", request_id="bread", volunteer_id="Ben", starts_at=TUESDAY.replace(hour=9),
        ends_at=TUESDAY.replace(hour=10), travel_minutes=5, minutes=65, distance_km=1.0, value=1.0, value_served=1.0,
        value_urgency=0.0, value_waiting=0.0, value_distance=0.0, value_continuity=0.0, value_preference=0.0,
    )  # fmt: skip
    store = people_pilot(None, *OTHERS)
    run = match(store, BASELINE, NOW)
    with store.transaction("test", "change") as transaction:
        transaction.append([replace(wrong, run_id=run.run_id)])

    erased(store)

    assert any("Ben for bread" in fault for fault in verify(store).faults)


def test_the_same_person_may_register_again_under_a_new_key(in_memory):
    erased(in_memory)

    with in_memory.transaction("anna", "register") as transaction:
        transaction.append([replace(EVERYTHING_FITS[0], occurred_at=NOW)])
        transaction.put_people({"rut": RUT_DETAILS})

    assert contact(in_memory, "anna", "rut", "call")["name"] == RUT_DETAILS["name"]
    assert request_erasure(in_memory, "anna", "rut", "objection").status == "requested"


def test_the_search_looks_at_bytes_in_every_file(tmp_path):
    (tmp_path / "a").write_bytes(b"xxneedlexx")
    (tmp_path / "b").write_bytes(b"")

    found = search([tmp_path / "a", tmp_path / "b"], [b"needle", b"hay"])

    assert (found.n_traces, found.n_files, found.found, found.n_found) == (2, 2, (("a", 1),), 1)
