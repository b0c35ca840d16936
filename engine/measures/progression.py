"""Stop or go: the progression criteria of ``data/reference/progression.toml``, each with its light and why.

The light is that of the figure; where the interval reaches into another light, it says so. A criterion decides nothing.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from engine.measures.figures import Figure, figure_of
from engine.measures.measure import Words
from engine.measures.period import Period
from engine.reference import REFERENCE

if TYPE_CHECKING:
    from engine.store import Reading

LIGHTS = ("green", "amber", "red", "unknown")
LIGHT_WORDS = {
    "green": Words("green", "grönt"),
    "amber": Words("amber", "gult"),
    "red": Words("red", "rött"),
    "unknown": Words("unknown", "okänt"),
}


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion: ``green`` or better is green, worse than ``amber`` is red; ``gap_by`` as in :func:`figure_of`."""

    code: str
    measure: str
    green: float
    amber: float
    source: Words
    gap_by: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A criterion with its light: one of LIGHTS.

    Parameters
    ----------
    is_sure
        Whether the whole interval has the same light; never of a gap, which has none.
    """

    criterion: Criterion
    figure: Figure
    light: str
    is_sure: bool

    @property
    def limits(self) -> Words:
        """Say which figures are green and which red."""
        green, amber = self.figure.written(self.criterion.green), self.figure.written(self.criterion.amber)
        if self.figure.more_is_better:
            return Words(
                f"green from {green.en}, red below {amber.en}", f"grönt från {green.sv}, rött under {amber.sv}"
            )
        return Words(f"green up to {green.en}, red above {amber.en}", f"grönt till {green.sv}, rött över {amber.sv}")

    @property
    def why(self) -> Words:
        """Say in a sentence why it has this light."""
        title, said, limits, light = self.figure.title, self.figure.said, self.limits, LIGHT_WORDS[self.light]
        if self.light == "unknown":
            return Words(
                f"{title.en} is not known yet, or of too few people ({limits.en}).",
                f"{title.sv} är inte känt än, eller för få personer ({limits.sv}).",
            )
        unsure = Words(", but it may be another colour", ", men kan vara en annan färg")
        doubt = Words("", "") if self.is_sure else unsure
        return Words(
            f"{title.en} is {said.en}: {light.en}{doubt.en} ({limits.en}).",
            f"{title.sv} är {said.sv}: {light.sv}{doubt.sv} ({limits.sv}).",
        )


@cache
def criteria() -> tuple[Criterion, ...]:
    """Read the criteria in the order of the file."""
    told = tomllib.loads((REFERENCE / "progression.toml").read_text(encoding="utf-8"))
    return tuple(_criterion(code, **entry) for code, entry in told["criterion"].items())


def _criterion(code: str, *, source: str, source_sv: str, **numbers: Any) -> Criterion:
    return Criterion(code=code, source=Words(source, source_sv), **numbers)


def judged(reading: Reading, period: Period, wanted: tuple[Criterion, ...] | None = None) -> list[Judged]:
    """Hold the measures of a period against the criteria (those of the file by default), small cells left out."""
    return [
        judge(criterion, figure_of(reading, criterion.measure, criterion.gap_by, period))
        for criterion in (criteria() if wanted is None else wanted)
    ]


def judge(criterion: Criterion, figure: Figure) -> Judged:
    """Give a figure its light."""
    if not figure.is_known:
        return Judged(criterion, figure, "unknown", is_sure=False)
    lights = {_light(criterion, figure, value) for value in (figure.low, figure.high)}
    light = _light(criterion, figure, figure.value)
    return Judged(criterion, figure, light, is_sure=lights == {light})


def _light(criterion: Criterion, figure: Figure, value: float) -> str:
    """Give one number its light; one that is none (NaN) has none."""
    sign = 1 if figure.more_is_better else -1
    if sign * value >= sign * criterion.green:
        return "green"
    if sign * value >= sign * criterion.amber:
        return "amber"
    return "red" if sign * value < sign * criterion.amber else "unknown"
