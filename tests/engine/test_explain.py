"""Answers about one request: its volunteer and who else could come, or why nobody, or why it was not looked at."""

from dataclasses import replace
from datetime import datetime

import pytest
from small_pilot import BASELINE, BEFORE, BEN, EVERYTHING_FITS, MILK, NOW, RUT, pilot

from engine import facts
from engine.errors import InputError
from engine.explain import explain
from engine.matching import match


def explained(*log):
    store = pilot(*log)
    match(store, BASELINE, NOW)
    return explain(store, "milk")


def test_the_chosen_volunteer_comes_with_the_parts_of_the_value_and_the_runner_up():
    told = explained(*EVERYTHING_FITS, *BEN)

    assert told.rule is None
    assert told.in_words()[0] == (
        "Ada on Tue 1 December at 09:00, 0.6 km away: 109.44 points = 100 served + 10 waiting - 0.56 distance."
    )
    assert told.runners_up["volunteer_id"].tolist() == ["Ben"]
    assert told.funnel.to_dict("records") == [{"rule": "candidate", "n_volunteers": 2}]


def test_an_unserved_request_names_its_rule_and_counts_the_volunteers():
    told = explained(*EVERYTHING_FITS, *BEN, replace(MILK, languages=("ar",)))

    assert told.rule == "language_missing"
    assert "no volunteer who offers it speaks a language asked for (language_missing)" in told.in_words()[0]
    assert told.in_words()[1] == "2 volunteers stopped by language_missing."


def test_a_protected_request_is_by_hand_for_everybody():
    told = explained(*EVERYTHING_FITS, *BEN, replace(RUT, protected_identity=True, lat=None, lon=None))

    assert told.rule == "protected_identity"
    assert told.funnel.to_dict("records") == [{"rule": "protected_identity", "n_volunteers": 2}]


@pytest.mark.parametrize(
    ("log", "why"),
    [
        (EVERYTHING_FITS[:-1], "it was not known then"),
        ((*EVERYTHING_FITS, facts.RequestWithdrawn(occurred_at=BEFORE, request_id="milk")), "it was withdrawn then"),
        ((*EVERYTHING_FITS, replace(MILK, earliest_at=datetime(2027, 3, 1), latest_at=datetime(2027, 3, 2))),
         "its time window lies outside the horizon"),
    ],
)  # fmt: skip
def test_a_request_the_run_did_not_look_at_says_why(log, why):
    with pytest.raises(InputError, match=why):
        explained(*log)
