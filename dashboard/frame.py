"""Who is looking, at which pilot, when, in which language: the one thing every page asks first.

A page asks :func:`here` and nothing else about its surroundings. What it may show is asked again by the engine at every
door; :meth:`Here.may` only spares people buttons that would be refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

import streamlit as st

from dashboard import auth, service, words
from engine.access import OPERATIONS
from engine.reference import MUNICIPALITIES
from engine.standing import Standing, standing_of
from engine.store import Store

OWNER = "owner"
"""The role of whoever has the file of a pilot in which no role was given."""

VISITOR = "visitor"
"""The account of somebody who is not signed in: a page behind a signed link acts by that link's account instead."""

_KEPT = "_here"


class Stamp(NamedTuple):
    """What a cached answer depends on: the pilot, its newest log entry, who asks, and the minute (UTC)."""

    pilot: str
    entry_no: int
    account: str
    minute: str

    def of_hour(self) -> Stamp:
        """Give a stamp that holds for the whole hour."""
        return self._replace(minute=self.minute[:-3])


@dataclass(frozen=True, slots=True)
class Here:
    """Who looks, where and when.

    ``role`` is one of ``engine.access.ROLES``, OWNER, or empty for a visitor; ``municipalities`` those the account
    works in; ``now`` is UTC; ``is_demo`` says that nobody had to sign in.
    """

    store: Store
    actor_id: str
    role: str
    municipalities: frozenset[str]
    now: datetime
    language: str
    is_demo: bool

    def may(self, operation: str) -> bool:
        """Say whether the role allows an operation of ``engine.access.OPERATIONS``."""
        return self.role == OWNER or self.role in OPERATIONS[operation].roles

    @property
    def stamp(self) -> Stamp:
        """What a cached answer depends on, as of now."""
        with self.store.reading() as reading:
            newest = reading.last_entry_no
        pilot = str(self.store.path or id(self.store))
        return Stamp(pilot, newest, self.actor_id, f"{self.now:%Y-%m-%dT%H:%M}")


def arrive() -> Here:
    """Find out who is here, at the start of every run of the script; a stranger has an empty role.

    Raises
    ------
    StoreError
        When the pilot cannot be opened.
    """
    store = service.pilot()
    account = auth.account(store)
    with store.reading() as reading:
        standing = standing_of(reading, account) if account else Standing(False, None, ())
    if auth.is_configured() and standing.is_owner:  # a login shows who somebody is, not that the file is theirs
        standing = Standing(False, None, ())
    codes = MUNICIPALITIES if standing.municipality_codes is None else standing.municipality_codes
    found = Here(
        store=store,
        actor_id=account or VISITOR,
        role=OWNER if standing.is_owner else standing.role or "",
        municipalities=frozenset(codes),
        now=service.now(),
        language=words.language(),
        is_demo=not auth.is_configured(),
    )
    st.session_state[_KEPT] = found
    return found


def here() -> Here:
    """Say who is here, also in a callback or fragment; a session that ended meanwhile stops the run.

    Raises
    ------
    StoreError
        When the pilot cannot be opened.
    """
    found = st.session_state.get(_KEPT)
    if not isinstance(found, Here):
        return arrive()
    if auth.has_ended(found.actor_id):
        st.rerun()
    return replace(found, now=service.now(), language=words.language())
