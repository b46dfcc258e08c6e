"""What is estimated: a ratio of two weighted sums, or a sum."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.design import Bools, Floats

Statistic = Literal["proportion", "mean", "total", "ratio", "index"]
STATISTICS: tuple[Statistic, ...] = ("proportion", "mean", "total", "ratio", "index")
States = NDArray[np.uint8]
BLANK, NO, YES = 0, 1, 2  # what a row says to a share
SHARE = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0]), np.array([False, True, True])  # y, x, answered


@dataclass(frozen=True, eq=False)
class Measure:
    """The ratio of the weighted sums of y and x over the rows that answered; for a total, the sum of y.

    y is 1 for the value asked about, or a number, or the sum of the scores of valid item answers. x is 1 for
    shares and means, the number of valid item answers for the index, the denominator of a ratio.

    Measure.share    for a share of people, from their codes
    Measure.numbers  from numbers row by row
    Measure(…)       from codes 0 … C−1 of rows that say one of few things, such as the sums of an index
    """

    item: str
    value: str | None
    statistic: Statistic
    codes: Any  # (N,) what each row says; None: each row says something of its own, C = N
    score: Floats  # (C,) y of each code
    base: Floats  # (C,) x of each code
    answered: Bools  # (C,)
    of: frozenset[int] | None = None  # of a share, whose codes stay those of the file: these mean YES
    blank: int = 0  # of a share: this one means BLANK

    def __post_init__(self) -> None:
        if self.statistic not in STATISTICS:
            raise ValueError(f"statistic is one of {', '.join(STATISTICS)}, not {self.statistic!r}")

    @classmethod
    def share(
        cls,
        item: str,
        value: str | None,
        codes: Any,
        of: Collection[int],
        blank: int,
        statistic: Statistic = "proportion",
    ) -> Measure:
        """The share (or, as a total, the number) of people whose code is in `of`.

        codes  (N,) integers, best int8 and contiguous; kept as they are, so a share takes no memory of its own
        blank  the code of those who did not answer
        """
        return cls(item, value, statistic, codes, *SHARE, frozenset(of), blank)

    @classmethod
    def numbers(
        cls, item: str, value: str | None, statistic: Statistic, score: Any, base: Any, answered: Any = None
    ) -> Measure:
        """From (N,) y and (N,) x, row by row.

        answered  (N,) which rows answered; those with x > 0 unless given. The y and x of others are ignored.
        ValueError: a number that is not finite where answered.
        """
        x = np.asarray(base, dtype=np.float64)
        valid = x > 0 if answered is None else np.asarray(answered, dtype=bool)
        x, y = np.where(valid, x, 0.0), np.where(valid, np.asarray(score, dtype=np.float64), 0.0)
        if not (np.isfinite(y).all() and np.isfinite(x).all()):
            raise ValueError(f"{item}: score and base are finite numbers where answered")
        if (x == valid).all() and ((y == 0) | (y == 1)).all():
            return cls.share(item, value, valid.astype(np.uint8) + (y > 0), {YES}, BLANK, statistic)
        return cls(item, value, statistic, None, y, x, valid)

    def __len__(self) -> int:
        return len(self.score if self.codes is None else self.codes)

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        parts = (self.codes, self.score, self.base, self.answered)
        return sum(part.nbytes for part in parts if part is not None)

    def states(self) -> States:
        """(N,) of a share: BLANK, NO or YES; compared rather than looked up, which is ten times as fast."""
        values: Sequence[int] = sorted(value for value in self.of or () if value != self.blank)
        if not values:
            yes = np.zeros(len(self.codes), bool)
        elif values[-1] - values[0] == len(values) - 1 and not values[0] <= self.blank <= values[-1]:
            yes = self.codes >= values[0]
            yes &= self.codes <= values[-1]
        else:
            yes = self.codes == values[0]
            for value in values[1:]:
                yes |= self.codes == value
        states: States = (self.codes != self.blank).view(np.uint8)
        states += yes.view(np.uint8)
        return states

    def by_row(self) -> tuple[Floats, Floats, Bools]:
        """(N,) y, x, and which rows answered."""
        if self.codes is None:
            return self.score, self.base, self.answered
        codes = self.codes if self.of is None else self.states()
        return self.score[codes], self.base[codes], self.answered[codes]


Measures = Sequence[Measure]
