"""What the outcomes page asks: what became of visits, what both sides said, incidents, and series."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from dashboard.service.names import names
from engine.clock import local_of
from engine.live import desk, endings, incidents, series, visits
from engine.people import persons
from engine.store import Store

SIDES = endings.SIDES
CANCEL_REASONS = endings.CANCEL_REASONS
KINDS = incidents.KINDS
SEVERITIES = tuple(incidents.SEVERITIES)
ACTIONS = incidents.ACTIONS
INCIDENT_OUTCOMES = incidents.OUTCOMES
END_REASONS = series.END_REASONS

AHEAD = timedelta(days=14)
"""How far ahead visits are listed, as far as a run plans."""

SHOWN_MAX = 200


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of the visits of some time, in numbers; shares are null without visits to speak of.

    ``completed_share`` is of visits that ended; ``again_share`` of known pairs, of the completed visits.
    """

    n_completed: int
    n_missed: int
    n_cancelled: int
    n_unrecorded: int
    minutes: int
    rating: float | None
    n_ratings: int
    completed_share: float | None
    again_share: float | None


def visits_of(store: Store, actor_id: str, now: datetime, days_back: int) -> pd.DataFrame:
    """List the visits of the last days and those agreed ahead, with ``is_over`` (columns of ``visit_outcomes``).

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    today = local_of(now).replace(hour=0, minute=0, second=0, microsecond=0)
    found = desk.visits(store, actor_id, now, today - timedelta(days=days_back), today + AHEAD)
    return found.assign(
        is_over=found["ends_at"] <= pd.Timestamp(local_of(now)), has_begun=found["starts_at"] <= local_of(now)
    )


def visit(store: Store, actor_id: str, now: datetime, visit_id: str) -> pd.DataFrame:
    """Find one visit, whenever it was: as :func:`visits_of`, one row or none.

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    found = visits_of(store, actor_id, now, days_back=3650)
    return found[found["visit_id"] == visit_id].reset_index(drop=True)


def with_names(store: Store, actor_id: str, rows: pd.DataFrame, purpose: str = "visit") -> pd.DataFrame:
    """Put ``resident`` and ``volunteer`` beside the first SHOWN_MAX rows: a name, else the id."""
    shown = rows.head(SHOWN_MAX).reset_index(drop=True)
    known = names(store, actor_id, [*shown["resident_id"], *shown["volunteer_resident_id"]], purpose)
    return shown.assign(
        resident=[known.get(one, one) if isinstance(one, str) else "" for one in shown["resident_id"]],
        volunteer=[
            known.get(one, other) if isinstance(one, str) else ""
            for one, other in zip(shown["volunteer_resident_id"], shown["volunteer_id"], strict=True)
        ],
    )


def summary(rows: pd.DataFrame) -> Summary:
    """Count what became of visits."""
    n = rows["status"].value_counts()
    completed = rows[rows["status"] == "completed"]
    ended = int(n.get("completed", 0) + n.get("missed", 0) + n.get("cancelled", 0))
    ratings = pd.concat([rows["resident_rating"], rows["volunteer_rating"]]).dropna()
    return Summary(
        n_completed=len(completed),
        n_missed=int(n.get("missed", 0)),
        n_cancelled=int(n.get("cancelled", 0)),
        n_unrecorded=int(((rows["status"] == "agreed") & rows["is_over"]).sum()),
        minutes=int(completed["minutes_spent"].fillna(0).sum()),
        rating=float(ratings.mean()) if len(ratings) else None,
        n_ratings=len(ratings),
        completed_share=len(completed) / ended if ended else None,
        again_share=float((completed["nth_together"] > 1).mean()) if len(completed) else None,
    )


def by_week(rows: pd.DataFrame) -> pd.DataFrame:
    """Count visits by the Monday of their week and what became of them: ``week``, ``status``, ``n_visits``."""
    ended = rows[rows["status"] != "agreed"]
    weeks = ended["starts_at"].dt.to_period("W").dt.start_time
    return ended.assign(week=weeks).groupby(["week", "status"]).size().reset_index(name="n_visits")


