"""One match run: look, solve, check, write.

The store is read, then released while the solver works, then written in one step: a run that is interrupted
leaves nothing behind.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from engine import access, facts
from engine import candidates as looking
from engine.certificate import CertificateNames
from engine.checks import violations
from engine.errors import InputError
from engine.explain import dead_ends, unmatched_rules
from engine.policy import Policy
from engine.problem import Assignment, Problem
from engine.programme import problem_of
from engine.solver import solve
from engine.store import Store, Transaction


@dataclass(frozen=True, slots=True)
class Run:
    """One match run: the proposals, the requests left over, and what was proved.

    Parameters
    ----------
    proposals
        The chosen rows of the candidates (columns ``candidates.COLUMNS``), sorted by request.
    unmatched
        ``request_id``, ``rule``: why a request did not get all its volunteers.
    """

    run_id: str
    view: looking.View = field(repr=False)
    problem: Problem = field(repr=False)
    assignment: Assignment = field(repr=False)
    proposals: pd.DataFrame = field(repr=False)
    unmatched: pd.DataFrame = field(repr=False)
    seed: int
    input_hash: str
    seconds: dict[str, float]

    @property
    def pins_left_out(self) -> list[str]:
        """Name the pins that could not be kept, because a rule forbids the pair or the start."""
        kept = {row.name for row in self.problem.side_rows}
        pins = self.view.pins[["request_id", "volunteer_id"]].itertuples(index=False)
        return [f"{v} for {r}" for r, v in pins if f"pin:{r}:{v}" not in kept]

    def summary(self) -> dict[str, Any]:
        """Say what ``mikro match --json`` prints."""
        found = self.assignment
        return {
            "run_id": self.run_id,
            "as_of": self.view.as_of.isoformat(),
            "policy": self.view.policy.name,
            "n_requests": len(self.view.requests),
            "n_volunteers": self.view.volunteer_weeks["volunteer_id"].nunique(),
            "n_candidates": len(self.view.candidates),
            "n_matched": self.proposals["request_id"].nunique(),
            "objective": round(found.objective, 2),
            "bound": round(found.bound, 6),
            "gap": found.gap,
            "proof": found.proof,
            "model": found.model,
            "seconds": {phase: round(s, 4) for phase, s in self.seconds.items()},
            "input_hash": self.input_hash,
            "unmatched": dict(Counter(self.unmatched["rule"]).most_common()),
        }


def match(
    store: Store,
    policy: Policy,
    as_of: datetime | None = None,
    *,
    actor_id: str = "engine",
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    model: str = "auto",
    seed: int = 0,
    progress: Callable[[object], None] | None = None,
    run_id: str | None = None,
    propose: Callable[[looking.View, Problem], Assignment] | None = None,
) -> Run:
    """Propose the most valuable assignment of volunteers to open requests, and store it.

    Parameters
    ----------
    as_of
        The moment the run looks at (UTC, timezone-aware; default now). Later events are invisible to it.
    actor_id
        Who asked for the run.
    gap
        Relative distance to the bound at which to stop; 0 asks for the optimum.
    seed
        Settles ties: the same moment, policy and seed propose the same.
    progress
        Called with the solver's progress; raising in it ends the run with nothing written.
    run_id
        Its name, for who makes the same run again; drawn by default.
    propose
        Another way of choosing among the same candidates, for comparison; it is held to the same rules.

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError
        When ``as_of`` has no time zone.
    NoSolutionError
        When pins contradict the limits, or no plan is found in time.
    StoreError
        When the pilot cannot be read or written.
    """
    run = planned(
        store, policy, as_of, actor_id=actor_id, gap=gap, time_limit_s=time_limit_s, model=model, seed=seed,
        progress=progress, run_id=run_id, propose=propose,
    )  # fmt: skip
    started = time.perf_counter()
    with access.acting(store, actor_id, "match", idempotency_key=f"run:{run.run_id}") as (transaction, _):
        transaction.append(_facts_of(run, when_made(transaction, run.view.as_of)))
    run.seconds["write"] = time.perf_counter() - started
    run.seconds["total"] = sum(run.seconds.values())
    return run


def planned(
    store: Store,
    policy: Policy,
    as_of: datetime | None = None,
    *,
    actor_id: str = "engine",
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    model: str = "auto",
    seed: int = 0,
    progress: Callable[[object], None] | None = None,
    run_id: str | None = None,
    propose: Callable[[looking.View, Problem], Assignment] | None = None,
    until_entry: int | None = None,
) -> Run:
    """Work out a run as :func:`match` does, and write nothing.

    Parameters
    ----------
    until_entry
        The last log entry to believe; all of them by default.

    Raises
    ------
    AccessDenied, InputError, NoSolutionError, StoreError
        As in :func:`match`.
    """
    as_of = as_of or datetime.now(UTC)
    if as_of.tzinfo is None:
        raise InputError(f"as_of {as_of.isoformat()} needs a time zone.")
    clock = _Clock()
    with access.looking(store, actor_id, "match") as (reading, _):
        view = looking.view(reading, policy, as_of, until_entry)
        nobody = dead_ends(reading, view)
    problem = problem_of(view)
    clock.lap("candidates")
    if propose is None:
        found = solve(problem, gap=gap, time_limit_s=time_limit_s, model=model, seed=seed, progress=progress)
    else:
        found = propose(view, problem)
    clock.lap("solve")
    if faults := violations(problem, found.chosen):
        raise AssertionError(f"The plan breaks the rules: {'; '.join(faults[:3])}")
    proposals = view.candidates.iloc[found.chosen]
    unmatched = unmatched_rules(view, proposals, nobody)
    clock.lap("check")
    return Run(
        run_id=run_id or uuid.uuid4().hex[:12],
        view=view,
        problem=problem,
        assignment=found,
        proposals=proposals[looking.COLUMNS].reset_index(drop=True),
        unmatched=unmatched,
        seed=seed,
        input_hash=view.hash(),
        seconds=clock.laps,
    )


def when_made(transaction: Transaction, as_of: datetime) -> datetime:
    """Say when a run is made: as of when it looks at the pilot, but a look ahead is not made before its time."""
    known = transaction.newest_moment()
    return min(as_of, max(transaction.recorded_at, known.replace(tzinfo=UTC) if known else transaction.recorded_at))


def _facts_of(run: Run, when: datetime) -> Iterator[facts.Fact]:
    view, found = run.view, run.assignment
    summary = run.summary()
    yield facts.RunMade(
        occurred_at=when,
        run_id=run.run_id,
        as_of=view.as_of,
        policy=view.policy.name,
        fingerprint=view.policy.fingerprint,
        content=view.policy.text,
        seed=run.seed,
        model=found.model,
        n_requests=summary["n_requests"],
        n_volunteers=summary["n_volunteers"],
        n_candidates=summary["n_candidates"],
        n_matched=summary["n_matched"],
        objective=found.objective,
        bound=found.bound,
        gap=found.gap,
        proof=found.proof,
        candidates_s=run.seconds["candidates"],
        solve_s=run.seconds["solve"],
        check_s=run.seconds["check"],
        input_hash=run.input_hash,
        input_entry_no=view.until_entry,
    )
    for values in run.proposals.to_dict("records"):
        row: dict[str, Any] = {str(name): value for name, value in values.items()}
        times = {name: row.pop(name).to_pydatetime() for name in ("starts_at", "ends_at")}
        yield facts.ProposalMade(occurred_at=when, run_id=run.run_id, **times, **row)
    for request_id, rule in run.unmatched[["request_id", "rule"]].itertuples(index=False):
        yield facts.RequestUnmatched(occurred_at=when, run_id=run.run_id, request_id=request_id, reason_code=rule)
    yield from _prices_of(run, when)


def _prices_of(run: Run, when: datetime) -> Iterator[facts.PriceFound]:
    """Write the certificate down by names; a price of zero needs no row, a decided pair always has one."""
    names = CertificateNames.of(run.view, run.problem)
    for leaf, branch in enumerate(run.assignment.certificate):
        for row, price in names.write(branch):
            yield facts.PriceFound(occurred_at=when, run_id=run.run_id, leaf=leaf, row=row, price=price)


class _Clock:
    """Seconds by phase."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, phase: str) -> None:
        now = time.perf_counter()
        self.laps[phase] = now - self._since
        self._since = now
