"""Small markets whose answer is known: what simulations must reproduce before anybody believes them.

Each market stands here twice: in closed form, and simulated person by person. The closed forms are limits for large
markets (the literature is named at each); tests hold the two against each other, and notebook 03 shows them.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import brentq, linprog, root

Rule = Literal["greedy", "patient", "greedy, fixed stay"]
Floats = NDArray[np.float64]


def loss(rule: Rule, d: float) -> float:
    """Give the share of people who leave unserved in a large market with one side.

    People arrive m per unit of time, two of them fit with probability d/m, and stay for Exp(1), or for exactly 1.
    *Greedy* pairs at arrival, *patient* pairs only who is about to leave.

    Source: Akbarpour, Li and Oveis Gharan 2020, "Thickness and Information in Dynamic Matching Markets"; the fixed
    stay derived in the same way.
    """
    if rule == "greedy":
        return float(brentq(lambda x: 2 * np.exp(-d * x) - 1 - x, 0, 1))
    if rule == "patient":
        z = brentq(lambda z: z * (2 - np.exp(-d * z)) - 1, 0, 1)
        return float(z * np.exp(-d * z))

    def excess(x: float) -> float:
        a = np.exp(-d * x)
        h = (1 - a) / x
        return float(a * -np.expm1(-h) / h - x)

    x = brentq(excess, 1e-9, 1)
    a = np.exp(-d * x)
    return float(a * np.exp(-(1 - a) / x))


def simulated_loss(rule: Rule, d: float, rng: np.random.Generator, m: int = 1000, time: float = 40.0) -> float:
    """Simulate the market of :func:`loss` with m arrivals per unit of time; people of the first tenth do not count.

    Whether two fit is drawn when it first matters, which for each pair is once: the same in law as drawing it before.
    """
    present: list[int] = []
    place: dict[int, int] = {}
    leaving: list[tuple[float, int]] = []
    arrives = np.cumsum(rng.exponential(1 / m, int(m * time)))
    stays = np.ones(len(arrives)) if rule == "greedy, fixed stay" else rng.exponential(1, len(arrives))
    is_lost = np.zeros(len(arrives), dtype=bool)

    def take(person: int) -> None:
        last = present.pop()
        if last != person:
            present[place[person]], place[last] = last, place[person]
        del place[person]

    def partner() -> int | None:
        n_fitting = rng.binomial(len(present), d / m)
        return present[rng.integers(len(present))] if n_fitting else None

    def leave(person: int) -> None:
        if person not in place:
            return
        take(person)
        mate = partner() if rule == "patient" else None
        is_lost[person] = mate is None
        if mate is not None:
            take(mate)

    for person, now in enumerate(arrives):
        while leaving and leaving[0][0] <= now:
            leave(heapq.heappop(leaving)[1])
        mate = None if rule == "patient" else partner()
        if mate is not None:
            take(mate)
            continue
        place[person] = len(present)
        present.append(person)
        heapq.heappush(leaving, (now + stays[person], person))
    counted = (arrives > time / 10) & (arrives < time - 5)  # the last have not had their time
    return float(is_lost[counted].mean())


def two_sided(d: float, rho: float, theta: float) -> tuple[float, float]:
    """Give the share of requests lost and of volunteers never used, in a large market with two sides, paired greedily.

    Requests arrive m per unit of time and leave at rate 1, volunteers rho m and leave at rate theta; two fit with
    probability d/m. Source: the fluid limit of Akbarpour, Li and Oveis Gharan for two sides.
    """

    def flow(state: Floats) -> list[float]:
        x, y = state
        return [
            float(np.exp(-d * y) - x - rho * -np.expm1(-d * x)),
            float(rho * np.exp(-d * x) - theta * y + np.expm1(-d * y)),
        ]

    x, y = root(flow, [0.01, rho / theta / 2]).x
    return float(x), float(theta * y / rho)


def simulated_two_sided(
    d: float, rho: float, theta: float, rng: np.random.Generator, m: int = 1000, time: float = 60.0
) -> tuple[float, float]:
    """Simulate the market of :func:`two_sided`; pools start empty, and the first quarter of the time does not count.

    Everybody of one side is alike, so it is enough to know how many wait on each.
    """
    now, requests, volunteers = 0.0, 0, 0
    asked = lost = offered = unused = 0
    while now < time:
        rate = m + rho * m + requests + theta * volunteers
        now += rng.exponential(1 / rate)
        event = rng.random() * rate
        counts = now > time / 4
        if event < m:
            asked += counts
            is_paired = rng.random() < 1 - (1 - d / m) ** volunteers
            requests, volunteers = (requests, volunteers - 1) if is_paired else (requests + 1, volunteers)
        elif event < m + rho * m:
            offered += counts
            is_paired = rng.random() < 1 - (1 - d / m) ** requests
            requests, volunteers = (requests - 1, volunteers) if is_paired else (requests, volunteers + 1)
        elif event < m + rho * m + requests:
            lost, requests = lost + counts, requests - 1
        else:
            unused, volunteers = unused + counts, volunteers - 1
    return lost / asked, unused / offered


def parallel_offers(k: int, rate: float, accepts: float) -> tuple[float, float]:
    """Give the mean time until somebody says yes, and the mean number of people asked.

    ``k`` offers are open at a time, each is answered at ``rate``, with yes at probability ``accepts``; who declines
    is replaced at once.
    """
    return 1 / (k * rate * accepts), 1 / accepts + k - 1


def simulated_offers(
    k: int, rate: float, accepts: float, rng: np.random.Generator, n: int = 20_000
) -> tuple[float, float]:
    """Simulate :func:`parallel_offers` for ``n`` requests."""
    times, asked = np.zeros(n), np.full(n, k)
    is_open = np.ones(n, dtype=bool)
    while is_open.any():
        n_open = int(is_open.sum())
        times[is_open] += rng.exponential(1 / (k * rate), n_open)
        says_no = rng.random(n_open) >= accepts
        waiting = np.flatnonzero(is_open)
        asked[waiting[says_no]] += 1
        is_open[waiting[~says_no]] = False
    return float(times.mean()), float(asked.mean())


@dataclass(frozen=True, slots=True)
class Placement:
    """Shares of the value of a plan made in hindsight that placing people one by one reaches."""

    by_price: float
    greedy: float


def placement(rng: np.random.Generator, n: int = 100, n_places: int = 10, n_futures: int = 10) -> Placement:
    """Place ``n`` arrivals one by one in places of limited capacity: at the best utility, or at the best less a price.

    The price of a place is its mean dual over ``n_futures`` sampled futures, worked out anew at every tenth arrival.
    Utilities are need times quality, with some noise: then who comes first takes places that others need more.

    Source: Ahani, Gölz, Procaccia, Teytelboym and Trapp 2021, "Dynamic Placement in Refugee Resettlement".
    """
    quality = np.linspace(0.2, 1.0, n_places)

    def arrivals(n_arriving: int) -> Floats:
        need = rng.gamma(1.0, 1.0, (n_arriving, 1))
        return need * quality + rng.normal(0, 0.05, (n_arriving, n_places))

    people, capacity = arrivals(n), np.full(n_places, n // n_places)

    def prices(left: NDArray[np.int64], n_after: int) -> Floats:
        mean: Floats = np.mean([_hindsight(arrivals(n_after), left)[1] for _ in range(n_futures)], axis=0)
        return mean

    best, _ = _hindsight(people, capacity)
    by_price = _one_by_one(people, capacity, prices)
    greedy = _one_by_one(people, capacity, lambda left, _: np.zeros(len(left)))
    return Placement(by_price=by_price / best, greedy=greedy / best)


def _one_by_one(people: Floats, capacity: NDArray[np.int64], prices: Callable[..., Floats]) -> float:
    left, total = capacity.copy(), 0.0
    price = np.zeros(len(capacity))
    for i, utility in enumerate(people):
        if i % 10 == 0:
            price = prices(left, len(people) - i)
        chosen = int(np.argmax(np.where(left > 0, utility - price, -np.inf)))
        left[chosen] -= 1
        total += float(utility[chosen])
    return total


def _hindsight(people: Floats, capacity: NDArray[np.int64]) -> tuple[float, Floats]:
    """Solve the transport problem: the best total utility, and the dual of each place's capacity."""
    n, n_places = people.shape
    if n == 0:
        return 0.0, np.zeros(n_places)
    rows = sparse.kron(sparse.eye(n), np.ones((1, n_places)))
    places = sparse.kron(np.ones((1, n)), sparse.eye(n_places))
    limits = sparse.vstack([rows, places], format="csr")
    solved = linprog(-people.ravel(), A_ub=limits, b_ub=np.concatenate([np.ones(n), capacity]), method="highs")
    return float(-solved.fun), -solved.ineqlin.marginals[n:]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a better way of asking adds to the share of requests served: in truth, and as two trials estimate it."""

    truth: float
    naive: float
    switchback: float


def trial(rng: np.random.Generator, n_municipalities: int = 11, n_weeks: int = 400) -> Trial:
    """Try a way of asking that makes a volunteer fit twice as often, where requests share scarce volunteers.

    30 requests a week and municipality meet 20 volunteers with one visit each; half of those unserved wait for the
    next week, so that a trial by weeks still has something to carry over. A *naive* trial draws a lot for every
    request; a *switchback* for every municipality and every period of four weeks, whose first week does not count.
    The truth is everybody treated against nobody.
    """
    nobody = np.zeros((n_municipalities, n_weeks))
    blocks = np.repeat(rng.random((n_municipalities, n_weeks // 4)) < 0.5, 4, axis=1).astype(float)
    untreated, _ = _served(rng, nobody)
    _, treated = _served(rng, nobody + 1)
    naive = _served(rng, nobody + 0.5)
    counted = np.arange(n_weeks) % 4 > 0
    switched = _served(rng, blocks)
    return Trial(
        truth=float(np.nanmean(treated) - np.nanmean(untreated)),
        naive=float(np.nanmean(naive[1]) - np.nanmean(naive[0])),
        switchback=float(np.nanmean(switched[1][:, counted]) - np.nanmean(switched[0][:, counted])),
    )


def _served(rng: np.random.Generator, share_treated: Floats) -> tuple[Floats, Floats]:
    """Simulate weeks: the share of untreated and of treated requests served, by municipality and week."""
    n_municipalities, n_weeks = share_treated.shape
    served = np.full((2, n_municipalities, n_weeks), np.nan)
    for place in range(n_municipalities):
        n_waiting = 0
        for week in range(n_weeks):
            is_treated = rng.random(30 + n_waiting) < share_treated[place, week]
            is_served = np.zeros(len(is_treated), dtype=bool)
            n_free = 20
            for request, treated in enumerate(is_treated):
                fits = 0.2 if treated else 0.1
                is_served[request] = rng.random() < 1 - (1 - fits) ** n_free
                n_free -= int(is_served[request])
            for arm in (0, 1):
                if (is_treated == arm).any():
                    served[arm, place, week] = is_served[is_treated == arm].mean()
            n_waiting = int(rng.binomial((~is_served).sum(), 0.5))
    return served[0], served[1]
