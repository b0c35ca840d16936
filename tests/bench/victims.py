"""What a program is doing when it is killed: one function per activity, and the program that runs them.

``python -m bench.victims`` imports the engine once and then forks a program for every line it reads, so that a kill
costs no start-up. It has one thread and no file open, hence forking is safe. The program says what it begins and
what was acknowledged, a line of JSON each; the file tells later whether that was true.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from small_pilot import NOW

from engine import store
from engine.facts import RequestWithdrawn
from engine.intake import import_package
from engine.matching import match
from engine.policy import Policy
from engine.privacy import erase
from engine.storage import migrations
from engine.storage.backup import back_up
from engine.storage.restoring import restore
from engine.store import Store

DEMO = Path(__file__).parents[2] / "data" / "demo"
FILE_EVENTS = {"os.rename", "os.link", "os.remove", "open", "os.chmod", "shutil.copyfile"}
"""What Python tells an audit hook of work on files; the nth of them can be where a program dies."""


def say(**told: Any) -> None:
    """Tell the killer something, in one write."""
    os.write(1, (json.dumps(told) + "\n").encode())


def small_entries(path: Path, tag: str, folder: Path) -> None:
    """Append entries of three facts, each in a transaction of its own."""
    _append(Store(path), tag, 3)


def bulk_entries(path: Path, tag: str, folder: Path) -> None:
    """Append entries so large that DuckDB writes them past its log."""
    _append(Store(path), tag, 2000)


def held_entries(path: Path, tag: str, folder: Path) -> None:
    """Append entries while the pilot is held, so that only the log has them."""
    pilot = Store(path)
    with pilot.held():
        _append(pilot, tag, 20)


def backups(path: Path, tag: str, folder: Path) -> None:
    """Make backups."""
    pilot = Store(path)
    for i in count():
        say(begun=f"{tag}-{i}")
        back_up(pilot, "anna", folder / f"{tag}-{i}.duckdb")
        say(backup=f"{tag}-{i}.duckdb")


def rewritings(path: Path, tag: str, folder: Path) -> None:
    """Rewrite the file after every few facts."""
    pilot = Store(path)
    for i in count():
        _one(pilot, f"{tag}-{i}", 20)
        pilot.rewrite()
        say(rewritten=i)


def erasures(path: Path, tag: str, folder: Path) -> None:
    """Carry out every erasure that was approved."""
    pilot = Store(path)
    with pilot.reading() as reading:
        waiting = reading.query("erasures").query("status in ['approved', 'erased']")["erasure_id"].tolist()
    for erasure_id in waiting:
        say(begun=erasure_id)
        erase(pilot, "anna", erasure_id)
        say(erased=erasure_id)


def restorings(path: Path, tag: str, folder: Path) -> None:
    """Bring the backup back, again and again, with a fact written each time."""
    for i in count():
        _one(Store(path), f"{tag}-{i}", 3, is_kept=False)
        say(begun=f"{tag}-{i}")
        restore(path, folder / "saved.duckdb", "anna")
        say(restored=i)


def migration(path: Path, tag: str, folder: Path) -> None:
    """Open a file of an earlier program."""
    say(begun=tag)
    Store(path)
    say(migrated=True)


def creation(path: Path, tag: str, folder: Path) -> None:
    """Make a new pilot."""
    say(begun=tag)
    Store.create(folder / f"{tag}.duckdb")
    say(created=True)


def imports(path: Path, tag: str, folder: Path) -> None:
    """Read the demo's data package into the pilot."""
    say(begun=tag)
    import_package(Store(path), DEMO, "anna", now=NOW)
    say(imported=True)


def matches(path: Path, tag: str, folder: Path) -> None:
    """Make match runs, with another seed each time."""
    pilot, policy = Store(path), Policy.named("baseline")
    for i in count():
        say(begun=f"{tag}-{i}")
        match(pilot, policy, NOW, seed=i)
        say(matched=i)


ACTIVITIES: dict[str, Callable[[Path, str, Path], None]] = {
    work.__name__: work
    for work in (
        small_entries, bulk_entries, held_entries, backups, rewritings, erasures, restorings, migration, creation,
        imports, matches,
    )
}  # fmt: skip


def _append(pilot: Store, tag: str, n_facts: int) -> None:
    for i in count():
        _one(pilot, f"{tag}-{i}", n_facts)


def _one(pilot: Store, intent: str, n_facts: int, *, is_kept: bool = True) -> None:
    say(begun=intent)
    # Random texts do not shrink, so that a bulk entry is as large in the file as it is here.
    facts = [RequestWithdrawn(occurred_at=NOW, request_id=os.urandom(24).hex()) for _ in range(n_facts)]
    with pilot.transaction("anna", "kill test", idempotency_key=intent) as transaction:
        transaction.append(facts)
    if is_kept:
        say(done=intent)


def _die_at_file_event(nth: int) -> None:
    left = iter(range(nth - 1, -1, -1))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in FILE_EVENTS or (event == "open" and not _is_of_pilot(arguments)):
            return
        if not next(left, 1):
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def _is_of_pilot(arguments: tuple[Any, ...]) -> bool:
    return ".duckdb" in str(arguments[0])


class _Dying:
    """A cursor that ends the program just before its nth statement."""

    def __init__(self, cursor: Any, nth: int) -> None:
        self._cursor, self._left = cursor, nth

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def execute(self, *arguments: Any) -> Any:
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
        return self._cursor.execute(*arguments)


def _die_at_statement(nth: int) -> None:
    whole = migrations.bring_up_to_date
    store.bring_up_to_date = lambda cursor, *rest, **options: whole(_Dying(cursor, nth), *rest, **options)


def _live(order: dict[str, Any]) -> None:
    if nth := order.get("at_file_event"):
        _die_at_file_event(nth)
    if nth := order.get("at_statement"):
        _die_at_statement(nth)
    ACTIVITIES[order["activity"]](Path(order["path"]), order["tag"], Path(order["folder"]))


def _make_instance_ahead() -> None:
    """Let every program begin with an instance made before the fork: it has one thread and no file."""
    make, ahead = store._warm_instance, [store._warm_instance()]
    store._warm_instance = lambda: ahead.pop() if ahead else make()


def _orders() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        yield json.loads(line)


def main() -> None:
    """Fork a program for every order, and tell how it ended."""
    _make_instance_ahead()
    say(ready=True)
    for order in _orders():
        with suppress(ChildProcessError):
            os.wait()
        program = os.fork()
        if not program:
            try:
                say(program=os.getpid())
                _live(order)
                os._exit(0)
            except BaseException as error:
                say(failed=f"{type(error).__name__}: {error}")
                os._exit(1)
        # Its number stays its own until the next order, so that a late kill hits nobody else.
        ended = os.waitid(os.P_PID, program, os.WEXITED | os.WNOWAIT)
        say(ended=True, was_killed=ended is not None and ended.si_code == os.CLD_KILLED)


__all__ = ["ACTIVITIES", "main"]

if __name__ == "__main__":
    main()
