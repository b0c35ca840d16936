"""Whatever is changed, added, removed or swapped in the log after it was written is found, by entry and table."""

# ruff: noqa: S608 - a test may change any table it names

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from every_fact import CONSTRAINED, NOW, one_of, one_of_each
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.facts import (
    GrantDecided,
    OfferAnswered,
    RequestWithdrawn,
    ResidentRegistered,
    VisitEnded,
    all_kinds,
    table_of,
)
from engine.storage import chain
from engine.storage.log_check import LogVerification, check_log
from engine.storage.migrations import FIRST_CHAINED, migrations, sql_of
from engine.store import Store


class UndoError(Exception):
    """Raised to take a change back."""


def log(store, *facts):
    with store.transaction("anna", "test") as transaction:
        transaction.append(facts)


def check(store, head=None) -> LogVerification:
    with store.reading() as reading:
        return check_log(reading, head)


def check_after(store, *changes, head=None) -> LogVerification:
    """Change the log behind the store's back, check it, and take the change back."""
    with suppress(UndoError), store.reading() as reading:
        for change in changes:
            reading._cursor.execute(change)
        found = check_log(reading, head)
        raise UndoError
    return found


def places(found):
    return [(fault.entry_no, fault.table) for fault in found.faults]


@pytest.fixture
def three_entries(store):
    """Give a log of three entries of three withdrawn requests each."""
    for i in range(3):
        log(store, *(RequestWithdrawn(occurred_at=NOW, request_id=f"q{i}{j}") for j in range(3)))
    return store


@pytest.mark.parametrize("n", [1, 20])
def test_a_log_that_nobody_touched_is_whole_whatever_it_holds(store, n):
    log(store, *(fact for fact in one_of_each() for _ in range(n)))
    log(store, *one_of_each())

    found = check(store)

    assert found.faults == ()
    assert (found.n_entries, found.n_facts, found.head_no) == (2, (n + 1) * len(all_kinds()), 2)
    assert f"Its head is 2:{found.head_chain}" in found.sentence


def test_an_empty_log_is_whole(store):
    assert (check(store).faults, check(store).head) == ((), f"0:{chain.START}")


OTHER = {
    "VARCHAR": "'something else'",
    "VARCHAR[]": "['something else']",
    "BIGINT": "{} + 1",
    "DOUBLE": "{} + 0.0000001",
    "BOOLEAN": "not {}",
    "DATE": "{} + 1",
    "TIMESTAMP": "{} + interval 1 microsecond",
    "BLOB": "'other'::blob",
    "STRUCT(weekday UTINYINT, starts TIME, ends TIME)[]": "[]",
}


N_COLUMNS_MOST = 26


@pytest.fixture(scope="module")
def every_fact_often():
    """Give a log of as many entries as a table has columns, each of one fact of every kind, and all columns."""
    store = Store.in_memory(clock=lambda: NOW)
    for _ in range(N_COLUMNS_MOST):
        log(store, *one_of_each())
    with store.reading() as reading:
        described = {
            table_of(kind): reading._cursor.execute(f"describe facts.{table_of(kind)}").fetchall()
            for kind in all_kinds()
        }
    yield store, {table: [row[:3] for row in rows] for table, rows in described.items()}
    store.close()


def test_a_changed_value_of_any_column_of_any_table_is_found(every_fact_often):
    """The first column is changed in the first entry, the second in the second, and so on, in every table at once."""
    store, columns = every_fact_often
    changed = [
        (nth, table, f"{name} = {OTHER[type_].format(name)}")
        for table, described in columns.items()
        for nth, (name, type_, _) in enumerate(described, 1)
        if name != "entry_no" and f"{table}.{name}" not in CONSTRAINED
    ]

    found = check_after(store, *(f"update facts.{t} set {change} where entry_no = {n}" for n, t, change in changed))

    assert {(nth, table) for nth, table, _ in changed} - set(places(found)) == set()
    assert len(changed) > 300


def test_a_value_that_is_taken_out_of_any_column_is_found(every_fact_often):
    store, columns = every_fact_often
    emptied = [
        (nth, table, name)
        for table, described in columns.items()
        for nth, (name, _, may_be_empty) in enumerate(described, 1)
        if may_be_empty == "YES"
    ]

    found = check_after(store, *(f"update facts.{t} set {c} = null where entry_no = {n}" for n, t, c in emptied))

    assert sorted((nth, table) for nth, table, _ in emptied) == sorted(places(found))
    assert len(emptied) > 20


def test_a_word_changed_for_another_that_the_table_takes_is_found(store):
    log(store, one_of(OfferAnswered), one_of(VisitEnded))

    found = check_after(
        store,
        "update facts.offer_answered set response = 'declined'",
        "update facts.visit_ended set outcome = 'missed'",
    )

    assert places(found) == [(1, "offer_answered"), (1, "visit_ended")]


