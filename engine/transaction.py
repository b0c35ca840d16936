"""What can be done inside one transaction of the store: read state and persons, append facts, keep persons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa

from engine import identity
from engine.errors import InputError
from engine.facts import Fact
from engine.migrations import Cursor, sql_of, state_macros
from engine.rows import frame_of, naive_utc, tables_of

ALL_ENTRIES = 2**63 - 1
FEW_ROWS = 8


@dataclass(frozen=True, slots=True)
class Mark:
    """What is noted of a log entry besides its facts: when, who, what, and the name of the intent."""

    recorded_at: datetime
    actor_id: str
    action: str
    idempotency_key: str | None


class Reading:
    """One consistent look at the pilot: everything read through it is of the same moment.

    ``last_entry_no`` is the newest log entry that was committed before, 0 when the log is empty.
    """

    def __init__(self, cursor: Cursor, master_key: Callable[[], bytes]) -> None:
        self._cursor = cursor
        self._master_key = master_key
        self.last_entry_no: int = cursor.execute(sql_of("queries/last_entry_no")).fetchone()[0]

    def query(self, name: str, *, tables: Mapping[str, pd.DataFrame] | None = None, **params: Any) -> pd.DataFrame:
        """Run ``engine/sql/queries/<name>.sql``, or ``engine/sql/<name>.sql`` for a name with a folder.

        Parameters
        ----------
        tables
            Tables the query may name as if they were the pilot's own.
        params
            Its ``$named`` parameters; those it does not ask for are left out. Aware times are turned into UTC.

        Returns
        -------
        DataFrame
            Text as ``str``, days and times as naive ``datetime64``, decimals as floats; whole numbers with
            missing values become floats too.
        """
        return self._run(sql_of(name if "/" in name else f"queries/{name}"), tables or {}, params)

    def keep(self, name: str, *, into: str | None = None, **params: Any) -> None:
        """Run a query as :meth:`query` does, and keep its rows for later queries of this reading.

        Parameters
        ----------
        into
            The table they are kept in, in place of an earlier one; the name of the query by default.
        """
        self._run(f"create or replace temp table {into or name} as\n{sql_of(f'queries/{name}')}", {}, params)

    def state(self, macro: str, as_of: datetime, until_entry: int | None = None) -> pd.DataFrame:
        """Read a state relation of ``engine/sql/state``, its rows in a fixed order.

        Parameters
        ----------
        macro
            Its name, such as ``requests_at``.
        as_of
            The moment asked about (aware, or naive UTC): what had happened by then.
        until_entry
            The last log entry to believe: what was known by then. All of them by default.

        Raises
        ------
        InputError
            When there is no such relation.
        """
        if macro not in state_macros():
            raise InputError(f"There is no state {macro!r}; known are {', '.join(sorted(state_macros()))}.")
        moment = {"as_of": as_of, "until_entry": ALL_ENTRIES if until_entry is None else until_entry}
        return self._run(f"from {macro}($as_of, $until_entry) order by all", {}, moment)

    def person(self, resident_id: str) -> dict[str, Any] | None:
        """Read a person's name, phone, email, address, lat and lon; ``None`` when unknown or erased.

        Raises
        ------
        StoreError
            When the master key is missing or does not fit.
        """
        found = identity.unseal_people(self._master_key(), self._sealed_people([resident_id]))
        return {name: found[0][name] for name in identity.DETAILS} if found else None

    def people(self) -> pd.DataFrame:
        """Read everybody: ``resident_id`` and :data:`engine.identity.DETAILS`, one row per person, by id.

        Raises
        ------
        StoreError
            When the master key is missing or does not fit.
        """
        found = identity.unseal_people(self._master_key(), self._sealed_people(None))
        return pd.DataFrame(found, columns=["resident_id", *identity.DETAILS])

    def notes(self, subject: str) -> pd.DataFrame:
        """Read the notes on a subject: ``note_id``, ``resident_id``, ``text``, one row per note, by id.

        Raises
        ------
        StoreError
            When the master key is missing or does not fit.
        """
        found = identity.unseal_notes(self._master_key(), self.query("sealed_notes", subject=subject))
        return pd.DataFrame(found, columns=["note_id", "resident_id", "text"])

    def _sealed_people(self, resident_ids: list[str] | None) -> pd.DataFrame:
        return self.query("sealed_people", resident_ids=resident_ids)

    def _run(self, sql: str, tables: Mapping[str, pd.DataFrame], params: Mapping[str, Any]) -> pd.DataFrame:
        [statement] = self._cursor.extract_statements(sql)
        wanted = {name: naive_utc(params[name]) for name in statement.named_parameters if name in params}
        for name, table in tables.items():
            # DuckDB reads Arrow several times faster than pandas, and knows the type of an empty column.
            self._cursor.register(name, pa.Table.from_pandas(table, preserve_index=False))
        try:
            return frame_of(self._cursor.execute(statement, wanted).to_arrow_table())
        finally:
            for name in tables:
                self._cursor.unregister(name)


class Transaction(Reading):
    """One entry of the log being written: committed as a whole, or not at all.

    ``entry_no`` is its place in the log, ``recorded_at`` (UTC) the clock's time. When ``already_done``, an entry
    with this idempotency key exists: the body runs, and nothing is written a second time.
    """

    def __init__(self, cursor: Cursor, master_key: Callable[[], bytes], mark: Mark) -> None:
        super().__init__(cursor, master_key)
        self.entry_no = self.last_entry_no + 1
        self.recorded_at = mark.recorded_at
        self.n_facts = 0
        same = cursor.execute(sql_of("queries/entry_with_key"), {"idempotency_key": mark.idempotency_key})
        self.already_done = same.fetchone() is not None
        self._mark = mark
        self._has_written = False

    def append(self, facts: Iterable[Fact]) -> None:
        """Append facts of any kinds, in this order within each kind.

        Raises
        ------
        InputError
            When ``occurred_at`` has no time zone, a local time has one, or a value is not what its column takes.
        """
        for name, table in tables_of(facts, self.entry_no, self.recorded_at, self._mark.actor_id).items():
            self._insert(f"insert into facts.{name}", table)
            self.n_facts += len(table)

    def put_people(self, people: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep the details (:data:`engine.identity.DETAILS`) of many persons: resident_id -> details.

        Raises
        ------
        InputError
            When there are unknown details, or one that is neither text nor number.
        StoreError
            When the master key is missing or does not fit.
        """
        known = self._sealed_people(list(people))
        rows = identity.seal_people(self._master_key(), people, known)
        self._insert("insert or replace into identity.person", rows)

    def put_notes(self, notes: Sequence[tuple[str, str, str, str]]) -> None:
        """Keep free texts about residents, each in place of the note of its id if there is one.

        Parameters
        ----------
        notes
            note_id, resident_id, subject (what it is about, such as a request_id) and text of each.

        Raises
        ------
        InputError
            When nothing is kept about a resident, so that there is no key to seal the note with.
        StoreError
            When the master key is missing or does not fit.
        """
        known = self._sealed_people(sorted({resident_id for _, resident_id, _, _ in notes}))
        self._insert("insert or replace into identity.note", identity.seal_notes(self._master_key(), known, notes))

    def _insert(self, into: str, rows: pa.Table) -> None:
        if self.already_done or not len(rows):
            return
        self._has_written = True
        if len(rows) <= FEW_ROWS:  # simulations write thousands of small entries
            values = ", ".join("?" * rows.num_columns)
            for row in rows.to_pylist():
                self._cursor.execute(f"{into} ({', '.join(row)}) values ({values})", list(row.values()))
            return
        self._cursor.register("incoming", rows)
        try:
            self._cursor.execute(f"{into} by name from incoming")
        finally:
            self._cursor.unregister("incoming")

    def finish(self) -> None:
        """Write the entry itself, if anything was written in it; the store calls this before it commits."""
        if self._has_written:
            mark = self._mark
            row = [self.entry_no, mark.idempotency_key, naive_utc(mark.recorded_at), mark.actor_id, mark.action]
            self._cursor.execute("insert into facts.entry values (?, ?, ?, ?, ?, ?)", [*row, self.n_facts])
