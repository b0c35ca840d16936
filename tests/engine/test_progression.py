"""Stop or go: a criterion's light is that of its figure, with the doubt its interval leaves and the sentence why."""

from __future__ import annotations

import json
from datetime import datetime
from math import nan

import pytest
from small_pilot import EVERYTHING_FITS, MILK, pilot
from small_served import served
from typer.testing import CliRunner

from engine.cli import app
from engine.clock import utc_of
from engine.measures.figures import Figure
from engine.measures.progression import Criterion, criteria, judge, judged
from engine.metrics import GROUPS, MEASURES, Period
from engine.store import Store

WHOLE = Period(utc_of(datetime(2026, 11, 1)), utc_of(datetime(2026, 12, 31, 12)))
COVERAGE = Criterion("coverage", "coverage", 0.6, 0.4, "test")
COST = Criterion("cost", "handling_cost_per_visit", 250, 400, "test")


def figure(value, low=nan, high=nan, name="coverage"):
    return Figure(MEASURES[name], None, value, low, high)


@pytest.mark.parametrize(
    ("value", "light"), [(0.6, "green"), (0.59, "amber"), (0.4, "amber"), (0.39, "red"), (nan, "unknown")]
)
def test_more_coverage_is_greener(value, light):
    assert judge(COVERAGE, figure(value)).light == light


@pytest.mark.parametrize(("value", "light"), [(250, "green"), (251, "amber"), (400, "amber"), (401, "red")])
def test_less_cost_is_greener(value, light):
    assert judge(COST, figure(value, name=COST.measure)).light == light


def test_a_light_is_sure_when_the_whole_interval_has_it():
    assert judge(COVERAGE, figure(0.3, 0.2, 0.39)).is_sure
    assert not judge(COVERAGE, figure(0.3, 0.2, 0.41)).is_sure
    assert not judge(COVERAGE, figure(0.3)).is_sure


def test_the_sentence_says_figure_interval_light_limits_and_doubt():
    why = judge(COVERAGE, figure(0.38, 0.3, 0.47)).why

    assert why.en == (
        "Coverage is 38 % (30 % to 47 %): red, but it may be another colour (green from 60 %, red below 40 %)."
    )
    assert why.sv == (
        "Täckning är 38 % (30 % till 47 %): rött, men kan vara en annan färg (grönt från 60 %, rött under 40 %)."
    )


def test_the_share_served_of_those_who_asked_has_its_light():
    """Seven of ten, and Rut, who was not."""
    with pilot(*EVERYTHING_FITS, *served(10, 7)).reading() as reading:
        [found] = judged(reading, WHOLE, (COVERAGE,))

    assert (found.figure.value, found.light, found.is_sure) == (pytest.approx(7 / 11), "green", False)


def test_a_gap_between_municipalities_is_better_the_smaller_it_is():
    """All of six are served in Bjuv, three of six in Klippan."""
    apart = Criterion("fairness", "coverage", 0.1, 0.3, "test", "municipality_code")
    log = [*served(6, 6, "1260"), *served(6, 3, "1276"), *(fact for fact in EVERYTHING_FITS if fact is not MILK)]
    with pilot(*log).reading() as reading:
        [found] = judged(reading, WHOLE, (apart,))

    assert (found.figure.value, found.light) == (pytest.approx(0.5), "red")
    assert found.why.en.startswith("Coverage, gap between municipalities is 50 %: red")


def test_of_fewer_than_five_people_no_light_is_shown():
    with pilot(*EVERYTHING_FITS, *served(3, 3)).reading() as reading:
        [found] = judged(reading, WHOLE, (COVERAGE,))

    assert found.light == "unknown"
    assert "of too few people" in found.why.en


def test_every_criterion_of_the_pilot_has_a_known_measure_with_a_direction_limits_in_order_and_a_source():
    for criterion in criteria():
        measure = MEASURES[criterion.measure]
        judgeable = Figure(measure, criterion.gap_by, 0.0, nan, nan)
        assert judgeable.more_is_better is not None
        assert criterion.gap_by is None or criterion.gap_by in set(GROUPS) & set(measure.by)
        assert (criterion.green > criterion.amber) == judgeable.more_is_better
        assert criterion.source.en.startswith("assumption") or "(20" in criterion.source.en


def test_the_criteria_are_shown_from_the_command_line(pilot_path):
    with Store(pilot_path).transaction("test", "set up") as transaction:
        transaction.append([*EVERYTHING_FITS, *served(10, 2)])
    words = ["evaluate", "--criteria", "--db", str(pilot_path), "--as-of", "2026-12-31T12:00"]

    shown = CliRunner().invoke(app, words)
    told = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)

    assert "red  Coverage is 18 %" in shown.output
    assert [one["code"] for one in told["criteria"]] == [criterion.code for criterion in criteria()]
    assert (told["criteria"][0]["light"], told["criteria"][0]["value"]) == ("red", pytest.approx(2 / 11))


def test_criteria_have_measures_of_their_own(pilot_path):
    assert CliRunner().invoke(app, ["evaluate", "visits", "--criteria", "--db", str(pilot_path)]).exit_code == 2
