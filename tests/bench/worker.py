"""The process of one measurement: read the task, warm up, run the method, write the answer.

It loads nothing of the engine unless the method is the engine's: what is loaded counts as the method's memory.
"""

from __future__ import annotations

import os
import pickle
import resource
import sys
from pathlib import Path
from typing import Any

from bench.peers import METHODS, OF_THE_ENGINE
from bench.tasks import Task


def read(path: Path) -> Any:
    """Read what the bench itself wrote into its own folder."""
    return pickle.loads(path.read_bytes())  # noqa: S301


def peak_mb_of(pid: int) -> float:
    """Read the peak resident memory of a living process; 0 where the system does not tell."""
    # Not ru_maxrss: Linux starts that at the size of whoever started the process.
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def _own_peak_mb() -> float:
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return peak_mb_of(os.getpid()) or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _run_method(folder: Path, method: str, limit_s: float) -> tuple[object, float]:
    _, run = METHODS[method]

    def task(name: str, limit_s: float) -> Task:
        problem = read(folder / f"{name}.{'problem' if method in OF_THE_ENGINE else 'arrays'}.pickle")
        return Task(problem, read(folder / f"{name}.rows.pickle"), limit_s)

    run(task("warm_up", 10.0))
    start_mb = _own_peak_mb()
    return run(task("task", limit_s)), start_mb


def _be_the_process(kind: str, folder: Path, *arguments: str) -> None:
    if kind == "method":
        found, start_mb = _run_method(folder, arguments[0], float(arguments[1]))
    else:
        from bench.pilots import look

        start_mb = _own_peak_mb()
        found = look(*map(int, arguments))
    (folder / "answer.pickle").write_bytes(pickle.dumps((found, _own_peak_mb(), start_mb)))


if __name__ == "__main__":
    _be_the_process(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
