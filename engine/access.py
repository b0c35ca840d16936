"""Who may do what, and in which municipality: one table of operations, asked at every door of the engine.

A pilot in which no role was ever given belongs to whoever has the file and its key, and everybody may do everything.
From the first role on, an account without one is refused. Programs and people are accounts alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from engine.errors import AccessDenied, InputError
from engine.facts import AccessRefused, RoleGiven, RoleWithdrawn
from engine.reference import MUNICIPALITIES
from engine.standing import ROLES, roles_ever, standing_of
from engine.storage.mark import must_be_account

if TYPE_CHECKING:
    from engine.storage.reading import Reading
    from engine.storage.transaction import Transaction
    from engine.store import Store

LINK = "link:"
"""An account that begins so is a person who followed a signed link, named after what the link is about."""


DAILY = ("coordinator", "coordinator_protected")


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be done, and by whom; ``by_link``: also by the person whom a signed link was sent to."""

    code: str
    en: str
    roles: tuple[str, ...]
    by_link: bool = False


OPERATIONS = {
    operation.code: operation
    for operation in (
        Operation("see_requests", "see requests, proposals, offers and visits, without names", (*DAILY, "lead")),
        Operation("read_identity", "read a person's name, contacts and notes", DAILY),
        Operation("read_protected", "the same of a person with a protected identity", ("coordinator_protected",)),
        Operation("register_people", "register residents, volunteers, grants and relations; import", DAILY),
        Operation("clear_check", "record that a check was seen to be met", DAILY),
        Operation("keep_volunteer", "record availability, absence and leaving", DAILY),
        Operation("submit_request", "enter a request or a series", DAILY, by_link=True),
        Operation("withdraw_request", "take a request or a series back", DAILY, by_link=True),
        Operation("match", "make a match run", (*DAILY, "lead")),
        Operation("decide_proposal", "approve or reject a proposal", DAILY),
        Operation("override", "pin, forbid, swap or add by hand", DAILY),
        Operation("send_offer", "put an approved proposal to volunteers", DAILY),
        Operation("answer_offer", "record a volunteer's answer", DAILY, by_link=True),
        Operation("record_visit", "record the outcome of a visit", DAILY),
        Operation("cancel_visit", "cancel a visit", DAILY, by_link=True),
        Operation("give_feedback", "record what a side says of a visit", DAILY, by_link=True),
        Operation("record_survey", "record what a person answers to the survey", DAILY),
        Operation("report_incident", "report an incident", (*DAILY, "lead")),
        Operation("handle_incident", "triage and close an incident", (*DAILY, "lead")),
        Operation("send_messages", "send, show or copy messages", DAILY),
        Operation("evaluate", "see measures, runs and prices", (*DAILY, "lead", "researcher")),
        Operation("set_policy", "draft, try, adopt or roll back a policy, and set its guardrails", ("lead",)),
        Operation("extract", "write a research extract", ("lead", "researcher")),
        Operation("export_subject", "give a person all that is held about them", (*DAILY, "admin")),
        Operation("request_erasure", "ask for a person to be erased", (*DAILY, "admin")),
        Operation("decide_erasure", "approve or refuse an erasure, as a second person", ("lead", "admin")),
        Operation("retain", "destroy what the rules of retention no longer keep", ("admin",)),
        Operation("give_role", "give and withdraw roles", ("admin",)),
        Operation("read_audit", "see who did and who read what", ("lead", "admin")),
        Operation("keep_file", "back up and restore the pilot", ("admin",)),
    )
}


class Acting:
    """An account at work.

    Parameters
    ----------
    municipality_codes
        Those the account may work in; ``None`` for all.
    """

    def __init__(self, account_id: str, operation: str, municipality_codes: tuple[str, ...] | None) -> None:
        self.account_id = account_id
        self.operation = operation
        self.municipality_codes = municipality_codes

    def may_work_in(self, municipality_code: str) -> bool:
        """Say whether a municipality is the account's."""
        return self.municipality_codes is None or municipality_code in self.municipality_codes

    def must_work_in(self, municipality_code: str) -> None:
        """Refuse a municipality that is not the account's.

        Raises
        ------
        AccessDenied
            When it is another's.
        """
        if not self.may_work_in(municipality_code):
            name = MUNICIPALITIES.get(municipality_code, municipality_code)
            raise _denied(self.operation, f"{self.account_id} may not {OPERATIONS[self.operation].en} in {name}.")


def allow(reading: Reading, account_id: str, operation: str) -> Acting:
    """Check that an account may do something, whatever the municipality.

    Raises
    ------
    AccessDenied
        When its role does not allow it, or it has none.
    InputError
        When there is no such operation, or this cannot be an account.
    """
    if operation not in OPERATIONS:
        raise InputError(f"There is no operation {operation!r}.")
    must_be_account(account_id)
    wanted = OPERATIONS[operation]
    if account_id.startswith(LINK):
        if not wanted.by_link:
            raise _denied(operation, f"A link may not {wanted.en}.")
        return Acting(account_id, operation, None)
    standing = standing_of(reading, account_id)
    if not standing.is_owner and standing.role is None:
        raise _denied(operation, f"{account_id} has no role in this pilot, so may not {wanted.en}; ask an admin.")
    if not standing.is_owner and standing.role not in wanted.roles:
        theirs = " or ".join(wanted.roles)
        raise _denied(operation, f"{account_id} is {standing.role} and may not {wanted.en}; that is for {theirs}.")
    return Acting(account_id, operation, standing.municipality_codes)


