"""The names of many persons at once: whose an account sees, and what the log keeps of it."""

import pytest
from small_people import ADA_DETAILS, RUT_DETAILS, people_pilot
from small_pilot import NOW

from engine.access import give_role
from engine.errors import AccessDenied, InputError
from engine.people.names import names_of


@pytest.fixture
def pilot():
    """Give the pilot of Rut and Ada, in Helsingborg, with an admin and two coordinators."""
    store = people_pilot(None)
    give_role(store, "test", "root", "admin")
    give_role(store, "root", "helga", "coordinator", ["1283"])
    give_role(store, "root", "landa", "coordinator", ["1282"])
    return store


def reads(store):
    with store.reading() as reading:
        rows = reading.facts_of("identity_read").to_pylist()
    return [(row["actor_id"], row["resident_id"], row["purpose"]) for row in rows]


def test_names_are_read_by_id_and_each_is_noted(pilot):
    names = names_of(pilot, "helga", ["ada", "rut", "rut", "nobody"], "visit")

    assert names == {"ada": ADA_DETAILS["name"], "rut": RUT_DETAILS["name"]}
    assert reads(pilot) == [("helga", "ada", "visit"), ("helga", "rut", "visit")]


def test_names_of_another_municipality_are_left_out_and_not_read(pilot):
    assert names_of(pilot, "landa", ["ada", "rut"], "visit") == {}
    assert reads(pilot) == []


def test_a_protected_name_is_left_out_unless_the_account_serves_the_protected(pilot):
    from dataclasses import replace

    from small_pilot import RUT

    with pilot.transaction("test", "protect") as transaction:
        transaction.append([replace(RUT, occurred_at=NOW, protected_identity=True, lat=None, lon=None)])
    give_role(pilot, "root", "petra", "coordinator_protected", ["1283"])

    assert set(names_of(pilot, "helga", ["ada", "rut"], "visit")) == {"ada"}
    assert set(names_of(pilot, "petra", ["ada", "rut"], "visit")) == {"ada", "rut"}


def test_an_account_that_sees_no_person_gets_no_name(pilot):
    with pytest.raises(AccessDenied, match="root is admin and may not read a person"):
        names_of(pilot, "root", ["ada"], "visit")


def test_a_name_is_not_read_without_a_known_purpose(pilot):
    with pytest.raises(InputError, match="'curiosity' is no purpose"):
        names_of(pilot, "helga", ["ada"], "curiosity")
