"""A resident's own page behind an invitation: ask, know the chance, see who comes, take it back; no other's matters."""

from dataclasses import replace
from datetime import timedelta

import pytest
from small_outbox import VISIT, YES, agreed, append
from small_pilot import MILK, NOW, RUT

from engine.access import give_role
from engine.errors import AccessDenied, ImpossibleStep, InputError, PackageError
from engine.live import own_page
from engine.messages import links

HOUR = timedelta(hours=1)
FORM = {
    "service": "shopping", "minutes": "60", "earliest_at": "2026-12-08T09:00", "latest_at": "2026-12-08T12:00",
    "note": "Porten är trasig.",
}  # fmt: skip


def invited(store):
    return own_page.invite(store, "test", "rut", now=NOW)


def reads(store):
    with store.reading() as reading:
        rows = reading.facts_of("identity_read").to_pylist()
    return [(row["actor_id"], row["resident_id"], row["purpose"]) for row in rows]


def test_a_resident_asks_and_sees_the_request():
    store = agreed()
    token = invited(store)

    request_id = own_page.ask(store, token, FORM, NOW + HOUR)

    newest = own_page.own_requests(store, token, NOW + HOUR)[0]
    assert (newest.request_id, newest.status, newest.minutes) == (request_id, "submitted", 60)
    with store.reading() as reading:
        [fact] = [row for row in reading.facts_of("request_submitted").to_pylist() if row["request_id"] == request_id]
    assert (fact["actor_id"], fact["resident_id"], fact["urgency"]) == ("link:rut", "rut", 1)


def test_a_resident_cannot_say_how_urgent_it_is_nor_ask_for_somebody_else():
    store = agreed()

    request_id = own_page.ask(
        store, invited(store), {**FORM, "urgency": "3", "volunteers_needed": "9", "resident_id": "ada"}, NOW + HOUR
    )

    with store.reading() as reading:
        [row] = reading.state("requests_at", NOW + HOUR, request_id=request_id).to_dict("records")
    assert (row["resident_id"], row["urgency"], row["volunteers_needed"]) == ("rut", 1, 1)


def test_what_cannot_be_asked_is_refused_as_everywhere():
    store = agreed()

    with pytest.raises(PackageError, match="minutes must be"):
        own_page.ask(store, invited(store), {**FORM, "minutes": "4000"}, NOW + HOUR)


def test_the_chance_is_told_while_typing_and_nothing_is_written():
    store = agreed()
    token = invited(store)
    with store.reading() as reading:
        before = reading.last_entry_no

    told = own_page.chance(store, token, FORM, NOW + HOUR)

    assert told.n_candidates == 1
    assert 0 < told.low < told.share_served < told.high < 1
    with store.reading() as reading:
        assert reading.last_entry_no == before


def test_a_resident_learns_the_first_name_of_who_comes_and_the_log_notes_it():
    store = agreed(YES, VISIT)
    token = invited(store)

    names = own_page.who_comes(store, token, NOW + HOUR)

    assert names == {"v1": "Ada"}
    assert reads(store)[-1] == ("link:rut", "ada", "visit")
    [milk] = own_page.own_requests(store, token, NOW + HOUR)
    assert [visit.status for visit in milk.visits] == ["agreed"]


def test_a_resident_takes_a_request_back_and_the_visit_is_called_off():
    store = agreed(YES, VISIT)
    token = invited(store)

    own_page.take_back(store, token, "milk", NOW + HOUR)

    [milk] = own_page.own_requests(store, token, NOW + HOUR)
    assert (milk.status, milk.visits[0].status) == ("cancelled", "cancelled")


def test_a_resident_neither_sees_nor_takes_back_what_is_another_s():
    other = (replace(RUT, resident_id="siv"), replace(MILK, request_id="bread", resident_id="siv"))
    store = agreed()
    append(store, *other)
    token = invited(store)

    assert [one.request_id for one in own_page.own_requests(store, token, NOW + HOUR)] == ["milk"]
    with pytest.raises(AccessDenied, match="another resident"):
        own_page.take_back(store, token, "bread", NOW + HOUR)


def test_the_invitation_ends_and_is_for_this_page_only():
    store = agreed()
    token = invited(store)
    stray = links.sign(store, "withdraw_request", "milk", NOW + HOUR, "resident", holder="rut")

    with pytest.raises(InputError, match="could be used until"):
        own_page.own_requests(store, token, NOW + timedelta(days=own_page.INVITED_DAYS))
    with pytest.raises(AccessDenied, match="for something else"):
        own_page.own_requests(store, stray, NOW)


def test_a_protected_person_is_not_invited_and_an_earlier_page_closes():
    store = agreed()
    token = invited(store)
    append(store, replace(RUT, occurred_at=NOW, protected_identity=True, lat=None, lon=None))

    with pytest.raises(ImpossibleStep, match="by hand"):
        own_page.invite(store, "test", "rut", now=NOW)
    with pytest.raises(ImpossibleStep, match="contact us"):
        own_page.own_requests(store, token, NOW + HOUR)


def test_an_erased_person_s_page_is_closed():
    store = agreed()
    token = invited(store)
    with store.transaction("test", "erase") as transaction:
        transaction.destroy_person("rut")

    with pytest.raises(InputError, match="This page is closed"):
        own_page.own_requests(store, token, NOW + HOUR)


def test_an_invitation_is_noted_and_for_the_own_municipality_only():
    store = agreed()
    give_role(store, "test", "root", "admin")
    give_role(store, "root", "landa", "coordinator", ["1282"])
    give_role(store, "root", "helga", "coordinator", ["1283"])

    with pytest.raises(AccessDenied):
        own_page.invite(store, "landa", "rut", now=NOW)
    own_page.invite(store, "helga", "rut", now=NOW)

    assert reads(store) == [("helga", "rut", "invitation")]
