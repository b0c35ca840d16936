"""What somebody without an account may see and do who follows a signed link from a message: this matter, this step.

A link carries the right to one step about one id. Looking never takes the step, so that a mail program which opens
links ahead answers for nobody. Shown is what the message itself said: no name, no address, no phone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd

from engine.clock import local_of
from engine.errors import AccessDenied, ImpossibleStep, InputError
from engine.lifecycle import row_of
from engine.live import answers, requests, series, visits
from engine.messages import links
from engine.messages.drafts import aware
from engine.messages.links import Link

if TYPE_CHECKING:
    from engine.store import Store

KINDS = {
    "answer_offer": ("offer",),
    "cancel_visit": ("visit",),
    "give_feedback": ("visit",),
    "withdraw_request": ("request", "series"),
}
"""What a link of each purpose can be about."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What a link is about.

    Parameters
    ----------
    kind
        ``offer``, ``visit``, ``request`` or ``series``.
    starts_at, ends_at
        Local: of the visit, or of the window asked for.
    municipality_code
        Where the resident lives who asks.
    answer_by
        Local; of an offer.
    is_by_hand
        Somebody concerned has a protected identity: nothing more may be shown.
    """

    link: Link
    kind: str
    status: str
    reason_code: str | None
    service: str
    starts_at: datetime
    ends_at: datetime
    municipality_code: str
    distance_km: float | None
    answer_by: datetime | None
    every_days: int | None
    n_times: int | None
    is_by_hand: bool


def look(store: Store, token: str, now: datetime) -> Matter:
    """Read what a link is about; nothing is written.

    Raises
    ------
    InputError
        When the link is not valid any more, is none for this page, or what it is about is not in the pilot.
    """
    link = links.read(store, token, now)
    with store.reading() as reading:
        found = reading.query("linked_matter", as_of=now, about=link.about)
        found = found[found["kind"].isin(KINDS.get(link.purpose, ()))]
        if found.empty:
            raise InputError("This link is not for this page: copy all of it from the message, or contact us instead.")
        row = row_of(found)
        if row["kind"] == "request":
            row["status"] = reading.state("requests_at", now, request_id=link.about)["status"].iloc[0]
    expires_at = row.pop("expires_at")
    return Matter(
        link=link,
        answer_by=None if expires_at is None else local_of(aware(pd.Timestamp(expires_at))),
        every_days=_whole(row.pop("every_days")),
        n_times=_whole(row.pop("n_times")),
        is_by_hand=bool(row.pop("is_by_hand")),
        **row,
    )


def answer(
    store: Store,
    token: str,
    response: str,
    now: datetime,
    *,
    reason_code: str | None = None,
    not_that_day: bool = False,
) -> str | None:
    """Answer an offer as its volunteer; as :func:`engine.live.answers.answer_offer`.

    Raises
    ------
    InputError, ImpossibleStep
        As there, or as :func:`look`.
    AccessDenied
        When the link is for something else.
    """
    link = _for(store, token, now, "answer_offer")
    return answers.answer_offer(
        store, link.account_id, link.about, response, reason_code=reason_code, not_that_day=not_that_day, at=now
    )


def cancel(store: Store, token: str, reason_code: str, now: datetime) -> None:
    """Cancel a visit as the side the link was sent to; raises as :func:`answer` and ``visits.cancel_visit``."""
    link = _for(store, token, now, "cancel_visit")
    visits.cancel_visit(store, link.account_id, link.about, link.side, reason_code, at=now)


def rate(store: Store, token: str, rating: int, again: bool | None, now: datetime) -> None:
    """Say how a visit was, as the side the link was sent to; raises as :func:`answer` and ``visits.give_feedback``."""
    link = _for(store, token, now, "give_feedback")
    visits.give_feedback(store, link.account_id, link.about, link.side, rating, again=again, at=now)


def withdraw(store: Store, token: str, now: datetime) -> None:
    """Take a request back or end a series, as its resident; raises as :func:`answer` and the step itself."""
    link = _for(store, token, now, "withdraw_request")
    if look(store, token, now).kind == "series":
        series.end_series(store, link.account_id, link.about, at=now)
    else:
        requests.withdraw_request(store, link.account_id, link.about, at=now)


def _for(store: Store, token: str, now: datetime, purpose: str) -> Link:
    """Read a link that must be for one purpose, about people who may be dealt with by link."""
    link = links.read(store, token, now)
    if link.purpose != purpose:
        raise AccessDenied("This link is for something else.")
    if look(store, token, now).is_by_hand:
        raise ImpossibleStep("This cannot be done by link; contact us instead.")
    return link


def _whole(value: float | None) -> int | None:
    return None if value is None or pd.isna(value) else int(value)
