"""The analysis of a trial: the difference between two policies, with an interval that eleven clusters can carry.

Randomised plans are analysed week by week and municipality by municipality: least squares weighted by the rows counted,
a level of its own for each municipality and each week, standard errors clustered by municipality with the correction
CR2 and Satterthwaite's degrees of freedom (Bell and McCaffrey 2002; Pustejovsky and Tipton 2018,
doi:10.1080/07350015.2016.1247004). With few clusters the usual sandwich is too narrow. A mixed model (statsmodels)
stands beside it. An interrupted time series has one series only: a trend, a change of level, errors of the AR(1) kind.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from statsmodels.regression.mixed_linear_model import MixedLM
from statsmodels.tools.sm_exceptions import ModelWarning

from simulations.design.plan import Kind, Trial
from simulations.people import Bools, Floats, Ints

LEVEL = 0.95
AS_GOOD_AS_ZERO = 1e-9


@dataclass(frozen=True, slots=True)
class Effect:
    """A difference (on trial less in force) for each of n data sets: each field of shape (n,)."""

    estimate: Floats
    standard_error: Floats
    df: float

    @property
    def low(self) -> Floats:
        """Where the 95 % interval begins."""
        return self.estimate - self._half

    @property
    def high(self) -> Floats:
        """Where it ends."""
        return self.estimate + self._half

    @property
    def p_value(self) -> Floats:
        """How often as large a difference would come about without an effect, two-sided."""
        p: Floats = 2 * stats.t.sf(np.abs(self.estimate / self.standard_error), self.df)
        return p

    @property
    def _half(self) -> Floats:
        half: Floats = self.standard_error * stats.t.ppf((1 + LEVEL) / 2, self.df)
        return half


def analyse(trial: Trial, values: Floats, sizes: Floats) -> Effect:
    """Estimate the effect of the policy on trial.

    Parameters
    ----------
    values
        The measure by municipality and week, shape (n, municipalities, weeks): n data sets of one plan.
    sizes
        Rows counted in each cell, shape (municipalities, weeks); cells of none, and washed-out ones, are left out.
    """
    used = trial.counts & (sizes > 0)
    if trial.kind is Kind.TIME_SERIES:
        return _interrupted(trial, values, sizes * used)
    place, week = np.nonzero(used)
    root = np.sqrt(sizes[used])
    levels = np.hstack([_dummies(place), _dummies(week)[:, 1:]]) * root[:, None]
    arm = trial.on_trial[used].astype(float) * root
    return clustered(levels, arm, values[:, used] * root, place)


def clustered(levels: Floats, arm: Floats, outcomes: Floats, cluster: Ints) -> Effect:
    """Fit outcomes = levels + effect · arm by least squares, with CR2 standard errors.

    Parameters
    ----------
    levels, arm
        Shapes (rows, k) and (rows,).
    outcomes
        Shape (n, rows).
    cluster
        Which cluster each row is of, shape (rows,).
    """
    x = np.column_stack([arm, levels])
    # What least squares makes of an outcome: the effect is one row of this, the residuals follow.
    pseudo = np.linalg.pinv(x)
    annihilator = np.eye(len(x)) - x @ pseudo
    weight = np.zeros((cluster.max() + 1, len(x)))
    for number in range(len(weight)):
        mine = cluster == number
        weight[number, mine] = _inverse_root(annihilator[np.ix_(mine, mine)]) @ pseudo[0, mine]
    scores = outcomes @ annihilator @ weight.T
    spread = weight @ annihilator  # of each cluster's score, under errors of equal variance
    gram = spread @ spread.T
    df = float(np.trace(gram) ** 2 / np.sum(gram**2))
    estimate: Floats = outcomes @ pseudo[0]
    error: Floats = np.sqrt(np.sum(scores**2, axis=1))
    return Effect(estimate, error, df)


def mixed_model(trial: Trial, values: Floats, sizes: Floats) -> Effect:
    """Fit one data set, shape (municipalities, weeks), by a mixed model: weeks fixed, municipalities drawn.

    Its interval takes Student's distribution with as many degrees as municipalities less two: an old rule of thumb.
    """
    used = trial.counts & (sizes > 0)
    place, week = np.nonzero(used)
    fixed = pd.DataFrame(_dummies(week), columns=[f"week {n}" for n in range(week.max() + 1)])
    fixed = fixed.loc[:, fixed.any()].assign(effect=trial.on_trial[used].astype(float))
    with warnings.catch_warnings():
        # That municipalities do not differ, the edge of what is possible, is an answer like any other.
        warnings.simplefilter("ignore", ModelWarning)
        fitted = MixedLM(values[used], fixed, groups=place).fit(reml=True)
    estimate, error = np.array([fitted.params["effect"]]), np.array([fitted.bse["effect"]])
    return Effect(estimate, error, float(len(trial.codes) - 2))


def _interrupted(trial: Trial, values: Floats, sizes: Floats) -> Effect:
    weeks = np.flatnonzero(sizes.sum(axis=0) > 0)
    share = sizes[:, weeks] / sizes[:, weeks].sum(axis=0)
    series = np.einsum("nmw,mw->nw", np.nan_to_num(values[:, :, weeks]), share)
    x = np.column_stack([np.ones(len(weeks)), weeks - weeks.mean(), trial.on_trial[0, weeks]])
    found = []
    for one in series:
        fitted = sm.GLSAR(one, x, rho=1).iterative_fit(maxiter=10)
        found.append((fitted.params[2], fitted.bse[2]))
    estimate, error = np.array(found).T
    return Effect(estimate, error, float(len(weeks) - x.shape[1] - 1))


def _dummies(of: Ints) -> Floats:
    dummies: Floats = (of[:, None] == np.arange(of.max() + 1)).astype(float)
    return dummies


def _inverse_root(matrix: Floats) -> Floats:
    """Give the symmetric inverse square root; directions that a fixed level has taken out stay out."""
    values, vectors = np.linalg.eigh(matrix)
    keeps: Bools = values > AS_GOOD_AS_ZERO
    root: Floats = (vectors[:, keeps] / np.sqrt(values[keeps])) @ vectors[:, keeps].T
    return root
