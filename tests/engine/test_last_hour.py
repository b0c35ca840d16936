"""Ten programs want a volunteer's last hour at the same moment: one gets it, nine are told why not in a sentence."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from small_pilot import BEN, EVERYTHING_FITS, MILK, NOW, RUT, TUESDAY

from engine.errors import ImpossibleStep
from engine.facts import OfferSent
from engine.live.answers import answer_offer
from engine.live.overrides import add_by_hand
from engine.storage.log_check import check_log
from engine.store import Store

N = 10
WON = "won"
AFTER = NOW + timedelta(hours=1)


def offer(request_id, volunteer_id):
    return OfferSent(
        occurred_at=NOW,
        offer_id=f"offer of {request_id} to {volunteer_id}",
        request_id=request_id,
        volunteer_id=volunteer_id,
        starts_at=TUESDAY.replace(hour=9),
        ends_at=TUESDAY.replace(hour=10),
        minutes=65,
        distance_km=0.6,
        expires_at=NOW + timedelta(days=1),
        run_id=None,
    )


def volunteers():
    """Give ten volunteers, each like Ben."""
    for i in range(N):
        for fact in BEN:
            names = {"resident_id": f"ben{i}", "volunteer_id": f"Ben{i}"}
            yield replace(fact, **{name: value for name, value in names.items() if hasattr(fact, name)})


def all_at_once(path, attempts):
    """Let every attempt start at the same moment, each with a store of its own; give what came of each."""
    start, came = threading.Barrier(len(attempts)), [None] * len(attempts)

    def try_it(nth):
        store = Store(path, clock=lambda: AFTER)
        start.wait()
        try:
            attempts[nth](store)
            came[nth] = WON
        except Exception as error:
            came[nth] = error

    threads = [threading.Thread(target=try_it, args=[nth]) for nth in range(len(attempts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


def assert_one_winner(came, words):
    assert came.count(WON) == 1
    refusals = [result for result in came if result is not WON]
    assert len(refusals) == N - 1
    assert {type(refusal) for refusal in refusals} == {ImpossibleStep}
    assert [str(refusal) for refusal in refusals if words not in str(refusal)] == []


@pytest.fixture
def store(pilot_path):
    return Store(pilot_path, clock=lambda: NOW)


def test_ten_coordinators_who_want_the_same_hour_of_a_volunteer_get_it_once(store):
    asking = [replace(RUT, resident_id=f"rut{i}") for i in range(N)]
    asked = [replace(MILK, request_id=f"milk{i}", resident_id=f"rut{i}") for i in range(N)]
    with store.transaction("test", "set up") as transaction:
        transaction.append([*EVERYTHING_FITS, *asking, *asked])

    came = all_at_once(
        store.path,
        [
            lambda own, request_id=request.request_id: add_by_hand(
                own, "anna", request_id, "Ada", TUESDAY.replace(hour=9), "wish_of_resident", at=AFTER
            )
            for request in asked
        ],
    )

    assert_one_winner(came, "another visit then")
    with store.reading() as reading:
        assert len(reading.state("commitments_at", AFTER)) == 1
        assert check_log(reading).faults == ()


def test_ten_yeses_for_the_last_place_of_a_request_make_one_visit(store):
    offers = [offer("milk", f"Ben{i}") for i in range(N)]
    with store.transaction("test", "set up") as transaction:
        transaction.append([*EVERYTHING_FITS, *volunteers(), *offers])

    came = all_at_once(
        store.path,
        [lambda own, one=one.offer_id: answer_offer(own, "anna", one, "accepted", at=AFTER) for one in offers],
    )

    assert_one_winner(came, "is closed")
    with store.reading() as reading:
        assert len(reading.state("visits_at", AFTER)) == 1
        assert check_log(reading).faults == ()
