"""The questions outside the index with each of their answers, by page of the questionnaire: of a survey without an
index all that it asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from analysis import Estimate
from survey.results.summary import Line, Summary


@dataclass(frozen=True)
class Question:
    """A question with a line for each of its answers, or one for the mean of a number."""

    code: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Block:
    """The questions of one page of the questionnaire."""

    code: str
    title: str
    questions: tuple[Question, ...]


def blocks(summary: Summary, unit: str | None = None) -> Iterator[Block]:
    """The questions outside the index, by page, with their answers in the order of the form.

    unit  the commune that they are of, in a wave without an index; all together unless given
    """
    index = summary.questionnaire.index
    parts = index.codes() if index else {}
    inside = {*parts, *parts.get("index", ())}
    records: dict[str, list[Estimate]] = defaultdict(list)
    for record in summary.records:
        if record.domain == unit and record.item not in inside:
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
