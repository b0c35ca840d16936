"""The log checked against its own hashes: every change of a value, row or entry since, named by entry and table.

What no file can show by itself is that its newest entries were cut off, or that the whole chain was made anew by
somebody who knows how: both show against a head (entry and chain) that was written down elsewhere.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.errors import InputError
from engine.facts import all_kinds, table_of
from engine.storage import chain
from engine.storage.reading import Reading

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogFault:
    """One thing that is not as it was written: in which entry and table (``entry`` itself, or a table of facts)."""

    entry_no: int
    table: str
    sentence: str


@dataclass(frozen=True, slots=True)
class LogVerification:
    """What could be established of the log.

    Parameters
    ----------
    head_no, head_chain
        The newest entry and its chain: worth writing down elsewhere.
    n_entries, n_facts
        How much was checked.
    """

    faults: tuple[LogFault, ...]
    head_no: int
    head_chain: str
    n_entries: int
    n_facts: int

    @property
    def head(self) -> str:
        """Write the head as ``--head`` takes it."""
        return f"{self.head_no}:{self.head_chain}"

    @property
    def sentence(self) -> str:
        """Say in one line what holds."""
        if self.faults:
            more = f" and {len(self.faults) - 3} more" if len(self.faults) > 3 else ""
            return f"The log is NOT as it was written: {' '.join(f.sentence for f in self.faults[:3])}{more}"
        return (
            f"The log is as it was written: {self.n_facts:,} facts in {self.n_entries:,} entries. Its head is"
            f" {self.head}; keep that elsewhere to know later that nothing was cut off."
        )


def check_log(reading: Reading, head: str | None = None) -> LogVerification:
    """Compare every row and entry of the log with the hashes it was written with.

    Parameters
    ----------
    head
        A head written down earlier, as ``ENTRY:CHAIN``: the log must still hold it.

    Raises
    ------
    InputError
        When the head is not of that form.
    """
    wanted = _head_of(head) if head else None
    entries = dict(chain.rows_of(reading.facts_of("entry")))
    digests = {entry_no: digests_in(entry and entry["digests"]) for entry_no, entry in entries.items()}
    faults = list(_broken_links(entries))
    known = {table_of(kind) for kind in all_kinds()}
    present = _tables_of_facts(reading)
    faults += [LogFault(0, table, f"The table {table} is gone.") for table in sorted(known - present)]
    faults += [LogFault(0, table, f"The table {table} is not one of the log.") for table in sorted(present - known)]
    erased = _erased(reading) if "fact_redacted" in present else {}
    n_facts = 0
    for table in sorted(known & present):
        found = chain.hashes_by_entry(table, reading.facts_of(table), erased.get(table))
        n_facts += sum(map(len, found.values()))
        faults += _changed_rows(table, found, digests)
    head_no = max(entries, default=0)
    head_chain = _chain_of(entries.get(head_no))
    if wanted and _chain_of(entries.get(wanted[0])) != wanted[1]:
        faults.append(LogFault(wanted[0], "entry", f"The log does not hold the head {head} that was written down."))
    faults.sort(key=lambda fault: (fault.entry_no, fault.table))
    return LogVerification(tuple(faults), head_no, head_chain, len(entries), n_facts)


def digests_in(text: object) -> dict[str, list[Any]]:
    """Read the ``digests`` of an entry: table -> how many rows, and their digest; empty for what cannot be read."""
    try:
        return {table: [int(n), str(digest)] for table, (n, digest) in json.loads(str(text)).items()}
    except (TypeError, ValueError, AttributeError):  # changed, which the chain says
        return {}


def _broken_links(entries: dict[int, Entry | None]) -> Iterator[LogFault]:
    """Check each entry against the chain before it, so that one change is one fault and not a thousand."""
    before = 0
    for entry_no, entry in entries.items():
        if entry_no != before + 1:
            gone = f"Entry {before + 1} is" if entry_no == before + 2 else f"Entries {before + 1} to {entry_no - 1} are"
            yield LogFault(before + 1, "entry", f"{gone} gone.")
        elif entry is None or entry["chain"] is None:
            yield LogFault(entry_no, "entry", f"Entry {entry_no} was changed: it cannot be read or has no chain.")
        elif entry["chain"] != chain.link(_chain_of(entries.get(before)), entry):
            yield LogFault(entry_no, "entry", f"Entry {entry_no} was changed, or the chain of the one before it.")
        before = entry_no


def _changed_rows(
    table: str, found: dict[int, list[str]], digests: dict[int, dict[str, list[Any]]]
) -> Iterator[LogFault]:
    """Compare the rows of a table with what each entry says it wrote there."""
    for entry_no in sorted(found.keys() | {n for n, written in digests.items() if table in written}):
        hashes = found.get(entry_no, [])
        if entry_no not in digests:
            yield LogFault(entry_no, table, f"{table} has rows of entry {entry_no}, which is not there.")
            continue
        n_written, digest = digests[entry_no].get(table, [0, chain.digest([])])
        if len(hashes) != n_written:
            are = f"{len(hashes)} rows of entry {entry_no}, which wrote {n_written}"
            yield LogFault(entry_no, table, f"{table} has {are}.")
        elif chain.digest(hashes) != digest:
            yield LogFault(entry_no, table, f"A row of {table} written in entry {entry_no} was changed.")


def _erased(reading: Reading) -> dict[str, dict[tuple[int, int], str]]:
    """Read which rows were redacted: table -> (entry_no, nth) -> the hash that stands for what was there."""
    erased: defaultdict[str, dict[tuple[int, int], str]] = defaultdict(dict)
    for _, row in chain.rows_of(reading.facts_of("fact_redacted")):
        if row:
            erased[row["fact"]].setdefault((row["in_entry_no"], row["nth"]), row["original_hash"])
    return erased


def _tables_of_facts(reading: Reading) -> set[str]:
    tables = reading.query("tables", database_name="pilot")
    return set(tables.loc[tables["schema_name"] == "facts", "table_name"]) - {"entry"}


def _chain_of(entry: Entry | None) -> str:
    return (entry and entry["chain"]) or chain.START


def _head_of(head: str) -> tuple[int, str]:
    found = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", head.strip())
    if not found:
        raise InputError(f"{head!r} is not a head such as 12:0f3a… (entry, colon, 64 hexadecimal digits).")
    return int(found[1]), found[2]
