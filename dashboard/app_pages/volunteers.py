"""Volunteers: who waits for checks, whose checks run out, who is idle, who is called on a lot; pause and leave."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard import codes, parts
from dashboard.frame import Stamp, here
from dashboard.panels import volunteer_forms
from dashboard.service import volunteers
from dashboard.words import _, day

found = here()
STAMP = found.stamp
WITHIN = (30, 60, 90)


@st.cache_data(max_entries=50, show_spinner=False)
def roster_of(stamp: Stamp) -> pd.DataFrame:
    """List volunteers; the stamp says for whom, when and in which state of the pilot."""
    return volunteers.roster(found.store, found.actor_id, found.now)


@st.cache_data(max_entries=50, show_spinner=False)
def lacking_of(stamp: Stamp) -> pd.DataFrame:
    """List missing checks; the stamp says for whom, when and in which state of the pilot."""
    return volunteers.lacking(found.store, found.actor_id, found.now)


def groups() -> dict[str, tuple[str, str]]:
    """Name the groups of volunteers, and say what they are."""
    return {
        "ready": (_("Ready"), _("Hold every check of at least one service they offer, and are not away.")),
        "idle": (_("Idle"), _("Ready, joined more than {n} days ago, and no visit in that time or ahead.")),
        "overused": (_("Called on a lot"), _("More visits this week than comfortable, or asked as often as allowed.")),
        "away": (_("Away"), _("Paused now.")),
        "unvetted": (_("Waits for checks"), _("Lack a check for every service they offer.")),
        "left": (_("Has left"), _("No longer in the pilot.")),
    }  # fmt: skip


def one_volunteer(row: pd.Series) -> None:
    """Show a volunteer and what can be recorded of them."""
    lacking = lacking_of(STAMP)
    volunteer_forms.card(found, row, lacking[lacking["volunteer_id"] == row["volunteer_id"]])
    volunteer_forms.steps(found, row)
    if found.may("submit_request"):
        parts.link("intake", _("Change services, limits or hours"), resident=row["resident_id"])


def show_roster(rows: pd.DataFrame) -> None:
    """Show the volunteers of one group, and one of them closely."""
    named_groups = groups()
    counts = volunteers.counts(rows)
    which = st.segmented_control(
        _("Which volunteers"), list(volunteers.GROUPS), key="volunteers-group", default="idle", required=True,
        format_func=lambda code: f"{named_groups[code][0]} ({counts[code]})",
    )  # fmt: skip
    st.caption(named_groups[str(which)][1].format(n=volunteers.IDLE_DAYS))
    group = volunteers.group(rows, str(which))
    named = volunteers.with_names(found.store, found.actor_id, group)
    shown = named.assign(
        municipality=[codes.municipality(code) for code in named["municipality_code"]],
        said_services=[codes.services(some) for some in named["services"]],
        last=["–" if pd.isna(at) else day(at, "d MMM y") for at in named["last_visit_at"]],
        joined=[day(at, "d MMM y") for at in named["joined_at"]],
    )
    columns = {
        "volunteer": _("Volunteer"),
        "municipality": _("Municipality"),
        "n_completed": st.column_config.NumberColumn(_("Visits done"), format="%d"),
        "n_this_week": st.column_config.NumberColumn(_("This week"), format="%d"),
        "n_ahead": st.column_config.NumberColumn(_("Ahead"), format="%d"),
        "n_asked": st.column_config.NumberColumn(_("Asked"), format="%d"),
        "n_declined": st.column_config.NumberColumn(_("Declined"), format="%d"),
        "last": _("Last visit"),
        "joined": _("Joined"),
        "n_lacking": st.column_config.NumberColumn(_("Checks missing"), format="%d"),
        "said_services": _("Services"),
    }
    chosen = parts.table(
        shown, columns, key=f"roster-{which}", select="one", download="volunteers",
        empty=_("There is nobody in this group."),
    )  # fmt: skip
    if len(named) < len(group):
        st.caption(_("The first {n} are shown.").format(n=volunteers.SHOWN_MAX))
    for _n, row in chosen.iterrows():
        one_volunteer(row)


def show_queue(rows: pd.DataFrame) -> None:
    """Show the checks that volunteers lack, and record one that was seen."""
    lacking = lacking_of(STAMP)
    wanted = st.selectbox(
        _("Only one check"), sorted(lacking["check_code"].unique()), format_func=codes.check, index=None,
        key="queue-check", placeholder=_("All checks"), width=420,
    )  # fmt: skip
    some = lacking if wanted is None else lacking[lacking["check_code"] == wanted]
    named = volunteers.with_names(found.store, found.actor_id, some)
    columns = {
        "volunteer": _("Volunteer"),
        "said_check": _("Lacks"),
        "said_services": _("Needed for"),
        "had": _("Held before"),
        "joined": _("Joined"),
        "municipality": _("Municipality"),
    }
    shown = _said(named).assign(
        had=[
            "" if pd.isna(until) else _("until {day}").format(day=day(until, "d MMM y")) for until in named["had_until"]
        ],
        joined=[day(at, "d MMM y") for at in named["joined_at"]],
    )
    _record(shown, columns, f"queue-{wanted}", _("Nobody lacks a check."))
    if len(named) < len(some):
        st.caption(_("The first {n} are shown.").format(n=volunteers.SHOWN_MAX))


def show_expiring(rows: pd.DataFrame) -> None:
    """Show the checks that run out, and record a newer one."""
    within = st.segmented_control(
        _("Run out within"), WITHIN, key="expiring-within", default=30, required=True,
        format_func=lambda n: _("{n} days").format(n=n),
    )  # fmt: skip
    expiring = volunteers.expiring(found.store, found.actor_id, found.now, int(within))
    named = volunteers.with_names(found.store, found.actor_id, expiring)
    columns = {
        "volunteer": _("Volunteer"),
        "said_check": _("Check"),
        "last": _("Last day"),
        "said_services": _("Needed for"),
        "municipality": _("Municipality"),
    }
    shown = _said(named).assign(last=[day(last, "EEE d MMM y") for last in named["last_day"]])
    _record(shown, columns, f"expiring-{within}", _("No check runs out in that time."))


def _said(named: pd.DataFrame) -> pd.DataFrame:
    return named.assign(
        said_check=[codes.check(code) for code in named["check_code"]],
        said_services=[codes.services(some) for some in named["services"]],
        municipality=[codes.municipality(code) for code in named["municipality_code"]],
    )


def _record(shown: pd.DataFrame, columns: Mapping[str, object], key: str, empty: str) -> None:
    chosen = parts.table(shown, columns, key=key, select="one", download="checks", empty=empty)
    for _n, row in chosen.iterrows():
        if found.may("clear_check"):
            with st.container(border=True):
                parts.plain(row["volunteer"])
                volunteer_forms.check(found, row["volunteer_id"], row["check_code"])


def show_linked(rows: pd.DataFrame) -> None:
    """Show the volunteer a link came with, above everything else."""
    linked = parts.given("volunteer")
    if not linked or not (rows["volunteer_id"] == linked).any():
        return
    named = volunteers.with_names(found.store, found.actor_id, rows[rows["volunteer_id"] == linked])
    for _n, row in named.iterrows():
        one_volunteer(row)
        if (check := parts.given("check")) and found.may("clear_check"):
            with st.container(border=True):
                volunteer_forms.check(found, linked, check)


parts.title(_("Volunteers"), _("Who can be asked, who waits for checks, and whom to look after."))
with parts.doing(_("Looking at the pilot …")):
    everybody = roster_of(STAMP)
    if everybody.empty:
        st.info(_("There are no volunteers yet. They are registered under Intake."))
        if found.may("submit_request"):
            parts.link("intake", _("Register people"))
    show_linked(everybody)
    sections = {
        "roster": (_("Everybody"), show_roster),
        "queue": (_("Missing checks"), show_queue),
        "expiring": (_("Checks that run out"), show_expiring),
    }
    section = st.segmented_control(
        _("What to look at"), list(sections), format_func=lambda code: sections[code][0], key="volunteers-section",
        default="roster", required=True, label_visibility="collapsed",
    )  # fmt: skip
    sections[str(section)][1](everybody)
