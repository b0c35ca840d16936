"""Why this match: its value by parts, who else could have come at what exact loss, and whether it had to be so.

Every figure is the difference of two optima: the run's programme, and the same programme solved again with one
pair demanded or left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from engine.candidates import VALUE_PARTS
from engine.problem import Ints
from engine.reasons.base import Base, Shift, Visit
from engine.reasons.override_price import demanding, shift_in_words, without
from engine.reasons.questions import Question

N_RUNNERS_UP = 5


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """A volunteer who could have come instead.

    Parameters
    ----------
    visit
        The volunteer, and the start in the best plan with this volunteer.
    value
        What the candidate itself is worth, points.
    loss
        What the whole plan loses by choosing this volunteer instead: 0 for one who is as good.
    shifts
        Other requests whose visits would become different.
    """

    visit: Visit
    value: float
    loss: float
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """One chosen candidate, and how much hangs on it.

    Parameters
    ----------
    parts
        Points by part of the value (``candidates.VALUE_PARTS``); they add up to ``value``.
    loss_without
        What the whole plan loses when this pair is ruled out.
    runners_up
        Those of smallest loss, ascending; ties by value, then id.
    """

    request_id: str
    visit: Visit
    value: float
    parts: dict[str, float]
    loss_without: float
    runners_up: tuple[RunnerUp, ...]

    @property
    def is_forced(self) -> bool:
        """Whether every optimal plan has this pair."""
        return self.loss_without > 0

    @property
    def interchangeable_with(self) -> tuple[str, ...]:
        """The volunteers who could come instead in another optimal plan."""
        return tuple(other.visit.volunteer_id for other in self.runners_up if other.loss == 0)

    def in_words(self, language: str = "en") -> list[str]:
        """Say it in plain sentences; ``language`` is ``en`` or ``sv``."""
        return list(_sentences(self, language == "sv", language))


def why(base: Base, request_id: str, n_runners_up: int = N_RUNNERS_UP) -> tuple[Match, ...]:
    """Explain every match of a request.

    Parameters
    ----------
    n_runners_up
        How many volunteers of smallest loss to name; all who could come in some plan are tried.

    Raises
    ------
    InputError
        When the run did not look at the request.
    """
    return tuple(_match(base, request_id, int(c), n_runners_up) for c in base.chosen_of(request_id))


def _match(base: Base, request_id: str, chosen: int, n_runners_up: int) -> Match:
    visit = base.visit(chosen)
    row = base.view.candidates.iloc[chosen]
    # A floor counts the requests that have candidates: the programme stays the same one, only the pair is left out.
    same = replace(base.question, counted=base.question.allowed)
    others = without(same, base.candidates_of(request_id, visit.volunteer_id))
    answer = base.resolver.solve(others)
    return Match(
        request_id=request_id,
        visit=visit,
        value=float(row["value"]),
        parts={name: float(row[name]) for name in VALUE_PARTS},
        loss_without=round(base.points - answer.points, 6) if answer.possible else float("inf"),
        runners_up=_runners_up(base, request_id, others, n_runners_up),
    )


def _runners_up(base: Base, request_id: str, others: Question, n_runners_up: int) -> tuple[RunnerUp, ...]:
    """Find those of smallest loss; the bound of a hopeless one is proved without solving to the end."""
    already = {base.visit(int(c)).volunteer_id for c in base.chosen_of(request_id)}
    found: list[RunnerUp] = []
    for volunteer_id, rows in _by_volunteer(base, request_id).items():
        if volunteer_id in already:
            continue
        worst = found[-1].loss if len(found) == n_runners_up else float("inf")
        enough = base.points - worst - base.resolver.step
        answer = base.resolver.solve(demanding(base, others, rows), enough)
        if answer.chosen is None or not answer.possible:
            continue
        taken = int(rows[np.isin(rows, answer.chosen)][0])
        found.append(
            RunnerUp(
                visit=base.visit(taken),
                value=float(base.problem.value[taken]),
                loss=round(base.points - answer.points, 6),
                shifts=tuple(s for s in base.shifts(answer) if s.request_id != request_id),
            )
        )
        found = sorted(found, key=lambda one: (one.loss, -one.value, one.visit))[:n_runners_up]
    return tuple(found)


def _by_volunteer(base: Base, request_id: str) -> dict[str, Ints]:
    """Part the candidates of a request by volunteer, the most valuable first."""
    rows = base.allowed_of(request_id)
    parts: dict[str, list[int]] = {}
    for c in rows[np.argsort(-base.problem.value[rows], kind="stable")].tolist():
        parts.setdefault(base.visit(c).volunteer_id, []).append(c)
    return {volunteer_id: np.array(sorted(cs), dtype=np.int64) for volunteer_id, cs in parts.items()}


def _sentences(match: Match, swedish: bool, language: str) -> Iterator[str]:
    who = match.visit.volunteer_id
    if match.is_forced and swedish:
        yield f"{who} finns i varje bästa plan: utan {who} förlorar planen {match.loss_without:g} poäng."
    elif match.is_forced:
        yield f"{who} is in every best plan: without {who} the plan loses {match.loss_without:g} points."
    elif swedish:
        yield f"{who} kan bytas utan förlust mot {', '.join(match.interchangeable_with) or 'en annan plan'}."
    else:
        yield f"{who} can be replaced without loss by {', '.join(match.interchangeable_with) or 'another plan'}."
    for other in match.runners_up:
        if swedish:
            yield f"{other.visit} i stället: planen förlorar {other.loss:g} poäng."
        else:
            yield f"{other.visit} instead: the plan loses {other.loss:g} points."
        yield from (f"  {shift_in_words(shift, language)}" for shift in other.shifts)
