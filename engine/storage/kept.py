"""State relations that were worked out, kept as temporary tables for as long as what they were made of does not change.

A relation of ``engine/sql/state`` is worked out once for a moment, however many queries name it. It is let go when a
table of facts it reads is written, or when another moment is asked about; one that asks of the moment only what had not
happened yet stays true as long as nothing happened in between. Kept for as long as the pilot is held.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from engine.storage.migrations import state_macros

CALL = re.compile(r"\b(\w+_at)\(\$as_of, \$until_entry\)")
"""A state relation named at the moment of a query."""

Moment = tuple[datetime, int | None]
"""As of when (naive UTC), and the last entry believed; ``None`` for all there are."""


class KeptStates:
    """Which relations are kept, for which moment, and when the newest fact of every table happened.

    ``newest`` is filled by who first asks for it, and empty until then; ``daily`` are the tables of the daily work.
    ``head`` is the newest entry of the log (0: none) and its chain, ``None`` until somebody asks for it.
    """

    def __init__(self) -> None:
        self._made_for: dict[str, Moment] = {}
        self._found: dict[Hashable, tuple[frozenset[str], Any]] = {}
        self.newest: dict[str, datetime] = {}
        self.daily: frozenset[str] = frozenset()
        self.head: tuple[int, str | None] | None = None

    def holds(self, macro: str, moment: Moment) -> bool:
        """Whether a relation is kept that is true at a moment."""
        made_for = self._made_for.get(macro)
        if made_for is None or made_for == moment:
            return made_for is not None
        if not is_timeless(macro) or made_for[1] is not None or moment[1] is not None or not self.newest:
            return False
        earlier = min(made_for[0], moment[0])
        return all(self.newest[table] <= earlier for table in tables_read(macro) if table in self.newest)

    def add(self, macro: str, moment: Moment) -> None:
        """Note that a relation is kept for a moment."""
        self._made_for[macro] = moment

    def written(self, newest: Mapping[str, datetime]) -> None:
        """Let go what was made of tables that were written: table -> when its newest new fact happened."""
        self.forget(newest)
        for table, moment in newest.items():
            if self.newest:
                self.newest[table] = max(moment, self.newest.get(table, moment))

    def forget(self, tables: Iterable[str]) -> None:
        """Let go what was made of these tables."""
        changed = set(tables)
        for macro in [macro for macro in self._made_for if tables_read(macro) & changed]:
            del self._made_for[macro]
        for what in [what for what, (read, _) in self._found.items() if read & changed]:
            del self._found[what]

    def found(self, what: Hashable, tables: Iterable[str], find: Callable[[], Any]) -> Any:
        """Give what was found in these tables before, or find it now."""
        if what not in self._found:
            self._found[what] = (frozenset(tables), find())
        return self._found[what][1]


@cache
def states_in(text: str) -> tuple[list[str], str]:
    """Name the state relations that a text names, and give the text with the tables they are kept in instead."""
    return sorted(set(CALL.findall(text))), CALL.sub(r"kept_\1", text)


@cache
def body_of(macro: str) -> str:
    """Give the query of a state macro, with its parameters as those of a query."""
    text = re.sub(r"--.*", "", state_macros()[macro])
    head, body = re.split(r"\bas table\b", text, maxsplit=1)
    for name in re.findall(r"\b(as_of|until_entry)\b", head):
        body = re.sub(rf"\b{name}\b", f"${name}", body)
    return body.strip().rstrip(";")


@cache
def tables_read(macro: str) -> frozenset[str]:
    """Name the tables of facts that a relation is made of, by itself or through others."""
    body = body_of(macro)
    through = (tables_read(other) for other in CALL.findall(body))
    return frozenset(re.findall(r"\bfacts\.(\w+)", body)).union(*through)


@cache
def is_timeless(macro: str) -> bool:
    """Whether a relation, and all it is made of, asks of the moment only what had happened by then."""
    body = body_of(macro)
    rest = re.sub(r"occurred_at <= \$as_of", "", CALL.sub("", body))
    return "$as_of" not in rest and all(is_timeless(other) for other in CALL.findall(body))
