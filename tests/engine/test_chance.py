"""The chance of a request while it is entered: what moves it, what it learns from, and whether it keeps its word."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from small_pilot import ADA, BASELINE, BEFORE, BEN, EVERYTHING_FITS, MILK, NOW, TUESDAY, changed, pilot, policy

from engine import facts
from engine.clock import utc_of
from engine.errors import InputError
from engine.intake import Known, read_package
from engine.matching import match
from engine.reasons.calibration import Logistic, calibration_of
from engine.reasons.chance import chance_of
from engine.reasons.history import SIGNS, History, calibration, learn
from engine.store import Store
from simulations.population import town, write_package

BREAD = replace(MILK, request_id="bread", occurred_at=NOW)


def chance(store, request=BREAD, history=None, as_of=NOW):
    with store.reading() as reading:
        return chance_of(reading, BASELINE, as_of, request, history)


def moved(request, **by):
    return replace(
        request, earliest_at=request.earliest_at + timedelta(**by), latest_at=request.latest_at + timedelta(**by)
    )


def test_a_request_that_somebody_could_serve_has_the_better_chance():
    store = pilot(*EVERYTHING_FITS)

    on_tuesday, on_wednesday = chance(store), chance(store, moved(BREAD, days=1))

    assert (on_tuesday.n_candidates, on_wednesday.n_candidates) == (1, 0)
    assert on_tuesday.share_served > 2 * on_wednesday.share_served > 0


def test_without_history_it_says_so_and_the_interval_is_wide():
    told = chance(pilot(*EVERYTHING_FITS))

    assert told.n_history == 0
    assert told.low < 0.2 < told.share_served < 0.8 < told.high


def test_a_wider_window_reaches_the_day_somebody_is_free():
    on_wednesday = moved(BREAD, days=1)

    told = chance(pilot(*EVERYTHING_FITS), on_wednesday)

    assert told.wider.earliest_at == on_wednesday.earliest_at - timedelta(days=1)
    assert told.wider.latest_at == on_wednesday.latest_at + timedelta(days=1)
    assert told.wider.n_candidates == 1
    assert told.wider.share_served > told.share_served
    assert told.reasons[0].code == "not_free"


def test_a_nearer_window_is_served_sooner():
    in_nine_days = moved(BREAD, days=7)

    told = chance(pilot(*EVERYTHING_FITS), in_nine_days)

    assert told.nearer.earliest_at == TUESDAY.replace(hour=9)
    assert told.nearer.days_waiting < told.days_waiting < 10


def test_a_window_that_opens_at_once_cannot_be_nearer():
    tomorrow = replace(BREAD, earliest_at=datetime(2026, 11, 30, 9), latest_at=datetime(2026, 12, 1, 12))

    assert chance(pilot(*EVERYTHING_FITS), tomorrow).nearer is None


def test_a_rule_that_stops_everybody_leaves_no_chance_and_is_named():
    pupils_only = replace(BREAD, service="homework_help")

    told = chance(pilot(*EVERYTHING_FITS), pupils_only)

    assert (told.share_served, told.low, told.high) == (0, 0, 0)
    assert [reason.code for reason in told.reasons] == ["may_not_ask"]


@pytest.mark.parametrize(
    "apart",
    [
        [facts.RelationStated(occurred_at=BEFORE, resident_id="rut", volunteer_id="Ada", kind="blocked")],
        [replace(ADA, resident_id="rut")],
    ],
    ids=["blocked", "own request"],
)
def test_whoever_may_not_come_is_not_counted(apart):
    assert chance(pilot(*EVERYTHING_FITS, *apart)).n_candidates == 0


def test_a_volunteer_whose_week_the_newest_run_needs_is_not_free():
    store = pilot(*changed(ADA, visits_per_week=1))
    before = chance(store)
    match(store, BASELINE, NOW)

    after = chance(store)

    assert before.n_candidates == after.n_candidates == 1
    assert after.share_served < before.share_served


def test_a_volunteer_with_room_beside_the_newest_plan_stays_free():
    store = pilot(*EVERYTHING_FITS)
    before = chance(store)
    match(store, BASELINE, NOW)

    after = chance(store)

    assert after.share_served == before.share_served


def test_nothing_is_stored():
    store = pilot(*EVERYTHING_FITS)

    chance(store)

    with store.reading() as reading:
        assert reading.last_entry_no == 1
        assert list(reading.state("requests_at", NOW)["request_id"]) == ["milk"]


def test_what_makes_no_sense_is_refused():
    store = pilot(*EVERYTHING_FITS)

    with pytest.raises(InputError, match="no resident 'nobody'"):
        chance(store, replace(BREAD, resident_id="nobody"))
    with pytest.raises(InputError, match="time zone"):
        chance(store, as_of=datetime(2026, 11, 29))
    with pytest.raises(InputError, match="before it opens"):
        chance(store, replace(BREAD, latest_at=BREAD.earliest_at - timedelta(hours=1)))


# What is learnt


def visit(request, number=1):
    return facts.VisitAgreed(occurred_at=NOW + timedelta(hours=1), visit_id=f"v-{request.request_id}-{number}",
                             request_id=request.request_id, volunteer_id="Ada", minutes=67,
                             starts_at=request.earliest_at,
                             ends_at=request.earliest_at + timedelta(hours=1))  # fmt: skip


def learnt(*log, as_of=NOW + timedelta(days=10)):
    """Learn after ten days from a pilot in which one run looked at the requests, and the log then happened."""
    later = [fact for fact in log if fact.occurred_at > NOW]
    store = pilot(*EVERYTHING_FITS, *(fact for fact in log if fact not in later))
    match(store, BASELINE, NOW)
    with store.transaction("test", "later") as transaction:
        transaction.append(later)
    return learn(store, BASELINE, as_of)


def fates(history):
    return dict(history.examples[["request_id", "is_served"]].itertuples(index=False))


def test_a_request_with_its_visit_was_served_and_one_without_was_not():
    eggs = replace(MILK, request_id="eggs")

    assert fates(learnt(eggs, visit(MILK))) == {"eggs": False, "milk": True}


def test_a_lost_visit_serves_nobody():
    lost = facts.VisitEnded(occurred_at=NOW + timedelta(days=2), visit_id="v-milk-1", outcome="missed")

    assert fates(learnt(visit(MILK), lost)) == {"milk": False}


def test_a_request_for_two_is_served_by_two():
    for_two = replace(MILK, request_id="sofa", volunteers_needed=2)

    history = learnt(for_two, visit(for_two), visit(MILK))

    assert fates(history) == {"milk": True, "sofa": False}


def test_in_a_pilot_without_visits_a_proposal_counts():
    on_wednesday = moved(replace(MILK, request_id="eggs"), days=1)

    assert fates(learnt(on_wednesday)) == {"eggs": False, "milk": True}


def test_what_is_still_open_or_was_withdrawn_teaches_nothing():
    withdrawn = facts.RequestWithdrawn(occurred_at=NOW + timedelta(hours=1), request_id="milk")

    assert learnt(as_of=NOW + timedelta(days=1)).n == 0
    assert learnt(withdrawn).n == 0


def test_the_signs_are_those_of_the_day_the_request_was_new():
    ben_comes_later = [replace(fact, occurred_at=NOW + timedelta(hours=2)) for fact in BEN]

    history = learnt(*ben_comes_later)

    assert history.examples["n_candidates"].tolist() == [1]
    assert history.examples["n_free"].tolist() == [1]


def test_the_position_of_visits_is_learnt():
    late = replace(visit(MILK), starts_at=TUESDAY.replace(hour=11), ends_at=TUESDAY.replace(hour=12))

    assert learnt(late).position > learnt(visit(MILK)).position


# Whether it keeps its word


def test_learning_finds_the_highest_point_of_the_posterior():
    rng = np.random.default_rng(1)
    signs = rng.normal(size=(60, 1))
    outcomes = (rng.random(60) < 1 / (1 + np.exp(-2 * signs[:, 0]))).astype(float)
    grid = np.linspace(-5, 5, 20_001)
    line = signs * grid
    height = (outcomes[:, None] * line - np.logaddexp(0, line)).sum(axis=0) - (grid - 0.5) ** 2 / (2 * 0.7**2)

    found = Logistic.prior([0.5], [0.7]).learnt(signs, outcomes)

    assert found.mean[0] == pytest.approx(grid[height.argmax()], abs=1e-3)
    assert found.covariance[0, 0] < 0.7**2


def test_learning_survives_a_history_in_which_everybody_was_served():
    signs = np.column_stack([np.ones(500), np.linspace(0, 30, 500)])

    found = Logistic.prior([-3.0, 1.0], [0.75, 0.5]).learnt(signs, np.ones(500))

    assert np.isfinite(found.mean).all()
    low, high = found.interval(signs)
    assert (low <= found.share(signs) + 1e-3).all()
    assert (found.share(signs) <= high + 1e-3).all()


def test_the_table_counts_and_errs_as_by_hand():
    tested = calibration_of(np.array([0.1, 0.1, 0.9, 1.0]), np.array([0.0, 1.0, 1.0, 1.0]))

    assert tested.bins[["n", "mean_share", "served_share"]].to_numpy().tolist() == [[2, 0.1, 0.5], [2, 0.95, 1.0]]
    assert tested.brier == pytest.approx((0.01 + 0.81 + 0.01 + 0) / 4)
    assert tested.brier_of_mean == pytest.approx(0.75 * 0.25)
    assert tested.expected_error == pytest.approx(0.5 * 0.4 + 0.5 * 0.05)


def test_chances_that_are_right_pass_and_boasts_do_not():
    rng = np.random.default_rng(2)
    shares = rng.random(4_000)
    outcomes = (rng.random(4_000) < shares).astype(float)

    right, boasting = calibration_of(shares, outcomes), calibration_of(np.sqrt(shares), outcomes)

    assert right.expected_error < 0.03
    assert boasting.expected_error > 0.1
    inside = right.bins["mean_share"].between(right.bins["low"], right.bins["high"])
    assert inside.mean() >= 0.8


def test_nothing_to_compare_is_said():
    tested = calibration(History.of())

    assert (tested.n, len(tested.bins)) == (0, 0)
    assert np.isnan(tested.brier)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory):
    """A town of two fortnights, matched every third morning; what is proposed for the next days is agreed."""
    rounds, gentle = 12, policy(starts_per_pair=2)
    start = date(2026, 11, 30)
    store = Store.in_memory(clock=lambda: utc_of(datetime(2026, 11, 1)))
    with store.transaction("test", "town") as transaction:
        for n in range(2):
            folder = tmp_path_factory.mktemp("town")
            opens = start + timedelta(days=14 * n)
            write_package(town(60, 60, 70, opens, seed=7 + n), folder)
            made = read_package(folder, Known(), utc_of(datetime(opens.year, opens.month, opens.day)))
            transaction.append(_renamed(made.facts, n))
    for n in range(rounds):
        now = utc_of(datetime(2026, 11, 21, 6) + timedelta(days=3 * n))
        soon = match(store, gentle, now).proposals.query("starts_at < @limit", local_dict={"limit": _limit(now)})
        with store.transaction("test", "agree") as transaction:
            transaction.append(
                facts.VisitAgreed(occurred_at=now, visit_id=f"v{n}-{i}", request_id=p.request_id, minutes=p.minutes,
                                  volunteer_id=p.volunteer_id, starts_at=p.starts_at.to_pydatetime(),
                                  ends_at=p.ends_at.to_pydatetime())
                for i, p in enumerate(soon.itertuples())
            )  # fmt: skip
    return learn(store, gentle, utc_of(datetime(2026, 12, 31)))


def _limit(now):
    return (now + timedelta(days=5)).replace(tzinfo=None)


def _renamed(log, n):
    """Keep the volunteers of the first fortnight only, all known from the start, and tell the askers apart."""
    for fact in log:
        helps = hasattr(fact, "volunteer_id") or getattr(fact, "resident_id", "") <= "res-00060"
        if not helps:
            own = {name: f"{n}-{getattr(fact, name)}" for name in ("resident_id", "request_id") if hasattr(fact, name)}
            when = {} if isinstance(fact, facts.RequestSubmitted) else {"occurred_at": utc_of(datetime(2026, 11, 1))}
            yield replace(fact, **own, **when)
        elif n == 0 and not isinstance(fact, facts.RelationStated):
            yield replace(fact, occurred_at=utc_of(datetime(2026, 11, 1)))


def test_on_held_back_days_the_chances_beat_the_mean(replayed):
    tested = calibration(replayed)

    assert tested.n > 30
    assert tested.brier < 0.75 * tested.brier_of_mean
    assert tested.expected_error < 0.2


def test_a_history_narrows_the_interval_and_orders_the_signs(replayed):
    coefficients = dict(zip(SIGNS, replayed.model.mean, strict=True))
    fresh = History.of()

    assert replayed.n > 60
    assert coefficients["left"] > 0 and coefficients["candidates"] + coefficients["free"] > 0
    assert (np.diag(replayed.model.covariance) < np.diag(fresh.model.covariance)).all()
    told, assumed = (chance(pilot(*EVERYTHING_FITS), history=h) for h in (replayed, fresh))
    assert told.high - told.low < assumed.high - assumed.low
    assert told.n_history == replayed.n
