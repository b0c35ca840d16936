"""Tuning: a search that ends the same however it was interrupted, and says how sure its winner is."""

import json
import shutil
import sys
from dataclasses import replace
from functools import partial

import pandas as pd
import pytest
from typer.testing import CliRunner

from engine.errors import InputError
from engine.policy import Policy
from simulations import tuning
from simulations.commands import app
from simulations.pilot import Plan
from simulations.scenario import SCENARIOS, Scenario
from simulations.sensitivity import numbers_of, sensitivity
from simulations.space import Space
from simulations.study import MEASURES, Study
from simulations.tuning import Tuning, tune, winner_of

BASELINE = Policy.named("baseline")
VILLAGE = Scenario.named("village")
HAMLET = {"town.days": 7, "town.volunteers": 40, "town.residents": 20, "demand.requests_per_day": 4.0}
SPACE = Space.from_toml()
ASKED = Tuning(VILLAGE, BASELINE, seeds=(1, 2), space=SPACE, days=5)


def invented(plan, days):
    """Give figures that follow from the policy and the seed alone, each best at one end of one number."""
    numbers = plan.policy.numbers()
    offers, notice = numbers["asking"]["parallel_offers"], numbers["limits"]["notice_hours"]
    figures = (
        0.5 - notice / 400,
        6.0 / offers,
        0.1 + numbers["weights"]["distance_km"] / 50,
        2.0 + offers,
        300 + notice,
    )
    found = {name: figure + plan.seed / 1000 for name, figure in zip(MEASURES, figures, strict=True)}
    return {"policy": plan.policy.name, "rival": plan.rival, "seed": plan.seed} | found


search = partial(tune, live=invented)
"""A search among figures that are known; one among pilots is the last test."""


def trials(*rows):
    """Lay out trials by coverage and waiting; the other objectives are the same for all."""
    return pd.DataFrame(
        [
            {"number": n, "coverage": coverage, "acceptance_days": days, "is_on_front": True}
            | dict.fromkeys(MEASURES[2:], 1.0)
            for n, (coverage, days) in enumerate(rows)
        ]
    )


def test_the_first_trial_is_the_policy_as_it_is(tmp_path):
    found = search(ASKED, tmp_path, rounds=1)

    first = found.iloc[0]
    assert first["number"] == 0
    assert {name: first[name] for name in SPACE.ranges} == {
        name: value for name, value in SPACE.point_of(BASELINE).items() if name != "way"
    }


def test_no_trial_of_the_front_is_beaten_in_everything(tmp_path):
    found = search(ASKED, tmp_path, rounds=3)

    losses = found[list(MEASURES)].to_numpy() * [-1, 1, 1, 1, 1]
    for mine, is_on_front in zip(losses, found["is_on_front"], strict=True):
        beaten = any((other <= mine).all() and (other < mine).any() for other in losses)
        assert is_on_front == (not beaten)
    assert found.loc[found["is_winner"], "is_on_front"].tolist() == [True]


def test_every_trial_stays_within_its_ranges_and_is_a_policy(tmp_path):
    found = search(ASKED, tmp_path, rounds=2)

    for name, ends in SPACE.ranges.items():
        assert found[name].between(ends.low, ends.high).all()
    assert len(found) == 16
    assert found["asking.parallel_offers"].nunique() > 1


def test_a_search_that_was_stopped_ends_as_one_that_was_not(tmp_path):
    whole = search(ASKED, tmp_path / "whole", rounds=3)

    def stop(n_done, _):
        if n_done == 11:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(ASKED, tmp_path / "parts", rounds=3, progress=stop)
    kept = Study.opened(tmp_path / "parts" / "study.jsonl", ASKED.about())
    went_on = search(ASKED, tmp_path / "parts", rounds=3)

    assert sorted(kept.trials) == list(range(11))
    pd.testing.assert_frame_equal(went_on, whole)


def test_more_rounds_later_are_the_rounds_there_would_have_been(tmp_path):
    search(ASKED, tmp_path / "parts", rounds=1)

    pd.testing.assert_frame_equal(
        search(ASKED, tmp_path / "parts", rounds=3), search(ASKED, tmp_path / "whole", rounds=3)
    )


def test_a_line_that_was_cut_off_is_done_again(tmp_path):
    whole = search(ASKED, tmp_path, rounds=1)
    file = tmp_path / "study.jsonl"
    file.write_bytes(file.read_bytes()[:-40])

    pd.testing.assert_frame_equal(search(ASKED, tmp_path, rounds=1), whole)


def test_another_search_does_not_go_on_with_a_study(tmp_path):
    search(ASKED, tmp_path, rounds=1)

    with pytest.raises(InputError, match="a study of something else"):
        search(replace(ASKED, seeds=(1, 3)), tmp_path, rounds=1)


def test_a_search_learns_from_its_rounds(tmp_path):
    """With one number to move, the later rounds come nearer to where it is best than chance does."""
    alone = replace(ASKED, space=replace(SPACE.part("weights.distance_km"), ways=("optimal",)))

    found = search(alone, tmp_path, rounds=5)

    assert found["weights.distance_km"][24:].mean() < found["weights.distance_km"][1:8].mean()


def test_trials_without_a_visit_have_no_figures(tmp_path):
    def idle(plan, days):
        return invented(plan, days) | {"handling_cost_per_visit": None}

    with pytest.raises(InputError, match="In no trial was a visit completed"):
        tune(ASKED, tmp_path, rounds=1, live=idle)


