"""The responses of a wave as arrays: which rows of its columns its estimates rest on, and what each weighs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.design import Bools, Calibration, Design, Floats, Ints, Labels
from forms import Condition, Item, Questionnaire
from survey.responses import fitted_weights as calibration
from survey.responses import lot_steps
from survey.responses.answers import Answers, among, ticked
from survey.responses.columns import Columns, Ids, packed, places, unpacked
from survey.responses.left_out import are_in, left_out
from survey.responses.response_weights import base_weights, filled, weights_of
from survey.storage.models import (
    DrawnVillage,
    LeaderGroup,
    LotStep,
    Mode,
    Release,
    Response,
    Review,
    Village,
    Wave,
    WaveKind,
    WeightVersion,
)
from survey.system.cache import cached, database_key
from survey.waves import questionnaires


@dataclass(frozen=True)
class Respondents:
    """The N responses of a wave that its estimates rest on, in the order of their ids.

    In a sample wave these are the responses with a village, of those that were drawn where a draw holds; `outside`
    counts the others, which enter no estimate. In an open wave the stratum is the unit and the PSU the day, and
    everybody counts once unless it has weights. Of leaders the stratum is the group, the PSU a person, the unit
    what was rated. `rejected` counts responses that a review took out, `aside` others, whose lots were set aside;
    they are in neither number.

    responses, rows  (N,) where the answers lie        unit, stratum, psu, mode, day  (N,) labels
    weight  (N,) > 0
    calibration  how the weights were fitted to population totals, where they were
    group_size  (N,) persons of the group that a leader belongs to; None where citizens were asked
    person  (N,) a number of the person that each response is of; None where each is another's
    silent  (N,) people who count as if they had left everything blank; None: nobody
    columns  the answers in the codes of a later questionnaire, instead of those of `responses`
    former  of a release: the sample of the one that was shown before, whose figures hide some of this one
    frozen  whether they were chosen for a release, which may leave out others that are there
    sampled  the communes that the sample has a village in; None where none was chosen, so that every one counts
    version  SHA-256 of all that the estimates depend on: responses, villages, weights, and what was shown before
    """

    wave: Wave
    questionnaire: Questionnaire
    responses: Columns = field(repr=False)
    rows: Ints
    unit: Labels
    stratum: Labels
    psu: Labels
    mode: Labels
    day: Labels
    weight: Floats
    outside: int
    rejected: int
    version: str
    aside: int = 0
    calibration: Calibration | None = field(default=None, repr=False, compare=False)
    group_size: Floats | None = field(default=None, repr=False, compare=False)
    person: Ints | None = field(default=None, repr=False, compare=False)
    silent: Bools | None = field(default=None, repr=False, compare=False)
    columns: dict[str, NDArray[Any]] | None = field(default=None, repr=False, compare=False)
    former: Respondents | None = field(default=None, repr=False, compare=False)
    frozen: bool = False
    sampled: frozenset[str] | None = field(default=None, compare=False)
    designs: dict[str, Design] = field(default_factory=dict, repr=False, compare=False)  # by single-PSU rule

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def some_wait(self) -> bool:
        """Whether a commune without a form here may have forms all the same, which wait until they are enough."""
        return self.frozen and (self.wave.kind is WaveKind.OPEN or self.former is not None)

    @property
    def ids(self) -> list[UUID]:
        """(N,) made anew at each call: a million take a while."""
        return unpacked(self.responses.ids[self.rows])

    @property
    def adults(self) -> Floats:
        """(N,) in the household of each, NaN where nobody noted it."""
        noted = self.responses.adults[self.rows].astype(np.float64)
        return np.where(noted < 0, np.nan, noted)

    @property
    def nbytes(self) -> int:
        """The memory that it takes besides the columns, its design among it."""
        labels = (self.unit, self.stratum, self.psu, self.mode, self.day)
        own = sum(part.codes.nbytes for part in labels) + 3 * self.rows.nbytes + self.weight.nbytes
        return own + sum(column.nbytes for column in (self.columns or {}).values())

    def place_of(self, ids: Iterable[UUID]) -> Ints:
        """Where each of these responses stands in the sample; −1 where it is not in it."""
        return places(packed(list(ids)), self.responses.ids[self.rows])

    def asks_in(self, unit: str) -> bool:
        """Whether anybody of a commune could have come into the sample."""
        return self.sampled is None or unit in self.sampled or unit in self.unit.levels

    def persons(self, who: Bools) -> int:
        """How many people gave these (N,) responses."""
        return int(np.count_nonzero(who)) if self.person is None else len(np.unique(self.person[who]))

    def marked(self, marks: Iterable[str]) -> Bools:
        """(N,) whose form bears one of the marks (`responses.MARKS`)."""
        levels, codes = self.responses.about["marks"]
        wanted = set(marks)
        has_mark = np.array([not wanted.isdisjoint(json.loads(level)) for level in levels], bool)
        return has_mark[codes[self.rows]] if len(has_mark) else np.zeros(len(self), bool)

    def without(self, marks: Iterable[str]) -> Respondents:
        """The same sample in which people with one of the marks left everything blank: the design is kept."""
        marks = sorted(marks)
        version = hashlib.sha256(f"{self.version} without {marks}".encode()).hexdigest()
        former = None if self.former is None else self.former.without(marks)
        return replace(self, silent=self.marked(marks), former=former, version=version)

    def after(self, former: Respondents | None) -> Respondents:
        """The same sample, released after another one."""
        if former is None:
            return self
        version = hashlib.sha256(f"{self.version} after {former.version}".encode()).hexdigest()
        return replace(self, former=former, version=version)

    def answers(self, item: Item) -> Answers:
        """The column of one item."""
        column = self._told(item.code)
        asked = np.ones(len(self), bool) if item.show_if is None else self.holding(item.show_if)
        if item.kind.several:
            return Answers(
                np.zeros(len(self), np.int8), column, asked, asked & ticked(column, range(column.shape[1]))
            )
        if item.kind.is_number:
            return Answers(column, None, asked, asked & ~np.isnan(column))
        return Answers(column, None, asked, asked & (column >= 0))

    def holding(self, condition: Condition) -> Bools:
        """(N,) for whose answers the condition holds."""
        if condition.how == "item":
            column = self._told(condition.item)
            if column.ndim == 1:
                return among(column, condition.values)
            choices = list(self.questionnaire.items[condition.item].choices)
            columns = [choices.index(value) for value in condition.values if value in choices]
            return ticked(column, columns)
        parts = [self.holding(part) for part in condition.parts]
        if condition.how == "not":
            return ~parts[0]
        joined = np.logical_and.reduce if condition.how == "all" else np.logical_or.reduce
        return np.broadcast_to(joined(parts, axis=0), len(self))

    def _told(self, code: str) -> NDArray[Any]:
        """(N,) or (N, C) an item as it was stored, asked or not."""
        column = self.responses.items[code][self.rows] if self.columns is None else self.columns[code].copy()
        if self.silent is not None:
            column[self.silent] = False if column.ndim == 2 else np.nan if column.dtype.kind == "f" else -1
        return column


@cached(lambda session, wave: (database_key(session), wave.code))
def stored(session: Session, wave: Wave) -> Columns:
    """The responses of a wave, as far as they were read."""
    return Columns(wave.code, questionnaires.by_digest(session, wave.questionnaire))


def _counts(session: Session, wave: Wave, release: Release | None) -> tuple[object, ...]:
    """What tells one state of a wave from another: rows never change, so it is enough to count them."""
    if release is not None:
        return database_key(session), wave.code, "release", release.id
    tables = (Response, Village, LeaderGroup, Review, LotStep)
    counts = (session.scalar(select(func.count()).where(table.wave == wave.code)) for table in tables)
    return database_key(session), wave.code, wave.weights, wave.draw, *counts


def sample(session: Session, wave: Wave, release: Release | None = None) -> Respondents:
    """The wave's sample, or that of a release; chosen anew only when something was added to it."""
    if release is not None:  # the weights and the draw of that day
        columns = {column.key: getattr(wave, column.key) for column in Wave.__table__.columns}
        wave = Wave(**columns | {"weights": release.weights, "draw": release.draw})
    stored(session, wave)  # as long as a sample is asked for, its columns are
    return replace(_read(session, wave, release), wave=wave)


