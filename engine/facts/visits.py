"""From a proposal to an outcome: decisions, offers, answers, visits, feedback and incidents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.facts.fact import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideStated(Fact):
    """A coordinator pinned or forbade a pair, added it ``by_hand``, or lifted it again.

    ``starts_at`` ``None`` means at any time; ``ends_at`` and ``minutes`` (visit and way there) are known by hand only.
    ``broken_rules`` are codes of the formulation page, ``cost_points`` what the best plan lost by it.
    """

    request_id: str
    volunteer_id: str
    starts_at: datetime | None
    kind: str
    reason_code: str
    ends_at: datetime | None = None
    minutes: int | None = None
    broken_rules: tuple[str, ...] = ()
    cost_points: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAnswered(Fact):
    """A volunteer answered an offer: ``accepted``, ``declined`` or ``expired``, with a reason for a no."""

    request_id: str
    volunteer_id: str
    response: str
    offer_id: str | None = None
    reason_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitAgreed(Fact):
    """A volunteer will come; ``minutes`` is what it takes of the week (visit and way there)."""

    visit_id: str
    request_id: str
    volunteer_id: str
    starts_at: datetime
    ends_at: datetime
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEnded(Fact):
    """What became of a visit: ``completed``, ``missed`` (nobody opened, nobody came) or ``cancelled``.

    ``side`` says by whom it was missed or cancelled: ``resident``, ``volunteer`` or ``municipality``; ``is_late``
    whether it was cancelled later than the policy asks for; ``minutes`` how long a completed visit took.
    """

    visit_id: str
    outcome: str
    side: str | None = None
    is_late: bool | None = None
    minutes: int | None = None
    reason_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalDecided(Fact):
    """A coordinator approved or rejected a proposal of a run: ``decision`` is ``approved`` or ``rejected``."""

    run_id: str
    request_id: str
    volunteer_id: str
    decision: str
    reason_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferSent(Fact):
    """A volunteer was asked to make a visit, and may answer until ``expires_at`` (UTC).

    ``minutes`` is what it would take of the week (visit and way there). ``run_id`` names the run that proposed the
    pair, if one did. An open offer holds the volunteer's time. ``minutes`` and ``distance_km`` are ``None`` once either
    side was erased or became protected.
    """

    offer_id: str
    request_id: str
    volunteer_id: str
    starts_at: datetime
    ends_at: datetime
    minutes: int | None
    distance_km: float | None
    expires_at: datetime
    run_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferClosed(Fact):
    """An offer was taken back before an answer: ``filled`` by another, ``withdrawn``, ``replaced`` or ``left``."""

    offer_id: str
    reason_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackGiven(Fact):
    """One side's view of a visit: ``side`` is ``resident`` or ``volunteer``, ``rating`` 1 (bad) to 5 (good).

    ``again`` says whether they would meet again.
    """

    visit_id: str
    side: str
    rating: int
    again: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReported(Fact):
    """Something went wrong: ``severity`` 1 (minor) to 3 (grave); what happened is a note in ``identity``."""

    incident_id: str
    visit_id: str | None
    resident_id: str | None
    volunteer_id: str | None
    kind: str
    severity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentTriaged(Fact):
    """Somebody looked at an incident, set its severity, and said what is done about it."""

    incident_id: str
    severity: int
    action_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClosed(Fact):
    """An incident was dealt with."""

    incident_id: str
    outcome_code: str
