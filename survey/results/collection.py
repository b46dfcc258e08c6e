"""What came back of a wave: how many forms, in which way, and what became of paper and of the households drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.keying import ErrorRate
from analysis.response_rates import Dispositions
from survey.fieldwork import accounting, keying_errors, outcomes
from survey.fieldwork import near_duplicates as look_alikes
from survey.responses.respondents import Respondents, everyone
from survey.storage.models import (
    Batch,
    DrawnVillage,
    Keying,
    KeyingDecision,
    Sheet,
    SheetState,
    Unit,
    Village,
    Wave,
    WaveKind,
)
from survey.system.cache import FIGURE_BYTES, cached, database_key
from translations.formats import order


@dataclass(frozen=True)
class BatchLine:
    """A batch of paper forms: where it went, and where its forms are."""

    unit: Unit
    village: str
    line: accounting.Line


@dataclass(frozen=True)
class Paper:
    """Where the paper forms are: issued = entered + waiting + void + missing, in each batch and in all.

    void  how many of those void for which of `accounting.REASONS`
    """

    batches: tuple[BatchLine, ...]
    void: dict[str, int]

    @property
    def total(self) -> accounting.Line:
        """The sum of all batches."""
        return accounting.total(batch.line for batch in self.batches)


@dataclass(frozen=True)
class Households:
    """What became of the households drawn: counted, and as those that they stand for; None without a draw.

    beyond  answers beyond the households drawn: they are in neither
    """

    counted: Dispositions
    weighted: Dispositions | None
    beyond: int = 0


@dataclass(frozen=True)
class Collection:
    """What came back: collected = in_sample + outside + rejected + aside. What another form took the place of, or
    a file that was taken back, never came.

    issued       None while no paper was printed by the system
    rejected     forms that a review took out of every figure
    aside        others, whose lots two people set aside
    drawn        villages of the sample, answered in or not; 0 in an open wave
    look_alikes  forms of an open wave that are nearly the same as another of their place and day
    paper, households  as they are now, whatever release the figures are of; None if none was printed or drawn
    keying       errors of keying, from forms keyed twice; None if there are none
    """

    issued: int | None
    collected: int
    in_sample: int
    outside: int
    modes: dict[str, int]
    units_reached: int
    villages: int
    strata: int
    drawn: int = 0
    look_alikes: int = 0
    rejected: int = 0
    aside: int = 0
    paper: Paper | None = None
    households: Households | None = None
    keying: ErrorRate | None = None


def of(session: Session, people: Respondents) -> Collection:
    """What came of a wave, and what of it is in its sample."""
    there = everyone(session, people.wave)
    return Collection(
        issued=None,
        collected=len(there),
        in_sample=len(people),
        outside=people.outside,
        modes={str(mode): count for mode, count in there.mode.counts().items()},
        units_reached=len(people.unit.levels),
        villages=len(np.unique(people.stratum.codes * len(people.psu.levels) + people.psu.codes)),
        strata=len(people.stratum.levels),
        drawn=_drawn(session, people),
        look_alikes=look_alikes.count(people) if people.wave.kind is WaveKind.OPEN else 0,
    )


def _drawn(session: Session, people: Respondents) -> int:
    wave = people.wave
    if wave.kind is WaveKind.OPEN:
        return 0
    drawn = DrawnVillage.draw == wave.draw if wave.draw is not None else Village.wave == wave.code
    return session.scalar(select(func.count()).where(drawn)) or 0


def now(session: Session, people: Respondents, came: Collection) -> Collection:
    """The same with the paper, the households and the errors of keying as they are now."""
    paper = _paper(session, people.wave)
    return replace(
        came,
        issued=None if paper is None else paper.total.issued,
        rejected=people.rejected,
        aside=people.aside,
        paper=paper,
        households=_households(session, people),
        keying=None if paper is None else _keying(session, people.wave),
    )


def _paper(session: Session, wave: Wave) -> Paper | None:
    """Where the paper forms are now, by commune and village; None if none was Batch."""
    lines = accounting.lines(session, wave.code)
    if not lines:
        return None
    unit_of = {unit.code: unit for unit in session.scalars(select(Unit))}
    villages = {
        code: village.name or village.psu
        for code, village in session.execute(
            select(Batch.code, Village)
            .join(Village, (Village.wave == Batch.wave) & (Village.psu == Batch.psu))
            .where(Batch.wave == wave.code)
        ).all()
    }
    batches = [BatchLine(unit_of[str(line.unit)], villages[str(line.batch)], line) for line in lines]
    batches.sort(key=lambda batch: (order(batch.unit.name), str(batch.line.batch)))
    return Paper(tuple(batches), accounting.reasons(session, wave.code))


def _keyed(session: Session, wave: Wave) -> tuple[object, ...]:
    """What tells one state of the double entry from another: keyings and decisions never change."""
    keyings = select(func.count()).where(Keying.sheet == Sheet.serial, Sheet.batch == Batch.code)
    stored = select(func.count()).where(Sheet.batch == Batch.code, Sheet.state == SheetState.ENTERED)
    decided = select(func.count()).where(KeyingDecision.sheet == Sheet.serial, Sheet.batch == Batch.code)
    counts = (session.scalar(count.where(Batch.wave == wave.code)) for count in (keyings, stored, decided))
    return database_key(session), wave.code, *counts


@cached(_keyed, lambda _rate: FIGURE_BYTES)
def _keying(session: Session, wave: Wave) -> ErrorRate | None:
    return keying_errors.gather(session, wave).everyone


def _households(session: Session, people: Respondents) -> Households | None:
    """What became of the households drawn; None if none was drawn and no form printed."""
    if people.wave.kind is not WaveKind.SAMPLE:
        return None
    villages = outcomes.villages(session, people.wave, people)
    if not villages:
        return None
    weighted = outcomes.total(villages, weighted=True) if people.wave.draw is not None else None
    return Households(outcomes.total(villages), weighted, sum(one.beyond for one in villages))
