"""Reference data: services, checks, places of law and holidays, dated, as tables the queries can read.

The numbers live in ``data/reference/*.toml``; here they only become rows.
"""

from __future__ import annotations

import csv
import tomllib
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import holidays
import pandas as pd

from engine.clock import STOCKHOLM

REFERENCE = Path(__file__).parent.parent / "data" / "reference"

MUNICIPALITIES = {
    "1214": "Svalöv",
    "1257": "Örkelljunga",
    "1260": "Bjuv",
    "1275": "Perstorp",
    "1276": "Klippan",
    "1277": "Åstorp",
    "1278": "Båstad",
    "1282": "Landskrona",
    "1283": "Helsingborg",
    "1284": "Höganäs",
    "1292": "Ängelholm",
}

HOLIDAY_YEARS = range(2020, 2041)
CLOCK_YEARS = range(2000, 2051)

# Swedes treat these eves as holidays although the law does not.
EVES = {(12, 24): "Julafton", (12, 31): "Nyårsafton"}


@cache
def services() -> dict[str, dict[str, Any]]:
    """Read the services by code: names, requirement step, grounds, dates."""
    return dict(_read("services.toml")["service"])


@cache
def checks() -> dict[str, dict[str, Any]]:
    """Read the checks by code: names, steps that demand them, dates, greatest age, law."""
    return dict(_read("checks.toml")["check"])


@cache
def languages() -> dict[str, dict[str, str]]:
    """Read the languages that people of the region speak by code, the most spoken first: their names."""
    with (REFERENCE / "languages.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


@cache
def tables() -> dict[str, pd.DataFrame]:
    """Lay the reference data out as tables.

    Returns
    -------
    dict
        ``service`` (service, step, needs_test, valid_from, valid_to), ``service_ground`` (service, ground,
        min_age, max_age, by_decision), ``step_check`` (step, check_code, valid_from, valid_to, max_months,
        switch), ``holiday`` (day, name) and ``utc_offset`` (from_at in UTC, offset_minutes).
    """
    grounds = _read("services.toml")["ground"]
    service = [(code, s["step"], s["needs_test"], s["from"], s.get("to")) for code, s in services().items()]
    ground = [
        (
            code,
            name,
            grounds[name].get("min_age", 0),
            grounds[name].get("max_age", 200),
            "by_decision" in grounds[name],
        )
        for code, s in services().items()
        for name in s["may_ask"]
    ]
    check = [
        (step, code, c["from"], c.get("to"), c.get("max_months"), c.get("switch"))
        for code, c in checks().items()
        for step in c["steps"]
    ]
    holiday = sorted(public_holidays().items())
    clock = [(moment, offset) for moment, offset in utc_offsets().items()]
    return {
        "service": pd.DataFrame(service, columns=["service", "step", "needs_test", "valid_from", "valid_to"]),
        "service_ground": pd.DataFrame(ground, columns=["service", "ground", "min_age", "max_age", "by_decision"]),
        "step_check": pd.DataFrame(
            check, columns=["step", "check_code", "valid_from", "valid_to", "max_months", "switch"]
        ).astype({"max_months": "Int64"}),
        "holiday": pd.DataFrame(holiday, columns=["day", "name"]),
        "utc_offset": pd.DataFrame(clock, columns=["from_at", "offset_minutes"]),
    }


@cache
def public_holidays() -> dict[date, str]:
    """List the public holidays and the three eves (Midsummer, Christmas, New Year) of HOLIDAY_YEARS."""
    days = dict(holidays.country_holidays("SE", years=HOLIDAY_YEARS, language="sv", include_sundays=False).items())
    for day, name in list(days.items()):
        if name == "Midsommardagen":
            days[date.fromordinal(day.toordinal() - 1)] = "Midsommarafton"
    for (month, day_of_month), name in EVES.items():
        days.update({date(year, month, day_of_month): name for year in HOLIDAY_YEARS})
    return days


@cache
def utc_offsets() -> dict[datetime, int]:
    """List when (naive UTC) the clocks of Stockholm changed or will, and the minutes they are ahead of UTC since."""
    days = [datetime(CLOCK_YEARS[0], 1, 1) + timedelta(days=n) for n in range(366 * len(CLOCK_YEARS))]
    offsets = {days[0]: _minutes_ahead(days[0])}
    for day, before in zip(days[1:], days, strict=False):
        if _minutes_ahead(day) != _minutes_ahead(before):
            hours = [before + timedelta(hours=n) for n in range(25)]
            change = next(hour for hour in hours if _minutes_ahead(hour) == _minutes_ahead(day))
            offsets[change] = _minutes_ahead(day)
    return offsets


def _minutes_ahead(moment: datetime) -> int:
    ahead = moment.replace(tzinfo=UTC).astimezone(STOCKHOLM).utcoffset() or timedelta()
    return int(ahead.total_seconds()) // 60


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((REFERENCE / name).read_text(encoding="utf-8"))
