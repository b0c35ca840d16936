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
def lists_of(stamp: Stamp) -> dict[str, pd.DataFrame]:
    """List by view, in one look at the pilot, what there is to do; the stamp says for whom and in which state of it."""
    asked_of = found.store, found.actor_id, found.now
    with found.store.held():
        plan = matching.proposals(*asked_of)
        lists = {
            "send": plan[plan["status"] == "approved"].reset_index(drop=True),
            "answers": offers.asked(*asked_of),
            "visits": offers.to_come(*asked_of),
        }
        if found.may("send_messages"):
            lists["messages"] = offers.messages(*asked_of)
    return lists


@st.cache_data(ttl=600, max_entries=50, show_spinner=False)
def named(stamp: Stamp, view: str, _listed: pd.DataFrame) -> pd.DataFrame:
    """Name those in the list that is shown, the one of a view; what waits behind the other views has only a number."""
    name = offers.with_name if view == "messages" else with_both_names
    return name(found.store, found.actor_id, _listed)


parts.title(_("Offers and visits"), _("Volunteers are asked here, and here their answers are taken."))
stamp = found.stamp
lists = lists_of(stamp)
n_waiting = int((lists["answers"]["status"] == "sent").sum())
views = {
    "send": _("To send ({n})").format(n=len(lists["send"])),
    "answers": _("Waits for an answer ({n})").format(n=n_waiting),
    "visits": _("Visits to come ({n})").format(n=len(lists["visits"])),
}
if "messages" in lists:
    views["messages"] = _("Messages ({n})").format(n=len(lists["messages"]))
if found.may("submit_request"):
    views["invite"] = _("Invite a resident")
start = "answers" if parts.given("offer") or (n_waiting and lists["send"].empty) else "send"
view = st.segmented_control(
    _("Show"), list(views), default=start, format_func=views.__getitem__, key="offers_view",
    label_visibility="collapsed",
)  # fmt: skip
if view == "answers":
    asking.answers(found, named(stamp, view, lists[view]))
elif view == "visits":
    visiting.show(found, named(stamp, view, lists[view]))
elif view == "messages":
    telling.show(found, named(stamp, view, lists[view]))
elif view == "invite":
    inviting.show(found)
else:
    asking.to_send(found, named(stamp, "send", lists["send"]))
