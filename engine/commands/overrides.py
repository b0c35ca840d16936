"""Overrides from the command line: each says what it cost."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from engine.commands.options import ME, PILOT, Actor, At, Db, Json, Mikro, Reason, say
from engine.errors import InputError
from engine.live import overrides
from engine.rules import WORDS
from engine.store import Store

override = typer.Typer(cls=Mikro, no_args_is_help=True, help="Pin, forbid, swap, add by hand; lift again.")


def local_start(text: str) -> datetime:
    """Read when a visit begins, in local wall time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a local time such as 2026-12-01T09:00") from error
    if moment.tzinfo is not None:
        raise typer.BadParameter(f"{text!r} must be local time, without an offset")
    return moment


Start = Annotated[
    datetime | None, typer.Option("--start", parser=local_start, metavar="LOCAL", help="When the visit begins.")
]
Despite = Annotated[
    list[str] | None, typer.Option("--despite", metavar="RULE", help="A rule seen to be broken; may be repeated.")
]


@override.command("pin")
def pin(
    request_id: str,
    volunteer_id: str,
    reason: Reason,
    start: Start = None,
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Demand a pair of the next runs."""
    cost = overrides.pin(Store(db), actor, request_id, volunteer_id, reason, starts_at=start, at=at)
    _say("pinned", request_id, volunteer_id, cost, as_json)


@override.command("forbid")
def forbid(
    request_id: str,
    volunteer_id: str,
    reason: Reason,
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Rule a pair out."""
    cost = overrides.forbid(Store(db), actor, request_id, volunteer_id, reason, at=at)
    _say("forbidden", request_id, volunteer_id, cost, as_json)


@override.command("lift")
def lift(
    request_id: str,
    volunteer_id: str,
    reason: Reason,
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Lift a pin, a forbid, or what was added by hand."""
    overrides.lift(Store(db), actor, request_id, volunteer_id, reason, at=at)
    said = {"request_id": request_id, "volunteer_id": volunteer_id, "override": "lifted"}
    say(as_json, said, f"{volunteer_id} for {request_id} is lifted.")


@override.command("add")
def add(
    request_id: str,
    volunteer_id: str,
    reason: Reason,
    start: Start,
    despite: Despite = None,
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Approve a visit that no run proposed; rules it breaks must be named."""
    if start is None:
        raise InputError("Say when the visit begins with --start.")
    _must_be_rules(despite)
    cost = overrides.add_by_hand(
        Store(db), actor, request_id, volunteer_id, start, reason, despite=despite or (), at=at
    )
    _say("approved by hand", request_id, volunteer_id, cost, as_json)


@override.command("swap")
def swap(
    request_id: str,
    volunteer_id: str,
    instead_of: Annotated[str, typer.Option("--instead-of", metavar="VOLUNTEER", help="Who was to come.")],
    reason: Reason,
    start: Start = None,
    despite: Despite = None,
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Send another volunteer than the one who was to come."""
    _must_be_rules(despite)
    cost = overrides.swap(
        Store(db), actor, request_id, volunteer_id, instead_of, reason, starts_at=start, despite=despite or (), at=at
    )
    _say(f"approved by hand instead of {instead_of}", request_id, volunteer_id, cost, as_json)


def _must_be_rules(despite: list[str] | None) -> None:
    if unknown := [rule for rule in despite or [] if rule not in WORDS]:
        raise InputError(f"{unknown[0]!r} is not the code of a rule.")


def _say(what: str, request_id: str, volunteer_id: str, cost: float | None, as_json: bool) -> None:
    price = "what it costs cannot be told without a run" if cost is None else f"it costs {cost:.2f} points"
    said = {"request_id": request_id, "volunteer_id": volunteer_id, "override": what, "cost_points": cost}
    say(as_json, said, f"{volunteer_id} for {request_id} is {what}; {price}.")
