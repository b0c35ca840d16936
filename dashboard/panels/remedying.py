"""Requests without help: why, whom the plan uses elsewhere, and the smallest change that would serve them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import charts_matching, codes, codes_matching, parts
from dashboard.frame import Here
from dashboard.panels.naming import volunteers_named
from dashboard.panels.overriding import is_wanted, visits
from dashboard.service import matching, reasons
from dashboard.service.matching import RunShown
from dashboard.service.reasons import Left
from dashboard.words import _, language, moment, ngettext, number

ASKED = ("resident", "volunteer")


def show(found: Here, run: RunShown, left: pd.DataFrame) -> None:
    """Show who is left over and why; for the one chosen, what could be changed."""
    if left.empty:
        st.success(_("Every request gets all its volunteers."), icon=":material/check:")
        return
    counts = left["rule"].value_counts(sort=False).rename_axis("rule").reset_index(name="n")
    counts = counts.sort_values(["n", "rule"], ascending=[False, True], ignore_index=True)
    counts["because"] = counts["rule"].map(codes.rule)
    parts.chart(
        charts_matching.reasons_bar(counts, _("Requests")),
        counts[["because", "n"]],
        _("How many requests get no help, by reason."),
        {"because": _("Because"), "n": _("Requests")},
    )
    chosen = _table(left)
    if chosen is None:
        st.caption(_("Choose a request to see why, and what would have to change."))
    else:
        _one(found, run, chosen)


def _table(left: pd.DataFrame) -> pd.Series | None:
    shown = left.assign(
        service_text=left["service"].map(codes.service),
        place=left["municipality_code"].map(codes.municipality),
        because=left["rule"].map(codes.rule),
        urgency_text=left["urgency"].map(codes.urgency),
    )
    chosen = parts.table(
        shown,
        {
            "resident": _("Resident"),
            "service_text": _("Service"),
            "place": _("Municipality"),
            "urgency_text": _("Urgency"),
            "earliest_at": st.column_config.DatetimeColumn(_("From"), format="YYYY-MM-DD HH:mm"),
            "latest_at": st.column_config.DatetimeColumn(_("To"), format="YYYY-MM-DD HH:mm"),
            "because": st.column_config.TextColumn(_("Because"), width="large"),
            "request_id": _("Request"),
        },
        key=f"left-{len(left)}-{left['request_id'].iloc[0]}",
        select="one",
        download="utan-hjalp",
    )
    if len(chosen):
        return chosen.iloc[0]
    given = left[left["request_id"] == parts.given("request")]
    return given.iloc[0] if len(given) else None


def _one(found: Here, run: RunShown, row: pd.Series) -> None:
    st.subheader(_("Why is {request} without help?").format(request=row["request_id"]), anchor=False)
    parts.plain(
        _("{resident}: {service}, {minutes} minutes between {earliest} and {latest}").format(
            resident=row["resident"], service=codes.service(row["service"]), minutes=row["visit_minutes"],
            earliest=moment(row["earliest_at"]), latest=moment(row["latest_at"]),
        )
    )  # fmt: skip
    if not is_wanted(run, "left", row["request_id"], _("Look for the smallest change")):
        return
    left = None
    with parts.doing(_("Trying changes, from the smallest on …")):
        left = reasons.left(found.store, found.actor_id, run.run_id, row["request_id"])
    if left is None:
        return
    _funnel(left)
    _competitors(found, left)
    _remedy(found, row, left)


def _funnel(left: Left) -> None:
    """Show how many volunteers each rule stopped, in the order tried."""
    if left.funnel.empty:
        return
    said = {"candidate": _("could come")}
    funnel = left.funnel.rename(columns={"n_volunteers": "n"})
    funnel = funnel.assign(because=[said.get(rule) or codes.rule(rule) for rule in funnel["rule"]])
    st.markdown(_("**Where the volunteers stop**"))
    parts.chart(
        charts_matching.reasons_bar(funnel[["because", "n"]], _("Volunteers")),
        funnel[["because", "n"]],
        _("How many volunteers each rule stops, in the order in which the rules are tried."),
        {"because": _("Stopped because"), "n": _("Volunteers")},
    )


def _competitors(found: Here, left: Left) -> None:
    told = left.told
    if told.competitors:
        known = volunteers_named(found, [visit.volunteer_id for _request, visit in told.competitors])
        st.markdown(_("**Whom the plan uses elsewhere**"))
        table = pd.DataFrame(
            [(visits((visit,), known), request_id) for request_id, visit in told.competitors],
            columns=["visit", "request_id"],
        )
        parts.table(
            table, {"visit": _("Volunteer"), "request_id": _("Goes to request")}, key=f"rivals-{told.request_id}"
        )
    if told.insist_points is not None:
        insist = _("To have it served as it stands would cost the plan {n} points: pin the pair to insist.")
        st.caption(insist.format(n=number(told.insist_points, 1)))


def _remedy(found: Here, row: pd.Series, left: Left) -> None:
    st.markdown(_("**The smallest change that serves it**"))
    remedy = left.told.remedy
    if not left.told.all_tried:
        st.caption(_("Not all changes could be settled in time: a smaller one may be enough."))
    if remedy is None:
        if left.told.all_tried:
            st.caption(_("No change on the list is enough."))
        return
    known = volunteers_named(
        found, [*remedy.change.volunteers, *(one.volunteer_id for one in remedy.visits)]
        + [visit.volunteer_id for shift in remedy.shifts for visit in (*shift.before, *shift.after)],
    )  # fmt: skip
    for step in remedy.change.steps:
        said = reasons.say(step, language())
        for volunteer_id, name in known.items():
            said = said.replace(volunteer_id, name)
        who = codes_matching.decider(reasons.decided_by(step))
        parts.plain(_("• {change} (decides: {who})").format(change=said, who=who))
    st.caption(
        _("Then comes: {visits}. The plan gains {n} points.").format(
            visits=parts.escaped(visits(remedy.visits, known)), n=number(remedy.points, 1)
        )
    )
    if remedy.losers:
        n = len(remedy.losers)
        st.caption(ngettext("{n} other request gets less help.", "{n} other requests get less help.", n).format(n=n))
    _apply(found, row, left)


def _apply(found: Here, row: pd.Series, left: Left) -> None:
    """Let the coordinator make the change: at once, or when those who decide it have said yes."""
    if left.told.remedy is None or not found.may("submit_request"):
        return
    if "official" in left.decided_by:
        st.caption(_("It needs a decision: enter it under Intake, then match again."))
        return
    asked = [who for who in ASKED if who in left.decided_by]
    questions = {"resident": _("The resident has said yes"), "volunteer": _("The volunteer has said yes")}
    request_id = row["request_id"]
    said_yes = [who for who in asked if st.checkbox(questions[who], key=f"yes-{who}-{request_id}")]
    question = _("The change is recorded for good, and the next match looks at it.")
    if any(step.code == "check_cleared" for step in left.told.remedy.change.steps):
        question = _("By confirming you say that you have seen the document yourself, today.") + " " + question
    if parts.confirm(_("Make the change"), question, f"apply-{request_id}", disabled=len(said_yes) < len(asked)):
        with parts.doing(_("Recording …")):
            matching.apply_change(found.store, found.actor_id, left.told.remedy.change, said_yes, found.now)
            parts.done(_("The change is recorded. Match again to see the new plan."))
            st.rerun()
