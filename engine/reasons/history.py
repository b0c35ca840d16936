"""What became of earlier requests, with the signs that could be seen when each was new.

A request is new in the first run that looked at it. What was known then is read from the facts as of that moment,
at the prices of the run before; nothing that happened later can be seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine.candidates import parameters
from engine.clock import local_of
from engine.problem import Floats
from engine.reasons.calibration import Calibration, Logistic, calibration_of

if TYPE_CHECKING:
    from engine.policy import Policy
    from engine.store import Reading, Store

MOST_RUNS = 60
"""How many of the newest first looks count: older ones knew other volunteers."""

SIGNS: dict[str, tuple[float, float]] = {
    "everybody": (-3.0, 0.75),
    "free": (1.5, 0.75),
    "candidates": (0.5, 0.5),
    "left": (1.5, 0.75),
    "window": (0.0, 0.25),
    "ahead": (0.0, 0.25),
    "urgency": (0.25, 0.5),
    "needed": (-1.0, 0.5),
}
"""Mean and spread of each coefficient before any history, in logits. Assumptions: one in twenty without anybody to
come, six in ten with one free volunteer, nine in ten with three; every further volunteer needed is a hurdle."""

USUAL_SIGNS = (1.0, 2.0, 2.5, 0.8, 1.5, 3.0, 0.5, 0.1)
"""Usual before any history: three free volunteers of some five, a window of two days that closes in a week."""

POSITION = (1.0, 3.0)
"""Prior of where between first and last possible start a visit falls, as a beta distribution: assumed early."""


@dataclass(frozen=True, slots=True)
class History:
    """What a pilot has learnt of its chances.

    Parameters
    ----------
    examples
        One row per request with a known fate: ``request_id``, ``looked_at`` (UTC), ``closed_at`` (local),
        ``is_served``, ``position`` (of the visit between first and last possible start, or NaN), and the signs
        (columns of ``intake_signs``), in the order looked at.
    model
        Learnt from them; the prior alone when there are none.
    mean_signs
        What is usual, for reasons to be compared with.
    position
        Mean of where between first and last possible start a visit falls.
    """

    examples: pd.DataFrame
    model: Logistic
    mean_signs: Floats
    position: float

    @property
    def n(self) -> int:
        """Number of requests learnt from."""
        return len(self.examples)

    @classmethod
    def of(cls, examples: pd.DataFrame | None = None) -> History:
        """Learn from examples (default: none); those that a rule kept from everybody teach nothing."""
        examples = _nothing() if examples is None else examples
        usable = examples[examples["rule"].isna()].reset_index(drop=True)
        fresh = Logistic.prior(*(np.array(column) for column in zip(*SIGNS.values(), strict=True)))
        signs, seen = signs_of(usable), usable["position"].dropna()
        return cls(
            examples=usable,
            model=fresh.learnt(signs, usable["is_served"].to_numpy(np.float64)) if len(usable) else fresh,
            mean_signs=signs.mean(axis=0) if len(usable) else np.array(USUAL_SIGNS),
            position=float((POSITION[0] + seen.sum()) / (sum(POSITION) + len(seen))),
        )


def signs_of(table: pd.DataFrame) -> Floats:
    """Turn rows of ``intake_signs`` into the numbers of the model, a column per entry of :data:`SIGNS`."""
    columns = [
        np.ones(len(table)),
        np.log2(1 + table["n_free"]),
        np.log2(1 + table["n_candidates"]),
        table["left_share"],
        np.log2(1 + table["window_days"]),
        np.log2(1 + table["days_ahead"]),
        table["urgency"] - 1,
        table["n_needed"] - 1,
    ]
    return np.column_stack([np.asarray(column, dtype=np.float64) for column in columns])


def learn(store: Store, policy: Policy, as_of: datetime, progress: Callable[[object], None] | None = None) -> History:
    """Learn from all requests whose window has closed by ``as_of``: seconds, so once a day, not while typing.

    The pilot is let go between one run and the next, so that others need not wait.

    Parameters
    ----------
    policy
        The rules by which their signs are read.
    progress
        Called with a sentence for every run that is looked at again.
    """
    with store.reading() as reading:
        fates = reading.query("request_fates", **parameters(policy, as_of, reading.last_entry_no))
    runs = [of_run for _, of_run in fates.groupby(["looked_at", "input_entry_no", "run_id"])][-MOST_RUNS:]
    looks = []
    for n, of_run in enumerate(runs, 1):
        if progress:
            progress(f"run {n} of {len(runs)}")
        first = of_run.iloc[0]
        moment = first["looked_at"].to_pydatetime().replace(tzinfo=UTC)
        with store.reading() as reading:
            looks.append(_new_in_run(reading, parameters(policy, moment, int(first["input_entry_no"])), of_run))
    return History.of(pd.concat(looks, ignore_index=True) if looks else _nothing())


def calibration(history: History, held_back_share: float = 0.4, n_bins: int = 10) -> Calibration:
    """Test the chances on the last days of the history, each day with a model of what was known before it.

    Parameters
    ----------
    held_back_share
        The share of requests, the newest ones, that are predicted and not learnt from beforehand.
    """
    examples = history.examples
    days = sorted(examples["looked_at"].unique())
    counts = examples.groupby("looked_at").size().reindex(days).cumsum()
    held_back = [day for day in days if counts[day] > (1 - held_back_share) * len(examples)]
    shares, outcomes = [], []
    for day in held_back:
        known = examples[examples["closed_at"] <= local_of(day.tz_localize(UTC).to_pydatetime())]
        asked = examples[examples["looked_at"] == day]
        shares.append(History.of(known).model.share(signs_of(asked)))
        outcomes.append(asked["is_served"].to_numpy(np.float64))
    empty = np.empty(0)
    return calibration_of(np.concatenate([empty, *shares]), np.concatenate([empty, *outcomes]), n_bins)


def read_signs(reading: Reading, params: dict[str, Any]) -> pd.DataFrame:
    """Read the signs of the requests kept as ``open_requests`` and pairs kept as ``tried_pairs`` in this reading."""
    reading.keep("starts", with_rules=False, **params)
    reading.keep("candidates", into="priced_candidates", **params)
    return reading.query("intake_signs", **params)


def _new_in_run(reading: Reading, params: dict[str, Any], fates: pd.DataFrame) -> pd.DataFrame:
    """Look again at the requests a run saw first."""
    reading.keep("volunteers", **params)
    reading.keep("volunteer_weeks", **params)
    reading.keep("open_requests", into="every_open_request", **params)
    reading.keep("new_requests", into="open_requests", request_ids=fates["request_id"].tolist())
    reading.keep("asking_days", **params)
    reading.keep("run_requests", **params)
    reading.keep("pairs", into="tried_pairs", **params)
    told = read_signs(reading, params).merge(
        fates[["request_id", "looked_at", "closed_at", "is_served", "starts_at"]], on="request_id"
    )
    room = (told["last_at"] - told["first_at"]).dt.total_seconds()
    into = (told["starts_at"] - told["first_at"]).dt.total_seconds()
    position = (into / room.where(room > 0)).clip(0, 1).where(told["is_served"])
    return told.assign(position=position).drop(columns="starts_at")


def _nothing() -> pd.DataFrame:
    names = ["request_id", "rule", "n_free", "n_candidates", "left_share", "window_days", "days_ahead", "urgency",
             "n_needed", "looked_at", "closed_at", "is_served", "position"]  # fmt: skip
    return pd.DataFrame({name: pd.Series(dtype=object if name == "rule" else np.float64) for name in names})
