"""Invented pilots of any size as facts in a store, and how long SQL takes to find their candidates.

People live around the places of Familjen Helsingborg, in proportion to their population. A pilot of more than
3 000 people is several copies of the region side by side, so that density stays the same: then a join that
formed all pairs would show as time growing with their product.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as of_day
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine import facts
from engine.candidates import parameters, view
from engine.clock import utc_of
from engine.facts import Fact, Window
from engine.policy import Policy
from engine.problem import Ints
from engine.programme import problem_of
from engine.store import Reading, Store

NOW = utc_of(datetime(2026, 11, 29, 18, 0))
MONDAY = datetime(2026, 11, 30)
PEOPLE_PER_REGION = 3000
PLACES = Path(__file__).parents[2] / "data" / "reference" / "places" / "places_fh.csv"
KM_PER_DEGREE = 111.195
COPIES_PER_ROW, COPY_LAT, COPY_LON = 6, 1.0, 2.0

ASKED = ("errands_technical", "company_walk", "language_training", "shopping", "snow_garden", "home_help_cognitive")
ASKED_SHARES = (0.2, 0.2, 0.1, 0.3, 0.1, 0.1)
CHECKS = {"identity": 0.97, "confidentiality": 0.95, "interview": 0.8, "police_record_home": 0.5,
          "introduction_visit": 0.5}  # fmt: skip
LANGUAGES = ("sv", "ar", "bcs", "pl", "fa", "en")
PARTS = ((8, 12), (12, 17), (17, 21))


@dataclass(frozen=True, slots=True)
class Look:
    """What a match run's look at a pilot takes.

    Parameters
    ----------
    seconds
        By query, in the order they ran; ``problem_of`` is laying the candidates out as numbers.
    total_s
        Everything between opening the reading and the problem.
    n_pairs, n_candidates
        Pairs that pass the rules of the pair, and candidates.
    fill_s
        Writing the facts.
    """

    seconds: dict[str, float]
    total_s: float
    n_pairs: int
    n_candidates: int
    fill_s: float


def look(n_requests: int, n_volunteers: int, seed: int) -> Look:
    """Fill a pilot in memory, then look at it as a match run does, and lay it out as a problem."""
    store, policy = Store.in_memory(clock=lambda: NOW), Policy.named("baseline")
    began = time.perf_counter()
    with store.transaction("bench", "fill") as transaction:
        transaction.append(pilot_facts(n_requests, n_volunteers, seed))
    fill_s = time.perf_counter() - began
    with store.reading() as reading:
        timed = _Timed(reading)
        began = time.perf_counter()
        seen = view(timed, policy, NOW)  # type: ignore[arg-type]
        seen_s = time.perf_counter() - began
        n_pairs = len(reading.query("pairs", **parameters(policy, NOW, reading.last_entry_no)))
    began = time.perf_counter()
    problem = problem_of(seen)
    timed.seconds["problem_of"] = time.perf_counter() - began
    store.close()
    total_s = seen_s + timed.seconds["problem_of"]
    return Look(timed.seconds, total_s, n_pairs, problem.n_candidates, fill_s)


class _Timed:
    """A reading that notes how long each query took."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.last_entry_no = reading.last_entry_no
        self.seconds: dict[str, float] = {}

    def __getattr__(self, name: str) -> Any:
        run = getattr(self._reading, name)

        def timed(query: str, *arguments: Any, **params: Any) -> Any:
            began = time.perf_counter()
            rows = run(query, *arguments, **params)
            self.seconds[query] = self.seconds.get(query, 0.0) + time.perf_counter() - began
            return rows

        return timed


def pilot_facts(n_requests: int, n_volunteers: int, seed: int) -> Iterator[Fact]:
    """Invent residents, volunteers and requests for the two weeks after ``NOW``; same arguments, same facts."""
    rng = np.random.default_rng(seed)
    n_regions = max(1, round((n_requests + n_volunteers) / PEOPLE_PER_REGION))
    yield from _residents(rng, n_requests, "asks", (1930, 1960), n_regions)
    yield from _residents(rng, n_volunteers, "helps", (1945, 2005), n_regions)
    yield from _volunteers(rng, n_volunteers)
    yield from _requests(rng, n_requests)


