"""Pseudonyms and small cells: what makes a table about persons fit to leave the pilot.

Municipality, age and languages together are what a stranger may know of somebody. Whoever shares them with fewer than
K - 1 others is described more coarsely, step by step, until K share the description; the rest is left out.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

import pandas as pd

from engine.research.extract_tables import GENERAL, LETTERS

K = 5
QUASI_IDENTIFIERS = ["municipality_code", "age_band", "languages"]
OLDEST_BAND = 90
BROAD_BANDS = ((0, "0-19"), (20, "20-39"), (40, "40-64"), (65, "65-79"), (80, "80+"))


class Pseudonyms:
    """Pseudonyms of one extract, under a random key that nobody ever sees and that goes with this object."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._known: dict[tuple[str, str], str] = {}

    def of(self, what: str, ids: pd.Series[str]) -> pd.Series[str]:
        """Give the pseudonym of each id of a kind of thing; missing ids stay missing."""
        by_id = {name: self._one(what, name) for name in ids.dropna().unique()}
        return ids.map(by_id)

    def _one(self, what: str, name: str) -> str:
        if (what, name) not in self._known:
            digest = hmac.new(self._key, f"{what}\x1f{name}".encode(), hashlib.sha256).digest()
            number = int.from_bytes(digest[:16], "big")
            self._known[what, name] = "".join(
                LETTERS[number // len(LETTERS) ** place % len(LETTERS)] for place in range(14)
            )
        return self._known[what, name]


def age_band(age: int) -> str:
    """Name the 5-year band of an age; 90 and older is one."""
    if age >= OLDEST_BAND:
        return f"{OLDEST_BAND}+"
    low = max(age, 0) // 5 * 5
    return f"{low}-{low + 4}"


def broad_band(age: int) -> str:
    """Name the broad band of an age; its names differ from all 5-year ones."""
    return next(name for low, name in reversed(BROAD_BANDS) if max(age, 0) >= low)


def generalised(residents: pd.DataFrame) -> pd.DataFrame:
    """Describe residents so that at least K share every description.

    Parameters
    ----------
    residents
        ``resident_id``, ``municipality_code``, ``age``, ``languages``.

    Returns
    -------
    DataFrame
        ``resident_id`` and QUASI_IDENTIFIERS, ``*`` for what is not told, by resident_id; without those whom even
        the coarsest description would single out.
    """
    rest, told = residents, []
    for description in _descriptions(residents):
        described = rest[["resident_id"]].join(description)
        is_shared = described.groupby(QUASI_IDENTIFIERS)["resident_id"].transform("size") >= K
        told.append(described[is_shared])
        rest = rest[~is_shared]
    return pd.concat(told).sort_values("resident_id", ignore_index=True)


def _descriptions(residents: pd.DataFrame) -> list[pd.DataFrame]:
    """Describe everybody five times, each time more coarsely."""
    municipality, languages = residents["municipality_code"], residents["languages"]
    narrow, broad = residents["age"].map(age_band), residents["age"].map(broad_band)
    steps = [
        (municipality, narrow, languages),
        (municipality, narrow, GENERAL),
        (municipality, broad, GENERAL),
        (GENERAL, broad, GENERAL),
        (GENERAL, GENERAL, GENERAL),
    ]
    return [
        pd.DataFrame(dict(zip(QUASI_IDENTIFIERS, step, strict=True)), index=residents.index, dtype="str")
        for step in steps
    ]


def told_languages(asked: pd.Series[str], spoken: pd.Series[str]) -> pd.Series[str]:
    """Tell the languages of requests where they tell no more than what is published of their residents."""
    told = [
        wanted if set(wanted.split(";")) <= {"", *known.split(";")} else GENERAL
        for wanted, known in zip(asked, spoken, strict=True)
    ]
    return pd.Series(told, index=asked.index, dtype="str")
