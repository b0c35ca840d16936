"""The main job: import a package, match, explain, verify; and the demo that does it all."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from engine import printout
from engine.candidates import COLUMNS, view
from engine.clock import utc_of
from engine.commands.accounts import verify_log_command
from engine.commands.options import (
    ME,
    PILOT,
    Actor,
    AsOf,
    Db,
    Json,
    PolicyOption,
    Seed,
    err,
    open_for,
    out,
    policy_of,
    print_json,
)
from engine.errors import InputError, PackageError
from engine.intake import import_package
from engine.live import adoption
from engine.live.shadow import match_beside
from engine.matching import Run
from engine.matching import match as match_run
from engine.policy import Policy
from engine.store import Store
from engine.verify import verify as verify_run

ROOT = Path(__file__).parents[2]
DEMO_PACKAGE = ROOT / "data" / "demo"
DEMO_DB = Path("data/local/demo.duckdb")
DEMO_MOMENT = utc_of(datetime(2026, 11, 29, 18, 0))
"""The Sunday evening before the two weeks the demo package asks for."""

app = typer.Typer()


class Model(Enum):
    """The models a run may use."""

    AUTO = "auto"
    COMPACT = "compact"
    PLANS = "plans"


@app.command()
def demo(db: Db = DEMO_DB, seed: Seed = 0, as_json: Json = False) -> None:
    """Build the demo pilot of invented people, match it, and show the result."""
    for old in (db, db.with_name(f"{db.name}.wal"), db.with_name(f"{db.name}.key")):
        _forget_demo(old, db)
    with printout.progress(err) as phase:
        phase("Making the pilot file")
        store = Store.create(db, clock=lambda: DEMO_MOMENT)
        import_package(store, DEMO_PACKAGE, "demo", progress=phase("Importing the data package"))
        run = match_run(
            store,
            Policy.named(adoption.DEFAULT),
            DEMO_MOMENT,
            actor_id="demo",
            seed=seed,
            progress=phase("Matching"),
        )
    _show_run(run, as_json)
    if not as_json:
        unmatched = run.unmatched["request_id"].head(1).tolist() or run.proposals["request_id"].head(1).tolist()
        command = f"{_mikro()} explain {unmatched[0]} --db {db}"
        out.print(f"\nNext: [bold]{command}[/bold]   (all commands: {_mikro()} --help)", soft_wrap=True)


def _mikro() -> str:
    """Name this program as it can be typed from here."""
    here = Path(sys.argv[0])
    return os.path.relpath(here) if here.name == "mikro" and not shutil.which("mikro") else "mikro"


def _forget_demo(old: Path, db: Path) -> None:
    """Remove an earlier demo; any other pilot is left alone."""
    if db.resolve() != DEMO_DB.resolve() and db.exists():
        raise InputError(f"{db} exists already; the demo never overwrites a pilot.")
    old.unlink(missing_ok=True)


@app.command()
def init(db: Db = PILOT) -> None:
    """Make an empty pilot file and its key."""
    Store.create(db)
    out.print(f"Made {db}. Its key is in {db}.key: keep a copy somewhere else, and never in the same backup.")


@app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="Data package: a folder, or one .xlsx file.")],
    db: Db = PILOT,
    as_of: AsOf = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Read a data package into the pilot: all of it, or nothing and a report of every bad row."""
    store = Store(db)
    try:
        with printout.progress(err) as phase:
            intake = import_package(store, source, actor, progress=phase("Importing"), now=as_of)
    except PackageError as error:
        if as_json:
            print_json({"imported": False, "bad_rows": [vars_of(row) for row in error.bad_rows]})
        elif error.bad_rows:
            printout.bad_rows(out, error.bad_rows)
        raise
    if as_json:
        print_json({"imported": bool(intake.facts), "n_rows": intake.n_rows, "warnings": list(intake.warnings)})
        return
    for warning in intake.warnings:
        err.print(f"note: {warning}", markup=False)
    if intake.facts:
        out.print("Imported " + ", ".join(f"{n} {name}" for name, n in intake.n_rows.items()) + ".")


def vars_of(row: Any) -> dict[str, Any]:
    """Turn a bad row into plain values."""
    return {name: getattr(row, name) for name in ("file", "line", "column", "value", "expected")}


@app.command()
def match(
    db: Db = PILOT,
    as_of: AsOf = None,
    policy: PolicyOption = None,
    seed: Seed = 0,
    gap: Annotated[
        float, typer.Option(min=0.0, max=0.999, help="Stop within this relative distance of the bound.")
    ] = 0.0,
    time_limit_s: Annotated[
        float, typer.Option(min=0.01, help="Stop after so many seconds with the best plan found.")
    ] = 60.0,
    model: Annotated[Model, typer.Option(help="Which model finds the plan.")] = Model.AUTO,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Propose the most valuable plan for the coming days, with its proof; policies in the shadow run beside it."""
    store, as_of = Store(db), as_of or datetime.now(UTC)
    chosen = policy_of(store, policy, as_of)
    with printout.progress(err) as phase:
        run, shadows = match_beside(
            store, chosen, as_of, actor_id=actor, gap=gap, time_limit_s=time_limit_s, model=model.value, seed=seed,
            progress=phase("Matching"),
        )  # fmt: skip
    _show_run(run, as_json)
    for shadow in shadows:
        err.print(f"note: {shadow.sentence}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def candidates(
    to: Annotated[Path, typer.Option("--out", metavar="F.parquet", help="File to write.")],
    db: Db = PILOT,
    as_of: AsOf = None,
    policy: PolicyOption = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Write every allowed (request, volunteer, start) with its value, part by part, to Parquet."""
    store, as_of = open_for(db, actor), as_of or datetime.now(UTC)
    chosen = policy_of(store, policy, as_of)
    with store.reading() as reading:
        seen = view(reading, chosen, as_of)
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        seen.candidates[COLUMNS].to_parquet(to, index=False)
    except OSError as error:
        raise InputError(f"{to} cannot be written: {error.strerror or error}.") from error
    if as_json:
        print_json({"file": str(to), "n_candidates": len(seen.candidates), "input_hash": seen.hash()})
        return
    out.print(f"Wrote {len(seen.candidates):,} candidates to {to}.")


@app.command()
def verify(
    run: Annotated[str | None, typer.Argument(help="A run (default: the newest).")] = None,
    log: Annotated[bool, typer.Option("--log", help="Check the whole log against its hashes instead.")] = False,
    head: Annotated[
        str | None, typer.Option(metavar="N:HASH", help="The head as written down before, with --log.")
    ] = None,
    db: Db = PILOT,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Check a stored run again without the solver: input, rules, value and bound. Or the log, with --log."""
    if log:
        verify_log_command(db, actor, head, as_json)
    found = verify_run(open_for(db, actor), run)
    if as_json:
        names = ("run_id", "faults", "objective", "bound", "proof", "sentence")
        print_json({name: getattr(found, name) for name in names})
    else:
        out.print(found.sentence, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1 if found.faults else 0)


def _show_run(run: Run, as_json: bool) -> None:
    if as_json:
        print_json(run.summary())
    else:
        printout.run(out, run)
