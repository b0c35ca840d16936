"""What the page of today asks: what needs a person, most urgent first, with names where the account may see them."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from dashboard.service.names import names
from engine.live import desk
from engine.store import Store

KINDS = ("incident", "outcome", "answer", "visit", "request", "proposal", "check")
"""What can lie on the desk, in the order of a day's work."""

SHOWN_MAX = 100
"""Rows of a list; the log notes everybody whose name is shown, so nobody is listed for nothing."""

NOW, TODAY, THIS_WEEK = desk.NOW, desk.TODAY, desk.THIS_WEEK


def due(store: Store, actor_id: str, now: datetime) -> pd.DataFrame:
    """List what needs a person, most urgent first, without names (columns of :func:`engine.live.desk.due`).

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    return desk.due(store, actor_id, now)


def counts(matters: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Count the matters of each kind: all of them, and those of level NOW."""
    urgent = matters["level"] == NOW
    return {
        kind: (int((matters["kind"] == kind).sum()), int((urgent & (matters["kind"] == kind)).sum())) for kind in KINDS
    }


def with_names(store: Store, actor_id: str, matters: pd.DataFrame) -> pd.DataFrame:
    """Put ``resident`` and ``volunteer`` beside the first SHOWN_MAX matters: a name, else the id."""
    shown = matters.head(SHOWN_MAX).reset_index(drop=True)
    known = names(store, actor_id, [*shown["resident_id"], *shown["volunteer_resident_id"]], "visit")
    return shown.assign(
        resident=[_said(known, row.resident_id, row.resident_id) for row in shown.itertuples()],
        volunteer=[_said(known, row.volunteer_resident_id, row.volunteer_id) for row in shown.itertuples()],
    )


def _said(known: dict[str, str], resident_id: object, otherwise: object) -> str:
    if isinstance(resident_id, str) and resident_id in known:
        return known[resident_id]
    return otherwise if isinstance(otherwise, str) else ""
