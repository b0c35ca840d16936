"""What an override costs before a coordinator confirms it: points, and whom it displaces.

The rest of the plan is solved again with the override in it, so the price is exact: what the run was worth less
what the next run will be worth once the override is stated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd

from engine.errors import InputError, NoSolutionError
from engine.explain import RULE_STEPS, funnel, stored_run, view_of
from engine.problem import Ints
from engine.reasons.base import Base, Shift
from engine.reasons.questions import Question
from engine.rules import WORDS

if TYPE_CHECKING:
    from engine.store import Store

KINDS = ("pin", "forbid", "swap", "exchange")


@dataclass(frozen=True, slots=True)
class OverridePrice:
    """The price of an override.

    Parameters
    ----------
    points
        What the best plan loses by it; 0 when another best plan keeps it already.
    before, after
        What the plan is worth without and with it.
    shifts
        Every request whose visits become different, the asked one among them.
    plan
        The plan with the override (columns ``candidates.COLUMNS``).
    """

    kind: str
    request_id: str
    volunteer_id: str
    points: float
    before: float
    after: float
    shifts: tuple[Shift, ...]
    plan: pd.DataFrame = field(repr=False)

    @property
    def displaced(self) -> tuple[Shift, ...]:
        """Other requests that lose a volunteer, or get another volunteer or time."""
        return tuple(s for s in self.shifts if s.request_id != self.request_id and s.kind != "gained")

    @property
    def gained(self) -> tuple[Shift, ...]:
        """Other requests that get a volunteer they did not have."""
        return tuple(s for s in self.shifts if s.request_id != self.request_id and s.kind == "gained")

    def in_words(self, language: str = "en") -> list[str]:
        """Say it in plain sentences; ``language`` is ``en`` or ``sv``."""
        return list(_sentences(self, language))


def override_price(
    store: Store,
    kind: str,
    request_id: str,
    volunteer_id: str,
    starts_at: datetime | None = None,
    instead_of: str | None = None,
    *,
    other_request_id: str | None = None,
    run_id: str | None = None,
) -> OverridePrice:
    """Price an override of a stored run (default: the newest).

    Parameters
    ----------
    kind
        ``pin`` and ``forbid`` the pair; ``swap`` gives the request this volunteer ``instead_of`` another;
        ``exchange`` gives it the volunteer of ``other_request_id``, which gets the one it had (``instead_of``).
    starts_at
        The start a pin or swap asks for (local); any start when left out.
    instead_of
        The volunteer who is replaced; may be left out when the run gave the request exactly one.

    Raises
    ------
    InputError
        When the override is impossible to state: an unknown kind or id, or a pair or start that a rule forbids.
    NoSolutionError
        When no plan keeps it together with the pins there are.
    """
    base = Base.of_run(store, run_id)
    try:
        return price_in(base, kind, request_id, volunteer_id, starts_at, instead_of, other_request_id)
    except _NotACandidateError as error:
        rule = _rule_of(store, run_id, error.request_id, error.volunteer_id)
        if rule == "candidate":
            raise InputError(f"{error} The starts tried are other ones.") from error
        said = f"{error} The rule {rule} stops the pair"
        raise InputError(f"{said}: {WORDS[rule].en}." if rule in WORDS else f"{error}") from error


def price_in(
    base: Base,
    kind: str,
    request_id: str,
    volunteer_id: str,
    starts_at: datetime | None = None,
    instead_of: str | None = None,
    other_request_id: str | None = None,
) -> OverridePrice:
    """Price an override in a base that is solved already; a matter of milliseconds.

    Raises
    ------
    InputError
        When the kind is unknown, a pair or start is no candidate, or it is not clear who is replaced.
    NoSolutionError
        When no plan keeps it together with the pins there are.
    """
    question = _question(base, kind, request_id, volunteer_id, starts_at, instead_of, other_request_id)
    answer = base.resolver.solve(question)
    if not answer.possible or answer.chosen is None:
        raise NoSolutionError(
            f"No plan can keep this {kind} of {volunteer_id} for {request_id} together with the pins."
        )
    return OverridePrice(
        kind=kind,
        request_id=request_id,
        volunteer_id=volunteer_id,
        points=round(base.points - answer.points, 6),
        before=base.points,
        after=answer.points,
        shifts=base.shifts(answer),
        plan=base.plan(answer),
    )


def demanding(base: Base, question: Question, candidates: Ints) -> Question:
    """Demand one of the candidates of a pair, in place of what an earlier pin of the pair asks for."""
    whole = set(base.candidates_of(base.request_of(int(candidates[0])), base.visit(int(candidates[0])).volunteer_id))
    pins = tuple(i for i in base.pin_rows if whole.issuperset(base.problem.side_rows[i].candidates.tolist()))
    return replace(question, demands=(*question.demands, (candidates, 1)), lifted=(*question.lifted, *pins))


def without(question: Question, candidates: Ints) -> Question:
    """Take candidates out of a question."""
    allowed = question.allowed.copy()
    allowed[candidates] = False
    return replace(question, allowed=allowed)


class _NotACandidateError(InputError):
    """Says that a pair or start is no candidate, and which."""

    def __init__(self, request_id: str, volunteer_id: str, starts_at: datetime | None) -> None:
        at = "" if starts_at is None else f" at {starts_at:%Y-%m-%d %H:%M}"
        super().__init__(f"{volunteer_id} is no candidate for {request_id}{at}.")
        self.request_id, self.volunteer_id = request_id, volunteer_id


def _question(
    base: Base,
    kind: str,
    request_id: str,
    volunteer_id: str,
    starts_at: datetime | None,
    instead_of: str | None,
    other_request_id: str | None,
) -> Question:
    if kind not in KINDS:
        raise InputError(f"The override is {kind!r}; it must be one of {', '.join(KINDS)}.")
    if kind == "forbid":
        base.candidates_of(request_id)  # an unknown request is refused; a pair that cannot be anyway costs nothing
        return without(base.question, base.candidates_of(request_id, volunteer_id))
    wanted = _pair(base, request_id, volunteer_id, starts_at)
    if kind == "pin":
        return demanding(base, base.question, wanted)
    replaced = _replaced(base, request_id, instead_of)
    if replaced == volunteer_id:
        raise InputError(f"{volunteer_id} is given {request_id} already; name another volunteer.")
    question = without(base.question, base.candidates_of(request_id, replaced))
    if kind == "exchange":
        if other_request_id is None:
            raise InputError("An exchange needs the other request whose volunteer is wanted.")
        if volunteer_id not in {base.visit(int(c)).volunteer_id for c in base.chosen_of(other_request_id)}:
            raise InputError(f"The plan does not give {volunteer_id} to {other_request_id}.")
        question = without(question, base.candidates_of(other_request_id, volunteer_id))
        question = demanding(base, question, _pair(base, other_request_id, replaced, None))
    return demanding(base, question, wanted)


def _pair(base: Base, request_id: str, volunteer_id: str, starts_at: datetime | None) -> Ints:
    found = base.allowed_of(request_id, volunteer_id, starts_at)
    if not len(found):
        raise _NotACandidateError(request_id, volunteer_id, starts_at)
    return found


def _replaced(base: Base, request_id: str, instead_of: str | None) -> str:
    """Find whom a swap replaces: the one named, or the only one the plan has."""
    now = sorted({base.visit(int(c)).volunteer_id for c in base.chosen_of(request_id)})
    if instead_of is not None:
        if instead_of not in now:
            raise InputError(f"The plan does not give {instead_of} to {request_id}; it gives {now or 'nobody'}.")
        return instead_of
    if len(now) != 1:
        raise InputError(f"Say who is replaced in {request_id}: the plan gives it {', '.join(now) or 'nobody'}.")
    return now[0]


def _rule_of(store: Store, run_id: str | None, request_id: str, volunteer_id: str) -> str | None:
    """Name the rule that stops a pair in a run; ``candidate`` for none, ``None`` for an unknown volunteer."""
    with store.reading() as reading:
        seen = view_of(reading, stored_run(reading, run_id))
        ruled = seen.requests.loc[seen.requests["request_id"] == request_id, "rule"]
        if len(ruled) and isinstance(ruled.iloc[0], str):
            return str(ruled.iloc[0])
        funnel(reading, seen, [request_id])
        pairs = reading.query("stopped_pairs", tables={"rule_steps": RULE_STEPS})
    rules = pairs.loc[pairs["volunteer_id"] == volunteer_id, "rule"]
    return str(rules.iloc[0]) if len(rules) else None


def _sentences(price: OverridePrice, language: str) -> Iterator[str]:
    swedish = language == "sv"
    if price.points == 0:
        yield (
            "Det kostar ingenting: en lika bra plan finns." if swedish else "It costs nothing: another plan is as good."
        )
    else:
        yield f"Det kostar {price.points:g} poäng." if swedish else f"It costs {price.points:g} points."
    for shift in price.shifts:
        yield shift_in_words(shift, language)


def shift_in_words(shift: Shift, language: str = "en") -> str:
    """Say what becomes different for a request."""
    swedish = language == "sv"
    before = ", ".join(map(str, shift.before)) or ("ingen" if swedish else "nobody")
    after = ", ".join(map(str, shift.after)) or ("ingen" if swedish else "nobody")
    return f"{shift.request_id}: {after} i stället för {before}." if swedish else (
        f"{shift.request_id}: {after} instead of {before}."
    )  # fmt: skip
