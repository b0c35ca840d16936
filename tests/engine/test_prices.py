"""What one more of something is worth: who is missing, which paper, which hour; and what a season says of it."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from small_pilot import (
    ADA,
    ADA_HAS_SIGNED,
    BASELINE,
    BEFORE,
    BEN,
    EVERYTHING_FITS,
    MILK,
    NOW,
    TUESDAY,
    changed,
    pilot,
    policy,
    without,
)
from typer.testing import CliRunner

from engine import facts
from engine.commands import prices as commands
from engine.errors import InputError
from engine.matching import match
from engine.prices import keep_worths, worths
from engine.reasons.season import season
from engine.store import Store

BREAD = replace(MILK, request_id="bread")
POINTS_OF_MILK = 100 + 10 + 20
"""Served, five days of waiting, and the first visit of the week; the way is taken off."""


def priced(store, **options):
    match(store, options.pop("policy", BASELINE), NOW, model=options.pop("model", "plans"))
    return worths(store, **options)


def only(found):
    [worth] = found
    return worth


def test_a_volunteer_is_missed_where_nobody_helps():
    found = priced(pilot(*without(ADA))).best("volunteer")

    best = only(found)
    assert (best.municipality_code, best.service, best.language) == ("1283", "shopping", "sv")
    assert best.weekday_part == "weekday_morning"
    assert best.request_ids == ("milk",)
    assert best.n_served_more == 1
    assert best.confirmed_points == pytest.approx(POINTS_OF_MILK, abs=1.0)


def test_where_everybody_is_served_a_volunteer_is_worth_what_the_way_costs():
    """Rut and Ada live half a kilometre apart; a newcomer at Rut's door would spare Ada the way."""
    made = priced(pilot(*EVERYTHING_FITS))

    assert all(worth.confirmed_points < 1.0 for worth in made.best("volunteer"))
    assert made.best("check") == []
    assert made.best("hour") == []
    assert "volunteer" in made.proved


def test_the_one_paper_that_is_missing_is_named_with_its_volunteer():
    best = only(priced(pilot(*without(ADA_HAS_SIGNED))).best("check"))

    assert (best.volunteer_id, best.check_code, best.municipality_code) == ("Ada", "confidentiality", "1283")
    assert best.confirmed_points == POINTS_OF_MILK - 0.56


def test_two_missing_papers_are_not_one_cleared_check():
    nothing_shown = [fact for fact in EVERYTHING_FITS if not isinstance(fact, facts.CheckCleared)]

    assert priced(pilot(*nothing_shown)).found["check"] == []


def test_an_extract_that_has_run_out_counts_as_missing():
    run_out = replace(ADA_HAS_SIGNED, valid_to=date(2026, 11, 1))

    best = only(priced(pilot(*without(ADA_HAS_SIGNED), run_out)).best("check"))

    assert best.check_code == "confidentiality"


def test_an_hour_more_is_worth_the_visit_it_makes_possible():
    best = only(priced(pilot(*changed(ADA, minutes_per_week=30))).best("hour"))

    assert (best.volunteer_id, best.request_ids) == ("Ada", ("milk",))
    assert best.confirmed_points == POINTS_OF_MILK - 0.56


def test_a_visit_more_comes_with_its_minutes():
    tight = changed(ADA, visits_per_week=1, minutes_per_week=80)

    best = only(priced(pilot(*tight, BREAD)).best("visit"))

    assert set(best.request_ids) == {"milk", "bread"}
    assert best.confirmed_points == 100 + 10 - 0.56


def test_nobody_may_give_more_than_the_policy_allows():
    tight = changed(ADA, visits_per_week=1)

    made = priced(pilot(*tight, BREAD), policy=policy(visits_per_week_max=1))

    assert made.found["visit"] == []


def test_profiles_that_would_serve_the_same_are_listed_once():
    everybody_asks = replace(MILK, earliest_at=TUESDAY, latest_at=TUESDAY + timedelta(days=5))

    made = priced(pilot(*without(ADA), everybody_asks))

    assert len(made.best("volunteer")) == 1
    assert sum(worth.confirmed_points is not None for worth in made.found["volunteer"]) >= 1


def test_without_time_only_estimates_are_given_and_it_is_said():
    made = priced(pilot(*without(ADA)), time_limit_s=1e-9)

    assert [worth.confirmed_points for worth in made.best("volunteer")][:1] == [None]
    assert "volunteer" not in made.proved
    assert any("in time" in note for note in made.notes())


