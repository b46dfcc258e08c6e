"""Duties: targets and tasks by decision, each with the office and head who answer for it and a deadline.

Rows are never changed: a new version of a code, by a new decision, takes the former one's place, which stays to be
listed. Whether a duty is late, and whether a target is reached, is computed and never typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.results import targets
from survey.results.targets import Verdict
from survey.storage import audit
from survey.storage.models import Duty, DutyKind, Progress, ProgressState, Unit
from survey.system import dates, references
from survey.waves import units
from survey.year import measures, rows
from survey.year.measures import Figure, Measure, Scale
from survey.year.rows import Cells, Unfit
from translations import Lazy, NotFound

COLUMNS = (
    "code",
    "what",
    "office",
    "head",
    "deadline",
    "decision",
    "measure",
    "value",
    "at_most",
    "unit",
    "source",
)
REQUIRED = ("code", "what", "office", "head", "deadline", "decision")
PROGRESS = ("code", "state", "day", "note", "evidence")
CODE = re.compile(r"[A-Z0-9][A-Z0-9.-]{0,19}")
# What another decision is needed for: the value alone, if it were free, would be moved to where the figure is.
DECIDED = ("measure", "value", "at_most", "unit", "office", "head", "deadline")
NOT_BEGUN = "not_begun"
SOON = timedelta(days=14)
COPIED = (
    *("code", "what", "measure", "value", "at_most", "unit", "office", "head", "deadline"),
    *("decision", "source", "set_on", "version"),
)


@dataclass(frozen=True)
class DutyLine:
    """A duty as `hailong plan list` has it, with what became of it.

    kind     target, task or case
    unit     of whom the figure is; None: the province
    verdict  of a target; `state`, `day`, `evidence`, `note`: of a task or case, as reported last
    version  from 1 on; `current`: whether it holds
    figure   behind `actual`; `lost`: of a scorecard's part, maximum less value
    """

    code: str
    kind: str
    what: str
    measure: str
    value: float | None
    at_most: bool
    unit: str | None
    office: str
    head: str
    deadline: date
    decision: str
    source: str
    set_on: date | None
    after_data: bool
    actual: float | None
    low: float | None
    high: float | None
    verdict: str | None
    state: str | None
    day: date | None
    evidence: str
    note: str
    late: bool
    version: int
    current: bool
    figure: Figure | None = None
    lost: float | None = None

    @property
    def is_ended(self) -> bool:
        """Whether nothing more is waited for; a case is published without a reply too, and then it is."""
        replied = self.kind == "case" and self.day is not None
        return self.verdict == "reached" or self.state in ("done", "stopped") or replied

    @property
    def self_scored(self) -> bool:
        """Whether the target is reached by its office's own score, which nobody appraised."""
        return self.verdict == "reached" and self.figure is not None and self.figure.self_scored

    @property
    def is_soon(self) -> bool:
        """Whether it is waited for, and due within two weeks."""
        return not self.late and not self.is_ended and is_near(self.deadline)


def is_near(deadline: date) -> bool:
    """Whether a deadline is within two weeks, or past."""
    return deadline <= dates.today() + SOON


FIELDS = tuple(field.name for field in fields(DutyLine) if field.name not in ("figure", "lost"))


@dataclass(frozen=True)
class Outcome:
    """Rows that came new, that took a former one's place, and that were there alike."""

    stored: int
    changed: int
    there: int


def load(session: Session, year: int, path: Path, person: str) -> Outcome:
    """Stores the targets and tasks of a file, all or nothing."""
    seen: set[str] = set()

    def store(cells: Cells) -> str:
        if cells["code"] in seen:
            raise Unfit("code", Lazy("This code stands twice in the file."))
        seen.add(cells["code"])
        return put(session, year, cells, person)

    return _loaded(path, COLUMNS, REQUIRED, store)


def load_progress(session: Session, year: int, path: Path, person: str) -> Outcome:
    """Stores what a file reports of tasks, all or nothing."""
    return _loaded(path, PROGRESS, PROGRESS[:3], lambda cells: report(session, year, cells, person))


def _loaded(path: Path, columns: Sequence[str], required: Sequence[str], store: Callable[[Cells], str]) -> Outcome:
    done = rows.load(path, columns, required, store)
    return Outcome(done.count("stored"), done.count("changed"), done.count("there"))


def put(session: Session, year: int, cells: Cells, person: str) -> str:
    """Keeps a target or task as a file or a form gives it: `stored`, `changed`, or `there`, alike in a version.

    Another measure, value, at_most, unit, office, head or deadline needs a decision that no version had.
    """
    if year not in rows.YEARS:
        raise NotFound("There is no such year here. Choose one from the list.")
    given = _read(session, year, cells)
    measure = measures.parsed(given["measure"])
    former = _versions(session, year, given["code"])
    if any(all(getattr(one, name) == value for name, value in given.items()) for one in former):
        return "there"
    last = former[-1] if former else None
    if last is not None and any(getattr(last, name) != given[name] for name in DECIDED):
        _newly_decided(given["decision"], former)
    there = given["value"] is not None and measures.is_there(session, year, measure, given["unit"])
    row = Duty(
        year=year,
        version=len(former) + 1,
        set_on=dates.today(),
        set_by=person,
        after_data=there,
        **given,
    )
    session.add(row)
    session.flush()
    before = {} if last is None else {"before": _asked(last)}
    audit.annotate(year=year, code=row.code, **before, now=_asked(row))
    return "stored" if last is None else "changed"


