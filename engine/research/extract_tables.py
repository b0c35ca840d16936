"""The tables of a research extract: every column that may leave the pilot, what it means, and what it may hold.

A column that is not here does not leave. There is no free text: a code outside of its list becomes ``other``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import cache

from engine import reference, rules
from engine.live import surveys
from engine.live.answers import DECLINE_REASONS
from engine.live.decisions import REJECT_REASONS
from engine.live.endings import CANCEL_REASONS
from engine.live.incidents import ACTIONS, KINDS, OUTCOMES
from engine.people.registration import LEAVING_REASONS
from engine.policy import Asking, Limits, Weights

OTHER = "other"
GENERAL = "*"
"""Stands where a value was too rare to be published."""

LETTERS = "bcdfghjklmnpqrstvwxz"
"""Pseudonyms are written without vowels and digits, so that none can look like a name or a number."""

PSEUDONYM = re.compile(f"[{LETTERS}]{{14}}")
FINGERPRINT = re.compile(r"[0-9a-f]{12}")
LABEL = re.compile(r"[a-z0-9_-]{1,40}")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the extract.

    Parameters
    ----------
    kind
        ``id`` (a pseudonym of what ``of`` says), ``code`` (one or several of ``known``, with ``;`` between), ``band``
        (a quasi-identifier, made so that nobody is alone with theirs), ``fingerprint``, ``label``, ``whole``,
        ``number``, ``flag``, ``day`` or ``hour`` (a time in whole hours).
    """

    name: str
    kind: str
    meaning: str
    of: str = ""
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the extract; ``key`` names the columns that tell its rows apart."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]


def _id(of: str, meaning: str = "", name: str = "") -> Column:
    return Column(name or f"{of}_id", "id", meaning or f"pseudonym of the {of}", of)


def _code(name: str, meaning: str, *known: str) -> Column:
    return Column(name, "code", meaning, known=known)


def _hour(name: str, meaning: str) -> Column:
    return Column(name, "hour", meaning)


def _whole(name: str, meaning: str) -> Column:
    return Column(name, "whole", meaning)


@cache
def tables() -> tuple[Table, ...]:
    """List the tables, each after those its ids refer to."""
    return (*_people(), _surveys(), *_asked(), *_policies(), *_planned(), *_offered(), *_visited(), *_incidents())


def _people() -> tuple[Table, ...]:
    """Who takes part."""
    services = tuple(reference.services())
    return (
        Table("residents", "residents, by what at least five share", ("resident_id",), (
            _id("resident"),
            Column("municipality_code", "band", "municipality, or * where too few share the rest"),
            Column("age_band", "band", "age at the moment of the extract, in 5-year or broad bands, or *"),
            Column("languages", "band", "languages with ; between, or * where too rare"),
        )),
        Table("volunteers", "what volunteers offer", ("volunteer_id",), (
            _id("volunteer"),
            _id("resident"),
            _code("services", "services offered", *services),
            _whole("radius_km", "how far they go, km"),
            _whole("visits_per_week", "most visits a week"),
            _whole("minutes_per_week", "most minutes a week"),
            Column("joined_month", "day", "first day of the month in which they joined"),
            Column("left_month", "day", "first day of the month in which they left"),
        )),
        Table("availability", "when volunteers are free", ("volunteer_id", "weekday", "starts_hour"), (
            _id("volunteer"),
            _whole("weekday", "1 (Monday) to 7"),
            _whole("starts_hour", "hour of the day, local"),
            _whole("ends_hour", "hour of the day, local"),
        )),
        Table("checks", "checks that were seen to be met", ("volunteer_id", "check_code", "valid_from"), (
            _id("volunteer"),
            _code("check_code", "which check", *reference.checks()),
            _id("account", "pseudonym of who saw it", "seen_by"),
            Column("valid_from", "day", "from which day it holds"),
            Column("valid_to", "day", "until which day"),
        )),
    )  # fmt: skip


def _surveys() -> Table:
    """How people say they are."""
    return Table("surveys", "answers to the survey", ("resident_id", "side", "occasion", "answered_at"), (
        _id("resident"),
        _code("side", "as who asks or who helps", *surveys.SIDES),
        _code("occasion", "when it was asked", *surveys.OCCASIONS),
        *(_whole(question, f"{survey.name.en}, {survey.lowest} to {survey.highest}")
          for survey in surveys.questionnaires() for question in survey.questions),
        _hour("answered_at", "when, UTC"),
    ))  # fmt: skip


def _asked() -> tuple[Table, ...]:
    """What was asked for."""
    services = tuple(reference.services())
    return (
        Table("requests", "what was asked for", ("request_id",), (
            _id("request"),
            _id("resident"),
            _id("series"),
            _code("service", "service", *services),
            _whole("minutes", "length of the visit"),
            _hour("earliest_at", "begin of the window, local, rounded down"),
            _hour("latest_at", "end of the window, local, rounded up"),
            _whole("volunteers_needed", "volunteers needed"),
            _whole("urgency", "1 (can wait) to 3 (urgent)"),
            Column("languages", "band", "languages asked for, * where that would tell a rare one; empty means any"),
            _hour("requested_at", "when it was asked for, UTC"),
            _code("status", "how far it came", "submitted", "planned", "offered", "agreed", "completed", "missed",
                  "cancelled", "withdrawn", "expired"),
        )),
    )  # fmt: skip


