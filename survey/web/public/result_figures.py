"""The figures of a release as everybody reads them, gathered once: records of its released tables alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from analysis import Estimate
from analysis.contrast import Group
from survey.responses.respondents import sample
from survey.results import commune_tiles, releases, series, since, standing_words, summary, timeline, wording
from survey.results.commune_tiles import Grid, Tile
from survey.results.comparison import Change
from survey.results.series import Point
from survey.results.since import Since
from survey.results.summary import Line, Summary, UnitLine
from survey.results.timeline import Timeline
from survey.storage.database import Database
from survey.storage.models import PublishedFigure, Release, Wave, WaveKind
from survey.system import cache, dates
from survey.system.cache import FIGURE_BYTES, cached, database_key
from survey.waves import waves
from survey.web.staff.results.outline import parts_of
from survey.year import published
from translations import LANGUAGES, Refusal, language, speaking
from translations import gettext as _
from translations.formats import order

ENDS = 3  # items at each end
MOST_WARM = 4  # waves whose figures are gathered before anybody asks
SOON, PAUSE = 10.0, 60.0  # seconds before the first look, and between two
GROUPS: tuple[Group, ...] = ("below", "signs_below", "not_apart", "signs_above", "above")


@dataclass(frozen=True)
class Shown:
    """A figure with its change since the wave before, where that one is released too. `level`: of the index."""

    code: str
    name: str
    record: Estimate
    change: Change | None
    bad: bool = False
    level: str = ""


@dataclass(frozen=True)
class Figures:
    """What the page of a release shows.

    heads    the index, then the headlines         parts    areas, factors and items in the order of the index
    groups   the communes by their standing, in each the lowest first; empty in an open wave
    since    the wave before, if it is released    chart    the index over the years, of released waves alone
    """

    summary: Summary
    release: Release
    since: Since | None
    heads: tuple[Shown, ...]
    parts: tuple[Shown, ...]
    groups: dict[Group, tuple[UnitLine, ...]]
    grid: Grid | None
    tiles: dict[str, Tile]
    chart: Timeline | None
    points: tuple[Point, ...]
    cited: tuple[PublishedFigure, ...]

    @property
    def keys(self) -> dict[str, str]:
        """What each mark of the chart means."""
        own = self.summary.index.estimate if self.summary.index else None
        interval = wording.interval_name(own) if own else ""
        words = {
            "own": _("own survey, vertical line: %(interval)s", interval=interval[:1].lower() + interval[1:]),
            "published": _("published by the Ministry of Home Affairs (SIPAS)"),
        }
        return {kind: text for kind, text in words.items() if self.chart and kind in self.chart.kinds}

    @property
    def items(self) -> list[Shown]:
        """The items that are seen, the lowest first."""
        seen = [one for one in self.parts if one.level == "item" and one.record.estimate is not None]
        return sorted(seen, key=lambda one: one.record.estimate or 0.0)

    @property
    def ends(self) -> tuple[list[Shown], list[Shown]]:
        """The items at both ends, where there are enough to speak of ends, and each interval of one end lies below
        each of the other: else the sample can't tell which are which."""
        items = self.items
        low, high = items[:ENDS], items[: -ENDS - 1 : -1]
        if len(items) <= 3 * ENDS or max(_most(one) for one in low) >= min(_least(one) for one in high):
            return [], []
        return low, high


def _least(one: Shown) -> float:
    return 0.0 if one.record.low is None else one.record.low


def _most(one: Shown) -> float:
    return 1.0 if one.record.high is None else one.record.high


def state(session: Session, wave: Wave, release: Release) -> tuple[object, ...]:
    """What tells one page from another: a release never changes, but those of waves beside it may be approved or
    withdrawn meanwhile, and figures published. Whichever process did so, the next one who asks is told."""
    beside = releases.states(session)
    cited = tuple(one.id for one in published.beside(session, "index"))
    return database_key(session), wave.code, release.id, beside, cited, wave.title, language(), dates.today()


@cached(state, lambda made: FIGURE_BYTES * (len(made.parts) + len(made.tiles) + 200))
def gather(session: Session, wave: Wave, release: Release) -> Figures:
    """All that the page of an approved release shows, in the language of the moment."""
    figures = summary.gather(session, wave.code, release=release)
    told = since.gather(session, sample(session, wave, release))
    lines = told.whole.changes if told and told.whole else ()
    changes = {(one.item, one.value): one for one in lines}
    of_items = {one.item: one for one in lines}
    index = (
        [Shown("index", figures.index.label, figures.index.estimate, of_items.get("index"))]
        if figures.index
        else []
    )
    headlines = [
        Shown(one.code, one.name, one.line.estimate, changes.get((one.code, str(one.worst))), bad=True)
        for one in figures.headlines
    ]
    parts = parts_of(figures, (*figures.areas, *figures.factors, *figures.items))
    place = published.own_place(session)
    own = figures.index is not None and wave.kind is WaveKind.SAMPLE  # who was just served is another survey
    cited = [one for one in published.beside(session, "index") if own and one.place == place]
    drawn = figures.units if figures.index else ()
    points = series.of(session, wave, "index", release) if figures.index else []
    return Figures(
        summary=figures,
        release=release,
        since=told if lines else None,
        heads=(*index, *headlines),
        parts=tuple(
            Shown(one.line.code, one.line.label, one.line.estimate, of_items.get(one.line.code), level=one.level)
            for one in parts
        ),
        groups=_groups(figures.units),
        grid=commune_tiles.grid(line.unit.code for line in drawn) if drawn else None,
        tiles={line.unit.code: _tile(line) for line in drawn},
        chart=timeline.draw(points, (), cited),
        points=tuple(points),
        cited=tuple(cited),
    )


def _groups(lines: Sequence[UnitLine]) -> dict[Group, tuple[UnitLine, ...]]:
    if not any(line.index.standing for line in lines):
        return {}
    by_level = sorted(lines, key=lambda line: (line.index.estimate or 0.0, order(line.unit.name)))
    return {group: tuple(line for line in by_level if line.index.standing == group) for group in GROUPS}


def _tile(line: UnitLine) -> Tile:
    group = line.index.standing
    words = standing_words.standing(group) if group else ""
    return commune_tiles.tile(line.unit, line.index, group, words, link=f"?noi={line.unit.code}#noi-nay")


def items_of_unit(figures: Figures, code: str) -> Iterable[Line]:
    """The areas, factors and items of a commune, as released."""
    names = {one.code: one.name for one in figures.parts}
    for record in figures.summary.records:
        if record.domain == code and record.item in names:
            yield Line(record.item, names[record.item], record)


def make(database: Database) -> None:
    """Gathers what the pages of the newest released waves show, in each language, so that nobody waits for it."""
    with database.reading() as session:
        shown = [(wave, releases.newest(session, wave.code)) for wave in waves.list_all(session)]
        for wave, release in [(wave, release) for wave, release in shown if release is not None][:MOST_WARM]:
            for spoken in LANGUAGES:
                with speaking(spoken), suppress(Refusal):  # a design that can't be estimated: the page says it
                    gather(session, wave, release)


def by_the_clock(database: Database, wait: Callable[[float], bool]) -> None:
    """Looks each minute whether a release is there of which nothing is gathered; `wait` as in `kept_account`."""
    pause = SOON
    while not wait(pause):
        pause = PAUSE
        try:
            cache.wait_until_idle()
            make(database)
        except SQLAlchemyError as error:
            logging.getLogger("hailong").warning("the pages of results are not made yet: %s", error)
