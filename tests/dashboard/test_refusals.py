"""What the engine refuses is said in Swedish: every sentence of an error that somebody at the dashboard can meet."""

from __future__ import annotations

import ast
import errno
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from dashboard import words
from engine.storage import trouble

ROOT = Path(__file__).parents[2]
CATALOGUE = words.FOLDER / "sv" / f"{words.REFUSALS}.po"

RAISED = re.compile(r"(Error|AccessDenied|ImpossibleStep)$")
"""Names of what is raised with a sentence; ``_denied`` makes one from its second argument."""

SAID_ELSEWHERE = {
    "engine/commands": "the command line, which speaks English",
    "engine/report": "`mikro report`",
    "engine/notify.py": "`mikro messages`, and letters, whose language comes from a list",
    "engine/prices.py": "`mikro prices`",
    "engine/storage/restoring.py": "`mikro restore`",
    "engine/storage/log_check.py": "`mikro verify --head`; the page gives no head",
    "engine/verify.py": "`mikro verify`",
    "engine/assignment.py": "tables handed over by code, not by a person",
    "engine/problem.py": "tables handed over by code, not by a person",
    "engine/certificate.py": "prices handed over by code, not by a person",
    "engine/facts": "facts built by code, not by a person",
    "engine/storage/rows.py": "facts built by code, not by a person",
    "engine/storage/reading.py": "names of states written in code",
    "engine/storage/audit.py": "days the page has made itself",
    "engine/storage/chain.py": "facts built by code, not by a person",
    "engine/packages/cells.py": "a field or a report of bad rows, by `panels.faults`, which test_uploads holds",
    "engine/packages/intake_rules.py": "a field or a report of bad rows, by `panels.faults`, which test_uploads holds",
    "engine/reasons/relaxations.py": "the engine's own list of changes",
    "engine/research/leaks.py": "proof of an extract, whose findings are for who looks into it",
}
"""Modules whose sentences nobody at the dashboard meets, each with who meets them instead."""

ARGUMENTS_OF_CODE = {
    "model is {}; it must be one of {}.",
    "gap is {}; it must be at least 0 and below 1.",
    "time_limit_s is {}; it must be above 0.",
    "seed is {}; it must be 0 or more.",
}
"""Sentences about arguments that the dashboard writes in its code."""

FILLED = {
    "The role {} {}.": ("The role x needs at least one municipality.", "The role x is for all municipalities."),
    "{} a policy needs a reason.": ("Adopting a policy needs a reason.", "Drafting a policy needs a reason."),
    "{}": ("ada is no candidate for milk.", "ada is no candidate for milk at 2026-11-30 10:00."),
    "{}: {}.": ("ada is no candidate for milk. The rule too_far stops the pair: it is too far.",),
}
"""Sentences of which a part is chosen where they are raised, as they are then."""

DATABASE_SAYS = (
    "No space left on device", "Permission denied", "Could not set lock on file (PID 12)",
    "not a valid DuckDB database file", "Could not read enough bytes", "Failure while replaying WAL file",
    "newer version of DuckDB", "the file is corrupt", "something else",
)  # fmt: skip


def module(path):
    return path.relative_to(ROOT).as_posix()


def is_met(path):
    return not any(module(path) == place or module(path).startswith(f"{place}/") for place in SAID_ELSEWHERE)


def told(node):
    """Give the sentences an expression can be, ``{}`` for what is filled in; none when it is not written there."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return ["".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)]
    if isinstance(node, ast.IfExp):
        return [*told(node.body), *told(node.orelse)]
    return []


def raised(path):
    """List the sentences of the errors that a module makes."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if RAISED.search(node.func.id) and node.args:
            yield from told(node.args[0])
        elif node.func.id == "_denied":
            yield from told(node.args[1])


def as_said(sentence):
    """Fill a sentence in, as the engine would."""
    return FILLED.get(sentence, (sentence.replace("{}", "x"),))


def catalogue():
    with CATALOGUE.open("rb") as file:
        return [message for message in read_po(file, locale="sv") if message.id]


def is_translated(sentence):
    return any(pattern.fullmatch(sentence) for pattern, said in words.catalogue("sv").patterns if said)


def test_every_refusal_that_is_met_at_the_dashboard_has_its_swedish():
    untold = [
        f"{module(path)}: {said}"
        for path in sorted((ROOT / "engine").rglob("*.py"))
        if is_met(path)
        for sentence in raised(path)
        if sentence not in ARGUMENTS_OF_CODE
        for said in as_said(sentence)
        if not is_translated(said)
    ]

    assert untold == []


def test_no_exception_is_made_for_what_is_not_there():
    sentences = {sentence for path in (ROOT / "engine").rglob("*.py") for sentence in raised(path)}

    assert [place for place in SAID_ELSEWHERE if not (ROOT / place).exists()] == []
    assert sorted((ARGUMENTS_OF_CODE | set(FILLED)) - sentences) == []


@pytest.mark.parametrize("said", DATABASE_SAYS)
def test_what_is_wrong_with_the_file_has_its_swedish(said):
    assert is_translated(trouble.sentence("pilot.duckdb", said))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_what_the_system_says_of_the_file_has_its_swedish(code):
    assert is_translated(trouble.of_system("pilot.duckdb", OSError(code, "said by the system")))


def test_no_general_sentence_hides_a_particular_one():
    """The first that fits is said, so a sentence with more of its own words stands before one that takes them all."""
    hidden = []
    for message in catalogue():
        example = re.sub(r"\{\w+\}", "x", message.id)
        said = next(said for pattern, said in words.catalogue("sv").patterns if pattern.fullmatch(example))
        if said != message.string:
            hidden.append(message.id)

    assert hidden == []
