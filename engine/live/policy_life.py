"""The life of a policy before it is adopted: drafted, simulated, run in the shadow. Its numbers never change.

A simulation is made elsewhere (``simulations/``, which the engine does not know) and handed over as a small table of
bands with the hash of its manifest. What runs in the shadow is in ``shadow.py``, adoption in ``adoption.py``.
"""

from __future__ import annotations

import math
import re
import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine.errors import InputError
from engine.facts import BandSimulated, PolicyDrafted, PolicySimulated, ShadowEnded, ShadowStarted
from engine.lifecycle import Taking, must_be, taking
from engine.live.adoption import EVER, in_force, must_be_reason, must_keep_its_name
from engine.metrics import MEASURES
from engine.policy import POLICIES, Policy

if TYPE_CHECKING:
    from engine.store import Reading, Store

BAND_COLUMNS = ["measure", "gap_by", "low", "high"]
_MANIFEST = re.compile(r"[0-9a-f]{8,64}")


def policy_lives(reading: Reading, as_of: datetime) -> pd.DataFrame:
    """List the policies that were ever drafted or adopted, by name.

    Returns
    -------
    DataFrame
        ``policy``, ``fingerprint``, ``content``, ``status`` (as in ``policy_lives_at.sql``), and ``since`` (naive UTC)
        and ``actor_id`` of what was last done with it. What a pilot began with is there once somebody drafted it.
    """
    lives = reading.state("policy_lives_at", as_of).sort_values(["policy", "fingerprint"], ignore_index=True)
    return lives.assign(
        status=lives["status"].mask(lives["fingerprint"] == in_force(reading, as_of).fingerprint, "adopted")
    )


def policy_events(reading: Reading, as_of: datetime) -> pd.DataFrame:
    """List what was done with policies, newest first: columns of ``queries/policy_events.sql``."""
    return reading.query("policy_events", as_of=as_of, until_entry=reading.last_entry_no)


def known_policy(reading: Reading, name: str) -> Policy:
    """Read a policy as :meth:`Policy.named` does, or find one ever drafted or adopted by its name or fingerprint.

    Raises
    ------
    PolicyError
        When there is none.
    """
    if name.endswith(".toml") or (POLICIES / f"{name}.toml").exists():
        return Policy.named(name)
    lives = policy_lives(reading, EVER)
    for content in lives.loc[(lives["policy"] == name) | (lives["fingerprint"] == name), "content"]:
        return Policy.from_text(content, origin=name)
    return Policy.named(name)


def draft(store: Store, actor_id: str, policy: Policy, reason: str, *, at: datetime | None = None) -> None:
    """Put a policy forward: from now on its name stands for these numbers.

    Parameters
    ----------
    reason
        Why, in plain words that name nobody.

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError
        When no reason is given, it could name a person, or the name is another policy's.
    ImpossibleStep
        When these numbers are known already.
    """
    must_be_reason("Drafting", reason)
    with taking(store, actor_id, "set_policy", at) as step:
        must_keep_its_name(step.transaction, policy)
        known = step.rows("policy_lives_at", fingerprint=policy.fingerprint)
        must_be("policy", policy.name, known[0]["status"] if known else "[*]", "draft")
        drafted = PolicyDrafted(
            occurred_at=step.at,
            policy=policy.name,
            fingerprint=policy.fingerprint,
            content=policy.text,
            reason=reason,
        )
        step.append(drafted)


def attach_simulation(
    store: Store,
    actor_id: str,
    policy: Policy,
    bands: pd.DataFrame,
    manifest_hash: str,
    *,
    at: datetime | None = None,
) -> str:
    """Store what simulated pilots did under a policy, and return the simulation's id; the newest counts.

    Parameters
    ----------
    bands
        ``measure``, ``low``, ``high`` (in the measure's unit), and where it is the gap between groups ``gap_by``.
    manifest_hash
        8 to 64 hexadecimal digits that name scenario, seeds and program exactly.

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError
        When the policy was never drafted or adopted, a measure, group or number is impossible, or the hash is none.
    """
    checked = checked_bands(bands)
    if not _MANIFEST.fullmatch(manifest_hash):
        raise InputError(f"The hash of a manifest is 8 to 64 hexadecimal digits, not {manifest_hash!r}.")
    with taking(store, actor_id, "set_policy", at) as step:
        status = status_of(step, policy)
        steps = {"shadow": "simulate in the shadow", "adopted": "simulate in force"}
        must_be("policy", policy.name, status, steps.get(status, "simulate"))
        simulation_id = f"simulation-{secrets.token_hex(6)}"
        step.append(
            PolicySimulated(
                occurred_at=step.at,
                simulation_id=simulation_id,
                fingerprint=policy.fingerprint,
                manifest_hash=manifest_hash,
            ),
            *(BandSimulated(occurred_at=step.at, simulation_id=simulation_id, **band) for band in checked),
        )
        return simulation_id


