"""The language a report is written in: English sentences in the code, Swedish in ``locale/``; its own numbers."""

from __future__ import annotations

import io
import math
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from babel import dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from engine.clock import local_of
from engine.errors import InputError
from engine.measures.measure import Kind, Measure, Words
from engine.reference import MUNICIPALITIES, languages, services

LOCALES = {"sv": "sv_SE", "en": "en_GB"}
FOLDER = Path(__file__).parent / "locale"
NOTHING = "–"
DECIMALS = {Kind.TOTAL: 0, Kind.GINI: 2, Kind.RATIO: 2}
SOME, MANY = 10, 100
"""From here on a second decimal, and a first, tell nobody anything."""
FEW = 0.1
"""Shares below this are written with a decimal."""


class Language:
    """Says sentences, numbers and moments in ``sv`` or ``en``."""

    def __init__(self, code: str) -> None:
        if code not in LOCALES:
            raise InputError(f"A report is written in {' or '.join(LOCALES)}, not in {code!r}.")
        self.code = code
        self.locale = LOCALES[code]
        self._sentences = _catalogue(code)

    def say(self, sentence: str, **filled: str) -> str:
        """Translate a sentence, then fill in its ``{names}``."""
        return self.keep(sentence).format(**filled)

    def keep(self, sentence: str) -> str:
        """Translate a sentence whose ``{names}`` somebody else fills in."""
        return str(self._sentences.gettext(sentence))

    def count(self, one: str, many: str, n: float, **filled: str) -> str:
        """Translate the form of a sentence that fits ``{n}``, and fill it in."""
        return str(self._sentences.ngettext(one, many, 1 if n == 1 else 2)).format(n=self.number(n), **filled)

    def of(self, words: Words) -> str:
        """Give words that are kept in both languages."""
        return words.said_in(self.code)

    def number(self, value: float, decimals: int | None = None) -> str:
        """Write a number; ``decimals`` fixed, or as many as needed up to three."""
        pattern = None if decimals is None else "#,##0" + ("." + "0" * decimals if decimals else "")
        return str(numbers.format_decimal(value, format=pattern, locale=self.locale))

    def percent(self, share: float, decimals: int = 0) -> str:
        """Write a share in [0, 1] as a percentage."""
        sign = "\N{NO-BREAK SPACE}%" if self.code == "sv" else "%"
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "") + sign
        return str(numbers.format_percent(share, format=pattern, locale=self.locale))

    def day(self, moment: datetime) -> str:
        """Write the local day of a moment."""
        return str(dates.format_date(local_of(moment).date(), "d MMMM y", locale=self.locale))

    def last_day(self, moment: datetime) -> str:
        """Write the last local day before a moment that ends a period."""
        return self.day(moment - timedelta(microseconds=1))

    def moment(self, moment: datetime) -> str:
        """Write a moment in local time."""
        return str(dates.format_datetime(local_of(moment), "d MMMM y HH:mm", locale=self.locale))

    def month(self, code: str, form: str = "LLL y") -> str:
        """Write a month such as ``2026-03``; ``form`` in Unicode's date letters."""
        return str(dates.format_date(date.fromisoformat(f"{code}-01"), form, locale=self.locale))

    def figure(self, measure: Measure, value: float) -> str:
        """Write a figure of a measure."""
        if math.isnan(value):
            return NOTHING
        if math.isinf(value):
            return self.say("not reached")
        if measure.kind in {Kind.SHARE, Kind.STILL}:
            return self.percent(value, 1 if 0 < value < FEW else 0)
        decimals = DECIMALS.get(measure.kind, 1)
        return self.number(value, min(decimals, 0 if abs(value) >= MANY else 1 if abs(value) >= SOME else decimals))

    def limit(self, measure: Measure, value: float) -> str:
        """Write a limit that somebody set: as it was set, with no decimals added."""
        return self.percent(value) if measure.is_share else self.number(value)

    def interval(self, measure: Measure, low: float, high: float) -> str:
        """Write an interval of a measure; a dash where there is none."""
        if math.isnan(low) and math.isnan(high):
            return NOTHING
        said = {"low": self.figure(measure, low), "high": self.figure(measure, high)}
        if math.isnan(high):
            return self.say("{low} or more", **said)
        return self.say("up to {high}", **said) if math.isnan(low) else self.say("{low} to {high}", **said)

    def group_word(self, by: str) -> str:
        """Name what a measure is told by."""
        return {
            "municipality_code": self.say("Municipality"),
            "service": self.say("Service"),
            "age_band": self.say("Age"),
            "language": self.say("Language"),
            "week": self.say("Week"),
            "month": self.say("Month"),
        }[by]

    def group(self, by: str, code: str) -> str:
        """Name a group of a measure."""
        if by == "municipality_code":
            return MUNICIPALITIES.get(code, code)
        if by == "service":
            return str(services()[code][f"name_{self.code}"]) if code in services() else self.say("no service")
        if by == "language":
            name = str(languages()[code][f"name_{self.code}"]) if code in languages() else code
            return name[:1].upper() + name[1:]
        if by == "month":
            return self.month(code)
        return self.say("week {n}", n=code.partition("-W")[2]) if by == "week" else code.replace("-", "–")


@cache
def _catalogue(code: str) -> NullTranslations:
    """Read the sentences of a language; English ones are their own."""
    path = FOLDER / code / "report.po"
    if not path.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=code))
    compiled.seek(0)
    read: Any = Translations(compiled)
    return read  # type: ignore[no-any-return]
