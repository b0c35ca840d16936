"""One fact of every kind, made from its fields alone, so that a new kind is never forgotten."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from engine.facts import Fact, Window, all_kinds, columns_of, table_of
from engine.storage.rows import UTC_COLUMNS

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)

CONSTRAINED = {
    "relation_stated.kind": "blocked",
    "offer_answered.response": "accepted",
    "visit_ended.outcome": "completed",
    "override_stated.kind": "pin",
    "run_made.proof": "optimal",
    "shadow_run_made.proof": "optimal",
    "proposal_decided.decision": "approved",
    "offer_closed.reason_code": "filled",
    "feedback_given.side": "resident",
    "survey_answered.side": "resident",
    "survey_answered.occasion": "registration",
    "survey_declined.side": "resident",
    "identity_read.what": "person",
    "erasure_decided.decision": "approved",
    "message_settled.outcome": "sent",
    "worth_found.kind": "volunteer",
}
"""Columns that take certain words only."""

_PLAIN: dict[Any, Any] = {str: "x", int: 1, float: 0.5, bool: True, date: date(2026, 1, 1)}


def one_of(kind: type[Fact], **fields: Any) -> Fact:
    """Make a fact of a kind in which every field is filled."""
    hints = get_type_hints(kind)
    values = {name: _value(kind, name, hints[name]) for name in columns_of(kind)}
    return kind(**(values | fields))


def one_of_each() -> list[Fact]:
    """Make a fact of every kind."""
    return [one_of(kind) for kind in all_kinds()]


def _value(kind: type[Fact], name: str, hint: Any) -> Any:
    if isinstance(hint, UnionType):
        hint = get_args(hint)[0]
    if get_origin(hint) is tuple:
        return (Window(1, time(9), time(10)),) if get_args(hint)[0] is Window else ("sv",)
    if hint is datetime:
        return NOW if name in UTC_COLUMNS else NOW.replace(tzinfo=None)
    return CONSTRAINED.get(f"{table_of(kind)}.{name}", _PLAIN.get(hint))
