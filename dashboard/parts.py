"""The few shared pieces of interface. Names and free text go through :func:`plain` and :func:`table` only.

Streamlit reads Markdown almost everywhere, and Markdown fetches pictures from wherever a text says; these two do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import exports
from dashboard.drafts import Draft
from dashboard.words import _, of_refusal
from engine.errors import EngineError

PAGES = Path(__file__).parent / "app_pages"
PUNCTUATION = str.maketrans({sign: f"\\{sign}" for sign in r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"""})
ROWS_SHOWN_MAX = 15


def title(text: str, help: str | None = None) -> None:
    """Head a page: its one first-level heading, and in a sentence what it is for."""
    st.title(text, anchor=False)
    if help:
        st.caption(help)


def plain(text: str) -> None:
    """Show a text that somebody wrote, as it is: never as Markdown or HTML."""
    st.text(text)


def escaped(text: str) -> str:
    """Make a text safe to stand inside Markdown, every sign meaning itself."""
    return " ".join(text.split()).translate(PUNCTUATION)


def refusal(error: EngineError) -> None:
    """Show what the engine refused, in its own sentence."""
    st.error(escaped(of_refusal(str(error))), icon=":material/block:")


@contextmanager
def doing(text: str) -> Iterator[None]:
    """Run engine work under a sign that says what is going on.

    What the engine refuses becomes a sentence on the page and the body ends there; the page goes on after it.
    """
    try:
        with st.spinner(text):
            yield
    except EngineError as error:
        refusal(error)


def done(text: str) -> None:
    """Say that something was done; it stays until the next thing is done, also over a rerun."""
    st.session_state["_done"] = text


def show_done() -> None:
    """Show what :func:`done` was told last; the frame calls it once per page."""
    if text := st.session_state.pop("_done", None):
        st.success(escaped(text), icon=":material/check:")


def opened(sections: Mapping[str, Callable[[], None]], key: str, first: str | None = None) -> None:
    """Show sections as tabs by their names, beginning with the first or ``first``; only the open one is worked out."""
    tabs = st.tabs(list(sections), key=key, default=first, on_change="rerun")
    for tab, show in zip(tabs, sections.values(), strict=True):
        if tab.open:
            with tab:
                show()


def table(
    frame: pd.DataFrame,
    columns: Mapping[str, Any],
    key: str,
    select: Literal["one", "many"] | None = None,
    download: str | None = None,
    empty: str | None = None,
) -> pd.DataFrame:
    """Show a table of some columns, and give the rows that were chosen in it.

    Parameters
    ----------
    columns
        A label, or a ``st.column_config``, by column; the others never leave the server.
    select
        Whether one or many rows can be chosen.
    download
        Name, without ending, of the files the table can be had as; no button without it.
    empty
        What to say in place of a table without rows.

    Returns
    -------
    DataFrame
        The chosen rows with all columns of ``frame``; none without ``select``.
    """
    if frame.empty:
        st.caption(empty or _("Nothing to show."))
        return frame
    shown = frame[list(columns)]
    modes: dict[str, Any] = {"one": "single-row", "many": "multi-row"}
    config: dict[str, Any] = {
        "hide_index": True, "column_config": dict(columns), "key": key, "alt": _description(shown, columns),
        "height": "content" if len(shown) <= ROWS_SHOWN_MAX else "auto", "placeholder": "–",
    }  # fmt: skip
    chosen: list[int] = []
    if select is None:
        st.dataframe(shown, **config)
    else:
        state = st.dataframe(shown, on_select="rerun", selection_mode=modes[select], **config)
        chosen = [row for row in state["selection"]["rows"] if row < len(frame)]
    if download:
        _downloads(shown, columns, key, download)
    return frame.iloc[chosen]


def chart(figure: go.Figure, frame: pd.DataFrame, alt: str, columns: Mapping[str, Any] | None = None) -> None:
    """Show a chart with its numbers in a table below it.

    Parameters
    ----------
    alt
        What the chart shows, for those who do not see it: a sentence or two.
    columns
        Labels of the table's columns; their own names by default.
    """
    key = f"chart-{hash((alt, tuple(frame.columns))) & 0xFFFFFF:x}"
    st.plotly_chart(figure, config={"displayModeBar": False, "locale": "sv"}, alt=alt, key=key)
    with st.expander(_("Show as a table")):
        table(frame, columns or {str(name): str(name) for name in frame.columns}, key=f"{key}-table")


def confirm(label: str, question: str, key: str, disabled: bool = False) -> bool:
    """Offer, in two steps, what cannot be undone; ``True`` once, when it was confirmed."""
    asked = f"{key}-asked"
    if not st.session_state.get(asked):
        st.button(label, key=key, disabled=disabled, on_click=_remember, args=(asked, True))
        return False
    with st.container(border=True):
        st.markdown(escaped(question))
        with st.container(horizontal=True):
            is_sure = st.button(label, key=f"{key}-yes", type="primary")
            st.button(_("Leave it"), key=f"{key}-no", on_click=_remember, args=(asked, False))
    if is_sure:  # only now: told by a callback, the button would be gone before it could say yes
        _remember(asked, False)
    return is_sure


def link(page: str, label: str, **opaque_ids: str) -> None:
    """Lead to the place where something is dealt with; opaque ids go along, never anything about a person."""
    key = "-".join(("link", page, *opaque_ids.values(), label))
    if st.button(label, key=key, type="tertiary", icon=":material/arrow_forward:"):
        st.session_state["_given"] = dict(opaque_ids)
        st.switch_page(PAGES / f"{page}.py", query_params=dict(opaque_ids))


def given(name: str) -> str | None:
    """Give the id that a :func:`link`, or the address, came with."""
    value = st.query_params.get(name) or st.session_state.get("_given", {}).get(name)
    return str(value) if value else None


def draft(form: str, fields: list[str]) -> Draft:
    """Bring back a half-typed form after a reload, before its widgets are made; ``fields`` are their keys.

    Call ``.keep()`` after the widgets, ``.forget()`` when the form was saved. Kept in the server's memory only.
    """
    return Draft(form, fields).restored()


def _remember(key: str, value: bool) -> None:
    st.session_state[key] = value


def _description(shown: pd.DataFrame, columns: Mapping[str, Any]) -> str:
    labels = ", ".join(str(exports.label_of(column, config)) for column, config in columns.items())
    return _("Table with {n} rows. Columns: {labels}.").format(n=len(shown), labels=labels)


def _downloads(shown: pd.DataFrame, columns: Mapping[str, Any], key: str, name: str) -> None:
    labelled = shown.rename(columns={column: exports.label_of(column, config) for column, config in columns.items()})
    with st.container(horizontal=True):
        st.download_button(
            _("Download CSV"), lambda: exports.csv_of(labelled), f"{name}.csv", "text/csv", key=f"{key}-csv",
            type="tertiary", on_click="ignore", icon=":material/download:",
        )  # fmt: skip
        st.download_button(
            _("Download Excel"), lambda: exports.xlsx_of(labelled), f"{name}.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", key=f"{key}-xlsx",
            type="tertiary", on_click="ignore", icon=":material/download:",
        )  # fmt: skip
