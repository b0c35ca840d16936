"""What is done to a pilot's file itself: writing it anew, copying it, putting another in its place.

DuckDB leaves a deleted row in the file, legible, until its block is used again: hence the writing anew. A new file is
made beside the old one and takes its place in one step: a crash leaves one or the other, whole and without a log.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import StoreError
from engine.storage import durable, trouble
from engine.storage.migrations import Cursor, sql_of

if TYPE_CHECKING:
    from engine.store import Store


def fresh_file(path: Path) -> Path:
    """Name the file that a pilot is rewritten into before it takes its place."""
    return path.with_name(path.name + ".rewriting")


def write_anew(database: Cursor, path: Path) -> None:
    """Rewrite the file of the attached database ``pilot``, which is detached when this ends well.

    The caller holds the pilot's lock, and no transaction is open.

    Raises
    ------
    StoreError
        When the copy is not what was copied; the file is then left as it was.
    """
    fresh = fresh_file(path)
    durable.remove(fresh)
    database.execute(f"attach '{quoted(fresh)}' as fresh (type duckdb)")
    database.execute("copy from database pilot to fresh")
    # Read back from the file, not from memory.
    database.execute("detach fresh")
    database.execute(f"attach '{quoted(fresh)}' as fresh (type duckdb, read_only)")
    if contents(database, "fresh") != contents(database, "pilot"):
        raise StoreError(f"{path.name} could not be rewritten: the copy differs. It was left as it is.")
    database.execute("detach fresh")
    let_go(database)
    durable.flush(fresh)
    durable.put_in_place(fresh, path)


def copy_to(store: Store, to: Path) -> str:
    """Copy a pilot's file as it stands, whole and without a log, in place of what has that name.

    Returns
    -------
    str
        The SHA-256 of the pilot's file.

    Raises
    ------
    StoreError
        When a transaction is open in this thread, the pilot is busy or in memory, or the copy cannot be written.
    """
    if store.path is None:
        raise StoreError("A pilot in memory has no file to copy.")
    with store.working_on_file() as database:
        let_go(database)
        try:
            return durable.copy(store.path, to)
        except OSError as error:
            raise StoreError(trouble.of_system(str(to), error)) from error


def give_way(store: Store, new: Path, aside: Path) -> None:
    """Put another pilot's file in the place of a pilot's, which is kept under the name ``aside``.

    Raises
    ------
    StoreError
        When a transaction is open in this thread, the pilot is busy or in memory, or the files cannot be moved.
    """
    if store.path is None:
        raise StoreError("A pilot in memory has no file to replace.")
    with store.working_on_file() as database:
        let_go(database)
        durable.exchange(new, store.path, aside)


def contents_of(store: Store) -> dict[str, tuple[int, str]]:
    """Read every row of a pilot: table -> how many there are, and a fingerprint of them in their order.

    Raises
    ------
    StoreError
        When the pilot is busy, or any part of it is damaged.
    """
    with store.working_on_file() as database:
        return contents(database, "pilot")


def let_go(database: Cursor) -> None:
    """Write all of the attached database ``pilot`` into its file, and detach it."""
    database.execute("checkpoint pilot")
    database.execute("detach pilot")


def contents(database: Cursor, name: str) -> dict[str, tuple[int, str]]:
    """Read all of an attached database: table -> how many rows, and a fingerprint of them in their order."""
    listed = database.execute(sql_of("queries/tables"), {"database_name": name}).fetchall()
    content = sql_of("queries/table_content")
    return {
        f"{schema}.{table}": database.execute(content, {"table_name": f"{name}.{schema}.{table}"}).fetchall()[0]
        for schema, table in listed
    }


def quoted(path: Path) -> str:
    """Make a path fit to stand between single quotes."""
    return str(path).replace("'", "''")
