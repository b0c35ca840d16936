"""Policies from the command line: which there are, what they say, which is in force."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from engine import printout
from engine.commands.options import ME, PILOT, Actor, AsOf, Db, Json, Mikro, out, policy_of, print_json
from engine.live import adoption
from engine.policy import POLICIES, Policy
from engine.store import Store

policies = typer.Typer(cls=Mikro, no_args_is_help=True, help="The policies a council may set.")

Reason = Annotated[str, typer.Option(help="Why, for the record: a reference in plain words that name nobody.")]


@policies.command("list")
def policy_list(db: Db = PILOT, as_of: AsOf = None, as_json: Json = False) -> None:
    """List the policies in data/policies, and say which one is in force."""
    now = policy_of(Store(db), None, as_of or datetime.now(UTC)) if db.exists() else Policy.named(adoption.DEFAULT)
    known = [Policy.from_toml(path) for path in sorted(POLICIES.glob("*.toml"))]
    rows = [{"policy": p.name, "fingerprint": p.fingerprint, "in_force": p == now} for p in known]
    if now not in known:
        rows.append({"policy": now.name, "fingerprint": now.fingerprint, "in_force": True})
    if as_json:
        print_json(rows)
        return
    for row in rows:
        out.print(f"{row['policy']}  {row['fingerprint']}{'  in force' if row['in_force'] else ''}", highlight=False)


@policies.command("show")
def policy_show(
    name: Annotated[str, typer.Argument(metavar="FILE|NAME")],
    against: Annotated[str | None, typer.Option(metavar="FILE|NAME", help="Show only where the two differ.")] = None,
    as_json: Json = False,
) -> None:
    """Show the numbers of a policy."""
    shown = Policy.named(name)
    if as_json:
        print_json(shown.numbers() | {"policy": shown.name, "fingerprint": shown.fingerprint})
        return
    printout.policy(out, shown, Policy.named(against) if against else None)


@policies.command("adopt")
def policy_adopt(
    name: Annotated[str, typer.Argument(metavar="FILE|NAME")],
    reason: Reason,
    code: Annotated[str, typer.Option(help=f"What kind of reason: {', '.join(adoption.REASONS)}.")] = "other",
    db: Db = PILOT,
    as_of: AsOf = None,
    actor: Actor = ME,
) -> None:
    """Put a policy in force."""
    store = Store(db)
    policy = policy_of(store, name, as_of or datetime.now(UTC))
    adoption.adopt(store, policy, actor, reason, as_of, reason_code=code)
    since = f" from {as_of:%Y-%m-%d %H:%M} UTC" if as_of else ""
    out.print(f"{policy.name} ({policy.fingerprint}) is in force{since}.", highlight=False)


@policies.command("rollback")
def policy_rollback(
    reason: Reason,
    db: Db = PILOT,
    as_of: AsOf = None,
    actor: Actor = ME,
) -> None:
    """Put the policy before the present one in force again."""
    policy = adoption.roll_back(Store(db), actor, reason, as_of)
    out.print(f"{policy.name} ({policy.fingerprint}) is in force again.", highlight=False)
