"""Who somebody is: the account a login provider vouches for or, without one, an account chosen on this machine.

What the account may do is never in the login: its role is read from the pilot, at every step, by the engine.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import sessions, visits
from engine.access import LINK, roles_given
from engine.errors import InputError
from engine.messages.links import BASE_VARIABLE, LOCAL_HOSTS, base_url
from engine.standing import DEMO, ROLES, roles_ever
from engine.storage.mark import must_be_account
from engine.store import Store

METADATA_VARIABLE = "MIKRO_OIDC_METADATA_URL"
CLIENT_VARIABLE = "MIKRO_OIDC_CLIENT_ID"
SECRET_VARIABLE = "MIKRO_OIDC_CLIENT_SECRET"  # noqa: S105 - the name of a setting
CLAIM_VARIABLE = "MIKRO_ACCOUNT_CLAIM"
ACTOR_VARIABLE = "MIKRO_ACTOR"

CLAIM = "sub"
"""What of a login names the account: stable, and no name of a person."""

LOCAL_ACTOR = "dashboard"
START_ROLE = "coordinator"


@dataclass(frozen=True, slots=True)
class Provider:
    """A login provider that speaks OpenID Connect."""

    metadata_url: str
    client_id: str
    client_secret: str
    base_url: str

    def secrets(self, cookie_secret: str) -> dict[str, Any]:
        """Write it as Streamlit wants to read it."""
        return {
            "auth": {
                "redirect_uri": f"{self.base_url}/oauth2callback",
                "cookie_secret": cookie_secret,
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "server_metadata_url": self.metadata_url,
            }
        }


def provider() -> Provider | None:
    """Read the login provider from the environment; ``None`` in demo mode, when nothing of it is set.

    Raises
    ------
    InputError
        When only a part of it is set, or the provider is reached without encryption.
    """
    names = (METADATA_VARIABLE, CLIENT_VARIABLE, SECRET_VARIABLE)
    found = [os.environ.get(name, "").strip() for name in names]
    if not any(found):
        return None
    base = base_url()
    missing = [name for name, value in zip((*names, BASE_VARIABLE), (*found, base), strict=True) if not value]
    if missing:
        raise InputError(f"Login needs {' and '.join(missing)} to be set too.")
    host = found[0].removeprefix("http://").split("/")[0].rsplit(":", 1)[0]
    if not found[0].startswith("https://") and not (found[0].startswith("http://") and host in LOCAL_HOSTS):
        raise InputError(f"{METADATA_VARIABLE} must begin with https://, not {found[0]!r}.")
    return Provider(found[0], found[1], found[2], base or "")


def is_configured() -> bool:
    """Say whether people sign in; otherwise this is demo mode."""
    return bool(os.environ.get(METADATA_VARIABLE, "").strip())


def account(store: Store) -> str | None:
    """Give the account at work, ``None`` when nobody is signed in; this counts as a sign of life."""
    if not is_configured():
        return _local_account(store)
    name = vouched_for()
    if name is None or not sessions.is_alive(_login(), account_id=name, is_use=True):
        return None
    return name


def has_ended(account_id: str) -> bool:
    """Say whether the login of a session that worked for an account is over."""
    if not is_configured() or not _in_a_run():
        return False
    return account_id == vouched_for() and not sessions.is_alive(_login())


def vouched_for() -> str | None:
    """Give the account that the provider named, whether or not its login is still alive; ``None`` without one."""
    if not st.user.is_logged_in:
        return None
    claim = os.environ.get(CLAIM_VARIABLE, CLAIM)
    name = st.user.get(claim)
    if claim == "email" and st.user.get("email_verified") is not True:
        return None
    try:
        must_be_account(str(name or ""))
    except InputError:
        return None
    return None if str(name).startswith(LINK) else str(name)


def log_in() -> None:
    """Send the browser to the provider."""
    st.login()


def log_out() -> None:
    """End the login in the register and in the browser."""
    sessions.end(_login())
    visits.forget()
    st.logout()


def local_accounts(store: Store) -> list[str]:
    """List the accounts that demo mode can work as.

    In a pilot without roles: one that is held to each role, and the owner. Otherwise those of the pilot's own
    demo accounts and the one named on the command line that have a role.
    """
    own = os.environ.get(ACTOR_VARIABLE, "") or LOCAL_ACTOR
    with store.reading() as reading:
        if roles_ever(reading).empty:
            return [*(f"{DEMO}{role}" for role in ROLES), own]
        roles = roles_given(reading)
    return [name for name in roles["account_id"] if name.startswith(DEMO) or name == own]


def choose_local(account_id: str) -> None:
    """Work as another of the local accounts from now on."""
    visits.drawer()["account"] = account_id


def _local_account(store: Store) -> str | None:
    accounts = local_accounts(store)
    chosen = visits.drawer().get("account")
    if chosen and (chosen in accounts or chosen.partition(":")[0] in accounts):
        return str(chosen)
    own = os.environ.get(ACTOR_VARIABLE, "")
    preferred = [name for name in (own, f"{DEMO}{START_ROLE}") if name in accounts]
    return next(iter(preferred or accounts), None)


def _login() -> str | None:
    return sessions.fingerprint(st.context.cookies) if _in_a_run() else None


def _in_a_run() -> bool:
    return get_script_run_ctx(suppress_warning=True) is not None
