"""Bringing a backup back: checked beside the pilot first, then put in its place; the pilot before it is kept.

What must not be wound back is carried over from the pilot that goes (``carrying_over.py``) before anybody can open it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from pathlib import Path

from engine import facts
from engine.access import acting
from engine.errors import InputError, StoreBusyError, StoreError
from engine.storage import durable, identity, rewriting, trouble
from engine.storage.backup import Condition, condition_of, hash_of, opened_copy
from engine.storage.carrying_over import Carried, carry_over, doubt_messages
from engine.storage.place import SET_ASIDE, Place
from engine.store import Store, utc_now

ENDING = ".restoring"


@dataclass(frozen=True, slots=True)
class Restored:
    """A pilot that goes on from a backup.

    Parameters
    ----------
    condition
        What the backup holds.
    carried
        What was carried over from the pilot before.
    set_aside
        Where the pilot before is kept.
    unreadable
        Why the pilot before could not be read.
    has_key
        Whether there was a key, which then fitted.
    """

    path: Path
    backup: Path
    content_hash: str
    condition: Condition
    carried: Carried
    set_aside: Path | None = None
    unreadable: str | None = None
    has_key: bool = True

    @property
    def sentences(self) -> list[str]:
        """Say what was done, and what is left to do."""
        until, said = self.condition.until_entry, []
        said.append(f"{self.path} is now the backup {self.backup}, its log up to entry {until}.")
        if self.set_aside:
            said.append(f"The pilot before it is kept as {self.set_aside}.")
        said += self.carried.sentences
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
                if old:
                    carried = carry_over(old, copy, actor_id, content_hash, condition.until_entry)
                else:
                    carried = doubt_messages(copy, actor_id)
                _note(copy, actor_id, content_hash, condition)
                has_key = identity.find_master_key(path) is not None
                aside = _exchange(old, fresh, path, clock())
    except OSError as error:
        raise StoreError(trouble.of_system(str(path), error)) from error
    return Restored(path, backup, content_hash, condition, carried, aside, why, has_key)


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
