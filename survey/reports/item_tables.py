"""The annex on questions: the index by area, factor and item, and every answer to the questions of note."""

from __future__ import annotations

from collections.abc import Iterator

from analysis import Estimate
from forms import Item
from survey.reports.cells import figure_columns, figure_row, notes
from survey.reports.compared import columns, is_compared, note, row
from survey.reports.labels import (
    asked,
    blank_label,
    by_question,
    headline_name,
    index_name,
    is_open,
    label,
    of_note,
    scored,
    value_label,
)
from survey.reports.structure import Block, Heading, Paragraph, Row, Table
from survey.results.summary import Headline, Line, Summary
from translations import gettext as _
from translations.formats import number, percent


def tables(summary: Summary) -> list[Block]:
    """Each part of the index and each item beside the wave before; then the questions of note."""
    blocks: list[Block] = []
    if summary.factors:
        blocks += [Heading(2, _("By area and factor")), _factors(summary)]
    if summary.items:
        blocks += [Heading(2, _("By question")), _items(summary)]
    if summary.headlines:
        silence = _(
            "Beside each answer stands the share of people who gave none. How they would have answered is not "
            "known, so the figure is also given for the two extremes."
        )
        blocks += [Heading(2, of_note(summary)), Paragraph(silence)]
        for headline in summary.headlines:
            blocks += _headline(summary, headline)
    return blocks


def _row(summary: Summary, line: Line, record: Estimate, *, strong: bool = False) -> Row:
    change = summary.since.of(line.code) if summary.since else None
    return row(summary, label(summary, line.code), record, change, strong)


def _factors(summary: Summary) -> Table:
    lines = {line.code: line for line in (*summary.areas, *summary.factors)}
    rows = [
        _row(summary, lines[f"index:{code}"], lines[f"index:{code}"].estimate, strong=code == area.code)
        for area in (summary.questionnaire.index.areas if summary.questionnaire.index else ())
        for code in (area.code, *(factor.code for factor in area.factors))
        if f"index:{code}" in lines
    ]
    caption = _("%(index)s by area and factor", index=index_name(summary))
    records = [line.estimate for line in lines.values()]
    return Table(caption, columns(summary, _("Area, factor")), tuple(rows), tuple(notes(records)))


def _items(summary: Summary) -> Table:
    words = (note(),) if is_compared(summary) and not is_open(summary) else ()
    return Table(
        by_question(summary),
        columns(summary, _("Question asked")),
        _item_rows(summary),
        (*notes([scored(line) for line in summary.items]), *words),
    )


def _item_rows(summary: Summary) -> tuple[Row, ...]:
    """The questions under their factors; those of no factor at the end."""
    lines = {line.code: line for line in summary.items}
    rows: list[Row] = []
    for area in summary.questionnaire.index.areas if summary.questionnaire.index else ():
        for factor in area.factors:
            own = [lines.pop(code) for code in factor.items if code in lines]
            if own:
                rows.append(Row((str(factor.label),), strong=True))
                rows.extend(_row(summary, line, scored(line)) for line in own)
    rows.extend(_row(summary, line, line.estimate) for line in lines.values())
    return tuple(rows)


def _headline(summary: Summary, headline: Headline) -> list[Block]:
    item = summary.questionnaire.items[headline.code]
    blocks: list[Block] = [
        Table(
            asked(item),
            figure_columns(summary, _("Answer"), _("Share")),
            tuple(_answers(item, headline)),
            notes([line.estimate for line in headline.values]),
        )
    ]
    return [*blocks, *_blanks(summary, headline)]


def _answers(item: Item, headline: Headline) -> Iterator[Row]:
    for line in headline.values:
        yield figure_row(value_label(item, line), line.estimate, strong=line is headline.line)
    if headline.blank:
        blank, people = blank_label(item, headline), number(headline.asked)
        words = _("%(blank)s (of %(asked)s people asked)", blank=blank, asked=people)
        yield Row((words, "–", percent(headline.blank), "–"))


def _blanks(summary: Summary, headline: Headline) -> list[Block]:
    """How many gave no answer, and what the share would be if all of them, or none, would have given it."""
    if headline.blank is None or headline.least is None or headline.most is None:
        return []
    if headline.blank == 0:
        return [Paragraph(_("None of the %(asked)s people asked left this blank.", asked=number(headline.asked)))]
    counts = {"asked": number(headline.asked), "answered": number(headline.answered)}
    counts |= {"blank": percent(headline.blank), "title": headline_name(summary, headline)}
    first = (
        _("Of %(asked)s people asked, %(answered)s answered; weighted, %(blank)s gave no answer.", **counts)
        if summary.weight_name
        else _("Of %(asked)s people asked, %(answered)s answered; %(blank)s gave no answer.", **counts)
    )
    second = _(
        "If none of these would have given it, the share would be %(least)s; if all of them would, %(most)s.",
        least=percent(headline.least),
        most=percent(headline.most),
    )
    return [Paragraph(f"{first} {second}")]
