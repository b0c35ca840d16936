"""Who is here: what each role finds in the menu, what leads there, and what does not."""

from __future__ import annotations

import re

import pytest
from small_dashboard import ROLES
from small_pilot import EVERYTHING_FITS, NOW
from streamlit.testing.v1 import AppTest

from dashboard import frame, navigation
from engine.access import OPERATIONS, allow, give_role
from engine.errors import AccessDenied
from engine.standing import ROLES as KNOWN


@pytest.fixture
def quiet(monkeypatch):
    """A menu of one small page, so that a test of the frame waits for no other page."""
    entry = navigation.Entry("statement", "test", "home", lambda: "Test", ("see_requests",))
    monkeypatch.setattr(navigation, "MENU", (entry,))


def here_of(app):
    return app.session_state["_here"]


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_here_as_itself_and_may_what_the_engine_lets_it(dashboard, quiet, role):
    store = dashboard.holding()

    found = here_of(dashboard.open(role=role))

    assert found.role == role
    assert found.is_demo
    with store.reading() as reading:
        allowed = [code for code in OPERATIONS if is_allowed(reading, found.actor_id, code)]
    assert [code for code in OPERATIONS if found.may(code)] == allowed


def is_allowed(reading, account_id, operation):
    try:
        allow(reading, account_id, operation)
    except AccessDenied:
        return False
    return True


def test_a_coordinator_of_one_municipality_is_here_for_that_one(dashboard, quiet):
    dashboard.holding()

    found = here_of(dashboard.open(role="coordinator:1283"))

    assert found.municipalities == {"1283"}
    assert found.actor_id == "demo-coordinator:1283"


def test_every_page_is_for_somebody_and_asks_for_operations_there_are():
    for entry in navigation.MENU:
        assert set(entry.operations) <= set(OPERATIONS)
        assert any(set(KNOWN) & set(OPERATIONS[code].roles) for code in entry.operations)


@pytest.mark.parametrize("role", ROLES)
def test_the_menu_of_a_role_begins_where_its_work_does(dashboard, role):
    dashboard.holding()
    first = {"researcher": "evaluation", "admin": "administration"}.get(role, "today")

    app = dashboard.open("statement", role=role)

    found = here_of(app)
    assert navigation.first_page(found).stem == first


def test_without_a_pilot_the_page_says_how_to_make_one(dashboard):
    app = dashboard.open()

    assert not app.exception
    assert "mikro init" in app.error[0].value.replace("\\", "")


def test_every_page_says_that_this_is_a_demo_and_in_which_language(dashboard, quiet):
    dashboard.holding()

    swedish, english = (dashboard.open("statement", language=code) for code in ("sv", "en"))

    assert "Demoläge" in swedish.main.caption[0].value
    assert "Demo mode" in english.main.caption[0].value
    assert swedish.title[0].value != english.title[0].value


def test_when_roles_were_given_and_none_here_the_page_says_what_to_do(dashboard, quiet):
    store = dashboard.holding()
    give_role(store, "root", "root", "admin")

    app = dashboard.open()

    assert not app.exception
    assert app.title[0].value == "Nobody here has a role"
    assert here_of(app).role == ""


def test_the_stamp_changes_with_the_log_the_account_and_the_minute(dashboard, quiet):
    store = dashboard.holding()
    found = here_of(dashboard.open())
    before = found.stamp

    with store.transaction("test", "set up") as transaction:
        transaction.append(EVERYTHING_FITS)

    assert found.stamp != before
    assert found.stamp._replace(entry_no=0) == (str(store.path), 0, "demo-coordinator", f"{NOW:%Y-%m-%dT%H:%M}")


def test_a_page_that_fails_says_so_with_a_number_and_without_what_it_held(caplog):
    def page():
        from dashboard.failing import on_failure

        on_failure(KeyError("Rut Andersson"))

    app = AppTest.from_function(page).run()

    assert "Rut" not in caplog.text + app.error[0].value
    number = re.search(r"numret (\w{8})", app.error[0].value)[1]
    assert f"failure {number}: KeyError" in caplog.text


def test_what_the_engine_refuses_is_said_in_its_sentence_with_nothing_to_click(caplog):
    def page():
        from dashboard.failing import on_failure
        from engine.errors import EngineError

        on_failure(EngineError("[a](http://evil.example)"))

    app = AppTest.from_function(page).run()

    assert app.error[0].value == r"\[a\]\(http\:\/\/evil\.example\)"


def test_a_session_without_a_pilot_open_asks_who_is_here_anew(dashboard, quiet):
    dashboard.holding()
    app = dashboard.open()

    del app.session_state[frame._KEPT]
    app.run()

    assert not app.exception
    assert here_of(app).role == "coordinator"
