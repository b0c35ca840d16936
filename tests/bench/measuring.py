"""One measurement: a method in a process of its own, its time, its peak memory, and what the checks say of its plan.

The problem is handed over in a folder that the bench makes itself; ``worker`` is what runs in the process.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.compact_rows import CompactRows, compact_rows
from bench.towns import town
from bench.transport import as_transport, is_transport
from bench.worker import peak_mb_of, read

from engine.problem import Problem

GRACE_S = 20.0
"""Loading, imports and writing the answer, beyond the method's own limit."""

POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one process.

    Parameters
    ----------
    found
        A :class:`bench.tasks.Found` or :class:`bench.pilots.Look`; ``None`` when it was ended or failed.
    peak_mb, start_mb
        Its peak resident memory, and what that was before the task: interpreter, imports, warming up.
    note
        Why there is nothing found.
    """

    found: Any
    peak_mb: float
    start_mb: float
    note: str


def hand_over(folder: Path, problem: Problem) -> float:
    """Write a problem and its compact rows down, and a tiny one to warm up with; give the rows' seconds.

    Warming up keeps imports and the loading of compiled code out of the times.
    """
    tiny = as_transport(town(12, 25, 1)) if is_transport(problem) else town(12, 25, 1)
    _write(folder, "warm_up", tiny, compact_rows(tiny))
    began = time.perf_counter()
    rows = compact_rows(problem)
    rows_s = time.perf_counter() - began
    _write(folder, "task", problem, rows)
    return rows_s


def _write(folder: Path, name: str, problem: Problem, rows: CompactRows) -> None:
    arrays = {f.name: getattr(problem, f.name) for f in fields(problem) if f.name not in ("travel", "side_rows")}
    (folder / f"{name}.problem.pickle").write_bytes(pickle.dumps(problem))
    (folder / f"{name}.arrays.pickle").write_bytes(pickle.dumps(SimpleNamespace(**arrays)))
    (folder / f"{name}.rows.pickle").write_bytes(pickle.dumps(rows))


def measure(folder: Path, method: str, limit_s: float, memory_mb: float) -> Outcome:
    """Run a method on the task in ``folder``; end it when it goes far beyond its time, or beyond its memory."""
    return in_own_process(["method", str(folder), method, str(limit_s)], limit_s + GRACE_S, memory_mb, folder)


def in_own_process(arguments: list[str], limit_s: float, memory_mb: float, folder: Path) -> Outcome:
    """Run ``worker`` as a program, and watch its time and its memory, helpers of its own (CBC) included."""
    answer, errors = folder / "answer.pickle", folder / "errors.txt"
    answer.unlink(missing_ok=True)
    tests = str(Path(__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": tests, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with errors.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.worker", *arguments],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
        )
        try:
            peak_mb, note = _watch(process, limit_s, memory_mb)
        finally:
            _end(process)
    if note or process.returncode:
        lines = errors.read_text().strip().splitlines()
        return Outcome(None, peak_mb, 0.0, note or f"failed: {lines[-1] if lines else process.returncode}"[:120])
    found, own_peak_mb, start_mb = read(answer)
    return Outcome(found, max(peak_mb, own_peak_mb), start_mb, "")


def _watch(process: subprocess.Popen[bytes], limit_s: float, memory_mb: float) -> tuple[float, str]:
    """Wait for a process; give the peak memory seen, and why it had to be ended, if it had."""
    ends_at, peak_mb = time.monotonic() + limit_s, 0.0
    while process.poll() is None:
        peak_mb = max(peak_mb, sum(peak_mb_of(pid) for pid in (process.pid, *_children(process.pid))))
        if time.monotonic() > ends_at:
            return peak_mb, f"ended from outside after {limit_s:.0f} s"
        if peak_mb > memory_mb:
            return peak_mb, f"ended from outside above {memory_mb / 1024:.0f} GB"
        time.sleep(POLL_S)
    return peak_mb, ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and whatever it started; its group is its own."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
