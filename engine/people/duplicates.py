"""Whether somebody to be registered may be known already: the same phone, or a like name and year of birth.

Only the account's own municipalities are looked at: whether another has somebody is secret, too.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import pandas as pd

from engine import facts
from engine.access import acting
from engine.people.persons import residents_in_reach

if TYPE_CHECKING:
    from engine.store import Store

LIKE = 0.86
"""Share of signs in common from which two names are alike: one letter of ten may differ."""

PHONE_DIGITS_MIN = 6
YEARS_APART_MAX = 1


def possible_duplicates(
    store: Store, actor_id: str, name: str, birth_year: int | None, phone: str = ""
) -> pd.DataFrame:
    """Find those who may be the person about to be registered; the log notes who was found.

    Returns
    -------
    DataFrame
        ``resident_id``, ``name``, ``phone``, ``birth_year``, ``municipality_code`` and ``because`` (``phone``, ``name``
        or ``both``), the likeliest first. Protected identities are found only by those who serve them.

    Raises
    ------
    AccessDenied
        When the account may not read persons.
    """
    with acting(store, actor_id, "read_identity", action="look for duplicates") as (transaction, who):
        digits = digits_of(phone)
        born = None
        if birth_year is not None and len(digits) < PHONE_DIGITS_MIN:  # then only the name can tell
            born = (birth_year - YEARS_APART_MAX, birth_year + YEARS_APART_MAX)
        residents = residents_in_reach(transaction, who, born=born)
        people = transaction.people("duplicates", residents["resident_id"].tolist(), looked_through=True)
        people = people.merge(residents, on="resident_id")
        found = _alike(people, name, birth_year, digits)
        transaction.append(
            facts.IdentityRead(
                occurred_at=transaction.recorded_at, resident_id=resident_id, what="person", purpose="duplicates"
            )
            for resident_id in found["resident_id"]
        )
    return found


def digits_of(phone: str) -> str:
    """Reduce a phone number to the digits that tell it apart, whether it is written with +46, 0046 or 0."""
    digits = "".join(sign for sign in phone if sign.isdigit())
    if phone.strip().startswith(("+", "00")):
        return digits.removeprefix("00").removeprefix("46").removeprefix("0")
    return digits.removeprefix("0")


def likeness(one: str, other: str) -> float:
    """Say how alike two names are, 0 to 1, whatever the order of their parts, capitals and accents.

    0 for names that are clearly less than LIKE.
    """
    return _Sought(one).likeness(other)


class _Sought:
    """A name that is compared with many others."""

    def __init__(self, name: str) -> None:
        self._plain = _plain(name)
        self._signs = Counter(self._plain)

    def likeness(self, other: str) -> float:
        """Share of signs in common, in order; 0 where so few are the same in any order that they cannot be alike."""
        known = _plain(other)
        n_signs = len(self._plain) + len(known)
        n_same = sum(min(n, known.count(sign)) for sign, n in self._signs.items())
        if n_signs and 2 * n_same / n_signs < LIKE:
            return 0.0
        return max(_in_common(self._plain, known), _in_common(_sorted(self._plain), _sorted(known)))


def _in_common(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _alike(people: pd.DataFrame, name: str, birth_year: int | None, phone: str) -> pd.DataFrame:
    same_phone = people["phone"].fillna("").map(digits_of).eq(phone) & (len(phone) >= PHONE_DIGITS_MIN)
    near = (
        pd.Series(True, index=people.index)
        if birth_year is None
        else (people["birth_year"] - birth_year).abs() <= YEARS_APART_MAX
    )
    near_names, sought = people.loc[near, "name"], _Sought(name)
    alike = pd.Series([sought.likeness(other) for other in near_names], index=near_names.index, dtype=float)
    alike = alike.reindex(people.index, fill_value=0.0)
    same_name = alike >= LIKE
    because = pd.Series("name", index=people.index).mask(same_phone, "phone").mask(same_phone & same_name, "both")
    found = people.assign(because=because, alike=alike + same_phone.astype(float))[same_name | same_phone]
    found = found.sort_values(["alike", "resident_id"], ascending=[False, True])
    return found[["resident_id", "name", "phone", "birth_year", "municipality_code", "because"]].reset_index(drop=True)


def _plain(name: str) -> str:
    """Leave out capitals, accents and what is no letter; å, ä and ö keep apart from a and o."""
    signs = unicodedata.normalize("NFKD", name.casefold().translate(_SWEDISH))
    letters = "".join(sign if sign.isalpha() else " " for sign in signs if not unicodedata.combining(sign))
    return " ".join(letters.split())


def _sorted(name: str) -> str:
    return " ".join(sorted(name.split()))


# Letters of their own in Swedish, kept whole by writing them as signs that are no accented letters.
_SWEDISH = str.maketrans({"å": "ɑ", "ä": "æ", "ö": "ø"})
