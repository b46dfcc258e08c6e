"""The figures of the year's document: what others published, where points were lost, what one's own survey found.

Published and own figures are lines of their own, each with its source or its interval; none is computed from both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis import Estimate
from forms.scorecard import Scorecard
from survey.results import release_words, releases, targets, wording
from survey.storage.models import Duty, PublishedFigure, Score, Wave, YearRole
from survey.waves import questionnaires
from survey.year import duties, published, scorecards, scores, survey_figures, year_waves
from survey.year.document_lines import Line, index_name, part_name
from survey.year.scores import PartValue
from translations import gettext as _

DIMENSION = re.compile(r"[0-9]+")


def indices(session: Session, year: int) -> list[Line]:
    """The published indices of the province, PAR INDEX, SIPAS and PAPI first, each above the means of all."""
    place, figures = published.own_place(session), published.current(session, year=year)
    marks = published.flags(figures)
    wholes = [one for one in figures if not one.part]
    own = sorted((one for one in wholes if one.place == place), key=lambda one: published.index_order(one.index))
    lines = []
    for one in own:
        lines.append(_published(session, "indices", one, index_name(one.index), marks.get(one.id, ())))
        if one.group is not None:
            label = _("Group in %(index)s", index=index_name(one.index))
            lines.append(
                Line("indices", f"group:{one.index}", label, one.group, "group", max=4, source=one.source)
            )
        for other in wholes:
            if other.index == one.index and other.place != place:
                label = f"{index_name(one.index)}, {other.place}"
                lines.append(_published(session, "indices", other, label, (), f"@{other.place}"))
    return lines


def missing(session: Session, year: int) -> list[str]:
    """Of PAR INDEX, SIPAS and PAPI those of which nothing is entered for a year."""
    place = published.own_place(session)
    return [index for index in published.MAIN if published.find(session, year, place, index) is None]


def lost(session: Session, year: int) -> list[Line]:
    """The parts of the province's scorecards by points lost, the most first; below them each whole."""
    parts, wholes = [], []
    answering = duties.responsible(session, year + 1) | duties.responsible(session, year)
    for card in cards(session, year):
        values = scores.lines(session, year, card.code)
        leaves = [value for value in values if not value.part.parts]
        for value in values:
            if value.part.level == 0:
                wholes.append(_whole(card, value, leaves))
            elif not value.part.parts and value.value is not None:
                parts.append(_part(card, value, answering.get((f"score:{card.code}:{value.part.code}", None))))
    return [*sorted(parts, key=lambda line: -(line.lost or 0)), *wholes]


def cards(session: Session, year: int) -> list[Scorecard]:
    """The documents that rate the province and of which the year has a value, each in the version that it uses."""
    scored = set(session.scalars(select(Score.scorecard).where(Score.year == year)))
    roles = {role.value for role in YearRole if year_waves.find(session, year, role) is not None}
    found = {}
    for card in scorecards.published(session):
        measured = any(measure.source in roles for leaf in card.whole.leaves for measure in leaf.measures)
        if card.rates == "province" and (card.digest in scored or measured):
            found[card.code] = scores.version_of(session, year, card.code)
    return list(found.values())


def survey(session: Session, year: int) -> list[Line]:
    """The published parts of SIPAS; and, another survey, what the province's own found."""
    place = published.own_place(session)
    parts = [one for one in published.current(session, year, "SIPAS", place) if one.part]
    lines = [_published(session, "survey", one, part_name("SIPAS", one.part, one.note), ()) for one in parts]
    wave = year_waves.find(session, year, YearRole.SURVEY)
    return lines if wave is None else [*lines, *_own(session, wave)]


def papi(session: Session, year: int) -> list[Line]:
    """The dimensions of PAPI, the lowest share of the ceiling first."""
    figures = published.current(session, year, "PAPI", published.own_place(session))
    lines = [
        _published(session, "papi", one, part_name("PAPI", one.part, one.note), ())
        for one in figures
        if DIMENSION.fullmatch(one.part)
    ]
    return sorted(lines, key=lambda line: (line.share is None, line.share or 0))


