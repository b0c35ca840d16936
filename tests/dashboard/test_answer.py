"""The page behind the link of a message: opening it changes nothing, a button does; it shows what was written."""

from datetime import timedelta

import pytest
from small_outbox import DONE, OFFER, PEOPLE, VISIT, YES
from small_pilot import EVERYTHING_FITS, NOW

from engine.messages import links

SOON = NOW + timedelta(days=9)


def texts(app):
    parts = (app.title, app.header, app.markdown, app.caption, app.text, app.info, app.success, app.warning, app.error)
    return "\n".join(element.value.replace("\\", "") for kind in parts for element in kind)


def button(app, label):
    return next(one for one in app.button if one.label == label)


@pytest.fixture
def follow(dashboard):
    """Open the page by a link; gives the store and the page."""

    def opened(purpose, about, *more, side="volunteer", holder=None, language="en", at=NOW):
        store = dashboard.holding(*EVERYTHING_FITS, OFFER, *more)
        with store.transaction("test", "people") as transaction:
            transaction.put_people(PEOPLE)
        dashboard.stand_at(at)
        app = dashboard.open(language=language)
        app.query_params["token"] = links.sign(store, purpose, about, SOON, side, holder)
        return store, app.switch_page("app_pages/answer.py").run()

    return opened


def state(store, macro, at=NOW + timedelta(hours=1)):
    with store.reading() as reading:
        return reading.state(macro, at)


def test_an_offer_is_shown_with_what_the_message_said_and_no_person(follow):
    store, app = follow("answer_offer", "o1")

    assert not app.exception
    said = texts(app)
    assert "Shopping" in said
    assert "Tuesday 1 December at 9:00–10:00" in said
    assert "Helsingborg, at most 2 km from you" in said
    assert not any(detail in said for detail in ("Rut", "Storgatan", "070-", "Ada"))
    assert state(store, "offers_at")["status"].tolist() == ["sent"]


def test_the_page_is_in_swedish_unless_somebody_chose_otherwise(follow):
    _, app = follow("answer_offer", "o1", language="sv")

    assert "Kan du hjälpa till?" in texts(app)
    assert "tisdag 1 december kl. 9.00–10.00" in texts(app)


def test_a_yes_becomes_a_visit(follow):
    store, app = follow("answer_offer", "o1")

    button(app, "Yes, I can").click().run()

    assert "You have said yes" in texts(app)
    assert state(store, "visits_at")["volunteer_id"].tolist() == ["Ada"]


def test_a_no_asks_why_and_is_recorded(follow):
    store, app = follow("answer_offer", "o1")

    button(app, "No, not this time").click().run()
    assert state(store, "offers_at")["status"].tolist() == ["sent"]
    app.radio("why_not").set_value("distance").run()
    button(app, "Send: no").click().run()

    [offer] = state(store, "offers_at").to_dict("records")
    assert (offer["status"], offer["reason_code"]) == ("declined", "distance")
    assert "Thank you for your answer" in texts(app)


def test_another_time_is_noted_as_an_absence(follow):
    store, app = follow("answer_offer", "o1")

    button(app, "Rather another time").click().run()
    button(app, "Send: another time").click().run()

    assert "may ask you about another time" in texts(app)
    [absence] = state(store, "absences_at").to_dict("records")
    assert absence["starts_at"] == OFFER.starts_at


def test_an_offer_that_was_answered_is_not_asked_again(follow):
    _, app = follow("answer_offer", "o1", YES, VISIT)

    assert "You have said yes" in texts(app)
    assert "Yes, I can" not in {one.label for one in app.button}


def test_a_visit_is_cancelled_by_its_side(follow):
    store, app = follow("cancel_visit", "v1", YES, VISIT, side="resident")

    button(app, "Yes, cancel the visit").click().run()

    [visit] = state(store, "visits_at").to_dict("records")
    assert (visit["status"], visit["side"]) == ("cancelled", "resident")
    assert "The visit is cancelled" in texts(app)


def test_a_side_says_how_the_visit_was(follow):
    late = DONE.occurred_at + timedelta(hours=1)
    store, app = follow("give_feedback", "v1", YES, VISIT, DONE, side="resident", at=late)

    app.radio("rating").set_value(5).run()
    button(app, "Send").click().run()

    [said] = state(store, "feedback_at", late + timedelta(hours=1)).to_dict("records")
    assert (said["rating"], said["side"]) == (5, "resident")
    assert "Thank you for telling us" in texts(app)


def test_a_request_is_taken_back(follow):
    store, app = follow("withdraw_request", "milk", side="resident", holder="rut")

    button(app, "Yes, take it back").click().run()

    assert state(store, "requests_at")["status"].tolist() == ["withdrawn"]
    assert "It is taken back" in texts(app)


@pytest.mark.parametrize("token", ["", "abc", "x" * 300])
def test_a_link_that_is_none_is_refused_in_words(dashboard, token):
    dashboard.holding(*EVERYTHING_FITS)
    app = dashboard.open()
    app.query_params["token"] = token

    app = app.switch_page("app_pages/answer.py").run()

    assert not app.exception
    assert "opens by the link" in texts(app) if not token else "not valid" in texts(app)


def test_a_link_whose_time_is_over_says_so(follow):
    _, app = follow("answer_offer", "o1", at=SOON)

    assert "This link could be used until" in texts(app)


def test_an_invitation_is_no_key_to_this_page(follow):
    _, app = follow("submit_request", "rut", side="resident")

    assert "not for this page" in texts(app)
