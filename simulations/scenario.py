"""Scenarios: what is assumed of people and their wishes, and nothing else; read here once, at the edge.

A scenario is data, ``data/scenarios/<name>.toml``. Every number has a unit, the range it is varied over, and a source
or the word *assumption*. One that is ``based_on`` another holds only what differs.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from engine.errors import EngineError

SCENARIOS = Path(__file__).parent.parent / "data" / "scenarios"

_ENTRY = {"value", "unit", "range", "source"}


class ScenarioError(EngineError):
    """A scenario file or a change to a scenario is not what it must be."""


def _number(unit: str, low: float, high: float) -> Any:
    """Describe a number: its unit, and what it may be at all; the range of a scenario lies within."""
    return field(metadata={"unit": unit, "low": low, "high": high})


@dataclass(frozen=True, slots=True, kw_only=True)
class TownSize:
    """How large the invented town is, and how long it is looked at."""

    days: int = _number("days", 1, 3650)
    volunteers: int = _number("volunteers", 1, 100_000)
    reserve: int = _number("volunteers", 0, 100_000)
    residents: int = _number("residents", 1, 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """How many ask, when, and how unevenly."""

    requests_per_day: float = _number("requests per day", 0, 100_000)
    weekday_factor: tuple[float, ...] = _number("factor", 0, 10)
    season_amplitude: float = _number("factor", 0, 1)
    season_peak_day: int = _number("day of the year", 1, 366)
    holiday_factor: float = _number("factor", 0, 10)
    unevenness: float = _number("shape", 0.01, 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What volunteers say to an offer, and when. Log-odds add up to the chance of a yes."""

    yes_logit: float = _number("log-odds", -20, 20)
    distance_km: float = _number("log-odds per km", -10, 10)
    recent_visit: float = _number("log-odds per visit of the last 28 days", -10, 10)
    asked_again: float = _number("log-odds", -20, 20)
    asked_again_days: float = _number("days", 0.01, 365)
    heavy_service: float = _number("log-odds", -20, 20)
    silent_share: float = _number("share", 0, 1)
    hours: float = _number("hours", 0.01, 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """What becomes of visits, and what is said of them."""

    volunteer_misses_share: float = _number("share", 0, 1)
    resident_misses_share: float = _number("share", 0, 1)
    volunteer_cancels_share: float = _number("share", 0, 1)
    resident_cancels_share: float = _number("share", 0, 1)
    feedback_share: float = _number("share", 0, 1)
    pleased_share: float = _number("share", 0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staying:
    """Who gives up waiting, and who stops helping."""

    patience_days: float = _number("days", 0.01, 3650)
    leaves_per_year: float = _number("share per year", 0, 0.999)
    idle_days: int = _number("days", 1, 3650)
    idle_factor: float = _number("factor", 0, 100)
    overused_visits: int = _number("visits of the last 28 days", 1, 1000)
    overused_factor: float = _number("factor", 0, 100)
    renewal_share: float = _number("share", 0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Who comes anew, and by whose word."""

    joins_per_week: float = _number("volunteers per week", 0, 10_000)
    recruits_per_visit: float = _number("volunteers per completed visit", 0, 1)
    asks_again_share: float = _number("share", 0, 1)
    delay_days: int = _number("days", 1, 365)


TABLES: dict[str, Any] = {
    "town": TownSize,
    "demand": Demand,
    "answers": Answers,
    "visits": Visits,
    "staying": Staying,
    "growth": Growth,
}
"""The tables of a scenario file."""


@dataclass(frozen=True, slots=True)
class Range:
    """Between which values a number is varied, in which unit, and where the number is from."""

    low: float
    high: float
    unit: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything that is assumed of an invented pilot, frozen and validated.

    Parameters
    ----------
    start
        The first day.
    ranges
        By ``table.number``.
    """

    name: str
    about: str
    start: date
    town: TownSize
    demand: Demand
    answers: Answers
    visits: Visits
    staying: Staying
    growth: Growth
    ranges: Mapping[str, Range] = field(repr=False, compare=False)

    @property
    def fingerprint(self) -> str:
        """Hash the start and the numbers, not the words: 12 hexadecimal digits, equal for equal assumptions."""
        numbers = {"start": self.start.isoformat()} | {table: asdict(getattr(self, table)) for table in TABLES}
        return hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()[:12]

    def with_numbers(self, changes: Mapping[str, float | tuple[float, ...]]) -> Scenario:
        """Return the scenario with other numbers, by ``table.number``: ``{"answers.yes_logit": 0.2}``.

        Raises
        ------
        ScenarioError
            When a number is unknown or impossible.
        """
        changed = self
        for name, value in changes.items():
            table, _, number = name.partition(".")
            if name not in self.ranges:
                raise ScenarioError(f"A scenario has no number {name!r}; it has {', '.join(sorted(self.ranges))}.")
            wanted = next(f for f in fields(TABLES[table]) if f.name == number)
            checked = _checked(value, wanted, wanted.metadata["low"], wanted.metadata["high"], name)
            changed = replace(changed, **{table: replace(getattr(changed, table), **{number: checked})})
        return changed

    @classmethod
    def named(cls, name: str) -> Scenario:
        """Read ``data/scenarios/<name>.toml``; a path to a TOML file works too.

        Raises
        ------
        ScenarioError
            When there is no such scenario, or the file is not a valid one.
        """
        return cls.from_toml(Path(name) if name.endswith(".toml") else SCENARIOS / f"{name}.toml")

    @classmethod
    def from_toml(cls, path: Path) -> Scenario:
        """Read a scenario file, and the one it is based on.

        Raises
        ------
        ScenarioError
            When the file is missing, is not TOML, or holds an unknown, missing or impossible number.
        """
        content = _content(path, ())
        tables = {table: content.pop(table, {}) for table in TABLES}
        if unknown := content.keys() - {"name", "about", "start"}:
            raise ScenarioError(f"{path.name}: unknown table or key {sorted(unknown)}.")
        if not isinstance(start := content.get("start"), date):
            raise ScenarioError(f"{path.name}: `start` must be a day such as 2026-03-02, not {start!r}.")
        read = {name: _table(kind, tables[name], f"{path.name}: {name}") for name, kind in TABLES.items()}
        ranges = {
            f"{table}.{name}": Range(entry["range"][0], entry["range"][1], entry["unit"], entry["source"])
            for table, entries in tables.items()
            for name, entry in entries.items()
        }
        return cls(name=str(content["name"]), about=str(content["about"]), start=start, ranges=ranges, **read)


def _content(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    """Read a file over the one it is based on."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{path.name}: not valid TOML: {error}.") from error
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(sorted(p.stem for p in SCENARIOS.glob("*.toml")))
        raise ScenarioError(f"No scenario can be read from {path}; known scenarios: {known}.") from error
    for word in ("name", "about"):
        if not isinstance(content.get(word), str):
            raise ScenarioError(f"{path.name}: `{word}` is missing; it must be a short text.")
    base = content.pop("based_on", None)
    if base is None:
        return content
    under = path.parent / f"{base}.toml"
    if under in (*seen, path):
        raise ScenarioError(f"{path.name}: is based on itself, through {base!r}.")
    merged = _content(under, (*seen, path))
    for name, value in content.items():
        merged[name] = {**merged.get(name, {}), **value} if isinstance(value, dict) else value
    return merged


def _table(kind: Any, entries: Any, where: str) -> Any:
    wanted = {f.name: f for f in fields(kind)}
    if not isinstance(entries, dict) or entries.keys() != wanted.keys():
        raise ScenarioError(f"{where} must hold exactly {', '.join(wanted)}.")
    return kind(**{name: _entry(entries[name], f, f"{where}.{name}") for name, f in wanted.items()})


def _entry(entry: Any, wanted: Any, where: str) -> Any:
    if not isinstance(entry, dict) or entry.keys() != _ENTRY:
        raise ScenarioError(f"{where} must hold exactly value, unit, range and source.")
    if entry["unit"] != wanted.metadata["unit"]:
        raise ScenarioError(f"{where}: unit is {entry['unit']!r}, expected {wanted.metadata['unit']!r}.")
    if not isinstance(entry["source"], str) or not entry["source"].strip():
        raise ScenarioError(f"{where}: say the source, or that it is an assumption.")
    between = entry["range"]
    if not isinstance(between, list) or len(between) != 2 or not between[0] <= between[1]:
        raise ScenarioError(f"{where}: range {between!r} must be two numbers, the smaller first.")
    for end in between:
        if not wanted.metadata["low"] <= end <= wanted.metadata["high"]:
            raise ScenarioError(f"{where}: the range reaches {end}, which is impossible.")
    return _checked(entry["value"], wanted, between[0], between[1], where)


def _checked(value: Any, wanted: Any, low: float, high: float, where: str) -> Any:
    """Return a number, or the seven of a week, as its type asks, or refuse it."""
    if wanted.type.startswith("tuple"):
        if not isinstance(value, list | tuple) or len(value) != 7:
            raise ScenarioError(f"{where}: {value!r} must be seven numbers, Monday first.")
        return tuple(_single(one, "float", low, high, where) for one in value)
    return _single(value, wanted.type, low, high, where)


def _single(value: Any, kind: str, low: float, high: float, where: str) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int if kind == "int" else (int, float)):
        raise ScenarioError(f"{where}: {value!r} is not a number of type {kind}.")
    if not low <= value <= high:
        raise ScenarioError(f"{where}: {value!r} lies outside {low} to {high}.")
    return int(value) if kind == "int" else float(value)