@contextmanager
def acting(
    store: Store, account_id: str, operation: str, *, idempotency_key: str | None = None, action: str | None = None
) -> Iterator[tuple[Transaction, Acting]]:
    """Open a transaction for an operation of an account; a refusal is noted in the log.

    Parameters
    ----------
    action
        What the log calls it, if it is to be told more closely than by the operation.

    Raises
    ------
    AccessDenied
        When the account may not do it, at once or as soon as the municipality is known.
    """
    with (
        _noting_refusals(store, account_id, operation),
        store.transaction(account_id, action or operation, idempotency_key=idempotency_key) as transaction,
    ):
        yield transaction, allow(transaction, account_id, operation)


@contextmanager
def looking(store: Store, account_id: str, operation: str) -> Iterator[tuple[Reading, Acting]]:
    """Open a reading for an operation of an account that writes nothing; a refusal is noted in the log.

    Raises
    ------
    AccessDenied
        When the account may not do it, at once or as soon as the municipality is known.
    """
    with _noting_refusals(store, account_id, operation), store.reading() as reading:
        yield reading, allow(reading, account_id, operation)


@contextmanager
def _noting_refusals(store: Store, account_id: str, operation: str) -> Iterator[None]:
    """Note a refusal once what it happened in is undone; an operation within another notes its own, the outer none."""
    try:
        yield
    except AccessDenied as error:
        if not error.is_noted:
            refused = error.operation or operation
            with store.transaction(account_id, "refused") as transaction:
                now = transaction.recorded_at
                transaction.append([AccessRefused(occurred_at=now, account_id=account_id, operation=refused)])
            error.is_noted = True
        raise


def _denied(operation: str, sentence: str) -> AccessDenied:
    denied = AccessDenied(sentence)
    denied.operation = operation
    return denied


def table() -> str:
    """Write who may do what as a table in Markdown: operation × role, and by a signed link."""
    lines = [["what", "operation", *(f"`{role}`" for role in ROLES), "link"], ["---"] * 2 + [":-:"] * (len(ROLES) + 1)]
    for op in OPERATIONS.values():
        allowed = [*(role in op.roles for role in ROLES), op.by_link]
        lines.append([op.en, f"`{op.code}`", *("yes" if is_allowed else "" for is_allowed in allowed)])
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def give_role(store: Store, actor_id: str, account_id: str, role: str, municipality_codes: Iterable[str] = ()) -> None:
    """Give an account a role, in place of its earlier one; the first role of a pilot is an admin's.

    Raises
    ------
    InputError
        When there is no such account, role or municipality, a coordinator has none, the first role is not an admin's,
        or no admin would be left.
    AccessDenied
        When ``actor_id`` may not.
    """
    codes = tuple(municipality_codes)
    if role not in ROLES:
        raise InputError(f"There is no role {role!r}; there are {', '.join(ROLES)}.")
    if unknown := [code for code in codes if code not in MUNICIPALITIES]:
        raise InputError(f"{unknown[0]!r} is not the code of a municipality of the pilot.")
    if ROLES[role].is_municipal != bool(codes):
        needs = "needs at least one municipality" if ROLES[role].is_municipal else "is for all municipalities"
        raise InputError(f"The role {role} {needs}.")
    must_be_account(account_id)
    if account_id.startswith(LINK):
        raise InputError(f"An account cannot be called {account_id!r}.")
    with acting(store, actor_id, "give_role", action="give role") as (transaction, _):
        if role != "admin":
            if roles_ever(transaction).empty:
                raise InputError("The first role of a pilot is an admin's, so that somebody can give the others.")
            _must_leave_an_admin(transaction, account_id)
        transaction.append(
            [RoleGiven(occurred_at=transaction.recorded_at, account_id=account_id, role=role, municipality_codes=codes)]
        )


def withdraw_role(store: Store, actor_id: str, account_id: str) -> None:
    """Take an account's role away.

    Raises
    ------
    InputError
        When it has none, or is the last admin.
    AccessDenied
        When ``actor_id`` may not.
    """
    with acting(store, actor_id, "give_role", action="withdraw role") as (transaction, _):
        if account_id not in set(roles_given(transaction)["account_id"]):
            raise InputError(f"{account_id} has no role.")
        _must_leave_an_admin(transaction, account_id)
        transaction.append([RoleWithdrawn(occurred_at=transaction.recorded_at, account_id=account_id)])


def list_roles(store: Store, actor_id: str) -> pd.DataFrame:
    """List the accounts that have a role, for those who give them (columns of :func:`roles_given`).

    Raises
    ------
    AccessDenied
        When ``actor_id`` may not.
    """
    with looking(store, actor_id, "give_role") as (reading, _):
        return roles_given(reading)


def roles_given(reading: Reading) -> pd.DataFrame:
    """Read the roles that hold: ``account_id``, ``role``, ``municipality_codes``, one row per account, by id."""
    roles = roles_ever(reading)
    return roles[roles["role"].notna()].reset_index(drop=True)


def _must_leave_an_admin(reading: Reading, account_id: str) -> None:
    roles = roles_given(reading)
    if roles.loc[roles["role"] == "admin", "account_id"].tolist() == [account_id]:
        raise InputError(f"{account_id} is the last admin; give another account that role first.")
