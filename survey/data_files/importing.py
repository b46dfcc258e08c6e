"""Responses from elsewhere: a file is read, checked and stored, all of it or nothing."""

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
from survey.data_files import column_mapping, import_lots, sheet_column
from survey.data_files.column_mapping import Plan
from survey.data_files.response_file import File
from survey.data_files.waiting_lines import Line, WaitingLines
from survey.responses import lots
from survey.sampling.weight_versions import NewWeights
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.encrypted_texts import TextKeys
from survey.storage.models import LotKind, Response, ResponseText, Village, Wave
from survey.system import dates
from survey.system.csv_table import Faults, Rows, is_sound
from survey.waves import file_words, questionnaires, waves
from translations import Conflict, Lazy

MOST_FAULTS = 50_000  # that are kept to be told


@dataclass(frozen=True)
class Wanted:
    """What is to be imported, and by whom.

    plan      what becomes of the columns and words of a settled file; None: a file as it came, whose columns and
              words are taken as they are called
    skip      rows that stay out
    digest    of the file as it came, where `path` is a settled one; rows without an id get one from it, the same
              each time, so that a file that comes again stores nothing twice
    name      of the lot; without one it is called like the file
    replaces  the number of an import that is taken back with this, for `reason`
    """

    path: Path
    person: str = ""
    plan: Plan | None = None
    skip: frozenset[int] = frozenset()
    digest: str = ""
    name: str = ""
    replaces: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Outcome:
    """What an import did. `weights` is the number of the weight version that it made, `remarks` what the file left
    open and how that was settled, `name` that of its lot, `replaced` how many forms of the one before went."""

    stored: int
    there: int
    weights: int | None
    remarks: tuple[Lazy, ...]
    name: str = ""
    replaced: int = 0


@dataclass(frozen=True)
class Fault:
    """What is wrong in a row; `column` is called as the file calls it, None if the whole row is meant."""

    row: int
    column: str | None
    message: str


