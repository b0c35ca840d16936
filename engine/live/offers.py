"""Volunteers are asked: approved proposals first, then the next best, as many and as soon as the policy says.

An open offer holds the volunteer's time, so that nobody is booked twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine import facts, notify
from engine.candidates import view
from engine.clock import local_of, utc_of
from engine.lifecycle import WAITING, Taking, id_of, must_be, row_of, rows_of, taking
from engine.live.adoption import in_force
from engine.live.closing import close_offers
from engine.live.decisions import Pair
from engine.policy import Policy
from engine.rules import NEVER_BY_HAND, WORDS, in_words

if TYPE_CHECKING:
    from engine.store import Store

_AT_SENDING = NEVER_BY_HAND - {"already_asked"}


@dataclass(frozen=True, slots=True)
class Sent:
    """What a round of offers did: the ids of the offers, and for approved proposals that wait the sentence why."""

    offer_ids: tuple[str, ...]
    waiting: dict[Pair, str]


def send_offers(
    store: Store,
    actor_id: str,
    request_ids: Iterable[str] | None = None,
    *,
    at: datetime | None = None,
    idempotency_key: str | None = None,
) -> Sent:
    """Put approved proposals to their volunteers, and ask the next ones where the policy says so.

    Parameters
    ----------
    request_ids
        Only these requests; by default all of the account's municipalities.

    Raises
    ------
    AccessDenied
        When the account may not.
    """
    with taking(store, actor_id, "send_offer", at, idempotency_key=idempotency_key) as step:
        policy = in_force(step.transaction, step.moment)
        requests = _asking(step, request_ids)
        sender = _Sender(step, policy, requests)
        for proposal in step.rows("proposals_at", status="approved"):
            if proposal["request_id"] in requests:
                sender.send_approved(proposal)
        sender.ask_more()
        sender.write()
        return Sent(tuple(sender.offer_ids), sender.waiting)


def withdraw_offer(store: Store, actor_id: str, offer_id: str, *, at: datetime | None = None) -> None:
    """Take an open offer back; the volunteer is told kindly.

    Raises
    ------
    InputError
        When there is no such offer.
    ImpossibleStep
        When it is not open.
    AccessDenied
        When the account may not, in the request's municipality.
    """
    with taking(store, actor_id, "send_offer", at) as step:
        offer = step.one("offer", offer_id)
        step.request(offer["request_id"])
        must_be("offer", offer_id, offer["status"], "close")
        close_offers(step, [offer], "withdrawn")


class _Sender:
    """One round of offers: what was sent in it counts for what comes after it."""

    def __init__(self, step: Taking, policy: Policy, requests: dict[str, dict[str, Any]]) -> None:
        self.step = step
        self.asking = policy.asking
        self.policy = policy
        self.requests = requests
        self.offer_ids: list[str] = []
        self.waiting: dict[Pair, str] = {}
        self.offers = step.table("offers_at", request_id=list(requests))
        asked = step.transaction.query("asked_recently", as_of=step.moment, until_entry=step.transaction.entry_no)
        self.n_asked = Counter(dict(zip(asked["volunteer_id"], asked["n_asked"].tolist(), strict=True)))
        is_open = self.offers["status"] == "sent"
        self.n_open = Counter(self.offers.loc[is_open, "request_id"])
        self.waits_since = self.offers[is_open].groupby("request_id")["sent_at"].max().to_dict()
        self.n_sent = Counter(self.offers["request_id"])
        self.n_of_pair = Counter(zip(self.offers["request_id"], self.offers["volunteer_id"], strict=True))
        volunteers = step.table("volunteers_at")
        self.resident_of = dict(zip(volunteers["volunteer_id"], volunteers["resident_id"], strict=True))
        approved = step.table("proposals_at", status="approved")
        self.broken = step.broken_rules(policy, approved[approved["request_id"].isin(list(requests))])
        self._facts: list[facts.OfferSent] = []

    def send_approved(self, proposal: dict[str, Any]) -> None:
        """Send one approved proposal, or note why it waits."""
        pair = (proposal["request_id"], proposal["volunteer_id"])
        if proposal["starts_at"] <= local_of(self.step.moment):
            self.waiting[pair] = "its time has passed; the next run finds another"
        elif self._is_asked_enough(pair[1]):
            self.waiting[pair] = WORDS["asked_enough"].en
        elif against := [rule for rule in self.broken.get(pair, []) if rule in _AT_SENDING]:
            self.waiting[pair] = in_words(against)
        else:
            self._send(proposal)

    def ask_more(self) -> None:
        """Ask the next best candidates of requests with too few open offers, each volunteer once in a round."""
        short = {request_id: n for request_id in self.requests if (n := self._n_short(request_id)) > 0}
        if not short:
            return
        # An approval that waits holds all that an offer holds: what was sent in this round is in this look already.
        seen = view(
            self.step.transaction,
            self.policy,
            self.step.moment,
            self.step.transaction.entry_no,
            only_requests=sorted(short),
        )
        n_lent = seen.volunteer_weeks.groupby(["municipality_code", "week"])["n_lent"].sum().to_dict()
        taken: set[str] = set()
        best = seen.candidates.sort_values(["value", "volunteer_id", "starts_at"], ascending=[False, True, True])
        sides = ("request_id", "volunteer_id", "municipality_code", "volunteer_municipality_code", "week")
        for row, of in enumerate(zip(*(best[column] for column in sides), strict=True)):
            request_id, volunteer_id, municipality_code, home_code, week = of
            is_lent = home_code != municipality_code
            if short[request_id] == 0 or volunteer_id in taken or self._is_asked_enough(volunteer_id):
                continue
            if is_lent and n_lent.get((home_code, week), 0) >= self.policy.limits.lent_visits_per_week_max:
                continue
            taken.add(volunteer_id)
            short[request_id] -= 1
            n_lent[home_code, week] = n_lent.get((home_code, week), 0) + is_lent
            self._send({**row_of(best.iloc[[row]]), "run_id": None})

    def write(self) -> None:
        """Write down what was sent since, and tell the volunteers."""
        self.step.append(*self._facts)
        words = [notify.Word("offer", self.resident_of[sent.volunteer_id], sent.offer_id) for sent in self._facts]
        notify.queue_all(self.step.transaction, words, now=self.step.at)
        self._facts.clear()

    def _is_asked_enough(self, volunteer_id: str) -> bool:
        return self.n_asked[volunteer_id] >= self.asking.offers_per_week_max

    def _n_short(self, request_id: str) -> int:
        """Count the offers a request lacks: it is asked for already, and too few are open or they wait for long."""
        if self.n_sent[request_id] == 0:
            return 0
        wanted = int(self.requests[request_id]["n_wanted"]) * self.asking.parallel_offers
        n_open = self.n_open[request_id]
        if n_open < wanted:
            return wanted - n_open
        waits_since = self.waits_since.get(request_id)
        is_slow = waits_since is not None and self.step.moment.replace(tzinfo=None) - waits_since >= timedelta(
            hours=self.asking.next_offer_hours
        )
        return int(is_slow)

    def _send(self, visit: dict[str, Any]) -> None:
        request_id, volunteer_id = visit["request_id"], visit["volunteer_id"]
        offer_id = id_of("offer", request_id, volunteer_id, self.n_of_pair[request_id, volunteer_id])
        latest = self.step.at + timedelta(hours=self.asking.answer_hours)
        self._facts.append(
            facts.OfferSent(
                occurred_at=self.step.at,
                offer_id=offer_id,
                request_id=request_id,
                volunteer_id=volunteer_id,
                starts_at=visit["starts_at"],
                ends_at=visit["ends_at"],
                minutes=int(visit["minutes"]),
                distance_km=visit.get("distance_km"),
                expires_at=min(latest, utc_of(visit["starts_at"])),
                run_id=visit["run_id"],
            )
        )
        self.offer_ids.append(offer_id)
        self.n_asked[volunteer_id] += 1
        self.n_open[request_id] += 1
        self.n_sent[request_id] += 1


def _asking(step: Taking, request_ids: Iterable[str] | None) -> dict[str, dict[str, Any]]:
    """List the requests an account may send offers for, that still want a volunteer: with ``n_wanted``."""
    requests = step.table("requests_at", status=WAITING)
    if request_ids is not None:
        for request_id in (wanted := list(request_ids)):
            step.request(request_id)
        requests = requests[requests["request_id"].isin(wanted)]
    if (mine := step.acting.municipality_codes) is not None:
        requests = requests[requests["municipality_code"].isin(mine)]
    requests = requests.assign(n_wanted=requests["volunteers_needed"] - requests["n_agreed"])
    return {row["request_id"]: row for row in rows_of(requests[requests["n_wanted"] > 0])}
