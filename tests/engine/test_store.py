"""The store keeps every fact that was acknowledged, refuses what it cannot keep, and says why in a sentence."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from types import UnionType
from typing import get_args, get_origin, get_type_hints

import duckdb
import pandas as pd
import pytest

from engine.errors import InputError, StoreError
from engine.facts import (
    AvailabilityStated,
    Fact,
    GrantDecided,
    OverrideStated,
    RequestWithdrawn,
    RunMade,
    Window,
    all_kinds,
    columns_of,
    table_of,
)
from engine.storage import chain
from engine.storage.migrations import migrations
from engine.store import Store

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def withdrawn(request_id, occurred_at=NOW):
    return RequestWithdrawn(occurred_at=occurred_at, request_id=request_id)


def log(store, *facts, **kwargs):
    with store.transaction("anna", "test", **kwargs) as transaction:
        transaction.append(facts)
    return transaction


def rows_of(path, table):
    """Read a table of a closed pilot file without the store."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(f"from {table} order by all").fetchall()


def ddl_type(hint):
    """Say which column a field of a fact needs: its type, and whether it may be empty."""
    options = [option for option in get_args(hint) if option is not type(None)] if isinstance(hint, UnionType) else []
    kind = options[0] if options else hint
    if get_origin(kind) is tuple:
        windows = "STRUCT(weekday UTINYINT, starts TIME, ends TIME)[]"
        return (windows if get_args(kind)[0] is Window else "VARCHAR[]"), bool(options)
    plain = {str: "VARCHAR", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN", date: "DATE", datetime: "TIMESTAMP"}
    return plain[kind], bool(options)


@pytest.mark.parametrize("kind", all_kinds(), ids=table_of)
def test_every_fact_kind_has_a_table_with_its_fields_as_columns(kind: type[Fact], pilot_path):
    hints = get_type_hints(kind)
    head = [("entry_no", "BIGINT", "NO"), ("occurred_at", "TIMESTAMP", "NO"), ("recorded_at", "TIMESTAMP", "NO")]
    fields = [(name, *ddl_type(hints[name])) for name in columns_of(kind)[1:]]

    with duckdb.connect(str(pilot_path), read_only=True) as connection:
        columns = connection.execute(f"describe facts.{table_of(kind)}").fetchall()

    wanted = [*head, ("actor_id", "VARCHAR", "NO"), *((n, t, "YES" if optional else "NO") for n, t, optional in fields)]
    salt = [(chain.SALT, "BLOB", "YES")] if table_of(kind) in chain.ERASABLE else []
    assert sorted(column[:3] for column in columns) == sorted(wanted + salt)


def test_no_table_of_facts_is_without_a_kind(pilot_path):
    with duckdb.connect(str(pilot_path), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'facts'").fetchall()

    assert {name for (name,) in tables} == {table_of(kind) for kind in all_kinds()} | {"entry"}


def test_entries_are_numbered_in_the_order_of_the_log_whatever_the_clock_says():
    clock = iter([NOW, NOW - timedelta(hours=1)])
    store = Store.in_memory(clock=lambda: next(clock))

    first, second = log(store, withdrawn("r1")), log(store, withdrawn("r2"))

    assert (first.entry_no, second.entry_no) == (1, 2)
    assert second.recorded_at < first.recorded_at
    with store.reading() as reading:
        assert reading.last_entry_no == 2


def test_moments_are_kept_in_utc(pilot_path):
    stockholm_summer = timezone(timedelta(hours=2))

    log(Store(pilot_path), withdrawn("r1", datetime(2026, 7, 1, 12, tzinfo=stockholm_summer)))

    [(_, occurred_at, *_)] = rows_of(pilot_path, "facts.request_withdrawn")
    assert occurred_at == datetime(2026, 7, 1, 10)


def test_the_moment_a_run_looked_at_is_kept_in_utc_too(store):
    numbers = dict.fromkeys(columns_of(RunMade)[1:], 0)
    texts = dict.fromkeys(["run_id", "policy", "fingerprint", "content", "model", "input_hash"], "x")
    as_of = datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=1)))

    log(store, RunMade(**(numbers | texts | {"occurred_at": NOW, "as_of": as_of, "proof": "optimal"})))

    with store.reading() as reading:
        assert reading.state("runs_at", NOW)["as_of"].tolist() == [datetime(2026, 3, 2, 8)]


def pinned(**fields):
    usual = {"request_id": "r", "volunteer_id": "v", "starts_at": None, "kind": "pin", "reason_code": "wish"}
    return OverrideStated(**({"occurred_at": NOW} | usual | fields))