@pytest.mark.parametrize("n", [-1, 1])
@pytest.mark.parametrize("column", ["n_facts", "recorded_at", "actor_id", "action", "idempotency_key", "digests"])
def test_a_changed_entry_is_found(three_entries, column, n):
    other = {"n_facts": f"n_facts + {n}", "recorded_at": f"recorded_at + interval ({n}) microsecond"}

    found = check_after(
        three_entries, f"update facts.entry set {column} = {other.get(column, repr(str(n)))} where entry_no = 2"
    )

    assert (2, "entry") in places(found)
    assert "Entry 2 was changed" in found.sentence


@pytest.mark.parametrize("chained", ["null", "'0'", f"'{'0' * 64}'"])
def test_a_changed_or_missing_chain_is_found(three_entries, chained):
    found = check_after(three_entries, f"update facts.entry set chain = {chained} where entry_no = 2")

    assert places(found) == [(2, "entry"), (3, "entry")]


IN_SECOND = "from facts.request_withdrawn where entry_no = 2"
ROW_CHANGES = {
    "removed": ["delete from facts.request_withdrawn where request_id = 'q11'"],
    "added": [f"insert into facts.request_withdrawn select * {IN_SECOND} limit 1"],
    "swapped with its neighbour": [
        f"create temp table kept as {IN_SECOND}",
        "delete from facts.request_withdrawn where entry_no = 2",
        "insert into facts.request_withdrawn from kept order by request_id desc",
    ],
    "all removed": ["delete from facts.request_withdrawn where entry_no = 2"],
    "not finite": ["update facts.request_withdrawn set occurred_at = 'infinity' where request_id = 'q11'"],
}


@pytest.mark.parametrize("how", ROW_CHANGES)
def test_a_row_that_was_touched_is_found(three_entries, how):
    assert places(check_after(three_entries, *ROW_CHANGES[how])) == [(2, "request_withdrawn")]


def test_a_row_moved_to_another_entry_is_missed_in_one_and_too_many_in_the_other(three_entries):
    found = check_after(three_entries, "update facts.request_withdrawn set entry_no = 3 where request_id = 'q11'")

    assert places(found) == [(2, "request_withdrawn"), (3, "request_withdrawn")]
    assert "request_withdrawn has 2 rows of entry 2, which wrote 3" in found.sentence


def test_rows_in_a_table_their_entry_did_not_write_to_are_found(three_entries):
    found = check_after(three_entries, "insert into facts.role_withdrawn values (2, now(), now(), 'eve', 'anna')")

    assert places(found) == [(2, "role_withdrawn")]


def test_a_removed_entry_is_found_with_and_without_its_facts(three_entries):
    entry, rows = "delete from facts.entry where entry_no = 2", "delete from facts.request_withdrawn where entry_no = 2"

    assert places(check_after(three_entries, entry)) == [(2, "entry"), (2, "request_withdrawn")]
    assert places(check_after(three_entries, entry, rows)) == [(2, "entry")]


def test_swapped_entries_are_found(three_entries):
    swap = [
        f"update facts.{table} set entry_no = 5 - entry_no where entry_no in (2, 3)"
        for table in ("entry", "request_withdrawn")
    ]

    found = check_after(three_entries, "create temp table e as from facts.entry", "delete from facts.entry",
                        "update e set entry_no = 5 - entry_no where entry_no in (2, 3)",
                        "insert into facts.entry from e", swap[1])  # fmt: skip

    assert {2, 3} <= {entry_no for entry_no, table in places(found) if table == "entry"}


def test_a_cut_off_end_shows_only_against_a_head_written_down_elsewhere(three_entries):
    head = check(three_entries).head
    cut = ["delete from facts.entry where entry_no = 3", "delete from facts.request_withdrawn where entry_no = 3"]

    assert check_after(three_entries, *cut).faults == ()
    found = check_after(three_entries, *cut, head=head)
    assert places(found) == [(3, "entry")]
    assert "does not hold the head 3:" in found.sentence


def test_an_old_head_is_held_by_a_log_that_went_on_but_not_by_another_log(three_entries):
    head = check(three_entries).head
    log(three_entries, one_of(RequestWithdrawn))

    assert check(three_entries, head).faults == ()
    assert places(check(three_entries, f"2:{head[2:]}")) == [(2, "entry")]


@pytest.mark.parametrize("head", ["3", "3:abc", f"x:{'0' * 64}", f"3:{'g' * 64}"])
def test_a_head_of_another_form_is_refused(three_entries, head):
    with pytest.raises(InputError, match="is not a head such as"):
        check(three_entries, head)


