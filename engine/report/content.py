"""What a report holds, as data: sections of paragraphs, tables and plots, which know nothing of HTML or PDF.

Everything here is said already, in one language; a renderer only lays it out.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; ``is_warning`` where the reader must not miss it."""

    text: str
    is_warning: bool = False
    kind: str = field(default="text", init=False)


@dataclass(frozen=True, slots=True)
class Points:
    """Sentences, one under the other."""

    items: tuple[str, ...]
    kind: str = field(default="points", init=False)


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure that is seen first: its name, the figure, its interval and what to remember."""

    title: str
    figure: str
    interval: str
    note: str


@dataclass(frozen=True, slots=True)
class Tiles:
    """The figures that are seen first."""

    tiles: tuple[Tile, ...]
    kind: str = field(default="tiles", init=False)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: text, what stands small beneath it, and a light of ``progression.LIGHTS`` or none."""

    text: str
    notes: tuple[str, ...] = ()
    light: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the first column names the row, the last ``n_numbers`` are set to the right.

    Parameters
    ----------
    is_caption_seen
        Whether the caption is shown; where the heading above says it already it is only read out.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    n_numbers: int = 0
    is_caption_seen: bool = True
    kind: str = field(default="table", init=False)


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing as SVG; ``alt`` says what it shows to those who cannot see it."""

    svg: str
    caption: str
    alt: str
    kind: str = field(default="plot", init=False)


@dataclass(frozen=True, slots=True)
class Command:
    """The command that gives the figures above again."""

    text: str
    kind: str = field(default="command", init=False)


Block = Text | Points | Tiles | Table | Plot | Command


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a section under a heading of its own."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the report; ``code`` names it in links."""

    code: str
    title: str
    blocks: tuple[Block, ...]
    parts: tuple[Part, ...] = ()

    def all_blocks(self) -> tuple[Block, ...]:
        """Give its blocks and those of its parts, in order."""
        return self.blocks + tuple(block for part in self.parts for block in part.blocks)


@dataclass(frozen=True, slots=True)
class Report:
    """A report in one language (``sv`` or ``en``).

    Parameters
    ----------
    note
        What whoever makes it wants said first, or nothing.
    facts
        What it is about: names with what they stand for.
    words
        The few words a layout needs of its own, by code.
    """

    language: str
    title: str
    subtitle: str
    note: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    words: dict[str, str]

    def section(self, code: str) -> Section:
        """Give a section by its code."""
        return next(section for section in self.sections if section.code == code)

    def plain(self) -> dict[str, Any]:
        """Lay it out as plain values for a template."""
        return asdict(self)
