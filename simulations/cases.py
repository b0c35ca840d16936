"""The awkward cases a pilot meets in its first month, written into a town on purpose and listed by id.

Each case takes rows no other case has touched, changes as little as possible, and says what the workbench
should make of it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from engine.errors import InputError
from simulations.package import Town
from simulations.people import Bools, protect

AGE_OF_STALE_EXTRACT_DAYS = 425
"""Older than the twelve months the law allows, whatever end date was typed in."""


class Case(NamedTuple):
    """One deliberate case: what it is, the ids it is made of, and what should follow."""

    what: str
    ids: tuple[str, ...]
    follows: str


class Draft:
    """A town's tables while cases are written into them, and the ids already used by one."""

    def __init__(self, town: Town, start: date) -> None:
        self.tables = {name: table.copy() for name, table in town.tables().items()}
        self.start = start
        self.taken: set[str] = set()

    def take(self, table: str, wanted: Bools | pd.Series) -> pd.Series:
        """Take the first wanted row that no case has used: requests with their resident, volunteers with theirs."""
        rows = self.tables[table]
        free = ~rows.isin(self.taken).any(axis=1)
        found = rows.loc[np.asarray(wanted) & free]
        if found.empty:
            raise InputError(f"No row of {table} is left for a case; the town is too small.")
        row = found.iloc[0]
        self.taken.update(str(row[column]) for column in rows.columns if column.endswith("_id"))
        return row

    def take_request(self, service: str) -> pd.Series:
        """Take a request for one volunteer by somebody with a single open request and a known place."""
        requests, residents = self.tables["requests"], self.tables["residents"]
        hidden = residents.loc[residents["protected_identity"] == "yes", "resident_id"]
        plain = ~requests["resident_id"].duplicated(keep=False) & ~requests["resident_id"].isin(hidden)
        return self.take("requests", plain & (requests["service"] == service) & (requests["volunteers_needed"] == 1))

    def take_volunteer_near(self, request: pd.Series) -> pd.Series:
        """Take the nearest volunteer who offers what the request asks for."""
        volunteers, places = self.tables["volunteers"], self.tables["residents"].set_index("resident_id")
        here, there = places.loc[request["resident_id"]], places.loc[volunteers["resident_id"]]
        # One degree of longitude is about 0.56 of one of latitude at 56 degrees north.
        away = np.hypot(there["lat"] - here["lat"], 0.56 * (there["lon"] - here["lon"])).to_numpy(copy=True)
        away[~_lists(volunteers["services"], request["service"])] = np.inf
        away[volunteers["volunteer_id"].isin(self.taken)] = np.inf
        return self.take("volunteers", away == away.min())

    def set(self, table: str, key: str, identity: str, **cells: str | int) -> None:
        """Change cells of the row whose column ``key`` holds ``identity``."""
        rows = self.tables[table]
        for column, cell in cells.items():
            rows.loc[rows[key] == identity, column] = cell

    def drop(self, table: str, key: str, identity: str) -> None:
        """Drop the rows whose column ``key`` holds ``identity``."""
        rows = self.tables[table]
        self.tables[table] = rows.loc[rows[key] != identity].reset_index(drop=True)

    def relate(self, request: pd.Series, volunteer: pd.Series, kind: str) -> None:
        """State a relation between the request's resident and a volunteer."""
        row = pd.DataFrame([(request["resident_id"], volunteer["volunteer_id"], kind)])
        relations = self.tables["relations"]
        self.tables["relations"] = pd.concat([relations, row.set_axis(relations.columns, axis=1)], ignore_index=True)

    def day(self, days_from_start: int) -> str:
        """Write a day, counted from the start."""
        return (self.start + timedelta(days=days_from_start)).isoformat()


def add_cases(town: Town, start: date) -> tuple[Town, list[Case]]:
    """Write every case of this file into a town.

    Raises
    ------
    InputError
        When the town has no row left for a case.
    """
    draft = Draft(town, start)
    cases = [case(draft) for case in CASES]
    return Town(**draft.tables), cases


def expired_vetting(draft: Draft) -> Case:
    """A police record extract ran out three weeks ago and was not shown anew."""
    vetting = draft.tables["vetting"]
    row = draft.take("vetting", vetting["check"] == "police_record_children")
    until = draft.day(-21)
    _date_extract(draft, row["volunteer_id"], draft.day(-21 - 364), until)
    return Case("expired vetting", (row["volunteer_id"],), f"no homework help: the extract ended on {until}")


def stale_record(draft: Draft) -> Case:
    """An extract is over a year old although its end date lies ahead."""
    vetting = draft.tables["vetting"]
    row = draft.take("vetting", vetting["check"] == "police_record_children")
    seen = draft.day(-AGE_OF_STALE_EXTRACT_DAYS)
    _date_extract(draft, row["volunteer_id"], seen, draft.day(300))
    return Case(
        "police record older than 12 months",
        (row["volunteer_id"],),
        f"no homework help: seen on {seen}, too old whatever its end date says",
    )


def missing_grant(draft: Draft) -> Case:
    """A service by decision is asked for, and there is no decision."""
    request = draft.take_request("home_help_cognitive")
    draft.drop("grants", "resident_id", request["resident_id"])
    return Case("missing grant", _ids(request), "not eligible until a decision is registered")


def two_languages(draft: Draft) -> Case:
    """Either of two languages will do."""
    request = draft.take("requests", draft.tables["requests"]["languages"].str.contains(";"))
    return Case("two languages", _ids(request), f"a volunteer with any of {request['languages']} will do")


