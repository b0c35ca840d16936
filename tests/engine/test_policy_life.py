"""The life of a policy: drafted, simulated, run in the shadow without asking anybody, adopted, guarded, replaced."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from math import nan

import pandas as pd
import pytest
from small_pilot import BASELINE, BEN, EVERYTHING_FITS, MILK, NOW, pilot, policy
from small_served import served
from typer.testing import CliRunner

from engine import facts
from engine.access import give_role
from engine.cli import app
from engine.errors import AccessDenied, ImpossibleStep, InputError
from engine.live import desk
from engine.live import guardrails as rails
from engine.live.adoption import adopt, roll_back
from engine.live.policy_life import (
    attach_simulation,
    draft,
    end_shadow,
    known_policy,
    policy_events,
    policy_lives,
    start_shadow,
)
from engine.live.shadow import match_beside, quiet_shadows, run_shadows, shadow_results
from engine.matching import match
from engine.store import Store
from engine.verify import verify

HOUR = timedelta(hours=1)
NEARER = replace(policy(radius_max_km=0.1), name="nearer")
FARTHER = replace(policy(radius_max_km=30.0), name="farther")
MANIFEST = "0123456789abcdef"


def bands(*rows):
    return pd.DataFrame(rows, columns=["measure", "gap_by", "low", "high"])


COVERAGE = bands(("coverage", None, 0.5, 0.7))


def status(store, wanted, as_of=NOW):
    with store.reading() as reading:
        lives = policy_lives(reading, as_of)
    return lives.set_index("policy")["status"].get(wanted.name)


def in_the_shadow(store, wanted):
    draft(store, "lead", wanted, "board 2026-11-24", at=NOW - HOUR)
    attach_simulation(store, "lead", wanted, COVERAGE, MANIFEST, at=NOW - HOUR)
    start_shadow(store, "lead", wanted, at=NOW - HOUR)


def test_a_policy_goes_from_draft_to_simulated_to_the_shadow_to_adopted_and_back():
    store = pilot(*EVERYTHING_FITS)
    seen = []
    for step in (
        lambda at: draft(store, "lead", NEARER, "board 2026-11-24", at=at),
        lambda at: attach_simulation(store, "lead", NEARER, COVERAGE, MANIFEST, at=at),
        lambda at: start_shadow(store, "lead", NEARER, at=at),
        lambda at: adopt(store, NEARER, "lead", "board 2026-11-25", at),
        lambda at: roll_back(store, "lead", "worse", at),
    ):
        step(NOW + len(seen) * HOUR)
        seen.append(status(store, NEARER, NOW + len(seen) * HOUR))

    assert seen == ["draft", "simulated", "shadow", "adopted", "rolled_back"]
    assert [status(store, NEARER, NOW + nth * HOUR) for nth in range(5)] == seen
    assert status(store, BASELINE, NOW + 5 * HOUR) == "adopted"


def test_a_policy_that_another_took_the_place_of_was_replaced():
    store = pilot(*EVERYTHING_FITS)
    adopt(store, NEARER, "lead", "first", NOW - HOUR)
    adopt(store, FARTHER, "lead", "second", NOW)

    assert (status(store, NEARER), status(store, FARTHER)) == ("replaced", "adopted")


def test_what_the_pilot_began_with_is_adopted_once_it_is_drafted():
    store = pilot(*EVERYTHING_FITS)

    draft(store, "lead", BASELINE, "to be simulated", at=NOW)

    assert status(store, BASELINE) == "adopted"


def test_a_simulation_of_a_policy_in_the_shadow_leaves_it_there():
    store = pilot(*EVERYTHING_FITS)
    in_the_shadow(store, NEARER)

    attach_simulation(store, "lead", NEARER, COVERAGE, MANIFEST, at=NOW)

    assert status(store, NEARER) == "shadow"


def test_a_policy_must_be_simulated_before_it_runs_in_the_shadow():
    store = pilot(*EVERYTHING_FITS)
    draft(store, "lead", NEARER, "board", at=NOW)

    with pytest.raises(ImpossibleStep, match="nearer is draft"):
        start_shadow(store, "lead", NEARER, at=NOW)


def test_a_policy_that_nobody_drafted_is_refused_and_so_is_the_same_draft_again():
    store = pilot(*EVERYTHING_FITS)
    with pytest.raises(InputError, match="never drafted"):
        start_shadow(store, "lead", NEARER, at=NOW)
    draft(store, "lead", NEARER, "board", at=NOW)

    with pytest.raises(ImpossibleStep, match="nearer is draft"):
        draft(store, "lead", NEARER, "board", at=NOW)


@pytest.mark.parametrize("do", [draft, lambda store, who, new, why: adopt(store, new, who, why, NOW)])
def test_a_policy_never_changes_other_numbers_need_another_name(do):
    store = pilot(*EVERYTHING_FITS)
    draft(store, "lead", NEARER, "board", at=NOW)

    with pytest.raises(InputError, match="give the new one a name of its own"):
        do(store, "lead", replace(FARTHER, name="nearer"), "board")


def test_a_drafted_policy_is_found_by_name_and_fingerprint_with_its_numbers():
    store = pilot(*EVERYTHING_FITS)
    draft(store, "lead", NEARER, "board", at=NOW + timedelta(days=1))

    with store.reading() as reading:
        assert known_policy(reading, "nearer") == NEARER
        assert known_policy(reading, NEARER.fingerprint) == NEARER
        assert known_policy(reading, "baseline") == BASELINE


@pytest.mark.parametrize(
    ("table", "manifest", "complaint"),
    [
        (bands(("happiness", None, 0, 1)), MANIFEST, "no measure 'happiness'"),
        (bands(("idle", "service", 0, 1)), MANIFEST, "cannot be told by 'service'"),
        (bands(("idle", None, 1, 0)), MANIFEST, "not from 1.0 to 0.0"),
        (bands(("idle", None, nan, 1)), MANIFEST, "from a number"),
        (bands(("idle", None, "low", 1)), MANIFEST, "not two numbers"),
        (bands(("idle", None, 0, 1), ("idle", None, 0, 1)), MANIFEST, "none twice"),
        (bands(), MANIFEST, "at least one row"),
        (pd.DataFrame({"measure": ["idle"]}), MANIFEST, "high is missing"),
        (COVERAGE, "run of Tuesday", "hexadecimal"),
    ],
)
def test_an_impossible_simulation_is_refused_with_a_sentence(table, manifest, complaint):
    store = pilot(*EVERYTHING_FITS)
    draft(store, "lead", NEARER, "board", at=NOW)

    with pytest.raises(InputError, match=complaint):
        attach_simulation(store, "lead", NEARER, table, manifest, at=NOW)


def test_only_a_lead_moves_a_policy():
    store = pilot(*EVERYTHING_FITS)
    give_role(store, "root", "root", "admin")
    give_role(store, "root", "hanna", "coordinator", ["1283"])

    for step in (
        lambda: draft(store, "hanna", NEARER, "board"),
        lambda: attach_simulation(store, "hanna", NEARER, COVERAGE, MANIFEST),
        lambda: start_shadow(store, "hanna", NEARER),
        lambda: end_shadow(store, "hanna", NEARER),
        lambda: rails.set_guardrails(store, "hanna", NEARER),
    ):
        with pytest.raises(AccessDenied):
            step()


# In the shadow --------------------------------------------------------------------------------------------------------


def test_a_policy_in_the_shadow_says_what_it_would_have_done_and_proposes_nothing():
    """Nobody lives within a hundred metres of Rut; Ada does within five kilometres."""
    store = pilot(*EVERYTHING_FITS, *BEN)
    in_the_shadow(store, NEARER)
    in_the_shadow(store, FARTHER)

    run, made = match_beside(store, BASELINE, NOW)

    with store.reading() as reading:
        proposed = reading.facts_of("proposal_made").to_pylist()
        results = shadow_results(reading, NOW).set_index("policy")
        open_proposals = reading.state("proposals_at", NOW)
    assert [one.policy.name for one in made] == ["farther", "nearer"]
    assert [(row["run_id"], row["volunteer_id"]) for row in proposed] == [(run.run_id, "Ada")]
    assert open_proposals["run_id"].tolist() == [run.run_id]
    assert results.loc["farther", ["n_served", "n_shadow_served", "n_both", "n_alike"]].tolist() == [1, 1, 1, 1]
    assert results.loc["nearer", ["n_served", "n_shadow_served", "n_both", "n_alike"]].tolist() == [1, 0, 0, 0]
    assert made[1].sentence == "In the shadow, nearer would have served 0 of 1 requests."
    assert verify(store, run.run_id).faults == ()


def test_who_differs_between_shadow_and_run_is_told_with_the_points_of_either_plan():
    """Ada is to come; nobody would have under the policy in the shadow."""
    store = pilot(*EVERYTHING_FITS)
    in_the_shadow(store, NEARER)
    run, _made = match_beside(store, BASELINE, NOW)

    with store.reading() as reading:
        [result] = shadow_results(reading, NOW).to_dict("records")
    differ = desk.shadow_differences(store, "anna", result["shadow_run_id"], NOW)

    assert (result["value"], result["shadow_value"]) == (run.assignment.objective, 0)
    assert differ[["request_id", "volunteer_id", "is_in_shadow"]].to_numpy().tolist() == [["milk", "Ada", False]]
    assert desk.shadow_differences(store, "demo-coordinator:1260", result["shadow_run_id"], NOW).empty


def test_a_policy_in_the_shadow_that_stored_nothing_for_a_week_is_quiet():
    store = pilot(*EVERYTHING_FITS)
    in_the_shadow(store, NEARER)

    def quiet(moment):
        with store.reading() as reading:
            return quiet_shadows(reading, moment + timedelta(days=7))["policy"].tolist()

    assert (quiet(NOW - 2 * HOUR), quiet(NOW - HOUR)) == ([], ["nearer"])
    run_shadows(store, NOW)
    assert (quiet(NOW - HOUR), quiet(NOW)) == ([], ["nearer"])


def test_what_was_done_with_a_policy_is_told_newest_first():
    store = pilot(*EVERYTHING_FITS)
    in_the_shadow(store, NEARER)
    adopt(store, NEARER, "lead", "board", NOW, reason_code="trial")
    rails.set_guardrails(store, "lead", NEARER, at=NOW)

    with store.reading() as reading:
        told = policy_events(reading, NOW)

    assert told["event"].tolist() == ["guarded", "adopted", "shadow_started", "simulated", "drafted"]
    assert told.loc[told["event"] == "adopted", ["reason", "reason_code"]].to_numpy().tolist() == [["board", "trial"]]


def test_a_run_in_the_shadow_sees_the_facts_that_the_run_beside_it_saw():
    store = pilot(*EVERYTHING_FITS)
    in_the_shadow(store, FARTHER)
    run = match(store, BASELINE, NOW)
    with store.transaction("test", "more") as transaction:
        transaction.append([replace(MILK, request_id="lamp")])

    [beside] = run_shadows(store, beside=run)
    [alone] = run_shadows(store, NOW)

    assert beside.run.view.until_entry == run.view.until_entry
    assert (len(beside.run.view.requests), len(alone.run.view.requests)) == (1, 2)
    with store.reading() as reading:
        assert shadow_results(reading, NOW)["run_id"].fillna("none").tolist() == [run.run_id, "none"]


def test_nothing_that_tells_the_way_between_two_people_is_stored_of_a_shadow():
    assert {"travel_minutes", "distance_km", "value", "minutes"}.isdisjoint(facts.columns_of(facts.ShadowProposalMade))


def test_what_no_longer_runs_in_the_shadow_or_is_in_force_does_not_run_beside_anything():
    store = pilot(*EVERYTHING_FITS)
    in_the_shadow(store, NEARER)
    in_the_shadow(store, FARTHER)
    end_shadow(store, "lead", NEARER, at=NOW)
    adopt(store, FARTHER, "lead", "board", NOW)

    _, made = match_beside(store, FARTHER, NOW)

    assert made == []


# From the command line -----------------------------------------------------------------------------------------------


def test_a_policy_lives_its_life_from_the_command_line(pilot_path, tmp_path):
    with Store(pilot_path).transaction("test", "set up") as transaction:
        transaction.append([*EVERYTHING_FITS, *served(10, 2)])
    (tmp_path / "bands.csv").write_text("measure,gap_by,low,high\ncoverage,,0.6,0.8\n")
    (tmp_path / "nearer.toml").write_text(NEARER.text)
    db, then = ("--db", str(pilot_path)), ("--at", "2026-11-20T12:00")

    def mikro(*words):
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert done.exit_code == 0, done.output
        return done.stdout

    mikro("policy", "draft", tmp_path / "nearer.toml", "--reason", "board", *db, *then)
    mikro("policy", "simulated", "nearer", "--bands", tmp_path / "bands.csv", "--manifest", MANIFEST, *db, *then)
    mikro("policy", "shadow", "start", "nearer", *db, *then)
    matched = CliRunner().invoke(app, ["match", *db, "--as-of", "2026-11-29T18:00"])
    results = json.loads(mikro("policy", "shadow", "results", "--json", *db, "--as-of", "2026-11-29T18:00"))
    mikro("policy", "adopt", "nearer", "--reason", "board", *db, "--as-of", "2026-11-20T13:00")
    mikro("policy", "guardrails", "set", "nearer", *db, *then)

    assert "In the shadow, nearer would have served" in " ".join(matched.output.split())
    assert [(row["policy"], row["n_shadow_served"]) for row in results] == [("nearer", 0)]
    assert "nearer" in mikro("policy", "life", *db)
    checked = mikro("policy", "guardrails", "check", *db, "--as-of", "2026-12-31T12:00")
    assert "broken  Coverage is 18 %" in checked
