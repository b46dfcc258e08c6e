"""Short sentences that say what people wrote and name nobody: all that a commune may ever read of it."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.remarks import themes
from survey.storage import audit
from survey.storage.models import Paraphrase
from survey.system.dates import today
from survey.waves import units
from translations import Conflict, NotFound, Refusal
from translations.formats import nfc

LONGEST = 300
NUMBER = re.compile(r"\d(?:[ .-]?\d){6,}")  # a telephone, an identity card, a file at the counter


def list_all(session: Session, wave: str) -> list[Paraphrase]:
    """The paraphrases of a wave that were not withdrawn."""
    rows = select(Paraphrase).where(Paraphrase.wave == wave, Paraphrase.words != "").order_by(Paraphrase.id)
    return list(session.scalars(rows))


def _sentence(words: str) -> str:
    words = " ".join(nfc(words).split())
    if not words or len(words) > LONGEST:
        raise Refusal("Write one sentence of at most %(most)d characters.", most=LONGEST)
    if not words.isprintable():
        raise Refusal("Remove the characters that can't be printed.")
    if NUMBER.search(words):
        raise Refusal("Take the long number out: it could show who wrote this.")
    return words


def add(session: Session, wave: str, unit: str, theme: str, words: str, person: str) -> Paraphrase:
    """Keeps a sentence under a theme in a unit. It is not kept of which remark it is. Refused: none or a long one,
    one that stands there already, one with a long number in it or with a sign that can't be printed."""
    words = _sentence(words)
    if theme not in {one.code for one in themes.kept(session, wave)}:
        raise NotFound("There is no such theme in this wave. Look at its list.")
    place = units.find(session, unit).code
    earlier = list_all(session, wave)
    if any((one.unit, one.theme, one.words) == (place, theme, words) for one in earlier):
        raise Conflict("This sentence stands there already.")
    paraphrase = Paraphrase(wave=wave, unit=place, theme=theme, words=words, person=person, day=today())
    session.add(paraphrase)
    session.flush()
    return paraphrase


def withdraw(session: Session, wave: str, id: int) -> None:
    """Empties a paraphrase for good, wherever it was shown: it may have named somebody after all."""
    paraphrase = session.get(Paraphrase, id)
    if paraphrase is None or paraphrase.wave != wave or not paraphrase.words:
        raise NotFound("This paraphrase is not there any more. Look at the list.")
    audit.annotate(unit=paraphrase.unit, theme=paraphrase.theme)
    paraphrase.words = ""
    session.flush()
