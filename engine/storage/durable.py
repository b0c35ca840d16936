"""Files that are there as a whole or not at all: flushing to the disk, putting in place, and a pilot's log files.

DuckDB replays a log it finds beside a file without asking whether the two belong together. So a file is only put in
the place of another when the other has no log.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path

from engine.errors import StoreError

LOG_ENDINGS = (".wal", ".wal.checkpoint", ".wal.recovery")
"""What DuckDB keeps beside a file until its content is in the file itself."""

NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
"""What a file system says that has no hard links."""

PIECE_BYTES = 2**20


def logs_of(path: Path) -> list[Path]:
    """List the log files that are beside a pilot file."""
    beside = [path.with_name(path.name + ending) for ending in LOG_ENDINGS]
    return [log for log in beside if log.exists()]


def remove(path: Path) -> None:
    """Remove a file and its logs, if they exist."""
    path.unlink(missing_ok=True)
    for log in logs_of(path):
        log.unlink()


def flush(path: Path) -> None:
    """Make sure that a file's content is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Make sure that the names in a folder are on the disk, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems know no such thing
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy(path: Path, to: Path) -> str:
    """Copy a file that has no log, in place of what has that name, and flush the copy; a failed copy is removed.

    Returns
    -------
    str
        The SHA-256 of what was read, against which the copy can be held.

    Raises
    ------
    StoreError
        When the file has a log, so that it is not whole.
    """
    if logs := logs_of(path):
        raise StoreError(f"{path} was not copied: its log {logs[0].name} has not been written into it.")
    remove(to)
    read = hashlib.sha256()
    try:
        with path.open("rb") as file, to.open("wb") as copied:
            while piece := file.read(PIECE_BYTES):
                read.update(piece)
                copied.write(piece)
        shutil.copymode(path, to)
        flush(to)
    except BaseException:
        remove(to)
        raise
    return read.hexdigest()


def copy_with_logs(path: Path, to: Path) -> None:
    """Copy a file and the logs beside it, as it is after a crash; a failed copy is removed."""
    remove(to)
    try:
        for file in (path, *logs_of(path)):
            copied = to.with_name(to.name + file.name.removeprefix(path.name))
            shutil.copyfile(file, copied)
            flush(copied)
    except BaseException:
        remove(to)
        raise


def exchange(new: Path, path: Path, aside: Path) -> None:
    """Put a flushed file in the place of another, which is kept under the name ``aside``, its log with it.

    A file without a log is in its place at every moment. With one, which no longer can be written into it, nothing
    is there for a moment: an old file without its log must not be taken for the pilot.

    Raises
    ------
    FileExistsError
        When ``aside`` is taken.
    """
    logs = logs_of(path)
    if not logs:
        keep_twin(path, aside)
    else:
        if aside.exists():
            raise FileExistsError(errno.EEXIST, "File exists", str(aside))
        path.rename(aside)
        for log in logs:
            log.rename(aside.with_name(aside.name + log.name.removeprefix(path.name)))
    flush_folder(path.parent)
    put_in_place(new, path)


def keep_twin(path: Path, twin: Path) -> None:
    """Give a file a second name, or copy it where the file system knows no such thing.

    Raises
    ------
    FileExistsError
        When the name is taken.
    """
    try:
        twin.hardlink_to(path)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        with twin.open("xb") as copied, path.open("rb") as file:
            shutil.copyfileobj(file, copied)
            copied.flush()
            os.fsync(copied.fileno())
        shutil.copymode(path, twin)


def put_in_place(new: Path, path: Path) -> None:
    """Give a flushed file the name of another, in one step; its readers and owner are those of the old one.

    Raises
    ------
    StoreError
        When either file has a log: the new file's would be lost, the old file's replayed onto the new.
    """
    if logs := logs_of(path) + logs_of(new):
        raise StoreError(f"{path} was left as it is: its log {logs[0].name} has not been written into it.")
    if path.exists():
        shutil.copymode(path, new)
        if os.name == "posix" and os.geteuid() == 0:
            owner = path.stat()
            os.chown(new, owner.st_uid, owner.st_gid)
    new.replace(path)
    flush_folder(path.parent)


def put_if_absent(new: Path, path: Path) -> None:
    """Give a flushed file a name that nothing has yet; in one step where the file system has hard links.

    Raises
    ------
    FileExistsError
        When the name is taken; nothing is replaced.
    """
    keep_twin(new, path)
    new.unlink()
    flush_folder(path.parent)
