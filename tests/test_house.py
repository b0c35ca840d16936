"""The house keeps its own rules: documentation is complete, SQL stays in its place, nothing names a machine."""

import ast
import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from engine.facts import all_kinds, columns_of, table_of
from engine.lifecycle import STEPS, drawing
from engine.packages.cells import TABLES
from engine.policy import Asking, Limits, Weights
from engine.rules import ALL_RULES, NEVER_BY_HAND, PAIR_RULES, REQUEST_RULES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "engine" / "README.md").read_text(encoding="utf-8")

# What opens, attaches, appends and chains speaks a few words of SQL itself; every question is asked in engine/sql.
PLUMBING = {"store.py", "transaction.py", "reading.py", "migrations.py", "chaining.py"}
SQL = re.compile(
    r"\b(select\b.*\bfrom|insert into|update \w+ set|delete from|create (or replace )?(table|macro|view))\b",
    re.I | re.S,
)


def tracked(*patterns):
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_the_formulation_page_lists_every_rule_in_the_order_tried():
    table = re.findall(r"^\| `(\w+)` \|", PAGE, re.M)

    assert table == [rule.code for rule in ALL_RULES]


@pytest.mark.parametrize("subject", sorted({step.subject for step in STEPS}))
def test_the_state_machine_is_drawn_on_the_page(subject):
    assert f"```mermaid\n{drawing(subject)}\n```" in PAGE


def test_the_rules_nobody_may_break_stand_on_the_page():
    (row,) = re.findall(r"^\| \*\*By hand\*\* \|.*$", PAGE, re.M)

    assert set(re.findall(r"`(\w+)`", row)) == NEVER_BY_HAND


def test_every_rule_of_the_programme_has_its_number_on_the_page():
    source = (ROOT / "engine" / "formulation.py").read_text(encoding="utf-8")
    numbers = re.findall(r'"""\((\d+\'?)\)', source)

    assert numbers == ["0", "1", "1'", "2", "3", "4", "5", "6"]
    assert all(f"| ({number}) |" in PAGE for number in numbers)


@pytest.mark.parametrize("kind", [Weights, Limits, Asking])
def test_every_number_of_a_policy_is_explained_on_the_page(kind):
    unexplained = [field.name for field in fields(kind) if f"`{field.name}`" not in PAGE]

    assert unexplained == []


@pytest.mark.parametrize("kind", all_kinds())
def test_every_fact_is_documented_and_has_its_table(kind):
    schema = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "engine/sql/schema").glob("*.sql"))

    assert kind.__doc__
    assert f"facts.{table_of(kind)} (" in schema
    assert columns_of(kind)[0] == "occurred_at"


def test_the_data_readme_lists_every_column_of_the_data_package():
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    for name, columns in TABLES.items():
        (row,) = re.findall(rf"^\| {name}\.csv \| (.*) \|$", readme, re.M)

        known = [column.name for column in columns]
        assert [word for word in re.findall(r"\w+", row) if word in known] == known


def test_the_module_map_lists_every_module_once():
    named = re.findall(r"`((?:\w+/)?\w+\.py)`", PAGE[PAGE.index("## The modules") :])
    modules = {path.relative_to(ROOT / "engine").as_posix() for path in tracked("engine/*.py")}

    assert sorted(named) == sorted(
        name for name in modules if not name.endswith("__init__.py") and not name.startswith(("facts/", "commands/"))
    )


def test_rules_have_words_in_both_languages():
    assert all(rule.en and rule.sv and rule.en != rule.sv for rule in (*REQUEST_RULES, *PAIR_RULES))


MODULES = [p for p in tracked("engine/*.py", "simulations/*.py", "dashboard/**/*.py") if p.name not in PLUMBING]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_questions_are_asked_in_sql_files_only(path):
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]

    assert [text for text in texts if SQL.search(text)] == []


@pytest.mark.parametrize("path", tracked("engine/sql/queries/*.sql"), ids=lambda p: p.stem)
def test_every_query_says_its_grain(path):
    head = path.read_text(encoding="utf-8")

    assert head.startswith(f"-- {path.stem}: ")
    assert "-- Grain:" in head


def test_no_file_names_a_place_on_some_machine():
    places = ["/" + "work/", "/" + "root/", "/" + "home/", "files.python" + "hosted", "pypi" + r"\.org"]
    forbidden = re.compile("|".join(places))
    texts = [path for path in tracked() if path.suffix not in {".png", ".svg", ".pdf", ".parquet"}]

    assert [path for path in texts if forbidden.search(path.read_text(encoding="utf-8"))] == []
