"""Who comes if a volunteer cancels: by the same rules, at the promised time if anybody can, and who is most at risk."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from small_pilot import BASELINE, BEFORE, BEN, EVERYTHING_FITS, MILK, NOW, TUESDAY, pilot

from engine import facts
from engine.facts import Window
from engine.reasons.standby import standby, tomorrow

VISIT = facts.VisitAgreed(
    occurred_at=BEFORE, visit_id="v1", request_id="milk", volunteer_id="Ada", minutes=66,
    starts_at=TUESDAY.replace(hour=10), ends_at=TUESDAY.replace(hour=11),
)  # fmt: skip


def plan_b(*log):
    [plan] = standby(pilot(*log), BASELINE, NOW)
    return plan


def test_the_next_best_volunteer_stands_by_at_the_promised_time():
    plan = plan_b(*EVERYTHING_FITS, *BEN, VISIT)

    assert [(s.visit.volunteer_id, s.visit.starts_at.hour, s.keeps_time) for s in plan.standbys] == [("Ben", 10, True)]
    assert plan.visit.volunteer_id == "Ada"


def test_who_is_busy_at_the_promised_time_may_come_at_another_within_the_window():
    bens = [replace(f, windows=(Window(2, *hours),)) if isinstance(f, facts.AvailabilityStated) else f
            for f in BEN for hours in [(datetime(1, 1, 1, 11).time(), datetime(1, 1, 1, 18).time())]]  # fmt: skip

    plan = plan_b(*EVERYTHING_FITS, *bens, VISIT)

    assert [(s.visit.starts_at.hour, s.keeps_time) for s in plan.standbys] == [(11, False)]


def test_other_agreed_visits_are_respected():
    other = replace(MILK, request_id="bread", volunteers_needed=1)
    bens = replace(VISIT, visit_id="v2", request_id="bread", volunteer_id="Ben",
                   starts_at=TUESDAY.replace(hour=9), ends_at=TUESDAY.replace(hour=12), minutes=200)  # fmt: skip

    plans = standby(pilot(*EVERYTHING_FITS, other, *BEN, VISIT, bens), BASELINE, NOW)

    assert {plan.visit_id: plan.standbys for plan in plans} == {"v1": (), "v2": ()}


@pytest.mark.parametrize(
    "against",
    [
        facts.RelationStated(occurred_at=BEFORE, resident_id="rut", volunteer_id="Ben", kind="blocked"),
        facts.OfferAnswered(occurred_at=BEFORE, request_id="milk", volunteer_id="Ben", response="declined"),
        facts.OverrideStated(
            occurred_at=BEFORE, request_id="milk", volunteer_id="Ben", starts_at=None, kind="forbid", reason_code="x"
        ),
    ],
)
def test_nobody_is_asked_whom_a_rule_keeps_away(against):
    assert plan_b(*EVERYTHING_FITS, *BEN, VISIT, against).standbys == ()


def test_the_chance_of_failing_starts_at_the_prior_and_moves_with_every_ended_visit():
    ended = [
        fact
        for n in range(4)
        for fact in (
            replace(MILK, request_id=f"old-{n}"),
            replace(VISIT, visit_id=f"old-{n}", request_id=f"old-{n}", starts_at=datetime(2026, 11, 20 + n, 10),
                    ends_at=datetime(2026, 11, 20 + n, 11)),
            facts.VisitEnded(occurred_at=BEFORE, visit_id=f"old-{n}", outcome="missed" if n else "completed"),
        )
    ]  # fmt: skip

    fresh, known = plan_b(*EVERYTHING_FITS, VISIT), plan_b(*EVERYTHING_FITS, *ended, VISIT)

    assert fresh.chance == pytest.approx(1 / 20)
    assert known.chance == pytest.approx((1 + 3) / (20 + 4))


def test_the_risk_is_the_chance_times_what_the_visit_is_worth_and_a_standby_saves_some_of_it():
    alone, with_ben = plan_b(*EVERYTHING_FITS, VISIT), plan_b(*EVERYTHING_FITS, *BEN, VISIT)

    assert alone.value == pytest.approx(109.44)
    assert alone.risk == alone.risk_left == pytest.approx(alone.chance * 109.44)
    assert with_ben.risk == alone.risk
    assert with_ben.risk_left < with_ben.risk


def test_only_the_visits_of_the_asked_day_are_shown_and_nothing_is_kept():
    store = pilot(*EVERYTHING_FITS, *BEN, VISIT)

    found = [standby(store, BASELINE, NOW, day) for day in (tomorrow(NOW), tomorrow(NOW + timedelta(days=1)))]

    assert [len(plans) for plans in found] == [0, 1]
    with store.reading() as reading:
        assert reading.last_entry_no == 1
        assert reading.state("requests_at", NOW)["request_id"].tolist() == ["milk"]


def test_a_visit_starts_on_the_minute_it_was_agreed_for_even_off_the_grid():
    odd = replace(VISIT, starts_at=TUESDAY.replace(hour=10, minute=10), ends_at=TUESDAY.replace(hour=11, minute=10))

    plan = plan_b(*EVERYTHING_FITS, *BEN, odd)

    assert plan.value == pytest.approx(109.44)
    assert [s.keeps_time for s in plan.standbys] == [False]