def _residents(
    rng: np.random.Generator, n: int, name: str, born_between: tuple[int, int], n_regions: int
) -> Iterator[Fact]:
    places = pd.read_csv(PLACES, dtype={"kommun_kod": str})
    home = rng.choice(len(places), n, p=(places["population"] / places["population"].sum()).to_numpy())
    # A larger place is wider.
    spread_km = 0.5 + np.sqrt(places["population"].to_numpy()[home]) / 60
    region = rng.integers(n_regions, size=n)
    across, along = region % COPIES_PER_ROW, region // COPIES_PER_ROW
    lat = places["lat"].to_numpy()[home] + rng.normal(size=n) * spread_km / KM_PER_DEGREE + COPY_LAT * along
    lon = places["lon"].to_numpy()[home] + rng.normal(size=n) * spread_km / KM_PER_DEGREE * 1.8 + COPY_LON * across
    code, born = places["kommun_kod"].to_numpy()[home], rng.integers(*born_between, size=n)
    speaks = rng.random((n, len(LANGUAGES))) < 0.1
    speaks[:, 0] |= ~speaks.any(axis=1)
    for i in range(n):
        yield facts.ResidentRegistered(
            occurred_at=NOW - timedelta(days=60),
            resident_id=f"{name}-{i}",
            municipality_code=str(code[i]),
            lat=float(lat[i]),
            lon=float(lon[i]),
            birth_year=int(born[i]),
            languages=tuple(LANGUAGES[k] for k in np.flatnonzero(speaks[i])),
            protected_identity=False,
        )


def _volunteers(rng: np.random.Generator, n: int) -> Iterator[Fact]:
    radius_km = np.round(rng.uniform(2.0, 8.0, n), 1)
    visits, minutes = rng.integers(1, 6, n), rng.choice([90, 120, 180, 240, 360, 600], n)
    offers = rng.random((n, len(ASKED))) < 0.15
    offers[np.arange(n), rng.integers(len(ASKED), size=n)] = True
    free = rng.random((n, 7, len(PARTS))) < 0.22
    cleared = {code: rng.random(n) < share for code, share in CHECKS.items()}
    when = NOW - timedelta(days=50)
    for i in range(n):
        volunteer_id = f"v-{i}"
        yield facts.VolunteerRegistered(
            occurred_at=when,
            volunteer_id=volunteer_id,
            resident_id=f"helps-{i}",
            services=tuple(ASKED[k] for k in np.flatnonzero(offers[i])),
            radius_km=float(radius_km[i]),
            visits_per_week=int(visits[i]),
            minutes_per_week=int(minutes[i]),
            joined_at=datetime(2026, 10, 1),
        )
        yield facts.AvailabilityStated(occurred_at=when, volunteer_id=volunteer_id, windows=_windows(free[i]))
        for code, held in cleared.items():
            if held[i]:
                yield facts.CheckCleared(
                    occurred_at=when,
                    volunteer_id=volunteer_id,
                    check_code=code,
                    valid_from=date(2026, 10, 1),
                    valid_to=None,
                )


def _windows(free: Any) -> tuple[Window, ...]:
    return tuple(
        Window(int(day) + 1, of_day(PARTS[part][0]), of_day(PARTS[part][1])) for day, part in np.argwhere(free)
    )


def _requests(rng: np.random.Generator, n: int) -> Iterator[Fact]:
    service = rng.choice(len(ASKED), n, p=ASKED_SHARES)
    first_day, n_days = rng.integers(1, 12, n), rng.integers(1, 4, n)
    minutes, urgency = rng.choice([30, 45, 60, 90, 120], n), rng.choice([1, 2, 3], n, p=[0.6, 0.3, 0.1])
    waited, needed = rng.integers(1, 20, n), rng.choice([1, 2], n, p=[0.95, 0.05])
    language: Ints = np.where(rng.random(n) < 0.85, -1, rng.integers(len(LANGUAGES), size=n))
    for i in range(n):
        asked_at = NOW - timedelta(days=int(waited[i]))
        if ASKED[service[i]] == "home_help_cognitive":
            yield facts.GrantDecided(
                occurred_at=asked_at,
                resident_id=f"asks-{i}",
                service="home_help_cognitive",
                valid_from=date(2026, 10, 1),
                valid_to=None,
                decision="bench",
            )
        yield facts.RequestSubmitted(
            occurred_at=asked_at,
            request_id=f"r-{i}",
            resident_id=f"asks-{i}",
            service=ASKED[service[i]],
            minutes=int(minutes[i]),
            earliest_at=MONDAY + timedelta(days=int(first_day[i]), hours=8),
            latest_at=MONDAY + timedelta(days=int(first_day[i] + n_days[i]) - 1, hours=20),
            volunteers_needed=int(needed[i]),
            urgency=int(urgency[i]),
            languages=() if language[i] < 0 else (LANGUAGES[language[i]],),
        )
