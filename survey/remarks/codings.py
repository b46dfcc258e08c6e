"""Reading what people wrote in their own words, one after the other, and noting what each is about.

A remark is all that one person wrote where everybody is asked for words; what was written behind a choice (another
channel: which?) only names that choice. It is read with its unit and nothing else: no other answer, no village,
no day. Remarks come in the order of their ids, which chance made.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.agreement import Agreement, Pooled, agreement, pooled
from analysis.design import Ints
from forms import Item, Questionnaire
from survey.remarks import themes
from survey.responses.left_out import left_out
from survey.storage.encrypted_texts import TextKeys, texts_of
from survey.storage.models import Coding, Response, ResponseText, TextKey, Theme, Wave
from survey.system.cache import cached, database_key
from survey.system.dates import today
from survey.waves import questionnaires
from translations import Conflict, NotFound, Refusal

FIRST, SECOND = 1, 2
AGAIN = 5  # every fifth remark may be coded a second time (O'Connor & Joffe 2020: 10 to 25 in 100 are usual)


@dataclass(frozen=True)
class Remark:
    """What one person wrote, by item in the order of the form, and where."""

    response: UUID
    unit: str
    texts: tuple[tuple[Item, str], ...]


@dataclass(frozen=True)
class Queue:
    """The remarks that a person reads in one turn, in the order of their ids, and those that are coded in it."""

    remarks: tuple[UUID, ...]
    coded: frozenset[UUID]

    def at(self, number: int) -> UUID:
        """The remark of this number, from 1."""
        if not 1 <= number <= len(self.remarks):
            raise NotFound("There is no remark of this number. Go on from the page of the remarks.")
        return self.remarks[number - 1]

    def after(self, number: int) -> int | None:
        """The number of the next remark that is not coded, from the front again at the end; None if all are."""
        waiting = [place for place, one in enumerate(self.remarks, start=1) if one not in self.coded]
        return next((place for place in waiting if place > number), waiting[0] if waiting else None)


def asked(questionnaire: Questionnaire) -> list[Item]:
    """The items of a questionnaire that ask everybody for words."""
    return [item for item in questionnaire.items.values() if item.kind.is_text and item.show_if is None]


def list_all(session: Session, wave: Wave) -> tuple[UUID, ...]:
    """The responses of a wave with a remark, in the order of their ids, without those that enter no figure.
    Without those that can't be read: destroyed, or with a key that was lost."""
    out = left_out(session, wave.code).all
    return tuple(response for response in _there(session, wave) if response not in out)


def _state(session: Session, wave: Wave) -> tuple[object, ...]:
    """What tells one state of a wave's texts from another: they never change until their key goes."""
    texts = select(func.count()).select_from(ResponseText).join(Response).where(Response.wave == wave.code)
    return database_key(session), wave.code, session.scalar(texts), text_key(session, wave.code)


def text_key(session: Session, wave: str) -> bytes | None:
    """The wrapped key of a wave's texts: empty once they are destroyed."""
    return session.scalar(select(TextKey.wrapped).where(TextKey.wave == wave))


@cached(_state, lambda ids: 100 * len(ids))
def _there(session: Session, wave: Wave) -> tuple[UUID, ...]:
    """Which responses have a remark: only their ids stay in memory."""
    codes = {item.code for item in asked(questionnaires.by_digest(session, wave.questionnaire))}
    text_keys = TextKeys(session.connection())
    rows = session.execute(
        select(ResponseText.response, ResponseText.texts)
        .join(Response, Response.id == ResponseText.response)
        .where(Response.wave == wave.code)
        .order_by(ResponseText.response)
    )
    return tuple(id for id, sealed in rows if codes & (text_keys.decrypt(wave.code, id, sealed) or {}).keys())


def read(session: Session, wave: Wave, response: UUID) -> Remark:
    """One remark, opened."""
    row = session.get(Response, response)
    texts = texts_of(session.connection(), response) if row is not None and row.wave == wave.code else None
    items = asked(questionnaires.by_digest(session, wave.questionnaire))
    remarks = tuple((item, texts[item.code]) for item in items if texts and item.code in texts)
    if row is None or not remarks:
        raise NotFound("This remark is no longer in this wave. Continue from the page of the remarks.")
    return Remark(response, row.unit, remarks)


def queue(session: Session, wave: Wave, turn: int, person: str) -> Queue:
    """What a person may code in a turn."""
    return queues(session, wave, person)[turn == SECOND]


def queues(session: Session, wave: Wave, person: str) -> tuple[Queue, Queue]:
    """What a person may code: in the first turn all remarks, in the second a fifth, of those that somebody else
    coded first."""
    remarks, first = list_all(session, wave), _readers(session, wave.code, FIRST)
    second = _readers(session, wave.code, SECOND)
    mine = tuple(
        one
        for one in remarks
        if is_again(one) and first.get(one, person) != person and second.get(one, person) == person
    )
    return Queue(remarks, frozenset(first) & set(remarks)), Queue(mine, frozenset(second) & set(mine))


