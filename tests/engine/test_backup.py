"""A backup is whole, made while others work, and says so only when it was opened; it never overwrites anything."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest
from small_pilot import EVERYTHING_FITS, MILK, NOW
from typer.testing import CliRunner

from engine.access import give_role
from engine.commands.keeping import app
from engine.errors import AccessDenied, InputError, StoreError
from engine.facts import RequestWithdrawn
from engine.storage import backup, durable, rewriting
from engine.storage.backup import back_up, condition_of, hash_of
from engine.store import Store


@pytest.fixture
def store(pilot_path):
    store = Store(pilot_path, clock=lambda: NOW)
    with store.transaction("anna", "set up") as transaction:
        transaction.append(EVERYTHING_FITS)
        transaction.put_people({"rut": {"name": "Rut"}})
    return store


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder


def write(store, *request_ids):
    with store.transaction("anna", "test") as transaction:
        transaction.append([RequestWithdrawn(occurred_at=NOW, request_id=request_id) for request_id in request_ids])


def names_in(folder):
    return sorted(file.name for file in folder.iterdir())


def test_a_backup_holds_what_the_pilot_held_and_nothing_of_the_key(store, folder):
    before = condition_of(store)

    made = back_up(store, "anna", folder / "monday.duckdb")

    assert names_in(folder) == ["monday.duckdb"]
    assert made.condition == before
    assert made.content_hash == hash_of(made.path)
    assert "The key is not in it" in made.sentence
    key = store.path.with_name(store.path.name + ".key").read_text().strip()
    content = made.path.read_bytes()
    assert key.encode() not in content
    assert base64.b64decode(key) not in content
    copy = Store(made.path, key_beside=store.path)
    with copy.transaction("anna", "test") as transaction:
        assert transaction.person("rut", "test")["name"] == "Rut"


def test_the_log_tells_of_the_backup_that_it_does_not_hold(store, folder):
    made = back_up(store, "anna", folder / "monday.duckdb")

    with store.reading() as reading:
        [told] = reading.facts_of("backup_made").to_pylist()
    assert told["content_hash"] == made.content_hash
    assert told["until_entry"] == made.condition.until_entry == told["entry_no"] - 1


def test_a_backup_into_a_folder_is_named_after_the_time(store, folder):
    made = back_up(store, "anna", folder)

    assert made.path.name == "my pilot-20261129T170000Z.duckdb"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("taken", "taken exists already; a backup never overwrites a file"),
        ("nowhere/monday", "There is no folder .*nowhere to write a backup into"),
        ("../the council's/my pilot.duckdb", "exists already"),
        ("../the council's/my pilot.duckdb.wal", "a name the pilot keeps for its own files"),
        ("../the council's/my pilot.duckdb.rewriting", "a name the pilot keeps for its own files"),
    ],
)
def test_a_name_that_is_taken_or_means_something_is_refused(store, folder, name, sentence):
    (folder / "taken").write_text("precious")
    before = condition_of(store)

    with pytest.raises(InputError, match=sentence):
        back_up(store, "anna", folder / name)

    assert (folder / "taken").read_text() == "precious"
    assert names_in(folder) == ["taken"]
    assert condition_of(store) == before


def test_a_file_that_turns_up_meanwhile_is_not_overwritten(store, folder, monkeypatch):
    monkeypatch.setattr(backup, "hash_of", lambda path: (folder / "monday").write_text("precious") and hash_of(path))

    with pytest.raises(InputError, match="exists already"):
        back_up(store, "anna", folder / "monday")

    assert (folder / "monday").read_text() == "precious"
    assert names_in(folder) == ["monday"]


def test_a_copy_that_is_not_the_same_as_the_pilot_is_thrown_away(store, folder, monkeypatch):
    copy_to = rewriting.copy_to

    def copy_badly(store, to):
        content_hash = copy_to(store, to)
        with duckdb.connect(str(to)) as connection:
            connection.execute("update facts.request_submitted set minutes = 61")
        return content_hash

    monkeypatch.setattr(rewriting, "copy_to", copy_badly)
    with pytest.raises(StoreError, match="is not the same as the pilot; it was removed"):
        back_up(store, "anna", folder / "monday")

    assert names_in(folder) == []
    with store.reading() as reading:
        assert reading.facts_of("backup_made").num_rows == 0


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_copy_that_was_cut_short_is_thrown_away(store, folder, share, monkeypatch):
    copy = durable.copy

    def cut_short(path, to):
        content_hash = copy(path, to)
        to.write_bytes(to.read_bytes()[: int(share * to.stat().st_size)])
        return content_hash

    monkeypatch.setattr(durable, "copy", cut_short)
    with pytest.raises(StoreError, match=r"monday (cannot be read or written, or is damaged|is not the same)"):
        back_up(store, "anna", folder / "monday")

    assert names_in(folder) == []


def test_only_an_admin_may_back_up_once_there_are_roles(store, folder):
    give_role(store, "cli", "boss", "admin")
    give_role(store, "boss", "anna", "lead")

    with pytest.raises(AccessDenied, match="anna is lead and may not back up and restore the pilot"):
        back_up(store, "anna", folder)

    assert names_in(folder) == []
    assert back_up(store, "boss", folder).condition.until_entry > 0


def test_a_pilot_in_memory_cannot_be_backed_up(folder):
    with pytest.raises(InputError, match="in memory cannot be backed up"):
        back_up(Store.in_memory(), "anna", folder)


def test_problems_of_the_pilot_are_told_and_do_not_keep_it_from_being_backed_up(store, folder):
    with store.transaction("anna", "again") as transaction:
        transaction.append([MILK])

    made = back_up(store, "anna", folder)

    assert made.condition.problems == ("Request milk was submitted 2 times; the newest holds.",)


def test_threads_go_on_writing_while_backups_are_made(store, folder):
    other, n_written, stop = Store(store.path), [], threading.Event()

    def write_on():
        while not stop.is_set():
            write(other, f"r{len(n_written)}")
            n_written.append(None)

    thread = threading.Thread(target=write_on)
    thread.start()
    try:
        made = [back_up(store, "anna", folder / f"{i}") for i in range(3)]
    finally:
        stop.set()
        thread.join()

    assert len(n_written) > 0
    for one in made:
        with duckdb.connect(str(one.path), read_only=True) as connection:
            held = connection.execute("select count(*), max(entry_no) from facts.entry").fetchone()
        assert held == (one.condition.until_entry, one.condition.until_entry)
    with store.reading() as reading:
        assert reading.last_entry_no == 1 + len(n_written) + 3


def test_the_command_backs_up_while_another_program_has_the_pilot_open(store, folder):
    program = "import sys; from pathlib import Path; from engine.store import Store; Store(Path(sys.argv[1])); input()"
    command = [sys.executable, "-c", program, str(store.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=Path(__file__).parents[2]) as other:
        done = CliRunner().invoke(app, ["backup", "--to", str(folder), "--db", str(store.path), "--json"])
        other.communicate(b"\n")

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert Path(told["file"]).exists()
    assert told["key_included"] is False
    assert told["n_rows"]["facts.request_submitted"] == 1
