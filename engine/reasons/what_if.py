"""The pilot as it would be with a few more facts: written, looked at, and undone before anything is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.facts import Fact
    from engine.store import Reading, Store


class _UndoneError(Exception):
    """Ends the transaction of a what-if, so that the store undoes it."""


@contextmanager
def what_if(store: Store, facts: Iterable[Fact]) -> Iterator[Reading]:
    """Read the pilot as if ``facts`` were its next log entry; nothing is ever committed.

    Raises
    ------
    InputError
        When a fact breaks a rule of its table.
    StoreError
        When the pilot is busy or damaged, or this thread is in a transaction of this store already.
    """
    try:
        with store.transaction("what-if", "what if") as transaction:
            transaction.append(facts)
            transaction.last_entry_no = transaction.entry_no
            yield transaction
            raise _UndoneError
    except _UndoneError:
        pass
