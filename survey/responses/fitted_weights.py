"""The fit of weights to population totals, applied again to the people of a wave."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from analysis import design
from analysis.design import Calibration, compact
from forms import Item, Questionnaire

Labels = NDArray[np.object_]
BLANK = ""  # the label of those who left the item blank
CLASS = re.compile(r"([0-9]{1,9})\s*[-–]\s*([0-9]{1,9})|([0-9]{1,9})\s*\+")


class People(Protocol):
    """The N people of a sample, as far as margins look at them."""

    @property
    def questionnaire(self) -> Questionnaire: ...
    @property
    def unit(self) -> design.Labels: ...
    @property
    def stratum(self) -> design.Labels: ...
    @property
    def psu(self) -> design.Labels: ...
    @property
    def mode(self) -> design.Labels: ...
    def __len__(self) -> int: ...
    def answers(self, item: Item) -> Any: ...


def _bounds(text: str) -> tuple[int, float]:
    match = CLASS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no class of a number")
    return (int(match[3]), math.inf) if match[3] else (int(match[1]), float(match[2]))


def labels(people: People, variable: str, values: Sequence[str], kinds: Mapping[str, str]) -> Labels:
    """(N,) the value of the variable for each person: BLANK where it is blank, None if no class holds it.

    variable  several crossed with `*` are blank where one of them is; joined with `+`, each blank is kept
    values  those of the margins; they tell the classes of a number
    kinds   unit -> phường, xã, đặc khu
    """
    names = variable.replace("+", "*").split("*")
    parts = [value.split("*") for value in values if value and "+" not in variable]
    columns = [_column(people, name, {part[at] for part in parts}, kinds) for at, name in enumerate(names)]
    rows = zip(*columns, strict=True)
    joined = np.empty(len(people), dtype=object)
    if "+" in variable:
        joined[:] = ["+".join(row) for row in rows]
    else:
        joined[:] = [None if None in row else BLANK if BLANK in row else "*".join(row) for row in rows]
    return joined


def _column(people: People, part: str, values: set[str], kinds: Mapping[str, str]) -> list[Any]:
    if part in ("unit", "stratum", "psu", "mode"):
        column: list[Any] = getattr(people, part).tolist()
        return column
    if part == "kind":
        return [kinds.get(unit) for unit in people.unit]
    item = people.questionnaire.items[part]
    answers = people.answers(item)
    given = zip(answers.codes.tolist(), answers.given.tolist(), strict=True)
    if item.kind.is_number:
        classes = [(_bounds(value), value) for value in values]
        return [
            next((name for (low, high), name in classes if low <= math.floor(number) <= high), None)
            if has_class
            else BLANK
            for number, has_class in given
        ]
    silent = {code for code in item.missing if str(code) not in values}
    return [str(code) if has_class and code not in silent else BLANK for code, has_class in given]


def applied(people: People, kept: Mapping[str, Any]) -> Calibration:
    """The kept fit for these people. One whose combination of values it doesn't know keeps its weight (g = 1)."""
    names = [variable["name"] for variable in kept["variables"]]
    levels = np.full((len(names), len(people)), -1, np.int64)
    for row, variable in enumerate(kept["variables"]):
        place = {value: at for at, value in enumerate(variable["values"])}
        codes = labels(people, variable["name"], variable["values"], kept["kinds"])
        merged = variable["merged"]
        levels[row] = [place.get(merged.get(label, label), -1) for label in codes.tolist()]
    sizes = [len(variable["values"]) + 1 for variable in kept["variables"]]
    known = _place(np.array(kept["cells"], np.int64).reshape(-1, len(names)).T, sizes)
    factor_of = dict(zip(known.tolist(), kept["factors"], strict=True))
    occupied, cell = compact(_place(levels, sizes), int(np.prod(sizes)))
    each = np.stack(np.unravel_index(occupied, sizes)) - 1  # (V, L)
    fitted = len(names) - kept.get("aside", 0)
    x = np.hstack([np.eye(size)[level + 1][:, 1:] for size, level in zip(sizes[:fitted], each, strict=False)])
    return Calibration(cell, x, np.array([factor_of.get(code, 1.0) for code in occupied.tolist()]))


def _place(levels: NDArray[np.int64], sizes: Sequence[int]) -> NDArray[np.int64]:
    """(N,) one number for each combination of levels (V, N), which begin at −1."""
    place = np.zeros(levels.shape[1], np.int64)
    for level, size in zip(levels, sizes, strict=True):
        place = place * size + level + 1
    return place
