"""Whether somebody about to be registered is known already."""

from difflib import SequenceMatcher

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_people import ADA_DETAILS, RUT_DETAILS, people_pilot

from engine.access import give_role
from engine.errors import AccessDenied
from engine.people.duplicates import LIKE, digits_of, likeness, possible_duplicates

SOMEBODY_ELSE = "Göran Björk"


@pytest.fixture(scope="module")
def pilot():
    """Give the pilot of Rut (born 1940) and Ada (born 1990), both in Helsingborg."""
    return people_pilot(None)


def found(store, name, birth_year=None, phone="", actor="anna"):
    rows = possible_duplicates(store, actor, name, birth_year, phone)
    return list(rows[["resident_id", "because"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("phone", ["070-1740699", "+46 70 174 06 99", "0046701740699", "070 174 06 99"])
def test_the_same_phone_is_found_however_it_is_written(pilot, phone):
    assert found(pilot, SOMEBODY_ELSE, 1975, phone) == [("rut", "phone")]


@pytest.mark.parametrize(
    "name", [RUT_DETAILS["name"], "rut kanariefågel zetterqvist",
             "Zetterqvist, Rut Kanariefågel", "Rut Kanarifågel-Zeterqvist"]
)  # fmt: skip
def test_a_like_name_of_the_same_age_is_found(pilot, name):
    assert found(pilot, name, 1941) == [("rut", "name")]


def test_the_same_name_of_another_age_is_somebody_else(pilot):
    assert found(pilot, RUT_DETAILS["name"], 1990) == []


def test_name_and_phone_together_come_first(pilot):
    assert found(pilot, RUT_DETAILS["name"], 1940, RUT_DETAILS["phone"]) == [("rut", "both")]


def test_no_phone_is_like_no_phone(pilot):
    assert found(pilot, SOMEBODY_ELSE, 1975, "") == []


def test_the_log_says_who_was_found_and_why(pilot):
    found(pilot, ADA_DETAILS["name"], 1990)

    with pilot.reading() as reading:
        last = reading.facts_of("identity_read").to_pylist()[-2:]
    assert [(row["resident_id"], row["purpose"]) for row in last] == [("*", "duplicates"), ("ada", "duplicates")]


def test_other_municipalities_are_not_looked_at():
    store = people_pilot(None)
    give_role(store, "root", "root", "admin")
    give_role(store, "root", "landa", "coordinator", ["1282"])

    assert found(store, RUT_DETAILS["name"], 1940, RUT_DETAILS["phone"], actor="landa") == []
    with pytest.raises(AccessDenied):
        found(store, RUT_DETAILS["name"], 1940, actor="root")


def test_swedish_letters_are_letters_of_their_own():
    assert likeness("Åke", "Ake") < 1
    assert likeness("André", "Andre") == 1


@given(st.text(alphabet="0123456789", min_size=7, max_size=9).filter(lambda digits: digits[0] != "0"))
def test_a_number_is_the_same_at_home_and_from_abroad(digits):
    assert digits_of(f"0{digits}") == digits_of(f"+46{digits}") == digits_of(f"0046 {digits}") == digits


NAMES = st.text("aeinrsö ", max_size=14)


@given(NAMES, NAMES)
def test_a_name_is_as_alike_as_its_signs_say_however_quickly_it_is_passed_over(one, other):
    plain = [" ".join(name.split()) for name in (one, other)]
    by_parts = [" ".join(sorted(name.split())) for name in plain]
    whole = max(SequenceMatcher(None, *names, autojunk=False).ratio() for names in (plain, by_parts))

    assert (likeness(one, other) >= LIKE) == (whole >= LIKE)
