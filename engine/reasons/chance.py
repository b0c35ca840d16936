"""The chance of a request while it is being entered: will somebody come, when, and would another window help?

The signs are read by the same queries that make candidates, at the prices of the newest run; what they are worth
is learnt from what became of earlier requests (:mod:`engine.reasons.history`). Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine.candidates import View, parameters
from engine.errors import InputError
from engine.explain import funnel
from engine.problem import Floats
from engine.reasons.history import SIGNS, History, read_signs, signs_of
from engine.rules import PAIR_RULES, WORDS

if TYPE_CHECKING:
    from engine.facts import RequestSubmitted
    from engine.policy import Policy
    from engine.store import Reading

WIDER = timedelta(days=1)
"""How much earlier a wider window opens, and later it closes."""

NEARER_MOST_DAYS = 7
"""How many whole days a nearer window may be moved forward."""

LEAST_EFFECT = 0.1
"""Logits below which a sign is not named as a reason."""

N_REASONS = 4


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks for or against a request.

    Parameters
    ----------
    code
        A sign of :data:`engine.reasons.history.SIGNS`, or a rule code of the formulation page.
    effect
        In logits, against the mean of earlier requests; negative speaks against. ``None`` for a rule.
    """

    code: str
    effect: float | None
    en: str
    sv: str


@dataclass(frozen=True, slots=True)
class Chance:
    """What a resident can be told while asking.

    Parameters
    ----------
    share_served
        Chance, 0 to 1, of getting all volunteers needed within the window.
    low, high
        The chance lies between with a probability of 90 %: wide with little history.
    days_waiting
        Expected days from now to the visit, if it comes about; ``None`` when no visit is possible.
    n_candidates
        Volunteers who could come at some time in the window.
    reasons
        What speaks for and against, strongest first.
    n_history
        Requests with a known fate that this was learnt from; with none it is an assumption.
    wider, nearer
        The same for a window a day longer at both ends, and for one moved forward by whole days, where there are
        such.
    """

    earliest_at: datetime
    latest_at: datetime
    share_served: float
    low: float
    high: float
    days_waiting: float | None
    n_candidates: int
    n_history: int
    reasons: tuple[Reason, ...] = ()
    wider: Chance | None = field(default=None, repr=False)
    nearer: Chance | None = field(default=None, repr=False)


def chance_of(
    reading: Reading, policy: Policy, as_of: datetime, request: RequestSubmitted, history: History | None = None
) -> Chance:
    """Say how likely a request that is being entered will be served, and when, at ``as_of`` (UTC).

    Parameters
    ----------
    request
        It need not be stored; its id and ``occurred_at`` do not matter. Its resident must be registered.
    history
        From :func:`engine.reasons.history.learn`, once a day; without it the chance rests on stated assumptions alone.

    Raises
    ------
    InputError
        When ``as_of`` has no time zone, the resident is not known, or the window closes before it opens.
    """
    if as_of.tzinfo is None:
        raise InputError(f"as_of {as_of.isoformat()} needs a time zone.")
    if request.latest_at < request.earliest_at:
        raise InputError(f"The window closes at {request.latest_at}, before it opens at {request.earliest_at}.")
    history = history or History.of()
    params = parameters(policy, as_of, reading.last_entry_no)
    windows = dict(_windows(request, params))
    signs = _look(reading, params, request, windows)
    if signs.empty:
        raise InputError(f"There is no resident {request.resident_id!r}; register the resident first.")
    told = {name: _told(history, signs.loc[[name]], window, params["local_now"]) for name, window in windows.items()}
    asked = replace(told["asked"], wider=told.get("wider"), nearer=told.get("nearer"))
    if asked.n_candidates or signs["rule"].notna()["asked"]:
        return asked
    nobody = _dead_end(reading, policy, as_of)
    return replace(asked, reasons=(*nobody, *asked.reasons[: N_REASONS - len(nobody)]))


def _windows(request: RequestSubmitted, params: dict[str, Any]) -> Iterator[tuple[str, tuple[datetime, datetime]]]:
    """Name the windows to compare: the one asked for, a wider one, and a nearer one where there is room."""
    soonest = params["local_now"] + timedelta(hours=params["notice_hours"])
    earliest, latest = request.earliest_at, request.latest_at
    yield "asked", (earliest, latest)
    yield "wider", (min(earliest, max(soonest, earliest - WIDER)), latest + WIDER)
    days = min(NEARER_MOST_DAYS, (earliest - soonest).days)
    if days > 0:
        yield "nearer", (earliest - timedelta(days=days), latest - timedelta(days=days))


