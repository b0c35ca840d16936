"""What can be done inside one transaction of the store: read state and persons, append facts, keep and erase persons.

Every reading of a person leaves a fact, so it needs a transaction; a mere reading of the store has no door to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from engine.facts import Fact, FactRedacted, IdentityRead
from engine.storage import chain, identity
from engine.storage.kept import KeptStates
from engine.storage.mark import Mark, must_be_words
from engine.storage.migrations import Cursor, sql_of
from engine.storage.reading import Reading
from engine.storage.rows import naive_utc, tables_of

FEW_ROWS = 8

# What holds between two people is about both.
_ABOUT_A_PAIR = (
    "request_id in (select request_id from facts.request_submitted where resident_id = $resident_id)"
    " or volunteer_id in (select volunteer_id from facts.volunteer_registered where resident_id = $resident_id)"
)
_ABOUT = {"proposal_made": _ABOUT_A_PAIR, "offer_sent": _ABOUT_A_PAIR}
"""Which rows of a table of ``chain.ERASABLE`` are about a resident, where no column ``resident_id`` says so."""


class Transaction(Reading):
    """One entry of the log being written: committed as a whole, or not at all.

    ``entry_no`` is its place in the log, ``recorded_at`` (UTC) the clock's time. When ``already_done``, an entry
    with this idempotency key exists: the body runs, and nothing is written a second time but who read which person.
    ``reads`` are the readings of persons so far, which the store notes even if the rest is undone.
    """

    def __init__(
        self, cursor: Cursor, master_key: Callable[[], bytes], mark: Mark, kept: KeptStates | None = None
    ) -> None:
        super().__init__(cursor, kept)
        self._master_key = master_key
        self.entry_no = self.last_entry_no + 1
        self.recorded_at = mark.recorded_at
        self.n_facts = 0
        self._chain = self._head[1]
        key = mark.idempotency_key
        asked = {"idempotency_key": key}
        self.already_done = key is not None and bool(cursor.execute(sql_of("queries/entry_of_key"), asked).fetchall())
        self.mark = mark
        self.reads: list[IdentityRead] = []
        self._has_written = False
        self._hashes: dict[str, list[str]] = {}

    @property
    def _end_of_log(self) -> int:
        return self.entry_no if self.n_facts else self.last_entry_no

    def append(self, facts: Iterable[Fact]) -> None:
        """Append facts of any kinds, in this order within each kind.

        Raises
        ------
        InputError
            When ``occurred_at`` has no time zone, a local time has one, or a value is not what its column takes.
        """
        tables = self._tables_of(facts)
        if not self.already_done:
            self._write(tables)

    def put_people(self, people: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep the details (:data:`engine.storage.identity.DETAILS`) of many persons: resident_id -> details.

        Raises
        ------
        InputError
            When there are unknown details, or one that is neither text nor number.
        StoreError
            When the master key is missing or does not fit.
        """
        known = self._sealed_people(list(people))
        rows = identity.seal_people(self._master_key(), people, known)
        self._keep("person", rows)

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
        self._keep("note", identity.seal_notes(self._master_key(), known, notes))

    def person(self, resident_id: str, purpose: str) -> dict[str, Any] | None:
        """Read a person's name, phone, email, address, lat and lon, and note in the log that it was read, and why.

        ``None`` when unknown or erased.

        Raises
        ------
        StoreError
            When the master key is missing or does not fit.
        InputError
            When the purpose is not 1 to 100 plain letters, digits, spaces or ``._@:/-``.
        """
        found = identity.unseal_people(self._master_key(), self._sealed_people([resident_id]))
        self._note_read([resident_id], "person", purpose)
        return {name: found[0][name] for name in identity.DETAILS} if found else None

    def people(
        self, purpose: str, resident_ids: list[str] | None = None, *, looked_through: bool = False
    ) -> pd.DataFrame:
        """Read some persons, or all: ``resident_id`` and :data:`engine.storage.identity.DETAILS`, a row each, by id.

        The log notes each of those asked for, and why; everybody as ``*``, and so those who are only ``looked_through``
        in search of somebody: whoever is found is noted by the caller.

        Raises
        ------
        StoreError
            When the master key is missing or does not fit.
        InputError
            When the purpose is not 1 to 100 plain letters, digits, spaces or ``._@:/-``.
        """
        found = identity.unseal_people(self._master_key(), self._sealed_people(resident_ids))
        noted = ["*"] if resident_ids is None or looked_through else resident_ids
        self._note_read(noted, "person", purpose)
        return pd.DataFrame(found, columns=["resident_id", *identity.DETAILS])

    def notes(self, subject: str, purpose: str) -> pd.DataFrame:
        """Read the notes on a subject: ``note_id``, ``resident_id``, ``text``, one row per note, by id.

        The log notes it, and why.

        Raises
        ------
        StoreError
            When the master key is missing or does not fit.
        InputError
            When the purpose is not 1 to 100 plain letters, digits, spaces or ``._@:/-``.
        """
        found = identity.unseal_notes(self._master_key(), self.query("sealed_notes", subject=subject))
        self._note_read(sorted({resident_id for _, resident_id, _ in found}), "notes", purpose)
        return pd.DataFrame(found, columns=["note_id", "resident_id", "text"])

    def notes_about(self, resident_ids: list[str] | None, purpose: str) -> pd.DataFrame:
        """Read the notes about residents, or about everybody: ``note_id``, ``resident_id``, ``subject``, ``text``.

        The log notes it, and why.

        Raises
        ------
        StoreError
            When the master key is missing or does not fit.
        InputError
            When the purpose is not 1 to 100 plain letters, digits, spaces or ``._@:/-``.
        """
        sealed = self.query("sealed_notes_about", resident_ids=resident_ids)
        found = [text for _, _, text in identity.unseal_notes(self._master_key(), sealed)]
        self._note_read(["*"] if resident_ids is None else resident_ids, "notes", purpose)
        return sealed[["note_id", "resident_id", "subject"]].assign(text=found)

    def redact(self, resident_id: str, erasure_id: str, tables: Iterable[str] = tuple(chain.ERASABLE)) -> int:
        """Blank what may be erased (:data:`engine.storage.chain.ERASABLE`) in the facts about a resident.

        Every row that still holds something leaves a ``FactRedacted``; doing it again finds nothing more to do. What
        was there stays in the file until it is rewritten.

        Returns
        -------
        int
            The number of rows blanked.
        """
        return 0 if self.already_done else sum(self._redact(table, resident_id, erasure_id) for table in tables)

    def destroy_person(self, resident_id: str) -> int:
        """Delete a person's key, details and notes, and return the number of notes."""
        n_notes = self._delete("identity.note", "resident_id", [resident_id])
        self._delete("identity.person", "resident_id", [resident_id])
        return n_notes

    def destroy_notes(self, note_ids: Sequence[str]) -> int:
        """Delete notes by their ids, and return how many there were."""
        return self._delete("identity.note", "note_id", note_ids)

    def _redact(self, table: str, resident_id: str, erasure_id: str) -> int:
        nth = "row_number() over (partition by entry_no order by rowid) as nth"
        of_everybody = f"select *, rowid, {nth} from facts.{table}"  # noqa: S608 - a table of chain.ERASABLE
        about = _ABOUT.get(table, "resident_id = $resident_id")
        mine = self._cursor.execute(f"from ({of_everybody}) where {about} order by rowid", {"resident_id": resident_id})
        rows = [row for row in mine.to_arrow_table().to_pylist() if not chain.is_blank(table, row)]
        if not rows:
            return 0
        self.append(
            FactRedacted(
                occurred_at=self.recorded_at,
                erasure_id=erasure_id,
                fact=table,
                in_entry_no=row["entry_no"],
                nth=row["nth"],
                original_hash=chain.erasable_hash(table, row),
                redacted_hash=chain.erasable_hash(table, chain.redacted(table, row)),
            )
            for row in rows
        )
        blank = {**chain.ERASABLE[table], chain.SALT: None}
        changes = ", ".join(f"{column} = ?" for column in blank)
        numbers = [row["rowid"] for row in rows]
        # Rows keep their place: no column that is blanked here is a list, which DuckDB would delete and insert anew.
        self._cursor.execute(
            f"update facts.{table} set {changes} where rowid in (select unnest(?))",  # noqa: S608
            [*blank.values(), numbers],
        )
        self._kept.forget([table])
        return len(rows)

    def _delete(self, table: str, column: str, values: Sequence[str]) -> int:
        if self.already_done:
            return 0
        n: int = self._cursor.execute(
            f"delete from {table} where {column} in (select unnest(?::varchar[]))",  # noqa: S608 - names of our own
            [list(values)],
        ).fetchone()[0]
        self._has_written = self._has_written or n > 0
        return n

    def _sealed_people(self, resident_ids: list[str] | None) -> pd.DataFrame:
        return self.query("sealed_people", resident_ids=resident_ids)

    def _note_read(self, resident_ids: Iterable[str], what: str, purpose: str) -> None:
        """Note readings even when the intent was ``already_done``: the persons are read a second time all the same."""
        must_be_words("purpose", purpose)
        reads = [
            IdentityRead(occurred_at=self.recorded_at, resident_id=resident_id, what=what, purpose=purpose)
            for resident_id in resident_ids
        ]
        self.reads += reads
        self._write(self._tables_of(reads))

    def _tables_of(self, facts: Iterable[Fact]) -> dict[str, pa.Table]:
        return tables_of(facts, self.entry_no, self.recorded_at, self.mark.actor_id)

    def _write(self, tables: Mapping[str, pa.Table]) -> None:
        self._kept.written({name: pc.max(table["occurred_at"]).as_py() for name, table in tables.items() if len(table)})
        for name, table in tables.items():
            if name in chain.ERASABLE:
                salts = [chain.new_salt() for _ in range(len(table))]
                table = table.append_column(chain.SALT, pa.array(salts, pa.binary()))  # noqa: PLW2901
            rows = table.to_pylist()
            self._insert(f"insert into facts.{name}", table, rows)
            self._hashes.setdefault(name, []).extend(chain.row_hash(name, row) for row in rows)
            self.n_facts += len(rows)

    def _keep(self, table: str, rows: pa.Table) -> None:
        if not self.already_done and len(rows):
            self._insert(f"insert or replace into identity.{table}", rows, rows.to_pylist())

    def _insert(self, into: str, table: pa.Table, rows: list[dict[str, Any]]) -> None:
        self._has_written = True
        if len(rows) <= FEW_ROWS:  # simulations write thousands of small entries
            values = ", ".join(["(" + ", ".join("?" * table.num_columns) + ")"] * len(rows))
            flat = [value for row in rows for value in row.values()]
            self._cursor.execute(f"{into} ({', '.join(table.column_names)}) values {values}", flat)
            return
        self._cursor.register("incoming", table)
        try:
            self._cursor.execute(f"{into} by name from incoming")
        finally:
            self._cursor.unregister("incoming")

    def finish(self) -> None:
        """Write the entry itself, if anything was written in it; the store calls this before it commits."""
        if not self._has_written:
            return
        entry = {
            "entry_no": self.entry_no,
            "idempotency_key": None if self.already_done else self.mark.idempotency_key,
            "recorded_at": naive_utc(self.mark.recorded_at),
            "actor_id": self.mark.actor_id,
            "action": self.mark.action,
            "n_facts": self.n_facts,
            "digests": chain.digests(self._hashes),
        }
        link = chain.link(self._chain, entry)
        self._cursor.execute("insert into facts.entry values (?, ?, ?, ?, ?, ?, ?, ?)", [*entry.values(), link])
        self._kept.head = (self.entry_no, link)
