"""What the page of today asks: what needs a person, most urgent first, with names where the account may see them."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

from dashboard.service.names import names
from dashboard.service.policy_life import events, guardrail_id
from dashboard.words import language
from engine.access import looking
from engine.clock import local_of
from engine.live import desk, guardrails, shadow, surveys
from engine.store import Store

DAILY = ("incident", "outcome", "answer", "visit", "request", "proposal", "check")
KINDS = (*DAILY, "survey", "guardrail", "shadow")
"""What can lie on the desk, in the order of a day's work; what is not daily is there only now and then."""

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


def is_empty(store: Store, actor_id: str, now: datetime) -> bool:
    """Say whether nobody was registered yet.

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    with looking(store, actor_id, "see_requests") as (reading, _who):
        return reading.state("residents_at", now).empty


def follow_ups(store: Store, actor_id: str, now: datetime) -> pd.DataFrame:
    """List the follow-ups of the survey that are due, as matters, since when they are.

    Raises
    ------
    AccessDenied
        When the account may not record surveys.
    """
    asked = surveys.surveys_due(store, actor_id, now)
    return pd.DataFrame(
        {
            "kind": "survey",
            "level": THIS_WEEK,
            "due_at": asked["last_answered_at"] + pd.Timedelta(days=surveys.FOLLOW_UP_DAYS),
            "subject_id": asked["resident_id"] + ":" + asked["side"],
            "resident_id": asked["resident_id"],
            "municipality_code": asked["municipality_code"],
            "detail": asked["side"],
        }
    )


def of_policies(store: Store, actor_id: str, now: datetime) -> pd.DataFrame:
    """List measures that have left their guardrails, and policies whose shadow is quiet, as matters.

    The ``detail`` of the first is a sentence, of the second the name of the policy.

    Raises
    ------
    AccessDenied
        When the account may not evaluate.
    """
    with looking(store, actor_id, "evaluate") as (reading, _who):
        broken = guardrails.guardrails_broken(reading, now)
        quiet = shadow.quiet_shadows(reading, now)
    left = [
        {
            "kind": "guardrail",
            "level": TODAY if row["is_worse"] else THIS_WEEK,
            "due_at": local_of(now),
            "subject_id": guardrail_id(row["measure"], row["gap_by"]),
            "detail": row[language()],
        }
        for row in broken.to_dict("records")
    ]
    silent = [
        {
            "kind": "shadow",
            "level": THIS_WEEK,
            "due_at": local_of(row["last_at"].to_pydatetime().replace(tzinfo=UTC)),
            "subject_id": row["fingerprint"],
            "detail": row["policy"],
        }
        for row in quiet.to_dict("records")
    ]
    return pd.DataFrame([*left, *silent])


def n_policy_steps(store: Store, actor_id: str) -> int:
    """Count the steps taken with policies and guardrails: it grows with each, as they are never deleted.

    Raises
    ------
    AccessDenied
        When the account may not evaluate.
    """
    return len(events(store, actor_id))


def together(*matters: pd.DataFrame) -> pd.DataFrame:
    """Lay matters of several doors in one list, most urgent first; the first has all columns."""
    some = [found.reindex(columns=matters[0].columns) for found in matters if len(found)]
    found = pd.concat(some) if some else matters[0]
    return found.sort_values(["level", "due_at", "kind", "subject_id"], ignore_index=True)


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
