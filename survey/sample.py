"""The responses of a wave as arrays: the one place where rows become columns."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import numpy as np
from cachetools import LRUCache, cached
from numpy.typing import NDArray
from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from analysis.design import Calibration, Design
from forms import Item, Questionnaire
from survey import questionnaires
from survey.models import (
    DrawnHousehold,
    DrawnVillage,
    Release,
    Response,
    Review,
    ReviewState,
    Village,
    Wave,
    WaveKind,
    Weight,
    WeightVersion,
)
from survey.sampling import margins

Objects = NDArray[np.object_]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """What N people answered to one item.

    codes   (N,) the code chosen, 0 where there is none; for `number` the number, NaN where there is none
    chosen  (N, C) for `multiple`: which of the C choices; else None
    asked   (N,) False where the item's condition hid it: such an answer is kept, but counts as not asked
    given   (N,) asked and answered
    """

    codes: NDArray[Any]
    chosen: Bools | None
    asked: Bools
    given: Bools

    def any_of(self, item: Item, values: Iterable[int]) -> Bools:
        """(N,) asked, and one of the values chosen."""
        if self.chosen is None:
            return self.given & np.isin(self.codes, list(values))
        columns = [place for place, code in enumerate(item.choices) if code in set(values)]
        return self.given & self.chosen[:, columns].any(axis=1)


@dataclass(frozen=True)
class Sample:
    """The N responses of a wave that its estimates rest on, in the order of their ids.

    In a sample wave these are the responses with a village, of those that were drawn where a draw holds; `outside`
    counts the others, which enter no estimate. In an open wave the stratum is the unit and the PSU the day, and
    everybody counts once unless it has weights. `rejected` counts responses that a review took out; they are in
    neither number.

    unit, stratum, psu, mode, day  (N,) labels        weight  (N,) > 0
    documents  the answers of each, without texts     marks   how each form was filled (`responses.MARKS`)
    calibration  how the weights were fitted to population totals, where they were
    version  SHA-256 of all that the estimates depend on: responses, villages, weights
    """

    wave: Wave
    questionnaire: Questionnaire
    ids: tuple[UUID, ...]
    unit: Objects
    stratum: Objects
    psu: Objects
    mode: Objects
    day: Objects
    weight: Floats
    documents: tuple[dict[str, Any], ...]
    marks: tuple[frozenset[str], ...]
    outside: int
    rejected: int
    version: str
    calibration: Calibration | None = field(default=None, repr=False, compare=False)
    columns: dict[str, Answers] = field(default_factory=dict, repr=False, compare=False)  # those read so far
    designs: dict[str, Design] = field(default_factory=dict, repr=False, compare=False)  # by single-PSU rule

    def __len__(self) -> int:
        return len(self.ids)

    def without(self, marks: Iterable[str]) -> Sample:
        """The same sample in which people with one of the marks left everything blank: the design is kept."""
        left_out = frozenset(marks)
        documents = zip(self.documents, self.marks, strict=True)
        kept = tuple({} if own & left_out else document for document, own in documents)
        return replace(self, documents=kept, columns={})

    def answers(self, item: Item) -> Answers:
        """The column of one item."""
        if item.code not in self.columns:
            self.columns[item.code] = self._column(item)
        return self.columns[item.code]

    def _column(self, item: Item) -> Answers:
        raw = [document.get(item.code) for document in self.documents]
        asked = np.ones(len(raw), bool)
        if item.show_if is not None:
            condition = item.show_if
            asked = np.fromiter((condition.holds(document) for document in self.documents), bool, len(raw))
        if item.kind == "multiple":
            place = {code: column for column, code in enumerate(item.choices)}
            chosen = np.zeros((len(raw), len(place)), bool)
            for row, codes in enumerate(raw):
                for code in codes or ():
                    chosen[row, place[code]] = True
            return Answers(np.zeros(len(raw), np.int16), chosen, asked, asked & chosen.any(axis=1))
        if item.kind == "number":
            numbers = np.array([np.nan if value is None else float(value) for value in raw])
            return Answers(numbers, None, asked, asked & ~np.isnan(numbers))
        codes = np.fromiter((-1 if value is None else value for value in raw), np.int32, len(raw))
        return Answers(np.where(codes < 0, 0, codes), None, asked, asked & (codes >= 0))


def _counts(session: Session, wave: Wave, release: Release | None) -> tuple[object, ...]:
    """What tells one state of a wave from another: rows never change, so it is enough to count them."""
    if release is not None:
        return str(session.get_bind().engine.url), wave.code, "release", release.id
    tables = (Response, Village, Review)
    counts = (session.scalar(select(func.count()).where(table.wave == wave.code)) for table in tables)
    return str(session.get_bind().engine.url), wave.code, wave.weights, wave.draw, *counts


def sample(session: Session, wave: Wave, release: Release | None = None) -> Sample:
    """The wave's sample, or that of a release; read anew only when something was added to it."""
    if release is not None:  # the weights and the draw of that day
        columns = {column.key: getattr(wave, column.key) for column in Wave.__table__.columns}
        wave = Wave(**columns | {"weights": release.weights, "draw": release.draw})
    return replace(_read(session, wave, release), wave=wave)


