"""What the panel of the survey asks: its questions, what a person answered, and the recording of answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pandas as pd

from engine.live import surveys
from engine.store import Store

Questionnaire = surveys.Questionnaire
SurveysOf = surveys.SurveysOf
OCCASIONS = surveys.OCCASIONS
questionnaires = surveys.questionnaires


def of_person(store: Store, actor_id: str, resident_id: str, now: datetime) -> SurveysOf:
    """Read what a person answered so far, and as what they declined.

    Raises
    ------
    AccessDenied, InputError
        As in :func:`engine.live.surveys.surveys_of`.
    """
    return surveys.surveys_of(store, actor_id, resident_id, now)


def record(
    store: Store,
    actor_id: str,
    resident_id: str,
    side: str,
    occasion: str,
    answers: Mapping[str, int | None],
    now: datetime,
) -> None:
    """Record what a person answered.

    Raises
    ------
    AccessDenied, InputError
        As in :func:`engine.live.surveys.record_survey`.
    """
    surveys.record_survey(store, actor_id, resident_id, occasion, answers, side=side, at=now)


def decline(store: Store, actor_id: str, resident_id: str, side: str, now: datetime) -> None:
    """Record that a person does not want to be asked.

    Raises
    ------
    AccessDenied, InputError
        As in :func:`engine.live.surveys.decline_survey`.
    """
    surveys.decline_survey(store, actor_id, resident_id, side=side, at=now)


def wanted_occasion(answered: pd.DataFrame, side: str) -> str:
    """Say which occasion comes next for a side: the registration, and follow-ups once that was answered."""
    has_registered = ((answered["side"] == side) & (answered["occasion"] == "registration")).any()
    return "follow_up" if has_registered else "registration"