def test_a_table_that_is_gone_or_does_not_belong_is_found(three_entries):
    found = check_after(three_entries, "drop table facts.offer_sent", "create table facts.other (entry_no bigint)")

    assert [fault.sentence for fault in found.faults] == [
        "The table offer_sent is gone.",
        "The table other is not one of the log.",
    ]


def test_many_faults_are_counted_not_listed(three_entries):
    found = check_after(three_entries, "update facts.entry set actor_id = 'eve'", "delete from facts.request_withdrawn")

    assert len(found.faults) == 6
    assert found.sentence.endswith("and 3 more")


RUT = ResidentRegistered(
    occurred_at=NOW, resident_id="rut", municipality_code="1283", lat=56.0475, lon=12.695, birth_year=1940,
    languages=("sv",), protected_identity=False,
)  # fmt: skip
GRANT = one_of(GrantDecided, resident_id="rut", decision="SN 2026/12")


def with_rut(store, n_others):
    others = [one_of(ResidentRegistered, resident_id=f"r{i}") for i in range(n_others)]
    log(store, *others, RUT, *others, GRANT)
    log(store, RUT)
    return store


def redact(store, *tables):
    with store.transaction("lead", "erase") as transaction:
        return transaction.redact("rut", "e1", *([tables] if tables else []))


@pytest.mark.parametrize("n_others", [0, 30])
def test_what_was_erased_is_gone_and_the_log_is_whole(store, n_others):
    with_rut(store, n_others)
    before = column(store, "resident_registered", "resident_id")

    assert redact(store) == 3

    assert check(store).faults == ()
    assert column(store, "resident_registered", "resident_id") == before
    for name in ("lat", "lon", "salt"):
        kept = column(store, "resident_registered", name)
        assert [who for who, value in zip(before, kept, strict=True) if value is None] == ["rut", "rut"]
    assert (column(store, "grant_decided", "decision"), column(store, "grant_decided", "salt")) == ([""], [None])
    assert column(store, "fact_redacted", "nth") == [n_others + 1, 1, 1]


def column(store, table, name):
    with store.reading() as reading:
        return reading.facts_of(table)[name].to_pylist()


def test_erasing_again_finds_nothing_more_to_do(store):
    redact(with_rut(store, 3))

    assert redact(store) == 0
    assert len(column(store, "fact_redacted", "nth")) == 3


def test_the_place_alone_can_be_erased(store):
    assert redact(with_rut(store, 0), "resident_registered") == 2
    assert column(store, "grant_decided", "decision") == ["SN 2026/12"]


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("resident_registered", "birth_year = 1941"),
        ("resident_registered", "lat = 56.0475"),
        ("resident_registered", "salt = 'x'::blob"),
        ("grant_decided", "decision = 'SN 2026/12'"),
        ("grant_decided", "valid_to = null"),
    ],
)
def test_a_change_of_what_was_erased_or_left_is_found(store, table, change):
    redact(with_rut(store, 2))

    found = check_after(store, f"update facts.{table} set {change} where entry_no = 1 and resident_id = 'rut'")

    assert places(found) == [(1, table)]


def test_a_value_that_was_blanked_without_an_erasure_is_found(store):
    with_rut(store, 0)

    found = check_after(store, "update facts.resident_registered set lat = null, lon = null, salt = null")

    assert places(found) == [(1, "resident_registered"), (2, "resident_registered")]


def test_an_erased_value_cannot_be_guessed_from_its_hash(store):
    """Without the salt, which is destroyed, trying every cell of the map leads to nothing."""
    redact(with_rut(store, 0))

    [kept, _] = column(store, "fact_redacted", "original_hash")[:2]

    assert kept != chain.erasable_hash("resident_registered", {"lat": 56.0475, "lon": 12.695, "salt": None})
    assert column(store, "fact_redacted", "original_hash")[0] != column(store, "fact_redacted", "original_hash")[1]


def test_what_is_erased_in_the_entry_that_wrote_it_leaves_the_log_whole(store):
    with store.transaction("anna", "test") as transaction:
        transaction.append([RUT, GRANT])
        assert transaction.redact("rut", "e1") == 2

    assert check(store).faults == ()


def test_an_intent_that_was_done_erases_nothing_again(store):
    with_rut(store, 0)
    for _ in range(2):
        with store.transaction("lead", "erase", idempotency_key="e1") as transaction:
            n = transaction.redact("rut", "e1"), transaction.destroy_person("rut"), transaction.destroy_notes(["n"])

    assert n == (0, 0, 0)


