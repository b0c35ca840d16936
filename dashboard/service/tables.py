"""Tables with the names of those whom their ids stand for."""

from __future__ import annotations

import pandas as pd

from dashboard.service.names import names
from engine.store import Store


def named(store: Store, actor_id: str, table: pd.DataFrame, purpose: str, **columns: str) -> pd.DataFrame:
    """Add columns of names to a table.

    Parameters
    ----------
    purpose
        A code of ``engine.people.persons.PURPOSES``.
    columns
        ``who="resident_id"`` writes the names of those in ``resident_id`` into ``who``; ``who="a|b"`` those of ``a``,
        and where the account sees no name the id in ``b``.
    """
    sources = {column: source.partition("|") for column, source in columns.items()}
    known = names(store, actor_id, pd.concat([table[of] for of, _, _ in sources.values()]), purpose)
    told = {
        column: [known.get(one, instead) for one, instead in zip(table[of], table[by or of], strict=True)]
        for column, (of, _, by) in sources.items()
    }
    return table.assign(**told)


def with_both_names(store: Store, actor_id: str, table: pd.DataFrame) -> pd.DataFrame:
    """Add ``resident`` and ``volunteer``, the names of both sides of a visit, or ids where the account sees none.

    The log notes everybody who is named, so name the list that is shown and no other.
    """
    return named(
        store, actor_id, table, "visit", resident="resident_id", volunteer="volunteer_resident_id|volunteer_id"
    )
