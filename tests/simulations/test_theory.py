"""Simulated markets give what their closed forms say; the tolerances are four standard errors and the market's size."""

import numpy as np
import pytest

from simulations import theory

PUBLISHED = {
    "greedy": {2: 0.2393, 3: 0.1768, 4: 0.1404, 6: 0.0997},
    "patient": {2: 0.1813, 3: 0.1053, 4: 0.0634, 6: 0.0237},
    "greedy, fixed stay": {2: 0.1229, 3: 0.0575, 4: 0.0277, 6: 0.0066},
}


@pytest.fixture
def rng():
    return np.random.default_rng(1)


@pytest.mark.parametrize("rule", PUBLISHED)
def test_the_closed_form_gives_the_known_losses(rule):
    assert [theory.loss(rule, d) for d in PUBLISHED[rule]] == pytest.approx(list(PUBLISHED[rule].values()), abs=5e-5)


@pytest.mark.parametrize("d", [2, 4])
@pytest.mark.parametrize("rule", PUBLISHED)
def test_a_simulated_market_loses_what_the_closed_form_says(rule, d, rng):
    assert theory.simulated_loss(rule, d, rng) == pytest.approx(theory.loss(rule, d), abs=0.01)


def test_waiting_pays_only_when_people_leave_unannounced():
    """With a guaranteed latest date, pairing at once loses less than waiting does without one."""
    assert all(
        theory.loss("greedy, fixed stay", d) < theory.loss("patient", d) < theory.loss("greedy", d) for d in (2, 6)
    )


@pytest.mark.parametrize(
    ("d", "rho", "theta", "known"), [(4, 1.5, 0.5, (0.0026, 0.3350)), (8, 1.2, 0.25, (0.0002, 0.1668))]
)
def test_two_sides_lose_few_requests_and_leave_many_volunteers_idle(d, rho, theta, known, rng):
    lost, unused = theory.two_sided(d, rho, theta)

    assert (lost, unused) == pytest.approx(known, abs=5e-5)
    assert theory.simulated_two_sided(d, rho, theta, rng) == pytest.approx((lost, unused), abs=0.01)


def test_past_balance_recruiting_only_adds_idle_volunteers():
    lost, unused = np.transpose([theory.two_sided(4, rho, 0.5) for rho in (1.3, 1.6, 2.0)])

    assert lost.max() < 0.02
    assert (np.diff(unused) > 0.1).all()


@pytest.mark.parametrize("k", [1, 3])
def test_asking_in_parallel_is_faster_and_disappoints_more(k, rng):
    time, asked = theory.simulated_offers(k, 0.5, 0.4, rng)

    assert (time, asked) == pytest.approx(theory.parallel_offers(k, 0.5, 0.4), rel=0.03)


def test_placing_at_dual_prices_comes_near_hindsight_and_greedy_does_not():
    placed = [theory.placement(np.random.default_rng(seed)) for seed in range(3)]

    assert np.mean([each.by_price for each in placed]) >= 0.97
    assert np.mean([each.greedy for each in placed]) < 0.9


def test_a_naive_trial_overstates_an_effect_that_a_switchback_finds():
    trials = [theory.trial(np.random.default_rng(seed), n_weeks=60) for seed in range(4)]
    truth = np.mean([each.truth for each in trials])

    assert np.mean([each.naive for each in trials]) > 3 * truth
    assert np.mean([each.switchback for each in trials]) == pytest.approx(truth, abs=0.012)
