"""Volunteers answer offers: the first yes becomes a visit, a no is never asked again.

Who says "rather another time" is not free at the time of the visit, and may be asked for the same request again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine import facts, notify
from engine.access import LINK
from engine.clock import local_of
from engine.errors import AccessDenied, ImpossibleStep, InputError
from engine.lifecycle import WAITING, Taking, id_of, moment_of, must_be, must_be_code, taking
from engine.live.adoption import in_force
from engine.live.closing import close_requests
from engine.rules import NEVER_BY_HAND, in_words

if TYPE_CHECKING:
    from engine.store import Store

ANOTHER_TIME = "another_time"
DECLINE_REASONS = (ANOTHER_TIME, "time", "distance", "service", "person", "too_much", "other")

_STEP_OF = {"accepted": "accept", "declined": "decline"}

# What a volunteer said before stands against asking again, not against a yes to an offer that is open.
_AT_ANSWER = NEVER_BY_HAND - {"already_asked", "declined_before"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: ``accepted`` or ``declined``, perhaps with a reason (of DECLINE_REASONS) and when it was given.

    ``not_that_day`` says, with ANOTHER_TIME, that the volunteer cannot come at all on that day.

    Raises
    ------
    InputError
        When the answer or the reason is another, or the day is refused without ANOTHER_TIME.
    """

    offer_id: str
    response: str
    reason_code: str | None = None
    at: datetime | None = None
    not_that_day: bool = False

    def __post_init__(self) -> None:
        if self.response not in ("accepted", "declined"):
            raise InputError(f"An answer is accepted or declined, not {self.response!r}.")
        if self.reason_code is not None:
            must_be_code("reasons", self.reason_code, DECLINE_REASONS)
        if self.not_that_day and self.reason_code != ANOTHER_TIME:
            raise InputError(f"Not that day goes with a no for {ANOTHER_TIME!r}, not for {self.reason_code!r}.")


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of several answers: the visits agreed by a yes, and for those refused the sentence why, by offer."""

    visit_ids: dict[str, str]
    refused: dict[str, str]


def answer_offer(
    store: Store,
    actor_id: str,
    offer_id: str,
    response: str,
    *,
    reason_code: str | None = None,
    not_that_day: bool = False,
    at: datetime | None = None,
) -> str | None:
    """Record a volunteer's answer, ``accepted`` or ``declined``, and return the id of the visit a yes agrees.

    The same answer given twice is taken once. A yes closes the other offers of a request that has all it needs.

    Parameters
    ----------
    reason_code
        One of DECLINE_REASONS, with a no. ``another_time`` records an absence too, and is asked again at other times.
    not_that_day
        Whether that absence is the whole day of the visit, not only its time.

    Raises
    ------
    InputError
        When there is no such offer, answer or reason.
    ImpossibleStep
        When the offer was answered otherwise, has expired, was closed, or a rule forbids the visit by now.
    AccessDenied
        When the account may not, in either municipality, or the link is another offer's.
    """
    taken = answer_offers(store, actor_id, [Answer(offer_id, response, reason_code, not_that_day=not_that_day)], at=at)
    if offer_id in taken.refused:
        raise ImpossibleStep(taken.refused[offer_id])
    return taken.visit_ids.get(offer_id)


def answer_offers(
    store: Store,
    actor_id: str,
    answers: Sequence[Answer],
    *,
    at: datetime | None = None,
    idempotency_key: str | None = None,
) -> Answered:
    """Record several answers at once, each as :func:`answer_offer` would: those that cannot be taken are refused.

    Every no is taken first, then each yes in the order given.

    Raises
    ------
    InputError
        When there is no such offer, or one is answered twice.
    AccessDenied
        When the account may not, for one of them; nothing is then recorded.
    """
    if len({answer.offer_id for answer in answers}) < len(answers):
        raise InputError("An offer can be answered once at a time.")
    with taking(store, actor_id, "answer_offer", at, idempotency_key=idempotency_key) as step:
        round_ = _Round(step, answers)
        round_.take_noes()
        round_.take_yeses()
        return Answered(round_.visit_ids, round_.refused)


class _Round:
    """Several answers being taken: those that are in order wait in ``noes`` and ``yeses``."""

    def __init__(self, step: Taking, answers: Sequence[Answer]) -> None:
        self.step = step
        self.offers = step.many("offer", (answer.offer_id for answer in answers))
        self.requests = step.many("request", (offer["request_id"] for offer in self.offers.values()))
        self.volunteers = step.many("volunteer", (offer["volunteer_id"] for offer in self.offers.values()))
        self.visit_ids: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        for answer in answers:
            offer = self.offers[answer.offer_id]
            _may_answer(step, offer, self.requests[offer["request_id"]], self.volunteers[offer["volunteer_id"]])
        self.noes = [answer for answer in answers if answer.response == "declined" and self._is_due(answer)]
        self.yeses = [answer for answer in answers if answer.response == "accepted" and self._is_due(answer)]

    def take_noes(self) -> None:
        """Note every no, and that who would rather come at another time is away at this one."""
        self.step.append(*(self._fact_of(answer) for answer in self.noes))
        elsewhen = [answer for answer in self.noes if answer.reason_code == ANOTHER_TIME]
        self.step.append(*(_absence(self.step, self.offers[answer.offer_id], answer) for answer in elsewhen))

    def take_yeses(self) -> None:
        """Turn each yes into a visit, if nothing forbids it by now."""
        if not self.yeses:
            return
        policy = in_force(self.step.transaction, self.step.moment)
        broken = self.step.broken_rules(policy, pd.DataFrame([self.offers[yes.offer_id] for yes in self.yeses]))
        n_new: Counter[str] = Counter()
        filled: set[str] = set()
        for yes in self.yeses:
            offer = self.offers[yes.offer_id]
            request_id = offer["request_id"]
            try:
                n_left = self._n_left(request_id) - n_new[request_id]
                self._may_agree(yes, n_left, broken.get((request_id, offer["volunteer_id"]), []))
            except ImpossibleStep as refusal:
                self.refused[yes.offer_id] = str(refusal)
                continue
            n_new[request_id] += 1
            filled |= {request_id} if n_left == 1 else set()
            self.visit_ids[yes.offer_id] = visit_id_of(yes.offer_id)
        agreed = [yes for yes in self.yeses if yes.offer_id in self.visit_ids]
        self.step.append(*(fact for yes in agreed for fact in (self._fact_of(yes), self._visit_of(yes))))
        close_requests(self.step, filled, "filled", but=[yes.offer_id for yes in agreed])
        notify.queue_all(self.step.transaction, self._words(agreed), now=self.step.at)

    def _is_due(self, answer: Answer) -> bool:
        """Whether an answer is to be taken: it is new, and the offer open. One in time but told of late is in time."""
        offer = self.offers[answer.offer_id]
        if offer["status"] == answer.response:
            if answer.response == "accepted":
                self._say_again(answer.offer_id)
            return False
        when = moment_of(self.step, answer.at)
        if when.replace(tzinfo=None) < offer["sent_at"]:
            raise InputError(f"Offer {answer.offer_id} was sent after {when.isoformat()}, so it was not answered then.")
        if offer["status"] == "expired" and when.replace(tzinfo=None) < offer["expires_at"]:
            return True
        try:
            must_be("offer", answer.offer_id, offer["status"], _STEP_OF[answer.response])
        except ImpossibleStep as refusal:
            self.refused[answer.offer_id] = str(refusal)
            return False
        return True

    def _say_again(self, offer_id: str) -> None:
        """Answer a yes given twice as before, unless the visit was called off meanwhile."""
        visit_id = visit_id_of(offer_id)
        status = self.step.one("visit", visit_id)["status"]
        if status == "cancelled":
            self.refused[offer_id] = f"Offer {offer_id} was accepted, and visit {visit_id} was cancelled since."
        else:
            self.visit_ids[offer_id] = visit_id

    def _n_left(self, request_id: str) -> int:
        request = self.requests[request_id]
        return int(request["volunteers_needed"] - request["n_agreed"]) if request["status"] in WAITING else 0

    def _may_agree(self, yes: Answer, n_left: int, broken: list[str]) -> None:
        offer = self.offers[yes.offer_id]
        request_id, volunteer_id = offer["request_id"], offer["volunteer_id"]
        if n_left < 1:
            status = self.requests[request_id]["status"]
            raise ImpossibleStep(f"Request {request_id} is {status} and needs nobody more.")
        if offer["starts_at"] <= local_of(moment_of(self.step, yes.at)):
            raise ImpossibleStep(f"The visit of offer {yes.offer_id} would have begun already.")
        if against := [rule for rule in broken if rule in _AT_ANSWER]:
            raise ImpossibleStep(f"{volunteer_id} cannot come to {request_id} any more: {in_words(against)}.")

    def _fact_of(self, answer: Answer) -> facts.OfferAnswered:
        offer = self.offers[answer.offer_id]
        return facts.OfferAnswered(
            occurred_at=moment_of(self.step, answer.at),
            request_id=offer["request_id"],
            volunteer_id=offer["volunteer_id"],
            response=answer.response,
            offer_id=answer.offer_id,
            reason_code=answer.reason_code,
        )

    def _visit_of(self, yes: Answer) -> facts.VisitAgreed:
        offer = self.offers[yes.offer_id]
        return facts.VisitAgreed(
            occurred_at=moment_of(self.step, yes.at),
            visit_id=visit_id_of(yes.offer_id),
            request_id=offer["request_id"],
            volunteer_id=offer["volunteer_id"],
            starts_at=offer["starts_at"],
            ends_at=offer["ends_at"],
            minutes=int(offer["minutes"]),
        )

    def _words(self, agreed: Sequence[Answer]) -> Iterator[notify.Word]:
        """Tell both sides at once, and again the day before."""
        for yes in agreed:
            offer = self.offers[yes.offer_id]
            remind_at = notify.day_before(offer["starts_at"])
            both = self.requests[offer["request_id"]], self.volunteers[offer["volunteer_id"]]
            for resident_id in (side["resident_id"] for side in both):
                yield notify.Word("confirmation", resident_id, visit_id_of(yes.offer_id))
                if remind_at > self.step.at:
                    yield notify.Word("reminder", resident_id, visit_id_of(yes.offer_id), send_after=remind_at)


def _may_answer(step: Taking, offer: dict[str, Any], request: dict[str, Any], volunteer: dict[str, Any]) -> None:
    """An answer is taken by the volunteer's link, or by a coordinator of either side."""
    account = step.acting.account_id
    if account.startswith(LINK):
        if account != f"{LINK}{offer['offer_id']}":
            raise AccessDenied("This link is for another offer.")
        return
    codes = step.acting.municipality_codes
    if codes is not None and volunteer["municipality_code"] in codes:
        return
    step.acting.must_work_in(request["municipality_code"])


def _absence(step: Taking, offer: dict[str, Any], answer: Answer) -> facts.AbsenceStated:
    """Keep a volunteer free of visits at the time of an offer, or on its day."""
    starts_at, ends_at = offer["starts_at"], offer["ends_at"]
    if answer.not_that_day:
        starts_at = datetime.combine(starts_at.date(), time())
        ends_at = max(ends_at, starts_at + timedelta(days=1))
    return facts.AbsenceStated(
        occurred_at=moment_of(step, answer.at),
        volunteer_id=offer["volunteer_id"],
        starts_at=starts_at,
        ends_at=ends_at,
    )


def visit_id_of(offer_id: str) -> str:
    """Name the visit that a yes to an offer agrees."""
    return id_of("visit", offer_id)
