"""``mikro design`` and ``mikro design-result``: an evaluation planned, registered before it begins, and analysed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.commands.options import ME, PILOT, Actor, AsOf, Db, Json, out, plain_rows, policy_of, print_json
from engine.errors import InputError
from simulations.printed import printed

if TYPE_CHECKING:
    from simulations.design.outcome import Figures
    from simulations.design.plan import Trial

app = typer.Typer()

KINDS = ("stepped-wedge", "switchback", "time-series")
LOOKED_BACK = timedelta(days=365)


@app.command()
def design(
    starts_on: Annotated[
        datetime, typer.Option("--starts-on", formats=["%Y-%m-%d"], help="Monday on which the first block begins.")
    ],
    on_trial: Annotated[str, typer.Option("--policy", metavar="FILE|NAME", help="The policy on trial.")],
    kind: Annotated[str | None, typer.Option("--kind", help=f"{', '.join(KINDS)} (default: all are compared).")] = None,
    weeks: Annotated[int, typer.Option("--weeks", min=3, help="Length of the trial.")] = 26,
    block_weeks: Annotated[int, typer.Option("--block-weeks", min=1, help="Length of a step or block.")] = 2,
    washout_weeks: Annotated[
        int, typer.Option("--washout-weeks", min=0, help="Weeks after each change that are not counted.")
    ] = 0,
    measure: Annotated[str, typer.Option("--measure", help="What is compared.")] = "coverage",
    effect: Annotated[float, typer.Option("--effect", help="Effect that should be seen, in the measure's unit.")] = 0.1,
    carry_over: Annotated[
        float, typer.Option("--carry-over", min=0, max=1, help="Share of the effect that stays a week. Assumption.")
    ] = 0.0,
    spill_over: Annotated[
        float, typer.Option("--spill-over", min=0, max=1, help="Share that reaches the others. Assumption.")
    ] = 0.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the lot that divides.")] = 1,
    scenario: Annotated[
        str | None, typer.Option("--simulate", metavar="SCENARIO", help="Figures and effect from simulated pilots.")
    ] = None,
    replications: Annotated[int, typer.Option("--replications", min=1, help="How many, with --simulate.")] = 2,
    register_as: Annotated[
        Path | None, typer.Option("--register", metavar="FILE.toml", help="Write the plan down, before it begins.")
    ] = None,
    hypothesis: Annotated[str, typer.Option("--hypothesis", help="What is expected, with --register.")] = "",
    db: Db = PILOT,
    as_of: AsOf = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Plan an evaluation of a policy in the eleven municipalities: who gets it when, and what it can show."""
    from engine.policy import Policy  # noqa: PLC0415
    from simulations.design.plan import Kind, Trial  # noqa: PLC0415 - takes a second
    from simulations.design.prospects import prospects  # noqa: PLC0415
    from simulations.design.registration import Registration, register  # noqa: PLC0415

    now = datetime.now(UTC)
    if kind is not None and kind not in KINDS:
        raise InputError(f"There is no plan of kind {kind!r}; there are {', '.join(KINDS)}.")
    if register_as is not None and kind is None:
        raise InputError("One plan is registered: say which, with --kind.")
    trials = [
        Trial(Kind(name), starts_on.date(), weeks, seed, block_weeks, washout_weeks)
        for name in ([kind] if kind else KINDS)
    ]
    assumed = {"carry_over_share": carry_over, "spill_over_share": spill_over}
    trial_policy = Policy.named(on_trial)
    if scenario is None:
        figures, in_force = _figures_of_pilot(db, actor, measure, as_of or now, trials[0], assumed)
    else:
        figures, effect = _figures_of_scenario(scenario, trial_policy, measure, replications, trials[0], assumed)
        in_force = Policy.named("baseline")
    expected = {trial.kind.value: prospects(trial, figures, effect) for trial in trials}
    digest = None
    if register_as is not None:
        written = Registration(
            hypothesis, measure, in_force, trial_policy, trials[0], figures, expected[trials[0].kind.value]
        )
        digest = register(written, register_as, now)
    _tell(trials, figures, expected, digest, as_json)


@app.command("design-result")
def design_result(
    registration: Annotated[Path, typer.Argument(metavar="FILE.toml", help="What was registered.")],
    db: Db = PILOT,
    as_of: AsOf = None,
    actor: Actor = ME,
    as_json: Json = False,
) -> None:
    """Analyse a registered evaluation on the pilot's data, as it was registered and no other way."""
    from engine.access import looking  # noqa: PLC0415
    from engine.store import Store  # noqa: PLC0415
    from simulations.design.registration import read_registration  # noqa: PLC0415
    from simulations.design.results import results_of  # noqa: PLC0415

    content, trial = read_registration(registration)
    with looking(Store(db), actor, "evaluate") as (reading, _):
        found = results_of(reading, content["measure"]["name"], trial, as_of or datetime.now(UTC))
    if as_json:
        print_json({"hypothesis": content["registration"]["hypothesis"], "effects": plain_rows(found)})
        return
    out.print(content["registration"]["hypothesis"], markup=False)
    out.print(printed(found))


def _figures_of_pilot(
    db: Path, actor: str, measure: str, as_of: datetime, trial: Trial, assumed: dict[str, float]
) -> tuple[Figures, Any]:
    from engine import metrics  # noqa: PLC0415
    from engine.access import looking  # noqa: PLC0415
    from engine.store import Store  # noqa: PLC0415
    from simulations.design.prospects import cells_of, known_figures  # noqa: PLC0415

    store = Store(db)
    with looking(store, actor, "evaluate") as (reading, _):
        cells = cells_of(reading, measure, metrics.Period(as_of - LOOKED_BACK, as_of))
    return known_figures(cells, trial, **assumed), policy_of(store, None, as_of)


def _figures_of_scenario(
    scenario: str, on_trial: Any, measure: str, replications: int, trial: Trial, assumed: dict[str, float]
) -> tuple[Figures, float]:
    from engine.policy import Policy  # noqa: PLC0415
    from simulations.design.prospects import known_figures, simulated  # noqa: PLC0415
    from simulations.experiment import seeds_from  # noqa: PLC0415
    from simulations.scenario import Scenario  # noqa: PLC0415

    cells, effect = simulated(
        Scenario.named(scenario), Policy.named("baseline"), on_trial, measure, seeds_from(1, replications)
    )
    return known_figures(cells, trial, **assumed), effect


def _tell(trials: list[Trial], figures: Figures, expected: dict[str, Any], digest: str | None, as_json: bool) -> None:
    from dataclasses import asdict  # noqa: PLC0415

    import pandas as pd  # noqa: PLC0415

    listed = {trial.kind.value: plain_rows(trial.randomisation_list()) for trial in trials}
    if as_json:
        plans = {name: {"expected": asdict(one), "list": listed[name]} for name, one in expected.items()}
        print_json({"figures": figures.numbers() | {"icc": figures.icc}, "plans": plans, "hash": digest})
        return
    out.print(
        f"Mean {figures.mean:.3f}; between municipalities {figures.between:.3f} (ICC {figures.icc:.3f}), weeks"
        f" {figures.weekly:.3f}, municipality and week {figures.local:.3f}, lingering {figures.lingering:.2f}.",
        markup=False,
    )
    out.print(printed(pd.DataFrame([{"plan": name} | asdict(one) for name, one in expected.items()])))
    if len(trials) == 1:
        out.print(printed(trials[0].randomisation_list()))
    if digest is not None:
        out.print(f"Registered, {digest}.", markup=False, soft_wrap=True)
