"""The attacker's problem: which other tables fit all that was published (Fischetti & Salazar 2001).

A count is protected if a reader must reckon with another one: if some other table of whole numbers fits the sums,
the counts shown and the words of those withheld.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack

from analysis.design import Bools, Floats
from analysis.estimate import FEWEST_EVENTS
from analysis.published_tables import Line

Place = tuple[int, int]  # value, domain


@dataclass(frozen=True)
class Attacker:
    """A reader who knows the sums of the lines, and each count but the hidden ones.

    masked  cells known to be one or two
    strict  cells known to be anything else
    """

    events: Floats  # (V, D)
    lines: Sequence[Line[Place]]
    hidden: Collection[Place]
    masked: Collection[Place]
    strict: Collection[Place]

    def certain(self, cells: set[Place]) -> set[Place]:
        """Which of these cells can have no other count: a masked one is one case as well as two, any other one
        could have none."""
        left = set(cells)
        while left and (freed := self._differing(left)):
            left -= freed
        # one may have to rise for another one to fall
        return {cell for cell in left if not self._differing({cell})}

    def _differing(self, wanted: set[Place]) -> set[Place]:
        """Of the wanted cells those that differ in the table in which as many as possible do."""
        return wanted & (self._other_table(wanted) or set())

    def opening(self, cell: Place, closed: Collection[Place]) -> set[Place] | None:
        """The cells that differ with this one if as few shown ones as possible are hidden, none of them closed;
        None if that is impossible."""
        return self._other_table({cell}, closed)

    def _other_table(self, wanted: set[Place], closed: Collection[Place] | None = None) -> set[Place] | None:
        """The cells that differ in another table; None if there is no such table.

        closed  given, the wanted cells must differ, and shown cells that are not closed may; None: as many of the
                wanted cells differ as can, and no shown one
        """
        cells = sorted({cell for line in self.lines for cell in line}.union(self.hidden))
        place = {cell: at for at, cell in enumerate(cells)}
        shown = np.array([cell not in self.hidden for cell in cells])
        fixed = shown if closed is None else shown & np.array([cell in closed for cell in cells])
        rise, fall = self._reach(cells, fixed)
        rise[[place[cell] for cell in wanted.difference(self.masked)]] = 0
        aim, least = np.zeros(2 * len(cells)), np.zeros(2 * len(cells))
        if closed is not None:
            true = np.array([self.events[cell] for cell in cells])
            cost = np.where(shown, 1 + true / (1 + true.sum()), 0)  # of two the smaller one is hidden
            aim += np.concatenate([cost, cost])
        for cell in wanted:
            at = place[cell] + (0 if rise[place[cell]] else len(cells))
            aim[at], least[at] = -1, int(closed is not None)
        rows = [row for row, line in enumerate(self.lines) for _cell in line]
        columns = [place[cell] for line in self.lines for cell in line]
        signs = [float(sign) for line in self.lines for sign in line.values()]
        known = csr_array((signs, (rows, columns)), shape=(len(self.lines), len(cells)))
        other = milp(
            aim,
            integrality=np.ones(len(aim)),
            bounds=Bounds(least, np.concatenate([rise, fall])),
            constraints=LinearConstraint(hstack([known, -known]), 0, 0),
        )
        if other.x is None:
            return None
        change = np.rint(other.x[: len(cells)] - other.x[len(cells) :])
        return {cells[at] for at in np.flatnonzero(change)}

    def _reach(self, cells: Sequence[Place], fixed: Bools) -> tuple[Floats, Floats]:
        """How far each cell may rise, and how far it may fall."""
        true = np.array([self.events[cell] for cell in cells])
        rise, fall = np.full(len(cells), np.inf), true.copy()
        for at, cell in enumerate(cells):
            if cell in self.masked:
                rise[at], fall[at] = FEWEST_EVENTS - 1 - true[at], true[at] - 1
            elif cell in self.strict:  # no case, or too many to be masked
                rise[at], fall[at] = (np.inf, max(true[at] - FEWEST_EVENTS, 0)) if true[at] else (0, 0)
        rise[fixed], fall[fixed] = 0, 0
        return rise, fall
