"""Invented residents who ask, their grants and their open requests.

Who may ask for what is read from ``data/reference/services.toml``; how often, when and for how long people ask
is known nowhere citable for Sweden, so the table below is an assumption throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from engine.errors import InputError
from engine.reference import services, tables
from simulations.helping import iso_days, iso_times
from simulations.package import columns
from simulations.people import Floats, Ints, ages, choose, people, pick

DAYS_AHEAD = 14
"""Windows lie within this many days from the start."""

DAYS_BACK = 21
"""Requests still open were made within this many days before the start."""

KINDS = ("appointment", "morning", "afternoon", "evening", "day", "three_days", "week")
"""How narrow a window is: a fixed hour, a part of a day, a day, any of three days, any of a week."""

# Assumption: minutes after midnight at which a window of each kind opens and closes, and days from first to last.
WINDOW = {
    "morning": (9 * 60, 12 * 60 + 30, 0),
    "afternoon": (13 * 60, 17 * 60, 0),
    "evening": (17 * 60, 20 * 60 + 30, 0),
    "day": (9 * 60, 18 * 60, 0),
    "three_days": (9 * 60, 18 * 60, 2),
    "week": (8 * 60, 20 * 60, 6),
}
APPOINTMENT_HOURS = (8, 15)
"""Assumption: first and last hour at which a health centre gives appointments."""

APPOINTMENT_SLACK_MINUTES = 60
"""Assumption: how much longer than the visit the window of an appointment is."""

URGENT_DAYS = {1: (2, 13), 2: (1, 9), 3: (1, 4)}
"""Assumption: first and last day of a one-day window, counted from the start, by urgency."""

AGAIN_SHARE = 0.25
"""Assumption: share of open requests by residents who have another one open."""

TWO_HELPERS_SHARE = {"snow_garden": 0.25, "company_health_visit": 0.03}
"""Assumption: share of requests for two volunteers, for what is heavy; never for the other services."""

OTHER_LANGUAGE_ONLY_SHARE = 0.45
"""Assumption: share of bilingual residents' requests that want the mother tongue and nothing else."""

OTHER_LANGUAGE_TOO_SHARE = 0.30
"""Assumption: share of them that take Swedish or the mother tongue; the others ask for Swedish."""

PROTECTED_SHARE = 0.002
"""Assumption: share of residents who ask with protected identity."""


class Asked(NamedTuple):
    """One service as it is asked for; every number an assumption.

    ``share`` of requests; ``by_age`` bands (first, last, weight) among those who may ask; ``minutes`` to choose
    from; ``windows`` shares by KINDS; ``urgency`` shares of 1, 2, 3; ``office_days`` Monday to Friday only.
    """

    share: float
    by_age: tuple[tuple[int, int, float], ...]
    minutes: tuple[int, ...]
    windows: tuple[float, ...]
    urgency: tuple[float, float, float]
    office_days: bool
    notes: tuple[str, ...]


OLDER = ((30, 64, 0.15), (65, 74, 1.0), (75, 84, 3.0), (85, 100, 5.0))

