"""Policies and match runs: under which numbers, what was proposed, what was proved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.facts.fact import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAdopted(Fact):
    """A named person put a policy in force; ``content`` is its numbers as TOML, without comments or explanations.

    ``reason`` is a reference in plain words, ``reason_code`` one of ``adoption.REASONS``: free text could be a name.
    """

    policy: str
    fingerprint: str
    content: str
    reason: str
    reason_code: str | None = None


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
    """One chosen candidate of a run, for the coordinator to approve; value parts add up to ``value``.

    What tells how far one lives from the other is ``None`` once either of them was erased or became protected.
    """

    run_id: str
    request_id: str
    volunteer_id: str
    starts_at: datetime
    ends_at: datetime
    travel_minutes: int | None
    minutes: int | None
    distance_km: float | None
    value: float | None
    value_served: float
    value_urgency: float
    value_waiting: float
    value_distance: float | None
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
