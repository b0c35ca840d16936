"""A week of invented people for a newcomer to look at: the demo pilot, lived through until Wednesday at noon.

Everything in it was done through the doors a coordinator uses; only who says yes, who forgets and who does not come is
drawn by lot, always the same.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from engine import printout
from engine.clock import local_of, utc_of
from engine.commands.matching import DEMO_MOMENT, DEMO_PACKAGE
from engine.commands.serving import DEMO_DB
from engine.errors import EngineError, ImpossibleStep, InputError
from engine.intake import import_package
from engine.live import adoption
from engine.live.answers import answer_offer
from engine.live.chores import do_chores
from engine.live.decisions import approve
from engine.live.incidents import report_incident, triage_incident
from engine.live.offers import send_offers
from engine.live.visits import complete_visit, give_feedback, miss_visit
from engine.matching import match
from engine.policy import Policy
from engine.store import Store

ME = "demo-coordinator"
ENDS = utc_of(datetime(2026, 12, 2, 12, 30))
"""Wednesday at half past noon: the clock of the dashboard goes on from here."""

YES, NO = 0.62, 0.18
"""Shares of the asked who say so; the others do not answer in time. Assumptions, as is every number here."""

COMPLETED, MISSED = 0.78, 0.06
"""Shares of visits that took place, and that somebody did not come to; the others nobody has recorded yet."""


class Week:
    """The week, as it goes by."""

    def __init__(self, path: Path, seed: int = 1) -> None:
        self.now = DEMO_MOMENT
        self.lot = Random(seed)  # noqa: S311 - invention, not cryptography
        self.store = Store.create(path, clock=lambda: self.now)

    def begin(self, package: Path) -> None:
        """Take everybody in, and match on Sunday evening."""
        import_package(self.store, package, ME, now=self.now)
        self.match()

    def match(self) -> None:
        """Make a run."""
        match(self.store, Policy.named(adoption.DEFAULT), self.now, actor_id=ME)

    def offer(self, share: float) -> None:
        """Approve a share of what the newest run proposes, and ask the volunteers."""
        with self.store.reading() as reading:
            waiting = reading.state("proposals_at", self.now)
        waiting = waiting[waiting["status"] == "made"]
        pairs = list(zip(waiting["request_id"], waiting["volunteer_id"], strict=True))
        approve(self.store, ME, self.lot.sample(pairs, round(share * len(pairs))))
        send_offers(self.store, ME)

    def answers(self) -> None:
        """Let those who were asked answer, or not."""
        with self.store.reading() as reading:
            offers = reading.state("offers_at", self.now)
        for offer_id in offers.loc[offers["status"] == "sent", "offer_id"]:
            drawn = self.lot.random()
            response = "accepted" if drawn < YES else "declined" if drawn < YES + NO else None
            if response is None:
                continue
            reason = self.lot.choice(["time", "distance", "too_much"]) if response == "declined" else None
            try:
                answer_offer(self.store, ME, offer_id, response, reason_code=reason)
            except ImpossibleStep:  # somebody else was faster
                continue

    def outcomes(self) -> None:
        """Record what became of the visits that are over."""
        with self.store.reading() as reading:
            visits = reading.state("visits_at", self.now)
        over = visits[(visits["status"] == "agreed") & (visits["ends_at"] < local_of(self.now))]
        for visit in over.itertuples():
            drawn = self.lot.random()
            if drawn < COMPLETED:
                complete_visit(self.store, ME, str(visit.visit_id))
                if self.lot.random() < 1 / 2:
                    rating = self.lot.choice([3, 4, 4, 5, 5, 5])
                    give_feedback(self.store, ME, str(visit.visit_id), "resident", rating, again=rating > 3)
            elif drawn < COMPLETED + MISSED:
                miss_visit(self.store, ME, str(visit.visit_id), self.lot.choice(["resident", "volunteer"]))

    def incidents(self) -> None:
        """Report two things that went wrong; one is being dealt with."""
        with self.store.reading() as reading:
            visits = reading.state("visits_at", self.now)
        done = list(visits.loc[visits["status"] == "completed", "visit_id"])
        if len(done) < 2:
            return
        told = report_incident(self.store, ME, "worry", 2, "Verkade trött och hade inte ätit.", visit_id=done[0])
        triage_incident(self.store, ME, told, 2, "called_both")
        report_incident(self.store, ME, "property", 1, "En vas gick sönder vid dammsugningen.", visit_id=done[1])


def live(path: Path, package: Path = DEMO_PACKAGE) -> None:
    """Make the pilot at ``path`` of the people in a data package, and live through its week.

    Raises
    ------
    InputError
        When another pilot stands at ``path``.
    """
    _forget(path)
    with printout.progress(printout.console(stderr=True)) as phase:
        phase("Inventing a week: people and a first match")
        week = Week(path)
        with week.store.held():
            week.begin(package)
            for day, share in ((0, 0.7), (1, 0.6)):
                phase(f"Inventing a week: day {day + 1}")
                week.now = DEMO_MOMENT + timedelta(days=day, hours=14, minutes=30)
                week.offer(share)
                week.now += timedelta(hours=5)
                week.answers()
                week.now += timedelta(hours=5)
                week.outcomes()
                do_chores(week.store, ME)
                week.match()
            week.now = ENDS - timedelta(hours=4)
            week.offer(0.4)
            week.now = ENDS - timedelta(minutes=30)
            week.outcomes()
            week.incidents()
            do_chores(week.store, ME)
        week.store.close()
    path.with_name(f"{path.name}.now").write_text(ENDS.isoformat(), encoding="utf-8")


def _forget(path: Path) -> None:
    if path.exists() and path.resolve() != DEMO_DB.resolve() and not path.with_name(f"{path.name}.now").exists():
        raise InputError(f"{path} exists already; the demo never overwrites a pilot.")
    for ending in ("", ".wal", ".key", ".now"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


if __name__ == "__main__":
    try:
        live(Path(sys.argv[1]))
    except EngineError as error:
        sys.exit(f"mikro: {error}")
