"""Accounts and the audit from the command line: who may do what, who did and read what, is the log whole."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich import box
from rich.table import Table

from engine import access
from engine.commands.options import ME, PILOT, Actor, Db, Json, Mikro, err, moment_of, out, print_json
from engine.reference import MUNICIPALITIES
from engine.storage import audit
from engine.store import Store

roles = typer.Typer(cls=Mikro, no_args_is_help=True, help="Who may do what, and in which municipality.")
app = typer.Typer()


@roles.command("list")
def roles_list(db: Db = PILOT, actor: Actor = ME, as_json: Json = False) -> None:
    """List the accounts that have a role."""
    given = access.list_roles(Store(db), actor).to_dict("records")
    rows = [row | {"municipality_codes": list(row["municipality_codes"])} for row in given]
    if as_json:
        print_json(rows)
        return
    if not rows:
        err.print("No role was ever given: whoever has the file and its key may do everything.", markup=False)
    for row in rows:
        names = ", ".join(MUNICIPALITIES[code] for code in row["municipality_codes"])
        out.print(f"{row['account_id']}  {row['role']}  {names}".rstrip(), markup=False, highlight=False)


@roles.command("give")
def roles_give(
    account: Annotated[str, typer.Argument(help="The account: letters, digits and ._@:-")],
    role: Annotated[str, typer.Argument(help=f"One of {', '.join(access.ROLES)}.")],
    municipality: Annotated[
        list[str] | None, typer.Option(help="Code of a municipality a coordinator works in; may be repeated.")
    ] = None,
    db: Db = PILOT,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Give an account a role, in place of its earlier one; the first of a pilot must be an admin's."""
    access.give_role(Store(db), actor, account, role, municipality or ())
    if as_json:
        print_json({"account_id": account, "role": role, "municipality_codes": municipality or []})
        return
    out.print(f"{account} is {role} now.", markup=False, highlight=False)


@roles.command("withdraw")
def roles_withdraw(
    account: Annotated[str, typer.Argument(help="The account.")],
    db: Db = PILOT,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Take an account's role away."""
    access.withdraw_role(Store(db), actor, account)
    if as_json:
        print_json({"account_id": account, "role": None})
        return
    out.print(f"{account} has no role any more.", markup=False, highlight=False)


@app.command()
def log(
    db: Db = PILOT,
    account: Annotated[str | None, typer.Option(help="What this account did and read.")] = None,
    resident: Annotated[str | None, typer.Option(help="What was done and read about this person.")] = None,
    from_: Annotated[
        datetime | None, typer.Option("--from", parser=moment_of, metavar="ISO", help="Recorded from then on.")
    ] = None,
    to: Annotated[
        datetime | None, typer.Option("--to", parser=moment_of, metavar="ISO", help="Recorded before.")
    ] = None,
    reads: Annotated[bool, typer.Option("--reads", help="Only readings of persons.")] = False,
    last: Annotated[int, typer.Option(min=1, help="Show so many of the newest lines.")] = 50,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Show who did and who read what, when."""
    found = audit.audit_log(
        Store(db), actor, account_id=account, resident_id=resident, from_at=from_, to_at=to, reads_only=reads
    )
    shown = found.tail(last)
    if as_json:
        print_json(
            shown.assign(recorded_at=shown["recorded_at"].map(lambda at: f"{at.isoformat()}Z")).to_dict("records")
        )
        return
    _print_log(shown)
    if len(shown) < len(found):
        err.print(f"note: {len(found) - len(shown)} older lines are left out; see --last.", markup=False)


def verify_log_command(db: Path, actor: str, head: str | None, as_json: bool) -> None:
    """Check the whole log against its hashes (``mikro verify --log``); exit code 1 when anything was changed."""
    found = audit.verify_log(Store(db), actor, head)
    if as_json:
        faults = [{"entry_no": f.entry_no, "table": f.table, "sentence": f.sentence} for f in found.faults]
        numbers = {"head": found.head, "n_entries": found.n_entries, "n_facts": found.n_facts}
        print_json({"is_whole": not faults, "faults": faults, **numbers, "sentence": found.sentence})
    else:
        out.print(found.sentence, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1 if found.faults else 0)


def _print_log(rows: pd.DataFrame) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("entry", "recorded (UTC)", "account", "action", "what"):
        table.add_column(title, overflow="fold")
    for row in rows.to_dict("records"):
        did = row["facts"] if row["kind"] == "did" else f"{row['kind']} {row['subject']} ({row['purpose']})"
        table.add_row(str(row["entry_no"]), f"{row['recorded_at']:%Y-%m-%d %H:%M}", row["actor_id"], row["action"], did)
    out.print(table, markup=False, highlight=False)
