"""Certificates as rows of text and price, so that a run can store its proof and anyone can read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.candidates import View
from engine.errors import InputError
from engine.problem import Branch, Problem


@dataclass(frozen=True, slots=True)
class CertificateNames:
    """The names of everything that can have a price: requests, side rows, pairs (request, volunteer-week)."""

    requests: list[str]
    rows: list[str]
    pairs: dict[tuple[int, int], str]

    @classmethod
    def of(cls, view: View, problem: Problem) -> CertificateNames:
        """Name the requests, side rows and pairs of a problem after the ids of its view."""
        numbers = zip(problem.request.tolist(), problem.volunteer_week.tolist(), strict=True)
        ids = view.candidates[["request_id", "volunteer_id", "week"]].itertuples(index=False)
        return cls(
            requests=[f"request:{request_id}" for request_id in view.requests["request_id"]],
            rows=[row.name for row in problem.side_rows],
            pairs={pair: f"{r}:{v}:{week:%G-W%V}" for pair, (r, v, week) in zip(numbers, ids, strict=True)},
        )

    def write(self, branch: Branch) -> Iterator[tuple[str, float]]:
        """Yield name and price: zero prices are left out, but every decided pair has its row."""
        named = zip([*self.requests, *self.rows], [*branch.request_prices, *branch.row_prices], strict=True)
        yield from ((name, float(price)) for name, price in named if price)
        pair_prices = iter(branch.pair_prices)
        for r, u, taken in branch.decided:
            name = self.pairs[r, u]
            yield (f"taken:{name}", float(next(pair_prices))) if taken else (f"dropped:{name}", 0.0)

    def read(self, prices: pd.DataFrame) -> tuple[Branch, ...]:
        """Read a stored certificate (columns leaf, row, price) back; where no price is stored, all are zero.

        Raises
        ------
        InputError
            When a row names nothing of this problem.
        """
        if prices.empty:
            return (self._branch(prices),)
        return tuple(self._branch(rows) for _, rows in prices.groupby("leaf", sort=True))

    def _branch(self, prices: pd.DataFrame) -> Branch:
        request_at = {name: r for r, name in enumerate(self.requests)}
        row_at = {name: i for i, name in enumerate(self.rows)}
        pair_of = {name: pair for pair, name in self.pairs.items()}
        requests, rows = np.zeros(len(self.requests)), np.zeros(len(self.rows))
        decided: list[tuple[int, int, bool]] = []
        pairs: list[float] = []
        for name, price in _sorted(prices):
            kind, _, rest = name.partition(":")
            if name in request_at:
                requests[request_at[name]] = price
            elif name in row_at:
                rows[row_at[name]] = price
            elif kind in ("taken", "dropped") and rest in pair_of:
                decided.append((*pair_of[rest], kind == "taken"))
                pairs += [price] if kind == "taken" else []
            else:
                raise InputError(f"The certificate has a price for {name!r}, which is not part of the run.")
        return Branch(tuple(decided), requests, rows, np.array(pairs))


def _sorted(prices: pd.DataFrame) -> Iterable[tuple[str, float]]:
    return sorted(prices[["row", "price"]].itertuples(index=False, name=None))
