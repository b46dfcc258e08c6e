"""Keeping a response: once, for good."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from forms import Questionnaire
from survey.storage.database import Database
from survey.storage.encrypted_texts import Ring, sealed_lately, written
from survey.storage.models import Mode, Response, ResponseText, Village
from survey.waves.waves import Place, counting_day
from translations import LANGUAGES, Conflict, Refusal

# How a form was filled, as the client may say it; nothing else is kept about the person who sends. `quick`: in
# under 5 seconds in all; `same`: the same button throughout.
MARKS = (
    "quick",
    "same",
    "helped-none",
    "helped-family",
    "helped-interviewer",
    "helped-official",
    *(f"lang-{code}" for code in LANGUAGES),
)
# The one form of an id that a client may make: version 4, from chance alone, so it says nothing of the device.
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
MOST_ADULTS = 99  # in a household: two digits
# Of two that bring the same id at once, the second waits for the first and adds nothing.
ONCE = {
    name: added(Response).on_conflict_do_nothing(index_elements=["id"]).execution_options(preserve_rowcount=True)
    for name, added in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
TEXTS = insert(ResponseText)
# The rows of a stranger in the driver's words. PostgreSQL adds both in one statement, in one round trip.
ROW = (
    "INSERT INTO response (id, wave, unit, mode, day, questionnaire, answers, marks)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
)
WORDS = "INSERT INTO response_text (response, texts) VALUES (?, ?)"
ROW_ALONE = ROW.replace("?", "%s")
ROW_AND_WORDS = (
    f"WITH kept AS ({ROW_ALONE} RETURNING id)"  # noqa: S608 (no value stands in it)
    " INSERT INTO response_text (response, texts) SELECT id, %s::jsonb FROM kept"
)


@dataclass(frozen=True)
class Sent:
    """What a stranger sent, as the driver takes it: the values of `ROW`, and the sealed words, "" without."""

    row: tuple[Any, ...]
    words: str


def may_be_adults(number: object) -> bool:
    """Whether this can be a number of adults in a household."""
    return isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= MOST_ADULTS


def normalised_marks(marks: Iterable[str]) -> list[str]:
    """Marks as they are kept, by whatever door they came: whoever was helped was not alone."""
    said = set(marks)
    if any(mark.startswith("helped-") for mark in said - {"helped-none"}):
        said.discard("helped-none")
    return sorted(said)


def split(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The answers document in its two parts: codes and numbers, and what was written in words."""
    texts = {code: value for code, value in answers.items() if questionnaire.items[code].kind == "text"}
    return {code: value for code, value in answers.items() if code not in texts}, texts


def submit(
    session: Session,
    place: Place,
    id: UUID,
    mode: Mode,
    answers: Mapping[str, Any],
    *,
    marks: tuple[str, ...] = (),
    psu: str | None = None,
    day: date | None = None,
    adults: int | None = None,
) -> bool:
    """Keeps a response; False where the same one is there already. Call inside `writing()`.

    answers  as `forms.check` gave them
    psu      the drawn village; only staff and imports know one, never a stranger
    day      of answering; unless given that on which what comes now counts
    adults   in the household, where somebody counted them; no part of the content

    The same id with the same content (wave, unit, mode, answers, village) is fine, whoever comes first: so a
    phone may send as often as it likes. Other content under a known id is refused.
    """
    if psu is not None:
        village = session.get(Village, (place.wave.code, psu))
        if village is None or village.unit != place.unit.code:
            raise Refusal(
                "The village %(psu)s is not one of %(unit)s in this wave.", psu=psu, unit=place.unit.name
            )
    session.flush()
    codes, texts = split(place.questionnaire, answers)
    if _add(session.connection(), place, id, mode, codes, texts, marks=marks, psu=psu, day=day, adults=adults):
        return True
    kept = session.get_one(Response, id)
    same = content(kept) == (place.wave.code, place.unit.code, mode, psu, codes)
    if not same or written(session, id) not in (texts, None):  # what is destroyed can't differ
        raise Conflict("This form was already sent with other answers. Open a new form to answer again.")
    return False


def keep(
    database: Database,
    place: Place,
    id: UUID,
    mode: Mode,
    answers: Mapping[str, Any],
    *,
    marks: tuple[str, ...] = (),
) -> bool:
    """`submit` in a transaction of its own, for strangers: they know no village, and their answers count now.

    A new id, which nearly every one is, costs no more than its insert.
    """
    codes, texts = split(place.questionnaire, answers)
    if _at_once(database, place, id, mode, codes, texts, marks):
        return True
    with database.writing() as session:
        return submit(session, place, id, mode, answers, marks=marks)


def _at_once(
    database: Database,
    place: Place,
    id: UUID,
    mode: Mode,
    codes: dict[str, Any],
    texts: dict[str, str],
    marks: tuple[str, ...],
) -> bool:
    """Adds a stranger's rows by the driver; False where the id is there already, the wave's key is not, or the
    database has a fault: the long way finds out which, and raises what the pages know."""
    sealed = json.dumps(sealed_lately(database, place.wave.code, id, texts)) if texts else ""
    if sealed == "null":
        return False
    row = (
        id.hex if database.is_sqlite else id,
        place.wave.code,
        place.unit.code,
        mode.value,
        counting_day(place.wave).isoformat(),
        place.questionnaire.digest,
        json.dumps(codes),
        json.dumps(normalised_marks(marks)),
    )
    return database.at_once(Sent(row, sealed), _sqlite if database.is_sqlite else _postgresql)


def _sqlite(cursor: Any, all_sent: Sequence[Sent]) -> list[bool]:
    if len(all_sent) == 1 and not all_sent[0].words:
        return [bool(cursor.execute(ROW, all_sent[0].row).rowcount)]  # commits by itself
    cursor.execute("BEGIN IMMEDIATE")
    new = []
    for sent in all_sent:
        new.append(bool(cursor.execute(ROW, sent.row).rowcount))
        if new[-1] and sent.words:
            cursor.execute(WORDS, (sent.row[0], sent.words))
    cursor.execute("COMMIT")
    return new


def _postgresql(cursor: Any, all_sent: Sequence[Sent]) -> list[bool]:
    (sent,) = all_sent
    cursor.execute(*((ROW_AND_WORDS, (*sent.row, sent.words)) if sent.words else (ROW_ALONE, sent.row)))
    return [bool(cursor.rowcount)]


def _add(
    connection: Connection,
    place: Place,
    id: UUID,
    mode: Mode,
    codes: dict[str, Any],
    texts: dict[str, str],
    *,
    marks: tuple[str, ...],
    psu: str | None = None,
    day: date | None = None,
    adults: int | None = None,
) -> bool:
    """Adds the rows of a response; False where the id is there already, with whatever content."""
    row = {
        "id": id,
        "wave": place.wave.code,
        "unit": place.unit.code,
        "psu": psu,
        "mode": mode,
        "day": day or counting_day(place.wave),
        "questionnaire": place.questionnaire.digest,
        "answers": codes,
        "marks": normalised_marks(marks),
        "adults": adults,
    }
    # Straight to the table: as objects of a session, one response would cost three times as much.
    if not connection.execute(ONCE[connection.dialect.name], row).rowcount:
        return False
    if texts:
        sealed = Ring(connection).seal(place.wave.code, id, texts)
        connection.execute(TEXTS, {"response": id, "texts": sealed})
    return True


def content(kept: Response) -> tuple[Any, ...]:
    """What makes two responses the same, beside what was written: wave, unit, mode, village, answers."""
    return kept.wave, kept.unit, kept.mode, kept.psu, kept.answers
