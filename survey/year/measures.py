"""Measures: the one way to name a figure, whoever found it.

`survey:ITEM` and `leaders:ITEM` (one figure of the year's wave, as `hailong results --item` takes it),
`score:DOCUMENT[:PART]`, and of what others published `published:INDEX[:PART]`, `rank:INDEX`, `group:INDEX`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms import Questionnaire
from forms.scorecard import Scorecard
from survey.results import targets
from survey.storage.models import PublishedFigure, Response, ScoreKind, Wave
from survey.waves import questionnaires
from survey.year import published, scorecards, scores, survey_figures, year_waves
from survey.year.rows import Unfit
from survey.year.scores import PartValue
from translations import Lazy, NotFound
from translations import gettext as _
from translations.formats import interval, number, percent

SURVEYS = ("survey", "leaders")
PUBLISHED = ("published", "rank", "group")
Key = tuple[str, str | None]  # a measure's text, and of whom: a unit, or None for the province
Lines = Mapping[str, PartValue]  # a scorecard in a year, by part
Cards = dict[tuple[int, str, str | None], Lines]  # by year, document and unit
LOOK_BACK = 3  # years in which points lost are looked for: an index is published in the year after
PLACES, GROUPS = 100, 4  # no country of ours has more provinces; PAPI has four groups
# The indices that the country knows: their scale, and that of a numbered part, before any figure was entered.
SCALES = {"PAR_INDEX": ("points", 100.0), "SIPAS": ("percent", 100.0), "PAPI": ("points", 80.0)}
DIMENSION = ("points", 10.0)  # of PAPI


class Scale(StrEnum):
    """What a figure is counted in."""

    PERCENT = "percent"
    POINTS = "points"
    PLACE = "place"
    GROUP = "group"


@dataclass(frozen=True)
class Measure:
    """A figure's name in its parts. `code`: the item of a survey, the document, the index."""

    source: str
    code: str
    part: str = ""

    def __str__(self) -> str:
        return ":".join(filter(None, (self.source, self.code, self.part)))

    @property
    def of_people(self) -> bool:
        """Whether a survey tells it."""
        return self.source in SURVEYS


@dataclass(frozen=True)
class Figure:
    """What a measure is in a year. None where it isn't known, or hidden.

    low, high  of a survey and of parts measured by one; a figure that others published has none
    source     where it is from, in words
    wave       the survey's
    n          people who answered
    since      the day of the first of their answers
    measured   whether answers told it, or some of it, so that its interval judges
    lost       of a part of a scorecard: its maximum less its value, in the newest year that has one
    self_scored  whether an office's own score that nobody appraised gave it, or some of it
    value_of   of a component: whose value it is, official, assessed, measured or self
    """

    value: float | None
    scale: Scale
    low: float | None = None
    high: float | None = None
    max: float | None = None
    previous: float | None = None
    source: str = ""
    wave: Wave | None = None
    n: int | None = None
    since: date | None = None
    measured: bool = False
    lost: float | None = None
    self_scored: bool = False
    value_of: str = ""
    flags: tuple[str, ...] = ()


def parsed(text: str) -> Measure:
    """The measure of a text that was read before."""
    source, _colon, rest = text.partition(":")
    if source in SURVEYS:
        return Measure(source, rest)
    code, _colon, part = rest.partition(":")
    return Measure(source, code, part)


def read(session: Session, year: int, text: str) -> Measure:
    """The measure of a text; `Unfit` where nothing is called so."""
    measure = parsed(text)
    if measure.of_people:
        asked = _questionnaires(session, year, measure.source)
        if not any(targets.is_single(one, measure.code) for one in asked):
            raise Unfit(
                "measure",
                Lazy("Name one figure of the survey: survey:index, a part of it survey:index:CS, survey:C5=3."),
            )
    elif measure.source in PUBLISHED:
        _known(session, measure)
    elif measure.source == "score":
        if measure.part not in _card(session, year, measure).parts:
            raise Unfit("measure", Lazy("The scorecard has no such part. See: hailong scorecard show"))
    else:
        raise Unfit(
            "measure", Lazy("Begin with survey:, leaders:, score:, published:, rank: or group:, as in rank:PAPI.")
        )
    return measure


