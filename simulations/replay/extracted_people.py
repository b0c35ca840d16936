"""The people of a research extract, as far as it tells of them, and invented where it does not.

An extract holds no places: everybody gets one in their municipality, moved so that the whole kilometres the extract
tells of proposals and offers come out as well as they can. They are places of nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from engine import facts, reference
from engine.clock import utc_of
from engine.facts import Fact
from engine.lifecycle import rows_of
from engine.research.extract_tables import GENERAL
from simulations.chance import stream
from simulations.people import KM_PER_DEGREE, Floats
from simulations.shares import places

Tables = Mapping[str, pd.DataFrame]

HOLD = 0.02
"""How firmly a place stays where it was drawn, against one told distance."""

MIDDLE_AGE = 50
"""Of whom nothing is told."""


def people_facts(tables: Tables, begins: datetime, ends: datetime) -> list[Fact]:
    """Register the residents and volunteers of an extract: at the begin, or in the month they joined."""
    joined = {row["resident_id"]: utc_of(row["joined_month"]) for row in rows_of(tables["volunteers"])}
    place_of = _places(tables)
    log: list[Fact] = []
    for row in rows_of(tables["residents"]):
        age, grants = _age_and_grants(row["age_band"], _asked_for(tables).get(row["resident_id"], ()))
        lat, lon = place_of[row["resident_id"]]
        since = min(begins, joined.get(row["resident_id"], begins))
        log.append(
            facts.ResidentRegistered(
                occurred_at=since,
                resident_id=row["resident_id"],
                municipality_code=row["municipality_code"] if row["municipality_code"] != GENERAL else _any_code(),
                lat=lat,
                lon=lon,
                birth_year=ends.year - age,
                languages=tuple(_languages(row["languages"])),
                protected_identity=False,
            )
        )
        log += [
            facts.GrantDecided(
                occurred_at=since,
                resident_id=row["resident_id"],
                service=service,
                valid_from=since.date(),
                valid_to=None,
                decision="extract",
            )
            for service in grants
        ]
    return log + _volunteers(tables, ends)


def _volunteers(tables: Tables, ends: datetime) -> list[Fact]:
    log: list[Fact] = []
    free = dict(list(tables["availability"].groupby("volunteer_id")))
    for row in rows_of(tables["volunteers"]):
        joined_at = row["joined_month"]
        log.append(
            facts.VolunteerRegistered(
                occurred_at=utc_of(joined_at),
                volunteer_id=row["volunteer_id"],
                resident_id=row["resident_id"],
                services=tuple(row["services"].split(";")),
                radius_km=float(row["radius_km"]),
                visits_per_week=_whole(row["visits_per_week"]),
                minutes_per_week=_whole(row["minutes_per_week"]),
                joined_at=joined_at,
            )
        )
        windows = tuple(
            facts.Window(int(hour["weekday"]), time(int(hour["starts_hour"])), _end(int(hour["ends_hour"])))
            for hour in rows_of(free.get(row["volunteer_id"], tables["availability"].iloc[:0]))
        )
        log.append(
            facts.AvailabilityStated(occurred_at=utc_of(joined_at), volunteer_id=row["volunteer_id"], windows=windows)
        )
        if not pd.isna(row["left_month"]):
            month_after = (row["left_month"] + pd.offsets.MonthBegin(1)).to_pydatetime()
            left_at = min(utc_of(month_after) - timedelta(hours=1), ends)
            log.append(facts.VolunteerLeft(occurred_at=left_at, volunteer_id=row["volunteer_id"], reason_code="other"))
    for row in rows_of(tables["checks"]):
        log.append(
            facts.CheckCleared(
                occurred_at=utc_of(row["valid_from"]),
                volunteer_id=row["volunteer_id"],
                check_code=row["check_code"],
                valid_from=row["valid_from"].date(),
                valid_to=None if pd.isna(row["valid_to"]) else row["valid_to"].date(),
            )
        )
    return log


def _asked_for(tables: Tables) -> dict[str, tuple[str, ...]]:
    asked = tables["requests"].groupby("resident_id")["service"].unique()
    return {str(resident_id): tuple(services) for resident_id, services in asked.items()}


def _age_and_grants(band: str, asked: tuple[str, ...]) -> tuple[int, list[str]]:
    """Take the middle of an age band; whoever asked for something may ask for it: by age, else by a decision."""
    numbers = [int(text) for text in band.replace("+", "").split("-") if text.isdigit()]
    age = sum(numbers) // len(numbers) if numbers else MIDDLE_AGE
    grounds = reference.tables()["service_ground"]
    grants = []
    for service in asked:
        mine = grounds[grounds["service"] == service]
        by_age = mine[~mine["by_decision"]]
        if ((by_age["min_age"] <= age) & (age <= by_age["max_age"])).any():
            continue
        if mine["by_decision"].any():
            grants.append(service)
        elif len(by_age):
            age = int(np.clip(age, by_age["min_age"].iloc[0], by_age["max_age"].iloc[0]))
    return age, grants


def _places(tables: Tables) -> dict[str, tuple[float, float]]:
    """Place residents in their municipalities, as far from each other as the extract tells."""
    residents = tables["residents"]
    number = {resident_id: n for n, resident_id in enumerate(residents["resident_id"])}
    where = places()
    rng = stream(1, "extract places")
    rows = []
    for code in residents["municipality_code"]:
        mine = where if code == GENERAL else where[where["municipality_code"] == code]
        rows.append(mine.iloc[int(rng.choice(len(mine), p=(mine["weight"] / mine["weight"].sum()).to_numpy()))])
    centre = np.array([(row["lat"], row["lon"]) for row in rows])
    scale = np.array([KM_PER_DEGREE, KM_PER_DEGREE * np.cos(np.radians(centre[:, 0].mean()))])
    radius = np.array([row["radius_km"] for row in rows])
    start = centre * scale + radius[:, None] * rng.normal(size=centre.shape) / 2
    homes = tables["volunteers"].set_index("volunteer_id")["resident_id"]
    askers = tables["requests"].set_index("request_id")["resident_id"]
    told = pd.concat([tables[name][["request_id", "volunteer_id", "distance_km"]] for name in ("proposals", "offers")])
    told = told.dropna().drop_duplicates(["request_id", "volunteer_id"])
    pairs = np.array(
        [
            (number[askers[request]], number[homes[volunteer]])
            for request, volunteer in zip(told["request_id"], told["volunteer_id"], strict=True)
        ],
        dtype=np.int64,
    ).reshape(-1, 2)
    fitted = _fitted(start, pairs, told["distance_km"].to_numpy(np.float64)) / scale
    return {resident_id: (float(fitted[n, 0]), float(fitted[n, 1])) for resident_id, n in number.items()}


def _fitted(start: Floats, pairs: np.ndarray, km: Floats) -> Floats:
    """Move points (n, 2), in km, so that pairs are as far apart as told."""

    def misfit(flat: Floats) -> tuple[float, Floats]:
        points = flat.reshape(start.shape)
        gap = points[pairs[:, 0]] - points[pairs[:, 1]]
        length = np.sqrt((gap**2).sum(axis=1) + 1e-9)
        off = length - km
        pull = (2 * off / length)[:, None] * gap
        slope = 2 * HOLD * (points - start)
        np.add.at(slope, pairs[:, 0], pull)
        np.add.at(slope, pairs[:, 1], -pull)
        return float((off**2).sum() + HOLD * ((points - start) ** 2).sum()), slope.ravel()

    moved: Floats = minimize(misfit, start.ravel(), jac=True, method="L-BFGS-B").x.reshape(start.shape)
    return moved


def _languages(told: str) -> list[str]:
    """Read languages; of whom nothing is told, Swedish is assumed."""
    return [code for code in told.split(";") if code not in ("", GENERAL)] or ["sv"]


def _any_code() -> str:
    return max(reference.MUNICIPALITIES)


def _whole(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def _end(hour: int) -> time:
    return time(hour) if hour < 24 else time(23, 59)
