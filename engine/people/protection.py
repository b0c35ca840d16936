"""What follows when a person becomes protected: the places that earlier registrations left in the facts go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.facts import Fact, ResidentRegistered

if TYPE_CHECKING:
    from engine.store import Transaction

PROTECTED = "protected"
"""What stands in the place of an erasure where a place is removed because the identity became protected."""


def hide_earlier_places(transaction: Transaction, registered: Iterable[Fact]) -> int:
    """Remove the places of those who are registered as protected among these facts, and count them.

    What was there stays in the file until the caller rewrites it, after the transaction.
    """
    return sum(
        transaction.redact(fact.resident_id, PROTECTED, ("resident_registered",))
        for fact in registered
        if isinstance(fact, ResidentRegistered) and fact.protected_identity
    )
