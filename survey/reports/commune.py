"""What one commune is told: a notice of one page, and an annex with every question."""

from __future__ import annotations

from collections.abc import Sequence

from analysis import Estimate
from survey.reports import compared, question_tables, remarks, targets
from survey.reports.cells import notes
from survey.reports.contents import opening, subject
from survey.reports.labels import (
    by_question,
    commune,
    headline_name,
    interval_title,
    is_open,
    label,
    lower,
    ranks,
    scored,
    standing_of,
)
from survey.reports.letter import NOTICE, head, letter
from survey.reports.standing_out import most_written
from survey.reports.structure import LEFT, Block, Column, Heading, Paragraph, Report, Row, Table
from survey.results import figure_marks, standing_words, wording
from survey.results.result_table import Record
from survey.results.summary import Line, Summary, UnitLine
from survey.results.targets import Line as Target
from survey.waves import units
from translations import gettext as _
from translations import phrases
from translations.formats import number

ON_THE_PAGE = 2  # targets that have room beside the rest; more stand in the annex


def contents(summary: Summary, line: UnitLine) -> Report:
    """The notice to a commune in the language of the moment; figures of other communes don't stand in it."""
    name = commune(line.unit)
    aims = [one for one in summary.targets if one.unit.code == line.unit.code]
    targets: list[Block] = [Heading(1, _("Targets set")), _targets(aims)] if aims else []
    is_commune = line.unit.kind in units.COMMUNE_KINDS
    whose = {"commune": _("The People's Committee of %(commune)s", commune=name) if is_commune else name}
    if wording.not_sampled(line.index):
        blocks, annex = [*_no_figures(summary, name), *targets], list[Block]()
        end = _("%(commune)s is given this notice for its information./.", **whose)
    else:
        blocks, annex = [*_figures(summary, line), *targets, *_words(summary, line)], _annex(summary, line, aims)
        end = _(
            "The results of every question stand in the annex. %(commune)s is asked to study and use them./.",
            **whose,
        )
    return letter(
        head(summary, NOTICE),
        (*subject(summary), _("in %(commune)s", commune=name)),
        "",
        [*opening(summary, line.unit.code), *blocks],
        end,
        (
            _("- People's Committee of %(commune)s;", commune=name) if is_commune else f"- {name};",
            _("- Provincial People's Committee (to report);"),
            _("- Kept: office, administrative reform."),
        ),
        annex,
        NOTICE,
    )


def _figures(summary: Summary, line: UnitLine) -> list[Block]:
    """What can be concluded of a commune, and its factors."""
    blocks: list[Block] = [Paragraph(_introduction(summary, line))]
    if summary.index is None:
        return [*blocks, *map(Paragraph, (wording.no_index(), *_points(summary, line)))]
    blocks += [
        Heading(1, _("Main points")),
        *(Paragraph(f"{sign}) {text}") for sign, text in zip("abcdef", _points(summary, line), strict=False)),
    ]
    if summary.factors:
        blocks += [Heading(1, _("Results by factor")), _factors(summary, line, summary.index)]
    return blocks


def _words(summary: Summary, line: UnitLine) -> list[Block]:
    themes = _themes(summary, line)
    return [Heading(1, _("In people's own words")), Paragraph(themes)] if themes else []


def _no_figures(summary: Summary, name: str) -> list[Block]:
    """Why a commune without a village in the sample has no figures, and what the sample says of the whole."""
    blocks: list[Block] = [
        Paragraph(
            _(
                "No village of %(commune)s is in the sample of this survey. So there are no figures of its own, "
                "and those of the communes in the sample do not stand for it.",
                commune=name,
            )
        )
    ]
    if summary.index is not None:
        figure = _told(summary.index.estimate)
        told = {"title": label(summary, summary.index.code), "whole": summary.whole, "figure": figure}
        blocks.append(Paragraph(_("%(title)s, %(whole)s: %(figure)s.", **told)))
    return blocks


def _introduction(summary: Summary, line: UnitLine) -> str:
    name = commune(line.unit)
    if wording.is_hidden(line.index):
        return _("The Department of Home Affairs gives notice of the results in %(commune)s:", commune=name)
    told = {"commune": name, "people": number(line.index.n), "who": summary.people}
    if is_open(summary):
        return _(
            "The Department of Home Affairs gives notice of what %(who)s said in %(commune)s (%(people)s %(who)s, "
            "who came by themselves):",
            **told,
        )
    villages = line.index.rest.villages[1] if line.index.rest is not None else 0
    if not villages:
        return _(
            "The Department of Home Affairs gives notice of the results in %(commune)s (%(people)s %(who)s "
            "answered):",
            **told,
        )
    return _(
        "The Department of Home Affairs gives notice of the results in %(commune)s (%(people)s %(who)s in "
        "%(villages)s of the sample answered):",
        villages=phrases.villages(villages),
        **told,
    )


