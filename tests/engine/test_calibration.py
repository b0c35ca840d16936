"""Whether chances keep their word: the model, the reliability table, and days held back from what it learns."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_pilot import BASELINE, EVERYTHING_FITS, MILK, NOW, pilot, policy

from engine import facts
from engine.clock import utc_of
from engine.intake import Known, read_package
from engine.matching import match
from engine.reasons.calibration import Logistic, calibration_of
from engine.reasons.chance import chance_of
from engine.reasons.history import SIGNS, History, calibration, learn
from engine.store import Store
from simulations.population import town, write_package

BREAD = replace(MILK, request_id="bread", occurred_at=NOW)


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


def test_the_reliability_table_of_the_docs_is_reproduced(replayed):
    documented = pd.read_csv(Path(__file__).with_name("reliability_of_chances.csv"))

    found = calibration(replayed).bins

    pd.testing.assert_frame_equal(found.reset_index(drop=True), documented, check_dtype=False, rtol=0.0, atol=0.005)


def test_a_history_narrows_the_interval_and_orders_the_signs(replayed):
    coefficients = dict(zip(SIGNS, replayed.model.mean, strict=True))
    fresh = History.of()

    assert replayed.n > 60
    assert coefficients["left"] > 0 and coefficients["candidates"] + coefficients["free"] > 0
    assert (np.diag(replayed.model.covariance) < np.diag(fresh.model.covariance)).all()
    with pilot(*EVERYTHING_FITS).reading() as reading:
        told, assumed = (chance_of(reading, BASELINE, NOW, BREAD, history) for history in (replayed, fresh))
    assert told.high - told.low < assumed.high - assumed.low
    assert told.n_history == replayed.n
