"""What a change of the pilot is worth to a run: from above by the run's prices, exactly by solving again.

At prices pi, mu every volunteer-week u has a best plan, and

    B = sum_r n_r pi_r + sum_i b_i mu_i + sum_u max(0, best plan of u)

is at least the worth of any assignment (formulation page, 14). A change that gives one volunteer other candidates
changes the terms of this volunteer and, where it makes new requests servable, the bounds b_i of the equity floors.
The new optimum is at most B with these terms changed, and the gain at most that less the points of the run: the
*estimate*. It is the change of the terms, plus the slack that the prices leave between B and the run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import pandas as pd

from engine.candidates import View
from engine.certificate import CertificateNames
from engine.plan_model.bounds import rounded_down
from engine.plans import Plans
from engine.problem import Assignment, Problem
from engine.programme import problem_of
from engine.solver import solve

Prices = dict[str, float]
"""Prices of requests (``request:milk``) and side rows by name; what has no name here costs nothing."""


@dataclass(frozen=True, slots=True)
class Base:
    """A run as it stands, with prices that bound it.

    Parameters
    ----------
    points, n_served
        What its plan is worth, and how many requests it serves; with ``proved``, no plan is worth more.
    slack
        Points between the bound of ``prices`` and the plan.
    best_plans
        Points of the best plans of each volunteer's weeks at these prices, added up.
    """

    view: View
    points: float
    n_served: int
    proved: bool
    prices: Prices
    slack: float
    best_plans: pd.Series[float]

    @classmethod
    def of(cls, view: View, points: float, n_served: int, proved: bool, certificate: pd.DataFrame) -> Base:
        """Read a run's certificate (columns leaf, row, price).

        Any prices that are not negative bound every assignment, so those of one leaf, or the mean of all, serve
        without the leaf's own decisions. The set that bounds best is taken; what it leaves open is the slack.
        """
        problem = problem_of(view)
        tries = [(_bound(view, problem, prices), prices) for prices in _single_prices(certificate)]
        (bound, best), prices = min(tries, key=lambda tried: tried[0][0])
        return cls(view, points, n_served, proved, prices, max(0.0, bound - points), best)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a change of one volunteer would bring at the run's prices.

    Parameters
    ----------
    points
        The estimate: never below the true gain.
    excess_points
        The estimate without the slack of the prices.
    request_ids
        The requests in the volunteer's best plans at these prices, sorted.
    """

    volunteer_id: str
    points: float
    excess_points: float
    request_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gain:
    """What a change brings by solving again: points, requests served more, and those the volunteer then serves."""

    points: float
    n_served_more: int
    request_ids: tuple[str, ...]


def offers(base: Base, world: View, volunteer_ids: list[str]) -> list[Offer]:
    """Estimate for each volunteer alone what the run would gain if their part of ``world`` were true.

    Parameters
    ----------
    world
        The run's view with more supposed of any number of volunteers; each is judged apart.
    """
    if not volunteer_ids:
        return []
    problem = problem_of(world)
    found = _best_plans(world, problem, base.prices)
    excess = found.points.reindex(volunteer_ids).fillna(0.0)
    excess -= base.best_plans.reindex(volunteer_ids).fillna(0.0)
    excess -= _floors_raised(base, world).reindex(volunteer_ids).fillna(0.0)
    return [
        Offer(
            volunteer_id,
            rounded_down(float(points) + base.slack, problem.resolution),
            float(points),
            found.request_ids.get(volunteer_id, ()),
        )
        for volunteer_id, points in zip(volunteer_ids, excess, strict=True)
    ]


def gain(base: Base, world: View, volunteer_id: str, time_limit_s: float) -> Gain | None:
    """Solve the run again with one volunteer's part of ``world`` true.

    ``None`` when it is not proved in time that nothing better exists, with the change or without.

    Raises
    ------
    NoSolutionError
        When the change makes pins binding that contradict the limits.
    """
    if not base.proved:
        return None
    changed = with_volunteer(base.view, world, volunteer_id)
    found = solve(problem_of(changed), time_limit_s=time_limit_s)
    if found.proof != "optimal":
        return None
    chosen = changed.candidates.iloc[found.chosen]
    mine = chosen.loc[chosen["volunteer_id"] == volunteer_id, "request_id"]
    points = round(float(found.objective - base.points), 6)
    return Gain(points, int(chosen["request_id"].nunique()) - base.n_served, tuple(sorted(set(mine))))


def with_volunteer(view: View, world: View, volunteer_id: str) -> View:
    """Take one volunteer's part from ``world``, everything else from ``view``."""

    def mixed(ours: pd.DataFrame, theirs: pd.DataFrame, order: list[str]) -> pd.DataFrame:
        both = [ours[ours["volunteer_id"] != volunteer_id], theirs[theirs["volunteer_id"] == volunteer_id]]
        return pd.concat(both).sort_values(order, ignore_index=True)

    return replace(
        view,
        candidates=mixed(view.candidates, world.candidates, ["request_id", "volunteer_id", "starts_at"]),
        volunteer_weeks=mixed(view.volunteer_weeks, world.volunteer_weeks, ["volunteer_id", "week"]),
    )


