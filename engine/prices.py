"""What one more volunteer, cleared check, hour or visit a week would have been worth to a run.

Every change is supposed in the pilot itself, estimated from above at the run's prices, and the best are confirmed
by solving again, in the order of their estimates, until no unconfirmed one can be among them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC
from math import inf
from typing import Any

from engine import facts
from engine.access import acting
from engine.candidates import View, parameters, view
from engine.errors import InputError, NoSolutionError
from engine.explain import stored_run, view_of
from engine.facts import Fact
from engine.programme import problem_of
from engine.reasons.profiles import clearings, hours_and_visits, profiles
from engine.reasons.what_if import what_if
from engine.reasons.worth import Base, Gain, Offer, certificate_of, gain, offers
from engine.solver import solve
from engine.store import Store

KINDS = ("volunteer", "check", "hour", "visit")

LEAST_POINTS = 0.005
"""What is worth less than that at the prices themselves is not kept."""

SOLVES_PER_PLACE = 10
"""How many changes may be solved for each place in a list of the best."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What one change would have been worth to a run; the first fields are those of the fact ``WorthFound``.

    Parameters
    ----------
    estimated_points
        At least the true gain, read from the run's prices.
    confirmed_points, n_served_more
        The true gain and the requests served more, by solving again; ``None`` where that was not done.
    request_ids
        The requests that the person would serve: as confirmed, otherwise at the prices.
    """

    kind: str
    municipality_code: str
    service: str | None = None
    language: str | None = None
    weekday_part: str | None = None
    volunteer_id: str | None = None
    check_code: str | None = None
    estimated_points: float = 0.0
    confirmed_points: float | None = None
    n_served_more: int | None = None
    request_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Worths:
    """What changes would have been worth to one run.

    Parameters
    ----------
    found
        By kind: first those with a confirmed gain, then those without, most valuable first.
    proved
        The kinds whose first ``n_confirmed`` are proved to be the best, those who would serve the same requests
        counted once.
    slack_points
        What the run's prices leave open: part of every estimate.
    solved_anew
        Whether the run had no prices and was solved again to get some.
    """

    run_id: str
    found: dict[str, list[Worth]] = field(repr=False)
    n_confirmed: int
    proved: frozenset[str]
    slack_points: float
    solved_anew: bool

    def best(self, kind: str) -> list[Worth]:
        """List the most valuable of a kind, of those who would serve the same requests only the first."""
        first: dict[tuple[str, ...], Worth] = {}
        for worth in self.found[kind]:
            at_prices = worth.estimated_points - self.slack_points
            if (at_prices if worth.confirmed_points is None else worth.confirmed_points) > LEAST_POINTS:
                first.setdefault(worth.request_ids, worth)
        return list(first.values())[: self.n_confirmed]

    def notes(self) -> list[str]:
        """Say in sentences how far the figures may be trusted."""
        said = [
            "Estimates are read from the run's prices and are never below the true gain; confirmed gains are exact."
        ]
        if self.solved_anew:
            said.append("The run has no prices (compact model), so it was solved again by the plan model to get some.")
        if self.slack_points > LEAST_POINTS:
            said.append(f"Every estimate includes {self.slack_points:.2f} points that the run's prices leave open.")
        if unproved := [kind for kind in KINDS if kind not in self.proved]:
            said.append(f"Not all was confirmed in time: the list of {', '.join(unproved)} may lack some of the best.")
        return said


def worths(
    store: Store,
    run_id: str | None = None,
    *,
    n_confirmed: int = 10,
    time_limit_s: float = 60.0,
    progress: Callable[[object], None] | None = None,
) -> Worths:
    """Find what one more of everything would have been worth to a stored run (default: the newest).

    Parameters
    ----------
    n_confirmed
        How many of each kind to confirm, counting those who would serve the same requests once.
    time_limit_s
        Time for solving again, all kinds together; what is not confirmed by then stays an estimate.

    Raises
    ------
    InputError
        When there is no such run, or its input has changed since.
    NoSolutionError
        When the run had no prices and could not be solved again in time.
    """
    tell = progress or (lambda _: None)
    tell("looking again at what the run saw")
    base, run, solved_anew = _base(store, run_id, time_limit_s)
    made: dict[str, list[_Made]] = {kind: [] for kind in KINDS}
    for change in changes(store, base.view):
        if not change.about:
            continue
        tell(f"supposing one more {change.kind}")
        with what_if(store, change.facts, base.view.until_entry) as supposed:
            world = view(supposed, base.view.policy, base.view.as_of, base.view.until_entry)
        for offer in offers(base, world, list(change.about)):
            said = replace(change.about[offer.volunteer_id], estimated_points=offer.points)
            made[change.kind].append(_Made(world, offer, replace(said, request_ids=offer.request_ids)))
    found, proved = {}, set()
    for n_left, kind in zip(range(len(KINDS), 0, -1), KINDS, strict=True):
        tell(f"confirming one more {kind}")
        began = time.perf_counter()
        found[kind], is_proved = _confirmed(base, made[kind], n_confirmed, time_limit_s / n_left)
        time_limit_s -= time.perf_counter() - began
        proved |= {kind} if is_proved else set()
    return Worths(run["run_id"], found, n_confirmed, frozenset(proved), base.slack, solved_anew)


def keep_worths(store: Store, made: Worths, *, actor_id: str = "engine") -> int:
    """Write down what changes are worth to a run, once per run; says how many worths were written.

    What has none in a run that was priced was worth nothing there.

    Raises
    ------
    AccessDenied
        When the account may not.
    InputError
        When there is no such run.
    """
    with store.reading() as reading:
        run = stored_run(reading, made.run_id)
    every = [worth for of_kind in made.found.values() for worth in of_kind]
    kept = [worth for worth in every if worth.estimated_points - made.slack_points > LEAST_POINTS]
    common: dict[str, Any] = {"occurred_at": run["as_of"].to_pydatetime().replace(tzinfo=UTC), "run_id": made.run_id}
    names = [name for name in facts.columns_of(facts.WorthFound) if name not in common]
    key = f"worths:{made.run_id}"
    with acting(store, actor_id, "evaluate", idempotency_key=key, action="prices") as (transaction, _):
        transaction.append([facts.RunPriced(**common, n_changes=len(every), slack_points=made.slack_points)])
        transaction.append(facts.WorthFound(**common, **{n: getattr(worth, n) for n in names}) for worth in kept)
        return 0 if transaction.already_done else len(kept)


def _base(store: Store, run_id: str | None, time_limit_s: float) -> tuple[Base, dict[str, Any], bool]:
    """Look again at what the run saw; where it has no prices, or no proof, solve again."""
    with store.reading() as reading:
        run = stored_run(reading, run_id)
        seen = view_of(reading, run)
        certificate = reading.query("run_prices", run_id=run["run_id"])
    if seen.hash() != run["input_hash"]:
        raise InputError(f"The input of run {run['run_id']} has changed since; match again, then ask for prices.")
    has_prices = run["model"] != "compact" or not certificate.empty
    if has_prices and run["proof"] == "optimal":
        return Base.of(seen, run["objective"], int(run["n_matched"]), True, certificate), run, False
    found = solve(problem_of(seen), time_limit_s=time_limit_s, model="auto" if has_prices else "plans")
    if found.certificate:
        certificate = certificate_of(seen, found)
    n_served = int(seen.candidates["request_id"].iloc[found.chosen].nunique())
    return Base.of(seen, found.objective, n_served, found.proof == "optimal", certificate), run, not has_prices


@dataclass(frozen=True, slots=True)
class Change:
    """Facts to suppose together, and what is said of each volunteer they are about."""

    kind: str
    facts: list[Fact]
    about: dict[str, Worth]


@dataclass(frozen=True, slots=True)
class _Made:
    """One change in its world, as estimated."""

    world: View
    offer: Offer
    worth: Worth


def changes(store: Store, seen: View) -> Iterator[Change]:
    """List what to suppose; changes of one volunteer that could be mixed up stand apart."""
    params = parameters(seen.policy, seen.as_of, seen.until_entry)
    with store.reading() as reading:
        people, recruiting = profiles(reading, params)
        cleared, more = clearings(reading, params), hours_and_visits(reading, params)
    home = seen.volunteer_weeks.drop_duplicates("volunteer_id").set_index("volunteer_id")["municipality_code"]
    about = {
        p.volunteer_id: Worth("volunteer", p.municipality_code, p.service, p.language, p.weekday_part) for p in people
    }
    yield Change("volunteer", recruiting, about)
    for code, of_code in cleared.items():
        about = {f.volunteer_id: Worth("check", home[f.volunteer_id], check_code=code) for f in of_code}
        yield Change("check", list(of_code), _named(about))
    for kind, of_kind in more.items():
        about = {f.volunteer_id: Worth(kind, home[f.volunteer_id]) for f in of_kind}
        yield Change(kind, list(of_kind), _named(about))


def _named(about: dict[str, Worth]) -> dict[str, Worth]:
    return {volunteer_id: replace(worth, volunteer_id=volunteer_id) for volunteer_id, worth in about.items()}


def _confirmed(base: Base, made: list[_Made], n_wanted: int, seconds: float) -> tuple[list[Worth], bool]:
    """Solve again in the order of the estimates, until the best ``n_wanted`` are certain; sorted, with the proof."""
    ends = time.perf_counter() + seconds
    waiting = sorted(made, key=lambda m: (-m.offer.points, m.worth.language != "sv", m.offer.volunteer_id))
    done: list[Worth] = []
    proved = base.proved
    while waiting and proved and _nth_best(done, n_wanted) < waiting[0].offer.points:
        if waiting[0].offer.excess_points <= LEAST_POINTS:
            proved = base.slack <= LEAST_POINTS
            break
        left = ends - time.perf_counter()
        gained = _gain(base, waiting[0], left) if left > 0 and len(done) < SOLVES_PER_PLACE * n_wanted else None
        if gained is None:
            proved = False
        else:
            first = waiting.pop(0)
            done.append(
                replace(
                    first.worth, confirmed_points=gained.points, n_served_more=gained.n_served_more,
                    request_ids=gained.request_ids,
                )
            )  # fmt: skip
    done.sort(key=lambda worth: -(worth.confirmed_points or 0.0))
    return [*done, *(m.worth for m in waiting)], proved


def _nth_best(done: list[Worth], n: int) -> float:
    """Points of the n-th best confirmed gain, those who serve the same requests counted once."""
    best: dict[tuple[str, ...], float] = {}
    for worth in done:
        best[worth.request_ids] = max(best.get(worth.request_ids, -inf), worth.confirmed_points or 0.0)
    ordered = sorted(best.values(), reverse=True)
    return ordered[n - 1] if 0 < n <= len(ordered) else (inf if n == 0 else -inf)


def _gain(base: Base, made: _Made, seconds: float) -> Gain | None:
    try:
        return gain(base, made.world, made.offer.volunteer_id, seconds)
    except NoSolutionError:
        return None
