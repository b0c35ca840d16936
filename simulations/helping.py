"""Invented volunteers: what they offer, when they are free, which checks they hold.

No open data say when Swedish volunteers are free or which services they would give, so the tables below are
assumptions; the two shares with a source name it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from engine.reference import checks, services
from simulations.package import columns
from simulations.people import Floats, Ints, ages, choose, people
from simulations.shares import population

AGE_FIRST, AGE_LAST = 16, 84
"""Assumption: who can volunteer."""

SHARE_UNDER_35 = 0.46
"""Volontärbarometern, c. 2018: people who applied through Volontärbyrån (calibration key vb_under_35)."""

AGE_CHECKED_FIRST = 18
"""Assumption: services of step 2 and 3 are for adults."""

# Assumption: share of volunteers under 65, and from 65, who offer each service: the old have the day free and
# know about health centres, the young know what is taught. A service not listed has OFFER_SHARE_OTHER.
OFFER_SHARE = {
    "shopping": (0.60, 0.70),
    "errands_technical": (0.55, 0.40),
    "company_walk": (0.65, 0.75),
    "company_health_visit": (0.30, 0.65),
    "language_training": (0.40, 0.40),
    "homework_help": (0.40, 0.25),
    "home_help_cognitive": (0.14, 0.35),
    "snow_garden": (0.30, 0.15),
}
OFFER_SHARE_OTHER = (0.30, 0.30)
OFFER_LEAST = "company_walk"
"""Assumption: whoever ticked nothing is asked at least for this."""

# Assumption: km by foot, bicycle, bus or car.
RADIUS_KM = {3.0: 0.15, 5.0: 0.25, 8.0: 0.25, 10.0: 0.20, 15.0: 0.15}

# Seven of ten volunteers help between weekly and a few times a month (vb_frequency_weekly_to_few_per_month),
# so most give one visit a week; the exact split is an assumption.
VISITS_PER_WEEK = {1: 0.85, 2: 0.12, 3: 0.03}

# Assumption: visit and way there, for each visit of the week.
MINUTES_PER_VISIT = {90: 0.20, 120: 0.35, 180: 0.30, 240: 0.15}

DAYS_SINCE_START = 400
"""Assumption: the pilot has taken in volunteers evenly over this many days."""

# Assumption: share who are free in a part of a day: Monday to Friday (morning, afternoon, evening), then
# Saturday and Sunday. Pupils have evenings and weekends, working ages too unless they work shifts.
FREE = {
    "pupil": ((0.00, 0.10, 0.40), (0.25, 0.40, 0.15)),
    "working": ((0.05, 0.06, 0.38), (0.30, 0.32, 0.10)),
    "shifts": ((0.50, 0.50, 0.25), (0.20, 0.20, 0.05)),
    "pensioner": ((0.70, 0.65, 0.08), (0.12, 0.15, 0.03)),
}
SHIFTS_SHARE = 0.20
"""Assumption: share of those aged 20-64 who work shifts, part time or not at all."""

# Assumption: the parts of a day in minutes after midnight, each with the starts and ends people name.
PARTS = (
    ((510, 540, 570), (690, 720, 750)),
    ((780, 810), (930, 960, 1020)),
    ((1020, 1050, 1080), (1170, 1200, 1230)),
)

# Assumption: how many days after joining, or after the check it builds on, each check is cleared.
DAYS_TO_CLEAR = {
    "identity": (0, 14),
    "confidentiality": (0, 14),
    "interview": (7, 42),
    "police_record_children": (14, 60),
    "police_record_home": (14, 60),
    "introduction_visit": (14, 70),
}

# Assumption: share of the volunteers who need a check for what they offer and see it through.
CLEARED_SHARE = {
    "identity": 0.90,
    "confidentiality": 0.95,
    "interview": 0.65,
    "police_record_children": 0.75,
    "police_record_home": 0.85,
    "introduction_visit": 0.90,
}

RENEWED_SHARE = 0.80
"""Assumption: share of extracts older than a year that were shown anew in time."""

EXTRACT_DAYS = 365


@dataclass(frozen=True, slots=True)
class Volunteers:
    """Drawn volunteers: ``people`` (one row each, in the order of ``volunteers``) and their three files."""

    people: pd.DataFrame
    volunteers: pd.DataFrame
    availability: pd.DataFrame
    vetting: pd.DataFrame


def age_weight() -> Floats:
    """Weigh ages so that SHARE_UNDER_35 of the volunteers are under 35, and otherwise as in the population."""
    persons = population().groupby("age")["pop"].sum()
    young = persons.loc[AGE_FIRST:34].sum()
    older = persons.loc[35:AGE_LAST].sum()
    return ages((AGE_FIRST, 34, SHARE_UNDER_35 / young), (35, AGE_LAST, (1 - SHARE_UNDER_35) / older))


def volunteers(n: int, rng: np.random.Generator, start: date) -> Volunteers:
    """Draw n volunteers who have joined before ``start``; they are the residents ``res-00001`` and on."""
    who = people(n, rng, start, age_weight())
    ids = np.array([f"vol-{number:05d}" for number in range(1, n + 1)], object)
    offers = _offers(who, rng)
    codes = np.array(list(services()), object)
    joined = start.toordinal() - rng.integers(2, DAYS_SINCE_START + 2, n)
    visits = _draw(VISITS_PER_WEEK, n, rng)
    table = pd.DataFrame(
        {
            "volunteer_id": ids,
            "resident_id": [f"res-{number:05d}" for number in range(1, n + 1)],
            "services": [";".join(codes[row]) for row in offers],
            "radius_km": _draw(RADIUS_KM, n, rng),
            "visits_per_week": visits,
            "minutes_per_week": visits * _draw(MINUTES_PER_VISIT, n, rng),
            "joined_at": iso_times(joined, rng.integers(8 * 60, 20 * 60, n)),
        }
    )
    return Volunteers(
        people=who,
        volunteers=table[columns("volunteers")],
        availability=_availability(ids, who["age"].to_numpy(), rng),
        vetting=_vetting(ids, offers, joined, start.toordinal(), rng),
    )


def iso_times(days: Ints, minutes: Ints) -> list[str]:
    """Write proleptic ordinal days and minutes after midnight as local times: ``2026-11-30T18:00:00``."""
    moments = (days - date(1970, 1, 1).toordinal()) * 1440 + minutes
    return list(np.datetime_as_string(moments.astype("datetime64[m]").astype("datetime64[s]")))


def iso_days(days: Ints) -> list[str]:
    """Write proleptic ordinal days: ``2026-11-30``."""
    return list(np.datetime_as_string((days - date(1970, 1, 1).toordinal()).astype("datetime64[D]")))


def _draw(shares: dict[int, float] | dict[float, float], n: int, rng: np.random.Generator) -> Ints:
    values = np.array(list(shares))
    return values[choose(np.tile(list(shares.values()), (n, 1)), rng)]


def _offers(who: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Which volunteer offers which service: shape (n, services), at least one each."""
    share = np.array([OFFER_SHARE.get(code, OFFER_SHARE_OTHER) for code in services()])
    adults_only = np.array([service["step"] >= 2 for service in services().values()])
    old = (who["age"] >= 65).to_numpy().astype(int)
    offers = rng.random((len(who), len(share))) < share[:, old].T
    offers &= ~(adults_only & (who["age"].to_numpy() < AGE_CHECKED_FIRST)[:, None])
    offers[~offers.any(axis=1), list(services()).index(OFFER_LEAST)] = True
    return offers


