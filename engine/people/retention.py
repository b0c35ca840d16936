"""What is kept how long: the rules of ``data/reference/retention.toml``, what is due by them, and its destruction.

Free texts go when their time is over. A person is never destroyed by a rule alone: an erasure is asked for, and a
second person decides it (``privacy.py``).
"""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine import facts, reference
from engine.access import looking
from engine.clock import local_of
from engine.errors import InputError
from engine.lifecycle import Taking, taking
from engine.people.destruction import Search, finish

if TYPE_CHECKING:
    from engine.store import Reading, Store

DUE_COLUMNS = ["rule", "what", "id", "since", "due_on"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of retention.

    Parameters
    ----------
    what
        ``notes``, ``persons`` or ``kept``.
    services
        What it is about: services, or ``incident``.
    months
        How long, from what ``counted_from`` says.
    source, source_sv
        The law that sets it, or whose assumption it is; in English and in Swedish.
    """

    code: str
    what: str
    services: tuple[str, ...]
    months: int
    counted_from: str
    valid_from: date
    source: str
    source_sv: str
    en: str
    sv: str


@dataclass(frozen=True, slots=True)
class Retention:
    """What a run of retention found, and did.

    Parameters
    ----------
    due
        ``rule``, ``what`` (notes or persons), ``id`` (of the note or the resident), ``since`` and ``due_on``.
    n_notes, erasure_ids
        Notes destroyed and erasures asked for; none in a dry run.
    search
        The proof of the rewritten file; ``None`` when nothing was destroyed.
    """

    due: pd.DataFrame
    n_notes: int = 0
    erasure_ids: tuple[str, ...] = ()
    search: Search | None = None


def retain(store: Store, actor_id: str, at: datetime | None = None, *, dry_run: bool = True) -> Retention:
    """Find what the rules no longer keep; unless ``dry_run``, destroy due notes and ask for due persons to be erased.

    The file is rewritten once, also when an earlier destruction was interrupted before that.

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError
        When something is to be destroyed as of a time that has not come.
    """
    if dry_run:
        with looking(store, actor_id, "retain") as (reading, _):
            return Retention(_due(*_found(reading, at or store.clock())))
    if at is not None and at > store.clock():
        raise InputError(f"{at.isoformat()} has not come: what is due then is destroyed then.")
    with taking(store, actor_id, "retain", at) as step:
        notes, persons = _found(step.transaction, step.moment)
        n_notes = _purge(step, notes)
        erasure_ids = _ask_for_erasures(step, persons)
    return Retention(_due(notes, persons), n_notes, erasure_ids, finish(store, actor_id))


def _found(reading: Reading, moment: datetime) -> tuple[pd.DataFrame, pd.DataFrame]:
    return notes_due(reading, moment), persons_due(reading, moment)


def _due(notes: pd.DataFrame, persons: pd.DataFrame) -> pd.DataFrame:
    tables = [_table(notes, "notes", "note_id"), _table(persons, "persons", "resident_id")]
    return pd.concat(tables, ignore_index=True)


def notes_due(reading: Reading, moment: datetime) -> pd.DataFrame:
    """List the notes whose time is over: ``note_id``, ``subject``, ``rule``, ``over_at``, ``due_at``."""
    return reading.query("notes_due", tables={"note_rule": rule_table("notes", moment)}, **_moment(moment))


def persons_due(reading: Reading, moment: datetime) -> pd.DataFrame:
    """List the persons with whom nothing has happened for too long: ``resident_id``, ``seen_at``, ``due_at``, ``rule``.

    Not among them: who must be kept, and whose erasure was asked for already.
    """
    [rule] = rules("persons", local_of(moment).date())
    people = reading.query("persons_last_seen", **_moment(moment))
    due_at = people["seen_at"] + pd.DateOffset(months=rule.months)
    kept = kept_table(reading, moment)
    still_kept = kept.loc[kept["kept_until"] > local_of(moment), "resident_id"]
    asked = reading.query("erasures")
    waiting = asked.loc[asked["status"].isin(["requested", "approved"]), "resident_id"]
    is_due = ~people["is_active"].astype(bool) & (due_at <= local_of(moment))
    is_due &= ~people["resident_id"].isin([*still_kept, *waiting])
    return people.assign(due_at=due_at, rule=rule.code)[is_due].reset_index(drop=True)


def kept_until(reading: Reading, resident_id: str, moment: datetime) -> date | None:
    """Say until which day a rule keeps what is held about a resident; ``None`` when none does any more."""
    kept = kept_table(reading, moment)
    for until in kept.loc[kept["resident_id"] == resident_id, "kept_until"]:
        if until > local_of(moment):
            return date(until.year, until.month, until.day)
    return None


def kept_table(reading: Reading, moment: datetime) -> pd.DataFrame:
    """List until when residents must be kept: ``resident_id``, ``rule``, ``kept_until`` (local)."""
    table = rule_table("kept", moment).rename(columns={"subject_kind": "service"})
    return reading.query("documented", tables={"kept_rule": table}, **_moment(moment))


def rule_table(what: str, moment: datetime) -> pd.DataFrame:
    """Lay out which rule holds for what: ``subject_kind`` (a service or ``incident``), ``rule``, ``months``."""
    by_kind: dict[str, Rule] = {}
    # A rule that names few services goes before one for many.
    for rule in sorted(rules(what, local_of(moment).date()), key=lambda rule: len(rule.services)):
        for service in rule.services:
            by_kind.setdefault(service, rule)
    rows = [(kind, rule.code, rule.months) for kind, rule in by_kind.items()]
    return pd.DataFrame(rows, columns=["subject_kind", "rule", "months"])


def rules(what: str, day: date) -> list[Rule]:
    """List the rules of a kind that hold on a day, the newest of each code's dates."""
    return [rule for rule in _rules() if rule.what == what and rule.valid_from <= day]


@cache
def bases() -> dict[str, dict[str, Any]]:
    """Read the grounds of erasure by code: names, law, and whether it goes before what must be kept."""
    return dict(_content()["basis"])


@cache
def reasons() -> dict[str, dict[str, Any]]:
    """Read the reasons of a decision by code: names, and the decision each is for."""
    return dict(_content()["reason"])


def must_be_basis(code: str) -> None:
    """Refuse what is no ground of erasure.

    Raises
    ------
    InputError
        When there is no such ground.
    """
    if code not in bases():
        raise InputError(f"There is no ground of erasure {code!r}; there are {', '.join(bases())}.")


def _purge(step: Taking, notes: pd.DataFrame) -> int:
    n_notes = step.transaction.destroy_notes(notes["note_id"].tolist())
    counted = notes.groupby("rule").size()
    step.append(
        *(facts.NotesPurged(occurred_at=step.at, rule=str(rule), n_notes=int(n)) for rule, n in counted.items())
    )
    return n_notes


def _ask_for_erasures(step: Taking, persons: pd.DataFrame) -> tuple[str, ...]:
    asked = [
        facts.ErasureRequested(
            occurred_at=step.at,
            erasure_id=f"erasure-{secrets.token_hex(6)}",
            resident_id=resident_id,
            legal_basis="retention_over",
            not_before=None,
        )
        for resident_id in persons["resident_id"]
    ]
    step.append(*asked)
    return tuple(fact.erasure_id for fact in asked)


def _table(due: pd.DataFrame, what: str, name: str) -> pd.DataFrame:
    since = "over_at" if what == "notes" else "seen_at"
    columns = {name: "id", since: "since", "due_at": "due_on"}
    return due.assign(what=what).rename(columns=columns)[DUE_COLUMNS]


def _moment(moment: datetime) -> dict[str, Any]:
    return {"as_of": moment, "local_now": local_of(moment)}


@cache
def _rules() -> tuple[Rule, ...]:
    return tuple(
        Rule(
            code=code,
            what=rule["what"],
            services=tuple(_services(rule.get("of", ()))),
            months=rule["months"],
            counted_from=rule["counted_from"],
            valid_from=rule["from"],
            source=rule.get("law") or f"assumption {rule['assumption']}",
            source_sv=rule["source_sv"],
            en=rule["name_en"],
            sv=rule["name_sv"],
        )
        for code, rule in _content()["rule"].items()
    )


def _services(of: str | Sequence[str]) -> Sequence[str]:
    if of == "incidents":
        return ["incident"]
    if of in ("needs_test", "no_needs_test"):
        wanted = of == "needs_test"
        return [code for code, service in reference.services().items() if service["needs_test"] == wanted]
    return [of] if isinstance(of, str) else of


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads((reference.REFERENCE / "retention.toml").read_text(encoding="utf-8"))
