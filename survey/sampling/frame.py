"""The frame of a wave: the villages in which people live, or groups of leaders, from a CSV or Excel file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from survey.sampling import leader_frame
from survey.storage.models import (
    Assignment,
    Batch,
    Draw,
    Invitation,
    Response,
    Unit,
    Village,
    VillageStep,
    Wave,
    WaveKind,
)
from survey.system import xlsx_table
from survey.system.csv_table import Faults, Rows
from survey.waves import file_words, questionnaires, units, waves
from translations import N_, Conflict, Lazy, Refusal

REQUIRED = ("psu", "unit", "stratum", "households")
COLUMNS = (*REQUIRED, "adults", "name")
LONGEST = {"psu": 60, "stratum": 60, "name": 200}
COUNT = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Outcome:
    """How many villages or groups came new, how many were there (some of them perhaps filled up), and what of the
    file was passed over."""

    stored: int
    there: int
    remarks: tuple[Lazy, ...] = ()


def load(session: Session, wave: str, path: Path) -> Outcome:
    """Adds the villages of a CSV or Excel file to a sample wave, all or nothing; safe to repeat.

    A village that is there already must be in the same commune and stratum. What is known of it stays; households,
    adults and name are filled in where they are not known yet. A code stands once in a file. Where leaders are
    asked, it is their groups (`leader_frame`).
    """
    row = waves.find(session, wave)
    if is_of_groups(session, row):
        return Outcome(*leader_frame.load(session, row, path))
    if row.kind is WaveKind.OPEN:
        raise Conflict("The wave %(code)s is open to all: it has no frame. Name a sample wave.", code=row.title)
    faults = Faults()
    known_units = file_words.UnitCodes(session.scalars(select(Unit)))
    villages = {village.psu: village for village in waves.villages(session, row.code)}
    rows: dict[str, int] = {}
    new = 0
    table = xlsx_table.opened(path, file_words.heads(COLUMNS), REQUIRED, faults)
    known = file_words.Codes(villages)
    mended: dict[str, str] = {}
    for values in table.records():
        values["unit"] = known_units.find(values["unit"])
        values["psu"] = known.find(short := values["psu"])
        if short not in known and (whole := file_words.with_zeros(short, values["unit"])) != short:
            values["psu"] = mended[short] = known.find(whole)
        village = _village(values, row.code, known_units, table)
        if values["psu"] and (twin := rows.setdefault(values["psu"], table.row)) != table.row:
            table.fault("psu", "Row %(row)s has this village already. Keep one of them.", row=twin)
        elif village is None:
            continue
        elif village.psu in villages:
            _fill_up(villages[village.psu], village, table)
        else:
            session.add(village)
            new += 1
    faults.refuse(path)
    if not rows:
        raise Refusal("%(file)s has a header and no rows.", file=path.name)
    if mended:
        short, whole = next(iter(mended.items()))
        message = N_("Village codes got the zero of their commune back: %(count)s (%(short)s is %(whole)s).")
        table.understood.append(Lazy(message, count=len(mended), short=short, whole=whole))
    session.flush()
    return Outcome(new, len(rows) - new, tuple(table.understood))


def clear(session: Session, wave: str) -> int:
    """Takes all villages or groups of a wave out again; how many. Refused once something rests on them."""
    row = waves.find(session, wave)
    session.execute(select(Wave.code).where(Wave.code == row.code).with_for_update())
    resting = (
        *(table.wave == row.code for table in (Draw, Response, Batch, Invitation, VillageStep)),
        (Assignment.wave == row.code) & Assignment.psu.is_not(None),
    )
    if any(session.scalar(select(exists().where(one))) for one in resting):
        raise Conflict(
            "A draw, forms, codes, assignments or responses rest on this frame: it stays. Add to it by a file."
        )
    if is_of_groups(session, row):
        return leader_frame.clear(session, row)
    count = len(waves.villages(session, row.code))
    session.execute(delete(Village).where(Village.wave == row.code))
    return count


def is_of_groups(session: Session, wave: Wave) -> bool:
    """Whether the frame is one of groups."""
    return questionnaires.by_digest(session, wave.questionnaire).population.in_groups


def columns(session: Session, wave: Wave) -> tuple[str, ...]:
    """Those of the file that `load` takes."""
    return leader_frame.COLUMNS if is_of_groups(session, wave) else COLUMNS


def listed(session: Session, wave: Wave) -> Iterator[tuple[str | int | None, ...]]:
    """The villages or groups of a wave in `columns`, as `load` takes them."""
    if is_of_groups(session, wave):
        yield from leader_frame.listed(session, wave.code)
    for village in waves.villages(session, wave.code):
        yield tuple(getattr(village, column) for column in COLUMNS)


def _village(values: dict[str, str], wave: str, known_units: file_words.UnitCodes, table: Rows) -> Village | None:
    """The village of a row, or None if a cell is at fault."""
    before = table.faults.count
    table.fault_of_cells(values, REQUIRED, LONGEST)
    unit = values["unit"]
    if unit and unit not in known_units:
        table.fault("unit", file_words.no_unit(unit, known_units))
    elif unit and known_units.units[unit].kind not in units.COMMUNE_KINDS:
        name = known_units.units[unit].name
        table.fault("unit", "Write the code of the village's commune: %(name)s is not one.", name=name)
    for column in ("households", "adults"):
        text = values.get(column, "")
        if text and not (COUNT.fullmatch(text) and int(text) > 0):
            message = N_("“%(cell)s”: write a whole number of 1 or more, digits only.")
            table.fault(column, message, cell=text[:60])
    if table.faults.count > before:
        return None
    return Village(
        wave=wave,
        psu=values["psu"],
        unit=unit,
        stratum=values["stratum"],
        name=values.get("name") or None,
        households=int(values["households"]),
        adults=int(values["adults"]) if values.get("adults") else None,
    )


def _fill_up(village: Village, update: Village, table: Rows) -> None:
    for column in ("unit", "stratum", "households", "adults", "name"):
        old, new = getattr(village, column), getattr(update, column)
        if old is None:
            setattr(village, column, new)
        elif new is not None and new != old:
            table.fault(column, "Village %(psu)s is there already with %(old)s here.", psu=village.psu, old=old)
