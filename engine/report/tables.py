"""Tables of figures: a frame of :mod:`engine.metrics` in, cells in words out; what may not be shown says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from engine.measures.measure import Kind, Measure
from engine.measures.of_costs import COSTS
from engine.metrics import MEASURES
from engine.report.content import Cell, Table
from engine.report.language import NOTHING, Language

UNIT_UNSAID = {Kind.RATIO, Kind.MEAN}
"""Kinds whose unit neither the title nor the figure says."""


def figures(rows: pd.DataFrame, caption: str, language: Language) -> Table:
    """Lay measures out with definition and denominator, one row each (columns of :func:`engine.metrics.measure`)."""
    return Table(
        caption,
        (language.say("Measure"), *_titles(language)),
        tuple(
            (_defined(MEASURES[row["measure"]], language), *of_row(row, language)) for row in rows.to_dict("records")
        ),
        n_numbers=3,
        is_caption_seen=False,
    )


def of_group(rows: pd.DataFrame, whole: pd.DataFrame, caption: str, language: Language) -> Table:
    """Lay out the measures of one group beside the whole's."""
    figure_of_whole = {row["measure"]: of_row(row, language)[0] for row in whole.to_dict("records")}
    return Table(
        caption,
        (language.say("Measure"), *_titles(language), language.say("All municipalities")),
        tuple(
            (name_cell(MEASURES[row["measure"]], language), *of_row(row, language), figure_of_whole[row["measure"]])
            for row in rows.to_dict("records")
        ),
        n_numbers=4,
        is_caption_seen=False,
    )


def between(cells: pd.DataFrame, by: str, names: Iterable[str], caption: str, language: Language) -> Table:
    """Lay measures out side by side, one row for each group of ``by``."""
    measures = [MEASURES[name] for name in names]
    titles = [(language.of(measure.title), language.say("95% interval"))[: _n_told(measure)] for measure in measures]
    found = {(row["measure"], str(row[by])): of_row(row, language) for row in cells.to_dict("records")}
    rows = tuple(
        (
            Cell(language.group(by, code)),
            *(
                cell
                for measure in measures
                for cell in found.get((measure.name, code), (Cell(NOTHING), Cell(NOTHING)))[: _n_told(measure)]
            ),
        )
        for code in dict.fromkeys(cells[by].astype(str))
    )
    columns = (language.group_word(by), *(title for pair in titles for title in pair))
    return Table(caption, columns, rows, n_numbers=len(columns) - 1, is_caption_seen=False)


def in_order(cells: pd.DataFrame, by: str, language: Language) -> pd.DataFrame:
    """Add the name of each group, ``label``; what has only a name is sorted by it, all else by its code."""
    labels = cells[by].map(lambda code: language.group(by, str(code)))
    keys = labels if by in {"service", "language"} else cells[by]
    return cells.assign(label=labels, key=keys.astype(str)).sort_values("key", kind="stable").drop(columns="key")


def of_row(row: dict[Any, Any], language: Language) -> tuple[Cell, Cell, Cell]:
    """Say the figure, its interval, and how many it was made of; too few people are said to be that."""
    measure = MEASURES[row["measure"]]
    if row["is_suppressed"]:
        return Cell(language.say("too few")), Cell(NOTHING), Cell(language.say("too few"))
    figure = language.figure(measure, row["value"])
    interval = language.interval(measure, row["low"], row["high"])
    return Cell(figure), Cell(interval), Cell(language.number(row["n"], 0))


def name_of(measure: Measure, language: Language) -> str:
    """Name a measure; costs never without saying that they are assumed."""
    title = language.of(measure.title)
    return language.say("{title} (assumed)", title=title) if measure in COSTS else title


def name_cell(measure: Measure, language: Language) -> Cell:
    """Name a measure, its unit beneath where the figure does not show it."""
    return Cell(name_of(measure, language), (language.of(measure.unit),) if measure.kind in UNIT_UNSAID else ())


def _n_told(measure: Measure) -> int:
    """Say how many columns a measure has in a table: a count has no interval."""
    return 1 if measure.kind is Kind.TOTAL else 2


def _titles(language: Language) -> tuple[str, str, str]:
    return language.say("Figure"), language.say("95% interval"), language.say("Counted")


def _defined(measure: Measure, language: Language) -> Cell:
    name, definition = name_of(measure, language), language.of(measure.definition)
    if measure.kind is Kind.TOTAL:
        return Cell(name, (definition,))
    unit, interval = language.of(measure.unit), language.of(measure.interval)
    notes = (
        definition,
        language.say("Of: {denominator}", denominator=language.of(measure.denominator)),
        language.say("Unit: {unit}. Interval: {interval}.", unit=unit, interval=interval),
    )
    return Cell(name, notes)
