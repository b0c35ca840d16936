"""What the pages ask of the engine: tables and frozen facts ready to show. One module per page; no page asks otherwise.

What the engine refuses is a :class:`Refused`, with a sentence.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from engine.errors import EngineError
from engine.store import Store

__all__ = ["Refused", "forget", "now", "pilot"]

Refused = EngineError

PATH_VARIABLE = "MIKRO_DB"
NOW_VARIABLE = "MIKRO_NOW"


def pilot() -> Store:
    """Open the pilot that ``mikro dashboard`` was started with; one warm instance for all sessions of the program.

    Raises
    ------
    StoreError
        When it does not exist or cannot be opened.
    """
    return _opened(Path(os.environ.get(PATH_VARIABLE, "data/local/pilot.duckdb")).resolve(), now)


def now() -> datetime:
    """Read the dashboard's clock: UTC, or going on from ``MIKRO_NOW`` for a pilot of another time."""
    start = os.environ.get(NOW_VARIABLE, "")
    return datetime.now(UTC) if not start else _started(start) + (datetime.now(UTC) - _first_asked(start))


def forget() -> None:
    """Close the pilot and stop the clock; both begin anew when asked for."""
    for store in _open_stores:
        store.close()
    _open_stores.clear()
    _opened.cache_clear()
    _first_asked.cache_clear()


_open_stores: list[Store] = []


@cache
def _opened(path: Path, clock: Callable[[], datetime]) -> Store:
    store = Store(path, clock=clock)
    _open_stores.append(store)
    return store


def _started(start: str) -> datetime:
    return datetime.fromisoformat(start).astimezone(UTC)


@cache
def _first_asked(start: str) -> datetime:
    return datetime.now(UTC)
