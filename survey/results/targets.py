"""Targets of a wave: what its figures are to reach by a year's plan, who answers, and whether the sample can tell.

They are the duties of the years whose survey the wave is, and never changed in place. A release keeps the ids of
those of its day: what moves afterwards changes nothing in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis import Estimate
from forms import Questionnaire
from survey.responses.respondents import Respondents
from survey.results import result_table, scores, wave_duties
from survey.results.wording import is_hidden
from survey.storage.models import Duty, Release, Unit, Wave, WaveKind
from survey.system import references
from survey.waves import units
from translations import N_
from translations import gettext as _
from translations.formats import day, order, percent

EXACT = 9  # decimals: 90% and a sum of shares or points that comes to it differ in their last bit


class Verdict(StrEnum):
    """What the sample says of a target: its interval lies on one side of it, or holds it."""

    REACHED = "reached"
    MISSED = "missed"
    UNDECIDED = "undecided"  # the interval holds the target
    UNSEEN = "unseen"  # nobody answered, or the figure is hidden


VERDICTS = {
    Verdict.REACHED: N_("Reached"),
    Verdict.MISSED: N_("Not reached"),
    Verdict.UNDECIDED: N_("Can't be determined from this sample"),
    Verdict.UNSEEN: N_("No figure to judge by"),
}


@dataclass(frozen=True)
class Line:
    """A target with the figure that it is about. `name`: of the measure, in the language of the moment."""

    target: Duty
    unit: Unit
    office: Unit
    name: str
    record: Estimate
    verdict: Verdict
    after_data: bool  # set when answers had come in, whether or not the year named this wave by then

    @property
    def wanted(self) -> str:
        """What the figure is to reach, in words."""
        share = percent((self.target.value or 0) / 100)
        if self.target.at_most:
            return _("at most %(share)s", share=share)
        return _("at least %(share)s", share=share)

    @property
    def responsible(self) -> str:
        """The office and its head."""
        return f"{self.office.name} – {self.target.head}"

    @property
    def source(self) -> str:
        """The document that decided it and the day on which it was set, in words; empty where neither is known."""
        parts = [references.worded(self.target.decision)] if self.target.decision else []
        if self.target.set_on is not None:
            when = day(self.target.set_on)
            parts.append(
                _("set on %(day)s, when answers had come in", day=when)
                if self.after_data
                else _("set on %(day)s", day=when)
            )
        return "; ".join(parts)


def offered(questionnaire: Questionnaire) -> list[tuple[str, str]]:
    """What a target can be about, with its name: the index and its parts, its items, and the headlines."""
    index = questionnaire.index
    options = [(code, str(index.label(code))) for code in index.codes()] if index else []
    options += [(f"{line.item}={line.value}", str(line.name)) for line in questionnaire.headlines]
    options += [(code, name_of(questionnaire, code)) for code in (index.codes()["index"] if index else ())]
    return options


def is_single(questionnaire: Questionnaire, measure: str) -> bool:
    """Whether a measure is one figure: a share, or the index or a part of it."""
    index = questionnaire.index.codes() if questionnaire.index else {}
    code, _equals, values = measure.partition("=")
    if code in index:
        return not values
    item = questionnaire.items.get(code)
    if item is None or not item.kind.has_choices:
        return False
    codes = values.split(",")
    if not values:
        return code in index.get("index", ())  # its satisfied share
    return all(text.isdecimal() and int(text) in item.choices for text in codes)


def name_of(questionnaire: Questionnaire, measure: str) -> str:
    """A measure in words."""
    code, _equals, values = measure.partition("=")
    if code not in questionnaire.items:
        return str(questionnaire.index.label(code)) if questionnaire.index else code
    names = {f"{line.item}={line.value}": str(line.name) for line in questionnaire.headlines}
    if measure in names:
        return names[measure]
    item = questionnaire.items[code]
    labels = ", ".join(str(item.choices[int(text)]) for text in values.split(",") if text)
    return f"{item.short}: {labels}" if labels else str(item.short)


def verdict(record: Estimate, value: float, at_most: bool) -> Verdict:
    """Whether a target is reached, by the interval of its figure at the interval's own level.

    Reached: the whole interval lies at the target or on its good side; missed: on the other side; else the sample
    can't tell. Of an open wave nothing is judged: whoever came has answered.
    """
    if "not_a_sample" in record.flags or is_hidden(record):
        return Verdict.UNSEEN
    if record.low is None or record.high is None or record.estimate is None:
        return Verdict.UNSEEN
    return by_interval(record.low, record.high, value, at_most)


def by_interval(low: float, high: float, value: float, at_most: bool) -> Verdict:
    """On which side of a target an interval lies; both in one unit."""
    low, high, value = round(low, EXACT), round(high, EXACT), round(value, EXACT)
    least, most, goal = (-high, -low, -value) if at_most else (low, high, value)
    return Verdict.REACHED if least >= goal else Verdict.MISSED if most < goal else Verdict.UNDECIDED


def _kept(session: Session, wave: Wave, release: Release | None) -> Sequence[Duty]:
    """The targets that hold now, or those that held on the day of a release; an open wave tells of none."""
    if wave.kind is not WaveKind.SAMPLE:
        return []
    if release is None:
        return wave_duties.targets(session, wave.code)
    return session.scalars(select(Duty).where(Duty.id.in_(release.targets or []))).all()


def lines(
    session: Session,
    people: Respondents,
    table: Iterable[Estimate],
    rule: str | None = None,
    release: Release | None = None,
) -> tuple[Line, ...]:
    """Every target of a wave with its figure, the province's first, then by commune; what is hidden stays so.

    table    records of the wave that were made already; only what a target asks for beside them is computed
    release  whose targets these are; None: those that hold now
    """
    asked = {row: row.measure.removeprefix(wave_duties.OF_SURVEY) for row in _kept(session, people.wave, release)}
    asked = {row: item for row, item in asked.items() if is_single(people.questionnaire, item)}
    if not asked:
        return ()
    unit_of = {unit.code: unit for unit in session.scalars(select(Unit))}
    records = _records(session, people, asked, table, rule)
    province = units.province(session)
    since = first_answer(people)
    found = []
    for row, item in asked.items():
        place = province if row.unit is None else unit_of[row.unit]
        record = records[item, row.unit]
        if record is not None:
            judged = verdict(record, (row.value or 0) / 100, row.at_most)
            name = name_of(people.questionnaire, item)
            late = is_late(row, since)
            found.append(Line(row, place, unit_of[row.office], name, record, judged, late))
    return tuple(
        sorted(found, key=lambda line: (line.unit.parent is not None, order(line.unit.name), line.target.code))
    )


def first_answer(people: Respondents) -> date | None:
    """The day of the first answer of a sample."""
    days = [str(people.day.levels[code]) for code in np.unique(people.day.codes) if code >= 0]
    return date.fromisoformat(min(days)) if days else None


def is_late(target: Duty, since: date | None) -> bool:
    """Whether a target was set when answers had come in; `since`: the day of the first."""
    return target.after_data or (since is not None and target.set_on is not None and since < target.set_on)


def _records(
    session: Session, people: Respondents, asked: dict[Duty, str], table: Iterable[Estimate], rule: str | None
) -> dict[tuple[str, str | None], Estimate | None]:
    """The figure of each item and unit that is asked for."""
    scoring = scores.scoring_rule(people.questionnaire, rule)
    made = {(record.item, record.value, record.domain): record for record in table}
    keys = {}
    missing: dict[tuple[str, ...], set[str]] = {(): set(), ("unit",): set()}
    for row, item in asked.items():
        [measure] = scores.measures(people, scores.MeasureRequest.read(item), scoring)
        keys[item, row.unit] = key = measure.item, measure.value, row.unit
        if key not in made:
            missing[("unit",) if row.unit else ()].add(item)
    for by, items in missing.items():
        if items:
            others = result_table.released(session, people, tuple(sorted(items)), by, rule)
            made |= {(record.item, record.value, record.domain): record for record in others}
    return {where: made.get(key) for where, key in keys.items()}