def _availability(ids: np.ndarray, age: Ints, rng: np.random.Generator) -> pd.DataFrame:
    """One row per free stretch; morning and afternoon of one day become one stretch. Nobody is left without."""
    n = len(ids)
    kinds = list(FREE)
    kind = np.select([age < 20, age >= 65, rng.random(n) < SHIFTS_SHARE], [0, 3, 2], default=1)
    week = np.array([[FREE[k][0]] * 5 + [FREE[k][1]] * 2 for k in kinds])
    chance = week[kind]
    free = rng.random((n, 7, 3)) < chance
    nowhere = ~free.any(axis=(1, 2))
    likeliest = (chance * rng.random((n, 7, 3))).reshape(n, 21).argmax(axis=1)
    free.reshape(n, 21)[nowhere, likeliest[nowhere]] = True
    starts = np.stack([rng.choice(starts, (n, 7)) for starts, _ in PARTS], axis=2)
    ends = np.stack([rng.choice(ends, (n, 7)) for _, ends in PARTS], axis=2)
    whole_day = free[:, :, 0] & free[:, :, 1]
    ends[whole_day, 0] = ends[whole_day, 1]
    free[whole_day, 1] = False
    who, day, part = np.nonzero(free)
    return pd.DataFrame(
        {
            "volunteer_id": ids[who],
            "weekday": day + 1,
            "starts": [_clock(minute) for minute in starts[who, day, part].tolist()],
            "ends": [_clock(minute) for minute in ends[who, day, part].tolist()],
        }
    )


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _vetting(ids: np.ndarray, offers: np.ndarray, joined: Ints, today: int, rng: np.random.Generator) -> pd.DataFrame:
    """The checks cleared before ``today`` that a volunteer's services demand; extracts end after a year."""
    n = len(ids)
    steps = np.array([service["step"] for service in services().values()])
    interviewed = np.full(n, today)
    rows = []
    for code, check in checks().items():
        needed = (offers & np.isin(steps, check["steps"])).any(axis=1)
        first, last = DAYS_TO_CLEAR[code]
        # An interview comes after the first papers, everything else that takes time after the interview.
        after = interviewed if min(check["steps"]) > 1 else joined
        cleared = after + rng.integers(first, last + 1, n)
        if code == "interview":
            interviewed = cleared
        renewed = rng.random(n) < RENEWED_SHARE
        is_extract = "max_months" in check
        cleared = np.where(is_extract & renewed & (cleared + EXTRACT_DAYS < today), cleared + EXTRACT_DAYS, cleared)
        held = needed & (cleared < today) & (rng.random(n) < CLEARED_SHARE[code])
        until = iso_days(cleared[held] + EXTRACT_DAYS - 1) if is_extract else ""
        rows.append(
            pd.DataFrame(
                {
                    "volunteer_id": ids[held],
                    "check": code,
                    "valid_from": iso_days(cleared[held]),
                    "valid_to": until,
                }
            )
        )
    return pd.concat(rows).sort_values("volunteer_id", kind="stable", ignore_index=True)
