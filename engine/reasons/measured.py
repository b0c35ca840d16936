"""The starts that were measured for some requests, as arrays: whose they are, and what each lacks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.problem import Floats, Ints

KEYS = ["request_id", "volunteer_id", "starts_at"]


class Measured:
    """The measured starts as arrays, in the order in which a pair's starts are kept."""

    def __init__(self, starts: pd.DataFrame, candidates: pd.DataFrame, starts_per_pair: int) -> None:
        self.none = np.empty(0, dtype=np.int64)
        places = pd.MultiIndex.from_frame(candidates[KEYS]).get_indexer(pd.MultiIndex.from_frame(starts[KEYS]))
        self._table, self._most = starts, starts_per_pair
        self.candidate = places.astype(np.int64)
        self.request, self._request_number = _numbered(starts["request_id"])
        self.volunteer, self._volunteer_number = _numbered(starts["volunteer_id"])
        self.volunteer_ids = list(self._volunteer_number)
        self.variant = starts["variant"].to_numpy(dtype=np.int64)
        self.is_granted = starts["is_granted"].to_numpy(dtype=np.bool_)
        self.speaks = starts["speaks_it"].to_numpy(dtype=np.bool_)
        self.is_week_full = starts["is_week_full"].to_numpy(dtype=np.bool_)
        self.distance_km = starts["distance_km"].to_numpy(dtype=np.float64)
        self.radius_km = starts["radius_km"].to_numpy(dtype=np.float64)
        codes, texts = pd.factorize(pd.concat([pd.Series([""]), starts["lacking"]]))
        self.lacks: Ints = codes[1:].astype(np.int64)
        self.check_sets = [frozenset(text.split(";")) - {""} for text in texts]
        self._is_pinned = starts["is_pinned"].to_numpy(dtype=np.bool_)
        # Rows of one pair, variant and kind of start stand together, in the order in which they are kept.
        keys = ["request_id", "variant", "volunteer_id", "is_pinned"]
        self._group: NDArray[Any] = starts.groupby(keys, sort=False).ngroup().to_numpy(dtype=np.int64)
        self.of_request = places_of(starts["request_id"])
        self.of_volunteer = places_of(starts["volunteer_id"])

    def number_of_request(self, request_id: str) -> int:
        """The number of a request in ``request``; -1 when nothing was measured for it."""
        return self._request_number.get(request_id, -1)

    def number_of_volunteer(self, volunteer_id: str) -> int:
        """The number of a volunteer in ``volunteer``; -1 when nothing was measured."""
        return self._volunteer_number.get(volunteer_id, -1)

    @property
    def needs_nothing(self) -> Ints:
        """The starts that are allowed without any change."""
        near = self.distance_km <= self.radius_km
        free = (self.variant == 0) & self.is_granted & self.speaks & near & (self.lacks == 0) & ~self.is_week_full
        return np.flatnonzero(free)

    def first_of_each(self, rows: Ints) -> Ints:
        """Keep the first starts of each pair among allowed ones (ascending); return their candidates."""
        group = self._group[rows]
        begins = np.flatnonzero(np.diff(group, prepend=-1))
        nth = np.arange(len(rows)) - np.repeat(begins, np.diff(np.append(begins, len(rows))))
        return self.candidate[rows[self._is_pinned[rows] | (nth < self._most)]]

    def kinds_of_request(self, request_id: str, prices: Floats, up_to: float) -> list[dict[str, Any]]:
        """List the distinct kinds of start of a request whose price is not above ``up_to``: who, lacking what."""
        rows = self.of_request.get(request_id, self.none)[prices <= up_to]
        names = ["volunteer_id", "variant", "is_granted", "speaks_it", "is_week_full", "distance_km", "radius_km"]
        table = self._table.iloc[rows][names].assign(lacks=self.lacks[rows]).drop_duplicates()
        return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def places_of(keys: pd.Series[Any], values: Ints | None = None) -> dict[str, Ints]:
    """List the places of each key, ascending, or the distinct values at them."""
    codes, unique = pd.factorize(keys)
    order = np.argsort(codes, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(codes, minlength=len(unique)))[:-1]) if len(unique) else []
    if values is not None:
        parts = [np.unique(values[part]) for part in parts]
    return dict(zip(unique, parts, strict=True))


def _numbered(ids: pd.Series[Any]) -> tuple[Ints, dict[str, int]]:
    """Number ids in order of appearance."""
    codes, unique = pd.factorize(ids)
    return codes.astype(np.int64), {str(name): n for n, name in enumerate(unique)}
