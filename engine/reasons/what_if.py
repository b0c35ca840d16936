"""What if: the pilot with a few invented facts in it, looked at by the same queries, and undone.

The facts are written in a transaction that never commits, so that a supposition is judged by the rules of the
pilot itself and by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.facts import Fact
    from engine.store import Reading, Store


class _UndoneError(Exception):
    """Ends the transaction without a commit; it never leaves this module."""


@contextmanager
def what_if(store: Store, facts: Iterable[Fact], until_entry: int | None = None) -> Iterator[Reading]:
    """Read the pilot as if ``facts`` had been recorded; when the block ends, they never were.

    Parameters
    ----------
    until_entry
        The log entry the facts pretend to belong to, so that a look at the pilot as known up to that entry has
        them and nothing newer; by default they are an entry after all others.

    Raises
    ------
    InputError
        When a fact breaks a rule of its table.
    StoreError
        When the pilot is busy or damaged, or this thread is in a transaction of this store already.
    """
    try:
        with store.transaction("engine", "what if") as transaction:
            if until_entry is not None:
                transaction.entry_no = until_entry
            transaction.append(facts)
            transaction.last_entry_no = transaction.entry_no
            yield transaction
            raise _UndoneError
    except _UndoneError:
        return
