"""Bringing a backup back: checked beside the pilot first, then put in its place; the pilot before it is kept.

What must not be wound back is carried over from the pilot that goes: rights given or withdrawn since the backup,
and erasures and protections, which are carried out again on the backup before anybody can open it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from engine import facts
from engine.access import Acting, acting
from engine.errors import InputError, StoreBusyError, StoreError
from engine.lifecycle import Taking
from engine.people.destruction import finish
from engine.people.protection import protect
from engine.privacy import erase
from engine.storage import durable, identity, rewriting, trouble
from engine.storage.backup import Condition, condition_of, hash_of, opened_copy
from engine.storage.place import SET_ASIDE, Place
from engine.store import Store, utc_now

if TYPE_CHECKING:
    from engine.store import Reading

ENDING = ".restoring"
CARRY_OVER = "backup brought back"

_Kind = TypeVar("_Kind", bound=facts.Fact)


@dataclass(frozen=True, slots=True)
class Restored:
    """A pilot that goes on from a backup.

    Parameters
    ----------
    condition
        What the backup holds.
    is_known
        Whether the pilot before knew this file as its own backup; ``None`` when there was none to ask.
    set_aside
        Where the pilot before is kept.
    n_entries_set_aside
        How many entries of its log the backup does not have; ``None`` when it could not be read.
    unreadable
        Why the pilot before could not be read.
    erased_again
        The erasures that were carried out again.
    protected_again
        The residents whose identity became protected since, and is again.
    has_key
        Whether there was a key, which then fitted.
    """

    path: Path
    backup: Path
    content_hash: str
    condition: Condition
    is_known: bool | None = None
    set_aside: Path | None = None
    n_entries_set_aside: int | None = None
    unreadable: str | None = None
    erased_again: tuple[str, ...] = ()
    protected_again: tuple[str, ...] = ()
    has_key: bool = True

    @property
    def sentences(self) -> list[str]:
        """Say what was done, and what is left to do."""
        until, said = self.condition.until_entry, []
        said.append(f"{self.path} is now the backup {self.backup}, its log up to entry {until}.")
        if self.set_aside:
            said.append(f"The pilot before it is kept as {self.set_aside}.")
        if self.n_entries_set_aside:
            entries = "entry is" if self.n_entries_set_aside == 1 else "entries are"
            said.append(f"{self.n_entries_set_aside} later {entries} only there; enter what still holds again.")
        if self.is_known is False:
            said.append("The pilot before did not know this file as a backup of its own: see that it is the right one.")
        if self.erased_again:
            said.append(f"Erased again: {', '.join(self.erased_again)}.")
        if self.protected_again:
            said.append(f"Protected again: {', '.join(self.protected_again)}.")
        if self.unreadable:
            said.append(
                f"The pilot before could not be read ({self.unreadable}) Erasures and rights given or withdrawn after"
                " the backup are not known here: repeat them by hand."
            )
        if not self.has_key:
            said.append(f"There is no key: put it in {identity.key_file(self.path)} or {identity.KEY_VARIABLE}.")
        return [*said, "Run `mikro retain` too: texts destroyed by rule since the backup are back."]


def restore(
    path: Path,
    backup: Path,
    actor_id: str,
    *,
    despite_faults: bool = False,
    clock: Callable[[], datetime] = utc_now,
    lock_timeout_s: float = 30.0,
) -> Restored:
    """Put a backup in the place of a pilot, or where there is none any more; dashboards need not be stopped.

    The backup itself is only read. A crash at any moment leaves the old pilot or the restored one in place, or, when
    the old one was damaged, a message that a restore was cut short.

    Parameters
    ----------
    path
        The pilot to replace. Its key, or ``MIKRO_KEY``, has to fit the backup.
    despite_faults
        Take a backup whose log is not as it was written too, when there is no other.

    Raises
    ------
    AccessDenied
        When the account may not, by the roles of the pilot in place, or by the backup's when that cannot be read.
    InputError
        When there is no such backup.
    StoreError
        When the backup is damaged, changed, of a newer program or of another key, or the pilot is busy; all stays as
        it was.
    """
    path, backup = Path(path).resolve(), Path(backup).resolve()
    if not backup.is_file():
        raise InputError(f"There is no backup {backup}.")
    if backup == path:
        raise InputError(f"{backup} is the pilot itself; name the backup to put in its place.")
    fresh = path.with_name(path.name + ENDING)
    try:
        with _copied(path, backup, fresh):
            content_hash = hash_of(fresh)
            with opened_copy(fresh, str(backup), path) as copy, _present(path, clock, lock_timeout_s) as (old, why):
                copy.clock = clock
                condition = _sound(copy, backup, despite_faults)
                with acting(old or copy, actor_id, "keep_file"):
                    pass
                told = _carry_over(old, copy, actor_id, content_hash, condition) if old else {}
                _note(copy, actor_id, content_hash, condition)
                has_key = identity.find_master_key(path) is not None
                aside = _exchange(old, fresh, path, clock())
    except OSError as error:
        raise StoreError(trouble.of_system(str(path), error)) from error
    return Restored(path, backup, content_hash, condition, set_aside=aside, unreadable=why, has_key=has_key, **told)


@contextmanager
def _copied(path: Path, backup: Path, fresh: Path) -> Iterator[None]:
    """Copy the backup beside the pilot, with its log if somebody copied a file that had one; clean up afterwards."""
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {path.parent} to restore into.")
    durable.remove(fresh)
    try:
        durable.copy_with_logs(backup, fresh)
        yield
    finally:
        durable.remove(fresh)


@contextmanager
def _present(path: Path, clock: Callable[[], datetime], lock_timeout_s: float) -> Iterator[tuple[Store | None, str]]:
    """Hold the pilot in place, and give it when it can be read, else why not."""
    store, why = None, ""
    if path.exists():
        try:
            store = Store(path, clock=clock, lock_timeout_s=lock_timeout_s)
            rewriting.contents_of(store)
        except StoreBusyError:
            raise
        except StoreError as error:
            store, why = None, str(error)
    with store.held() if store else Place(path, None, lock_timeout_s).turn():
        yield store, why
    if store:
        store.close()


def _sound(copy: Store, backup: Path, despite_faults: bool) -> Condition:
    try:
        condition = condition_of(copy)
    except StoreError as error:
        raise StoreError(f"The backup {backup} cannot be used, and nothing was changed. {error}") from error
    if condition.log_faults and not despite_faults:
        raise StoreError(
            f"The log in the backup {backup} is not as it was written, and nothing was changed:"
            f" {condition.log_faults[0]} Use another backup, or --despite-faults if there is none."
        )
    return condition


def _carry_over(old: Store, copy: Store, actor_id: str, content_hash: str, condition: Condition) -> dict[str, Any]:
    """Repeat in the backup what must not be wound back, and say what the old pilot knows of it."""
    with old.reading() as reading, copy.reading() as copied:
        own = set(reading.facts_of("backup_made")["content_hash"].to_pylist())
        rights = _changed_rights(reading, copied, copy.clock())
        erasures = _erasures_since(reading, copied)
        protected = _protected_since(reading, copied)
        n_more = reading.last_entry_no - condition.until_entry
    who = Acting(actor_id, "keep_file", None)
    with copy.transaction(actor_id, CARRY_OVER) as transaction:
        transaction.append(rights)
        transaction.append(fact for decided in erasures.values() for fact in decided)
        transaction.append(protected)
        protect(Taking(transaction, who, None), protected)
    for erasure_id in erasures:
        erase(copy, actor_id, erasure_id)
    if protected:
        finish(copy, actor_id)
    return {
        "is_known": content_hash in own,
        "n_entries_set_aside": max(0, n_more),
        "erased_again": tuple(erasures),
        "protected_again": tuple(fact.resident_id for fact in protected),
    }


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


def _note(copy: Store, actor_id: str, content_hash: str, condition: Condition) -> None:
    with copy.transaction(actor_id, "restore") as transaction:
        restored = facts.BackupRestored(
            occurred_at=transaction.recorded_at, content_hash=content_hash, until_entry=condition.until_entry
        )
        transaction.append([restored])


def _exchange(old: Store | None, fresh: Path, path: Path, now: datetime) -> Path | None:
    if not path.exists():
        durable.put_in_place(fresh, path)
        return None
    aside = _free_name(path.with_name(f"{path.name}{SET_ASIDE}{now:%Y%m%dT%H%M%SZ}"))
    if old:
        rewriting.give_way(old, fresh, aside)
    else:
        durable.exchange(fresh, path, aside)
    return aside


def _free_name(path: Path) -> Path:
    """Give the name, numbered where it is taken: two restores may fall into one second."""
    names = chain([path], (path.with_name(f"{path.name}-{n}") for n in count(2)))
    return next(name for name in names if not name.exists())
