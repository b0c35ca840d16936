"""Copies of the pilot to fall back on: made while others work, opened before they count, and brought back.

A backup is one DuckDB file, whole and without a log. The key that opens its identities is never in it: whoever keeps
the backup keeps the key elsewhere, and destroying a person's key reaches a backup only when it is restored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.access import acting
from engine.errors import InputError, StoreError
from engine.facts import BackupMade
from engine.storage import durable, rewriting, trouble
from engine.storage.log_check import check_log
from engine.store import Store

PART = ".part"
KEY_IS_ELSEWHERE = (
    "The key is not in it: keep the .key file (or MIKRO_KEY) somewhere else; without it no name can be read."
)


@dataclass(frozen=True, slots=True)
class Condition:
    """What a pilot holds at one moment.

    Parameters
    ----------
    until_entry, chain
        The last entry of the log and its link in the chain.
    contents
        By table, how many rows and a fingerprint of them.
    log_faults
        Where the log is not as it was written, a sentence each.
    problems
        What ``check_integrity`` says, a sentence each.
    """

    until_entry: int
    chain: str
    contents: dict[str, tuple[int, str]]
    log_faults: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def n_rows(self) -> int:
        """How many rows there are over all tables."""
        return sum(n for n, _ in self.contents.values())


@dataclass(frozen=True, slots=True)
class Backup:
    """A verified copy; ``content_hash`` is the SHA-256 of the file, so that any tool can check it."""

    path: Path
    n_bytes: int
    content_hash: str
    condition: Condition

    @property
    def sentence(self) -> str:
        """Say what was made."""
        return (
            f"Wrote {self.path}: {self.n_bytes:,} bytes, {self.condition.n_rows:,} rows, the log up to entry"
            f" {self.condition.until_entry}; it was opened and is the same as the pilot. {KEY_IS_ELSEWHERE}"
        )


def back_up(store: Store, actor_id: str, to: Path) -> Backup:
    """Copy the pilot while others work with it, and open the copy to see that it is whole.

    Others wait while the file is copied, not while the copy is checked.

    Parameters
    ----------
    to
        The file to write, which must not exist, or a folder, in which it is named after the time.

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError
        When there is a file already, or no folder, or the name belongs to the pilot's own files.
    StoreError
        When the copy cannot be written or is not whole; nothing is left of it then.
    """
    with store.held():
        with acting(store, actor_id, "keep_file"):
            pass
        target = _target(store, Path(to))
        part = target.with_name(target.name + PART)
        condition = condition_of(store)
        content_hash = rewriting.copy_to(store, part)
    try:
        with opened_copy(part, str(target), store.path) as copy:
            is_same = condition_of(copy) == condition
        if not is_same or hash_of(part) != content_hash:
            raise StoreError(f"The backup {target} is not the same as the pilot; it was removed. Try again.")
        n_bytes = part.stat().st_size
        durable.put_if_absent(part, target)
    except FileExistsError as error:
        raise InputError(f"{target} exists already; a backup never overwrites a file.") from error
    except OSError as error:
        raise StoreError(trouble.of_system(str(target), error)) from error
    finally:
        durable.remove(part)
    with store.transaction(actor_id, "backup") as transaction:
        made = BackupMade(
            occurred_at=transaction.recorded_at, content_hash=content_hash, until_entry=condition.until_entry
        )
        transaction.append([made])
    return Backup(target, n_bytes, content_hash, condition)


def condition_of(store: Store) -> Condition:
    """Read everything a pilot holds, which fails when a block of the file is damaged.

    Raises
    ------
    StoreError
        When the pilot is busy or damaged.
    """
    with store.held():
        contents = rewriting.contents_of(store)
        with store.reading() as reading:
            problems = tuple(reading.query("check_integrity")["sentence"])
            log = check_log(reading)
    faults = tuple(fault.sentence for fault in log.faults)
    return Condition(log.head_no, log.head_chain, contents, faults, problems)


@contextmanager
def opened_copy(path: Path, name: str, key_beside: Path | None) -> Iterator[Store]:
    """Open the copy of a backup called ``name``, which nobody else knows of, and leave nothing beside it afterwards."""
    copy = None
    try:
        try:
            copy = Store(path, name=name, key_beside=key_beside)
        except StoreError as error:
            raise StoreError(f"The backup {name} cannot be used, and nothing was changed. {error}") from error
        yield copy
    finally:
        if copy:
            copy.close()
        for ending in (".lock", ".queue"):
            path.with_name(path.name + ending).unlink(missing_ok=True)


def hash_of(path: Path) -> str:
    """Give the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _target(store: Store, to: Path) -> Path:
    if store.path is None:
        raise InputError("A pilot in memory cannot be backed up.")
    if to.is_dir():
        to /= f"{store.path.stem}-{_stamp(store.clock())}{store.path.suffix}"
    to = to.resolve()
    if not to.parent.is_dir():
        raise InputError(f"There is no folder {to.parent} to write a backup into.")
    if to.exists():
        raise InputError(f"{to} exists already; a backup never overwrites a file.")
    if to.parent == store.path.parent and to.name.startswith(f"{store.path.name}."):
        raise InputError(f"{to.name} is a name the pilot keeps for its own files; give the backup another one.")
    return to


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"
