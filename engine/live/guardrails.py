"""Guardrails: between which figures the measures should stay while a policy is in force, and which have left.

They are proposed from the policy's newest simulation; a person sets them. A measure outside of its band says that the
pilot does not do what was simulated, for better or worse; nothing happens by itself.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from engine.errors import InputError
from engine.facts import GuardrailSet
from engine.lifecycle import taking
from engine.live.adoption import in_force
from engine.live.policy_life import BAND_COLUMNS, checked_bands, simulated_bands, status_of
from engine.measures.figures import Figure, figure_of
from engine.measures.measure import Kind, Words
from engine.measures.period import Period
from engine.metrics import MEASURES
from engine.policy import Policy

if TYPE_CHECKING:
    from engine.store import Reading, Store

LOOKED_BACK = timedelta(days=90)
"""The measures are those since the policy was adopted, of so many days at most."""

COLUMNS = [*BAND_COLUMNS, "value", "value_low", "value_high", "status", "is_worse", "is_sure", "en", "sv"]


def proposed_guardrails(reading: Reading, policy: Policy, as_of: datetime) -> pd.DataFrame:
    """Propose guardrails from the newest simulation of a policy: its bands of every measure that has a good direction.

    Counts are left out: they grow with the period and the town.

    Returns
    -------
    DataFrame
        ``measure``, ``gap_by``, ``low``, ``high``; empty when it was never simulated.
    """
    bands = simulated_bands(reading, policy, as_of)
    is_judged = [
        MEASURES[name].kind is not Kind.TOTAL and (pd.notna(gap_by) or MEASURES[name].more_is_better is not None)
        for name, gap_by in bands[["measure", "gap_by"]].itertuples(index=False)
    ]
    return bands.loc[is_judged, BAND_COLUMNS].reset_index(drop=True)


def set_guardrails(
    store: Store, actor_id: str, policy: Policy, bands: pd.DataFrame | None = None, *, at: datetime | None = None
) -> pd.DataFrame:
    """Set the guardrails of a policy, in place of its earlier ones, and return them.

    Parameters
    ----------
    bands
        ``measure``, ``low``, ``high`` and perhaps ``gap_by``; those proposed by default. Each must have been simulated,
        its numbers may differ.

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError
        When the policy is unknown or was never simulated, or a band is impossible or of what was not simulated.
    """
    with taking(store, actor_id, "set_policy", at) as step:
        status_of(step, policy)
        simulated = simulated_bands(step.transaction, policy, step.moment)
        if simulated.empty:
            raise InputError(f"{policy.name} was never simulated, so nothing says which guardrails it should have.")
        wanted = proposed_guardrails(step.transaction, policy, step.moment) if bands is None else bands
        chosen = checked_bands(wanted)
        known = {(band["measure"], band["gap_by"]) for band in checked_bands(simulated)}
        for band in chosen:
            if (band["measure"], band["gap_by"]) not in known:
                raise InputError(f"{_name(band['measure'], band['gap_by'])} was not simulated under {policy.name}.")
        simulation_id, fingerprint = str(simulated["simulation_id"].iloc[0]), policy.fingerprint
        step.append(
            *(
                GuardrailSet(occurred_at=step.at, fingerprint=fingerprint, simulation_id=simulation_id, **band)
                for band in chosen
            )
        )
    return pd.DataFrame(chosen, columns=BAND_COLUMNS)


def guardrails(reading: Reading, as_of: datetime) -> pd.DataFrame:
    """Hold the guardrails of the policy in force against the measures.

    Returns
    -------
    DataFrame
        ``measure``, ``gap_by``, ``low`` and ``high`` of the band; ``value``, ``value_low``, ``value_high`` of the live
        measure; ``status``: ``kept``, ``broken`` or ``unknown`` (nothing counted yet, or too few people); ``is_worse``,
        whether it left on the bad side; ``is_sure``, whether its whole interval has; what to say, ``en`` and ``sv``.
    """
    policy = in_force(reading, as_of)
    until_entry = reading.last_entry_no
    bands = reading.query("guardrails", as_of=as_of, until_entry=until_entry, fingerprint=policy.fingerprint)
    period = Period(_since(reading, as_of), as_of)
    rows = [
        _judged(figure_of(reading, band["measure"], band["gap_by"], period), band["low"], band["high"])
        for band in checked_bands(bands)
    ] if len(bands) else []  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def guardrails_broken(reading: Reading, as_of: datetime) -> pd.DataFrame:
    """List the measures that have left their band under the policy in force, the worse first (:func:`guardrails`)."""
    held = guardrails(reading, as_of)
    broken = held[held["status"] == "broken"]
    return broken.sort_values(["is_worse", "is_sure"], ascending=False, kind="stable", ignore_index=True)


def _since(reading: Reading, as_of: datetime) -> datetime:
    earliest = as_of - LOOKED_BACK
    adopted = reading.state("policies_at", as_of, None).sort_values("nth_newest")
    if adopted.empty:
        return earliest
    adopted_at: datetime = adopted["adopted_at"].iloc[0].to_pydatetime().replace(tzinfo=UTC)
    return min(max(earliest, adopted_at), as_of - timedelta(minutes=1))


def _judged(figure: Figure, low: float, high: float) -> dict[str, object]:
    is_broken = figure.is_known and not low <= figure.value <= high
    is_below = figure.value < low
    status = "broken" if is_broken else "kept" if figure.is_known else "unknown"
    said = _sentence(figure, low, high, status)
    return {
        "measure": figure.measure.name,
        "gap_by": figure.gap_by,
        "low": low,
        "high": high,
        "value": figure.value,
        "value_low": figure.low,
        "value_high": figure.high,
        "status": status,
        "is_worse": is_broken and figure.more_is_better is not None and is_below == figure.more_is_better,
        "is_sure": is_broken and (figure.high < low or figure.low > high),
        "en": said.en,
        "sv": said.sv,
    }


def _sentence(figure: Figure, low: float, high: float, status: str) -> Words:
    title, said, first, last = figure.title, figure.said, figure.written(low), figure.written(high)
    band = Words(f"{first.en} to {last.en}", f"{first.sv} till {last.sv}")
    if status == "unknown":
        return Words(
            f"{title.en}: not known yet, or of too few people; simulated were {band.en}.",
            f"{title.sv}: inte känt än, eller för få personer; simulerat var {band.sv}.",
        )
    en, sv = ("outside of", "utanför") if status == "broken" else ("within", "inom")
    return Words(f"{title.en} is {said.en}, {en} {band.en}.", f"{title.sv} är {said.sv}, {sv} {band.sv}.")


def _name(measure: str, gap_by: str | None) -> str:
    return f"{measure} (gap by {gap_by})" if gap_by else measure
