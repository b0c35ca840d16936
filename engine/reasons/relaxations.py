"""What a coordinator could change so that a request is served: the priced list, and changes made of it.

The list is data (``data/reference/relaxations.toml``). A change is a set of steps about one request and the
volunteers who would then come; every step can be written as the fact that makes it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pandas as pd

from engine import facts
from engine.clock import local_of
from engine.errors import InputError
from engine.reference import REFERENCE, checks

WIDER, DAY, LANGUAGE, FEWER = "wider_window", "other_day", "other_language", "fewer_volunteers"
GRANT, FARTHER, MORE, CHECK = "grant_decided", "longer_way", "one_more_visit", "check_cleared"
CODES = (WIDER, DAY, LANGUAGE, FEWER, GRANT, FARTHER, MORE, CHECK)


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One thing that can be changed.

    Parameters
    ----------
    price
        Points of trouble per ``unit``.
    steps
        The amounts that are tried, ascending.
    decided_by
        ``resident``, ``volunteer``, ``coordinator`` or ``official``.
    minutes
        What one more visit a week adds to the week, minutes; 0 for all others.
    """

    code: str
    unit: str
    price: float
    steps: tuple[int, ...]
    decided_by: str
    en: str
    sv: str
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Relaxations:
    """The priced list: relaxations by code, and the price above which no change is looked for."""

    by_code: Mapping[str, Relaxation]
    price_max: float

    @classmethod
    def from_text(cls, content: str) -> Relaxations:
        """Read the list from TOML text; a code that is left out is not offered.

        Raises
        ------
        InputError
            When a code or key is unknown, or a number is impossible.
        """
        try:
            tables = tomllib.loads(content)
            entries = tables.get("relaxation", {})
            known = {
                code: Relaxation(code, **entry | {"steps": tuple(entry["steps"])}) for code, entry in entries.items()
            }
            price_max = float(tables["price_max"])
        except (tomllib.TOMLDecodeError, TypeError, KeyError, ValueError) as error:
            raise InputError(f"The list of relaxations cannot be read: {error}.") from error
        for one in known.values():
            if one.code not in CODES:
                raise InputError(f"There is no relaxation {one.code!r}; known are {', '.join(CODES)}.")
            if one.price <= 0 or not one.steps or min(one.steps) < 1:
                raise InputError(f"The relaxation {one.code} needs a price above 0, and steps of 1 or more.")
        return cls(known, price_max)

    def steps(self, code: str) -> tuple[int, ...]:
        """List the amounts tried of a relaxation, none when it is not offered."""
        return self.by_code[code].steps if code in self.by_code else ()


