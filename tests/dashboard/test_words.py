"""Everything the interface says is said in Swedish: no sentence escapes its catalogue, none is said in two ways."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from dashboard import words

ROOT = Path(__file__).parents[2] / "dashboard"
MODULES = sorted(path for path in ROOT.rglob("*.py"))
PAGES = [
    *(path for folder in ("app_pages", "panels") for path in sorted((ROOT / folder).glob("*.py"))),
    *(ROOT / name for name in ("aside.py", "parts.py", "front.py", "failing.py")),
]
CATALOGUES = sorted((ROOT / "locale").glob("*/*.po"))

SHOWN = {"label", "body", "text", "help", "placeholder", "title", "caption", "question", "alt", "empty", "value"}
"""Arguments that somebody reads, by name; of the others only the first is."""

SILENT = {
    "set_page_config", "switch_page", "page_link", "html", "navigation", "get", "pop", "setdefault", "cache_data",
    "query_params", "form", "container", "given", "draft", "empty",
}  # fmt: skip
"""Calls whose first argument nobody reads."""


def called(node):
    """Name what a call calls, as ``st.column_config.TextColumn``."""
    names, at = [], node.func
    while isinstance(at, ast.Attribute):
        names.insert(0, at.attr)
        at = at.value
    return ".".join([at.id, *names]) if isinstance(at, ast.Name) else ""


def calls(path):
    return [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]


def asked():
    """List every sentence that is asked for: file, function, and its arguments."""
    for path in MODULES:
        for node in calls(path):
            name = called(node).split(".")[-1]
            if name in {"_", "ngettext", "pgettext"}:
                yield path, name, node


def sentences():
    """Give what the code asks for, as the catalogues key it."""
    found = set()
    for _path, name, node in asked():
        if is_put_together(name, node):
            continue
        texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        found.add(texts[0] if name == "_" else tuple(texts[:2]))
    return found


def entries():
    """List what is in the catalogues: language, file, message."""
    for path in CATALOGUES:
        with path.open("rb") as file:
            for message in read_po(file, locale=path.parent.name):
                if message.id:
                    yield path.parent.name, path, message


def key(message):
    return (message.context, message.id) if message.context else message.id


def is_put_together(name, node):
    """Whether a sentence is not written out where it is asked for."""
    return not all(isinstance(argument, ast.Constant) for argument in node.args[: 1 if name == "_" else 2])


def test_sentences_are_written_out_where_they_are_asked_for():
    """A sentence that is put together is in no catalogue; only words that stand in data are asked for so."""
    made = [
        f"{path.name}:{node.lineno}"
        for path, name, node in asked()
        if is_put_together(name, node)
        and (
            (path.parent.name != "service" and path.name != "faults.py")
            or any(isinstance(part, ast.JoinedStr) for part in node.args)
        )
    ]

    assert made == []


def test_every_sentence_has_its_swedish():
    swedish = {key(message) for language, _path, message in entries() if language == "sv" and all_said(message)}

    assert sorted(map(str, sentences() - swedish)) == []


def all_said(message):
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)


def test_no_catalogue_holds_what_nobody_asks_for():
    """Catalogues of services that ask for words from data are left out: theirs cannot be known from the code."""
    of_data = {words.REFUSALS, "codes", "intake"}
    of_data |= {path.stem for path, name, node in asked() if is_put_together(name, node)}
    wanted = {str(one) for one in sentences()}

    unused = [
        f"{path.name}: {message.id}"
        for _language, path, message in entries()
        if path.stem not in of_data and str(key(message)) not in wanted
    ]

    assert unused == []


def test_the_same_english_means_the_same_swedish_on_every_page():
    said = defaultdict(set)
    for language, _path, message in entries():
        said[language, str(key(message))].add(str(message.string))

    assert {name: found for name, found in said.items() if len(found) > 1} == {}


def test_what_is_filled_in_is_the_same_in_both_languages():
    wrong = []
    for _language, path, message in entries():
        forms = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        holes = {name for form in forms for name in re.findall(r"\{(\w*)", form)}
        if any(not set(re.findall(r"\{(\w*)", string)) <= holes for string in strings):
            wrong.append(f"{path.name}: {message.id}")

    assert wrong == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_nothing_is_shown_that_was_not_looked_up(path):
    bare = []
    for node in calls(path):
        name = called(node)
        if not name.startswith(("st.", "parts.")):
            continue
        shown = node.args[:1] if name.split(".")[-1] not in SILENT else []
        shown = [*shown, *(keyword.value for keyword in node.keywords if keyword.arg in SHOWN)]
        if name == "parts.table":
            shown = [value for part in node.args[1:2] if isinstance(part, ast.Dict) for value in part.values]
        if name == "parts.link":
            shown = node.args[1:2]
        bare += [f"{path.name}:{node.lineno} {ast.unparse(text)}" for text in shown if is_text(text)]

    assert bare == []


def is_text(node):
    """Whether something is a text with words in it, written where it stands."""
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return isinstance(node, ast.JoinedStr) and any(is_text(part) for part in node.values)
    return bool(re.search(r"[^\W\d_]{2,}", re.sub(r":material/\w*:?|:\w+-?\w*\[|\b[a-z]+_[a-z_]+\b", "", node.value)))


def test_numbers_days_and_times_are_written_as_the_language_does():
    assert words.number(12345.6) == "12\xa0345,6"
    assert words.number(2, 2) == "2,00"
    assert words.percent(0.825, 1) == "82,5\xa0%" or words.percent(0.825, 1) == "82,5 %"


def test_a_plural_has_the_form_of_its_number(monkeypatch, tmp_path):
    folder = tmp_path / "sv"
    folder.mkdir()
    (folder / "x.po").write_text(
        'msgid ""\nmsgstr "Language: sv\\n"\n\nmsgid "{n} day"\nmsgid_plural "{n} days"\n'
        'msgstr[0] "{n} dag"\nmsgstr[1] "{n} dagar"\n'
    )
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    words.catalogue.cache_clear()

    assert [words.ngettext("{n} day", "{n} days", n).format(n=n) for n in (1, 2)] == ["1 dag", "2 dagar"]

    words.catalogue.cache_clear()


def test_what_the_engine_refuses_is_said_in_swedish_with_its_values():
    said = words.of_refusal("anna has no role in this pilot, so may not make a match run; ask an admin.")

    assert said.startswith("anna har ingen roll i piloten")
    assert words.of_refusal("Nobody has translated this yet.") == "Nobody has translated this yet."