def start_shadow(store: Store, actor_id: str, policy: Policy, *, at: datetime | None = None) -> None:
    """Let a simulated policy run beside the one in force from now on; it proposes nothing.

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError
        When the policy was never drafted or adopted.
    ImpossibleStep
        When it was not simulated, runs already, or is in force.
    """
    with taking(store, actor_id, "set_policy", at) as step:
        must_be("policy", policy.name, status_of(step, policy), "start shadow")
        step.append(ShadowStarted(occurred_at=step.at, fingerprint=policy.fingerprint))


def end_shadow(store: Store, actor_id: str, policy: Policy, *, at: datetime | None = None) -> None:
    """Let a policy no longer run beside the one in force.

    Raises
    ------
    AccessDenied, InputError
        As in :func:`start_shadow`.
    ImpossibleStep
        When it does not run.
    """
    with taking(store, actor_id, "set_policy", at) as step:
        must_be("policy", policy.name, status_of(step, policy), "end shadow")
        step.append(ShadowEnded(occurred_at=step.at, fingerprint=policy.fingerprint))


def simulated_bands(reading: Reading, policy: Policy, as_of: datetime) -> pd.DataFrame:
    """Read the newest simulation of a policy: ``simulation_id`` and BAND_COLUMNS, one row per band."""
    until_entry = reading.last_entry_no
    return reading.query("simulated_bands", as_of=as_of, until_entry=until_entry, fingerprint=policy.fingerprint)


def checked_bands(bands: pd.DataFrame) -> list[dict[str, Any]]:
    """Read a table of bands: one dictionary of BAND_COLUMNS per row.

    Raises
    ------
    InputError
        When it has no row, lacks a column, or a row names an unknown measure or group, stands twice, or has no numbers.
    """
    if missing := {"measure", "low", "high"} - set(bands.columns):
        raise InputError(f"A table of bands needs the columns measure, low and high; {sorted(missing)[0]} is missing.")
    rows = bands.reindex(columns=BAND_COLUMNS).to_dict("records")
    read = [_checked_band({str(name): value for name, value in row.items()}) for row in rows]
    keys = [(band["measure"], band["gap_by"]) for band in read]
    if not keys or len(set(keys)) < len(keys):
        raise InputError("A table of bands has at least one row, and none twice.")
    return read


def _checked_band(band: dict[str, Any]) -> dict[str, Any]:
    name, gap_by = str(band["measure"]), None if pd.isna(band["gap_by"]) else str(band["gap_by"])
    if name not in MEASURES:
        raise InputError(f"There is no measure {name!r}; there are {', '.join(MEASURES)}.")
    if gap_by is not None and gap_by not in MEASURES[name].by:
        raise InputError(f"{name} cannot be told by {gap_by!r}; it can by {', '.join(MEASURES[name].by)}.")
    try:
        low, high = float(band["low"]), float(band["high"])
    except (TypeError, ValueError) as error:
        raise InputError(f"The band of {name} is not two numbers: {band['low']!r}, {band['high']!r}.") from error
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise InputError(f"The band of {name} goes from a number to one that is no lower, not from {low} to {high}.")
    return {"measure": name, "gap_by": gap_by, "low": low, "high": high}


def status_of(step: Taking, policy: Policy) -> str:
    """Say how far a policy has come, inside a step that is being taken.

    Raises
    ------
    InputError
        When it was never drafted or adopted.
    """
    lives = policy_lives(step.transaction, step.moment)
    for status in lives.loc[lives["fingerprint"] == policy.fingerprint, "status"]:
        return str(status)
    raise InputError(f"The policy {policy.name!r} ({policy.fingerprint}) was never drafted; draft it first.")
