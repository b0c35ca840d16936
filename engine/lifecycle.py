"""The live pilot's one state machine: which step may follow which, and the taking of a step.

Every step is taken inside one transaction: the state is read, the step is allowed or refused with a sentence, and its
facts are appended. The operations are in ``requests``, ``offers``, ``visits``, ``incidents``, ``series`` and
``overrides``; none of them writes a fact that this page does not allow.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine.access import Acting, acting
from engine.candidates import parameters
from engine.errors import ImpossibleStep, InputError
from engine.facts import Fact
from engine.policy import Policy

if TYPE_CHECKING:
    from engine.store import Store, Transaction


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the machine: what it is taken with, from which states, and what state it leads to."""

    subject: str
    name: str
    from_states: tuple[str, ...]
    to_state: str


STEPS = (
    Step("request", "submit", ("[*]",), "submitted"),
    Step("request", "propose", ("submitted",), "planned"),
    Step("request", "reject", ("planned",), "submitted"),
    Step("request", "offer", ("submitted", "planned"), "offered"),
    Step("request", "no answer left", ("offered",), "submitted"),
    Step("request", "accept", ("offered",), "agreed"),
    Step("request", "complete visit", ("agreed",), "completed"),
    Step("request", "cancel visit", ("agreed",), "submitted"),
    Step("request", "miss visit", ("agreed",), "submitted"),
    Step("request", "miss the last visit", ("agreed",), "missed"),
    Step("request", "complete some", ("agreed",), "expired"),
    Step("request", "correct to missed", ("completed",), "missed"),
    Step("request", "correct to missed in time", ("completed",), "submitted"),
    Step("request", "correct to completed", ("submitted", "planned", "offered", "missed", "expired"), "completed"),
    Step("request", "withdraw", ("submitted", "planned", "offered"), "withdrawn"),
    Step("request", "call off", ("agreed",), "cancelled"),
    Step("request", "window passes", ("submitted", "planned", "offered"), "expired"),
    Step("proposal", "propose", ("[*]",), "made"),
    Step("proposal", "add by hand", ("[*]",), "approved"),
    Step("proposal", "approve", ("made", "rejected"), "approved"),
    Step("proposal", "reject", ("made", "approved"), "rejected"),
    Step("proposal", "send", ("approved",), "offered"),
    Step("offer", "send", ("[*]",), "sent"),
    Step("offer", "accept", ("sent",), "accepted"),
    Step("offer", "decline", ("sent",), "declined"),
    Step("offer", "close", ("sent",), "closed"),
    Step("offer", "time passes", ("sent",), "expired"),
    Step("visit", "agree", ("[*]",), "agreed"),
    Step("visit", "complete", ("agreed", "missed"), "completed"),
    Step("visit", "miss", ("agreed", "completed"), "missed"),
    Step("visit", "cancel", ("agreed",), "cancelled"),
    Step("incident", "report", ("[*]",), "reported"),
    Step("incident", "triage", ("reported", "triaged"), "triaged"),
    Step("incident", "close", ("triaged",), "closed"),
    Step("policy", "draft", ("[*]",), "draft"),
    Step("policy", "simulate", ("draft", "simulated", "replaced", "rolled_back"), "simulated"),
    Step("policy", "simulate in the shadow", ("shadow",), "shadow"),
    Step("policy", "simulate in force", ("adopted",), "adopted"),
    Step("policy", "start shadow", ("simulated",), "shadow"),
    Step("policy", "end shadow", ("shadow",), "simulated"),
    Step("policy", "adopt", ("[*]", "draft", "simulated", "shadow", "replaced", "rolled_back"), "adopted"),
    Step("policy", "adopt another", ("adopted",), "replaced"),
    Step("policy", "roll back", ("adopted",), "rolled_back"),
)
"""The whole machine. A request's state follows from its proposals, offers and visits (``requests_at.sql``)."""


AHEAD = timedelta(days=31)
"""How far a step may lie ahead of the newest fact and of the clock: a slip of the year would date all that follows."""

WAITING = ("submitted", "planned", "offered")
"""The states of a request that may still need a volunteer."""

OPEN = (*WAITING, "agreed")
"""The states of a request that is not over."""


def drawing(subject: str) -> str:
    """Draw the machine of a subject as a Mermaid state diagram, as ``engine/README.md`` shows it."""
    lines = [
        f"    {start} --> {s.to_state}: {s.name}" for s in STEPS if s.subject == subject for start in s.from_states
    ]
    return "\n".join(["stateDiagram-v2", *lines])


