"""Reasons: why this match, why nobody, what an override costs, and who stands by."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any

import typer

from engine import printout
from engine.commands.options import (
    ME,
    PILOT,
    Actor,
    AsOf,
    Db,
    Json,
    PolicyOption,
    err,
    open_for,
    out,
    policy_of,
    print_json,
)
from engine.errors import InputError
from engine.explain import explain as explain_request
from engine.reasons.alternatives import Match, why
from engine.reasons.base import Base
from engine.reasons.override_price import override_price as price_override
from engine.reasons.override_price import shift_in_words
from engine.reasons.relaxations import baseline
from engine.reasons.standby import PlanB, tomorrow
from engine.reasons.standby import standby as stand_by
from engine.reasons.unmatched import Unmatched, confirmed
from engine.reasons.unmatched import unmatched as explain_unmatched
from engine.store import Store

app = typer.Typer()

RunOption = Annotated[str | None, typer.Option("--run", help="A run (default: the newest).")]


class Kind(Enum):
    """The overrides that have a price."""

    PIN = "pin"
    FORBID = "forbid"
    SWAP = "swap"
    EXCHANGE = "exchange"


class Language(Enum):
    """The languages reasons are said in."""

    EN = "en"
    SV = "sv"


InLanguage = Annotated[Language, typer.Option("--language", help="Say it in English or Swedish.")]


@app.command()
def explain(
    request: Annotated[str | None, typer.Argument(help="The request to explain.")] = None,
    unmatched: Annotated[bool, typer.Option("--unmatched", help="Explain all requests left over instead.")] = False,
    db: Db = PILOT,
    run: RunOption = None,
    language: InLanguage = Language.EN,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Say why a request got its volunteer, or why none; who else could come; the smallest change that serves it."""
    if (request is None) != unmatched:
        raise typer.BadParameter("name one request, or ask for all with --unmatched")
    store = open_for(db, actor)
    if request is None:
        with printout.progress(err) as phase:
            tick = phase("Trying changes")
            left = explain_unmatched(store, run, progress=lambda n, of: tick(f"{n} of {of}"))
        if as_json:
            print_json([_unmatched_as_json(one) for one in left])
            return
        for one in left:
            _say(_of_unmatched(one, language.value), f"{one.request_id}  {one.rule}")
        if not all(one.all_tried for one in left):
            out.print("\nWhere not all could be settled, `mikro explain REQUEST` searches on.", markup=False)
        return
    told = explain_request(store, request, run)
    matches = why(Base.of_run(store, run), request)
    remedies = explain_unmatched(store, run, [request]) if told.rule else []
    if as_json:
        tables = {name: getattr(told, name) for name in ("proposals", "funnel", "runners_up")}
        rows = {name: json.loads(table.to_json(orient="records", date_format="iso")) for name, table in tables.items()}
        more: dict[str, Any] = {"matches": [_match_as_json(match) for match in matches]}
        more |= {"unmatched": _unmatched_as_json(remedies[0]) if remedies else None}
        print_json({"request_id": told.request_id, "run_id": told.run_id, "rule": told.rule, **rows, **more})
        return
    printout.explanation(out, told)
    for match in matches:
        _say(iter(match.in_words(language.value)))
    for one in remedies:
        _say(_of_unmatched(one, language.value))
        _say(_of_confirmation(store, one, run, language.value))


