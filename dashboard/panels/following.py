"""What the pages behind a signed link share: a calm sheet of a phone's width, and how the municipality is reached."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard import parts
from dashboard.service import answer
from dashboard.words import _, of_refusal
from engine.errors import EngineError

WIDTH = 560
"""Pixels: a column that reads well on a phone and does not sprawl on a screen."""


def token() -> str | None:
    """Give the token the page was opened with."""
    return st.query_params.get("token") or None


def facts(told: Mapping[str, str]) -> None:
    """Show what somebody needs to know, a line for each; lines without a text are left out."""
    with st.container(border=True):
        for name, text in told.items():
            if text:
                with st.container(gap=None):
                    st.caption(name)
                    parts.plain(text)


def refused(error: EngineError) -> None:
    """Say why a link does not work, and what to do instead; never with the link or an id in it."""
    st.error(parts.escaped(of_refusal(str(error))), icon=":material/link_off:")
    reach()


def reach() -> None:
    """Say how to reach somebody."""
    contact = answer.contact()
    st.caption(_("Questions? Contact kommunala mikrotjänster in your municipality."))
    if contact:
        parts.plain(contact)


def without_token() -> None:
    """Explain a page that was opened without its link."""
    st.info(_("This page opens by the link in a message from us. Open the message, and follow the link there."))
    reach()
