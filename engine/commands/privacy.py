"""People's rights from the command line: erasure, subject export, retention, the research extract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from engine import privacy
from engine.commands.options import ME, PILOT, Actor, AsOf, Db, Json, out, print_json
from engine.errors import InputError
from engine.people import retention
from engine.people.subject_export import subject_export as export_subject
from engine.privacy import Erasure, ErasureProof
from engine.research.extract import write_extract
from engine.store import Store

app = typer.Typer()

UNDECIDED, TO_CARRY_OUT = ("requested",), ("requested", "approved", "erased")
"""The states of an erasure that can be refused, and those that can be approved, carried out or completed."""

OWN_WISH = "consent_withdrawn"
"""The ground of an erasure when none is named."""

WAITS_FOR = {
    "requested": "a second person has to decide it (--approve or --refuse)",
    "approved": "--approve carries it out",
    "erased": "--approve completes it",
}


@app.command()
def erase(
    resident: str,
    db: Db = PILOT,
    basis: Annotated[
        str | None, typer.Option(help="Ask for it on this ground of retention.toml (consent_withdrawn).")
    ] = None,
    approve: Annotated[
        bool, typer.Option("--approve", help="Approve it as a second person, and carry it out.")
    ] = False,
    refuse: Annotated[bool, typer.Option("--refuse", help="Refuse it as a second person.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why, for --approve (default: complies) or --refuse.")] = None,
    status: Annotated[bool, typer.Option("--status", help="Only say how far it has come.")] = False,
    search: Annotated[
        list[Path] | None, typer.Option(help="A file or folder, such as the backups, to search afterwards.")
    ] = None,
    as_of: AsOf = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Erase a person: asked for on a ground by one account, approved and carried out by another, proved."""
    if not (approve or refuse or status):
        basis = basis or OWN_WISH
    if sum((basis is not None, approve, refuse, status)) != 1:
        raise typer.BadParameter(f"give one of --basis ({', '.join(retention.bases())}), --approve, --refuse, --status")
    store = Store(db)
    if status:
        _show_all([e for e in privacy.erasures(store, actor) if e.resident_id == resident], as_json)
    elif basis is not None:
        _show(privacy.request_erasure(store, actor, resident, basis, at=as_of), as_json)
    elif refuse:
        erasure = _newest(store, actor, resident, UNDECIDED)
        refused = privacy.decide_erasure(store, actor, erasure.erasure_id, "refused", reason or "", at=as_of)
        _show(refused, as_json)
    else:
        proof = _carry_out(store, actor, resident, reason or "complies", as_of, search or ())
        if as_json:
            print_json(proof.certificate())
        else:
            out.print(proof.sentence, markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(0 if proof.is_clean else 1)


def _carry_out(
    store: Store, actor: str, resident: str, reason: str, at: datetime | None, search: Sequence[Path]
) -> ErasureProof:
    """Approve the newest erasure of a person if nobody has, and carry it out or complete it."""
    erasure = _newest(store, actor, resident, TO_CARRY_OUT)
    if erasure.status == "requested":
        privacy.decide_erasure(store, actor, erasure.erasure_id, "approved", reason, at=at)
    return privacy.erase(store, actor, erasure.erasure_id, at=at, also=search)


@app.command("subject-export")
def subject_export(
    resident: str,
    to: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write the two files to.")],
    db: Db = PILOT,
    language: Annotated[str, typer.Option(help="Of the page: sv or en.")] = "sv",
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Give a person all that is held about them, as JSON and as a page to read."""
    written = export_subject(Store(db), actor, resident, to, language=language)
    files = [str(written.json_file), str(written.html_file)]
    if as_json:
        print_json({"files": files, "n_facts": sum(map(len, written.content["facts"].values()))})
        return
    out.print(f"Wrote {files[0]} and {files[1]}. Hand them over in person or by secure mail.", soft_wrap=True)


@app.command()
def retain(
    db: Db = PILOT,
    do: Annotated[bool, typer.Option("--do", help="Destroy what is due, and ask for erasures.")] = False,
    as_of: AsOf = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """List what the rules of retention no longer keep; with --do, destroy it."""
    found = retention.retain(Store(db), actor, as_of, dry_run=not do)
    due = found.due.to_dict("records")
    if as_json:
        searched = None if found.search is None else asdict(found.search)
        told = {"n_notes": found.n_notes, "erasure_ids": list(found.erasure_ids), "search": searched}
        print_json({"due": due, "done": do, **told})
        return
    for row in due:
        out.print(f"{row['due_on']:%Y-%m-%d}  {row['what']}  {row['id']}  {row['rule']}", markup=False, highlight=False)
    if not do:
        out.print(f"{len(due)} due; nothing was destroyed (--do destroys it).", highlight=False)
        return
    out.print(
        f"{found.n_notes} notes destroyed, {len(found.erasure_ids)} erasures asked for; the file was rewritten.",
        highlight=False,
    )


@app.command()
def extract(
    to: Annotated[Path, typer.Option("--out", metavar="DIR", help="New folder to write to.")],
    db: Db = PILOT,
    as_of: AsOf = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Write the pseudonymised research extract, proved to tell nobody, as Parquet and a data package."""
    made = write_extract(Store(db), actor, to, as_of)
    if as_json:
        print_json(asdict(made))
        return
    n_rows = sum(made.n_rows.values())
    out.print(
        f"Wrote {n_rows:,} rows in {len(made.n_rows)} tables to {to}; {made.n_suppressed} residents were left out.",
        highlight=False,
        soft_wrap=True,
    )


def _newest(store: Store, actor: str, resident: str, states: tuple[str, ...]) -> Erasure:
    for erasure in reversed(privacy.erasures(store, actor)):
        if erasure.resident_id == resident and erasure.status in states:
            return erasure
    raise InputError(f"No erasure of resident {resident!r} waits for this; ask for one with --basis.")


def _show_all(erasures: list[Erasure], as_json: bool) -> None:
    if as_json:
        print_json([_told(erasure) for erasure in erasures])
        return
    for erasure in erasures:
        out.print(_line(erasure), markup=False, highlight=False, soft_wrap=True)
    if not erasures:
        out.print("No erasure was asked for.")


def _show(erasure: Erasure, as_json: bool) -> None:
    if as_json:
        print_json(_told(erasure))
    else:
        out.print(_line(erasure), markup=False, highlight=False, soft_wrap=True)


def _line(erasure: Erasure) -> str:
    kept = f", kept until {erasure.not_before}" if erasure.not_before else ""
    waits = f"; {WAITS_FOR[erasure.status]}" if erasure.status in WAITS_FOR else ""
    return f"{erasure.erasure_id} is {erasure.status}: {erasure.legal_basis}, by {erasure.requested_by}{kept}{waits}."


def _told(erasure: Erasure) -> dict[str, Any]:
    return asdict(erasure)
