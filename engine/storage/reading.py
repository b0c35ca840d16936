"""One consistent look at the pilot: state, queries and whole tables of facts, and no door to a person.

A relation of ``engine/sql/state`` is worked out once for a moment and kept (``kept.py``) for the queries that name it:
nested macros would be planned and worked out anew in every place they are named.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa

from engine.errors import InputError
from engine.storage.kept import KeptStates, body_of, states_in
from engine.storage.migrations import Cursor, sql_of, state_macros
from engine.storage.rows import frame_of, naive_utc

ALL_ENTRIES = 2**63 - 1

T = TypeVar("T")

_parsed: dict[str, Any] = {}
"""Texts of our own, which are as many as there are queries: parsed once, run many times."""


class Reading:
    """One consistent look at the pilot: everything read through it is of the same moment.

    ``last_entry_no`` is the newest log entry that was committed before, 0 when the log is empty.
    """

    def __init__(self, cursor: Cursor, kept: KeptStates | None = None) -> None:
        self._cursor = cursor
        self._kept = kept or KeptStates()
        if self._kept.head is None:
            self._kept.head = cursor.execute(sql_of("queries/log_head")).fetchone()
        self._head: tuple[int, str | None] = self._kept.head
        self.last_entry_no: int = self._head[0]

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

    def columns(self, name: str, **params: Any) -> dict[str, list[Any]]:
        """Run a query as :meth:`query` does, and give its columns as plain values: column -> value by row."""
        sql = sql_of(f"queries/{name}")
        found = self._execute(self._with_kept_states(sql, params), params).to_arrow_table()
        columns: dict[str, list[Any]] = found.to_pydict()
        return columns

    def keep(self, name: str, *, into: str | None = None, **params: Any) -> None:
        """Run a query as :meth:`query` does, and keep its rows for later queries of this reading.

        Parameters
        ----------
        into
            The table they are kept in, in place of an earlier one; the name of the query by default.
        """
        sql = f"create or replace temp table {into or name} as\n{sql_of(f'queries/{name}')}"
        self._execute(self._with_kept_states(sql, params), params)

    def state(
        self, macro: str, as_of: datetime, until_entry: int | None = None, **equal: str | Sequence[str]
    ) -> pd.DataFrame:
        """Read a state relation of ``engine/sql/state``, its rows in a fixed order.

        Parameters
        ----------
        macro
            Its name, such as ``requests_at``.
        as_of
            The moment asked about (aware, or naive UTC): what had happened by then.
        until_entry
            The last log entry to believe: what was known by then. All of them by default.
        equal
            Only the rows with this value, or one of these, in these columns.

        Raises
        ------
        InputError
            When there is no such relation.
        """
        sql, params = self._state_query(macro, as_of, until_entry, equal)
        return self._run(sql, {}, params)

    def state_rows(
        self, macro: str, as_of: datetime, until_entry: int | None = None, **equal: str | Sequence[str]
    ) -> list[dict[str, Any]]:
        """Read a state relation as :meth:`state` does, row by row, as plain values: column -> value, or ``None``."""
        sql, params = self._state_query(macro, as_of, until_entry, equal)
        rows: list[dict[str, Any]] = (
            self._execute(self._with_kept_states(sql, params), params).to_arrow_table().to_pylist()
        )
        return rows

    @staticmethod
    def _state_query(
        macro: str, as_of: datetime, until_entry: int | None, equal: Mapping[str, str | Sequence[str]]
    ) -> tuple[str, dict[str, Any]]:
        if macro not in state_macros():
            raise InputError(f"There is no state {macro!r}; known are {', '.join(sorted(state_macros()))}.")
        moment = {"as_of": as_of, "until_entry": ALL_ENTRIES if until_entry is None else until_entry}
        wanted = {column: [value] if isinstance(value, str) else list(value) for column, value in equal.items()}
        only = " and ".join(f"list_contains(${column}::varchar[], {column})" for column in wanted) or "true"
        return f"from {macro}($as_of, $until_entry) where {only} order by all", moment | wanted

    def facts_of(self, table: str) -> pa.Table:
        """Read a whole table of facts (or ``entry``) as it is stored, its rows in the order they were written."""
        return self._cursor.execute(f"from facts.{table} order by entry_no, rowid").to_arrow_table()

    def unless_written(self, what: Hashable, tables: Iterable[str], find: Callable[[], T]) -> T:
        """Find something in tables of facts, once for as long as the pilot is held and none of them is written."""
        found: T = self._kept.found(what, tables, find)
        return found

    @property
    def _end_of_log(self) -> int:
        """The newest entry there is in this look."""
        return self.last_entry_no

    def newest_moment(self) -> datetime | None:
        """Say when the newest fact of the daily work happened (naive UTC); ``None`` in an empty pilot."""
        self._look_up_newest()
        moments = [moment for table, moment in self._kept.newest.items() if table in self._kept.daily]
        return max(moments, default=None)

    def _look_up_newest(self) -> None:
        if not self._kept.newest:
            found = self._cursor.execute(sql_of("queries/newest_moments")).fetchall()
            self._kept.daily = frozenset(fact for fact, is_daily, _ in found if is_daily)
            self._kept.newest.update({fact: moment for fact, _, moment in found if moment is not None})

    def _with_kept_states(self, sql: str, params: Mapping[str, Any]) -> str:
        """Work out the state relations that a text names, and name the tables they are kept in instead."""
        named, kept_sql = states_in(sql)
        if not named:
            return sql
        until_entry = int(params["until_entry"])
        moment = (naive_utc(params["as_of"]), None if until_entry >= self._end_of_log else until_entry)
        for macro in named:
            if not self._kept.holds(macro, moment):
                body = self._with_kept_states(body_of(macro), params)
                self._execute(f"create or replace temp table kept_{macro} as\n{body}", params)
                self._kept.add(macro, moment)
        return kept_sql

    def _execute(self, sql: str, params: Mapping[str, Any]) -> Any:
        statement = _parsed.get(sql)
        if statement is None:
            [statement] = self._cursor.extract_statements(sql)
            _parsed[sql] = statement
        wanted = {name: naive_utc(params[name]) for name in statement.named_parameters if name in params}
        return self._cursor.execute(statement, wanted)

    def _run(self, sql: str, tables: Mapping[str, pd.DataFrame], params: Mapping[str, Any]) -> pd.DataFrame:
        sql = self._with_kept_states(sql, params)
        for name, table in tables.items():
            # DuckDB reads Arrow several times faster than pandas, and knows the type of an empty column.
            self._cursor.register(name, pa.Table.from_pandas(table, preserve_index=False))
        try:
            return frame_of(self._execute(sql, params).to_arrow_table())
        finally:
            for name in tables:
                self._cursor.unregister(name)
