"""Requests from the command line: one, or a series; entered, and taken back."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.options import ME, PILOT, Actor, At, Db, Json, Mikro, Reason, say
from engine.live import requests, series
from engine.store import Store

request = typer.Typer(cls=Mikro, no_args_is_help=True, help="Enter requests and series, and take them back.")


@request.command("submit")
def request_submit(
    resident: str,
    service: str,
    minutes: Annotated[int, typer.Option(help="Length of the visit.")],
    earliest: Annotated[str, typer.Option(metavar="LOCAL", help="Start of the window, local time.")],
    latest: Annotated[str, typer.Option(metavar="LOCAL", help="End of the window, local time.")],
    volunteers: Annotated[int, typer.Option(help="How many are needed.")] = 1,
    urgency: Annotated[int, typer.Option(help="1 (can wait) to 3 (urgent).")] = 1,
    languages: Annotated[str, typer.Option(metavar="sv;ar", help="Languages, any of them; none means any.")] = "",
    note: Annotated[str, typer.Option(help="Free text; kept sealed.")] = "",
    every_days: Annotated[int, typer.Option(help="Again after so many days: a series.")] = 7,
    times: Annotated[int, typer.Option(help="How many times in all; more than 1 makes a series.")] = 1,
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Enter a request, or a series of them."""
    form = {
        "resident_id": resident,
        "service": service,
        "minutes": str(minutes),
        "earliest_at": earliest,
        "latest_at": latest,
        "volunteers_needed": str(volunteers),
        "urgency": str(urgency),
        "languages": languages,
        "note": note,
    }
    store = Store(db)
    if times > 1:
        new_id = series.start_series(store, actor, form, every_days, times, at=at)
    else:
        new_id = requests.submit_request(store, actor, form, at=at)
    say(as_json, {"id": new_id}, f"Entered {new_id}.")


@request.command("withdraw")
def request_withdraw(request_id: str, db: Db = PILOT, at: At = None, actor: Actor = ME, as_json: Json = False) -> None:
    """Take a request back; its offers are closed and its visits called off."""
    requests.withdraw_request(Store(db), actor, request_id, at=at)
    say(as_json, {"withdrawn": request_id}, f"{request_id} is withdrawn.")


@request.command("end-series")
def request_end_series(
    series_id: str,
    reason: Reason = "not_needed",
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """End a series: no more requests come of it."""
    series.end_series(Store(db), actor, series_id, reason, at=at)
    say(as_json, {"ended": series_id}, f"{series_id} has ended.")
