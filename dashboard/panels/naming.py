"""Names for those whom reasons and prices speak of by id."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.frame import Here
from dashboard.service import reasons
from dashboard.service.names import names


def volunteers_named(found: Here, volunteer_ids: Sequence[str]) -> dict[str, str]:
    """Name volunteers as far as the account may see them, the others by their id: volunteer_id -> words."""
    behind = reasons.residents_of(found.store, found.actor_id, volunteer_ids)
    known = names(found.store, found.actor_id, behind.values(), "visit")
    return {volunteer_id: known.get(resident_id, volunteer_id) for volunteer_id, resident_id in behind.items()}
