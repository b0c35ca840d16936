"""Names for lists: many persons at once, as far as the account may see them; who is out of reach has no name there.

A list shows everybody by id and those in reach by name too, so nothing is refused here: it is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.access import Acting, acting, looking
from engine.people.persons import must_be_purpose, residents_in_reach

if TYPE_CHECKING:
    from engine.store import Reading, Store


def in_reach(store: Store, actor_id: str, resident_ids: Iterable[str]) -> frozenset[str]:
    """Say whose name an account may see: of the own municipalities, not erased, not protected unless it serves those.

    Raises
    ------
    AccessDenied
        When the account may see no person at all.
    """
    with looking(store, actor_id, "read_identity") as (reading, who):
        return _in_reach(reading, who, resident_ids)


def names_of(store: Store, actor_id: str, resident_ids: Iterable[str], purpose: str) -> dict[str, str]:
    """Read the names of those in reach, by resident_id; the log notes each of them, and why.

    Parameters
    ----------
    purpose
        A code of :data:`engine.people.persons.PURPOSES`.

    Raises
    ------
    AccessDenied
        When the account may see no person at all.
    InputError
        When the purpose is none of the known ones.
    """
    must_be_purpose(purpose)
    with acting(store, actor_id, "read_identity") as (transaction, who):
        wanted = sorted(_in_reach(transaction, who, resident_ids))
        people = transaction.people(purpose, wanted)
    return dict(zip(people["resident_id"], people["name"], strict=True))


def _in_reach(reading: Reading, who: Acting, resident_ids: Iterable[str]) -> frozenset[str]:
    asked = sorted(set(resident_ids))
    kept = reading.query("sealed_people", resident_ids=asked)["resident_id"]
    return frozenset(residents_in_reach(reading, who, asked)["resident_id"]) & frozenset(kept)