def _chosen(known: Sequence[Theme], wanted: Collection[str], before: Coding | None) -> list[str]:
    may = {theme.code for theme in known if not theme.closed} | set(before.themes if before else ())
    if not set(wanted) <= may:
        raise Conflict("One of these themes was closed meanwhile. Look at the list again.")
    codes = [theme.code for theme in known if theme.code in wanted]
    if not codes:
        raise Refusal("Tick at least one theme; where none fits, the one for something else.")
    return codes


def code(
    session: Session, wave: Wave, response: UUID, turn: int, wanted_themes: Collection[str], person: str
) -> Coding | None:
    """Keeps what somebody found in a remark; None if that is what holds already. Refused: no theme, a closed or
    unknown one that did not hold before, and a second turn by who took the first."""
    if response not in queue(session, wave, turn, person).remarks:
        raise NotFound("This remark is no longer in this wave. Continue from the page of the remarks.")
    before = held(session, response, turn)
    codes = _chosen(themes.kept(session, wave.code), wanted_themes, before)
    if before is not None and before.themes == codes:
        return None
    coding = Coding(wave=wave.code, response=response, turn=turn, themes=codes, person=person, day=today())
    session.add(coding)
    session.flush()
    return coding


def is_again(response: UUID) -> bool:
    """Whether a remark is of the share that is coded twice: by its id, which chance made."""
    return response.int % AGAIN == 0


def coded(session: Session, wave: str) -> int:
    """How many remarks of a wave are coded, whether they can still be read or not."""
    rows = select(func.count(Coding.response.distinct())).where(Coding.wave == wave, Coding.turn == FIRST)
    return session.scalar(rows) or 0


def count(session: Session, wave: str, person: str) -> int:
    """How many codings of a wave are a person's."""
    mine = select(func.count()).select_from(Coding).where(Coding.wave == wave, Coding.person == person)
    return session.scalar(mine) or 0


def held(session: Session, response: UUID, turn: int = FIRST) -> Coding | None:
    """The coding of a response that holds in a turn."""
    rows = select(Coding).where(Coding.response == response, Coding.turn == turn)
    return session.scalars(rows.order_by(Coding.id.desc()).limit(1)).first()


def newest(session: Session, wave: str, turn: int = FIRST) -> dict[UUID, Coding]:
    """The coding that holds, of each response of a wave that has one in the turn."""
    rows = select(Coding).where(Coding.wave == wave, Coding.turn == turn).order_by(Coding.id)
    return {row.response: row for row in session.scalars(rows)}


def _earliest(session: Session, wave: str, turn: int) -> dict[UUID, Collection[str]]:
    """The themes of the first coding in a turn, which nobody could compare with another yet, of what was coded in
    both."""
    twice = select(Coding.response).where(Coding.wave == wave, Coding.turn == SECOND)
    rows = select(Coding.response, Coding.themes).where(Coding.wave == wave, Coding.turn == turn)
    return dict(session.execute(rows.where(Coding.response.in_(twice)).order_by(Coding.id.desc())).all())


def _readers(session: Session, wave: str, turn: int) -> dict[UUID, str]:
    """Who coded each response first in a turn."""
    rows = select(Coding.response, Coding.person).where(Coding.wave == wave, Coding.turn == turn)
    return dict(session.execute(rows.order_by(Coding.id.desc())).all())


@dataclass(frozen=True)
class Agreed:
    """How far two coders agree: theme by theme, and over all of them; `whole` is None before there is a pair."""

    pairs: int
    lines: tuple[tuple[Theme, Agreement], ...]
    whole: Pooled | None


def agreed(session: Session, wave: str) -> Agreed:
    """The agreement of the first and the second turn on the remarks that two people coded. What each noted first
    counts: a coding that was changed after a talk would make them agree too well."""
    first, second = (_earliest(session, wave, turn) for turn in (FIRST, SECOND))
    both = sorted(set(first) & set(second))
    codes = {code for one in both for themes_ in (first[one], second[one]) for code in themes_}
    every = [theme for theme in themes.list_all(session, wave) if theme.code in codes]
    if not both:
        return Agreed(0, (), None)

    def ticked(turn: dict[UUID, Collection[str]]) -> Ints:
        """(N, K) 1 where the remark has the theme."""
        return np.array([[theme.code in turn[one] for theme in every] for one in both], np.int64)

    one, other = ticked(first), ticked(second)
    lines = tuple((theme, agreement(one[:, k], other[:, k], (0, 1))) for k, theme in enumerate(every))
    whole = pooled(one, other, [(0, 1)] * len(every), [wave] * len(both))
    return Agreed(len(both), lines, whole[0] if whole else None)
