"""The frame of a wave that asks leaders: its groups with the number of their persons, from a CSV or Excel file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.orm import Session

from survey.sampling.leader_groups import groups
from survey.storage.models import LeaderGroup, Wave
from survey.system import xlsx_table
from survey.system.csv_table import Faults, Rows
from survey.waves import file_words
from translations import N_, Lazy

REQUIRED = ("stratum", "people")
COLUMNS = (*REQUIRED, "name")
LONGEST = {"stratum": 60, "name": 200}
COUNT = re.compile(r"[0-9]{1,6}")


def load(session: Session, wave: Wave, path: Path) -> tuple[int, int, tuple[Lazy, ...]]:
    """Adds the groups of a file, all or nothing; how many came new, how many were there, and what was passed over.
    A group that is there has the same number of persons; its name is filled in where it has none."""
    faults = Faults()
    known = groups(session, wave.code)
    rows: dict[str, int] = {}
    new = 0
    table = xlsx_table.opened(path, file_words.heads(COLUMNS), REQUIRED, faults)
    for values in table.records():
        group = _group(values, wave.code, table)
        if group is None:
            continue
        before = known.get(group.stratum)
        if (twin := rows.setdefault(group.stratum, table.row)) != table.row:
            table.fault("stratum", "Row %(row)s has this group already. Keep one of them.", row=twin)
        elif before is None:
            session.add(group)
            new += 1
        else:
            _fill_up(before, group, table)
    faults.refuse(path)
    session.flush()
    return new, len(rows) - new, tuple(table.understood)


def clear(session: Session, wave: Wave) -> int:
    """Takes all groups of a wave out; how many."""
    count = len(groups(session, wave.code))
    session.execute(delete(LeaderGroup).where(LeaderGroup.wave == wave.code))
    return count


def listed(session: Session, wave: str) -> Iterator[tuple[str | int | None, ...]]:
    """The groups of a wave in `COLUMNS`, as `load` takes them."""
    for group in groups(session, wave).values():
        yield group.stratum, group.people, group.name


def _group(values: dict[str, str], wave: str, table: Rows) -> LeaderGroup | None:
    """The group of a row, or None if a cell is at fault."""
    before = table.faults.count
    table.fault_of_cells(values, REQUIRED, LONGEST)
    people = values["people"]
    if people and not (COUNT.fullmatch(people) and int(people) > 0):
        message = N_("“%(cell)s”: write a whole number of 1 or more, digits only.")
        table.fault("people", message, cell=people[:60])
    if table.faults.count > before:
        return None
    return LeaderGroup(wave=wave, stratum=values["stratum"], people=int(people), name=values.get("name") or None)


def _fill_up(group: LeaderGroup, update: LeaderGroup, table: Rows) -> None:
    if update.people != group.people:
        message = N_("The group %(group)s is there already with %(people)s persons.")
        table.fault("people", message, group=group.stratum, people=group.people)
    group.name = group.name or update.name
