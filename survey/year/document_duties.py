"""What was done, what people said, and who answers for what: the duties in the year's document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.remarks import themes
from survey.results import wording
from survey.storage.models import Theme, Unit, YearRole
from survey.waves import units, waves
from survey.year import cases, duties, measures, scores, survey_figures, year_waves
from survey.year.cases import CaseLine
from survey.year.document_figures import wave_source
from survey.year.document_lines import Line
from survey.year.duties import DutyLine
from survey.year.measures import Figure
from translations import N_
from translations import gettext as _
from translations.formats import order

ROLES = {YearRole.SURVEY: N_("Survey of citizens"), YearRole.LEADERS: N_("Survey of leaders")}


def done(session: Session, year: int, offices: Mapping[str, str]) -> list[Line]:
    """The tasks of a year by office, in the order of the offices' names."""
    tasks = [line for line in duties.lines(session, year) if line.kind == "task"]
    return _by_office([_task(line, "done") for line in tasks], offices)


def said(session: Session, year: int, offices: Mapping[str, str]) -> list[Line]:
    """The cases of a year, what is late first; how each office answered, overdue ones too, in no order of merit.

    A reply is told once its quarter is published, not before.
    """
    found = of_year(session, year)
    names = {(one.wave, one.code): str(themes.name(one)) for one in session.scalars(select(Theme))}
    called = waves.titles(session)
    lines = [_case(line, names[line.wave, line.theme], called[line.wave]) for line in found]
    rates = [
        Line(
            "cases",
            f"answered:{one.office}",
            _("Cases answered in time"),
            one.in_time,
            "cases",
            max=one.due,
            office=one.office,
            source=_("Cases of %(year)s", year=year),
            flags=("late",) if one.due > one.in_time else (),
            note=_(
                "given to it: %(given)s; answered too late: %(late)s; overdue: %(overdue)s",
                given=one.given,
                late=one.too_late,
                overdue=one.overdue,
            ),
        )
        for one in cases.answering(found)
    ]
    return [*lines, *_by_office(rates, offices)]


def of_year(session: Session, year: int) -> list[CaseLine]:
    """The cases that were opened in a year."""
    return [line for line in cases.lines(session) if line.quarter.startswith(f"{year}Q")]


def promised(session: Session, year: int, offices: Mapping[str, str]) -> list[Line]:
    """The targets of a year with what became of them, then the targets and tasks of the next one."""
    lines = []
    for duty in _sorted(duties.lines(session, year), offices):
        if duty.kind == "target":
            lines += [_target(session, year, duty), *_reached(session, year, duty)]
    for duty in _sorted(duties.lines(session, year + 1), offices):
        if duty.kind == "target":  # what it came to is told a year later
            aim = _target(session, year + 1, duty)
            lines.append(replace(aim, state="", flags=(*_flags(duty, ("at_most",)), "next_year")))
        else:
            task = _task(duty, "targets")
            lines.append(replace(task, flags=(*task.flags, "next_year")))
    return lines


def method(session: Session, year: int) -> list[Line]:
    """The surveys of a year: how many people each rests on."""
    lines = []
    for role, words in ROLES.items():
        wave = year_waves.find(session, year, role)
        if wave is not None:
            people = len(survey_figures.shown(session, wave))
            flags = ("simulated",) if wave.simulated else ()
            source = wave_source(session, wave)
            lines.append(Line("method", f"{role.value}:n", _(words), people, "people", source=source, flags=flags))
    return lines


def _by_office(lines: list[Line], offices: Mapping[str, str]) -> list[Line]:
    return sorted(lines, key=lambda line: order(offices.get(line.office or "", "")))


def _sorted(lines: list[DutyLine], offices: Mapping[str, str]) -> list[DutyLine]:
    return sorted(lines, key=lambda line: (line.kind, order(offices.get(line.office, "")), line.code))


def _flags(
    line: DutyLine, names: Sequence[str] = ("at_most", "after_data", "self_scored", "late")
) -> tuple[str, ...]:
    return tuple(name for name in names if getattr(line, name))


def _task(line: DutyLine, section: str) -> Line:
    return Line(
        section,
        line.code,
        line.what,
        office=line.office,
        head=line.head,
        deadline=line.deadline,
        state=line.state or "",
        source=line.evidence or line.decision,
        flags=_flags(line),
        note=line.note,
    )


def _target(session: Session, year: int, line: DutyLine) -> Line:
    """What is to be reached, by whom and until when, with the verdict."""
    scale = measures.bounds(session, year, measures.parsed(line.measure))[0]
    return Line(
        "targets",
        line.code,
        line.what,
        line.value,
        scale.value,
        office=line.office,
        head=line.head,
        deadline=line.deadline,
        state=line.verdict or "",
        source=line.decision,
        flags=_flags(line),
        note=line.source,
    )


def _reached(session: Session, year: int, line: DutyLine) -> list[Line]:
    """The figure that a target is judged by, if there is one."""
    figure = line.figure
    if figure is None or figure.value is None:
        return []
    place = None if line.unit is None else session.get(Unit, line.unit)
    measure = measures.parsed(line.measure)
    of = "" if place is None or place.parent is None else units.named(place)
    caution = ""
    if measure.source == "score" and figure.measured:  # beside a measured value wherever it stands
        caution = str(scores.version_of(session, year, measure.code).caution)
    return [
        Line(
            "targets",
            line.measure,
            ", ".join(filter(None, (measures.name(session, year, measure), of))),
            figure.value,
            figure.scale.value,
            figure.low,
            figure.high,
            figure.max,
            figure.previous,
            state=figure.value_of,
            source=_based(session, figure) or caution,
            flags=figure.flags,
            note=caution,
        )
    ]


def _based(session: Session, figure: Figure) -> str:
    """Which data of a survey a figure rests on, and how many people."""
    told = wave_source(session, figure.wave) if figure.wave else figure.source
    return told if figure.n is None else f"{told}; {wording.people(figure.n)}"


def _case(line: CaseLine, theme: str, wave: str) -> Line:
    published = line.state == cases.CaseState.PUBLISHED
    outcome = (line.outcome.value,) if published and line.outcome else ()
    return Line(
        "cases",
        line.case,
        line.words or _("(the words are withdrawn)"),
        office=line.office,
        head=line.head,
        deadline=line.deadline,
        state=line.state.value,
        source=_("%(theme)s; remarks of “%(wave)s”, %(quarter)s", theme=theme, wave=wave, quarter=line.quarter),
        flags=(*outcome, *(("late",) if line.late else ())),
        note=line.reply if published else "",
    )
