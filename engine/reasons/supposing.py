"""What if: the pilot with a few invented facts in it, looked at by the same queries, and undone.

The facts are written in a transaction that never commits, so that a supposition is judged by the rules of the
pilot itself and by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.storage.transaction import Transaction
from engine.store import Store


class _Undone(Exception):  # noqa: N818
    """Ends the transaction without a commit; it never leaves this module."""


@contextmanager
def supposing(store: Store, until_entry: int) -> Iterator[Transaction]:
    """Open the pilot for suppositions: what is appended is there until the block ends, and then never was.

    Parameters
    ----------
    until_entry
        The log entry the invented facts pretend to belong to, so that a look at the pilot as known up to that
        entry has them and nothing newer.

    Raises
    ------
    StoreError
        When the pilot is busy or damaged, or this thread is in a transaction of this store already.
    """
    try:
        with store.transaction("engine", "suppose") as world:
            world.entry_no = until_entry
            yield world
            raise _Undone
    except _Undone:
        return
