"""The outbox: list what waits, show it to be copied, note that it was, send what is due."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from engine.clock import local_of
from engine.commands.options import ME, PILOT, Actor, AsOf, Db, Json, Mikro, out, print_json
from engine.errors import InputError
from engine.live import reminders
from engine.messages import outbox
from engine.messages.drafts import aware
from engine.messages.mail import settings_of
from engine.store import Store

SHOWN = [
    "message_id", "template", "status", "reason_code", "resident_id", "about", "language", "send_after",
    "next_attempt_at", "attempted_at", "n_attempts", "is_due",
]  # fmt: skip

messages = typer.Typer(
    cls=Mikro, invoke_without_command=True, help="What volunteers and residents are told: list, show, send."
)

MessageId = Annotated[str, typer.Argument(metavar="ID", help="The message, as `mikro messages` lists it.")]


@messages.callback()
def list_(
    ctx: typer.Context,
    db: Db = PILOT,
    as_of: AsOf = None,
    every: Annotated[bool, typer.Option("--all", help="List also what is settled, or waits for its time.")] = False,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """List the messages that are due, and those that only a person can settle."""
    if ctx.invoked_subcommand:
        return
    found = outbox.messages(Store(db), actor, as_of=as_of)
    listed = found if every else found[found["is_open"]]
    if as_json:
        print_json(json.loads(listed[SHOWN].to_json(orient="records", date_format="iso")))
        return
    if listed.empty:
        out.print("No message waits.")
        return
    table = Table("message", "to", "about", "send after", "status", box=None, pad_edge=False)
    for row in listed.itertuples(index=False):
        table.add_row(*(escape(cell) for cell in _cells(row)))
    out.print(table)
    out.print("\nShow one to copy it: mikro messages show ID   Send what is due: mikro messages send", highlight=False)


@messages.command()
def show(
    message_id: MessageId,
    ics: Annotated[Path | None, typer.Option(metavar="FILE", help="Write its calendar file here.")] = None,
    db: Db = PILOT,
    as_of: AsOf = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Show a message as it would be sent now, to copy it or read it out; the log notes who looked."""
    written = outbox.show(Store(db), actor, message_id, now=as_of)
    if ics:
        if written.invitation is None:
            raise InputError(f"Message {message_id} has no calendar file.")
        try:
            ics.write_bytes(written.invitation[1])
        except OSError as error:
            raise InputError(f"{ics} cannot be written: {error.strerror or error}.") from error
    if as_json:
        names = ("message_id", "name", "phone", "email", "subject", "text")
        calendar = written.invitation[1].decode() if written.invitation else None
        print_json({name: getattr(written, name) for name in names} | {"invitation": calendar})
        return
    to = ", ".join(part for part in (written.name, written.phone, written.email) if part)
    # Rich would break the lines of what is to be copied.
    print(f"To: {to}\nSubject: {written.subject}\n\n{written.text}", end="")


@messages.command()
def copied(message_id: MessageId, db: Db = PILOT, as_of: AsOf = None, actor: Actor = ME, as_json: Json = False) -> None:
    """Note that you told the addressee yourself: by copying the message, by phone, or by hand."""
    outbox.copied(Store(db), actor, message_id, now=as_of)
    if as_json:
        print_json({"message_id": message_id, "status": "copied"})
        return
    out.print(f"Noted: message {message_id} has reached its addressee.", highlight=False)


@messages.command()
def remind(db: Db = PILOT, as_of: AsOf = None, actor: Actor = ME, as_json: Json = False) -> None:
    """Queue a word to residents for whom nobody is found yet, and to volunteers who have not answered."""
    n_queued = reminders.queue_reminders(Store(db), actor, now=as_of)
    if as_json:
        print_json({"n_queued": n_queued})
        return
    out.print(f"{n_queued} messages queued.", highlight=False)


@messages.command()
def send(
    again: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Send this one again, though it may have gone out; nothing else is sent."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Try at most so many.")] = None,
    db: Db = PILOT,
    as_of: AsOf = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Send what is due by e-mail, reminders included; the settings are in MIKRO_SMTP_HOST and its sisters."""
    settings = settings_of()
    if settings is None:
        raise InputError(
            "There is no mail server: set MIKRO_SMTP_HOST, or copy the messages yourself (`mikro messages`)."
        )
    store = Store(db)
    if not again:
        reminders.queue_reminders(store, actor, now=as_of)
    tried = outbox.send(store, actor, settings, again=again or (), limit=limit, now=as_of)
    if as_json:
        print_json({"outcomes": tried.outcomes, "reasons": tried.reasons, "stopped": tried.stopped})
    else:
        out.print(tried.sentence, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1 if tried.stopped else 0)


def _cells(row: Any) -> tuple[str, ...]:
    why = f": {outbox.in_words(row.reason_code)}" if row.reason_code and row.status in {"failed", "given_up"} else ""
    send_after = f"{local_of(aware(row.send_after)):%Y-%m-%d %H:%M}"
    return f"{row.message_id} {row.template}", row.resident_id, row.about, send_after, f"{row.status}{why}"
