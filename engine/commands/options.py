"""What the commands share: common options, how refusals are said, and how results leave."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from typer.core import TyperGroup

from engine import printout
from engine.access import LINK, looking
from engine.clock import utc_of
from engine.errors import EngineError
from engine.live import adoption
from engine.live.policy_life import known_policy
from engine.policy import Policy
from engine.store import Store

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


def moment_of(text: str) -> datetime:
    """Read a moment; one without a zone is local wall time."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not an ISO 8601 time such as 2026-11-29T18:00") from error
    return read.astimezone(UTC) if read.tzinfo else utc_of(read)


def _account(text: str) -> str:
    """Refuse the name of a link: only who follows the link acts by it."""
    if text.startswith(LINK):
        raise typer.BadParameter(f"{text!r} is not an account: {LINK} stands for people who follow a link")
    return text


Db = Annotated[Path, typer.Option("--db", envvar="MIKRO_DB", help="The pilot file.")]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", parser=moment_of, metavar="ISO", help="Look at the pilot as of this moment (now)."),
]
PolicyOption = Annotated[
    str | None, typer.Option("--policy", metavar="FILE|NAME", help="Policy (default: the one in force).")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Settles ties between plans of equal value.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Actor = Annotated[
    str,
    typer.Option(
        "--actor", parser=_account, metavar="ID", envvar="MIKRO_ACTOR", help="Who is doing this, for the log."
    ),
]

At = Annotated[
    datetime | None,
    typer.Option("--at", parser=moment_of, metavar="ISO", help="When it happened (default: now)."),
]
Reason = Annotated[str, typer.Option("--reason", metavar="CODE", help="Why, by its code.")]

PILOT = Path("data/local/pilot.duckdb")
ME = "cli"


def policy_of(store: Store, name: str | None, as_of: datetime) -> Policy:
    """Read the policy asked for, on file or in the log, or the one in force."""
    with store.reading() as reading:
        return known_policy(reading, name) if name else adoption.in_force(reading, as_of)


def open_for(db: Path, actor: str, operation: str = "evaluate") -> Store:
    """Open a pilot for an account that may look at runs, measures and prices, or do the operation named.

    Raises
    ------
    AccessDenied
        When the account may not.
    """
    store = Store(db)
    with looking(store, actor, operation):
        return store


def print_json(value: Any) -> None:
    """Print a result for programs."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Lay a table out for JSON, which has no word for what is missing but null."""
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def say(as_json: bool, result: dict[str, Any], told: str) -> None:
    """Print a result for programs, or the sentence that tells it."""
    if as_json:
        print_json(result)
    else:
        out.print(told, markup=False, highlight=False, soft_wrap=True)
