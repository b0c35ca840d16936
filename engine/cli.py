"""``mikro``: the pilot from the command line. Each command asks the engine and prints; nothing is decided here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from engine import adoption, printout
from engine.candidates import COLUMNS, view
from engine.clock import utc_of
from engine.errors import EngineError, InputError, PackageError
from engine.explain import explain as explain_request
from engine.intake import import_package
from engine.matching import Run
from engine.matching import match as match_run
from engine.policy import POLICIES, Policy
from engine.store import Store
from engine.verify import verify as verify_run

ROOT = Path(__file__).parent.parent
DEMO_PACKAGE = ROOT / "data" / "demo"
DEMO_DB = Path("data/local/demo.duckdb")
DEMO_MOMENT = utc_of(datetime(2026, 11, 29, 18, 0))
"""The Sunday evening before the two weeks the demo package asks for."""

UsageError: Any = typer.BadParameter.__base__

out = printout.console()
err = printout.console(stderr=True)


class Mikro(TyperGroup):
    """Turns what the engine refuses into one line on stderr and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; an :class:`EngineError` ends it with its sentence, Ctrl-C with a word."""
        try:
            return super().invoke(ctx)
        except EngineError as error:
            err.print(f"mikro: {error}", markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(1) from error
        except UsageError as error:
            where = error.ctx.command_path.replace("root", "mikro") if error.ctx else "mikro"
            said = f"mikro: {error.format_message()} See `{where} --help`."
            err.print(" ".join(said.split()), markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(2) from error
        except KeyboardInterrupt as error:
            err.print("mikro: interrupted.", markup=False)
            raise typer.Exit(1) from error


app = typer.Typer(cls=Mikro, no_args_is_help=True, help="The pilot workbench for kommunala mikrotjänster.")
policies = typer.Typer(cls=Mikro, no_args_is_help=True, help="The policies a council may set.")
app.add_typer(policies, name="policy")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not an ISO 8601 time such as 2026-11-29T18:00") from error
    return moment.astimezone(UTC) if moment.tzinfo else utc_of(moment)


Db = Annotated[Path, typer.Option("--db", envvar="MIKRO_DB", help="The pilot file.")]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", parser=_moment, metavar="ISO", help="Look at the pilot as of this moment (default: now)."),
]
PolicyOption = Annotated[
    str | None, typer.Option("--policy", metavar="FILE|NAME", help="Policy (default: the one in force).")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Settles ties between plans of equal value.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Actor = Annotated[str, typer.Option("--actor", envvar="MIKRO_ACTOR", help="Who is doing this, for the log.")]


class Model(Enum):
    """The models a run may use."""

    AUTO = "auto"
    COMPACT = "compact"
    PLANS = "plans"


PILOT = Path("data/local/pilot.duckdb")
ME = "cli"


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
            _print_json({"imported": False, "bad_rows": [vars_of(row) for row in error.bad_rows]})
        elif error.bad_rows:
            printout.bad_rows(out, error.bad_rows)
        raise
    if as_json:
        _print_json({"imported": bool(intake.facts), "n_rows": intake.n_rows, "warnings": list(intake.warnings)})
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
    """Propose the most valuable plan for the coming days, and store it with its proof."""
    store, as_of = Store(db), as_of or datetime.now(UTC)
    chosen = _policy(store, policy, as_of)
    with printout.progress(err) as phase:
        run = match_run(
            store, chosen, as_of, actor_id=actor, gap=gap, time_limit_s=time_limit_s, model=model.value, seed=seed,
            progress=phase("Matching"),
        )  # fmt: skip
    _show_run(run, as_json)


@app.command()
def candidates(
    to: Annotated[Path, typer.Option("--out", metavar="F.parquet", help="File to write.")],
    db: Db = PILOT,
    as_of: AsOf = None,
    policy: PolicyOption = None,
    as_json: Json = False,
) -> None:
    """Write every allowed (request, volunteer, start) with its value, part by part, to Parquet."""
    store, as_of = Store(db), as_of or datetime.now(UTC)
    chosen = _policy(store, policy, as_of)
    with store.reading() as reading:
        seen = view(reading, chosen, as_of)
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        seen.candidates[COLUMNS].to_parquet(to, index=False)
    except OSError as error:
        raise InputError(f"{to} cannot be written: {error.strerror or error}.") from error
    if as_json:
        _print_json({"file": str(to), "n_candidates": len(seen.candidates), "input_hash": seen.hash()})
        return
    out.print(f"Wrote {len(seen.candidates):,} candidates to {to}.")


@app.command()
def explain(
    request: str,
    db: Db = PILOT,
    run: Annotated[str | None, typer.Option(help="A run (default: the newest).")] = None,
    as_json: Json = False,
) -> None:
    """Say why a request got its volunteer, or why none."""
    told = explain_request(Store(db), request, run)
    if as_json:
        tables = {name: getattr(told, name) for name in ("proposals", "funnel", "runners_up")}
        rows = {name: json.loads(table.to_json(orient="records", date_format="iso")) for name, table in tables.items()}
        _print_json({"request_id": told.request_id, "run_id": told.run_id, "rule": told.rule, **rows})
        return
    printout.explanation(out, told)


@app.command()
def verify(
    run: Annotated[str | None, typer.Argument(help="A run (default: the newest).")] = None,
    db: Db = PILOT,
    as_json: Json = False,
) -> None:
    """Check a stored run again without the solver: input, rules, value and bound."""
    found = verify_run(Store(db), run)
    if as_json:
        names = ("run_id", "faults", "objective", "bound", "proof", "sentence")
        _print_json({name: getattr(found, name) for name in names})
    else:
        out.print(found.sentence, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1 if found.faults else 0)


@app.command()
def dashboard(db: Db = PILOT, port: Annotated[int, typer.Option(help="Port on this machine.")] = 8501) -> None:
    """Open the dashboard on this machine."""
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(ROOT / "dashboard" / "app.py"),
        f"--server.port={port}",
    ]
    environment = {**os.environ, "MIKRO_DB": str(db.resolve())}
    raise typer.Exit(subprocess.run(command, env=environment, cwd=ROOT / "dashboard", check=False).returncode)


@policies.command("list")
def policy_list(db: Db = PILOT, as_of: AsOf = None, as_json: Json = False) -> None:
    """List the policies in data/policies, and say which one is in force."""
    now = _policy(Store(db), None, as_of or datetime.now(UTC)) if db.exists() else Policy.named(adoption.DEFAULT)
    known = [Policy.from_toml(path) for path in sorted(POLICIES.glob("*.toml"))]
    rows = [{"policy": p.name, "fingerprint": p.fingerprint, "in_force": p == now} for p in known]
    if now not in known:
        rows.append({"policy": now.name, "fingerprint": now.fingerprint, "in_force": True})
    if as_json:
        _print_json(rows)
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
        _print_json(shown.numbers() | {"policy": shown.name, "fingerprint": shown.fingerprint})
        return
    printout.policy(out, shown, Policy.named(against) if against else None)


@policies.command("adopt")
def policy_adopt(
    name: Annotated[str, typer.Argument(metavar="FILE|NAME")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    db: Db = PILOT,
    as_of: AsOf = None,
    actor: Actor = ME,
) -> None:
    """Put a policy in force."""
    policy = Policy.named(name)
    adoption.adopt(Store(db), policy, actor, reason, as_of)
    since = f" from {as_of:%Y-%m-%d %H:%M} UTC" if as_of else ""
    out.print(f"{policy.name} ({policy.fingerprint}) is in force{since}.", highlight=False)


@policies.command("rollback")
def policy_rollback(
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    db: Db = PILOT,
    as_of: AsOf = None,
    actor: Actor = ME,
) -> None:
    """Put the policy before the present one in force again."""
    policy = adoption.roll_back(Store(db), actor, reason, as_of)
    out.print(f"{policy.name} ({policy.fingerprint}) is in force again.", highlight=False)


def _policy(store: Store, name: str | None, as_of: datetime) -> Policy:
    if name:
        return Policy.named(name)
    with store.reading() as reading:
        return adoption.in_force(reading, as_of)


def _show_run(run: Run, as_json: bool) -> None:
    if as_json:
        _print_json(run.summary())
    else:
        printout.run(out, run)


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))
