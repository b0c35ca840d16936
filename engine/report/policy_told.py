"""A policy in plain words: a sentence for each of its numbers, and for each that another policy had."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime

from engine.policy import TABLES, Policy
from engine.report.content import Block, Cell, Command, Part, Points, Section, Table, Text
from engine.report.findings import Findings, InForce, written
from engine.report.language import Language


def policy_section(findings: Findings, language: Language) -> Section:
    """Tell which policy is in force, what it says, and what it changed."""
    now, *before = findings.policies
    titles = {
        "limits": language.say("What is not exceeded, and how far a match looks"),
        "asking": language.say("How volunteers are asked"),
        "weights": language.say("What a match strives for"),
    }
    said = sentences(now.policy, language)
    parts = [Part(title, (Points(tuple(said[table].values())),)) for table, title in titles.items()]
    changed = [Part(language.say("What was changed"), (_changes(before[0], now, language),))] if before else []
    return Section(
        "policy",
        language.say("The policy in force"),
        _in_force(now, findings.period.moment, language),
        (*changed, *parts),
    )


def _in_force(now: InForce, until: datetime, language: Language) -> tuple[Block, ...]:
    name = language.say(
        "The policy is called {name} (fingerprint {mark}).", name=now.policy.name, mark=now.policy.fingerprint
    )
    since = (
        language.say("It has been in force since the pilot began.")
        if now.since is None
        else language.say(
            "It has been in force since {day} (reason: {reason}).",
            day=language.day(now.since.tz_localize("UTC")),
            reason=reasons(language)[now.reason_code],
        )
    )
    points = language.say("Points weigh one aim against another when a week is planned; they are no grade of people.")
    return Text(f"{name} {since}"), Text(points), Command(f"mikro policy life --as-of {written(until)}")


def reasons(language: Language) -> dict[str, str]:
    """Say why a policy was adopted, by the codes of :data:`engine.live.adoption.REASONS`."""
    return {
        "council_decision": language.say("decision of the council"),
        "evaluation": language.say("evaluation"),
        "trial": language.say("trial"),
        "correction": language.say("correction of a mistake"),
        "rolled_back": language.say("back to what was in force before"),
        "other": language.say("other"),
    }


def _changes(before: InForce, now: InForce, language: Language) -> Table:
    return Table(
        language.say("Against the policy before it, {name}", name=before.policy.name),
        (language.say("Before"), language.say("Now")),
        tuple((Cell(earlier), Cell(later)) for earlier, later in changes(before.policy, now.policy, language)),
    )


def sentences(policy: Policy, language: Language) -> dict[str, dict[str, str]]:
    """Say every number of a policy: table -> name -> sentence."""
    said, numbers = _sentences(language), policy.numbers()
    return {
        table: {
            field.name: _said(said[field.name], numbers[table][field.name], field.metadata["unit"], language)
            for field in fields(kind)
        }
        for table, kind in TABLES.items()
    }


def changes(before: Policy, after: Policy, language: Language) -> list[tuple[str, str]]:
    """Say in which numbers two policies differ: the sentence of the one, and of the other."""
    earlier, later = sentences(before, language), sentences(after, language)
    return [
        (earlier[table][name], sentence)
        for table, said in later.items()
        for name, sentence in said.items()
        if earlier[table][name] != sentence
    ]


def _said(said: str | tuple[str, str], value: float, unit: str, language: Language) -> str:
    if isinstance(said, tuple):
        return said[0] if value else said[1]
    return said.format(value=_quantities(language)[unit](value))


def _quantities(language: Language) -> dict[str, Callable[[float], str]]:
    """Write a number with the word for what it counts, by the unit of the policy."""
    count = language.count

    def points(n: float) -> str:
        return count("{n} point", "{n} points", n)

    def visits(n: float) -> str:
        return count("{n} visit", "{n} visits", n)

    def minutes(n: float) -> str:
        return count("{n} minute", "{n} minutes", n)

    return {
        "points": points,
        "points per step": points,
        "points per day": points,
        "points per km": points,
        "points per visit": points,
        "points per request": points,
        "days": lambda n: count("{n} day", "{n} days", n),
        "hours": lambda n: count("{n} hour", "{n} hours", n),
        "km": lambda n: language.say("{n} km", n=language.number(n)),
        "km/h": lambda n: language.say("{n} km/h", n=language.number(n)),
        "minutes": minutes,
        "minutes per week": minutes,
        "starts": lambda n: count("{n} start", "{n} starts", n),
        "visits per week": visits,
        "share": language.percent,
        "offers per visit": lambda n: count("{n} volunteer", "{n} volunteers", n),
        "offers per week": lambda n: count("{n} time", "{n} times", n),
    }


def _sentences(language: Language) -> dict[str, str | tuple[str, str]]:
    return _of_weights(language) | _of_limits(language) | _of_asking(language)


def _of_weights(language: Language) -> dict[str, str | tuple[str, str]]:
    say = language.keep
    return {
        "served": say("Serving a request is worth {value}."),
        "urgency_step": say("Every step of urgency above the lowest adds {value}."),
        "waiting_day": say("Every day a request has waited adds {value}."),
        "distance_km": say("Every kilometre between volunteer and resident takes off {value}."),
        "continuity": say("A volunteer whom the resident knows from an earlier visit adds {value}."),
        "preference": say("A volunteer who was asked for by name adds {value}."),
        "first_visit": say("The first visit of a volunteer who has none that week adds {value}."),
        "load_step": say("Each visit of a week beyond the comfortable number costs {value} more than the one before."),
        "shortfall": say("Each request that a municipality is short of its floor costs {value}."),
    }


def _of_limits(language: Language) -> dict[str, str | tuple[str, str]]:
    say = language.keep
    return {
        "horizon_days": say("A match looks {value} ahead."),
        "notice_hours": say("No visit is proposed less than {value} before it begins."),
        "waiting_days_max": say("Waiting counts for at most {value}."),
        "radius_max_km": say("No volunteer is sent farther than {value}, however far they are willing to go."),
        "start_step_minutes": say("The starts that are tried lie {value} apart."),
        "starts_per_pair": say("For each request and volunteer at most {value} are tried."),
        "travel_speed_km_per_h": say("Volunteers are assumed to travel at {value}, as the crow flies."),
        "travel_fixed_minutes": say("Every journey is counted {value} longer, for finding the door."),
        "rest_minutes": say("Between two visits, the way not counted, a volunteer has at least {value} free."),
        "visits_per_week_max": say("No volunteer gets more than {value} a week."),
        "minutes_per_week_max": say("No volunteer gives more than {value} a week, the way there counted."),
        "comfortable_visits_per_week": say("More than {value} a week costs points, so that the work is spread."),
        "equity_floor_share": say(
            "At least {value} of every municipality's requests should be served; less costs points."
        ),
        "lent_visits_per_week_max": say(
            "The volunteers of a municipality make at most {value} a week to residents of others."
        ),
        "visits_on_holidays": (
            say("Visits are planned on public holidays and their eves too."),
            say("No visit is planned on public holidays and their eves."),
        ),
        "home_record_required": (
            say("Volunteers who help in somebody's home must show the police record extract of SFS 2026:43."),
            say("Volunteers who help in somebody's home need not show the police record extract of SFS 2026:43."),
        ),
    }


def _of_asking(language: Language) -> dict[str, str | tuple[str, str]]:
    say = language.keep
    return {
        "parallel_offers": say("Each visit is offered to {value} at a time; the first yes holds."),
        "answer_hours": say("A volunteer has {value} to answer, and never longer than until the visit begins."),
        "next_offer_hours": say("After {value} without an answer the next volunteer is asked too."),
        "offers_per_week_max": say("No volunteer is asked more than {value} in seven days."),
        "late_cancel_hours": say(
            "A visit that is cancelled less than {value} before it begins counts as cancelled late."
        ),
        "series_ahead_days": say("The next visit of a series becomes a request {value} ahead."),
    }
