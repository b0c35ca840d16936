"""Guardrails: proposed from a simulation, set by a person, and which live measures have left their band."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pandas as pd
import pytest
from small_pilot import EVERYTHING_FITS, MILK, NOW, pilot, policy
from small_served import served

from engine.clock import utc_of
from engine.errors import InputError
from engine.live import guardrails as rails
from engine.live.adoption import adopt
from engine.live.policy_life import attach_simulation, draft

HOUR = timedelta(hours=1)
NEARER = replace(policy(radius_max_km=0.1), name="nearer")
FARTHER = replace(policy(radius_max_km=30.0), name="farther")
MANIFEST = "0123456789abcdef"
LATER = utc_of(datetime(2026, 12, 31, 12))


def bands(*rows):
    return pd.DataFrame(rows, columns=["measure", "gap_by", "low", "high"])


def guarded(n_served, *rows):
    """Ten people and Rut asked, so many were served under a policy with these guardrails."""
    store = pilot(*EVERYTHING_FITS, *served(10, n_served))
    adopt(store, NEARER, "lead", "board", MILK.occurred_at - HOUR)
    attach_simulation(store, "lead", NEARER, bands(*rows), MANIFEST, at=NOW)
    rails.set_guardrails(store, "lead", NEARER, at=NOW)
    return store


def broken(store, as_of=LATER):
    with store.reading() as reading:
        return rails.guardrails_broken(reading, as_of)


def test_a_measure_below_its_band_has_left_it_for_the_worse():
    [found] = broken(guarded(2, ("coverage", None, 0.6, 0.8))).to_dict("records")

    assert (found["measure"], found["value"], found["is_worse"]) == ("coverage", pytest.approx(2 / 11), True)
    assert found["is_sure"]
    assert found["en"] == "Coverage is 18 % (5 % to 48 %), outside of 60 % to 80 %."
    assert found["sv"] == "Täckning är 18 % (5 % till 48 %), utanför 60 % till 80 %."


def test_a_measure_above_its_band_has_left_it_for_the_better_and_the_worse_come_first():
    """Ten of eleven were served by Ada alone, who was to be left idle."""
    found = broken(guarded(10, ("coverage", None, 0.2, 0.4), ("used_90_days", None, 1.5, 2.0)))

    assert found[["measure", "is_worse"]].to_numpy().tolist() == [["coverage", False]]


def test_a_measure_within_its_band_or_of_too_few_people_is_not_broken():
    store = guarded(6, ("coverage", None, 0.5, 0.6), ("idle", None, 0.9, 1.0))

    with store.reading() as reading:
        held = rails.guardrails(reading, LATER).set_index("measure")["status"]
    assert held.to_dict() == {"coverage": "kept", "idle": "unknown"}
    assert broken(store).empty


def test_guardrails_hold_for_their_policy_and_since_its_adoption():
    """Adopted after everything was asked, there is nothing to judge; under another policy there is no guardrail."""
    store = guarded(2, ("coverage", None, 0.6, 0.8))
    adopt(store, NEARER, "lead", "again", NOW)
    assert broken(store).empty

    adopt(store, FARTHER, "lead", "board", NOW + HOUR)

    with store.reading() as reading:
        assert rails.guardrails(reading, LATER).empty


def test_what_is_proposed_are_the_bands_of_measures_that_have_a_good_direction():
    store = pilot(*EVERYTHING_FITS)
    draft(store, "lead", NEARER, "board", at=NOW)
    table = bands(
        ("coverage", None, 0.5, 0.7), ("coverage", "municipality_code", 0, 0.2), ("visits", None, 10, 20),
        ("overrides", None, 1, 2), ("hours_gini", None, 0.3, 0.5),
    )  # fmt: skip
    attach_simulation(store, "lead", NEARER, table, MANIFEST, at=NOW)

    with store.reading() as reading:
        proposed = rails.proposed_guardrails(reading, NEARER, NOW)

    assert proposed["measure"].tolist() == ["coverage", "coverage", "hours_gini"]
    assert proposed["gap_by"].dropna().tolist() == ["municipality_code"]


def test_the_newest_simulation_speaks_and_guardrails_set_later_take_the_place_of_earlier_ones():
    store = guarded(2, ("coverage", None, 0.6, 0.8), ("hours_gini", None, 0, 1))

    rails.set_guardrails(store, "lead", NEARER, bands(("coverage", None, 0.1, 0.8)), at=NOW)

    with store.reading() as reading:
        held = rails.guardrails(reading, LATER)
    assert held[["measure", "low", "status"]].to_numpy().tolist() == [["coverage", 0.1, "kept"]]


def test_a_guardrail_on_what_was_not_simulated_is_refused():
    store = guarded(2, ("coverage", None, 0.6, 0.8))

    with pytest.raises(InputError, match=r"hours_gini was not simulated under nearer"):
        rails.set_guardrails(store, "lead", NEARER, bands(("hours_gini", None, 0, 1)), at=NOW)


def test_a_policy_that_was_never_simulated_has_no_guardrails_to_set():
    store = pilot(*EVERYTHING_FITS)
    draft(store, "lead", NEARER, "board", at=NOW)

    with pytest.raises(InputError, match="never simulated"):
        rails.set_guardrails(store, "lead", NEARER, at=NOW)
