"""Page: the plan of a year: who answers for what by when, what is late, where the points lie."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.accounts.accounts import Right
from survey.storage.models import Unit
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.year import cases, duties, measures, years
from survey.year.duties import DutyLine
from translations import N_, NotFound
from translations.formats import order


@dataclass(frozen=True)
class Row:
    """A duty in words. `actual`: None where the figure isn't known."""

    line: DutyLine
    measure: str = ""
    short: str = ""  # the measure beside what the duty is about
    wanted: str = ""
    actual: str | None = None
    interval: str = ""


@dataclass(frozen=True)
class Office:
    """What an office answers for: points lost of its targets' parts (None: none known), and how much is late."""

    unit: Unit
    lost: float | None
    late: int
    count: int


@pages.page("/nam/<int:year>/ke-hoach", Right.YEAR, tab=Tab(4, N_("Plan"), "year"))
def plan(year: int) -> ResponseReturnValue:
    """The duties, late ones first. `don-vi`: of an office; `loai`: of a kind; `qua-han`: late ones alone."""
    office, kind, late = (request.args.get(name, "") for name in ("don-vi", "loai", "qua-han"))
    with database().reading() as session:
        known = {unit.code: unit for unit in session.scalars(select(Unit))}
        if office and office not in known:
            raise NotFound("There is no office with this code. Choose one from the list.")
        lines = lines_of(session, year)
        shown = [
            line
            for line in lines
            if office in ("", line.office) and kind in ("", line.kind) and (line.late or not late)
        ]
        return render_template(
            "staff/year_plan.html",
            year=year,
            years=sorted({year, *(one.year for one in years.lines(session))}),
            lines=lines,
            rows=rows_of(session, year, shown),
            known=known,
            offices=offices_of(lines, known),
            soon=[line for line in lines if line.is_soon],
            asked={"office": office, "kind": kind, "late": late},
        )


def lines_of(session: Session, year: int) -> list[DutyLine]:
    """All duties of a year that hold: targets, tasks and cases."""
    return duties.ordered([*duties.lines(session, year), *cases.duty_lines(session, year)])


def rows_of(session: Session, year: int, lines: Iterable[DutyLine]) -> list[Row]:
    """Duties in words."""
    return [_row(session, year, line) for line in lines]


def _row(session: Session, year: int, line: DutyLine) -> Row:
    if not line.measure:
        return Row(line)
    measure = measures.parsed(line.measure)
    scale = measures.bounds(session, year, measure)[0]
    name = measures.name(session, year, measure)
    short = measures.short(measure) if measure.source == "score" else name
    if line.value is None:
        return Row(line, name, short)
    return Row(
        line,
        name,
        short,
        wanted=measures.wanted(line.value, scale, line.at_most),
        actual=None if line.actual is None else measures.written(line.actual, scale),
        interval="" if line.low is None or line.high is None else measures.limits(line.low, line.high, scale),
    )


def offices_of(lines: Sequence[DutyLine], known: dict[str, Unit]) -> list[Office]:
    """Each office in the order of names: never a ranking."""
    found = []
    for code in {line.office for line in lines}:
        own = [line for line in lines if line.office == code]
        lost = {line.measure: line.lost for line in own if line.kind == "target" and line.lost is not None}
        late = sum(line.late for line in own)
        found.append(Office(known[code], sum(lost.values()) if lost else None, late, len(own)))
    return sorted(found, key=lambda office: order(office.unit.name))
