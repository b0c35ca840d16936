"""Certificates as rows of text and price, so that a run can store its proof and anyone can read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from engine.candidates import View
from engine.errors import InputError
from engine.problem import Branch, Decision, Problem


@dataclass(frozen=True)
class CertificateNames:
    """The names of everything that can have a price, by its numbers.

    Parameters
    ----------
    requests, rows
        ``request:milk``, and the side rows' own names.
    """

    requests: list[str]
    rows: list[str]
    view: View = field(repr=False)
    problem: Problem = field(repr=False)

    @classmethod
    def of(cls, view: View, problem: Problem) -> CertificateNames:
        """Name the requests, side rows and possible decisions of a problem after the ids of its view."""
        return cls(
            requests=[f"request:{request_id}" for request_id in view.requests["request_id"]],
            rows=_told_apart([row.name for row in problem.side_rows]),
            view=view,
            problem=problem,
        )

    @cached_property
    def decisions(self) -> dict[tuple[int, int, int], str]:
        """Name (request, volunteer-week, start): ``milk:Ada:2026-W49`` a pair, ``milk:Ada:2026-12-01T09:00`` a start.

        Most proofs decide nothing, and there are as many names as candidates: made only when asked for.
        """
        numbers = zip(self.problem.request.tolist(), self.problem.volunteer_week.tolist(), strict=True)
        ids = self.view.candidates[["request_id", "volunteer_id", "week", "starts_at"]].itertuples(index=False)
        decisions = {}
        for c, ((r, u), (request_id, volunteer_id, week, starts_at)) in enumerate(zip(numbers, ids, strict=True)):
            decisions[r, u, -1] = f"{request_id}:{volunteer_id}:{week:%G-W%V}"
            decisions[r, u, c] = f"{request_id}:{volunteer_id}:{starts_at:%Y-%m-%dT%H:%M}"
        return decisions

    def write(self, branch: Branch) -> Iterator[tuple[str, float]]:
        """Yield name and price: zero prices are left out, but every decision and component has its row."""
        named = zip([*self.requests, *self.rows], [*branch.request_prices, *branch.row_prices], strict=True)
        yield from ((name, float(price)) for name, price in named if price)
        taken_prices = iter(branch.taken_prices)
        for decision in branch.decided:
            name = self.decisions[decision.request, decision.volunteer_week, decision.start]
            yield (f"taken:{name}", float(next(taken_prices))) if decision.taken else (f"dropped:{name}", 0.0)
        yield from ((f"component:{self.requests[r]}", 0.0) for r in branch.components)

    def read(self, prices: pd.DataFrame) -> tuple[Branch, ...]:
        """Read a stored certificate (columns leaf, row, price) back; where no price is stored, all are zero.

        Raises
        ------
        InputError
            When a row names nothing of this problem.
        """
        reader = _Reader(self)
        if prices.empty:
            return (reader.branch(prices),)
        return tuple(reader.branch(rows) for _, rows in prices.groupby("leaf", sort=True))


class _Reader:
    """The numbers of everything that can have a price, by its name."""

    def __init__(self, names: CertificateNames) -> None:
        self._request = {name: r for r, name in enumerate(names.requests)}
        self._row = {name: i for i, name in enumerate(names.rows)}
        self._names = names

    def branch(self, prices: pd.DataFrame) -> Branch:
        """Read one leaf."""
        requests, rows = np.zeros(len(self._request)), np.zeros(len(self._row))
        is_decided = prices["row"].str.startswith(("taken:", "dropped:")).any()
        known = {name: numbers for numbers, name in self._names.decisions.items()} if is_decided else {}
        decided: list[Decision] = []
        taken_prices: list[float] = []
        components: list[int] = []
        for name, price in _sorted(prices):
            kind, _, rest = name.partition(":")
            if name in self._request:
                requests[self._request[name]] = price
            elif name in self._row:
                rows[self._row[name]] = price
            elif kind in ("taken", "dropped") and rest in known:
                r, u, start = known[rest]
                decided.append(Decision(r, u, kind == "taken", start))
                taken_prices += [price] if kind == "taken" else []
            elif kind == "component" and rest in self._request:
                components.append(self._request[rest])
            else:
                raise InputError(f"The certificate has a price for {name!r}, which is not part of the run.")
        return Branch(tuple(decided), requests, rows, np.array(taken_prices), tuple(sorted(components)))


def _told_apart(names: list[str]) -> list[str]:
    """Number names that occur again, as those of two pins of one pair do: ``pin:milk:Ada``, ``pin:milk:Ada#2``."""
    seen: Counter[str] = Counter()
    apart = []
    for name in names:
        seen[name] += 1
        apart.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return apart


def _sorted(prices: pd.DataFrame) -> Iterable[tuple[str, float]]:
    return sorted(prices[["row", "price"]].itertuples(index=False, name=None))
