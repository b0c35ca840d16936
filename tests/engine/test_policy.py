"""A policy is read once, at the edge, and refused when a number is unknown, missing or impossible."""

import re
import tomllib
from dataclasses import fields

import pytest
from small_pilot import BASELINE as IN_FORCE
from small_pilot import NOW, pilot, policy

from engine.errors import InputError, PolicyError
from engine.live.adoption import adopt, in_force
from engine.matching import match
from engine.policy import POLICIES, Limits, Policy, Weights

BASELINE = (POLICIES / "baseline.toml").read_text(encoding="utf-8")


def test_every_number_of_the_baseline_has_a_meaning_and_a_reason():
    tables = tomllib.loads(BASELINE)

    for kind, table in ((Weights, tables["weights"]), (Limits, tables["limits"])):
        assert list(table) == [field.name for field in fields(kind)]
        assert all(entry["meaning"] and entry["reason"] for entry in table.values())


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("[weights.served]", "[weights.searved]"), "unknown ['searved']"),
        (('name = "baseline"', 'nam = "baseline"'), "unknown table or key ['nam']"),
        (("value = 15.0", "value = -1"), "lies outside 0 to 1000 points"),
        (("value = 14", "value = 14.5"), "not a number of type int"),
        (("value = 14", "value = true"), "not a number of type int"),
        (("value = false", "value = 0"), "not true or false"),
        (('unit = "km/h"', 'unit = "mph"'), "expected 'km/h'"),
        (("value = 25.0", 'value = 25.0\ncolour = "red"'), "exactly value, unit, meaning and reason"),
        (("value = 25.0", "value = nan"), "lies outside"),
        (("[weights.served]", "[weights.served"), "not valid TOML"),
    ],
)
def test_a_wrong_number_is_refused_with_a_sentence(change, complaint):
    with pytest.raises(PolicyError, match=re.escape(complaint)):
        Policy.from_text(BASELINE.replace(*change, 1))


def test_a_missing_number_is_refused():
    without_first_weight = re.sub(r"\[weights\.served\].*?\n\n", "", BASELINE, flags=re.DOTALL)

    with pytest.raises(PolicyError, match=r"missing \['served'\]"):
        Policy.from_text(without_first_weight)


def test_a_policy_that_does_not_exist_names_those_that_do():
    with pytest.raises(PolicyError, match="known policies: baseline"):
        Policy.named("no-such-policy")


def test_the_fingerprint_follows_the_numbers_and_not_the_words():
    baseline = Policy.from_text(BASELINE)

    reworded = Policy.from_text(BASELINE.replace('reason = "', 'reason = "Council, March: '))
    changed = Policy.from_text(BASELINE.replace("value = 15.0", "value = 16.0", 1))

    assert reworded.fingerprint == baseline.fingerprint
    assert changed.fingerprint != baseline.fingerprint


def test_of_a_policy_the_log_keeps_the_numbers_and_nothing_that_somebody_wrote():
    read = "# Asked for by Rut.\n" + BASELINE.replace('reason = "', 'reason = "Rut says: ')
    store = pilot()

    adopt(store, Policy.from_text(read), "lead", "board 2026-11-24 section 4", NOW)
    match(store, Policy.from_text(read), NOW)

    with store.reading() as reading:
        kept = reading.facts_of("policy_adopted").to_pylist() + reading.facts_of("run_made").to_pylist()
        assert in_force(reading, NOW) == IN_FORCE
    assert [("Rut" in fact["content"], fact["fingerprint"]) for fact in kept] == [(False, IN_FORCE.fingerprint)] * 2


def test_a_policy_told_late_of_is_not_in_force_for_who_believes_an_earlier_entry():
    store = pilot()
    with store.reading() as reading:
        known = reading.last_entry_no
    adopt(store, policy(radius_max_km=9.0), "lead", "board", NOW)

    with store.reading() as reading:
        assert in_force(reading, NOW, known).limits.radius_max_km == IN_FORCE.limits.radius_max_km
        assert in_force(reading, NOW).limits.radius_max_km == 9.0


@pytest.mark.parametrize(
    "reason", ["Efter klagomål!", "Rut, 0701", "ring 070-1740699", "ring 070 174 06 99", "19400101-1234", "x" * 101]
)
def test_a_reason_that_could_name_or_number_a_person_is_refused_without_being_repeated(reason):
    with pytest.raises(InputError, match="nobody may be named") as refusal:
        adopt(pilot(), IN_FORCE, "lead", reason)

    assert reason not in str(refusal.value)


@pytest.mark.parametrize("reason", ["KS 2026/01234", "board 2026-11-24 section 12", "first week of 4"])
def test_a_reference_to_a_decision_is_a_reason(reason):
    store = pilot()

    adopt(store, IN_FORCE, "lead", reason, reason_code="council_decision")

    with store.reading() as reading:
        [kept] = reading.facts_of("policy_adopted").to_pylist()
    assert (kept["reason"], kept["reason_code"]) == (reason, "council_decision")


def test_the_name_of_a_policy_is_no_free_text():
    with pytest.raises(PolicyError, match="`name` must be"):
        Policy.from_text(BASELINE.replace('name = "baseline"', 'name = "Åkes önskan"'))
