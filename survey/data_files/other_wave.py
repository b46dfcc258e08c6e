"""Whether a file that is full of faults is one of another wave: told by its questions, villages and sheets."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forms import Questionnaire
from survey.data_files import column_mapping
from survey.fieldwork import serial_numbers
from survey.storage.models import Batch, Sheet, Wave
from survey.waves import file_words, questionnaires, waves

LOOKED_AT = 500  # rows
FEWEST = 3  # columns, villages or sheets that speak for a wave
OWN = 0.5  # of what speaks for another wave: what speaks for the own one is less


def meant(session: Session, wave: Wave, path: Path) -> Wave | None:
    """The wave of which a settled file seems to be; None where it may be of `wave`, or of several, or of none."""
    every = {one.code: one for one in session.scalars(select(Wave))}
    asked = {
        digest: questionnaires.by_digest(session, digest)
        for digest in {one.questionnaire for one in every.values()}
    }
    for counts in (
        _by_questions(path, {code: asked[one.questionnaire] for code, one in every.items()}),
        _by_villages(session, path, asked[wave.questionnaire], wave.code, list(every)),
        _by_sheets(session, path, asked[wave.questionnaire]),
    ):
        most = max(counts.values(), default=0)
        best = [code for code, count in counts.items() if count == most]
        if most >= FEWEST and len(best) == 1 and counts.get(wave.code, 0) < OWN * most:
            return every[best[0]]
    return None


def _by_questions(path: Path, asked: Mapping[str, Questionnaire]) -> dict[str, int]:
    """By wave, how many columns are called like its questions."""
    header = [source.name for source in column_mapping.sources(path)]
    own = {one.digest: one for one in asked.values()}
    columns = {digest: column_mapping.guess(header, one, near=False).values() for digest, one in own.items()}
    return {code: sum(column in one.items for column in columns[one.digest]) for code, one in asked.items()}


def _by_villages(
    session: Session, path: Path, questionnaire: Questionnaire, wave: str, others: list[str]
) -> dict[str, int]:
    """By wave, how many villages of the file it has; a wave without villages takes any."""
    texts = _column(path, questionnaire, "psu")
    if not texts or not waves.villages(session, wave):
        return {}
    known = {code: file_words.Codes(one.psu for one in waves.villages(session, code)) for code in others}
    return {code: sum(codes.find(text) in codes for text in texts) for code, codes in known.items()}


def _by_sheets(session: Session, path: Path, questionnaire: Questionnaire) -> dict[str, int]:
    """By wave, how many sheets of the file were printed for it."""
    serials = {serial_numbers.serial(text) for text in _column(path, questionnaire, "sheet")}
    found = select(Batch.wave, func.count()).join(Sheet, Sheet.batch == Batch.code)
    return dict(session.execute(found.where(Sheet.serial.in_(serials)).group_by(Batch.wave)).all())


def _column(path: Path, questionnaire: Questionnaire, wanted: str) -> set[str]:
    """What stands in the first rows of one of our columns."""
    rows = column_mapping.settled_rows(path)
    _row, header = next(rows)
    columns = {column: place for place, column in column_mapping.guess(header, questionnaire).items()}
    if wanted not in columns:
        return set()
    return {cells[columns[wanted]].strip() for _row, cells in islice(rows, LOOKED_AT)} - {""}
