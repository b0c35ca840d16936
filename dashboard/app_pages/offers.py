"""Offers and visits: send what is approved, chase answers, take them by phone, tell people, invite residents."""

import pandas as pd
import streamlit as st

from dashboard import parts
from dashboard.frame import Stamp, here
from dashboard.panels import asking, inviting, telling, visiting
from dashboard.service import matching, offers
from dashboard.service.tables import with_both_names
from dashboard.words import _

found = here()


@st.cache_data(ttl=600, max_entries=50, show_spinner=False)
def approved_of(stamp: Stamp) -> pd.DataFrame:
    """List what is approved and not sent; the stamp says for whom and in which state of the pilot."""
    plan = matching.proposals(found.store, found.actor_id, found.now)
    return plan[plan["status"] == "approved"].reset_index(drop=True)


@st.cache_data(ttl=600, max_entries=50, show_spinner=False)
def asked_of(stamp: Stamp) -> pd.DataFrame:
    """List who was asked."""
    return offers.asked(found.store, found.actor_id, found.now)


@st.cache_data(ttl=600, max_entries=50, show_spinner=False)
def visits_of(stamp: Stamp) -> pd.DataFrame:
    """List the visits to come."""
    return offers.to_come(found.store, found.actor_id, found.now)


@st.cache_data(ttl=600, max_entries=50, show_spinner=False)
def messages_of(stamp: Stamp) -> pd.DataFrame:
    """List the messages that wait for somebody."""
    return offers.messages(found.store, found.actor_id, found.now)


@st.cache_data(ttl=600, max_entries=50, show_spinner=False)
def named(stamp: Stamp, view: str, _listed: pd.DataFrame) -> pd.DataFrame:
    """Name those in the list that is shown, the one of a view; what waits behind the other views has only a number."""
    name = offers.with_name if view == "messages" else with_both_names
    return name(found.store, found.actor_id, _listed)


parts.title(_("Offers and visits"), _("Volunteers are asked here, and here their answers are taken."))
stamp = found.stamp
approved, asked, visits = approved_of(stamp), asked_of(stamp), visits_of(stamp)
n_waiting = int((asked["status"] == "sent").sum())
views = {
    "send": _("To send ({n})").format(n=len(approved)),
    "answers": _("Waits for an answer ({n})").format(n=n_waiting),
    "visits": _("Visits to come ({n})").format(n=len(visits)),
}
if found.may("send_messages"):
    views["messages"] = _("Messages ({n})").format(n=len(messages_of(stamp)))
if found.may("submit_request"):
    views["invite"] = _("Invite a resident")
start = "answers" if parts.given("offer") or (n_waiting and approved.empty) else "send"
view = st.segmented_control(
    _("Show"), list(views), default=start, format_func=views.__getitem__, key="offers_view",
    label_visibility="collapsed",
)  # fmt: skip
if view == "answers":
    asking.answers(found, named(stamp, view, asked))
elif view == "visits":
    visiting.show(found, named(stamp, view, visits))
elif view == "messages":
    telling.show(found, named(stamp, view, messages_of(stamp)))
elif view == "invite":
    inviting.show(found)
else:
    asking.to_send(found, named(stamp, "send", approved))
