"""Cases: what five people or more said, which office answers for it, and whether it answered in time.

Nothing leads from a case to a response. The state is never stored: it follows from the replies and the day.
"""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.storage.models import CasePublication, CaseReply, CitizenCase, Outcome
from survey.system import dates
from survey.waves import units
from survey.year.duties import DutyLine
from translations import NotFound, Refusal, language
from translations import gettext as _

QUARTER = re.compile(r"20\d\dQ[1-4]")
FIELDS = (
    *("case", "quarter", "wave", "unit", "theme", "words", "office", "head", "deadline", "state", "outcome"),
    *("reply", "late"),
)  # of `hailong case list`


class CaseState(StrEnum):
    """How far a case is; one that was published stays so, answered or overdue."""

    OPEN = "open"
    ANSWERED = "answered"
    PUBLISHED = "published"


@dataclass(frozen=True)
class CaseLine:
    """A case with all that became of it.

    replies  from the first to the newest: each that passed it on, then the answers
    shown    the publication that everybody sees, None if there is none
    on       the day of which it is said whether it is late
    """

    row: CitizenCase
    replies: tuple[CaseReply, ...]
    shown: CasePublication | None
    on: date

    @property
    def case(self) -> str:
        """The id, which chance made."""
        return str(self.row.id)

    @property
    def quarter(self) -> str:
        """The quarter in which it was opened."""
        return self.row.quarter

    @property
    def wave(self) -> str:
        """The wave whose remarks it is about."""
        return self.row.wave

    @property
    def unit(self) -> str:
        """Where it was said: a commune, or the province as a whole."""
        return self.row.unit

    @property
    def theme(self) -> str:
        """The theme of the remarks."""
        return self.row.theme

    @property
    def words(self) -> str:
        """What was said, in one sentence of Home Affairs; empty once it was withdrawn."""
        return self.row.words

    @property
    def newest(self) -> CaseReply | None:
        """The reply that holds."""
        return self.replies[-1] if self.replies else None

    @property
    def office(self) -> str:
        """Who answers for it now."""
        return self.newest.office if self.newest else self.row.office

    @property
    def head(self) -> str:
        """Its head: a position."""
        return self.newest.head if self.newest else self.row.head

    @property
    def deadline(self) -> date:
        """Until when it is to be answered, whoever passed it on."""
        return self.row.deadline

    @property
    def answer(self) -> CaseReply | None:
        """The first reply that answers; whoever passes a case on does not."""
        return next((one for one in self.replies if one.outcome is not Outcome.PASSED), None)

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.answer is None

    @property
    def days_late(self) -> int:
        """By how many days it was, or is, answered too late; 0 or less: in time."""
        return ((self.answer.replied_on if self.answer else self.on) - self.deadline).days

    @property
    def late(self) -> bool:
        """Whether it was answered after its deadline, or is not and the deadline is past."""
        return self.days_late > 0

    @property
    def due(self) -> bool:
        """Whether it counts in the share that was answered in time: answered, or the deadline is past."""
        return not self.is_open or self.late

    @property
    def state(self) -> CaseState:
        """Published, answered or open."""
        if self.shown:
            return CaseState.PUBLISHED
        return CaseState.OPEN if self.is_open else CaseState.ANSWERED

    @property
    def outcome(self) -> Outcome | None:
        """What the newest reply says became of it."""
        return self.newest.outcome if self.newest else None

    @property
    def reply(self) -> str:
        """The words of the newest reply."""
        return self.newest.words if self.newest else ""

    @property
    def told(self) -> tuple[CaseReply, ...]:
        """The replies that everybody sees: those that were there when it was published last."""
        last = self.shown.reply if self.shown else None
        return tuple(one for one in self.replies if last is not None and one.id <= last)

    @property
    def accountable(self) -> set[str]:
        """The offices that it counts for: who has it, and who had it on its last day and let it pass."""
        then = self.row.office
        for one in self.replies:
            if one.replied_on <= self.deadline:
                then = one.office
        return {self.office, then} if self.late else {self.office}

    @property
    def places(self) -> set[str]:
        """Where it was said, and all who ever had it."""
        return {self.unit, self.row.office, *(one.office for one in self.replies)}


def lines(session: Session, quarter: str | None = None, office: str | None = None) -> list[CaseLine]:
    """The cases, or those of a quarter, or those that an office answers for now: what is late comes first, then by
    deadline; the order says nothing of when they were opened."""
    query = select(CitizenCase)
    if quarter is not None:
        query = query.where(CitizenCase.quarter == quarter)
    found = _lines(session, session.scalars(query).all())
    return [line for line in found if office is None or line.office == office]


