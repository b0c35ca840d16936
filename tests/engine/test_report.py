"""The report to the board: what it says is what `mikro evaluate` says, in both languages, and it gives nobody away."""

from __future__ import annotations

import ast
import io
import json
import re
import shlex
import shutil
from dataclasses import fields, replace
from html.parser import HTMLParser
from pathlib import Path

import pypdfium2
import pytest
from babel.messages.pofile import read_po
from made_history import START, made_pilot, now
from small_pilot import BASELINE, MILK, RUT, policy
from typer.testing import CliRunner

from engine import access
from engine.cli import app
from engine.clock import utc_of
from engine.errors import InputError
from engine.live.adoption import REASONS, adopt
from engine.metrics import MEASURES, Period
from engine.policy import TABLES
from engine.reference import MUNICIPALITIES
from engine.report import language as of_language
from engine.report import policy_told
from engine.report.content import Command, Plot, Table, Tiles
from engine.report.findings import findings_of
from engine.report.language import Language
from engine.report.layout import html_of, pdf_of
from engine.report.policy_told import changes, sentences
from engine.report.writing import told
from engine.store import Store

PERIOD = Period(utc_of(START), now())
SV, EN = Language("sv"), Language("en")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Half a year of a small pilot: some cells are of fewer than five people."""
    path = tmp_path_factory.mktemp("report") / "pilot.duckdb"
    made = made_pilot(200, 80, 60, Store.create(path, clock=now))
    adopt(
        made, replace(policy(radius_max_km=12.5), name="nearer"), "anna", "board 4", utc_of(START), reason_code="trial"
    )
    return made


@pytest.fixture(scope="module")
def findings(store):
    with store.reading() as reading:
        return findings_of(reading, PERIOD)


@pytest.fixture(scope="module")
def reports(findings):
    return {language.code: told(findings, language) for language in (SV, EN)}


@pytest.fixture(scope="module")
def pages(reports):
    return {language: html_of(report) for language, report in reports.items()}


@pytest.fixture(scope="module")
def pdf(reports):
    return pdf_of(reports["sv"], now())


def blocks(report, kind):
    return [block for section in report.sections for block in section.all_blocks() if isinstance(block, kind)]


def run(store, command, *more):
    """Run a command of the report as a reader would."""
    words = shlex.split(command)[1:]
    done = CliRunner().invoke(app, [*words, "--db", str(store.path), *more])
    assert done.exit_code == 0, done.output
    return done.stdout


def told_by(section, command):
    """Collect what the tiles or the table above a command say, or all tables of a section that it opens."""
    every = section.all_blocks()
    showing = [block for block in every if isinstance(block, (Table, Tiles))]
    above = [block for block in every[: every.index(command)] if block in showing]
    for block in above[-1:] or showing:
        if isinstance(block, Tiles):
            yield from (tile.figure for tile in block.tiles)
        else:
            yield from (cell.text for row in block.rows for cell in row)


@pytest.mark.parametrize("code", ["summary", "trend", "groups", "municipalities", "quality", "figures"])
def test_the_command_beneath_a_figure_gives_it_again(store, reports, code):
    section = reports["en"].section(code)
    commands = [block for block in section.all_blocks() if isinstance(block, Command)]

    for command in commands:
        again = json.loads(run(store, command.text, "--json"))
        figures = [
            EN.figure(MEASURES[one["measure"]], cell["value"])
            for one in again.get("measures", again.get("criteria"))
            for cell in one.get("cells", [one])
            if cell["value"] is not None
        ]
        assert figures
        assert set(figures) - set(told_by(section, command)) == set()


def test_a_command_believes_no_later_entry(store, reports, tmp_path):
    later = Store(Path(shutil.copy(store.path, tmp_path)), clock=now)
    with later.transaction("test", "told late") as transaction:
        transaction.append([replace(RUT, occurred_at=utc_of(START)), replace(MILK, occurred_at=utc_of(START))])
    [command] = [block for block in blocks(reports["en"], Command) if "coverage_in_window requests" in block.text]

    assert run(later, command.text) == run(store, command.text)
    assert run(later, command.text.partition(" --until-entry")[0]) != run(store, command.text)


def test_hidden_cells_are_said_to_be_of_too_few(reports, findings):
    cells = findings.of_municipalities
    hidden = cells[cells["is_suppressed"]]
    section = reports["en"].section("municipalities")
    tables = {part.title: part.blocks[0] for part in section.parts}

    assert len(hidden)
    for code, name in hidden[["municipality_code", "measure"]].itertuples(index=False):
        table = tables[MUNICIPALITIES[code]]
        if not isinstance(table, Table):
            assert cells[cells["municipality_code"] == code]["is_suppressed"].all()
            continue
        titles = [row[0].text.removesuffix(" (assumed)") for row in table.rows]
        row = table.rows[titles.index(MEASURES[name].title.en)]
        assert [cell.text for cell in row[1:4]] == ["too few", "–", "too few"]


def test_mikro_writes_both_files_and_the_same_bytes_for_the_same_log_and_moment(store, pages, pdf, tmp_path):
    period = f"--from {PERIOD.from_at.isoformat()} --as-of {PERIOD.to_at.isoformat()}"

    said = run(store, f"mikro evaluate --report {tmp_path}/board {period}")

    assert "Written: " in said
    assert (tmp_path / "board/report-sv.html").read_text(encoding="utf-8") == pages["sv"]
    assert (tmp_path / "board/report-sv.pdf").read_bytes() == pdf


def test_it_names_no_account(pages, pdf):
    texts = [*pages.values(), pdf_text(pdf)]

    assert not any(re.search(r"\banna\b|board 4", text) for text in texts)


class Page(HTMLParser):
    """Notes every tag with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_page_asks_nothing_outside(pages, language):
    tags = Page(pages[language]).tags
    addresses = [attrs[name] for _, attrs in tags for name in ("src", "href", "action", "srcset") if name in attrs]

    assert addresses
    assert [address for address in addresses if not address.startswith(("#", "data:"))] == []
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in tags}
    assert not re.search(r"url\(|@import", pages[language])


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_page_can_be_read_aloud(pages, language):
    tags = Page(pages[language]).tags

    assert ("html", {"lang": language}) in tags
    assert [tag for tag, _ in tags].count("h1") == 1
    assert all(attrs.get("scope") in {"row", "col"} for tag, attrs in tags if tag == "th")
    assert all(attrs.get("alt") for tag, attrs in tags if tag == "img")
    assert [tag for tag, _ in tags].count("table") == [tag for tag, _ in tags].count("caption")


