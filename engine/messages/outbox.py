"""The outbox: what is due is sent once, or shown to be copied by hand; what nobody knows the end of, a person decides.

An attempt is noted before the mail server is spoken to and its end after, each in a transaction of its own: the pilot
is never locked meanwhile, and a program that dies in between leaves an *unclear* message, never a second copy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pandas as pd

from engine.access import Acting, acting, allow
from engine.errors import ImpossibleStep, InputError
from engine.facts import MessageAttempted, MessageSettled
from engine.messages.drafts import REASONS, TRUE_BY, Draft, Undeliverable, aware, draft, is_true
from engine.messages.letters import TEMPLATES
from engine.messages.mail import Delivery, Postman, Settings, compose
from engine.store import Reading, Store, Transaction

EVERYTHING = datetime(9999, 1, 1, tzinfo=UTC)
"""As of when the outbox is asked what was sent: even what a clock, since set back, put into the future."""

UNDER_WAY = timedelta(minutes=10)
"""How long an attempt without an end may still be under way: longer than any server is waited for."""

GIVE_UP_AFTER = timedelta(days=3)
UNSETTLED = ("queued", "failed")


def messages(
    store: Store, actor_id: str, *, as_of: datetime | None = None, now: datetime | None = None
) -> pd.DataFrame:
    """List the messages to the residents of the account's municipalities.

    Parameters
    ----------
    as_of
        What had become of them by then; by default all that is known.
    now
        What ``is_due`` is told by; ``as_of`` or the store's clock by default.

    Returns
    -------
    DataFrame
        The columns of the query ``messages``; besides ``is_due``, and ``is_open``: somebody, or the next round, has
        something to do about it. ``status`` is ``by_hand`` for what concerns a protected identity and is not settled.

    Raises
    ------
    AccessDenied
        When the account may not send messages.
    """
    with store.reading() as reading:
        who = allow(reading, actor_id, "send_messages")
        return _own(who, _messages(reading, now or as_of or store.clock(), sent_by=as_of))


def show(store: Store, actor_id: str, message_id: str, *, now: datetime | None = None) -> Draft:
    """Write a message as it would be sent now, to be copied or read out; the log notes whose data were read.

    Raises
    ------
    InputError
        When there is no such message.
    ImpossibleStep
        When it must not be sent: what it says is no longer true, or it concerns a protected identity.
    AccessDenied
        When the account may not, or not in this municipality.
    """
    with acting(store, actor_id, "send_messages") as (transaction, who):
        now = now or transaction.recorded_at
        message = _one(transaction, who, message_id, now)
        try:
            return draft(transaction, store, message, now)
        except Undeliverable as refusal:
            raise ImpossibleStep(f"Message {message_id} cannot be shown: {in_words(refusal.reason_code)}.") from refusal


def copied(store: Store, actor_id: str, message_id: str, *, now: datetime | None = None) -> None:
    """Note that a person told the addressee: by copying the message, by phone, or by hand.

    Raises
    ------
    InputError
        When there is no such message.
    ImpossibleStep
        When it was sent or copied already.
    AccessDenied
        When the account may not, or not in this municipality.
    """
    with acting(store, actor_id, "send_messages") as (transaction, who):
        now = now or transaction.recorded_at
        message = _one(transaction, who, message_id, now)
        if message.status in {"sent", "copied"}:
            raise ImpossibleStep(f"Message {message_id} was {message.status} already.")
        _refuse_under_way(message, now)
        _settle(transaction, message_id, "copied", None, now)


@dataclass(slots=True)
class Round:
    """What became of the messages that were due: how many of each outcome, and of each reason not to send.

    ``stopped`` is the reason why the rest was left for later, if the mail server is to blame.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    stopped: str | None = None

    @property
    def sentence(self) -> str:
        """The round in words."""
        if not self.outcomes:
            return "Nothing was due."
        words = {"sent": "sent", "failed": "to be tried again", "given_up": "given up", "unclear": "unclear"}
        counted = ", ".join(f"{self.outcomes[name]} {word}" for name, word in words.items() if self.outcomes[name])
        why = "".join(f" {n} because {in_words(code)}." for code, n in sorted(self.reasons.items()))
        rest = " The rest was left for later." if self.stopped else ""
        return f"Messages: {counted}.{why}{rest}"

    def add(self, delivery: Delivery) -> None:
        """Count one message."""
        self.outcomes[delivery.outcome] += 1
        if delivery.reason_code:
            self.reasons[delivery.reason_code] += 1
        if delivery.must_stop:
            self.stopped = delivery.reason_code


