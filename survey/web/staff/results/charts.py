"""Files: each chart of a wave's pages as SVG or PNG, with its title, base and source in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from analysis import Estimate
from survey.accounts.accounts import Right
from survey.integrity import unusual
from survey.reports import chart
from survey.reports.chart import Chart, Row, Rows, Years
from survey.results import charts, releases, standing_words, unit_table, wording
from survey.results.summary import Line, Summary
from survey.waves import units, waves
from survey.web.current import database
from survey.web.staff.blueprint import pages
from survey.web.staff.figures import WaveFigures, figures_of
from survey.web.staff.results import outline, series
from survey.web.staff.results import unit as one_commune
from survey.web.staff.results import units as communes
from translations import N_, NotFound
from translations import gettext as _
from translations.formats import day
from translations.unicode import fold

LONGEST_NAME = 100  # letters of a file's name


@pages.page(
    "/<wave>/bieu-do/<name>.<format>",
    Right.RESULTS,
    endpoint="chart",
    act=N_("Downloaded a chart"),
    export=True,
    figures=True,
    of_groups=True,
)
def chart_file(wave: str, name: str, format: str) -> ResponseReturnValue:
    """A chart by its name in `CHARTS`, as the address of its page has it drawn."""
    draw = CHARTS.get(name)
    if draw is None:
        raise NotFound("There is no such chart. Choose one on its page.")
    moment = figures_of(wave, now=True)
    return _file(draw(moment), format, name, wave, *_shown(moment.summary))


def _shown(summary: Summary) -> Iterator[str]:
    """What a chart is of, as its address says it: the name of a commune, the code of a figure, an order."""
    names = {line.unit.code: line.unit.name for line in summary.units}
    for asked, value in request.args.items():
        if asked not in ("ban", "lang"):
            yield names.get(value, value)


@pages.page(
    "/<wave>/xa-minh/bieu-do.<format>",
    Right.OWN_RESULTS,
    endpoint="own_chart",
    act=N_("Downloaded a chart"),
    export=True,
)
def own_chart(wave: str, format: str) -> ResponseReturnValue:
    """The chart of the reader's own commune, as released."""
    with database().reading() as session:
        release = releases.require(session, waves.find(session, wave).code)
        if current_user.unit is None:
            raise NotFound("There is no such chart. Choose one on its page.")
        summary = unusual.gather(session, wave, release=release)
        name = units.find(session, current_user.unit).name
    return _file(_of_unit(summary, current_user.unit), format, "xa", wave, name)


def _file(made: Chart, format: str, *words: str) -> Response:
    """The drawing as a file that bears these words, in small letters without accents."""
    if format not in chart.KINDS:
        raise NotFound("There is no such chart. Choose one on its page.")
    answer = Response(chart.write(made, format), content_type=chart.KINDS[format])
    name = "-".join(re.findall(r"[a-z0-9]+", fold(" ".join(words))))[:LONGEST_NAME]
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{format}"'
    return answer


def about(summary: Summary, *more: str) -> str:
    """Of which wave and questionnaire a chart is."""
    return " · ".join((*more, f"{summary.wave.title}, {summary.questionnaire.title}"))


def _data(summary: Summary) -> str:
    release = summary.release
    if release is not None and not summary.draft:
        return _("Release %(number)s, approved on %(day)s.", number=release.number, day=day(release.approved))
    if summary.is_empty:
        return wording.nothing_yet()
    return _("Draft, data of %(day)s: not released, don't pass it on.", day=day(summary.data_day))


def notes(summary: Summary) -> list[str]:
    """Of which data, whose survey it is, and how to read what it can't promise."""
    wave = summary.wave
    base = _(
        "%(people)s answered, from %(first)s to %(last)s.",
        people=wording.people(summary.collection.in_sample),
        first=day(wave.opens),
        last=day(min(wave.closes, summary.data_day)),
    )
    source = _("Source: survey of %(province)s.", province=summary.province.name)
    lines = [f"{source} {base} {_data(summary)}"]
    if wave.simulated:
        lines.insert(0, _("Demonstration data: these are not real results."))
    if "not_a_sample" in (summary.index.estimate.flags if summary.index else ()):
        lines.append(standing_words.no_sample())
    return lines


def dots(summary: Summary) -> str:
    """What the dots and the lines beside them mean."""
    name = wording.interval_name(("not_a_sample",) if summary.wave.kind == "open" else ())
    words = _("Line beside a dot: %(interval)s.", interval=name[:1].lower() + name[1:])
    if summary.wave.kind == "open":
        return words
    signs = _(
        "Full dot: concluded by the test corrected for all; half full: signs of a difference; hollow: no clear "
        "difference, which doesn't mean equal."
    )
    return f"{words} {signs} {standing_words.of_tests()}"


