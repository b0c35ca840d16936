"""Measure this engine beside its peers: ``PYTHONPATH=tests python -m bench.run_bench``; see README.md here."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.judging import Record, compare, record_of
from bench.measuring import Outcome, hand_over, in_own_process, measure
from bench.peers import METHODS, TRANSPORT_ONLY
from bench.pilots import Look
from bench.report import draw, ratio, write_page
from bench.tasks import Found
from bench.towns import town
from bench.transport import as_transport

from engine.problem import Problem

SIZES = "200x600,500x1500,5000x10000,20000x40000"
FAST_S = 20.0
N_RUNS = 5
TWO_WORKERS_UP_TO = 500
"""Requests up to which CP-SAT is tried with two workers as well."""


@dataclass
class Bench:
    """One run of the benchmark, and all it has found so far."""

    options: argparse.Namespace
    command: str
    began: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    records: list[Record] = field(default_factory=list)
    rows_s: dict[str, float] = field(default_factory=dict)
    looks: dict[str, Look | str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Measure everything asked for, the smallest first; what is done is written down each time."""
        for size in self.options.sizes:
            problem = town(*_numbers(size), self.options.seed)
            for group, variant in (("town", problem), ("transport", as_transport(problem))):
                if group in self.options.groups:
                    self.compare_methods(group, size, variant)
                    self.write()
            if "sql" in self.options.groups:
                self.look_at_pilot(size)
                self.write()

    def compare_methods(self, group: str, size: str, problem: Problem) -> None:
        """Run every method on one problem, the fast ones several times, in turn."""
        methods = [m for m in self.options.methods if self._takes_part(m, group, size)]
        runs: dict[str, list[Outcome]] = {method: [] for method in methods}
        with tempfile.TemporaryDirectory(prefix="mikro-bench-") as name:
            folder = Path(name)
            self.rows_s[f"{group} {size}"] = hand_over(folder, problem)
            try:
                for turn in range(self.options.runs):
                    for method in methods:
                        if turn == 0 or _was_fast(runs[method][0]):
                            outcome = measure(folder, method, self.options.limit, 1024 * self.options.memory_gb)
                            runs[method].append(outcome)
                            _tell(f"{group} {size} {METHODS[method][0]}: {_in_short(outcome)}")
            finally:
                records = [record_of(group, size, m, problem, done) for m, done in runs.items() if done]
                for fault in compare(records, problem.resolution):
                    _tell(f"FAULT: {fault}")
                    self.faults.append(fault)
                self.records += records

    def look_at_pilot(self, size: str) -> None:
        """Time the candidates of an invented pilot of this size in SQL: the median of up to three looks."""
        found: list[Look] = []
        with tempfile.TemporaryDirectory(prefix="mikro-bench-") as name:
            arguments = ["look", name, *map(str, _numbers(size)), str(self.options.seed)]
            while len(found) < min(3, self.options.runs):
                outcome = in_own_process(arguments, 2 * self.options.limit, 1024 * self.options.memory_gb, Path(name))
                _tell(f"sql {size}: {outcome.note or f'{outcome.found.total_s:.2f} s'}")
                if not isinstance(outcome.found, Look):
                    self.looks[size] = outcome.note
                    return
                found.append(outcome.found)
                if found[0].total_s > FAST_S:
                    break
        self.looks[size] = sorted(found, key=lambda look: look.total_s)[len(found) // 2]

    def write(self) -> None:
        """Write the records, the page and the plot."""
        out: Path = self.options.out
        out.mkdir(parents=True, exist_ok=True)
        settings = {
            "begun": self.began,
            "command": f"`{self.command}`",
            "limit": f"{self.options.limit:g} s for building and solving, {self.options.memory_gb:g} GB",
            "seed": str(self.options.seed),
        }
        looks = {size: look if isinstance(look, str) else asdict(look) for size, look in self.looks.items()}
        raw = {"settings": settings, "records": [asdict(record) for record in self.records], "rows_s": self.rows_s}
        (out / "results.json").write_text(json.dumps(raw | {"looks": looks, "faults": self.faults}, indent=1) + "\n")
        write_page(out / "RESULTS.md", settings, self.records, self.rows_s, self.looks, self.faults)
        draw(out / "results.png", self.records)

    def _takes_part(self, method: str, group: str, size: str) -> bool:
        if method in TRANSPORT_ONLY:
            return group == "transport"
        return method != "cp-sat-2" or _numbers(size)[0] <= TWO_WORKERS_UP_TO


def _numbers(size: str) -> tuple[int, int]:
    n_requests, n_volunteers = size.split("x")
    return int(n_requests), int(n_volunteers)


def _was_fast(outcome: Outcome) -> bool:
    return outcome.found is not None and outcome.found.build_s + outcome.found.solve_s < FAST_S


def _in_short(outcome: Outcome) -> str:
    if outcome.found is None:
        return outcome.note
    found: Found = outcome.found
    return f"{found.said}, {found.build_s:.2f} + {found.solve_s:.3f} s, {outcome.peak_mb:.0f} MB"


def _tell(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {line}", file=sys.stderr, flush=True)


def _listed(text: str, known: set[str] | None = None) -> list[str]:
    items = [item.strip() for item in text.split(",") if item.strip()]
    if known is not None and (unknown := set(items) - known):
        raise argparse.ArgumentTypeError(f"unknown {sorted(unknown)}; known are {', '.join(sorted(known))}")
    return items


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.run_bench", description=__doc__)
    parser.add_argument("--sizes", type=_listed, default=_listed(SIZES), help=f"requests x volunteers ({SIZES})")
    parser.add_argument("--methods", type=lambda t: _listed(t, set(METHODS)), default=list(METHODS),
                        help=f"of {', '.join(METHODS)}")  # fmt: skip
    parser.add_argument("--groups", type=lambda t: _listed(t, {"town", "transport", "sql"}),
                        default=["town", "transport", "sql"], help="of town, transport, sql")  # fmt: skip
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for each method")
    parser.add_argument("--memory-gb", type=float, default=12.0, help="a method that needs more is ended")
    parser.add_argument("--runs", type=int, default=N_RUNS, help="runs of a method that takes less than 20 s")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for RESULTS.md and its plot")
    parser.add_argument("--quick", action="store_true", help="the pilot day only, 20 s each, one run")
    options = parser.parse_args(arguments)
    if options.quick:
        options.limit, options.runs = min(options.limit, 20.0), 1
        options.sizes = options.sizes[:1]
    return options


def main(arguments: list[str]) -> int:
    """Run the benchmark; 0 when done, 1 when something cannot be true, 130 when interrupted."""
    options = _options(arguments)
    # Where the page went is nobody's business on the page.
    said = [word for word in arguments if word not in ("--out", str(options.out))]
    bench = Bench(options, " ".join(["python -m bench.run_bench", *said]))
    try:
        bench.run()
    except KeyboardInterrupt:
        _tell("Interrupted; what was measured is kept.")
        return 130
    finally:
        bench.write()
    if sentence := ratio(bench.records):
        _tell(sentence)
    return 1 if bench.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
