"""Runs in the shadow: what a policy on trial would have proposed. Nothing is proposed, and nobody is asked.

A run beside another sees the same facts as that one, so that the two differ by their policies alone. What is stored
says who would have come when, and nothing of the way between two people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine import access
from engine.errors import NoSolutionError
from engine.facts import Fact, ShadowProposalMade, ShadowRunMade
from engine.live.policy_life import policy_lives
from engine.matching import Run, match, planned, when_made
from engine.policy import Policy
from engine.storage.rows import naive_utc

if TYPE_CHECKING:
    from engine.store import Reading, Store


QUIET_DAYS = 7
"""So long without a run, a policy in the shadow tells nothing: matching goes on without it, or not at all."""


@dataclass(frozen=True, slots=True)
class ShadowRun:
    """What a policy in the shadow would have served; ``run`` is ``None`` where no plan was found in time."""

    policy: Policy
    run: Run | None

    @property
    def sentence(self) -> str:
        """Say it in a sentence."""
        if self.run is None:
            return f"In the shadow, no plan was found in time under {self.policy.name}."
        n_served = self.run.proposals["request_id"].nunique()
        return (
            f"In the shadow, {self.policy.name} would have served {n_served} of {len(self.run.view.requests)} requests."
        )


def match_beside(
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
) -> tuple[Run, list[ShadowRun]]:
    """Make a match run as :func:`engine.matching.match` does, and beside it one for every policy in the shadow.

    Raises
    ------
    AccessDenied, InputError, NoSolutionError, StoreError
        As :func:`engine.matching.match`; the run itself is stored before anything runs in the shadow.
    """
    run = match(
        store, policy, as_of, actor_id=actor_id, gap=gap, time_limit_s=time_limit_s, model=model, seed=seed,
        progress=progress,
    )  # fmt: skip
    return run, run_shadows(store, beside=run, actor_id=actor_id, gap=gap, time_limit_s=time_limit_s, model=model)


def run_shadows(
    store: Store,
    as_of: datetime | None = None,
    *,
    beside: Run | None = None,
    actor_id: str = "engine",
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    model: str = "auto",
) -> list[ShadowRun]:
    """Work out and store what every policy in the shadow would propose.

    Parameters
    ----------
    as_of
        The moment looked at (UTC; default now); that of ``beside``, if it is given.
    beside
        A run whose facts, moment and seed they share.

    Raises
    ------
    AccessDenied
        When the account may make no match run.
    """
    moment = beside.view.as_of if beside else as_of or datetime.now(UTC)
    with access.looking(store, actor_id, "match") as (reading, _):
        policies = in_shadow(reading, moment)
    options: dict[str, Any] = {"actor_id": actor_id, "gap": gap, "time_limit_s": time_limit_s, "model": model}
    if beside:
        options |= {"seed": beside.seed, "until_entry": beside.view.until_entry}
    return [_run(store, policy, moment, beside, options) for policy in policies]


def in_shadow(reading: Reading, as_of: datetime) -> list[Policy]:
    """List the policies that run in the shadow, by name."""
    lives = policy_lives(reading, as_of)
    contents = lives.loc[lives["status"] == "shadow", "content"]
    return [Policy.from_text(content, origin="the policy in the shadow") for content in contents]


def shadow_results(reading: Reading, as_of: datetime) -> pd.DataFrame:
    """List the runs in the shadow beside what was proposed, oldest first: columns of ``queries/shadow_results.sql``."""
    return reading.query("shadow_results", as_of=as_of, until_entry=reading.last_entry_no)


def quiet_shadows(reading: Reading, as_of: datetime) -> pd.DataFrame:
    """List the policies in the shadow of which nothing was stored for QUIET_DAYS, nor were they begun since.

    Returns
    -------
    DataFrame
        ``policy``, ``fingerprint`` and ``last_at`` (naive UTC) of the newest run, or of the beginning before any.
    """
    lives = policy_lives(reading, as_of)
    newest = shadow_results(reading, as_of).groupby("fingerprint", as_index=False)["made_at"].max()
    found = lives[lives["status"] == "shadow"].merge(newest, on="fingerprint", how="left")
    found = found.assign(last_at=found["made_at"].fillna(found["since"]))
    is_quiet = found["last_at"] <= pd.Timestamp(naive_utc(as_of)) - pd.Timedelta(days=QUIET_DAYS)
    return found.loc[is_quiet, ["policy", "fingerprint", "last_at"]].reset_index(drop=True)


def _run(store: Store, policy: Policy, as_of: datetime, beside: Run | None, options: dict[str, Any]) -> ShadowRun:
    try:
        run = planned(store, policy, as_of, **options)
    except NoSolutionError:
        return ShadowRun(policy, None)
    with access.acting(store, options["actor_id"], "match", action="run in the shadow") as (transaction, _):
        transaction.append(_facts_of(run, beside, when_made(transaction, as_of)))
    return ShadowRun(policy, run)


def _facts_of(run: Run, beside: Run | None, when: datetime) -> Iterator[Fact]:
    found, told = run.assignment, run.summary()
    yield ShadowRunMade(
        occurred_at=when,
        shadow_run_id=run.run_id,
        run_id=beside.run_id if beside else None,
        as_of=run.view.as_of,
        policy=run.view.policy.name,
        fingerprint=run.view.policy.fingerprint,
        seed=run.seed,
        model=found.model,
        n_requests=told["n_requests"],
        n_volunteers=told["n_volunteers"],
        n_candidates=told["n_candidates"],
        n_matched=told["n_matched"],
        objective=found.objective,
        bound=found.bound,
        gap=found.gap,
        proof=found.proof,
        input_hash=run.input_hash,
        input_entry_no=run.view.until_entry,
    )
    for values in run.proposals[["request_id", "volunteer_id", "starts_at", "ends_at"]].to_dict("records"):
        row: dict[str, Any] = {str(name): value for name, value in values.items()}
        times = {name: row.pop(name).to_pydatetime() for name in ("starts_at", "ends_at")}
        yield ShadowProposalMade(occurred_at=when, shadow_run_id=run.run_id, **times, **row)
