"""What invented people ask and do: each effect has its direction, and every draw belongs to somebody."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from simulations import behaviour
from simulations.chance import stream, uniforms
from simulations.crowd import crowd
from simulations.demand import asked_again, days_of, rate, requests_of_day
from simulations.scenario import Scenario

VILLAGE = Scenario.named("village")
MONDAY, SUNDAY = date(2026, 3, 9), date(2026, 3, 8)
MANY = [f"req-{n}" for n in range(4000)]


def offers(n=1, **columns):
    """Describe n offers that are alike but for their ids."""
    usual = {
        "service": "shopping", "distance_km": 2.0, "n_recent_visits": 0, "days_since_asked": np.nan,
        "sent_at": pd.Timestamp(2026, 3, 9, 15), "volunteer_id": "Ada",
    }  # fmt: skip
    ids = {"offer_id": [f"offer-{i}" for i in range(n)], "request_id": MANY[:n]}
    return pd.DataFrame(ids | {name: [value] * n for name, value in (usual | columns).items()})


def test_a_draw_belongs_to_its_names_and_not_to_what_was_drawn_before():
    alone = uniforms(1, "answer", [("milk", "Ada")], 3)
    among_others = uniforms(1, "answer", [("tea", "Ben"), ("milk", "Ada")], 3)

    assert (among_others[1] == alone[0]).all()
    assert (alone != uniforms(2, "answer", [("milk", "Ada")], 3)).all()
    assert (alone != uniforms(1, "visit", [("milk", "Ada")], 3)).all()


def test_draws_are_even():
    drawn = uniforms(1, "answer", ((name,) for name in MANY), 1)[:, 0]

    assert drawn.mean() == pytest.approx(0.5, abs=0.02)
    assert np.histogram(drawn, bins=10, range=(0, 1))[0] == pytest.approx([400] * 10, abs=90)
    assert stream(1, "x").random() == stream(1, "x").random()


@pytest.mark.parametrize(
    ("harder"),
    [{"distance_km": 12.0}, {"n_recent_visits": 6}, {"days_since_asked": 0.5}, {"service": "homework_help"}],
    ids=lambda change: next(iter(change)),
)
def test_what_makes_a_yes_less_likely(harder):
    easy, hard = (behaviour.yes_chance(offers(**columns), VILLAGE.answers)[0] for columns in ({}, harder))

    assert 0 < hard < easy < 1


def test_answers_come_with_the_shares_and_times_of_the_scenario():
    told = behaviour.answers_to(offers(4000), VILLAGE, seed=1)
    hours = (told["answered_at"] - pd.Timestamp(2026, 3, 9, 15)).dt.total_seconds() / 3600
    chance = behaviour.yes_chance(offers(), VILLAGE.answers)[0]

    assert len(told) / 4000 == pytest.approx(1 - VILLAGE.answers.silent_share, abs=0.02)
    assert (told["response"] == "accepted").mean() == pytest.approx(chance, abs=0.03)
    assert hours.mean() == pytest.approx(VILLAGE.answers.hours, rel=0.06)
    assert told.loc[told["response"] == "accepted", "reason_code"].isna().all()
    assert told.loc[told["response"] == "declined", "reason_code"].notna().all()


def test_visits_end_as_often_as_the_scenario_says():
    agreed = pd.Timestamp(2026, 3, 9, 15)
    visits = pd.DataFrame(
        {"visit_id": MANY, "request_id": MANY, "volunteer_id": "Ada", "agreed_at": agreed,
         "starts_at": agreed + pd.Timedelta(days=3)}
    )  # fmt: skip

    fates = behaviour.fates_of(visits, VILLAGE.visits, seed=1)

    cancelled = fates[fates["outcome"] == "cancelled"]
    by_volunteer = (cancelled["side"] == "volunteer").sum() / 4000
    assert by_volunteer == pytest.approx(VILLAGE.visits.volunteer_cancels_share, abs=0.012)
    assert cancelled["cancelled_at"].between(agreed, agreed + pd.Timedelta(days=3), inclusive="left").all()
    assert (fates["outcome"] == "missed").mean() == pytest.approx(0.037, abs=0.012)
    assert fates.loc[fates["outcome"] == "completed", "side"].isna().all()


def test_patience_ends_as_an_exponential_does():
    now = pd.Timestamp(2026, 3, 30)
    waited = pd.Timedelta(days=VILLAGE.staying.patience_days)

    over = behaviour.gives_up(
        pd.DataFrame({"request_id": MANY, "requested_at": now - waited}), VILLAGE.staying, seed=1, now=now
    )

    assert over.mean() == pytest.approx(1 - np.exp(-1), abs=0.03)


def test_a_year_of_leaving_is_the_share_of_the_year_and_the_idle_leave_sooner():
    def left(**columns):
        crew = pd.DataFrame({"number": range(3000)}).assign(**({"days_idle": 0.0, "n_recent_visits": 1} | columns))
        for n in range(365):
            crew = crew[~behaviour.leaves(crew, VILLAGE.staying, 1, date.fromordinal(MONDAY.toordinal() + n))]
        return 1 - len(crew) / 3000

    usual = left()
    assert usual == pytest.approx(VILLAGE.staying.leaves_per_year, abs=0.03)
    assert left(days_idle=90.0) > usual + 0.1
    assert left(n_recent_visits=12) > usual + 0.1


def test_nobody_leaves_when_nobody_is_there():
    nobody = pd.DataFrame({"number": [], "days_idle": [], "n_recent_visits": []}).astype({"number": int})

    assert len(behaviour.leaves(nobody, VILLAGE.staying, 1, MONDAY)) == 0


def test_word_of_mouth_brings_as_many_as_the_scenario_says():
    visits = pd.DataFrame({"request_id": MANY, "volunteer_id": "Ada"})

    joins, asks = behaviour.brings(visits, VILLAGE.growth, seed=1)

    assert joins.mean() == pytest.approx(VILLAGE.growth.recruits_per_visit, abs=0.006)
    assert asks.mean() == pytest.approx(VILLAGE.growth.asks_again_share, abs=0.015)


def test_demand_follows_the_week_the_season_and_the_holidays():
    demand = VILLAGE.demand

    assert rate(demand, MONDAY) > rate(demand, SUNDAY)
    assert rate(demand, date(2026, 1, 19)) > rate(demand, date(2026, 7, 20))
    assert rate(demand, date(2026, 12, 25)) < 0.5 * rate(demand, date(2026, 12, 18))


def test_as_many_ask_as_expected_and_each_only_for_what_they_may():
    people = crowd(VILLAGE, 1)
    days = days_of(VILLAGE)

    asked = [row for day in days for row in requests_of_day(VILLAGE, people, day, seed=1)]

    assert len(asked) == pytest.approx(sum(rate(VILLAGE.demand, day) for day in days), rel=0.25)
    assert len({row["request_id"] for row in asked}) == len(asked)
    assert all(row["requested_at"] <= row["earliest_at"] < row["latest_at"] for row in asked)
    until = dict(zip(people.askers["resident_id"], people.askers["until"], strict=True))
    assert all(date.fromisoformat(row["latest_at"][:10]).toordinal() <= until[row["resident_id"]] for row in asked)


def test_the_same_day_asks_the_same_whoever_asked_the_day_before():
    people = crowd(VILLAGE, 1)

    assert requests_of_day(VILLAGE, people, MONDAY, 1) == requests_of_day(VILLAGE, people, MONDAY, 1)
    [again] = asked_again(people, [people.askers["resident_id"].iloc[0]], MONDAY, 1)
    assert again["resident_id"] == people.askers["resident_id"].iloc[0]


def test_those_who_join_later_are_not_there_at_the_start_and_clear_their_checks_after_joining():
    people = crowd(VILLAGE, 1)
    joiner = next(v for v in people.joiners if (people.tables["vetting"]["volunteer_id"] == v).any())

    at_start = {row["volunteer_id"] for row in people.at_start()["volunteers"]}
    joins = people.joining((joiner,), MONDAY)
    cleared = [
        row
        for n in range(300)
        for row in people.clearings({joiner: MONDAY}, date.fromordinal(MONDAY.toordinal() + n), 1.0, 1).get(
            "vetting", []
        )
        if row["volunteer_id"] == joiner
    ]

    assert len(at_start) == VILLAGE.town.volunteers
    assert joiner not in at_start
    assert [row["volunteer_id"] for row in joins["volunteers"]] == [joiner]
    assert len(joins["residents"]) == 1
    assert {row["check"] for row in cleared} == set(
        people.tables["vetting"].loc[people.tables["vetting"]["volunteer_id"] == joiner, "check"]
    )
    assert all(row["valid_from"] >= MONDAY.isoformat() for row in cleared)
