"""The attacker's problem: which other tables fit all that was published (Fischetti & Salazar 2001).

A count is protected if a reader must reckon with another one: if some other table of whole numbers fits the sums,
the counts shown and the words of those withheld.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from highspy import Highs, HighsLp, HighsModelStatus, HighsVarType, MatrixFormat

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
        change = _solved(
            aim,
            least,
            np.concatenate([rise, fall]),
            [{place[cell]: sign for cell, sign in line.items()} for line in self.lines],
        )
        return None if change is None else {cells[at] for at in np.flatnonzero(change)}

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


def _solved(cost: Floats, least: Floats, most: Floats, lines: Sequence[Mapping[int, int]]) -> Floats | None:
    """(N,) whole numbers by which cells rise, less those by which they fall, that leave each sum as it is, at the
    least cost; None if there are none.

    cost, least, most  (2N,) of a rise of one, then of a fall
    lines              by cell, the sign with which it enters a sum that is known
    """
    n = len(cost) // 2
    model = HighsLp()
    model.num_col_, model.num_row_ = 2 * n, len(lines)
    model.col_cost_, model.col_lower_, model.col_upper_ = cost, least, most
    model.integrality_ = [HighsVarType.kInteger] * (2 * n)
    model.row_lower_ = model.row_upper_ = np.zeros(len(lines))
    matrix = model.a_matrix_
    matrix.format_ = MatrixFormat.kRowwise
    matrix.num_col_, matrix.num_row_ = 2 * n, len(lines)
    matrix.start_ = np.cumsum([0, *(2 * len(line) for line in lines)])
    matrix.index_ = np.array([at for line in lines for cell in line for at in (cell, n + cell)], np.int32)
    matrix.value_ = np.array([value for line in lines for sign in line.values() for value in (sign, -sign)], float)
    solver = Highs()
    solver.silent()
    solver.passModel(model)
    solver.run()
    if solver.getModelStatus() != HighsModelStatus.kOptimal:
        return None
    solution = np.array(solver.getSolution().col_value)
    change: Floats = np.rint(solution[:n] - solution[n:])
    return change
