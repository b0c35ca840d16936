"""Incidents: reported in a form, assessed, closed. What happened is read by those who may, and only when they ask."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import codes, parts
from dashboard.frame import Here
from dashboard.service import outcomes
from dashboard.words import _, moment

REPORT = ("kind", "severity", "text")


def report(found: Here, about: dict[str, str]) -> None:
    """Show the form in which an incident is reported about a visit, a resident or a volunteer."""
    form = "incident-" + "-".join(about.values())
    draft = parts.draft(form, [f"{form}-{field}" for field in REPORT])
    kind = st.selectbox(
        _("What kind of incident is it?"), outcomes.KINDS, format_func=codes.incident_kind, key=f"{form}-kind",
        index=None, placeholder=_("Choose"),
    )  # fmt: skip
    severity = st.segmented_control(
        _("How severe is it?"), outcomes.SEVERITIES, format_func=codes.severity, key=f"{form}-severity"
    )
    text = st.text_area(
        _("What happened?"), key=f"{form}-text", max_chars=4000,
        help=_("Sealed with the person's details; read only by those who deal with the incident."),
    )  # fmt: skip
    draft.keep()
    is_whole = kind is not None and severity is not None and bool(text.strip())
    if st.button(_("Report the incident"), type="primary", key=f"{form}-save", disabled=not is_whole,
                 icon=":material/report:"):  # fmt: skip
        with parts.doing(_("Saving …")):
            outcomes.report(found.store, found.actor_id, str(kind), int(severity or 0), text, about, found.now)
            draft.forget()
            parts.done(_("The incident was reported."))
            st.rerun()
    if not is_whole:
        st.caption(_("Kind, severity and a few words on what happened are needed."))


def triage(found: Here, incident: pd.Series[Any]) -> None:
    """Show an incident and the steps that can be taken with it now."""
    incident_id = incident["incident_id"]
    with st.container(border=True):
        st.markdown(f"**{codes.incident_kind(incident['kind'])}** · {codes.severity(int(incident['severity']))}")
        parts.plain(" – ".join(name for name in (incident["resident"], incident["volunteer"]) if name))
        st.caption(told(incident))
        _text(found, incident)
        if incident["status"] == "closed" or not found.may("handle_incident"):
            return
        _assess(found, incident)
        if incident["status"] == "triaged":
            _close(found, incident_id)


def told(incident: pd.Series[Any]) -> str:
    """Say in a line how far an incident has come."""
    said = [codes.incident_status(incident["status"])]
    said.append(_("reported {when}").format(when=moment(incident["reported_at"])))
    if isinstance(incident["action_code"], str):
        said.append(codes.incident_action(incident["action_code"]))
    if isinstance(incident["outcome_code"], str):
        said.append(codes.incident_outcome(incident["outcome_code"]))
    return " · ".join(said)


def _text(found: Here, incident: pd.Series[Any]) -> None:
    """Show what was written, once somebody asks for it: reading it is noted in the log."""
    if not found.may("read_identity"):
        st.caption(_("What happened is read by coordinators only."))
        return
    incident_id = incident["incident_id"]
    sealed_under = incident["resident_id"]
    if not isinstance(sealed_under, str):
        sealed_under = incident["volunteer_resident_id"]
    if st.toggle(_("Read what happened"), key=f"read-{incident_id}"):
        kept = f"text-{incident_id}-{found.actor_id}"
        with parts.doing(_("Looking …")):
            if kept not in st.session_state:
                st.session_state[kept] = outcomes.incident_text(
                    found.store, found.actor_id, str(sealed_under), incident_id
                )
            parts.plain(st.session_state[kept] or _("Nothing is kept."))


def _assess(found: Here, incident: pd.Series[Any]) -> None:
    incident_id = incident["incident_id"]
    severity = st.segmented_control(
        _("How severe is it?"), outcomes.SEVERITIES, format_func=codes.severity, key=f"severity-{incident_id}",
        default=int(incident["severity"]), required=True,
    )  # fmt: skip
    action = st.selectbox(
        _("What is done?"), outcomes.ACTIONS, format_func=codes.incident_action, key=f"action-{incident_id}",
        index=outcomes.ACTIONS.index(incident["action_code"]) if incident["action_code"] in outcomes.ACTIONS else None,
        placeholder=_("Choose"),
    )  # fmt: skip
    is_first = incident["status"] == "reported"
    if st.button(
        _("Save the assessment"), type="primary" if is_first else "secondary", key=f"triage-{incident_id}",
        disabled=action is None,
    ):  # fmt: skip
        with parts.doing(_("Saving …")):
            outcomes.triage(found.store, found.actor_id, incident_id, int(severity), str(action), found.now)
            parts.done(_("The assessment was saved."))
            st.rerun()


def _close(found: Here, incident_id: str) -> None:
    outcome = st.selectbox(
        _("How did it end?"), outcomes.INCIDENT_OUTCOMES, format_func=codes.incident_outcome,
        key=f"outcome-{incident_id}", index=None, placeholder=_("Choose"),
    )  # fmt: skip
    if parts.confirm(
        _("Close the incident"), _("A closed incident cannot be opened again. Close it?"), key=f"close-{incident_id}",
        disabled=outcome is None,
    ):  # fmt: skip
        with parts.doing(_("Saving …")):
            outcomes.close(found.store, found.actor_id, incident_id, str(outcome), found.now)
            parts.done(_("The incident was closed."))
            st.rerun()
