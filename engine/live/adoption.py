"""Which policy is in force: adopted by a named person, with a reason, from a moment on; never changed in place."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from engine.access import acting, looking
from engine.errors import InputError
from engine.facts import PolicyAdopted
from engine.policy import Policy

if TYPE_CHECKING:
    from engine.store import Reading, Store

DEFAULT = "baseline"
"""In force until somebody adopts another."""


def in_force(reading: Reading, as_of: datetime) -> Policy:
    """Return the policy in force at ``as_of`` (UTC)."""
    adopted = reading.state("policies_at", as_of).sort_values("nth_newest")
    if adopted.empty:
        return _default()
    return _read(adopted.iloc[0]["content"])


@cache
def _default() -> Policy:
    return Policy.named(DEFAULT)


@lru_cache(maxsize=32)
def _read(content: str) -> Policy:
    return Policy.from_text(content, origin="the adopted policy")


def adopt(store: Store, policy: Policy, actor_id: str, reason: str, as_of: datetime | None = None) -> None:
    """Put a policy in force from ``as_of`` (UTC, default now).

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError
        When no reason is given.
    """
    if not reason.strip():
        raise InputError("Adopting a policy needs a reason.")
    with acting(store, actor_id, "set_policy", action="adopt policy") as (transaction, _):
        transaction.append(
            [
                PolicyAdopted(
                    occurred_at=as_of or datetime.now(UTC),
                    policy=policy.name,
                    fingerprint=policy.fingerprint,
                    content=policy.text,
                    reason=reason,
                )
            ]
        )


def roll_back(store: Store, actor_id: str, reason: str, as_of: datetime | None = None) -> Policy:
    """Put the policy that was in force before the present one in force again, and return it.

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError
        When nothing was ever adopted, or no reason is given.
    """
    as_of = as_of or datetime.now(UTC)
    with looking(store, actor_id, "set_policy") as (reading, _):
        adopted = reading.state("policies_at", as_of).sort_values("nth_newest")
    if adopted.empty:
        raise InputError(f"No policy was ever adopted: {DEFAULT} is in force, and there is nothing to roll back to.")
    earlier = adopted[adopted["fingerprint"] != adopted.iloc[0]["fingerprint"]]
    previous = Policy.named(DEFAULT) if earlier.empty else _read(earlier.iloc[0]["content"])
    adopt(store, previous, actor_id, reason, as_of)
    return previous
