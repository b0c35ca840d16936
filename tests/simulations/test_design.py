"""The evaluation designer: plans by lot, an analysis that keeps its word, a registration nobody can change."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from engine.errors import InputError
from engine.policy import Policy
from engine.reference import MUNICIPALITIES
from simulations.design.analysis import analyse, clustered, mixed_model
from simulations.design.outcome import Figures, drawn, figures_of, reached
from simulations.design.plan import Kind, Trial
from simulations.design.prospects import prospects
from simulations.design.registration import Registration, read_registration, register
from simulations.design.results import laid_out

CODES = tuple(sorted(MUNICIPALITIES))
FIGURES = Figures(
    mean=0.6,
    between=0.08,
    weekly=0.03,
    local=0.04,
    lingering=0.3,
    single=0.49,
    rows_per_week={code: 60.0 if code == "1283" else 12.0 for code in CODES},
)
MONDAY = date(2027, 1, 4)
WEDGE = Trial(Kind.STEPPED_WEDGE, MONDAY, 24, seed=5)
SWITCH = Trial(Kind.SWITCHBACK, MONDAY, 24, seed=5)
SERIES = Trial(Kind.TIME_SERIES, MONDAY, 24, seed=5)
BEFORE = datetime(2026, 12, 1, tzinfo=UTC)


def registration(**changes):
    plan = Registration(
        hypothesis="Three offers at once raise coverage.",
        measure="coverage",
        in_force=Policy.named("baseline"),
        on_trial=replace(Policy.named("baseline"), name="three at once"),
        trial=WEDGE,
        figures=FIGURES,
        prospects=prospects(WEDGE, FIGURES, 0.08, n_runs=50),
    )
    return replace(plan, **changes)


def test_in_a_stepped_wedge_everybody_goes_over_once_and_nobody_back():
    arms = WEDGE.on_trial.astype(int)

    assert (np.diff(arms, axis=1) >= 0).all()
    assert (arms[:, 0] == 0).all()
    assert (arms[:, -1] == 1).all()
    assert len(set(arms.sum(axis=1))) == len(CODES)


@pytest.mark.parametrize("seed", range(5))
def test_in_a_switchback_half_are_on_trial_in_every_block_and_each_in_half_of_them(seed):
    arms = Trial(Kind.SWITCHBACK, MONDAY, 24, seed).on_trial

    assert set(arms.sum(axis=0)) <= {5, 6}
    assert (arms.sum(axis=1) == 12).all()


def test_the_same_seed_draws_the_same_list_and_another_seed_another():
    same, other = (Trial(Kind.STEPPED_WEDGE, MONDAY, 24, seed) for seed in (5, 6))

    assert WEDGE.randomisation_list().equals(same.randomisation_list())
    assert not WEDGE.randomisation_list().equals(other.randomisation_list())


def test_the_list_covers_every_week_of_every_municipality_once():
    listed = SWITCH.randomisation_list()

    days = (pd.to_datetime(listed["until_on"]) - pd.to_datetime(listed["from_on"])).dt.days
    assert (days.groupby(listed["municipality_code"]).sum() == 24 * 7).all()


def test_weeks_after_a_change_are_washed_out():
    plan = Trial(Kind.STEPPED_WEDGE, MONDAY, 24, seed=5, washout_weeks=1)

    assert (~plan.counts).sum() == len(CODES)
    assert plan.on_trial[~plan.counts].all()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"starts_on": date(2027, 1, 5)}, "begins on a Monday"),
        ({"n_weeks": 4}, "hold no three blocks"),
        ({"washout_weeks": 2}, "at least one counts"),
        ({"codes": ("1283",)}, "at least two municipalities"),
    ],
)
def test_an_impossible_plan_is_refused(changes, said):
    with pytest.raises(InputError, match=said):
        replace(WEDGE, **changes)


@pytest.mark.parametrize("plan", [WEDGE, SWITCH], ids=lambda plan: plan.kind.value)
def test_a_known_effect_is_recovered_with_nominal_coverage(plan):
    """Of 200 trials, as many intervals hold the truth as a coin that falls right 95 times of 100 allows."""
    values = drawn(FIGURES, plan, 0.08, 200, seed=11)

    found = analyse(plan, values, FIGURES.sizes(plan))

    n_held = int(((found.low <= 0.08) & (found.high >= 0.08)).sum())
    least, most = stats.binom.interval(0.99, 200, 0.95)
    assert least <= n_held <= most
    assert abs(found.estimate.mean() - 0.08) < 4 * found.estimate.std() / np.sqrt(200)


def test_the_mixed_model_recovers_a_known_effect_with_nominal_coverage():
    """Its errors have no memory, so neither has the truth here; a short trial keeps 200 fits quick."""
    plan = Trial(Kind.SWITCHBACK, MONDAY, 6, seed=5, block_weeks=1)
    forgetful = replace(FIGURES, lingering=0.0, between=0.15, rows_per_week=dict.fromkeys(CODES, 12.0))
    values = drawn(forgetful, plan, 0.08, 200, seed=3)

    found = [mixed_model(plan, one, forgetful.sizes(plan)) for one in values]

    n_held = sum(bool(one.low[0] <= 0.08 <= one.high[0]) for one in found)
    least, most = stats.binom.interval(0.99, 200, 0.95)
    assert least <= n_held <= most


def test_with_two_groups_of_clusters_the_correction_is_the_test_of_welch():
    """CR2 over cluster means is Welch's t-test: the textbook case, from another hand."""
    rng = np.random.default_rng(2)
    few, many = rng.normal(0, 1, 4), rng.normal(0.5, 3, 7)
    outcomes = np.concatenate([few, many])
    arm = np.repeat([0.0, 1.0], [4, 7])

    found = clustered(np.ones((11, 1)), arm, outcomes[None], np.arange(11))

    by_hand = np.sqrt(few.var(ddof=1) / 4 + many.var(ddof=1) / 7)
    assert found.estimate[0] == pytest.approx(many.mean() - few.mean())
    assert found.standard_error[0] == pytest.approx(by_hand)