def _versions(session: Session, year: int, code: str) -> Sequence[Duty]:
    """All versions of a duty. Of two who write it at once, one waits for the other."""
    province = units.province(session).code
    session.execute(select(Unit.code).where(Unit.code == province).with_for_update(key_share=True))
    return session.scalars(select(Duty).where(Duty.year == year, Duty.code == code).order_by(Duty.version)).all()


def _newly_decided(decision: str, former: Iterable[Duty]) -> None:
    """Refuses a document that decided a version before: nothing is moved without anybody having decided it."""
    known = {one.document for row in former if row.decision for one in references.read(row.decision)}
    if not {one.document for one in references.read(decision)} - known:
        raise Unfit(
            "decision",
            Lazy("This code is there otherwise, by this decision. Name the new decision that changes it."),
        )


def _asked(duty: Duty) -> str:
    if duty.value is None:
        return f"{duty.office} {duty.deadline}"
    return f"{'<=' if duty.at_most else '>='}{duty.value:g} {duty.office} {duty.deadline}"


def _read(session: Session, year: int, cells: Cells) -> dict[str, Any]:
    """The columns of a duty; `Unfit` at the first that can't be meant."""
    if not CODE.fullmatch(cells["code"]):
        raise Unfit(
            "code", Lazy("Use capital letters, digits, points and hyphens, at most 20: MT-7.2. No spaces.")
        )
    given = {
        "code": cells["code"],
        "what": rows.words(cells, "what", 300),
        "office": rows.unit(session, cells, "office").code,
        "head": rows.words(cells, "head", 120),
        "deadline": rows.day(cells, "deadline"),
        "decision": rows.reference(cells, "decision"),
        "source": rows.words(cells, "source", 500, needed=False),
    }
    if cells["value"] and not cells["measure"]:
        raise Unfit("measure", Lazy("Name the figure that is to reach this value: rank:PAPI, survey:index …"))
    measure = measures.read(session, year, cells["measure"]) if cells["measure"] else None
    return given | {
        "kind": DutyKind.TARGET if cells["value"] else DutyKind.TASK,
        "measure": str(measure or ""),
        "unit": _unit(session, year, cells, measure),
        **_wanted(session, year, cells, measure),
    }


def _unit(session: Session, year: int, cells: Cells, measure: Measure | None) -> str | None:
    """Of whom the figure is; None: the province."""
    unit = rows.unit(session, cells, "unit") if cells["unit"] else None
    if unit is None or unit.parent is None:
        if measure is not None and measures.rated(session, year, measure) not in ("any", "province"):
            raise Unfit("unit", Lazy("Name the unit: this scorecard is not of the province."))
        return None
    if measure is not None and measures.sensitive(session, year, measure):
        raise Unfit(
            "unit",
            Lazy(
                "Leave it blank: of harassment and unofficial payments a single unit's sample never allows a "
                "conclusion, and a target would steer the answers."
            ),
        )
    if measure is not None and measures.rated(session, year, measure) == "province":
        raise Unfit("unit", Lazy("Leave it blank: this figure is of the whole province."))
    return unit.code


def _wanted(session: Session, year: int, cells: Cells, measure: Measure | None) -> dict[str, Any]:
    """The value of a target in its bounds, and whether it is not to be exceeded."""
    at_most = rows.one_of({"at_most": cells["at_most"] or "0"}, "at_most", ("0", "1")) == "1"
    if not cells["value"] or measure is None:
        if at_most:
            raise Unfit("at_most", Lazy("Leave it blank: only a target with a value has it."))
        return {"value": None, "at_most": False}
    scale, least, most = measures.bounds(session, year, measure)
    if scale in (Scale.PLACE, Scale.GROUP):
        if not at_most:
            raise Unfit(
                "at_most", Lazy("Write 1: a place or a group is not to be exceeded, the first is the best.")
            )
        return {"value": float(rows.whole(cells, "value", int(least), int(most or least))), "at_most": True}
    return {"value": rows.number(cells, "value", least, 1e6 if most is None else most), "at_most": at_most}


