"""A file of any earlier program is brought up to date in one step, and means what it meant."""

from __future__ import annotations

import os
import re
from datetime import timedelta

import duckdb
import pandas as pd
import pytest
from bench import kills
from old_pilots import ENTRIES, PEOPLE, make_old_pilot, make_present_pilot
from small_pilot import BEFORE, NOW

from engine.errors import StoreError
from engine.facts import table_of
from engine.storage import migrations, rewriting
from engine.storage.backup import hash_of
from engine.storage.restoring import restore
from engine.store import Store

NEWEST = max(migrations.migrations())
EARLIER = [1, 2]  # schema 3 was never released by itself; its files are chained by the program that writes them
MOMENTS = [BEFORE, BEFORE + timedelta(minutes=30), NOW]


def versions_of(path):
    with duckdb.connect(str(path), read_only=True) as connection:
        return [version for (version,) in connection.execute("select version from schema_version").fetchall()]


def states_of(path):
    """Read every state relation at several moments, and as it was known after each entry."""
    with Store(path).reading() as reading:
        return {
            (name, moment, until): reading.state(name, moment, until)
            for name, text in migrations.state_macros().items()
            if re.search(r"\(as_of, until_entry := \d+\) as table", text)
            for moment in MOMENTS
            for until in range(1, len(ENTRIES) + 1)
        }


@pytest.fixture(scope="module")
def present(tmp_path_factory):
    """Make a pilot of the present schema with the same log, and read what it means."""
    path = tmp_path_factory.mktemp("present") / "pilot.duckdb"
    make_present_pilot(path)
    return states_of(path)


def assert_same(found, wanted):
    assert found.keys() == wanted.keys()
    for what, table in wanted.items():
        pd.testing.assert_frame_equal(found[what], table, obj=str(what))


def test_the_old_log_has_every_kind_of_fact_of_the_first_schema(tmp_path):
    path = make_old_pilot(tmp_path / "pilot.duckdb", 1)

    with duckdb.connect(str(path)) as connection:
        tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'facts'").fetchall()
        empty = [name for (name,) in tables if not connection.execute(f"from facts.{name} limit 1").fetchall()]

    assert empty == []
    assert {name for (name,) in tables} == {table_of(type(fact)) for entry in ENTRIES for fact in entry} | {"entry"}


@pytest.mark.parametrize("version", EARLIER)
def test_a_file_of_an_earlier_schema_is_brought_up_to_date_and_means_the_same(tmp_path, present, version):
    path = make_old_pilot(tmp_path / "pilot.duckdb", version)

    Store(path)

    assert versions_of(path) == sorted(migrations.migrations())
    assert_same(states_of(path), present)


@pytest.mark.parametrize("version", [version for version in EARLIER if version >= 2])
def test_people_of_an_earlier_file_stay_legible(tmp_path, version):
    path = make_old_pilot(tmp_path / "pilot.duckdb", version)

    with Store(path).transaction("anna", "test") as transaction:
        for resident_id, details in PEOPLE.items():
            read = transaction.person(resident_id, "test")
            assert {name: value for name, value in read.items() if value is not None} == details


@pytest.mark.parametrize("version", EARLIER)
def test_a_migrated_file_has_the_tables_of_a_new_one(tmp_path, version):
    new, old = tmp_path / "new.duckdb", make_old_pilot(tmp_path / "old.duckdb", version)
    Store.create(new)
    Store(old)

    tables = []
    for path in (new, old):
        with duckdb.connect(str(path), read_only=True) as connection:
            columns = "select schema_name, table_name, column_name, data_type, is_nullable from duckdb_columns()"
            checks = "select schema_name, table_name, constraint_text from duckdb_constraints()"
            tables.append([connection.execute(f"{sql} where not internal").fetchall() for sql in (columns,)])
            tables[-1].append(sorted(connection.execute(checks).fetchall()))

    assert sorted(tables[0][0]) == sorted(tables[1][0])
    assert tables[0][1] == tables[1][1]


@pytest.mark.parametrize("version", EARLIER)
def test_an_earlier_backup_is_restored_by_this_program_and_stays_as_it_is(tmp_path, present, version):
    backup = make_old_pilot(tmp_path / "pilot.duckdb", version)
    (tmp_path / "new.duckdb.key").write_text((tmp_path / "pilot.duckdb.key").read_text())
    before = hash_of(backup)

    restore(tmp_path / "new.duckdb", backup, "anna")

    assert hash_of(backup) == before
    assert_same(states_of(tmp_path / "new.duckdb"), present)


@pytest.mark.skipif(os.name != "posix", reason="needs fork")
def test_a_migration_killed_between_any_two_statements_is_done_again_from_the_start(tmp_path):
    version = min(EARLIER)
    order = {"activity": "migration", "tag": "m", "folder": str(tmp_path)}
    old = make_old_pilot(tmp_path / "old.duckdb", version)
    nth, was_killed = 1, True
    with kills.killer() as one:
        while was_killed:
            path = tmp_path / f"{nth}.duckdb"
            path.write_bytes(old.read_bytes())
            path.with_name(path.name + ".key").write_text((tmp_path / "old.duckdb.key").read_text())

            was_killed = one.run(order | {"path": str(path), "at_statement": nth}, None).was_killed

            assert versions_of(path) == list(range(1, (version if was_killed else NEWEST) + 1))
            nth += 1

    Store(tmp_path / f"{nth // 2}.duckdb")

    assert versions_of(tmp_path / f"{nth // 2}.duckdb") == list(range(1, NEWEST + 1))
    assert nth > 5


def test_the_rows_of_a_table_made_anew_keep_their_order(tmp_path):
    path = make_old_pilot(tmp_path / "pilot.duckdb", 2)

    store = Store(path)

    with store.held():
        counts = {name: n for name, (n, _) in rewriting.contents_of(store).items()}
        with store.reading() as reading:
            assert reading.state("overrides_at", NOW)["kind"].tolist() == ["forbid"]
    assert counts["facts.override_stated"] == 2


def test_a_file_of_a_newer_program_is_left_as_it_is(pilot_path):
    with duckdb.connect(str(pilot_path)) as connection:
        connection.execute("insert into main.schema_version values (99, '0099_future', 'x', now()::timestamp)")
    before = hash_of(pilot_path)

    with pytest.raises(StoreError, match=r"newer version of mikro \(schema 99\); update the program"):
        Store(pilot_path)

    assert hash_of(pilot_path) == before
