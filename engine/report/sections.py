"""The sections of a report in their order, each made of the same findings."""

from __future__ import annotations

import pandas as pd

from engine.measures.costs import handling
from engine.measures.measure import Words
from engine.measures.of_costs import COSTS
from engine.measures.of_surveys import MEANINGFUL_STEP, SURVEYED
from engine.metrics import MEASURES, THEMES, Measure
from engine.reference import MUNICIPALITIES
from engine.report import drawings, tables
from engine.report.caveats import caveats
from engine.report.content import Block, Command, Part, Plot, Section, Text
from engine.report.findings import COMPARED, FOLLOWED, GROUPS, OF_A_MUNICIPALITY, Findings
from engine.report.language import Language
from engine.report.policy_told import policy_section
from engine.report.summary import summary


def sections_of(findings: Findings, language: Language) -> tuple[Section, ...]:
    """Tell everything, in the order a board reads it."""
    return (
        summary(findings, language),
        caveats(findings, language),
        over_time(findings, language),
        for_whom(findings, language),
        municipalities(findings, language),
        quality_of_life(findings, language),
        policy_section(findings, language),
        figures(findings, language),
    )


def over_time(findings: Findings, language: Language) -> Section:
    """Tell how the measures of FOLLOWED went."""
    every, cells = findings.every, findings.followed
    labelled = cells.assign(label=[_mark(every, str(code), nth, language) for nth, code in _nth(cells, every)])
    series = [drawings.Series(name, labelled[labelled["measure"] == name]) for name in FOLLOWED]
    drawn = [one for one in series if one.cells["value"].notna().sum() > 1]
    caption = language.say("Week by week") if every == "week" else language.say("Month by month")
    return Section(
        "trend",
        language.say("Over time"),
        (
            Text(
                language.say(
                    "Requests count when they were asked for, offers when they were sent, visits when they were held."
                    " The shaded band is the 95% interval. The first and the last time may be cut short by the period,"
                    " and the newest requests have often not come to their end yet."
                )
            ),
            *_drawn_over_time(drawn, caption, language),
            tables.between(cells, every, FOLLOWED, caption, language),
            Command(findings.command(FOLLOWED, f"--by {every}")),
        ),
    )


def for_whom(findings: Findings, language: Language) -> Section:
    """Tell how the measures of COMPARED differ between groups."""
    return Section(
        "groups",
        language.say("For whom it works"),
        (
            Text(
                language.say(
                    "The point is the figure, the line its 95% interval. Where lines overlap, chance may be the whole"
                    " difference; among many small groups some lie far apart by chance alone."
                )
            ),
        ),
        tuple(_compared(group, findings, language) for group in GROUPS),
    )


def figures(findings: Findings, language: Language) -> Section:
    """Tell every measure with its definition, theme by theme; quality of life has a section of its own."""
    return Section(
        "figures",
        language.say("Every figure and what it means"),
        (Text(language.say("Counted says of how many the figure is made.")),),
        tuple(
            Part(language.of(theme), _of_theme(theme, measures, findings, language))
            for theme, measures in THEMES.items()
            if measures != SURVEYED
        ),
    )


def quality_of_life(findings: Findings, language: Language) -> Section:
    """Tell what those answered who answered the survey."""
    step = language.number(MEANINGFUL_STEP)
    return Section(
        "quality",
        language.say("Quality of life"),
        (
            Text(
                language.say(
                    "Residents and volunteers are asked when they register and at follow-ups: WHO-5 about their"
                    " well-being, UCLA-3 about loneliness, and whether they would recommend the service. A change of"
                    " {step} points of WHO-5 is one that a person notices.",
                    step=step,
                )
            ),
            Text(
                language.say(
                    "A change tells of those who answered twice. Those who did not answer may be better or worse off,"
                    " and nobody was drawn by lot: the change is not proof of what the help did."
                ),
                is_warning=True,
            ),
            *_of_theme(Words("Quality of life", "Livskvalitet"), SURVEYED, findings, language),
        ),
    )


