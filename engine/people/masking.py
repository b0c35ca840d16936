"""Taking other people out of a text: whole names, contacts, and single names where they begin with a capital."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pandas as pd

from engine.research.leaks import NAME_LENGTH_MIN, words_of

CONTACT_LENGTH_MIN = 5


def mask_of(people: pd.DataFrame, resident_id: str, instead: str) -> Callable[[str], str]:
    """Make a function that replaces whoever of ``people`` is not the resident, in any text.

    A word is taken for a name when it begins with a capital and is part of somebody's name but not of the resident's.
    """
    is_own = people["resident_id"] == resident_id
    own = {word for name in people.loc[is_own, "name"].dropna() for word in words_of(name)}
    others = people[~is_own]
    names = {word for name in others["name"].dropna() for word in words_of(name)} - own
    names = {name for name in names if len(name) >= NAME_LENGTH_MIN}
    contacts = sorted(_contacts_of(others) - _contacts_of(people[is_own]), key=len, reverse=True)

    def masked(text: str) -> str:
        plain = text.casefold()
        for contact in contacts:
            if contact in plain:
                text = re.sub(re.escape(contact), instead, text, flags=re.IGNORECASE)
                plain = text.casefold()
        replaced = re.sub(r"[^\W\d_]+", lambda word: _unless_name(word[0], names, instead), text)
        # A first and a last name are one person.
        return re.sub(rf"{re.escape(instead)}(\s+{re.escape(instead)})+", instead, replaced)

    return masked


def _unless_name(word: str, names: set[str], instead: str) -> str:
    return instead if word[0].isupper() and word.casefold() in names else word


def _contacts_of(people: pd.DataFrame) -> set[str]:
    """Collect phones, e-mails and addresses, and whole names, in small letters."""
    texts: list[Any] = [text for column in ("name", "phone", "email", "address") for text in people[column].dropna()]
    return {text.casefold() for text in texts if len(text) >= CONTACT_LENGTH_MIN}