def test_levels_of_municipalities_and_weeks_do_not_move_the_estimate():
    values = drawn(FIGURES, SWITCH, 0.08, 3, seed=1)
    shifted = values + np.arange(11)[None, :, None] + np.sin(np.arange(24))[None, None, :]

    plain, moved = (analyse(SWITCH, one, FIGURES.sizes(SWITCH)) for one in (values, shifted))

    assert np.allclose(plain.estimate, moved.estimate)
    assert np.allclose(plain.standard_error, moved.standard_error)


def test_carry_over_biases_a_switchback_towards_nothing_and_washout_takes_it_away():
    lingering = replace(FIGURES, carry_over_share=0.5)
    washed = replace(SWITCH, washout_weeks=1)

    plain, counted = (prospects(plan, lingering, 0.08, n_runs=300) for plan in (SWITCH, washed))

    assert plain.bias < -0.01
    assert abs(counted.bias) < 0.004


def test_what_spills_over_reaches_only_those_not_on_trial():
    share = reached(replace(FIGURES, spill_over_share=0.2), WEDGE)

    assert (share[WEDGE.on_trial] == 1).all()
    assert share[~WEDGE.on_trial].max() == pytest.approx(0.2)


def test_power_grows_with_the_effect_and_the_detectable_effect_has_eighty_per_cent():
    small, large = (prospects(WEDGE, FIGURES, effect) for effect in (0.02, 0.08))

    again = prospects(WEDGE, FIGURES, small.detectable, seed=2)

    assert small.power < large.power
    assert again.power == pytest.approx(0.8, abs=0.06)


def test_a_trend_is_no_effect_in_an_interrupted_time_series():
    trend = 0.6 + 0.01 * np.arange(24)
    values = np.tile(trend, (1, 11, 1)) + 0.001 * drawn(FIGURES, SERIES, 0.0, 1, seed=4)

    found = analyse(SERIES, values, FIGURES.sizes(SERIES))

    assert abs(found.estimate[0]) < 0.01


def test_the_figures_of_a_pilot_are_found_again():
    plan = Trial(Kind.TIME_SERIES, MONDAY, 200, seed=1)
    known = replace(FIGURES, lingering=0.5, rows_per_week=dict.fromkeys(CODES, 30.0))
    values = drawn(known, plan, 0.0, 1, seed=6)[0]
    cells = pd.DataFrame(
        [
            {"municipality_code": code, "week": f"W{week:03d}", "n": 30, "value": float(values[place, week])}
            for place, code in enumerate(CODES)
            for week in range(200)
        ]
    )

    found = figures_of(cells.assign(value=cells["value"].clip(0, 1)))

    assert found.mean == pytest.approx(0.6, abs=0.06)
    assert found.local == pytest.approx(0.04, abs=0.02)
    assert found.weekly == pytest.approx(0.03, abs=0.01)
    assert found.between == pytest.approx(0.08, abs=0.05)
    assert found.lingering == pytest.approx(0.5, abs=0.3)


def test_too_few_weeks_give_no_figures():
    cells = pd.DataFrame({"municipality_code": ["1283"], "week": ["2026-W10"], "n": [5], "value": [0.4]})

    with pytest.raises(InputError, match="0 municipalities have rows"):
        figures_of(cells)


def test_the_data_of_a_trial_are_laid_out_by_its_own_weeks():
    cells = pd.DataFrame(
        {"municipality_code": ["1214", "1214", "1283"], "week": ["2027-W01", "2026-W52", "2027-W03"],
         "n": [5, 9, 7], "value": [0.4, 0.9, np.nan]}
    )  # fmt: skip

    values, sizes = laid_out(cells, WEDGE)

    assert values[0, 0] == 0.4
    assert sizes.sum() == 5


def test_a_registration_is_read_back_with_the_list_its_seed_draws(tmp_path):
    path = tmp_path / "trial.toml"

    digest = register(registration(), path, BEFORE)

    content, plan = read_registration(path)
    page = path.with_suffix(".md").read_text(encoding="utf-8")
    assert plan == WEDGE
    assert len(content["randomisation"]["list"]) == len(WEDGE.randomisation_list())
    assert digest in page
    assert "Three offers at once raise coverage." in page
    assert "statsmodels" in content["versions"]


def test_a_registration_after_the_first_block_began_is_refused(tmp_path):
    with pytest.raises(InputError, match="first block began on 2027-01-04"):
        register(registration(), tmp_path / "late.toml", datetime(2027, 1, 4, 8, tzinfo=UTC))

    assert not (tmp_path / "late.toml").exists()


def test_a_registration_is_never_written_over(tmp_path):
    register(registration(), tmp_path / "trial.toml", BEFORE)

    with pytest.raises(InputError, match="exists already"):
        register(registration(hypothesis="Another."), tmp_path / "trial.toml", BEFORE)


def test_a_registration_that_was_changed_is_refused(tmp_path):
    path = tmp_path / "trial.toml"
    register(registration(), path, BEFORE)
    path.write_text(path.read_text(encoding="utf-8").replace('"coverage"', '"requests"'), encoding="utf-8")

    with pytest.raises(InputError, match="was changed after it was written"):
        read_registration(path)


def test_a_registration_without_a_hypothesis_is_refused():
    with pytest.raises(InputError, match="needs a hypothesis"):
        registration(hypothesis=" ")
