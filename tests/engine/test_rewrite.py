"""A rewritten pilot holds what it held, in the same order, and nothing of what was deleted."""

from __future__ import annotations

import os
import stat
import threading
from datetime import UTC, datetime

import duckdb
import pytest

from engine.errors import StoreError
from engine.facts import OverrideStated, RequestWithdrawn
from engine.storage import durable, rewriting
from engine.store import Store

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def withdrawn(*request_ids):
    return [RequestWithdrawn(occurred_at=NOW, request_id=request_id) for request_id in request_ids]


def pin(nth):
    return OverrideStated(
        occurred_at=NOW, request_id="r", volunteer_id="v", starts_at=None, kind="pin", reason_code=str(nth)
    )


def write(store, *facts):
    with store.transaction("anna", "test") as transaction:
        transaction.append(facts)


def contents_of(path):
    """Read every table of a closed pilot file: its definition and its rows in stored order."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("select schema_name || '.' || table_name, sql from duckdb_tables()").fetchall()
        return {name: (sql, connection.execute(f"from {name}").fetchall()) for name, sql in tables}


def files_of(path):
    return sorted(file.name.removeprefix(path.name) for file in path.parent.iterdir())


@pytest.fixture
def store(pilot_path):
    with Store(pilot_path).transaction("anna", "test") as transaction:
        transaction.append(withdrawn(*(f"r{i}" for i in range(100))))
        transaction.append([pin(i) for i in range(100)])
        transaction.put_people({"rut": {"name": "Rut"}, "ada": {"name": "Ada"}})
    return Store(pilot_path, lock_timeout_s=0.2)


def test_every_table_row_and_order_stays(store):
    with duckdb.connect(str(store.path)) as connection:  # a hole, as an erasure leaves it
        connection.execute("delete from facts.request_withdrawn where request_id like 'r1%'")
    before = contents_of(store.path)

    store.rewrite()

    assert contents_of(store.path) == before
    assert files_of(store.path) == ["", ".key", ".lock", ".queue"]


def test_the_last_of_several_rows_of_an_entry_still_holds(store):
    """Rows of one entry and one moment are told apart by their order in the file alone."""
    with store.reading() as reading:
        before = reading.state("overrides_at", NOW)

    store.rewrite()

    with store.reading() as reading:
        after = reading.state("overrides_at", NOW)
    assert before["reason_code"].tolist() == after["reason_code"].tolist() == ["99"]


def test_what_was_deleted_is_in_no_file_any_more(store):
    canary = "canary-4711-" * 4
    write(store, *withdrawn(canary))
    with duckdb.connect(str(store.path)) as connection:
        connection.execute("delete from facts.request_withdrawn where request_id = ?", [canary])
    assert canary.encode() in store.path.read_bytes()

    store.rewrite()

    assert all(canary.encode() not in file.read_bytes() for file in store.path.parent.iterdir())


def test_a_store_goes_on_after_its_file_was_rewritten_by_itself_or_another(store):
    other = Store(store.path)

    store.rewrite()
    write(other, *withdrawn("late"))
    with store.held():
        store.rewrite()
        write(store, *withdrawn("later"))

    with other.reading() as reading:
        assert reading.last_entry_no == 3


def test_a_file_is_not_rewritten_inside_a_transaction_or_while_another_holds_it(store):
    with store.transaction("anna", "test"), pytest.raises(StoreError, match="finish it first"):
        store.rewrite()
    refused = []

    def try_it():
        with pytest.raises(StoreError, match="is busy"):
            store.rewrite()
        refused.append(True)

    with Store(store.path).held():
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()

    assert refused == [True]


def test_a_pilot_in_memory_has_no_file_to_rewrite():
    store = Store.in_memory()

    store.rewrite()

    with store.reading() as reading:
        assert reading.last_entry_no == 0


@pytest.mark.skipif(os.name != "posix", reason="needs file modes")
def test_who_may_read_the_file_stays(store):
    store.path.chmod(0o640)

    store.rewrite()

    assert stat.S_IMODE(store.path.stat().st_mode) == 0o640


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["flush", "put_in_place"])
def test_a_rewriting_that_fails_leaves_the_old_file_and_a_store_that_goes_on(store, step, error, monkeypatch):
    before = contents_of(store.path)

    def fail(*_):
        raise error

    monkeypatch.setattr(durable, step, fail)
    with pytest.raises(StoreError if isinstance(error, OSError) else KeyboardInterrupt):
        store.rewrite()
    monkeypatch.undo()

    assert contents_of(store.path) == before
    assert files_of(store.path) == ["", ".key", ".lock", ".queue"]
    write(store, *withdrawn("late"))


def test_a_copy_that_differs_never_takes_the_place_of_the_pilot(store, monkeypatch):
    before = contents_of(store.path)
    answers = iter([{"facts.entry": (0, "0")}, {"facts.entry": (1, "7")}])
    monkeypatch.setattr(rewriting, "contents", lambda *_: next(answers))

    with pytest.raises(StoreError, match=r"the copy differs\. It was left as it is"):
        store.rewrite()

    assert contents_of(store.path) == before


def test_the_copy_is_compared_row_by_row_and_in_order(store):
    fresh = rewriting.fresh_file(store.path)
    with store.held():
        cursor = store._warm.cursor()
        of_pilot = rewriting.contents(cursor, "pilot")
        cursor.execute(f"attach '{rewriting.quoted(fresh)}' as fresh (type duckdb)")
        cursor.execute("copy from database pilot to fresh")
        as_copied = rewriting.contents(cursor, "fresh")
        cursor.execute("create table fresh.turned as from fresh.facts.request_withdrawn order by rowid desc")
        cursor.execute("delete from fresh.facts.request_withdrawn")
        cursor.execute("insert into fresh.facts.request_withdrawn from fresh.turned")
        cursor.execute("drop table fresh.turned")
        turned = rewriting.contents(cursor, "fresh")
        cursor.execute("detach fresh")

    assert as_copied == of_pilot
    assert {name for name in turned if turned[name] != of_pilot[name]} == {"facts.request_withdrawn"}
    assert of_pilot["facts.request_withdrawn"][0] == 100


def test_a_file_with_a_log_beside_it_is_never_replaced(store, tmp_path):
    new = tmp_path / "new"
    new.write_bytes(b"new")
    before = store.path.read_bytes()
    store.path.with_name(store.path.name + ".wal").write_bytes(b"log")

    with pytest.raises(StoreError, match=r"its log my pilot.duckdb.wal has not been written into it"):
        durable.put_in_place(new, store.path)

    assert store.path.read_bytes() == before


def test_what_an_earlier_crash_left_is_removed(store):
    fresh = rewriting.fresh_file(store.path)
    fresh.write_bytes(b"half")
    fresh.with_name(fresh.name + ".wal").write_bytes(b"half")

    store.rewrite()

    assert files_of(store.path) == ["", ".key", ".lock", ".queue"]
