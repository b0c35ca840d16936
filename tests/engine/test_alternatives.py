"""Why this match: forced or not, and the exact loss of everybody who could have come instead."""

from dataclasses import replace

import pytest
from small_pilot import BASELINE, BEN, EVERYTHING_FITS, NOW, pilot

from engine.candidates import VALUE_PARTS
from engine.errors import InputError
from engine.facts import ResidentRegistered
from engine.matching import match
from engine.reasons.alternatives import why
from engine.reasons.base import Base


def explained(*log, request="milk"):
    store = pilot(*log)
    match(store, BASELINE, NOW)
    return why(Base.of_run(store), request)


def test_the_nearer_volunteer_is_forced_and_the_other_costs_the_way():
    [told] = explained(*EVERYTHING_FITS, *BEN)

    assert (told.visit.volunteer_id, told.is_forced) == ("Ada", True)
    assert [(other.visit.volunteer_id, other.loss) for other in told.runners_up] == [("Ben", told.loss_without)]
    assert told.interchangeable_with == ()


def test_two_who_live_together_are_interchangeable():
    next_door = [replace(f, lat=56.0525) if isinstance(f, ResidentRegistered) else f for f in BEN]

    [told] = explained(*EVERYTHING_FITS, *next_door)

    assert not told.is_forced
    assert told.interchangeable_with == tuple({"Ada", "Ben"} - {told.visit.volunteer_id})
    assert "can be replaced without loss by" in told.in_words()[0]
    assert "kan bytas utan förlust mot" in told.in_words("sv")[0]


def test_the_only_volunteer_is_worth_the_whole_visit():
    [told] = explained(*EVERYTHING_FITS)

    assert told.runners_up == ()
    # The municipality's floor is missed too.
    weights = BASELINE.weights
    assert told.loss_without == pytest.approx(told.value + weights.first_visit + weights.shortfall)
    assert sum(told.parts[name] for name in VALUE_PARTS) == pytest.approx(told.value)


def test_an_unknown_request_is_refused():
    with pytest.raises(InputError, match="did not look at"):
        explained(*EVERYTHING_FITS, request="soup")