def pdf_text(pdf):
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def test_the_pdf_says_what_the_page_says(reports, pdf):
    text = " ".join(pdf_text(pdf).split())

    assert len(pypdfium2.PdfDocument(io.BytesIO(pdf))) > 5
    assert reports["sv"].title in text
    assert all(section.title in text for section in reports["sv"].sections)
    assert all(name in text for name in MUNICIPALITIES.values())


def test_drawings_hold_text_and_no_date(reports):
    drawn = blocks(reports["sv"], Plot)

    assert len(drawn) >= 3
    assert all("<text" in plot.svg and "<dc:date" not in plot.svg and "<!DOCTYPE" not in plot.svg for plot in drawn)


@pytest.mark.parametrize("language", [SV, EN])
def test_every_number_of_a_policy_has_a_sentence_of_its_own(language):
    said = sentences(BASELINE, language)

    every = [said[table][field.name] for table, kind in TABLES.items() for field in fields(kind)]
    assert len(set(every)) == len(every)
    assert not any("{" in sentence for sentence in every)


@pytest.mark.parametrize(
    ("name", "other"),
    [(name, 1) for name in ("radius_max_km", "answer_hours", "served")] + [("visits_on_holidays", True)],
)
def test_a_changed_number_is_told_and_nothing_else(name, other):
    [(before, after)] = changes(BASELINE, policy(**{name: other}), SV)

    assert before != after


