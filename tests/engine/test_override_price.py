"""What an override costs and whom it displaces, before anybody confirms it."""

from dataclasses import replace

import pytest
from small_pilot import ADA, BASELINE, BEN, EVERYTHING_FITS, MILK, NOW, changed, pilot

from engine.errors import InputError, NoSolutionError
from engine.matching import match
from engine.reasons.base import Base
from engine.reasons.override_price import override_price, price_in

BREAD = replace(MILK, request_id="bread", urgency=2)


def matched(*log):
    store = pilot(*log)
    match(store, BASELINE, NOW)
    return store


def test_the_farther_volunteer_costs_the_difference_in_distance():
    price = override_price(matched(*EVERYTHING_FITS, *BEN), "pin", "milk", "Ben")

    assert price.points == pytest.approx(2.22, abs=0.01)
    assert [(s.request_id, s.kind) for s in price.shifts] == [("milk", "moved")]
    assert price.displaced == ()


def test_a_pin_that_the_plan_keeps_anyway_costs_nothing():
    price = override_price(matched(*EVERYTHING_FITS, *BEN), "pin", "milk", "Ada")

    assert (price.points, price.shifts) == (0.0, ())
    assert price.in_words("sv") == ["Det kostar ingenting: en lika bra plan finns."]


def test_a_pin_that_takes_a_volunteer_from_another_request_names_who_loses():
    price = override_price(matched(*changed(ADA, visits_per_week=1), BREAD), "pin", "milk", "Ada")

    assert price.points == pytest.approx(25.0)
    assert [(s.request_id, s.kind, s.after) for s in price.displaced] == [("bread", "lost", ())]
    assert "bread: nobody instead of Ada 2026-12-01 09:00." in price.in_words()


def test_ruling_out_the_only_volunteer_costs_the_whole_visit():
    store = matched(*EVERYTHING_FITS)

    price = override_price(store, "forbid", "milk", "Ada")

    assert price.points == pytest.approx(price.before - price.after)
    assert price.plan.empty


def test_a_swap_replaces_the_volunteer_the_plan_had():
    price = override_price(matched(*EVERYTHING_FITS, *BEN), "swap", "milk", "Ben", instead_of="Ada")

    assert price.plan["volunteer_id"].tolist() == ["Ben"]


def test_an_exchange_gives_each_request_the_other_ones_volunteer():
    one_each = [replace(f, visits_per_week=1) if f in BEN and hasattr(f, "visits_per_week") else f for f in BEN]
    store = matched(*changed(ADA, visits_per_week=1), *one_each, BREAD)
    base = Base.of_run(store)
    now = {r: base.visit(int(base.chosen_of(r)[0])).volunteer_id for r in ("milk", "bread")}

    price = price_in(base, "exchange", "milk", now["bread"], other_request_id="bread")

    assert dict(price.plan[["request_id", "volunteer_id"]].itertuples(index=False)) == {
        "milk": now["bread"], "bread": now["milk"],
    }  # fmt: skip
    assert price.points == 0.0


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("pin", "milk", "Cleo"), "no candidate"),
        (("praise", "milk", "Ada"), "must be one of"),
        (("forbid", "soup", "Ada"), "did not look at request 'soup'"),
        (("swap", "milk", "Ada"), "is given milk already"),
        (("exchange", "milk", "Ben"), "needs the other request"),
    ],
)
def test_an_impossible_override_is_refused_with_the_reason(arguments, why):
    with pytest.raises(InputError, match=why):
        override_price(matched(*EVERYTHING_FITS, *BEN), *arguments)


def test_a_pin_against_a_rule_names_the_rule():
    with pytest.raises(InputError, match="too_far"):
        override_price(matched(*changed(ADA, radius_km=0.2), *BEN), "pin", "milk", "Ada")


def test_two_pins_for_one_place_cannot_both_be_kept():
    from engine import facts

    pin = facts.OverrideStated(occurred_at=NOW, request_id="milk", volunteer_id="Ada", starts_at=None, kind="pin",
                               reason_code="x")  # fmt: skip

    with pytest.raises(NoSolutionError):
        override_price(matched(*EVERYTHING_FITS, *BEN, pin), "pin", "milk", "Ben")