def _known(session: Session, measure: Measure) -> None:
    """Refuses what no figure and none of the three indices is called; a part, too, once parts are there."""
    parts = set(session.scalars(select(PublishedFigure.part).where(PublishedFigure.index == measure.code)))
    if not (parts or measure.code in SCALES):
        raise Unfit(
            "measure", Lazy("No published index is called so. Write PAR_INDEX, SIPAS or PAPI, or enter it first.")
        )
    if measure.part and (measure.source != "published" or (parts - {""} and measure.part not in parts)):
        raise Unfit("measure", Lazy("The index has no such part. See: hailong published list"))


def _card(session: Session, year: int, measure: Measure) -> Scorecard:
    try:
        return scores.version_of(session, year, measure.code)
    except NotFound as error:
        raise Unfit(
            "measure", Lazy("There is no scorecard with this code. See: hailong scorecard list")
        ) from error


def _with_part(session: Session, year: int, measure: Measure) -> Scorecard:
    """The document in the year's version or, if that lost the part after a duty named it, the last that had it."""
    card = _card(session, year, measure)
    versions = [one for one in scorecards.published(session) if one.code == card.code]
    return next(one for one in (card, *reversed(versions)) if measure.part in one.parts)


def _questionnaires(session: Session, year: int, source: str) -> Sequence[Questionnaire]:
    """What the year's wave asks, or, while none is named, what any of its kind may ask."""
    wave = year_waves.find(session, year, source)
    if wave is not None:
        return [questionnaires.by_digest(session, wave.questionnaire)]
    return _of_kind(session, source)


def _of_kind(session: Session, source: str) -> Sequence[Questionnaire]:
    return [one for one in reversed(questionnaires.published(session)) if one.population.survey == source]


def sensitive(session: Session, year: int, measure: Measure) -> bool:
    """Whether it rests on an item that is asked apart: harassment, money, and their kin."""
    if measure.source == "score":
        leaves = _with_part(session, year, measure).parts[measure.part].leaves
        return any(sensitive(session, year, parsed(str(one))) for leaf in leaves for one in leaf.measures)
    if not measure.of_people:
        return False
    item = measure.code.partition("=")[0]
    return any(
        (item in asked.items and asked.items[item].sensitive) or item in {line.item for line in asked.headlines}
        for asked in _questionnaires(session, year, measure.source)
    )


def rated(session: Session, year: int, measure: Measure) -> str:
    """Of whom it may be: any unit, the province alone, or (commune, office) units of a kind alone."""
    if measure.source == "score":
        return _card(session, year, measure).rates
    return "any" if measure.of_people else "province"


def bounds(session: Session, year: int, measure: Measure) -> tuple[Scale, float, float | None]:
    """What a value of it is counted in, the least and the most; None where the most isn't known."""
    if measure.of_people:
        return Scale.PERCENT, 0, 100
    if measure.source == "rank":
        return Scale.PLACE, 1, PLACES
    if measure.source == "group":
        return Scale.GROUP, 1, GROUPS
    if measure.source == "score":
        card = _with_part(session, year, measure)
        part = card.parts[measure.part]
        return Scale.POINTS, part.min, card.whole.max if part.max is None else part.max
    row = _newest(session, measure)
    if row is not None:
        return Scale(row.unit), 0, row.max
    unit, most = (
        DIMENSION if measure.part and measure.code == "PAPI" else SCALES.get(measure.code, ("points", None))
    )
    return Scale(unit), 0, most


