"""The offers page's questions to the engine: what waits to be sent, who was asked, what is agreed, what to tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from dashboard.service.tables import named
from engine.access import Acting, looking
from engine.clock import local_of
from engine.live import answers, offers, own_page, reminders, visits
from engine.live.answers import ANOTHER_TIME, DECLINE_REASONS
from engine.live.endings import CANCEL_REASONS, SIDES
from engine.live.offers import Sent
from engine.messages import links, outbox
from engine.messages.drafts import Draft, aware
from engine.messages.mail import settings_of
from engine.messages.outbox import Round
from engine.people import persons
from engine.store import Reading, Store

__all__ = ["ANOTHER_TIME", "CANCEL_REASONS", "DECLINE_REASONS", "SIDES", "Draft", "Sent"]

ANSWERED_SHOWN_DAYS = 14


@dataclass(frozen=True, slots=True)
class Delivered:
    """A round of sending: offers put, and what became of the messages; ``None`` where there is no mail server."""

    sent: Sent
    mail: Round | None


def asked(store: Store, actor_id: str, now: datetime) -> pd.DataFrame:
    """List the offers that wait for an answer, and those answered lately.

    Returns
    -------
    DataFrame
        The columns of ``offers_at``, ``service``, ``municipality_code``; ``expires_local`` and ``hours_left``,
        ``volunteer_resident_id``. Those that wait first, by their limit. Nobody is named, as in the lists below.

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    with looking(store, actor_id, "see_requests") as (reading, who):
        table = _of_both(reading, who, now, reading.state("offers_at", now))
    moment = pd.Timestamp(now).tz_convert("UTC").tz_localize(None)
    is_recent = table["sent_at"] > moment - pd.Timedelta(days=ANSWERED_SHOWN_DAYS)
    table = table[(table["status"] == "sent") | is_recent]
    waits = (table["status"] != "sent").astype(int)
    table = table.assign(
        hours_left=((table["expires_at"] - moment).dt.total_seconds() / 3600).clip(lower=0),
        expires_local=[local_of(aware(one)) for one in table["expires_at"]],
        _waits=waits,
    ).sort_values(["_waits", "expires_at", "offer_id"], ignore_index=True)
    return table.drop(columns="_waits")


def to_come(store: Store, actor_id: str, now: datetime) -> pd.DataFrame:
    """List the agreed visits that are not over, by time; columns of ``visits_at`` and those :func:`asked` adds.

    Raises
    ------
    AccessDenied
        When the account may not see requests.
    """
    with looking(store, actor_id, "see_requests") as (reading, who):
        coming = reading.state("visits_at", now, None, status="agreed").drop(columns="resident_id")
        table = _of_both(reading, who, now, coming[coming["ends_at"] > local_of(now)])
    return table.sort_values(["starts_at", "visit_id"], ignore_index=True)


def messages(store: Store, actor_id: str, now: datetime) -> pd.DataFrame:
    """List the messages about which somebody has something to do; columns of ``outbox.messages``.

    Raises
    ------
    AccessDenied
        When the account may not send messages.
    """
    found = outbox.messages(store, actor_id, now=now)
    return found[found["is_open"]].reset_index(drop=True)


def with_name(store: Store, actor_id: str, listed: pd.DataFrame) -> pd.DataFrame:
    """Add ``name``, of those whom messages go to."""
    return named(store, actor_id, listed, "call", name="resident_id")


def has_mail() -> bool:
    """Say whether a mail server is set up.

    Raises
    ------
    InputError
        When it is set up in part or wrongly.
    """
    return settings_of() is not None


def send(store: Store, actor_id: str, request_ids: list[str] | None, now: datetime) -> Delivered:
    """Put approved proposals to their volunteers, ask the next ones where it is time, and mail what is due.

    Raises
    ------
    AccessDenied
        When the account may not.
    """
    sent = offers.send_offers(store, actor_id, request_ids, at=now)
    return Delivered(sent, mail(store, actor_id, now))


def mail(store: Store, actor_id: str, now: datetime, again: tuple[str, ...] = ()) -> Round | None:
    """Mail what is due, or the messages of ``again`` once more; raises as :func:`engine.messages.outbox.send`."""
    settings = settings_of()
    return None if settings is None else outbox.send(store, actor_id, settings, again=again, now=now)