def _policies() -> tuple[Table, ...]:
    """Policies and their numbers."""
    numbers = [field.name for part in (Weights, Limits, Asking) for field in fields(part)]
    return (
        Table("policies", "policies in force, or that a run was made under", ("fingerprint", "adopted_at"), (
            Column("fingerprint", "fingerprint", "hash of its numbers"),
            Column("policy", "label", "its name"),
            _hour("adopted_at", "since when it was in force, UTC; empty when a run tried it only"),
        )),
        Table("policy_numbers", "the numbers of these policies", ("fingerprint", "part", "number"), (
            Column("fingerprint", "fingerprint", "of the policy"),
            _code("part", "weights, limits or asking", "weights", "limits", "asking"),
            _code("number", "its name", *numbers),
            Column("value", "number", "its value; yes is 1, no 0"),
        )),
    )  # fmt: skip


def _planned() -> tuple[Table, ...]:
    """Runs, and what they proposed."""
    rule_codes = tuple(rule.code for rule in rules.ALL_RULES)
    return (
        Table("runs", "match runs", ("run_id",), (
            _id("run"),
            _hour("as_of", "the moment looked at, UTC"),
            Column("fingerprint", "fingerprint", "of the policy"),
            _code("model", "model", "compact", "plans"),
            _whole("n_requests", "requests looked at"),
            _whole("n_volunteers", "volunteers looked at"),
            _whole("n_candidates", "candidates"),
            _whole("n_matched", "requests that got a proposal"),
            Column("objective", "number", "value of the plan, points"),
            Column("bound", "number", "what no plan can exceed, points"),
            Column("gap", "number", "relative distance of the two"),
            _code("proof", "what was proved", "optimal", "within_gap", "feasible"),
            Column("candidates_s", "number", "seconds for the candidates"),
            Column("solve_s", "number", "seconds for the solution"),
            Column("check_s", "number", "seconds for the check"),
        )),
        Table("proposals", "what runs proposed", ("run_id", "request_id", "volunteer_id"), (
            _id("run"),
            _id("request"),
            _id("volunteer"),
            _hour("starts_at", "start of the visit, local"),
            _whole("distance_km", "distance, whole km"),
            *(Column(f"value_{part}", "number", f"points for {part}")
              for part in ("served", "urgency", "waiting", "continuity", "preference")),
            _code("decision", "the coordinator's", "approved", "rejected"),
            _code("reason_code", "why rejected", *REJECT_REASONS, "left", "withdrawn"),
        )),
        Table("unmatched", "requests a run left without all their volunteers", ("run_id", "request_id"), (
            _id("run"),
            _id("request"),
            _code("reason_code", "the rule that says why", *rule_codes),
        )),
    )  # fmt: skip


def _offered() -> tuple[Table, ...]:
    """Who was asked, and what was answered."""
    return (
        Table("offers", "who was asked", ("offer_id",), (
            _id("offer"),
            _id("request"),
            _id("volunteer"),
            _id("run"),
            _hour("sent_at", "when, UTC"),
            _hour("expires_at", "until when an answer counted, UTC"),
            _hour("starts_at", "start of the visit, local"),
            _whole("distance_km", "distance, whole km"),
            _code("status", "what became of it", "sent", "accepted", "declined", "expired", "closed"),
        )),
        Table("answers", "what volunteers answered", ("request_id", "volunteer_id", "offer_id", "answered_at"), (
            _id("offer"),
            _id("request"),
            _id("volunteer"),
            _code("response", "answer", "accepted", "declined", "expired"),
            _code("reason_code", "why not", *DECLINE_REASONS),
            _hour("answered_at", "when, UTC"),
        )),
    )  # fmt: skip


def _visited() -> tuple[Table, ...]:
    """Visits, and what became of them."""
    return (
        Table("visits", "visits that were agreed", ("visit_id",), (
            _id("visit"),
            _id("request"),
            _id("volunteer"),
            _hour("agreed_at", "when it was agreed, UTC"),
            _hour("starts_at", "start, local"),
        )),
        Table("outcomes", "what became of visits", ("visit_id",), (
            _id("visit"),
            _code("outcome", "outcome", "completed", "missed", "cancelled"),
            _code("side", "by whom missed or cancelled", "resident", "volunteer", "municipality"),
            Column("is_late", "flag", "whether cancelled later than the policy asks for"),
            _whole("minutes", "how long a completed visit took"),
            _code("reason_code", "why", *CANCEL_REASONS, *LEAVING_REASONS, "erased"),
            _hour("ended_at", "when it was recorded, UTC"),
        )),
        Table("feedback", "what each side said, in numbers", ("visit_id", "side"), (
            _id("visit"),
            _code("side", "which side", "resident", "volunteer"),
            _whole("rating", "1 (bad) to 5 (good)"),
            Column("again", "flag", "whether they would meet again"),
            _hour("given_at", "when, UTC"),
        )),
    )  # fmt: skip


def _incidents() -> tuple[Table, ...]:
    """What went wrong."""
    return (
        Table("incidents", "what went wrong, by code", ("incident_id",), (
            _id("incident"),
            _id("visit"),
            _id("resident"),
            _id("volunteer"),
            _code("kind", "kind", *KINDS),
            _whole("severity", "1 (minor) to 3 (grave)"),
            _code("action_code", "what was done", *ACTIONS),
            _code("outcome_code", "how it ended", *OUTCOMES),
            _code("status", "how far it has come", "reported", "triaged", "closed"),
            _hour("reported_at", "when, UTC"),
            _hour("triaged_at", "when, UTC"),
            _hour("closed_at", "when, UTC"),
        )),
    )  # fmt: skip
