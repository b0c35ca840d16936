"""Requests: what residents ask for, once or again and again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.facts.fact import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSubmitted(Fact):
    """A resident asked for a service; the visit must lie within ``earliest_at`` to ``latest_at`` (local).

    ``minutes`` is the length of the visit, ``urgency`` 1 (can wait) to 3 (urgent); ``occurred_at`` is when it
    was asked for. Empty ``languages`` means any. ``series_id`` names the series it is one visit of, if any.
    """

    request_id: str
    resident_id: str
    service: str
    minutes: int
    earliest_at: datetime
    latest_at: datetime
    volunteers_needed: int
    urgency: int
    languages: tuple[str, ...]
    series_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestWithdrawn(Fact):
    """The resident took the request back."""

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesStarted(Fact):
    """A resident asked for the same service again and again: ``n_times`` windows, ``every_days`` apart.

    The first window is ``earliest_at`` to ``latest_at`` (local wall time, also across changes of the clock); the rest
    is as in :class:`RequestSubmitted`. Each window becomes a request of its own when it comes near.
    """

    series_id: str
    resident_id: str
    service: str
    minutes: int
    earliest_at: datetime
    latest_at: datetime
    every_days: int
    n_times: int
    volunteers_needed: int
    urgency: int
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesEnded(Fact):
    """No more requests come of a series; those that exist stay."""

    series_id: str
    reason_code: str
