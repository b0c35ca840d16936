"""Outcomes: what became of visits, what both sides say, what went wrong, and how series go."""

import pandas as pd
import streamlit as st

from dashboard import charts_outcomes, codes, parts
from dashboard.frame import Stamp, here
from dashboard.panels import incident_forms, visit_record
from dashboard.service import outcomes
from dashboard.words import _, day, moment, number, percent

found = here()
STAMP = found.stamp
DAYS_BACK = (7, 30, 90, 365)


@st.cache_data(max_entries=100, show_spinner=False)
def visits_of(stamp: Stamp, days_back: int) -> pd.DataFrame:
    """List visits; the stamp says for whom, when and in which state of the pilot."""
    return outcomes.visits_of(found.store, found.actor_id, found.now, days_back)


def show_summary(rows: pd.DataFrame) -> None:
    """Show in numbers what became of the visits."""
    told = outcomes.summary(rows)
    with st.container(horizontal=True):
        st.metric(_("To record"), told.n_unrecorded, border=True, width=150)
        st.metric(_("Visits done"), told.n_completed, border=True, width=150)
        share = None if told.completed_share is None else percent(told.completed_share)
        st.metric(_("Completed of ended"), share or "–", border=True, width=150,
                  help=_("Completed visits of those that were completed, missed or cancelled."))  # fmt: skip
        st.metric(_("Hours"), number(told.minutes / 60, 1), border=True, width=150)
        rating = "–" if told.rating is None else f"{number(told.rating, 1)} ({told.n_ratings})"
        st.metric(_("Rating of 5"), rating, border=True, width=150, help=_("Mean of both sides (number of ratings)."))
        again = "–" if told.again_share is None else percent(told.again_share)
        st.metric(_("Same pair again"), again, border=True, width=150,
                  help=_("Completed visits of a volunteer who had been with this resident before."))  # fmt: skip


def some_visits(rows: pd.DataFrame, which: str) -> pd.DataFrame:
    """Keep the visits of one list, the most pressing first."""
    if which == "to_record":
        return rows[(rows["status"] == "agreed") & rows["is_over"]].sort_values("starts_at")
    if which == "ahead":
        return rows[(rows["status"] == "agreed") & ~rows["is_over"]].sort_values("starts_at")
    return rows[rows["status"] != "agreed"]


