"""``mikro simulate`` and ``mikro tune``: a simulated pilot, a comparison, a search, from the command line.

``engine`` knows nothing of simulations: the command line finds these commands through the entry points
``mikro.commands``. What takes long to load is loaded by the command that needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.progress import Progress

from engine.commands.options import Json, err, out, plain_rows, print_json
from engine.errors import InputError
from simulations.printed import printed

app = typer.Typer()

Jobs = Annotated[int, typer.Option("--jobs", min=1, help="How many replications at a time.")]
Backend = Annotated[str, typer.Option("--backend", help="local, or dask.")]
Scheduler = Annotated[str | None, typer.Option("--scheduler", metavar="ADDRESS", help="Of a Dask cluster.")]

MEASURES = ("coverage", "acceptance_days", "uneven_coverage", "asked_per_filled", "handling_cost_per_visit", "idle")


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
    to: Annotated[
        Path | None, typer.Option("--out", help="Folder for results.parquet, manifest.json and bands-POLICY.csv.")
    ] = None,
    jobs: Jobs = 1,
    backend: Backend = "local",
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Run a simulated pilot with invented people, or compare policies and ways of proposing under the same seeds."""
    from simulations import experiment  # noqa: PLC0415 - takes a second
    from simulations.bands import write_bands  # noqa: PLC0415
    from simulations.scenario import Scenario  # noqa: PLC0415
    from simulations.workers import Workers  # noqa: PLC0415

    workers = Workers(jobs, backend, scheduler)
    asked = experiment.Experiment(
        scenario=Scenario.named(scenario),
        policies=experiment.policies_of(policies or ["baseline"]),
        seeds=experiment.seeds_from(seed, replications),
        rivals=tuple(rivals or ["optimal"]),
        days=days,
    )
    plans = asked.plans()
    if len(plans) == 1 and backend == "local":
        results = pd.DataFrame([_alone(plans[0], days, db)])
    elif db is not None:
        raise InputError("A file holds one pilot; leave --db out to compare several, or to use a cluster.")
    else:
        with _bar("replications") as told:
            results = experiment.run(asked, workers, progress=told)
    hand_over = []
    if to is not None:
        experiment.write(asked, results, to)
        hand_over = write_bands(asked, results, to)
    first = (asked.policies[0].name, asked.rivals[0])
    compared = experiment.differences(results, first, MEASURES)
    if as_json:
        print_json({"manifest": asked.manifest(), "results": plain_rows(results), "differences": plain_rows(compared)})
        return
    out.print(printed(results[[*experiment.KEYS, "n_requests", *MEASURES]]))
    if len(compared):
        out.print(f"Differences from {' with '.join(first)}, seed by seed, with 95 % intervals:", markup=False)
        out.print(printed(compared))
    for command in hand_over:
        out.print(f"To hand the bands over to a pilot: {command}", markup=False, highlight=False, soft_wrap=True)


@app.command("tune")
def tune_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the study is kept; again to go on with it.")],
    scenario: Annotated[str, typer.Option("--scenario", help="A file, or a name in data/scenarios.")] = "region",
    policy: Annotated[str, typer.Option("--policy", metavar="FILE|NAME", help="Where the search starts.")] = "baseline",
    numbers: Annotated[
        list[str] | None, typer.Option("--number", metavar="TABLE.NUMBER", help="Search only these (data/tuning.toml).")
    ] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Of eight trials each, in all.")] = 5,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the search, and the first of the pilots.")] = 1,
    replications: Annotated[int, typer.Option("--replications", min=1, help="Pilots of each trial.")] = 3,
    days: Annotated[int | None, typer.Option("--days", min=1, help="Stop pilots after so many days.")] = None,
    vary: Annotated[
        list[str] | None, typer.Option("--vary", metavar="TABLE.NUMBER", help="Vary only these assumptions, not all.")
    ] = None,
    as_stated: Annotated[bool, typer.Option("--as-stated", help="Vary no assumption.")] = False,
    jobs: Jobs = 1,
    backend: Backend = "local",
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Search policies by coverage, waiting, equity, burden and cost at once; try the winner on other assumptions."""
    from simulations import sensitivity, tuning  # noqa: PLC0415 - takes a second
    from simulations.experiment import policies_of, seeds_from  # noqa: PLC0415
    from simulations.scenario import Scenario  # noqa: PLC0415
    from simulations.space import Space  # noqa: PLC0415
    from simulations.study import MEASURES as SOUGHT  # noqa: PLC0415
    from simulations.workers import Workers  # noqa: PLC0415

    workers, space, [start] = Workers(jobs, backend, scheduler), Space.from_toml(), policies_of([policy])
    asked = tuning.Tuning(
        scenario=Scenario.named(scenario),
        policy=start,
        seeds=seeds_from(seed, replications),
        space=space.part(*numbers) if numbers else space,
        days=days,
        search_seed=seed,
    )
    with _bar("trials") as told:
        trials = tuning.tune(asked, folder, rounds, workers, progress=told)
    names = [] if as_stated else vary or sensitivity.numbers_of(asked.scenario)
    fresh = seeds_from(seed + replications, replications)
    with _bar("replications") as told:
        tried = sensitivity.sensitivity(asked.finalists(trials), fresh, names, days, workers, progress=told)
    tuning.write(asked, folder, trials, sensitivity=tried)
    front = trials[trials["is_on_front"]]
    if as_json:
        print_json({"manifest": asked.about(), "front": plain_rows(front), "sensitivity": plain_rows(tried)})
        return
    out.print("The Pareto front (trial 0 is the policy the search started from):", markup=False)
    out.print(printed(front[["number", "way", *SOUGHT, "is_winner"]]))
    out.print(f"The winner less {start.name}, on seeds the search did not see:", markup=False)
    out.print(printed(tried))
    out.print(f"Everything is in {folder}; the winner as a policy in winner.toml.", markup=False, soft_wrap=True)


def _alone(plan: Any, days: int | None, db: Path | None) -> dict[str, Any]:
    """Run one replication with a bar, in a file if asked for."""
    from engine.store import Store  # noqa: PLC0415
    from simulations.pilot import simulate  # noqa: PLC0415

    store = None if db is None else Store(db) if db.exists() else Store.create(db)
    with _bar("days") as told:
        counted = simulate(plan, store, days=days, progress=told)
    return {"policy": plan.policy.name, "rival": plan.rival, "seed": plan.seed} | counted


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show how far it is; give what tells it."""
    with Progress(console=err, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda n, of: bar.update(task, completed=n, total=of)
