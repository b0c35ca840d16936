"""Plan B: who comes if a volunteer cancels, and which of tomorrow's visits are most at risk.

For every agreed visit a stand-in request is stated for a moment, for the promised time and for the whole window,
and looked at under the same rules as any request while all visits stay agreed; nothing is kept. A stand-in asks for
no notice: who cancels late leaves none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine import facts
from engine.candidates import parameters
from engine.clock import local_of
from engine.policy import Policy
from engine.reasons.base import Visit
from engine.reasons.what_if import what_if

if TYPE_CHECKING:
    from engine.store import Reading, Store

PRIOR_FAILED, PRIOR_KEPT = 1.0, 19.0
"""Assumption: before anything is known of a volunteer, the chance of cancelling or not coming is Beta(1, 19), mean
5 %, which weighs as much as 20 visits. Each visit that ended moves it by one."""

N_STANDBYS = 3

_SAME, _ANY = "standby-same:", "standby-any:"


@dataclass(frozen=True, slots=True)
class Standby:
    """A volunteer who could come instead.

    Parameters
    ----------
    keeps_time
        Whether the promised start is kept.
    value
        Points: the candidate's value and the load points of one more visit in that volunteer's week.
    """

    visit: Visit
    keeps_time: bool
    value: float
    distance_km: float


@dataclass(frozen=True, slots=True)
class PlanB:
    """An agreed visit, how likely it fails, and who comes then.

    Parameters
    ----------
    chance
        That the volunteer cancels or does not come: the mean of a Beta distribution with the prior above.
    value
        Points that are lost when nobody comes instead: what the visit is worth by the policy.
    risk
        ``chance`` times ``value``: points at risk without a plan B.
    standbys
        Those who could come, who keep the promised time first, then by value.
    """

    visit_id: str
    request_id: str
    visit: Visit
    chance: float
    value: float
    standbys: tuple[Standby, ...]

    @property
    def risk(self) -> float:
        """Points at risk when nobody stands by."""
        return self.chance * self.value

    @property
    def risk_left(self) -> float:
        """Points at risk when the first standby comes instead."""
        saved = max(0.0, self.standbys[0].value) if self.standbys else 0.0
        return self.chance * max(0.0, self.value - saved)


def standby(
    store: Store, policy: Policy, as_of: datetime, day: Any = None, n_standbys: int = N_STANDBYS
) -> list[PlanB]:
    """Find a plan B for the agreed visits ahead, those of most risk first.

    Parameters
    ----------
    as_of
        The moment to look at (UTC, timezone-aware).
    day
        Only visits of this local day (``date``); all of the policy's horizon when left out.

    Raises
    ------
    StoreError
        When the pilot is busy or damaged.
    """
    with store.reading() as reading:
        ahead = reading.query("upcoming_visits", **parameters(policy, as_of, reading.last_entry_no))
        records = reading.query("visit_records", as_of=as_of, until_entry=reading.last_entry_no)
    if day is not None:
        ahead = ahead[ahead["starts_at"].dt.date == day]
    if ahead.empty:
        return []
    visits = ahead.to_dict("records")
    with what_if(store, _stand_ins(visits, as_of)) as reading:
        candidates = _candidates(reading, policy, as_of, visits)
        weeks = reading.query("kept_volunteer_weeks")
    chances = _chances(records)
    worth = candidates["value"] + _load_points(candidates, weeks, policy)
    candidates = candidates.assign(worth=worth.round(2))
    plans = [_plan_b(visit, candidates, chances, n_standbys) for visit in visits]
    return sorted(plans, key=lambda plan: (-plan.risk, plan.visit.starts_at, plan.visit_id))


def _stand_ins(visits: list[dict[Any, Any]], as_of: datetime) -> Iterator[facts.Fact]:
    """State each visit's request twice more, and rule out whom it cannot ask."""
    for visit in visits:
        hours = {_SAME: ("starts_at", "ends_at"), _ANY: ("earliest_at", "latest_at")}
        for prefix, (opens, closes) in hours.items():
            stand_in = prefix + visit["visit_id"]
            yield facts.RequestSubmitted(
                occurred_at=visit["requested_at"].to_pydatetime().replace(tzinfo=UTC),
                request_id=stand_in,
                resident_id=visit["resident_id"],
                service=visit["service"],
                minutes=int(visit["minutes"]),
                earliest_at=visit[opens].to_pydatetime(),
                latest_at=visit[closes].to_pydatetime(),
                volunteers_needed=1,
                urgency=int(visit["urgency"]),
                languages=tuple(visit["languages"]),
            )
            for volunteer_id in visit["ruled_out"]:
                yield facts.OverrideStated(
                    occurred_at=as_of, request_id=stand_in, volunteer_id=volunteer_id, starts_at=None,
                    kind="forbid", reason_code="standby",
                )  # fmt: skip


