"""What the server remembers of a browser between reloads, by a cookie that says nothing: drafts, the role chosen.

In memory only; forgotten a working day after the last look, or when the program ends.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

COOKIE = "mikro_visit"
FORGOTTEN_AFTER_S = 10 * 3600
KEPT_MAX = 10_000
"""Browsers remembered; the one not seen for longest goes first."""


@dataclass(slots=True)
class _Visit:
    seen_at: float
    kept: dict[str, Any] = field(default_factory=dict)


_visits: dict[str, _Visit] = {}
_lock = Lock()


def new_name() -> str:
    """Draw the name of a browser not seen before."""
    return secrets.token_urlsafe(24)


def drawer() -> dict[str, Any]:
    """Give what is kept for this browser; without its cookie, for this session of the page."""
    name = st.context.cookies.get(COOKIE) if get_script_run_ctx(suppress_warning=True) else None
    if not name or not isinstance(name, str):  # under AppTest there is a stand-in for a browser
        kept: dict[str, Any] = st.session_state.setdefault("_drawer", {})
        return kept
    now = monotonic()
    with _lock:
        visit = _visits.pop(name, None)
        if visit is None or now - visit.seen_at > FORGOTTEN_AFTER_S:
            visit = _Visit(now)
        visit.seen_at = now
        _visits[name] = visit  # last, so that the oldest stand first
        for old in list(_visits)[: max(0, len(_visits) - KEPT_MAX)]:
            del _visits[old]
        return visit.kept


def forget() -> None:
    """Forget what is kept for this browser."""
    drawer().clear()


def forget_all() -> None:
    """Forget every browser."""
    with _lock:
        _visits.clear()
