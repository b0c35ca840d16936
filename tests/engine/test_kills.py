"""A program may be killed at any moment: what was acknowledged is there, nothing is there by half, the file opens.

Fifty kills here, in the way and with the checks of ``bench.kills``, which does 500.
"""

from __future__ import annotations

import os

import duckdb
import pytest
from bench import kills
from bench.kills import Tally, Told
from bench.victims import ACTIVITIES

from engine.store import Store

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL and fork")

N_EACH = 5


@pytest.fixture(scope="module")
def killer():
    with kills.killer() as one:
        yield one


@pytest.mark.parametrize("activity", ACTIVITIES)
def test_what_was_acknowledged_survives_a_kill_and_nothing_is_half_done(killer, activity, tmp_path):
    tally = kills.kill_at(killer, activity, N_EACH, tmp_path, seed=1)

    assert tally.faults == []
    assert tally.n_killed >= 1  # a program that makes a file may be done before it is killed


def ground_with_two_entries(folder):
    kills.prepare("small_entries", folder / "ground")
    path = folder / "ground" / "pilot.duckdb"
    with Store(path).transaction("anna", "test", idempotency_key="k0-0") as transaction:
        transaction.put_people({"p1": {"name": "Rut"}})
    return path


@pytest.mark.parametrize(
    ("lines", "damage", "sentence"),
    [
        ([{"begun": "k0-0"}, {"done": "k0-0"}, {"begun": "k0-1"}, {"done": "k0-1"}], "select 1", "lost {'k0-1'}"),
        ([], "select 1", "never begun: {'k0-0'}"),
        ([{"begun": "k0-0"}], "delete from facts.request_submitted", "which wrote 1"),
        ([{"begun": "k0-0"}], "update facts.volunteer_registered set radius_km = 9", "was changed"),
    ],
)
def test_the_check_after_a_kill_sees_what_is_lost_or_half_done(tmp_path, lines, damage, sentence):
    path = ground_with_two_entries(tmp_path)
    with duckdb.connect(str(path)) as connection:
        connection.execute(damage)

    with pytest.raises(AssertionError) as fault:
        kills.check("small_entries", path.parent, "k0", Told(lines, was_killed=True), Tally("small_entries"))

    assert sentence in str(fault.value)


def test_the_check_after_a_kill_is_content_with_an_entry_that_was_durable_before_it_was_told(tmp_path):
    path, tally = ground_with_two_entries(tmp_path), Tally("small_entries")

    kills.check("small_entries", path.parent, "k0", Told([{"begun": "k0-0"}], was_killed=True), tally)

    assert (tally.n_acknowledged, tally.n_untold) == (0, 1)


def test_the_table_of_kills_adds_up():
    tallies = [Tally("backups", 3, 10, 1, ["lost"], 2.0), Tally("rewritings", 2, 5, 0, [], 1.0)]

    assert kills.table(tallies).splitlines()[-1] == "| all | 5 | 15 | 1 | 1 | 3 |"
