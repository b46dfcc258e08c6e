"""What a reader of figures holds: one table, or several that were published one after the other."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

Cell = TypeVar("Cell")
Line = Mapping[Cell, int]  # cells whose sum is known: 1, or -1 for one that is subtracted
Mark = Literal["hidden", "hidden_with", "under_3"]
Same = Sequence[tuple[Collection[Hashable], Collection[Hashable]]]


class Figure(Protocol):
    """What is asked of a record; an `Estimate` has all of it."""

    @property
    def item(self) -> str: ...
    @property
    def value(self) -> str | None: ...
    @property
    def domain(self) -> Hashable: ...
    @property
    def n(self) -> int: ...
    @property
    def events(self) -> int: ...


@dataclass(frozen=True)
class Published:
    """An earlier table: what `disclosure.hide_after` was given for it, and what it returned. A domain bears the
    label it has now if the same people are in it, otherwise one of its own."""

    figures: Sequence[Figure]
    marks: Sequence[Mark | None]
    whole: Collection[tuple[str, Hashable]]
    same: Same = ()
    sums: Sequence[Collection[Hashable]] = ()


@dataclass(frozen=True)
class Past:
    """The earlier tables of a reader, and how they are linked to the one of now.

    moved  figures of those who joined a domain between two tables, and of those who left; never shown
    links  domain as it was later -> 1, as it was before -> -1, those who joined -> -1, those who left -> 1
    alike  domains of now whose very same people another table shows -> what becomes of each value there, and here
    """

    tables: Sequence[Published] = ()
    moved: Sequence[Figure] = ()
    links: Sequence[Line[Hashable]] = ()
    alike: Mapping[Hashable, Mapping[str | None, Mark | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Suppression:
    """What is withheld of a table.

    marks    of each figure, as `disclosure.hide` gives them
    whole    item and domain of which all figures are withheld, the number of answers among them
    exposed  domains of which all tables together reveal what one of them withholds, though none does by itself
    """

    marks: list[Mark | None]
    whole: set[tuple[str, Hashable]]
    exposed: set[Hashable]
