"""Which logins are alive: a register in the server's memory, because a cookie alone would live for thirty days.

A login is entered when the provider sends somebody back, and known by a fingerprint of the cookie that was set then. A
cookie that is not in the register is refused: logging out, ending a session and restarting the server end it for good.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from time import monotonic

IDLE_VARIABLE = "MIKRO_IDLE_MINUTES"
LONGEST_VARIABLE = "MIKRO_SESSION_HOURS"
IDLE_MINUTES = 30.0
LONGEST_HOURS = 8.0

COOKIE = "_streamlit_user"
"""Streamlit's identity cookie; a long one goes on in COOKIE_1, COOKIE_2 and so on."""


@dataclass(slots=True)
class Login:
    """A login that is alive; times are of the monotonic clock, so that nobody gains by setting the computer's."""

    begun_s: float
    seen_s: float
    account_id: str | None = None


_logins: dict[str, Login] = {}
_lock = Lock()


def fingerprint(cookies: Mapping[str, str]) -> str | None:
    """Name the login that cookies belong to; ``None`` when they hold none."""
    if not cookies.get(COOKIE):
        return None
    parts = [cookies[COOKIE]]
    while more := cookies.get(f"{COOKIE}_{len(parts)}"):
        parts.append(more)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def begin(name: str) -> None:
    """Enter a login that was just made."""
    with _lock:
        _forget_the_dead()
        _logins[name] = Login(monotonic(), monotonic())


def end(name: str | None) -> None:
    """End a login, whoever still holds its cookie."""
    with _lock:
        _logins.pop(name or "", None)


def end_all_of(account_id: str) -> int:
    """End every login of an account; give how many there were."""
    with _lock:
        names = [name for name, login in _logins.items() if login.account_id == account_id]
        for name in names:
            del _logins[name]
        return len(names)


def is_alive(name: str | None, *, account_id: str | None = None, is_use: bool = False) -> bool:
    """Say whether a login is alive.

    Parameters
    ----------
    account_id
        Whose it is, once that is known.
    is_use
        Whether the person did something now; looking after them does not keep a login alive.
    """
    with _lock:
        _forget_the_dead()
        login = _logins.get(name or "")
        if login is None:
            return False
        if is_use:
            login.seen_s = monotonic()
        login.account_id = account_id or login.account_id
        return True


def n_alive() -> int:
    """Count the logins that are alive."""
    with _lock:
        _forget_the_dead()
        return len(_logins)


def idle_s() -> float:
    """Seconds without anything done after which a login ends."""
    return float(os.environ.get(IDLE_VARIABLE, IDLE_MINUTES)) * 60


def longest_s() -> float:
    """Seconds after which a login ends in any case."""
    return float(os.environ.get(LONGEST_VARIABLE, LONGEST_HOURS)) * 3600


def _forget_the_dead() -> None:
    now, idle, longest = monotonic(), idle_s(), longest_s()
    dead = [name for name, login in _logins.items() if now - login.seen_s > idle or now - login.begun_s > longest]
    for name in dead:
        del _logins[name]
