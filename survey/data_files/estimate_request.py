"""What is asked of a data file: the design's columns, the items, the domains. Known before any statistics.

It imports no SciPy, so that a file is being read while the statistics are loaded.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from survey.data_files.table_reader import Chunk, DataFile, canonical
from translations import Refusal

Margins = Mapping[str, Mapping[Hashable, float]]  # population totals: variable -> value -> total


@dataclass(frozen=True)
class Item:
    """A column and, for a share or a number of people, the values asked about."""

    column: str
    value: str | None  # as it was written after "="
    wanted: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Item:
        """COL or COL=VALUE,…"""
        column, equals, value = text.partition("=")
        codes = frozenset(canonical(one) for one in value.split(",")) if equals else frozenset()
        return cls(column, value if equals else None, codes)


@dataclass(frozen=True)
class Index:
    """Columns whose answers are pooled: of a person how many are wanted, and how many are valid."""

    name: str
    columns: tuple[str, ...]
    value: str  # as it was written
    wanted: frozenset[str]
    valid: frozenset[str] | None  # None: whatever is not blank

    @classmethod
    def of(cls, text: str) -> Index:
        """NAME=COL,COL…:VALUE,…[:VALID,…]; ValueError: another form, or a wanted value isn't valid."""
        name, _equals, rest = text.partition("=")
        columns, *sets = (part.split(",") for part in rest.split(":"))
        if not name or len(sets) not in (1, 2) or "" in sum(sets, columns) or len(set(columns)) < len(columns):
            raise ValueError(text)
        codes, *valid = (frozenset(map(canonical, one)) for one in sets)
        if valid and not codes <= valid[0]:
            raise ValueError(text)
        return cls(name, tuple(columns), ",".join(sets[0]), codes, valid[0] if valid else None)


@dataclass(frozen=True)
class Request:
    """What is asked of a file: the design's columns, the items and then the indices, the domains."""

    path: str
    items: tuple[Item, ...]
    weights: str
    indices: tuple[Index, ...] = ()
    strata: str | None = None
    psu: str | None = None
    fpc: str | None = None
    by: tuple[str, ...] = ()
    within: Item | None = None
    statistic: Any = "proportion"  # the literals of analysis, which would load SciPy
    denominator: str | None = None
    single_psu: Any = "refuse"
    margins: Margins | None = None
    method: Any = "raking"

    @property
    def counted(self) -> bool:
        """Whether the items are values that people have, not numbers."""
        if self.statistic == "total":
            return any(item.value is not None for item in self.items)
        return bool(self.statistic == "proportion")

    @property
    def shares(self) -> bool:
        """Whether each measure is of answers that are wanted or not, and needs no squares."""
        return self.counted and not self.indices

    @property
    def labels(self) -> list[str]:
        """Columns whose values are names."""
        within = [self.within.column] if self.within else []
        return [name for name in (self.strata, self.psu, *self.by, *within, *(self.margins or {})) if name]

    @property
    def numbers(self) -> list[str]:
        """Columns whose values are quantities."""
        measured = [] if self.counted else [item.column for item in self.items]
        return [name for name in (self.weights, self.fpc, self.denominator, *measured) if name]

    @property
    def codes(self) -> list[str]:
        """Columns whose values are answers."""
        counted = [item.column for item in self.items] if self.counted else []
        return [*counted, *(column for index in self.indices for column in index.columns)]

    @property
    def names(self) -> list[tuple[str, str | None, Any]]:
        """Item, value and statistic of each measure."""
        items = [(item.column, item.value, self.statistic) for item in self.items]
        return [*items, *((index.name, None, "index") for index in self.indices)]

    def begin(self, file: DataFile) -> Iterator[Chunk]:
        """Begins to read what is needed of the file."""
        file.require([*self.labels, *self.numbers, *self.codes])
        return file.chunks(self.labels, self.numbers, self.codes)


def levels(file: DataFile, columns: Sequence[str]) -> dict[str, list[str]]:
    """The values that occur in each column, as they are compared, numbers first."""
    distinct: dict[str, set[str]] = {name: set() for name in columns}
    for chunk in file.chunks(codes=columns):
        for name in columns:
            column = chunk.codes(name)
            present = np.unique(column.codes[column.codes != column.blank]).tolist()
            distinct[name] |= {canonical(one if column.levels is None else column.levels[one]) for one in present}
    return {name: sorted(values, key=natural) for name, values in distinct.items()}


def natural(text: str) -> tuple[int, float, str]:
    """The order of values: numbers first, by what they are worth."""
    try:
        return (0, float(text), text)
    except ValueError:
        return (1, 0.0, text)


def a_record_per_value(request: Request, file: DataFile) -> Request:
    """An item without values becomes one item for each value that occurs."""
    if not request.counted or all(item.value is not None for item in request.items):
        return request
    file.require(request.codes)
    open_items = [item.column for item in request.items if item.value is None]
    values = levels(file, list(dict.fromkeys(open_items)))
    items: list[Item] = []
    for item in request.items:
        if item.value is None:
            items += [Item(item.column, value, frozenset({value})) for value in values[item.column]]
        else:
            items.append(item)
    return replace(request, items=tuple(items))


def margins(path: str, data: str) -> Margins:
    """Population totals from a CSV file `variable,value,total`, which may lie beside the data."""
    result: dict[str, dict[Hashable, float]] = {}
    beside = Path(data).parent / path
    try:
        text = (beside if not Path(path).exists() and beside.exists() else Path(path)).read_text(
            encoding="utf-8-sig"
        )
    except FileNotFoundError:
        raise Refusal("There is no file %(file)s.", file=path) from None
    except UnicodeDecodeError:
        raise Refusal("%(file)s is not UTF-8. Save the file as UTF-8.", file=path) from None
    reader = csv.DictReader(text.splitlines())
    if not {"variable", "value", "total"} <= set(reader.fieldnames or ()):
        raise Refusal("%(file)s needs the columns variable, value, total.", file=path)
    for row, line in enumerate(reader, start=2):
        try:
            total = float(line["total"] or "")
        except ValueError:
            total = math.nan
        if not math.isfinite(total):
            raise Refusal(
                "%(file)s, row %(row)s: the total “%(value)s” is not a number. Correct it.",
                file=path,
                row=row,
                value=line["total"] or "",
            )
        values = result.setdefault(line["variable"] or "", {})
        value = canonical(line["value"] or "")
        if value in values:
            raise Refusal("%(file)s, row %(row)s: this value stands twice. Keep one.", file=path, row=row)
        values[value] = total
    if not result:
        raise Refusal("%(file)s is empty.", file=path)
    return result
