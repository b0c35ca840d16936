"""The survey on quality of life: its questions, and the recording of what a person answered, or that they declined.

Answers are numbers and facts, never words. How they are scored stands in ``sql/state/who5.sql`` and ``ucla3.sql``, what
becomes of the scores in ``measures/of_surveys.py``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine.access import looking
from engine.clock import local_of
from engine.errors import ImpossibleStep, InputError
from engine.facts import SurveyAnswered, SurveyDeclined
from engine.lifecycle import Taking, must_be_code, taking
from engine.measures.measure import Words
from engine.people.persons import see
from engine.reference import REFERENCE

if TYPE_CHECKING:
    from engine.store import Store

SIDES = ("resident", "volunteer")
OCCASIONS = ("registration", "follow_up")
FOLLOW_UP_DAYS = 90
"""So long after the last answers somebody is asked again: an assumption of the pilot."""


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """One scale of the survey.

    Parameters
    ----------
    questions
        The questions by their column in :class:`engine.facts.SurveyAnswered`, in the order asked.
    answers
        What every answer from ``lowest`` to ``highest`` is called; empty where only its ends have words, in ``asks``.
    source
        Where the scale was published.
    """

    code: str
    name: Words
    asks: Words
    questions: dict[str, Words]
    answers: tuple[Words, ...]
    lowest: int
    highest: int
    score: str
    source: str


@dataclass(frozen=True, slots=True)
class SurveysOf:
    """A person's surveys.

    Parameters
    ----------
    answered
        Columns of ``state/surveys_at.sql``, newest first.
    declined
        The sides as which they do not want to be asked.
    """

    answered: pd.DataFrame
    declined: frozenset[str]


@cache
def questionnaires() -> tuple[Questionnaire, ...]:
    """Read the scales of ``data/reference/surveys.toml``, in the order asked."""
    told = tomllib.loads((REFERENCE / "surveys.toml").read_text(encoding="utf-8"))
    return tuple(_questionnaire(code, scale) for code, scale in told.items())


def record_survey(
    store: Store,
    actor_id: str,
    resident_id: str,
    occasion: str,
    answers: Mapping[str, int | None],
    *,
    side: str = "resident",
    at: datetime | None = None,
) -> None:
    """Record what a person answered; told again of the registration, or of the same day, the newest holds.

    Parameters
    ----------
    occasion
        One of OCCASIONS.
    answers
        Question -> answer, for questions of :func:`questionnaires`; those left out are missing or ``None``.
    side
        As what the person was asked: one of SIDES.

    Raises
    ------
    AccessDenied
        When the account may not, or the person is of another municipality.
    InputError
        When the person, side, occasion, a question or an answer is unknown, nothing was answered, or who is asked as a
        volunteer is none.
    ImpossibleStep
        When the person has a protected identity: they are asked for nothing that is kept in the facts.
    """
    must_be_code("occasions", occasion, OCCASIONS)
    must_be_code("sides", side, SIDES)
    told = {question: None for scale in questionnaires() for question in scale.questions} | _checked(answers)
    with taking(store, actor_id, "record_survey", at) as step:
        _must_be_asked(step, resident_id, side)
        step.append(SurveyAnswered(occurred_at=step.at, resident_id=resident_id, side=side, occasion=occasion, **told))


def decline_survey(
    store: Store, actor_id: str, resident_id: str, *, side: str = "resident", at: datetime | None = None
) -> None:
    """Record that a person does not want to be asked: they are due for no survey until they answer one after all.

    Raises
    ------
    AccessDenied, InputError, ImpossibleStep
        As in :func:`record_survey`.
    """
    must_be_code("sides", side, SIDES)
    with taking(store, actor_id, "record_survey", at) as step:
        _must_be_asked(step, resident_id, side)
        step.append(SurveyDeclined(occurred_at=step.at, resident_id=resident_id, side=side))


def surveys_of(store: Store, actor_id: str, resident_id: str, as_of: datetime) -> SurveysOf:
    """Read what a person answered so far, and as what they declined.

    Raises
    ------
    AccessDenied
        When the account may not record surveys, the person is of another municipality, or is protected and the account
        does not serve those.
    InputError
        When there is no such resident.
    """
    with looking(store, actor_id, "record_survey") as (reading, who):
        see(reading, who, resident_id)
        answered = reading.state("surveys_at", as_of, None, resident_id=resident_id)
        declined = reading.state("surveys_declined_at", as_of, None, resident_id=resident_id)
    newest_first = answered.sort_values(["answered_at", "side", "occasion"], ascending=False, ignore_index=True)
    return SurveysOf(newest_first, frozenset(declined["side"]))


def surveys_due(store: Store, actor_id: str, as_of: datetime, after_days: int = FOLLOW_UP_DAYS) -> pd.DataFrame:
    """List who answered at registration and is due for a follow-up: no answer for ``after_days``, longest ago first.

    Who declined is not among them.

    Returns
    -------
    DataFrame
        ``resident_id``, ``side``, ``municipality_code`` and ``last_answered_at`` (local), of the account's own.

    Raises
    ------
    AccessDenied
        When the account may not record surveys.
    """
    with looking(store, actor_id, "record_survey") as (reading, who):
        moment: dict[str, Any] = {"as_of": as_of, "local_now": local_of(as_of)}
        due = reading.query("surveys_due", until_entry=reading.last_entry_no, after_days=after_days, **moment)
    is_own = due["municipality_code"].map(who.may_work_in).astype(bool)
    return due[is_own].reset_index(drop=True)


def _must_be_asked(step: Taking, resident_id: str, side: str) -> None:
    if see(step.transaction, step.acting, resident_id).is_protected:
        raise ImpossibleStep(f"Resident {resident_id} has a protected identity and is asked for no survey.")
    if side == "volunteer" and not step.rows("volunteers_at", resident_id=resident_id):
        raise InputError(f"Resident {resident_id} is no volunteer.")


def _checked(answers: Mapping[str, int | None]) -> dict[str, int | None]:
    scales = {question: scale for scale in questionnaires() for question in scale.questions}
    if all(answer is None for answer in answers.values()):
        raise InputError("A survey needs at least one answer.")
    for question, answer in answers.items():
        if question not in scales:
            raise InputError(f"There is no question {question!r}; there are {', '.join(scales)}.")
        lowest, highest = scales[question].lowest, scales[question].highest
        if answer is not None and not lowest <= answer <= highest:
            raise InputError(f"{question} is answered with {lowest} to {highest}, not with {answer}.")
    return dict(answers)


def _questionnaire(code: str, scale: Mapping[str, Any]) -> Questionnaire:
    asked = [Words(**question) for question in scale["question"]]
    columns = [code] if len(asked) == 1 else [f"{code}_{nth}" for nth in range(1, len(asked) + 1)]
    return Questionnaire(
        code=code,
        name=Words(**scale["name"]),
        asks=Words(**scale["asks"]),
        questions=dict(zip(columns, asked, strict=True)),
        answers=tuple(Words(**answer) for answer in scale.get("answer", ())),
        lowest=scale["lowest"],
        highest=scale["highest"],
        score=scale["score"],
        source=scale["source"],
    )
