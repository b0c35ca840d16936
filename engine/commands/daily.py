"""From a proposal to a yes, from the command line: list, approve, reject, offer, answer, chores."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated

import pandas as pd
import typer

from engine.access import looking
from engine.commands.options import ME, PILOT, Actor, AsOf, At, Db, Json, Reason, out, print_json, say
from engine.errors import InputError
from engine.live import answers, chores, decisions, offers
from engine.printout import records
from engine.store import Store

app = typer.Typer()


class What(Enum):
    """What can be listed."""

    REQUESTS = "requests"
    PROPOSALS = "proposals"
    OFFERS = "offers"
    VISITS = "visits"
    INCIDENTS = "incidents"
    SERIES = "series"
    OVERRIDES = "overrides"
    COMMITMENTS = "commitments"


SHOWN = {
    What.REQUESTS: ["request_id", "status", "resident_id", "service", "earliest_at", "latest_at", "urgency"],
    What.PROPOSALS: ["request_id", "volunteer_id", "status", "starts_at", "value"],
    What.OFFERS: ["offer_id", "status", "request_id", "volunteer_id", "starts_at", "expires_at"],
    What.VISITS: ["visit_id", "status", "request_id", "volunteer_id", "starts_at", "side"],
    What.INCIDENTS: ["incident_id", "status", "severity", "kind", "reported_at"],
    What.SERIES: ["series_id", "status", "resident_id", "service", "n_submitted", "n_times"],
    What.OVERRIDES: ["request_id", "volunteer_id", "kind", "starts_at", "reason_code"],
    What.COMMITMENTS: ["volunteer_id", "status", "request_id", "starts_at", "ends_at"],
}


@app.command("list")
def list_(
    what: What,
    status: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    db: Db = PILOT,
    as_of: AsOf = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """List requests, proposals, offers, visits, incidents, series, overrides or what takes volunteers' time."""
    with looking(Store(db), actor, "see_requests") as (reading, who):
        macro = f"{what.value}_at"
        moment = as_of or datetime.now(UTC)
        rows = _own(reading.state(macro, moment), reading.state("requests_at", moment), who.municipality_codes)
    if status is not None:
        if "status" not in rows:
            raise InputError(f"{what.value} have no status.")
        rows = rows[rows["status"] == status]
    if as_json:
        print_json(json.loads(rows.to_json(orient="records", date_format="iso")))
        return
    records(out, f"{len(rows)} {what.value}", rows[[c for c in SHOWN[what] if c in rows]])


def _own(rows: pd.DataFrame, known: pd.DataFrame, codes: tuple[str, ...] | None) -> pd.DataFrame:
    """Keep what concerns residents of an account's municipalities."""
    if codes is None:
        return rows
    mine = known[known["municipality_code"].isin(codes)]
    if "request_id" in rows:
        return rows[rows["request_id"].isin(mine["request_id"])]
    return rows[rows["resident_id"].isin(mine["resident_id"])]


Pairs = Annotated[list[str], typer.Argument(metavar="REQUEST:VOLUNTEER", help="Pairs of the newest run.")]


