"""A CSV or Excel file of assignments: all of it is given, or nothing."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy.orm import Session

from survey.responses import assignments
from survey.storage.models import Mode
from survey.system import xlsx_table
from survey.system.csv_table import Faults
from survey.waves import file_words
from translations import Refusal

COLUMNS = ("account", "psu", "batch", "households", "mode")
NUMBERS = re.compile(r"\d{1,7}([ ;]+\d{1,7})*")


def give(session: Session, wave: str, path: Path, by: str) -> int:
    """Gives the assignments of a file; how many. Call inside `writing()`: a fault undoes all of it.

    The columns are account, psu (of an interviewer), batch (of a keyer), households (numbers with spaces between
    them) and mode (`interviewer` or `paper`); all but the first may be missing or blank.
    """
    faults = Faults()
    table = xlsx_table.opened(path, file_words.heads(COLUMNS), ("account",), faults)
    given = 0
    for row in table.records():
        try:
            _give(session, wave, row, by)
            given += 1
        except Refusal as refusal:
            faults.add(table.row, None, str(refusal))
    faults.refuse(path)
    return given


def _give(session: Session, wave: str, row: dict[str, str], by: str) -> None:
    account, psu, batch = (row.get(name) or None for name in ("account", "psu", "batch"))
    if account is None:
        raise Refusal("Name the account.")
    households = row.get("households", "")
    if households and not NUMBERS.fullmatch(households):
        raise Refusal("Write households as their numbers with spaces between them, such as 3 17 42.")
    mode = row.get("mode", "")
    if mode not in ("", Mode.INTERVIEWER, Mode.PAPER):
        raise Refusal("Write the mode as interviewer or paper, or leave it blank.")
    numbers = [int(number) for number in re.findall(r"\d+", households)]
    way = Mode(mode) if mode else assignments.usual(session, account, psu, batch)
    assignments.give(session, wave, account, way, by, psu=psu, batch=batch, households=numbers)
