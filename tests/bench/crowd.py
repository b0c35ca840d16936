"""Programs that all write to one pilot file at once, and how long each waits for its turn.

``PYTHONPATH=tests python -m bench.crowd`` lets eight write 250 entries each and fails when the 95th percentile
passes one second; the tests do the same with fewer entries and look at what was written. On a machine of its own:
whatever runs beside it waits in the same line.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from engine.store import Store

P95_S = 1.0

# Reads a counter from the facts and appends the next, n times; prints how long each transaction took.
COUNTER = """
import json, sys, time
from datetime import UTC, datetime
from pathlib import Path
from engine.facts import OfferAnswered, OverrideStated
from engine.store import Store

now = datetime(2026, 3, 2, 8, tzinfo=UTC)
store, seconds = Store(Path(sys.argv[1])), []
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    with store.transaction("anna", "count") as transaction:
        overrides = transaction.state("overrides_at", now)
        n = 0 if overrides.empty else int(overrides["reason_code"].iat[0])
        transaction.append([
            OverrideStated(occurred_at=now, request_id="r", volunteer_id="v", starts_at=None, kind="pin",
                           reason_code=str(n + 1)),
            OfferAnswered(occurred_at=now, request_id=str(n + 1), volunteer_id="v", response="accepted"),
        ])
    seconds.append(time.perf_counter() - start)
print(json.dumps(seconds))
"""


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a program that prints to a pipe."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def count_in_processes(path: Path, n_processes: int, n_each: int) -> list[float]:
    """Let processes count together; give the seconds of every transaction, in order of length."""
    running = [start(COUNTER, path, n_each) for _ in range(n_processes)]
    outputs = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0] * n_processes
    return sorted(seconds for output in outputs for seconds in json.loads(output))


def main(n_processes: int = 8, n_each: int = 250) -> int:
    """Measure once, print entries per second and how long transactions took; 1 when they took too long."""
    with tempfile.TemporaryDirectory(prefix="mikro-crowd-") as folder:
        path = Path(folder) / "pilot.duckdb"
        Store.create(path).close()
        begin = time.perf_counter()
        seconds = count_in_processes(path, n_processes, n_each)
        total = time.perf_counter() - begin
    p95 = seconds[int(0.95 * len(seconds))]
    print(f"{len(seconds) / total:.0f} entries/s; p50 {seconds[len(seconds) // 2]:.3f} s, p95 {p95:.3f} s, "
          f"max {seconds[-1]:.3f} s")  # fmt: skip
    return int(p95 >= P95_S)


if __name__ == "__main__":
    sys.exit(main())
