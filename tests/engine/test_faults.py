"""What can go wrong outside the program, one fault a test: a sentence for the user, and nothing lost.

The table of ``engine/README.md`` (What can go wrong) names these tests; the last one here holds it to that.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from bench import kills
from bench.towns import town as matching_of
from small_pilot import EVERYTHING_FITS, NOW
from typer.testing import CliRunner

from engine.checks import violations
from engine.errors import StoreBusyError, StoreError
from engine.facts import OverrideStated, RequestWithdrawn
from engine.solver import solve
from engine.storage import identity, trouble
from engine.storage.backup import back_up, condition_of
from engine.storage.log_check import check_log
from engine.store import Store
from simulations.package import write_package
from simulations.population import town

ROOT = Path(__file__).parents[2]
SHELL = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from engine.facts import RequestWithdrawn
from engine.store import Store
store = Store(Path(sys.argv[1]))
with store.held():
    for i in range(3):
        with store.transaction("anna", "test") as transaction:
            transaction.append([RequestWithdrawn(occurred_at=datetime(2026, 3, 2, tzinfo=UTC), request_id=str(i))])
    os.kill(os.getpid(), signal.SIGKILL)
"""
HOLDER = """
import sys
from pathlib import Path
from engine.store import Store
with Store(Path(sys.argv[1])).held():
    print("open", flush=True)
    input()
"""


@pytest.fixture
def store(pilot_path):
    store = Store(pilot_path, clock=lambda: NOW)
    with store.transaction("anna", "set up") as transaction:
        transaction.append(EVERYTHING_FITS)
        transaction.put_people({"rut": {"name": "Rut"}})
    return store


def write(store, n=1):
    """Append facts that do not shrink when stored."""
    with store.transaction("anna", "test") as transaction:
        transaction.append([RequestWithdrawn(occurred_at=NOW, request_id=os.urandom(32).hex()) for _ in range(n)])
    return transaction.entry_no


def assert_whole(path, n_entries):
    with Store(path).reading() as reading:
        log = check_log(reading)
    assert log.faults == ()
    assert log.n_entries == n_entries


