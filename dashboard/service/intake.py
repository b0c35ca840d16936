"""What the intake page asks: persons found and registered, requests entered.

A form is a mapping of texts by column of the data package, as ``mikro import`` reads them; the engine judges it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any

import pandas as pd

from dashboard.service import names as known_names
from engine.errors import InputError
from engine.live import desk, requests, series
from engine.packages.cells import TABLES, CellError
from engine.people import duplicates, persons, registration
from engine.reference import REFERENCE
from engine.store import Store

Cells = Mapping[str, str]

DUPLICATES_SHOWN = 8

PLACES = REFERENCE / "places" / "places_fh.csv"


@dataclass(frozen=True, slots=True)
class Person:
    """A resident as the intake page shows one: details that are sealed, and what the facts know."""

    resident_id: str
    name: str
    phone: str
    email: str
    address: str
    lat: float | None
    lon: float | None
    municipality_code: str
    birth_year: int
    languages: tuple[str, ...]
    is_protected: bool
    volunteer_id: str | None
    n_open: int


@dataclass(frozen=True, slots=True)
class Offering:
    """What a volunteer offers: services, limits (``None``: none), and the free stretches of a week (local)."""

    services: tuple[str, ...]
    radius_km: float
    visits_per_week: int | None
    minutes_per_week: int | None
    week: tuple[tuple[int, time, time], ...]


def find(store: Store, actor_id: str, text: str, now: datetime) -> pd.DataFrame:
    """Find persons by name, phone or e-mail: ``resident_id``, ``name``, ``phone``, and the columns of ``desk.cards``.

    Raises
    ------
    AccessDenied
        When the account may not read persons.
    InputError
        When the text is too short.
    """
    found = persons.find(store, actor_id, text)
    cards = desk.cards(store, actor_id, found["resident_id"].tolist(), now)
    return found.merge(cards.drop(columns=["municipality_code"]), on="resident_id", how="left")


def person(store: Store, actor_id: str, resident_id: str, now: datetime, purpose: str = "request") -> Person:
    """Read one person; the log notes who read it, and why.

    Raises
    ------
    AccessDenied
        When the person is out of the account's reach.
    InputError
        When there is no such person, or the details were erased.
    """
    with store.held():
        cards = desk.cards(store, actor_id, [resident_id], now)
        details = persons.contact(store, actor_id, resident_id, purpose)
    if cards.empty:
        raise InputError(f"There is no resident {resident_id!r} in this pilot.")
    [card] = cards.to_dict("records")
    return Person(
        resident_id=resident_id,
        **{name: details[name] or "" for name in ("name", "phone", "email", "address")},
        lat=details["lat"],
        lon=details["lon"],
        municipality_code=card["municipality_code"],
        birth_year=int(card["birth_year"]),
        languages=tuple(card["languages"]),
        is_protected=bool(card["protected_identity"]),
        volunteer_id=card["volunteer_id"] if isinstance(card["volunteer_id"], str) else None,
        n_open=int(card["n_open"]),
    )


def person_requests(store: Store, actor_id: str, resident_id: str, now: datetime) -> list[dict[str, Any]]:
    """List a resident's requests, newest first (rows of ``requests_at``).

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    return desk.requests_of(store, actor_id, resident_id, now)


def askable(store: Store, actor_id: str, resident_id: str, on: date) -> pd.DataFrame:
    """Say which services a resident may ask for on a day (columns of :func:`engine.live.desk.askable`).

    Raises
    ------
    AccessDenied
        When the account may not submit requests.
    """
    return desk.askable(store, actor_id, resident_id, on)


def possible_duplicates(store: Store, actor_id: str, form: Cells) -> pd.DataFrame:
    """Find those who may be the person in a form: the likeliest DUPLICATES_SHOWN.

    Raises
    ------
    AccessDenied
        When the account may not read persons.
    """
    year = int(form["birth_year"]) if form.get("birth_year", "").isdigit() else None
    found = duplicates.possible_duplicates(store, actor_id, form.get("name", ""), year, form.get("phone", ""))
    return found.head(DUPLICATES_SHOWN)


def register_resident(store: Store, actor_id: str, form: Cells, now: datetime) -> str:
    """Register a resident, or correct one whose ``resident_id`` is in the form.

    Raises
    ------
    PackageError, AccessDenied
        As in :func:`engine.people.registration.register_resident`.
    """
    resident_id = registration.register_resident(store, actor_id, form, at=now)
    known_names.forget(resident_id)
    return resident_id


def register_volunteer(store: Store, actor_id: str, form: Cells, week: Sequence[Cells], now: datetime) -> str:
    """Register a resident as a volunteer, or anew, with the hours of a week they are free.

    Raises
    ------
    PackageError, AccessDenied
        As in :func:`engine.people.registration.register_volunteer`.
    """
    volunteer_id = registration.register_volunteer(store, actor_id, form, at=now)
    registration.state_availability(store, actor_id, volunteer_id, week, at=now)
    return volunteer_id


def offering(store: Store, actor_id: str, volunteer_id: str, now: datetime) -> Offering:
    """Read what a volunteer offers, to be changed.

    Raises
    ------
    AccessDenied
        When the account may not keep volunteers, or not this one's.
    InputError
        When there is no such volunteer.
    """
    volunteer, week = desk.offering(store, actor_id, volunteer_id, now)
    return Offering(
        services=tuple(volunteer["services"]),
        radius_km=float(volunteer["radius_km"]),
        visits_per_week=None if volunteer["visits_per_week"] is None else int(volunteer["visits_per_week"]),
        minutes_per_week=None if volunteer["minutes_per_week"] is None else int(volunteer["minutes_per_week"]),
        week=tuple(zip(week["weekday"].astype(int), week["starts"], week["ends"], strict=True)),
    )


def decide_grant(store: Store, actor_id: str, form: Cells, now: datetime) -> None:
    """Record a decision that a resident may have a service.

    Raises
    ------
    PackageError, AccessDenied
        As in :func:`engine.people.registration.decide_grant`.
    """
    registration.decide_grant(store, actor_id, form, at=now)


def submit(store: Store, actor_id: str, form: Cells, now: datetime, every_days: int = 0, n_times: int = 1) -> str:
    """Enter a request, or a series of them, and return its id.

    Raises
    ------
    PackageError, AccessDenied, InputError
        As in :mod:`engine.live.requests` and :mod:`engine.live.series`.
    """
    if n_times > 1:
        return series.start_series(store, actor_id, form, every_days, n_times, at=now)
    return requests.submit_request(store, actor_id, form, at=now)


def withdraw(store: Store, actor_id: str, request_id: str, now: datetime) -> None:
    """Take a request back.

    Raises
    ------
    InputError, AccessDenied
        As in :func:`engine.live.requests.withdraw_request`.
    """
    requests.withdraw_request(store, actor_id, request_id, at=now)


def wrong_cells(table: str, form: Cells) -> dict[str, str]:
    """Say what the engine's columns would have expected of the cells of a form that are typed already, by column."""
    readers = {column.name: column.read for column in TABLES[table]}
    wrong = {}
    for column, text in form.items():
        if text and column in readers:
            try:
                readers[column](text)
            except CellError as error:
                wrong[column] = str(error)
    return wrong


@cache
def places(municipality_code: str) -> dict[str, tuple[float, float]]:
    """List the localities of a municipality by name, with latitude and longitude of their middles."""
    with PLACES.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kommun_kod"] == municipality_code]
    return {row["name"]: (float(row["lat"]), float(row["lon"])) for row in sorted(rows, key=lambda row: row["name"])}
