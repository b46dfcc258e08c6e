"""Opening, answering, publishing and withdrawing cases: what each step refuses, and who may not take it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.disclosure import FEWEST
from survey.remarks import themes
from survey.results import releases, remarks
from survey.results.remarks import ThemeLine
from survey.storage import audit
from survey.storage.models import CasePublication, CaseReply, CitizenCase, Outcome, Wave
from survey.system import dates
from survey.waves import units, waves
from survey.year import rows
from survey.year.cases import CaseLine, checked_quarter, find, lines, quarter_of
from survey.year.rows import Cells, Unfit
from translations import Conflict, Denied, Lazy, NotFound
from translations.formats import day, nfc

OPENED = ("wave", "unit", "theme", "words", "office", "head", "deadline")
OPENED_NEEDS = tuple(column for column in OPENED if column != "unit")
ANSWERED = ("case", "outcome", "words", "office", "head")
ANSWERED_NEEDS = ("case", "outcome", "words")
LONGEST_WORDS, LONGEST_REPLY, LONGEST_HEAD = 300, 600, 120
SECOND_SENTENCE = re.compile(r"[^\W\d_]{3}[.!?…]+\s+\S")  # "P. Hà Tu", "TP. Hạ Long" end none


@dataclass(frozen=True)
class Offer:
    """A theme of which a case may be opened: where it was written about, by how many, and the sentences on it."""

    unit: str
    line: ThemeLine


def offers(session: Session, wave: Wave) -> list[Offer]:
    """What may become a case in a wave: the themes that five people or more are shown to have written about, in a
    commune or in the province as a whole; of the release that is shown, else of the present data."""
    gathered = remarks.gather(session, wave, releases.newest(session, wave.code))
    if gathered is None:
        return []
    places = {units.province(session).code: gathered.whole, **gathered.units}
    return [
        Offer(place, line)
        for place, own in places.items()
        for line in own.lines
        if line.count is not None and line.count >= FEWEST
    ]


def load_opened(session: Session, path: Path, person: str) -> list[CitizenCase]:
    """Opens the cases of a file, all or none; one that is there already counts as opened."""
    return rows.load(path, OPENED, OPENED_NEEDS, lambda cells: open_case(session, cells, person))


def open_case(session: Session, cells: Cells, person: str) -> CitizenCase:
    """Opens one: only where so many people spoke of the theme that their number is shown, and for an office with
    its head and a deadline. It is kept in which quarter, not on which day."""
    wave = _wave(session, cells)
    unit = rows.unit(session, cells, "unit") if cells["unit"] else units.province(session)
    if cells["theme"] not in {theme.code for theme in themes.kept(session, wave.code)}:
        raise Unfit("theme", Lazy("There is no such theme in this wave. Look at its list."))
    if not any((one.unit, one.line.code) == (unit.code, cells["theme"]) for one in offers(session, wave)):
        raise Unfit(
            "theme",
            Lazy(
                "Fewer than %(fewest)d people are shown to have written about this here: no case is made of it.",
                fewest=FEWEST,
            ),
        )
    words = rows.sentence(cells, "words", LONGEST_WORDS)
    if SECOND_SENTENCE.search(words):
        raise Unfit("words", Lazy("Say it in one sentence."))
    given = {
        "office": rows.unit(session, cells, "office").code,
        "head": rows.words(cells, "head", LONGEST_HEAD),
        "deadline": rows.day(cells, "deadline"),
    }
    key = {"wave": wave.code, "unit": unit.code, "theme": cells["theme"], "words": words}
    there = session.scalars(select(CitizenCase).filter_by(**key)).first()
    if there is not None:
        if any(getattr(there, name) != value for name, value in given.items()):
            raise Unfit("words", Lazy("This is a case already: its office passes it on by its reply."))
        return there
    case = CitizenCase(id=uuid4(), quarter=quarter_of(dates.today()), opened_by=person, **key, **given)
    session.add(case)
    session.flush()
    _annotate(case)
    return case


def load_answered(session: Session, path: Path, person: str) -> int:
    """Stores the replies of a file, all or none; how many were not there."""
    return sum(rows.load(path, ANSWERED, ANSWERED_NEEDS, lambda cells: answer(session, cells, person)))


def answer(session: Session, cells: Cells, person: str) -> bool:
    """Stores a reply; False if it is there already. `passed` names the next office and its head, and only it does:
    the case stays open, its deadline the same."""
    try:
        case = find(session, cells["case"])
    except NotFound as none:
        raise Unfit("case", Lazy("There is no such case. Choose one from the list.")) from none
    # Of two who reply at once, one waits and then sees what the other said.
    session.execute(select(CitizenCase.id).where(CitizenCase.id == case.row.id).with_for_update(key_share=True))
    case = find(session, case.case)
    outcome = Outcome(rows.one_of(cells, "outcome", [one.value for one in Outcome]))
    words = rows.sentence(cells, "words", LONGEST_REPLY)
    office, head = case.office, case.head
    if outcome is Outcome.PASSED:
        if not case.is_open:
            raise Unfit("outcome", Lazy("It is answered already: whoever answered adds a reply of their own."))
        office, head = rows.unit(session, cells, "office").code, rows.words(cells, "head", LONGEST_HEAD)
    newest = case.newest
    if newest and (newest.outcome, newest.words, newest.office, newest.head) == (outcome, words, office, head):
        return False
    if outcome is Outcome.PASSED and office == case.office:
        raise Unfit("office", Lazy("This office has the case already. Name the next one."))
    for column in ("office", "head"):
        if (
            outcome is not Outcome.PASSED
            and cells[column]
            and units.settled(cells[column]) != getattr(case, column)
        ):
            raise Unfit(column, Lazy("Only the outcome passed names another office and head."))
    reply = {"outcome": outcome, "words": words, "office": office, "head": head}
    session.add(CaseReply(case=case.row.id, replied_on=dates.today(), by=person, **reply))
    session.flush()
    return True


def publish(session: Session, quarter: str, person: str, seen: str | None = None) -> int:
    """Lets everybody see the cases of a quarter: all of them, with the replies that they have by now, and what is
    overdue without one. How many had not been seen so before.

    seen  the `mark` of the cases that the person read; nothing goes out that nobody read

    Refused: another mark by now, while one is open before its deadline, to whoever answered one, and where nothing
    but praise was said.
    """
    audit.annotate(quarter=quarter)
    every = lines(session, checked_quarter(quarter))
    if not every:
        raise NotFound("Quarter %(quarter)s has no case.", quarter=quarter)
    if seen not in (None, mark(every)):
        raise Conflict(
            "A case or a reply of %(quarter)s came in while you read. Read them below and publish again.",
            quarter=quarter,
        )
    waiting = [line for line in every if not line.due]
    if waiting:
        raise Conflict(
            "Open before their deadline in %(quarter)s: %(count)d. A quarter is published as a whole: wait for "
            "their answers, or for the day after %(day)s.",
            count=len(waiting),
            quarter=quarter,
            day=day(waiting[-1].deadline),
        )
    if any(_same(reply.by, person) for line in every for reply in line.replies):
        raise Denied("You answered one of these cases. Somebody else checks and publishes the quarter.")
    if all(line.theme == themes.PRAISE for line in every):
        raise Conflict(
            "Nothing but praise was said in %(quarter)s: praise alone is not published.", quarter=quarter
        )
    new = [line for line in every if line.shown is None or line.shown.reply != (line.newest and line.newest.id)]
    for line in new:
        reply = line.newest.id if line.newest else None
        session.add(CasePublication(case=line.row.id, reply=reply, published_on=dates.today(), by=person))
    session.flush()
    return len(new)


def mark(cases: Iterable[CaseLine]) -> str:
    """What tells one state of a quarter's cases from another: how many they are, and their newest reply."""
    replies = [[reply.id for reply in line.replies] for line in cases]
    return f"{len(replies)}-{max((id for ids in replies for id in ids), default=0)}"


def withdraw(session: Session, case: str) -> None:
    """Empties the words of a case for good, wherever they were shown: they may have named somebody after all. The
    case stays, and counts."""
    found = find(session, case).row
    if not found.words:
        raise Conflict("These words are withdrawn already.")
    found.words = ""
    session.flush()
    _annotate(found)


def _annotate(case: CitizenCase) -> None:
    audit.annotate(quarter=case.quarter, unit=case.unit, theme=case.theme, office=case.office)


def _wave(session: Session, cells: Cells) -> Wave:
    try:
        return waves.find(session, cells["wave"])
    except NotFound as none:
        raise Unfit("wave", Lazy("There is no such wave. See: hailong wave list")) from none


def _same(one: str, other: str) -> bool:
    return nfc(one).strip().casefold() == nfc(other).strip().casefold()
