"""The page and the plot of a benchmark run, written from its records alone."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.judging import Record
from bench.peers import METHODS
from bench.pilots import Look

from engine.problem import POINT

PACKAGES = ("numpy", "numba", "highspy", "pulp", "scipy", "ortools", "duckdb")
TITLES = {
    "town": "All rules: times, ways, minutes, visits, load points",
    "transport": "Transport only: who serves whom, visits limited",
}
RATIO_SIZE = "5000x10000"


def write_page(
    path: Path, settings: dict[str, str], records: list[Record], rows_s: dict[str, float], looks: dict[str, Look | str],
    faults: list[str],
) -> None:  # fmt: skip
    """Write RESULTS.md."""
    parts = [
        "# Benchmark results",
        "Written by `bench.run_bench`; do not edit. How it is measured: [README](README.md).",
        _bullets(_machine() | settings),
    ]
    if faults:
        parts.append("## FAULTS\n\n" + "\n".join(f"- **{fault}**" for fault in faults))
    parts += [ratio(records), "![value, gap, seconds and memory by size](results.png)"]
    for group, title in TITLES.items():
        sizes = list(dict.fromkeys(record.size for record in records if record.group == group))
        if sizes:
            parts.append(f"## {title}")
        for size in sizes:
            of_size = [record for record in records if (record.group, record.size) == (group, size)]
            parts += [
                _size_title(of_size[0], rows_s.get(f"{group} {size}")),
                _table(of_size),
                _slightly_beaten(of_size),
            ]
    if looks:
        parts.append("## Candidates in SQL\n\n" + _looks_table(looks))
    path.write_text("\n\n".join(part for part in parts if part) + "\n", encoding="utf-8")


def ratio(records: Iterable[Record], size: str = RATIO_SIZE) -> str:
    """Say how this engine compares with the LP relaxation of the compact model, in one sentence."""
    found = {record.method: record for record in records if (record.group, record.size) == ("town", size)}
    engine, relaxation = found.get("engine"), found.get("highs-lp")
    if not engine or not relaxation or not engine.seconds or not relaxation.seconds:
        return ""
    if relaxation.claimed_bound is None:
        return (
            f"**At {_spaced(size)} this engine takes {engine.seconds:.2f} s; "
            f"the HiGHS LP relaxation had not ended after {relaxation.seconds:.2f} s.**"
        )
    return (
        f"**At {_spaced(size)} this engine takes {engine.seconds / relaxation.seconds:.2f} times the seconds of the "
        f"HiGHS LP relaxation of the compact model ({engine.seconds:.2f} s and {relaxation.seconds:.2f} s) and "
        f"{engine.peak_mb / relaxation.peak_mb:.2f} times its memory "
        f"({engine.peak_mb:.0f} MB and {relaxation.peak_mb:.0f} MB, of which {engine.start_mb:.0f} MB and "
        f"{relaxation.start_mb:.0f} MB were there before the task: interpreter and imports).**"
    )


def _machine() -> dict[str, str]:
    return {
        "machine": f"{os.cpu_count()} processors, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def _bullets(facts: dict[str, str]) -> str:
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items())


def _spaced(size: str) -> str:
    return " × ".join(f"{int(n):,}".replace(",", " ") for n in size.split("x"))


def _size_title(record: Record, rows_s: float | None) -> str:
    shared = f"; compact rows assembled once for all peers in {rows_s:.2f} s" if rows_s is not None else ""
    return f"### {_spaced(record.size)}\n\n{record.n_candidates:,} candidates{shared}.".replace(",", " ")


def _table(records: list[Record]) -> str:
    head = ["method", "value", "gap", "proof", "its own word", "build s", "solve s", "peak MB", "of it before", "runs"]
    lines = [head, ["---", "--:", "--:", "---", "---", "--:", "--:", "--:", "--:", "--:"]]
    for record in records:
        lines.append(
            [
                METHODS[record.method][0],
                _number(record.value, ".2f") or ("bound only" if record.claimed_bound is not None else "no plan"),
                _number(record.gap, ".4%"),
                record.proof,
                _own_word(record),
                _number(record.build_s, ".2f"),
                _number(record.solve_s, ".3f"),
                f"{record.peak_mb:.0f}",
                f"{record.start_mb:.0f}" if record.start_mb else "",
                str(record.n_runs),
            ]
        )
    return _markdown(lines)


def _slightly_beaten(records: list[Record]) -> str:
    """Say who is above this engine by so little that its "optimal" (1e-6, relative) still holds."""
    engine = next((record.value for record in records if record.method == "engine"), None)
    if engine is None:
        return ""
    above = [r for r in records if r.value is not None and r.value > engine + POINT / 2]
    return " ".join(
        f"{METHODS[r.method][0]} is {r.value - engine:.2f} points above this engine ({r.value / engine - 1:.1e})."
        for r in above
        if r.value is not None
    )


def _own_word(record: Record) -> str:
    if record.claimed_bound is None:
        return record.said
    return f"{record.said}; bound {record.claimed_bound:.2f}"


def _looks_table(looks: dict[str, Look | str]) -> str:
    measured = {size: look for size, look in looks.items() if isinstance(look, Look)}
    names = list(dict.fromkeys(name for look in measured.values() for name in look.seconds))
    head = ["", *(_spaced(size) for size in measured)]

    def line(title: str, value: Callable[[Look], str]) -> list[str]:
        return [title, *(value(look) for look in measured.values())]

    lines = [head, ["---"] + ["--:"] * len(measured)]
    lines.append(["all pairs", *(_thousands(_product(size)) for size in measured)])
    lines.append(line("pairs that pass", lambda look: _thousands(look.n_pairs)))
    lines.append(line("candidates", lambda look: _thousands(look.n_candidates)))
    lines += [line(f"`{name}` s", lambda look, name=name: f"{look.seconds.get(name, 0):.3f}") for name in names]
    lines.append(line("**total s**", lambda look: f"**{look.total_s:.2f}**"))
    lines.append(line("µs per candidate", lambda look: f"{1e6 * look.total_s / max(1, look.n_candidates):.1f}"))
    lines.append(line("writing the facts s", lambda look: f"{look.fill_s:.2f}"))
    failed = [f"{_spaced(size)}: {look}." for size, look in looks.items() if isinstance(look, str)]
    return "\n\n".join([_markdown(lines) if measured else "", *failed]).strip()


def _product(size: str) -> int:
    n_requests, n_volunteers = map(int, size.split("x"))
    return n_requests * n_volunteers


def _thousands(n: int) -> str:
    return f"{n:,}".replace(",", " ")


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _markdown(lines: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def draw(path: Path, records: list[Record]) -> None:
    """Draw value, gap, seconds and memory over the number of requests, one row of panels per group."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    groups = [group for group in TITLES if any(record.group == group for record in records)]
    best = {(r.group, r.size): max(o.value or 0 for o in records if (o.group, o.size) == (r.group, r.size))
            for r in records}  # fmt: skip
    panels: list[tuple[str, str, Callable[[Record], float | None]]] = [
        ("value, share of the best", "linear", lambda r: r.value and r.value / best[r.group, r.size]),
        ("gap to the proved bound", "symlog", lambda r: r.gap),
        ("seconds, building and solving", "log", lambda r: r.seconds),
        ("peak memory, MB", "log", lambda r: r.peak_mb or None),
    ]
    figure, axes = plt.subplots(
        max(1, len(groups)), len(panels), figsize=(16, 4 * max(1, len(groups))), squeeze=False, layout="constrained"
    )
    for row, group in zip(axes, groups, strict=False):
        for panel, (title, scale, number) in zip(row, panels, strict=True):
            _panel(panel, [record for record in records if record.group == group], number)
            panel.set(title=f"{title}\n({TITLES[group].split(':')[0].lower()})", xscale="log", xlabel="requests")
            panel.set_yscale(scale, **({"linthresh": 1e-6} if scale == "symlog" else {}))
            if scale == "symlog":
                panel.set_ylim(bottom=-3e-7)
    if groups:
        handles = {label: handle for row in axes for panel in row
                   for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)}  # fmt: skip
        figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=5, frameon=False)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _panel(panel: Any, records: list[Record], number: Callable[[Record], float | None]) -> None:
    for position, (method, (label, _)) in enumerate(METHODS.items()):
        points = [(int(r.size.split("x")[0]), number(r)) for r in records if r.method == method]
        points = [(n, y) for n, y in points if y is not None]
        if points:
            panel.plot(*zip(*points, strict=True), marker="osD^v<>Px"[position], label=label, color=f"C{position}",
                       linewidth=2.5 if method == "engine" else 1.2)  # fmt: skip
    panel.grid(alpha=0.3)