@app.command("override-price")
def override_price(
    kind: Kind,
    request: str,
    volunteer: str,
    at: Annotated[datetime | None, typer.Option(help="The start asked for (local; default: any).")] = None,
    instead_of: Annotated[str | None, typer.Option(help="Who is replaced by a swap or exchange.")] = None,
    other_request: Annotated[str | None, typer.Option(help="The request a volunteer is exchanged with.")] = None,
    db: Db = PILOT,
    run: RunOption = None,
    language: InLanguage = Language.EN,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Say what a pin, forbid, swap or exchange costs, and whom it displaces; nothing is changed."""
    price = price_override(
        open_for(db, actor), kind.value, request, volunteer, at, instead_of, other_request_id=other_request, run_id=run
    )
    if as_json:
        names = ("kind", "request_id", "volunteer_id", "points", "before", "after")
        shifts = [{**asdict(shift), "kind": shift.kind} for shift in price.shifts]
        print_json({name: getattr(price, name) for name in names} | {"shifts": shifts})
        return
    _say(iter(price.in_words(language.value)))


@app.command()
def standby(
    db: Db = PILOT,
    as_of: AsOf = None,
    policy: PolicyOption = None,
    everything: Annotated[bool, typer.Option("--all", help="All visits of the horizon, not only tomorrow's.")] = False,
    language: InLanguage = Language.EN,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """List tomorrow's visits by risk, and who could come if the volunteer cancels."""
    store, as_of = open_for(db, actor), as_of or datetime.now(UTC)
    plans = stand_by(store, policy_of(store, policy, as_of), as_of, None if everything else tomorrow(as_of))
    if as_json:
        print_json([{**asdict(plan), "risk": plan.risk, "risk_left": plan.risk_left} for plan in plans])
        return
    if not plans:
        out.print("Inga avtalade besök." if language is Language.SV else "No agreed visits.")
    for plan in plans:
        _say(_of_plan(plan, language.value), f"{plan.visit_id}  {plan.request_id}")


def _say(lines: Iterator[str], head: str = "") -> None:
    if head:
        out.print(f"\n{head}", markup=False, highlight=False, style="bold", soft_wrap=True)
    for line in lines:
        out.print(line, markup=False, highlight=False, soft_wrap=True)


def _of_unmatched(told: Unmatched, language: str) -> Iterator[str]:
    swedish, remedy = language == "sv", told.remedy
    for request_id, visit in told.competitors:
        yield f"{visit}: hos {request_id}." if swedish else f"{visit}: taken by {request_id}."
    if told.insist_points is not None:
        points = f"{told.insist_points:g}"
        yield (f"Att ändå få det utfört kostar planen {points} poäng." if swedish
               else f"To have it served as it stands costs the plan {points} points.")  # fmt: skip
    if not told.all_tried:
        yield _not_settled(told, swedish)
    if remedy is None:
        if told.all_tried:
            yield "Ingen ändring på listan räcker." if swedish else "No change on the list suffices."
        return
    change = remedy.change.in_words(language, baseline())
    come = ", ".join(map(str, remedy.visits))
    yield (f"Minsta ändring ({remedy.change.price:g}): {change}. Då kommer {come}." if swedish
           else f"Smallest change ({remedy.change.price:g}): {change}. Then comes {come}.")  # fmt: skip
    yield from (f"  {shift_in_words(shift, language)}" for shift in remedy.shifts)


def _not_settled(told: Unmatched, swedish: bool) -> str:
    if told.remedy is not None:
        return "En mindre ändring kan räcka: alla kunde inte avgöras." if swedish else (
            "A smaller change may suffice: not all could be settled."
        )  # fmt: skip
    return (f"Ingen ändring hittades bland {told.n_tried}, men alla kunde inte avgöras." if swedish
            else f"No change was found among {told.n_tried}, but not all could be settled.")  # fmt: skip


def _of_confirmation(store: Store, told: Unmatched, run: str | None, language: str) -> Iterator[str]:
    """Make the change for a moment and solve again; a pilot that has moved on is said to have."""
    if told.remedy is None:
        return
    try:
        sure = confirmed(store, told.remedy, run)
    except InputError as error:
        yield str(error)
        return
    if language == "sv":
        yield "Prövat med ändringen gjord: varje bästa plan utför det." if sure else "Prövningen bekräftade det inte."
    else:
        yield "Tried with the change made: every best plan serves it." if sure else "The trial did not confirm it."


def _of_plan(plan: PlanB, language: str) -> Iterator[str]:
    swedish = language == "sv"
    yield (f"{plan.visit}: risk {plan.risk:.1f} poäng ({plan.chance:.0%} av {plan.value:g})." if swedish
           else f"{plan.visit}: {plan.risk:.1f} points at risk ({plan.chance:.0%} of {plan.value:g}).")  # fmt: skip
    if not plan.standbys:
        yield "Ingen reserv finns." if swedish else "Nobody could come instead."
    for one in plan.standbys:
        kept = ("samma tid" if one.keeps_time else "annan tid") if swedish else (
            "same time" if one.keeps_time else "another time")  # fmt: skip
        yield f"  {one.visit} ({kept}, {one.distance_km:.1f} km)"


def _match_as_json(match: Match) -> dict[str, Any]:
    return asdict(match) | {"is_forced": match.is_forced, "interchangeable_with": match.interchangeable_with}


def _unmatched_as_json(told: Unmatched) -> dict[str, Any]:
    words = {}
    if told.remedy:
        words = {f"change_{lang}": told.remedy.change.in_words(lang, baseline()) for lang in ("en", "sv")}
    return asdict(told) | words
