"""Kill programs at any moment while they work on a pilot file, and see that nothing acknowledged is lost.

``PYTHONPATH=tests python -m bench.kills`` kills 500 and prints a table; the tests kill 50 in the same way. Every
second kill comes at a random moment, from outside; the others just before the nth file operation of the program
itself, which reaches the moments between two renames that no chance finds.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.victims import ACTIVITIES, DEMO
from old_pilots import ENTRIES, make_old_pilot
from small_pilot import BEN, EVERYTHING_FITS, NOW, RUT

from engine.errors import StoreError
from engine.facts import ErasureDecided, ErasureRequested
from engine.intake import import_package
from engine.storage.backup import back_up, condition_of, opened_copy
from engine.storage.log_check import check_log
from engine.storage.place import SET_ASIDE
from engine.store import Store

ANSWER_S = 120.0
AT_LATEST_S = 10.0
"""When a program that dies by itself is killed all the same: a held pilot needs no more work on files."""

SPREAD_S = {
    "erasures": 1.0,
    "restorings": 1.5,
    "backups": 1.0,
    "imports": 3.0,
    "matches": 2.0,
    "migration": 0.3,
    "creation": 0.3,
}
"""How long after the first word of a program it is killed at the latest, half a second otherwise."""

ONCE = {"migration", "creation", "imports"}
"""Activities that end; each kill of them needs ground of its own."""

N_ON_ONE_PILOT = 6
"""After so many kills a new pilot is made: reading the whole log after each takes the longer, the longer it is."""

N_PERSONS = 12


@dataclass
class Tally:
    """What came of killing programs at one activity."""

    activity: str
    n_killed: int = 0
    n_acknowledged: int = 0
    n_untold: int = 0
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0
    n_runs: int = 0


@dataclass(frozen=True)
class Told:
    """What a program said before it ended."""

    lines: list[dict[str, Any]]
    was_killed: bool

    def all(self, word: str) -> list[Any]:
        """List what was told under a word."""
        return [line[word] for line in self.lines if word in line]


class Killer:
    """Starts programs from one that has imported everything, and kills them."""

    def __init__(self) -> None:
        self._source = subprocess.Popen(
            [sys.executable, "-m", "bench.victims"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
            cwd=Path(__file__).parents[2],
        )
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self._next()

    def run(self, order: dict[str, Any], after_s: float | None) -> Told:
        """Start a program; kill it so long after its first word, or let it end by itself within :data:`AT_LATEST_S`."""
        assert self._source.stdin
        print(json.dumps(order), file=self._source.stdin, flush=True)
        program = self._next()["program"]
        lines = [self._next()]
        kill_at = time.monotonic() + (AT_LATEST_S if after_s is None else after_s)
        while "ended" not in lines[-1]:
            with suppress(queue.Empty):
                lines.append(self._lines.get(timeout=max(0.0, kill_at - time.monotonic())))
            if "ended" not in lines[-1] and time.monotonic() > kill_at:
                os.kill(program, signal.SIGKILL)
                kill_at += ANSWER_S
        return Told(lines[:-1], lines[-1]["was_killed"])

    def close(self) -> None:
        """End the program that the others come from."""
        self._source.kill()
        self._source.wait()
        for stream in (self._source.stdin, self._source.stdout):
            if stream:
                stream.close()

    def _next(self) -> dict[str, Any]:
        return self._lines.get(timeout=ANSWER_S)

    def _listen(self) -> None:
        assert self._source.stdout
        for line in self._source.stdout:
            self._lines.put(json.loads(line))


@contextmanager
def killer() -> Iterator[Killer]:
    """Have a killer for a while."""
    one = Killer()
    try:
        yield one
    finally:
        one.close()


def kill_at(one: Killer, activity: str, n_kills: int, folder: Path, seed: int) -> Tally:
    """Kill ``n_kills`` programs at one activity, and check the pilot after each."""
    tally, chance, began = Tally(activity), random.Random(f"{seed} {activity}"), time.perf_counter()
    ground = folder / activity
    nth_event = 0
    for nth in range(n_kills):
        if activity in ONCE or nth % N_ON_ONE_PILOT == 0 or not ground.exists():
            prepare(activity, ground)
            tally.n_runs = 0
        order = {"activity": activity, "path": str(ground / "pilot.duckdb"), "tag": f"k{nth}", "folder": str(ground)}
        if nth % 2:
            nth_event, started = nth_event + 1, time.perf_counter()
            order["at_file_event"] = nth_event
            told = one.run(order, None)
            nth_event = nth_event if told.was_killed and time.perf_counter() - started < AT_LATEST_S else 0
        else:
            told = one.run(order, chance.uniform(0.0, SPREAD_S.get(activity, 0.5)))
        tally.n_killed += told.was_killed
        tally.faults += [f"{activity} {nth} failed: {words}" for words in told.all("failed")]
        try:
            check(activity, ground, order["tag"], told, tally)
        except (AssertionError, StoreError) as error:
            tally.faults.append(f"{activity} {nth}: {type(error).__name__} {error}")
            shutil.rmtree(ground)
    tally.seconds = time.perf_counter() - began
    return tally


def prepare(activity: str, ground: Path) -> None:
    """Make the pilot that programs are killed at, in a new folder."""
    shutil.rmtree(ground, ignore_errors=True)
    ground.mkdir(parents=True)
    path = ground / "pilot.duckdb"
    if activity == "migration":
        make_old_pilot(path, 2)
        return
    pilot = Store.create(path, clock=lambda: NOW)
    if activity == "matches":
        import_package(pilot, DEMO, "anna", now=NOW)
    names = [f"p{i}" for i in range(N_PERSONS)]
    with pilot.transaction("anna", "set up") as transaction:
        if activity not in ("imports", "matches"):
            transaction.append([*EVERYTHING_FITS, *BEN])
        transaction.append(replace(RUT, resident_id=name) for name in names)
        transaction.put_people({name: {"name": name} for name in names})
        if activity == "erasures":
            transaction.append(fact for name in names for fact in _approved(name))
    if activity == "restorings":
        back_up(pilot, "anna", ground / "saved.duckdb")
    pilot.close()


def check(activity: str, ground: Path, tag: str, told: Told, tally: Tally) -> None:
    """See that a pilot is whole, holds all that was acknowledged, and of what was not at most the last."""
    path = ground / "pilot.duckdb"
    if activity == "creation":
        _check_creation(ground / f"{tag}.duckdb", told)
        tally.n_acknowledged += len(told.all("created"))
        return
    pilot = Store(path, lock_timeout_s=10.0)
    with closing(pilot), pilot.reading() as reading:
        log = check_log(reading)
        keys = {key for key in reading.facts_of("entry")["idempotency_key"].to_pylist() if key}
        statuses = reading.query("erasures").set_index("erasure_id")["status"].to_dict()
        n_residents = reading.facts_of("resident_registered").num_rows
        n_made = reading.facts_of("run_made").num_rows
    assert not log.faults, log.sentence
    done, begun = told.all("done"), told.all("begun")
    assert set(done) <= keys, f"lost {set(done) - keys}"
    here = {key for key in keys if key.startswith(f"{tag}-")}
    assert here <= set(done) | set(begun[-1:]), f"never begun: {here - set(begun)}"
    tally.n_acknowledged += len(done)
    tally.n_untold += len(here - set(done)) if activity != "restorings" else 0
    for erasure_id in told.all("erased"):
        tally.n_acknowledged += 1
        assert statuses[erasure_id] == "proved", f"{erasure_id} is {statuses[erasure_id]}"
    for name in told.all("backup")[-1:]:
        tally.n_acknowledged += 1
        assert (ground / name).exists(), f"{name} is gone"
    for backup in sorted(ground.glob(f"{tag}-*.duckdb"))[-2:]:
        _check_whole(backup, path)
    asides = [file for file in ground.iterdir() if file.suffix.startswith(SET_ASIDE)]
    for aside in sorted(asides)[-1:]:
        _check_whole(aside, path)
    if activity == "migration":
        assert log.n_entries == len(ENTRIES), f"{log.n_entries} entries"
    if activity == "imports":
        assert (n_residents > N_PERSONS) == (log.n_entries > 1), f"{n_residents} residents, {log.n_entries} entries"
        assert log.n_entries > 1 or not told.all("imported"), "the import is gone"
        tally.n_acknowledged += len(told.all("imported"))
    if activity == "matches":
        tally.n_acknowledged += len(told.all("matched"))
        n_runs = tally.n_runs + len(told.all("matched"))
        assert n_runs <= n_made <= n_runs + 1, f"{n_made} runs of {n_runs}"
        tally.n_runs = n_made


def _check_whole(file: Path, pilot: Path) -> None:
    with opened_copy(file, file.name, pilot) as copy:
        faults = condition_of(copy).log_faults
    assert not faults, faults[0]


def _check_creation(path: Path, told: Told) -> None:
    try:
        Store(path).close()
    except StoreError as error:
        assert not told.all("created"), f"made, but {error}"
        expected = ("There is no pilot at", "is not a whole pilot", "does not begin as a pilot file does")
        assert any(words in str(error) for words in expected), str(error)


def _approved(name: str) -> Iterator[ErasureRequested | ErasureDecided]:
    named = {"occurred_at": NOW, "erasure_id": f"erase-{name}"}
    yield ErasureRequested(**named, resident_id=name, legal_basis="consent_withdrawn", not_before=None)
    yield ErasureDecided(**named, decision="approved", reason_code="nothing_keeps_it")


def table(tallies: list[Tally]) -> str:
    """Lay the tallies out as a table in Markdown."""
    lines = ["| killed while | kills | acknowledged | lost or half done | durable before told | s |"]
    lines.append("|---|--:|--:|--:|--:|--:|")
    total = Tally("all")
    for t in tallies:
        total.n_killed += t.n_killed
        total.n_acknowledged += t.n_acknowledged
        total.n_untold += t.n_untold
        total.faults += t.faults
        total.seconds += t.seconds
    for t in [*tallies, total]:
        name = t.activity.replace("_", " ")
        lines.append(
            f"| {name} | {t.n_killed} | {t.n_acknowledged} | {len(t.faults)} | {t.n_untold} | {t.seconds:.0f} |"
        )
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Kill programs at every activity and print what came of it; 1 when anything was lost."""
    parser = argparse.ArgumentParser(prog="bench.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=500, help="how many, shared by the activities")
    parser.add_argument("--activities", default=",".join(ACTIVITIES), help="which, separated by commas")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    names = options.activities.split(",")
    with tempfile.TemporaryDirectory(prefix="mikro-kills-") as folder, killer() as one:
        shares = [options.kills // len(names) + (i < options.kills % len(names)) for i in range(len(names))]
        tallies = []
        for name, n in zip(names, shares, strict=True):
            tallies.append(kill_at(one, name, n, Path(folder), options.seed))
            told = [f"{name}: {n} kills, {len(tallies[-1].faults)} faults", *tallies[-1].faults]
            print(*told, sep="\n  ", file=sys.stderr, flush=True)
    print(table(tallies))
    return 1 if any(tally.faults for tally in tallies) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
