"""Which row of a file is its header, and which of our columns each of its heads names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from translations.unicode import fold

WIDEST = 1000  # columns; no questionnaire has so many items
LAST = 20  # of the rows among which a header is looked for: above it may stand titles
# A column that only counts the rows; it is passed over.
COUNTERS = frozenset({"stt", "tt", "so tt", "so thu tu", "#"})
# Letters that stand for others in the fonts of before Unicode, where they touch letters: "Hµ Tu", "Haø Tu".
TCVN3 = re.compile(r"[a-zà-ÿ][µ¸¶¹¨©®¬\xad¾¼½]|[µ¸¶¹®¬\xad][a-z]", re.IGNORECASE)
VNI = re.compile(r"[aeiouyöô][øûïåäëñ]|ñ[aeiouyöô]|[aeoy][ùõ]", re.IGNORECASE)


class Anything(Sequence[str]):
    """The columns that a file may have: whatever has a name."""

    def __contains__(self, name: object) -> bool:
        return bool(str(name).strip())

    def __len__(self) -> int:
        return 0

    def __getitem__(self, place: Any) -> Any:
        raise IndexError(place)


class Heads:
    """How the columns of a file may be called.

    known     our columns
    words     what else people call them, by our column, the best word first: where two heads of a file mean one
              column, the better one is it, and the other is passed over
    """

    def __init__(self, known: Sequence[str], words: Mapping[str, Sequence[str]] | None = None) -> None:
        self.known = known
        self._words: dict[str, tuple[str, int]] = {}
        for column, names in (words or {}).items():
            for rank, name in enumerate(names, start=1):
                self._words.setdefault(fold(name), (column, rank))

    def columns(self, row: Sequence[str]) -> list[str | None]:
        """The name of each head: our column where it means one, else as it stands; None of what is passed over."""
        meanings = [self._meaning(head) for head in row]
        best: dict[str, int] = {}
        for column, rank in filter(None, meanings):
            best[column] = min(rank, best.get(column, rank))
        return [
            (meaning[0] if meaning[1] == best[meaning[0]] else None)
            if meaning
            else (None if fold(head.strip(" .")) in COUNTERS else head)
            for head, meaning in zip(row, meanings, strict=True)
        ]

    def _meaning(self, head: str) -> tuple[str, int] | None:
        if head in self.known and fold(head.strip(" .")) not in COUNTERS:
            return head, 0
        return None if isinstance(self.known, Anything) else self._words.get(fold(head))

    def is_header(self, row: Sequence[str]) -> bool:
        """Whether a row names columns: two of ours, or nothing else."""
        filled = [head for head in row if head.strip()]
        named = {head if head in tuple(self.known) else self._words.get(fold(head), ("",))[0] for head in filled}
        return bool(filled) and (len(named - {""}) >= 2 or named == {filled[0]})

    def header(self, rows: Sequence[Sequence[str]]) -> int:
        """The place of the header among the first rows of a file: the first that names our columns. Where none
        does, the first row, or with columns of any name the first that isn't much shorter than others."""
        for place, row in enumerate(rows):
            if self.is_header(row):
                return place
        if isinstance(self.known, Anything):
            filled = [sum(bool(head.strip()) for head in row) for row in rows]
            return next((place for place, count in enumerate(filled) if 2 * count >= max(filled)), 0)
        return 0


def old_font(cells: Sequence[str]) -> Iterator[str]:
    """Of each cell written for a font of before Unicode, what that encoding is called."""
    for cell in cells:
        if not cell.isascii():
            if TCVN3.search(cell):
                yield "TCVN3 (ABC)"
            elif VNI.search(cell):
                yield "VNI"
