"""Any sequence of steps: no request is lost, nobody is booked twice, and there is one truth.

Hypothesis takes steps at random, most of them impossible. Beside the pilot a plain Python model keeps what was
accepted, offer by offer and visit by visit; after every step the pilot must agree with it.
"""

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from small_pilot import BEN, EVERYTHING_FITS, MILK, NOW, RUT, TUESDAY, pilot, policy

from engine.clock import local_of
from engine.errors import ImpossibleStep, InputError, NoSolutionError
from engine.lifecycle import STEPS
from engine.live.adoption import adopt
from engine.live.answers import answer_offer
from engine.live.decisions import approve, reject
from engine.live.offers import send_offers, withdraw_offer
from engine.live.requests import withdraw_request
from engine.live.visits import cancel_visit, complete_visit, miss_visit
from engine.matching import match

REQUESTS = ("milk", "bread", "both")
VOLUNTEERS = ("Ada", "Ben")
LOG = (
    *EVERYTHING_FITS,
    *BEN,
    replace(RUT, resident_id="sven", lat=56.0525),
    replace(MILK, request_id="bread", resident_id="sven", latest_at=TUESDAY.replace(hour=11)),
    replace(MILK, request_id="both", volunteers_needed=2, latest_at=TUESDAY.replace(hour=13)),
)
POLICY = policy(notice_hours=1, next_offer_hours=3, answer_hours=8, parallel_offers=2, starts_per_pair=2)
REFUSALS = (ImpossibleStep, InputError)
ALLOWED = {(start, step.to_state) for step in STEPS if step.subject == "request" for start in step.from_states}


