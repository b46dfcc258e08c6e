"""Tables that are sorted by their heads and show some of their rows; how they stand is in the address alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from flask import request

Row = TypeVar("Row")


class Head(NamedTuple):
    """The head of a column that sorts: its words, the value of `xep` that it asks for, and which way it sorts now
    ("ascending", "descending"; empty where another column does)."""

    words: str
    asks: str
    now: str


class Choice(NamedTuple):
    """Some of the rows: how the address names them, their words, how many there are, the sign before them."""

    code: str
    words: str
    lines: int
    sign: str | None = None


@dataclass(frozen=True)
class Sorting(Generic[Row]):
    """The order of a table that `?xep=` asks for.

    keys  by the name of a column in the address: the value of a row, None where it has none
    by    the column that sorts; empty: the table's own order
    """

    keys: Mapping[str, Callable[[Row], Any]]
    by: str
    falls: bool

    @classmethod
    def asked(cls, keys: Mapping[str, Callable[[Row], Any]]) -> Sorting[Row]:
        """As the address asks; unknown columns are the table's own order."""
        wanted = request.args.get("xep", "")
        by = wanted.removeprefix("-")
        return cls(keys, by if by in keys else "", wanted.startswith("-") and by in keys)

    def rows(self, rows: Iterable[Row]) -> list[Row]:
        """The rows in order; those without a value last, whichever way it goes."""
        rows = list(rows)
        if not self.by:
            return rows
        key = self.keys[self.by]
        valued = [(value, row) for row in rows if (value := key(row)) is not None]
        valued.sort(key=lambda one: one[0], reverse=self.falls)
        return [row for _value, row in valued] + [row for row in rows if key(row) is None]

    def head(self, code: str, words: str) -> Head:
        """The head of a column; the first click sorts by it, lowest first, the second turns that round."""
        now = ("descending" if self.falls else "ascending") if code == self.by else ""
        return Head(words, f"-{code}" if now == "ascending" else code, now)


def some(
    rows: Sequence[Row], parameter: str, groups: Mapping[str, Callable[[Row], bool]]
) -> tuple[str, list[Row]]:
    """The group that the address asks for, and its rows; empty and all of them where it is unknown."""
    wanted = request.args.get(parameter, "")
    return (wanted, [row for row in rows if groups[wanted](row)]) if wanted in groups else ("", list(rows))
