"""People: who is registered, what volunteers offer, when they are free, what was seen of them, how they feel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from engine.facts.fact import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentRegistered(Fact):
    """A resident was registered or re-registered; the newest registration holds.

    ``lat`` and ``lon`` are the centre of the place cell (about 0.6 km square), absent for protected identities.
    """

    resident_id: str
    municipality_code: str
    lat: float | None
    lon: float | None
    birth_year: int
    languages: tuple[str, ...]
    protected_identity: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VolunteerRegistered(Fact):
    """A resident offered to help; the newest registration holds. ``None`` limits mean unlimited."""

    volunteer_id: str
    resident_id: str
    services: tuple[str, ...]
    radius_km: float
    visits_per_week: int | None
    minutes_per_week: int | None
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """One stretch of a week in which a volunteer is free: ISO weekday 1-7, local times."""

    weekday: int
    starts: time
    ends: time


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityStated(Fact):
    """A volunteer said which hours of a week are free; the newest statement replaces the earlier ones."""

    volunteer_id: str
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceStated(Fact):
    """A volunteer is away from ``starts_at`` to ``ends_at`` (local), whatever the week says."""

    volunteer_id: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCleared(Fact):
    """A requirement was seen to be met; the paper itself is never kept. ``valid_to`` ``None`` is open-ended."""

    volunteer_id: str
    check_code: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantDecided(Fact):
    """A resident was granted a service by a decision (its reference in ``decision``)."""

    resident_id: str
    service: str
    valid_from: date
    valid_to: date | None
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationStated(Fact):
    """What holds between a resident and a volunteer: ``blocked``, ``preferred`` or ``none``; the newest holds."""

    resident_id: str
    volunteer_id: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceEnded(Fact):
    """A volunteer is back from ``ends_at`` (local): whatever absence was stated before ends there."""

    volunteer_id: str
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VolunteerLeft(Fact):
    """A volunteer has left the pilot; registering again brings them back."""

    volunteer_id: str
    reason_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyAnswered(Fact):
    """A person answered the survey, as who asks (``side`` ``resident``) or who helps (``volunteer``).

    ``occasion`` is ``registration`` or ``follow_up``. The answers are numbers of ``data/reference/surveys.toml``;
    ``None`` where a question was left out, or the person was erased.
    """

    resident_id: str
    side: str
    occasion: str
    who5_1: int | None
    who5_2: int | None
    who5_3: int | None
    who5_4: int | None
    who5_5: int | None
    ucla3_1: int | None
    ucla3_2: int | None
    ucla3_3: int | None
    recommend: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyDeclined(Fact):
    """A person does not want to be asked the survey, as who asks or who helps; answering later takes it back."""

    resident_id: str
    side: str
