"""How a record stands in a table of a report, and what the signs beside it mean."""

from __future__ import annotations

from collections.abc import Sequence

from analysis import Estimate
from survey.reports.labels import interval_title
from survey.reports.structure import LEFT, Column, Row
from survey.results import figure_marks, wording
from survey.results.summary import Summary
from translations import gettext as _


def figure_columns(summary: Summary, what: str, figure: str) -> tuple[Column, ...]:
    """What it is of, how many answered, the figure, its limits."""
    return (
        Column(what, 45, LEFT),
        Column(_("People who answered"), 15),
        Column(figure, 17),
        Column(interval_title(summary), 23),
    )


def figure_row(name: str, record: Estimate, *, strong: bool = False) -> Row:
    """A record in the columns of `figure_columns`."""
    return Row(
        (name, wording.base(record), wording.figure(record) + figure_marks.mark(record), wording.bracket(record)),
        strong,
    )


def with_base(record: Estimate) -> str:
    """Figure, interval and base in one narrow cell; "0 trên 54" holds its base already."""
    text = wording.cell(record, 1)
    if not text or wording.is_hidden(record) or record.estimate is None and record.high is None:
        return text
    base = "" if {"none", "all"} & set(record.flags) else f"; {wording.people(record.n)}"
    return f"{text}{base}{figure_marks.mark(record)}"


def notes(records: Sequence[Estimate]) -> tuple[str, ...]:
    """What the signs and words in a table mean; only those that occur."""
    notes = figure_marks.legend(records)
    notes += dict.fromkeys(f"{wording.remark(record)}." for record in records if wording.is_hidden(record))
    return tuple(notes)
