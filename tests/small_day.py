"""A pilot taken through its first steps: matched, offered, agreed; and what became of it."""

from datetime import UTC, datetime, timedelta

from small_pilot import EVERYTHING_FITS, NOW, pilot, policy

from engine.live.adoption import adopt
from engine.live.answers import answer_offer
from engine.live.decisions import approve
from engine.live.offers import send_offers
from engine.matching import match
from engine.policy import Policy

HOUR = timedelta(hours=1)
AFTER = NOW + timedelta(days=2)  # Tuesday evening
EVER = datetime(2200, 1, 1, tzinfo=UTC)


def planned(*log, numbers=None):
    """Store a pilot, match it once, and give it."""
    store = pilot(*(log or EVERYTHING_FITS))
    chosen = policy(**numbers) if numbers else Policy.named("baseline")
    if numbers:
        adopt(store, chosen, "test", "a test", NOW - HOUR)
    match(store, chosen, NOW)
    return store


def offered(*log, numbers=None):
    """Give a pilot in which the newest run's proposals were approved and sent."""
    store = planned(*log, numbers=numbers)
    with store.reading() as reading:
        pairs = reading.state("proposals_at", EVER)[["request_id", "volunteer_id"]]
    approve(store, "test", list(pairs.itertuples(index=False, name=None)))
    return store, send_offers(store, "test", at=NOW).offer_ids


def agreed(*log):
    """Give a pilot in which milk has a volunteer, and the visit."""
    store, [offer_id, *_] = offered(*log)
    return store, answer_offer(store, "test", offer_id, "accepted", at=NOW + HOUR)


def status(store, request_id="milk", as_of=None):
    with store.reading() as reading:
        return reading.state("requests_at", as_of or NOW + 2 * HOUR, request_id=request_id)["status"].iloc[0]


def offers(store, as_of=None):
    with store.reading() as reading:
        table = reading.state("offers_at", as_of or NOW + 2 * HOUR)
    return dict(zip(table["volunteer_id"], table["status"], strict=True))
