"""What an extract says of itself: a Frictionless data package, and a README of every column."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.research.extract_tables import Column, Table, tables

_FIELD_TYPES = {"whole": "integer", "number": "number", "flag": "boolean", "day": "date", "hour": "datetime"}


@dataclass(frozen=True, slots=True)
class Made:
    """What is told of an extract as a whole; ``n_suppressed`` residents were left out, ``k`` share each description."""

    extract_id: str
    as_of: datetime
    n_suppressed: int
    k: int

    @property
    def suppressed(self) -> str:
        """Say how many residents were left out, unless few are."""
        return (
            "no"
            if self.n_suppressed == 0
            else f"fewer than {self.k}"
            if self.n_suppressed < self.k
            else str(self.n_suppressed)
        )


def data_package(folder: Path, made: Made, n_rows: Mapping[str, int]) -> dict[str, Any]:
    """Describe the tables of a written extract as a Frictionless data package."""
    return {
        "profile": "data-package",
        "name": made.extract_id,
        "title": "Pseudonymised research extract of a pilot of kommunala mikrotjänster",
        "created": f"{made.as_of:%Y-%m-%dT%H:00:00Z}",
        "resources": [_resource(folder, table, n_rows[table.name]) for table in tables()],
    }


def readme(made: Made) -> str:
    """Write the page that explains an extract: how it was made, and every column."""
    return "\n".join([*_head(made), *(line for table in tables() for line in _table_lines(table))]) + "\n"


def _resource(folder: Path, table: Table, n_rows: int) -> dict[str, Any]:
    path = folder / f"{table.name}.parquet"
    content = path.read_bytes()
    return {
        "name": table.name,
        "path": path.name,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "description": table.meaning,
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "rows": n_rows,
        "schema": {
            "fields": [_field(column) for column in table.columns],
            "primaryKey": list(table.key),
            "foreignKeys": [_reference(column) for column in table.columns if _refers(table, column)],
        },
    }


def _field(column: Column) -> dict[str, Any]:
    field = {"name": column.name, "type": _FIELD_TYPES.get(column.kind, "string"), "description": column.meaning}
    if column.known and column.name != "services":
        return field | {"constraints": {"enum": [*dict.fromkeys((*column.known, "other"))]}}
    return field


def _refers(table: Table, column: Column) -> bool:
    targets = {f"{other.name}": other for other in tables()}
    return column.of != "" and f"{column.of}s" in targets and table.name != f"{column.of}s"


def _reference(column: Column) -> dict[str, Any]:
    return {"fields": column.name, "reference": {"resource": f"{column.of}s", "fields": f"{column.of}_id"}}


def _head(made: Made) -> list[str]:
    return [
        f"# Research extract {made.extract_id}",
        "",
        f"What had happened by {made.as_of:%Y-%m-%d %H}:00 UTC, without anybody in it.",
        "",
        "- Every id is a pseudonym: HMAC-SHA-256 under a random key that was thrown away, so pseudonyms differ from"
        " extract to extract and two extracts cannot be joined.",
        f"- Municipality, age and languages are published only as at least {made.k} residents share them; rarer ones"
        f" are broader bands or *. {made.suppressed.capitalize()} residents were left out with all that is theirs,"
        " because even the broadest description would have singled them out.",
        "- Persons with a protected identity are not in it. Nor are names, contacts, addresses, coordinates or any"
        " text that somebody wrote. Codes outside of their list are `other`.",
        "- Times are whole hours, windows widened to them; visit times are local (Europe/Stockholm), the rest UTC."
        " Distances are whole kilometres, and the parts of a value that tell the distance are left out.",
        "- Before it was released, every cell was held to what its column may hold, and the bytes of all files were"
        " searched for what the pilot knows of persons. The files are not compressed, so that you can do the same.",
        "- It stays personal data in the sense of the law as long as the pilot exists: whoever knows much about"
        " somebody may recognise what happened to them. Publish no table with fewer than"
        f" {made.k} persons in a cell.",
        "",
    ]


def _table_lines(table: Table) -> list[str]:
    rows = [f"| {column.name} | {_kind(column)} | {column.meaning} |" for column in table.columns]
    title = f"## {table.name}: {table.meaning}"
    return [
        title,
        "",
        f"One row per {', '.join(table.key)}.",
        "",
        "| column | what | meaning |",
        "|---|---|---|",
        *rows,
        "",
    ]


def _kind(column: Column) -> str:
    words = {"id": "pseudonym", "code": "code", "band": "text", "fingerprint": "text", "label": "text"}
    return words.get(column.kind) or _FIELD_TYPES[column.kind]
