"""What a report is made of: an official document as plain values, which each format prints in its own way."""

from __future__ import annotations

from dataclasses import dataclass

from analysis import Estimate
from analysis.contrast import Group

LEFT, CENTRE = "left", "center"
SHORT = 12  # rows of a table that is never parted: the index with its areas and factors is one


@dataclass(frozen=True)
class Heading:
    """Level 1 or 2, whose number is part of the text; 0 heads an annex, in the middle."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """`leads`: it stays on one page with what follows."""

    text: str
    leads: bool = False


@dataclass(frozen=True)
class Blank:
    """Lines of the Word file that a clerk fills in; no other format has them."""

    lines: int = 1


@dataclass(frozen=True)
class Notice:
    """What must not be overlooked: that the data are made up, that this is a draft."""

    text: str


@dataclass(frozen=True)
class Command:
    """A line to be typed at a terminal, as it stands."""

    text: str


@dataclass(frozen=True)
class Column:
    """`width`: its part of the table's width, in percent."""

    title: str
    width: int
    align: str = CENTRE


@dataclass(frozen=True)
class Row:
    """A cell for each column, or one that spans them all. `strong`: a total or the head of a group."""

    cells: tuple[str, ...]
    strong: bool = False


@dataclass(frozen=True)
class Table:
    """`short`: it stands whole on one page."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    @property
    def short(self) -> bool:
        return len(self.rows) <= SHORT


@dataclass(frozen=True)
class Figure:
    """The interval plot. `alt` says in words what it shows; `whole` is the line that runs through all rows; each
    line is a label, its record, and the word of `verdicts` that its dot shows."""

    caption: str
    alt: str
    lines: tuple[tuple[str, Estimate, Group | None], ...]
    whole: Estimate
    name: str
    notes: tuple[str, ...]


Block = Heading | Paragraph | Blank | Notice | Command | Table | Figure


@dataclass(frozen=True)
class Report:
    """An official document (Nghị định 30/2020/NĐ-CP). `marks` stand on every page; `annex` after who signs."""

    language: str
    authority: str
    issuer: str
    state: str
    motto: str
    number: str
    place_and_day: str
    kind: str
    subject: tuple[str, ...]
    addressee: str
    marks: tuple[str, ...]
    blocks: tuple[Block, ...]
    copies_title: str
    copies: tuple[str, ...]
    signatory: str
    signer: str
    annex: tuple[Block, ...] = ()

    @property
    def title(self) -> str:
        """The name of the file for a reader's window and for search."""
        return " ".join((self.kind, *self.subject))
