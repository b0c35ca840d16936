"""Two runs side by side: what the newer plan is worth, and for whom something became different."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import codes, codes_matching, parts
from dashboard.frame import Here
from dashboard.panels.naming import volunteers_named
from dashboard.panels.overriding import visits
from dashboard.service import matching
from dashboard.service.matching import RunShown
from dashboard.words import _, moment, number


def show(found: Here, runs: list[RunShown]) -> None:
    """Compare the newest run with an earlier one."""
    later, *others = runs
    if not others:
        st.info(_("There is only one run so far."))
        return
    number_of = {one.run_id: one for one in others}
    chosen = st.selectbox(
        _("Compare the newest run with"), list(number_of), key="compare_with", width=360,
        format_func=lambda one: f"{moment(number_of[one].looked_at)} · {number_of[one].policy}",
    )  # fmt: skip
    earlier = number_of[chosen]
    compared = None
    with parts.doing(_("Comparing …")):
        compared = matching.compare(found.store, found.actor_id, earlier, later, found.now)
    if compared is None:
        return
    served, value, seen = st.columns(3)
    _show_change(served, _("Requests that get help"), earlier.n_matched, later.n_matched)
    _show_change(value, _("Value of the plan, points"), earlier.objective, later.objective)
    _show_change(seen, _("Requests looked at"), earlier.n_requests, later.n_requests)
    if later.policy != earlier.policy:
        st.caption(_("The two ran under different policies, so their points do not compare."))
    _table(found, compared.changes)


def _show_change(place: DeltaGenerator, label: str, before: float, after: float) -> None:
    """Show a number of the newest run and how far it is from the earlier one's; more is not always better."""
    sign = "+" if after > before else "−" if after < before else "±"
    change = f"{sign}{number(abs(after - before), 0)}"
    place.metric(label, number(after, 0), change, delta_color="off", delta_arrow="off")


def _table(found: Here, changes: pd.DataFrame) -> None:
    pairs = [pair for row in (*changes["before"], *changes["after"]) for pair in row]
    known = volunteers_named(found, [volunteer_id for volunteer_id, _when in pairs])
    shown = changes.assign(
        kind_text=changes["kind"].map(codes_matching.change_kind),
        service_text=changes["service"].map(codes.service),
        was=[visits(row, known) for row in changes["before"]],
        becomes=[visits(row, known) for row in changes["after"]],
    )
    parts.table(
        shown,
        {"kind_text": _("What happens"), "request_id": _("Request"), "service_text": _("Service"),
         "was": _("Before"), "becomes": _("After")},
        key="compared",
        download="skillnad",
        empty=_("The two runs propose the same."),
    )  # fmt: skip
