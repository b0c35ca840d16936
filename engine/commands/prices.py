"""What would help, and what can be promised: prices of one more of everything, and the chance of a request."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import pandas as pd
import typer
from rich import box
from rich.table import Table

from engine import printout
from engine.clock import local_of
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
    plain_rows,
    policy_of,
    print_json,
)
from engine.errors import InputError
from engine.facts import RequestSubmitted
from engine.prices import KINDS, Worth, keep_worths
from engine.prices import worths as worths_of
from engine.reasons.calibration import Calibration
from engine.reasons.chance import Chance, chance_of
from engine.reasons.history import calibration as calibration_of
from engine.reasons.history import learn
from engine.reasons.season import season as season_of
from engine.reference import MUNICIPALITIES, checks, services

app = typer.Typer()

TITLES = {
    "volunteer": "One more volunteer",
    "check": "One cleared check",
    "hour": "One more hour a week",
    "visit": "One more visit a week",
}
PARTS = {
    "weekday_morning": "weekday mornings",
    "weekday_afternoon": "weekday afternoons",
    "weekday_evening": "weekday evenings",
    "weekend": "weekends",
}
N_SEASON = 20


def _local(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not an ISO 8601 time such as 2026-12-01T09:00") from error
    return local_of(moment) if moment.tzinfo else moment


LocalTime = Annotated[datetime | None, typer.Option(parser=_local, metavar="ISO", help="Local time.")]


@app.command()
def prices(
    run: Annotated[str | None, typer.Argument(help="A run (default: the newest).")] = None,
    db: Db = PILOT,
    confirm: Annotated[int, typer.Option(min=0, help="How many of each kind to confirm by solving again.")] = 10,
    time_limit_s: Annotated[float, typer.Option(min=0.01, help="Seconds for solving again, together.")] = 60.0,
    season: Annotated[bool, typer.Option("--season", help="The mean over all runs that were priced.")] = False,
    as_of: AsOf = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Say what one more volunteer, cleared check, hour or visit would be worth, and to whom; kept with the run."""
    store = open_for(db, actor)
    if season:
        _show_season(season_of(store, as_of), as_json)
        return
    with printout.progress(err) as phase:
        made = worths_of(store, run, n_confirmed=confirm, time_limit_s=time_limit_s, progress=phase("Pricing"))
        keep_worths(store, made, actor_id=actor)
    if as_json:
        best = {kind: [asdict(worth) for worth in made.best(kind)] for kind in KINDS}
        print_json({"run_id": made.run_id, "notes": made.notes(), "proved": sorted(made.proved), "best": best})
        return
    out.print(f"\n[bold]What would help[/bold]  run {made.run_id}")
    for kind in KINDS:
        if best_ones := made.best(kind):
            out.print(_worths(TITLES[kind], best_ones))
        else:
            out.print(f"{TITLES[kind]}: worth nothing to this run.")
    for note in made.notes():
        out.print(note, highlight=False, soft_wrap=True)


