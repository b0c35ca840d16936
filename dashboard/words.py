"""What the interface says, in the language of whoever looks: English sentences in the code, Swedish in ``locale/``.

Every page has a catalogue of its own, ``locale/<language>/<page>.po``, read as it is, without a compiled twin. The same
English must mean the same Swedish on every page; where it cannot, :func:`pgettext` names the context.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path

import streamlit as st
from babel import dates, numbers
from babel.messages.pofile import read_po
from streamlit.runtime.scriptrunner import get_script_run_ctx

from engine.clock import local_of

LANGUAGES = {"sv": "Svenska", "en": "English"}
DEFAULT = "sv"
COOKIE = "mikro_language"
LOCALES = {"sv": "sv_SE", "en": "en_GB"}
FOLDER = Path(__file__).parent / "locale"
_KEPT = "language"
REFUSALS = "engine"
"""The catalogue of the engine's own sentences."""


class _Mine(threading.local):
    """The run of a script that the current thread is in, and its language: asked hundreds of times in a run."""

    run: object = None
    language = DEFAULT


_mine = _Mine()


def language() -> str:
    """Say which language this session reads: that of its browser's cookie when it began, or Swedish."""
    run = get_script_run_ctx(suppress_warning=True)
    if run is None:
        return DEFAULT
    if _mine.run is not run:
        _mine.run, _mine.language = run, _of_session()
    return _mine.language


def _of_session() -> str:
    if _KEPT not in st.session_state:  # every choice reloads the page, which begins another session
        chosen = st.context.cookies.get(COOKIE)
        st.session_state[_KEPT] = chosen if chosen in LANGUAGES else DEFAULT
    return str(st.session_state[_KEPT])


def _(sentence: str) -> str:
    """Translate a sentence; fill it in with ``.format`` afterwards, so that the catalogue knows it."""
    return catalogue(language()).sentences.get((None, sentence), sentence)


def pgettext(context: str, sentence: str) -> str:
    """Translate a word that means different things in different places."""
    return catalogue(language()).sentences.get((context, sentence), sentence)


def ngettext(one: str, many: str, n: int) -> str:
    """Translate the form of a sentence that fits a number."""
    words = catalogue(language())
    forms = words.forms.get(one)
    if forms is None:
        return one if n == 1 else many
    return forms[words.form_of(n)]


def number(value: float, decimals: int | None = None) -> str:
    """Write a number as the language does; ``decimals`` fixed, or as many as needed up to three."""
    pattern = None if decimals is None else "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(numbers.format_decimal(value, format=pattern, locale=LOCALES[language()]))


def percent(share: float, decimals: int = 0) -> str:
    """Write a share in [0, 1] as a percentage."""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "") + (" %" if language() == "sv" else "%")
    return str(numbers.format_percent(share, format=pattern, locale=LOCALES[language()]))


def day(value: date, form: str = "EEE d MMM") -> str:
    """Write a day, such as `tis 1 dec.`; ``form`` in Unicode's date letters."""
    return str(dates.format_date(value, form, locale=LOCALES[language()]))


def moment(value: datetime, form: str = "EEE d MMM HH:mm") -> str:
    """Write a time, local; one with a zone is turned into Stockholm time first."""
    local = local_of(value) if value.tzinfo else value
    return str(dates.format_datetime(local, form, locale=LOCALES[language()]))


def of_refusal(sentence: str) -> str:
    """Translate what the engine refused; a sentence nobody has translated yet stays as the engine says it."""
    for pattern, said in catalogue(language()).patterns:
        if found := pattern.fullmatch(sentence):
            return said.format(**found.groupdict())
    return sentence


@dataclass(slots=True)
class Catalogue:
    """A language's sentences by (context, English), forms by the English singular, and the engine's refusals.

    A refusal in ``engine.po`` may hold ``{names}`` that stand for whatever the engine put there.
    """

    sentences: dict[tuple[str | None, str], str] = field(default_factory=dict)
    forms: dict[str, tuple[str, ...]] = field(default_factory=dict)
    patterns: list[tuple[re.Pattern[str], str]] = field(default_factory=list)
    form_of: Callable[[int], int] = lambda n: int(n != 1)


@cache
def catalogue(code: str) -> Catalogue:
    """Read all catalogues of a language as one."""
    words = Catalogue()
    for path in sorted((FOLDER / code).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=code):
                if not message.id or "fuzzy" in message.flags:
                    continue
                if path.stem == REFUSALS:
                    words.patterns.append((_pattern(str(message.id)), str(message.string)))
                elif isinstance(message.id, (tuple, list)):
                    words.forms[str(message.id[0])] = tuple(message.string or ())
                elif message.string:
                    words.sentences[message.context, str(message.id)] = str(message.string)
    return words


def _pattern(sentence: str) -> re.Pattern[str]:
    """Turn a sentence with ``{names}`` into a pattern that finds what stands in their places."""
    parts = re.split(r"\{(\w+)\}", sentence)
    fixed = [re.escape(part) if i % 2 == 0 else f"(?P<{part}>.+)" for i, part in enumerate(parts)]
    return re.compile("".join(fixed), re.DOTALL)
