"""What the codes of the engine are called, in the language of whoever looks: one function per family of codes.

A code that is not known is shown as it is: the pilot may hold facts of a newer program.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from dashboard.words import _, language
from engine import reference
from engine.rules import WORDS


def _named_by(build: Callable[[], dict[Any, str]]) -> Callable[[Any], str]:
    """Turn a table of names into a function from code to name; the table is made once for each language."""
    tables: dict[str, dict[Any, str]] = {}

    @wraps(build)
    def name(code: Any) -> str:
        spoken_here = language()
        if spoken_here not in tables:
            tables[spoken_here] = build()
        return tables[spoken_here].get(code, str(code))

    return name


def service(code: str) -> str:
    """Name a service."""
    return _named(reference.services().get(code), code)


def services(codes: str) -> str:
    """Name services that stand as in a data package, a semicolon between them."""
    return ", ".join(service(code) for code in codes.split(";"))


def check(code: str) -> str:
    """Name a check."""
    return _named(reference.checks().get(code), code)


def municipality(code: str) -> str:
    """Name a municipality."""
    return reference.MUNICIPALITIES.get(code, code)


def spoken(code: str) -> str:
    """Name a language that people speak."""
    return languages().get(code, code)


def rule(code: str) -> str:
    """Say why a request is not served, as the end of "because …"."""
    words = WORDS.get(code)
    return code if words is None else str(getattr(words, language()))


def languages() -> dict[str, str]:
    """Name the languages that people of the region speak, by code, the most spoken first."""
    return _languages_said_in(language())


@cache
def _languages_said_in(said_in: str) -> dict[str, str]:
    return {code: names[f"name_{said_in}"] for code, names in reference.languages().items()}


@_named_by
def request_status() -> dict[Any, str]:
    """Say how far a request has come."""
    return {
        "submitted": _("Waiting for a match"),
        "planned": _("Proposed"),
        "offered": _("Volunteers asked"),
        "agreed": _("Visit agreed"),
        "completed": _("Completed"),
        "missed": _("Missed"),
        "expired": _("Time passed"),
        "withdrawn": _("Withdrawn"),
        "cancelled": _("Cancelled"),
    }


@_named_by
def visit_status() -> dict[Any, str]:
    """Say what became of a visit."""
    return {
        "agreed": _("Visit agreed"),
        "completed": _("Completed"),
        "missed": _("Missed"),
        "cancelled": _("Cancelled"),
    }


@_named_by
def side() -> dict[Any, str]:
    """Name one of the sides of a visit."""
    return {
        "resident": _("The resident"),
        "volunteer": _("The volunteer"),
        "municipality": _("The municipality"),
    }


@_named_by
def cancel_reason() -> dict[Any, str]:
    """Say why a visit was cancelled."""
    return {
        "not_needed": _("Not needed any more"),
        "ill": _("Ill"),
        "other_duty": _("Something else came up"),
        "travel": _("Travelling"),
        "forgot": _("Forgot"),
        "check_lapsed": _("A check has run out"),
        "weather": _("Weather"),
        "other": _("Another reason"),
    }


@_named_by
def leaving_reason() -> dict[Any, str]:
    """Say why a volunteer leaves."""
    return {
        "own_wish": _("Own wish"),
        "moved": _("Has moved"),
        "not_suitable": _("Not suitable"),
        "check_lapsed": _("A check has run out"),
        "deceased": _("Has died"),
        "other": _("Another reason"),
    }


@_named_by
def series_end_reason() -> dict[Any, str]:
    """Say why a series ends."""
    return {
        "not_needed": _("Not needed any more"),
        "moved": _("Has moved"),
        "left": _("Has left the pilot"),
        "other": _("Another reason"),
    }


@_named_by
def series_status() -> dict[Any, str]:
    """Say how far a series has come."""
    return {"running": _("Running"), "finished": _("Finished"), "ended": _("Ended early")}


@_named_by
def incident_kind() -> dict[Any, str]:
    """Say what kind of incident it is."""
    return {
        "injury": _("Somebody was hurt"),
        "conduct": _("Conduct"),
        "property": _("Money or belongings"),
        "privacy": _("Privacy"),
        "no_contact": _("No contact"),
        "worry": _("Worry about somebody"),
        "other": _("Something else"),
    }


@_named_by
def incident_status() -> dict[Any, str]:
    """Say how far an incident has come."""
    return {"reported": _("Reported, not assessed"), "triaged": _("Assessed"), "closed": _("Dealt with")}


@_named_by
def incident_action() -> dict[Any, str]:
    """Say what is done about an incident."""
    return {
        "called_both": _("Both sides were called"),
        "paused_volunteer": _("The volunteer is paused"),
        "visited": _("Home visit"),
        "police_report": _("Reported to the police"),
        "social_services": _("Handed to social services"),
        "no_action": _("No action needed"),
    }


@_named_by
def incident_outcome() -> dict[Any, str]:
    """Say how an incident ended."""
    return {
        "settled": _("Settled"),
        "volunteer_left": _("The volunteer has left"),
        "resident_left": _("The resident has left"),
        "handed_over": _("Handed over to another authority"),
        "unfounded": _("Unfounded"),
    }


@_named_by
def severity() -> dict[Any, str]:
    """Say how severe an incident is."""
    return {1: _("1 – minor"), 2: _("2 – serious"), 3: _("3 – grave")}


@_named_by
def urgency() -> dict[Any, str]:
    """Say how urgent a request is."""
    return {1: _("1 – can wait"), 2: _("2 – soon"), 3: _("3 – urgent")}


@_named_by
def weekday() -> dict[Any, str]:
    """Name a day of the week, 1 Monday to 7 Sunday."""
    return {
        1: _("Monday"), 2: _("Tuesday"), 3: _("Wednesday"), 4: _("Thursday"), 5: _("Friday"), 6: _("Saturday"),
        7: _("Sunday"),
    }  # fmt: skip


@_named_by
def ground() -> dict[Any, str]:
    """Name a ground on which somebody may ask for a service."""
    return {
        "everyone": _("every resident may ask"),
        "age_65_plus": _("65 or older"),
        "pupil": _("pupil"),
        "decision": _("by decision"),
    }


def _named(entry: dict[str, object] | None, code: str) -> str:
    return code if entry is None else str(entry[f"name_{language()}"])
