"""Storing a response: once, for good."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select

from forms import Questionnaire
from survey.storage.database import insert_once
from survey.storage.encrypted_texts import TextKeys, texts_of
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
# What makes two responses the same, beside their texts.
CONTENT = ("wave", "unit", "mode", "psu", "answers")
TEXTS = insert(ResponseText)


class SentBefore(Conflict):
    """A form of this id was stored with other answers: the first ones count."""


def may_be_adults(number: object) -> bool:
    """Whether this can be a number of adults in a household."""
    return isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= MOST_ADULTS


def normalised_marks(marks: Iterable[str]) -> list[str]:
    """Marks as they are kept, by whatever door they came: whoever was helped was not alone."""
    given = set(marks)
    if any(mark.startswith("helped-") for mark in given - {"helped-none"}):
        given.discard("helped-none")
    return sorted(given)


def split(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The answers document in its two parts: codes and numbers, and what was written in words."""
    texts = {code: value for code, value in answers.items() if questionnaire.items[code].kind.is_text}
    return {code: value for code, value in answers.items() if code not in texts}, texts


def submit(
    connection: Connection,
    place: Place,
    id: UUID,
    mode: Mode,
    answers: Mapping[str, Any],
    *,
    marks: Iterable[str] = (),
    psu: str | None = None,
    stratum: str | None = None,
    day: date | None = None,
    adults: int | None = None,
    lot: int | None = None,
) -> bool:
    """Stores a response; False if the same one is there already. Call inside `group()` or `writing()`.

    answers  as `forms.check` gave them
    psu      the drawn village; only staff and imports know one, never a stranger
    stratum  the group of a leader, which the code of a letter tells
    day      of answering; unless given that on which what comes now counts
    adults   in the household, if somebody counted them; no part of the content
    lot      what was brought together with it (`survey.responses.lots`); no part of the content either

    The same id with the same content (wave, unit, mode, answers, village) is fine, whoever comes first: so a
    phone may send as often as it likes. Other content under a known id is refused.
    """
    if psu is not None and _unit_of(connection, place.wave.code, psu) != place.unit.code:
        raise Refusal("The village %(psu)s is not one of %(unit)s in this wave.", psu=psu, unit=place.unit.name)
    codes, texts = split(place.questionnaire, answers)
    row = {
        "id": id,
        "wave": place.wave.code,
        "unit": place.unit.code,
        "psu": psu,
        "stratum": stratum,
        "mode": mode,
        "day": day or counting_day(place.wave),
        "questionnaire": place.questionnaire.digest,
        "answers": codes,
        "marks": normalised_marks(marks),
        "adults": adults,
        "lot": lot,
    }
    if insert_once(connection, Response, row):
        if texts:
            encrypted = TextKeys(connection).encrypt(place.wave.code, id, texts)
            connection.execute(TEXTS, {"response": id, "texts": encrypted})
        return True
    columns = [getattr(Response, name) for name in CONTENT]
    before = connection.execute(select(*columns).where(Response.id == id)).one()
    same = [*before] == [row[name] for name in CONTENT]
    if not same or texts_of(connection, id) not in (texts, None):  # what is destroyed can't differ
        raise SentBefore("This form was already sent with other answers. Open a new form to answer again.")
    return False


def _unit_of(connection: Connection, wave: str, psu: str) -> str | None:
    """The unit to which a village belongs."""
    return connection.scalar(select(Village.unit).where(Village.wave == wave, Village.psu == psu))