def _look(
    reading: Reading, params: dict[str, Any], request: RequestSubmitted, windows: dict[str, tuple[datetime, datetime]]
) -> pd.DataFrame:
    """Read the signs of the request in each window, by the window's name."""
    wanted = {name: getattr(request, name) for name in _ASKED} | {"languages": list(request.languages)}
    asked = {
        "request_ids": list(windows),
        "earliest_ats": [earliest for earliest, _ in windows.values()],
        "latest_ats": [latest for _, latest in windows.values()],
    }
    every = params | wanted | asked
    reading.keep("volunteers", **params)
    reading.keep("volunteer_weeks", **params)
    reading.keep("entered_requests", into="open_requests", **every)
    reading.keep("asking_days", **params)
    reading.keep("run_requests", **params)
    reading.keep("pairs", into="near_pairs", **params)
    reading.keep("entered_pairs", into="tried_pairs", **every)
    return read_signs(reading, params).set_index("request_id")


_ASKED = ("resident_id", "service", "minutes", "urgency", "volunteers_needed")


def _dead_end(reading: Reading, policy: Policy, as_of: datetime) -> tuple[Reason, ...]:
    """Name the rule at which the volunteer who came furthest stopped, for a request without any candidate."""
    nothing = pd.DataFrame()
    seen = View(as_of, reading.last_entry_no, policy, nothing, nothing, nothing, nothing)
    stopped = funnel(reading, seen, ["asked"])
    # Pairs that only this resident keeps apart count as candidates here: the request is not in the facts.
    rules = list(stopped.loc[stopped["rule"].isin(list(WORDS))].sort_values("step")["rule"])
    rules = [PAIR_RULES[0].code] if stopped.empty else rules[-1:]
    return tuple(Reason(rule, None, WORDS[rule].en, WORDS[rule].sv) for rule in rules)


def _told(history: History, seen: pd.DataFrame, window: tuple[datetime, datetime], now: datetime) -> Chance:
    """Turn the signs of one window into a chance."""
    [row] = seen.to_dict("records")
    n_candidates = int(row["n_candidates"])
    if not pd.isna(row["rule"]):
        words = WORDS[row["rule"]]
        barred = Reason(row["rule"], None, words.en, words.sv)
        return Chance(*window, 0.0, 0.0, 0.0, None, n_candidates, history.n, (barred,))
    signs = signs_of(seen)
    [share], ([low], [high]) = history.model.share(signs), history.model.interval(signs)
    visit_at = row["first_at"] + history.position * (row["last_at"] - row["first_at"])
    days = max(0.0, (visit_at - pd.Timestamp(now)).total_seconds() / 86400)
    reasons = tuple(_reasons(history, signs[0], row))
    return Chance(*window, float(share), float(low), float(high), days, n_candidates, history.n, reasons)


def _reasons(history: History, signs: Floats, row: dict[Any, Any]) -> list[Reason]:
    """Name the signs that move this request most, against the mean of the history."""
    effects = history.model.mean * (signs - history.mean_signs)
    named = [
        (abs(effect), Reason(code, float(effect), *_words(code, row)))
        for code, effect in zip(SIGNS, effects, strict=True)
        if code != "everybody" and abs(effect) >= LEAST_EFFECT
    ]
    return [reason for _, reason in sorted(named, key=lambda one: -one[0])][:N_REASONS]


def _words(code: str, row: dict[Any, Any]) -> tuple[str, str]:
    """Say a sign of a request in English and Swedish."""
    n, share, days = int(row["n_free"]), row["left_share"], row["window_days"]
    said = {
        "free": (f"volunteers with that time free: {n}", f"volontärer som har tiden ledig: {n}"),
        "candidates": (
            f"volunteers who could come: {row['n_candidates']}",
            f"volontärer som kan komma: {row['n_candidates']}",
        ),
        "left": (
            f"of its worth, {share:.0%} is left when others who need the same people are counted",
            f"av dess värde återstår {share:.0%} när andra som behöver samma personer räknas",
        ),
        "window": (f"the window leaves {days:.1f} days", f"tidsfönstret rymmer {days:.1f} dagar"),
        "ahead": (
            f"the window closes in {row['days_ahead']:.1f} days",
            f"tidsfönstret stänger om {row['days_ahead']:.1f} dagar",
        ),
        "urgency": (f"urgency {row['urgency']} of 3", f"angelägenhet {row['urgency']} av 3"),
        "needed": (f"volunteers needed: {row['n_needed']}", f"volontärer som behövs: {row['n_needed']}"),
    }
    return said[code]
