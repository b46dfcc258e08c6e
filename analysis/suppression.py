"""Secondary suppression: cells hidden so that the hidden ones can't be subtracted out of known sums (Cox 1980)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from analysis.published_tables import Cell, Line


def suppress(
    first: set[Cell],
    lines: Sequence[Line[Cell]],
    unsafe: Callable[[set[Cell], Line[Cell]], bool],
    key: Callable[[Cell], Any],
    also: Collection[Cell] = (),
    closed: Collection[Cell] = (),
    links: Sequence[Line[Cell]] = (),
) -> set[Cell]:
    """Hides more cells, the least by `key` first, until no line's hidden cells are `unsafe` and no first one
    follows.

    also    cells already hidden that may follow: more of them never reveal one that did not follow before
    closed  cells that can't be hidden any more
    links   known sums too, of which a single hidden cell may follow
    """
    hidden = first.union(also)
    while True:
        before = len(hidden)
        for line in lines:
            inside = hidden.intersection(line)
            shown = [cell for cell in line if cell not in hidden and cell not in closed]
            if inside and shown and unsafe(inside, line):
                hidden.add(min(shown, key=key))
        if len(hidden) > before:
            continue
        if not first:
            return hidden
        known = [*lines, *links]
        following = determined(hidden, known)
        exposed = first & following
        beside = [line for line in known if exposed.intersection(line)]
        shown = [cell for line in beside for cell in line if cell not in hidden and cell not in closed]
        if exposed and closed and not shown:  # all beside it is known; further away there may be another
            shown = [cell for line in lines for cell in line if cell not in hidden and cell not in closed]
        if not shown:
            return hidden
        hidden.add(min(shown, key=key))


def determined(hidden: Collection[Cell], lines: Sequence[Line[Cell]]) -> set[Cell]:
    """The hidden cells whose value follows from the shown ones and the sums of the lines, by linear algebra."""
    cells = list(hidden)
    matrix = np.array([[line.get(cell, 0) for cell in cells] for line in lines], dtype=np.float64)
    if not matrix.size:
        return set()
    _, sigma, directions = np.linalg.svd(matrix)
    free = directions[int((sigma > 1e-9).sum()) :]  # changes of hidden values that no sum would show
    return {cell for cell, change in zip(cells, free.T, strict=True) if not (np.abs(change) > 1e-9).any()}


def adds_up(cells: set[Cell], line: Line[Cell]) -> bool:
    """Whether the line gives the sum of the cells, none of them subtracted from another."""
    return len({line[cell] for cell in cells}) == 1
