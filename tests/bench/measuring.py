"""One measurement: a method in a process of its own, its time, its peak memory, and what the checks say of its plan.

The problem is handed over in a folder that the bench makes itself. Run as a program, this module is that process.
"""

from __future__ import annotations

import os
import pickle
import resource
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.compact_rows import compact_rows
from bench.peers import METHODS, Found, Task
from bench.towns import town
from bench.transport import as_transport, is_transport
from engine.problem import Problem

GRACE_S = 20.0
"""Loading, imports and writing the answer, beyond the method's own limit."""

POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one process: ``found`` is ``None`` when it was ended or failed, ``peak_mb`` its peak memory."""

    found: Found | None
    peak_mb: float
    note: str


def hand_over(folder: Path, problem: Problem) -> float:
    """Write a problem and its compact rows down, and a tiny one to warm up with; give the rows' seconds.

    Warming up keeps imports and the loading of compiled code out of the times.
    """
    tiny = as_transport(town(12, 25, 1)) if is_transport(problem) else town(12, 25, 1)
    (folder / "warm_up.pickle").write_bytes(pickle.dumps((tiny, compact_rows(tiny))))
    began = time.perf_counter()
    rows = compact_rows(problem)
    rows_s = time.perf_counter() - began
    (folder / "task.pickle").write_bytes(pickle.dumps((problem, rows)))
    return rows_s


def measure(folder: Path, method: str, limit_s: float, memory_mb: float) -> Outcome:
    """Run a method on the task in ``folder``; end it when it goes far beyond its time, or beyond its memory."""
    return in_own_process(["method", str(folder), method, str(limit_s)], limit_s + GRACE_S, memory_mb, folder)


def in_own_process(arguments: list[str], limit_s: float, memory_mb: float, folder: Path) -> Outcome:
    """Run this module as a program, and watch its time and its memory, helpers of its own (CBC) included."""
    answer, errors = folder / "answer.pickle", folder / "errors.txt"
    answer.unlink(missing_ok=True)
    tests = str(Path(__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": tests, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with errors.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.measuring", *arguments],
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
        return Outcome(None, peak_mb, note or f"failed: {lines[-1] if lines else process.returncode}"[:120])
    found, own_peak_mb = _read(answer)
    return Outcome(found, max(peak_mb, own_peak_mb), "")


def _watch(process: subprocess.Popen[bytes], limit_s: float, memory_mb: float) -> tuple[float, str]:
    """Wait for a process; give the peak memory seen, and why it had to be ended, if it had."""
    ends_at, peak_mb = time.monotonic() + limit_s, 0.0
    while process.poll() is None:
        peak_mb = max(peak_mb, sum(_peak_mb(pid) for pid in (process.pid, *_children(process.pid))))
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


def _peak_mb(pid: int) -> float:
    """Read the peak resident memory of a living process; 0 where the system does not tell."""
    # Not ru_maxrss: Linux starts that at the size of whoever started the process.
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _read(path: Path) -> Any:
    return pickle.loads(path.read_bytes())  # noqa: S301  written by the bench itself, in its own folder


def _own_peak_mb() -> float:
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return _peak_mb(os.getpid()) or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _be_the_process(kind: str, folder: Path, *arguments: str) -> None:
    if kind == "method":
        method, limit_s = arguments
        _, run = METHODS[method]
        run(Task(*_read(folder / "warm_up.pickle"), 10.0))
        found: object = run(Task(*_read(folder / "task.pickle"), float(limit_s)))
    else:
        from bench.pilots import look

        n_requests, n_volunteers, seed = map(int, arguments)
        found = look(n_requests, n_volunteers, seed)
    (folder / "answer.pickle").write_bytes(pickle.dumps((found, _own_peak_mb())))


if __name__ == "__main__":
    _be_the_process(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