def _of_units(moment: WaveFigures) -> Chart:
    """The communes that the page shows, in its order and of what it draws: where they stand, or what changed."""
    summary = moment.summary
    if not communes.offered(summary):
        raise NotFound("There is no such chart. Choose one on its page.")
    figure, since, asked = communes.asked_for(moment)
    rows = unit_table.rows(figure, asked)
    shown = [row for section in unit_table.sections(figure, asked, rows) for row in section.rows]
    of_change = asked.is_of_change
    title = unit_table.finding(figure, since, of_change)
    narrowed = _("%(count)s of %(all)s communes", count=len(rows), all=len(figure.rows))
    return Chart(
        title,
        about(summary, *[figure.name] * (figure.name != title), *[narrowed] * (len(rows) < len(figure.rows))),
        Rows(
            unit_table.scale(figure, asked, summary.whole_head),
            [
                Row(
                    units.named(row.unit),
                    row.record,
                    row.moved if of_change else row.standing,
                    change=row.difference,
                )
                for row in shown
            ],
            figure.is_bad,
            of_change,
        ),
        [
            dots(summary),
            *([] if of_change else [_band(summary, figure.province)]),
            *notes(summary),
        ],
    )


def _of_places(moment: WaveFigures) -> Chart:
    """The communes where they lie, as the page's map has them."""
    summary = moment.summary
    if not communes.offered(summary):
        raise NotFound("There is no such chart. Choose one on its page.")
    figure, since, _asked = communes.asked_for(moment)
    of_change = communes.is_map_of_change(figure)
    drawn = communes.drawn(summary.wave.code, figure, of_change)
    if drawn.grid is None and drawn.outlines is None:
        raise NotFound("There is no such chart. Choose one on its page.")
    title = unit_table.finding(figure, since, of_change)
    tiles = (
        _(
            "Each tile is a commune, near those it borders on; all are of one size. The number is the change in "
            "points."
        )
        if of_change
        else _(
            "Each tile is a commune, near those it borders on; all are of one size. The number is a percentage; "
            "its interval stands in the list."
        )
    )
    whole, colour = f"{summary.whole}:", _("Colour says what can be concluded, not a rank.")
    return Chart(
        title,
        about(summary, *[figure.name] * (figure.name != title), f"{whole} {wording.sentence(figure.province)}"),
        drawn,
        [*([f"{tiles} {colour}"] if drawn.outlines is None else []), *notes(summary)],
    )


def _of_items(moment: WaveFigures) -> Chart:
    summary = moment.summary
    return _of_parts(summary, _("Questions of the index"), (*summary.areas, *summary.factors, *summary.items))


def _of_factors(moment: WaveFigures) -> Chart:
    summary = moment.summary
    return _of_parts(summary, _("Areas and factors beside the index"), (*summary.areas, *summary.factors))


def _of_parts(summary: Summary, title: str, lines: tuple[Line, ...]) -> Chart:
    if summary.index is None:
        raise NotFound("There is no such chart. Choose one on its page.")
    index = summary.index.estimate
    rows = [
        Row(part.line.label, part.line.estimate, None, part.level) for part in outline.parts_of(summary, lines)
    ]
    scale = charts.scale([row.record for row in rows], index, _("index"))
    return Chart(
        title, about(summary, summary.province.name), Rows(scale, rows), [_band(summary, index), *notes(summary)]
    )


def _band(summary: Summary, record: Estimate) -> str:
    """What the band of a drawing is."""
    return _("Band: %(whole)s, %(figure)s.", whole=summary.whole, figure=wording.sentence(record, 1))


def _of_commune(moment: WaveFigures) -> Chart:
    return _of_unit(moment.summary, units.settled(request.args.get("don-vi", "")))


def _of_unit(summary: Summary, code: str) -> Chart:
    line = next((one for one in summary.units if one.unit.code == code), None)
    if line is None:
        raise NotFound(
            "There is no unit with the code %(code)s. Choose the commune from the list.", code=code[:20]
        )
    standings = {one.item: one.group for one in summary.standouts.get(code, ())}
    rows = [
        Row(row.line.label, row.line.estimate, standings.get(row.line.code), row.level, row.province)
        for row in one_commune.beside(summary, line)
    ]
    scale = charts.scale([record for row in rows for record in (row.record, row.beside) if record is not None])
    name = units.named(line.unit)
    return Chart(
        _("%(name)s: each question beside %(whole)s", name=name[:1].upper() + name[1:], whole=summary.whole),
        about(summary),
        Rows(scale, rows),
        [dots(summary), _("Vertical line: %(whole)s, the same question.", whole=summary.whole), *notes(summary)],
    )


def _over_years(moment: WaveFigures) -> Chart:
    summary = moment.summary
    shown = series.gather(summary)
    if shown.chart is None:
        raise NotFound("There is no such chart. Choose one on its page.")
    return Chart(
        _("%(name)s over the years", name=shown.name),
        about(summary, shown.whose),
        Years(shown.chart, shown.key()),
        [*_sources(shown), *notes(summary)],
    )


def _sources(shown: series.Series) -> list[str]:
    """Where the published figures are from, and the base of each own one."""
    bases = "; ".join(f"{one.wave.code}: {chart.reading(one.record)}" for one in shown.points)
    cited = "; ".join(f"{one.year}: {one.source}" for one in shown.published)
    return [bases, *([_("Published: %(sources)s.", sources=cited)] if cited else [])]


CHARTS: dict[str, Callable[[WaveFigures], Chart]] = {
    "xa-phuong": _of_units,
    "ban-do": _of_places,
    "noi-dung": _of_items,
    "nhan-to": _of_factors,
    "xa": _of_commune,
    "qua-cac-nam": _over_years,
}
