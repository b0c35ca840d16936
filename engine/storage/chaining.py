"""Chaining the log of a pilot that was written before its entries were chained: once, when the schema is brought there.

Never again after that: an entry without a chain is then a fault (``audit.verify_log``), not an old one.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.storage import chain

if TYPE_CHECKING:
    from engine.storage.migrations import Cursor


def chain_old_entries(cursor: Cursor, tables: list[str]) -> None:
    """Salt what is erasable, and fill in ``digests`` and ``chain`` of every entry.

    Parameters
    ----------
    tables
        The tables of facts the pilot has by now, without ``entry``.
    """
    entries = cursor.execute("from facts.entry order by entry_no").to_arrow_table().to_pylist()
    if not entries:
        return
    for table in chain.ERASABLE.keys() & set(tables):
        _salt(cursor, table)
    by_entry: defaultdict[int, dict[str, list[str]]] = defaultdict(dict)
    for table in tables:
        rows = cursor.execute(f"from facts.{table} order by entry_no, rowid").to_arrow_table()
        for entry_no, hashes in chain.hashes_by_entry(table, rows).items():
            by_entry[entry_no][table] = hashes
    previous = None
    for entry in entries:
        entry["digests"] = chain.digests(by_entry[entry["entry_no"]])
        entry["chain"] = previous = chain.link(previous, entry)
    columns = {name: [entry[name] for entry in entries] for name in ("entry_no", "digests", "chain")}
    _update(cursor, "entry", "entry_no", pa.table(columns))


def _salt(cursor: Cursor, table: str) -> None:
    numbered = cursor.execute(f"from (select rowid as row_no, salt from facts.{table})").to_arrow_table()  # noqa: S608
    salts = pa.array([chain.new_salt() for _ in range(len(numbered))], pa.binary())
    _update(cursor, table, "rowid", pa.table({"rowid": numbered["row_no"], chain.SALT: salts}))


def _update(cursor: Cursor, table: str, key: str, rows: pa.Table) -> None:
    changes = ", ".join(f"{name} = filled.{name}" for name in rows.column_names if name != key)
    filled = rows.rename_columns([f"filled_{key}" if name == key else name for name in rows.column_names])
    cursor.register("filled", filled)
    try:
        cursor.execute(f"update facts.{table} set {changes} from filled where {table}.{key} = filled_{key}")  # noqa: S608
    finally:
        cursor.unregister("filled")
