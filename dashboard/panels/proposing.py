"""The plan as table, map and week; approving and rejecting one or many; one proposal in depth."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from dashboard import charts_matching, codes, codes_matching, parts
from dashboard.frame import Here
from dashboard.panels import overriding
from dashboard.service import matching
from dashboard.service.matching import REJECT_REASONS, STATUSES, RunShown
from dashboard.words import _, day, moment, ngettext, number, of_refusal
from engine.clock import local_of
from engine.live.decisions import Decided

VIEWS = ("table", "map", "week")


def show(found: Here, run: RunShown, plan: pd.DataFrame) -> None:
    """Show the proposals, and deal with those that are chosen."""
    if plan.empty:
        st.info(_("No request can get help under this policy."))
        return
    mine = _filtered(plan)
    names = {"table": _("Table"), "map": _("Map"), "week": _("Week")}
    view = st.segmented_control(
        _("Show as"), VIEWS, default="table", format_func=names.__getitem__, key="plan_view",
        label_visibility="collapsed",
    )  # fmt: skip
    if view == "map":
        _map(mine)
    elif view == "week":
        _week(found, mine)
    else:
        chosen = _table(mine)
        if chosen.empty and len(mine) == 1 and parts.given("request") == mine["request_id"].iloc[0]:
            chosen = mine  # somebody was led here, to this one
        _decide(found, chosen, mine)
        if len(chosen) == 1:
            overriding.proposal(found, run, chosen.iloc[0])
        elif chosen.empty:
            st.caption(
                _("Choose one row to see its reasons and who else could come; choose several to decide on them.")
            )


def _filtered(plan: pd.DataFrame) -> pd.DataFrame:
    wanted = parts.given("request")
    with st.container(horizontal=True):
        counts = plan["status"].value_counts()
        known = ("all", *[one for one in STATUSES if one in counts])
        status = st.selectbox(
            _("Status"), known, key="plan_status", width=220, index=known.index("made") if "made" in known else 0,
            format_func=lambda one: _("All") if one == "all" else
            f"{codes_matching.proposal_status(one)} ({counts[one]})",
        )  # fmt: skip
        service = st.selectbox(
            _("Service"), ("all", *sorted(plan["service"].unique(), key=codes.service)), key="plan_service", width=260,
            format_func=lambda one: _("All") if one == "all" else codes.service(one),
        )  # fmt: skip
        place = st.selectbox(
            _("Municipality"), ("all", *sorted(plan["municipality_code"].unique(), key=codes.municipality)),
            key="plan_place", width=200, format_func=lambda one: _("All") if one == "all" else codes.municipality(one),
        )  # fmt: skip
    keep = pd.Series(True, index=plan.index)
    for column, choice in (("status", status), ("service", service), ("municipality_code", place)):
        if choice != "all":
            keep &= plan[column] == choice
    if wanted and (plan["request_id"] == wanted).any():
        keep &= plan["request_id"] == wanted
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(_("Only request {request} is shown.").format(request=wanted), width="content")
            st.button(_("Show all"), key="plan_all", type="tertiary", on_click=_show_all)
    return plan[keep].reset_index(drop=True)


def _show_all() -> None:
    """Forget which request somebody was led here for."""
    st.session_state.pop("_given", None)
    st.query_params.clear()


def _table(plan: pd.DataFrame) -> pd.DataFrame:
    shown = plan.assign(
        status_text=plan["status"].map(codes_matching.proposal_status) + plan["override"].map(_mark).fillna(""),
        service_text=plan["service"].map(codes.service),
        place=plan["municipality_code"].map(codes.municipality),
    )
    # Rows are chosen by place, so a table that has changed forgets what was chosen.
    key = f"plan-{pd.util.hash_pandas_object(shown[['request_id', 'volunteer_id', 'status']], index=False).sum()}"
    return parts.table(
        shown,
        {
            "starts_at": st.column_config.DatetimeColumn(_("Time"), format="YYYY-MM-DD HH:mm"),
            "resident": _("Resident"),
            "service_text": _("Service"),
            "volunteer": _("Volunteer"),
            "place": _("Municipality"),
            "distance_km": st.column_config.NumberColumn(_("km"), format="%.1f"),
            "value": st.column_config.NumberColumn(_("Points"), format="%.1f"),
            "status_text": _("Status"),
            "request_id": _("Request"),
        },
        key=key,
        select="many",
        download="forslag",
        empty=_("No proposal fits what you chose."),
    )


def _mark(override: object) -> str:
    said = {"pin": _("pinned"), "forbid": _("ruled out")}.get(str(override))
    return f" · {said}" if said else ""


def _decide(found: Here, chosen: pd.DataFrame, shown: pd.DataFrame) -> None:
    """Approve or reject what is chosen, or approve everything that is shown."""
    if not found.may("decide_proposal"):
        return
    undecided = shown[shown["status"] == "made"]
    some = chosen[chosen["status"].isin(["made", "approved", "rejected"])] if len(chosen) else chosen
    with st.container(horizontal=True, vertical_alignment="bottom"):
        n = len(some)
        label = ngettext("Approve {n} proposal", "Approve {n} proposals", n).format(n=n) if n else _("Approve")
        if st.button(label, type="primary", disabled=not n, key="approve", icon=":material/check:"):
            _approve(found, some)
        reason = st.selectbox(
            _("Reason to reject"), REJECT_REASONS, format_func=codes_matching.reject_reason, key="reject_why", width=280
        )  # fmt: skip
        if st.button(_("Reject"), disabled=not n, key="reject", icon=":material/close:"):
            _reject(found, some, str(reason))
    if len(undecided) > 1 and not n and found.may("decide_proposal"):
        everything = _("Approve all {n} that are shown").format(n=len(undecided))
        question = _("All proposals to decide in the list above are approved. Who approves has looked at them.")
        if parts.confirm(everything, question, key="approve_all"):
            _approve(found, undecided)


def _approve(found: Here, rows: pd.DataFrame) -> None:
    with parts.doing(_("Approving …")):
        decided = matching.approve(found.store, found.actor_id, _pairs(rows), found.now)
        _tell(ngettext("{n} proposal is approved.", "{n} proposals are approved.", len(decided.done)), decided)


def _reject(found: Here, rows: pd.DataFrame, reason_code: str) -> None:
    with parts.doing(_("Rejecting …")):
        decided = matching.reject(found.store, found.actor_id, _pairs(rows), reason_code, found.now)
        _tell(ngettext("{n} proposal is rejected.", "{n} proposals are rejected.", len(decided.done)), decided)


def _tell(sentence: str, decided: Decided) -> None:
    refused = " ".join(map(of_refusal, decided.refused.values()))
    parts.done(f"{sentence.format(n=len(decided.done))} {refused}".strip())
    st.rerun()


def _pairs(rows: pd.DataFrame) -> list[tuple[str, str]]:
    return list(rows[["request_id", "volunteer_id"]].itertuples(index=False, name=None))


def _map(plan: pd.DataFrame) -> None:
    whom = plan["service"].map(codes.service) + ", " + plan["starts_at"].map(moment) + ", " + plan["request_id"]
    placed = plan.assign(label=whom)
    table = pd.DataFrame(
        {
            "when": plan["starts_at"].map(moment),
            "service": plan["service"].map(codes.service),
            "place": plan["municipality_code"].map(codes.municipality),
            "km": plan["distance_km"].map(lambda km: number(km, 1)),
            "request": plan["request_id"],
        }
    )
    parts.chart(
        charts_matching.plan_map(placed),
        table,
        _("Map of the municipalities with a line from each volunteer to the resident; places are rounded to 0.6 km."),
        {
            "when": _("Time"),
            "service": _("Service"),
            "place": _("Municipality"),
            "km": _("km"),
            "request": _("Request"),
        },
    )
    st.caption(_("Places are rounded to about 0.6 km, so that no door can be found. Protected people are not drawn."))


def _week(found: Here, plan: pd.DataFrame) -> None:
    if plan.empty:
        st.caption(_("No proposal fits what you chose."))
        return
    busy = plan.groupby("volunteer_id").agg(n=("request_id", "size"), name=("volunteer", "first"))
    busy = busy.sort_values(["n", "name"], ascending=[False, True])
    today = local_of(found.now).date()
    monday = datetime.combine(today - timedelta(days=today.weekday()), datetime.min.time())
    weeks = [monday + timedelta(days=7 * n) for n in range(matching.WEEKS_SHOWN)]
    first = plan["starts_at"].min()
    with st.container(horizontal=True):
        volunteer_id = st.selectbox(
            _("Volunteer"), busy.index, key="week_volunteer", width=300,
            format_func=lambda one: f"{busy['name'][one]} ({busy['n'][one]})",
        )  # fmt: skip
        start = st.selectbox(
            _("Week"), weeks, key="week_start", width=220,
            index=next((n for n, one in enumerate(weeks) if one <= first < one + timedelta(days=7)), 0),
            format_func=lambda one: _("week of {day}").format(day=day(one.date(), "d MMM")),
        )  # fmt: skip
    entries = _entries(found, plan, str(volunteer_id))
    within = entries[(entries["starts_at"] < start + timedelta(days=7)) & (entries["ends_at"] > start)]
    listed = within[within["kind"] != "free"].sort_values("starts_at")
    kinds = {"made": _("Proposed"), "agreed": _("Visit agreed"), "absent": _("Away"),
             "offered": _("Waits for an answer"), "approved": _("Approved, not sent")}  # fmt: skip
    table = pd.DataFrame(
        {
            "from": listed["starts_at"].map(moment),
            "to": listed["ends_at"].map(moment),
            "what": listed["kind"].map(kinds),
            "request": listed["label"],
        }
    )
    parts.chart(
        charts_matching.week(within, start),
        table,
        _("Calendar of the week: when the volunteer is free or away, visits agreed, asked for and proposed."),
        {"from": _("From"), "to": _("To"), "what": _("What"), "request": _("Request")},
    )


def _entries(found: Here, plan: pd.DataFrame, volunteer_id: str) -> pd.DataFrame:
    """Lay a volunteer's calendar and the proposals of the plan together."""
    held = matching.week_of(found.store, found.actor_id, volunteer_id, found.now)
    mine = plan[(plan["volunteer_id"] == volunteer_id) & (plan["status"] == "made")]
    held = pd.concat([held, mine.assign(kind="made")[["kind", "starts_at", "ends_at", "request_id"]]])
    services = dict(zip(plan["request_id"], plan["service"].map(codes.service), strict=True))
    labels = [f"{services.get(one, '')} {one}".strip() if isinstance(one, str) else "" for one in held["request_id"]]
    return held.assign(label=labels).reset_index(drop=True)
