"""Safe keeping from the command line: copies to fall back on, and bringing one back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.commands.options import ME, PILOT, Actor, Db, Json, out, print_json
from engine.storage.backup import Condition, back_up
from engine.storage.restoring import restore as restore_pilot
from engine.store import Store

app = typer.Typer()


@app.command()
def backup(
    to: Annotated[Path, typer.Option("--to", metavar="FILE|DIR", help="New file, or a folder to name it in.")],
    db: Db = PILOT,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Copy the pilot while others work with it, and open the copy to see that it is whole."""
    made = back_up(Store(db), actor, to)
    if as_json:
        print_json(
            {
                "file": str(made.path),
                "n_bytes": made.n_bytes,
                "content_hash": made.content_hash,
                "until_entry": made.condition.until_entry,
                "chain": made.condition.chain,
                "n_rows": {name: n for name, (n, _) in made.condition.contents.items()},
                "log_faults": list(made.condition.log_faults),
                "problems": list(made.condition.problems),
                "key_included": False,
            }
        )
        return
    out.print(made.sentence, markup=False, highlight=False, soft_wrap=True)
    _print_problems(made.condition)


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="The backup to bring back; it is only read.")],
    db: Db = PILOT,
    actor: Actor = ME,
    despite_faults: Annotated[
        bool, typer.Option("--despite-faults", help="Take a backup whose log was changed, too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Put a backup in the place of the pilot, which is kept aside, never deleted."""
    done = restore_pilot(db, source, actor, despite_faults=despite_faults)
    if as_json:
        print_json(
            {
                "db": str(done.path),
                "backup": str(done.backup),
                "content_hash": done.content_hash,
                "until_entry": done.condition.until_entry,
                "chain": done.condition.chain,
                "known_to_pilot": done.carried.is_known,
                "set_aside": str(done.set_aside) if done.set_aside else None,
                "n_entries_set_aside": done.carried.n_entries_set_aside,
                "pilot_unreadable": done.unreadable or None,
                "erased_again": list(done.carried.erased_again),
                "protected_again": list(done.carried.protected_again),
                "n_messages_carried": done.carried.n_messages,
                "n_messages_unclear": done.carried.n_messages_unclear,
                "has_key": done.has_key,
                "log_faults": list(done.condition.log_faults),
                "problems": list(done.condition.problems),
            }
        )
        return
    for sentence in done.sentences:
        out.print(sentence, markup=False, highlight=False, soft_wrap=True)
    _print_problems(done.condition)


def _print_problems(condition: Condition) -> None:
    for what, sentences in (("The log is NOT as it was written", condition.log_faults), ("Check", condition.problems)):
        if sentences:
            more = f" (and {len(sentences) - 1} more)" if len(sentences) > 1 else ""
            out.print(f"{what}: {sentences[0]}{more}", markup=False, highlight=False, soft_wrap=True)
