"""Everything a report tells, worked out in one look at the pilot; small cells are left out here already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from engine import metrics
from engine.clock import STOCKHOLM
from engine.live import adoption
from engine.measures import progression
from engine.measures.period import Period
from engine.measures.progression import Judged
from engine.policy import Policy

if TYPE_CHECKING:
    from engine.store import Reading

FIRST_SEEN = ("coverage", "acceptance_days", "visits", "used_30_days", "rating_resident", "handling_cost_per_visit")
"""The figures a board asks for first."""

OF_A_MUNICIPALITY = (
    "requests", "coverage", "coverage_in_window", "acceptance_days", "visits", "hours", "no_shows_volunteer",
    "continuity", "rating_resident", "incidents", "used_30_days", "who5_change_resident", "handling_cost_per_visit",
)  # fmt: skip
"""What is told of every municipality."""

COMPARED = ("coverage", "acceptance_days")
"""What is compared between the groups of GROUPS."""

GROUPS = ("municipality_code", "service", "age_band", "language")

FOLLOWED = ("requests", "visits", "coverage", "acceptance")
"""What is followed over time."""

BY_WEEK = timedelta(days=92)
"""Shorter periods are followed week by week."""


@dataclass(frozen=True, slots=True)
class InForce:
    """A policy that was in force ``since`` (naive UTC); ``None`` for the one the pilot began with, with no reason."""

    policy: Policy
    since: pd.Timestamp | None
    reason_code: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found.

    Parameters
    ----------
    until_entry
        The last log entry that was believed.
    whole
        Every measure of the period (columns of :func:`engine.metrics.measure`).
    of_municipalities
        OF_A_MUNICIPALITY by municipality.
    compared
        COMPARED by each of GROUPS.
    every, followed
        FOLLOWED by ``every``: week or month.
    policies
        The policy in force at the end, and after it the one it replaced, if any.
    """

    period: Period
    until_entry: int
    whole: pd.DataFrame
    of_municipalities: pd.DataFrame
    compared: dict[str, pd.DataFrame]
    every: str
    followed: pd.DataFrame
    judged: tuple[Judged, ...]
    policies: tuple[InForce, ...]

    def row(self, name: str) -> pd.Series:
        """Give the row of a measure over the whole period."""
        return self.whole[self.whole["measure"] == name].iloc[0]

    def command(self, names: Iterable[str] = (), *options: str) -> str:
        """Write the command that gives figures of these findings again."""
        moments = {"--from": self.period.from_at, "--to": self.period.to_at, "--as-of": self.period.looked_at}
        told = [f"{option} {written(moment)}" for option, moment in moments.items()]
        return " ".join(["mikro evaluate", *names, *options, *told, f"--until-entry {self.until_entry}"])


def findings_of(reading: Reading, period: Period) -> Findings:
    """Work out what a report of a period tells; a period that does not say until which entry believes them all.

    Raises
    ------
    InputError
        When a measure cannot be worked out.
    """
    until_entry = reading.last_entry_no if period.until_entry is None else period.until_entry
    known = Period(period.from_at, period.to_at, period.looked_at, until_entry)
    every = "week" if period.to_at - period.from_at < BY_WEEK else "month"
    return Findings(
        period=known,
        until_entry=until_entry,
        whole=metrics.evaluate(reading, known),
        of_municipalities=metrics.evaluate(reading, known, OF_A_MUNICIPALITY, ["municipality_code"]),
        compared={group: metrics.evaluate(reading, known, COMPARED, [group]) for group in GROUPS},
        every=every,
        followed=metrics.evaluate(reading, known, FOLLOWED, [every]),
        judged=tuple(progression.judged(reading, known)),
        policies=_policies(reading, known),
    )


def _policies(reading: Reading, period: Period) -> tuple[InForce, ...]:
    """Give the policy in force at the end of the period, and the other one that was in force before it, if any."""
    adopted = reading.state("policies_at", period.moment, period.until_entry).sort_values("nth_newest")
    found = [
        InForce(Policy.from_text(row["content"], origin="the adopted policy"), row["adopted_at"], row["reason_code"])
        for row in adopted.to_dict("records")
    ]
    found.append(InForce(Policy.named(adoption.DEFAULT), None, ""))
    before = [one for one in found if one.policy.fingerprint != found[0].policy.fingerprint]
    return (found[0], *before[:1])


def written(moment: datetime) -> str:
    """Write a moment as the options of a command read it."""
    return moment.astimezone(STOCKHOLM).isoformat()