def send(
    store: Store,
    actor_id: str,
    settings: Settings,
    *,
    again: Sequence[str] = (),
    limit: int | None = None,
    now: datetime | None = None,
) -> Round:
    """Send what is due to the residents of the account's municipalities, oldest first; or the messages of ``again``.

    A refusal for now is tried again after 1, 5, 15, 60, 180, 360 and then every 720 minutes, for three days.

    Parameters
    ----------
    again
        Messages that are unclear, failed or given up, and that a person wants sent again; nothing else is sent then.
    limit
        The most messages to try.
    now
        Timezone-aware; the store's clock by default.

    Raises
    ------
    InputError
        When there is no message of an id in ``again``.
    ImpossibleStep
        When one of them waits, was sent or copied already, or may still be under way.
    AccessDenied
        When the account may not send messages, or not to somebody of ``again``.
    """
    result = Round()
    with Postman(settings) as postman:
        for message_id in list(again) or _due(store, actor_id, now):
            if result.stopped or (limit is not None and result.outcomes.total() >= limit):
                break
            delivery = _send_one(store, actor_id, settings, postman, message_id, is_again=bool(again), now=now)
            if delivery:
                result.add(delivery)
    return result


def in_words(reason_code: str) -> str:
    """Say why a message was not sent."""
    if reason_code.startswith("smtp_"):
        return f"the mail server refused it (code {reason_code.removeprefix('smtp_')})"
    return REASONS.get(reason_code, reason_code)


@dataclass(frozen=True, slots=True)
class _Begun:
    """A message whose attempt is noted, ready for the server."""

    mail: EmailMessage
    first_attempt_at: datetime


def _send_one(
    store: Store, actor_id: str, settings: Settings, postman: Postman, message_id: str, is_again: bool,
    now: datetime | None,
) -> Delivery | None:  # fmt: skip
    """Note the attempt, hand the message over, note its end; ``None`` when somebody else was faster."""
    begun = _begin(store, actor_id, settings, message_id, is_again, now)
    if not isinstance(begun, _Begun):
        return begun
    delivery = postman.deliver(begun.mail)
    if delivery.outcome == "unclear":
        return delivery
    with acting(store, actor_id, "send_messages") as (transaction, _):
        moment = now or transaction.recorded_at
        if delivery.outcome == "failed" and moment - begun.first_attempt_at >= GIVE_UP_AFTER:
            delivery = Delivery("given_up", "too_late", delivery.must_stop)
        _settle(transaction, message_id, delivery.outcome, delivery.reason_code, moment)
    return delivery


def _begin(
    store: Store, actor_id: str, settings: Settings, message_id: str, is_again: bool, now: datetime | None
) -> _Begun | Delivery | None:
    """Write the message and note the attempt; a delivery when it came to its end here, ``None`` when it is not due."""
    with acting(store, actor_id, "send_messages") as (transaction, who):
        now = now or transaction.recorded_at
        message = _one(transaction, who, message_id, now)
        if is_again:
            _refuse_again(message, now)
        elif not message.is_due:
            return None
        try:
            written = draft(transaction, store, message, now, organizer=settings.sender)
            if written.email is None:
                raise Undeliverable("bad_email" if written.has_bad_email else "no_email")
        except Undeliverable as refusal:
            _settle(transaction, message_id, "given_up", refusal.reason_code, now)
            return Delivery("given_up", refusal.reason_code)
        # Written before the attempt is noted: what fails from here on may have gone out.
        mail = compose(
            settings, message_id=message_id, to=written.email, subject=written.subject, text=written.text, date=now,
            invitation=written.invitation,
        )  # fmt: skip
        attempt = int(message.n_attempts) + 1
        transaction.append([MessageAttempted(occurred_at=now, message_id=message_id, attempt=attempt)])
    return _Begun(mail, now if attempt == 1 else aware(message.first_attempt_at))


