"""Pages: the communes of a wave beside each other, as a table that is its plot, or as tiles or a map."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from functools import partial

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from analysis import Estimate
from analysis.contrast import Group
from survey.accounts.accounts import Right
from survey.reports import chart
from survey.results import commune_boundaries, commune_tiles, standing_words, unit_table, wording
from survey.results.since import Since
from survey.results.summary import Summary
from survey.results.unit_table import Asked, Figure, UnitRow
from survey.storage.models import WaveKind
from survey.system.csv_table import Writer
from survey.waves import unit_search, units
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.figures import WaveFigures, figures_of, keys
from survey.web.staff.results.outline import since_by_unit
from survey.web.staff.sorting import Head
from translations import N_
from translations import gettext as _


@pages.page("/<wave>/don-vi", Right.RESULTS, endpoint="units", figures=True, tab=Tab(2, N_("Communes"), "wave"))
def all_units(wave: str) -> ResponseReturnValue:
    """`hien`: the figure; `xep`: the column that orders, groups and is drawn; `nhom`, `doi`: which communes, by
    standing and by change; `tim`: words of their names; `xem=o`: as tiles or a map, of what `to` says."""
    moment = figures_of(wave)
    summary = moment.summary
    if not summary.collection.in_sample:
        return render_template("staff/no_forms.html", summary=summary, wave=summary.wave)
    if not offered(summary):
        return render_template("staff/units_reached.html", summary=summary, wave=summary.wave)
    figure, since, asked = asked_for(moment)
    as_map = _is_map()
    of_change = is_map_of_change(figure) if as_map else asked.is_of_change
    rows = unit_table.rows(figure, asked)
    return render_template(
        "staff/units.html",
        summary=summary,
        wave=summary.wave,
        offered=offered(summary),
        figure=figure,
        since=since,
        asked=asked,
        order=unit_table.ORDERS[asked.by][2 if asked.is_down else 1],
        finding=unit_table.finding(figure, since, of_change),
        of_change=of_change,
        standings=unit_table.counts(figure, False) if figure.is_tested else [],
        changes=unit_table.counts(figure, True) if figure.has_changes else [],
        words=request.args.get("tim", "").strip(),
        rows=rows,
        head=partial(_head, figure, asked),
        sections=unit_table.sections(figure, asked, rows),
        keys=keys(row.record for row in rows),
        scale=unit_table.scale(figure, asked, summary.whole_head),
        as_map=as_map,
        map=drawn(wave, figure, of_change) if as_map else None,
    )


@pages.page("/<wave>/ban-do", Right.RESULTS, endpoint="map", figures=True, tab="staff.units")
def as_map(wave: str) -> ResponseReturnValue:
    """Where the map was a page of its own."""
    return redirect(url_for(".units", wave=wave, xem="o", hien=request.args.get("hien")), 301)


@pages.page(
    "/<wave>/don-vi.csv", Right.RESULTS, act=N_("Downloaded the table of communes"), export=True, figures=True
)
def units_file(wave: str) -> ResponseReturnValue:
    """The table as it was asked for on the page, row by row."""
    moment = figures_of(wave, now=True)
    figure, _since, asked = asked_for(moment)
    text = io.StringIO()
    writer = Writer(text)
    interval, of_change = wording.interval_name(figure.province), _("Interval of the change")
    writer.writerow(
        [
            _("Code"), _("Commune or ward"), _("Kind"), figure.name, *_limits(interval), _("Against the rest"),
            _("Change, points"), *_limits(of_change), _("What can be said"), _("People"), _("Remark"), _("Draft"),
        ]
    )  # fmt: skip
    draft = _("Not to be passed on") if moment.summary.draft else None
    writer.writerows([*_file_row(row), draft] for row in unit_table.rows(figure, asked))
    answer = Response("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="xa-phuong-{wave}.csv"'
    return answer


def _limits(interval: str) -> tuple[str, str]:
    """The heads of an interval's two columns."""
    return _("%(interval)s: from", interval=interval), _("%(interval)s: to", interval=interval)