def find(session: Session, case: uuid.UUID | str) -> CaseLine:
    """The case of this id."""
    try:
        row = session.get(CitizenCase, uuid.UUID(str(case)))
    except ValueError:
        row = None
    if row is None:
        raise NotFound("There is no such case. Choose one from the list.")
    return _lines(session, [row])[0]


def duty_lines(
    session: Session, year: int, office: str | None = None, late: bool = False, history: bool = False
) -> list[DutyLine]:
    """The cases of a year as duties: who has it by when, and its newest reply as the note.

    history  also who had it before, as former versions; nothing says on which day it was opened
    """
    province = units.province(session).code
    found = []
    for line in lines(session):
        if line.quarter[:4] != str(year):
            continue
        had = [
            (line.row.office, line.row.head),
            *((one.office, one.head) for one in line.replies if one.outcome is Outcome.PASSED),
        ]
        for version, (holder, head) in enumerate(had, start=1):
            found.append(_duty_line(line, holder, head, version, version == len(had), province))
    return [one for one in found if (one.current or history) and office in (None, one.office) and one.late >= late]


def _duty_line(line: CaseLine, office: str, head: str, version: int, current: bool, province: str) -> DutyLine:
    return DutyLine(
        code=line.case,
        kind="case",
        what=line.words,
        measure="",
        value=None,
        at_most=False,
        unit=None if line.unit == province else line.unit,
        office=office,
        head=head,
        deadline=line.deadline,
        decision="",
        source="",
        set_on=None,
        after_data=False,
        actual=None,
        low=None,
        high=None,
        verdict=None,
        state=line.state.value,
        day=line.answer.replied_on if line.answer else None,
        evidence="",
        note=line.reply,
        late=current and line.late,
        version=version,
        current=current,
    )


def checked_quarter(text: str) -> str:
    """A quarter as it is written; refused if it is none."""
    if not QUARTER.fullmatch(text):
        raise Refusal("Write the quarter as 2026Q3.")
    return text


def quarter_of(day: date) -> str:
    """2026Q4."""
    return f"{day.year}Q{(day.month + 2) // 3}"


def quarter_name(quarter: str) -> str:
    """A quarter in words: quý IV năm 2026."""
    number = int(quarter[-1])
    roman = ("I", "II", "III", "IV")[number - 1]
    return _("quarter %(number)s of %(year)s", number=roman if language() == "vi" else number, year=quarter[:4])


def published_quarters(session: Session) -> list[str]:
    """The quarters of which everybody sees cases, the newest first."""
    shown = select(CitizenCase.quarter).join(CasePublication, CasePublication.case == CitizenCase.id)
    return sorted(session.scalars(shown.distinct()), reverse=True)


@dataclass(frozen=True)
class Answering:
    """How an office answers: of all given to it those that are due, answered in time and too late, in no order of
    merit. Of those due the rest is overdue."""

    office: str
    given: int
    due: int
    in_time: int
    too_late: int

    @property
    def overdue(self) -> int:
        """Still not answered though the deadline is past."""
        return self.due - self.in_time - self.too_late


def answering(cases: Iterable[CaseLine]) -> list[Answering]:
    """Each office of the cases, by its code."""
    own: dict[str, list[CaseLine]] = defaultdict(list)
    for line in cases:
        for office in line.accountable:
            own[office].append(line)
    return [
        Answering(
            office,
            len(had),
            sum(one.due for one in had),
            sum(one.due and not one.late for one in had),
            sum(one.late and not one.is_open for one in had),
        )
        for office, had in sorted(own.items())
    ]


def _lines(session: Session, rows: Iterable[CitizenCase]) -> list[CaseLine]:
    by_id = {row.id: row for row in rows}
    replies: dict[uuid.UUID, list[CaseReply]] = defaultdict(list)
    shown: dict[uuid.UUID, CasePublication] = {}
    for reply in session.scalars(select(CaseReply).where(CaseReply.case.in_(by_id)).order_by(CaseReply.id)):
        replies[reply.case].append(reply)
    every = select(CasePublication).where(CasePublication.case.in_(by_id)).order_by(CasePublication.id)
    for publication in session.scalars(every):
        shown[publication.case] = publication
    today = dates.today()
    found = [CaseLine(row, tuple(replies[id]), shown.get(id), today) for id, row in by_id.items()]
    return sorted(
        found, key=lambda line: (not line.late, line.deadline, line.unit, line.theme, line.words, line.case)
    )
