"""``mikro replay`` and ``mikro design`` from the command line, on a pilot in a file."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
import typer
from made_history import made_pilot
from typer.testing import CliRunner

from engine.commands.options import Mikro
from engine.policy import Policy
from engine.reference import MUNICIPALITIES
from engine.store import Store
from simulations.design.commands import app as design_app
from simulations.design.outcome import Figures
from simulations.design.plan import Kind, Trial
from simulations.design.prospects import prospects
from simulations.design.registration import Registration, register
from simulations.replay.commands import app as replay_app

app = typer.Typer(cls=Mikro)
app.registered_commands += [*replay_app.registered_commands, *design_app.registered_commands]

NEXT_MONDAY = (datetime.now(UTC) + timedelta(days=14 - datetime.now(UTC).weekday())).date()


@pytest.fixture(scope="module")
def pilot(tmp_path_factory):
    """Give the path of a pilot with half a year of history, none of it by runs."""
    path = tmp_path_factory.mktemp("pilot") / "pilot.duckdb"
    made_pilot(500, 80, 40, Store.create(path, clock=lambda: datetime(2026, 7, 10, tzinfo=UTC))).close()
    return path


def mikro(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def plan(pilot, *words):
    about = ["--starts-on", NEXT_MONDAY, "--policy", "baseline", "--db", pilot, "--as-of", "2026-07-04T08:00"]
    return mikro("design", *about, *words)


def test_plans_are_compared_on_the_pilots_own_figures(pilot):
    said = json.loads(plan(pilot, "--json").stdout)

    assert set(said["plans"]) == {"stepped-wedge", "switchback", "time-series"}
    assert 0 < said["figures"]["mean"] < 1
    assert len(said["figures"]["rows_per_week"]) == 11
    assert all(0 <= one["expected"]["power"] <= 1 for one in said["plans"].values())


def test_a_plan_is_registered_and_its_result_kept_for_its_end(pilot, tmp_path):
    path = tmp_path / "trial.toml"
    words = ["--kind", "stepped-wedge", "--register", path, "--hypothesis", "Coverage rises."]

    written, again = plan(pilot, *words), plan(pilot, *words)
    early = mikro("design-result", path, "--db", pilot)

    assert written.exit_code == 0
    assert "Registered, " in written.stdout
    assert again.exit_code == 1
    assert "exists already" in again.stderr
    assert early.exit_code == 1
    assert "no part of the plan" in early.stderr


def test_a_trial_that_is_over_is_analysed_as_registered(pilot, tmp_path):
    """The history is told as if nothing was tried in it: the effect of the plan is chance."""
    trial = Trial(Kind.SWITCHBACK, date(2026, 1, 12), 20, seed=4)
    rows = dict.fromkeys(sorted(MUNICIPALITIES), 3.0)
    figures = Figures(mean=0.5, between=0.05, weekly=0.02, local=0.02, lingering=0.2, single=0.5, rows_per_week=rows)
    policy = Policy.named("baseline")
    expected = prospects(trial, figures, 0.1, n_runs=20)
    register(
        Registration("Coverage rises.", "coverage", policy, policy, trial, figures, expected),
        tmp_path / "trial.toml",
        datetime(2026, 1, 5, tzinfo=UTC),
    )

    told = mikro("design-result", tmp_path / "trial.toml", "--db", pilot, "--json")

    primary, mixed = json.loads(told.stdout)["effects"]
    assert primary["analysis"] == "primary"
    assert primary["n_cells"] > 100
    assert primary["low"] < 0 < primary["high"]
    assert mixed["effect"] == pytest.approx(primary["effect"], abs=0.1)


def test_a_plan_of_unknown_kind_is_refused_in_words(pilot):
    refused = plan(pilot, "--kind", "coin-toss")

    assert refused.exit_code == 1
    assert "no plan of kind 'coin-toss'" in refused.stderr


def test_a_history_without_runs_is_refused_in_words(pilot):
    refused = mikro("replay", "--db", pilot)

    assert refused.exit_code == 1
    assert "there is nothing to replay" in refused.stderr
