"""Demand: who asks for what, day by day. What residents ask does not depend on the policy, but for word of mouth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from math import cos, pi

import numpy as np

from engine.reference import public_holidays
from simulations.asking import ASKED, TWO_HELPERS_SHARE, wanted, windows
from simulations.chance import stream
from simulations.crowd import Crowd
from simulations.helping import iso_times
from simulations.people import Ints, choose
from simulations.scenario import Demand, Scenario

OPEN_HOURS = (8, 16)
"""Requests are made while the office is open; the day's match comes after."""


def rate(demand: Demand, day: date) -> float:
    """How many requests are expected on a day, word of mouth aside."""
    wave = 1 + demand.season_amplitude * cos(2 * pi * (day.timetuple().tm_yday - demand.season_peak_day) / 365.25)
    holiday = demand.holiday_factor if day in public_holidays() else 1.0
    return demand.requests_per_day * demand.weekday_factor[day.weekday()] * wave * holiday


def requests_of_day(scenario: Scenario, people: Crowd, day: date, seed: int) -> list[dict[str, str]]:
    """Draw the requests of a day: rows of ``requests.csv`` as text, in the order they are made."""
    rng = stream(seed, "demand", day.toordinal())
    n = int(rng.poisson(rate(scenario.demand, day)))
    rows = rng.choice(len(people.askers), n, p=people.askers["weight"].to_numpy())
    ids = [f"req-{day:%y%m%d}-{number:03d}" for number in range(1, n + 1)]
    return _requests(people, rows, ids, day, rng)


def asked_again(people: Crowd, resident_ids: Sequence[str], day: date, seed: int) -> list[dict[str, str]]:
    """Draw what residents ask for once more on a day, because it went well the last time."""
    known = {resident_id: row for row, resident_id in enumerate(people.askers["resident_id"])}
    rows: list[dict[str, str]] = []
    for resident_id in resident_ids:
        rng = stream(seed, "asks again", resident_id, day.toordinal())
        row = np.array([known[resident_id]])
        rows += _requests(people, row, [f"req-{day:%y%m%d}-{resident_id}"], day, rng)
    return rows


def _requests(people: Crowd, rows: Ints, ids: list[str], day: date, rng: np.random.Generator) -> list[dict[str, str]]:
    """Draw requests of these rows of the askers; nobody asks whose decision ends before the window would."""
    asker = people.askers.iloc[rows].reset_index(drop=True)
    n, today = len(asker), day.toordinal()
    asked = [ASKED[code] for code in asker["service"]]
    minutes = np.array([a.minutes[int(u * len(a.minutes))] for a, u in zip(asked, rng.random(n), strict=True)], int)
    urgency = choose(np.array([a.urgency for a in asked]).reshape(n, 3), rng) + 1
    earliest, latest = windows(asked, minutes, urgency, np.arange(n), today, rng)
    two = rng.random(n) < asker["service"].map(TWO_HELPERS_SHARE).fillna(0).to_numpy(float)
    made = np.sort(rng.integers(OPEN_HOURS[0] * 60, OPEN_HOURS[1] * 60, n))
    # "Any time this week" begins now; what would be over by the next evening is meant for the week after.
    too_soon = latest < (today + 2) * 1440
    earliest, latest = earliest + 7 * 1440 * too_soon, latest + 7 * 1440 * too_soon
    earliest = np.maximum(earliest, today * 1440 + made)
    languages = wanted(asker, rng)
    opens = iso_times(earliest // 1440, earliest % 1440)
    closes = iso_times(latest // 1440, latest % 1440)
    requested = iso_times(np.full(n, today), made)
    return [
        {
            "request_id": ids[i],
            "resident_id": str(asker["resident_id"].iloc[i]),
            "service": str(asker["service"].iloc[i]),
            "minutes": str(minutes[i]),
            "earliest_at": str(opens[i]),
            "latest_at": str(closes[i]),
            "volunteers_needed": "2" if two[i] else "1",
            "urgency": str(urgency[i]),
            "languages": languages[i],
            "requested_at": str(requested[i]),
        }
        for i in np.flatnonzero(asker["until"].to_numpy() >= latest // 1440).tolist()
    ]


def days_of(scenario: Scenario) -> list[date]:
    """List the days of a pilot."""
    return [scenario.start + timedelta(days=n) for n in range(scenario.town.days)]
