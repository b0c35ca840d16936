"""The measures from the command line: does it work, for whom, with which uncertainty."""

from __future__ import annotations

import math
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich import box
from rich.table import Table

from engine import metrics
from engine.access import looking
from engine.commands.options import ME, PILOT, Actor, AsOf, Db, Json, moment_of, out, print_json, say
from engine.measures import progression
from engine.store import Store

app = typer.Typer()

LOOKED_BACK = timedelta(days=365)
COLOURS = {"green": "green", "amber": "yellow", "red": "red", "unknown": "dim"}


Names = Annotated[list[str] | None, typer.Argument(metavar="[MEASURE]...", help="Only these measures (default: all).")]
By = Annotated[list[str] | None, typer.Option(help=f"Tell them by {', '.join(metrics.GROUPS)}; repeatable.")]
From = Annotated[
    datetime | None,
    typer.Option("--from", parser=moment_of, metavar="ISO", help="Begin of the period (default: a year before)."),
]
To = Annotated[
    datetime | None, typer.Option("--to", parser=moment_of, metavar="ISO", help="End of the period (default: now).")
]
UntilEntry = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Believe the log up to this entry (default: all of it).")
]
Criteria = Annotated[
    bool, typer.Option("--criteria", help="Show the progression criteria, each with its light, instead.")
]
ReportFolder = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Write the report to the board there instead: HTML and PDF.")
]
Language = Annotated[str | None, typer.Option(metavar="sv|en", help="Of the report (default: sv).")]
Note = Annotated[str, typer.Option(metavar="TEXT", help="Said first in the report; it should name nobody.")]


@app.command()
def evaluate(
    names: Names = None,
    by: By = None,
    from_: From = None,
    to: To = None,
    until_entry: UntilEntry = None,
    criteria: Criteria = False,
    report: ReportFolder = None,
    language: Language = None,
    note: Note = "",
    db: Db = PILOT,
    as_of: AsOf = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Work out the evaluation measures of a period, with intervals; cells of fewer than five people are left out."""
    _must_fit(bool(names or by), criteria, report, language or note)
    period = _period(from_, to, as_of, until_entry)
    if report:
        _write_report(db, actor, period, report, language or "sv", note, as_json)
        return
    if criteria:
        _show_criteria(db, actor, period, as_json)
        return
    with looking(Store(db), actor, "evaluate") as (reading, _):
        found = metrics.evaluate(reading, period, names, by or ())
    if as_json:
        print_json(_told(found, by or [], period))
        return
    _print(found, by or [])


def _must_fit(has_measures: bool, criteria: bool, report: Path | None, of_report: str | None) -> None:
    """Refuse options that say different things to show."""
    if (criteria or report) and has_measures:
        raise typer.BadParameter("--criteria and --report have measures of their own: name none, and no --by")
    if criteria and report:
        raise typer.BadParameter("--report holds the criteria already: leave --criteria out")
    if of_report and not report:
        raise typer.BadParameter("--language and --note are a report's: say --report DIR")


def _period(
    from_: datetime | None, to: datetime | None, as_of: datetime | None, until_entry: int | None
) -> metrics.Period:
    looked_at = as_of or datetime.now(UTC)
    until = to or looked_at
    return metrics.Period(from_ or until - LOOKED_BACK, until, looked_at, until_entry)


def _write_report(
    db: Path, actor: str, period: metrics.Period, folder: Path, language: str, note: str, as_json: bool
) -> None:
    from engine.report.writing import write_report  # noqa: PLC0415 - matplotlib takes a second

    with looking(Store(db), actor, "evaluate") as (reading, _):
        files = write_report(reading, period, folder, language, note)
    say(as_json, {"html": str(files.html), "pdf": str(files.pdf)}, f"Written: {files.html} and {files.pdf}.")


def _show_criteria(db: Path, actor: str, period: metrics.Period, as_json: bool) -> None:
    """Show when to go on, to change or to stop: every criterion with its light and why."""
    with looking(Store(db), actor, "evaluate") as (reading, _):
        found = progression.judged(reading, period)
    if not as_json:
        for one in found:
            out.print(f"[{COLOURS[one.light]}]{one.light:>8}[/]  {one.why.en}", highlight=False, soft_wrap=True)
        return
    told = [
        {
            **asdict(one.criterion),
            "value": _plain(one.figure.value),
            "low": _plain(one.figure.low),
            "high": _plain(one.figure.high),
            "light": one.light,
            "is_sure": one.is_sure,
            "why": {"en": one.why.en, "sv": one.why.sv},
        }
        for one in found
    ]
    print_json({"from": period.from_at.isoformat(), "to": period.to_at.isoformat(), "criteria": told})


def _told(found: pd.DataFrame, by: list[str], period: metrics.Period) -> dict[str, Any]:
    """Lay the figures out for programs: each measure with its words once, its cells below."""
    measures = []
    for name, cells in found.groupby("measure", sort=False):
        known = metrics.MEASURES[str(name)]
        rows = cells.drop(columns="measure").to_dict("records")
        measures.append(
            {
                "measure": name,
                "title": known.title.en,
                "definition": known.definition.en,
                "denominator": known.denominator.en,
                "unit": known.unit.en,
                "interval": known.interval.en,
                "cells": [{str(key): _plain(value) for key, value in row.items()} for row in rows],
            }
        )
    moments = {"from": period.from_at, "to": period.to_at, "as_of": period.looked_at}
    return {name: moment.isoformat() for name, moment in moments.items()} | {"by": by, "measures": measures}


def _plain(value: Any) -> Any:
    """Write what has no number as null: JSON knows neither NaN nor infinity."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() else value
    return value


def _print(found: pd.DataFrame, by: list[str]) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("measure", *by):
        table.add_column(title, overflow="fold")
    for title in ("figure", "95 %", "n", "unit"):
        table.add_column(title, justify="left" if title == "unit" else "right", overflow="fold")
    for row in found.to_dict("records"):
        known = metrics.MEASURES[row["measure"]]
        groups = [str(row[group]) for group in by]
        if row["is_suppressed"]:
            table.add_row(known.title.en, *groups, "too few", "", "", known.unit.en)
            continue
        low, high = (_said(row[bound]) for bound in ("low", "high"))
        interval = "" if math.isnan(row["low"]) and math.isnan(row["high"]) else f"{low} to {high}"
        table.add_row(known.title.en, *groups, _said(row["value"]), interval, f"{row['n']:.0f}", known.unit.en)
    out.print(table, markup=False, highlight=False)


def _said(value: float) -> str:
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "not reached"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
