"""The command line as a person meets it: exit codes, one line on stderr, JSON where it is promised."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
import typer
from small_package import SOUND, changed, write_folder
from typer.testing import CliRunner

from engine.candidates import COLUMNS, VALUE_PARTS
from engine.cli import app

AS_OF = ["--as-of", "2026-11-30T08:00"]
README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def mikro(tmp_path, monkeypatch):
    """Run ``mikro`` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MIKRO_DB", raising=False)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


# The small package, with one volunteer moved next door, free on Tuesdays, and sworn to secrecy.
MATCHABLE = SOUND | {
    "residents": SOUND["residents"].replace("56.2428,12.8622", "56.0470,12.6950"),
    "availability": SOUND["availability"].replace("v1,1,", "v1,2,"),
    "vetting": SOUND["vetting"] + "v1,confidentiality,2026-03-01,\n",
}


@pytest.fixture
def pilot(mikro, tmp_path):
    """A pilot with the small package in it."""
    package = write_folder(tmp_path / "package", MATCHABLE)
    assert mikro("init").exit_code == 0
    assert mikro("import", package, "--as-of", "2026-11-23T07:00").exit_code == 0
    return mikro


def test_a_pilot_from_nothing_to_a_verified_plan(pilot, tmp_path):
    run = json.loads(pilot("match", *AS_OF, "--json").stdout)
    told = json.loads(pilot("explain", "q1", "--json").stdout)
    verified = pilot("verify", run["run_id"])
    written = pilot("candidates", "--out", tmp_path / "c.parquet", *AS_OF)

    assert (run["n_requests"], run["n_matched"], run["proof"]) == (2, 2, "optimal")
    assert told["proposals"][0]["volunteer_id"] == "v1"
    assert verified.exit_code == 0
    assert "no plan can be worth more" in verified.stdout
    assert written.exit_code == 0
    table = pd.read_parquet(tmp_path / "c.parquet")
    assert list(table.columns) == COLUMNS
    assert len(table) == run["n_candidates"]
    assert table["value"].tolist() == pytest.approx(table[VALUE_PARTS].sum(axis=1).tolist())


def test_a_refused_package_names_every_bad_row_and_writes_nothing(pilot, tmp_path):
    broken = write_folder(tmp_path / "broken", changed("requests", "q1,r1,shopping", "q1,r1,shoping"))

    refused = pilot("import", broken)
    as_json = pilot("import", broken, "--json")

    assert refused.exit_code == 1
    assert "shoping" in refused.stdout
    assert len(refused.stderr.strip().splitlines()) == 1
    assert json.loads(as_json.stdout)["bad_rows"][0]["column"] == "service"


def test_the_demo_ends_with_the_next_command_to_try(mikro):
    demo = mikro("demo")
    next_command = re.search(r"Next: mikro (explain \S+) --db (\S+)", demo.stdout)

    assert demo.exit_code == 0, demo.stderr
    assert "proved optimal" in demo.stdout
    told = mikro(*next_command[1].split(), "--db", next_command[2])
    assert told.exit_code == 0
    assert mikro("verify", "--db", next_command[2]).exit_code == 0


def test_the_demo_never_overwrites_another_pilot(pilot):
    refused = pilot("demo", "--db", "data/local/pilot.duckdb")

    assert refused.exit_code == 1
    assert "never overwrites" in refused.stderr


@pytest.mark.parametrize(
    ("words", "exit_code", "complaint"),
    [
        (["match", "--db", "nowhere.duckdb"], 1, "mikro init"),
        (["match", "--policy", "no-such"], 1, "known policies"),
        (["match", "--model", "magic"], 2, "is not one of"),
        (["match", "--gap", "-1"], 2, "greater than or equal"),
        (["match", "--as-of", "yesterday"], 2, "ISO 8601"),
        (["explain", "q1"], 1, "no match run yet"),
        (["verify", "nope"], 1, "no run 'nope'"),
        (["import", "no-such-folder"], 1, "no-such-folder"),
        (["init"], 1, "already"),
        (["no-such-command"], 2, "No such command"),
        (["policy", "rollback", "--reason", "x"], 1, "nothing to roll back"),
        (["policy", "adopt", "baseline", "--reason", " "], 1, "needs a reason"),
        (["policy", "adopt", "baseline", "--reason", "Rut, tel. 042-105000"], 1, "nobody may be named in it"),
        (["policy", "adopt", "baseline", "--reason", "x", "--code", "mood"], 1, "council_decision"),
        (["candidates", "--out", "/dev/null/c.parquet"], 1, "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_one_line_on_stderr(pilot, words, exit_code, complaint):
    answer = pilot(*words)

    assert answer.exit_code == exit_code
    assert complaint in answer.stderr
    assert "Traceback" not in answer.output
    assert len(answer.stderr.strip().splitlines()) == 1


def test_a_policy_is_adopted_used_and_rolled_back(pilot, tmp_path):
    baseline = (Path(__file__).parents[2] / "data/policies/baseline.toml").read_text()
    (tmp_path / "far.toml").write_text(
        baseline.replace('"baseline"', '"far"').replace("value = 15.0", "value = 30.0", 2)
    )

    adopted = pilot("policy", "adopt", "far.toml", "--reason", "board 2026-11", "--as-of", "2026-11-24T08:00")
    in_force = json.loads(pilot("policy", "list", *AS_OF, "--json").stdout)
    run = json.loads(pilot("match", *AS_OF, "--json").stdout)
    differences = pilot("policy", "show", "far.toml", "--against", "baseline")
    back = pilot("policy", "rollback", "--reason", "too far", "--as-of", "2026-11-29T08:00")
    then = json.loads(pilot("policy", "list", *AS_OF, "--json").stdout)

    assert adopted.exit_code == back.exit_code == differences.exit_code == 0
    assert [row["policy"] for row in in_force if row["in_force"]] == ["far"]
    assert run["policy"] == "far"
    assert "radius_max_km" in differences.stdout
    assert "horizon_days" not in differences.stdout
    assert [row["policy"] for row in then if row["in_force"]] == ["baseline"]


def commands(group=None, prefix=""):
    """Every command of the app, with its words."""
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


@pytest.mark.parametrize("words", [words for words, _ in commands()])
def test_every_command_has_help_and_a_place_in_the_readme(mikro, words):
    answer = mikro(*words.split(), "--help")

    assert answer.exit_code == 0
    first, *rest = words.split()
    assert f"mikro {first}" in README.read_text(encoding="utf-8")
    assert all(word in README.read_text(encoding="utf-8") for word in rest)
