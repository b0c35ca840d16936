"""Whether the people that facts of a package speak of are within an account's reach: its municipalities, its role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from engine import facts
from engine.access import Acting, allow
from engine.facts import Fact
from engine.storage.reading import Reading


def must_reach(reading: Reading, who: Acting, stated: Iterable[Fact], ever: datetime) -> None:
    """Refuse facts about people of other municipalities, or about protected people the account does not serve.

    A relation may cross a border: it is enough that the resident or the volunteer is of an own municipality.

    Parameters
    ----------
    stated
        Facts of a package; a resident who moves must be in reach where they were and where they go.
    ever
        A moment after all facts.

    Raises
    ------
    AccessDenied
        When somebody is out of reach.
    """
    if who.municipality_codes is None:
        return
    residents = reading.state("residents_at", ever).set_index("resident_id")
    volunteers = reading.state("volunteers_at", ever)
    homes = dict(residents["municipality_code"])
    behind = dict(zip(volunteers["volunteer_id"], volunteers["resident_id"], strict=True))
    protected = set(residents.index[residents["protected_identity"]])
    for fact in stated:
        if isinstance(fact, facts.ResidentRegistered):
            who.must_work_in(fact.municipality_code)
            who.must_work_in(homes.get(fact.resident_id, fact.municipality_code))
            homes[fact.resident_id] = fact.municipality_code
        elif isinstance(fact, facts.VolunteerRegistered):
            who.must_work_in(homes[behind.get(fact.volunteer_id, fact.resident_id)])
            behind[fact.volunteer_id] = fact.resident_id
        named = list(_residents_in(fact, behind))
        if named and not any(who.may_work_in(homes[resident_id]) for resident_id in named):
            who.must_work_in(homes[named[0]])
        if not protected.isdisjoint(named):
            allow(reading, who.account_id, "read_protected")


def _residents_in(fact: Fact, behind: dict[str, str]) -> Iterator[str]:
    """Name the residents a fact speaks of, by their own id or as volunteers."""
    if resident_id := getattr(fact, "resident_id", None):
        yield resident_id
    if not isinstance(fact, facts.VolunteerRegistered) and (volunteer_id := getattr(fact, "volunteer_id", None)):
        yield behind[volunteer_id]