def remind(store: Store, actor_id: str, now: datetime) -> int:
    """Queue a word to those who have not answered or wait; raises as ``reminders.queue_reminders``."""
    return reminders.queue_reminders(store, actor_id, now=now)


def record_answer(
    store: Store,
    actor_id: str,
    offer_id: str,
    response: str,
    now: datetime,
    *,
    reason_code: str | None = None,
    not_that_day: bool = False,
) -> str | None:
    """Record an answer taken by phone; raises as :func:`engine.live.answers.answer_offer`."""
    return answers.answer_offer(
        store, actor_id, offer_id, response, reason_code=reason_code, not_that_day=not_that_day, at=now
    )


def withdraw(store: Store, actor_id: str, offer_id: str, now: datetime) -> None:
    """Take an open offer back; raises as :func:`engine.live.offers.withdraw_offer`."""
    offers.withdraw_offer(store, actor_id, offer_id, at=now)


def cancel(store: Store, actor_id: str, visit_id: str, side: str, reason_code: str, now: datetime) -> None:
    """Cancel a visit before it begins; raises as :func:`engine.live.visits.cancel_visit`."""
    visits.cancel_visit(store, actor_id, visit_id, side, reason_code, at=now)


def phone_of(store: Store, actor_id: str, resident_id: str) -> str:
    """Read a person's phone, to call them; the log notes it. Raises as :func:`engine.people.persons.contact`."""
    return str(persons.contact(store, actor_id, resident_id, "call")["phone"] or "")


def message_of(store: Store, actor_id: str, offer_id: str, now: datetime) -> dict[str, Any] | None:
    """Find the newest message about an offer or visit that is not for later; ``None`` when there is none.

    Raises
    ------
    AccessDenied
        When the account may not send messages.
    """
    found = outbox.messages(store, actor_id, now=now)
    mine = found[found["about"] == offer_id].sort_values(["queued_at", "message_id"])
    return None if mine.empty else {str(name): value for name, value in mine.iloc[-1].to_dict().items()}


def written(store: Store, actor_id: str, message_id: str, now: datetime) -> Draft:
    """Write a message to be copied or read out; raises as :func:`engine.messages.outbox.show`."""
    return outbox.show(store, actor_id, message_id, now=now)


def told(store: Store, actor_id: str, message_id: str, now: datetime) -> None:
    """Note that a person told the addressee; raises as :func:`engine.messages.outbox.copied`."""
    outbox.copied(store, actor_id, message_id, now=now)


def find(store: Store, actor_id: str, text: str) -> pd.DataFrame:
    """Find persons by name, phone or e-mail; raises as :func:`engine.people.persons.find`."""
    return persons.find(store, actor_id, text)


def invitation(store: Store, actor_id: str, resident_id: str, now: datetime, origin: str) -> str:
    """Make the address of a resident's own page; raises as :func:`engine.live.own_page.invite`.

    Parameters
    ----------
    origin
        Where this dashboard was reached; used when ``MIKRO_BASE_URL`` is not set.
    """
    token = own_page.invite(store, actor_id, resident_id, now=now)
    return links.url(links.base_url() or origin, token, links.OWN_PAGE)


def _of_both(reading: Reading, who: Acting, now: datetime, table: pd.DataFrame) -> pd.DataFrame:
    """Keep what concerns the account's municipalities on either side, with service, place and both residents."""
    requests = reading.state("submissions_at", now)[["request_id", "resident_id", "service", "municipality_code"]]
    volunteers = reading.state("volunteers_at", now)[["volunteer_id", "resident_id", "municipality_code"]]
    home = volunteers.rename(columns={"resident_id": "volunteer_resident_id", "municipality_code": "volunteer_place"})
    table = table.merge(requests, on="request_id").merge(home, on="volunteer_id", how="left")
    if who.municipality_codes is not None:
        codes = list(who.municipality_codes)
        table = table[table["municipality_code"].isin(codes) | table["volunteer_place"].isin(codes)]
    return table
