"""The answers of many people to one item, as an array."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.design import Bools
from forms import Item


@dataclass(frozen=True)
class Answers:
    """What N people answered to one item.

    codes   (N,) the code chosen, −1 where there is none; for `number` the number, NaN where there is none
    chosen  (N, C) for `multiple`: which of the C choices; else None
    asked   (N,) False if the item's condition hid it: such an answer is kept, but counts as not asked
    given   (N,) asked and answered
    told    (N,) answered, asked or not
    """

    codes: NDArray[Any]
    chosen: Bools | None
    asked: Bools
    given: Bools

    @property
    def told(self) -> Bools:
        if self.chosen is not None:
            return ticked(self.chosen, range(self.chosen.shape[1]))
        return ~np.isnan(self.codes) if self.codes.dtype.kind == "f" else self.codes >= 0

    def any_of(self, item: Item, values: Iterable[int]) -> Bools:
        """(N,) asked, and one of the values chosen."""
        if self.chosen is None:
            return self.given & among(self.codes, values)
        columns = [place for place, code in enumerate(item.choices) if code in set(values)]
        return self.given & ticked(self.chosen, columns)


def ticked(chosen: Bools, columns: Iterable[int]) -> Bools:
    """(N,) who chose at least one of these choices; column by column, as `any` takes ten times as long by rows."""
    any_ticked = np.zeros(len(chosen), bool)
    for column in columns:
        any_ticked |= chosen[:, column]
    return any_ticked


def among(codes: NDArray[Any], values: Iterable[int]) -> Bools:
    among = np.zeros(len(codes), bool)
    for value in set(values) - {-1}:
        among |= codes == value
    return among