def _newest(session: Session, measure: Measure) -> PublishedFigure | None:
    """The province's last figure of it that has a value, of whatever year."""
    figures = published.current(session, index=measure.code, place=published.own_place(session))
    return next((one for one in reversed(figures) if one.part == measure.part and one.value is not None), None)


def figure(session: Session, year: int, measure: Measure, unit: str | None = None) -> Figure | None:
    """What a measure is in a year, of a unit or (None) the province; None where there is nothing of it."""
    return figures(session, year, [(str(measure), unit)])[str(measure), unit]


def figures(session: Session, year: int, wanted: Iterable[Key]) -> dict[Key, Figure | None]:
    """The figures of measures and units; each scorecard is summed up once."""
    cards: Cards = {}
    found: dict[Key, Figure | None] = {}
    for key in wanted:
        measure, unit = parsed(key[0]), key[1]
        if measure.of_people:
            found[key] = _of_survey(session, year, measure, unit)
        elif measure.source == "score":
            found[key] = _of_score(session, year, measure, unit, cards)
        else:
            found[key] = _published(session, year, measure) if unit is None else None
    return found


def _published(session: Session, year: int, measure: Measure) -> Figure | None:
    row = published.find(session, year, published.own_place(session), measure.code, measure.part)
    if row is None:
        return None
    column = {"published": "value", "rank": "rank", "group": "group"}[measure.source]
    former = published.year_before(session, row)
    return Figure(
        value=getattr(row, column),
        scale=Scale(row.unit) if column == "value" else Scale.PLACE if column == "rank" else Scale.GROUP,
        max=row.max if column == "value" else row.of if column == "rank" else GROUPS,
        previous=None if former is None else getattr(former, column),
        source=row.source,
    )


def _of_score(
    session: Session,
    year: int,
    measure: Measure,
    unit: str | None,
    cards: dict[tuple[int, str, str | None], Lines],
) -> Figure | None:
    """The points of a part. Where answers gave any of them, its interval is known only if they gave all."""
    line = _part(session, year, measure, unit, cards)
    if line is None:
        return None
    lines = cards[year, measure.code, unit]
    given = {lines[leaf.code].value_of for leaf in line.part.leaves}
    limits = (line.low, line.high) if given == {scores.MEASURED} else (None, None)
    lost = line.lost
    for former in range(year - 1, year - 1 - LOOK_BACK, -1):
        before = _part(session, former, measure, unit, cards) if lost is None else None
        lost = before.lost if before is not None else lost
    return Figure(
        line.value,
        Scale.POINTS,
        *limits,
        max=line.part.max,
        previous=line.previous,
        source=line.score.evidence if line.score else "",
        measured=scores.MEASURED in given,
        lost=lost,
        self_scored=ScoreKind.SELF in given,
        value_of=line.value_of or "",
        flags=line.flags,
    )


def _part(
    session: Session,
    year: int,
    measure: Measure,
    unit: str | None,
    cards: dict[tuple[int, str, str | None], Lines],
) -> PartValue | None:
    key = year, measure.code, unit
    if key not in cards:
        cards[key] = {line.part.code: line for line in scores.lines(session, year, measure.code, unit)}
    return cards[key].get(measure.part)


def _of_survey(session: Session, year: int, measure: Measure, unit: str | None) -> Figure | None:
    record, wave = survey_figures.estimate(session, year, measure.source, measure.code, unit)
    if wave is None:
        return None
    since = targets.first_answer(survey_figures.shown(session, wave))
    if record is None or record.estimate is None:
        return Figure(None, Scale.PERCENT, source=wave.code, wave=wave, since=since, measured=True)
    low, high = (None if one is None else 100 * one for one in (record.low, record.high))
    return Figure(
        100 * record.estimate,
        Scale.PERCENT,
        low,
        high,
        max=100,
        source=wave.code,
        wave=wave,
        n=record.n,
        since=since,
        measured=True,
        flags=(*record.flags, *(("simulated",) if wave.simulated else ())),
    )


