"""A backup is brought back whole or not at all; the pilot before is kept, and what may not be wound back is not."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from small_pilot import EVERYTHING_FITS, NOW, RUT
from typer.testing import CliRunner

from engine import notify
from engine.access import give_role, withdraw_role
from engine.commands.keeping import app
from engine.errors import AccessDenied, InputError, StoreBusyError, StoreError
from engine.facts import ErasureDecided, ErasureRequested, MessageAttempted, MessageSettled, RequestWithdrawn
from engine.privacy import erase
from engine.storage import durable, identity
from engine.storage.backup import back_up, condition_of
from engine.storage.restoring import restore
from engine.store import Store

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def store(pilot_path):
    store = Store(pilot_path, clock=lambda: NOW, lock_timeout_s=0.2)
    with store.transaction("anna", "set up") as transaction:
        transaction.append(EVERYTHING_FITS)
        transaction.put_people({"rut": {"name": "Rut Canary-4711", "phone": "070-1740605"}, "ada": {"name": "Ada"}})
    return store


@pytest.fixture
def saved(store, tmp_path):
    return back_up(store, "anna", tmp_path / "monday.duckdb").path


def write(store, *request_ids):
    with store.transaction("anna", "test") as transaction:
        transaction.append([RequestWithdrawn(occurred_at=NOW, request_id=request_id) for request_id in request_ids])


def bring_back(store, saved, actor_id="anna", **options):
    return restore(store.path, saved, actor_id, clock=lambda: LATER, **options)


def files_of(store):
    return sorted(file.name.removeprefix(store.path.name) for file in store.path.parent.iterdir())


def rows_of(path, table):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(f"from {table}").fetchall()


def leave_a_log_behind(path):
    """Kill a program that has written to the pilot, so that its log is not in the file yet."""
    program = """
import os, signal, sys
from pathlib import Path
from datetime import UTC, datetime
from engine.facts import RequestWithdrawn
from engine.store import Store
store = Store(Path(sys.argv[1]))
with store.held():
    with store.transaction("anna", "last") as transaction:
        transaction.append([RequestWithdrawn(occurred_at=datetime(2026, 3, 2, tzinfo=UTC), request_id="last")])
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", program, str(path)], cwd=Path(__file__).parents[2], check=False)
    assert durable.logs_of(path)


def test_a_pilot_goes_on_from_its_backup_and_the_one_before_is_kept(store, saved):
    write(store, "late")
    before = condition_of(store)

    done = bring_back(store, saved)

    assert files_of(store) == ["", ".before-restore-20261129T180000Z", ".key", ".lock", ".queue"]
    assert done.carried.is_known
    assert done.carried.n_entries_set_aside == before.until_entry - done.condition.until_entry == 2
    with store.reading() as reading:  # the same store, which was open all the time
        assert reading.facts_of("request_withdrawn").num_rows == 0
        [told] = reading.facts_of("backup_restored").to_pylist()
    assert told["until_entry"] == done.condition.until_entry == 1
    assert len(rows_of(done.set_aside, "facts.request_withdrawn")) == 1


def test_what_two_restores_of_one_second_replaced_is_kept_apart(store, saved):
    write(store, "late")
    first = bring_back(store, saved)
    write(store, "later")

    second = bring_back(store, saved)

    assert second.set_aside.name == f"{first.set_aside.name}-2"
    assert [len(rows_of(done.set_aside, "facts.request_withdrawn")) for done in (first, second)] == [1, 1]


def test_the_chain_goes_on_from_the_backup(store, saved):
    write(store, "late")

    done = bring_back(store, saved)

    rows = rows_of(store.path, "facts.entry")
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert rows[done.condition.until_entry - 1][-1] == done.condition.chain
    assert condition_of(store).problems == ()


def test_the_backup_itself_stays_as_it_is(store, saved):
    before = saved.read_bytes()

    bring_back(store, saved)

    assert saved.read_bytes() == before
    assert sorted(file.name for file in saved.parent.iterdir()) == ["monday.duckdb", "the council's"]


def test_a_lost_pilot_is_brought_back_with_its_key(store, saved):
    store.path.unlink()

    done = bring_back(store, saved)

    assert (done.set_aside, done.carried.is_known, done.has_key) == (None, None, True)
    with Store(store.path).transaction("anna", "test") as transaction:
        assert transaction.person("ada", "test")["name"] == "Ada"


def test_without_any_key_the_facts_come_back_and_the_key_is_asked_for(store, saved):
    identity.key_file(store.path).unlink()
    store.path.unlink()

    done = bring_back(store, saved)

    assert not done.has_key
    assert any(sentence.startswith("There is no key: put it in") for sentence in done.sentences)