def everyone(session: Session, wave: Wave, modes: Collection[Mode] = tuple(Mode)) -> Respondents:
    """All responses of a wave that came in these modes, those that estimates leave out among them, but for what
    another form took the place of (`LeftOut.replaced`); each weighs 1, `psu` may be blank."""
    columns = stored(session, wave)
    rows = columns.rows(session)
    rows = rows[~are_in(columns.ids[rows], left_out(session, wave.code).replaced)]
    levels, codes = columns.about["mode"]
    rows = rows[np.array([level in modes for level in levels], bool)[codes[rows]]]
    unit, psu, mode, day = (columns.labels(name, rows) for name in ("unit", "psu", "mode", "day"))
    asked = questionnaires.by_digest(session, wave.questionnaire)
    return Respondents(wave, asked, columns, rows, unit, unit, psu, mode, day, np.ones(len(rows)), 0, 0, "")


@cached(_counts)
def _read(session: Session, wave: Wave, release: Release | None) -> Respondents:
    """The wave's sample, or that of a release with those before it."""
    if release is None:
        return of(session, wave)
    ids = np.frombuffer(release.responses, "S16")
    shown = select(Release).where(Release.wave == wave.code, Release.number < release.number)
    former = session.scalars(
        shown.where(Release.approved.is_not(None)).order_by(Release.number.desc()).limit(1)
    ).first()
    people = of(session, wave, ids, (release.rejected, release.aside))
    return people if former is None else people.after(sample(session, wave, former))


