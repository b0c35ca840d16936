"""Inviting a resident to a page of their own: find the person, make the link, hand it over."""

from __future__ import annotations

from urllib.parse import urlsplit

import pandas as pd
import streamlit as st

from dashboard import codes, parts
from dashboard.frame import Here
from dashboard.service import offers
from dashboard.words import _


def show(found: Here) -> None:
    """Find a resident and make the link."""
    st.caption(
        _("The link opens a page on which the resident asks for services, sees who comes and takes requests back. "
          "It lasts 60 days and is for this person alone.")
    )  # fmt: skip
    text = st.text_input(
        _("Name, phone or e-mail of the resident"), key="invite_whom", placeholder="", autocomplete="off"
    )
    if not text.strip():
        return
    people = pd.DataFrame()
    with parts.doing(_("Looking …")):
        people = offers.find(found.store, found.actor_id, text)
    if people.empty:
        st.caption(_("Nobody of that name, phone or e-mail."))
        return
    chosen = parts.table(
        people.assign(place=people["municipality_code"].map(codes.municipality)),
        {"name": _("Name"), "phone": _("Phone"), "place": _("Municipality")},
        key=f"invite-{pd.util.hash_pandas_object(people['resident_id'], index=False).sum()}",
        select="one",
    )
    if len(chosen) and st.button(_("Make the link"), type="primary", key="invite", icon=":material/link:"):
        with parts.doing(_("Making the link …")):
            address = offers.invitation(
                found.store, found.actor_id, chosen["resident_id"].iloc[0], found.now, _origin()
            )
            told = _("This is the link of {name}. Copy it and send it to them. Whoever has it can use it.")
            st.success(parts.escaped(told.format(name=chosen["name"].iloc[0])), icon=":material/check:")
            st.code(address, language=None, wrap_lines=True)


def _origin() -> str:
    """Say where this dashboard was reached."""
    parts_of = urlsplit(st.context.url or "http://localhost")
    return f"{parts_of.scheme}://{parts_of.netloc}"