@contextmanager
def program(text, *arguments):
    """Run a program beside this one until it is told to end."""
    command = [sys.executable, "-c", text, *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as running:
        assert running.stdout.readline() == "open\n"
        try:
            yield running
        finally:
            running.communicate("\n")


@pytest.fixture
def small_disk(tmp_path):
    """Give a folder that is a disk of 8 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if sys.platform != "linux" or not shutil.which("mount"):
        pytest.skip("needs a disk in memory")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "none", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a disk in memory")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill_disk(folder):
    try:
        with (folder / "ballast").open("wb", buffering=0) as ballast:
            while ballast.write(bytes(4096)):
                pass
    except OSError as error:
        assert error.errno in trouble.NO_ROOM


def test_a_full_disk_is_said_keeps_what_was_acknowledged_and_can_still_be_read(small_disk):
    path = small_disk / "pilot.duckdb"
    store, n_acknowledged = Store.create(path), 0

    with pytest.raises(StoreError, match=r"cannot be written: its disk is full\. What was stored before is safe"):
        for _ in range(100):
            n_acknowledged = write(store, 3000)

    assert n_acknowledged > 0
    with Store(path).reading() as reading:
        assert reading.last_entry_no == n_acknowledged
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    assert write(store, 3000) == n_acknowledged + 1
    assert_whole(path, n_acknowledged + 1)


def test_an_entry_that_just_fitted_the_full_disk_is_acknowledged_and_stays(small_disk):
    """DuckDB keeps it in its log when it cannot write it into the file; that is no error of the user's."""
    path = small_disk / "pilot.duckdb"
    store = Store.create(path)
    write(store, 100)
    with store.held():
        entry_no = write(store, 3)
        fill_disk(small_disk)

    with Store(path).reading() as reading:
        assert reading.last_entry_no == entry_no

    (small_disk / "ballast").unlink()
    assert_whole(path, entry_no)


def test_a_full_disk_stops_a_rewriting_and_the_old_file_stays(small_disk):
    store = Store.create(small_disk / "pilot.duckdb")
    write(store, 2000)
    before = condition_of(store)
    fill_disk(small_disk)

    with pytest.raises(StoreError, match="its disk is full"):
        store.rewrite()

    (small_disk / "ballast").unlink()
    assert condition_of(store) == before
    assert sorted(file.name for file in small_disk.iterdir() if file.suffix == ".rewriting") == []


def test_a_full_backup_disk_leaves_no_half_backup(store, small_disk):
    fill_disk(small_disk)

    with pytest.raises(StoreError, match=r"monday.duckdb.* cannot be written: its disk is full"):
        back_up(store, "anna", small_disk / "monday.duckdb")

    assert [file.name for file in small_disk.iterdir()] == ["ballast"]
    assert_whole(store.path, 1)


@contextmanager
def as_an_ordinary_user():
    """Root may write anywhere, so a test run as root gives its rights up for a while."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.fixture
def open_folder():
    """Give a folder that other users can reach."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        Path(folder).chmod(0o700)


@pytest.mark.skipif(os.name != "posix", reason="needs file modes")
def test_a_read_only_folder_is_said(open_folder):
    path = open_folder / "pilot.duckdb"
    Store.create(path)
    identity.key_file(path).chmod(0o644)

    with as_an_ordinary_user(), pytest.raises(StoreError, match=r"its folder cannot be written"):
        Store(path)

    assert_whole(path, 0)


@pytest.mark.skipif(os.name != "posix", reason="needs file modes")
def test_a_read_only_file_is_said(open_folder):
    path = open_folder / "pilot.duckdb"
    Store.create(path)
    identity.key_file(path).chmod(0o644)
    open_folder.chmod(0o777)
    for name in (".lock", ".queue"):
        path.with_name(path.name + name).chmod(0o666)
    path.chmod(0o444)

    with as_an_ordinary_user(), pytest.raises(StoreError, match="the file or its folder is read-only for this account"):
        Store(path)

    path.chmod(0o644)
    assert_whole(path, 0)


@pytest.mark.skipif(os.name != "posix", reason="needs file modes")
def test_a_backup_folder_that_cannot_be_written_is_said(open_folder):
    store = Store.create(open_folder / "pilot.duckdb")
    for file in (*open_folder.iterdir(), open_folder):
        file.chmod(0o777)
    (open_folder / "backups").mkdir(mode=0o555)

    with as_an_ordinary_user(), pytest.raises(StoreError, match=r"monday.* cannot be written: the file or its folder"):
        back_up(store, "anna", open_folder / "backups" / "monday.duckdb")

    assert list((open_folder / "backups").iterdir()) == []
    assert_whole(store.path, 0)


def test_a_log_left_behind_by_a_killed_program_is_taken_in(store):
    subprocess.run([sys.executable, "-c", KILLED, str(store.path)], cwd=ROOT, check=False)
    assert store.path.with_name(store.path.name + ".wal").exists()

    assert_whole(store.path, 4)


def damage_log(path):
    log = bytearray(path.with_name(path.name + ".wal").read_bytes())
    log[len(log) // 2] ^= 0xFF
    path.with_name(path.name + ".wal").write_bytes(log)


def test_a_damaged_log_is_said_and_neither_file_is_changed(store):
    with store.held():
        for _ in range(5):
            write(store, 3)
        shutil.copy(store.path, store.path.with_name("taken.duckdb"))
        shutil.copy(store.path.with_name(store.path.name + ".wal"), store.path.with_name("taken.duckdb.wal"))
    taken = store.path.with_name("taken.duckdb")
    damage_log(taken)
    before = [file.read_bytes() for file in (taken, taken.with_name("taken.duckdb.wal"))]

    with pytest.raises(StoreError, match=r"the log beside it \(.wal\), which holds its last entries, cannot be read"):
        Store(taken)

    assert [file.read_bytes() for file in (taken, taken.with_name("taken.duckdb.wal"))] == before


def test_the_log_of_a_lost_pilot_is_not_given_to_a_new_one(tmp_path):
    path = tmp_path / "pilot.duckdb"
    path.with_name("pilot.duckdb.wal").write_bytes(b"entries")

    with pytest.raises(StoreError, match=r"beside it is pilot.duckdb.wal, the log of another whose file is gone"):
        Store.create(path)

    assert path.with_name("pilot.duckdb.wal").read_bytes() == b"entries"


@pytest.mark.parametrize(
    ("share", "sentence"), [(0.0, "does not begin as a pilot file does"), (0.7, "its end is missing")]
)
def test_a_truncated_file_is_said_and_left_as_it_is(store, share, sentence):
    write(store, 5000)
    cut = store.path.read_bytes()[: int(share * store.path.stat().st_size)]
    store.path.write_bytes(cut)

    with pytest.raises(StoreError, match=f"is damaged: .*{sentence}.*It was left as it is; `mikro restore`"):
        Store(store.path)

    assert store.path.read_bytes() == cut


def test_a_wrong_key_is_said_and_nothing_is_opened(store, monkeypatch):
    before = store.path.read_bytes()
    monkeypatch.setenv(identity.KEY_VARIABLE, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")

    with pytest.raises(StoreError, match=r"The key does not fit .*: it was made with another one"):
        Store(store.path)

    assert store.path.read_bytes() == before


def test_without_the_key_file_facts_go_on_and_names_say_where_the_key_belongs(store):
    identity.key_file(store.path).unlink()
    keyless = Store(store.path)

    assert write(keyless) == 2
    with (
        pytest.raises(StoreError, match=r"without the key: set MIKRO_KEY, or put the .key file beside"),
        keyless.transaction("anna", "test") as transaction,
    ):
        transaction.person("rut", "test")

    assert_whole(store.path, 2)


def test_a_program_that_holds_the_lock_too_long_is_said(store):
    waiting = Store(store.path, lock_timeout_s=0.3)

    with program(HOLDER, store.path):
        began = time.monotonic()
        with pytest.raises(StoreBusyError, match=r"is busy: another program has held it for 0\.3 s\. Nothing was"):
            write(waiting)
        waited = time.monotonic() - began

    assert 0.3 <= waited < 5.0
    assert write(waiting) == 2


def test_a_shell_that_has_the_file_open_is_said(store):
    with program(SHELL, store.path) as shell, pytest.raises(StoreBusyError, match=f"is open in process {shell.pid}"):
        write(store)

    assert write(store) == 2


def test_a_notebook_that_has_the_file_open_in_this_process_is_said(store):
    with duckdb.connect(str(store.path)), pytest.raises(StoreBusyError, match="is open in another program"):
        write(store)

    assert write(store) == 2


def test_a_clock_set_back_changes_neither_the_order_nor_the_log(pilot_path):
    pin = OverrideStated(
        occurred_at=NOW, request_id="r", volunteer_id="v", starts_at=None, kind="pin", reason_code="wish"
    )

    for moment, fact in ((NOW, pin), (NOW - timedelta(hours=1), replace(pin, kind="forbid"))):
        store = Store(pilot_path, clock=lambda moment=moment: moment)
        with store.transaction("anna", "test") as transaction:
            transaction.append([fact])

    with store.reading() as reading:
        recorded = reading.query("entries")["recorded_at"].tolist()
        assert reading.state("overrides_at", NOW)["kind"].tolist() == ["forbid"]
    assert recorded[1] < recorded[0]
    assert_whole(pilot_path, 2)


def test_a_solver_out_of_time_gives_what_it_has_with_an_honest_bound():
    problem = matching_of(300, 900, 1)

    found = solve(problem, time_limit_s=0.01)

    assert violations(problem, found.chosen) == []
    assert found.objective <= found.bound
    assert found.proof in ("optimal", "within_gap", "feasible")


def test_a_match_run_killed_while_it_solves_leaves_nothing_half_done(tmp_path):
    with kills.killer() as one:
        tally = kills.kill_at(one, "matches", 4, tmp_path, seed=1)

    assert tally.faults == []
    assert tally.n_killed == 4


INTERRUPTED = """
import os, signal
from engine.cli import app
from engine.storage.transaction import Transaction

append = Transaction.append
# What a shell starts in the background, as a CI may, begins deaf to Ctrl-C, and hands that down.
signal.signal(signal.SIGINT, signal.default_int_handler)

def append_and_stop(self, facts):
    append(self, facts)
    os.kill(os.getpid(), signal.SIGINT)

Transaction.append = append_and_stop
app()
"""
"""Somebody presses Ctrl-C when the facts are written and not yet kept."""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGINT")
def test_an_import_that_is_interrupted_writes_nothing_and_says_so(store, tmp_path):
    write_package(town(600, 400, 200, start=date(2026, 3, 9), seed=1), tmp_path / "package")
    command = [sys.executable, "-c", INTERRUPTED, "import", str(tmp_path / "package"), "--db", str(store.path)]

    importing = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)

    assert importing.returncode == 1
    assert importing.stderr.strip().splitlines()[-1] == "mikro: interrupted."
    assert_whole(store.path, 1)


def test_a_pilot_that_vanished_is_not_made_anew(store):
    store.path.unlink()

    with pytest.raises(StoreError, match=r"There is no pilot at .*; make one with `mikro init`"):
        write(store)

    assert not store.path.exists()


def test_a_restore_that_was_cut_short_is_said(store):
    store.path.rename(store.path.with_name(f"{store.path.name}.before-restore-20260302T080000Z"))

    with pytest.raises(StoreError, match=r"a restore was cut short\. Restore again; the pilot before it is kept"):
        Store(store.path)


def test_two_names_of_one_file_share_one_lock(store, tmp_path):
    link = tmp_path / "link.duckdb"
    link.symlink_to(store.path)
    other = Store(link, lock_timeout_s=0.1)

    with store.held(), pytest.raises(StoreBusyError):
        write(other)

    assert write(other) == 2


def test_a_fault_is_one_line_on_the_command_line(store):
    from engine.cli import app

    store.path.write_bytes(b"")

    done = CliRunner().invoke(app, ["match", "--db", str(store.path)])

    assert done.exit_code == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ('IO Error: Could not write file "x": No space left on device', "its disk is full"),
        ('IO Error: Could not write file "x": Disk quota exceeded', "its disk is full"),
        ('IO Error: Cannot open file "x": Permission denied', "read-only for this account"),
        ("IO Error: file with version number 69, but we can only read up to 67", "newer version"),
        ("Serialization Error: Failed to deserialize: expected end of object", "is damaged; `mikro restore`"),
        ("IO Error: something else\nsecond line", "is damaged: IO Error: something else"),
    ],
)
def test_the_words_of_the_database_become_a_sentence(said, sentence):
    told = trouble.sentence("The pilot", said)

    assert told.startswith("The pilot ")
    assert told.endswith(sentence) or sentence in told
    assert "\n" not in told


def test_every_test_that_the_table_of_faults_names_exists():
    page = (ROOT / "engine" / "README.md").read_text(encoding="utf-8")
    section = page.split("\n## What can go wrong\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    named = [re.findall(r"`(test_\w+)\.py::(test_\w+)`", row) for row in rows]

    assert len(rows) >= 12
    assert all(named)
    for file, name in (pair for pairs in named for pair in pairs):
        tree = ast.parse((ROOT / "tests" / "engine" / f"{file}.py").read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, f"{file}::{name}"
