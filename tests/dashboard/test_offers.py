"""The offers page: sending, taking answers by phone, telling people, cancelling, inviting a resident."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from small_outbox import DONE, OFFER, PEOPLE, VISIT, YES
from small_pilot import BASELINE, EVERYTHING_FITS, NOW

from dashboard.service import offers as service
from dashboard.service.tables import with_both_names
from engine import notify
from engine.live.decisions import approve
from engine.live.own_page import own_requests
from engine.matching import match

SEEING = ("coordinator", "coordinator_protected", "lead", "owner")
LATER = NOW.replace(year=2200)


def texts(app):
    parts = (app.markdown, app.caption, app.text, app.info, app.success, app.warning, app.error, app.code)
    return "\n".join(element.value.replace("\\", "") for kind in parts for element in kind)


def button(app, label):
    return next(one for one in app.button if one.label == label)


def state(store, macro):
    with store.reading() as reading:
        return reading.state(macro, LATER)


def asked(dashboard, *more):
    """Make a pilot in which Ada is asked to buy Rut's milk, and the message waits to be sent."""
    store = dashboard.holding(*EVERYTHING_FITS, OFFER, *more)
    with store.transaction("test", "people") as transaction:
        transaction.put_people(PEOPLE)
        notify.queue(transaction, "offer", "ada", "o1", now=NOW)
    return store


@pytest.mark.parametrize("role", SEEING)
def test_an_empty_pilot_has_nothing_to_send(dashboard, role):
    dashboard.holding()

    app = dashboard.open("offers", role)

    assert not app.exception
    assert "Nothing is approved that is not sent" in texts(app)


@pytest.mark.parametrize("role", SEEING)
def test_every_part_of_the_demo_pilot_is_shown_to_those_who_may_see_it(dashboard, role):
    dashboard.demo()
    app = dashboard.open("offers", role)

    for view in ("answers", "visits", *(["messages", "invite"] if role != "lead" else [])):
        app.segmented_control("offers_view").set_value(view).run()
        assert not app.exception


def test_an_approved_proposal_is_sent_and_the_coordinator_told_to_pass_the_message_on(dashboard):
    store = dashboard.holding(*EVERYTHING_FITS)
    match(store, BASELINE, NOW)
    approve(store, "test", [("milk", "Ada")], at=NOW)
    app = dashboard.open("offers")

    button(app, "Send 1 offer").click().run()

    assert "1 offer is sent. There is no mail server" in texts(app)
    assert state(store, "offers_at")["volunteer_id"].tolist() == ["Ada"]


@pytest.mark.parametrize(
    ("said", "more", "status", "reason_code"),
    [
        ("yes", {}, "accepted", None),
        ("no", {"why-o1": "distance"}, "declined", "distance"),
        ("another", {}, "declined", "another_time"),
    ],
)
def test_an_answer_given_by_phone_is_recorded(dashboard, said, more, status, reason_code):
    store = asked(dashboard)
    app = dashboard.open("offers", offer="o1")

    app.segmented_control("said-o1").set_value(said).run()
    for key, value in more.items():
        app.selectbox(key).select(value).run()
    button(app, "Record the answer").click().run()

    assert not app.error
    with store.reading() as reading:
        [row] = reading.state("offers_at", NOW + timedelta(hours=2)).to_dict("records")
        [answer] = reading.facts_of("offer_answered").to_pylist()
    assert (row["status"], answer["reason_code"]) == (status, reason_code)
    assert answer["actor_id"] == "demo-coordinator"


def test_the_phone_number_is_shown_when_asked_for_and_the_log_notes_it(dashboard):
    store = asked(dashboard)
    app = dashboard.open("offers", offer="o1")
    assert PEOPLE["ada"]["phone"] not in texts(app)

    button(app, "Show the phone number").click().run()

    assert PEOPLE["ada"]["phone"] in texts(app)
    with store.reading() as reading:
        reads = [(row["resident_id"], row["purpose"]) for row in reading.facts_of("identity_read").to_pylist()]
    assert ("ada", "call") in reads


def test_a_message_is_shown_to_be_read_out_and_noted_as_told(dashboard):
    store = asked(dashboard)
    app = dashboard.open("offers", offer="o1")

    button(app, "Show to copy or read out").click().run()
    assert "Kan du hjälpa till tisdag 1 december?" in texts(app)
    button(app, "I have told the person").click().run()

    assert state(store, "messages_at")["status"].tolist() == ["copied"]


def test_an_offer_is_taken_back_in_two_steps(dashboard):
    store = asked(dashboard)
    app = dashboard.open("offers", offer="o1")

    button(app, "Take the offer back").click().run()
    assert "told kindly" in texts(app)
    app.button("withdraw-o1-yes").click().run()

    assert state(store, "offers_at")["status"].tolist() == ["closed"]


def test_offers_near_their_limit_are_called_urgent(dashboard):
    asked(dashboard)
    dashboard.stand_at(OFFER.expires_at - timedelta(hours=5))

    app = dashboard.open("offers")
    app.segmented_control("offers_view").set_value("answers").run()

    assert "1 offer runs out within 6 hours." in texts(app)


def test_visits_to_come_are_listed_and_those_over_are_not(dashboard):
    store = asked(dashboard, YES, VISIT)

    assert service.to_come(store, "demo-coordinator", NOW)["visit_id"].tolist() == ["v1"]
    assert service.to_come(store, "demo-coordinator", DONE.occurred_at).empty


def test_messages_that_wait_are_listed_with_their_reader(dashboard):
    asked(dashboard)
    app = dashboard.open("offers")

    app.segmented_control("offers_view").set_value("messages").run()

    row = app.dataframe[0].value.iloc[0]
    assert (row["template_text"], row["name"]) == ("Question to the volunteer", "Ada Lovelace")


def test_an_invitation_opens_the_page_of_that_resident(dashboard, monkeypatch):
    store = asked(dashboard)
    monkeypatch.setenv("MIKRO_BASE_URL", "https://mikro.example.se/pilot")

    address = service.invitation(store, "demo-coordinator", "rut", NOW, "http://127.0.0.1:8501")

    assert address.startswith("https://mikro.example.se/pilot/min-sida?token=")
    [token] = parse_qs(urlsplit(address).query)["token"]
    assert [one.request_id for one in own_requests(store, token, NOW)] == ["milk"]


def test_a_resident_to_invite_is_found_by_name(dashboard):
    asked(dashboard)
    app = dashboard.open("offers")
    app.segmented_control("offers_view").set_value("invite").run()

    app.text_input("invite_whom").input("rut").run()

    assert app.dataframe[0].value["name"].tolist() == ["Rut Ek"]


def test_a_volunteers_municipality_sees_the_offer_too_but_not_the_resident_s_name(dashboard):
    store = asked(dashboard)
    with store.transaction("test", "move") as transaction:
        from small_pilot import RUT

        transaction.append([replace(RUT, occurred_at=NOW, municipality_code="1282")])

    listed = service.asked(store, "demo-coordinator:1283", NOW)
    [row] = with_both_names(store, "demo-coordinator:1283", listed).to_dict("records")

    assert (row["volunteer"], row["resident"]) == ("Ada Lovelace", "rut")


def test_the_lead_sees_offers_and_changes_nothing(dashboard):
    asked(dashboard)

    app = dashboard.open("offers", "lead", offer="o1")

    assert not app.exception
    labels = {one.label for one in app.button}
    assert not labels & {"Record the answer", "Take the offer back", "Show the phone number", "Queue reminders"}
    assert "Ada Lovelace" not in texts(app)
