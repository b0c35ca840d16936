"""What the policy page asks of the life of policies: how far each has come, the shadow, and the guardrails."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from dashboard.service.tables import named
from engine.access import looking
from engine.live import desk, policy_life, shadow
from engine.live import guardrails as rails
from engine.live.adoption import EVER
from engine.policy import Policy
from engine.store import Store

REPLICATIONS = 20


def lives(store: Store, actor_id: str, now: datetime) -> pd.DataFrame:
    """List the policies ever drafted or adopted: columns of :func:`engine.live.policy_life.policy_lives`.

    Raises
    ------
    AccessDenied
        When the account may not evaluate.
    """
    with looking(store, actor_id, "evaluate") as (reading, _who):
        return policy_life.policy_lives(reading, now)


def drafted(store: Store, actor_id: str) -> list[Policy]:
    """Give every policy that the log knows, also those adopted from a day to come, by name.

    Raises
    ------
    AccessDenied
        When the account may not evaluate.
    """
    with looking(store, actor_id, "evaluate") as (reading, _who):
        contents = policy_life.policy_lives(reading, EVER)["content"]
    return [Policy.from_text(content, origin="a policy of the log") for content in contents]


def events(store: Store, actor_id: str) -> pd.DataFrame:
    """List what was done with policies, newest first, what is to come too: columns of ``queries/policy_events.sql``.

    Raises
    ------
    AccessDenied
        When the account may not evaluate.
    """
    with looking(store, actor_id, "evaluate") as (reading, _who):
        return policy_life.policy_events(reading, EVER)


def shadow_results(store: Store, actor_id: str, now: datetime) -> pd.DataFrame:
    """List the runs in the shadow beside the plans, newest first: columns of ``queries/shadow_results.sql``.

    Raises
    ------
    AccessDenied
        When the account may not evaluate.
    """
    with looking(store, actor_id, "evaluate") as (reading, _who):
        return shadow.shadow_results(reading, now).iloc[::-1].reset_index(drop=True)


def shadow_differences(store: Store, actor_id: str, shadow_run_id: str, now: datetime) -> pd.DataFrame:
    """List where a run in the shadow and the plan differ, ``resident`` and ``volunteer`` named to who may know.

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    found = desk.shadow_differences(store, actor_id, shadow_run_id, now)
    return named(
        store, actor_id, found, "visit", resident="resident_id", volunteer="volunteer_resident_id|volunteer_id"
    )


def guardrails(store: Store, actor_id: str, now: datetime) -> pd.DataFrame:
    """Hold the guardrails against the measures: columns of :func:`engine.live.guardrails.guardrails`, ``guardrail_id``.

    Raises
    ------
    AccessDenied
        When the account may not evaluate.
    """
    with looking(store, actor_id, "evaluate") as (reading, _who):
        held = rails.guardrails(reading, now)
    ids = [guardrail_id(*of) for of in held[["measure", "gap_by"]].itertuples(index=False)]
    return held.assign(guardrail_id=ids)


def guardrail_id(measure: str, gap_by: object) -> str:
    """Name a guardrail by its measure, or by that and the groups whose gap it is about."""
    return f"{measure}:{gap_by}" if isinstance(gap_by, str) else measure


def proposed_guardrails(store: Store, actor_id: str, policy: Policy, now: datetime) -> pd.DataFrame:
    """Give the guardrails that a policy's newest simulation speaks for: ``measure``, ``gap_by``, ``low``, ``high``.

    Raises
    ------
    AccessDenied
        When the account may not evaluate.
    """
    with looking(store, actor_id, "evaluate") as (reading, _who):
        return rails.proposed_guardrails(reading, policy, now)


def how_to_simulate(policy: Policy) -> str:
    """Give the command that simulates a policy from the file it is downloaded as, often enough to have bands."""
    return f"mikro simulate --policy {policy.fingerprint}.toml --replications {REPLICATIONS} --out results"


def draft(store: Store, actor_id: str, policy: Policy, reason: str, now: datetime) -> None:
    """Put a policy forward, for a reason that names nobody; raises as :func:`engine.live.policy_life.draft`."""
    policy_life.draft(store, actor_id, policy, reason, at=now)


def start_shadow(store: Store, actor_id: str, policy: Policy, now: datetime) -> None:
    """Let a policy run beside the one in force; raises as :func:`engine.live.policy_life.start_shadow`."""
    policy_life.start_shadow(store, actor_id, policy, at=now)


def end_shadow(store: Store, actor_id: str, policy: Policy, now: datetime) -> None:
    """Let a policy no longer run in the shadow; raises as :func:`engine.live.policy_life.end_shadow`."""
    policy_life.end_shadow(store, actor_id, policy, at=now)


def set_guardrails(store: Store, actor_id: str, policy: Policy, now: datetime) -> None:
    """Set the guardrails proposed by the simulation; raises as :func:`engine.live.guardrails.set_guardrails`."""
    rails.set_guardrails(store, actor_id, policy, at=now)