def municipalities(findings: Findings, language: Language) -> Section:
    """Tell the measures of OF_A_MUNICIPALITY, one table for each municipality."""
    return Section(
        "municipalities",
        language.say("Municipality by municipality"),
        (
            Text(
                language.say(
                    "A visit belongs to the municipality where the resident lives, a volunteer to their own. Figures of"
                    " fewer than five people are not shown, nor those that would give them away."
                )
            ),
            Command(findings.command(OF_A_MUNICIPALITY, "--by municipality_code")),
        ),
        tuple(Part(name, (_of_municipality(code, name, findings, language),)) for code, name in MUNICIPALITIES.items()),
    )


def _drawn_over_time(series: list[drawings.Series], caption: str, language: Language) -> tuple[Plot, ...]:
    if not series:
        return ()
    titles = ", ".join(language.of(MEASURES[one.measure].title) for one in series)
    alt = language.say("Curves over time of {measures}; the table below says the same.", measures=titles)
    return (Plot(drawings.over_time(series, language), caption, alt),)


def _of_theme(theme: Words, measures: tuple[Measure, ...], findings: Findings, language: Language) -> tuple[Block, ...]:
    names = [measure.name for measure in measures]
    rows = findings.whole[findings.whole["measure"].isin(names)]
    if (rows["n"] == 0).all():
        return Text(language.say("Nothing has been counted yet.")), Command(findings.command(names))
    assumed = (Text(_costs_assumed(language), is_warning=True),) if measures == COSTS else ()
    return (*assumed, tables.figures(rows, language.of(theme), language), Command(findings.command(names)))


def _costs_assumed(language: Language) -> str:
    told = handling()
    return language.say(
        "The costs are guessed, not measured (data/reference/costs.toml): an hour of a coordinator at {hour} kronor,"
        " and {request} minutes for a request, {offer} for an offer, {visit} for a visit and {incident} for an"
        " incident. The figures move with these numbers; each municipality should put in its own.",
        hour=language.number(told["sek_per_minute"] * 60, 0),
        **{what: language.number(told[f"minutes_per_{what}"]) for what in ("request", "offer", "visit", "incident")},
    )


def _compared(group: str, findings: Findings, language: Language) -> Part:
    cells, word = tables.in_order(findings.compared[group], group, language), language.group_word(group)
    if cells.empty:
        return Part(word, (Text(language.say("There is nothing to compare yet.")),))
    return Part(
        word,
        (
            *_drawn_by_group(cells[cells["measure"] == COMPARED[0]], language),
            tables.between(cells, group, COMPARED, word, language),
            Command(findings.command(COMPARED, f"--by {group}")),
        ),
    )


def _drawn_by_group(cells: pd.DataFrame, language: Language) -> tuple[Plot, ...]:
    """Draw the groups that may be shown; a drawing of one alone would compare nothing."""
    shown = cells[cells["value"].notna()]
    if len(shown) < 2:
        return ()
    title = language.of(MEASURES[COMPARED[0]].title)
    figures_said = [tables.of_row(row, language)[0].text for row in shown.to_dict("records")]
    said = "; ".join(f"{label} {figure}" for label, figure in zip(shown["label"], figures_said, strict=True))
    drawn = drawings.by_group(drawings.Series(COMPARED[0], shown), language)
    return (Plot(drawn, title, f"{title}: {said}."),)


def _of_municipality(code: str, name: str, findings: Findings, language: Language) -> Block:
    cells = findings.of_municipalities
    rows = cells[cells["municipality_code"] == code]
    if rows.empty:
        return Text(language.say("Nobody has asked or helped here in the period."))
    if rows["is_suppressed"].all():
        return Text(language.say("Too few people for any figure to be shown."))
    whole = findings.whole[findings.whole["measure"].isin(OF_A_MUNICIPALITY)]
    return tables.of_group(rows, whole, name, language)


def _nth(cells: pd.DataFrame, every: str) -> list[tuple[int, str]]:
    """Give every cell's week or month with its place among those of its measure."""
    return list(zip(cells.groupby("measure", sort=False).cumcount(), cells[every], strict=True))


def _mark(every: str, code: str, nth: int, language: Language) -> str:
    """Write a mark on the axis of time: short, with the year where one begins."""
    if every == "week":
        return language.group("week", code)
    return language.month(code, "LLL\ny" if nth == 0 or code.endswith("-01") else "LLL")
