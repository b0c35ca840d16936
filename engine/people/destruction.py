"""After something was destroyed: the file is written anew, and searched for what was there.

A deleted row stays in the file until then. The search looks for bytes, not for rows: it asks no database.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import InputError
from engine.facts import FileRewritten

if TYPE_CHECKING:
    from engine.store import Reading, Store

NOT_SEARCHED = (".key", ".lock", ".queue")
"""Endings of what lies beside a pilot and holds nothing of it."""

TRACE_BYTES = 12
"""The random beginning of a box, by which it is found again."""


@dataclass(frozen=True, slots=True)
class Search:
    """What was looked for, and where it was still found.

    Parameters
    ----------
    found
        (file name, how many of the traces it holds) of every file that holds any.
    """

    n_traces: int
    n_files: int
    found: tuple[tuple[str, int], ...] = ()

    @property
    def n_found(self) -> int:
        """How many traces were found, over all files."""
        return sum(n for _, n in self.found)


def finish(store: Store, account_id: str, plain: Iterable[bytes] = (), also: Sequence[Path] = ()) -> Search:
    """Rewrite the file if anything was destroyed since it last was, search it, and note both in the log.

    The file is rewritten again until nothing is found. Others may work with the pilot during the search: what they
    destroy meanwhile is not taken for proved, since the log says up to which entry the file was rewritten.

    Parameters
    ----------
    plain
        Strings to look for, besides the keys of all persons ever erased.
    also
        Files and folders, such as backups, to search too.

    Raises
    ------
    StoreError
        When the file cannot be rewritten; it is then as it was, and doing this again goes on.
    InputError
        When a file to search cannot be read.
    """
    plain = tuple(plain)
    with store.held():
        with store.reading() as reading:
            is_waiting = reading.query("destruction_waiting")["n_entries"].iloc[0] > 0
            until_entry = reading.last_entry_no
            traces = (*plain, *erased_keys(reading))
        if is_waiting:
            store.rewrite()
    searched = search(files_of(store.path, also), traces)
    if not is_waiting:
        return searched
    with store.transaction(account_id, "rewritten") as transaction:
        counts = {"n_files": searched.n_files, "n_traces": searched.n_traces, "n_found": searched.n_found}
        now = transaction.recorded_at
        transaction.append([FileRewritten(occurred_at=now, until_entry=until_entry, **counts)])
    return searched


def erased_keys(reading: Reading) -> list[bytes]:
    """List the traces of the keys of all persons who were erased."""
    return [bytes.fromhex(trace) for trace in reading.query("erasures")["key_trace"].dropna().unique()]


def files_of(path: Path | None, also: Sequence[Path] = ()) -> list[Path]:
    """List a pilot's file and what lies beside it under its name (logs, copies), and the files of other places."""
    beside = [] if path is None else [f for f in path.parent.iterdir() if f.name.startswith(path.name)]
    elsewhere = [file for place in also for file in (place.rglob("*") if place.is_dir() else [place])]
    wanted = {file.absolute() for file in (*beside, *elsewhere) if file.is_file()}
    return sorted(file for file in wanted if file.suffix not in NOT_SEARCHED)


def search(files: Iterable[Path], traces: Iterable[bytes]) -> Search:
    """Look for bytes in files.

    Raises
    ------
    InputError
        When a file cannot be read.
    """
    wanted = sorted(set(traces))
    listed = list(files)
    found = [(file.name, _n_held(file, wanted)) for file in listed]
    return Search(len(wanted), len(listed), tuple((name, n) for name, n in found if n))


def _n_held(file: Path, traces: Sequence[bytes]) -> int:
    try:
        with file.open("rb") as stream:
            if file.stat().st_size == 0:
                return 0
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as held:
                return sum(held.find(trace) >= 0 for trace in traces)
    except FileNotFoundError:  # another program's, which was there for a moment
        return 0
    except OSError as error:
        raise InputError(f"{file} cannot be searched: {error.strerror}.") from error
