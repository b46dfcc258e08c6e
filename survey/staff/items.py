"""Pages: every question of a wave, with its figures for the whole province."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue

from analysis import Estimate
from survey import charts, wording
from survey.accounts import Right, requires
from survey.staff.blueprint import pages, summary_of
from survey.summary import Line, Summary
from translations import gettext as _


@dataclass(frozen=True)
class Group:
    """A factor with the satisfied share of its items, or one question with a line for each of its answers."""

    code: str
    title: str
    whole: Line | None
    lines: tuple[Line, ...]


@pages.get("/<wave>/cau-hoi")
@requires(Right.RESULTS)
def items(wave: str) -> ResponseReturnValue:
    """The items of the index by factor, then the other questions with a line per answer."""
    summary = summary_of(wave)
    by_factor, others = list(factors(summary)), list(questions(summary))
    scored = [line.estimate for group in by_factor for line in group.lines]
    every = [*scored, *(line.estimate for group in others for line in group.lines)]
    return render_template(
        "staff/items.html",
        summary=summary,
        wave=summary.wave,
        factors=by_factor,
        questions=others,
        scale=charts.scale(scored, summary.index.estimate if summary.index else None, _("index")),
        remarks=list(dict.fromkeys(filter(None, map(wording.remark, every)))),
    )


def factors(summary: Summary) -> Iterator[Group]:
    """The factors of the index, each with its items; nothing for a questionnaire without an index."""
    index = summary.questionnaire.index
    lines = {line.code: line for line in (*summary.factors, *summary.items)}
    for area in index.areas if index else ():
        for factor in area.factors:
            whole = lines.get(f"index:{factor.code}")
            own = tuple(lines[code] for code in factor.items if code in lines)
            yield Group(factor.code, str(factor.label), whole, own)


def questions(summary: Summary) -> Iterator[Group]:
    """The questions outside the index, each with its answers in the order of the form."""
    index = summary.questionnaire.index
    inside = set(index.codes()["index"]) if index else set()
    found: dict[str, list[Estimate]] = defaultdict(list)
    for record in summary.records:
        if record.domain is None:
            found[record.item].append(record)
    for item in summary.questionnaire.items.values():
        if item.code in found and item.code not in inside:
            lines = (Line(record.value or "", item_value(summary, record), record) for record in found[item.code])
            yield Group(item.code, str(item.short), None, tuple(lines))


def item_value(summary: Summary, record: Estimate) -> str:
    """The answer that a record counts, in words: "Có nhiều", "Hài lòng, Rất hài lòng"; empty for a mean."""
    choices = summary.questionnaire.items[record.item].choices
    return ", ".join(str(choices[int(code)]) for code in (record.value or "").split(",") if code)
