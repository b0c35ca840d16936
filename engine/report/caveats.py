"""What the figures of a report cannot say: standing sentences, and those that these figures call for."""

from __future__ import annotations

from engine.measures.cells import FEWEST_PERSONS
from engine.report.content import Points, Section
from engine.report.findings import Findings
from engine.report.language import Language

FEW_REQUESTS = 100
"""Fewer closed requests than this give intervals so wide that little can be told apart."""


def caveats(findings: Findings, language: Language) -> Section:
    """Say it before the figures, so that they are read with it in mind."""
    return Section(
        "limits",
        language.say("What the figures cannot say"),
        (Points((*_of_these_figures(findings, language), *_always(language))),),
    )


def _of_these_figures(findings: Findings, language: Language) -> tuple[str, ...]:
    said = []
    coverage = findings.row("coverage")
    if not coverage["n"] >= FEW_REQUESTS:
        said.append(
            language.say("The numbers are small: every figure could easily have been another, as its interval says.")
        )
    n_hidden = int(findings.of_municipalities["is_suppressed"].sum())
    if n_hidden:
        said.append(
            language.count(
                "{n} figure of a municipality is hidden, as it tells of fewer than {fewest} people or would give such a"
                " figure away.",
                "{n} figures of municipalities are hidden, as they tell of fewer than {fewest} people or would give"
                " such figures away.",
                n_hidden,
                fewest=language.number(FEWEST_PERSONS),
            )
        )
    if len(findings.policies) > 1:
        said.append(
            language.say(
                "The policy was changed; what differs before and after may have many other causes, such as the season."
            )
        )
    return tuple(said)


def _always(language: Language) -> tuple[str, ...]:
    return (
        language.say(
            "Before and after is no effect: without a comparison that was drawn by lot nobody knows what would have"
            " happened without the pilot."
        ),
        language.say(
            "Municipalities differ in who lives there and who asks; a lower figure is no grade of those who work there."
        ),
        language.say("Those who never asked are not in the figures, and they may need the help most."),
        language.say("Every twentieth interval misses the truth by chance, even when everything is counted rightly."),
        language.say(
            "Costs rest on guessed minutes and a guessed cost per hour; recruiting, vetting and the platform are not in"
            " them."
        ),
        language.say("Only what was recorded is counted: a visit that nobody reported does not exist here."),
    )