# Company, shopping and the doctor lead, as in the informal help Swedes give (informal_help_outside_household).
ASKED = {
    "shopping": Asked(
        0.24, OLDER, (45, 60, 60, 90), (0, 0.12, 0.16, 0.07, 0.30, 0.15, 0.20), (0.50, 0.38, 0.12), False,
        ("", "", "Tunga kassar, ingen hiss.", "Lista lämnas i dörren.", "Apoteket på samma runda."),
    ),
    "errands_technical": Asked(
        0.12, ((18, 64, 0.3), (65, 100, 2.0)), (30, 45, 60, 90), (0, 0.10, 0.15, 0.20, 0.20, 0.15, 0.20),
        (0.70, 0.25, 0.05), False,
        ("", "", "Ny telefon ska ställas in.", "E-legitimation.", "Glödlampor och brandvarnare."),
    ),
    "company_walk": Asked(
        0.19, ((16, 64, 0.2), (65, 74, 1.0), (75, 100, 3.0)), (60, 60, 90, 120),
        (0, 0.10, 0.30, 0.05, 0.20, 0.15, 0.20), (0.75, 0.22, 0.03), False,
        ("", "", "Går med rollator.", "Gärna någon att prata bridge med.", "Fika hemma går också bra."),
    ),
    "company_health_visit": Asked(
        0.17, OLDER, (90, 120, 120, 180), (0.50, 0.30, 0.20, 0, 0, 0, 0), (0.15, 0.45, 0.40), True,
        ("", "", "Vårdcentralen, buss dit.", "Ögonkliniken, droppar gör det svårt att se.", "Hör dåligt."),
    ),
    "language_training": Asked(
        0.09, ((16, 64, 1.0), (65, 80, 0.3)), (60, 60, 90), (0, 0.10, 0.20, 0.40, 0, 0.10, 0.20),
        (0.80, 0.18, 0.02), False,
        ("", "", "Inför körkortet.", "Vill träna på att ringa samtal.", "SFI kurs C."),
    ),
    "homework_help": Asked(
        0.10, ((8, 12, 0.8), (13, 16, 1.5), (17, 18, 1.0)), (60, 60, 90), (0, 0, 0.15, 0.50, 0, 0.15, 0.20),
        (0.50, 0.40, 0.10), False,
        ("", "", "Matematik.", "Svenska och SO.", "Inför nationella provet.", "Engelska."),
    ),
    "home_help_cognitive": Asked(
        0.06, ((55, 64, 0.2), (65, 79, 1.0), (80, 100, 4.0)), (90, 120, 180),
        (0, 0.15, 0.15, 0.05, 0.15, 0.30, 0.20), (0.30, 0.45, 0.25), False,
        ("", "", "Anhörig är hemma den första halvtimmen.", "Lugnt tempo, gärna samma person."),
    ),
    "snow_garden": Asked(
        0.03, OLDER, (60, 90, 120), (0, 0.15, 0.15, 0, 0.35, 0.20, 0.15), (0.60, 0.30, 0.10), False,
        ("", "Löv i rännorna.", "Skottning om det snöar, annars sandning."),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Askers:
    """Drawn residents who ask: ``people`` (one row each), their ``grants`` and ``requests``."""

    people: pd.DataFrame
    grants: pd.DataFrame
    requests: pd.DataFrame


def askers(n: int, n_requests: int, first_number: int, rng: np.random.Generator, start: date) -> Askers:
    """Draw n residents who ask, and their open requests; the residents are numbered from ``first_number``."""
    if n_requests and not n:
        raise InputError(f"{n_requests} requests need at least one resident who asks.")
    who = _people(n, rng, start)
    who.insert(0, "resident_id", [f"res-{number:05d}" for number in range(first_number, first_number + n)])
    return Askers(people=who, grants=_grants(who, start, rng), requests=_requests(who, n_requests, start, rng))


def may_ask_by_age(service: str) -> Floats:
    """Whether an age alone is ground enough to ask for a service: shape (101,), 1 or 0."""
    grounds = tables()["service_ground"]
    by_age = grounds.loc[(grounds["service"] == service) & ~grounds["by_decision"]]
    return ages(*((low, high, 1.0) for low, high in zip(by_age["min_age"], by_age["max_age"], strict=True)))


def _people(n: int, rng: np.random.Generator, start: date) -> pd.DataFrame:
    """Draw residents service by service, of the ages that ask for it, with the column ``service``."""
    grounds = tables()["service_ground"]
    with_decision = set(grounds.loc[grounds["by_decision"], "service"])
    codes = [code for code in services() if code in ASKED]
    share = np.array([ASKED[code].share for code in codes])
    groups = []
    chosen = pick(np.zeros(len(codes), int), share, np.zeros(n, int), rng)
    for code, count in zip(codes, np.bincount(chosen, minlength=len(codes)).tolist(), strict=True):
        weight = ages(*ASKED[code].by_age)
        weight = weight if code in with_decision else weight * may_ask_by_age(code)
        groups.append(people(count, rng, start, weight).assign(service=code))
    return pd.concat(groups).iloc[rng.permutation(n)].reset_index(drop=True)


def _grants(who: pd.DataFrame, start: date, rng: np.random.Generator) -> pd.DataFrame:
    """Decisions for those who may not ask by age alone, in force over the days in question."""
    by_age = {code: may_ask_by_age(code) for code in ASKED}
    age = zip(who["service"], who["age"], strict=True)
    needs = np.array([not by_age[code][years] for code, years in age], bool)
    n = int(needs.sum())
    decided = start.toordinal() - rng.integers(30, 500, n)
    until = start.toordinal() + rng.integers(60, 720, n)
    years = [day[:4] for day in iso_days(decided)]
    return pd.DataFrame(
        {
            "resident_id": who["resident_id"].to_numpy()[needs],
            "service": who["service"].to_numpy()[needs],
            "valid_from": iso_days(decided),
            "valid_to": iso_days(until),
            "decision": [
                f"SN {year}-{number}" for year, number in zip(years, rng.integers(1000, 9999, n), strict=True)
            ],
        }
    )


def _requests(who: pd.DataFrame, n: int, start: date, rng: np.random.Generator) -> pd.DataFrame:
    """Open requests, numbered in the order they were made."""
    rows = _who_asks(who, n, rng)
    asker = who.iloc[rows].reset_index(drop=True)
    asked = [ASKED[code] for code in asker["service"]]
    minutes = np.array([a.minutes[int(u * len(a.minutes))] for a, u in zip(asked, rng.random(n), strict=True)], int)
    urgency = choose(np.array([a.urgency for a in asked]).reshape(n, 3), rng) + 1
    earliest, latest = windows(asked, minutes, urgency, _first_of_each(rows), start.toordinal(), rng)
    two = rng.random(n) < asker["service"].map(TWO_HELPERS_SHARE).fillna(0).to_numpy(float)
    # The start itself is in the future: the last day to ask is the day before, until 18:00.
    made = np.sort((start.toordinal() - rng.integers(1, DAYS_BACK + 1, n)) * 1440 + rng.integers(8 * 60, 18 * 60, n))
    table = pd.DataFrame(
        {
            "request_id": [f"req-{number:05d}" for number in range(1, n + 1)],
            "resident_id": asker["resident_id"],
            "service": asker["service"],
            "minutes": minutes,
            "earliest_at": iso_times(earliest // 1440, earliest % 1440),
            "latest_at": iso_times(latest // 1440, latest % 1440),
            "volunteers_needed": np.where(two, 2, 1),
            "urgency": urgency,
            "languages": wanted(asker, rng),
            "requested_at": iso_times(made // 1440, made % 1440),
            "note": [a.notes[int(u * len(a.notes))] for a, u in zip(asked, rng.random(n), strict=True)],
        }
    )
    return table[columns("requests")]


def _who_asks(who: pd.DataFrame, n: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of residents with an open request, spread over municipalities and services; AGAIN_SHARE are repeated."""
    if not n:
        return np.zeros(0, int)
    once = min(len(who), max(1, round(n * (1 - AGAIN_SHARE))))
    by_home = np.lexsort((rng.random(len(who)), who["service"].to_numpy(str), who["municipality_code"].to_numpy(str)))
    first = by_home[((np.arange(once) + rng.random()) * len(who) / once).astype(int)]
    again = np.resize(rng.permutation(first), n - once)
    return rng.permutation(np.concatenate([first, again]))


def _first_of_each(rows: Ints) -> Ints:
    """For each request, the number of the same resident's first one (its own, mostly)."""
    _, first, resident = np.unique(rows, return_index=True, return_inverse=True)
    return first[resident]


def windows(
    asked: list[Asked], minutes: Ints, urgency: Ints, first_of_each: Ints, today: int, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """When each window opens and closes, in minutes since day 0 of the calendar; the visit always fits in."""
    n = len(asked)
    kind = np.array(KINDS)[choose(np.array([a.windows for a in asked]).reshape(n, len(KINDS)), rng)]
    nearest, farthest = np.array([URGENT_DAYS[u] for u in urgency.tolist()], int).reshape(n, 2).T
    day = nearest + (rng.random(n) * (farthest - nearest + 1)).astype(int)
    closed = np.array([a.office_days for a in asked], bool) & ((today + day - 1) % 7 >= 5)
    day = np.where(closed, np.where(day >= 2, day - 2, day + 2), day)
    # Whoever asks twice asks for the same day of the other week; the very first day is too soon for anybody.
    day = np.where(first_of_each == np.arange(n), day, np.maximum(1, (day[first_of_each] + 7) % DAYS_AHEAD))
    day = np.where(kind == "three_days", np.minimum(day, DAYS_AHEAD - 3), np.where(kind == "week", day // 7 * 7, day))
    opens = 60 * rng.integers(APPOINTMENT_HOURS[0], APPOINTMENT_HOURS[1] + 1, n)
    closes = opens + minutes + APPOINTMENT_SLACK_MINUTES
    last = day.copy()
    for name, (from_minute, to_minute, days) in WINDOW.items():
        opens[kind == name], closes[kind == name] = from_minute, to_minute
        last[kind == name] += days
    return (today + day) * 1440 + opens, (today + last) * 1440 + closes


def wanted(asker: pd.DataFrame, rng: np.random.Generator) -> list[str]:
    """Languages a request may be served in: a bilingual resident wants one, the other or either."""
    codes: list[list[str]] = []
    for spoken, u in zip(map(_items, asker["languages"]), rng.random(len(asker)), strict=True):
        mother = [code for code in spoken if code not in {"sv", "en"}] or spoken[-1:]
        if "sv" not in spoken:
            codes.append(spoken)
        elif mother in (["sv"], ["en"]) or u >= OTHER_LANGUAGE_ONLY_SHARE + OTHER_LANGUAGE_TOO_SHARE:
            codes.append(["sv"])
        else:
            codes.append(mother if u < OTHER_LANGUAGE_ONLY_SHARE else ["sv", *mother])
    return [";".join(each) for each in codes]


def _items(cell: str) -> list[str]:
    return cell.split(";")
