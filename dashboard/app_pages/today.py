"""Today: what needs a person now, most urgent first; every row leads to the place where it is dealt with."""

import pandas as pd
import streamlit as st

from dashboard import codes, parts
from dashboard.frame import Stamp, here
from dashboard.service import today
from dashboard.words import _, day, language, moment, ngettext
from engine.clock import local_of

URGENT_SHOWN = 8
"""Rows at the top, each with its own way there; the rest is a table."""

found = here()
STAMP = found.stamp


@st.cache_data(max_entries=200, show_spinner=False)
def matters_of(stamp: Stamp) -> pd.DataFrame:
    """List what is on the desk; the stamp says of whom, when and in which state of the pilot."""
    more = [today.follow_ups(found.store, found.actor_id, found.now)] if found.may("record_survey") else []
    if found.may("evaluate"):
        n_steps = today.n_policy_steps(found.store, found.actor_id)
        more.append(of_policies(stamp.of_hour()._replace(entry_no=n_steps), language()))
    return today.together(today.due(found.store, found.actor_id, found.now), *more)


@st.cache_data(max_entries=50, show_spinner=False)
def of_policies(stamp: Stamp, said_in: str) -> pd.DataFrame:
    """List what policies give to look at; measures are worked out once an hour, and when policies change."""
    return today.of_policies(found.store, found.actor_id, found.now)


def kinds() -> dict[str, tuple[str, str, str]]:
    """Name the kinds of matters: of many, of one, and their icon."""
    return {
        "incident": (_("Incidents"), _("Incident"), "report"),
        "outcome": (_("Outcomes to record"), _("Outcome to record"), "task_alt"),
        "answer": (_("Offers about to expire"), _("Offer about to expire"), "hourglass_bottom"),
        "visit": (_("Visits today"), _("Visit today"), "event"),
        "request": (_("Requests to check"), _("Request to check"), "inbox"),
        "proposal": (_("Proposals to approve"), _("Proposal to approve"), "join_inner"),
        "check": (_("Checks that run out"), _("Check that runs out"), "verified_user"),
        "survey": (_("Follow-up surveys"), _("Follow-up survey"), "assignment"),
        "guardrail": (_("Outside of a guardrail"), _("Outside of a guardrail"), "vital_signs"),
        "shadow": (_("Shadow runs that stopped"), _("Shadow run that stopped"), "balance"),
    }


def limits() -> dict[str, str]:
    """Say by when a matter of each kind should be dealt with, or since when it waits."""
    return {
        "incident": _("reported {when}"),
        "outcome": _("ended {when}"),
        "answer": _("expires {when}"),
        "visit": _("begins {when}"),
        "request": _("wanted by {when}"),
        "proposal": _("approve by {when}"),
        "check": _("last day {when}"),
        "survey": _("due since {when}"),
        "guardrail": _("looked at {when}"),
        "shadow": _("nothing stored since {when}"),
    }


def what_about(matter: pd.Series) -> str:
    """Say in some words what a matter is about."""
    service = codes.service(matter["service"]) if isinstance(matter["service"], str) else ""
    if matter["kind"] == "incident":
        return " · ".join([codes.incident_kind(matter["detail"]), codes.severity(int(matter["severity"])),
                           codes.incident_status(matter["status"])])  # fmt: skip
    if matter["kind"] == "check":
        return codes.check(matter["detail"])
    if matter["kind"] == "survey":
        return _("asked as: {side}").format(side=codes.side(matter["detail"]))
    if matter["kind"] in ("guardrail", "shadow"):
        return str(matter["detail"])
    if matter["kind"] == "request":
        why = _("new, no match run has seen it") if matter["detail"] == "new" else codes.rule(matter["detail"])
        return f"{service} · {why}"
    return service


def when(matter: pd.Series) -> str:
    """Say by when a matter should be dealt with, or since when it waits."""
    due_at = matter["due_at"].to_pydatetime()
    said = LIMITS[matter["kind"]]
    return said.format(when=day(due_at) if matter["kind"] in ("check", "survey") else moment(due_at))


def who(matter: pd.Series) -> str:
    """Name those a matter is about."""
    return " – ".join(name for name in (matter["resident"], matter["volunteer"]) if name)


def lead_on(matter: pd.Series, label: str) -> None:
    """Lead to the place where a matter is dealt with, if it is this account's to deal with."""
    kind = matter["kind"]
    if kind == "incident":
        parts.link("outcomes", label, incident=matter["subject_id"])
    elif kind in ("outcome", "visit"):
        parts.link("outcomes", label, visit=matter["subject_id"])
    elif kind == "answer":
        parts.link("offers", label, offer=matter["subject_id"])
    elif kind == "check" and found.may("keep_volunteer"):
        parts.link("volunteers", label, volunteer=matter["volunteer_id"], check=matter["detail"])
    elif kind == "request" and matter["detail"] == "may_not_ask" and found.may("submit_request"):
        parts.link("intake", label, resident=matter["resident_id"], request=matter["request_id"])
    elif kind == "survey" and found.may("submit_request"):
        parts.link("intake", label, resident=matter["resident_id"], task="survey")
    elif kind in ("guardrail", "shadow"):
        parts.link("policy", label, about=matter["subject_id"])
    elif kind in ("request", "proposal"):
        volunteer = {} if kind == "request" else {"volunteer": matter["volunteer_id"]}
        parts.link("matching", label, request=matter["request_id"], **volunteer)


