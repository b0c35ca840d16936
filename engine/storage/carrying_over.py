"""What a restore may not wind back: rights, erasures, protections, and which messages went out.

All of it is repeated in the backup, from the pilot that goes, before anybody can open it. Without that pilot nobody
knows which messages went out since, so those that waited are left for a person to decide about.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from engine import facts
from engine.access import Acting
from engine.lifecycle import Taking
from engine.people.destruction import finish
from engine.people.protection import protect
from engine.privacy import erase

if TYPE_CHECKING:
    from engine.store import Reading, Store

CARRY_OVER = "backup brought back"
EVER = datetime(9999, 1, 1, tzinfo=UTC)

_Kind = TypeVar("_Kind", bound=facts.Fact)
_Event = facts.MessageAttempted | facts.MessageSettled


@dataclass(frozen=True, slots=True)
class Carried:
    """What was carried over from the pilot before.

    Parameters
    ----------
    is_known
        Whether it knew the file as its own backup; ``None`` when there was none to ask.
    n_entries_set_aside
        How many entries of its log the backup does not have; ``None`` when it could not be read.
    erased_again
        The erasures that were carried out again.
    protected_again
        The residents whose identity became protected since, and is again.
    n_messages
        How many messages of the backup it had sent, or tried to send, since.
    n_messages_unclear
        How many messages waited in the backup of which nobody knows whether they went out since.
    """

    is_known: bool | None = None
    n_entries_set_aside: int | None = None
    erased_again: tuple[str, ...] = ()
    protected_again: tuple[str, ...] = ()
    n_messages: int = 0
    n_messages_unclear: int = 0

    @property
    def sentences(self) -> list[str]:
        """Say what was carried over, and what is left to do."""
        said = []
        if self.n_entries_set_aside:
            entries = "entry is" if self.n_entries_set_aside == 1 else "entries are"
            said.append(f"{self.n_entries_set_aside} later {entries} only there; enter what still holds again.")
        if self.is_known is False:
            said.append("The pilot before did not know this file as a backup of its own: see that it is the right one.")
        if self.erased_again:
            said.append(f"Erased again: {', '.join(self.erased_again)}.")
        if self.protected_again:
            said.append(f"Protected again: {', '.join(self.protected_again)}.")
        if self.n_messages:
            said.append(f"Messages sent or tried since the backup, which go out no second time: {self.n_messages}.")
        if self.n_messages_unclear:
            said.append(
                f"Whether messages that waited in the backup went out since is not known; {self.n_messages_unclear} are"
                " unclear now, and a person decides about each (`mikro messages`)."
            )
        return said


def carry_over(old: Store, copy: Store, actor_id: str, content_hash: str, until_entry: int) -> Carried:
    """Repeat in the copy of a backup what must not be wound back, and say what the old pilot knows of it.

    Parameters
    ----------
    content_hash, until_entry
        Of the backup: the hash of its file, and the last entry of its log.
    """
    with old.reading() as reading, copy.reading() as copied:
        own = set(reading.facts_of("backup_made")["content_hash"].to_pylist())
        rights = _changed_rights(reading, copied, copy.clock())
        erasures = _erasures_since(reading, copied)
        protected = _protected_since(reading, copied)
        n_more = reading.last_entry_no - until_entry
    with copy.transaction(actor_id, CARRY_OVER) as transaction:
        transaction.append(rights)
        transaction.append(fact for decided in erasures.values() for fact in decided)
        transaction.append(protected)
        protect(Taking(transaction, Acting(actor_id, "keep_file", None), None), protected)
    for erasure_id in erasures:
        erase(copy, actor_id, erasure_id)
    if protected:
        finish(copy, actor_id)
    return Carried(
        is_known=content_hash in own,
        n_entries_set_aside=max(0, n_more),
        erased_again=tuple(erasures),
        protected_again=tuple(fact.resident_id for fact in protected),
        n_messages=_carry_messages(old, copy, actor_id),
    )


def doubt_messages(copy: Store, actor_id: str) -> Carried:
    """Make every message that waits and is due by now unclear, so that none is sent a second time unasked."""
    with copy.transaction(actor_id, CARRY_OVER) as transaction:
        now = transaction.recorded_at
        messages = transaction.state("messages_at", EVER)
        is_due = messages["status"].isin(["queued", "failed"]) & (messages["send_after"] <= now.replace(tzinfo=None))
        waiting = messages[is_due]
        transaction.append(
            facts.MessageAttempted(occurred_at=now, message_id=message_id, attempt=int(n_attempts) + 1)
            for message_id, n_attempts in zip(waiting["message_id"], waiting["n_attempts"], strict=True)
        )
    return Carried(n_messages_unclear=len(waiting))


def _carry_messages(old: Store, copy: Store, actor_id: str) -> int:
    """Repeat the attempts and settlements since, of the messages the copy holds, and count these messages.

    An attempt without an end goes into an entry of its own, after all settlements: that is what makes it unclear.
    """
    with old.reading() as reading, copy.reading() as copied:
        held = set(copied.facts_of("message_queued")["message_id"].to_pylist())
        attempts = _since(facts.MessageAttempted, reading, copied, held)
        settled = _since(facts.MessageSettled, reading, copied, held)
        ends = {row["message_id"]: row["entry_no"] for row in reading.facts_of("message_settled").to_pylist()}
    ended: list[_Event] = [fact for entry_no, fact in attempts if entry_no <= ends.get(fact.message_id, 0)]
    ended += [fact for _, fact in settled]
    open_still = [fact for entry_no, fact in attempts if entry_no > ends.get(fact.message_id, 0)]
    for events in (ended, open_still):
        with copy.transaction(actor_id, CARRY_OVER) as transaction:
            transaction.append(events)
    return len({fact.message_id for fact in (*ended, *open_still)})


def _since(kind: type[_Kind], old: Reading, copied: Reading, held: set[str]) -> list[tuple[int, _Kind]]:
    """List the facts about messages that the backup holds which it does not hold itself, each with its entry."""
    table = facts.table_of(kind)
    n_there = Counter(copied.facts_of(table)["message_id"].to_pylist())
    n_seen: Counter[str] = Counter()
    found = []
    for row in old.facts_of(table).to_pylist():
        message_id = row["message_id"]
        n_seen[message_id] += 1
        if message_id in held and n_seen[message_id] > n_there[message_id]:
            found.append((row["entry_no"], _fact_of(kind, row)))
    return found


def _changed_rights(old: Reading, copied: Reading, now: datetime) -> list[facts.Fact]:
    """Say what brings the roles of the backup to those of the pilot that goes."""
    is_now, was = _roles(old), _roles(copied)
    changes: list[facts.Fact] = []
    for account_id in sorted(is_now.keys() | was.keys()):
        role, codes = is_now.get(account_id, (None, ()))
        if (role, codes) == was.get(account_id, (None, ())):
            continue
        if role is None:
            changes.append(facts.RoleWithdrawn(occurred_at=now, account_id=account_id))
        else:
            given = facts.RoleGiven(occurred_at=now, account_id=account_id, role=role, municipality_codes=codes)
            changes.append(given)
    return changes


def _roles(reading: Reading) -> dict[str, tuple[str | None, tuple[str, ...]]]:
    roles: dict[str, tuple[str | None, tuple[str, ...]]] = {}
    for row in reading.query("roles").to_dict("records"):
        has_role = isinstance(row["role"], str)
        roles[row["account_id"]] = (row["role"], tuple(row["municipality_codes"])) if has_role else (None, ())
    return roles


def _erasures_since(old: Reading, copied: Reading) -> dict[str, list[facts.Fact]]:
    """List the erasures carried out after the backup of persons it holds, each with what was asked and decided."""
    known = set(copied.facts_of("resident_registered")["resident_id"].to_pylist())
    done_there = set(copied.facts_of("person_erased")["erasure_id"].to_pylist())
    done = {
        row["erasure_id"]: row["resident_id"]
        for row in old.facts_of("person_erased").to_pylist()
        if row["erasure_id"] not in done_there and row["resident_id"] in known
    }
    kinds = (facts.ErasureRequested, facts.ErasureDecided)
    found: dict[str, list[facts.Fact]] = {erasure_id: [] for erasure_id in done}
    for kind in kinds:
        there = {row["erasure_id"] for row in copied.facts_of(facts.table_of(kind)).to_pylist()}
        for row in old.facts_of(facts.table_of(kind)).to_pylist():
            if row["erasure_id"] in done.keys() - there:
                found[row["erasure_id"]].append(_fact_of(kind, row))
    return found


def _protected_since(old: Reading, copied: Reading) -> list[facts.ResidentRegistered]:
    """List the registrations of those whose identity became protected after the backup."""
    known = copied.facts_of("resident_registered").to_pylist()
    newest = {row["resident_id"]: row["protected_identity"] for row in known}
    now = {row["resident_id"]: row for row in old.facts_of("resident_registered").to_pylist()}
    became = [row for name, row in now.items() if row["protected_identity"] and newest.get(name) is False]
    return [_fact_of(facts.ResidentRegistered, row | {"languages": tuple(row["languages"])}) for row in became]


def _fact_of(kind: type[_Kind], row: dict[str, Any]) -> _Kind:
    values = {name: row[name] for name in facts.columns_of(kind)}
    return kind(**values | {"occurred_at": row["occurred_at"].replace(tzinfo=UTC)})
