"""Rivals: the ways pilots are run today, as other ways of choosing among the same candidates in the same simulator.

Each is held to the same rules about people's time as the optimal plan; what differs is in which order requests and
volunteers are looked at, and how many are asked at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.candidates import View
from engine.plan_model.greedy import SideTerms, insert_in_order, points_of
from engine.plans import Plans
from engine.policy import Policy
from engine.problem import Assignment, Ints, Problem

Order = Callable[[View, Problem], Ints]
"""Says in which order the candidates of a view are tried."""

BROADCAST_OFFERS = 20
"""As many as a policy may ask at once: a broadcast to the candidates, the first yes wins."""


@dataclass(frozen=True, slots=True)
class Rival:
    """A way of running a pilot.

    Parameters
    ----------
    order
        In which order candidates are taken, each that still fits; ``None`` for the engine's own plan.
    parallel_offers
        How many are asked at once; the policy's own number when left out.
    every_days
        The match is made once in so many days. Who declines is replaced every day all the same.
    """

    name: str
    about: str
    order: Order | None = None
    parallel_offers: int | None = None
    every_days: int = 1

    @property
    def propose(self) -> Callable[[View, Problem], Assignment] | None:
        """Give what :func:`engine.matching.match` is to choose by."""
        return None if self.order is None else self._in_order

    def policy_of(self, policy: Policy) -> Policy:
        """Return the policy as this way of asking has it."""
        if self.parallel_offers is None:
            return policy
        asking = replace(
            policy.asking, parallel_offers=self.parallel_offers, offers_per_week_max=50, next_offer_hours=336
        )
        return replace(policy, name=f"{policy.name}-{self.name}", asking=asking)

    def _in_order(self, view: View, problem: Problem) -> Assignment:
        """Take candidates one after the other; nothing is proved but that the rules are kept."""
        if self.order is None or not problem.n_candidates:
            chosen: Ints = np.empty(0, dtype=np.int64)
        else:
            chosen = insert_in_order(Plans(problem), SideTerms.of(problem), self.order(view, problem))
        points = points_of(problem, SideTerms.of(problem), chosen) if problem.n_candidates else 0.0
        # Every request served for its best value and every first visit: no plan is worth more.
        above = float(problem.value.clip(0).sum() + problem.load_points.clip(0).sum())
        return Assignment(chosen, points, max(points, above), "feasible", self.name)


def _broadcast(view: View, problem: Problem) -> Ints:
    """The oldest request first; of its candidates nobody is better than another, so the lot decides."""
    lot = np.random.Generator(np.random.Philox(key=len(view.candidates))).random(problem.n_candidates)
    return _lexsorted(problem.request, lot)


def _nearest(view: View, problem: Problem) -> Ints:
    """The nearest pair first, whoever asked when."""
    return _lexsorted(view.candidates["distance_km"].to_numpy(), problem.request)


def _by_hand(view: View, problem: Problem) -> Ints:
    """The oldest request first, as a list is worked off; whom the resident knows or named first, then the nearest."""
    known = view.candidates["value_continuity"] + view.candidates["value_preference"]
    return _lexsorted(problem.request, -known.to_numpy(), view.candidates["distance_km"].to_numpy())


def _greedy(view: View, problem: Problem) -> Ints:
    """The most valuable pair first, whatever it takes from others."""
    return _lexsorted(-problem.value, problem.request)


def _lexsorted(*keys: Any) -> Ints:
    """Order candidates by the first key, ties by the next; requests are numbered in the order of their ids."""
    order: Ints = np.lexsort(keys[::-1])
    return order


RIVALS = {
    rival.name: rival
    for rival in (
        Rival("optimal", "the engine's plan, proved optimal every day"),
        Rival("greedy", "the most valuable pair first", _greedy),
        Rival("by_hand", "requests in the order they came, each to somebody known, else to the nearest", _by_hand),
        Rival("nearest", "the nearest pair first", _nearest),
        Rival("every_3_days", "the engine's plan, made on every third day", every_days=3),
        Rival("weekly", "the engine's plan, made once a week", every_days=7),
        Rival("broadcast", "every candidate is asked at once, the first yes wins", _broadcast, BROADCAST_OFFERS),
    )
}
"""By name. A simulated request's id begins with the day it was made, so that their order is that of arrival."""
