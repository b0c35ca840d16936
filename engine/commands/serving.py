"""The dashboard from the command line: started as a program of its own, which this one waits for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from engine.commands.options import PILOT, Actor, AsOf, Db
from engine.errors import InputError

FOLDER = Path(__file__).parents[2] / "dashboard"
DEMO_DB = Path("data/local/demo-week.duckdb")

app = typer.Typer()


@app.command()
def dashboard(
    db: Db = PILOT,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8501,
    address: Annotated[
        str, typer.Option(help="Address to listen on; others than this machine's need signing in to be set up.")
    ] = "127.0.0.1",
    as_of: AsOf = None,
    actor: Actor = "",
    demo: Annotated[
        bool, typer.Option("--demo", help="Show a week of invented people; made anew at every start.")
    ] = False,
) -> None:
    """Open the dashboard on this machine; without a login provider (MIKRO_OIDC_…) for this machine only."""
    environment = dict(os.environ)
    if demo:
        db = DEMO_DB if db == PILOT else db
        made = subprocess.run([sys.executable, "-m", "dashboard.demo", str(db)], check=False)
        if made.returncode:
            raise typer.Exit(made.returncode)
        environment["MIKRO_NOW"] = db.with_name(f"{db.name}.now").read_text(encoding="utf-8")
    if as_of is not None:
        environment["MIKRO_NOW"] = as_of.isoformat()
    if not db.exists():
        raise InputError(f"There is no pilot at {db}; make one with `mikro init`, or look at one with --demo.")
    if actor:
        environment["MIKRO_ACTOR"] = actor
    environment["MIKRO_DB"] = str(db.resolve())
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    command.append(f"--server.address={address}")
    raise typer.Exit(subprocess.run(command, env=environment, cwd=FOLDER, check=False).returncode)
