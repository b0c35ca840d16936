"""What went wrong with a pilot file, in a sentence that says what to do; nothing here knows the database library.

The database's own words name files, bytes and functions. They stay in the error's cause, for whoever looks closer.
"""

from __future__ import annotations

import errno
import re

from engine.errors import StoreBusyError, StoreError

NO_ROOM = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
READ_ONLY = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})

RESTORE = "`mikro restore` brings the newest backup back and keeps this file aside"

_SENTENCES = (
    (r"No space left|File too large|quota exceeded|There is not enough space", "no_room"),
    (r"Permission denied|Read-only file system|Operation not permitted|Access is denied", "read_only"),
    (r"Could not set lock|being used by another process|Unique file handle conflict", "open_elsewhere"),
    (r"not a valid DuckDB database file", "no_pilot"),
    (r"Could not read enough bytes", "cut_short"),
    (r"replaying WAL|WAL file", "log_damaged"),
    (r"newer version of DuckDB|version number \d+, but we can only read", "newer_database"),
)


def of_database(name: str, said: str) -> StoreError:
    """Make the error that tells what a database error about a pilot file means."""
    told = sentence(name, said)
    return StoreBusyError(told) if _kind_of(said) == "open_elsewhere" else StoreError(told)


def sentence(name: str, said: str) -> str:
    """Say what a database error about a pilot file means.

    Parameters
    ----------
    name
        The pilot, as its user calls it.
    said
        The database's own words.
    """
    if kind := _kind_of(said):
        return _say(kind, name, said)
    if re.search(r"corrupt|checksum|deseriali|invalid", said, re.IGNORECASE):
        return f"{name} cannot be read or written, or is damaged; {RESTORE}. The database says: {said.splitlines()[0]}"
    return f"{name} cannot be read or written, or is damaged: {said.splitlines()[0]}"


def of_system(name: str, error: OSError) -> str:
    """Say what an error of the operating system about a pilot file means."""
    if error.errno in NO_ROOM:
        return _say("no_room", name, "")
    if error.errno in READ_ONLY:
        return _say("read_only", name, "")
    return f"{name} cannot be read or written: {error.strerror or error}."


def _kind_of(said: str) -> str | None:
    return next((kind for pattern, kind in _SENTENCES if re.search(pattern, said, re.IGNORECASE)), None)


def _say(kind: str, name: str, said: str) -> str:
    holder = re.search(r"\(PID (\d+)\)", said)
    who = f"process {holder[1]}" if holder else "another program"
    return {
        "no_room": f"{name} cannot be written: its disk is full. What was stored before is safe, and nothing of this"
        " step was stored; make room and do it again.",
        "read_only": f"{name} cannot be written: the file or its folder is read-only for this account. Nothing was"
        " changed.",
        "open_elsewhere": f"{name} is open in {who}, which does not wait its turn as mikro does (a DuckDB shell?);"
        " close it there.",
        "no_pilot": f"{name} cannot be read or written, or is damaged: it does not begin as a pilot file does."
        f" It was left as it is; {RESTORE}.",
        "cut_short": f"{name} cannot be read or written, or is damaged: its end is missing, as when it was copied"
        f" while in use or its disk was full. It was left as it is; {RESTORE}.",
        "log_damaged": f"{name} cannot be read or written, or is damaged: the log beside it (.wal), which holds its"
        f" last entries, cannot be read. Both were left as they are; {RESTORE}.",
        "newer_database": f"{name} was written by a newer version of the database; update the program.",
    }[kind]