class Days(RuleBasedStateMachine):
    """A few days of a pilot of two volunteers and three requests that compete for them."""

    @initialize()
    def begin(self):
        self.store = pilot(*LOG)
        adopt(self.store, POLICY, "test", "for the test", NOW)
        self.now = NOW
        self.answers = {}
        self.outcomes = {}
        self.withdrawn = set()
        self.seen = dict.fromkeys(REQUESTS, "submitted")

    @rule(hours=st.sampled_from([1, 4, 12, 24]))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)

    @rule()
    def a_run_is_made(self):
        match(self.store, POLICY, self.now)

    @rule(request=st.sampled_from(REQUESTS), volunteer=st.sampled_from(VOLUNTEERS))
    def a_proposal_is_approved(self, request, volunteer):
        self.may_be_refused(approve, [(request, volunteer)])

    @rule()
    def all_proposals_are_approved(self):
        made = self.state("proposals_at")
        made = made.loc[made["status"] == "made", ["request_id", "volunteer_id"]]
        if len(made):
            self.may_be_refused(approve, list(made.itertuples(index=False, name=None)))

    @rule(request=st.sampled_from(REQUESTS), volunteer=st.sampled_from(VOLUNTEERS))
    def a_proposal_is_rejected(self, request, volunteer):
        self.may_be_refused(reject, [(request, volunteer)], "other")

    @rule()
    def offers_are_sent(self):
        send_offers(self.store, "test", at=self.now)

    @rule(nth=st.integers(0, 5), response=st.sampled_from(["accepted", "accepted", "declined"]))
    def an_offer_is_answered(self, nth, response):
        offers = self.state("offers_at")
        if len(offers):
            offer_id = offers["offer_id"].iloc[nth % len(offers)]
            if self.may_be_refused(answer_offer, offer_id, response):
                assert self.answers.setdefault(offer_id, response) == response

    @rule(nth=st.integers(0, 5))
    def an_offer_is_withdrawn(self, nth):
        offers = self.state("offers_at")
        if len(offers):
            self.may_be_refused(withdraw_offer, offers["offer_id"].iloc[nth % len(offers)])

    @rule(
        nth=st.integers(0, 5),
        end=st.sampled_from([(complete_visit,), (miss_visit, "volunteer"), (cancel_visit, "volunteer", "ill")]),
    )
    def a_visit_ends(self, nth, end):
        visits = self.state("visits_at")
        if len(visits):
            visit_id = visits["visit_id"].iloc[nth % len(visits)]
            if self.may_be_refused(end[0], visit_id, *end[1:]):
                self.outcomes[visit_id] = {"c": "completed", "m": "missed"}[end[0].__name__[0]]
                if end[0] is cancel_visit:
                    self.outcomes[visit_id] = "cancelled"

    @rule(request=st.sampled_from(REQUESTS))
    def a_request_is_withdrawn(self, request):
        before = self.state("visits_at")
        if self.may_be_refused(withdraw_request, request):
            self.withdrawn.add(request)
            coming = before["starts_at"] > local_of(self.now)
            called_off = before[(before["request_id"] == request) & (before["status"] == "agreed") & coming]
            self.outcomes |= dict.fromkeys(called_off["visit_id"], "cancelled")

    @invariant()
    def every_request_is_somewhere_and_went_there_by_the_machine(self):
        now = self.state("requests_at").set_index("request_id")["status"].to_dict()

        assert now.keys() == set(REQUESTS)
        for request, status in now.items():
            before, self.seen[request] = self.seen[request], status
            assert status == before or reachable(before, status), f"{request}: {before} -> {status}"

    @invariant()
    def offers_and_visits_are_what_was_accepted(self):
        offers = self.state("offers_at").set_index("offer_id")["status"].to_dict()
        visits = self.state("visits_at").set_index("visit_id")["status"].to_dict()

        assert {o: s for o, s in offers.items() if s in ("accepted", "declined")} == self.answers
        assert {v: s for v, s in visits.items() if s != "agreed"} == self.outcomes
        assert len(visits) == sum(answer == "accepted" for answer in self.answers.values())

    @invariant()
    def nobody_is_booked_twice_and_no_request_has_too_many(self):
        held = self.state("commitments_at")
        held = held[held["status"].isin(["agreed", "offered", "approved"])]
        for _, mine in held.sort_values("starts_at").groupby("volunteer_id"):
            ends, starts = mine["ends_at"].to_list()[:-1], mine["starts_at"].to_list()[1:]
            assert all(end <= start for end, start in zip(ends, starts, strict=True)), mine
        requests = self.state("requests_at")
        assert (requests["n_agreed"] <= requests["volunteers_needed"]).all()

    @invariant()
    def nobody_is_asked_again_after_a_no(self):
        offers = self.state("offers_at")
        for _, mine in offers.groupby(["request_id", "volunteer_id"]):
            declined = mine.loc[mine["status"] == "declined", "sent_at"]
            assert declined.empty or (mine["sent_at"] <= declined.min()).all()

    def teardown(self):
        """The log is whole, and told again from the beginning it says the same."""
        if hasattr(self, "store"):
            with self.store.reading() as reading:
                assert reading.query("check_integrity").empty
                entry = reading.last_entry_no
                late = reading.state("requests_at", self.now, entry)
                assert late.equals(reading.state("requests_at", self.now))
            self.store.close()

    def state(self, macro):
        with self.store.reading() as reading:
            return reading.state(macro, self.now)

    def may_be_refused(self, step, *said):
        try:
            step(self.store, "test", *said, at=self.now)
        except (*REFUSALS, NoSolutionError):
            return False
        return True


def reachable(before, after):
    """Whether some steps of the machine lead from one state to another: time may pass between two looks."""
    seen, front = {before}, [before]
    while front:
        front = [to for start in front for source, to in ALLOWED if source == start and to not in seen]
        seen.update(front)
    return after in seen


TestDays = Days.TestCase
TestDays.settings = settings(
    max_examples=int(os.environ.get("MIKRO_EXAMPLES", "8")),
    stateful_step_count=16,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestDays.pytestmark = [pytest.mark.timeout(600)]
