"""What the codes of policies and guardrails are called, in the language of whoever looks."""

from __future__ import annotations

from dashboard.words import _


def policy_status(code: str) -> str:
    """Say how far a policy has come."""
    known = {
        "draft": _("Draft"),
        "simulated": _("Simulated"),
        "shadow": _("In the shadow"),
        "adopted": _("In force"),
        "replaced": _("Replaced"),
        "rolled_back": _("Taken back"),
    }
    return known.get(code, code)


def policy_event(code: str) -> str:
    """Say what was done with a policy."""
    known = {
        "drafted": _("Put forward as a draft"),
        "simulated": _("Simulation handed over"),
        "shadow_started": _("Shadow started"),
        "shadow_ended": _("Shadow ended"),
        "adopted": _("Adopted"),
        "guarded": _("Guardrails set"),
    }
    return known.get(code, code)


def adoption_reason(code: str) -> str:
    """Say why a policy is adopted."""
    known = {
        "council_decision": _("Decision of the board"),
        "evaluation": _("After an evaluation"),
        "trial": _("On trial"),
        "correction": _("Correction of a mistake"),
        "rolled_back": _("Going back"),
        "other": _("Another reason"),
    }
    return known.get(code, code)


def proof(code: str) -> str:
    """Say how good a plan was proved to be."""
    known = {"optimal": _("proved optimal"), "within_gap": _("within the gap"), "feasible": _("not proved")}
    return known.get(code, code)


def guardrail_status(status: str, *, is_worse: bool) -> str:
    """Say whether a measure has left its guardrail, and to which side."""
    if status == "broken":
        return _("Outside, for the worse") if is_worse else _("Outside, for the better")
    return _("Within") if status == "kept" else _("Not known")