def _refuse_again(message: Any, now: datetime) -> None:
    if message.status in {"queued", "sent", "copied", "by_hand"}:
        raise ImpossibleStep(
            f"Message {message.message_id} is {message.status}; only what is unclear, failed or given up is sent again."
        )
    _refuse_under_way(message, now)


def _refuse_under_way(message: Any, now: datetime) -> None:
    """Let nobody decide about an attempt that another program is perhaps still making."""
    if message.status == "unclear" and now - aware(message.attempted_at) < UNDER_WAY:
        minutes = int(UNDER_WAY.total_seconds()) // 60
        raise ImpossibleStep(f"Message {message.message_id} may still be under way; wait {minutes} minutes.")


def _settle(transaction: Transaction, message_id: str, outcome: str, reason_code: str | None, now: datetime) -> None:
    fact = MessageSettled(occurred_at=now, message_id=message_id, outcome=outcome, reason_code=reason_code)
    transaction.append([fact])


def _due(store: Store, actor_id: str, now: datetime | None) -> list[str]:
    found = messages(store, actor_id, now=now)
    return [str(message_id) for message_id in found.loc[found["is_due"], "message_id"]]


def _one(reading: Reading, who: Acting, message_id: str, now: datetime) -> Any:
    found = _messages(reading, now, message_id=message_id)
    if found.empty:
        raise InputError(f"There is no message {message_id!r}.")
    who.must_work_in(found["municipality_code"].iloc[0])
    return next(found.itertuples(index=False))


def _own(who: Acting, found: pd.DataFrame) -> pd.DataFrame:
    if who.municipality_codes is None:
        return found
    return found[found["municipality_code"].isin(who.municipality_codes)].reset_index(drop=True)


def _messages(
    reading: Reading, now: datetime, *, sent_by: datetime | None = None, message_id: str | None = None
) -> pd.DataFrame:
    kinds = pd.DataFrame([(code, template.kind) for code, template in TEMPLATES.items()], columns=["template", "kind"])
    found = reading.query(
        "messages", tables={"template": kinds}, as_of=now, sent_by=sent_by or EVERYTHING, message_id=message_id
    )
    of_requests = found["kind"] == "request"
    if of_requests.any():
        status = reading.state("requests_at", now).set_index("request_id")["status"]
        # Reindexed, since a map that finds nothing is of numbers, which a column of texts refuses.
        found.loc[of_requests, "matter_status"] = status.reindex(found.loc[of_requests, "about"]).to_numpy()
    is_unsettled = found["status"].isin(UNSETTLED)
    found.loc[is_unsettled & found["concerns_protected"], "status"] = "by_hand"
    moment = pd.Timestamp(now).tz_convert("UTC").tz_localize(None)
    found["is_due"] = found["status"].isin(UNSETTLED) & (found["next_attempt_at"] <= moment)
    is_for_a_person = found["status"].isin(["by_hand", "unclear", "given_up"]) & (found["send_after"] <= moment)
    waiting = found.loc[found["is_due"] | is_for_a_person, TRUE_BY]
    is_open = pd.Series((is_true(message, now) for message in waiting.itertuples(index=False)), waiting.index, bool)
    found["is_open"] = is_open.reindex(found.index, fill_value=False)
    return found
