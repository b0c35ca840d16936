"""What every fact is, and how its kind becomes a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every fact carries: ``occurred_at``, when it happened (UTC, timezone-aware)."""

    occurred_at: datetime


def table_of(kind: type[Fact]) -> str:
    """Name the table of a fact kind: ``RequestSubmitted`` is kept in ``request_submitted``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def columns_of(kind: type[Fact]) -> list[str]:
    """List the columns a fact kind fills, ``occurred_at`` first."""
    return [field.name for field in fields(kind)]


def all_kinds() -> list[type[Fact]]:
    """List every fact kind, in the order of this page."""
    # dataclass(slots=True) makes each class anew; until it is collected, the first one is a subclass too.
    return list({kind.__name__: kind for kind in Fact.__subclasses__()}.values())
