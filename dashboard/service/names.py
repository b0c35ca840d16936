"""The names of those in a list, read from the engine once and kept for some minutes, so that a click reads nobody anew.

Who may see whom is asked of the engine every time; what is kept is used for those only, and by the same account.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from time import monotonic

from engine.access import allow
from engine.errors import AccessDenied
from engine.people.names import in_reach, names_of
from engine.store import Store

KEPT_FOR_S = 600
KEPT_MOST = 50_000

_lock = threading.Lock()
_kept: dict[tuple[str, str, str, str], tuple[str, float]] = {}


def names(store: Store, actor_id: str, resident_ids: Iterable[str | None], purpose: str) -> dict[str, str]:
    """Read names by resident_id; who is out of reach is left out, everybody for accounts that see no person.

    Parameters
    ----------
    purpose
        A code of ``engine.people.persons.PURPOSES``; the log notes it with each person.
    """
    wanted = {resident_id for resident_id in resident_ids if isinstance(resident_id, str)}
    if not wanted:
        return {}
    with store.held():  # who may see whom and what they are called are one look at the pilot
        return _names(store, actor_id, wanted, purpose) if may_read(store, actor_id) else {}


def _names(store: Store, actor_id: str, wanted: set[str], purpose: str) -> dict[str, str]:
    allowed = in_reach(store, actor_id, wanted)
    keys = {resident_id: (str(store.path or id(store)), actor_id, purpose, resident_id) for resident_id in allowed}
    with _lock:
        now = monotonic()
        known = {
            resident_id: _kept[key][0]
            for resident_id, key in keys.items()
            if key in _kept and now - _kept[key][1] < KEPT_FOR_S
        }
    missing = allowed - known.keys()
    if not missing:
        return known
    found = names_of(store, actor_id, missing, purpose)
    with _lock:
        if len(_kept) > KEPT_MOST:
            _kept.clear()
        _kept.update({keys[resident_id]: (name, now) for resident_id, name in found.items()})
    return known | found


def forget(resident_id: str) -> None:
    """Keep a person's name no longer, because it was changed."""
    with _lock:
        for key in [key for key in _kept if key[-1] == resident_id]:
            del _kept[key]


def may_read(store: Store, actor_id: str) -> bool:
    """Say whether an account may see persons at all, without the log noting the question."""
    try:
        with store.reading() as reading:
            allow(reading, actor_id, "read_identity")
    except AccessDenied:
        return False
    return True
