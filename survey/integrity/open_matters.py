"""Everything of a wave that is still open when somebody takes a step towards a release: one list of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from survey.fieldwork import accounting, double_entry
from survey.integrity import matter_words, matters, pattern_words, repeated_forms
from survey.integrity.matters import Matter
from survey.integrity.patterns import Pattern
from survey.integrity.repeated_forms import Repeated
from survey.responses.respondents import sample
from survey.results import release_matters
from survey.results.release_matters import Open
from survey.storage.models import MatterState, Release, Wave
from survey.system import dates
from survey.waves import questionnaires, waves
from translations import LANGUAGES, language, ngettext, speaking
from translations import gettext as _
from translations.formats import day, number

Said = TypeVar("Said")


class Where(StrEnum):
    """On which page somebody sees to it."""

    MATTERS = "matters"
    HELD = "held"
    LOTS = "lots"
    PAPER = "paper"
    SETTLE = "settle"
    WAVE = "wave"
    PROGRESS = "progress"


PLACES = {
    "held": Where.HELD,
    "lot": Where.LOTS,
    "missing": Where.PAPER,
    "waiting": Where.PAPER,
    "unsettled": Where.SETTLE,
    "running": Where.WAVE,
    "silent": Where.PROGRESS,
    "copied": Where.LOTS,
    "twice": Where.LOTS,
    "uniform": Where.LOTS,
}


@dataclass(frozen=True)
class OpenMatter(Open):
    """A matter that is open, as a release knows it.

    blocks  no release that holds its forms is approved before it is decided, whatever the reason
    """

    blocks: bool = False

    @property
    def where(self) -> Where:
        """On which page somebody sees to it."""
        return PLACES.get(self.subject.partition(":")[0], Where.MATTERS)

    @property
    def is_plain(self) -> bool:
        """Whether the days of the wave say it already: the command tells it and goes on, the page asks."""
        return self.where is Where.WAVE

    @property
    def names(self) -> bool:
        """Whether it names somebody who asked or keyed: only who reviews, or approves, reads that."""
        return self.subject.startswith("pattern:")


def listed(session: Session, wave: Wave, patterns: Iterable[Pattern] | None = None) -> list[OpenMatter]:
    """What is open in a wave, that first which holds up an approval: forms held, floods and identical forms,
    patterns, proposals on lots, paper that is missing, waits to be keyed or to be settled,
    communes of the sample without an answer, forms of the wave before or all alike, a wave that still runs.

    patterns  as in `matters.matters`
    """
    names = in_each(lambda: pattern_words.names(session, wave))
    found = [
        OpenMatter(one.subject, in_each(partial(_title, one, names)), one.blocks_release)
        for one in matters.open_matters(session, wave, patterns)
    ]
    if questionnaires.by_digest(session, wave.questionnaire).population.in_field:
        found += [*_of_fieldwork(session, wave), *_of_sample(session, wave)]
    if dates.today() <= waves.asks_until(wave):
        found.append(OpenMatter("running", in_each(partial(_running, wave))))
    return sorted(found, key=lambda one: not one.blocks)


def at_freeze(session: Session, wave: Wave, release: Release) -> list[OpenMatter]:
    """What stood open when a release was frozen, as it stood then: it is about the forms that the release holds,
    whatever came since. What was explained meanwhile is no longer open."""
    known = {one.subject: one for one in matters.matters(session, wave, ())}
    explained = {one.subject for one in known.values() if one.state is MatterState.EXPLAINED}
    return [
        OpenMatter(row.subject, row.told, row.subject in known and known[row.subject].holds_up)
        for row in release_matters.passed(session, release)
        if row.step == "frozen" and row.subject not in explained
    ]


def _of_fieldwork(session: Session, wave: Wave) -> list[OpenMatter]:
    paper = accounting.total(accounting.lines(session, wave.code))
    differing = len(double_entry.to_settle(session, [wave.code]))
    to_key = paper.waiting - differing
    counts = (
        ("missing", paper.missing, partial(missing_sheets, paper)),
        ("waiting", to_key, partial(sheets_to_key, to_key, paper)),
        ("unsettled", differing, partial(sheets_to_settle, differing, paper)),
    )
    return [OpenMatter(subject, in_each(say)) for subject, count, say in counts if count > 0]


def _of_sample(session: Session, wave: Wave) -> list[OpenMatter]:
    people = sample(session, wave)
    communes = people.sampled or frozenset()
    found = []
    if len(people) and not communes <= set(people.unit.levels):
        reached = len(communes & {*people.unit.levels})
        found.append(OpenMatter("silent", in_each(partial(_silent, reached, len(communes)))))
    seen = repeated_forms.find(session, wave)
    say = {"copied": _copied, "twice": _twice, "uniform": _uniform}
    return found + [OpenMatter(kind, in_each(partial(say[kind], seen))) for kind in seen.kinds]


def _copied(seen: Repeated) -> str:
    return ngettext(
        "%(count)s of %(people)s forms is in every answer one of the same commune in “%(wave)s”",
        "%(count)s of %(people)s forms are in every answer one of the same commune in “%(wave)s”, as if that file "
        "had come again",
        seen.before,
        count=number(seen.before),
        people=number(seen.people),
        wave=seen.former.title if seen.former else "",
    )


def _twice(seen: Repeated) -> str:
    return ngettext(
        "%(count)s of %(people)s forms is in every answer another one of the same commune",
        "%(count)s of %(people)s forms are in every answer another one of the same commune, as if a file had come "
        "twice",
        seen.twice,
        count=number(seen.twice),
        people=number(seen.people),
    )


def _uniform(seen: Repeated) -> str:
    return ngettext(
        "%(count)s of %(people)s people gave the same answers to all questions of the index",
        "%(count)s of %(people)s people gave one and the same answers to all questions of the index",
        seen.alike,
        count=number(seen.alike),
        people=number(seen.people),
    )


def _silent(reached: int, sampled: int) -> str:
    return _(
        "Answers came from %(reached)s of %(sampled)s communes in the sample: the figures speak for these alone",
        reached=number(reached),
        sampled=number(sampled),
    )


def _running(wave: Wave) -> str:
    return _("The wave is open until %(day)s: these figures are not final", day=day(waves.asks_until(wave)))


def _title(matter: Matter, names: Mapping[str, Mapping[str, str]]) -> str:
    return matter_words.title(matter, names[language()])


def in_each(say: Callable[[], Said]) -> dict[str, Said]:
    """What is said, by language."""
    told = {}
    for code in LANGUAGES:
        with speaking(code):
            told[code] = say()
    return told


def missing_sheets(paper: accounting.Line) -> str:
    """Sheets that are not back, of those issued."""
    told = ngettext(
        "%(num)s of %(issued)s sheets issued is not back",
        "%(num)s of %(issued)s sheets issued are not back",
        paper.missing,
        issued=number(paper.issued),
    )
    if not paper.explained:
        return told
    return _("%(told)s; of %(explained)s sheets it is known why", told=told, explained=number(paper.explained))


def sheets_to_key(count: int, paper: accounting.Line) -> str:
    """Sheets that wait to be keyed, of those that came back."""
    return ngettext(
        "%(num)s of %(back)s sheets that came back is not keyed",
        "%(num)s of %(back)s sheets that came back are not keyed",
        count,
        back=number(paper.back),
    )


def sheets_to_settle(count: int, paper: accounting.Line) -> str:
    """Sheets whose two keyings differ, of those that came back."""
    return ngettext(
        "Two keyings of %(num)s sheet, of %(back)s that came back, differ and are not settled",
        "Two keyings of %(num)s sheets, of %(back)s that came back, differ and are not settled",
        count,
        back=number(paper.back),
    )