def _candidates(reading: Reading, policy: Policy, as_of: datetime, visits: list[dict[Any, Any]]) -> pd.DataFrame:
    """List the candidates of all stand-ins by the rules of a match run, and the agreed visits with their value."""
    params = parameters(policy, as_of, reading.last_entry_no)
    params["request_ids"] = [prefix + visit["visit_id"] for visit in visits for prefix in (_SAME, _ANY)]
    reading.keep("volunteers", **params)
    reading.keep("volunteer_weeks", **params)
    reading.keep("standby_requests", into="open_requests", **params)
    for name in ("asking_days", "run_requests"):
        reading.keep(name, **params)
    reading.keep("pairs", into="tried_pairs", **params)
    reading.keep("starts", into="free_starts", with_rules=False, **params)
    reading.keep("agreed_starts", into="starts", prefix=_SAME, **params)
    return reading.query("candidates", **params)


def _plan_b(visit: dict[Any, Any], candidates: pd.DataFrame, chances: dict[str, float], n_standbys: int) -> PlanB:
    volunteer_id, starts_at = visit["volunteer_id"], visit["starts_at"]
    of_same = candidates[candidates["request_id"] == _SAME + visit["visit_id"]]
    mine = of_same[of_same["volunteer_id"] == volunteer_id]
    of_any = candidates[candidates["request_id"] == _ANY + visit["visit_id"]]
    others = pd.concat([of_same[of_same["volunteer_id"] != volunteer_id], of_any], ignore_index=True)
    others = others.assign(keeps_time=others["starts_at"] == starts_at)
    order = ["keeps_time", "worth", "volunteer_id", "starts_at"]
    ranked = others.sort_values(order, ascending=[False, False, True, True]).drop_duplicates("volunteer_id")
    return PlanB(
        visit_id=visit["visit_id"],
        request_id=visit["request_id"],
        visit=Visit(volunteer_id, starts_at.to_pydatetime()),
        chance=chances.get(volunteer_id, PRIOR_FAILED / (PRIOR_FAILED + PRIOR_KEPT)),
        # The load points of the agreed visit itself are not lost for certain: its volunteer may be asked elsewhere.
        value=float(mine["value"].iloc[0]),
        standbys=tuple(
            Standby(
                visit=Visit(row["volunteer_id"], row["starts_at"].to_pydatetime()),
                keeps_time=bool(row["keeps_time"]),
                value=float(row["worth"]),
                distance_km=float(row["distance_km"]),
            )
            for row in ranked.head(n_standbys).to_dict("records")
        ),
    )


def _chances(records: pd.DataFrame) -> dict[str, float]:
    """Estimate by volunteer the chance that a visit fails."""
    chance = (PRIOR_FAILED + records["n_failed"]) / (PRIOR_FAILED + PRIOR_KEPT + records["n_ended"])
    return dict(zip(records["volunteer_id"], chance.astype(float), strict=True))


def _load_points(candidates: pd.DataFrame, weeks: pd.DataFrame, policy: Policy) -> pd.Series[float]:
    """What one more visit adds in each candidate's week: the points of the first, or the cost of a heavy load."""
    n_agreed = candidates[["volunteer_id", "week"]].merge(weeks, on=["volunteer_id", "week"], how="left")["n_agreed"]
    nth = n_agreed.fillna(0).to_numpy() + 1
    beyond = np.maximum(0, nth - policy.limits.comfortable_visits_per_week)
    points = policy.weights.first_visit * (nth == 1) - policy.weights.load_step * beyond
    return pd.Series(points, index=candidates.index)


def tomorrow(as_of: datetime) -> Any:
    """The local day after a moment (UTC)."""
    return (local_of(as_of) + pd.Timedelta(days=1)).date()
