"""How results look in a terminal: one function per result, nothing computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich import box
from rich import progress as progress_bar
from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from engine.explain import parts_in_words
from engine.matching import Run
from engine.plan_model.columns import Progress
from engine.rules import WORDS

N_SHOWN = 8
PIPE_WIDTH = 100


def console(*, stderr: bool = False) -> Console:
    """Make a console as wide as the terminal, or of a fixed width into a pipe or file."""
    made = Console(stderr=stderr)
    return made if made.is_terminal else Console(stderr=stderr, width=PIPE_WIDTH)


@contextmanager
def progress(console: Console) -> Iterator[Callable[[str], Callable[[object], None]]]:
    """Show what is being done; yields a function that names a phase and returns a callback for its progress."""
    bar = progress_bar.Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:

        def phase(name: str) -> Callable[[object], None]:
            for task in bar.task_ids:
                bar.update(task, total=1, completed=1)
            task = bar.add_task(name, total=None)

            def tick(now: object) -> None:
                bar.update(task, description=f"{name}: {in_words(now)}")

            return tick

        yield phase


def in_words(now: object) -> str:
    """Say where something long stands: the solver's progress, or whatever sentence was given."""
    if isinstance(now, Progress):
        return f"{now.stage}, round {now.round}, value {now.value:,.1f}, bound {now.bound:,.1f}, gap {now.gap:.3%}"
    return str(now)


def run(console: Console, made: Run, n_shown: int = N_SHOWN) -> None:
    """Show a match run: what is served, what is proved, who goes where and why, and who is not served."""
    summary = made.summary()
    console.print(f"\n[bold]Match run {made.run_id}[/bold]  {proved(summary)}")
    console.print(_figures(made, summary))
    for pin in made.pins_left_out:
        console.print(f"[yellow]The pin of {_plain(pin)} was left out: a rule forbids it (see mikro explain).[/yellow]")
    if not made.proposals.empty:
        console.print(_proposals(made, n_shown))
    if not made.unmatched.empty:
        console.print(_unmatched(summary["unmatched"]))


def proved(summary: dict[str, Any]) -> str:
    """Say in one sentence what is proved of a run."""
    if summary["proof"] == "optimal":
        return "[green]proved optimal: no plan under this policy is worth more[/green]"
    within = f"no plan is worth more than {summary['gap']:.3%} above this one"
    return f"[yellow]{summary['proof'].replace('_', ' ')}: {within}[/yellow]"


def _figures(made: Run, summary: dict[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    seconds = "  ".join(f"{phase} {s:.2f}" for phase, s in summary["seconds"].items())
    at = made.view.as_of.strftime("%Y-%m-%d %H:%M UTC")
    for name, text in (
        ("served", f"{summary['n_matched']} of {summary['n_requests']} requests"),
        ("chosen from", f"{summary['n_candidates']:,} candidates of {summary['n_volunteers']:,} volunteers"),
        ("value", f"{summary['objective']:,.2f} points"),
        ("bound", f"{summary['bound']:,.2f} points (gap {summary['gap']:.4%}, {summary['model']} model)"),
        ("seconds", seconds),
        ("looked at", f"{at} under policy {summary['policy']} ({made.view.policy.fingerprint})"),
    ):
        table.add_row(f"[dim]{name}[/dim]", text)
    return table


def _proposals(made: Run, n_shown: int) -> Table:
    table = _table(f"The first {min(n_shown, len(made.proposals))} of {len(made.proposals)} proposals")
    for name in ("when", "request", "volunteer", "km", "points", "because"):
        table.add_column(name, justify="right" if name in ("km", "points") else "left")
    for row in made.proposals.sort_values(["starts_at", "request_id"]).head(n_shown).to_dict("records"):
        table.add_row(
            _when(row["starts_at"]),
            row["request_id"],
            row["volunteer_id"],
            f"{row['distance_km']:.1f}",
            f"{row['value']:g}",
            parts_in_words(row),
        )
    return table


def _unmatched(counts: dict[str, int]) -> Table:
    table = _table(f"{sum(counts.values())} requests without all their volunteers, by reason")
    table.add_column("requests", justify="right")
    table.add_column("code")
    table.add_column("because")
    for code, n in counts.items():
        table.add_row(str(n), code, WORDS[code].en)
    return table


def bad_rows(console: Console, rows: tuple[Any, ...], n_shown: int = 1000) -> None:
    """Show every bad row of a refused package."""
    table = _table(f"{len(rows)} bad rows; nothing was written")
    for name in ("file", "line", "column", "value", "expected"):
        table.add_column(name, overflow="fold")
    for row in rows[:n_shown]:
        table.add_row(row.file, str(row.line), row.column, _plain(row.value), row.expected)
    console.print(table)


def explanation(console: Console, told: Any) -> None:
    """Show why a request got its volunteer, or none."""
    console.print(f"\n[bold]Request {told.request_id}[/bold] in run {told.run_id}")
    for line in told.in_words():
        console.print(_plain(line))
    if not told.runners_up.empty:
        console.print("[dim]Others who could come, most valuable first:[/dim]")
        for row in told.runners_up.head(5).to_dict("records"):
            when = _when(row["starts_at"])
            console.print(f"  {row['value']:7.2f}  {row['volunteer_id']}  {when}  {parts_in_words(row)}")


def policy(console: Console, shown: Any, other: Any = None) -> None:
    """Show the numbers of a policy, or only those in which it differs from another."""
    table = _table(f"{shown.name} ({shown.fingerprint})" + (f" against {other.name}" if other else ""))
    for name in ("number", shown.name, *([other.name] if other else [])):
        table.add_column(name)
    for group in shown.numbers():
        for name in getattr(shown, group).__slots__:
            mine = getattr(getattr(shown, group), name)
            theirs = getattr(getattr(other, group), name) if other else None
            if other is None or mine != theirs:
                table.add_row(f"{group}.{name}", f"{mine:g}", *([f"{theirs:g}"] if other else []))
    console.print(table)


def records(console: Console, title: str, rows: Any) -> None:
    """Show the rows of a data frame under its own column names."""
    table = _table(title)
    for name in rows.columns:
        table.add_column(str(name), overflow="fold")
    for row in rows.itertuples(index=False):
        table.add_row(*(_plain(_cell(value)) for value in row))
    console.print(table)


def _cell(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 - missing values differ from themselves
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _when(moment: datetime) -> str:
    """Write a visit's start; the day without a leading zero, in a way that every system knows."""
    return f"{moment:%a} {moment.day} {moment:%b %H:%M}"


def _table(title: str) -> Table:
    return Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)


def _plain(text: str) -> str:
    """Keep rich from reading markup in what people typed."""
    return text.replace("[", r"\[")