def blocked_pair(draft: Draft) -> Case:
    """The nearest volunteer may never be sent to this resident."""
    request = draft.take_request("shopping")
    volunteer = draft.take_volunteer_near(request)
    draft.relate(request, volunteer, "blocked")
    return Case("blocked pair", (*_ids(request), volunteer["volunteer_id"]), "never proposed together")


def preferred_pair(draft: Draft) -> Case:
    """The resident has named a volunteer."""
    request = draft.take_request("company_walk")
    volunteer = draft.take_volunteer_near(request)
    draft.relate(request, volunteer, "preferred")
    return Case("preferred pair", (*_ids(request), volunteer["volunteer_id"]), "worth more together, no promise")


def two_volunteers(draft: Draft) -> Case:
    """One request needs two volunteers."""
    request = draft.take_request("snow_garden")
    note = "Soffan ska ut ur garaget före snön."
    draft.set("requests", "request_id", request["request_id"], volunteers_needed=2, note=note)
    return Case("request for two volunteers", _ids(request), "two proposals with different volunteers, or one short")


def short_window(draft: Draft) -> Case:
    """The visit does not fit into its window."""
    request = draft.take_request("shopping")
    day = draft.day(3)
    draft.set(
        "requests",
        "request_id",
        request["request_id"],
        minutes=90,
        earliest_at=f"{day}T13:00:00",
        latest_at=f"{day}T14:00:00",
    )
    return Case("window too short for the visit", _ids(request), "no start possible: 90 minutes in one hour")


def protected_identity(draft: Draft) -> Case:
    """A resident with protected identity asks."""
    request = draft.take_request("company_health_visit")
    residents = draft.tables["residents"]
    draft.tables["residents"] = protect(
        residents,
        ((residents["resident_id"] == request["resident_id"]) | (residents["protected_identity"] == "yes")).to_numpy(),
    )
    return Case("protected identity", _ids(request), "no address, no place, handled by hand")


def volunteer_who_asks(draft: Draft) -> Case:
    """Somebody helps with walks and asks for help with a telephone."""
    request = draft.take_request("errands_technical")
    volunteers, residents = draft.tables["volunteers"], draft.tables["residents"].set_index("resident_id")
    old = residents.loc[volunteers["resident_id"], "birth_year"].to_numpy() <= draft.start.year - 65
    both = _lists(volunteers["services"], "company_walk") & _lists(volunteers["services"], "errands_technical")
    volunteer = draft.take("volunteers", old & both)
    draft.set("requests", "request_id", request["request_id"], resident_id=volunteer["resident_id"], languages="sv")
    return Case(
        "resident who is a volunteer and asks too",
        (request["request_id"], volunteer["resident_id"], volunteer["volunteer_id"]),
        "never matched with themselves",
    )


def no_availability(draft: Draft) -> Case:
    """A volunteer has not yet said when."""
    volunteers = draft.tables["volunteers"]
    volunteer = draft.take("volunteers", _lists(volunteers["services"], "shopping"))
    draft.drop("availability", "volunteer_id", volunteer["volunteer_id"])
    return Case("volunteer without availability", (volunteer["volunteer_id"],), "never free, until somebody asks when")


def last_day(draft: Draft) -> Case:
    """A visit on the last day of the fortnight."""
    request = draft.take_request("company_walk")
    day = draft.day(13)
    draft.set(
        "requests",
        "request_id",
        request["request_id"],
        urgency=1,
        minutes=90,
        earliest_at=f"{day}T13:00:00",
        latest_at=f"{day}T17:00:00",
        note="Tredje advent, gärna till ljuständningen.",
    )
    return Case("request on the last day", _ids(request), f"only on {day}, an ordinary Sunday")


CASES: tuple[Callable[[Draft], Case], ...] = (
    expired_vetting,
    stale_record,
    missing_grant,
    two_languages,
    blocked_pair,
    preferred_pair,
    two_volunteers,
    short_window,
    protected_identity,
    volunteer_who_asks,
    no_availability,
    last_day,
)


def describe(town: Town, cases: list[Case]) -> str:
    """Write the README of a package: what is in it, and each case by id."""
    sizes = "\n".join(f"| {name}.csv | {len(table)} |" for name, table in town.tables().items())
    listed = "\n".join(f"| {case.what} | {', '.join(case.ids)} | {case.follows} |" for case in cases)
    return README.format(sizes=sizes, listed=listed)


README = """# Demo data package

Invented residents, volunteers and requests of a pilot in all eleven municipalities, for the two weeks from
2026-11-30. Nobody here exists: names come from Faker, phones from the series kept free for fiction, mail
addresses from example domains, addresses and places from chance. Shares by municipality, age, sex and background
follow Statistics Sweden, everything else is an assumption stated in `simulations/`.

Do not edit these files. `python -m simulations.population data/demo` writes the same bytes again.

| file | rows |
|---|---|
{sizes}

Every volunteer is a resident too. Requests were made by 2026-11-29 18:00: match with `--as-of` from then on.

## Deliberate cases

| case | ids | what should follow |
|---|---|---|
{listed}
"""


def _date_extract(draft: Draft, volunteer_id: str, valid_from: str, valid_to: str) -> None:
    rows = draft.tables["vetting"]
    extract = (rows["volunteer_id"] == volunteer_id) & (rows["check"] == "police_record_children")
    rows.loc[extract, ["valid_from", "valid_to"]] = [valid_from, valid_to]


def _ids(request: pd.Series) -> tuple[str, ...]:
    return (str(request["request_id"]), str(request["resident_id"]))


def _lists(cells: pd.Series, code: str) -> Bools:
    """Which cells list the code."""
    return np.array([code in cell.split(";") for cell in cells])
