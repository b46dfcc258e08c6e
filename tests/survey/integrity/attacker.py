"""Somebody who has a database whole, every table and every byte of its file, but not its key."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from survey.storage.models.base import Base

# What the person said, or the form of it; the rest of a response's row says where, when and how it came.
SAID = {"id", "answers", "marks", "adults"}
CELL = ("unit", "psu", "mode", "day")
# Tables whose row is about one response, by what somebody did with it after it had come: they name it, and nothing
# in them is of who else brought what together with it.
ABOUT_ONE = {
    "response_text": "what the person wrote, sealed",
    "weight": "how many people the form stands for: of its village and household",
    "review": "a person looked at the form itself",
    "coding": "a person read what was written",
    "keying_decision": "a person had the paper of a keyed form in hand",
    "sheet": "its keyer knows a keyed form by its sheet",
    "quarantined_response": "a person opened the form, which was held for that",
}


@dataclass(frozen=True)
class Form:
    """A response as the attacker knows it without its answers.

    traces  what tells it from others: its columns but what was said, and each row of another table that names it
    """

    id: UUID
    cell: tuple[Any, ...]
    traces: frozenset[Any]


class Attacker:
    """All that stands in an SQLite file."""

    def __init__(self, file: Path, wave: str) -> None:
        self.bytes = {path.name: path.read_bytes() for path in file.parent.glob(f"{file.name}*")}
        with closing(sqlite3.connect(file)) as connection:
            connection.row_factory = sqlite3.Row
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            self.tables = {
                name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")] for name in names
            }
        own = [row for row in self.table("response") if row["wave"] == wave]
        self._rows = {UUID(row["id"]): row for row in own}

    def table(self, name: str) -> list[dict[str, Any]]:
        return self.tables[name]

    def forms(self) -> list[Form]:
        """Every response of the wave with all its traces."""
        traces: dict[UUID, set[Any]] = defaultdict(set)
        for id, row in self._rows.items():
            traces[id].update((name, value) for name, value in row.items() if name not in SAID)
        for table in self.tables.keys() - ABOUT_ONE.keys() - {"response"}:
            for place, row in enumerate(self.tables[table]):
                for id in self._named(row.values()):
                    traces[id].add((table, place))
        return [
            Form(id, tuple(row[name] for name in CELL), frozenset(traces[id])) for id, row in self._rows.items()
        ]

    def _named(self, values: Iterable[Any]) -> set[UUID]:
        """The responses that a row names, as texts of any spelling or as bytes."""
        found: set[UUID] = set()
        for value in values:
            if isinstance(value, bytes):
                found |= {id for id in self._rows if id.bytes in value}
            text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
            spelled = re.findall(r"[0-9a-f]{32}", re.sub(r"(?<=[0-9a-f])-(?=[0-9a-f])", "", text.lower()))
            found |= {UUID(one) for one in spelled} & self._rows.keys()
        return found

    def narrowed(self, together: Mapping[UUID, Any]) -> list[set[UUID]]:
        """The sets of fewer than five forms that traces leave, where what was known without them leaves more.

        together  of each form that is looked at, what may be known of its coming: two of one village, mode and day
                  with the same may stand alone, with whoever brought them
        """
        alike: dict[frozenset[Any], set[UUID]] = defaultdict(set)
        cells: dict[tuple[Any, ...], set[UUID]] = defaultdict(set)
        for form in self.forms():
            if form.id in together:
                alike[form.traces].add(form.id)
                cells[form.cell, together[form.id]].add(form.id)
        return [
            group
            for traces, group in alike.items()
            for cell in cells.values()
            if len(group) < 5 and group & cell and not cell <= group
        ]

    def spells(self, number: int) -> bool:
        """Whether a file still has the number of a lot."""
        return any(number.to_bytes(8)[2:] in content for content in self.bytes.values())


def naming_tables() -> set[str]:
    """The tables whose rows point to one response."""
    return {
        table.name
        for table in Base.metadata.tables.values()
        if any(key.column.table.name == "response" for key in table.foreign_keys)
    }
