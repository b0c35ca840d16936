"""Who says yes: a calibrated model of the answers in a log, and the table that says how far to believe it.

The model knows of an offer what was known when it was sent, and nothing of the people but what the log tells of the
pair. Offers that somebody else's yes closed have no known answer and teach nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from engine.errors import InputError
from engine.reasons.calibration import Calibration, calibration_of
from simulations.chance import stream, uniforms
from simulations.people import Floats

NUMBERS = {
    "distance_km": "distance, km",
    "asked_lately": "how lately the volunteer was asked (1 now, 0 never; a third after a week)",
    "n_asked_week": "times the volunteer was asked in the seven days before",
    "n_asked_before": "volunteers asked for the request before",
    "n_recent_visits": "the volunteer's visits of the last 28 days",
    "days_ahead": "days from the offer to the visit",
}
CODES = {"service": "service", "weekday": "weekday of the visit", "part_of_day": "part of the day of the visit"}
SIGNS = NUMBERS | CODES
"""What the model looks at, and what each is called."""

KNOWN_ENDS = ("accepted", "declined", "expired")
LEAST_OFFERS, LEAST_OF_A_KIND = 40, 8
"""Fewer offers with a known end, or fewer that were accepted or not, cannot be told from chance."""

N_FOLDS = 4
LATELY_DAYS = 7.0
REGULARISATION = 0.1
"""Variance of the normal prior on the coefficients: a log of some hundred offers knows no large effects."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How volunteers answered in a log.

    Parameters
    ----------
    model
        Chance of a yes by :data:`SIGNS`.
    declined_share
        Share of a no among the offers without a yes; the others were not answered in time.
    hours
        From the offer to the answer, by response, sorted.
    reasons
        Of every no.
    """

    model: CalibratedClassifierCV
    declined_share: float
    hours: dict[str, Floats]
    reasons: tuple[str, ...]

    @classmethod
    def fitted(cls, offers: pd.DataFrame, resampled_by: int | None = None) -> Acceptance:
        """Fit the model on the offers of a log (``simulation/offers_told``).

        Parameters
        ----------
        resampled_by
            Seed of a draw of as many volunteers, with repetition, whose offers are learnt from instead.

        Raises
        ------
        InputError
            When the log is too short to fit it.
        """
        known = known_ends(offers)
        _must_suffice(known)
        if resampled_by is not None:
            known = resampled(known, resampled_by)
        says_yes = (known["status"] == "accepted").to_numpy()
        model = _calibrated().fit(signs_of(known), says_yes)
        others = known[~says_yes]
        told = known[known["answered_at"].notna()]
        hours = (told["answered_at"] - told["sent_at"]).dt.total_seconds() / 3600
        by_response: dict[str, Floats] = {
            response: np.sort(hours[told["status"] == response].to_numpy(np.float64))
            for response in ("accepted", "declined")
        }
        declined = others[others["status"] == "declined"]
        return cls(
            model=model,
            declined_share=len(declined) / len(others),
            hours=by_response,
            reasons=tuple(declined["reason_code"].dropna().sort_values()) or ("other",),
        )

    def answers(self, offers: pd.DataFrame, seed: int) -> pd.DataFrame:
        """Draw an answer to each offer: the same pair in the same mood under every policy.

        Returns
        -------
        DataFrame
            ``response`` (accepted, declined or expired), ``reason_code`` and ``hours`` until then, by row.
        """
        u = uniforms(seed, "answer", zip(offers["request_id"], offers["volunteer_id"], strict=True), 4)
        chance = self.model.predict_proba(signs_of(offers))[:, 1] if len(offers) else np.empty(0)
        says_yes = u[:, 0] < chance
        says_no = ~says_yes & (u[:, 1] < self.declined_share)
        reasons = np.array(self.reasons, object)[(u[:, 3] * len(self.reasons)).astype(int)]
        hours = [
            _quantile(self.hours["accepted" if yes else "declined"], at)
            for yes, at in zip(says_yes.tolist(), u[:, 2].tolist(), strict=True)
        ]
        return pd.DataFrame(
            {
                "response": np.select([says_yes, says_no], ["accepted", "declined"], "expired"),
                "reason_code": np.where(says_no, reasons, None),
                "hours": np.array(hours, np.float64),
            },
            index=offers.index,
        )


def known_ends(offers: pd.DataFrame) -> pd.DataFrame:
    """Keep the offers whose answer, or silence, is known, and whose distance no erasure has taken."""
    return offers[offers["status"].isin(KNOWN_ENDS) & offers["distance_km"].notna()].reset_index(drop=True)


def signs_of(offers: pd.DataFrame) -> pd.DataFrame:
    """Read the signs of offers: the columns :data:`SIGNS`."""
    starts = offers["starts_at"]
    sent = offers["sent_at"].dt.tz_localize("UTC").dt.tz_convert("Europe/Stockholm").dt.tz_localize(None)
    hours = pd.cut(starts.dt.hour, [-1, 11, 16, 24], labels=["morning", "afternoon", "evening"])
    return pd.DataFrame(
        {
            "distance_km": offers["distance_km"].astype(float),
            "asked_lately": np.exp(-offers["days_since_asked"].astype(float).fillna(np.inf) / LATELY_DAYS),
            "n_asked_week": offers["n_asked_week"].astype(float),
            "n_asked_before": offers["n_asked_before"].astype(float),
            "n_recent_visits": offers["n_recent_visits"].astype(float),
            "days_ahead": (starts - sent).dt.total_seconds() / 86400,
            "service": offers["service"].astype(str),
            "weekday": starts.dt.day_name().astype(str),
            "part_of_day": hours.astype(str),
        }
    )


def reliability(offers: pd.DataFrame) -> Calibration:
    """Test the model where it was not fitted: no volunteer's answers help to predict their own.

    Raises
    ------
    InputError
        When the log is too short to fit it.
    """
    known = known_ends(offers)
    _must_suffice(known)
    says_yes = (known["status"] == "accepted").to_numpy()
    apart = GroupKFold(N_FOLDS, shuffle=True, random_state=0)
    shares = cross_val_predict(
        _calibrated(), signs_of(known), says_yes, groups=known["volunteer_id"], cv=apart, method="predict_proba"
    )
    return calibration_of(shares[:, 1], says_yes.astype(np.float64))


def resampled(known: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Draw as many volunteers as there are, with repetition, and give their offers: what another log might have held.

    A draw in which too few said yes, or no, to fit anything is drawn again.
    """
    of_volunteer = list(known.groupby("volunteer_id", sort=True).indices.values())
    rng = stream(seed, "resampled volunteers")
    while True:
        drawn = rng.integers(len(of_volunteer), size=len(of_volunteer))
        rows = known.iloc[np.concatenate([of_volunteer[place] for place in drawn])].reset_index(drop=True)
        n_yes = int((rows["status"] == "accepted").sum())
        if N_FOLDS <= n_yes <= len(rows) - N_FOLDS:
            return rows


def _must_suffice(known: pd.DataFrame) -> None:
    n, n_yes = len(known), int((known["status"] == "accepted").sum())
    if n < LEAST_OFFERS or min(n_yes, n - n_yes) < LEAST_OF_A_KIND:
        raise InputError(
            f"The log holds {n} offers whose end is known, {n_yes} of them accepted; a model of the answers needs at"
            f" least {LEAST_OFFERS}, with {LEAST_OF_A_KIND} accepted and {LEAST_OF_A_KIND} not."
        )


def _calibrated() -> CalibratedClassifierCV:
    signs = ColumnTransformer(
        [
            ("numbers", StandardScaler(), list(NUMBERS)),
            ("codes", OneHotEncoder(handle_unknown="ignore", sparse_output=False), list(CODES)),
        ]
    )
    logistic: Pipeline = make_pipeline(signs, LogisticRegression(C=REGULARISATION, max_iter=1000))
    return CalibratedClassifierCV(
        logistic, method="sigmoid", cv=StratifiedKFold(N_FOLDS, shuffle=True, random_state=0), ensemble=False
    )


def _quantile(hours: Floats, at: float) -> float:
    return float(hours[int(at * len(hours))]) if len(hours) else 0.0
