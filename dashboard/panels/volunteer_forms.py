"""What is recorded of a volunteer: a check that was seen, a pause, the way back, leaving."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import codes, parts
from dashboard.frame import Here
from dashboard.panels import faults, incident_forms
from dashboard.service import volunteers
from dashboard.words import _, day, moment, ngettext
from engine import reference
from engine.clock import local_of
from engine.errors import PackageError


def check(found: Here, volunteer_id: str, wanted: str | None = None) -> None:
    """Show the form in which a check that was seen is recorded; never what the paper said."""
    form = f"check-{volunteer_id}-{wanted or ''}"
    known = list(reference.checks())
    code = st.selectbox(
        _("Which check was seen?"), known, format_func=codes.check, key=f"{form}-code",
        index=known.index(wanted) if wanted in known else None, placeholder=_("Choose"),
    )  # fmt: skip
    if code is None:
        return
    today = local_of(found.now).date()
    first, second = st.columns(2)
    seen = first.date_input(_("Valid from"), today, key=f"{form}-from", format="YYYY-MM-DD")
    months = volunteers.months_valid(code)
    until = second.date_input(
        _("Last day"), volunteers.last_day(code, seen), key=f"{form}-{code}-to", format="YYYY-MM-DD",
        help=_("Empty: it holds without end."),
    )  # fmt: skip
    if months is not None:
        st.caption(_("This check may be at most {n} months old.").format(n=months))
    faults.show(faults.known(form), "valid_to")
    st.caption(_("Only that it was seen is kept, by whom and when; never the paper or what it says."))
    if st.button(_("Record the check"), type="primary", key=f"{form}-save", icon=":material/verified_user:"):
        faults.forget(form)
        with parts.doing(_("Saving …")):
            try:
                volunteers.clear(found.store, found.actor_id, volunteer_id, code, seen, until, found.now)
                parts.done(_("The check was recorded."))
            except PackageError as error:
                faults.remember(form, error)
            st.rerun()


def card(found: Here, row: pd.Series[Any], lacking: pd.DataFrame) -> None:
    """Show a volunteer at a glance: how much they are called on, and what they lack."""
    with st.container(border=True):
        parts.plain(row["volunteer"])
        st.markdown(f"{codes.municipality(row['municipality_code'])} · {codes.services(row['services'])}")
        st.caption(standing(row))
        with st.container(horizontal=True):
            st.metric(_("Visits done"), int(row["n_completed"]), width=130)
            st.metric(_("Visits ahead"), int(row["n_ahead"]), width=130)
            st.metric(_("This week"), int(row["n_this_week"]), width=130)
            st.metric(_("Asked"), int(row["n_asked"]), width=130)
            st.metric(_("Declined"), int(row["n_declined"]), width=130)
            st.metric(_("Failed to come"), int(row["n_failed"]), width=130)
        if not lacking.empty:
            missing = ", ".join(codes.check(code) for code in lacking["check_code"])
            st.markdown(f":material/warning: {parts.escaped(_('Lacks: {checks}.').format(checks=missing))}")
        if int(row["n_windows"]) == 0:
            st.markdown(f":material/warning: {_('No free hours are stated, so nobody can be matched.')}")


def standing(row: pd.Series[Any]) -> str:
    """Say in a line how a volunteer stands."""
    status = {
        "ready": _("Ready"),
        "away": _("Away"),
        "unvetted": _("Waits for checks"),
        "left": _("Has left"),
    }
    said = [status[row["status"]]]
    if not pd.isna(row["away_until"]):
        said.append(_("until {when}").format(when=moment(row["away_until"])))
    if row["is_idle"]:
        said.append(_("idle"))
    if row["is_overused"]:
        said.append(_("called on a lot"))
    last = row["last_visit_at"]
    said.append(_("no visit yet") if pd.isna(last) else _("last visit {day}").format(day=day(last, "d MMM y")))
    said.append(_("joined {day}").format(day=day(row["joined_at"], "d MMM y")))
    return " · ".join(said)


def steps(found: Here, row: pd.Series[Any]) -> None:
    """Show what can be recorded of a volunteer now."""
    if row["status"] == "left":
        st.caption(_("Registering them again on the page of intake brings them back."))
        return
    if found.may("clear_check"):
        with st.expander(_("Record a check"), icon=":material/verified_user:"):
            check(found, row["volunteer_id"])
    if not found.may("keep_volunteer"):
        return
    if row["status"] == "away":
        _back(found, row)
    with st.expander(_("Report an incident"), icon=":material/report:"):
        incident_forms.report(found, {"volunteer_id": row["volunteer_id"]})
    with st.expander(_("Pause"), icon=":material/pause_circle:"):
        _pause(found, row["volunteer_id"])
    with st.expander(_("Leave the pilot"), icon=":material/logout:"):
        _leave(found, row["volunteer_id"])


def _pause(found: Here, volunteer_id: str) -> None:
    today = local_of(found.now).date()
    first, second = st.columns(2)
    starts = first.date_input(_("Away from"), today, key=f"away-from-{volunteer_id}", format="YYYY-MM-DD")
    ends = second.date_input(
        _("Last day away"), today + timedelta(days=14), key=f"away-to-{volunteer_id}", format="YYYY-MM-DD"
    )
    st.caption(_("Visits that are agreed already stay; cancel them on the page of outcomes."))
    if st.button(_("Record the pause"), type="primary", key=f"pause-{volunteer_id}"):
        with parts.doing(_("Saving …")):
            volunteers.pause(
                found.store, found.actor_id, volunteer_id, datetime.combine(starts, time.min),
                datetime.combine(ends, time.min) + timedelta(days=1), found.now,
            )  # fmt: skip
            parts.done(_("The pause was recorded."))
            st.rerun()


def _back(found: Here, row: pd.Series[Any]) -> None:
    if st.button(_("Is back now"), key=f"back-{row['volunteer_id']}", icon=":material/play_circle:"):
        with parts.doing(_("Saving …")):
            volunteers.resume(found.store, found.actor_id, row["volunteer_id"], local_of(found.now), found.now)
            parts.done(_("Recorded: the volunteer is back."))
            st.rerun()


def _leave(found: Here, volunteer_id: str) -> None:
    reason = st.selectbox(
        _("Why do they leave?"), volunteers.LEAVING_REASONS, format_func=codes.leaving_reason, index=None,
        key=f"leave-why-{volunteer_id}", placeholder=_("Choose"),
    )  # fmt: skip
    if parts.confirm(
        _("Record that they leave"),
        _("Open offers are closed, and visits ahead are cancelled and open again. Record it?"),
        key=f"leave-{volunteer_id}",
        disabled=reason is None,
    ):
        with parts.doing(_("Saving …")):
            ended = volunteers.leave(found.store, found.actor_id, volunteer_id, str(reason), found.now)
            told = ngettext("{n} visit was cancelled", "{n} visits were cancelled", ended.n_visits)
            parts.done(_("The volunteer has left; {visits}.").format(visits=told.format(n=ended.n_visits)))
            st.rerun()
