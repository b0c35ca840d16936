"""The accessibility statement: there for everybody, in both languages, with what the law wants it to say."""

import pytest

from dashboard import navigation


@pytest.fixture
def quiet(monkeypatch):
    """A menu of one small page, so that the test waits for no other page."""
    entry = navigation.Entry("statement", "test", "home", lambda: "Test", ("see_requests",))
    monkeypatch.setattr(navigation, "MENU", (entry,))


@pytest.mark.parametrize(
    ("language", "words"),
    [("sv", ("2018:1937", "WCAG 2.1", "digg.se", "säg till")), ("en", ("2018:1937", "WCAG 2.1", "digg.se", "tell"))],
)
def test_the_statement_names_the_law_its_faults_and_whom_to_tell(dashboard, quiet, language, words):
    dashboard.holding()

    app = dashboard.open("statement", role="researcher", language=language)

    assert not app.exception
    said = " ".join(element.value for element in (*app.main.markdown, *app.main.subheader, *app.main.title))
    assert all(word in said for word in words)
    assert len(app.main.subheader) == 4


def test_the_statement_is_there_for_those_who_have_no_role(dashboard, quiet, monkeypatch):
    from engine.access import give_role

    store = dashboard.holding()
    give_role(store, "root", "root", "admin")

    app = dashboard.open("statement")

    assert not app.exception
    assert app.session_state["_here"].role == ""
    assert len(app.main.subheader) == 4