@pytest.mark.parametrize(
    ("fact", "sentence"),
    [
        (withdrawn("r", datetime(2026, 3, 2)), "request_withdrawn.occurred_at: .* must have a time zone"),
        (pinned(starts_at=NOW), "override_stated.starts_at: .* local wall time"),
        (pinned(kind="perhaps"), "refused a value: .*CHECK"),
        (pinned(request_id=None), "refused a value: .*NOT NULL"),
        (pinned(request_id=7), "override_stated.request_id takes string"),
        (pinned(request_id="\ud800"), "override_stated.request_id takes string"),
        (pinned(starts_at="soon"), "override_stated.starts_at takes timestamp"),
        (
            AvailabilityStated(occurred_at=NOW, volunteer_id="v", windows=(Window(8, time(9), time(10)),)),
            "weekday from 1 to 7",
        ),
        (
            AvailabilityStated(occurred_at=NOW, volunteer_id="v", windows=(Window(1, time(10), time(9)),)),
            "end after it starts",
        ),
        ("a text", "Not a kind of fact: str"),
    ],
)
@pytest.mark.parametrize("n_others", [0, 20])
def test_a_fact_that_breaks_a_rule_is_refused_in_a_sentence_with_all_others(store, fact, sentence, n_others):
    with pytest.raises(InputError, match=sentence):
        log(store, *(withdrawn(f"r{i}") for i in range(n_others)), *([fact] * max(1, n_others)))

    with store.reading() as reading:
        assert reading.last_entry_no == 0


@pytest.mark.parametrize("n", [1, 30])
def test_lists_windows_dates_and_gaps_come_back_as_they_went_in(store, n):
    window = Window(7, time(9, 30), time(12))
    facts = [
        fact
        for i in range(n)
        for fact in (
            AvailabilityStated(occurred_at=NOW, volunteer_id=f"v{i}", windows=(window,)),
            AvailabilityStated(occurred_at=NOW, volunteer_id=f"w{i}", windows=()),
            GrantDecided(
                occurred_at=NOW,
                resident_id=f"r{i}",
                service="shopping",
                valid_from=date(2026, 1, 1),
                valid_to=None,
                decision="Å 1",
            ),
        )
    ]

    transaction = log(store, *facts)

    assert transaction.n_facts == 3 * n
    with store.reading() as reading:
        windows, grants = reading.state("availability_at", NOW), reading.state("grants_at", NOW)
    assert windows.iloc[0].tolist() == ["v0", 7, time(9, 30), time(12)]
    assert len(windows) == len(grants) == n
    assert grants["valid_from"].iat[0] == pd.Timestamp(2026, 1, 1)
    assert grants["valid_to"].isna().all()


@pytest.mark.parametrize("interrupt", [ValueError, KeyboardInterrupt, SystemExit])
def test_whatever_interrupts_a_transaction_undoes_all_of_it(pilot_path, interrupt):
    store = Store(pilot_path)

    with pytest.raises(interrupt), store.transaction("anna", "test") as transaction:
        transaction.append([withdrawn("r1")])
        transaction.put_people({"p1": {"name": "Ada"}})
        raise interrupt

    assert log(store, withdrawn("r2")).entry_no == 1
    with store.reading() as reading:
        assert reading.query("sealed_people", resident_ids=["p1"]).empty
    assert len(rows_of(pilot_path, "facts.request_withdrawn")) == 1


def test_an_entry_that_wrote_nothing_leaves_no_trace(store):
    with store.transaction("anna", "look"):
        pass

    with store.reading() as reading:
        assert reading.last_entry_no == 0


def test_an_entry_notes_who_did_what_and_how_many_facts_it_holds(pilot_path):
    store = Store(pilot_path, clock=lambda: NOW)

    with store.transaction("anna", "withdraw", idempotency_key="k1") as transaction:
        transaction.append([withdrawn("r1"), withdrawn("r2")])
        transaction.append([pinned()])

    [entry] = rows_of(pilot_path, "facts.entry")
    assert entry[:6] == (1, "k1", NOW.replace(tzinfo=None), "anna", "withdraw", 3)


def test_the_same_intent_is_written_once(store):
    first = log(store, withdrawn("r1"), idempotency_key="withdraw-r1")
    with store.transaction("anna", "again", idempotency_key="withdraw-r1") as again:
        again.append([withdrawn("r1")])
        again.put_people({"p1": {"name": "Ada"}})

    assert (first.already_done, again.already_done) == (False, True)
    with store.reading() as reading:
        assert reading.last_entry_no == 1
        assert reading.query("sealed_people", resident_ids=["p1"]).empty


def test_a_transaction_inside_another_is_refused_and_the_outer_one_goes_on(store):
    with store.transaction("anna", "test") as outer:
        with pytest.raises(StoreError, match="already; finish it first"), store.reading():
            pass
        outer.append([withdrawn("r1")])

    with store.reading() as reading:
        assert reading.last_entry_no == 1


def test_while_held_transactions_follow_each_other_and_others_wait(pilot_path):
    store, other = Store(pilot_path), Store(pilot_path, lock_timeout_s=0.05)

    with store.held(), store.held():
        assert log(store, withdrawn("r1")).entry_no == 1
        with pytest.raises(InputError):
            log(store, withdrawn("r2", datetime(2026, 3, 2)))
        assert log(store, withdrawn("r2")).entry_no == 2
        with pytest.raises(StoreError, match=r"is busy: another program has held it for 0.05 s"), other.reading():
            pass

    with other.reading() as reading:
        assert reading.last_entry_no == 2


