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


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDrafted(Fact):
    """A policy was put forward: its numbers, as in :class:`PolicyAdopted`, under a name that is theirs from now on."""

    policy: str
    fingerprint: str
    content: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySimulated(Fact):
    """What simulated pilots did under a policy was handed over; ``manifest_hash`` names the simulations exactly."""

    simulation_id: str
    fingerprint: str
    manifest_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BandSimulated(Fact):
    """Between which figures a measure lay in the simulated pilots, in the measure's unit.

    With ``gap_by`` it is the gap between the highest and the lowest of these groups.
    """

    simulation_id: str
    measure: str
    gap_by: str | None
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowStarted(Fact):
    """A policy runs beside the one in force from now on, and proposes nothing."""

    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowEnded(Fact):
    """A policy no longer runs beside the one in force."""

    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowRunMade(Fact):
    """What a policy in the shadow would have proposed was worked out; the rest is as in :class:`RunMade`.

    ``run_id`` is the run of the policy in force that it saw the same facts as, if it ran beside one.
    """

    shadow_run_id: str
    run_id: str | None
    as_of: datetime
    policy: str
    fingerprint: str
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
    input_hash: str
    input_entry_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowProposalMade(Fact):
    """One choice of a run in the shadow; nobody is asked, and nothing in it tells how far one lives from the other."""

    shadow_run_id: str
    request_id: str
    volunteer_id: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardrailSet(Fact):
    """While a policy is in force, a measure should stay between two figures; those set last together hold.

    ``simulation_id`` is the simulation they were proposed from, ``gap_by`` as in :class:`BandSimulated`.
    """

    fingerprint: str
    simulation_id: str
    measure: str
    gap_by: str | None
    low: float
    high: float