def is_there(session: Session, year: int, measure: Measure, unit: str | None = None) -> bool:
    """Whether somebody could know the figure already: an answer came in, or a value stands."""
    if measure.of_people:
        wave = year_waves.find(session, year, measure.source)
        query = select(Response.id).where(Response.wave == wave.code).limit(1) if wave else None
        return query is not None and session.scalar(query) is not None
    found = figure(session, year, measure, unit)
    return found is not None and found.value is not None


def name(session: Session, year: int, measure: Measure) -> str:
    """A measure in words."""
    if measure.of_people:
        # The wave may have been named after a duty on what it doesn't ask: another of its kind does.
        asking = (*_questionnaires(session, year, measure.source), *_of_kind(session, measure.source))
        asked = next(one for one in asking if targets.is_single(one, measure.code))
        words = targets.name_of(asked, measure.code)
        return _("Survey of leaders: %(name)s", name=words) if measure.source == "leaders" else words
    if measure.source == "score":
        card = _with_part(session, year, measure)
        return f"{measure.part} {card.parts[measure.part].label}" if measure.part else str(card.title)
    index = measure.code.replace("_", " ") + (f" {measure.part}" if measure.part else "")
    if measure.source == "rank":
        return _("Rank in %(index)s", index=index)
    return _("Group in %(index)s", index=index) if measure.source == "group" else index


def offered(session: Session, year: int) -> dict[str, list[Key]]:
    """What a duty can be about, as (measure, name), under the name of its source."""
    groups: dict[str, list[Key]] = {}
    for source, heading in (("survey", _("Survey of citizens")), ("leaders", _("Survey of leaders"))):
        asked = _questionnaires(session, year, source)
        named = {f"{source}:{code}": words for one in asked for code, words in targets.offered(one)}
        groups[heading] = [*named.items()]
    for code in dict.fromkeys(card.code for card in scorecards.published(session)):
        card = scores.version_of(session, year, code)
        texts = [str(Measure("score", code, part)) for part in card.parts]
        groups[str(card.title)] = [(text, name(session, year, parsed(text))) for text in texts]
    figures = published.current(session, place=published.own_place(session))
    known = dict.fromkeys([*SCALES, *(one.index for one in figures)])
    for heading, source in ((_("Published rank"), "rank"), (_("Published group"), "group")):
        texts = [f"{source}:{index}" for index in known]
        groups[heading] = [(text, name(session, year, parsed(text))) for text in texts]
    parts = dict.fromkeys([*((index, "") for index in known), *((one.index, one.part) for one in figures)])
    texts = [str(Measure("published", *part)) for part in sorted(parts)]
    groups[_("Published value")] = [(text, name(session, year, parsed(text))) for text in texts]
    return {heading: options for heading, options in groups.items() if options}


def written(value: float | None, scale: Scale) -> str:
    """A value in its unit: 90,12%, 2,57 điểm, hạng 4, nhóm 1."""
    if scale is Scale.PERCENT:
        return percent(None if value is None else value / 100)
    if scale is Scale.POINTS:
        return _("%(value)s points", value=number(value, 2))
    words = number(value)
    return _("place %(rank)s", rank=words) if scale is Scale.PLACE else _("group no. %(group)s", group=words)


def limits(low: float, high: float, scale: Scale) -> str:
    """The limits of a value, in its unit."""
    return interval(low / 100, high / 100) if scale is Scale.PERCENT else f"{number(low, 2)}–{number(high, 2)}"


def short(measure: Measure) -> str:
    """A part of a scorecard as it is called beside what is to be done for it: criterion 7.2."""
    return _("criterion %(part)s", part=measure.part) if measure.part else measure.code


def wanted(value: float, scale: Scale, at_most: bool) -> str:
    """What a figure is to reach, in words."""
    words = written(value, scale)
    return _("at most %(share)s", share=words) if at_most else _("at least %(share)s", share=words)
