"""The log chained by hash: what is hashed of a row, of the rows of an entry, and of the entry; no file is touched here.

- A row's hash is SHA-256 of its canonical JSON: columns by name, nulls left out, so that a column added later
  changes no earlier hash. Times are ISO 8601, bytes hexadecimal.
- What erasure may remove (:data:`ERASABLE`) is in the row's hash as a hash of its own, made with 16 random bytes,
  the row's ``salt``. When it is gone, that hash (kept by ``FactRedacted``) takes its place; the rest stays covered.
- An entry keeps, by table, how many rows it wrote and a digest of their hashes in the order written; its ``chain``
  is the hash of all this and of the chain before.

Whoever can write the file and knows this page can make a whole new chain: only a head written down elsewhere shows it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

import pyarrow as pa

ERASABLE: dict[str, dict[str, Any]] = {
    "resident_registered": {"lat": None, "lon": None},
    "grant_decided": {"decision": ""},
    # From the ways of a few volunteers to a resident the place can be computed.
    "proposal_made": dict.fromkeys(("travel_minutes", "minutes", "distance_km", "value", "value_distance")),
    "offer_sent": dict.fromkeys(("minutes", "distance_km")),
    # How somebody says they are is about their health, and kept by consent alone (GDPR art. 9.2 a).
    "survey_answered": dict.fromkeys(
        (*(f"who5_{nth}" for nth in range(1, 6)), *(f"ucla3_{nth}" for nth in range(1, 4)), "recommend")
    ),
}
"""By table: the columns that erasure may blank, and what is left there. ``salt`` becomes null with them."""

SALT = "salt"
START = "0" * 64
"""The chain before the first entry."""

UNREADABLE = "0"
"""The hash of a row that cannot be read, which none of ours is."""

_SALT_BYTES = 16
_ROWS_AT_ONCE = 10_000


def new_salt() -> bytes:
    """Draw the random bytes that keep the hash of an erased value from being guessed."""
    return os.urandom(_SALT_BYTES)


def row_hash(fact: str, row: Mapping[str, Any], erased: str | None = None) -> str:
    """Hash one row of a table of facts.

    Parameters
    ----------
    fact
        The table, such as ``resident_registered``.
    row
        Every column by name, as plain Python values.
    erased
        What :func:`erasable_hash` was before the row was redacted, if it was; it counts only if nothing is there now.
    """
    if fact not in ERASABLE:
        return _hash(row)
    if not is_blank(fact, row) or row[SALT] is not None:
        erased = None
    kept = {name: value for name, value in row.items() if name not in ERASABLE[fact] and name != SALT}
    return _hash(kept | {"erasable": erased or erasable_hash(fact, row)})


def erasable_hash(fact: str, row: Mapping[str, Any]) -> str:
    """Hash the erasable columns of a row with its salt: what stands for them once they are gone."""
    return _hash({name: row.get(name) for name in (*ERASABLE[fact], SALT)})


def is_blank(fact: str, row: Mapping[str, Any]) -> bool:
    """Say whether nothing that erasure may remove is left in a row."""
    return all(row.get(name) == blank for name, blank in ERASABLE[fact].items())


def redacted(fact: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Give a row as erasure leaves it."""
    return {**row, **ERASABLE[fact], SALT: None}


def digest(hashes: Iterable[str]) -> str:
    """Hash the rows of one table in one entry, given their hashes in the order written."""
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def digests(hashes: Mapping[str, list[str]]) -> str:
    """Write down for every table of an entry its number of rows and their digest, as canonical JSON."""
    return _canonical({fact: [len(rows), digest(rows)] for fact, rows in hashes.items()})


def link(previous: str | None, entry: Mapping[str, Any]) -> str:
    """Hash an entry (every column but ``chain``) together with the chain before it: the next link."""
    head = {name: value for name, value in entry.items() if name != "chain" and value is not None}
    return _hash({"previous": previous or START, "entry": head})


def hashes_by_entry(
    fact: str, table: pa.Table, erased: Mapping[tuple[int, int], str] | None = None
) -> dict[int, list[str]]:
    """Hash all rows of a table of facts: by entry, in the order given.

    Parameters
    ----------
    table
        The stored table, by ``entry_no`` and then in the order written.
    erased
        ``(entry_no, nth)`` of redacted rows -> the hash that stands for what was erased; ``nth`` counts from 1.
    """
    hashes: dict[int, list[str]] = {}
    for entry_no, row in rows_of(table):
        of_entry = hashes.setdefault(entry_no, [])
        was_erased = erased.get((entry_no, len(of_entry) + 1)) if erased else None
        of_entry.append(row_hash(fact, row, was_erased) if row else UNREADABLE)
    return hashes


def rows_of(table: pa.Table) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Go through rows as ``entry_no`` and plain values; ``None`` where Python has no word for a value (infinity)."""
    for batch in table.to_batches(max_chunksize=_ROWS_AT_ONCE):
        numbers = batch["entry_no"].to_pylist()
        try:
            yield from zip(numbers, batch.to_pylist(), strict=True)
        except (ValueError, OverflowError):
            yield from ((number, _row(batch, i)) for i, number in enumerate(numbers))


def _row(batch: pa.RecordBatch, i: int) -> dict[str, Any] | None:
    try:
        row: dict[str, Any] = batch.slice(i, 1).to_pylist()[0]
    except (ValueError, OverflowError):
        return None
    return row


def _hash(values: Mapping[str, Any]) -> str:
    known = {name: value for name, value in values.items() if value is not None}
    return hashlib.sha256(_canonical(known).encode()).hexdigest()


def _plain(value: object) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"A value of a fact cannot be a {type(value).__name__}.")


# ASCII only: two texts that look alike stay apart, and the hash does not depend on how text is encoded.
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_plain).encode
