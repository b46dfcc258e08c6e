"""What a release says beside the one that others know, or, of a wave's first, beside the wave before: its headline
figures, and where it differs and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.contrast import NOTHING
from analysis.design import Labels
from survey.responses import lot_steps
from survey.responses.columns import Ids, packed, places
from survey.responses.left_out import rejected
from survey.responses.respondents import Respondents, sample
from survey.results import releases, result_table, since, standing_words, wording
from survey.results.comparison import Change, Comparison
from survey.results.result_table import Record
from survey.storage.models import LotStep, LotStepKind, Response, Review, ReviewState, Unit, Wave, WaveKind
from survey.waves import units, waves
from translations import gettext as _
from translations import ngettext
from translations.formats import number, order, points

Figures = Sequence[Record]
DECIMALS = 1  # of a headline figure in percent, on the pages of a release


@dataclass(frozen=True)
class Headline:
    """A headline figure of a release; `old` that of the one before it, None where that has none.

    since  how it changed since the wave before, where that is released
    """

    name: str
    new: Record
    old: Record | None
    since: Change | None = None

    @property
    def moved(self) -> str:
        """How far it is from the one before, in points, between the two as they are written; empty where either is
        hidden or missing."""
        if self.old is None or _untold(self.old) or _untold(self.new):
            return ""
        then, now = self.old.estimate or 0.0, self.new.estimate or 0.0
        if (by := round(100 * now, DECIMALS) - round(100 * then, DECIMALS)) != 0:
            return points(by / 100, DECIMALS)
        if abs(now - then) < NOTHING:
            return _("no change")
        return _("less than %(least)s points", least=number(10**-DECIMALS, DECIMALS))


@dataclass(frozen=True)
class UnitChange:
    """A commune of which a release rests on other forms; `why` they came and went.

    old, new  its first headline figure; None where the table has none
    few       so few that whoever has both releases can tell what these people answered
    """

    unit: Unit
    came: int
    went: int
    why: tuple[str, ...]
    old: Record | None
    new: Record | None
    few: bool


@dataclass(frozen=True)
class Changes:
    """What a release has otherwise than the one that others know.

    former     that one's number; None of a first release
    since      the wave before, where its figures stand beside those of a first release
    units      by name; `alike` is how many others rest on the same forms
    concluded  communes of which something else is concluded, with the words of before and of now
    waiting    communes whose few changed forms wait for more
    reweighed  whether forms that stayed weigh otherwise, or count in another village or stratum, which moves every
               figure; a newer version of the weights that leaves theirs as they were does not
    """

    headlines: tuple[Headline, ...]
    former: int | None
    since: Wave | None
    units: tuple[UnitChange, ...]
    alike: int
    concluded: tuple[tuple[Unit, str, str], ...]
    waiting: tuple[tuple[Unit, int], ...]
    reweighed: bool

    @property
    def is_same(self) -> bool:
        """Whether it is of the same forms as the one before, with the same weights: every figure is the same."""
        return self.former is not None and not self.units and not self.reweighed


def gather(session: Session, people: Respondents, number: int | None = None) -> Changes:
    """What is told of these people's figures to whoever takes a step.

    people  of a release (`number`), or whose forms would be frozen (`releases.candidate`)
    """
    wave = people.wave
    release = None if number is None else releases.find(session, wave.code, number)
    known = releases.newest_approved(session, wave.code) if release is None else releases.before(session, release)
    former = None if known is None else sample(session, waves.find(session, wave.code), known)
    new, old = _by_unit(session, people), {} if former is None else _by_unit(session, former)
    changed = [] if former is None else _units(session, former, people, old, new)
    # All that the report compares, since the word of one line depends on which stand with it.
    told = since.gather(session, people) if former is None else None
    return Changes(
        headlines=_headlines(session, former, people, told.whole if told else None),
        former=None if known is None else known.number,
        since=told.former if told and told.whole else None,
        units=tuple(changed),
        alike=len({*new} - {one.unit.code for one in changed}),
        concluded=tuple(_concluded(session, old, new)),
        waiting=tuple(
            (units.find(session, one.unit), one.came + one.went)
            for one in releases.changed(people, sample(session, waves.find(session, wave.code)))
        ),
        reweighed=former is not None and _reweighed(former, people),
    )


def _reweighed(old: Respondents, new: Respondents) -> bool:
    """Whether a form that both hold counts otherwise than before."""
    at = places(new.responses.ids[new.rows], old.responses.ids[old.rows])
    stayed = at >= 0
    at = at[stayed]
    if not np.array_equal(new.weight[stayed], old.weight[at]):
        return True
    return any(
        _named(now)[stayed].tolist() != _named(then)[at].tolist()
        for now, then in ((new.psu, old.psu), (new.stratum, old.stratum))
    )


def _named(labels: Labels) -> NDArray[Any]:
    """(N,) the label of each, None for a blank."""
    return np.array([*map(str, labels.levels), None], object)[labels.codes]


def _asked(people: Respondents) -> dict[str, str]:
    """The headline figures by the text that asks for each, and their names: the index, its areas, what is rare."""
    asked = people.questionnaire
    index = asked.index
    codes = ["index", *(f"index:{area.code}" for area in index.areas)] if index else []
    named = {code: str(index.label(code)) for code in codes} if index else {}
    return named | {f"{one.item}={one.value}": str(one.name) for one in asked.headlines}


def _headlines(
    session: Session, former: Respondents | None, people: Respondents, compared: Comparison | None
) -> tuple[Headline, ...]:
    asked = _asked(people)
    new, old = (
        {} if one is None else {_text(record): record for record in _released(session, one, (*asked,))}
        for one in (people, former)
    )
    change = {} if compared is None else {_text(one): one for one in compared.changes}
    return tuple(
        Headline(name, new[text], old.get(text), change.get(text)) for text, name in asked.items() if text in new
    )


def _text(one: Record | Change) -> str:
    return one.item if one.value is None else f"{one.item}={one.value}"


def _released(
    session: Session, people: Respondents, items: tuple[str, ...], by: tuple[str, ...] = ()
) -> tuple[Record, ...]:
    return result_table.released(session, people, items, by, None)


def _by_unit(session: Session, people: Respondents) -> dict[str, Record]:
    """The first headline figure of each commune; none where people rate units."""
    first = next(iter(_asked(people)), None)
    if first is None or people.questionnaire.population.rates_units:
        return {}
    return {str(one.domain): one for one in _released(session, people, (first,), ("unit",))}


def _units(
    session: Session, old: Respondents, new: Respondents, before: dict[str, Record], after: dict[str, Record]
) -> list[UnitChange]:
    why = _reasons(session, old, new)
    found = [
        UnitChange(
            unit=units.find(session, one.unit),
            came=one.came,
            went=one.went,
            why=why.get(one.unit, ()),
            old=before.get(one.unit),
            new=after.get(one.unit),
            few=new.wave.kind is WaveKind.SAMPLE and one.came + one.went < releases.NEW_ANSWERS,
        )
        for one in releases.changed(old, new)
    ]
    return sorted(found, key=lambda one: order(one.unit.name))


def _reasons(session: Session, old: Respondents, new: Respondents) -> dict[str, tuple[str, ...]]:
    """By commune, why forms came in and went out."""
    code = new.wave.code
    steps = session.execute(select(LotStep.lot, LotStep.step).where(LotStep.wave == code)).all()
    back = {lot for lot, step in steps if step is LotStepKind.BACK} - lot_steps.aside(session, code)
    gone = rejected(session, code)
    reviewed = session.scalars(
        select(Review.response).where(Review.wave == code, Review.state == ReviewState.REJECTED)
    )
    taken = packed(sorted(set(reviewed) - gone))
    told = {
        "came": ((_in_lots(session, back), _lots_back), (taken, _accepted), (None, _added)),
        "went": (
            (_in_lots(session, lot_steps.aside(session, code)), _set_aside),
            (packed(sorted(gone)), _rejected),
            (None, _left),
        ),
    }
    words: dict[str, tuple[str, ...]] = {}
    for way, (one, other) in (("came", (new, old)), ("went", (old, new))):
        ids = one.responses.ids[one.rows]
        left = places(ids, other.responses.ids[other.rows]) < 0
        for among, say in told[way]:
            here = left if among is None else left & (places(ids, among) >= 0)
            left = left & ~here
            counts = np.bincount(one.unit.codes[here], minlength=len(one.unit.levels))
            for unit, count in zip(one.unit.levels, counts.tolist(), strict=True):
                if count:
                    words[str(unit)] = (*words.get(str(unit), ()), say(count))
    return words


def _in_lots(session: Session, lots: Iterable[int]) -> Ids:
    """The forms of these lots, sorted."""
    numbers = list(lots)
    return packed(sorted(session.scalars(select(Response.id).where(Response.lot.in_(numbers)))) if numbers else [])


def _concluded(
    session: Session, old: dict[str, Record], new: dict[str, Record]
) -> Iterable[tuple[Unit, str, str]]:
    for unit, now in new.items():
        then = old.get(unit)
        if then is not None and then.standing != now.standing:
            yield units.find(session, unit), _standing(then), _standing(now)


def _standing(record: Record) -> str:
    if wording.is_hidden(record):
        return wording.figure(record)
    return standing_words.standing(record.standing) if record.standing else _("nothing is concluded")


def _untold(record: Record) -> bool:
    return wording.is_hidden(record) or record.estimate is None


def _added(count: int) -> str:
    return ngettext("%(num)s form that came since", "%(num)s forms that came since", count)


def _lots_back(count: int) -> str:
    return ngettext("%(num)s form of a lot taken back", "%(num)s forms of lots taken back", count)


def _accepted(count: int) -> str:
    return ngettext("%(num)s form accepted after all", "%(num)s forms accepted after all", count)


def _set_aside(count: int) -> str:
    return ngettext("%(num)s form of a lot set aside", "%(num)s forms of lots set aside", count)


def _rejected(count: int) -> str:
    return ngettext("%(num)s form rejected in the review", "%(num)s forms rejected in the review", count)


def _left(count: int) -> str:
    return ngettext("%(num)s form left out", "%(num)s forms left out", count)


def sentence(changes: Changes) -> str:
    """What outsiders read first: the first figure with its interval and base, and how it changed."""
    first = next(iter(changes.headlines), None)
    if first is None:
        return ""
    words = f"{first.name} {wording.sentence(first.new, 1)}"
    if first.since is None or first.since.difference is None or changes.since is None:
        return f"{words}."
    return _(
        "%(figure)s; since %(wave)s %(change)s (%(limits)s): %(verdict)s.",
        figure=words,
        wave=changes.since.title,
        change=wording.change(first.since.difference),
        limits=wording.change_limits(first.since.difference),
        verdict=standing_words.movement(first.since.verdict or "not_apart"),
    )


def came_in(changes: Changes) -> str:
    """Why a release replaces the one before, in one sentence for outsiders; empty of a first one."""
    if changes.former is None:
        return ""
    forms = sum(one.came + one.went for one in changes.units)
    if not forms:
        return _("It replaces release %(number)s and rests on the same forms.", number=changes.former)
    return ngettext(
        "It replaces release %(number)s: %(forms)s forms of %(num)s commune came in or went out.",
        "It replaces release %(number)s: %(forms)s forms of %(num)s communes came in or went out.",
        len(changes.units),
        number=changes.former,
        forms=number(forms),
    )
