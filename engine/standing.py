"""What an account is in a pilot: its owner, the holder of a role, or a stranger.

A pilot in which no role was ever given has owners only: whoever has the file and its key. In such a pilot, and only
there, an account called ``demo-<role>`` (``demo-<role>:<municipality>``) is held to that role, so that the owner can
look through each role's eyes; a name can thus narrow what somebody may do, never widen it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.reference import MUNICIPALITIES

if TYPE_CHECKING:
    import pandas as pd

    from engine.storage.reading import Reading

DEMO = "demo-"


@dataclass(frozen=True, slots=True)
class Role:
    """A role in words; a ``municipal`` one works in the municipalities it was given for."""

    code: str
    is_municipal: bool
    en: str


ROLES = {
    role.code: role
    for role in (
        Role("coordinator", True, "runs the daily work of one or more municipalities"),
        Role("coordinator_protected", True, "a coordinator who also serves people with a protected identity"),
        Role("lead", False, "judges the pilot: policy, measures, incidents, audit"),
        Role("researcher", False, "reproduces results from extracts; sees no person"),
        Role("admin", False, "keeps accounts, erasure, retention and backups; sees persons only in a subject export"),
    )
}


@dataclass(frozen=True, slots=True)
class Standing:
    """An owner may do everything; others what their ``role`` allows, ``None`` for a stranger.

    ``municipality_codes`` are those an account may work in; ``None`` for all.
    """

    is_owner: bool
    role: str | None
    municipality_codes: tuple[str, ...] | None


def roles_ever(reading: Reading) -> pd.DataFrame:
    """Read the newest role of every account that ever had one (columns of ``queries/roles.sql``)."""
    return reading.unless_written("roles", ["role_given", "role_withdrawn"], lambda: reading.query("roles"))


def standing_of(reading: Reading, account_id: str) -> Standing:
    """Say what an account is in this pilot."""
    roles = roles_ever(reading)
    if roles.empty:
        return _in_a_pilot_without_roles(account_id)
    mine = roles[(roles["account_id"] == account_id) & roles["role"].notna()]
    if mine.empty:
        return Standing(False, None, ())
    role = str(mine["role"].iloc[0])
    codes = tuple(mine["municipality_codes"].iloc[0]) if ROLES[role].is_municipal else None
    return Standing(False, role, codes)


def _in_a_pilot_without_roles(account_id: str) -> Standing:
    role, _, code = account_id.removeprefix(DEMO).partition(":")
    if not account_id.startswith(DEMO) or role not in ROLES:
        return Standing(True, None, None)
    is_of_one = ROLES[role].is_municipal and code in MUNICIPALITIES
    return Standing(False, role, (code,) if is_of_one else None)
