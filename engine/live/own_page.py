"""A resident's own page, opened by the link of an invitation: ask for a service, see who comes and when, take it back.

The link acts for one resident and shows nothing of anybody else but the first name of who will come, as the message
about the visit does. Names are read apart from the rest and noted in the log, so a page reads them once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine import facts
from engine.access import acting
from engine.clock import local_of
from engine.errors import AccessDenied, ImpossibleStep, InputError
from engine.lifecycle import rows_of
from engine.live import requests
from engine.live.adoption import in_force
from engine.messages import links
from engine.messages.letters import first_name
from engine.messages.links import Link
from engine.people.forms import Cells, read_forms
from engine.people.persons import home_of, see
from engine.reasons.chance import Chance, chance_of

if TYPE_CHECKING:
    from engine.reasons.history import History
    from engine.store import Store

PURPOSE = "submit_request"
INVITED_DAYS = 60
"""How long an invitation lasts; a new one is made any time."""


@dataclass(frozen=True, slots=True)
class OwnVisit:
    """A visit to the resident, local."""

    visit_id: str
    starts_at: datetime
    ends_at: datetime
    status: str


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """A request of the resident's with its visits; ``status`` as ``requests_at`` tells it, the window local."""

    request_id: str
    service: str
    minutes: int
    earliest_at: datetime
    latest_at: datetime
    status: str
    visits: tuple[OwnVisit, ...]


def invite(store: Store, actor_id: str, resident_id: str, *, now: datetime | None = None) -> str:
    """Make the token of a resident's own page; the log notes who did, for whom.

    Raises
    ------
    AccessDenied
        When the account may not, or not for this person.
    ImpossibleStep
        When the person has a protected identity and is served by hand.
    InputError
        When there is no such resident, or the details were erased.
    """
    with acting(store, actor_id, "submit_request") as (transaction, who):
        if see(transaction, who, resident_id).is_protected:
            raise ImpossibleStep("A person with a protected identity is served by hand, without a page of their own.")
        if transaction.person(resident_id, "invitation") is None:
            raise InputError(f"Nothing is kept about resident {resident_id!r}, so nobody can be invited.")
        until = (now or transaction.recorded_at) + timedelta(days=INVITED_DAYS)
    return links.sign(store, PURPOSE, resident_id, until, "resident")


def open_page(store: Store, token: str, now: datetime) -> Link:
    """Read the link of an invitation, and check that its resident may still use it; nothing is written.

    Raises
    ------
    InputError
        When the link is not valid any more, or the resident is gone.
    AccessDenied
        When the link is for something else.
    ImpossibleStep
        When the person has a protected identity by now.
    """
    link = links.read(store, token, now)
    if link.purpose != PURPOSE:
        raise AccessDenied("This link is for something else.")
    with store.reading() as reading:
        home = home_of(reading, link.about)
        is_kept = not reading.query("sealed_people", resident_ids=[link.about]).empty
    if home is None or not is_kept:
        raise InputError("This page is closed; contact us instead.")
    if home.is_protected:
        raise ImpossibleStep("This cannot be done by link; contact us instead.")
    return link


def own_requests(store: Store, token: str, now: datetime) -> list[OwnRequest]:
    """List the resident's requests, the newest window first; raises as :func:`open_page`."""
    link = open_page(store, token, now)
    with store.reading() as reading:
        mine = rows_of(reading.state("requests_at", now, resident_id=link.about))
        coming = rows_of(reading.state("visits_at", now, resident_id=link.about))
    return [
        OwnRequest(
            request_id=row["request_id"],
            service=row["service"],
            minutes=int(row["minutes"]),
            earliest_at=row["earliest_at"],
            latest_at=row["latest_at"],
            status=row["status"],
            visits=tuple(_visit(visit) for visit in coming if visit["request_id"] == row["request_id"]),
        )
        for row in sorted(mine, key=lambda row: (row["earliest_at"], row["request_id"]), reverse=True)
    ]


def who_comes(store: Store, token: str, now: datetime) -> dict[str, str]:
    """Read the first names of the volunteers whose visits to the resident are still to come: visit_id -> name.

    The log notes each. Raises as :func:`open_page`.
    """
    link = open_page(store, token, now)
    with store.transaction(link.account_id, "see own page") as transaction:
        visits = transaction.state("visits_at", now, resident_id=link.about, status="agreed")
        volunteers = transaction.state("volunteers_at", now)[["volunteer_id", "resident_id", "protected_identity"]]
        coming = visits.drop(columns="resident_id").merge(volunteers, on="volunteer_id")
        coming = coming[(coming["ends_at"] > local_of(now)) & ~coming["protected_identity"]]
        people = transaction.people("visit", sorted(set(coming["resident_id"])))
    names = {row["resident_id"]: first_name(row["name"]) for row in rows_of(people)}
    told = {row["visit_id"]: names.get(row["resident_id"], "") for row in rows_of(coming)}
    return {visit_id: name for visit_id, name in told.items() if name}


def chance(store: Store, token: str, form: Cells, now: datetime, history: History | None = None) -> Chance:
    """Say how likely a request being typed would be served; nothing is written.

    Parameters
    ----------
    form
        As for :func:`ask`.
    history
        As for :func:`engine.reasons.chance.chance_of`.

    Raises
    ------
    PackageError
        When a value is not what its column asks for.
    InputError, AccessDenied, ImpossibleStep
        As :func:`open_page`.
    """
    link = open_page(store, token, now)
    with store.reading() as reading:
        said = {**_form(link, form), "request_id": "asked", "requested_at": f"{local_of(now):%Y-%m-%dT%H:%M:%S}"}
        intake = read_forms(reading, {"requests": [said]}, now)
        [request] = [fact for fact in intake.facts if isinstance(fact, facts.RequestSubmitted)]
        return chance_of(reading, in_force(reading, now), now, request, history)


def ask(store: Store, token: str, form: Cells, now: datetime) -> str:
    """Ask for a service, and return the request's id.

    Parameters
    ----------
    form
        ``service``, ``minutes``, ``earliest_at``, ``latest_at``, ``languages``, ``note`` as ``requests.csv`` has them.

    Raises
    ------
    PackageError
        When a value is not what its column or the rules ask for.
    InputError, AccessDenied, ImpossibleStep
        As :func:`open_page`.
    """
    link = open_page(store, token, now)
    return requests.submit_request(store, link.account_id, _form(link, form), at=now)


def take_back(store: Store, token: str, request_id: str, now: datetime) -> None:
    """Take one of the resident's requests back; visits to come are called off.

    Raises
    ------
    InputError, AccessDenied, ImpossibleStep
        As :func:`open_page` and :func:`engine.live.requests.withdraw_request`.
    """
    link = open_page(store, token, now)
    requests.withdraw_request(store, link.account_id, request_id, at=now)


ASKED = ("service", "minutes", "earliest_at", "latest_at", "languages", "note")


def _form(link: Link, form: Cells) -> dict[str, str]:
    """Take what a resident may say; how urgent it is and for how many, a coordinator judges."""
    said = {column: form.get(column, "") for column in ASKED}
    return {**said, "resident_id": link.about, "volunteers_needed": "1", "urgency": "1"}


def _visit(row: dict[str, Any]) -> OwnVisit:
    return OwnVisit(row["visit_id"], row["starts_at"], row["ends_at"], row["status"])
