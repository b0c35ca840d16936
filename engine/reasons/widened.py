"""All that could become a candidate for some requests if the list of relaxations were used, and what each lacks.

The SQL measures what a start lacks (``asked_*.sql``); here a change is turned into the candidates it allows. A
change about a volunteer counts for every request: who may go farther for one may go farther for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine.candidates import View, parameters
from engine.problem import Floats, Ints
from engine.reasons.base import Base
from engine.reasons.measured import Measured, places_of
from engine.reasons.questions import Bools, Question
from engine.reasons.relaxations import (
    CHECK,
    DAY,
    FARTHER,
    FEWER,
    GRANT,
    LANGUAGE,
    MORE,
    WIDER,
    Change,
    Relaxations,
    Step,
)

if TYPE_CHECKING:
    from engine.store import Reading


@dataclass(frozen=True, slots=True)
class _Variant:
    """A changed window: wider at both ends, or moved."""

    number: int
    wider_hours: int
    later_days: int


class Widened:
    """A base over everything the relaxations could allow for the asked requests.

    Parameters
    ----------
    reading
        The one in which ``seen`` was made.
    proposals
        What the run proposed: ``request_id``, ``volunteer_id``, ``starts_at``.
    asked
        The requests that may be changed.

    Raises
    ------
    NoSolutionError
        When pins contradict the limits.
    """

    def __init__(
        self, reading: Reading, seen: View, proposals: pd.DataFrame, asked: Iterable[str], known: Relaxations
    ) -> None:
        self.known, self._policy = known, seen.policy
        self._variants = _variants(known)
        self.requests = reading.state("requests_at", seen.as_of, seen.until_entry).set_index("request_id", drop=False)
        self.volunteers = reading.state("volunteers_at", seen.as_of, seen.until_entry)
        self.volunteers = self.volunteers.set_index("volunteer_id", drop=False)
        own = self.volunteers[["visits_per_week", "minutes_per_week"]].astype(np.float64).fillna(np.inf)
        self._own_limits = dict(zip(own.index, own.itertuples(index=False, name=None), strict=True))
        self._languages = {v: frozenset(spoken) for v, spoken in self.volunteers["languages"].items()}
        self._speakers: dict[frozenset[str], Bools] = {}
        starts = self._measure(reading, seen, sorted(self._with_siblings(asked, seen)))
        candidates = reading.query("candidates", **parameters(seen.policy, seen.as_of, seen.until_entry))
        # In the order in which weeks are searched, so that numbers that are used together stand together.
        candidates = candidates.sort_values(["volunteer_id", "week", "starts_at", "request_id"], ignore_index=True)
        self._rows = Measured(starts, candidates, seen.policy.limits.starts_per_pair)
        allowed = np.zeros(len(candidates), dtype=np.bool_)
        allowed[self._rows.first_of_each(self._rows.needs_nothing)] = True
        self.base = Base(replace(seen, candidates=candidates), proposals, allowed)
        self._weeks = places_of(candidates["volunteer_id"], self.base.problem.volunteer_week)

    def question(self, change: Change) -> Question:
        """Lay a change out as a question to the base's resolver."""
        base, rows = self.base, self._rows
        mine = rows.of_request.get(change.request_id, rows.none)
        theirs = [rows.of_volunteer.get(v, rows.none) for v in change.volunteers]
        twins = [rows.of_request.get(r, rows.none) for r in self._twins(change)]
        touched = np.unique(np.concatenate([mine, *theirs, *twins]))
        allowed = base.question.allowed.copy()
        allowed[rows.candidate[touched]] = False
        allowed[rows.first_of_each(touched[self._is_allowed(change, touched)])] = True
        needed = base.question.needed
        if fewer := change.amount(FEWER, change.request_id):
            needed = needed.copy()
            needed[base.number[change.request_id]] -= fewer
        question = replace(base.question, allowed=allowed, needed=needed)
        if any(change.amount(MORE, v) for v in change.volunteers):
            minutes, visits = self._more_left(change)
            question = replace(question, minutes_left=minutes, visits_left=visits)
        return question

    def candidates_under(self, change: Change) -> Ints:
        """List the candidates that the request of a change has with it, ascending by start and volunteer."""
        mine = self._rows.of_request.get(change.request_id, self._rows.none)
        return self._rows.first_of_each(mine[self._is_allowed(change, mine)])

    def changes(self, request_id: str, above: float, up_to: float) -> Iterator[Change]:
        """List every change that lets one volunteer come to a request, each step of it needed or one visit more.

        Parameters
        ----------
        above, up_to
            The prices between which they lie: above the one, not above the other.
        """
        seen: set[tuple[Step, ...]] = set()
        for kind in self._rows.kinds_of_request(request_id, self._least_prices(request_id), up_to):
            for steps in self._steps(request_id, kind):
                change = Change.of(request_id, steps, self.known)
                if above < change.price <= up_to and change.steps not in seen:
                    seen.add(change.steps)
                    yield change

    def _least_prices(self, request_id: str) -> Floats:
        """Price what each measured start of a request needs at least; infinite when that is not on the list."""
        rows = self._rows.of_request.get(request_id, self._rows.none)
        starts, unit = self._rows, {code: one.price for code, one in self.known.by_code.items()}
        windows = np.array([v.wider_hours * unit.get(WIDER, 0.0) + abs(v.later_days) * unit.get(DAY, 0.0)
                            for v in self._variants])  # fmt: skip
        lacking = np.array([len(checks) for checks in starts.check_sets], dtype=np.float64)[starts.lacks[rows]]
        farther = np.select(
            [starts.distance_km[rows] <= starts.radius_km[rows] + km for km in (0, *self.known.steps(FARTHER))],
            [km * unit.get(FARTHER, 0.0) for km in (0, *self.known.steps(FARTHER))],
            np.inf,
        )
        needs = ((~starts.is_granted[rows], GRANT), (~starts.speaks[rows], LANGUAGE), (starts.is_week_full[rows], MORE))
        prices = windows[starts.variant[rows]] + farther + np.where(lacking > 0, lacking * unit.get(CHECK, np.inf), 0.0)
        for lacks, code in needs:
            prices = prices + np.where(lacks, unit.get(code, np.inf), 0.0)
        least: Floats = prices
        return least

    def _measure(self, reading: Reading, seen: View, asked: list[str]) -> pd.DataFrame:
        """Measure every start; the distinct ones are kept as ``starts`` for the query of values to go on from."""
        params = parameters(seen.policy, seen.as_of, seen.until_entry) | {
            "request_ids": asked,
            "variants": [v.number for v in self._variants],
            "wider_hours": [v.wider_hours for v in self._variants],
            "later_days": [v.later_days for v in self._variants],
            "km_beyond_max": float(max(self.known.steps(FARTHER), default=0)),
        }
        for name in ("asked_windows", "asked_days", "asked_pairs", "asked_starts"):
            reading.keep(name, **params)
        reading.keep("distinct_starts", into="starts")
        return reading.query("kept_asked_starts")

    def _with_siblings(self, asked: Iterable[str], seen: View) -> set[str]:
        """Add the requests that a decision on an asked one would serve too."""
        asked = set(asked)
        looked_at = self.requests.loc[[r for r in seen.requests["request_id"] if r in self.requests.index]]
        grants = set(map(tuple, self.requests.loc[sorted(asked), ["resident_id", "service"]].to_numpy()))
        keys = looked_at[["resident_id", "service"]].itertuples(index=False, name=None)
        return asked | {r for r, key in zip(looked_at["request_id"], keys, strict=True) if key in grants}

    def _twins(self, change: Change) -> list[str]:
        if not change.amount(GRANT, change.request_id):
            return []
        return sorted(self._with_siblings([change.request_id], self.base.view))

    def _is_allowed(self, change: Change, touched: Ints) -> Bools:
        """Say which measured starts a change makes candidates."""
        rows, mine = self._rows, self._rows.request[touched] == self._rows.number_of_request(change.request_id)
        variant = next(v.number for v in self._variants if (v.wider_hours, v.later_days) == change.window)
        ok = rows.variant[touched] == np.where(mine, variant, 0)
        granted = rows.is_granted[touched]
        if change.amount(GRANT, change.request_id):
            twins = [rows.number_of_request(twin) for twin in self._twins(change)]
            granted = granted | np.isin(rows.request[touched], twins)
        ok &= granted
        who, speaks = rows.volunteer[touched], rows.speaks[touched]
        if spoken := change.details(LANGUAGE, change.request_id):
            speaks = speaks | (mine & self._speaks_one_of(spoken)[who])
        reach, full, lacks = rows.radius_km[touched].copy(), rows.is_week_full[touched].copy(), rows.lacks[touched] > 0
        for v in change.volunteers:
            his = who == rows.number_of_volunteer(v)
            reach[his] += change.amount(FARTHER, v)
            if cleared := change.details(CHECK, v):
                lacks[his] = ~np.array([checks <= cleared for checks in rows.check_sets])[rows.lacks[touched[his]]]
            if change.amount(MORE, v):
                full[his] = ~self._fits_with_more(v, touched[his])
        checked: Bools = ok & speaks & (rows.distance_km[touched] <= reach) & ~lacks & ~full
        return checked

    def _speaks_one_of(self, languages: frozenset[str]) -> Bools:
        """Say which of the measured volunteers speak one of some languages."""
        if languages not in self._speakers:
            speaks = [bool(languages & self._languages[v]) for v in self._rows.volunteer_ids]
            self._speakers[languages] = np.array(speaks, dtype=np.bool_)
        return self._speakers[languages]

    def _fits_with_more(self, volunteer_id: str, touched: Ints) -> Bools:
        """Say which starts fit the week of a volunteer who makes one more visit."""
        more_visits, more_minutes = self._more_of(volunteer_id)
        problem, c = self.base.problem, self._rows.candidate[touched]
        u = problem.volunteer_week[c]
        left = problem.minutes_left[u] + more_minutes
        fits: Bools = (problem.visits_left[u] + more_visits >= 1) & (left >= problem.minutes[c])
        return fits

    def _more_of(self, volunteer_id: str) -> tuple[float, float]:
        """What one more visit adds to a week, within the policy: visits and minutes; zeros when nothing."""
        limits = self._policy.limits
        visits, minutes = self._own_limits[volunteer_id]
        more_visits = min(visits + 1, limits.visits_per_week_max) - min(visits, limits.visits_per_week_max)
        longer = minutes + self.known.by_code[MORE].minutes
        return more_visits, min(longer, limits.minutes_per_week_max) - min(minutes, limits.minutes_per_week_max)

    def _more_left(self, change: Change) -> tuple[Floats, Floats]:
        problem = self.base.problem
        minutes, visits = problem.minutes_left.copy(), problem.visits_left.copy()
        for v in change.volunteers:
            if change.amount(MORE, v):
                more_visits, more_minutes = self._more_of(v)
                visits[self._weeks[v]] += more_visits
                minutes[self._weeks[v]] += more_minutes
        return minutes, visits

    def _steps(self, request_id: str, kind: dict[str, Any]) -> Iterator[set[Step]]:
        """List the sets of steps that a kind of start needs, with and without one visit more."""
        volunteer_id = kind["volunteer_id"]
        variant = self._variants[kind["variant"]]
        steps = set()
        if variant.wider_hours:
            steps.add(Step(WIDER, request_id, variant.wider_hours))
        if variant.later_days:
            steps.add(Step(DAY, request_id, abs(variant.later_days), f"{variant.later_days:+d}"))
        if not kind["is_granted"]:
            steps.add(Step(GRANT, request_id, 1))
        if kind["distance_km"] > kind["radius_km"]:
            reach = (km for km in self.known.steps(FARTHER) if kind["distance_km"] <= kind["radius_km"] + km)
            steps.add(Step(FARTHER, volunteer_id, next(reach)))
        steps |= {Step(CHECK, volunteer_id, 1, code) for code in self._rows.check_sets[kind["lacks"]]}
        spoken: list[set[Step]] = [set()]
        if not kind["speaks_it"]:
            spoken = [{Step(LANGUAGE, request_id, 1, language)} for language in sorted(self._languages[volunteer_id])]
        visits: list[set[Step]] = [set()] if not kind["is_week_full"] else []
        if self.known.steps(MORE) and any(self._more_of(volunteer_id)):
            visits.append({Step(MORE, volunteer_id, 1)})
        for one, other in product(spoken, visits):
            yield steps | one | other


def _variants(known: Relaxations) -> list[_Variant]:
    changes = [(0, 0), *((hours, 0) for hours in known.steps(WIDER))]
    changes += [(0, sign * days) for days in known.steps(DAY) for sign in (-1, 1)]
    return [_Variant(n, hours, days) for n, (hours, days) in enumerate(changes)]
