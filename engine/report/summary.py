"""The summary of a report: what happened in plain words, the figures seen first, and stop or go with its lights."""

from __future__ import annotations

import math

import pandas as pd

from engine.measures.of_costs import COSTS
from engine.measures.progression import LIGHTS, Judged
from engine.metrics import MEASURES
from engine.report import tables
from engine.report.content import Block, Cell, Command, Points, Section, Table, Text, Tile, Tiles
from engine.report.findings import FIRST_SEEN, Findings
from engine.report.language import Language


def summary(findings: Findings, language: Language) -> Section:
    """Tell what a board should know that reads one page only."""
    return Section(
        "summary",
        language.say("Summary"),
        (
            Points(in_words(findings, language)),
            Tiles(tuple(_tile(findings.row(name), language) for name in FIRST_SEEN)),
            Command(findings.command(FIRST_SEEN)),
            *lights(findings, language),
        ),
    )


def in_words(findings: Findings, language: Language) -> tuple[str, ...]:
    """Say in a few sentences what came of the requests, how long they waited, and how the criteria stand."""
    said = [
        _how_much(findings, language),
        _how_many_served(findings.row("coverage"), language),
        _how_long(findings.row("acceptance_days"), language),
        _how_lights_stand(findings.judged, language),
    ]
    return tuple(sentence for sentence in said if sentence)


def lights(findings: Findings, language: Language) -> tuple[Block, ...]:
    """Tell every criterion with its light, and what a light is worth."""
    words = light_words(language)
    return (
        Table(
            language.say("Progression criteria: go on, change something, or stop"),
            (language.say("Criterion"), language.say("Light"), language.say("Figure"), language.say("Limits")),
            tuple(_criterion(one, words, language) for one in findings.judged),
        ),
        Text(
            language.say(
                "A light decides nothing: the board does. The limits are assumptions until the board has set them"
                " (data/reference/progression.toml); they should be set before the figures are seen, and not moved"
                " afterwards."
            )
        ),
        Command(findings.command((), "--criteria")),
    )


def light_words(language: Language) -> dict[str, str]:
    """Name the lights."""
    said = (language.say("Green"), language.say("Amber"), language.say("Red"), language.say("Not known"))
    return dict(zip(LIGHTS, said, strict=True))


def _how_much(findings: Findings, language: Language) -> str:
    asked, visits, hours = (findings.row(name) for name in ("requests", "visits", "hours"))
    if any(row["is_suppressed"] for row in (asked, visits, hours)):
        return language.say("Too few people have asked or been visited for figures to be shown.")
    return language.say(
        "Residents made {requests}, and volunteers completed {visits}: {hours} of help.",
        requests=language.count("{n} request", "{n} requests", asked["value"]),
        visits=language.count("{n} visit", "{n} visits", visits["value"]),
        hours=language.count("{n} hour", "{n} hours", round(hours["value"])),
    )


def _how_many_served(row: pd.Series, language: Language) -> str:
    if row["is_suppressed"] or math.isnan(row["value"]):
        return ""
    measure = MEASURES["coverage"]
    return language.say(
        "Of the {n} whose time had passed, {share} had all their visits completed; the interval reaches from {low} to"
        " {high}.",
        n=language.count("{n} request", "{n} requests", row["n"]),
        share=language.figure(measure, row["value"]),
        low=language.figure(measure, row["low"]),
        high=language.figure(measure, row["high"]),
    )


def _how_long(row: pd.Series, language: Language) -> str:
    if row["is_suppressed"] or math.isnan(row["value"]):
        return ""
    if math.isinf(row["value"]):
        return language.say("Fewer than half of the requests have led to a yes from a volunteer.")
    days = language.figure(MEASURES["acceptance_days"], row["value"])
    return language.say("Half of the requests had a volunteer's yes within {days} days.", days=days)


def _how_lights_stand(judged: tuple[Judged, ...], language: Language) -> str:
    n = {light: sum(one.light == light for one in judged) for light in LIGHTS}
    filled = {light: language.number(of_light) for light, of_light in n.items()} | {"n": language.number(len(judged))}
    if n["unknown"]:
        return language.say(
            "{green} of {n} criteria are green, {amber} amber and {red} red; {unknown} cannot be judged yet.",
            **filled,
        )
    return language.say("{green} of {n} criteria are green, {amber} amber and {red} red.", **filled)


def _tile(row: pd.Series, language: Language) -> Tile:
    measure = MEASURES[str(row["measure"])]
    figure, interval, _ = tables.of_row(dict(row), language)
    is_cost = measure in COSTS
    return Tile(
        title=tables.name_of(measure, language),
        figure=figure.text,
        interval=language.say("95% interval: {interval}", interval=interval.text) if row["low"] == row["low"] else "",
        note=language.say("By assumed minutes and cost per hour.") if is_cost else language.of(measure.unit),
    )


def _criterion(one: Judged, words: dict[str, str], language: Language) -> tuple[Cell, ...]:
    figure, criterion = one.figure, one.criterion
    measure = figure.measure
    value = language.figure(measure, figure.value)
    interval = language.interval(measure, figure.low, figure.high)
    notes = () if math.isnan(figure.low) else (language.say("95% interval: {interval}", interval=interval),)
    doubt = (language.say("the interval reaches into another light"),)
    is_known = one.light != "unknown"
    green, amber = language.limit(measure, criterion.green), language.limit(measure, criterion.amber)
    limits = (
        language.say("green from {green}, red below {amber}", green=green, amber=amber)
        if figure.more_is_better
        else language.say("green up to {green}, red above {amber}", green=green, amber=amber)
    )
    return (
        tables.name_cell(measure, language) if criterion.gap_by is None else Cell(language.of(figure.title)),
        Cell(words[one.light], doubt if is_known and not one.is_sure and criterion.gap_by is None else (), one.light),
        Cell(value, notes),
        Cell(limits),
    )