def sample_with(session: Session, wave: Wave, with_lots: set[int], without_lots: set[int]) -> Respondents:
    """The wave's sample if these lots counted and those did not, whatever is decided of them: the figures with and
    without them. All others stand as they do."""
    return _without(session, wave, frozenset(lot_steps.aside(session, wave.code) - with_lots | without_lots))


@cached(lambda session, wave, lots: (*_counts(session, wave, None), lots))
def _without(session: Session, wave: Wave, lots: frozenset[int]) -> Respondents:
    return of(session, wave, lots=lots)


def of(
    session: Session,
    wave: Wave,
    ids: Ids | None = None,
    out: tuple[int, int] = (0, 0),
    lots: frozenset[int] | None = None,
) -> Respondents:
    """Chooses the wave's sample: each response with its village, stratum and current weight.

    ids   sorted, of the responses that it is chosen from; all that count without it
    out   how many were rejected, and how many set aside, beside `ids`
    lots  those set aside instead of the ones that are

    A response without a row in the current weight version (keyed after it was made) takes the mean weight of its
    village there (in an open wave of its unit), else of the wave. Without any version a draw gives the weights,
    and without a draw everybody weighs 1.
    """
    columns = stored(session, wave)
    collected = columns.rows(session)
    if ids is not None:
        collected = collected[places(columns.ids[collected], ids) >= 0]
    else:
        gone = left_out(session, wave.code, lots)
        collected = collected[~gone.among(columns.ids[collected])]
        out = gone.counts
    villages = list(session.scalars(select(Village).where(Village.wave == wave.code)))
    people = _placed(session, wave, collected, villages)
    people = replace(people, rejected=out[0], aside=out[1], frozen=ids is not None)
    if people.questionnaire.population.in_groups:
        people = _in_groups(session, people)
    drawn = _is_drawn(wave, people.questionnaire)
    if wave.weights is not None:
        given = weights_of(session, wave.weights, columns.ids[people.rows])
        people = replace(people, weight=filled(given, people.psu if drawn else people.stratum))
    elif drawn and wave.draw is not None:
        people = replace(people, weight=base_weights(session, wave, people.psu, people.adults))
    digest = _digest(people, collected, villages)
    fit = _fit(session, wave)
    if fit is not None:
        fitted = calibration.applied(people, fit)
        people = replace(people, calibration=fitted)
        digest.update(fitted.factor.tobytes() + fitted.x.tobytes())
    return replace(people, version=digest.hexdigest())


def _is_drawn(wave: Wave, asked: Questionnaire) -> bool:
    return wave.kind is WaveKind.SAMPLE and not asked.population.in_groups


