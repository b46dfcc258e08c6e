"""Pages: every question of a wave, with its figures for the whole province."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue

from analysis import Estimate
from forms import Index
from survey.accounts.accounts import Right
from survey.results import charts
from survey.results.summary import Line, Summary
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.figures import keys, summary_of
from translations import N_
from translations import gettext as _


@dataclass(frozen=True)
class Part:
    """A part of the index. `level`: "area", "factor" or "item"."""

    line: Line
    level: str


@dataclass(frozen=True)
class Question:
    """A question outside the index, with a line for each of its answers, or one for the mean of a number."""

    code: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Block:
    """The questions of one page of the questionnaire."""

    code: str
    title: str
    questions: tuple[Question, ...]


@pages.page(
    "/<wave>/cau-hoi",
    Right.RESULTS,
    figures=True,
    of_leaders=True,
    tab=Tab(3, N_("Contents"), "wave", N_("Questions")),
)
def items(wave: str) -> ResponseReturnValue:
    """The items of the index by area and factor, then the other questions with a line per answer."""
    summary = summary_of(wave)
    parts = list(parts_of(summary, (*summary.areas, *summary.factors, *summary.items)))
    other_blocks = list(blocks(summary))
    scored = [part.line.estimate for part in parts]
    others = [line.estimate for block in other_blocks for question in block.questions for line in question.lines]
    return render_template(
        "staff/items.html",
        summary=summary,
        wave=summary.wave,
        index_parts=parts,
        blocks=other_blocks,
        scale=charts.scale(scored, summary.index.estimate if summary.index else None, _("index")),
        keys=keys([*scored, *others]),
    )


def outline(index: Index | None) -> Iterator[tuple[str, str]]:
    """The codes of the index with their level: an area before its factors, a factor before its items."""
    for area in index.areas if index else ():
        yield f"index:{area.code}", "area"
        for factor in area.factors:
            yield f"index:{factor.code}", "factor"
            for item in factor.items:
                yield item, "item"


def parts_of(summary: Summary, lines: Iterable[Line]) -> Iterator[Part]:
    """The lines in the order of the index, each with its level."""
    by_code = {line.code: line for line in lines}
    for code, level in outline(summary.questionnaire.index):
        if code in by_code:
            yield Part(by_code[code], level)


def blocks(summary: Summary) -> Iterator[Block]:
    """The questions outside the index, by page, with their answers in the order of the form."""
    inside = {code for code, _level in outline(summary.questionnaire.index)}
    records: dict[str, list[Estimate]] = defaultdict(list)
    for record in summary.records:
        if record.domain is None and record.item not in inside:
            records[record.item].append(record)
    for page in summary.questionnaire.pages:
        questions = tuple(
            Question(
                item.code,
                str(item.short),
                tuple(Line(record.value or "", answer(summary, record), record) for record in records[item.code]),
            )
            for item in page.items
            if item.code in records
        )
        if questions:
            yield Block(page.code, str(page.title), questions)


def answer(summary: Summary, record: Estimate) -> str:
    """The answer that a record counts, in words: "Có nhiều", "Hài lòng, Rất hài lòng"; empty for a mean."""
    choices = summary.questionnaire.items[record.item].choices
    return ", ".join(str(choices[int(code)]) for code in (record.value or "").split(",") if code)
