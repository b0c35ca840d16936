"""What the checks say of a measurement: value, gap and proof are worked out here, never taken from the method."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite

from bench.measuring import Outcome
from bench.peers import METHODS

from engine.checks import certified_bound, objective_of, violations
from engine.problem import Problem
from engine.solver import proof_of

TOLERANCE = 1e-6


@dataclass(slots=True)
class Record:
    """One line of the results.

    Parameters
    ----------
    group
        ``town``, or ``transport`` for the variant that is a transport problem.
    value
        Points of the plan by the checks; ``None`` without a plan that keeps the rules.
    certified
        The bound recomputed from the method's own prices, where it gives any.
    claimed_bound, said
        The method's own word.
    gap, proof
        Against the best bound of the group: the certified one, or the LP relaxation's where there is none.
    n_runs
        The times and the memory are those of the run with the median time among so many.
    """

    group: str
    size: str
    n_candidates: int
    method: str
    value: float | None = None
    certified: float | None = None
    claimed_bound: float | None = None
    said: str = ""
    gap: float | None = None
    proof: str = ""
    build_s: float | None = None
    solve_s: float | None = None
    peak_mb: float = 0.0
    start_mb: float = 0.0
    n_runs: int = 1
    fault: str = ""

    @property
    def seconds(self) -> float | None:
        """Building and solving together."""
        return None if self.build_s is None or self.solve_s is None else self.build_s + self.solve_s


def record_of(group: str, size: str, method: str, problem: Problem, runs: list[Outcome]) -> Record:
    """Judge the runs of one method on one problem."""
    run = sorted(runs, key=_seconds_of)[len(runs) // 2]
    found = run.found
    record = Record(group, size, problem.n_candidates, method, peak_mb=run.peak_mb, n_runs=len(runs), said=run.note)
    if found is None:
        return record
    record.said, record.claimed_bound, record.start_mb = found.said, found.bound, run.start_mb
    record.build_s, record.solve_s = found.build_s, found.solve_s
    if found.chosen is not None:
        broken = violations(problem, found.chosen)
        record.fault = f"{METHODS[method][0]} at {size} breaks a rule: {broken[0]}" if broken else ""
        record.value = None if broken else round(objective_of(problem, found.chosen), 6)
    if certificate := found.details.get("certificate"):
        bound = certified_bound(problem, certificate)  # type: ignore[arg-type]
        record.certified = bound if isfinite(bound) else None
    return record


def _seconds_of(run: Outcome) -> float:
    return inf if run.found is None else run.found.build_s + run.found.solve_s


def compare(records: list[Record], resolution: float) -> list[str]:
    """Fill in gap and proof of the records of one problem; name everything that cannot be true."""
    by_method = {record.method: record for record in records}
    engine, relaxation = by_method.get("engine"), by_method.get("highs-lp")
    certified = engine.certified if engine else None
    bound = certified if certified is not None else relaxation.claimed_bound if relaxation else None
    faults = [record.fault for record in records if record.fault]
    for record in records:
        if record.value is None:
            continue
        label = f"{METHODS[record.method][0]} ({record.group}, {record.size})"
        allowed = TOLERANCE * max(1.0, abs(record.value))
        if engine and engine.value is not None and record.value > engine.value + allowed:
            faults.append(f"{label} has {record.value}, more than this engine's {engine.value}.")
        if bound is None:
            continue
        if record.value > bound + allowed:
            faults.append(f"{label} has {record.value}, above the proved bound {bound}.")
        record.gap = max(0.0, bound - record.value) / max(1.0, abs(record.value))
        record.proof = proof_of(record.value, bound, 0.0, resolution)
    return faults
