"""The questions of a survey without an index, each answer with base and interval: nothing else stands for them."""

from __future__ import annotations

from collections.abc import Iterator

from survey.reports.cells import figure_columns, notes
from survey.reports.labels import interval_title, is_open
from survey.reports.structure import LEFT, Annexes, Block, Column, Paragraph, Row, Table
from survey.results import figure_marks, questions, standing_words, wording
from survey.results.questions import Question
from survey.results.summary import Line, Summary, UnitLine
from translations import gettext as _


def of_wave(summary: Summary, annexed: Annexes) -> list[Block]:
    """Who answered, why there is no headline figure, then a table a page of the questionnaire."""
    if summary.is_empty:
        return []
    told = [f"{summary.answered}.", wording.no_index()]
    if is_open(summary):
        told.append(standing_words.no_sample())
    if summary.units:
        told.append(_("How many answered in each place: %(annex)s.", annex=annexed.named("communes")))
    blocks: list[Block] = [Paragraph(" ".join(told))]
    for block in questions.blocks(summary):
        lines = [line for question in block.questions for line in question.lines]
        rows = tuple(row for question in block.questions for row in _rows(question))
        columns = figure_columns(summary, _("Answer"), _("Share"))
        blocks.append(Table(block.title, columns, rows, notes([line.estimate for line in lines])))
    return blocks


def of_unit(summary: Summary, line: UnitLine) -> list[Block]:
    """The same of a commune, beside the whole."""
    whole = {(one.item, one.value or ""): one for one in summary.records if one.domain is None}
    columns = (
        Column(_("Answer"), 40, LEFT),
        Column(_("People"), 11),
        Column(_("Share"), 15),
        Column(interval_title(summary), 20),
        Column(summary.whole_head, 14),
    )
    blocks: list[Block] = []
    for block in questions.blocks(summary, line.unit.code):
        lines = [one for question in block.questions for one in question.lines]
        rows: list[Row] = []
        for question in block.questions:
            first, *answers = _rows(question, 1)
            beside = (wording.figure(whole[question.code, one.code], 1) for one in question.lines)
            rows += [first, *(Row((*row.cells, cell)) for row, cell in zip(answers, beside, strict=True))]
        under = wording.whole_base(whole.values(), summary.whole_head)
        told = (*notes([one.estimate for one in lines]), *((under,) if under else ()))
        blocks.append(Table(block.title, columns, tuple(rows), told))
    return blocks


def _rows(question: Question, decimals: int = 2) -> Iterator[Row]:
    """The question over its answers."""
    yield Row((question.title,), strong=True)
    for line in question.lines:
        yield Row((_name(line), *_cells(line, decimals)))


def _name(line: Line) -> str:
    return line.label or _("Mean of the numbers given")


def _cells(line: Line, decimals: int) -> tuple[str, str, str]:
    one = line.estimate
    figure = wording.figure(one, decimals) + figure_marks.mark(one)
    return wording.base(one), figure, wording.bracket(one, decimals)
