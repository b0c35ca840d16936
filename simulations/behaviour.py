"""What invented people do: answer, cancel, miss, give up, leave, say something, bring others.

Pure functions of tables, a scenario and a seed. Whoever does something does it by draws of their own
(:mod:`simulations.chance`): the same two people behave alike under every policy that brings them together.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from engine.reference import services
from simulations.chance import stream, uniforms
from simulations.people import Bools, Floats
from simulations.scenario import Answers, Growth, Scenario, Staying, Visits

HEAVY_STEP = 2
HEAVY_SERVICES = ("snow_garden",)
"""Assumption: services of this step and beyond, and these, are accepted less."""

DAYS_PER_YEAR = 365.25


def yes_chance(offers: pd.DataFrame, answers: Answers) -> Floats:
    """Give the chance that each offer, once read, is accepted.

    Parameters
    ----------
    offers
        ``service``, ``distance_km``, ``n_recent_visits`` (28 days), ``days_since_asked`` (missing: never before).
    """
    heavy = offers["service"].map(_is_heavy).to_numpy(float)
    since = offers["days_since_asked"].fillna(np.inf).to_numpy(float)
    logit = (
        answers.yes_logit
        + answers.distance_km * offers["distance_km"].fillna(0.0).to_numpy(float)
        + answers.recent_visit * offers["n_recent_visits"].to_numpy(float)
        + answers.asked_again * np.exp(-since / answers.asked_again_days)
        + answers.heavy_service * heavy
    )
    chance: Floats = 1 / (1 + np.exp(-logit))
    return chance


def answers_to(offers: pd.DataFrame, scenario: Scenario, seed: int) -> pd.DataFrame:
    """Say how each offer is answered, and when.

    Parameters
    ----------
    offers
        Those of :func:`yes_chance`, and ``offer_id``, ``request_id``, ``volunteer_id``, ``sent_at`` (UTC, naive).

    Returns
    -------
    DataFrame
        ``offer_id``, ``response``, ``reason_code``, ``answered_at`` (UTC, naive); those never answered are left out.
    """
    u = uniforms(seed, "answer", zip(offers["request_id"], offers["volunteer_id"], strict=True), 4)
    says_yes = u[:, 1] < yes_chance(offers, scenario.answers)
    hours = -scenario.answers.hours * np.log1p(-u[:, 2])
    reasons = np.array(["time", "distance", "service", "too_much", "other"])
    told = pd.DataFrame(
        {
            "offer_id": offers["offer_id"].to_numpy(),
            "response": np.where(says_yes, "accepted", "declined"),
            "reason_code": np.where(says_yes, None, reasons[(u[:, 3] * len(reasons)).astype(int)]),
            "answered_at": offers["sent_at"].to_numpy() + _seconds(hours * 3600),
        }
    )
    return told[u[:, 0] >= scenario.answers.silent_share].reset_index(drop=True)


def fates_of(visits: pd.DataFrame, chances: Visits, seed: int) -> pd.DataFrame:
    """Say what becomes of each visit: nothing but time decides when it is known.

    Parameters
    ----------
    visits
        ``visit_id``, ``request_id``, ``volunteer_id``, ``agreed_at`` and ``starts_at`` (of one clock).

    Returns
    -------
    DataFrame
        ``visit_id``, ``outcome`` (completed, missed or cancelled), ``side`` and, for cancellations, ``cancelled_at``.
    """
    u = uniforms(seed, "visit", zip(visits["request_id"], visits["volunteer_id"], strict=True), 2)
    kinds = [("cancelled", "volunteer"), ("cancelled", "resident"), ("missed", "volunteer"), ("missed", "resident")]
    shares = np.array(
        [
            chances.volunteer_cancels_share,
            chances.resident_cancels_share,
            chances.volunteer_misses_share,
            chances.resident_misses_share,
        ]
    )
    # Who has cancelled can no longer miss it: each share is of what the ones before left.
    edges = 1 - np.cumprod(1 - shares)
    which = (u[:, :1] >= edges).sum(axis=1)
    outcome = np.array([kind for kind, _ in kinds] + ["completed"], object)[which]
    side = np.array([side for _, side in kinds] + [None], object)[which]
    agreed, starts = visits["agreed_at"].to_numpy(), visits["starts_at"].to_numpy()
    when = agreed + _seconds((starts - agreed) / np.timedelta64(1, "s") * u[:, 1])
    return pd.DataFrame(
        {
            "visit_id": visits["visit_id"].to_numpy(),
            "outcome": outcome,
            "side": side,
            "cancelled_at": np.where(outcome == "cancelled", when, np.datetime64("NaT")),
        }
    )


def feedback_on(visit_ids: list[str], chances: Visits, seed: int) -> pd.DataFrame:
    """Say what the sides of visits that took place say of them: ``visit_id``, ``side``, ``rating``, ``again``."""
    sides = [(visit_id, side) for visit_id in visit_ids for side in ("resident", "volunteer")]
    u = uniforms(seed, "feedback", sides, 3)
    pleased = u[:, 1] < chances.pleased_share
    table = pd.DataFrame(sides, columns=["visit_id", "side"]).assign(
        rating=np.where(pleased, 4 + (u[:, 2] < 0.6), 1 + (u[:, 2] * 3).astype(int)), again=pleased
    )
    return table[u[:, 0] < chances.feedback_share].reset_index(drop=True)


def gives_up(requests: pd.DataFrame, staying: Staying, seed: int, now: pd.Timestamp) -> Bools:
    """Say which waiting requests (``request_id``, ``requested_at``) have been given up by now."""
    u = uniforms(seed, "patience", ((request_id,) for request_id in requests["request_id"]), 1)
    waited = (now - requests["requested_at"]).to_numpy() / np.timedelta64(1, "D")
    over: Bools = waited >= -staying.patience_days * np.log1p(-u[:, 0])
    return over


def leaves(volunteers: pd.DataFrame, staying: Staying, seed: int, day: date) -> Bools:
    """Say which volunteers leave on a day.

    Parameters
    ----------
    volunteers
        ``number`` (theirs for good), ``days_idle`` (since joining or the last visit), ``n_recent_visits`` (28 days).
    """
    u = stream(seed, "leaving", day.toordinal()).random(int(volunteers["number"].max()) + 1 if len(volunteers) else 0)
    hazard = np.full(len(volunteers), -np.log1p(-staying.leaves_per_year) / DAYS_PER_YEAR)
    hazard[(volunteers["days_idle"] >= staying.idle_days).to_numpy()] *= staying.idle_factor
    hazard[(volunteers["n_recent_visits"] >= staying.overused_visits).to_numpy()] *= staying.overused_factor
    gone: Bools = u[volunteers["number"].to_numpy()] < -np.expm1(-hazard)
    return gone


def brings(visits: pd.DataFrame, growth: Growth, seed: int) -> tuple[Bools, Bools]:
    """Say after which completed visits (``request_id``, ``volunteer_id``) somebody joins, and somebody asks again."""
    u = uniforms(seed, "word of mouth", zip(visits["request_id"], visits["volunteer_id"], strict=True), 2)
    return u[:, 0] < growth.recruits_per_visit, u[:, 1] < growth.asks_again_share


def joins(growth: Growth, seed: int, day: date) -> int:
    """Draw how many volunteers join on a day of their own accord."""
    return int(stream(seed, "joining", day.toordinal()).poisson(growth.joins_per_week / 7))


def _is_heavy(service: str) -> bool:
    return service in HEAVY_SERVICES or int(services()[service]["step"]) >= HEAVY_STEP


def _seconds(seconds: Floats) -> np.ndarray:
    return np.floor(seconds).astype("timedelta64[s]").astype("timedelta64[us]")
