"""Reasons, prices, chances and stand-ins at the command line: in both languages, as JSON, and refused in a sentence."""

import json
from dataclasses import replace

import pytest
from small_pilot import ADA, BASELINE, BEFORE, BEN, EVERYTHING_FITS, MILK, NOW, TUESDAY, changed
from typer.testing import CliRunner

from engine import facts
from engine.cli import app
from engine.matching import match
from engine.store import Store

AS_OF = ["--as-of", "2026-11-29T19:00"]
BREAD = replace(MILK, request_id="bread", urgency=2)
VISIT = facts.VisitAgreed(
    occurred_at=BEFORE, visit_id="v1", request_id="milk", volunteer_id="Ada", minutes=66,
    starts_at=TUESDAY.replace(hour=10), ends_at=TUESDAY.replace(hour=11),
)  # fmt: skip


@pytest.fixture(scope="module")
def mikro(tmp_path_factory):
    """Make a pilot file of some facts, matched once, and give what runs ``mikro`` on it; equal facts share a file."""
    paths = {}

    def of(*log, matched=True):
        if (log, matched) not in paths:
            paths[log, matched] = tmp_path_factory.mktemp("pilot") / "pilot.duckdb"
            store = Store.create(paths[log, matched], clock=lambda: NOW)
            with store.transaction("test", "set up") as transaction:
                transaction.append(log)
            if matched:
                match(store, BASELINE, NOW)
            store.close()
        return lambda *words: CliRunner().invoke(app, [*map(str, words), "--db", str(paths[log, matched])])

    return of


@pytest.fixture(autouse=True)
def as_nobody_in_particular(monkeypatch):
    monkeypatch.delenv("MIKRO_ACTOR", raising=False)


ONE_VISIT_ONLY = (*changed(ADA, visits_per_week=1), BREAD)
"""Ada has time for one of two: the bread is urgent, so the milk is left."""


def done(result):
    assert result.exit_code == 0, result.stderr
    return result.stdout


def refused(result, code=1):
    assert result.exit_code == code
    assert result.stdout == ""
    [line] = result.stderr.strip().splitlines()
    return line


def test_an_unmatched_request_is_explained_with_its_smallest_change_and_the_trial_of_it(mikro):
    told = done(mikro(*ONE_VISIT_ONLY)("explain", "milk"))

    assert "better_used_elsewhere" in told
    assert "Ada 2026-12-01 09:00: taken by bread." in told
    assert "To have it served as it stands costs the plan 25 points." in told
    assert "Smallest change (4): let Ada make one more visit a week, of up to two hours." in told
    assert "Tried with the change made: every best plan serves it." in told


def test_the_same_is_said_in_swedish(mikro):
    told = done(mikro(*ONE_VISIT_ONLY)("explain", "milk", "--language", "sv"))

    assert "Ada 2026-12-01 09:00: hos bread." in told
    assert "Minsta ändring (4): låt Ada göra ett besök till i veckan, på högst två timmar." in told
    assert "Prövat med ändringen gjord: varje bästa plan utför det." in told


def test_a_match_is_explained_by_who_could_come_instead(mikro):
    told = done(mikro(*EVERYTHING_FITS, *BEN)("explain", "milk"))

    assert "Ada is in every best plan" in told
    assert "Ben 2026-12-01 09:00 instead: the plan loses" in told


def test_all_that_is_unmatched_is_explained_at_once(mikro):
    run = mikro(*ONE_VISIT_ONLY)

    words, rows = done(run("explain", "--unmatched")), json.loads(done(run("explain", "--unmatched", "--json")))

    assert "milk  better_used_elsewhere" in words
    [row] = rows
    assert (row["request_id"], row["kind"], row["insist_points"]) == ("milk", "better_used_elsewhere", 25.0)
    assert row["change_en"] == "let Ada make one more visit a week, of up to two hours"
    assert row["change_sv"] == "låt Ada göra ett besök till i veckan, på högst två timmar"
    assert row["remedy"]["change"]["price"] == 4.0


def test_one_explanation_as_json_holds_match_funnel_and_remedy(mikro):
    run = mikro(*ONE_VISIT_ONLY)

    left, given = (json.loads(done(run("explain", request, "--json"))) for request in ("milk", "bread"))

    assert (left["rule"], left["matches"], left["proposals"]) == ("better_used_elsewhere", [], [])
    assert left["unmatched"]["remedy"]["change"]["price"] == 4.0
    assert {row["rule"]: row["n_volunteers"] for row in left["funnel"]} == {"candidate": 1}
    [match_of_bread] = given["matches"]
    assert match_of_bread["visit"]["volunteer_id"] == "Ada"
    assert match_of_bread["is_forced"] and given["unmatched"] is None


