"""A resident's own page behind an invitation: ask with the chance shown, see who comes, take it back."""

from datetime import timedelta

import pytest
from small_outbox import OFFER, PEOPLE, VISIT, YES
from small_pilot import EVERYTHING_FITS, NOW

from engine.live.own_page import invite
from engine.messages import links


def texts(app):
    parts = (app.title, app.header, app.markdown, app.caption, app.text, app.info, app.success, app.warning, app.error)
    return "\n".join(element.value.replace("\\", "") for kind in parts for element in kind)


def button(app, label):
    return next(one for one in app.button if one.label == label)


@pytest.fixture
def own(dashboard):
    """Open Rut's page; gives the store and the page."""

    def opened(*more, language="en"):
        store = dashboard.holding(*EVERYTHING_FITS, *more)
        with store.transaction("test", "people") as transaction:
            transaction.put_people(PEOPLE)
        app = dashboard.open(language=language)
        app.query_params["token"] = invite(store, "test", "rut", now=NOW)
        return store, app.switch_page("app_pages/resident.py").run()

    return opened


def state(store, macro):
    with store.reading() as reading:
        return reading.state(macro, NOW + timedelta(hours=1))


def reads(store):
    with store.reading() as reading:
        return [(row["actor_id"], row["resident_id"]) for row in reading.facts_of("identity_read").to_pylist()]


def test_a_resident_sees_what_was_asked_for_and_how_far_it_is(own):
    _, app = own()

    assert not app.exception
    assert "Shopping" in texts(app)
    assert "We are looking for somebody." in texts(app)


def test_a_resident_sees_who_comes_and_when_by_first_name_alone(own):
    store, app = own(OFFER, YES, VISIT)

    assert "Ada comes Tuesday 1 December at 9:00–10:00" in texts(app)
    assert not any(detail in texts(app) for detail in ("Lovelace", "070-", "Lilla vägen"))
    assert ("link:rut", "ada") in reads(store)


def test_the_name_is_read_once_and_not_at_every_click(own):
    store, app = own(OFFER, YES, VISIT)
    before = len(reads(store))

    app.run()

    assert len(reads(store)) == before


def test_the_chance_is_shown_while_choosing(own):
    _, app = own()

    app.selectbox("ask_service").select("shopping").run()

    assert "of 10 such requests get help" in texts(app)


def test_what_may_not_be_asked_for_is_said_at_once_and_cannot_be_sent(own):
    _, app = own()

    app.selectbox("ask_service").select("homework_help").run()

    assert "As it stands this cannot be asked for here" in texts(app)
    assert "may not ask for this service" in texts(app)
    assert button(app, "Ask for it").disabled


def test_a_request_is_made(own):
    store, app = own()

    app.selectbox("ask_service").select("shopping").run()
    app.text_area("ask_note").input("Dörren är röd.").run()
    button(app, "Ask for it").click().run()

    assert "We have your request" in texts(app)
    requests = state(store, "requests_at")
    assert sorted(requests["resident_id"]) == ["rut", "rut"]
    assert len(requests) == 2


def test_a_request_is_taken_back_in_two_steps(own):
    store, app = own()

    button(app, "I do not need it any more").click().run()
    assert state(store, "requests_at")["status"].tolist() == ["submitted"]
    app.button("back-milk-yes").click().run()

    assert state(store, "requests_at")["status"].tolist() == ["withdrawn"]
    assert "asked for nothing at the moment" in texts(app)


def test_another_link_does_not_open_the_page(dashboard):
    store = dashboard.holding(*EVERYTHING_FITS)
    app = dashboard.open()
    app.query_params["token"] = links.sign(
        store, "withdraw_request", "milk", NOW + timedelta(days=1), "resident", "rut"
    )

    app = app.switch_page("app_pages/resident.py").run()

    assert "for something else" in texts(app)
    assert not app.selectbox or all(one.key != "ask_service" for one in app.selectbox)


def test_without_a_link_the_page_explains_itself(dashboard):
    dashboard.holding()

    app = dashboard.open().switch_page("app_pages/resident.py").run()

    assert not app.exception
    assert "opens by the link" in texts(app)
