"""Bringing a pilot file up to date by numbered migrations, and the state macros that are laid over it.

A migration that was applied may never change again, and a file from a newer program is refused. State macros
hold no data: they live in the program's own memory, so that any two versions of them can share one file.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from engine import reference
from engine.errors import StoreError
from engine.storage.chaining import chain_old_entries

SQL = Path(__file__).parents[1] / "sql"
OVER_PILOT = "set search_path = 'pilot.main,memory.main'"

FIRST_CHAINED = 3
"""The schema from which every log entry carries a chain."""


class Cursor(Protocol):
    """What is needed of a database cursor; it keeps the database library out of everything but the store."""

    def execute(self, query: Any, parameters: Any = None) -> Any:
        """Run one or several statements."""

    def extract_statements(self, query: str) -> Any:
        """Parse a text into statements, which know their parameters."""

    def register(self, view_name: str, python_object: object) -> Any:
        """Show a table of the program to the queries."""

    def unregister(self, view_name: str) -> Any:
        """Hide it again."""

    def cursor(self) -> Any:
        """Open another cursor on the same database."""


@cache
def sql_of(name: str) -> str:
    """Read ``engine/sql/<name>.sql``."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


@cache
def state_macros() -> dict[str, str]:
    """Read the state macros by name, each after those it uses: DuckDB resolves names on creation."""
    texts = {path.stem: sql_of(f"state/{path.stem}") for path in sorted((SQL / "state").glob("*.sql"))}
    uses = {
        name: set(re.findall(r"\b\w+(?=\()", re.sub(r"--.*", "", text))) & texts.keys() - {name}
        for name, text in texts.items()
    }
    return {name: texts[name] for name in TopologicalSorter(uses).static_order()}


@cache
def migrations() -> dict[int, tuple[str, str]]:
    """Read the numbered migrations: version -> name and text."""
    paths = sorted((SQL / "schema").glob("[0-9]*.sql"))
    return {int(path.stem.split("_")[0]): (path.stem, sql_of(f"schema/{path.stem}")) for path in paths}


def bring_up_to_date(cursor: Cursor, now: datetime, where: str, *, new: bool) -> None:
    """Apply what the attached pilot lacks, inside the caller's transaction.

    Parameters
    ----------
    now
        Naive UTC, recorded with what is applied.
    where
        The pilot's name, for errors.
    new
        Make an empty database a pilot; otherwise a database that is none is refused.

    Raises
    ------
    StoreError
        When the file is no pilot, was written by a newer program, or had another text of a migration.
    """
    if new:
        cursor.execute(sql_of("schema/bookkeeping"))
    elif not cursor.execute(sql_of("schema/is_pilot")).fetchall()[0][0]:
        raise StoreError(f"{where} is not a whole pilot; if `mikro init` was cut short, remove it and try again.")
    applied = dict(cursor.execute(sql_of("schema/applied")).fetchall())
    if newer := applied.keys() - migrations().keys():
        raise StoreError(f"{where} was written by a newer version of mikro (schema {max(newer)}); update the program.")
    for version, (name, text) in migrations().items():
        if version not in applied:
            cursor.execute(text)
            if version == FIRST_CHAINED:
                chain_old_entries(cursor, _tables_of_facts(cursor))
            cursor.execute("insert into main.schema_version values (?, ?, ?, ?)", [version, name, _checksum(text), now])
        elif applied[version] != _checksum(text):
            raise StoreError(f"{where} was made with another text of {name}.sql; an applied migration may not change.")


def _tables_of_facts(cursor: Cursor) -> list[str]:
    tables = cursor.execute(sql_of("queries/tables"), {"database_name": "pilot"}).fetchall()
    return [table for schema, table in tables if schema == "facts" and table != "entry"]


def lay_out(database: Cursor, now: datetime) -> None:
    """Make the reference tables and the state macros in an empty instance, and attach an empty pilot in memory.

    The macros are in schema ``memory.main``; they are made while a pilot of the present schema is attached.
    """
    database.execute(sql_of("schema/reference"))
    for name, table in reference.tables().items():
        database.register("incoming", pa.Table.from_pandas(table, preserve_index=False))
        database.execute(f"insert into memory.reference.{name} by name from incoming")
        database.unregister("incoming")
    database.execute("attach ':memory:' as pilot")
    with database.cursor() as cursor:
        cursor.execute(OVER_PILOT)
        bring_up_to_date(cursor, now, "", new=True)
        for text in state_macros().values():
            cursor.execute(text.replace("create or replace macro ", "create or replace macro memory.main.", 1))


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