def complete(store: Store, actor_id: str, visit_id: str, minutes: int | None, now: datetime) -> None:
    """Record that a visit took place.

    Raises
    ------
    InputError, AccessDenied
        As in :func:`engine.live.visits.complete_visit`.
    """
    visits.complete_visit(store, actor_id, visit_id, minutes=minutes, at=now)


def miss(store: Store, actor_id: str, visit_id: str, side: str, now: datetime) -> None:
    """Record that one side was not there.

    Raises
    ------
    InputError, AccessDenied
        As in :func:`engine.live.visits.miss_visit`.
    """
    visits.miss_visit(store, actor_id, visit_id, side, at=now)


def cancel(store: Store, actor_id: str, visit_id: str, side: str, reason_code: str, now: datetime) -> None:
    """Cancel a visit before it begins.

    Raises
    ------
    InputError, AccessDenied
        As in :func:`engine.live.visits.cancel_visit`.
    """
    visits.cancel_visit(store, actor_id, visit_id, side, reason_code, at=now)


def rate(store: Store, actor_id: str, visit_id: str, side: str, rating: int, again: bool | None, now: datetime) -> None:
    """Record what one side says of a visit.

    Raises
    ------
    InputError, AccessDenied
        As in :func:`engine.live.visits.give_feedback`.
    """
    visits.give_feedback(store, actor_id, visit_id, side, rating, again=again, at=now)


def incident_list(store: Store, actor_id: str, now: datetime) -> pd.DataFrame:
    """List incidents, newest first (columns of ``incident_list``).

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    return desk.incidents(store, actor_id, now)


def incident_text(store: Store, actor_id: str, resident_id: str, incident_id: str) -> str:
    """Read what was written of an incident; the log notes who read it.

    Raises
    ------
    AccessDenied
        When the account may not read notes, or not of this person.
    """
    found = persons.notes(store, actor_id, resident_id, incident_id, "incident")
    return "\n".join(found["text"])


def report(
    store: Store, actor_id: str, kind: str, severity: int, text: str, about: dict[str, str], now: datetime
) -> str:
    """Report an incident about a visit, a resident or a volunteer (``visit_id``, ``resident_id``, ``volunteer_id``).

    Raises
    ------
    InputError, AccessDenied
        As in :func:`engine.live.incidents.report_incident`.
    """
    return incidents.report_incident(store, actor_id, kind, severity, text, at=now, **about)


def triage(store: Store, actor_id: str, incident_id: str, severity: int, action_code: str, now: datetime) -> None:
    """Set how severe an incident is, and what is done about it.

    Raises
    ------
    InputError, AccessDenied
        As in :func:`engine.live.incidents.triage_incident`.
    """
    incidents.triage_incident(store, actor_id, incident_id, severity, action_code, at=now)


def close(store: Store, actor_id: str, incident_id: str, outcome_code: str, now: datetime) -> None:
    """Close an incident.

    Raises
    ------
    InputError, AccessDenied
        As in :func:`engine.live.incidents.close_incident`.
    """
    incidents.close_incident(store, actor_id, incident_id, outcome_code, at=now)


def series_list(store: Store, actor_id: str, now: datetime) -> pd.DataFrame:
    """List series with their progress and continuity, running ones first (columns of ``series_progress``).

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    found = desk.series(store, actor_id, now)
    found = found.assign(is_running=found["status"] == "running")
    return found.sort_values(["is_running", "series_id"], ascending=[False, True], ignore_index=True)


def end_series(store: Store, actor_id: str, series_id: str, reason_code: str, now: datetime) -> None:
    """End a series: no more requests come of it.

    Raises
    ------
    InputError, AccessDenied
        As in :func:`engine.live.series.end_series`.
    """
    series.end_series(store, actor_id, series_id, reason_code, at=now)
