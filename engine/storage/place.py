"""Where a pilot is kept, in a file or in memory: whether it is there, and whose turn it is to use it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from engine.errors import StoreBusyError, StoreError
from engine.storage import durable, trouble
from engine.storage.turns import my_turn

SET_ASIDE = ".before-restore-"
"""What the name of a pilot that a restore set aside goes on with, before the time (UTC)."""


class Place:
    """A pilot's place.

    Parameters
    ----------
    path
        ``None`` for a pilot in memory.
    name
        What its user calls it, for messages; the path by default.
    lock_timeout_s
        How long to wait for one's turn.
    """

    def __init__(self, path: Path | None, name: str | None, lock_timeout_s: float) -> None:
        # Two names of one file (links) must share one lock.
        self.path = path if path is None else Path(path).resolve()
        self.name = name or str(path or "The pilot in memory")
        self.lock_timeout_s = lock_timeout_s
        self._memory_lock = threading.Lock()

    def must_hold_a_pilot(self) -> None:
        """Refuse a place without a file: the database would make one.

        Raises
        ------
        StoreError
            When there is none, or it cannot be known.
        """
        if self.path is None or self._has_file(self.path):
            return
        beside = self.path.parent.glob(f"{self.path.name}{SET_ASIDE}*")
        if kept := sorted(file for file in beside if file.suffix.startswith(SET_ASIDE)):  # not their logs
            raise StoreError(
                f"There is no pilot at {self.name}: a restore was cut short. Restore again; the pilot before it is"
                f" kept as {kept[-1].name}."
            )
        raise StoreError(f"There is no pilot at {self.name}; make one with `mikro init`.")

    def must_be_free(self) -> None:
        """Refuse a place that has a file, or the log of one, which the database would take for the new file's.

        Raises
        ------
        StoreError
            When there is one, or it cannot be known.
        """
        if self.path is None:
            return
        if self._has_file(self.path):
            raise StoreError(f"There is a pilot at {self.name} already; it was left as it is.")
        if logs := durable.logs_of(self.path):
            raise StoreError(
                f"A pilot cannot be made at {self.name}: beside it is {logs[0].name}, the log of another whose file is"
                " gone; move it away first."
            )

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the pilot alone, from the moment it is one's turn.

        Raises
        ------
        StoreBusyError
            When others hold it for too long.
        StoreError
            When the files that tell the turns cannot be made.
        """
        with ExitStack() as mine:
            try:
                if self.path is not None:
                    mine.enter_context(my_turn(self.path, self.lock_timeout_s))
                elif self._memory_lock.acquire(timeout=self.lock_timeout_s):
                    mine.callback(self._memory_lock.release)
                else:
                    raise TimeoutError
            except TimeoutError as error:
                raise StoreBusyError(
                    f"{self.name} is busy: another program has held it for {self.lock_timeout_s:g} s. Nothing was"
                    " changed; try again."
                ) from error
            except OSError as error:
                if error.errno in trouble.NO_ROOM:
                    raise StoreError(trouble.of_system(self.name, error)) from error
                reason = f"its folder cannot be written ({error.strerror})"
                raise StoreError(f"{self.name} cannot be opened: {reason}.") from error
            yield

    def _has_file(self, path: Path) -> bool:
        try:
            return path.exists()
        except OSError as error:
            raise StoreError(f"{self.name} cannot be reached: {error.strerror}.") from error
