"""What is wrong with a form, said beside the field that caused it, in the words of the engine's own rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import streamlit as st

from dashboard import parts
from dashboard.service import uploads
from dashboard.words import _
from engine.errors import PackageError


def show(faults: Mapping[str, str], column: str) -> None:
    """Say beside a field what it should hold, if something is wrong with it."""
    if column in faults:
        st.markdown(f":red[:material/error: {parts.escaped(said(faults[column]))}]")


def remember(form: str, error: PackageError) -> None:
    """Keep what the engine refused of a form, to be shown beside its fields."""
    rows = uploads.bad_rows(error)
    st.session_state[f"{form}-faults"] = dict(zip(rows["column"], rows["expected"], strict=True))


def known(form: str) -> dict[str, str]:
    """Give what the engine refused of a form last: what was expected, by column."""
    return dict(st.session_state.get(f"{form}-faults", {}))


def forget(form: str) -> None:
    """Keep nothing of what was refused of a form."""
    st.session_state.pop(f"{form}-faults", None)


def said(expected: str) -> str:
    """Say what a cell should have held, in the language of whoever looks."""
    for pattern, sentence in _patterns().items():
        if match := pattern.fullmatch(expected):
            return _(sentence).format(**match.groupdict())
    return expected


SENTENCES = (
    "a value; the cell is empty",
    "an id that is no personal identity number",
    "an id of 1 to 64 letters (a-z), digits, - _ . :",
    "text on one line",
    "5 to 20 digits, spaces, + - ( )",
    "an address with one @ and no spaces, such as ada@example.se",
    "a whole number from {low} to {high}",
    "a number from {low} to {high}",
    "a number from {low} to {high}; use a point, not a comma, before the decimals",
    "a latitude in Sweden, from {low} to {high}",
    "a longitude in Sweden, from {low} to {high}",
    "yes, no or nothing",
    "at least one item; `;` separates several",
    "language codes of two or three small letters, such as sv;ar",
    "a day as YYYY-MM-DD, {low} to {high}",
    "local time as YYYY-MM-DDTHH:MM, {low} to {high}",
    "local time as YYYY-MM-DDTHH:MM, {low} to {high}, without Z or offset: times are those of clocks in Sweden",
    "a time as HH:MM, 00:00 to 23:59",
    "one of the services: {known}",
    "one of the checks: {known}",
    "the code of one of the municipalities: {known}",
    "one of: {known}",
    "one of the columns {known}",
    "a column that stands once",
    "a column {name}, which is missing",
    "an id that stands once",
    "a pair that stands once",
    "a new id; this request is in the pilot file already",
    "the id of one of the {table} in the package or in the pilot file",
    "both lat and lon, or none of them",
    "lat and lon; only with protected_identity = yes may they be empty",
    "a year from 1900 to {high}",
    "a resident once; volunteer {name} in the pilot file is the same person",
    "a resident once; volunteer {name} on line {line} is the same person",
    "a time after {when} on the same day",
    "no overlap with the window on line {line}",
    "a time not before {name} ({when})",
    "a time not later than now, {when}",
    "no note: the resident's details were erased or never entered",
    "a header line with the names of the columns; the file is empty",
    "{n} cells as in the header, not {found}",
    "commas between the columns; this file uses {found}",
    "at most {n} characters in a cell, not {found}",
    "text without NUL and other control characters",
    "text in UTF-8 (in Excel: save as 'CSV UTF-8 (comma delimited)', or save as .xlsx)",
    "an .xlsx workbook; this file is of another kind, whatever its name says",
    "a value, not a formula (paste it as values)",
    "a value, not an error or a date that Excel cannot show",
    "one sheet for {name}",
)
"""What the engine says of a cell (``engine/packages``), with what varies in it; anything else is shown as it is."""


@cache
def _patterns() -> dict[re.Pattern[str], str]:
    found = {}
    for sentence in SENTENCES:
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(sentence))
        found[re.compile(pattern, re.DOTALL)] = sentence
    return found