@cache
def baseline() -> Relaxations:
    """Read ``data/reference/relaxations.toml``."""
    return Relaxations.from_text((REFERENCE / "relaxations.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One relaxation by an amount.

    Parameters
    ----------
    subject
        The request or the volunteer it concerns.
    detail
        The language, the check, or the days moved with their sign; empty for the others.
    """

    code: str
    subject: str
    amount: int
    detail: str = ""

    def in_words(self, language: str, known: Relaxations) -> str:
        """Say it as an instruction; ``language`` is ``en`` or ``sv``."""
        detail = self.detail
        if self.code == CHECK:
            detail = f"{checks()[detail][f'name_{language}']}"
        words = known.by_code[self.code]
        return (words.sv if language == "sv" else words.en).format(
            subject=self.subject, amount=self.amount, detail=detail
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """A set of steps about one request, in a fixed order.

    Parameters
    ----------
    price
        Points of trouble, summed.
    """

    request_id: str
    steps: tuple[Step, ...]
    price: float

    @classmethod
    def of(cls, request_id: str, steps: set[Step], known: Relaxations) -> Change:
        """Price a set of steps."""
        price = sum(known.by_code[step.code].price * step.amount for step in steps)
        return cls(request_id, tuple(sorted(steps)), round(price, 6))

    def amount(self, code: str, subject: str) -> int:
        """By how much a subject is relaxed, 0 when it is not."""
        return sum(step.amount for step in self.steps if step.code == code and step.subject == subject)

    def details(self, code: str, subject: str) -> frozenset[str]:
        """List the details of a subject's steps of one code."""
        return frozenset(step.detail for step in self.steps if step.code == code and step.subject == subject)

    @property
    def window(self) -> tuple[int, int]:
        """Hours by which the window is wider at either end, and days by which it is moved."""
        days = [int(step.detail) for step in self.steps if step.code == DAY]
        return self.amount(WIDER, self.request_id), sum(days)

    @property
    def volunteers(self) -> tuple[str, ...]:
        """The volunteers of whom something is asked."""
        return tuple(sorted({step.subject for step in self.about_volunteers}))

    def price_of_volunteers(self, known: Relaxations) -> float:
        """What of the price is for what is asked of volunteers."""
        return sum(known.by_code[step.code].price * step.amount for step in self.about_volunteers)

    @property
    def about_volunteers(self) -> tuple[Step, ...]:
        """The steps that are asked of volunteers."""
        return tuple(step for step in self.steps if step.code in (FARTHER, MORE, CHECK))

    @property
    def surroundings(self) -> tuple[Step, ...]:
        """The steps that do more than give the request other candidates."""
        return tuple(step for step in self.steps if step.code not in (WIDER, DAY, LANGUAGE))

    def in_words(self, language: str, known: Relaxations) -> str:
        """Say it as one instruction; ``language`` is ``en`` or ``sv``."""
        joint = " och " if language == "sv" else " and "
        return joint.join(step.in_words(language, known) for step in self.steps)


def facts_that_make(
    change: Change,
    request: Mapping[str, Any],
    volunteers: Mapping[str, Mapping[str, Any]],
    known: Relaxations,
    as_of: datetime,
) -> Iterator[facts.Fact]:
    """Write a change as the facts that make it, at ``as_of`` (UTC).

    Parameters
    ----------
    request
        The request as ``requests_at`` has it.
    volunteers
        Volunteers as ``volunteers_at`` has them, by id.
    """
    today = local_of(as_of).date()
    hours, days = change.window
    yield facts.RequestSubmitted(
        occurred_at=_moment(request["requested_at"]).replace(tzinfo=UTC),  # the waiting goes on counting
        request_id=change.request_id,
        resident_id=request["resident_id"],
        service=request["service"],
        minutes=int(request["minutes"]),
        earliest_at=_moment(request["earliest_at"]) + timedelta(days=days, hours=-hours),
        latest_at=_moment(request["latest_at"]) + timedelta(days=days, hours=hours),
        volunteers_needed=int(request["volunteers_needed"]) - change.amount(FEWER, change.request_id),
        urgency=int(request["urgency"]),
        languages=(*request["languages"], *sorted(change.details(LANGUAGE, change.request_id))),
    )
    if change.amount(GRANT, change.request_id):
        yield facts.GrantDecided(
            occurred_at=as_of, resident_id=request["resident_id"], service=request["service"], valid_from=today,
            valid_to=None, decision="what-if",
        )  # fmt: skip
    for volunteer_id in change.volunteers:
        for code in sorted(change.details(CHECK, volunteer_id)):
            yield facts.CheckCleared(
                occurred_at=as_of, volunteer_id=volunteer_id, check_code=code, valid_from=today, valid_to=None
            )
        yield _registered_again(change, volunteers[volunteer_id], known, as_of)


def _registered_again(
    change: Change, now: Mapping[str, Any], known: Relaxations, as_of: datetime
) -> facts.VolunteerRegistered:
    more = change.amount(MORE, now["volunteer_id"])
    extra = more * known.by_code[MORE].minutes if more else 0
    visits, minutes = now["visits_per_week"], now["minutes_per_week"]
    return facts.VolunteerRegistered(
        occurred_at=as_of,
        volunteer_id=now["volunteer_id"],
        resident_id=now["resident_id"],
        services=tuple(now["services"]),
        radius_km=float(now["radius_km"]) + change.amount(FARTHER, now["volunteer_id"]),
        visits_per_week=None if pd.isna(visits) else int(visits) + more,
        minutes_per_week=None if pd.isna(minutes) else int(minutes) + extra,
        joined_at=_moment(now["joined_at"]),
    )


def _moment(value: Any) -> datetime:
    return pd.Timestamp(value).to_pydatetime()