@app.command()
def chance(
    resident: Annotated[str | None, typer.Option(help="Who asks (resident_id).")] = None,
    service: Annotated[str | None, typer.Option(help="The service, such as shopping.")] = None,
    earliest: LocalTime = None,
    latest: LocalTime = None,
    minutes: Annotated[int, typer.Option(min=1, help="Length of the visit.")] = 60,
    needed: Annotated[int, typer.Option(min=1, help="Volunteers needed.")] = 1,
    urgency: Annotated[int, typer.Option(min=1, max=3, help="1 can wait, 3 urgent.")] = 1,
    language: Annotated[list[str] | None, typer.Option(help="Any of these will do; may be given again.")] = None,
    calibration: Annotated[bool, typer.Option("--calibration", help="Test the chances on the last days.")] = False,
    db: Db = PILOT,
    as_of: AsOf = None,
    policy: PolicyOption = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Say how likely a request would be served, and when, before it is entered; or how right such chances were."""
    if not calibration and (resident is None or service is None or earliest is None or latest is None):
        raise typer.BadParameter("--resident, --service, --earliest and --latest are needed, or --calibration")
    if service is not None and service not in services():
        raise InputError(f"There is no service {service!r}; known are {', '.join(services())}.")
    store, as_of = open_for(db, actor), as_of or datetime.now(UTC)
    chosen = policy_of(store, policy, as_of)
    with printout.progress(err) as phase:
        history = learn(store, chosen, as_of, phase("Learning from earlier requests"))
    if calibration:
        _show_calibration(calibration_of(history), as_json)
        return
    asked = RequestSubmitted(
        occurred_at=as_of, request_id="entered", resident_id=str(resident), service=str(service), minutes=minutes,
        earliest_at=earliest or datetime.max, latest_at=latest or datetime.max, volunteers_needed=needed,
        urgency=urgency, languages=tuple(language or ()),
    )  # fmt: skip
    with store.reading() as reading:
        told = chance_of(reading, chosen, as_of, asked, history)
    if as_json:
        print_json(asdict(told))
    else:
        _show_chance(told)


def _worths(title: str, worths: list[Worth]) -> Table:
    table = _table(title)
    for name in ("points", "at most", "served more", "who", "would serve"):
        table.add_column(name, justify="right" if name in ("points", "at most", "served more") else "left")
    for worth in worths:
        confirmed = worth.confirmed_points
        table.add_row(
            "not confirmed" if confirmed is None else f"{confirmed:,.2f}",
            f"{worth.estimated_points:,.2f}",
            "" if worth.n_served_more is None else str(worth.n_served_more),
            who(asdict(worth)),
            ", ".join(worth.request_ids),
        )
    return table


def who(worth: dict[Any, Any]) -> str:
    """Say in words whom a worth is about."""
    named = {name: value for name, value in worth.items() if not pd.isna(value)} if "n_days" in worth else worth
    place = MUNICIPALITIES.get(worth["municipality_code"], worth["municipality_code"])
    if named.get("kind") == "volunteer":
        service = services()[worth["service"]]["name_en"].lower()
        return f"{place}: {service}, speaks {worth['language']}, {PARTS[worth['weekday_part']]}"
    check = f", {checks()[worth['check_code']]['name_en']}" if named.get("check_code") else ""
    return f"{place}: {named.get('volunteer_id') or 'a volunteer'}{check}"


def _show_season(table: pd.DataFrame, as_json: bool) -> None:
    if as_json:
        print_json(plain_rows(table))
        return
    if table.empty:
        out.print("No run was priced yet: try `mikro prices` after a match.")
        return
    n_days = int(table["n_days"].iloc[0])
    for kind in KINDS:
        rows = table[table["kind"] == kind].head(N_SEASON)
        if rows.empty:
            continue
        shown = _table(f"{TITLES[kind]}, mean of {n_days} priced days")
        for name in ("points a day", "95 % interval", "days with any", "who"):
            shown.add_column(name, justify="left" if name == "who" else "right")
        for row in rows.to_dict("records"):
            interval = "" if pd.isna(row["low"]) else f"{row['low']:,.2f} to {row['high']:,.2f}"
            shown.add_row(f"{row['mean_points']:,.2f}", interval, str(row["n_days_with"]), who(row))
        out.print(shown)


def _show_chance(told: Chance) -> None:
    out.print(f"\n[bold]{told.share_served:.0%}[/bold] chance of being served ({told.low:.0%} to {told.high:.0%}).")
    if told.days_waiting is not None:
        out.print(f"If served, expected in {told.days_waiting:.1f} days. {told.n_candidates} volunteers could come.")
    for reason in told.reasons:
        out.print(f"  {'+' if (reason.effect or -1) > 0 else '-'} {reason.en}", highlight=False, markup=False)
    for name, other in (("A wider window", told.wider), ("A nearer window", told.nearer)):
        if other is not None:
            when = f"{other.earliest_at:%Y-%m-%d %H:%M} to {other.latest_at:%Y-%m-%d %H:%M}"
            waiting = "" if other.days_waiting is None else f", {other.days_waiting:.1f} days"
            out.print(f"{name} ({when}): {other.share_served:.0%}{waiting}.", highlight=False)
    basis = f"Learnt from {told.n_history} earlier requests." if told.n_history else "No history yet: an assumption."
    out.print(basis, highlight=False)


def _show_calibration(tested: Calibration, as_json: bool) -> None:
    if as_json:
        plain = {name: None if pd.isna(value) else value for name, value in _figures(tested).items()}
        print_json(plain | {"bins": tested.bins.to_dict("records")})
        return
    if not tested.n:
        out.print("Too little history: no request with a known fate was held back.")
        return
    table = _table(f"{tested.n} requests of the last days, predicted from what was known before each day")
    for name in ("chance given", "requests", "mean given", "served", "90 % interval"):
        table.add_column(name, justify="right")
    for row in tested.bins.to_dict("records"):
        table.add_row(
            f"{row['from_share']:.0%} to {row['to_share']:.0%}", str(row["n"]), f"{row['mean_share']:.1%}",
            f"{row['served_share']:.1%}", f"{row['low']:.0%} to {row['high']:.0%}",
        )  # fmt: skip
    out.print(table)
    out.print(
        f"Brier score {tested.brier:.3f} (giving everybody the mean: {tested.brier_of_mean:.3f}), "
        f"expected calibration error {tested.expected_error:.3f}.",
        highlight=False,
    )


def _figures(tested: Calibration) -> dict[str, float]:
    return {name: getattr(tested, name) for name in ("n", "brier", "brier_of_mean", "expected_error")}


def _table(title: str) -> Table:
    return Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
