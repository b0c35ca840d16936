"""The shared pieces: tables that show no more than they should, texts that mean themselves, drafts that survive."""

from __future__ import annotations

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import drafts, parts, visits

BEACON = "![Rut](https://evil.example/a.png) **x** <b> :red[y] $z$ www.evil.example"


def test_a_text_in_markdown_means_only_itself():
    safe = parts.escaped(BEACON + "\n# head\n- item")

    assert "\n" not in safe
    assert all(safe[i - 1] == "\\" for i, sign in enumerate(safe) if sign in "![]()*<>:$.#-_`" and i)


def test_a_table_keeps_what_is_not_shown_on_the_server():
    def page():
        import pandas as pd

        from dashboard import parts

        frame = pd.DataFrame({"name": ["Rut"], "secret": ["x"], "n": [1]})
        parts.table(frame, {"n": "Antal", "name": "Namn"}, key="people", download="people")

    app = AppTest.from_function(page).run()

    assert not app.exception
    assert app.dataframe[0].value.columns.tolist() == ["n", "name"]


def test_an_empty_table_says_so():
    def page():
        import pandas as pd

        from dashboard import parts

        chosen = parts.table(pd.DataFrame({"n": []}), {"n": "Antal"}, key="t", empty="Ingen väntar.")
        assert chosen.empty

    app = AppTest.from_function(page).run()

    assert not app.exception
    assert app.caption[0].value == "Ingen väntar."


def test_what_the_engine_refuses_ends_the_work_and_not_the_page():
    def page():
        import streamlit as st

        from dashboard import parts
        from engine.errors import InputError

        with parts.doing("Working"):
            raise InputError("Rut is *not* here.")
        st.text("after")

    app = AppTest.from_function(page).run()

    assert not app.exception
    assert app.error[0].value == r"Rut is \*not\* here\."
    assert app.text[0].value == "after"


def test_what_cannot_be_undone_is_asked_twice_and_done_once():
    def page():
        import streamlit as st

        from dashboard import parts

        if parts.confirm("Erase", "Really?", key="erase"):
            st.text("erased")

    app = AppTest.from_function(page).run()
    app.button(key="erase").click().run()
    assert not app.text

    app.button(key="erase-yes").click().run()
    assert app.text[0].value == "erased"

    app.run()
    assert not app.text


def test_what_cannot_be_undone_can_be_left():
    def page():
        import streamlit as st

        from dashboard import parts

        if parts.confirm("Erase", "Really?", key="erase"):
            st.text("erased")

    app = AppTest.from_function(page).run()
    app.button(key="erase").click().run()

    app.button(key="erase-no").click().run()

    assert not app.text
    assert app.button(key="erase")


def form():
    """A form of two fields, with a draft."""
    import streamlit as st

    from dashboard import parts

    draft = parts.draft("new person", ["name", "phone"])
    st.text_input("Namn", key="name")
    st.text_input("Telefon", key="phone")
    draft.keep()
    st.button("Spara", key="save", on_click=draft.forget)


@pytest.fixture
def drawer(monkeypatch):
    """Give the drawer of a browser, which outlives its sessions."""
    kept = {}
    monkeypatch.setattr(visits, "drawer", lambda: kept)
    return kept


def test_a_half_typed_form_survives_a_reload(drawer):
    app = AppTest.from_function(form).run()
    app.text_input(key="name").input("Rut And").run()

    again = AppTest.from_function(form).run()

    assert again.text_input(key="name").value == "Rut And"
    assert again.text_input(key="phone").value == ""


def test_a_form_that_was_saved_is_empty_and_nothing_is_kept(drawer):
    app = AppTest.from_function(form).run()
    app.text_input(key="name").input("Rut").run()

    app.button(key="save").click().run()

    assert not app.exception
    assert app.text_input(key="name").value == ""
    assert "Rut" not in str(drawer)


def test_a_draft_of_another_account_is_not_shown(drawer):
    class Anna:
        actor_id = "anna"

    app = AppTest.from_function(form)
    app.session_state["_here"] = Anna()
    app.run()
    app.text_input(key="name").input("Rut").run()

    assert AppTest.from_function(form).run().text_input(key="name").value == ""


def test_an_old_or_endless_draft_is_not_kept(drawer, monkeypatch):
    app = AppTest.from_function(form).run()
    app.text_input(key="name").input("x" * (drafts.SIZE_MAX + 1)).run()
    assert "xxx" not in str(drawer)

    app.text_input(key="name").input("Rut").run()
    later = drafts.monotonic() + drafts.KEPT_FOR_S + 1
    monkeypatch.setattr(drafts, "monotonic", lambda: later)

    assert AppTest.from_function(form).run().text_input(key="name").value == ""


def test_a_chart_comes_with_its_table():
    def page():
        import pandas as pd
        import plotly.graph_objects as go

        from dashboard import parts

        parts.chart(go.Figure(go.Bar(x=[1], y=["a"])), pd.DataFrame({"n": [1]}), "One bar.", {"n": "Antal"})

    app = AppTest.from_function(page).run()

    assert not app.exception
    assert app.expander[0].label == "Visa som tabell"
    assert isinstance(app.dataframe[0].value, pd.DataFrame)
