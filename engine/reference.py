"""Reference data: services, checks, places of law and holidays, dated, as tables the queries can read.

The numbers live in ``data/reference/*.toml``; here they only become rows.
"""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import holidays
import pandas as pd

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
def tables() -> dict[str, pd.DataFrame]:
    """Lay the reference data out as tables.

    Returns
    -------
    dict
        ``service`` (service, step, needs_test, valid_from, valid_to), ``service_ground`` (service, ground,
        min_age, max_age, by_decision), ``step_check`` (step, check_code, valid_from, valid_to, max_months,
        switch) and ``holiday`` (day, name).
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
    return {
        "service": pd.DataFrame(service, columns=["service", "step", "needs_test", "valid_from", "valid_to"]),
        "service_ground": pd.DataFrame(ground, columns=["service", "ground", "min_age", "max_age", "by_decision"]),
        "step_check": pd.DataFrame(
            check, columns=["step", "check_code", "valid_from", "valid_to", "max_months", "switch"]
        ).astype({"max_months": "Int64"}),
        "holiday": pd.DataFrame(holiday, columns=["day", "name"]),
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


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((REFERENCE / name).read_text(encoding="utf-8"))