class Taking:
    """A step being taken: the transaction, by whom, and the pilot as it now is.

    ``at`` is when the step happened. ``moment`` is the latest anything in the log happened, or ``at``: what a step is
    checked against is all that is known, also when it is told of late, or the computer's clock was set back.
    """

    def __init__(self, transaction: Transaction, acting: Acting, at: datetime | None) -> None:
        latest = transaction.newest_moment()
        known = transaction.recorded_at if latest is None else latest.replace(tzinfo=UTC)
        if at is not None and at > max(known, transaction.recorded_at) + AHEAD:
            raise InputError(f"at {at.isoformat()} lies more than {AHEAD.days} days ahead of all that is known.")
        self.transaction = transaction
        self.acting = acting
        self.at = (at or max(known, transaction.recorded_at)).astimezone(UTC)
        self.moment = max(self.at, known)

    def append(self, *facts: Fact) -> None:
        """Write facts down; an earlier entry of the same intent makes this do nothing."""
        self.transaction.append(facts)

    def table(self, macro: str, **equal: str | Sequence[str]) -> pd.DataFrame:
        """Read a state relation, only rows with this value, or one of these, in these columns."""
        return self.transaction.state(macro, self.moment, None, **equal)

    def rows(self, macro: str, **equal: str | Sequence[str]) -> list[dict[str, Any]]:
        """Read a state relation as :meth:`table` does, row by row."""
        return self.transaction.state_rows(macro, self.moment, None, **equal)

    def one(self, subject: str, subject_id: str) -> dict[str, Any]:
        """Find one request, offer, visit, incident, series, resident or volunteer.

        Raises
        ------
        InputError
            When there is none of that id.
        """
        return self.many(subject, [subject_id])[subject_id]

    def many(self, subject: str, subject_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Find some requests, offers, visits, incidents, series, residents or volunteers, by their ids.

        Raises
        ------
        InputError
            When there is none of one of the ids.
        """
        macro, key = "series_at" if subject == "series" else f"{subject}s_at", f"{subject}_id"
        wanted = list(dict.fromkeys(subject_ids))
        found = {row[key]: row for row in self.rows(macro, **{key: wanted})} if wanted else {}
        if missing := [subject_id for subject_id in wanted if subject_id not in found]:
            raise InputError(f"There is no {subject} {missing[0]!r}.")
        return found

    def request(self, request_id: str) -> dict[str, Any]:
        """Find a request in a municipality that the account may work in.

        Raises
        ------
        InputError
            When there is none of that id.
        AccessDenied
            When it is another municipality's.
        """
        request = self.one("request", request_id)
        self.acting.must_work_in(request["municipality_code"])
        return request

    def broken_rules(self, policy: Policy, visits: pd.DataFrame) -> dict[tuple[str, str], list[str]]:
        """List the rules that visits would break now, by code, in the order of the formulation page.

        Parameters
        ----------
        visits
            ``request_id``, ``volunteer_id``, ``starts_at``, ``ends_at``; a pair stands once.

        Returns
        -------
        dict
            (request_id, volunteer_id) -> the rules; a pair that breaks none is left out.
        """
        if visits.empty:
            return {}
        tried = visits[["request_id", "volunteer_id", "starts_at", "ends_at"]]
        seen = parameters(policy, self.moment, self.transaction.entry_no)
        broken = self.transaction.query("broken_rules", tables={"tried_visits": tried}, **seen)
        found: dict[tuple[str, str], list[str]] = {}
        for request_id, volunteer_id, rule in broken.itertuples(index=False):
            found.setdefault((request_id, volunteer_id), []).append(rule)
        return found


@contextmanager
def taking(
    store: Store,
    actor_id: str,
    operation: str,
    at: datetime | None = None,
    *,
    idempotency_key: str | None = None,
) -> Iterator[Taking]:
    """Take a step in one transaction, for an account that may.

    Parameters
    ----------
    at
        When it happened (UTC; default now, and never before the newest fact).

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError
        When ``at`` has no time zone, or lies far ahead (:data:`AHEAD`).
    """
    if at is not None and at.tzinfo is None:
        raise InputError(f"at {at.isoformat()} needs a time zone.")
    with acting(store, actor_id, operation, idempotency_key=idempotency_key) as (transaction, who):
        yield Taking(transaction, who, at)


def must_be(subject: str, subject_id: str, state: str, step: str) -> None:
    """Refuse a step that the machine does not have from this state.

    Raises
    ------
    ImpossibleStep
        With a sentence that names the states it has it from.
    """
    allowed = next(s.from_states for s in STEPS if s.subject == subject and s.name == step)
    if state not in allowed:
        article = "an" if allowed[0][0] in "aeiou" else "a"
        raise ImpossibleStep(
            f"{subject.capitalize()} {subject_id} is {state}, so the step '{step}' cannot be taken; "
            f"that needs {article} {' or '.join(allowed)} {subject}."
        )


def moment_of(step: Taking, at: datetime | None) -> datetime:
    """Say when one of several things told of in one step happened: then, or when the step is taken.

    Raises
    ------
    InputError
        When ``at`` has no time zone, or lies after the step.
    """
    if at is None:
        return step.at
    if at.tzinfo is None or at > step.at:
        raise InputError(f"at {at.isoformat()} needs a time zone, and lies no later than the step ({step.at}).")
    return at


def must_be_code(what: str, code: str, known: tuple[str, ...]) -> None:
    """Refuse a code that is not one of the known ones.

    Raises
    ------
    InputError
        With the known ones in its sentence.
    """
    if code not in known:
        raise InputError(f"{code!r} is not one of the {what}: {', '.join(known)}.")


def row_of(table: pd.DataFrame) -> dict[str, Any]:
    """Take the first row of a table, its times as datetimes and its missing values as ``None``."""
    return {str(name): _plain(value) for name, value in table.iloc[0].to_dict().items()}


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Take the rows of a table as :func:`row_of` does."""
    return [{str(name): _plain(value) for name, value in row.items()} for row in table.to_dict("records")]


def id_of(kind: str, *named: object) -> str:
    """Make an id that says what it is of, from what names it, so that the same step makes the same id."""
    return f"{kind}-{hashlib.sha256(json.dumps([str(part) for part in named]).encode()).hexdigest()[:12]}"


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    if value is pd.NaT or (isinstance(value, float) and pd.isna(value)):
        return None
    return value
