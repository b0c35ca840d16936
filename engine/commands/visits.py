"""Visits and incidents from the command line: what became of them, and what is done about it."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from engine.commands.options import ME, PILOT, Actor, At, Db, Json, Mikro, Reason, say
from engine.live import incidents, visits
from engine.store import Store

visit = typer.Typer(cls=Mikro, no_args_is_help=True, help="Record what became of visits.")
incident = typer.Typer(cls=Mikro, no_args_is_help=True, help="Report, triage and close incidents.")


class Side(Enum):
    """By whom a visit was missed or cancelled, and who says something of it."""

    RESIDENT = "resident"
    VOLUNTEER = "volunteer"
    MUNICIPALITY = "municipality"


@visit.command("complete")
def visit_complete(
    visit_id: str,
    minutes: Annotated[int | None, typer.Option(help="How long it took (default: as planned).")] = None,
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Record that a visit took place."""
    visits.complete_visit(Store(db), actor, visit_id, minutes=minutes, at=at)
    say(as_json, {"visit_id": visit_id, "outcome": "completed"}, f"{visit_id} is completed.")


@visit.command("miss")
def visit_miss(
    visit_id: str, side: Side, db: Db = PILOT, at: At = None, actor: Actor = ME, as_json: Json = False
) -> None:
    """Record that one side was not there."""
    visits.miss_visit(Store(db), actor, visit_id, side.value, at=at)
    say(as_json, {"visit_id": visit_id, "outcome": "missed"}, f"{visit_id} is missed by the {side.value}.")


@visit.command("cancel")
def visit_cancel(
    visit_id: str,
    side: Side,
    reason: Reason = "other",
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Cancel a visit before it begins; its request is open again."""
    visits.cancel_visit(Store(db), actor, visit_id, side.value, reason, at=at)
    say(as_json, {"visit_id": visit_id, "outcome": "cancelled"}, f"{visit_id} is cancelled by the {side.value}.")


@visit.command("feedback")
def visit_feedback(
    visit_id: str,
    side: Side,
    rating: Annotated[int, typer.Argument(help="1 (bad) to 5 (good).")],
    again: Annotated[bool | None, typer.Option("--again/--never-again", help="Whether they would meet again.")] = None,
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Record what one side says of a visit."""
    visits.give_feedback(Store(db), actor, visit_id, side.value, rating, again=again, at=at)
    say(as_json, {"visit_id": visit_id, "side": side.value, "rating": rating}, f"Noted: {rating} of 5.")


@incident.command("report")
def incident_report(
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(incidents.KINDS)}.")],
    severity: Annotated[int, typer.Argument(help="1 minor, 2 serious, 3 grave.")],
    text: Annotated[str, typer.Option(help="What happened; kept sealed.")],
    visit_id: Annotated[str | None, typer.Option("--visit", help="The visit it is about.")] = None,
    resident_id: Annotated[str | None, typer.Option("--resident", help="The resident it is about.")] = None,
    volunteer_id: Annotated[str | None, typer.Option("--volunteer", help="The volunteer it is about.")] = None,
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Report that something went wrong."""
    incident_id = incidents.report_incident(
        Store(db), actor, kind, severity, text,
        visit_id=visit_id, resident_id=resident_id, volunteer_id=volunteer_id, at=at,
    )  # fmt: skip
    say(as_json, {"incident_id": incident_id}, f"Reported as {incident_id}.")


@incident.command("triage")
def incident_triage(
    incident_id: str,
    severity: Annotated[int, typer.Argument(help="1 minor, 2 serious, 3 grave.")],
    action: Annotated[str, typer.Argument(help=f"One of {', '.join(incidents.ACTIONS)}.")],
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Set how severe an incident is, and what is done about it."""
    incidents.triage_incident(Store(db), actor, incident_id, severity, action, at=at)
    say(as_json, {"incident_id": incident_id, "action": action}, f"{incident_id} is triaged: {action}.")


@incident.command("close")
def incident_close(
    incident_id: str,
    outcome: Annotated[str, typer.Argument(help=f"One of {', '.join(incidents.OUTCOMES)}.")],
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Close an incident that was triaged."""
    incidents.close_incident(Store(db), actor, incident_id, outcome, at=at)
    say(as_json, {"incident_id": incident_id, "outcome": outcome}, f"{incident_id} is closed: {outcome}.")
