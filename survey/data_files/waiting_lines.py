"""The lines of a file between reading and storing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from survey.storage.models import Mode

BATCH = 1000


class Line(NamedTuple):
    """A row of the file that holds: one response and its weight."""

    id: UUID
    row: int
    unit: str
    psu: str | None
    mode: Mode
    day: date
    weight: float
    answers: dict[str, Any]
    texts: dict[str, str]
    stratum: str | None = None  # of leaders: the group
    person: str | None = None  # and the label of the person within it
    adults: int | None = None  # of the household
    sheet: str | None = None  # the number of the printed form


class WaitingLines:
    """The lines of a file between reading and storing, in a temporary file, in the order of their ids."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute(
            "CREATE TABLE line (id BLOB PRIMARY KEY, row, unit, psu, mode, day, weight REAL, answers, texts, "
            "stratum, person, adults, sheet) "
            "WITHOUT ROWID"
        )
        self._file.execute("BEGIN")

    def close(self) -> None:
        self._file.close()

    def add(self, line: Line) -> int | None:
        """Keeps a line; where the file had its id before, the row of that one."""
        about = line.id.bytes, line.row, line.unit, line.psu, line.mode.value, line.day.isoformat(), line.weight
        rest = line.stratum, line.person, line.adults, line.sheet
        values = (*about, json.dumps(line.answers), json.dumps(line.texts), *rest)
        marks = ", ".join("?" * len(values))
        cursor = self._file.execute(f"INSERT OR IGNORE INTO line VALUES ({marks})", values)  # noqa: S608
        if cursor.rowcount:
            return None
        row: int = self._file.execute("SELECT row FROM line WHERE id = ?", (line.id.bytes,)).fetchone()[0]
        return row

    def batches(self) -> Iterator[list[Line]]:
        """All lines, some at a time."""
        cursor = self._file.execute("SELECT * FROM line ORDER BY id")
        while rows := cursor.fetchmany(BATCH):
            yield [
                Line(
                    UUID(bytes=id),
                    row,
                    unit,
                    psu,
                    Mode(mode),
                    date.fromisoformat(day),
                    weight,
                    json.loads(answers),
                    json.loads(texts),
                    *rest,
                )
                for id, row, unit, psu, mode, day, weight, answers, texts, *rest in rows
            ]