class AllFaults(Faults):
    """Keeps what is wrong, as far as a person would read it, and in which rows."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Fault] = []
        self.rows: set[int] = set()

    def add(self, row: int, column: str | None, message: Lazy | str) -> None:
        self.count += 1
        self.rows.add(row)
        if len(self.told) < MOST_FAULTS:
            self.told.append(Fault(row, column, str(message)))


@dataclass(frozen=True)
class Checked:
    """What an import of the file would meet; nothing was stored.

    rows     that are right
    wrong    the numbers of those that are not; row 1 is the header, without which nothing comes in
    remarks  what it would leave open
    """

    rows: int
    faults: tuple[Fault, ...]
    count: int
    wrong: frozenset[int]
    remarks: tuple[Lazy, ...]


def checked(database: Database, wave: str, wanted: Wanted) -> Checked:
    """Reads a file as the import does, and tells all that is wrong with it."""
    faults = AllFaults()
    with closing(WaitingLines()) as waiting, database.reading() as session:
        file = _file(session, wave, wanted, faults)
        rows = read_through(session, file, waiting, lambda _rows: None)
    in_order = sorted(faults.told, key=lambda fault: fault.row)
    right = file.read - len(faults.rows - {1})
    return Checked(right, tuple(in_order), faults.count, frozenset(faults.rows), tuple(file.remarks(rows)))


def responses(
    database: Database, wave: str, wanted: Wanted, progress: Callable[[int], None] = lambda rows: None
) -> Outcome:
    """Stores the responses of a file as a lot of its own, in one transaction: all that are not to stay out or,
    where anything is wrong, none.

    The file is read once, row by row, and waits in a temporary file in the order of the ids: so memory does not
    grow with the file, the database is locked only while rows are written, and the order of arrival is nowhere.

    A response that is there already with the same content counts as there. In a `sample` wave a file with a column
    `psu` makes a new version of the weights: those of before, and on top of them the file's; but where a sample is
    drawn, its villages, strata and weights hold, and a file that says otherwise is refused. A column that is
    missing is settled so: an id made from the file; mode paper; today, or the wave's last day
    where that is over; without `psu`, no village. In an `open` wave stratum, village and weight are not used.

    progress  is called with the number of rows read so far
    """
    faults = Faults()
    with closing(WaitingLines()) as waiting:
        with database.reading() as session:
            file = _file(session, wave, wanted, faults)
            read_through(session, file, waiting, progress)
        faults.refuse(wanted.path)
        try:
            with database.writing() as session:
                outcome = _keep(session, file, waiting, wanted)
                faults.refuse(wanted.path)
        except IntegrityError as error:
            raise Conflict("Somebody else stored some of this just now. Import the file again.") from error
    return outcome


def _file(session: Session, wave: str, wanted: Wanted, faults: Faults) -> File:
    """The file, in our columns and codes, ready to be read."""
    row = waves.find(session, wave)
    questionnaire = questionnaires.by_digest(session, row.questionnaire)
    kind = column_mapping.file_of(questionnaire)
    if wanted.plan is not None:
        table, plan = column_mapping.settled(wanted.path, faults), wanted.plan
    else:
        table = column_mapping.of_any_name(wanted.path, questionnaire, faults)
        plan = _plan(table, questionnaire)
    reads = column_mapping.readings(session, questionnaire)
    id = column_mapping.ids(wave, wanted.digest or column_mapping.digest(wanted.path))
    translated = column_mapping.Translated(table, plan, reads, kind.REQUIRED, wanted.skip, id=id)
    return kind(session, row, questionnaire, translated, wanted.replaces)


def _plan(table: Rows, questionnaire: Questionnaire) -> Plan:
    """The columns as they are called, none by a guess; one that is called by nothing of ours becomes a fault."""
    known = column_mapping.known(questionnaire)
    columns = column_mapping.guess(table.columns, questionnaire, near=False)
    own = [columns.get(place, name) for place, name in enumerate(table.columns)]
    passed = {place for place, name in enumerate(file_words.heads(known).columns(table.columns)) if name is None}
    is_sound(table.faults, table.row, [name for place, name in enumerate(own) if place not in passed], known, ())
    return Plan(columns, literal=all(name in known for name in table.columns))


def read_through(session: Session, file: File, waiting: WaitingLines, progress: Callable[[int], None]) -> int:
    """Reads a file to its end and says how many rows it has; ids that stand twice in it, or are stored with other
    content, become faults."""
    rows = 0
    for line in file.lines(progress):
        rows += 1
        if (twin := waiting.add(line)) is not None:
            twice = Lazy("Row %(row)s has this id already. Keep one of them.", row=twin)
            file.fault_at(line.row, "response_id", twice)
    new: dict[str, list[int]] = defaultdict(list)
    for batch in waiting.batches():
        _count(new, file.fresh(session, file.settled(session, batch)))
    file.check_counts(session, new)
    return rows


def _count(rows: dict[str, list[int]], fresh: list[Line]) -> None:
    """Notes the rows of lines that are new, by village."""
    for line in fresh:
        if line.psu is not None:
            rows[line.psu].append(line.row)


def _keep(session: Session, file: File, waiting: WaitingLines, wanted: Wanted) -> Outcome:
    """Stores what waits. Whatever changed since the file was checked is compared once more."""
    wave = session.scalars(select(Wave).where(Wave.code == file.wave.code).with_for_update()).one()
    import_lots.refuse_closed(wave)
    if wave.draw != file.wave.draw:
        raise Conflict("Somebody else stored some of this just now. Import the file again.")
    replaced = 0
    if wanted.replaces is not None:
        replaced = import_lots.recall(session, wave, wanted.replaces, wanted.reason, wanted.person)
    if file.homes and not file.drawn:
        _keep_villages(session, wave, file)
    connection = session.connection()
    name = import_lots.named(session, wave.code, wanted.name, wanted.path.name)
    weights = NewWeights(session, wave, import_lots.source(name))
    lot = lots.begin(session, wave.code, LotKind.IMPORT, dates.today(), sender=name)
    stored = known = 0
    new: dict[str, list[int]] = defaultdict(list)
    for batch in waiting.batches():
        batch = file.settled(session, batch)
        fresh = file.fresh(session, batch)
        _insert(connection, wave, fresh, lot)
        sheet_column.enter(connection, fresh)
        _count(new, fresh)
        stored += len(fresh)
        known += len(batch) - len(fresh)
        if file.weighs:
            # A response that was there takes the weight of the file only where the file gives one.
            weights.add({line.id: line.weight for line in (batch if file.has("weight") else fresh)})
    file.check_counts(session, new, stored=True)
    audit.annotate(lot=lot, forms=stored, **({} if wanted.replaces is None else {"replaces": wanted.replaces}))
    return Outcome(stored, known, weights.keep(), tuple(file.remarks(stored)), name, replaced)


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
                "adults": line.adults,
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