@pytest.mark.parametrize("content", [b"", b"name;age\n" * 1000, None], ids=["empty", "text", "cut in half"])
def test_a_damaged_pilot_is_replaced_and_kept(store, saved, content):
    damaged = store.path.read_bytes()[: store.path.stat().st_size // 2] if content is None else content
    store.path.write_bytes(damaged)

    done = bring_back(store, saved)

    assert done.set_aside.read_bytes() == damaged
    assert "is damaged" in done.unreadable
    assert any("repeat them by hand" in sentence for sentence in done.sentences)
    with Store(store.path).reading() as reading:
        assert reading.last_entry_no == 2


def test_the_log_of_a_damaged_pilot_goes_aside_with_it_and_never_onto_the_backup(store, saved):
    leave_a_log_behind(store.path)
    content = store.path.read_bytes()
    store.path.write_bytes(content[: len(content) // 2])
    log = store.path.with_name(store.path.name + ".wal").read_bytes()

    done = bring_back(store, saved)

    assert done.set_aside.with_name(done.set_aside.name + ".wal").read_bytes() == log
    with Store(store.path).reading() as reading:
        assert reading.facts_of("request_withdrawn").num_rows == 0


def test_what_a_killed_program_left_in_the_log_is_in_the_file_that_is_set_aside(store, saved):
    leave_a_log_behind(store.path)

    done = bring_back(store, saved)

    assert not durable.logs_of(done.set_aside)
    assert [row[4] for row in rows_of(done.set_aside, "facts.request_withdrawn")] == ["last"]


def test_a_file_copied_with_its_log_is_as_good_as_a_backup(store, tmp_path):
    leave_a_log_behind(store.path)
    taken = tmp_path / "by hand.duckdb"
    durable.copy_with_logs(store.path, taken)

    done = bring_back(store, taken)

    assert done.carried.is_known is False
    with store.reading() as reading:
        assert reading.facts_of("request_withdrawn")["request_id"].to_pylist() == ["last"]
    assert durable.logs_of(taken)


def change(path, sql):
    with duckdb.connect(str(path)) as connection:
        connection.execute(sql)


def spoil_block(path):
    """Change one byte in every block: only reading all of a file shows some of them."""
    content = bytearray(path.read_bytes())
    for start in range(12288, len(content), 262144):
        content[start + 100] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda path: path.write_bytes(b"name;age\n"), "does not begin as a pilot file does"),
        (lambda path: path.write_bytes(path.read_bytes()[:1_000_000]), "its end is missing"),
        (lambda path: path.unlink(), "There is no backup"),
        (spoil_block, "is damaged"),
        (lambda path: change(path, "insert into main.schema_version values (99, 'x', 'x', now()::timestamp)"), "newer"),
        (lambda path: change(path, "drop table main.schema_version"), "is not a whole pilot"),
    ],
    ids=["text", "cut short", "missing", "bad block", "newer program", "no pilot"],
)
def test_a_backup_that_cannot_be_used_changes_nothing(store, saved, spoil, sentence):
    before = store.path.read_bytes()
    spoil(saved)

    with pytest.raises((StoreError, InputError), match=sentence) as refusal:
        bring_back(store, saved)

    assert re.match(
        r"(The backup .*monday.duckdb cannot be used|There is no backup .*monday.duckdb)", str(refusal.value)
    )
    assert store.path.read_bytes() == before
    assert files_of(store) == ["", ".key", ".lock", ".queue"]


def test_a_backup_of_another_key_is_refused(store, saved, tmp_path):
    other = Store.create(tmp_path / "other" / "pilot.duckdb")

    with pytest.raises(StoreError, match=r"The key does not fit .*monday.duckdb: it was made with another one"):
        restore(other.path, saved, "anna")

    with other.reading() as reading:
        assert reading.last_entry_no == 0


def test_the_pilot_is_no_backup_of_itself(store):
    with pytest.raises(InputError, match="is the pilot itself"):
        bring_back(store, store.path)


def test_a_pilot_that_others_hold_is_not_replaced(store, saved):
    before = store.path.read_bytes()

    with Store(store.path).held(), pytest.raises(StoreBusyError, match="is busy"):
        bring_back(store, saved, lock_timeout_s=0.1)

    assert store.path.read_bytes() == before


def test_a_person_erased_since_is_erased_again(store, saved):
    with store.transaction("boss", "decide") as transaction:
        asked = ErasureRequested(
            occurred_at=NOW, erasure_id="e1", resident_id="rut", legal_basis="consent_withdrawn", not_before=None
        )
        decided = ErasureDecided(occurred_at=NOW, erasure_id="e1", decision="approved", reason_code="nothing_keeps_it")
        transaction.append([asked, decided])
    with store.reading() as reading:
        trace = bytes(reading.query("sealed_people", resident_ids=["rut"])["wrapped_key"].iat[0][:12])
    erase(store, "boss", "e1")
    assert trace in saved.read_bytes()

    done = bring_back(store, saved)

    assert done.carried.erased_again == ("e1",)
    assert trace not in store.path.read_bytes()
    with store.reading() as reading:
        places = {row["resident_id"]: row["lat"] for row in reading.facts_of("resident_registered").to_pylist()}
        assert reading.query("sealed_people", resident_ids=None)["resident_id"].tolist() == ["ada"]
        assert reading.query("erasures")["status"].tolist() == ["proved"]
        assert reading.state("requests_at", LATER)["status"].tolist() == ["withdrawn"]
    assert places["rut"] is None
    assert places["ada"] is not None


