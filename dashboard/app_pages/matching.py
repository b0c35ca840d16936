"""Matching: make a run, see what it proposes and proves, decide on it, and deal with whom it leaves over."""

import pandas as pd
import streamlit as st

from dashboard import parts
from dashboard.frame import Stamp, here
from dashboard.panels import comparing, proposing, remedying, running
from dashboard.service import matching
from dashboard.service.matching import RunShown
from dashboard.service.tables import with_both_names
from dashboard.words import _

found = here()


@st.cache_data(ttl=600, max_entries=100, show_spinner=False)
def runs_of(stamp: Stamp) -> list[RunShown]:
    """List the newest runs; the stamp says for whom and in which state of the pilot."""
    return matching.runs(found.store, found.actor_id)


@st.cache_data(ttl=600, max_entries=50, show_spinner=False)
def plan_of(stamp: Stamp) -> pd.DataFrame:
    """List the proposals, with the names of both sides."""
    return with_both_names(found.store, found.actor_id, matching.proposals(found.store, found.actor_id, found.now))


@st.cache_data(ttl=600, max_entries=50, show_spinner=False)
def left_of(stamp: Stamp, run_id: str) -> pd.DataFrame:
    """List the requests a run left over."""
    return matching.left_over(found.store, found.actor_id, run_id, found.now)


parts.title(_("Matching"), _("The best plan for the coming days. You decide on every proposal."))
stamp = found.stamp
runs = runs_of(stamp)
running.run_control(found, runs[0].run_id if runs else None)
if not runs:
    st.info(
        _(
            "Nothing was matched yet. Volunteers and requests are registered under Intake first. A match then proposes"
            " who helps whom; nobody is asked before you approve."
        )
    )
    st.stop()

running.newest(found, runs[0])
left = left_of(stamp, runs[0].run_id)
views = {
    "proposals": _("Proposals"),
    "left": _("Without help ({n})").format(n=len(left)),
    "compare": _("Compare with an earlier run"),
}
wanted = "left" if parts.given("request") in set(left["request_id"]) else "proposals"
view = st.segmented_control(
    _("Show"), list(views), default=wanted, format_func=views.__getitem__, key="matching_view",
    label_visibility="collapsed",
)  # fmt: skip
if view == "left":
    remedying.show(found, runs[0], left)
elif view == "compare":
    comparing.show(found, runs)
else:
    proposing.show(found, runs[0], plan_of(stamp))
