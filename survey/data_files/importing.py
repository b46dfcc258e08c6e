"""Responses from elsewhere: a CSV file is read, checked and stored, all of it or nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forms import Questionnaire
from survey.data_files.leaders_file import LeadersFile
from survey.data_files.response_file import COLUMNS, File
from survey.data_files.waiting_lines import Line, WaitingLines
from survey.responses import lots
from survey.sampling.weight_versions import NewWeights
from survey.storage.database import Database
from survey.storage.encrypted_texts import TextKeys
from survey.storage.models import LotKind, Response, ResponseText, Village, Wave
from survey.system import dates
from survey.system.csv_table import Faults, Table
from survey.waves import questionnaires, waves
from translations import Conflict, Lazy


@dataclass(frozen=True)
class Outcome:
    """What an import did. `weights` is the number of the weight version that it made, `remarks` what the file left
    open and how that was settled."""

    stored: int
    there: int
    weights: int | None
    remarks: tuple[Lazy, ...]


def responses(
    database: Database, wave: str, path: Path, progress: Callable[[int], None] = lambda rows: None
) -> Outcome:
    """Stores the responses of a CSV file, in one transaction: all of them or, where anything is wrong, none.

    The file is read once, row by row, and waits in a temporary file in the order of the ids: so memory does not
    grow with the file, the database is locked only while rows are written, and the order of arrival is nowhere.

    A response that is there already with the same content counts as there. In a `sample` wave a file with a column
    `psu` makes a new version of the weights: those of before, and on top of them the file's; but where a sample is
    drawn, its villages, strata and weights hold, and a file that says otherwise is refused. A column that is
    missing is settled so: a made-up id; mode paper; today, or the wave's last day where that is over; without
    `psu`, no village. In an `open` wave stratum, village and weight are not used.

    progress  is called with the number of rows read so far
    """
    faults = Faults()
    with closing(WaitingLines()) as waiting:
        with database.reading() as session:
            row = waves.find(session, wave)
            questionnaire = questionnaires.by_digest(session, row.questionnaire)
            kind = file_of(questionnaire)
            table = Table(path, [*COLUMNS, *questionnaire.items], kind.REQUIRED, faults)
            file = kind(session, row, questionnaire, table)
            read_through(session, file, waiting, progress)
        faults.refuse(path)
        try:
            with database.writing() as session:
                outcome = _keep(session, file, waiting, path)
                faults.refuse(path)
        except IntegrityError as error:
            raise Conflict("Somebody else stored some of this just now. Import the file again.") from error
    return outcome


def file_of(questionnaire: Questionnaire) -> type[File]:
    """What reads the responses to a questionnaire."""
    return LeadersFile if questionnaire.asks_leaders else File


def read_through(session: Session, file: File, waiting: WaitingLines, progress: Callable[[int], None]) -> int:
    """Reads a file to its end and says how many rows it has; ids that stand twice in it, or are stored with other
    content, become faults."""
    rows = 0
    for line in file.lines(progress):
        rows += 1
        if (twin := waiting.add(line)) is not None:
            file.faults.add(
                line.row, "response_id", Lazy("Row %(row)s has this id already. Keep one of them.", row=twin)
            )
    new: dict[str, list[int]] = defaultdict(list)
    for batch in waiting.batches():
        _count(new, file.fresh(session, batch))
    file.check_counts(session, new)
    return rows


def _count(rows: dict[str, list[int]], fresh: list[Line]) -> None:
    """Notes the rows of lines that are new, by village."""
    for line in fresh:
        if line.psu is not None:
            rows[line.psu].append(line.row)


def _keep(session: Session, file: File, waiting: WaitingLines, path: Path) -> Outcome:
    """Stores what waits. Whatever changed since the file was checked is compared once more."""
    wave = session.scalars(select(Wave).where(Wave.code == file.wave.code).with_for_update()).one()
    if wave.draw != file.wave.draw:
        raise Conflict("Somebody else stored some of this just now. Import the file again.")
    if file.homes and not file.drawn:
        _keep_villages(session, wave, file)
    connection = session.connection()
    weights = NewWeights(session, wave, f"import {path.name}"[:200])
    stored, known, lot = (
        0,
        0,
        lots.begin(session, wave.code, LotKind.IMPORT, dates.today(), sender=path.name[:200]),
    )
    new: dict[str, list[int]] = defaultdict(list)
    for batch in waiting.batches():
        fresh = file.fresh(session, batch)
        _insert(connection, wave, fresh, lot)
        _count(new, fresh)
        stored += len(fresh)
        known += len(batch) - len(fresh)
        if file.weighs:
            # A response that was there takes the weight of the file only where the file gives one.
            weights.add({line.id: line.weight for line in (batch if file.has("weight") else fresh)})
    file.check_counts(session, new, stored=True)
    return Outcome(stored, known, weights.keep(), tuple(file.remarks(stored)))


def _keep_villages(session: Session, wave: Wave, file: File) -> None:
    villages = {village.psu: village for village in waves.villages(session, wave.code)}
    for psu, home in file.homes.items():
        if psu not in villages and home.row:
            session.add(Village(wave=wave.code, psu=psu, unit=home.unit, stratum=home.stratum))
        elif psu in villages and (villages[psu].unit, villages[psu].stratum) != (home.unit, home.stratum):
            raise Conflict("Somebody else stored some of this just now. Import the file again.")
    session.flush()


def _insert(connection: Connection, wave: Wave, lines: list[Line], lot: int) -> None:
    if not lines:
        return
    connection.execute(
        insert(Response.__table__),  # type: ignore[arg-type]
        [
            {
                "id": line.id,
                "wave": wave.code,
                "unit": line.unit,
                "psu": line.psu,
                "stratum": line.stratum,
                "person": line.person,
                "mode": line.mode,
                "day": line.day,
                "questionnaire": wave.questionnaire,
                "answers": line.answers,
                "marks": [],
                "lot": lot,
            }
            for line in lines
        ],
    )
    text_keys = TextKeys(connection)
    texts = [
        {"response": line.id, "texts": text_keys.encrypt(wave.code, line.id, line.texts)}
        for line in lines
        if line.texts
    ]
    if texts:
        connection.execute(insert(ResponseText.__table__), texts)  # type: ignore[arg-type]
