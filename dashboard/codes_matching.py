"""What the codes of matching, offers and messages are called, in the language of whoever looks.

A code that is not known is shown as it is: the pilot may hold facts of a newer program.
"""

from __future__ import annotations

from dashboard.words import _


def proposal_status(code: str) -> str:
    """Say how far a proposal has come."""
    known = {
        "made": _("To decide"),
        "approved": _("Approved, not sent"),
        "offered": _("Sent"),
        "rejected": _("Rejected"),
    }
    return known.get(code, code)


def offer_status(code: str) -> str:
    """Say how far an offer has come."""
    known = {
        "sent": _("Waits for an answer"),
        "accepted": _("Yes"),
        "declined": _("No"),
        "expired": _("No answer in time"),
        "closed": _("Closed by us"),
    }
    return known.get(code, code)


def part(code: str) -> str:
    """Name a part of the value of a proposal."""
    known = {
        "served": _("Help is given"),
        "urgency": _("Urgency"),
        "waiting": _("Waiting"),
        "distance": _("Distance"),
        "continuity": _("They know each other"),
        "preference": _("Wished for"),
    }
    return known.get(code, code)


def reject_reason(code: str) -> str:
    """Say why a proposal is rejected."""
    known = {
        "wrong_person": _("Not the right person"),
        "wrong_time": _("Not the right time"),
        "not_needed": _("Not needed any more"),
        "knows_better": _("I know something the plan does not"),
        "swapped": _("Somebody else comes"),
        "other": _("Another reason"),
    }
    return known.get(code, code)


def override_reason(code: str) -> str:
    """Say why a coordinator overrides the plan."""
    known = {
        "known_to_each_other": _("They know each other"),
        "wish_of_resident": _("The resident wishes it"),
        "wish_of_volunteer": _("The volunteer wishes it"),
        "safety": _("Safety"),
        "local_knowledge": _("Local knowledge"),
        "other": _("Another reason"),
    }
    return known.get(code, code)


def decline_reason(code: str) -> str:
    """Say why a volunteer says no."""
    known = {
        "another_time": _("Would rather come another time"),
        "time": _("Has no time"),
        "distance": _("Too far"),
        "service": _("Would rather do something else"),
        "person": _("Does not suit with this person"),
        "too_much": _("Is asked too often"),
        "other": _("Another reason"),
        "filled": _("Somebody else came first"),
        "withdrawn": _("Taken back"),
        "replaced": _("Somebody else comes"),
        "left": _("Has left the pilot"),
    }
    return known.get(code, code)


def decider(code: str) -> str:
    """Name who decides a change."""
    known = {
        "resident": _("The resident"),
        "volunteer": _("The volunteer"),
        "coordinator": _("You as coordinator"),
        "official": _("An official, by a decision"),
    }
    return known.get(code, code)


def change_kind(code: str) -> str:
    """Say how a request differs between two runs."""
    known = {
        "gained": _("Gets more help now"),
        "lost": _("Gets less help now"),
        "moved": _("Another volunteer or time"),
        "new": _("New since then"),
        "gone": _("Not looked at any more"),
    }
    return known.get(code, code)


def stage(code: str) -> str:
    """Name what the solver is doing."""
    known = {
        "relaxation": _("Looking for better weeks"),
        "integer": _("Putting whole weeks together"),
        "branching": _("Trying what is left"),
    }
    return known.get(code, code)


def message_status(code: str) -> str:
    """Say how far a message has come."""
    known = {
        "queued": _("Waits to be sent"),
        "unclear": _("May have gone out"),
        "failed": _("To be tried again"),
        "sent": _("Sent"),
        "copied": _("Told by a person"),
        "given_up": _("Could not be sent"),
        "by_hand": _("To be told by hand"),
    }
    return known.get(code, code)


def template(code: str) -> str:
    """Name a kind of message."""
    known = {
        "offer": _("Question to the volunteer"),
        "offer_reminder": _("Reminder of the question"),
        "offer_filled": _("No answer needed any more"),
        "confirmation": _("Confirmation of the visit"),
        "reminder": _("Reminder of the visit"),
        "cancellation": _("The visit is cancelled"),
        "thanks": _("Thanks, and how was it"),
        "nobody_yet": _("Nobody found yet"),
        "series": _("The series is noted"),
    }
    return known.get(code, code)