def test_the_report_tells_what_the_policy_changed(reports):
    [part] = [part for part in reports["en"].section("policy").parts if part.title == "What was changed"]
    [[before, now_]] = part.blocks[0].rows

    assert before.text == "No volunteer is sent farther than 15 km, however far they are willing to go."
    assert now_.text == "No volunteer is sent farther than 12.5 km, however far they are willing to go."


def test_every_reason_to_adopt_a_policy_has_its_words():
    assert set(policy_told.reasons(EN)) == set(REASONS)


def test_costs_are_never_told_without_saying_that_they_are_assumed(reports):
    named = [row[0].text for table in blocks(reports["en"], Table) for row in table.rows if "cost" in row[0].text]

    assert named
    assert all(name.endswith("(assumed)") for name in named)


def asked():
    """List every sentence that the code asks for: the forms of each."""
    for path in sorted(Path(of_language.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in {"say", "keep"} and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value
            elif name == "count":
                yield node.args[0].value, node.args[1].value


def test_every_sentence_has_its_swedish_and_no_swedish_is_left_over():
    with (of_language.FOLDER / "sv" / "report.po").open("rb") as file:
        messages = {message.id: message.string for message in read_po(file, locale="sv") if message.id}

    assert set(asked()) == set(messages)
    for english, swedish in messages.items():
        strings = swedish if isinstance(swedish, tuple) else (swedish,)
        holes = {
            hole
            for form in ((english,) if isinstance(english, str) else english)
            for hole in re.findall(r"{\w+}", form)
        }
        assert all(string and set(re.findall(r"{\w+}", string)) == holes for string in strings), english


def test_numbers_and_days_are_written_as_the_language_does():
    visits, rating = MEASURES["visits"], MEASURES["rating_resident"]

    assert [language.number(1234.5) for language in (SV, EN)] == ["1\xa0234,5", "1,234.5"]
    assert [language.day(utc_of(START)) for language in (SV, EN)] == ["5 januari 2026", "5 January 2026"]
    assert SV.count("{n} day", "{n} days", 1) == "1 dag"
    assert (EN.figure(visits, 76.0), EN.figure(rating, 4.333)) == ("76", "4.33")
    assert SV.figure(MEASURES["coverage"], 0.456) == "46\xa0%"
    assert EN.figure(MEASURES["acceptance_days"], float("inf")) == "not reached"


def test_no_report_in_another_language():
    with pytest.raises(InputError, match="sv or en, not in 'fi'"):
        Language("fi")


@pytest.mark.parametrize("more", [["coverage"], ["--by", "week"], ["--criteria"]])
def test_a_report_has_measures_of_its_own(store, tmp_path, more):
    done = CliRunner().invoke(app, ["evaluate", "--report", str(tmp_path / "x"), "--db", str(store.path), *more])

    assert done.exit_code == 2
    assert not (tmp_path / "x").exists()


def test_who_may_not_evaluate_gets_no_report(tmp_path):
    path = tmp_path / "pilot.duckdb"
    access.give_role(Store.create(path), "eva", "eva", "admin")

    done = CliRunner().invoke(app, ["evaluate", "--report", str(tmp_path / "x"), "--db", str(path), "--actor", "eva"])

    assert done.exit_code == 1
    assert "may not see measures" in " ".join(done.output.split())
    assert not (tmp_path / "x").exists()


def test_the_command_beneath_the_policy_names_the_one_in_force(store, reports):
    [command] = [block for block in reports["en"].section("policy").all_blocks() if isinstance(block, Command)]

    [in_force] = [one for one in json.loads(run(store, command.text, "--json")) if one["status"] == "adopted"]

    assert in_force["policy"] == dict(reports["en"].facts)["Policy in force"]
