"""The log's vocabulary: one frozen dataclass per fact, named in the past tense, and nothing else.

A fact is what happened, never what is: state is SQL over facts (``engine/sql/state``). Each class is one
append-only table ``facts.<snake_case_name>`` whose columns are the fields below in this order, preceded by
``entry_no`` (the log entry it was written in), ``occurred_at`` and ``recorded_at`` (UTC) and ``actor_id``.
Times of visits are local wall time (Europe/Stockholm). Names, contacts, exact places and free text are not
facts: they live in schema ``identity``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import date, datetime, time


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every fact carries: ``occurred_at``, when it happened (UTC, timezone-aware)."""

    occurred_at: datetime


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
class RequestSubmitted(Fact):
    """A resident asked for a service; the visit must lie within ``earliest_at`` to ``latest_at`` (local).

    ``minutes`` is the length of the visit, ``urgency`` 1 (can wait) to 3 (urgent); ``occurred_at`` is when it
    was asked for. Empty ``languages`` means any.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestWithdrawn(Fact):
    """The resident took the request back."""

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAnswered(Fact):
    """A volunteer answered an offer: ``accepted``, ``declined`` or ``expired``."""

    request_id: str
    volunteer_id: str
    response: str


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
    """What became of a visit: ``completed``, ``missed`` or ``cancelled``."""

    visit_id: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideStated(Fact):
    """A coordinator pinned or forbade a pair, or lifted it again; ``starts_at`` ``None`` means at any time."""

    request_id: str
    volunteer_id: str
    starts_at: datetime | None
    kind: str
    reason_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAdopted(Fact):
    """A named person put a policy in force; ``content`` is the whole TOML file."""

    policy: str
    fingerprint: str
    content: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMade(Fact):
    """One match run: what it looked at, under which policy, and what was proved of its plan.

    ``input_entry_no`` is the last log entry it saw, ``content`` the policy it ran under.
    """

    run_id: str
    as_of: datetime
    policy: str
    fingerprint: str
    content: str
    seed: int
    model: str
    n_requests: int
    n_volunteers: int
    n_candidates: int
    n_matched: int
    objective: float
    bound: float
    gap: float
    proof: str
    candidates_s: float
    solve_s: float
    check_s: float
    input_hash: str
    input_entry_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalMade(Fact):
    """One chosen candidate of a run, for the coordinator to approve; value parts add up to ``value``."""

    run_id: str
    request_id: str
    volunteer_id: str
    starts_at: datetime
    ends_at: datetime
    travel_minutes: int
    minutes: int
    distance_km: float
    value: float
    value_served: float
    value_urgency: float
    value_waiting: float
    value_distance: float
    value_continuity: float
    value_preference: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestUnmatched(Fact):
    """A run left a request without all its volunteers; ``reason_code`` is a rule code of the formulation page."""

    run_id: str
    request_id: str
    reason_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceFound(Fact):
    """The certificate of a run, row by row: the price of a request or side row of the programme.

    ``leaf`` numbers the branch it belongs to (0 when the relaxation was already integral).
    """

    run_id: str
    leaf: int
    row: str
    price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPriced(Fact):
    """What changes would have been worth to a run was worked out: of ``n_changes``, those worth anything are kept.

    ``slack_points`` is what the run's prices leave open; every estimate includes it.
    """

    run_id: str
    n_changes: int
    slack_points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorthFound(Fact):
    """What one more of something would have been worth to a run: ``kind`` is volunteer, check, hour or visit.

    A ``volunteer`` is a profile (``service``, ``language``, ``weekday_part``); the others name the volunteer they are
    about, a ``check`` its ``check_code`` too. ``estimated_points`` is read from the run's prices and never below the
    true gain; ``confirmed_points`` is that gain, by solving again, where it was asked for.
    """

    run_id: str
    kind: str
    municipality_code: str
    service: str | None
    language: str | None
    weekday_part: str | None
    volunteer_id: str | None
    check_code: str | None
    estimated_points: float
    confirmed_points: float | None


def table_of(kind: type[Fact]) -> str:
    """Name the table of a fact kind: ``RequestSubmitted`` is kept in ``request_submitted``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def columns_of(kind: type[Fact]) -> list[str]:
    """List the columns a fact kind fills, ``occurred_at`` first."""
    return [field.name for field in fields(kind)]


def all_kinds() -> list[type[Fact]]:
    """List every fact kind, in the order of this page."""
    # dataclass(slots=True) makes each class anew; until it is collected, the first one is a subclass too.
    return list({kind.__name__: kind for kind in Fact.__subclasses__()}.values())