def _published(
    session: Session, section: str, figure: PublishedFigure, label: str, flags: Iterable[str], of: str = ""
) -> Line:
    """A figure as it was published; `of`: where it isn't the province's."""
    former, there = published.year_before(session, figure), published.is_published(figure)
    return Line(
        section,
        ":".join(filter(None, ("published", figure.index, figure.part))) + of,
        label,
        figure.value,
        figure.unit,
        max=figure.max,
        previous=former.value if former else None,
        change=published.change(session, figure),
        rank=figure.rank,
        of=figure.of,
        state="published" if there else "not_published",
        source=figure.source,
        flags=tuple(flags),
        note=figure.note,
    )


def _part(card: Scorecard, value: PartValue, duty: Duty | None) -> Line:
    """A component; a measured one with its interval, and its caution as the words of its source."""
    score, measured = value.score, value.value_of == scores.MEASURED
    proof = (score.evidence or score.explanation) if score else ""
    waves = value.measured.waves if measured and value.measured else ()
    known = value.previous is not None and value.value is not None
    return Line(
        "lost",
        f"score:{card.code}:{value.part.code}",
        f"{value.part.code} {value.part.label}",
        value.value,
        "points",
        low=value.low if measured else None,
        high=value.high if measured else None,
        max=value.part.max,
        previous=value.previous,
        change=round(value.value - value.previous, 6) if known else None,  # type: ignore[operator]
        office=duty.office if duty else None,
        head=duty.head if duty else "",
        deadline=duty.deadline if duty else None,
        state=value.value_of or "",
        source=proof or _("%(waves)s; %(caution)s", waves=", ".join(w.title for w in waves), caution=card.caution),
        flags=value.flags,
        note=str(card.caution) if measured else "",
    )


def _whole(card: Scorecard, value: PartValue, leaves: Sequence[PartValue]) -> Line:
    """A scorecard as a whole: no sum while anything of it is unknown.

    It has an interval where surveys gave all of it, and the caution where they gave any.
    """
    unknown = sum(leaf.value is None for leaf in leaves)
    measured = [leaf for leaf in leaves if leaf.value_of == scores.MEASURED]
    limits = (value.low, value.high) if len(measured) == len(leaves) else (None, None)
    why = _("Parts without a known value: %(count)s", count=unknown) if unknown else _("Its maximum is not known")
    return Line(
        "lost",
        f"score:{card.code}",
        str(card.title),
        value.value,
        "points",
        *limits,
        max=value.part.max,
        previous=value.previous,
        source=card.source,
        flags=value.flags,
        note=why if value.value is None else str(card.caution) if measured else "",
    )


def _own(session: Session, wave: Wave) -> list[Line]:
    """The index, its areas and the headlines of a survey; a figure that is hidden has no value."""
    asked = questionnaires.by_digest(session, wave.questionnaire)
    items = ["index", *(f"index:{area.code}" for area in asked.index.areas)] if asked.index else []
    items += [f"{one.item}={one.value}" for one in asked.headlines]
    found = survey_figures.estimates(session, wave, items)
    source = wave_source(session, wave)
    return [_estimate(wave, item, targets.name_of(asked, item), found.get(item), source) for item in items]


def _estimate(wave: Wave, item: str, label: str, record: Estimate | None, source: str) -> Line:
    value, low, high = (
        None if record is None or one is None else 100 * one
        for one in ((record.estimate, record.low, record.high) if record else (None, None, None))
    )
    return Line(
        "survey",
        f"survey:{item}",
        label,
        value,
        "percent",
        low,
        high,
        max=100,
        state="measured",
        source=source if record is None else f"{source}; {wording.people(record.n)}",
        flags=(*(record.flags if record else ("hidden",)), *(("simulated",) if wave.simulated else ())),
    )


def wave_source(session: Session, wave: Wave) -> str:
    """Which data of a wave a figure rests on."""
    shown = releases.newest_public(session, wave.code)
    if shown.release is None:
        return _("%(wave)s, which %(why)s", wave=wave.title, why=release_words.unshown(shown.withdrawn))
    return _("%(wave)s, release %(number)s", wave=wave.title, number=shown.release.number)