def test_queries_leave_unasked_parameters_out_and_turn_aware_times_into_utc(store):
    stockholm = timezone(timedelta(hours=1))

    with store.reading() as reading:
        assert reading.query("sealed_notes", subject="q1", unasked="x").empty
        moment = reading._run("select $moment as moment", {}, {"moment": NOW.astimezone(stockholm), "unasked": 1})

    assert moment["moment"].tolist() == [datetime(2026, 3, 2, 8)]


@pytest.mark.parametrize("n", [0, 2])
def test_a_query_sees_a_table_of_the_program_for_itself_only(store, n):
    asked = pd.DataFrame({"request_id": ["q1", "q2"], "day": pd.to_datetime(["2026-03-04", "2026-03-05"])}).head(n)

    with store.reading() as reading:
        answer = reading._run("from asked order by all", {"asked": asked}, {})
        with pytest.raises(duckdb.CatalogException):
            reading._run("from asked", {}, {})

    pd.testing.assert_frame_equal(answer, asked, check_dtype=False)
    assert answer.dtypes.astype(str).tolist() == ["str", "datetime64[us]"]


def test_reference_data_are_at_hand_with_their_types(store):
    with store.reading() as reading, pytest.raises(InputError, match="no state 'sums_at'"):
        reading.state("sums_at", NOW)

    columns = store._warm.execute("select column_name, data_type from duckdb_columns() where schema_name = 'reference'")
    types = dict(columns.fetchall())
    assert (types["valid_to"], types["max_months"], types["switch"]) == ("DATE", "INTEGER", "VARCHAR")
    assert store._warm.execute("select count(*) > 5 from memory.reference.service").fetchall() == [(True,)]


def test_a_pilot_keeps_what_was_written_for_the_next_program(pilot_path):
    log(Store(pilot_path), withdrawn("r1"))

    with Store(pilot_path).reading() as reading:
        assert reading.last_entry_no == 1


def test_opening_a_missing_pilot_says_how_to_make_one(tmp_path):
    with pytest.raises(StoreError, match="make one with `mikro init`"):
        Store(tmp_path / "none.duckdb")

    assert list(tmp_path.iterdir()) == []


def test_making_a_pilot_never_replaces_one(pilot_path):
    log(Store(pilot_path), withdrawn("r1"))

    with pytest.raises(StoreError, match="already; it was left as it is"):
        Store.create(pilot_path)

    assert len(rows_of(pilot_path, "facts.request_withdrawn")) == 1


@pytest.mark.parametrize("content", [b"", b"name;age\nAda;36\n" * 1000], ids=["empty", "text"])
def test_a_file_that_is_no_database_is_refused(tmp_path, content):
    path = tmp_path / "pilot.duckdb"
    path.write_bytes(content)

    with pytest.raises(StoreError, match="cannot be read or written, or is damaged"):
        Store(path)

    assert path.read_bytes() == content


def test_another_database_is_refused(tmp_path):
    path = tmp_path / "other.duckdb"
    duckdb.connect(str(path)).close()

    with pytest.raises(StoreError, match="is not a whole pilot"):
        Store(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_refused(pilot_path, share):
    log(Store(pilot_path), *(withdrawn(f"r{i}") for i in range(1000)))
    whole = pilot_path.read_bytes()
    pilot_path.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(StoreError), Store(pilot_path).reading() as reading:
        reading.query("check_integrity")


def test_a_file_of_a_newer_program_is_refused(pilot_path):
    with duckdb.connect(str(pilot_path)) as connection:
        connection.execute("insert into main.schema_version values (99, '0099_future', 'x', now()::timestamp)")

    with pytest.raises(StoreError, match=r"newer version of mikro \(schema 99\)"):
        Store(pilot_path)


def test_a_migration_that_changed_after_it_was_applied_is_refused(pilot_path):
    with duckdb.connect(str(pilot_path)) as connection:
        connection.execute("update main.schema_version set checksum = 'x' where version = 2")

    with pytest.raises(StoreError, match=r"another text of 0002_identity.sql"):
        Store(pilot_path)


def test_a_file_of_an_older_program_is_brought_up_to_date(pilot_path):
    with duckdb.connect(str(pilot_path)) as connection:
        connection.execute("drop schema identity cascade; delete from main.schema_version where version = 2")

    store = Store(pilot_path)

    with store.reading() as reading:
        assert reading.query("sealed_people", resident_ids=None).empty
    assert [version for version, *_ in rows_of(pilot_path, "main.schema_version")] == sorted(migrations())


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


@pytest.mark.skipif(os.name != "posix", reason="needs file modes")
def test_a_folder_that_cannot_be_written_is_named():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pilot.duckdb"
        Store.create(path)
        Path(folder, "pilot.duckdb.lock").unlink(missing_ok=True)
        Path(folder, "pilot.duckdb.key").chmod(0o644)
        Path(folder).chmod(0o555)

        with as_an_ordinary_user():
            with pytest.raises(StoreError, match="its folder cannot be written"):
                Store(path)
            with pytest.raises(StoreError, match="cannot be written"):
                Store.create(path.with_name("other.duckdb"))
            with pytest.raises(StoreError, match="cannot be made"):
                Store.create(path.with_name("inner") / "other.duckdb")

        Path(folder).chmod(0o700)
