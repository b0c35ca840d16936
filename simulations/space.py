"""The space of a search: which numbers of a policy it may change, between which ends, read from data once.

``data/tuning.toml`` states each with its unit and why. A search knows a point of the space as a flat dict, such as
``{"weights.waiting_day": 3.0, "way": "weekly"}``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.policy import TABLES, Policy
from simulations.rivals import RIVALS

RANGES = Path(__file__).parent.parent / "data" / "tuning.toml"

WAY = "way"
"""The name of the way of proposing in a point; everything else is ``table.number``."""

Point = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Range:
    """Between which ends a number of the policy is searched."""

    low: float
    high: float
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Space:
    """Every policy a search may try.

    Parameters
    ----------
    ways
        Names of :data:`simulations.rivals.RIVALS`.
    ranges
        By ``table.number``.
    """

    ways: tuple[str, ...]
    ranges: Mapping[str, Range]

    def point_of(self, policy: Policy, way: str = "optimal") -> dict[str, Any]:
        """Give the point at which a policy stands.

        Raises
        ------
        InputError
            When it stands outside.
        """
        numbers = policy.numbers()
        point: dict[str, Any] = {WAY: way}
        for name, ends in self.ranges.items():
            table, number = name.split(".")
            point[name] = value = numbers[table][number]
            if not ends.low <= value <= ends.high:
                raise InputError(
                    f"{name} is {value} in {policy.name}, outside what is searched: {ends.low} to {ends.high}."
                )
        if way not in self.ways:
            raise InputError(f"The way of proposing {way!r} is not searched; {', '.join(self.ways)} are.")
        return point

    def policy_at(self, policy: Policy, point: Point, name: str) -> Policy:
        """Give a policy the numbers of a point, and a name of its own."""
        changed = {
            table: replace(
                getattr(policy, table),
                **{full.split(".")[1]: point[full] for full in self.ranges if full.split(".")[0] == table},
            )
            for table in TABLES
        }
        moved = replace(policy, name=name, **changed)
        return replace(moved, content=moved.text)

    def part(self, *names: str) -> Space:
        """Keep only some of the numbers; the ways stay.

        Raises
        ------
        InputError
            When one is not searched at all.
        """
        if unknown := [name for name in names if name not in self.ranges]:
            raise InputError(f"{unknown[0]!r} is not searched; {', '.join(self.ranges)} are.")
        return replace(self, ranges={name: self.ranges[name] for name in names})

    @classmethod
    def from_toml(cls, path: Path = RANGES) -> Space:
        """Read the space from its file.

        Raises
        ------
        InputError
            When the file cannot be read, or names a number that no policy has, or ends that are impossible.
        """
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InputError(f"No ranges can be read from {path.name}: {error}.") from error
        ways = tables.pop(WAY, {}).get("choices")
        if not isinstance(ways, list) or not ways or any(way not in RIVALS for way in ways):
            raise InputError(f"{path.name}: `way.choices` must be some of {', '.join(RIVALS)}, not {ways!r}.")
        ranges = {
            f"{table}.{name}": _range(entry, table, name, path.name)
            for table, entries in tables.items()
            for name, entry in entries.items()
        }
        return cls(tuple(ways), ranges)


def _range(entry: Any, table: str, name: str, file: str) -> Range:
    where = f"{file}: {table}.{name}"
    wanted = next((field for field in fields(TABLES[table]) if field.name == name), None) if table in TABLES else None
    if wanted is None or wanted.type == "bool":
        raise InputError(f"{where} is not a number of a policy that can be searched.")
    if not isinstance(entry, dict) or entry.keys() != {"range", "unit", "reason"}:
        raise InputError(f"{where} must hold exactly range, unit and reason.")
    if entry["unit"] != wanted.metadata["unit"]:
        raise InputError(f"{where}: unit is {entry['unit']!r}, expected {wanted.metadata['unit']!r}.")
    ends, kind = entry["range"], int if wanted.type == "int" else (int, float)
    if not isinstance(ends, list) or len(ends) != 2 or not all(isinstance(end, kind) for end in ends):
        raise InputError(f"{where}: range {ends!r} must be two numbers of type {wanted.type}.")
    low, high = wanted.metadata["low"], wanted.metadata["high"]
    if not low <= ends[0] < ends[1] <= high:
        raise InputError(f"{where}: range {ends!r} must rise, within {low} to {high}.")
    return Range(ends[0], ends[1], is_whole=wanted.type == "int")
