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

EVER = datetime(9999, 1, 1, tzinfo=UTC)
"""A name is taken from the day it is known, also by a policy adopted from a day to come."""

REASONS = ("council_decision", "evaluation", "trial", "correction", "rolled_back", "other")


def in_force(reading: Reading, as_of: datetime, until_entry: int | None = None) -> Policy:
    """Return the policy in force at ``as_of`` (UTC), as known by ``until_entry`` (default: all that is known)."""
    what = ("policy in force", as_of, until_entry)
    return reading.unless_written(what, ["policy_adopted"], lambda: _in_force(reading, as_of, until_entry))


def _in_force(reading: Reading, as_of: datetime, until_entry: int | None) -> Policy:
    adopted = reading.state("policies_at", as_of, until_entry).sort_values("nth_newest")
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
        When no reason is given, it could name a person, its code is unknown, or the policy's name is another's.
    """
    if reason_code not in REASONS:
        raise InputError(f"{reason_code!r} is no reason to adopt a policy; there are {', '.join(REASONS)}.")
    must_be_reason("Adopting", reason)
    with acting(store, actor_id, "set_policy", action="adopt policy") as (transaction, _):
        must_keep_its_name(transaction, policy)
        transaction.append([_adopted(policy, reason, reason_code, as_of or datetime.now(UTC))])


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
    must_be_reason("Adopting", reason)
    with acting(store, actor_id, "set_policy", action="adopt policy") as (transaction, _):
        transaction.append([_adopted(previous, reason, "rolled_back", as_of)])
    return previous


def must_be_reason(what: str, reason: str) -> None:
    """Refuse an empty reason for what is done with a policy, and one that could name a person.

    Raises
    ------
    InputError
        When it is either.
    """
    if not reason.strip():
        raise InputError(f"{what} a policy needs a reason.")
    must_be_reference("reason", reason)


def must_keep_its_name(reading: Reading, policy: Policy) -> None:
    """Refuse other numbers under the name of a policy that the log knows: a policy never changes.

    Raises
    ------
    InputError
        With the fingerprint of the one that has the name.
    """
    known = reading.state("policy_lives_at", EVER, policy=policy.name)
    for fingerprint in known.loc[known["fingerprint"] != policy.fingerprint, "fingerprint"]:
        raise InputError(
            f"{policy.name!r} is the name of a policy with other numbers ({fingerprint}), and a policy never changes;"
            " give the new one a name of its own."
        )


def _adopted(policy: Policy, reason: str, reason_code: str, when: datetime) -> PolicyAdopted:
    return PolicyAdopted(
        occurred_at=when,
        policy=policy.name,
        fingerprint=policy.fingerprint,
        content=policy.text,
        reason=reason,
        reason_code=reason_code,
    )
