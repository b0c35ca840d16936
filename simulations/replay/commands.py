"""``mikro replay``: the pilot's own history under another policy, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.commands.options import ME, PILOT, Actor, AsOf, Db, Json, out, plain_rows, print_json
from simulations.commands import MEASURES, Jobs
from simulations.printed import printed

app = typer.Typer()


@app.command()
def replay(
    policies: Annotated[
        list[str] | None, typer.Option("--policy", metavar="FILE|NAME", help="Policy to try; several are compared.")
    ] = None,
    db: Db = PILOT,
    extract: Annotated[
        Path | None, typer.Option("--extract", metavar="DIR", help="Replay this research extract instead of a pilot.")
    ] = None,
    as_of: AsOf = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The first seed.")] = 1,
    replications: Annotated[int, typer.Option("--replications", min=1, help="How many seeds in a row.")] = 5,
    redraw: Annotated[
        bool, typer.Option("--redraw", help="Draw every answer and ending, also those the log holds.")
    ] = False,
    jobs: Jobs = 1,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Live the pilot's own history again, as it was and under other policies; the same people ask and come."""
    from simulations.experiment import policies_of, seeds_from  # noqa: PLC0415 - takes a second
    from simulations.replay.comparison import compare, happened_in  # noqa: PLC0415

    history, happened = _read(extract, db, as_of, actor, happened_in)
    compared = compare(
        history,
        happened,
        policies_of(policies or []),
        seeds_from(seed, replications),
        keeps=not redraw,
        n_jobs=jobs,
    )
    bands, differences = compared.bands(MEASURES), compared.differences(MEASURES)
    doubts = compared.doubts(MEASURES)
    if as_json:
        print_json(
            {
                "policies_in_the_log": history.policies,
                "bands": plain_rows(bands),
                "differences": plain_rows(differences),
                "reliability": plain_rows(compared.reliability.bins),
                "brier": compared.reliability.brier,
                "brier_of_mean": compared.reliability.brier_of_mean,
                "outside": {name: plain_rows(support.outside) for name, support in compared.support.items()},
                "doubts": doubts,
            }
        )
        return
    _print(history, compared, bands, differences, doubts)


def _read(extract: Path | None, db: Path, as_of: Any, actor: str, happened_in: Any) -> tuple[Any, dict[str, Any]]:
    """Read the history, and what happened in it."""
    from datetime import UTC  # noqa: PLC0415

    from engine.access import looking  # noqa: PLC0415
    from engine.store import Store, utc_now  # noqa: PLC0415
    from simulations.replay.extracted import pilot_of_extract  # noqa: PLC0415
    from simulations.replay.history import History  # noqa: PLC0415

    store = pilot_of_extract(extract) if extract else Store(db)
    with looking(store, actor, "evaluate") as (reading, _):
        newest = reading.newest_moment()
        end = as_of or (newest.replace(tzinfo=UTC) if newest else utc_now())
        history = History.of(reading, end)
        happened = happened_in(reading, history)
    store.close()
    return history, happened


def _print(history: Any, compared: Any, bands: Any, differences: Any, doubts: list[str]) -> None:
    out.print(
        f"{len(history.rounds)} rounds of the office under {', '.join(history.policies)}; what happened, and between"
        " which figures 95 % of replications lie:",
        markup=False,
    )
    out.print(printed(bands))
    if len(differences):
        out.print("Differences from as it was, seed by seed, with 95 % intervals:", markup=False)
        out.print(printed(differences[["policy", "measure", "n_pairs", "mean", "low", "high"]]))
    tested = compared.reliability
    out.print(
        f"Chance of a yes, given and seen, of {tested.n} offers (Brier score {tested.brier:.3f}; giving everybody the"
        f" mean: {tested.brier_of_mean:.3f}):",
        markup=False,
    )
    out.print(printed(tested.bins.rename(columns={"served_share": "yes_share"})))
    for sentence in doubts:
        out.print(f"Warning: {sentence}", markup=False, soft_wrap=True)
