"""The one door to a person's details and notes.

Every reading is of the own municipality, refused for a protected identity to all but those who serve them, and noted
in the log with its purpose. What is recorded about persons goes through ``registration.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine import facts
from engine.access import Acting, acting, allow
from engine.errors import AccessDenied, InputError
from engine.intake import EVER

if TYPE_CHECKING:
    from engine.store import Reading, Store

PURPOSES = {
    "call": "to call the person",
    "visit": "to prepare or follow up a visit",
    "request": "to take a request",
    "details": "to check or correct the details",
    "incident": "to deal with an incident",
    "by_hand": "to serve a protected identity by hand",
}
"""Why somebody may be looked up; free text could name a person, and stays out of the log."""

FOUND_AT_MOST = 50
SEARCH_LENGTH_MIN = 2


@dataclass(frozen=True, slots=True)
class Home:
    """Where a resident belongs, and whether they are protected."""

    municipality_code: str
    is_protected: bool


def contact(store: Store, actor_id: str, resident_id: str, purpose: str) -> dict[str, Any]:
    """Read a person's name, phone, email, address, lat and lon; the log notes who read them, and why.

    Parameters
    ----------
    purpose
        A code of :data:`PURPOSES`.

    Raises
    ------
    AccessDenied
        When the person is of another municipality, or protected and the account does not serve those.
    InputError
        When the person is unknown or erased, or the purpose is none of the known ones.
    """
    must_be_purpose(purpose)
    with acting(store, actor_id, "read_identity") as (transaction, who):
        see(transaction, who, resident_id)
        details = transaction.person(resident_id, purpose)
    if details is None:
        raise InputError(f"Nothing is kept about resident {resident_id!r}: the details were erased or never entered.")
    return details


def notes(store: Store, actor_id: str, resident_id: str, subject: str, purpose: str) -> pd.DataFrame:
    """Read the notes about a resident on a subject, such as a request: ``note_id``, ``text``, by id.

    Raises
    ------
    AccessDenied, InputError
        As in :func:`contact`.
    """
    must_be_purpose(purpose)
    with acting(store, actor_id, "read_identity") as (transaction, who):
        see(transaction, who, resident_id)
        kept = transaction.notes_about([resident_id], purpose)
    return kept.loc[kept["subject"] == subject, ["note_id", "text"]].reset_index(drop=True)


def find(store: Store, actor_id: str, text: str) -> pd.DataFrame:
    """Find the persons of the own municipalities whose name, phone or e-mail holds a text.

    Returns
    -------
    DataFrame
        ``resident_id``, ``name``, ``phone``, ``municipality_code``, by name; at most FOUND_AT_MOST rows. Protected
        identities are found only by those who serve them.

    Raises
    ------
    AccessDenied
        When the account may not read persons.
    InputError
        When the text is shorter than two characters: a search is no list of everybody.
    """
    wanted = " ".join(text.split()).casefold()
    if len(wanted) < SEARCH_LENGTH_MIN:
        raise InputError(f"A search needs at least {SEARCH_LENGTH_MIN} characters.")
    with acting(store, actor_id, "read_identity") as (transaction, who):
        residents = residents_in_reach(transaction, who)
        people = transaction.people("search", residents["resident_id"].tolist(), looked_through=True)
        people = people.merge(residents, on="resident_id")
        fits = [_holds(row, wanted) for row in people[["name", "phone", "email"]].itertuples(index=False)]
        found = people[np.array(fits, dtype=bool)].sort_values(["name", "resident_id"]).head(FOUND_AT_MOST)
        transaction.append(
            facts.IdentityRead(
                occurred_at=transaction.recorded_at, resident_id=resident_id, what="person", purpose="search"
            )
            for resident_id in found["resident_id"]
        )
    return found[["resident_id", "name", "phone", "municipality_code"]].reset_index(drop=True)


def residents_in_reach(
    reading: Reading, who: Acting, resident_ids: list[str] | None = None, born: tuple[int, int] | None = None
) -> pd.DataFrame:
    """List whom an account may see: of the own municipalities, and not protected unless it serves those.

    Parameters
    ----------
    resident_ids
        Only these, if in reach.
    born
        Only those of these years, the first and the last.

    Returns
    -------
    DataFrame
        ``resident_id``, ``municipality_code``, ``birth_year``, by id.
    """
    return reading.query(
        "residents_in_reach",
        as_of=EVER,
        until_entry=reading.last_entry_no,
        municipality_codes=None if who.municipality_codes is None else sorted(who.municipality_codes),
        with_protected=serves_protected(reading, who.account_id),
        resident_ids=resident_ids,
        born_from=born and born[0],
        born_to=born and born[1],
    )


def home_of(reading: Reading, resident_id: str) -> Home | None:
    """Say where a resident belongs by the newest registration; ``None`` when there is no such resident."""
    found = reading.columns("home", as_of=EVER, resident_id=resident_id)
    for municipality_code, is_protected in zip(found["municipality_code"], found["protected_identity"], strict=True):
        return Home(municipality_code, is_protected)
    return None


def see(reading: Reading, who: Acting, resident_id: str) -> Home:
    """Check that an account may see a resident at all.

    Raises
    ------
    AccessDenied
        When they are of another municipality, or protected and the account does not serve those.
    InputError
        When there is no such resident.
    """
    home = home_of(reading, resident_id)
    if home is None:
        raise InputError(f"There is no resident {resident_id!r} in this pilot.")
    who.must_work_in(home.municipality_code)
    if home.is_protected:
        allow(reading, who.account_id, "read_protected")
    return home


def serves_protected(reading: Reading, actor_id: str) -> bool:
    """Say whether an account serves people with a protected identity."""
    try:
        allow(reading, actor_id, "read_protected")
    except AccessDenied:
        return False
    return True


def _holds(details: tuple[Any, ...], wanted: str) -> bool:
    """Whether a name or e-mail holds a text, or a phone number its digits."""
    name, phone, email = (str(detail or "").casefold() for detail in details)
    digits = "".join(sign for sign in wanted if sign.isdigit())
    is_number = len(digits) >= SEARCH_LENGTH_MIN and not any(sign.isalpha() for sign in wanted)
    return (
        wanted in name or wanted in email or (is_number and digits in "".join(sign for sign in phone if sign.isdigit()))
    )


def must_be_purpose(purpose: str) -> None:
    """Refuse a purpose that is none of PURPOSES.

    Raises
    ------
    InputError
        With the known ones in its sentence.
    """
    if purpose not in PURPOSES:
        raise InputError(f"{purpose!r} is no purpose for reading a person; there are {', '.join(PURPOSES)}.")
