"""Incidents: reported, triaged, closed. What happened is free text and sealed; the facts hold codes and ids."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from engine import facts
from engine.errors import InputError
from engine.lifecycle import Taking, must_be, must_be_code, taking

if TYPE_CHECKING:
    from engine.store import Store

KINDS = ("injury", "conduct", "property", "privacy", "no_contact", "worry", "other")
ACTIONS = ("called_both", "paused_volunteer", "visited", "police_report", "social_services", "no_action")
OUTCOMES = ("settled", "volunteer_left", "resident_left", "handed_over", "unfounded")
SEVERITIES = {1: "minor", 2: "serious", 3: "grave"}


def report_incident(
    store: Store,
    actor_id: str,
    kind: str,
    severity: int,
    text: str,
    *,
    visit_id: str | None = None,
    resident_id: str | None = None,
    volunteer_id: str | None = None,
    at: datetime | None = None,
) -> str:
    """Report that something went wrong, and return the incident's id.

    Parameters
    ----------
    kind
        One of KINDS.
    severity
        1 minor, 2 serious, 3 grave.
    text
        What happened; sealed under the key of the resident, else of the volunteer.
    visit_id, resident_id, volunteer_id
        What and whom it is about, at least one of them; a visit names both.

    Raises
    ------
    InputError
        When kind or severity are unknown, nothing is said, or nobody is named.
    AccessDenied
        When the account may not, in the municipality of the person it is about.
    """
    must_be_code("kinds", kind, KINDS)
    _must_be_severity(severity)
    if not text.strip():
        raise InputError("An incident needs a few words on what happened.")
    with taking(store, actor_id, "report_incident", at) as step:
        if visit_id is not None:
            visit = step.one("visit", visit_id)
            resident_id, volunteer_id = visit["resident_id"], visit["volunteer_id"]
        about = _about(step, resident_id, volunteer_id)
        incident_id = f"incident-{secrets.token_hex(6)}"
        step.append(
            facts.IncidentReported(
                occurred_at=step.at,
                incident_id=incident_id,
                visit_id=visit_id,
                resident_id=resident_id,
                volunteer_id=volunteer_id,
                kind=kind,
                severity=severity,
            )
        )
        step.transaction.put_notes([(f"note:{incident_id}", about, incident_id, text)])
        return incident_id


def triage_incident(
    store: Store, actor_id: str, incident_id: str, severity: int, action_code: str, *, at: datetime | None = None
) -> None:
    """Set how severe an incident is, and say what is done about it; may be done again as more is known.

    Raises
    ------
    InputError
        When there is no such incident, severity or action (one of ACTIONS).
    ImpossibleStep
        When it is closed.
    AccessDenied
        When the account may not, in the municipality of the person it is about.
    """
    _must_be_severity(severity)
    must_be_code("actions", action_code, ACTIONS)
    with taking(store, actor_id, "handle_incident", at) as step:
        _incident(step, incident_id, "triage")
        step.append(
            facts.IncidentTriaged(
                occurred_at=step.at, incident_id=incident_id, severity=severity, action_code=action_code
            )
        )


def close_incident(
    store: Store, actor_id: str, incident_id: str, outcome_code: str, *, at: datetime | None = None
) -> None:
    """Close an incident that was triaged, with one of OUTCOMES.

    Raises
    ------
    InputError
        When there is no such incident or outcome.
    ImpossibleStep
        When it was not triaged, or is closed.
    AccessDenied
        When the account may not, in the municipality of the person it is about.
    """
    must_be_code("outcomes", outcome_code, OUTCOMES)
    with taking(store, actor_id, "handle_incident", at) as step:
        _incident(step, incident_id, "close")
        step.append(facts.IncidentClosed(occurred_at=step.at, incident_id=incident_id, outcome_code=outcome_code))


def _incident(step: Taking, incident_id: str, name: str) -> None:
    incident = step.one("incident", incident_id)
    _about(step, incident["resident_id"], incident["volunteer_id"])
    must_be("incident", incident_id, incident["status"], name)


def _about(step: Taking, resident_id: str | None, volunteer_id: str | None) -> str:
    """Find the resident under whose key the text is sealed, and refuse those of other municipalities."""
    if resident_id is not None:
        person = step.one("resident", resident_id)
    elif volunteer_id is not None:
        person = step.one("volunteer", volunteer_id)
    else:
        raise InputError("An incident is about a visit, a resident or a volunteer; none was named.")
    step.acting.must_work_in(person["municipality_code"])
    return str(person["resident_id"])


def _must_be_severity(severity: int) -> None:
    if severity not in SEVERITIES:
        known = ", ".join(f"{number} {name}" for number, name in SEVERITIES.items())
        raise InputError(f"Severity is {known}; not {severity}.")
