"""What the policy page asks: the policy in force in words, differences, and putting another in force."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from dashboard.service import policy_life
from dashboard.words import _, number
from engine.access import looking
from engine.errors import PolicyError
from engine.live import adoption
from engine.policy import POLICIES, TABLES, Policy
from engine.store import Store

YES_NO = "yes/no"


@dataclass(frozen=True, slots=True)
class InForce:
    """The policy in force; nobody adopted it (``adopted_at`` is ``None``) while the pilot has the one it began with."""

    policy: Policy
    adopted_at: datetime | None
    adopted_by: str
    reason: str


def in_force(store: Store, actor_id: str, now: datetime) -> InForce:
    """Say which policy is in force, since when, by whom and why.

    Raises
    ------
    AccessDenied
        When the account may not evaluate.
    """
    adopted = _adopted(store, actor_id, now)
    if adopted.empty:
        return InForce(Policy.named(adoption.DEFAULT), None, "", "")
    newest = adopted.iloc[0]
    policy = Policy.from_text(newest["content"], origin="the adopted policy")
    adopted_at = newest["adopted_at"].to_pydatetime().replace(tzinfo=UTC)
    return InForce(policy, adopted_at, str(newest["actor_id"]), str(newest["reason"]))


def known(store: Store, actor_id: str) -> dict[str, Policy]:
    """Give the policies that can be looked at by fingerprint: those the log knows, by name, and those on file."""
    on_file = [Policy.from_toml(path) for path in sorted(POLICIES.glob("*.toml"))]
    found: dict[str, Policy] = {}
    for policy in (*policy_life.drafted(store, actor_id), *on_file):
        found.setdefault(policy.fingerprint, policy)
    return found


def numbers(policy: Policy) -> pd.DataFrame:
    """Lay a policy out: ``table``, ``name``, ``value`` (yes is 1), ``said``, ``unit``, ``meaning`` and ``why``."""
    told = tomllib.loads(policy.content)
    meanings = tomllib.loads(Policy.named(adoption.DEFAULT).content)
    rows = []
    for table, kind in TABLES.items():
        for field in fields(kind):
            value = getattr(getattr(policy, table), field.name)
            words = told.get(table, {}).get(field.name, {})
            meaning = meanings.get(table, {}).get(field.name, {}).get("meaning")
            unit = field.metadata["unit"]
            rows.append(
                {
                    "table": table,
                    "name": field.name,
                    "value": float(value),
                    "said": _said(value, unit),
                    "unit": _(unit),
                    "meaning": _(meaning) if meaning else "",
                    "why": words.get("reason", ""),
                }
            )
    return pd.DataFrame(rows)


def difference(before: Policy, after: Policy) -> pd.DataFrame:
    """List the numbers in which two policies differ: ``name``, ``before``, ``after``, ``unit``, ``meaning``."""
    old, new = numbers(before), numbers(after)
    found = old.assign(before=old["said"], after=new["said"])
    return found[old["value"] != new["value"]][["name", "before", "after", "unit", "meaning"]].reset_index(drop=True)


def drafted(base: Policy, name: str, values: dict[str, float], reason: str) -> Policy:
    """Make a policy of another with some numbers (by name, yes is 1) changed for a reason.

    Raises
    ------
    PolicyError
        When a number is not possible, or the name is missing.
    """
    if not name.strip():
        raise PolicyError("A new policy needs a name.")
    told = tomllib.loads(base.content)
    lines = [f"name = {json.dumps(name.strip(), ensure_ascii=False)}"]
    for table, kind in TABLES.items():
        for field in fields(kind):
            old = getattr(getattr(base, table), field.name)
            new = _typed(values.get(field.name, float(old)), field.type)
            entry = dict(told.get(table, {}).get(field.name, {"meaning": field.name, "reason": "Default."}))
            entry |= {"value": new, "unit": field.metadata["unit"]}
            if new != old:
                entry["reason"] = reason
            lines += ["", f"[{table}.{field.name}]"]
            lines += [f"{key} = {json.dumps(entry[key], ensure_ascii=False)}" for key in _ENTRY]
    return Policy.from_text("\n".join(lines) + "\n", origin=name.strip())


def read(content: bytes, name: str) -> Policy:
    """Read an uploaded policy file.

    Raises
    ------
    PolicyError
        When it is not a valid policy.
    """
    try:
        return Policy.from_text(content.decode("utf-8"), origin=name)
    except UnicodeDecodeError as error:
        raise PolicyError(f"{name} is not a text in UTF-8.") from error


def adopt(store: Store, actor_id: str, policy: Policy, reason: str, from_at: datetime, reason_code: str) -> None:
    """Put a policy in force from a moment on (UTC); ``reason_code`` as in ``engine.live.adoption.REASONS``.

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError
        When no reason is given.
    """
    adoption.adopt(store, policy, actor_id, reason, from_at, reason_code=reason_code)


def roll_back(store: Store, actor_id: str, reason: str, now: datetime) -> Policy:
    """Put the policy before the present one in force again, and return it.

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError
        When there is nothing to roll back to, or no reason is given.
    """
    return adoption.roll_back(store, actor_id, reason, now)


_ENTRY = ("value", "unit", "meaning", "reason")


def _adopted(store: Store, actor_id: str, now: datetime) -> pd.DataFrame:
    with looking(store, actor_id, "evaluate") as (reading, _who):
        return reading.state("policies_at", now).sort_values("nth_newest").reset_index(drop=True)


def _typed(value: float, kind: Any) -> Any:
    """Turn a number of the form into what the policy takes; what does not fit is left for the policy to refuse."""
    if kind == "bool":
        return bool(value) if value in (0, 1) else value
    return int(value) if kind == "int" and float(value).is_integer() else float(value)


def _said(value: float, unit: str) -> str:
    if unit == YES_NO:
        return _("yes") if value else _("no")
    return number(float(value))
