"""Which policy is in force: adopted by a named person, with a reason, from a moment on; never changed in place."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from engine.access import acting, looking
from engine.errors import InputError
from engine.facts import PolicyAdopted
from engine.policy import Policy
from engine.storage.mark import must_be_reference

if TYPE_CHECKING:
    from engine.store import Reading, Store

DEFAULT = "baseline"
"""In force until somebody adopts another."""

REASONS = ("council_decision", "evaluation", "trial", "correction", "rolled_back", "other")


def in_force(reading: Reading, as_of: datetime) -> Policy:
    """Return the policy in force at ``as_of`` (UTC)."""
    return reading.unless_written(("policy in force", as_of), ["policy_adopted"], lambda: _in_force(reading, as_of))


def _in_force(reading: Reading, as_of: datetime) -> Policy:
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


def adopt(
    store: Store,
    policy: Policy,
    actor_id: str,
    reason: str,
    as_of: datetime | None = None,
    *,
    reason_code: str = "other",
) -> None:
    """Put a policy in force from ``as_of`` (UTC, default now).

    Parameters
    ----------
    reason
        Where it was decided, in plain words that name nobody, such as a reference to the minutes.
    reason_code
        One of REASONS.

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError
        When no reason is given, it could name a person, or its code is unknown.
    """
    if not reason.strip():
        raise InputError("Adopting a policy needs a reason.")
    must_be_reference("reason", reason)
    if reason_code not in REASONS:
        raise InputError(f"{reason_code!r} is no reason to adopt a policy; there are {', '.join(REASONS)}.")
    with acting(store, actor_id, "set_policy", action="adopt policy") as (transaction, _):
        transaction.append(
            [
                PolicyAdopted(
                    occurred_at=as_of or datetime.now(UTC),
                    policy=policy.name,
                    fingerprint=policy.fingerprint,
                    content=policy.text,
                    reason=reason,
                    reason_code=reason_code,
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
        When nothing was ever adopted, no reason is given, or it could name a person.
    """
    as_of = as_of or datetime.now(UTC)
    with looking(store, actor_id, "set_policy") as (reading, _):
        adopted = reading.state("policies_at", as_of).sort_values("nth_newest")
    if adopted.empty:
        raise InputError(f"No policy was ever adopted: {DEFAULT} is in force, and there is nothing to roll back to.")
    earlier = adopted[adopted["fingerprint"] != adopted.iloc[0]["fingerprint"]]
    previous = _default() if earlier.empty else _read(earlier.iloc[0]["content"])
    adopt(store, previous, actor_id, reason, as_of, reason_code="rolled_back")
    return previous