def _points(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _file_row(row: UnitRow) -> list[str | float | None]:
    record, change = row.record, row.difference
    return [
        row.unit.code, row.unit.name, units.kind(row.unit), record.estimate, record.low, record.high,
        standing_words.side(row.standing) if row.standing else None,
        *(_points(part) for part in ((change.estimate, change.low, change.high) if change else 3 * (None,))),
        standing_words.movement(row.moved) if row.moved else None, record.n, wording.remark(record) or None,
    ]  # fmt: skip


def offered(summary: Summary) -> list[tuple[str, str]]:
    """What communes can be shown by, codes and names: the index where there is one, its factors, each headline."""
    lines = [summary.index, *summary.factors] if summary.index is not None else []
    return [(line.code, line.label) for line in lines] + [(one.code, one.name) for one in summary.headlines]


def figure_of(summary: Summary, code: str, since: Since | None = None) -> Figure:
    """A figure that communes are shown by, with its rows; the first one offered where the code is none of them."""
    codes = [one for one, _name in offered(summary)]
    place = codes.index(code) if code in codes else 0
    code, name = offered(summary)[place]
    headline = next((one for one in summary.headlines if one.code == code), None)
    value = str(headline.worst) if headline else None
    if headline is not None:
        province: Estimate = headline.line.estimate
    else:
        province = next(line.estimate for line in (summary.index, *summary.factors) if line and line.code == code)
    records = unit_table.of_units(summary.records, code, value)
    moved = since.of_figure(code, value) if since else {}
    rows = tuple(UnitRow(line.unit, records[line.unit.code], moved.get(line.unit.code)) for line in summary.units)
    return Figure(code, f"{code}={value}" if value else code, name, province, headline is not None, rows)


def asked_for(moment: WaveFigures) -> tuple[Figure, Since | None, Asked]:
    """The figure that the address names, with its changes, and how it is asked for: what is drawn of changes is
    ordered by them."""
    summary, people = moment
    item = figure_of(summary, request.args.get("hien", "")).item
    since = since_by_unit(people, [item])
    figure = figure_of(summary, request.args.get("hien", ""), since)
    words = request.args.get("tim", "").strip()
    named = None
    if words:
        named = frozenset(unit.code for unit in unit_search.matching([row.unit for row in figure.rows], words))
    by, among, moved = (request.args.get(name, "") for name in ("xep", "nhom", "doi"))
    if _is_map() and request.args.get("to") == "doi":
        by = by or "doi"
    is_open = summary.wave.kind is WaveKind.OPEN
    return figure, since, unit_table.read(figure, by, among, moved, named, is_open)


def is_map_of_change(figure: Figure) -> bool:
    """Whether the map's colours and numbers are asked to be of what changed."""
    return request.args.get("to") == "doi" and figure.has_changes


def _is_map() -> bool:
    return request.args.get("xem") == "o"


def _head(figure: Figure, asked: Asked, column: str, words: str) -> Head:
    """A head that orders: first what needs attention, turned round by a click more."""
    now = ("descending" if asked.is_down else "ascending") if asked.by == column else ""
    falls = not asked.is_down if now else figure.is_bad and column in ("uoc-luong", "doi")
    return Head(words, f"-{column}" if falls else column, now)


def drawn(wave: str, figure: Figure, of_change: bool) -> chart.Map:
    """The communes as the map draws them: by their boundaries where these are loaded, else as tiles."""
    codes = {row.unit.code for row in figure.rows}
    outlines = commune_boundaries.outlines()
    tiles = {row.unit.code: _tile(wave, figure, row, of_change) for row in figure.rows}
    return chart.Map(
        tiles,
        list(_legend(tiles.values(), of_change)),
        commune_tiles.grid(codes),
        outlines if outlines is not None and codes <= outlines.paths.keys() else None,
        figure.is_bad,
    )


def _tile(wave: str, figure: Figure, row: UnitRow, of_change: bool) -> commune_tiles.Tile:
    link = url_for(".unit", wave=wave, unit=row.unit.code)
    if not of_change:
        words = standing_words.side(row.standing) if row.standing else ""
        return commune_tiles.tile(row.unit, row.record, row.standing, words, figure.is_bad, link)
    amount, span = wording.signed(row.difference), wording.change_limits(row.difference)
    words = standing_words.movement(row.moved) if row.moved else ""
    return commune_tiles.Tile(
        row.unit.code, row.unit.name, amount, amount, span, row.moved, words, figure.is_bad, link
    )


def _legend(tiles: Collection[commune_tiles.Tile], of_change: bool) -> Iterator[tuple[Group, int, str]]:
    """How many tiles of each kind there are, and what it means."""
    words = standing_words.movement if of_change else standing_words.side
    kinds: tuple[Group, ...] = ("below", "above", "signs_below", "signs_above", "not_apart")
    if any(tile.group for tile in tiles):
        for group in kinds:
            yield group, sum(tile.group == group for tile in tiles), words(group)
