"""The life of a policy from the command line: drafted, simulated, run in the shadow, guarded while in force."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from engine.access import looking
from engine.commands.options import (
    ME,
    PILOT,
    Actor,
    AsOf,
    At,
    Db,
    Json,
    Mikro,
    out,
    plain_rows,
    policy_of,
    print_json,
    say,
)
from engine.commands.policies import Reason
from engine.errors import InputError
from engine.live import guardrails as rails
from engine.live import policy_life
from engine.live import shadow as shadows
from engine.policy import Policy
from engine.store import Store

life = typer.Typer()
shadow = typer.Typer(
    cls=Mikro, no_args_is_help=True, help="Policies that run beside the one in force, proposing nothing."
)
guardrails = typer.Typer(cls=Mikro, no_args_is_help=True, help="Where the measures should stay under a policy.")

Name = Annotated[str, typer.Argument(metavar="FILE|NAME")]
Bands = Annotated[
    Path,
    typer.Option("--bands", metavar="F.csv", help="Columns measure, low, high, and gap_by for a gap between groups."),
]


@life.command("life")
def policy_lives(db: Db = PILOT, as_of: AsOf = None, actor: Actor = ME, as_json: Json = False) -> None:
    """List the policies that were drafted or adopted, and how far each has come."""
    with looking(Store(db), actor, "evaluate") as (reading, _):
        lives = policy_life.policy_lives(reading, as_of or datetime.now(UTC)).drop(columns="content")
    _show(lives, as_json)


@life.command("draft")
def policy_draft(
    name: Name, reason: Reason, db: Db = PILOT, at: At = None, actor: Actor = ME, as_json: Json = False
) -> None:
    """Put a policy forward: from now on its name stands for these numbers."""
    policy = Policy.named(name)
    policy_life.draft(Store(db), actor, policy, reason, at=at)
    say(as_json, _told(policy, "draft"), f"{policy.name} ({policy.fingerprint}) is a draft.")


@life.command("simulated")
def policy_simulated(
    name: Name,
    bands: Bands,
    manifest: Annotated[str, typer.Option(metavar="HASH", help="The hash of the simulation's manifest.")],
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Store between which figures the measures lay in simulated pilots under a policy."""
    store = Store(db)
    policy = policy_of(store, name, datetime.now(UTC))
    simulation_id = policy_life.attach_simulation(store, actor, policy, _read(bands), manifest, at=at)
    told = _told(policy, "simulated") | {"simulation_id": simulation_id}
    say(as_json, told, f"{policy.name} ({policy.fingerprint}) was simulated: {simulation_id}.")


@shadow.command("start")
def shadow_start(name: Name, db: Db = PILOT, at: At = None, actor: Actor = ME, as_json: Json = False) -> None:
    """Let a simulated policy run beside the one in force at every match."""
    store = Store(db)
    policy = policy_of(store, name, datetime.now(UTC))
    policy_life.start_shadow(store, actor, policy, at=at)
    say(as_json, _told(policy, "shadow"), f"{policy.name} ({policy.fingerprint}) runs in the shadow.")


@shadow.command("end")
def shadow_end(name: Name, db: Db = PILOT, at: At = None, actor: Actor = ME, as_json: Json = False) -> None:
    """Let a policy no longer run beside the one in force."""
    store = Store(db)
    policy = policy_of(store, name, datetime.now(UTC))
    policy_life.end_shadow(store, actor, policy, at=at)
    say(as_json, _told(policy, "simulated"), f"{policy.name} ({policy.fingerprint}) no longer runs in the shadow.")


@shadow.command("run")
def shadow_run(db: Db = PILOT, as_of: AsOf = None, actor: Actor = ME, as_json: Json = False) -> None:
    """Work out now what every policy in the shadow would propose, and store it."""
    made = shadows.run_shadows(Store(db), as_of, actor_id=actor)
    if as_json:
        print_json([{"policy": one.policy.name} | (one.run.summary() if one.run else {}) for one in made])
        return
    for sentence in [one.sentence for one in made] or ["No policy is in the shadow."]:
        out.print(sentence, markup=False, highlight=False, soft_wrap=True)


@shadow.command("results")
def shadow_results(db: Db = PILOT, as_of: AsOf = None, actor: Actor = ME, as_json: Json = False) -> None:
    """List what policies in the shadow would have proposed, beside what was."""
    with looking(Store(db), actor, "evaluate") as (reading, _):
        results = shadows.shadow_results(reading, as_of or datetime.now(UTC))
    _show(results, as_json)


@guardrails.command("propose")
def guardrails_propose(
    name: Name, db: Db = PILOT, as_of: AsOf = None, actor: Actor = ME, as_json: Json = False
) -> None:
    """Show which guardrails a policy's newest simulation speaks for."""
    store = Store(db)
    policy = policy_of(store, name, datetime.now(UTC))
    with looking(store, actor, "evaluate") as (reading, _):
        proposed = rails.proposed_guardrails(reading, policy, as_of or datetime.now(UTC))
    _show(proposed, as_json)


@guardrails.command("set")
def guardrails_set(
    name: Name,
    bands: Annotated[
        Path | None, typer.Option("--bands", metavar="F.csv", help="Those chosen (default: those proposed).")
    ] = None,
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Set the guardrails of a policy, in place of its earlier ones."""
    store = Store(db)
    policy = policy_of(store, name, datetime.now(UTC))
    _show(rails.set_guardrails(store, actor, policy, _read(bands) if bands else None, at=at), as_json)


@guardrails.command("check")
def guardrails_check(db: Db = PILOT, as_of: AsOf = None, actor: Actor = ME, as_json: Json = False) -> None:
    """Hold the guardrails of the policy in force against the live measures."""
    with looking(Store(db), actor, "evaluate") as (reading, _):
        held = rails.guardrails(reading, as_of or datetime.now(UTC))
    if as_json:
        print_json(plain_rows(held))
        return
    for row in held.to_dict("records"):
        out.print(f"{row['status']:>8}  {row['en']}", markup=False, highlight=False, soft_wrap=True)
    if held.empty:
        out.print("The policy in force has no guardrails.")


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype={"measure": str, "gap_by": str})
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a table of bands (CSV).") from error


def _told(policy: Policy, status: str) -> dict[str, str]:
    return {"policy": policy.name, "fingerprint": policy.fingerprint, "status": status}


def _show(table: pd.DataFrame, as_json: bool) -> None:
    if as_json:
        print_json(plain_rows(table))
        return
    text = "Nothing." if table.empty else table.astype(object).where(table.notna(), "").to_string(index=False)
    out.print(text, markup=False, highlight=False, soft_wrap=True)
