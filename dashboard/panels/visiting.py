"""The agreed visits that are still to come, and cancelling one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import codes, parts
from dashboard.frame import Here
from dashboard.service import offers
from dashboard.service.offers import CANCEL_REASONS, SIDES
from dashboard.words import _, moment


def show(found: Here, visits: pd.DataFrame) -> None:
    """Show the visits; cancel the one chosen."""
    chosen = parts.table(
        visits.assign(
            service_text=visits["service"].map(codes.service),
            place=visits["municipality_code"].map(codes.municipality),
        ),
        {
            "starts_at": st.column_config.DatetimeColumn(_("From"), format="YYYY-MM-DD HH:mm"),
            "ends_at": st.column_config.DatetimeColumn(_("To"), format="HH:mm"),
            "volunteer": _("Volunteer"),
            "resident": _("Resident"),
            "service_text": _("Service"),
            "place": _("Municipality"),
            "request_id": _("Request"),
        },
        key=f"visits-{pd.util.hash_pandas_object(visits['visit_id'], index=False).sum()}",
        select="one",
        download="besok",
        empty=_("No visit is agreed. They come here when a volunteer says yes."),
    )
    if len(chosen) and found.may("cancel_visit"):
        _cancel(found, chosen.iloc[0])
    elif len(visits):
        st.caption(_("Choose a visit to cancel it. What became of a visit is recorded under Outcomes."))


def _cancel(found: Here, row: pd.Series) -> None:
    visit_id = row["visit_id"]
    st.subheader(_("Cancel the visit"), anchor=False)
    parts.plain(
        _("{volunteer} to {resident}: {service}, {when}").format(
            volunteer=row["volunteer"], resident=row["resident"], service=codes.service(row["service"]),
            when=moment(row["starts_at"]),
        )
    )  # fmt: skip
    with st.container(horizontal=True):
        side = st.selectbox(_("Who cancels"), SIDES, format_func=codes.side, key=f"side-{visit_id}", width=240)
        reason = st.selectbox(
            _("Reason"), CANCEL_REASONS, format_func=codes.cancel_reason, key=f"cancel-why-{visit_id}", width=280
        )
    question = _("Both are told, and the request is open again.")
    if parts.confirm(_("Cancel the visit"), question, f"cancel-{visit_id}"):
        with parts.doing(_("Recording …")):
            offers.cancel(found.store, found.actor_id, visit_id, str(side), str(reason), found.now)
            parts.done(_("The visit is cancelled."))
            st.rerun()
