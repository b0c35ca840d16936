"""The engine without a pilot: three tables in, the most valuable assignment and its proof out."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from math import floor, log10
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from engine.checks import violations
from engine.errors import InputError
from engine.problem import NO_TIME, Floats, Ints, Problem
from engine.solver import solve


@dataclass(frozen=True, slots=True)
class Solution:
    """What :func:`solve_assignment` found.

    Parameters
    ----------
    chosen
        The chosen rows of ``candidates``, in their order, as the same kind of table.
    objective, bound, gap
        Value of the plan, a number no plan can exceed, and their relative distance.
    proof
        ``optimal``, ``within_gap`` or ``feasible``.
    model
        ``compact`` or ``plans``.
    prices
        The prices behind the bound, ``request_id`` -> value: what one place in the request earns in it, at least
        what one more place could add. They prove the bound and need not be the lowest that do. Empty when the
        model gives none.
    seconds
        By phase: ``read``, ``solve``, ``check``, ``total``.
    """

    chosen: Any
    objective: float
    bound: float
    gap: float
    proof: str
    model: str
    prices: dict[Any, float] = field(repr=False)
    seconds: dict[str, float] = field(repr=False)


def solve_assignment(
    candidates: Any,
    requests: Any,
    volunteers: Any,
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    model: str = "auto",
    seed: int = 0,
) -> Solution:
    """Choose the most valuable candidates within what requests need and volunteers have.

    Parameters
    ----------
    candidates
        DataFrame (pandas, polars or Arrow) with ``request_id``, ``volunteer_id``, ``value``, ``minutes`` (>= 0),
        and optionally ``starts_at``, ``ends_at``: then a volunteer makes one visit at a time.
    requests
        ``request_id``, ``needed`` (volunteers).
    volunteers
        ``volunteer_id``, ``minutes``, ``visits``: what each has in all, null for unlimited.
    gap
        Relative distance to the bound at which to stop; 0 asks for the optimum.
    model
        ``auto``, ``compact`` or ``plans``.
    seed
        Settles ties between assignments of equal value.

    Returns
    -------
    Solution
        Each volunteer serves a request at most once, however many candidates the pair has.

    Raises
    ------
    InputError
        When a column is missing, an id unknown or repeated, or a number impossible.
    NoSolutionError
        When the solver stops before any plan is found.
    """
    began = time.perf_counter()
    problem, request_ids = _problem(_table(candidates), _table(requests), _table(volunteers))
    scale = _scale(problem.value)
    problem = replace(problem, value=problem.value * scale)
    read = time.perf_counter()
    found = solve(problem, gap=gap, time_limit_s=time_limit_s, model=model, seed=seed)
    solved = time.perf_counter()
    if faults := violations(problem, found.chosen):
        raise AssertionError(f"The solver broke its own rules: {faults[:3]}")
    ended = time.perf_counter()
    return Solution(
        chosen=_take(candidates, found.chosen),
        objective=found.objective / scale,
        bound=found.bound / scale,
        gap=found.gap,
        proof=found.proof,
        model=found.model,
        prices=dict(zip(request_ids, (found.request_prices / scale).tolist(), strict=False)),
        seconds={
            "read": read - began,
            "solve": solved - read,
            "check": ended - solved,
            "total": ended - began,
        },
    )


def _scale(value: Floats) -> float:
    """Choose what to multiply values by, so that the solvers' tolerances are small against the largest of them."""
    largest = float(np.abs(value).max(initial=0.0))
    return 10.0 ** (3 - floor(log10(largest))) if 0 < largest < 1 else 1.0


def _table(frame: Any) -> pd.DataFrame:
    """Turn any DataFrame that speaks Arrow into a pandas one."""
    if isinstance(frame, pd.DataFrame):
        return frame.reset_index(drop=True)
    try:
        return pd.DataFrame(pa.table(frame).to_pandas())
    except (AttributeError, TypeError, ValueError, pa.ArrowInvalid) as error:
        raise InputError(f"{type(frame).__name__} is not a DataFrame (pandas, polars or Arrow).") from error


def _take(frame: Any, rows: Ints) -> Any:
    if isinstance(frame, pd.DataFrame):
        return frame.iloc[rows]
    if isinstance(frame, pa.RecordBatch):
        frame = pa.Table.from_batches([frame])
    return frame.take(rows) if isinstance(frame, pa.Table) else frame[rows.tolist()]


