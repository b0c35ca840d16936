"""``mikro simulate``: a simulated pilot, or a comparison, from the command line.

``engine`` knows nothing of simulations: the command line finds these commands through the entry points
``mikro.commands``. What takes long to load is loaded by the command that needs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.progress import Progress
from rich.table import Table

from engine.commands.options import Json, err, out, print_json
from engine.errors import InputError

app = typer.Typer()

MEASURES = ("n_completed", "coverage", "mean_days_to_yes", "offers_per_yes", "used_share", "mean_km")


@app.command("simulate")
def simulate_(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="A file, or a name in data/scenarios.")
    ] = "region",
    policies: Annotated[
        list[str] | None, typer.Option("--policy", metavar="FILE|NAME", help="Policy; several are compared.")
    ] = None,
    rivals: Annotated[
        list[str] | None, typer.Option("--way", metavar="NAME", help="Way of proposing; several are compared.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The first seed.")] = 1,
    replications: Annotated[int, typer.Option("--replications", min=1, help="How many seeds in a row.")] = 1,
    days: Annotated[int | None, typer.Option("--days", min=1, help="Stop after so many days.")] = None,
    db: Annotated[
        Path | None, typer.Option("--db", help="Keep one replication's pilot in this file; again to go on with it.")
    ] = None,
    to: Annotated[Path | None, typer.Option("--out", help="Folder for results.parquet and manifest.json.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="How many replications at a time.")] = 1,
    backend: Annotated[str, typer.Option("--backend", help="local, or dask.")] = "local",
    scheduler: Annotated[str | None, typer.Option("--scheduler", help="Address of a Dask scheduler.")] = None,
    as_json: Json = False,
) -> None:
    """Run a simulated pilot with invented people, or compare policies and ways of proposing under the same seeds."""
    from simulations import experiment  # noqa: PLC0415 - takes a second
    from simulations.scenario import Scenario  # noqa: PLC0415

    asked = experiment.Experiment(
        scenario=Scenario.named(scenario),
        policies=experiment.policies_of(policies or ["baseline"]),
        seeds=experiment.seeds_from(seed, replications),
        rivals=tuple(rivals or ["optimal"]),
        days=days,
    )
    plans = asked.plans()
    if len(plans) == 1:
        results = pd.DataFrame([_alone(plans[0], days, db)])
    elif db is not None:
        raise InputError("A file holds one pilot; leave --db out to compare several.")
    else:
        results = experiment.run(asked, n_jobs=jobs, backend=backend, scheduler=scheduler)
    if to is not None:
        experiment.write(asked, results, to)
    first = (asked.policies[0].name, asked.rivals[0])
    compared = experiment.differences(results, first, MEASURES)
    if as_json:
        print_json({"manifest": asked.manifest(), "results": _rows(results), "differences": _rows(compared)})
        return
    out.print(_table(results, [*experiment.KEYS, "n_requests", *MEASURES]))
    if len(compared):
        out.print(f"Differences from {' with '.join(first)}, seed by seed, with 95 % intervals:", markup=False)
        out.print(_table(compared, list(compared.columns)))


def _alone(plan: Any, days: int | None, db: Path | None) -> dict[str, Any]:
    """Run one replication with a bar, in a file if asked for."""
    from engine.store import Store  # noqa: PLC0415
    from simulations.pilot import simulate  # noqa: PLC0415

    store = None if db is None else Store(db) if db.exists() else Store.create(db)
    with Progress(console=err, transient=True) as bar:
        task = bar.add_task("days", total=None)
        counted = simulate(plan, store, days=days, progress=lambda n, of: bar.update(task, completed=n, total=of))
    return {"policy": plan.policy.name, "rival": plan.rival, "seed": plan.seed} | counted


def _rows(table: Any) -> list[dict[str, Any]]:
    """Lay a table out for JSON, which has no word for what is missing but null."""
    plain = table.astype(object)
    rows: list[dict[str, Any]] = plain.where(table.notna(), None).to_dict("records")
    return rows


def _table(rows: Any, columns: list[str]) -> Table:
    table = Table(*columns)
    for row in rows[columns].itertuples(index=False):
        table.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row))
    return table