def _placed(session: Session, wave: Wave, collected: Ints, villages: list[Village]) -> Respondents:
    """Each with its village and stratum, those outside the sample left out; everybody counts once."""
    columns, asked = stored(session, wave), questionnaires.by_digest(session, wave.questionnaire)
    drawn, rows = _is_drawn(wave, asked), collected
    taken = select(DrawnVillage).where(DrawnVillage.draw == wave.draw)
    strata = {one.psu: one.stratum for one in (villages if wave.draw is None else session.scalars(taken))}
    if drawn:
        psu = columns.labels("psu", rows)
        # The last one is that of a blank.
        inside = np.array([name in strata for name in psu.levels] + [False], bool)
        rows = rows[inside[psu.codes]]
    unit, mode, day = (columns.labels(name, rows) for name in ("unit", "mode", "day"))
    psu = columns.labels("psu", rows) if drawn else day
    return Respondents(
        wave=wave,
        questionnaire=asked,
        responses=columns,
        rows=rows,
        unit=unit,
        stratum=_strata(psu, strata) if drawn else unit,
        psu=psu,
        mode=mode,
        day=day,
        weight=np.ones(len(rows)),
        outside=len(collected) - len(rows),
        rejected=0,
        aside=0,
        version="",
        sampled=frozenset(one.unit for one in villages if one.psu in strata) or None if drawn else None,
    )


def _in_groups(session: Session, people: Respondents) -> Respondents:
    """Leaders as persons of their groups: each stands for N ÷ n, n the persons of its group who answered. A person
    without a label is known by its one response."""
    columns, rows = people.responses, people.rows
    stratum, person = (columns.labels(name, rows) for name in ("stratum", "person"))
    alone = person.codes < 0
    levels = [*person.levels, *map(str, unpacked(columns.ids[rows[alone]]))]
    codes = person.codes.copy()
    codes[alone] = len(person.levels) + np.arange(int(alone.sum()))
    known = dict(
        session.execute(
            select(LeaderGroup.stratum, LeaderGroup.people).where(LeaderGroup.wave == people.wave.code)
        ).all()
    )
    size = np.array([known[str(name)] for name in stratum.levels], np.float64)
    persons, who = np.unique(stratum.codes * len(levels) + codes, return_inverse=True)
    answered = np.bincount(persons // max(len(levels), 1), minlength=len(stratum.levels))
    return replace(
        people,
        stratum=stratum,
        psu=Labels(list(levels), codes),
        weight=(size / answered)[stratum.codes],
        group_size=size[stratum.codes],
        person=None if len(persons) == len(rows) else who,
    )


def _strata(psu: Labels, strata: dict[str, str]) -> Labels:
    of_psu = [strata[str(name)] for name in psu.levels]
    levels = sorted(set(of_psu))
    place = {name: at for at, name in enumerate(levels)}
    return Labels(list(levels), np.array([place[name] for name in of_psu], np.int64)[psu.codes])


def _fit(session: Session, wave: Wave) -> dict[str, Any] | None:
    """The calibration that the current weights come from, as it was kept."""
    version = None if wave.weights is None else session.get_one(WeightVersion, wave.weights)
    fit: dict[str, Any] | None = ((version and version.report) or {}).get("fit")
    return fit


def ids_of(release: Release) -> set[UUID]:
    """The responses that a release holds."""
    content = release.responses
    return {UUID(bytes=content[at : at + 16]) for at in range(0, len(content), 16)}


def _digest(people: Respondents, collected: Ints, villages: Iterable[Village]) -> Any:
    """SHA-256 of the responses collected, by their ids, of the villages, and of strata and weights. Of the columns
    and not of the stored documents: a database may write one document in several ways."""
    digest = hashlib.sha256()
    columns = people.responses
    digest.update(columns.ids[collected].tobytes())
    for labels in (*(columns.labels(name, collected) for name in columns.about), people.stratum):
        digest.update(repr(labels.levels).encode() + labels.codes.tobytes())
    for code, column in columns.items.items():
        digest.update(code.encode() + column[collected].tobytes())
    for village in sorted(villages, key=lambda village: village.psu):
        digest.update(repr((village.psu, village.unit, village.stratum)).encode())
    digest.update(people.weight.tobytes())
    if people.group_size is not None:
        digest.update(people.group_size.tobytes())
    return digest
