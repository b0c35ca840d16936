"""A replay: what was in force comes to what happened; what the log cannot know is said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from engine import facts, metrics
from engine.errors import InputError
from engine.policy import Policy
from engine.research.extract import write_extract
from engine.store import Store
from simulations.pilot import Plan, simulate
from simulations.replay.acceptance import Acceptance, reliability, resampled, signs_of
from simulations.replay.comparison import AS_IT_WAS, compare, happened_in
from simulations.replay.extracted import pilot_of_extract
from simulations.replay.history import History
from simulations.replay.replication import relive
from simulations.replay.support import support_of
from simulations.scenario import Scenario

BASELINE = Policy.named("baseline")
BUSY = Scenario.named("village").with_numbers(
    {
        "town.volunteers": 90,
        "town.residents": 60,
        "demand.requests_per_day": 24.0,
        "visits.volunteer_cancels_share": 0.5,
    }
)
DAYS = 5
COUNTS = ("n_completed", "n_withdrawn", "n_visits", "n_visits_cancelled", "n_offers", "n_accepted", "n_volunteers_used")
DRAWN = ("n_offers", "n_accepted", "n_visits")


@pytest.fixture(scope="module")
def lived():
    """Give a pilot of some days."""
    store = Store.in_memory()
    simulate(Plan(BUSY, BASELINE, seed=3), store, days=DAYS)
    yield store
    store.close()


@pytest.fixture(scope="module")
def history(lived):
    with lived.reading() as reading:
        return History.of(reading, reading.newest_moment().replace(tzinfo=UTC))


@pytest.fixture(scope="module")
def happened(lived, history):
    with lived.reading() as reading:
        return happened_in(reading, history)


@pytest.fixture(scope="module")
def first_days(lived, history):
    """Give the first three days of the history, and what had happened by then."""
    rounds = history.rounds[:3]
    ends_at = rounds[-1].at
    given = tuple(known for known in history.given if known.fact.occurred_at <= ends_at)
    beginning = replace(history, rounds=rounds, given=given, ends_at=ends_at)
    with lived.reading() as reading:
        return beginning, happened_in(reading, beginning)


def offers(n, seed=1, **changes):
    """Make offers of an invented log: the nearer, the sooner accepted."""
    rng = np.random.default_rng(seed)
    sent_at = pd.Timestamp("2026-03-02 15:00") + pd.to_timedelta(rng.integers(0, 60, n), unit="D")
    km = rng.uniform(0.5, 10, n)
    made = pd.DataFrame(
        {
            "offer_id": [f"o{k}" for k in range(n)],
            "request_id": [f"r{k}" for k in range(n)],
            "volunteer_id": [f"v{k % 40}" for k in range(n)],
            "sent_at": sent_at,
            "starts_at": sent_at + pd.to_timedelta(rng.integers(20, 120, n), unit="h"),
            "distance_km": km,
            "service": rng.choice(["company_walk", "shopping"], n),
            "n_asked_week": rng.integers(0, 4, n),
            "n_asked_before": rng.integers(0, 3, n),
            "n_recent_visits": rng.integers(0, 3, n),
            "days_since_asked": rng.uniform(1, 30, n),
            "status": np.where(rng.random(n) < 1 / (1 + np.exp(0.6 * (km - 5))), "accepted", "declined"),
            "reason_code": None,
            "answered_at": sent_at + pd.Timedelta(hours=5),
        }
    )
    return made.assign(**changes)


def run(at):
    """Make the fact of a run that looked at nothing."""
    return facts.RunMade(
        occurred_at=at,
        run_id="run-1",
        as_of=at,
        policy=BASELINE.name,
        fingerprint=BASELINE.fingerprint,
        content=BASELINE.text,
        seed=0,
        model="plans",
        proof="optimal",
        input_hash="",
        input_entry_no=1,
        **dict.fromkeys(("n_requests", "n_volunteers", "n_candidates", "n_matched"), 0),
        **dict.fromkeys(("objective", "bound", "gap", "candidates_s", "solve_s", "check_s"), 0.0),
    )


def sent(at, name):
    """Make the fact of an offer."""
    starts_at = datetime(2026, 2, 9, 10)
    return facts.OfferSent(
        occurred_at=at,
        offer_id=name,
        request_id="milk",
        volunteer_id="Ada",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        minutes=60,
        distance_km=1.0,
        expires_at=at + timedelta(days=1),
        run_id=None,
    )


def test_what_was_in_force_comes_to_exactly_what_happened(history, happened):
    acceptance = Acceptance.fitted(history.offers)

    again = relive(history, acceptance, seed=1)

    assert happened["n_accepted"] > 15
    assert happened["n_visits_cancelled"] > 0
    assert again.counted == happened


def test_with_every_answer_drawn_what_happened_lies_within_the_interval(first_days):
    compared = compare(*first_days, [], [1, 2, 3], keeps=False)

    bands = compared.bands(DRAWN)

    assert bands["policy"].eq(AS_IT_WAS).all()
    assert bands["low"].lt(bands["high"]).all()
    assert bands["happened"].between(bands["low"], bands["high"]).all()
    assert compared.misses(DRAWN) == []


def test_another_policy_meets_the_same_people_asking_and_coming(lived, first_days):
    """Nobody is asked again within the fortnight, so that fewer offers are sent."""
    seldom = replace(BASELINE, name="seldom", asking=replace(BASELINE.asking, offers_per_week_max=1))
    history, happened = first_days
    store = Store.in_memory()

    other = relive(history, Acceptance.fitted(history.offers), 1, seldom, store=store)

    period = metrics.Period(datetime(2026, 1, 1, tzinfo=UTC), history.ends_at)
    with lived.reading() as reading:
        asked = metrics.measure(reading, "requests", period, ["service"])
    with store.reading() as reading:
        asked_again = metrics.measure(reading, "requests", period, ["service"])
        left = reading.state("volunteers_at", history.ends_at)["left_at"].notna().sum()
    store.close()
    assert other.counted["n_requests"] == happened["n_requests"]
    assert other.counted["n_volunteers"] == happened["n_volunteers"]
    assert left == happened["n_left"]
    assert other.counted["n_offers"] < happened["n_offers"]
    assert asked_again.equals(asked)
    assert 0 < other.is_drawn.sum() < len(other.offers)


def test_an_extract_laid_out_again_counts_what_the_pilot_counted(lived, history, happened, tmp_path):
    write_extract(lived, "cli", tmp_path / "extract", history.ends_at)

    store = pilot_of_extract(tmp_path / "extract")

    with store.reading() as reading:
        again = History.of(reading, reading.newest_moment().replace(tzinfo=UTC))
        counted = happened_in(reading, again)
    store.close()
    assert len(again.rounds) == len(history.rounds)
    assert {name: counted[name] for name in COUNTS} == {name: happened[name] for name in COUNTS}


def test_what_the_office_did_within_an_hour_is_one_round_in_its_own_order(store):
    """Offers were sent at ten past twelve, a run made at twenty past; the next offers came after one."""
    noon = datetime(2026, 2, 2, 12, tzinfo=UTC)
    for fact in (sent(noon + timedelta(minutes=10), "a"), run(noon + timedelta(minutes=20))):
        with store.transaction("tester", "set up") as transaction:
            transaction.append([fact])
    with store.transaction("tester", "set up") as transaction:
        transaction.append([sent(noon + timedelta(minutes=70), "b")])

    with store.reading() as reading:
        first, second = History.of(reading, noon + timedelta(days=1)).rounds

    assert first.at == noon + timedelta(minutes=20)
    assert first.sends_first
    assert first.ran_under == BASELINE
    assert second.ran_under is None
    assert second.sends
    assert second.until_entry == 2


def test_a_folder_without_an_extract_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no research extract"):
        pilot_of_extract(tmp_path)


def test_a_pilot_without_a_run_cannot_be_replayed(store):
    with store.reading() as reading, pytest.raises(InputError, match="nothing to replay"):
        History.of(reading, datetime(2026, 3, 2, tzinfo=UTC))


def test_a_log_too_short_to_fit_is_refused_in_words():
    with pytest.raises(InputError, match="holds 30 offers whose end is known"):
        Acceptance.fitted(offers(30))


def test_the_model_finds_what_moves_answers_and_keeps_its_word():
    tested = reliability(offers(600))

    assert tested.n == 600
    assert tested.brier < 0.9 * tested.brier_of_mean
    assert tested.expected_error < 0.08


def test_the_same_pair_is_in_the_same_mood_whatever_else_is_asked():
    acceptance = Acceptance.fitted(offers(300))
    some = offers(300).iloc[[5, 17, 40]].reset_index(drop=True)

    alone = acceptance.answers(some.iloc[[1]].reset_index(drop=True), seed=4)

    assert alone.loc[0].equals(acceptance.answers(some, seed=4).loc[1])


def test_volunteers_are_resampled_whole():
    log = offers(200)

    drawn = resampled(log, seed=2)

    per_volunteer = log.groupby("volunteer_id").size()
    times = drawn.groupby("volunteer_id").size() / per_volunteer
    assert drawn["volunteer_id"].nunique() < 40
    assert times.dropna().mod(1).eq(0).all()


def test_offers_unlike_any_of_the_log_are_warned_of_by_share_and_sign():
    log = offers(300)
    far = offers(40, seed=2, distance_km=[25.0] * 30 + [5.0] * 10)

    support = support_of(log, far, np.ones(40, dtype=bool))

    assert support.outside["sign"].iloc[0] == "distance_km"
    assert support.outside["share"].iloc[0] == 0.75
    assert support.warnings[0].startswith("75% of the 40 offers whose answers were drawn lie outside")
    assert support.unlike_share >= 0.7


def test_a_service_never_offered_is_warned_of():
    log, other = offers(300), offers(50, seed=2).assign(service="snow_garden")

    support = support_of(log, other, np.ones(50, dtype=bool))

    assert support.outside["sign"].iloc[0] == "service"
    assert support.outside["share"].iloc[0] == 1.0


def test_offers_like_those_of_the_log_give_no_warning():
    support = support_of(offers(400), offers(200, seed=9), np.ones(200, dtype=bool))

    assert support.warnings == []


def test_signs_know_nothing_of_the_answer():
    log = offers(50)

    assert signs_of(log).equals(signs_of(log.assign(status="expired", answered_at=pd.NaT)))