def certificate_of(view: View, found: Assignment) -> pd.DataFrame:
    """Lay an assignment's certificate out as a run stores it: leaf, row, price."""
    names = CertificateNames.of(view, problem_of(view))
    rows = [(leaf, *row) for leaf, branch in enumerate(found.certificate) for row in names.write(branch)]
    return pd.DataFrame(rows, columns=["leaf", "row", "price"])


def _single_prices(certificate: pd.DataFrame) -> list[Prices]:
    """List sets of prices without decisions: of the first leaf, and the mean of the leaves, of the same components."""
    if certificate.empty:
        return [{}]
    groups: dict[tuple[str, ...], list[Prices]] = {}
    for _, leaf in certificate.groupby("leaf", sort=True):
        named = dict(zip(leaf["row"], leaf["price"].astype(float), strict=True))
        kinds = {name: name.partition(":")[0] for name in named}
        about = tuple(sorted(name for name in named if kinds[name] == "component"))
        priced = {name: named[name] for name in named if kinds[name] not in ("component", "taken", "dropped")}
        groups.setdefault(about, []).append(priced)
    first: Prices = {}
    mean: Prices = {}
    for leaves in groups.values():
        first |= leaves[0]
        for leaf_prices in leaves:
            for name, price in leaf_prices.items():
                mean[name] = mean.get(name, 0.0) + price / len(leaves)
    return [first, mean]


@dataclass(frozen=True, slots=True)
class _Best:
    """The best plans at some prices, by volunteer: what they are worth in total, and the requests in them."""

    points: pd.Series[float]
    request_ids: dict[str, tuple[str, ...]]


def _best_plans(view: View, problem: Problem, prices: Prices) -> _Best:
    if not problem.n_candidates:
        return _Best(pd.Series(dtype=np.float64), {})
    request = _of_requests(view, prices)
    worth = problem.value - request[problem.request]
    for row in problem.side_rows:
        np.subtract.at(worth, row.candidates, prices.get(row.name, 0.0) * row.coefficients)
    found = Plans(problem).price(worth)
    ids = view.candidates["volunteer_id"].to_numpy(object)
    of_week = np.empty(problem.n_volunteer_weeks, dtype=object)
    of_week[problem.volunteer_week] = ids
    members = view.candidates.iloc[found.members][["volunteer_id", "request_id"]].drop_duplicates()
    requests = {str(v): tuple(sorted(served)) for v, served in members.groupby("volunteer_id")["request_id"]}
    return _Best(pd.Series(found.best).groupby(of_week).sum(), requests)


def _bound(view: View, problem: Problem, prices: Prices) -> tuple[float, pd.Series[float]]:
    """Bound every assignment at some prices; with the best plans by volunteer that are part of it."""
    best = _best_plans(view, problem, prices)
    of_rows = sum(row.bound * prices.get(row.name, 0.0) for row in problem.side_rows)
    return float(problem.needed @ _of_requests(view, prices) + of_rows + best.points.sum()), best.points


def _of_requests(view: View, prices: Prices) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([prices.get(f"request:{r}", 0.0) for r in view.requests["request_id"]], dtype=np.float64)


def _floors_raised(base: Base, world: View) -> pd.Series[float]:
    """Price what each volunteer alone adds to the equity floors by making further requests servable."""
    share = base.view.policy.limits.equity_floor_share
    needed = base.view.requests.set_index("request_id")[["n_needed", "municipality_code"]]
    servable = needed.loc[base.view.candidates["request_id"].unique()]
    before = servable.groupby("municipality_code")["n_needed"].sum()
    new = world.candidates.loc[~world.candidates["request_id"].isin(servable.index), ["volunteer_id", "request_id"]]
    new = new.drop_duplicates().join(needed, on="request_id")
    raised = new.groupby(["volunteer_id", "municipality_code"], as_index=False)["n_needed"].sum()
    cost = [
        (_floor(share, n + int(before.get(code, 0))) - _floor(share, int(before.get(code, 0))))
        * base.prices.get(f"equity:{code}", 0.0)
        for code, n in raised[["municipality_code", "n_needed"]].itertuples(index=False)
    ]
    return pd.Series(cost, dtype=np.float64).groupby(raised["volunteer_id"].to_numpy(object)).sum()


def _floor(share: float, n_needed: int) -> int:
    """(6)  visits that a municipality should get, as :func:`engine.programme.equity_floors` has it."""
    return ceil(share * n_needed - 1e-9)
