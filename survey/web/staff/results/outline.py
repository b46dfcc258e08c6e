"""The lines of an index in its order, each with its level, and what changed of each since an earlier wave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from analysis.contrast import Group
from forms import Index
from survey.responses.respondents import Respondents
from survey.results import since
from survey.results.comparison import Change, Comparison
from survey.results.since import Since
from survey.results.summary import Line, Summary
from survey.web.current import database
from survey.web.staff.sorting import Choice
from translations import Lazy, Refusal
from translations.formats import order


@dataclass(frozen=True)
class Part:
    """A part of the index. `level`: "area", "factor" or "item"."""

    line: Line
    level: str


@dataclass(frozen=True)
class ChangeRow:
    """A line beside its former one. `level`: "index", "area", "factor", "item", "headline" or "unit"."""

    code: str
    name: str
    level: str
    change: Change

    @property
    def is_bad(self) -> bool:
        """Whether what rises should be rare."""
        return self.level == "headline"


# What the address calls the lines that moved, and their words.
MOVED: Mapping[str, tuple[Lazy, tuple[Group, ...], Group]] = {
    "giam": (Lazy("Fell"), ("below",), "below"),
    "dau-hieu-giam": (Lazy("Signs of a fall"), ("signs_below",), "signs_below"),
    "chua-ro": (Lazy("No clear change"), ("not_apart",), "not_apart"),
    "dau-hieu-tang": (Lazy("Signs of a rise"), ("signs_above",), "signs_above"),
    "tang": (Lazy("Rose"), ("above",), "above"),
}


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


def since_by_unit(people: Respondents, items: Sequence[str]) -> Since | None:
    """What became of these figures of each commune since the wave before; None where none came before."""
    with database().reading() as session:
        try:
            return since.gather(session, people, items=(), units=items)
        except Refusal:  # the page of changes says why
            return since.gather(session, people, items=())


def changed_lines(summary: Summary, compared: Comparison) -> Iterator[ChangeRow]:
    """The index, its parts, the headlines, as far as both waves have them."""
    by_value = {(change.item, change.value): change for change in compared.changes}
    by_item = {change.item: change for change in compared.changes}
    if summary.index is not None and (code := summary.index.code) in by_item:
        yield ChangeRow(code, summary.index.label, "index", by_item[code])
    for part in parts_of(summary, (*summary.areas, *summary.factors, *summary.items)):
        if (code := part.line.code) in by_item:
            yield ChangeRow(code, part.line.label, part.level, by_item[code])
    for headline in summary.headlines:
        if (change := by_value.get((headline.code, str(headline.worst)))) is not None:
            yield ChangeRow(f"{headline.code}={headline.worst}", headline.name, "headline", change)


def changed_units(summary: Summary, compared: Comparison) -> list[ChangeRow]:
    """The communes, or the bodies that leaders answered about, in the order of their names."""
    names = {line.unit.code: line.unit.name for line in summary.units}
    names |= {line.code: line.name for line in summary.rated}
    rows = [
        ChangeRow(change.unit, names[change.unit], "unit", change)
        for change in compared.changes
        if change.unit in names
    ]
    return sorted(rows, key=lambda row: order(row.name))


def moved(changes: Iterable[Change]) -> list[Choice]:
    """How many went which way, to choose among; no way that none went."""
    verdicts = [change.verdict for change in changes]
    choices = (
        Choice(code, str(name), sum(one in groups for one in verdicts), sign)
        for code, (name, groups, sign) in MOVED.items()
    )
    return [one for one in choices if one.lines]