def test_a_person_is_destroyed_with_key_and_notes(store):
    with store.transaction("anna", "test") as transaction:
        transaction.put_people({"rut": {"name": "Rut"}, "ada": {"name": "Ada"}})
        transaction.put_notes([("n1", "rut", "q", "one"), ("n2", "rut", "q", "two"), ("n3", "ada", "q", "three")])

    with store.transaction("lead", "erase") as transaction:
        assert transaction.destroy_person("rut") == 2
        assert transaction.destroy_notes(["n3", "n9"]) == 1

    with store.reading() as reading:
        assert reading.query("sealed_people", resident_ids=None)["resident_id"].tolist() == ["ada"]
        assert reading.query("sealed_notes", subject="q").empty
    assert check(store).faults == ()


@pytest.fixture
def old_path(tmp_path):
    """Make a pilot file of the last schema without a chain: two entries of twenty residents, and a grant."""
    path = tmp_path / "old.duckdb"
    Store.create(path).close()
    path.unlink()  # its key stays
    with duckdb.connect(str(path)) as connection:
        connection.execute(sql_of("schema/bookkeeping"))
        for version in range(1, FIRST_CHAINED):
            name, text = migrations()[version]
            connection.execute(text)
            checksum = chain.hashlib.sha256(text.encode()).hexdigest()[:16]
            connection.execute(
                "insert into main.schema_version values (?, ?, ?, now()::timestamp)", [version, name, checksum]
            )
        for entry_no in (1, 2):
            connection.execute(f"insert into facts.entry values ({entry_no}, null, '2026-01-01', 'anna', 'import', 20)")
            connection.execute(
                "insert into facts.resident_registered select ?, '2026-01-01', '2026-01-01', 'anna', 'r' || i, '1283',"
                " 56.05, 12.7, 1940, ['sv'], false from range(20) t (i)",
                [entry_no],
            )
        connection.execute(
            "insert into facts.grant_decided values (2, '2026-01-01', '2026-01-01', 'anna', 'r1', 'shopping',"
            " '2026-01-01', null, 'SN 1')"
        )
    return path


def test_a_log_of_an_earlier_schema_is_chained_when_it_is_brought_up_to_date(old_path):
    store = Store(old_path)
    log(store, one_of(RequestWithdrawn))

    assert check(store).faults == ()
    assert len(set(column(store, "resident_registered", "salt"))) == 40
    assert column(store, "resident_registered", "resident_id") == [f"r{i}" for i in range(20)] * 2
    changed = check_after(
        store, "update facts.resident_registered set birth_year = 1 where entry_no = 2 and resident_id = 'r7'"
    )
    assert places(changed) == [(2, "resident_registered")]


def test_what_was_written_under_an_earlier_schema_can_be_erased(old_path):
    store = Store(old_path)

    with store.transaction("lead", "erase") as transaction:
        assert transaction.redact("r1", "e1") == 3

    assert check(store).faults == ()


def test_an_entry_that_lost_its_chain_is_not_taken_for_an_old_one(old_path):
    Store(old_path).close()
    with duckdb.connect(str(old_path)) as connection:
        connection.execute("update facts.entry set chain = null, digests = null, actor_id = 'eve'")

    assert {fault.entry_no for fault in check(Store(old_path)).faults} == {1, 2}


def test_a_column_that_is_added_later_changes_no_hash():
    row = {"entry_no": 1, "request_id": "q"}

    assert chain.row_hash("request_withdrawn", row) == chain.row_hash("request_withdrawn", row | {"new": None})
    assert chain.row_hash("request_withdrawn", row) != chain.row_hash("request_withdrawn", row | {"new": ""})


def test_the_order_of_columns_does_not_matter_and_the_order_of_rows_does():
    assert chain.row_hash("x", {"a": 1, "b": 2}) == chain.row_hash("x", {"b": 2, "a": 1})
    assert chain.digest(["1", "2"]) != chain.digest(["2", "1"])


def test_a_value_that_no_fact_can_hold_is_not_hashed():
    with pytest.raises(TypeError, match="cannot be a object"):
        chain.row_hash("x", {"a": object()})


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
MOMENTS = st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(TEXTS, st.floats(), MOMENTS, st.lists(TEXTS, max_size=3)), min_size=1, max_size=30))
def test_whatever_was_written_is_read_back_to_the_same_hash(values):
    store = SHARED
    facts = [
        one_of(
            ResidentRegistered, resident_id=text, lat=number, occurred_at=at.replace(tzinfo=UTC), languages=tuple(more)
        )
        for text, number, at, more in values
    ]
    log(store, *facts)

    assert check(store).faults == ()


SHARED = Store.in_memory(clock=lambda: NOW + timedelta(days=1))
