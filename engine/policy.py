"""Policies: the numbers a municipality may change, and nothing else.

A policy is data. It lives in ``data/policies/<name>.toml`` and is read here once, at the edge; everything
behind this module may trust it. Weights are trade-offs in points, limits may not be exceeded, asking is how
volunteers are asked.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from engine.errors import PolicyError
from engine.storage.mark import is_words

POLICIES = Path(__file__).parent.parent / "data" / "policies"


def _number(unit: str, low: float, high: float, default: Any = MISSING) -> Any:
    return field(default=default, metadata={"unit": unit, "low": low, "high": high})


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What a visit is worth, in points; the value of a candidate is the sum of its parts."""

    served: float = _number("points", 0, 1000)
    urgency_step: float = _number("points per step", 0, 1000)
    waiting_day: float = _number("points per day", 0, 100)
    distance_km: float = _number("points per km", 0, 100)
    continuity: float = _number("points", 0, 1000)
    preference: float = _number("points", 0, 1000)
    first_visit: float = _number("points", 0, 1000)
    load_step: float = _number("points per visit", 0, 1000)
    shortfall: float = _number("points per request", 0, 10000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What may not be exceeded, and how far the engine looks."""

    horizon_days: int = _number("days", 1, 60)
    notice_hours: int = _number("hours", 0, 336)
    waiting_days_max: int = _number("days", 0, 365)
    radius_max_km: float = _number("km", 0, 100)
    start_step_minutes: int = _number("minutes", 5, 720)
    starts_per_pair: int = _number("starts", 1, 100)
    travel_speed_km_per_h: float = _number("km/h", 1, 130)
    travel_fixed_minutes: int = _number("minutes", 0, 120)
    rest_minutes: int = _number("minutes", 0, 600)
    visits_per_week_max: int = _number("visits per week", 1, 50)
    minutes_per_week_max: int = _number("minutes per week", 15, 3000)
    comfortable_visits_per_week: int = _number("visits per week", 0, 50)
    equity_floor_share: float = _number("share", 0, 1)
    lent_visits_per_week_max: int = _number("visits per week", 0, 10000)
    visits_on_holidays: bool = _number("yes/no", 0, 1)
    home_record_required: bool = _number("yes/no", 0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How volunteers are asked, once a proposal is approved. A policy may leave out what it does not change."""

    parallel_offers: int = _number("offers per visit", 1, 20, default=1)
    answer_hours: int = _number("hours", 1, 336, default=48)
    next_offer_hours: int = _number("hours", 1, 336, default=24)
    offers_per_week_max: int = _number("offers per week", 1, 50, default=5)
    late_cancel_hours: int = _number("hours", 0, 168, default=24)
    series_ahead_days: int = _number("days", 1, 60, default=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything a council may change, frozen and validated.

    ``content`` is the TOML text it was read from, with its comments and explanations.
    """

    name: str
    weights: Weights
    limits: Limits
    asking: Asking = Asking()
    content: str = field(repr=False, compare=False)

    @property
    def fingerprint(self) -> str:
        """Hash the numbers, not the words: 12 hexadecimal digits, equal for equal numbers."""
        return hashlib.sha256(json.dumps(self.numbers(), sort_keys=True).encode()).hexdigest()[:12]

    @property
    def text(self) -> str:
        """The TOML text of these numbers for the log, without comments and explanations: those could name a person."""
        lines = [f'name = "{self.name}"']
        for table, kind in TABLES.items():
            for number in fields(kind):
                value = json.dumps(getattr(getattr(self, table), number.name))
                lines += [
                    f"[{table}.{number.name}]",
                    f"value = {value}",
                    f'unit = "{number.metadata["unit"]}"',
                    'meaning = ""',
                    'reason = ""',
                ]
        return "\n".join(lines) + "\n"

    def numbers(self) -> dict[str, dict[str, float]]:
        """Return the numbers alone: ``{"weights": {…}, "limits": {…}, "asking": {…}}``."""
        return {table: asdict(getattr(self, table)) for table in TABLES}

    @classmethod
    def named(cls, name: str) -> Policy:
        """Read ``data/policies/<name>.toml``; a path to a TOML file works too.

        Raises
        ------
        PolicyError
            When there is no such policy, or the file is not a valid one.
        """
        path = Path(name) if name.endswith(".toml") else POLICIES / f"{name}.toml"
        return cls.from_toml(path)

    @classmethod
    def from_toml(cls, path: Path) -> Policy:
        """Read a policy file.

        Raises
        ------
        PolicyError
            When the file is missing, is not TOML, or holds an unknown, missing or impossible number.
        """
        try:
            content = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            known = ", ".join(sorted(p.stem for p in POLICIES.glob("*.toml")))
            raise PolicyError(f"No policy can be read from {path}; known policies: {known}.") from error
        return cls.from_text(content, origin=path.name)

    @classmethod
    def from_text(cls, content: str, origin: str = "policy") -> Policy:
        """Read a policy from its TOML text; ``origin`` names it in errors.

        Raises
        ------
        PolicyError
            When the text is not TOML, or holds an unknown, missing or impossible number.
        """
        try:
            tables = tomllib.loads(content)
        except tomllib.TOMLDecodeError as error:
            raise PolicyError(f"{origin}: not valid TOML: {error}.") from error
        if unknown := tables.keys() - {"name", "about", *TABLES}:
            raise PolicyError(f"{origin}: unknown table or key {sorted(unknown)}.")
        name = tables.get("name")
        if not isinstance(name, str) or not name:
            raise PolicyError(f"{origin}: `name` is missing; it must be a short text.")
        if not is_words(name):
            raise PolicyError(f"{origin}: `name` must be 1 to 100 letters (a-z), digits, spaces or ._@:/-.")
        return cls(
            name=name,
            **{table: _read(kind, tables.get(table, {}), f"{origin}: {table}") for table, kind in TABLES.items()},
            content=content,
        )


TABLES: dict[str, Any] = {"weights": Weights, "limits": Limits, "asking": Asking}
"""The tables of a policy file."""


def _read(kind: Any, table: Any, where: str) -> Any:
    """Turn ``{name: {value, unit, meaning, reason}}`` into the dataclass ``kind``."""
    if not isinstance(table, dict):
        raise PolicyError(f"{where} must be a table, not {table!r}.")
    wanted = {f.name: f for f in fields(kind)}
    if unknown := table.keys() - wanted.keys():
        raise PolicyError(f"{where}: unknown {sorted(unknown)}; known are {sorted(wanted)}.")
    if missing := {name for name, f in wanted.items() if f.default is MISSING} - table.keys():
        raise PolicyError(f"{where}: missing {sorted(missing)}.")
    return kind(**{name: _value(entry, wanted[name], f"{where}.{name}") for name, entry in table.items()})


def _value(entry: Any, wanted: Any, where: str) -> float | int | bool:
    if not isinstance(entry, dict) or entry.keys() != {"value", "unit", "meaning", "reason"}:
        raise PolicyError(f"{where} must hold exactly value, unit, meaning and reason.")
    if entry["unit"] != wanted.metadata["unit"]:
        raise PolicyError(f"{where}: unit is {entry['unit']!r}, expected {wanted.metadata['unit']!r}.")
    value, low, high = entry["value"], wanted.metadata["low"], wanted.metadata["high"]
    if wanted.type == "bool":
        if not isinstance(value, bool):
            raise PolicyError(f"{where}: {value!r} is not true or false.")
        return value
    if isinstance(value, bool) or not isinstance(value, int if wanted.type == "int" else (int, float)):
        raise PolicyError(f"{where}: {value!r} is not a number of type {wanted.type}.")
    if not low <= value <= high:
        raise PolicyError(f"{where}: {value!r} lies outside {low} to {high} {entry['unit']}.")
    return int(value) if wanted.type == "int" else float(value)
