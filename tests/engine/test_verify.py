"""A stored run is checked again from facts alone; whoever changes one of them is found out."""

from dataclasses import replace

import duckdb
import pytest
from small_pilot import BASELINE, BEN, EVERYTHING_FITS, MILK, NOW, RUT, policy

from engine.errors import InputError
from engine.matching import match
from engine.store import Store
from engine.verify import verify


@pytest.fixture
def store(tmp_path):
    """A pilot on disk with one run: Ada fetches the milk, Ben the bread."""
    store = Store.create(tmp_path / "pilot.duckdb", clock=lambda: NOW)
    with store.transaction("test", "set up") as transaction:
        transaction.append([*EVERYTHING_FITS, *BEN, replace(MILK, request_id="bread")])
    match(store, BASELINE, NOW)
    return store


def tamper(store, statement):
    with duckdb.connect(store.path) as connection:
        (changed,) = connection.execute(statement).fetchone()
    assert changed, "the tampering itself did nothing"


def test_an_honest_run_is_proved_in_one_line(store):
    found = verify(store)

    assert found.faults == ()
    assert found.proof == "optimal"
    assert found.bound == found.objective
    assert found.sentence.endswith("its prices prove that no plan can be worth more (bound 256.66).")


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("update facts.proposal_made set volunteer_id = 'Ben' where request_id = 'milk'", "another travel_minutes"),
        ("update facts.proposal_made set value = value + 1 where request_id = 'milk'", "another value"),
        ("update facts.proposal_made set starts_at = starts_at - interval 3 hour", "no rule allows"),
        ("insert into facts.proposal_made select * replace ('Ben' as volunteer_id) from facts.proposal_made"
         " where request_id = 'milk'", "gets 2 volunteers, needs 1"),
        ("delete from facts.proposal_made where request_id = 'milk'", "its proposals are worth"),
        ("update facts.run_made set objective = objective + 1", "it claims"),
        ("update facts.price_found set price = price / 2", "its prices prove"),
        ("update facts.price_found set price = -price", "its prices prove"),
        ("update facts.price_found set row = 'request:nobody'", "not part of the run"),
        ("delete from facts.price_found", "its prices prove"),
        ("update facts.run_made set bound = bound - 1", "its prices prove"),
        ("update facts.resident_registered set lat = lat + 0.01 where resident_id = 'rut'", "input has changed"),
        ("update facts.volunteer_registered set visits_per_week = 1 where volunteer_id = 'Ada'", "input has changed"),
        ("update facts.run_made set content = replace(content, 'value = 100.0', 'value = 99.0')", "input has changed"),
    ],
)  # fmt: skip
def test_tampering_is_caught(store, statement, fault):
    tamper(store, statement)

    found = verify(store)

    assert any(fault in text for text in found.faults), found.faults
    assert "NOT what it claims" in found.sentence


def test_a_compact_run_is_said_to_rest_on_the_solver(store):
    match(store, BASELINE, NOW, model="compact")

    found = verify(store)

    assert found.faults == ()
    assert found.rests_on_solver
    assert found.sentence.endswith("rests on the solver's word alone.")


def test_a_policy_changed_in_code_is_stored_as_it_ran(store):
    match(store, policy(served=500.0, horizon_days=20), NOW)

    found = verify(store)

    assert found.faults == ()
    assert found.proof == "optimal"


def test_what_becomes_known_after_a_run_does_not_change_it(store):
    moved = replace(RUT, lat=56.1125)
    with store.transaction("test", "a late phone note") as transaction:
        transaction.append([moved])

    assert verify(store).faults == ()


def test_a_run_that_does_not_exist_is_a_clear_error(store):
    with pytest.raises(InputError, match="no run 'nope'"):
        verify(store, "nope")
