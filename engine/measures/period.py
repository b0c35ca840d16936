"""The period a measure is about, and the moment it is looked at; everything else may trust both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.clock import local_of
from engine.errors import InputError
from engine.storage.reading import ALL_ENTRIES


@dataclass(frozen=True, slots=True)
class Period:
    """What happened from ``from_at`` until before ``to_at``, as known at ``as_of``.

    Parameters
    ----------
    from_at, to_at
        Moments (timezone-aware).
    as_of
        What had happened by then counts (timezone-aware); ``to_at`` by default. A later one lets requests of the
        period come to their end.
    until_entry
        The last log entry to believe; all of them by default.

    Raises
    ------
    InputError
        When a moment has no time zone, or the period ends before it begins.
    """

    from_at: datetime
    to_at: datetime
    as_of: datetime | None = None
    until_entry: int | None = None

    def __post_init__(self) -> None:
        for moment in (self.from_at, self.to_at, self.looked_at):
            if moment.tzinfo is None:
                raise InputError(f"{moment.isoformat()} needs a time zone.")
        if self.from_at >= self.to_at:
            raise InputError(
                f"A period ends after it begins, not from {self.from_at.isoformat()} to {self.to_at.isoformat()}."
            )

    @property
    def looked_at(self) -> datetime:
        """The moment the period is looked at."""
        return self.to_at if self.as_of is None else self.as_of

    @property
    def moment(self) -> datetime:
        """The moment that measures of a state, such as who is idle, are about: the end of what can be seen."""
        return min(self.to_at, self.looked_at)

    def params(self) -> dict[str, Any]:
        """Give the parameters that the queries of ``sql/metrics`` ask for."""
        return {
            "as_of": self.looked_at,
            "from_at": self.from_at,
            "to_at": self.to_at,
            "moment": self.moment,
            "local_now": local_of(self.looked_at),
            "local_from": local_of(self.from_at),
            "local_to": local_of(self.to_at),
            "local_moment": local_of(self.moment),
            "until_entry": ALL_ENTRIES if self.until_entry is None else self.until_entry,
        }
