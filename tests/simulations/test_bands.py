"""Bands: between which figures one more pilot would lie, handed over to a pilot as its guardrails."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from engine.cli import app as mikro
from engine.errors import InputError
from simulations.bands import bands_of
from simulations.outcome import GAPS, MEASURES

NOTHING_KNOWN = dict.fromkeys((*MEASURES, *GAPS))


def replications(**known):
    """Lay out replications of policy ``p`` with the optimal plan: ``coverage=[0.5, 0.6]``."""
    n = len(next(iter(known.values())))
    return pd.DataFrame({"policy": "p", "rival": "optimal", "seed": range(n)} | NOTHING_KNOWN | known)


def band(results, measure="coverage"):
    table = bands_of(results, "p").set_index("measure")
    return table.loc[measure, "low"], table.loc[measure, "high"]


def test_a_band_is_students_prediction_interval():
    # t(0.975, 2) = 4.302653, the standard deviation is 1, and the pilot to come adds one more: sqrt(1 + 1/3).
    half = 4.302653 * (4 / 3) ** 0.5

    assert band(replications(acceptance_days=[9.0, 10.0, 11.0]), "acceptance_days") == pytest.approx(
        (10 - half, 10 + half), abs=1e-5
    )


def test_the_band_of_a_share_ends_where_shares_end():
    assert band(replications(coverage=[0.9, 1.0, 0.95])) == (pytest.approx(0.7016, abs=1e-4), 1.0)


def test_what_only_one_pilot_knows_has_no_band():
    table = bands_of(replications(coverage=[0.5, 0.6], idle=[0.3, None]), "p")

    assert table["measure"].tolist() == ["coverage"]


def test_a_gap_says_between_whom():
    [row] = bands_of(replications(coverage_gap=[0.1, 0.2]), "p").to_dict("records")

    assert (row["measure"], row["gap_by"]) == ("coverage", "municipality_code")


def test_other_ways_of_proposing_do_not_count():
    others = replications(coverage=[0.5, 0.6]).assign(rival="nearest")

    with pytest.raises(InputError, match="two replications of 'p' with the optimal plan"):
        bands_of(others, "p")


def test_simulated_bands_become_the_guardrails_of_a_pilot(tmp_path):
    def run(*words):
        done = CliRunner().invoke(mikro, [str(word) for word in words])
        assert done.exit_code == 0, done.output
        return done.output

    db = ["--db", tmp_path / "pilot.duckdb"]
    told = run("simulate", "village", "--days", 2, "--replications", 2, "--out", tmp_path / "out")
    command = next(line for line in told.splitlines() if "mikro policy simulated" in line).split("mikro ")[1]
    run("init", *db)
    run("policy", "draft", "baseline", "--reason", "minutes 12/2026", *db)
    run(*command.split(), *db)
    run("policy", "adopt", "baseline", "--reason", "minutes 13/2026", *db)
    run("policy", "guardrails", "set", "baseline", *db)

    limits = json.loads(run("policy", "guardrails", "check", "--json", *db))
    assert {"asked_per_filled", "idle"} <= {limit["measure"] for limit in limits}
    assert {limit["status"] for limit in limits} == {"unknown"}
