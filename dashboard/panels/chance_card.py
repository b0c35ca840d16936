"""The chance of a request that is being typed: a share with its margin, what speaks for and against, other windows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import streamlit as st

from dashboard import parts
from dashboard.frame import Here, Stamp
from dashboard.service import chances
from dashboard.words import _, language, moment, number, percent
from engine.reasons.chance import Chance

LIKELY, UNLIKELY = 0.75, 0.4
"""From here on, a chance is called good, or poor."""

NOTICEABLE = 0.05
"""A change of window is offered when it raises the chance by this much."""


@st.cache_data(max_entries=500, show_spinner=False, ttl=600)
def chance_of(_found: Here, stamp: Stamp, cells: Mapping[str, str]) -> Chance | None:
    """Ask for the chance, once for each form and state of the pilot."""
    return chances.chance(_found.store, _found.actor_id, cells, _found.now)


def show_chance(found: Here, cells: Mapping[str, str], use_window: Callable[[datetime, datetime], None]) -> None:
    """Show the chance of a request; it can be moved to a better window."""
    asked = {column: text for column, text in cells.items() if column != "note"}
    with parts.doing(_("Looking for volunteers …")):
        told = chance_of(found, found.stamp, asked)
        if told is None:
            st.caption(_("Shown as soon as the service and a window are chosen."))
            return
        _show(told)
        for other, label in ((told.wider, _("Ask a day earlier and later")), (told.nearer, _("Ask for sooner"))):
            if other and other.share_served - told.share_served >= NOTICEABLE:
                _offer(label, other, use_window)


def _show(told: Chance) -> None:
    word = (
        _("Good chance") if told.share_served >= LIKELY
        else _("Uncertain") if told.share_served >= UNLIKELY
        else _("Poor chance")
    )  # fmt: skip
    st.metric(word, percent(told.share_served))
    st.progress(min(1.0, max(0.0, told.share_served)))
    st.caption(
        _("Between {low} and {high} with a probability of 90 %.").format(low=percent(told.low), high=percent(told.high))
        if told.high > told.low
        else _("No match run can serve it as it stands.")
    )
    if told.days_waiting is not None and told.n_candidates:
        st.markdown(
            _("{n} volunteers could come; expected in {days} days.").format(
                n=told.n_candidates, days=number(told.days_waiting, 1)
            )
        )
    for reason in told.reasons:
        sign = "add" if (reason.effect or -1) > 0 else "remove"
        st.markdown(f":material/{sign}: {parts.escaped(getattr(reason, language()))}")
    if told.n_history == 0:
        st.caption(_("The pilot has no history yet: the chance rests on assumptions."))
    else:
        st.caption(_("Learnt from {n} earlier requests.").format(n=told.n_history))


def _offer(label: str, other: Chance, use_window: Callable[[datetime, datetime], None]) -> None:
    window = f"{moment(other.earliest_at)} – {moment(other.latest_at)}"
    st.button(
        _("{label}: {share}").format(label=label, share=percent(other.share_served)),
        help=window, key=f"chance-{label}", on_click=use_window, args=(other.earliest_at, other.latest_at),
    )  # fmt: skip