def stored(session: Session, wave: Wave) -> Sequence[Any]:
    """Every response of a wave as it lies there, by its id; the answers are still the text of a document."""
    found = select(
        Response.id,
        Response.unit,
        Response.psu,
        Response.mode,
        Response.day,
        cast(Response.answers, String).label("answers"),
        Response.marks,
        Response.adults,
    )
    return session.execute(found.where(Response.wave == wave.code).order_by(Response.id)).all()


@cached(LRUCache(maxsize=4), key=_counts, lock=threading.Lock())
def _read(session: Session, wave: Wave, release: Release | None) -> Sample:
    """Reads the wave: every response once, with its village, stratum and current weight.

    A response without a row in the current weight version (keyed after it was made) takes the mean weight of its
    village there (in an open wave of its unit), else of the wave. Without any version a draw gives the weights,
    and without a draw everybody weighs 1.
    """
    rows = stored(session, wave)
    if release is None:
        out = rejected(session, wave.code)
        rows = [row for row in rows if row.id not in out] if out else rows
    else:
        frozen = ids_of(release)
        rows = [row for row in rows if row.id in frozen]
    villages = {
        village.psu: village for village in session.scalars(select(Village).where(Village.wave == wave.code))
    }
    strata = {psu: village.stratum for psu, village in villages.items()}
    if wave.draw is not None:
        taken = select(DrawnVillage).where(DrawnVillage.draw == wave.draw)
        strata = {village.psu: village.stratum for village in session.scalars(taken)}
    weights: dict[UUID, float] = {}
    if wave.weights is not None:
        weights = dict(
            session.execute(select(Weight.response, Weight.weight).where(Weight.version == wave.weights)).all()
        )
    counted = [row for row in rows if row.psu in strata] if wave.kind is WaveKind.SAMPLE else list(rows)
    unit = _objects([row.unit for row in counted])
    day = _objects([row.day.isoformat() for row in counted])
    drawn = wave.kind is WaveKind.SAMPLE
    psu = _objects([row.psu for row in counted]) if drawn else day
    stratum = _objects([strata[row.psu] for row in counted]) if drawn else unit
    weight = np.ones(len(counted))
    if wave.weights is not None:
        weight = filled([weights.get(row.id) for row in counted], psu if drawn else unit)
    elif drawn and wave.draw is not None:
        weight = base_weights(session, wave, [row.psu for row in counted], [row.adults for row in counted])
    made = Sample(
        wave=wave,
        questionnaire=questionnaires.by_digest(session, wave.questionnaire),
        ids=tuple(row.id for row in counted),
        unit=unit,
        stratum=stratum,
        psu=psu,
        mode=_objects([row.mode.value for row in counted]),
        day=day,
        weight=weight,
        documents=tuple(json.loads(row.answers) for row in counted),
        marks=tuple(frozenset(row.marks) for row in counted),
        outside=len(rows) - len(counted),
        rejected=len(out) if release is None else release.rejected,
        version=_version(rows, villages.values(), stratum, weight),
    )
    fit = _fit(session, wave)
    if fit is None:
        return made
    fitted = margins.applied(made, fit)
    digest = hashlib.sha256(made.version.encode() + fitted.factor.tobytes() + fitted.x.tobytes())
    return replace(made, calibration=fitted, version=digest.hexdigest())