def test_the_winner_is_the_one_whose_worst_objective_is_least_bad():
    assert winner_of(trials((0.9, 10.0), (0.5, 1.0), (0.75, 4.0))) == 2


def test_the_winner_does_not_look_beyond_the_front():
    found = trials((0.9, 10.0), (0.5, 1.0), (0.75, 4.0)).assign(is_on_front=[True, True, False])

    assert winner_of(found) == 0


def test_a_winner_is_written_as_a_policy_that_can_be_adopted(tmp_path):
    found = search(ASKED, tmp_path, rounds=2)
    tuning.write(ASKED, tmp_path, found)

    _, winner = ASKED.finalists(found)
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert Policy.from_toml(tmp_path / "winner.toml").fingerprint == winner.policy.fingerprint
    assert manifest["winner"]["fingerprint"] == winner.policy.fingerprint
    assert manifest["versions"].keys() >= {"optuna", "duckdb", "python"}
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "trials.parquet"), found, check_dtype=False)


def test_without_the_extra_tuning_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "optuna", None)

    with pytest.raises(InputError, match=r"pip install 'mikrotjanster\[tuning\]'"):
        search(ASKED, tmp_path, rounds=1)


def test_a_policy_outside_of_what_is_searched_is_refused():
    proud = replace(BASELINE, asking=replace(BASELINE.asking, parallel_offers=9))

    with pytest.raises(InputError, match="parallel_offers is 9 in baseline, outside what is searched: 1 to 4"):
        SPACE.point_of(proud)
    with pytest.raises(InputError, match=r"'weights\.beauty' is not searched"):
        SPACE.part("weights.beauty")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[way]\nchoices = ["magic"]', "must be some of optimal"),
        ("[weights.beauty]", "not a number of a policy"),
        ('[weights.served]\nrange = [1.0, 2.0]\nunit = "km"\nreason = ""', "unit is 'km'"),
        (
            '[asking.parallel_offers]\nrange = [1, 2.5]\nunit = "offers per visit"\nreason = ""',
            "two numbers of type int",
        ),
        ('[asking.parallel_offers]\nrange = [3, 1]\nunit = "offers per visit"\nreason = ""', "must rise"),
    ],
)
def test_ranges_that_mean_nothing_are_refused(tmp_path, text, says):
    file = tmp_path / "ranges.toml"
    file.write_text(text if text.startswith("[way]") else f'[way]\nchoices = ["optimal"]\n{text}', encoding="utf-8")

    with pytest.raises(InputError, match=says):
        Space.from_toml(file)


def test_the_winner_is_tried_at_both_ends_of_an_assumption():
    """A difference that turns with an assumption is said to turn."""

    def moody(plan, days):
        gain = plan.scenario.answers.yes_logit if plan.policy.name == "tuned" else 0.0
        return invented(plan, days) | {"coverage": gain + plan.seed % 2 / 100}

    plans = Plan(VILLAGE, BASELINE, 1), Plan(VILLAGE, replace(BASELINE, name="tuned"), 1)

    found = sensitivity(plans, (5, 6, 7), ["answers.yes_logit"], live=moody)

    covered = found[found["measure"] == "coverage"]
    assert covered["number"].tolist() == ["as stated", "answers.yes_logit", "answers.yes_logit"]
    assert covered["mean"].to_numpy() == pytest.approx([0.9, -2.8, 2.0])
    assert covered["says"].tolist() == ["better", "worse", "better"]
    assert set(found.loc[found["measure"] != "coverage", "says"]) == {"open"}


def test_one_seed_leaves_everything_open():
    plans = Plan(VILLAGE, BASELINE, 1), Plan(VILLAGE, replace(BASELINE, name="tuned"), 1)

    found = sensitivity(plans, (5,), [], live=invented)

    assert set(found["says"]) == {"open"}
    assert found["low"].isna().all()


def test_every_single_number_but_the_towns_is_varied_unless_named():
    assert "answers.yes_logit" in numbers_of(VILLAGE)
    assert not {"town.volunteers", "demand.weekday_factor"} & set(numbers_of(VILLAGE))
    with pytest.raises(InputError, match=r"no number 'answers\.mood'"):
        sensitivity((Plan(VILLAGE, BASELINE, 1),) * 2, (1,), ["answers.mood"])


@pytest.fixture
def hamlet(tmp_path):
    """Write a scenario of few people who nearly always say yes."""
    shutil.copy(SCENARIOS / "region.toml", tmp_path)
    lines = ['name = "hamlet"', 'about = "Few people who say yes."', 'based_on = "region"']
    for name, value in HAMLET.items():
        unit = VILLAGE.ranges[name].unit
        lines += [f"[{name}]", f"value = {value}", f'unit = "{unit}"', "range = [1, 100]", 'source = "assumption"']
    (tmp_path / "hamlet.toml").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path / "hamlet.toml"


def test_the_command_searches_among_real_pilots_and_keeps_everything(hamlet, tmp_path, monkeypatch):
    monkeypatch.setattr(tuning, "ROUND", 2)
    words = [str(tmp_path / "study"), "--scenario", str(hamlet), "--rounds", "1", "--replications", "1"]
    only = ["--number", "asking.parallel_offers", "--as-stated", "--json"]

    ran = CliRunner().invoke(app, ["tune", *words, *only])

    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert told["front"][0]["asked_per_filled"] >= 1
    assert {row["number"] for row in told["sensitivity"]} == {"as stated"}
    kept = {"study.jsonl", "trials.parquet", "sensitivity.parquet", "winner.toml", "manifest.json"}
    assert {path.name for path in (tmp_path / "study").iterdir()} == kept
