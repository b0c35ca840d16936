"""What follows when a person becomes protected: they are served by hand, and no fact tells of their place any more."""

from __future__ import annotations

from collections.abc import Iterable

from engine.facts import Fact, ResidentRegistered
from engine.lifecycle import Taking
from engine.people.departures import no_longer_asked

PROTECTED = "protected"
"""What stands in the place of an erasure where something is removed because the identity became protected."""


def protect(step: Taking, registered: Iterable[Fact]) -> int:
    """End what volunteers are asked of those registered as protected among these facts, and remove what erasure would.

    Their requests, series and agreed visits stay, for those who serve them by hand.

    Returns
    -------
    int
        The number of rows blanked; what was there stays in the file until the caller rewrites it afterwards.
    """
    n_rows = 0
    for fact in registered:
        if isinstance(fact, ResidentRegistered) and fact.protected_identity:
            no_longer_asked(step, fact.resident_id)
            n_rows += step.transaction.redact(fact.resident_id, PROTECTED)
    return n_rows
