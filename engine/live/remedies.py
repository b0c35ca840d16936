"""A change that serves an unmatched request, made for good: by whoever decides it, or after they said yes.

What :mod:`engine.reasons` only supposes becomes facts here, in one step. A grant is an official's decision with a
reference, so it is entered as one and never made by this door.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from engine import facts
from engine.errors import ImpossibleStep, InputError
from engine.lifecycle import WAITING, taking
from engine.people.persons import see
from engine.reasons.relaxations import CHECK, FEWER, GRANT, Change, Relaxations, baseline, facts_that_make

if TYPE_CHECKING:
    from engine.store import Store

ASKED = ("resident", "volunteer")
"""Who may have to say yes first."""

COORDINATOR = "coordinator"


def who_decides(change: Change, known: Relaxations | None = None) -> frozenset[str]:
    """Name who must say yes to a change: ``resident``, ``volunteer``, ``coordinator``, ``official``."""
    known = known or baseline()
    return frozenset(known.by_code[step.code].decided_by for step in change.steps)


def apply_change(
    store: Store,
    actor_id: str,
    change: Change,
    said_yes: Collection[str] = (),
    *,
    known: Relaxations | None = None,
    at: datetime | None = None,
) -> None:
    """Make a change to a request and its volunteers; the next run looks at them as changed.

    Parameters
    ----------
    said_yes
        Who of ASKED was asked and agreed. For a check the coordinator's own yes says that the document was seen.

    Raises
    ------
    InputError
        When request or volunteer are unknown.
    ImpossibleStep
        When somebody who decides has not said yes, it needs a grant, or the request no longer waits.
    AccessDenied
        When the account may not, in the request's municipality or a volunteer's.
    """
    known = known or baseline()
    undecided = who_decides(change, known) - {COORDINATOR, *said_yes}
    if any(step.code == GRANT for step in change.steps):
        raise ImpossibleStep(f"Request {change.request_id} needs a grant: enter the decision with its reference.")
    if undecided:
        raise ImpossibleStep(
            f"The change to {change.request_id} is for the {' and '.join(sorted(undecided))} to agree to; ask first."
        )
    with taking(store, actor_id, "submit_request", at) as step:
        request = step.request(change.request_id)
        if request["status"] not in WAITING:
            raise ImpossibleStep(f"Request {change.request_id} is {request['status']}; there is nothing to change.")
        if request["volunteers_needed"] <= change.amount(FEWER, change.request_id):
            raise InputError(f"Request {change.request_id} needs at least one volunteer.")
        volunteers = {}
        for volunteer_id in change.volunteers:
            volunteers[volunteer_id] = step.one("volunteer", volunteer_id)
            see(step.transaction, step.acting, volunteers[volunteer_id]["resident_id"])
        for fact in facts_that_make(change, request, volunteers, known, step.at):
            if isinstance(fact, facts.RequestSubmitted):
                fact = replace(fact, series_id=request["series_id"])  # noqa: PLW2901
            if _is_news(fact, change):
                step.append(fact)


def _is_news(fact: facts.Fact, change: Change) -> bool:
    """Leave out what the change says again without changing it, such as a volunteer who only has a check cleared."""
    if isinstance(fact, facts.RequestSubmitted):
        return any(step.subject == change.request_id for step in change.steps)
    if isinstance(fact, facts.VolunteerRegistered):
        return any(step.subject == fact.volunteer_id and step.code != CHECK for step in change.steps)
    return True
