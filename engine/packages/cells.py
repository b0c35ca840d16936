"""What the cells of a data package mean: the columns of every table, and one small reader per kind of cell.

To find the rule of a column, look it up in :data:`TABLES`. A reader takes the text of a cell that is not empty
and returns its value, or raises :class:`CellError` with what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from typing import Any, TypeVar

from engine import reference

FIRST_YEAR, LAST_YEAR = 1900, 2100

_Day = TypeVar("_Day", bound=date)


class CellError(ValueError):
    """A cell does not hold what its column asks for; the text says what was expected."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its name, the reader of its cells, whether a cell or the whole column may be missing."""

    name: str
    read: Callable[[str], Any]
    may_be_empty: bool = False
    may_be_missing: bool = False


def identifier(text: str) -> str:
    """Read an id: 1 to 64 characters that are safe everywhere."""
    if re.fullmatch(r"([0-9]{2})?[0-9]{6}[-+]?[0-9]{4}", text):
        raise CellError("an id that is no personal identity number")
    return _matching(r"[A-Za-z0-9._:-]{1,64}", text, "an id of 1 to 64 letters (a-z), digits, - _ . :")


def one_line(text: str) -> str:
    """Read a text without line breaks, fit for the head of a message."""
    if any(sign in text for sign in "\n\u2028\u2029\x85"):
        raise CellError("text on one line")
    return text


def free_text(text: str) -> str:
    """Read any text."""
    return text


def phone(text: str) -> str:
    """Read a phone number."""
    return _matching(r"[0-9 +()-]{5,20}", text, "5 to 20 digits, spaces, + - ( )")


def email(text: str) -> str:
    """Read an e-mail address: one @ with something on both sides."""
    return _matching(r"[^@\s]+@[^@\s]+", text, "an address with one @ and no spaces, such as ada@example.se")


def whole_number(text: str, low: int, high: int) -> int:
    """Read a whole number from ``low`` to ``high``; 3.0 is one too, for tools that know no empty whole number."""
    expected = f"a whole number from {low} to {high}"
    match = re.fullmatch(r"([0-9]{1,9})(\.0{1,9})?", text)
    if match is None or not low <= int(match[1]) <= high:
        raise CellError(expected)
    return int(match[1])


def number(text: str, low: float, high: float, what: str = "a number") -> float:
    """Read a number from ``low`` to ``high``, with a decimal point."""
    expected = f"{what} from {low} to {high}"
    if re.fullmatch(r"[+-]?[0-9]+,[0-9]+", text):
        raise CellError(f"{expected}; use a point, not a comma, before the decimals")
    if re.fullmatch(r"[+-]?[0-9]{1,20}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?", text) is None:
        raise CellError(expected)
    if not low <= float(text) <= high:
        raise CellError(expected)
    return float(text)


def year_of_birth(text: str) -> int:
    """Read a year of birth; that it is not in the future is a rule of ``intake.py``, which knows the time."""
    return whole_number(text, FIRST_YEAR, LAST_YEAR)


def yes_or_no(text: str) -> bool:
    """Read yes or no."""
    if text.casefold() not in {"yes", "no"}:
        raise CellError("yes, no or nothing")
    return text.casefold() == "yes"


def one_of(text: str, known: Callable[[], Any], what: str) -> str:
    """Read one of the known words; they are listed when it is none."""
    if text not in known():
        raise CellError(f"{what}: {', '.join(known())}")
    return text


def several(text: str, read: Callable[[str], str]) -> tuple[str, ...]:
    """Read a list with ``;`` between its items; empty items and repetitions are dropped."""
    items = [item.strip() for item in text.split(";")]
    found = tuple(dict.fromkeys(read(item) for item in items if item))
    if not found:
        raise CellError("at least one item; `;` separates several")
    return found


def language(text: str) -> str:
    """Read a language code (ISO 639)."""
    return _matching(r"[a-z]{2,3}", text, "language codes of two or three small letters, such as sv;ar")


def day(text: str) -> date:
    """Read a day."""
    expected = f"a day as YYYY-MM-DD, {FIRST_YEAR} to {LAST_YEAR}"
    _matching(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, expected)
    return _checked(date.fromisoformat, text, expected)


