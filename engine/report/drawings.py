"""The drawings of a report as SVG: text stays text, and the same figures give the same bytes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from engine.metrics import MEASURES
from engine.report.language import Language

BLUE = "#0072B2"
"""Okabe and Ito's: the same to people with and without colour blindness."""

INK, PALE = "#333333", "#d9dee3"
WIDTH = 7.0
"""Inches: the text of an A4 page."""

N_LABELS = 7
"""More marks on the axis of time than these run into each other."""

STYLE: Any = {
    "svg.fonttype": "none", "svg.hashsalt": "mikro", "font.size": 9.0, "axes.spines.top": False,
    "axes.spines.right": False, "axes.edgecolor": PALE, "axes.grid": True, "grid.color": PALE, "grid.linewidth": 0.6,
    "axes.axisbelow": True, "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    "xtick.major.size": 0.0, "ytick.major.size": 0.0, "axes.titlesize": 10.0, "axes.titlelocation": "left",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Series:
    """A measure along marks: ``cells`` with ``label``, ``value``, ``low`` and ``high``."""

    measure: str
    cells: pd.DataFrame


def over_time(series: list[Series], language: Language) -> str:
    """Draw measures over time beside each other, two and two, each with the band of its interval."""
    with mpl.rc_context(STYLE):
        n_rows = -(-len(series) // 2)
        figure = Figure(figsize=(WIDTH, 2.1 * n_rows), layout="constrained")
        for nth, one in enumerate(series):
            _line(figure.add_subplot(n_rows, 2, nth + 1), one, language)
        return _svg(figure)


def by_group(series: Series, language: Language) -> str:
    """Draw a figure per group with its interval, the first uppermost."""
    cells = series.cells
    heights = np.arange(len(cells))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.6 + 0.26 * len(cells)), layout="constrained")
        axes = figure.subplots()
        value, low, high = (_finite(cells[end]) for end in ("value", "low", "high"))
        axes.hlines(heights, low, high, color=BLUE, linewidth=1.6)
        axes.plot(value, heights, "o", color=BLUE, markersize=6)
        axes.set_yticks(heights, [str(label) for label in cells["label"]])
        axes.set_ylim(len(cells) - 0.5, -0.5)
        axes.grid(visible=False, axis="y")
        _scale(axes, "x", series.measure, language)
        return _svg(figure)


def _line(axes: Axes, series: Series, language: Language) -> None:
    cells = series.cells
    places = np.arange(len(cells))
    value, low, high = (_finite(cells[end]) for end in ("value", "low", "high"))
    axes.fill_between(places, low, high, color=BLUE, alpha=0.15, linewidth=0)
    axes.plot(places, value, "o-", color=BLUE, linewidth=1.8, markersize=4)
    step = max(1, -(-len(cells) // N_LABELS))
    axes.set_xticks(places[::step], [str(label) for label in cells["label"][::step]])
    axes.set_xlim(-0.4, len(cells) - 0.6)
    axes.grid(visible=False, axis="x")
    axes.set_title(language.of(MEASURES[series.measure].title))
    _scale(axes, "y", series.measure, language)


def _scale(axes: Axes, way: str, name: str, language: Language) -> None:
    """Begin an axis at nought, and write its numbers as the language does; shares end at one."""
    measure = MEASURES[name]
    axis = axes.xaxis if way == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(5))
    if measure.is_share:
        axis.set_major_formatter(FuncFormatter(lambda value, _: language.percent(value)))
    else:
        axis.set_major_formatter(FuncFormatter(lambda value, _: language.number(value)))
    ends = {("y", True): (0.0, 1.03), ("x", True): (0.0, 1.03)}.get((way, measure.is_share), (0.0, None))
    (axes.set_xlim if way == "x" else axes.set_ylim)(*ends)


def _finite(values: pd.Series) -> np.ndarray:
    """Leave out what never was or is not known: a line has a gap there."""
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _svg(figure: Figure) -> str:
    """Write a figure without date, maker or document type, which would differ or point elsewhere."""
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = written.getvalue()
    return text[text.index("<svg") :]
