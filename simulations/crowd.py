"""Everybody a simulated pilot may meet: who is there at the start, who may join later, and who may ask.

They are drawn once from the scenario and the seed, before the first day, as the tables of a data package; nothing
that happens in the pilot changes who they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import pandas as pd

from simulations.asking import Askers, askers
from simulations.chance import stream
from simulations.helping import EXTRACT_DAYS, Volunteers, volunteers
from simulations.package import columns
from simulations.people import Floats, contacts
from simulations.scenario import Scenario, TownSize

Forms = dict[str, list[dict[str, str]]]
"""Rows of the data package as text, by table."""

NEVER = date(9999, 12, 31).toordinal()


@dataclass(frozen=True, slots=True)
class Crowd:
    """The people of one scenario and seed.

    Parameters
    ----------
    tables
        ``residents``, ``volunteers``, ``availability``, ``vetting`` and ``grants`` of the data package: everybody.
    joiners
        The volunteers who are not there at the start, in the order they would join.
    askers
        One row per resident who may ask: ``resident_id``, ``service``, ``languages``, ``until`` (the last day of the
        decision, as an ordinal) and ``weight``, how often they ask.
    """

    tables: dict[str, pd.DataFrame]
    joiners: tuple[str, ...]
    askers: pd.DataFrame

    def at_start(self) -> Forms:
        """Give the rows a pilot starts with: all residents, and the volunteers who are there."""
        later = self.tables["volunteers"]["volunteer_id"].isin(self.joiners)
        their_homes = self.tables["volunteers"].loc[later, "resident_id"]
        forms = {}
        for name, table in self.tables.items():
            kept = table[~table["volunteer_id"].isin(self.joiners)] if "volunteer_id" in table else table
            kept = kept[~kept["resident_id"].isin(their_homes)] if "resident_id" in kept else kept
            forms[name] = as_text(kept)
        return forms

    def joining(self, volunteer_ids: tuple[str, ...], day: date) -> Forms:
        """Give the rows of volunteers who join on a day; their checks follow as they are cleared."""
        mine = self.tables["volunteers"][self.tables["volunteers"]["volunteer_id"].isin(volunteer_ids)]
        homes = self.tables["residents"][self.tables["residents"]["resident_id"].isin(mine["resident_id"])]
        free = self.tables["availability"][self.tables["availability"]["volunteer_id"].isin(volunteer_ids)]
        mine = mine.assign(joined_at=f"{day:%Y-%m-%d}T12:00:00")
        return {"residents": as_text(homes), "volunteers": as_text(mine), "availability": as_text(free)}

    def clearings(self, joined: dict[str, date], today: date, renewal_share: float, seed: int) -> Forms:
        """Give the checks that are cleared today: of those who joined not long ago, and extracts shown anew in time.

        Parameters
        ----------
        joined
            Who joined during the pilot and has not left, and when; everybody else's checks are cleared at the start.
        """
        vetting = self.tables["vetting"]
        first = _shifted(vetting, self.tables["volunteers"], joined)
        held = vetting[~vetting["volunteer_id"].isin(self.joiners)]
        ends = pd.concat([held, first])
        ending = ends[ends["valid_to"] == _day(today.toordinal())]
        draws = stream(seed, "renewals", today.toordinal()).random(len(vetting))
        anew = ending[draws[ending.index.to_numpy()] < renewal_share]
        anew = anew.assign(valid_from=_day(today.toordinal()), valid_to=_day(today.toordinal() + EXTRACT_DAYS))
        cleared = pd.concat([first[first["valid_from"] == _day(today.toordinal())], anew])
        return {"vetting": as_text(cleared)} if len(cleared) else {}


@lru_cache(maxsize=4)
def _drawn(size: TownSize, start: date, seed: int) -> tuple[Volunteers, Askers, pd.DataFrame]:
    rng = stream(seed, "crowd")
    helping = volunteers(size.volunteers + size.reserve, rng, start)
    asking = askers(size.residents, 0, size.volunteers + size.reserve + 1, rng, start)
    everybody = pd.concat([helping.people, asking.people], ignore_index=True)
    everybody["resident_id"] = [*helping.volunteers["resident_id"], *asking.people["resident_id"]]
    residents = pd.concat([everybody, contacts(everybody, rng)], axis=1).assign(protected_identity="")
    return helping, asking, residents[columns("residents")]


def crowd(scenario: Scenario, seed: int) -> Crowd:
    """Draw the people of a scenario."""
    helping, asking, residents = _drawn(scenario.town, scenario.start, seed)
    until = {
        resident: date.fromisoformat(day).toordinal()
        for resident, day in zip(asking.grants["resident_id"], asking.grants["valid_to"], strict=True)
    }
    who = asking.people[["resident_id", "service", "languages"]].reset_index(drop=True)
    return Crowd(
        tables={
            "residents": residents,
            "volunteers": helping.volunteers,
            "availability": helping.availability,
            "vetting": helping.vetting.reset_index(drop=True),
            "grants": asking.grants,
        },
        joiners=tuple(helping.volunteers["volunteer_id"].iloc[scenario.town.volunteers :]),
        askers=who.assign(
            until=who["resident_id"].map(until).fillna(NEVER).astype(int),
            weight=_weights(len(who), scenario.demand.unevenness, seed),
        ),
    )


def as_text(table: pd.DataFrame) -> list[dict[str, str]]:
    """Write rows as the texts of a data package."""
    cells = {name: ["" if pd.isna(value) else str(value) for value in table[name]] for name in table.columns}
    return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]


def _weights(n: int, shape: float, seed: int) -> Floats:
    drawn: Floats = stream(seed, "weights").gamma(shape, size=n) + 1e-9
    shares: Floats = drawn / drawn.sum()
    return shares


def _shifted(vetting: pd.DataFrame, offered: pd.DataFrame, joined: dict[str, date]) -> pd.DataFrame:
    """Move the checks of those who joined later by as much as they did, as if nothing had been renewed yet."""
    mine = vetting[vetting["volunteer_id"].isin(list(joined))]
    drawn = dict(zip(offered["volunteer_id"], offered["joined_at"].str[:10], strict=True))
    cleared, until = [], []
    for volunteer_id, day, ends in zip(mine["volunteer_id"], mine["valid_from"], mine["valid_to"], strict=True):
        waited = (date.fromisoformat(day) - date.fromisoformat(drawn[volunteer_id])).days % EXTRACT_DAYS
        cleared.append(_day(joined[volunteer_id].toordinal() + waited))
        until.append(_day(joined[volunteer_id].toordinal() + waited + EXTRACT_DAYS - 1) if ends else "")
    return mine.assign(valid_from=cleared, valid_to=until)


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()