@app.command()
def approve(
    pairs: Annotated[list[str] | None, typer.Argument(metavar="REQUEST:VOLUNTEER", help="Pairs.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every proposal of the newest run.")] = False,
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Approve proposals; who does also approves that the next best are asked, as the policy says."""
    store = Store(db)
    if everything == bool(pairs):
        raise InputError("Name pairs as REQUEST:VOLUNTEER, or say --all.")
    wanted = _made(store, actor) if everything else [_pair(text) for text in pairs or []]
    if not wanted:
        raise InputError("No proposal waits for a decision.")
    _show_decided(decisions.approve(store, actor, wanted, at=at), "Approved", as_json)


@app.command()
def reject(
    pairs: Pairs, reason: Reason, db: Db = PILOT, at: At = None, actor: Actor = ME, as_json: Json = False
) -> None:
    """Reject proposals of the newest run."""
    decided = decisions.reject(Store(db), actor, [_pair(text) for text in pairs], reason, at=at)
    _show_decided(decided, "Rejected", as_json)


@app.command()
def offer(
    request_ids: Annotated[list[str] | None, typer.Argument(metavar="REQUEST", help="Only these.")] = None,
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Put approved proposals to their volunteers, and ask the next ones where it is time."""
    _show_sent(offers.send_offers(Store(db), actor, request_ids or None, at=at), as_json)


@app.command("withdraw-offer")
def withdraw_offer(offer_id: str, db: Db = PILOT, at: At = None, actor: Actor = ME, as_json: Json = False) -> None:
    """Take an open offer back."""
    offers.withdraw_offer(Store(db), actor, offer_id, at=at)
    say(as_json, {"withdrawn": offer_id}, f"{offer_id} is withdrawn.")


class Response(Enum):
    """What a volunteer says."""

    YES = "yes"
    NO = "no"


@app.command()
def answer(
    offer_id: str,
    response: Response,
    reason: Annotated[str | None, typer.Option("--reason", metavar="CODE", help="Why not, by its code.")] = None,
    not_that_day: Annotated[
        bool, typer.Option("--not-that-day", help="With another_time: away all that day, not only at the hour asked.")
    ] = False,
    db: Db = PILOT,
    at: At = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Record a volunteer's yes or no to an offer."""
    said = "accepted" if response is Response.YES else "declined"
    visit_id = answers.answer_offer(
        Store(db), actor, offer_id, said, reason_code=reason, not_that_day=not_that_day, at=at
    )
    told = f"{offer_id} is accepted; the visit is {visit_id}." if visit_id else f"{offer_id} is declined."
    say(as_json, {"offer_id": offer_id, "response": said, "visit_id": visit_id}, told)


@app.command("chores")
def chores_(db: Db = PILOT, at: At = None, actor: Actor = ME, as_json: Json = False) -> None:
    """Do what is due: the next visits of series, the next offers, a word to those who wait."""
    done = chores.do_chores(Store(db), actor, at=at)
    if as_json:
        print_json({"requests": done.request_ids, "offers": done.sent.offer_ids, "n_reminders": done.n_reminders})
        return
    told = [f"{len(done.request_ids)} requests of series", f"{len(done.sent.offer_ids)} offers sent"]
    out.print(", ".join([*told, f"{done.n_reminders} reminders queued"]) + ".")


def _pair(text: str) -> decisions.Pair:
    request_id, colon, volunteer_id = text.partition(":")
    if not colon or not request_id or not volunteer_id:
        raise InputError(f"{text!r} is not a pair REQUEST:VOLUNTEER.")
    return request_id, volunteer_id


def _made(store: Store, actor: str) -> list[decisions.Pair]:
    """List the proposals that wait for a decision, in the account's municipalities."""
    with looking(store, actor, "decide_proposal") as (reading, who):
        later = datetime(2200, 1, 1, tzinfo=UTC)
        rows = _own(
            reading.state("proposals_at", later, None, status="made"),
            reading.state("requests_at", later),
            who.municipality_codes,
        )
    return list(rows[["request_id", "volunteer_id"]].itertuples(index=False, name=None))


def _show_decided(decided: decisions.Decided, word: str, as_json: bool) -> None:
    if as_json:
        refused = [{"request_id": r, "volunteer_id": v, "why": why} for (r, v), why in decided.refused.items()]
        print_json({"done": decided.done, "refused": refused})
        return
    out.print(f"{word} {len(decided.done)} proposal{'' if len(decided.done) == 1 else 's'}.")
    for why in decided.refused.values():
        out.print(f"  not: {why}", markup=False)


def _show_sent(sent: offers.Sent, as_json: bool) -> None:
    if as_json:
        waiting = [{"request_id": r, "volunteer_id": v, "why": why} for (r, v), why in sent.waiting.items()]
        print_json({"offers": sent.offer_ids, "waiting": waiting})
        return
    out.print(f"Sent {len(sent.offer_ids)} offer{'' if len(sent.offer_ids) == 1 else 's'}.")
    for (request_id, volunteer_id), why in sent.waiting.items():
        out.print(f"  {volunteer_id} for {request_id} waits: {why}.", markup=False)