def test_where_nothing_is_left_over_there_is_nothing_to_explain(mikro):
    run = mikro(*EVERYTHING_FITS)

    assert json.loads(done(run("explain", "--unmatched", "--json"))) == []
    assert done(run("explain", "--unmatched")) == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["explain", "cake"], "did not look at request 'cake'"),
        (["explain", "milk", "--run", "run-x"], "There is no run 'run-x'."),
        (["explain", "--unmatched", "--run", "run-x"], "There is no run 'run-x'."),
        (["prices", "run-x"], "There is no run 'run-x'."),
        (["override-price", "pin", "cake", "Ada"], "did not look at request 'cake'"),
        (["override-price", "pin", "milk", "Eve"], "Eve is no candidate for milk."),
        (["chance", "--resident", "rut", "--service", "flying", "--earliest", "2026-12-01T09:00",
          "--latest", "2026-12-01T12:00"], "There is no service 'flying'"),
    ],
)  # fmt: skip
def test_what_is_unknown_is_refused_in_a_sentence(mikro, words, said):
    line = refused(mikro(*EVERYTHING_FITS)(*words))

    assert line.startswith("mikro: ") and said in line


@pytest.mark.parametrize("words", [["explain"], ["explain", "milk", "--unmatched"], ["chance", "--resident", "rut"]])
def test_a_question_without_its_subject_is_bad_usage(mikro, words):
    assert "--help" in refused(mikro(*EVERYTHING_FITS)(*words), code=2)


@pytest.mark.parametrize("words", [["explain", "milk"], ["explain", "--unmatched"], ["prices"]])
def test_before_the_first_run_there_is_nothing_to_explain(mikro, words):
    assert "There is no match run yet" in refused(mikro(matched=False)(*words))


def test_an_empty_pilot_has_a_season_without_prices_a_chance_without_history_and_no_visits(mikro):
    run = mikro(matched=False)

    assert "No run was priced yet" in done(run("prices", "--season"))
    assert json.loads(done(run("prices", "--season", "--json"))) == []
    assert "Too little history" in done(run("chance", "--calibration", *AS_OF))
    assert json.loads(done(run("chance", "--calibration", "--json", *AS_OF)))["n"] == 0
    assert done(run("standby", *AS_OF)) == "No agreed visits.\n"
    assert done(run("standby", "--language", "sv", *AS_OF)) == "Inga avtalade besök.\n"
    assert json.loads(done(run("standby", "--json", *AS_OF))) == []


def test_an_override_is_priced_with_whom_it_displaces(mikro):
    run = mikro(*ONE_VISIT_ONLY)

    words = done(run("override-price", "pin", "milk", "Ada"))
    told = json.loads(done(run("override-price", "pin", "milk", "Ada", "--json")))

    assert "25" in words and "bread" in words
    assert (told["kind"], told["points"]) == ("pin", 25.0)
    assert {shift["request_id"]: shift["kind"] for shift in told["shifts"]} == {"bread": "lost", "milk": "gained"}


def test_prices_are_printed_kept_and_averaged(mikro):
    run = mikro(*ONE_VISIT_ONLY)

    words, told = done(run("prices")), json.loads(done(run("prices", "--json")))
    season = json.loads(done(run("prices", "--season", "--json")))

    assert "What would help" in words and "One more visit a week" in words
    [visit] = told["best"]["visit"]
    assert (visit["volunteer_id"], visit["request_ids"]) == ("Ada", ["bread", "milk"])
    assert visit["confirmed_points"] > 0
    [mean] = [row for row in season if row["kind"] == "visit"]
    assert (mean["n_days"], mean["mean_points"], mean["low"]) == (1, visit["confirmed_points"], None)
    assert "mean of 1 priced days" in done(run("prices", "--season"))


def test_the_chance_of_a_request_is_said_before_it_is_entered(mikro):
    run = mikro(*EVERYTHING_FITS, *BEN)
    asked = ["chance", "--resident", "rut", "--service", "shopping", "--earliest", "2026-12-01T13:00",
             "--latest", "2026-12-01T16:00", *AS_OF]  # fmt: skip

    words, told = done(run(*asked)), json.loads(done(run(*asked, "--json")))

    assert "chance of being served" in words and "No history yet: an assumption." in words
    assert 0 < told["low"] < told["share_served"] < told["high"] < 1
    assert (told["n_candidates"], told["n_history"]) == (2, 0)


def test_stand_ins_are_listed_by_risk(mikro):
    run = mikro(*EVERYTHING_FITS, *BEN, VISIT, matched=False)

    words, told = done(run("standby", "--all", *AS_OF)), json.loads(done(run("standby", "--all", "--json", *AS_OF)))

    assert "v1  milk" in words and "Ben 2026-12-01 10:00 (same time, 2.8 km)" in words
    [plan] = told
    assert plan["standbys"][0]["visit"]["volunteer_id"] == "Ben"
    assert (plan["chance"], plan["risk_left"]) == (0.05, 0.0)
    assert plan["risk"] == pytest.approx(0.05 * plan["value"])
    assert done(run("standby", *AS_OF)) == "No agreed visits.\n"