def show_counts(matters: pd.DataFrame) -> None:
    """Show how much there is of every kind, and how much of that cannot wait."""
    with st.container(horizontal=True, key="today-counts"):
        for kind, (n, n_now) in today.counts(matters).items():
            if not n and kind not in today.DAILY:
                continue
            at_once = ngettext("{n} now", "{n} now", n_now).format(n=n_now) if n_now else None
            st.metric(
                KINDS[kind][0],
                n,
                at_once,
                delta_color="off",
                delta_arrow="off",
                border=True,
                width=126,
                height="stretch",
            )


def level_of(matter: pd.Series) -> str:
    """Say how urgent a matter is, in words and colour."""
    level = int(matter["level"])
    if level == today.NOW:
        return f":red-badge[{_('Now')}]"
    return f":orange-badge[{_('Today')}]" if level == today.TODAY else f":gray-badge[{_('This week')}]"


def show_urgent(matters: pd.DataFrame) -> None:
    """Show the most urgent matters one by one."""
    st.subheader(_("Most urgent"), anchor=False)
    for nth, matter in today.with_names(found.store, found.actor_id, matters.head(URGENT_SHOWN)).iterrows():
        _many, one, icon = KINDS[matter["kind"]]
        with st.container(border=True, key=f"urgent-{nth}"):
            told, way = st.columns([5, 1], vertical_alignment="center")
            with told.container(gap=None):
                st.markdown(f"{level_of(matter)} :material/{icon}: **{one}** · {parts.escaped(when(matter))}")
                parts.plain(" · ".join(part for part in (who(matter), what_about(matter)) if part))
            with way:
                lead_on(matter, _("Deal with it"))


def show_all(matters: pd.DataFrame) -> None:
    """Show all matters of one kind, or of all, in a table whose rows lead on."""
    st.subheader(_("Everything on the desk"), anchor=False)
    present = [kind for kind in today.KINDS if (matters["kind"] == kind).any()]
    chosen = st.pills(
        _("Show only"), present, format_func=lambda kind: KINDS[kind][0], key="today-kind", selection_mode="single"
    )
    some = today.with_names(found.store, found.actor_id, matters[matters["kind"] == chosen] if chosen else matters)
    told = some.assign(
        what=[KINDS[kind][1] for kind in some["kind"]],
        when=[when(row) for _n, row in some.iterrows()],
        about=[what_about(row) for _n, row in some.iterrows()],
        municipality=[codes.municipality(code) if isinstance(code, str) else "–" for code in some["municipality_code"]],
    )
    columns = {
        "what": _("What"),
        "when": _("When"),
        "resident": _("Resident"),
        "volunteer": _("Volunteer"),
        "about": _("About"),
        "municipality": _("Municipality"),
    }
    st.caption(_("Choose a row to go to where it is dealt with."))
    picked = parts.table(told, columns, key=f"today-all-{chosen}", select="one", download="today")
    if len(some) < len(matters if chosen is None else matters[matters["kind"] == chosen]):
        st.caption(_("The first {n} are shown.").format(n=today.SHOWN_MAX))
    for _n, matter in picked.iterrows():
        lead_on(matter, _("Go to the chosen row"))


def show_nothing() -> None:
    """Say that nothing waits, or, of a pilot without anybody, what comes first."""
    if not today.is_empty(found.store, found.actor_id, found.now):
        st.info(_("Nothing waits for a person now."), icon=":material/check_circle:")
    elif found.may("submit_request"):
        first = _(
            "The pilot is empty. Begin under Intake: register residents, volunteers and requests, or read in a data"
            " package. Then match."
        )
        st.info(first, icon=":material/flag:")
    else:
        st.info(_("The pilot is empty. Coordinators register people and requests first."), icon=":material/flag:")


KINDS, LIMITS = kinds(), limits()
parts.title(_("Today"), moment(local_of(found.now), "EEEE d MMMM y, HH:mm"))
with parts.doing(_("Looking at the pilot …")):
    on_the_desk = matters_of(STAMP)
    show_counts(on_the_desk)
    if on_the_desk.empty:
        show_nothing()
        if found.may("submit_request"):
            parts.link("intake", _("Register people and requests"))
    else:
        show_urgent(on_the_desk)
        show_all(on_the_desk)