def test_a_person_protected_since_is_protected_again(store, saved):
    with store.transaction("boss", "protect") as transaction:
        transaction.append([replace(RUT, occurred_at=NOW, lat=None, lon=None, protected_identity=True)])

    done = bring_back(store, saved)

    assert done.carried.protected_again == ("rut",)
    with store.reading() as reading:
        rows = [row for row in reading.facts_of("resident_registered").to_pylist() if row["resident_id"] == "rut"]
        assert reading.state("residents_at", LATER, None, resident_id="rut")["protected_identity"].tolist() == [True]
    assert [row["lat"] for row in rows] == [None, None]


def test_rights_given_or_withdrawn_since_are_not_wound_back(store, tmp_path):
    for account, role in (("boss", "admin"), ("eve", "lead"), ("ann", "researcher")):
        give_role(store, "cli" if account == "boss" else "boss", account, role)
    saved = back_up(store, "boss", tmp_path / "monday.duckdb").path
    withdraw_role(store, "boss", "eve")
    give_role(store, "boss", "ann", "coordinator", ["1283"])
    give_role(store, "boss", "deputy", "admin")

    bring_back(store, saved, "deputy")

    with store.reading() as reading:
        roles = reading.query("roles").set_index("account_id")
    assert roles["role"].dropna().to_dict() == {"ann": "coordinator", "boss": "admin", "deputy": "admin"}
    assert list(roles["municipality_codes"]["ann"]) == ["1283"]


def test_only_an_admin_may_restore(store, tmp_path):
    saved = back_up(store, "anna", tmp_path / "monday.duckdb").path
    give_role(store, "cli", "boss", "admin")

    with pytest.raises(AccessDenied, match="anna has no role"):
        bring_back(store, saved)

    assert files_of(store) == ["", ".key", ".lock", ".queue"]


def test_a_backup_whose_log_was_changed_is_taken_on_request_only(store, saved):
    change(saved, "update facts.entry set actor_id = 'eve' where entry_no = 1")

    with pytest.raises(StoreError, match=r"is not as it was written, and nothing was changed: Entry 1 was changed"):
        bring_back(store, saved)
    done = bring_back(store, saved, despite_faults=True)

    assert len(done.condition.log_faults) == 1


def test_the_command_says_where_the_old_pilot_is(store, saved):
    done = CliRunner().invoke(app, ["restore", str(saved), "--db", str(store.path), "--json"])

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert Path(told["set_aside"]).exists()
    assert told["n_entries_set_aside"] == 1


def attempt(store, *message_ids):
    with store.transaction("anna", "test") as transaction:
        transaction.append([MessageAttempted(occurred_at=NOW, message_id=name, attempt=1) for name in message_ids])


def settle(store, outcome, *message_ids):
    with store.transaction("anna", "test") as transaction:
        transaction.append([
            MessageSettled(occurred_at=NOW, message_id=name, outcome=outcome, reason_code=None) for name in message_ids
        ])  # fmt: skip


def statuses(store):
    with store.reading() as reading:
        messages = reading.state("messages_at", LATER)
    return dict(zip(messages["message_id"], messages["status"], strict=True))


def queue_thanks(store, *visit_ids, send_after=None):
    with store.transaction("anna", "test") as transaction:
        return [notify.queue(transaction, "thanks", "rut", name, send_after=send_after).message_id
                for name in visit_ids]  # fmt: skip


def test_a_message_that_went_out_since_the_backup_is_not_sent_again(store, tmp_path):
    sent, unclear, failed, waiting = queue_thanks(store, "v1", "v2", "v3", "v4")
    saved = back_up(store, "anna", tmp_path / "monday.duckdb").path
    attempt(store, sent, unclear, failed)
    settle(store, "failed", unclear, failed)
    settle(store, "sent", sent)
    attempt(store, unclear)
    [late] = queue_thanks(store, "v5")
    attempt(store, late)
    before = statuses(store)

    done = bring_back(store, saved)

    assert statuses(store) == {sent: "sent", unclear: "unclear", failed: "failed", waiting: "queued"}
    assert statuses(store).items() <= before.items()
    assert done.carried.n_messages == 3
    assert "Messages sent or tried since the backup, which go out no second time: 3." in done.sentences
    assert condition_of(store).problems == ()


def test_without_the_pilot_before_nobody_knows_what_went_out_and_a_person_decides(store, tmp_path):
    sent, waiting, failed = queue_thanks(store, "v1", "v2", "v3")
    [not_yet] = queue_thanks(store, "v4", send_after=LATER + timedelta(days=1))
    attempt(store, sent, failed)
    settle(store, "sent", sent)
    settle(store, "failed", failed)
    saved = back_up(store, "anna", tmp_path / "monday.duckdb").path
    store.path.write_bytes(b"")

    done = bring_back(store, saved)

    again = Store(store.path, clock=lambda: LATER)
    assert statuses(again) == {sent: "sent", waiting: "unclear", failed: "unclear", not_yet: "queued"}
    assert any("2 are unclear now" in sentence for sentence in done.sentences)
