"""What became of one visit, taken down: completed, missed or cancelled, by whom, and what both sides say."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import codes, parts
from dashboard.frame import Here
from dashboard.service import outcomes
from dashboard.words import _, moment


def show(found: Here, visit: pd.Series[Any]) -> None:
    """Show a visit and the steps that can be taken with it now."""
    with st.container(border=True):
        st.markdown(f"**{codes.service(visit['service'])}** · {moment(visit['starts_at'])}–{visit['ends_at']:%H:%M}")
        parts.plain(f"{visit['resident']} – {visit['volunteer']}")
        st.caption(told(visit))
        named = steps(found, visit)
        if not named:
            st.caption(_("Nothing more can be recorded of this visit by you."))
            return
        visit_id = visit["visit_id"]
        step = st.segmented_control(
            _("What became of it?"), list(named), format_func=lambda code: named[code], key=f"step-{visit_id}",
            default=next(iter(named)), required=True,
        )  # fmt: skip
        if step == "complete":
            _complete(found, visit)
        elif step == "miss":
            _miss(found, visit_id)
        elif step == "cancel":
            _cancel(found, visit_id)
        elif step == "rate":
            _rate(found, visit)


def told(visit: pd.Series[Any]) -> str:
    """Say in a line what is known of a visit."""
    said = [codes.visit_status(visit["status"])]
    if isinstance(visit["side"], str):
        said.append(_("by: {side}").format(side=codes.side(visit["side"])))
    if isinstance(visit["reason_code"], str):
        said.append(codes.cancel_reason(visit["reason_code"]))
    if visit["is_late"] is True:
        said.append(_("late"))
    if not pd.isna(visit["minutes_spent"]):
        said.append(_("{n} minutes").format(n=int(visit["minutes_spent"])))
    if not pd.isna(visit["resident_rating"]):
        said.append(_("the resident says {n} of 5").format(n=int(visit["resident_rating"])))
    if not pd.isna(visit["volunteer_rating"]):
        said.append(_("the volunteer says {n} of 5").format(n=int(visit["volunteer_rating"])))
    return " · ".join(said)


def steps(found: Here, visit: pd.Series[Any]) -> dict[str, str]:
    """Name the steps that can be taken with a visit as it is."""
    known: dict[str, str] = {}
    if visit["has_begun"] and found.may("record_visit"):
        if visit["status"] in ("agreed", "missed"):
            known["complete"] = _("It took place")
        if visit["status"] in ("agreed", "completed"):
            known["miss"] = _("It was missed")
    if not visit["has_begun"] and visit["status"] == "agreed" and found.may("cancel_visit"):
        known["cancel"] = _("Cancel the visit")
    if visit["status"] in ("completed", "missed") and found.may("give_feedback"):
        known = {"rate": _("What they say")} | known
    return known


def _complete(found: Here, visit: pd.Series[Any]) -> None:
    planned = int((visit["ends_at"] - visit["starts_at"]).total_seconds() // 60)
    visit_id = visit["visit_id"]
    minutes = st.number_input(
        _("Minutes, without the way"), min_value=1, max_value=1440, value=planned, step=5, key=f"minutes-{visit_id}"
    )
    if st.button(_("Record as completed"), type="primary", key=f"complete-{visit_id}", icon=":material/task_alt:"):
        with parts.doing(_("Saving …")):
            outcomes.complete(found.store, found.actor_id, visit_id, int(minutes), found.now)
            parts.done(_("Recorded: the visit took place. Both sides are thanked."))
            st.rerun()


def _miss(found: Here, visit_id: str) -> None:
    side = st.radio(
        _("Who was not there?"), outcomes.SIDES[:2], format_func=codes.side, key=f"miss-side-{visit_id}", index=None,
        horizontal=True,
    )  # fmt: skip
    if st.button(_("Record as missed"), type="primary", key=f"miss-{visit_id}", disabled=side is None):
        with parts.doing(_("Saving …")):
            outcomes.miss(found.store, found.actor_id, visit_id, str(side), found.now)
            parts.done(_("Recorded: the visit was missed."))
            st.rerun()


def _cancel(found: Here, visit_id: str) -> None:
    side = st.radio(
        _("Who cancels?"), outcomes.SIDES, format_func=codes.side, key=f"cancel-side-{visit_id}", index=None,
        horizontal=True,
    )  # fmt: skip
    reason = st.selectbox(
        _("Why?"), outcomes.CANCEL_REASONS, format_func=codes.cancel_reason, key=f"cancel-why-{visit_id}", index=None,
        placeholder=_("Choose"),
    )  # fmt: skip
    if parts.confirm(
        _("Cancel the visit"),
        _("Both sides are told, and the request is open again. Cancel the visit?"),
        key=f"cancel-{visit_id}",
        disabled=side is None or reason is None,
    ):
        with parts.doing(_("Saving …")):
            outcomes.cancel(found.store, found.actor_id, visit_id, str(side), str(reason), found.now)
            parts.done(_("The visit was cancelled."))
            st.rerun()


def _rate(found: Here, visit: pd.Series[Any]) -> None:
    visit_id = visit["visit_id"]
    side = st.radio(
        _("Who says so?"), outcomes.SIDES[:2], format_func=codes.side, key=f"rate-side-{visit_id}", horizontal=True
    )
    marks = {1: _("1 – bad"), 2: "2", 3: "3", 4: "4", 5: _("5 – good")}
    rating = st.segmented_control(
        _("How was the visit?"), list(marks), format_func=lambda n: marks[n], key=f"rating-{visit_id}-{side}"
    )
    answers = {"yes": _("Yes"), "no": _("No"), "unsaid": _("Not said")}
    again = st.radio(
        _("Would they like to meet again?"), list(answers), format_func=lambda code: answers[code], index=2,
        key=f"again-{visit_id}-{side}", horizontal=True,
    )  # fmt: skip
    if st.button(_("Save what they say"), type="primary", key=f"rate-{visit_id}", disabled=rating is None):
        meant = {"yes": True, "no": False}.get(str(again))
        with parts.doing(_("Saving …")):
            outcomes.rate(found.store, found.actor_id, visit_id, str(side), int(rating or 0), meant, found.now)
            parts.done(_("What they said is saved."))
            st.rerun()
