"""A signed link says what may be done and until when; nobody can make, change or move one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_pilot import NOW

from engine.access import OPERATIONS
from engine.errors import InputError, StoreError
from engine.messages import links
from engine.storage.identity import key_file
from engine.store import Store

SOON = NOW + timedelta(hours=20)


@pytest.fixture(scope="module")
def pilot():
    """Give an empty pilot, with a key of its own."""
    return Store.in_memory()


def test_a_link_is_read_as_it_was_signed(pilot):
    token = links.sign(pilot, "answer_offer", "offer-1", SOON)

    link = links.read(pilot, token, NOW)

    assert link == links.Link("answer_offer", "offer-1", "volunteer", SOON, "offer-1")
    assert link.account_id == "link:offer-1"


def test_a_link_may_act_for_somebody_else_than_what_it_is_about(pilot):
    token = links.sign(pilot, "withdraw_request", "milk", SOON, "resident", holder="rut")

    assert links.read(pilot, token, NOW).account_id == "link:rut"
    assert links.read(pilot, token, NOW).about == "milk"


@pytest.mark.parametrize("purpose", links.PURPOSES)
def test_a_link_is_for_what_the_table_of_operations_allows_by_link(pilot, purpose):
    assert OPERATIONS[purpose].by_link
    assert links.read(pilot, links.sign(pilot, purpose, "x", SOON, "resident"), NOW).purpose == purpose


def test_a_link_cannot_be_for_anything_else(pilot):
    with pytest.raises(InputError, match="A link cannot be for 'extract'; it can be for submit_request"):
        links.sign(pilot, "extract", "x", SOON)


def test_a_link_is_for_one_of_two_sides(pilot):
    with pytest.raises(InputError, match="not for 'anybody'"):
        links.sign(pilot, "cancel_visit", "x", SOON, "anybody")


def test_a_link_can_be_used_until_its_time_and_not_at_it(pilot):
    token = links.sign(pilot, "cancel_visit", "visit-1", SOON, "resident")

    assert links.read(pilot, token, SOON - timedelta(seconds=1)).side == "resident"
    with pytest.raises(InputError, match=r"could be used until 2026-11-30 13:00 UTC; contact us instead"):
        links.read(pilot, token, SOON)


@given(st.data())
def test_a_changed_link_is_refused(pilot, data):
    token = links.sign(pilot, "answer_offer", "offer-1", SOON)
    place = data.draw(st.integers(0, len(token) - 1))
    sign = data.draw(st.sampled_from("abcXYZ019-_.~åÅ \n"))
    changed = token[:place] + sign + token[place + 1 :]

    # The last sign of base64 carries bits that mean nothing.
    if changed != token and place != len(token) - 1:
        with pytest.raises(InputError, match="This link is not valid"):
            links.read(pilot, changed, NOW)


@given(st.text(max_size=200))
def test_what_is_no_link_is_refused_in_the_same_words(pilot, text):
    with pytest.raises(InputError, match="This link is not valid"):
        links.read(pilot, text, NOW)


def test_a_link_of_another_pilot_is_refused(pilot):
    token = links.sign(Store.in_memory(), "answer_offer", "offer-1", SOON)

    with pytest.raises(InputError, match="This link is not valid"):
        links.read(pilot, token, NOW)


def test_a_link_outlives_the_program_that_signed_it(pilot_path):
    token = links.sign(Store(pilot_path), "give_feedback", "visit-1", SOON)

    assert links.read(Store(pilot_path), token, NOW).about == "visit-1"


def test_without_the_key_no_link_is_signed(pilot_path):
    key_file(pilot_path).unlink()

    with pytest.raises(StoreError, match="set MIKRO_KEY"):
        links.sign(Store(pilot_path), "give_feedback", "visit-1", SOON)


def test_keys_of_different_purposes_and_pilots_differ(pilot):
    keys = {pilot.derived_key("links"), pilot.derived_key("pseudonyms"), Store.in_memory().derived_key("links")}

    assert len(keys) == 3
    assert {len(key) for key in keys} == {32}
    assert pilot.derived_key("links") in keys


def test_a_link_fits_into_an_address_as_it_is(pilot, monkeypatch):
    monkeypatch.setenv("MIKRO_BASE_URL", "https://mikro.example.se/pilot/")
    token = links.sign(pilot, "answer_offer", "offer-1", SOON)

    assert links.url(links.base_url(), token) == f"https://mikro.example.se/pilot/answer?token={token}"


@pytest.mark.parametrize("base", ["http://localhost:8501", "http://127.0.0.1:8501", "https://mikro.example.se"])
def test_a_base_address_is_encrypted_or_of_this_machine(monkeypatch, base):
    monkeypatch.setenv("MIKRO_BASE_URL", base)

    assert links.base_url() == base


def test_without_a_base_address_there_are_no_links(monkeypatch):
    monkeypatch.delenv("MIKRO_BASE_URL", raising=False)

    assert links.base_url() is None


@pytest.mark.parametrize(
    "base",
    [
        "mikro.example.se",
        "http://mikro.example.se",
        "ftp://mikro.example.se",
        "https://",
        "https://mikro.example.se?next=",
        "https://anna:secret@mikro.example.se",
        "https://mikro.example.se:port",
        "https://[",
    ],
)
def test_a_base_address_that_is_none_is_refused(monkeypatch, base):
    monkeypatch.setenv("MIKRO_BASE_URL", base)

    with pytest.raises(InputError, match="MIKRO_BASE_URL must"):
        links.base_url()
