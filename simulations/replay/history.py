"""What a pilot's log holds for a replay: what no policy moves, when the office worked, and how everything ended.

A fact counts from when the log knew of it, not from when it happened: a round of the replay sees what the round of the
log saw.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from engine import facts
from engine.clock import utc_of
from engine.errors import InputError
from engine.facts import Fact, Window, columns_of, table_of
from engine.live.decisions import REJECT_REASONS, Pair
from engine.policy import Policy
from engine.storage.rows import UTC_COLUMNS
from engine.store import Reading

GIVEN: tuple[type[Fact], ...] = (
    facts.ResidentRegistered,
    facts.VolunteerRegistered,
    facts.AvailabilityStated,
    facts.AbsenceStated,
    facts.AbsenceEnded,
    facts.CheckCleared,
    facts.GrantDecided,
    facts.RelationStated,
    facts.SeriesStarted,
    facts.SeriesEnded,
    facts.RequestSubmitted,
    facts.OverrideStated,
)
"""What residents, volunteers and the office did that the replay takes over as it stands in the log."""

ENDED = ("completed", "missed", "cancelled")
START = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Known:
    """A fact and the log entry from which it was known."""

    entry_no: int
    fact: Fact


@dataclass(frozen=True, slots=True)
class Round:
    """The office at work: what it did within one hour, at the end of that.

    Parameters
    ----------
    until_entry
        The last log entry that was known then.
    ran_under
        The policy of the hour's run, with its ``seed``; ``None`` when there was none.
    sends_first
        Whether volunteers were asked before the run was made.
    """

    at: datetime
    until_entry: int
    ran_under: Policy | None
    seed: int
    decides: bool
    sends: bool
    sends_first: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """A pilot's history.

    Parameters
    ----------
    given
        Facts of the kinds :data:`GIVEN`, policies put in force, and leaves, in the order of the log.
    taken_back
        ``request_id``, ``at`` (UTC) and ``was_agreed``: requests that residents took back.
    offers
        The rows of ``simulation/offers_told``.
    decisions
        By the round and the pair: approved, rejected or left.
    visits
        Visits that came to an end of their own: ``request_id``, ``volunteer_id``, ``agreed_at``, ``starts_at``,
        ``status``, ``side``, ``reason_code``, ``minutes_spent`` and ``told_share``, when a cancelled one was called
        off between being agreed (0) and its start (1); and those without an outcome, ``status`` agreed.
    """

    given: tuple[Known, ...]
    taken_back: pd.DataFrame
    rounds: tuple[Round, ...]
    offers: pd.DataFrame
    decisions: dict[tuple[datetime, Pair], str]
    visits: pd.DataFrame
    ends_at: datetime

    @classmethod
    def of(cls, reading: Reading, as_of: datetime) -> History:
        """Read the history of a pilot up to a moment (UTC).

        Raises
        ------
        InputError
            When no run was ever made: nothing was decided that could be decided otherwise.
        """
        last = reading.last_entry_no
        rounds, decisions = _work_of(reading, as_of)
        if not any(round_.ran_under for round_ in rounds):
            raise InputError("No run was made in this pilot before the moment asked about: there is nothing to replay.")
        kinds = (*GIVEN, facts.PolicyAdopted, facts.VolunteerLeft)
        known = [known for kind in kinds for known in facts_of(reading, kind) if known.fact.occurred_at <= as_of]
        return cls(
            given=tuple(sorted(known, key=lambda one: one.entry_no)),
            taken_back=_taken_back(reading, as_of),
            rounds=rounds,
            offers=reading.query("simulation/offers_told", as_of=as_of, until_entry=last, since=START),
            decisions=decisions,
            visits=_visits(reading, as_of),
            ends_at=as_of,
        )

    @property
    def begins_at(self) -> datetime:
        """When the first thing that is given happened (UTC)."""
        return min(known.fact.occurred_at for known in self.given)

    @property
    def policies(self) -> list[str]:
        """Name the policies that runs were made under, in the order of their first run."""
        return list(dict.fromkeys(round_.ran_under.name for round_ in self.rounds if round_.ran_under))


def facts_of(reading: Reading, kind: type[Fact]) -> Iterator[Known]:
    """Read the facts of a kind as they were appended, in the order of the log."""
    table = reading.facts_of(table_of(kind))
    for row in table.select(["entry_no", *columns_of(kind)]).to_pylist():
        entry_no = row.pop("entry_no")
        yield Known(entry_no, kind(**{name: _value(name, value) for name, value in row.items()}))


def _value(name: str, value: Any) -> Any:
    if isinstance(value, datetime) and name in UTC_COLUMNS:
        return value.replace(tzinfo=UTC)
    if isinstance(value, list):
        return tuple(Window(**one) if isinstance(one, dict) else one for one in value)
    return value


def _work_of(reading: Reading, as_of: datetime) -> tuple[tuple[Round, ...], dict[tuple[datetime, Pair], str]]:
    """Find the rounds of the office, and what was decided in each."""
    work: dict[datetime, list[Known]] = {}
    for kind in (facts.RunMade, facts.ProposalDecided, facts.OfferSent):
        for known in facts_of(reading, kind):
            if known.fact.occurred_at <= as_of and not _is_consequence(known.fact):
                hour = known.fact.occurred_at.replace(minute=0, second=0, microsecond=0)
                work.setdefault(hour, []).append(known)
    rounds = tuple(_round(work[hour]) for hour in sorted(work))
    return rounds, _decisions(reading, rounds, work)


def _is_consequence(fact: Fact) -> bool:
    """Whether a decision only followed from something else, such as a request that was filled."""
    return (
        isinstance(fact, facts.ProposalDecided)
        and fact.decision == "rejected"
        and fact.reason_code not in REJECT_REASONS
    )


def _round(work: list[Known]) -> Round:
    runs = [known.fact for known in work if isinstance(known.fact, facts.RunMade)]
    run_in = max((known.entry_no for known in work if isinstance(known.fact, facts.RunMade)), default=0)
    sent_in = [known.entry_no for known in work if isinstance(known.fact, facts.OfferSent)]
    known_before = min(known.entry_no for known in work) - 1
    return Round(
        at=max(known.fact.occurred_at for known in work),
        until_entry=runs[-1].input_entry_no if runs else known_before,
        ran_under=Policy.from_text(runs[-1].content, origin=f"run {runs[-1].run_id}") if runs else None,
        seed=runs[-1].seed if runs else 0,
        decides=any(isinstance(known.fact, facts.ProposalDecided) for known in work),
        sends=bool(sent_in),
        sends_first=bool(sent_in) and max(sent_in) < run_in,
    )


def _decisions(
    reading: Reading, rounds: tuple[Round, ...], work: dict[datetime, list[Known]]
) -> dict[tuple[datetime, Pair], str]:
    """Say what became of every proposal that lay before the office in a round in which it decided."""
    proposed: dict[str, list[Pair]] = {}
    for known in facts_of(reading, facts.ProposalMade):
        made = known.fact
        if isinstance(made, facts.ProposalMade):
            proposed.setdefault(made.run_id, []).append((made.request_id, made.volunteer_id))
    newest = ""
    decisions: dict[tuple[datetime, Pair], str] = {}
    for round_, hour in zip(rounds, sorted(work), strict=True):
        newest = next((k.fact.run_id for k in reversed(work[hour]) if isinstance(k.fact, facts.RunMade)), newest)
        if round_.decides:
            decisions |= {(round_.at, pair): "left" for pair in proposed.get(newest, [])}
        for decided in (known.fact for known in work[hour]):
            if isinstance(decided, facts.ProposalDecided):
                decisions[round_.at, (decided.request_id, decided.volunteer_id)] = decided.decision
    return decisions


def _taken_back(reading: Reading, as_of: datetime) -> pd.DataFrame:
    agreed = {
        known.fact.request_id: known.fact.occurred_at
        for known in facts_of(reading, facts.VisitAgreed)
        if isinstance(known.fact, facts.VisitAgreed)
    }
    rows = [
        (
            known.fact.request_id,
            known.fact.occurred_at,
            agreed.get(known.fact.request_id, as_of) < known.fact.occurred_at,
        )
        for known in facts_of(reading, facts.RequestWithdrawn)
        if isinstance(known.fact, facts.RequestWithdrawn) and known.fact.occurred_at <= as_of
    ]
    return pd.DataFrame(rows, columns=["request_id", "at", "was_agreed"])


def _visits(reading: Reading, as_of: datetime) -> pd.DataFrame:
    visits = reading.state("visits_at", as_of)
    of_its_own = pd.Series(True, index=visits.index)
    for what, kind in (("request_id", facts.RequestWithdrawn), ("volunteer_id", facts.VolunteerLeft)):
        # Who takes a request back or leaves ends visits by that; only what ended of its own is told here.
        gone = {getattr(known.fact, what): known.fact.occurred_at for known in facts_of(reading, kind)}
        gone_at = pd.to_datetime(visits[what].map(gone), utc=True).dt.tz_localize(None)
        of_its_own &= (visits["status"] != "cancelled") | ~(visits["ended_at"] >= gone_at)
    starts_at = visits["starts_at"].map(utc_of).dt.tz_localize(None)
    told_share = ((visits["ended_at"] - visits["agreed_at"]) / (starts_at - visits["agreed_at"])).clip(0.0, 1.0)
    columns = ["request_id", "volunteer_id", "agreed_at", "starts_at", "status", "side", "reason_code", "minutes_spent"]
    return visits.assign(told_share=told_share)[[*columns, "told_share"]].loc[of_its_own].reset_index(drop=True)
