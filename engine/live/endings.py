"""How visits end: what can be told of them, and the cancelling that other steps bring with them; no step itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine import facts, notify
from engine.clock import utc_of
from engine.errors import InputError
from engine.lifecycle import Taking, must_be_code
from engine.live.adoption import in_force

SIDES = ("resident", "volunteer", "municipality")
CANCEL_REASONS = ("not_needed", "ill", "other_duty", "travel", "forgot", "check_lapsed", "weather", "other")


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of one visit, or that it is cancelled, and when that happened.

    ``side`` (of SIDES) says by whom it was missed or cancelled, ``minutes`` how long a completed one took, as planned
    when left out, ``reason_code`` (of CANCEL_REASONS) why it is cancelled.

    Raises
    ------
    InputError
        When the outcome, side, reason or minutes are impossible.
    """

    visit_id: str
    outcome: str
    side: str | None = None
    minutes: int | None = None
    reason_code: str | None = None
    at: datetime | None = None

    def __post_init__(self) -> None:
        must_be_code("outcomes", self.outcome, ("completed", "missed", "cancelled"))
        if self.outcome != "completed":
            must_be_code("sides", str(self.side), SIDES if self.outcome == "cancelled" else SIDES[:2])
        if self.outcome == "cancelled":
            must_be_code("reasons", str(self.reason_code), CANCEL_REASONS)
        if self.minutes is not None and not 1 <= self.minutes <= 1440:
            raise InputError(f"A visit takes 1 to 1440 minutes, not {self.minutes}.")


@dataclass(frozen=True, slots=True)
class Feedback:
    """What one side says of a visit: ``resident`` or ``volunteer``, rating 1 (bad) to 5 (good), whether to meet again.

    Raises
    ------
    InputError
        When side or rating are impossible.
    """

    visit_id: str
    side: str
    rating: int
    again: bool | None = None

    def __post_init__(self) -> None:
        must_be_code("sides", self.side, SIDES[:2])
        if not 1 <= self.rating <= 5:
            raise InputError(f"A rating is 1 (bad) to 5 (good), not {self.rating}.")


def call_off_visits(step: Taking, visits: Sequence[dict[str, Any]], side: str, reason_code: str) -> None:
    """Write down that visits are cancelled, late or not, and tell both sides."""
    call_off(step, [(visit, side, reason_code, step.at) for visit in visits])


def call_off(step: Taking, cancelled: Sequence[tuple[dict[str, Any], str | None, str | None, datetime]]) -> None:
    """Cancel visits: each with the side, the reason and when it was told; both sides hear of it."""
    if not cancelled:
        return
    notice = timedelta(hours=in_force(step.transaction, step.moment).asking.late_cancel_hours)
    step.append(
        *(
            facts.VisitEnded(
                occurred_at=when,
                visit_id=visit["visit_id"],
                outcome="cancelled",
                side=side,
                is_late=bool(utc_of(visit["starts_at"]) - when < notice),
                reason_code=reason_code,
            )
            for visit, side, reason_code, when in cancelled
        )
    )
    tell_both(step, "cancellation", [visit for visit, *_ in cancelled])


def tell_both(step: Taking, template: str, visits: Sequence[dict[str, Any]]) -> None:
    """Queue a message about each visit to its resident and its volunteer."""
    volunteers = step.many("volunteer", (visit["volunteer_id"] for visit in visits))
    words = [
        notify.Word(template, resident_id, visit["visit_id"])
        for visit in visits
        for resident_id in (visit["resident_id"], volunteers[visit["volunteer_id"]]["resident_id"])
    ]
    notify.queue_all(step.transaction, words, now=step.at)
