"""Whether answers differ by who asked or who keyed. Never an accusation: people work in different villages."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis import Estimate, Measure, against_rest, estimate
from analysis.contrast import Group
from analysis.design import Floats, Labels
from analysis.interviewer_effects import Effect, between, beyond
from survey.responses.respondents import Respondents, sample
from survey.results import result_table, scores, verdicts
from survey.results.scores import MeasureRequest
from survey.storage.models import Batch, Keying, Sheet, Wave
from translations.formats import order

FEWEST = 10  # forms of a person: below, no difference is told
BLANK = "blank"


@dataclass(frozen=True)
class Shared:
    """Of one figure: how much of its differences goes with the person who asked or keyed.

    all    of the differences between people's answers, those between villages among them
    beyond of the differences between villages: what one who works in one village alone can't be told from
    """

    code: str
    label: str
    all: Effect
    beyond: Effect


@dataclass(frozen=True)
class Told:
    """A figure of a person's forms, and the word of its difference from all others' (`verdicts`), of all people
    together; signs of one are no reason to speak of a person."""

    record: Estimate
    group: Group | None


@dataclass(frozen=True)
class Worker:
    """A person who asked or keyed; figures are None with too few forms."""

    name: str
    forms: int
    villages: int
    index: Told | None
    blank: Told | None


@dataclass(frozen=True)
class Effects:
    """Of all interviewers, or of all keyers."""

    shares: list[Shared]
    workers: list[Worker]


def interviewers(session: Session, wave: Wave) -> Effects:
    """By who had the batch that a form came in."""
    rows = session.execute(
        select(Sheet.response, Batch.interviewer)
        .join(Batch, Batch.code == Sheet.batch)
        .where(Batch.wave == wave.code, Sheet.response.is_not(None), Batch.interviewer.is_not(None))
    )
    return _effects(
        sample(session, wave), {response: name for response, name in rows if response is not None and name}
    )


def keyers(session: Session, wave: Wave) -> Effects:
    """By who keyed a form first; what a scanner read has no keyer."""
    rows = session.execute(
        select(Sheet.response, Keying.keyer)
        .join(Keying, Keying.sheet == Sheet.serial)
        .join(Batch, Batch.code == Sheet.batch)
        .where(Batch.wave == wave.code, Sheet.response.is_not(None), Keying.turn == 1, Keying.source == "person")
    )
    return _effects(
        sample(session, wave), {response: name for response, name in rows if response is not None and name}
    )


def _effects(people: Respondents, by: dict[UUID, str]) -> Effects:
    names = sorted(set(by.values()), key=order)
    place = {name: at for at, name in enumerate(names)}
    codes = np.full(len(people) + 1, -1, np.int64)  # the last one is for those who are not in the sample
    codes[people.place_of(by)] = [place[name] for name in by.values()]
    who = Labels(list(names), codes[:-1])
    names = [name for name in names if who.having(name).any()]
    if not names:
        return Effects([], [])
    measured = _measures(people)
    shares = [Shared(code, label, *_effect(people, measure, who)) for code, label, measure in measured]
    return Effects(shares, _workers(people, who, names, [measure for _code, _label, measure in measured]))


def _measures(people: Respondents) -> list[tuple[str, str, Measure]]:
    """The index and its areas, the headlines, and the share of questions left blank: code, name, figures."""
    questionnaire = people.questionnaire
    rule = scores.scoring_rule(questionnaire, None)
    measures: list[tuple[str, str, Measure]] = []
    index = questionnaire.index
    if index is not None:
        for code in ("index", *(f"index:{area.code}" for area in index.areas)):
            measures.append((code, str(index.label(code)), scores.measures(people, MeasureRequest(code), rule)[0]))
    for headline in questionnaire.headlines:
        request = MeasureRequest(headline.item, (headline.value,))
        measures.append((headline.item, str(headline.name), scores.measures(people, request, rule)[0]))
    questions, blank = np.zeros(len(people)), np.zeros(len(people))
    for item in questionnaire.items.values():
        if item.kind.is_estimated:
            column = people.answers(item)
            questions += column.asked
            blank += column.asked & ~column.given
    measures.append((BLANK, "", Measure.numbers(BLANK, None, "ratio", blank, questions)))
    return measures


def _effect(people: Respondents, measure: Measure, who: Labels) -> tuple[Effect, Effect]:
    value = _of_each(measure)
    return between(value, who), beyond(value, who, people.psu)


def _of_each(measure: Measure) -> Floats:
    """(N,) the figure of each person, NaN where there is none."""
    score, base, answered = measure.by_row()
    with np.errstate(all="ignore"):
        return np.where(answered, score / base, np.nan)


def _workers(people: Respondents, who: Labels, names: list[str], measures: list[Measure]) -> list[Worker]:
    """Of the index and of the blanks alone: a sensitive answer is never told by the person who asked."""
    forms = {name: int(who.having(name).sum()) for name in names}
    busy = [name for name in names if forms[name] >= FEWEST] if len(names) > 1 else []
    design = result_table.design(people, "centered")
    figures: dict[str, dict[str, Told]] = {"index": {}, BLANK: {}}
    for measure in measures:
        if busy and measure.item in figures:
            tests = against_rest(design, [measure], who, domains=names)
            of_busy = [one for one in tests if one.to in busy]
            own = {one.domain: one for one in estimate(design, [measure], who, domains=names, variance="auto")}
            for one, group in zip(of_busy, verdicts.concluded(people.wave, of_busy), strict=True):
                sure = "not_apart" if group in ("signs_above", "signs_below") else group
                figures[measure.item][str(one.to)] = Told(own[one.to], sure)
    villages = {name: len(set(people.psu[who.having(name)])) for name in names}
    told = [(figures["index"].get(name), figures[BLANK].get(name)) for name in names]
    return [Worker(name, forms[name], villages[name], *own) for name, own in zip(names, told, strict=True)]
