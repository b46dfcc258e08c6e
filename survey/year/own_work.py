"""What an office has to do: report on its tasks, answer its cases, score the parts that its targets name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from forms.scorecard import Scorecard, ScorecardPart
from survey.storage.models import Score, ScoreKind
from survey.system import dates
from survey.year import cases, duties, measures, scores, years
from survey.year.cases import Answering, CaseLine
from survey.year.duties import DutyLine
from translations import Denied, NotFound


class Verb(StrEnum):
    """What is to be done with a row."""

    REPORT = "report"
    REPLY = "reply"
    SCORE = "score"


@dataclass(frozen=True)
class OwnScore:
    """A part that an office scores itself, with the score that it gave last."""

    card: Scorecard
    part: ScorecardPart
    score: Score | None


@dataclass(frozen=True)
class Job:
    """One row of the work: a task, a case, or a part to score.

    year   of the plan; None of a case
    done   nothing more is waited for; one that is done and late was done late
    """

    verb: Verb
    year: int | None
    deadline: date
    late: bool
    done: bool
    duty: DutyLine | None = None
    case: CaseLine | None = None
    own: OwnScore | None = None

    @property
    def soon(self) -> bool:
        """Whether it is due within two weeks."""
        return not (self.done or self.late) and duties.is_near(self.deadline)


@dataclass(frozen=True)
class OwnWork:
    """All that an office has: its jobs by day, its targets by year, its cases, and how it answers them."""

    jobs: tuple[Job, ...]
    targets: tuple[tuple[int, DutyLine], ...]
    cases: tuple[CaseLine, ...]
    answering: Answering


def gather(session: Session, office: str) -> OwnWork:
    """The work of an office, of all years; nothing of anybody else's."""
    jobs: list[Job] = []
    targets: list[tuple[int, DutyLine]] = []
    for year in (line.year for line in years.lines(session) if line.duties):
        for line in duties.lines(session, year, office):
            if line.kind == "task":
                jobs.append(Job(Verb.REPORT, year, line.deadline, line.late, line.is_ended, line))
                continue
            targets.append((year, line))
            own = own_score(session, year, line)
            if own is not None:
                late = own.score is None and line.deadline < dates.today()
                jobs.append(Job(Verb.SCORE, year, line.deadline, late, own.score is not None, line, own=own))
    every = cases.lines(session)
    held = [line for line in every if line.office == office]
    jobs += [Job(Verb.REPLY, None, one.deadline, one.late, not one.is_open, case=one) for one in held]
    counted = [one for one in cases.answering(every) if one.office == office]
    return OwnWork(
        tuple(sorted(jobs, key=lambda job: job.deadline)),
        tuple(targets),
        tuple(held),
        counted[0] if counted else Answering(office, 0, 0, 0, 0),
    )


def duty(session: Session, year: int, code: str, office: str) -> DutyLine:
    """A duty of the office; whoever asks for another's learns not even whether it is there."""
    found = next((line for line in duties.lines(session, year, office) if line.code == code), None)
    if found is None:
        raise _not_yours()
    return found


def case(session: Session, id: str, office: str) -> CaseLine:
    """A case that the office has now, likewise."""
    try:
        found = cases.find(session, id)
    except NotFound:
        raise _not_yours() from None
    if found.office != office:
        raise _not_yours()
    return found


def own_score(session: Session, year: int, line: DutyLine) -> OwnScore | None:
    """The part that a target names, if its office is to score it; None if it is measured, a sum, or no part."""
    measure = measures.parsed(line.measure)
    if line.kind != "target" or measure.source != "score" or not measure.part:
        return None
    card = scores.version_of(session, year, measure.code, line.unit)
    part = card.parts.get(measure.part)
    if part is None or part.parts or part.by != "self" or part.max is None:
        return None
    history = scores.history(session, year, card.code, part.code, line.unit)
    return OwnScore(card, part, next((score for score in history if score.kind is ScoreKind.SELF), None))


def _not_yours() -> Denied:
    return Denied("This is not a matter of your office.")
