"""The data package: one table per CSV file, its columns, and the writing of it.

The columns are the contract that `mikro import` reads; they are stated once, here, and both the tables of a
town and the published ``datapackage.json`` follow from them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from engine.errors import InputError

FORMATS = {"datetime": "%Y-%m-%dT%H:%M:%S", "date": "%Y-%m-%d", "time": "%H:%M"}

LIST = "several values are separated by ;"

# Column, Frictionless type, may be empty, what it means.
SCHEMA: dict[str, tuple[tuple[str, str, bool, str], ...]] = {
    "residents": (
        ("resident_id", "string", False, "opaque id"),
        ("name", "string", False, ""),
        ("phone", "string", True, ""),
        ("email", "string", True, ""),
        ("address", "string", True, "empty for a protected identity"),
        ("municipality_code", "string", False, "four digits"),
        ("lat", "number", True, "WGS 84, degrees; empty for a protected identity"),
        ("lon", "number", True, "WGS 84, degrees; empty for a protected identity"),
        ("birth_year", "integer", False, ""),
        ("languages", "string", False, f"codes of data/reference/languages.csv; {LIST}"),
        ("protected_identity", "string", True, "yes or empty"),
    ),
    "volunteers": (
        ("volunteer_id", "string", False, "opaque id"),
        ("resident_id", "string", False, "every volunteer is a resident too"),
        ("services", "string", False, f"codes of data/reference/services.toml; {LIST}"),
        ("radius_km", "number", False, "how far the volunteer goes"),
        ("visits_per_week", "integer", True, "empty is unlimited"),
        ("minutes_per_week", "integer", True, "empty is unlimited"),
        ("joined_at", "datetime", False, "local time"),
    ),
    "availability": (
        ("volunteer_id", "string", False, ""),
        ("weekday", "integer", False, "1 Monday to 7 Sunday"),
        ("starts", "time", False, "local time"),
        ("ends", "time", False, "local time"),
    ),
    "vetting": (
        ("volunteer_id", "string", False, ""),
        ("check", "string", False, "code of data/reference/checks.toml"),
        ("valid_from", "date", False, "the day it was cleared or seen"),
        ("valid_to", "date", True, "last day; empty is open-ended"),
    ),
    "grants": (
        ("resident_id", "string", False, ""),
        ("service", "string", False, "code of data/reference/services.toml"),
        ("valid_from", "date", False, ""),
        ("valid_to", "date", True, "last day; empty is open-ended"),
        ("decision", "string", False, "reference of the decision"),
    ),
    "requests": (
        ("request_id", "string", False, "opaque id"),
        ("resident_id", "string", False, ""),
        ("service", "string", False, "code of data/reference/services.toml"),
        ("minutes", "integer", False, "length of the visit"),
        ("earliest_at", "datetime", False, "local time; the visit starts no earlier"),
        ("latest_at", "datetime", False, "local time; the visit ends no later"),
        ("volunteers_needed", "integer", False, ""),
        ("urgency", "integer", False, "1 can wait, 3 urgent"),
        ("languages", "string", True, f"any of them will do, empty is any language; {LIST}"),
        ("requested_at", "datetime", False, "local time"),
        ("note", "string", True, "free text for the coordinator"),
    ),
    "relations": (
        ("resident_id", "string", False, ""),
        ("volunteer_id", "string", False, ""),
        ("kind", "string", False, "blocked or preferred"),
    ),
}

KEYS = {"residents": "resident_id", "volunteers": "volunteer_id", "requests": "request_id"}


@dataclass(frozen=True, slots=True)
class Town:
    """Invented people and their requests: one table per CSV file of the data package, with exactly its columns.

    Cells are what the files hold: lists joined by ``;``, days and local times as ISO text, an empty text for
    what is missing; ``lat``, ``lon`` and ``radius_km`` are floats (NaN when missing), counts, minutes, years and
    weekdays integers.
    """

    residents: pd.DataFrame
    volunteers: pd.DataFrame
    availability: pd.DataFrame
    vetting: pd.DataFrame
    grants: pd.DataFrame
    requests: pd.DataFrame
    relations: pd.DataFrame

    def __post_init__(self) -> None:
        for name, table in self.tables().items():
            if list(table.columns) != columns(name):
                raise InputError(f"{name} must have the columns {columns(name)}, not {list(table.columns)}.")

    def tables(self) -> dict[str, pd.DataFrame]:
        """List the tables by file name without ending, in the order they can be read in."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def columns(name: str) -> list[str]:
    """List the columns of ``<name>.csv``."""
    return [column for column, *_ in SCHEMA[name]]


def write_package(town: Town, folder: Path | str) -> None:
    """Write the town as a Frictionless data package: ``datapackage.json`` and one CSV file per table.

    The same town gives the same bytes everywhere: UTF-8, newline ``\\n``, no time of writing.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in town.tables().items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")
    text = json.dumps(_descriptor(), indent=2, ensure_ascii=False) + "\n"
    (folder / "datapackage.json").write_text(text, encoding="utf-8", newline="\n")


def _descriptor() -> dict[str, Any]:
    return {
        "profile": "tabular-data-package",
        "name": "mikrotjanster-pilot",
        "title": "Invented residents, volunteers and requests of a pilot with micro-services",
        "description": "Nobody in these files exists. Place centres: GeoNames. Shares: Statistics Sweden 2019.",
        "licenses": [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
        "sources": [
            {"title": "GeoNames", "path": "https://www.geonames.org"},
            {"title": "Statistics Sweden (SCB)", "path": "https://www.scb.se"},
        ],
        "resources": [_resource(name) for name in SCHEMA],
    }


def _resource(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"fields": [_field(*column) for column in SCHEMA[name]], "missingValues": [""]}
    if name in KEYS:
        schema["primaryKey"] = KEYS[name]
    if links := [_link(column, owner) for owner, column in KEYS.items() if owner != name and column in columns(name)]:
        schema["foreignKeys"] = links
    return {
        "profile": "tabular-data-resource",
        "name": name,
        "path": f"{name}.csv",
        "encoding": "utf-8",
        "schema": schema,
    }


def _field(name: str, kind: str, may_be_empty: bool, description: str) -> dict[str, Any]:
    parts: dict[str, Any] = {"name": name, "type": kind}
    if kind in FORMATS:
        parts["format"] = FORMATS[kind]
    if description:
        parts["description"] = description
    if not may_be_empty:
        parts["constraints"] = {"required": True}
    return parts


def _link(column: str, owner: str) -> dict[str, Any]:
    return {"fields": column, "reference": {"resource": owner, "fields": column}}
