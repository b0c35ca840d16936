"""One program at a time, first come, first served: the lock around every transaction of a pilot file.

Two lock files: whoever is next in line holds ``<file>.queue`` and waits for ``<file>.lock``. A program that writes
on and on thus stands behind those who came before it. The operating system queues the waiting in order and frees
the locks of a program that dies; where it has no such locks (Windows), they are polled for.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


@contextmanager
def my_turn(file: Path, timeout_s: float) -> Iterator[None]:
    """Hold the lock of a file, from the moment it is this caller's turn.

    Raises
    ------
    TimeoutError
        When it is not within ``timeout_s`` seconds.
    OSError
        When the lock files cannot be made.
    """
    deadline = time.monotonic() + timeout_s
    with _lock(f"{file}.queue", deadline) as leave_queue, _lock(f"{file}.lock", deadline):
        leave_queue()
        yield


@contextmanager
def _lock(path: str, deadline: float) -> Iterator[_Release]:
    release = _by_system(path, deadline) if fcntl else _by_polling(path, deadline)
    try:
        yield release
    finally:
        release()


class _Release:
    """Gives a lock up, once."""

    def __init__(self, how: object) -> None:
        self._how = how

    def __call__(self) -> None:
        how, self._how = self._how, None
        if isinstance(how, int):
            os.close(how)
        elif isinstance(how, FileLock):
            how.release()


def _by_polling(path: str, deadline: float) -> _Release:
    lock = FileLock(path, fallback_to_soft=False)
    try:
        lock.acquire(max(0.0, deadline - time.monotonic()), poll_interval=0.005)
    except Timeout as error:
        raise TimeoutError(path) from error
    return _Release(lock)


def _by_system(path: str, deadline: float) -> _Release:
    # A file description of its own each time, so that threads exclude each other too; closing it unlocks.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    with suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return _Release(descriptor)
    waiter = _Waiter(descriptor)
    if not waiter.wait(deadline - time.monotonic()):
        raise TimeoutError(path)
    return _Release(descriptor)


class _Waiter:
    """Waits for a lock in a thread of its own, since the system's waiting knows no time limit."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._state = threading.Lock()
        self._has_lock = threading.Event()
        self._given_up = False
        threading.Thread(target=self._run, daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Wait so long for the lock; otherwise, or when interrupted, it is given back as soon as it comes."""
        in_time = False
        try:
            in_time = self._has_lock.wait(max(0.0, seconds))
        finally:
            with self._state:
                self._given_up = not in_time
                if self._given_up and self._has_lock.is_set():
                    os.close(self._descriptor)
        return in_time

    def _run(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        with self._state:
            if self._given_up:
                os.close(self._descriptor)
            else:
                self._has_lock.set()