def _points(summary: Summary, line: UnitLine) -> list[str]:
    """Three conclusions: the level, the change, the two evils."""
    points = []
    if summary.index is not None:
        points.append(_level(summary, line, summary.index))
        if not is_open(summary) or not compared.is_compared(summary):
            change = summary.since.of_figure("index").get(line.unit.code) if summary.since else None
            points.append(compared.sentence(summary, change, 1))
    evils = [
        _("%(title)s: %(figure)s", title=headline_name(summary, headline), figure=_told(record))
        for headline, record in zip(summary.headlines, line.headlines, strict=True)
    ]
    if evils:
        points.append("; ".join((evils[0], *map(lower, evils[1:]))) + ".")
    return points


def _told(record: Estimate) -> str:
    """A figure with its interval and base."""
    if wording.is_hidden(record) or record.estimate is None and record.high is None:
        return wording.sentence(record, 1)
    base = "" if {"none", "all"} & set(record.flags) else f"; {wording.people(record.n)}"
    return f"{wording.cell(record, 1)}{base}"


def _level(summary: Summary, line: UnitLine, index: Line) -> str:
    whole = f"{summary.whole}: {wording.cell(index.estimate, 1)}"
    told = {"title": label(summary, index.code), "figure": _told(line.index), "whole": whole}
    if is_open(summary) or wording.is_hidden(line.index) or line.index.estimate is None:
        return _("%(title)s: %(figure)s (%(whole)s).", **told)
    if line.index.standing is None:
        return _(
            "%(title)s: %(figure)s (%(whole)s); there are not enough villages to compare it with the rest.",
            **told,
        )
    return _(
        "%(title)s: %(figure)s, %(standing)s (%(whole)s).",
        standing=standing_words.standing(line.index.standing),
        **told,
    )


def _rank(summary: Summary, line: UnitLine) -> str:
    values = {"count": number(summary.ranked), "ranks": ranks(line)}
    if line.ranks and line.ranks[0] == line.ranks[1]:
        return _("With 95%% confidence its rank is %(ranks)s of %(count)s.", **values)
    return _(
        "Its rank among the %(count)s communes with a figure may be any in %(ranks)s: the answers "
        "give no single one.",
        **values,
    )


def _factors(summary: Summary, line: UnitLine, index: Line) -> Table:
    """The index and its factors beside last year's and the province's."""
    before, now = compared.years(summary)
    with_former = compared.is_compared(summary) and not is_open(summary)
    tested = not is_open(summary)
    rows = []
    for one in (index, *summary.factors):
        record = line.index if one is index else _record(summary, line, one.code)
        if record is None:
            continue
        change = summary.since.of_figure(one.code).get(line.unit.code) if summary.since else None
        rows.append(
            Row(
                (
                    label(summary, one.code),
                    wording.base(record),
                    *((compared.former(change, 1),) if with_former else ()),
                    wording.figure(record, 1) + figure_marks.mark(record),
                    wording.bracket(record, 1),
                    wording.figure(one.estimate, 1),
                    *((standing_of(record),) if tested else ()),
                ),
                strong=one is index,
            )
        )
    columns = (
        Column(_("Figure"), 27 if with_former else 33, LEFT),
        Column(_("People"), 8),
        *((Column(before, 9),) if with_former else ()),
        Column(now, 10 if with_former else 11),
        Column(interval_title(summary), 15 if with_former else 16),
        Column(summary.whole_head, 9),
        *((Column(_("Against the rest"), 22 if with_former else 23),) if tested else ()),  # in one line each
    )
    return Table("", columns, tuple(rows), ())


def _record(summary: Summary, line: UnitLine, code: str) -> Record | None:
    wanted = (code, line.unit.code)
    return next((one for one in summary.records if (one.item, one.domain) == wanted), None)


def _targets(aims: Sequence[Target]) -> Block:
    if len(aims) > ON_THE_PAGE:
        return Paragraph(
            _("%(count)s targets are set; the annex says which of them are reached.", count=number(len(aims)))
        )
    return targets.brief(aims)


