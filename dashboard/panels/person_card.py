"""A person at a glance: how to reach them, what they asked for, what they may ask for, and their grants."""

from __future__ import annotations

from datetime import UTC, date

import pandas as pd
import streamlit as st

from dashboard import codes, parts
from dashboard.frame import Here
from dashboard.panels import faults
from dashboard.service import intake
from dashboard.words import _, moment, ngettext
from engine import reference
from engine.clock import local_of
from engine.errors import PackageError
from engine.lifecycle import OPEN

KEPT = "intake-person"
"""Where the session keeps the person it turned to, until something about them changes."""


def show(found: Here, person: intake.Person) -> None:
    """Show a person; details as text, never as Markdown."""
    with st.container(border=True), st.container(horizontal=True):
        with st.container(width="stretch", gap=None):
            st.caption(_("Name and contact"))
            parts.plain(person.name)
            for said in (person.phone, person.email, person.address):
                parts.plain(said or "–")
        with st.container(width="stretch", gap=None):
            st.caption(_("About"))
            age = local_of(found.now).year - person.birth_year
            st.markdown(_("Born {year} (about {age})").format(year=person.birth_year, age=age))
            st.markdown(codes.municipality(person.municipality_code))
            st.markdown(", ".join(codes.spoken(code) for code in person.languages))
        with st.container(width="stretch", gap=None):
            st.caption(_("In the pilot"))
            st.markdown(ngettext("{n} open request", "{n} open requests", person.n_open).format(n=person.n_open))
            if person.volunteer_id:
                st.badge(_("Volunteer"), color="green", icon=":material/volunteer_activism:")
            if person.is_protected:
                st.badge(_("Protected identity: served by hand"), color="red", icon=":material/shield_person:")
            parts.plain(person.resident_id)


def requests(found: Here, person: intake.Person) -> None:
    """Show what a person has asked for; one that waits can be taken back."""
    asked = intake.person_requests(found.store, found.actor_id, person.resident_id, found.now)
    if not asked:
        st.caption(_("No requests so far."))
        return
    shown = pd.DataFrame(
        {
            "request_id": request["request_id"],
            "status": request["status"],
            "said_service": codes.service(request["service"]),
            "said_status": codes.request_status(request["status"]),
            "window": f"{moment(request['earliest_at'])} – {moment(request['latest_at'])}",
            "asked": moment(request["requested_at"].replace(tzinfo=UTC)),
        }
        for request in asked
    )
    columns = {"said_service": _("Service"), "said_status": _("State"), "window": _("Window"), "asked": _("Asked for")}
    chosen = parts.table(shown, columns, key=f"requests-{person.resident_id}", select="one")
    for request_id, status in zip(chosen["request_id"], chosen["status"], strict=True):
        if status in OPEN and parts.confirm(
            _("Withdraw the request"),
            _("Offers are closed, and visits that have not begun are called off. Withdraw it?"),
            key=f"withdraw-{request_id}",
        ):
            with parts.doing(_("Saving …")):
                intake.withdraw(found.store, found.actor_id, request_id, found.now)
                parts.done(_("The request was withdrawn."))
                st.session_state.pop(KEPT, None)
                st.rerun()


def grants(found: Here, person: intake.Person) -> None:
    """Show which services a person may ask for today, and take down a decision."""
    rows = intake.askable(found.store, found.actor_id, person.resident_id, local_of(found.now).date())
    shown = rows.assign(
        said_service=[codes.service(code) for code in rows["service"]],
        may=[isinstance(ground, str) for ground in rows["ground"]],
        because=[
            codes.ground(ground) if isinstance(ground, str)
            else _("only: {grounds}").format(grounds=", ".join(codes.ground(code) for code in grounds))
            for ground, grounds in zip(rows["ground"], rows["grounds"], strict=True)
        ],
    )  # fmt: skip
    columns = {
        "said_service": _("Service"),
        "may": st.column_config.CheckboxColumn(_("May ask today")),
        "because": _("Ground"),
        "decision": _("Decision"),
        "valid_to": st.column_config.DateColumn(_("Last day"), format="YYYY-MM-DD"),
    }
    parts.table(shown, columns, key=f"askable-{person.resident_id}")
    with st.expander(_("Register a decision"), icon=":material/gavel:"):
        _decision(found, person)


def _decision(found: Here, person: intake.Person) -> None:
    form = f"grant-{person.resident_id}"
    service = st.selectbox(_("Service by decision"), list(reference.services()), format_func=codes.service,
                           key=f"{form}-service")  # fmt: skip
    reference_text = st.text_input(_("Reference of the decision (required)"), key=f"{form}-decision", max_chars=80)
    faults.show(faults.known(form), "decision")
    first, second = st.columns(2)
    today = local_of(found.now).date()
    valid_from: date = first.date_input(_("Valid from"), today, key=f"{form}-from", format="YYYY-MM-DD")
    valid_to: date | None = second.date_input(_("Last day"), None, key=f"{form}-to", format="YYYY-MM-DD")
    faults.show(faults.known(form), "valid_to")
    if st.button(_("Save the decision"), key=f"{form}-save", type="primary"):
        cells = {
            "resident_id": person.resident_id,
            "service": service,
            "valid_from": valid_from.isoformat(),
            "valid_to": valid_to.isoformat() if valid_to else "",
            "decision": reference_text.strip(),
        }
        faults.forget(form)
        with parts.doing(_("Saving …")):
            try:
                intake.decide_grant(found.store, found.actor_id, cells, found.now)
            except PackageError as error:
                faults.remember(form, error)
            else:
                parts.done(_("The decision was saved."))
            st.rerun()
