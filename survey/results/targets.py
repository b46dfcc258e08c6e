"""Targets: what a figure is to reach by a decision, who answers for it, and whether the sample can tell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis import Estimate
from forms import Questionnaire
from survey.responses.respondents import Respondents
from survey.results import result_table, scores
from survey.results.wording import is_hidden
from survey.storage import audit
from survey.storage.models import Target, Unit, Wave
from survey.system import dates
from survey.system.csv_table import Faults
from survey.system.xlsx_table import opened
from survey.waves import questionnaires, units, waves
from translations import N_, Lazy, NotFound
from translations import gettext as _
from translations.formats import day, order, percent

COLUMNS = ("measure", "unit", "percent", "at_most", "office", "head", "decision")
REQUIRED = ("measure", "percent", "office", "head")
PERCENT = re.compile(r"[0-9]{1,3}([.,][0-9]{1,4})?")


class Verdict(StrEnum):
    """What the sample says of a target: its interval lies on one side of it, or holds it."""

    REACHED = "reached"
    MISSED = "missed"
    UNDECIDED = "undecided"  # the interval holds the target
    UNSEEN = "unseen"  # nobody answered, or the figure is hidden
    NO_SAMPLE = "no_sample"  # of an open wave


VERDICTS = {
    Verdict.REACHED: N_("Reached"),
    Verdict.MISSED: N_("Not reached"),
    Verdict.UNDECIDED: N_("Can't be determined from this sample"),
    Verdict.UNSEEN: N_("No figure to judge by"),
    Verdict.NO_SAMPLE: N_("Not judged: no sample"),
}


@dataclass(frozen=True)
class Line:
    """A target with the figure that it is about. `name`: of the measure, in the language of the moment."""

    target: Target
    unit: Unit
    name: str
    record: Estimate
    verdict: Verdict
    late: bool  # set or changed when the wave had ended and its figures were there to be seen

    @property
    def wanted(self) -> str:
        """What the figure is to reach, in words."""
        share = percent(self.target.value)
        if self.target.at_most:
            return _("at most %(share)s", share=share)
        return _("at least %(share)s", share=share)

    @property
    def source(self) -> str:
        """The document that decided it and the day on which it was set, in words; empty where neither is known."""
        parts = [self.target.decision] if self.target.decision else []
        if self.target.day is not None:
            when = day(self.target.day)
            parts.append(
                _("set on %(day)s, when the wave had ended", day=when)
                if self.late
                else _("set on %(day)s", day=when)
            )
        return "; ".join(parts)


@dataclass(frozen=True)
class Outcome:
    """Targets that came new, that took the place of another value, and that were there alike."""

    stored: int
    changed: int
    there: int


def load(session: Session, wave: str, path: Path) -> Outcome:
    """Stores the targets of a CSV or Excel file, all or nothing; a later one takes the place of the former.

    Columns: measure (index, index:CS, an item, or ITEM=VALUES), percent, office, head, and where wanted unit (a
    commune's code; the province where it is blank), at_most (1: not to be exceeded) and decision (the document).
    """
    row = waves.find(session, wave)
    faults = Faults()
    table = opened(path, COLUMNS, REQUIRED, faults)
    counted = {"stored": 0, "changed": 0, "there": 0}
    for values in table.records():
        try:
            counted[put(session, row, **values)] += 1
        except Unfit as unfit:
            table.fault(unfit.column, unfit.message)
    faults.refuse(path)
    return Outcome(**counted)


class Unfit(Exception):
    """What is wrong with a target, and in which column."""

    def __init__(self, column: str, message: str, **values: Any) -> None:
        super().__init__(column)
        self.column, self.message = column, Lazy(message, **values)


def put(
    session: Session,
    wave: Wave,
    measure: str,
    percent: str,
    office: str,
    head: str,
    unit: str = "",
    at_most: str = "",
    decision: str = "",
) -> str:
    """Keeps a target, given in words as a file or a form has them; `stored`, `changed`, or `there` alike. Raises
    `Unfit` where a word can't be meant."""
    questionnaire = questionnaires.by_digest(session, wave.questionnaire)
    if not is_single(questionnaire, measure):
        raise Unfit(
            "measure", "Name one figure: index, a part of it such as index:CS, or an item with its answer, C5=1."
        )
    if not PERCENT.fullmatch(percent) or float(percent.replace(",", ".")) > 100:
        raise Unfit("percent", "Give a percentage from 0 to 100.")
    place = session.get(Unit, units.settled(unit)) if unit else units.province(session)
    if place is None:
        raise Unfit("unit", "There is no unit with this code; leave it blank for the province.")
    if at_most not in ("", "0", "1"):
        raise Unfit("at_most", "Give 1 where the figure is not to be exceeded, else 0.")
    for column, text, most in (("office", office, 200), ("head", head, 120)):
        if not text or len(text) > most:
            raise Unfit(column, "Say who is responsible for it, in at most %(most)d characters.", most=most)
    annotation = {
        "value": float(percent.replace(",", ".")) / 100,
        "at_most": at_most == "1",
        "office": office,
        "head": head,
        "decision": decision[:200],
    }
    existing = session.scalars(
        select(Target).where(Target.wave == wave.code, Target.measure == measure, Target.unit == place.code)
    ).first()
    if existing is None:
        existing = Target(wave=wave.code, measure=measure, unit=place.code, day=dates.today(), **annotation)
        session.add(existing)
        session.flush()
        audit.annotate(measure=measure, unit=place.code, now=_asked(existing))
        return "stored"
    if all(getattr(existing, name) == value for name, value in annotation.items()):
        return "there"
    before = _asked(existing)
    for name, value in annotation.items():
        setattr(existing, name, value)
    if _asked(existing) != before:
        existing.day = dates.today()
    session.flush()
    audit.annotate(measure=measure, unit=place.code, before=before, now=_asked(existing))
    return "changed"


def _asked(target: Target) -> str:
    return f"{'<=' if target.at_most else '>='}{100 * target.value:g}%"


def remove(session: Session, wave: str, id: int) -> None:
    """Takes a target back."""
    target = session.get(Target, id)
    if target is None or target.wave != wave:
        raise NotFound("This target is not there any more. Look at the list.")
    audit.annotate(measure=target.measure, unit=target.unit, before=_asked(target))
    session.delete(target)
    session.flush()


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
    if "not_a_sample" in record.flags:
        return Verdict.NO_SAMPLE
    if is_hidden(record) or record.low is None or record.high is None or record.estimate is None:
        return Verdict.UNSEEN
    return by_interval(record.low, record.high, value, at_most)


def by_interval(low: float, high: float, value: float, at_most: bool) -> Verdict:
    """On which side of a target an interval lies; both in one unit."""
    least, most, goal = (-high, -low, -value) if at_most else (low, high, value)
    return Verdict.REACHED if least >= goal else Verdict.MISSED if most < goal else Verdict.UNDECIDED


def lines(
    session: Session, people: Respondents, table: Iterable[Estimate], rule: str | None = None
) -> tuple[Line, ...]:
    """Every target of a wave with its figure, the province's first, then by commune; what is hidden stays so.

    table  records of the wave that were made already; only what a target asks for beside them is computed
    """
    targets = session.scalars(select(Target).where(Target.wave == people.wave.code).order_by(Target.id)).all()
    if not targets:
        return ()
    unit_of = {unit.code: unit for unit in session.scalars(select(Unit))}
    records = {(record.item, record.value, record.domain): record for record in table}
    scoring = scores.scoring_rule(people.questionnaire, rule)
    keys = {}
    missing: dict[tuple[str, ...], list[str]] = {(): [], ("unit",): []}
    for target in targets:
        [measure] = scores.measures(people, scores.MeasureRequest.read(target.measure), scoring)
        by: tuple[str, ...] = () if unit_of[target.unit].parent is None else ("unit",)
        keys[target.id] = key = measure.item, measure.value, target.unit if by else None
        if key not in records:
            missing[by].append(target.measure)
    for grouping, items in missing.items():
        if items:
            others = result_table.released(session, people, tuple(sorted(set(items))), grouping, rule)
            records |= {(record.item, record.value, record.domain): record for record in others}
    lines_ = []
    for target in targets:
        record = records.get(keys[target.id])
        if record is not None:
            name = name_of(people.questionnaire, target.measure)
            judged = verdict(record, target.value, target.at_most)
            late = target.day is not None and target.day > people.wave.closes
            lines_.append(Line(target, unit_of[target.unit], name, record, judged, late))
    return tuple(sorted(lines_, key=lambda line: (line.unit.parent is not None, order(line.unit.name))))