def test_a_compact_run_is_solved_again_for_its_prices():
    store = pilot(*without(ADA_HAS_SIGNED))
    match(store, BASELINE, NOW, model="compact")

    made = worths(store)

    assert made.solved_anew
    assert any("compact" in note for note in made.notes())
    assert only(made.best("check")).confirmed_points == POINTS_OF_MILK - 0.56


def test_suppositions_leave_no_trace():
    store = pilot(*without(ADA))
    match(store, BASELINE, NOW)
    with store.reading() as reading:
        before, n_entries = reading.state("volunteers_at", NOW), reading.last_entry_no

    worths(store)

    with store.reading() as reading:
        assert reading.state("volunteers_at", NOW).equals(before)
        assert reading.last_entry_no == n_entries


def test_what_happened_after_the_run_does_not_change_its_worths():
    store = pilot(*without(ADA))
    run = match(store, BASELINE, NOW)
    before = worths(store, run.run_id)
    with store.transaction("test", "later") as transaction:
        transaction.append([*BEN, replace(BREAD, occurred_at=BEFORE)])

    after = worths(store, run.run_id)

    assert after == before


def test_there_must_be_a_run():
    with pytest.raises(InputError, match="no match run"):
        worths(pilot(*EVERYTHING_FITS))


def test_worths_are_kept_once_per_run():
    store = pilot(*without(ADA))
    made = priced(store)

    assert keep_worths(store, made) > 0
    assert keep_worths(store, made) == 0


def test_a_season_counts_a_priced_day_without_worth_as_nothing():
    store = pilot(*without(ADA))
    keep_worths(store, priced(store))
    with store.transaction("test", "Ben comes") as transaction:
        transaction.append([replace(fact, occurred_at=NOW) for fact in BEN])
    tomorrow = NOW + timedelta(hours=12)
    match(store, BASELINE, tomorrow)
    keep_worths(store, worths(store))

    best = season(store).iloc[0]

    assert (best["n_days"], best["n_days_with"]) == (2, 2)
    first = season(store, NOW).iloc[0]["mean_points"]
    assert first == pytest.approx(POINTS_OF_MILK, abs=1.0)
    assert best["mean_points"] < 0.6 * first
    assert best["low"] < best["mean_points"] < best["high"]


def test_a_season_of_one_day_has_no_interval():
    store = pilot(*without(ADA))
    keep_worths(store, priced(store))

    assert season(store)[["low", "high"]].isna().all(axis=None)


def test_a_season_takes_the_newest_run_of_a_day():
    store = pilot(*without(ADA))
    keep_worths(store, priced(store))
    with store.transaction("test", "she withdraws") as transaction:
        transaction.append([facts.RequestWithdrawn(occurred_at=NOW, request_id="milk")])
    match(store, BASELINE, NOW + timedelta(minutes=5))
    made = worths(store)
    written = keep_worths(store, made)

    table = season(store)

    assert written == len(table) == 0 or table["mean_points"].max() == 0.0


@pytest.fixture
def path(tmp_path):
    """A pilot file in which Rut asks and nobody helps, matched once."""
    store = Store.create(tmp_path / "pilot.duckdb", clock=lambda: NOW)
    with store.transaction("test", "set up") as transaction:
        transaction.append(without(ADA))
    match(store, BASELINE, NOW)
    return store.path


def said(*words):
    result = CliRunner().invoke(commands.app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_the_list_for_recruiting_can_be_read_and_is_kept(path):
    told = json.loads(said("prices", "--db", path, "--json"))

    assert told["proved"] == ["check", "hour", "visit", "volunteer"]
    assert [worth["request_ids"] for worth in told["best"]["volunteer"]] == [["milk"]]
    assert "Helsingborg: shopping, speaks sv, weekday mornings" in " ".join(said("prices", "--db", path).split())
    assert "mean of 1 priced days" in said("prices", "--season", "--db", path)
    assert json.loads(said("prices", "--season", "--db", path, "--json"))[0]["low"] is None


def test_the_chance_can_be_asked_from_the_command_line(path):
    request = ("--resident", "rut", "--service", "shopping", "--earliest", "2026-12-01T09:00", "--latest",
               "2026-12-01T12:00", "--as-of", "2026-11-29T18:00", "--db", path)  # fmt: skip

    told = json.loads(said("chance", *request, "--json"))

    assert told["n_candidates"] == 0
    assert told["reasons"][0]["code"] == "service_not_offered"
    assert "No history yet" in said("chance", *request)
    assert "Too little history" in said("chance", "--calibration", "--db", path)