def _problem(candidates: pd.DataFrame, requests: pd.DataFrame, volunteers: pd.DataFrame) -> tuple[Problem, list[Any]]:
    _demand(candidates, "candidates", ["request_id", "volunteer_id", "value", "minutes"])
    _demand(requests, "requests", ["request_id", "needed"], unique="request_id")
    _demand(volunteers, "volunteers", ["volunteer_id", "minutes", "visits"], unique="volunteer_id")
    needed = np.minimum(_numbers(requests["needed"], "requests.needed"), max(1, len(candidates)))
    if (needed < 0).any() or (needed != np.round(needed)).any():
        raise InputError("requests.needed must hold whole numbers, 0 or more.")
    starts, ends = _times(candidates)
    n, n_volunteers = len(candidates), len(volunteers)
    return Problem(
        needed=needed.astype(np.int64),
        minutes_left=_limits(volunteers["minutes"], "volunteers.minutes"),
        visits_left=np.floor(_limits(volunteers["visits"], "volunteers.visits")),
        load_points=np.zeros((n_volunteers, 1)),
        volunteer=np.arange(n_volunteers),
        request=_find(candidates["request_id"], requests["request_id"]),
        volunteer_week=_find(candidates["volunteer_id"], volunteers["volunteer_id"]),
        value=_numbers(candidates["value"], "candidates.value"),
        minutes=_numbers(candidates["minutes"], "candidates.minutes"),
        starts=starts,
        ends=ends,
        lat=np.full(n, np.nan),
        lon=np.full(n, np.nan),
    ), requests["request_id"].tolist()


def _demand(table: pd.DataFrame, name: str, columns: list[str], unique: str | None = None) -> None:
    if missing := [column for column in columns if column not in table.columns]:
        raise InputError(f"{name} lacks the column(s) {', '.join(missing)}.")
    if unique and table[unique].duplicated().any():
        raise InputError(f"{name}.{unique} holds {table[unique][table[unique].duplicated()].iloc[0]!r} twice.")


def _numbers(column: pd.Series[Any], name: str) -> Floats:
    try:
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must hold numbers: {error}.") from error
    if not np.isfinite(numbers).all():
        raise InputError(f"{name} must hold finite numbers, none missing.")
    return numbers


def _limits(column: pd.Series[Any], name: str) -> Floats:
    """Read limits of which any may be null, for unlimited."""
    unlimited = column.isna() | (column == np.inf)
    numbers = _numbers(column.astype(object).where(~unlimited, 0.0), name)
    if (numbers < 0).any():
        raise InputError(f"{name} cannot be negative.")
    return np.where(unlimited, np.inf, numbers)


def _find(ids: pd.Series[Any], known: pd.Series[Any]) -> Ints:
    """Number ids by their row in ``known``."""
    rows: Ints = pd.Index(known).get_indexer(pd.Index(ids)).astype(np.int64)
    if (rows < 0).any():
        raise InputError(f"candidates.{ids.name} holds {ids[rows < 0].iloc[0]!r}, which {known.name} does not.")
    return rows


def _times(candidates: pd.DataFrame) -> tuple[Ints, Ints]:
    """Read visit times to the second; NO_TIME where they are absent."""
    given = [column for column in ("starts_at", "ends_at") if column in candidates.columns]
    if not given:
        untimed = np.full(len(candidates), NO_TIME)
        return untimed, untimed.copy()
    if len(given) == 1:
        raise InputError(f"candidates has {given[0]} only; give both starts_at and ends_at, or neither.")
    try:
        starts, ends = (pd.to_datetime(candidates[column]) for column in ("starts_at", "ends_at"))
    except (TypeError, ValueError) as error:
        raise InputError(f"starts_at and ends_at must be times: {error}.") from error
    if (starts.isna() != ends.isna()).any():
        raise InputError("A candidate has a starts_at without an ends_at, or the other way round.")
    absent = starts.isna().to_numpy()
    return np.where(absent, NO_TIME, _seconds(starts)), np.where(absent, NO_TIME, _seconds(ends))


def _seconds(times: pd.Series[Any]) -> Ints:
    if times.dt.tz is not None:
        times = times.dt.tz_convert(None)
    seconds: Ints = times.to_numpy(dtype="datetime64[s]").astype(np.int64)
    return seconds