def report(session: Session, year: int, cells: Cells, person: str) -> str:
    """Keeps what was reported of a task: `stored`, or `there`, reported alike before."""
    versions = _versions(session, year, cells["code"])
    if not versions:
        raise Unfit("code", Lazy("The plan of this year has no duty with this code."))
    if versions[-1].kind is not DutyKind.TASK:
        raise Unfit("code", Lazy("A target is judged by its figure: report on tasks only."))
    state = ProgressState(rows.one_of(cells, "state", [*ProgressState]))
    day = rows.day(cells, "day")
    if day > dates.today():
        raise Unfit("day", Lazy("Give a day that is not after today."))
    given = {
        "state": state,
        "day": day,
        "note": rows.words(cells, "note", 500, needed=state is ProgressState.STOPPED),
        "evidence": rows.reference(cells, "evidence", needed=state is ProgressState.DONE),
    }
    former = reports(session, year).get(cells["code"], [])
    if any(all(getattr(one, name) == value for name, value in given.items()) for one in former):
        return "there"
    session.add(Progress(year=year, code=cells["code"], by=person, **given))
    session.flush()
    audit.annotate(year=year, code=cells["code"], state=state.value)
    return "stored"


def reports(session: Session, year: int) -> dict[str, list[Progress]]:
    """What was reported of each task of a year, the newest last."""
    found: dict[str, list[Progress]] = {}
    for row in session.scalars(select(Progress).where(Progress.year == year).order_by(Progress.id)):
        found.setdefault(row.code, []).append(row)
    return found


def current(session: Session, year: int) -> list[Duty]:
    """The version of each duty that holds, by code."""
    found = session.scalars(select(Duty).where(Duty.year == year).order_by(Duty.code, Duty.version))
    return [*{row.code: row for row in found}.values()]


def responsible(session: Session, year: int) -> dict[tuple[str, str | None], Duty]:
    """Who answers for a figure: the target on it, by measure and unit."""
    return {(row.measure, row.unit): row for row in current(session, year) if row.kind is DutyKind.TARGET}


def lines(
    session: Session, year: int, office: str | None = None, late: bool = False, history: bool = False
) -> list[DutyLine]:
    """The targets and tasks of a year in the order of `ordered`; `history`: former versions below each."""
    holding = {row.id for row in current(session, year)}
    found = session.scalars(select(Duty).where(Duty.year == year).order_by(Duty.code, Duty.version.desc()))
    office = None if office is None else units.settled(office)
    wanted = [row for row in found if (history or row.id in holding) and office in (None, row.office)]
    reported = {code: given[-1] for code, given in reports(session, year).items()}
    figures = measures.figures(session, year, {(row.measure, row.unit) for row in wanted if row.measure})
    made = [
        _line(
            row,
            figures.get((row.measure, row.unit)),
            None if row.kind is DutyKind.TARGET else reported.get(row.code),
            row.id in holding,
        )
        for row in wanted
    ]
    return ordered(line for line in made if line.late >= late)


def ordered(found: Iterable[DutyLine]) -> list[DutyLine]:
    """What is late first, then by points at stake, then by deadline; former versions below the one that holds."""
    found = list(found)
    holding = {line.code: line for line in found if line.current}

    def place(line: DutyLine) -> tuple[Any, ...]:
        first = holding.get(line.code, line)
        return not first.late, -(first.lost or 0), first.deadline, first.code, -line.version

    return sorted(found, key=place)


def record(line: DutyLine) -> dict[str, Any]:
    """A line with exactly the fields of `FIELDS`; days as text."""
    cells = {name: getattr(line, name) for name in FIELDS}
    return {name: cell.isoformat() if isinstance(cell, date) else cell for name, cell in cells.items()}


def verdict(figure: Figure | None, value: float, at_most: bool) -> Verdict:
    """Whether a target is reached: by the interval where answers told the figure, else by the value."""
    if figure is None or figure.value is None:
        return Verdict.UNSEEN
    low, high = (figure.low, figure.high) if figure.measured else (figure.value, figure.value)
    if low is None or high is None or "not_a_sample" in figure.flags:
        return Verdict.UNSEEN
    return targets.by_interval(low, high, value, at_most)


def _line(row: Duty, figure: Figure | None, report: Progress | None, holds: bool) -> DutyLine:
    judged = verdict(figure, row.value, row.at_most) if row.value is not None else None
    return DutyLine(
        **{name: getattr(row, name) for name in COPIED},
        kind=row.kind.value,
        after_data=row.value is not None and targets.is_late(row, figure.since if figure else None),
        actual=figure.value if figure else None,
        low=figure.low if figure else None,
        high=figure.high if figure else None,
        verdict=judged.value if judged else None,
        state=None if judged else report.state.value if report else NOT_BEGUN,
        day=report.day if report else None,
        evidence=report.evidence if report else "",
        note=report.note if report else "",
        late=holds and _is_late(row, judged, report),
        current=holds,
        figure=figure,
        lost=figure.lost if figure else None,
    )


def _is_late(row: Duty, judged: Verdict | None, report: Progress | None) -> bool:
    """Finished after the deadline, or neither finished nor stopped when it passed."""
    if report is not None and report.state is not ProgressState.DOING:
        return report.state is ProgressState.DONE and report.day > row.deadline
    return judged is not Verdict.REACHED and row.deadline < dates.today()