def _themes(summary: Summary, line: UnitLine) -> str:
    own = summary.remarks.units.get(line.unit.code) if summary.remarks else None
    if own is None:
        return ""
    if names := most_written(own):
        return _("Most wrote about: %(names)s. Themes of fewer than 5 people are not told.", names=names)
    return _("No theme was written about by 5 people or more.")


def _annex(summary: Summary, line: UnitLine, aims: Sequence[Target]) -> list[Block]:
    blocks: list[Block] = [Heading(0, _("Annex: every question in %(commune)s", commune=commune(line.unit)))]
    if aims:
        blocks += [Heading(2, _("Targets set")), targets.table(aims, summary.whole, of_one_unit=True)]
    if items := _items(summary, line) if summary.index else question_tables.of_unit(summary, line):
        blocks += [Heading(2, _("Results by question")), *items]
    own = summary.remarks.units.get(line.unit.code) if summary.remarks else None
    if own is not None and summary.remarks is not None:
        blocks += [Heading(2, _("In people's own words")), *remarks.blocks(own, summary.remarks.unread)]
    return [*blocks, Heading(2, _("How to read it")), *_reading(summary, line)]


def _items(summary: Summary, line: UnitLine) -> list[Block]:
    provincial = {one.code: one for one in summary.items}
    own = {
        record.item: Line(record.item, provincial[record.item].label, record)
        for record in summary.records
        if record.domain == line.unit.code and record.item in provincial
    }
    if not own:
        return []
    seen = {code: one for code, one in own.items() if not wording.is_hidden(one.estimate)}
    apart = {one.item: one.group for one in summary.standouts.get(line.unit.code, ()) if one.item in seen}
    rows = []
    for code, one in own.items():
        record, whole = scored(one), scored(provincial[code])
        cells = (
            wording.base(record),
            wording.figure(record, 1) + figure_marks.mark(record),
            wording.bracket(record, 1),
        )
        word = (standing_words.side(apart[code]) if code in apart else "–",) if not is_open(summary) else ()
        rows.append(Row((label(summary, code), *cells, wording.figure(whole, 1), *word), strong=code in apart))
    columns = (
        Column(_("Question asked"), 32 if not is_open(summary) else 46, LEFT),
        Column(_("People"), 11),
        Column(wording.scored_head(summary.rule), 12),
        Column(interval_title(summary), 16),
        Column(summary.whole_head, 11 if not is_open(summary) else 15),
        *((Column(_("Against the rest"), 18),) if not is_open(summary) else ()),
    )
    under = (
        *notes([scored(one) for one in own.values()]),
        wording.whole_base((scored(provincial[code]) for code in own), summary.whole_head),
    )
    caption = _("%(figures)s, beside %(whole)s", figures=by_question(summary), whole=summary.whole)
    return [
        *_standouts(summary, line, list(apart)),
        Table(caption, columns, tuple(rows), tuple(filter(None, under))),
    ]


def _standouts(summary: Summary, line: UnitLine, apart: Sequence[str]) -> list[Block]:
    """That none differs, where none does; what higher and lower promise."""
    if is_open(summary):
        return []
    tested = summary.tested.get(line.unit.code, 0)
    sure = [one for one in summary.standouts.get(line.unit.code, ()) if one.group in ("above", "below")]
    told = [] if any(one.item in apart for one in sure) else [standing_words.no_standout(tested)]
    return [Paragraph(" ".join((*told, *standing_words.of_standouts(tested))))]


def _reading(summary: Summary, line: UnitLine) -> list[Block]:
    texts = []
    if is_open(summary):
        texts.append(standing_words.no_sample())
    else:
        texts.append(
            _(
                "The figures come from a sample. In 95 of 100 such samples the interval beside a figure "
                "contains the figure of all %(who)s of the commune; two figures whose difference is not "
                "named here may be equal.",
                who=summary.people,
            )
        )
        texts += standing_words.of_standings(one.index for one in summary.units)
        if line.ranks is not None and not wording.is_hidden(line.index):
            texts.append(_rank(summary, line))
    if summary.rule is not None:
        texts.append(_("Rule of the index: %(rule)s.", rule=lower(str(summary.rule.label))))
    texts.append(
        _(
            "Figures of fewer than 5 answers are hidden, those of a sensitive question of fewer than 30; one or "
            "two cases read “under 3 cases”. Data version: %(version)s.",
            version=summary.data_version[:12],
        )
    )
    return [Paragraph(text) for text in texts]