def _fit(session: Session, wave: Wave) -> dict[str, Any] | None:
    """The calibration that the current weights come from, as it was kept."""
    version = None if wave.weights is None else session.get_one(WeightVersion, wave.weights)
    fit: dict[str, Any] | None = ((version and version.report) or {}).get("fit")
    return fit


def ids_of(release: Release) -> set[UUID]:
    """The responses that a release holds."""
    content = release.responses
    return {UUID(bytes=content[at : at + 16]) for at in range(0, len(content), 16)}


def rejected(session: Session, wave: str) -> set[UUID]:
    """The responses of a wave whose newest review rejects them."""
    newest = dict(
        session.execute(select(Review.response, Review.state).where(Review.wave == wave).order_by(Review.id)).all()
    )
    return {response for response, state in newest.items() if state is ReviewState.REJECTED}


MOST_ADULTS = 4  # in a household, as far as its weight goes: one of ten would weigh as much as a small village


def base_weights(
    session: Session,
    wave: Wave,
    psus: Sequence[str],
    adults: Sequence[int | None],
    most: int = MOST_ADULTS,
) -> Floats:
    """(N,) adults that each person of the wave's draw stands for: 1 ÷ probability of the household × its adults.

    psus    the village of each; all its households were drawn with one probability
    adults  in the household, None where nobody noted it: then the mean of those noted, 1 where there is none

    More than `most` adults count as so many (Kish 1949, JASA 44: one adult of each household).
    """
    rows = session.execute(
        select(DrawnHousehold.psu, func.max(DrawnHousehold.weight))
        .where(DrawnHousehold.draw == wave.draw, DrawnHousehold.replacement.is_(False))
        .group_by(DrawnHousehold.psu)
    )
    households: dict[str, float] = dict(rows.all())
    known = np.array([np.nan if count is None else min(count, most) for count in adults], dtype=float)
    typical = 1.0 if np.isnan(known).all() else float(np.nanmean(known))
    return np.array([households[psu] for psu in psus]) * np.where(np.isnan(known), typical, known)


def _objects(values: Sequence[Any]) -> Objects:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def filled(weights: Sequence[float | None], psu: Objects) -> Floats:
    """(N,) the weights, with the village's mean, else the wave's, else 1 where there is none."""
    filled = np.array([np.nan if weight is None else weight for weight in weights], dtype=float)
    if not np.isnan(filled).any():
        return filled
    overall = float(np.nanmean(filled)) if not np.isnan(filled).all() else 1.0
    for village in set(psu[np.isnan(filled)].tolist()):
        here = filled[psu == village]
        mean = float(np.nanmean(here)) if not np.isnan(here).all() else overall
        filled[(psu == village) & np.isnan(filled)] = mean
    return filled


def _version(rows: Sequence[Any], villages: Iterable[Village], stratum: Objects, weight: Floats) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr((row.id.hex, row.unit, row.psu, row.mode.value, row.day.isoformat())).encode())
        digest.update(row.answers.encode())
    for village in sorted(villages, key=lambda village: village.psu):
        digest.update(repr((village.psu, village.unit, village.stratum)).encode())
    digest.update("\n".join(stratum.tolist()).encode())
    digest.update(weight.tobytes())
    return digest.hexdigest()
