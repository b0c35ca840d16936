"""Who might be recruited: one invented volunteer per municipality, service, language and part of the week.

A profile lives at a typical place of the municipality, gives what the volunteers there typically give, and has
exactly one service, one language and one part of the week: it is the least that such a person must bring.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

import pandas as pd

from engine import facts
from engine.clock import local_of
from engine.facts import Fact, Window
from engine.reference import checks, services
from engine.storage.reading import Reading

PREFIX = "~profile:"
"""What the ids of profiles begin with: no id of a pilot has such a sign, and these never leave a supposition."""

WEEKDAY_PARTS: dict[str, tuple[Window, ...]] = {
    "weekday_morning": tuple(Window(day, time(8), time(12)) for day in range(1, 6)),
    "weekday_afternoon": tuple(Window(day, time(12), time(17)) for day in range(1, 6)),
    "weekday_evening": tuple(Window(day, time(17), time(21)) for day in range(1, 6)),
    "weekend": tuple(Window(day, time(8), time(21)) for day in (6, 7)),
}
"""The parts of a week in which a profile is free, all of it; whoever has two of them is two profiles."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A person who might be recruited: where they live, what they would do, what they speak, when they are free."""

    municipality_code: str
    service: str
    language: str
    weekday_part: str

    @property
    def volunteer_id(self) -> str:
        """The id under which the profile is supposed to be a volunteer."""
        return f"{PREFIX}{self.municipality_code}:{self.service}:{self.language}:{self.weekday_part}"


def profiles(reading: Reading, params: dict[str, Any]) -> tuple[list[Profile], list[Fact]]:
    """List the profiles that open requests could make use of, and the facts that would make them volunteers.

    ``params`` are those of :func:`engine.candidates.parameters`.
    """
    for name in ("open_requests", "asking_days", "run_requests"):
        reading.keep(name, **params)
    places = reading.query("typical_places", **params)
    wanted = reading.query("wanted_services")
    listed = [
        Profile(code, service, language, part)
        for code in places["municipality_code"]
        for service, language in wanted[["service", "language"]].itertuples(index=False)
        for part in WEEKDAY_PARTS
    ]
    typical = reading.query("typical_volunteer", **params).iloc[0]
    homes = {code: (lat, lon) for code, lat, lon in places.itertuples(index=False)}
    moment: datetime = params["as_of"]
    return listed, [fact for p in listed for fact in _facts_of(p, homes[p.municipality_code], typical, moment)]


def _facts_of(profile: Profile, home: tuple[float, float], typical: pd.Series[Any], moment: datetime) -> Iterator[Fact]:
    name, today = profile.volunteer_id, local_of(moment)
    radius, visits, minutes = (None if pd.isna(value) else value for value in typical)
    yield facts.ResidentRegistered(
        occurred_at=moment, resident_id=name, municipality_code=profile.municipality_code, lat=home[0], lon=home[1],
        birth_year=today.year - 40, languages=(profile.language,), protected_identity=False,
    )  # fmt: skip
    yield facts.VolunteerRegistered(
        occurred_at=moment, volunteer_id=name, resident_id=name, services=(profile.service,),
        radius_km=float("inf") if radius is None else float(radius),
        visits_per_week=None if visits is None else int(visits),
        minutes_per_week=None if minutes is None else int(minutes), joined_at=today,
    )  # fmt: skip
    yield facts.AvailabilityStated(
        occurred_at=moment, volunteer_id=name, windows=WEEKDAY_PARTS[profile.weekday_part]
    )  # fmt: skip
    step = services()[profile.service]["step"]
    for code, check in checks().items():
        if step in check["steps"]:
            yield facts.CheckCleared(
                occurred_at=moment, volunteer_id=name, check_code=code, valid_from=today.date(), valid_to=None
            )


def hours_and_visits(reading: Reading, params: dict[str, Any]) -> dict[str, list[facts.VolunteerRegistered]]:
    """List, for ``hour`` and ``visit``, the registrations in which every volunteer gives one more a week.

    An hour is 60 minutes more with visits as they are; a visit comes with the minutes that the volunteer gives per
    visit now. Who has no such limit, or may give no more under the policy, is left out.
    """
    policy_visits, policy_minutes = params["visits_per_week_max"], params["minutes_per_week_max"]
    more: dict[str, list[facts.VolunteerRegistered]] = {"hour": [], "visit": []}
    for row in reading.state("volunteers_at", params["as_of"], params["until_entry"]).to_dict("records"):
        visits, minutes = (None if pd.isna(row[name]) else int(row[name]) for name in _LIMITS)
        registered = facts.VolunteerRegistered(
            occurred_at=params["as_of"], volunteer_id=row["volunteer_id"], resident_id=row["resident_id"],
            services=tuple(row["services"]), radius_km=row["radius_km"], visits_per_week=visits,
            minutes_per_week=minutes, joined_at=row["joined_at"].to_pydatetime(),
        )  # fmt: skip
        if minutes is not None and minutes < policy_minutes:
            more["hour"].append(replace(registered, minutes_per_week=minutes + 60))
        if visits is not None and visits < policy_visits:
            in_time = None if minutes is None else minutes + round(minutes / max(1, visits))
            more["visit"].append(replace(registered, visits_per_week=visits + 1, minutes_per_week=in_time))
    return more


_LIMITS = ("visits_per_week", "minutes_per_week")


def clearings(reading: Reading, params: dict[str, Any]) -> dict[str, list[facts.CheckCleared]]:
    """List by check the clearings, as of today, of every volunteer for whom it is the only one missing."""
    lacking = reading.query("lacking_checks", **params)
    today = local_of(params["as_of"]).date()
    cleared: dict[str, list[facts.CheckCleared]] = {}
    for volunteer_id, code in lacking[["volunteer_id", "check_code"]].itertuples(index=False):
        cleared.setdefault(code, []).append(
            facts.CheckCleared(
                occurred_at=params["as_of"], volunteer_id=volunteer_id, check_code=code, valid_from=today,
                valid_to=None,
            )
        )  # fmt: skip
    return cleared
