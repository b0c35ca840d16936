"""Experiments: paired comparisons that anybody can make again, however many processes made them."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from typer.testing import CliRunner

from engine.errors import InputError
from engine.policy import Policy
from simulations.commands import app
from simulations.experiment import Experiment, differences, read, run, write
from simulations.scenario import Scenario
from simulations.workers import Workers

BASELINE = Policy.named("baseline")
HAMLET = Scenario.named("village").with_numbers({"town.volunteers": 25, "town.residents": 25})
SMALL = Experiment(HAMLET, (BASELINE,), seeds=(1, 2), rivals=("optimal", "nearest"), days=1)


def results(**by_seed):
    """Lay out one measure of several arms: ``nearest=[1, 2]``."""
    return pd.DataFrame(
        [
            {"policy": "p", "rival": rival, "seed": seed, "coverage": value}
            for rival, values in by_seed.items()
            for seed, value in enumerate(values)
        ]
    )


def test_two_processes_find_what_one_finds():
    pd.testing.assert_frame_equal(run(SMALL), run(SMALL, Workers(n_jobs=2)))


def test_results_come_back_from_their_files_with_what_they_are_of(tmp_path):
    found = run(SMALL)

    write(SMALL, found, tmp_path / "out")
    manifest, again = read(tmp_path / "out")

    pd.testing.assert_frame_equal(again, found, check_dtype=False)
    assert manifest["scenario"]["fingerprint"] == HAMLET.fingerprint
    assert manifest["policies"] == {"baseline": BASELINE.fingerprint}
    assert manifest["input_hash"] != replace(SMALL, seeds=(1, 3)).manifest()["input_hash"]


def test_differences_are_taken_seed_by_seed():
    """Seeds differ by much, the two ways always by about one."""
    found = results(optimal=[10.0, 20.0, 30.0, 40.0], nearest=[9.0, 19.1, 28.9, 39.0])

    [row] = differences(found, ("p", "optimal"), ["coverage"]).to_dict("records")

    assert row["mean"] == pytest.approx(-1.0)
    assert row["low"] < -1.0 < row["high"] < 0
    assert row["n_pairs"] == 4


def test_the_interval_is_students():
    found = results(optimal=[0.0, 0.0, 0.0], nearest=[1.0, 2.0, 3.0])

    [row] = differences(found, ("p", "optimal"), ["coverage"]).to_dict("records")

    # t(0.975, 2) = 4.3027, standard error 1 / sqrt(3).
    assert row["high"] == pytest.approx(2 + 4.302653 / 3**0.5, abs=1e-5)


def test_one_pair_has_no_interval():
    [row] = differences(results(optimal=[1.0], nearest=[3.0]), ("p", "optimal"), ["coverage"]).to_dict("records")

    assert row["mean"] == 2.0
    assert pd.isna(row["low"])


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(InputError, match="no results of policy 'q'"):
        differences(results(optimal=[1.0]), ("q", "optimal"), ["coverage"])
    with pytest.raises(InputError, match="different names"):
        replace(SMALL, policies=(BASELINE, BASELINE))
    with pytest.raises(InputError, match="no way of proposing 'magic'"):
        replace(SMALL, rivals=("magic",)).plans()


def test_the_command_runs_a_pilot_and_goes_on_with_it(tmp_path):
    small = ["simulate", "village", "--db", str(tmp_path / "pilot.duckdb"), "--json"]

    begun = CliRunner().invoke(app, [*small, "--days", "1"])
    went_on = CliRunner().invoke(app, [*small, "--days", "2"])

    assert (begun.exit_code, went_on.exit_code) == (0, 0), went_on.output
    assert json.loads(went_on.stdout)["results"][0]["n_runs"] == 2