def visit_table(rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """Show visits, and give the one that was chosen."""
    named = outcomes.with_names(found.store, found.actor_id, rows)
    shown = named.assign(
        when=[moment(starts_at) for starts_at in named["starts_at"]],
        said_service=[codes.service(code) for code in named["service"]],
        said=[visit_record.told(row) for _n, row in named.iterrows()],
    )
    columns = {
        "when": _("When"),
        "resident": _("Resident"),
        "volunteer": _("Volunteer"),
        "said_service": _("Service"),
        "said": _("What is known"),
    }
    chosen = parts.table(shown, columns, key=key, select="one", download="visits", empty=_("There are no such visits."))
    if len(named) < len(rows):
        st.caption(_("The first {n} are shown.").format(n=outcomes.SHOWN_MAX))
    return chosen


def one_visit(visit: pd.Series) -> None:
    """Take down what became of a visit, and what went wrong."""
    visit_record.show(found, visit)
    if found.may("report_incident"):
        with st.expander(_("Report an incident about this visit"), icon=":material/report:"):
            incident_forms.report(found, {"visit_id": visit["visit_id"]})


def show_visits() -> None:
    """Show visits by list, and take down what became of them."""
    days = st.selectbox(
        _("Visits of the last"), DAYS_BACK, index=1, key="outcomes-days", width=260,
        format_func=lambda n: _("{n} days").format(n=n),
    )  # fmt: skip
    rows = visits_of(STAMP, days)
    show_summary(rows)
    if linked := parts.given("visit"):
        for _n, visit in outcomes.with_names(
            found.store, found.actor_id, outcomes.visit(found.store, found.actor_id, found.now, linked)
        ).iterrows():
            one_visit(visit)
    lists = {"to_record": _("To record"), "ahead": _("Today and ahead"), "recorded": _("Recorded")}
    which = st.segmented_control(
        _("Which visits"), list(lists), format_func=lambda code: lists[code], key="outcomes-list",
        default="to_record", required=True,
    )  # fmt: skip
    for _n, visit in visit_table(some_visits(rows, str(which)), key=f"visits-{which}").iterrows():
        if visit["visit_id"] != linked:
            one_visit(visit)
    counts = outcomes.by_week(rows)
    if not counts.empty:
        st.subheader(_("What became of visits, by week"), anchor=False)
        table = counts.assign(
            week=[day(week, "d MMM y") for week in counts["week"]],
            status=[codes.visit_status(code) for code in counts["status"]],
        )
        columns = {"week": _("Week from"), "status": _("What became of it"), "n_visits": _("Visits")}
        parts.chart(
            charts_outcomes.visits_by_week(counts), table,
            _("Bars by week: how many visits were completed, missed and cancelled."), columns,
        )  # fmt: skip


def show_incidents() -> None:
    """Show incidents, and deal with them."""
    rows = outcomes.incident_list(found.store, found.actor_id, found.now)
    linked = parts.given("incident")
    if linked and (rows["incident_id"] == linked).any():
        for _n, incident in outcomes.with_names(
            found.store, found.actor_id, rows[rows["incident_id"] == linked], "incident"
        ).iterrows():
            incident_forms.triage(found, incident)
    is_all = st.toggle(_("Closed ones too"), key="incidents-all")
    named = outcomes.with_names(
        found.store, found.actor_id, rows if is_all else rows[rows["status"] != "closed"], "incident"
    )
    shown = named.assign(
        when=[moment(reported_at) for reported_at in named["reported_at"]],
        said_kind=[codes.incident_kind(code) for code in named["kind"]],
        said_severity=[codes.severity(int(n)) for n in named["severity"]],
        said_status=[codes.incident_status(code) for code in named["status"]],
    )
    columns = {
        "when": _("Reported"),
        "said_severity": _("Severity"),
        "said_kind": _("Kind"),
        "said_status": _("State"),
        "resident": _("Resident"),
        "volunteer": _("Volunteer"),
    }
    chosen = parts.table(
        shown, columns, key="incidents", select="one", download="incidents", empty=_("No incident is open.")
    )
    for _n, incident in chosen.iterrows():
        if incident["incident_id"] != linked:
            incident_forms.triage(found, incident)


def show_series() -> None:
    """Show how series go, and end one."""
    rows = outcomes.series_list(found.store, found.actor_id, found.now)
    named = outcomes.with_names(
        found.store, found.actor_id, rows.assign(volunteer_resident_id=None, volunteer_id=None)
    ).drop(columns="volunteer")
    shown = named.assign(
        said_service=[codes.service(code) for code in named["service"]],
        said_status=[codes.series_status(code) for code in named["status"]],
        next=["" if pd.isna(at) else moment(at) for at in named["next_at"]],
        progress=[_("{done} of {all}").format(done=row.n_completed, all=row.n_times) for row in named.itertuples()],
        continuity=["–" if pd.isna(share) else percent(share) for share in named["continuity_share"]],
    )
    columns = {
        "resident": _("Resident"),
        "said_service": _("Service"),
        "said_status": _("State"),
        "progress": _("Visits done"),
        "n_missed": st.column_config.NumberColumn(_("Missed"), format="%d"),
        "next": _("Next visit"),
        "n_volunteers": st.column_config.NumberColumn(_("Volunteers so far"), format="%d"),
        "continuity": st.column_config.TextColumn(
            _("Same volunteer"), help=_("Completed visits by the one who came most.")
        ),
    }
    chosen = parts.table(
        shown, columns, key="series", select="one", download="series",
        empty=_("There is no series. One is started with a new request on the page of intake."),
    )  # fmt: skip
    if found.may("withdraw_request"):
        for series_id in chosen.loc[chosen["status"] == "running", "series_id"]:
            end_series(series_id)


def end_series(series_id: str) -> None:
    """End a series, in two steps."""
    reason = st.selectbox(
        _("Why does the series end?"),
        outcomes.END_REASONS,
        format_func=codes.series_end_reason,
        key=f"end-why-{series_id}",
    )
    if parts.confirm(
        _("End the series"),
        _("No more visits come of it; those that exist stay. End the series?"),
        key=f"end-{series_id}",
    ):
        with parts.doing(_("Saving …")):
            outcomes.end_series(found.store, found.actor_id, series_id, str(reason), found.now)
            parts.done(_("The series has ended."))
            st.rerun()


parts.title(_("Outcomes"), _("What became of visits, what both sides say of them, and what went wrong."))
sections = {
    "visits": (_("Visits"), show_visits),
    "incidents": (_("Incidents"), show_incidents),
    "series": (_("Series"), show_series),
}
if (linked_incident := parts.given("incident")) and st.session_state.get("outcomes-linked") != linked_incident:
    st.session_state["outcomes-linked"] = linked_incident
    st.session_state["outcomes-section"] = "incidents"
st.session_state.setdefault("outcomes-section", "visits")
section = st.segmented_control(
    _("What to look at"), list(sections), format_func=lambda code: sections[code][0], key="outcomes-section",
    required=True, label_visibility="collapsed",
)  # fmt: skip
with parts.doing(_("Looking at the pilot …")):
    sections[str(section)][1]()