def local_time(text: str) -> datetime:
    """Read a moment in local wall time (Europe/Stockholm), without zone."""
    expected = f"local time as YYYY-MM-DDTHH:MM, {FIRST_YEAR} to {LAST_YEAR}"
    stamp = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?"
    if re.fullmatch(stamp + r"(\.[0-9]+)? ?(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)", text):
        raise CellError(f"{expected}, without Z or offset: times are those of clocks in Sweden")
    _matching(stamp, text, expected)
    return _checked(datetime.fromisoformat, text, expected)


def local_time_or_day(text: str) -> datetime:
    """Read a moment in local wall time; a day alone means its first minute."""
    return local_time(f"{text}T00:00" if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else text)


def clock(text: str) -> time:
    """Read a time of day."""
    expected = "a time as HH:MM, 00:00 to 23:59"
    _matching(r"([01][0-9]|2[0-3]):[0-5][0-9]", text, expected)
    return time.fromisoformat(text)


def _matching(pattern: str, text: str, expected: str) -> str:
    if re.fullmatch(pattern, text) is None:
        raise CellError(expected)
    return text


def _checked(read: Callable[[str], _Day], text: str, expected: str) -> _Day:
    try:
        value = read(text)
    except ValueError:
        raise CellError(expected) from None
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise CellError(expected)
    return value


service = partial(one_of, known=reference.services, what="one of the services")
check = partial(one_of, known=reference.checks, what="one of the checks")
municipality = partial(one_of, known=lambda: reference.MUNICIPALITIES, what="the code of one of the municipalities")
relation = partial(one_of, known=lambda: ("blocked", "preferred"), what="one of")
languages = partial(several, read=language)
latitude = partial(number, low=55.0, high=69.1, what="a latitude in Sweden,")
longitude = partial(number, low=10.5, high=24.2, what="a longitude in Sweden,")

TABLES: dict[str, tuple[Column, ...]] = {
    "residents": (
        Column("resident_id", identifier),
        Column("name", one_line),
        Column("phone", phone, may_be_empty=True),
        Column("email", email, may_be_empty=True),
        Column("address", free_text, may_be_empty=True),
        Column("municipality_code", municipality),
        Column("lat", latitude, may_be_empty=True),
        Column("lon", longitude, may_be_empty=True),
        Column("birth_year", year_of_birth),
        Column("languages", languages, may_be_empty=True),
        Column("protected_identity", yes_or_no, may_be_empty=True, may_be_missing=True),
    ),
    "volunteers": (
        Column("volunteer_id", identifier),
        Column("resident_id", identifier),
        Column("services", partial(several, read=service)),
        Column("radius_km", partial(number, low=0, high=100)),
        Column("visits_per_week", partial(whole_number, low=1, high=50), may_be_empty=True),
        Column("minutes_per_week", partial(whole_number, low=1, high=3000), may_be_empty=True),
        Column("joined_at", local_time_or_day, may_be_empty=True),
    ),
    "availability": (
        Column("volunteer_id", identifier),
        Column("weekday", partial(whole_number, low=1, high=7)),
        Column("starts", clock),
        Column("ends", clock),
    ),
    "vetting": (
        Column("volunteer_id", identifier),
        Column("check", check),
        Column("valid_from", day),
        Column("valid_to", day, may_be_empty=True),
    ),
    "grants": (
        Column("resident_id", identifier),
        Column("service", service),
        Column("valid_from", day),
        Column("valid_to", day, may_be_empty=True),
        Column("decision", one_line),
    ),
    "requests": (
        Column("request_id", identifier),
        Column("resident_id", identifier),
        Column("service", service),
        Column("minutes", partial(whole_number, low=5, high=720)),
        Column("earliest_at", local_time),
        Column("latest_at", local_time),
        Column("volunteers_needed", partial(whole_number, low=1, high=10)),
        Column("urgency", partial(whole_number, low=1, high=3)),
        Column("languages", languages, may_be_empty=True),
        Column("requested_at", local_time),
        Column("note", free_text, may_be_empty=True),
    ),
    "relations": (
        Column("resident_id", identifier),
        Column("volunteer_id", identifier),
        Column("kind", relation),
    ),
}
