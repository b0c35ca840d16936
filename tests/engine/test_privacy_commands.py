"""People's rights from the command line, as one person asks and another decides."""

import json

import pytest
from small_people import RUT_DETAILS, people_pilot
from small_pilot import NOW
from typer.testing import CliRunner

from engine.cli import app


@pytest.fixture
def mikro(tmp_path):
    """Run ``mikro`` on the small pilot as of its evening."""
    people_pilot(tmp_path / "pilot.duckdb").close()

    def run(*words, actor="anna", as_of=NOW):
        moment = ["--as-of", as_of.isoformat()] if as_of else []
        called = [*words, "--db", tmp_path / "pilot.duckdb", "--actor", actor, *moment]
        return CliRunner().invoke(app, [str(word) for word in called])

    return run


def test_a_person_is_erased_by_two_accounts_and_the_proof_is_printed(mikro):
    asked = mikro("erase", "rut", "--basis", "consent_withdrawn")
    alone = mikro("erase", "rut", "--approve")
    done = mikro("erase", "rut", "--approve", actor="bo")
    status = mikro("erase", "rut", "--status", "--json")

    assert (asked.exit_code, alone.exit_code, done.exit_code) == (0, 1, 0)
    assert "a second person has to decide it" in asked.output
    assert "a second person has to decide it" in alone.stderr
    assert "none found" in done.output
    assert [erasure["status"] for erasure in json.loads(status.output)] == ["proved"]


def test_a_refused_erasure_says_so(mikro):
    mikro("erase", "rut", "--basis", "objection")

    refused = mikro("erase", "rut", "--refuse", "--reason", "case_open", "--json", actor="bo")

    assert json.loads(refused.output)["status"] == "refused"
    assert mikro("erase", "rut", "--approve", actor="bo").exit_code == 1


def test_erase_alone_asks_for_it_because_the_person_wishes(mikro):
    asked = mikro("erase", "rut", "--json")

    assert (asked.exit_code, json.loads(asked.stdout)["legal_basis"]) == (0, "consent_withdrawn")


@pytest.mark.parametrize("words", [("--approve", "--refuse"), ("--basis", "objection", "--status")])
def test_erase_wants_exactly_one_thing_at_a_time(mikro, words):
    asked = mikro("erase", "rut", *words)

    assert asked.exit_code == 2
    assert "--basis" in asked.stderr


def test_a_copy_that_still_holds_the_key_makes_the_command_fail(mikro, tmp_path):
    mikro("erase", "rut", "--basis", "objection")
    (tmp_path / "old copy").write_bytes((tmp_path / "pilot.duckdb").read_bytes())

    done = mikro("erase", "rut", "--approve", "--search", tmp_path / "old copy", "--json", actor="bo")

    assert done.exit_code == 1
    assert list(json.loads(done.output)["found"]) == ["old copy"]


def test_a_subject_export_is_written_to_two_files(mikro, tmp_path):
    written = mikro("subject-export", "rut", "--out", tmp_path / "out", "--language", "en", "--json", as_of=None)

    names = [path.rsplit("/", 1)[-1] for path in json.loads(written.output)["files"]]
    assert names == ["subject-rut.json", "subject-rut.html"]
    assert RUT_DETAILS["name"] in (tmp_path / "out" / "subject-rut.html").read_text(encoding="utf-8")


def test_retention_lists_what_will_be_due_and_destroys_nothing_before_its_time(mikro):
    later = NOW.replace(year=2029, month=3)

    listed = mikro("retain", as_of=later)
    too_early = mikro("retain", "--do", as_of=later)
    done = mikro("retain", "--do", "--json", as_of=None)

    assert "5 due; nothing was destroyed" in listed.output
    assert "has not come" in too_early.stderr
    assert (json.loads(done.output)["n_notes"], json.loads(done.output)["erasure_ids"]) == (0, [])


def test_an_extract_is_written_to_a_new_folder(mikro, tmp_path):
    made = mikro("extract", "--out", tmp_path / "extract", "--json")
    again = mikro("extract", "--out", tmp_path / "extract")

    assert json.loads(made.output)["n_suppressed"] == 2
    assert (tmp_path / "extract" / "datapackage.json").exists()
    assert again.exit_code == 1
    assert "exists already" in again.stderr
