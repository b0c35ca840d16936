"""The result of a registered trial: its analyses, run on what the pilot's log holds of its weeks."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import numpy as np
import pandas as pd

from engine import metrics
from engine.clock import utc_of
from engine.errors import InputError
from engine.store import Reading
from simulations.design.analysis import Effect, analyse, mixed_model
from simulations.design.plan import Kind, Trial
from simulations.design.prospects import cells_of
from simulations.people import Floats


def results_of(reading: Reading, measure: str, trial: Trial, as_of: datetime) -> pd.DataFrame:
    """Analyse a trial on a pilot's own data.

    Returns
    -------
    DataFrame
        ``analysis``, ``effect``, ``low``, ``high``, ``p_value``, ``df`` and ``n_cells`` counted, the primary one first.

    Raises
    ------
    InputError
        Before the trial has ended: a look in between would be a second test.
    """
    first, end = (utc_of(datetime.combine(day, time())) for day in (trial.starts_on, trial.ends_on))
    if as_of < end:
        raise InputError(
            f"The trial ends on {trial.ends_on.isoformat()}; looking at its result before is no part of the plan."
        )
    values, sizes = laid_out(cells_of(reading, measure, metrics.Period(first, end, as_of)), trial)
    analyses = [("primary", analyse(trial, values[None], sizes))]
    if trial.kind is not Kind.TIME_SERIES:
        analyses.append(("mixed model", mixed_model(trial, values, sizes)))
    n_cells = int((trial.counts & (sizes > 0)).sum())
    return pd.DataFrame([_row(name, effect) | {"n_cells": n_cells} for name, effect in analyses])


def laid_out(cells: pd.DataFrame, trial: Trial) -> tuple[Floats, Floats]:
    """Lay cells out by municipality and week of the trial: their values, and the rows counted (0 where none)."""
    weeks = [f"{trial.starts_on + timedelta(weeks=week):%G-W%V}" for week in range(trial.n_weeks)]
    place = pd.MultiIndex.from_product([trial.codes, weeks])
    by_cell = cells.set_index(["municipality_code", "week"]).reindex(place)
    shape = (len(trial.codes), trial.n_weeks)
    values = by_cell["value"].to_numpy(np.float64).reshape(shape)
    sizes = by_cell["n"].to_numpy(np.float64, na_value=0.0).reshape(shape)
    return values, np.where(np.isnan(values), 0.0, sizes)


def _row(name: str, effect: Effect) -> dict[str, str | float]:
    figures = {"effect": effect.estimate, "low": effect.low, "high": effect.high, "p_value": effect.p_value}
    return {"analysis": name} | {key: float(value[0]) for key, value in figures.items()} | {"df": effect.df}
