"""The two clocks of the pilot: UTC for what happened, Stockholm wall time for visits and windows."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def utc_of(local: datetime) -> datetime:
    """Convert local wall time (Europe/Stockholm) to UTC.

    On the night the clocks go back, a time that occurs twice means its first occurrence (summer time); on the
    night they go forward, a time that does not occur is counted from before the change, so 02:30 means 03:30.
    """
    return local.replace(tzinfo=STOCKHOLM).astimezone(UTC)


def local_of(moment: datetime) -> datetime:
    """Convert a moment (timezone-aware) to naive local wall time (Europe/Stockholm)."""
    return moment.astimezone(STOCKHOLM).replace(tzinfo=None)
