"""What a report is made of: an official document as plain values, which each format prints in its own way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from translations import gettext as _

LEFT, CENTRE = "left", "center"
# A table with no more rows and letters is never parted; a larger one would leave much of a page empty.
SHORT, SHORT_LETTERS = 12, 300


@dataclass(frozen=True)
class Heading:
    """Level 1 or 2, with its number; 0 heads an annex, in the middle, on a page of its own."""

    level: int
    text: str
    number: str = ""

    @property
    def whole(self) -> str:
        """As it reads."""
        return f"{self.number} {self.text}".strip()


@dataclass(frozen=True)
class Paragraph:
    """`leads`: it stays on one page with what follows."""

    text: str
    leads: bool = False


@dataclass(frozen=True)
class Blank:
    """Empty lines of the Word file that a clerk fills in. `dotted`: every format shows where; `leads`: as of a
    paragraph."""

    lines: int = 1
    dotted: bool = False
    leads: bool = False


@dataclass(frozen=True)
class Notice:
    """What must not be overlooked: that the data are made up, that this is a draft. A sentence a line."""

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
    """`short`: it stands whole on one page. `number`: in the whole report, 0 without one."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    number: int = 0

    @property
    def short(self) -> bool:
        letters = sum(len(cell) for row in self.rows for cell in row.cells)
        return len(self.rows) <= SHORT and letters <= SHORT_LETTERS


Block = Heading | Paragraph | Blank | Notice | Command | Table


@dataclass(frozen=True)
class Report:
    """An official document (Nghị định 30/2020/NĐ-CP). `marks` stand on every page; `annex` after who signs.

    addressee  empty of a notice
    dense      it is to stand on one page: smaller letters, as the decree allows
    """

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
    dense: bool = False

    @property
    def title(self) -> str:
        """The name of the file for a reader's window and for search."""
        return " ".join((self.kind, *self.subject))


@dataclass(frozen=True)
class Annex:
    """An annex: what the report calls it by, its title, what it holds."""

    name: str
    title: str
    inner: Sequence[Block]


@dataclass(frozen=True)
class Annexes:
    """The annexes of a report in their order; those that hold nothing are left out."""

    every: tuple[Annex, ...]

    def named(self, name: str) -> str:
        """How the report refers to one: Phụ lục 2; a dash where there is none."""
        place = next((place for place, one in enumerate(self.every, 1) if one.name == name), None)
        return "–" if place is None else _("Annex %(number)s", number=place)

    def blocks(self) -> list[Block]:
        """All of them, each under its heading."""
        return [
            block
            for one in self.every
            for block in (Heading(0, f"{self.named(one.name)}. {one.title}"), *one.inner)
        ]
