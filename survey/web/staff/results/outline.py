"""The lines of an index in its order, each with its level, and what changed of each since an earlier wave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from analysis.contrast import Group
from forms import Index
from survey.responses.respondents import Respondents
from survey.results import comparison, releases, wording
from survey.results.comparison import Change, Comparison
from survey.results.since import measures
from survey.results.summary import Line, Summary
from survey.storage.models import Wave
from survey.waves import waves
from survey.web.current import database
from survey.web.staff.sorting import Choice
from translations import Lazy
from translations import gettext as _
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


@dataclass(frozen=True)
class Since:
    """A wave beside an earlier one whose figures are released."""

    compared: Comparison

    @property
    def then(self) -> str:
        """The former wave within a sentence: by its year, where that tells it from the other."""
        year = self._year
        return _("the survey of %(year)s", year=year) if year else self.compared.old.title

    @property
    def head(self) -> str:
        """The former wave above a column."""
        return self._year or self.compared.old.title

    @property
    def now(self) -> str:
        """The later wave above a column."""
        return str(self.compared.new.opens.year) if self._year else self.compared.new.title

    @property
    def _year(self) -> str:
        old, new = self.compared.old.opens.year, self.compared.new.opens.year
        return str(old) if old != new else ""

    @property
    def tested(self) -> bool:
        """Whether anything can be concluded: an open wave is no sample."""
        return self.compared.new.kind == "sample"


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


def items_of(summary: Summary, by_unit: bool) -> list[str]:
    """What is compared of the province, as it is everywhere; of communes the first of that."""
    asked = measures(summary.questionnaire)
    return asked[:1] if by_unit else asked


def since(summary: Summary, people: Respondents, by_unit: bool = False, old: Wave | None = None) -> Since | None:
    """What changed since a wave, the one before unless given, by line or by commune; None without one, and where
    that is not released (`untold`)."""
    with database().reading() as session:
        old = old or comparison.former(session, waves.find(session, summary.wave.code))
        if (
            old is None
            or not (asked := items_of(summary, by_unit))
            or not releases.newest_number(session, old.code)
        ):
            return None
        return Since(comparison.compare(session, comparison.before(session, old), people, asked, by_unit=by_unit))


def untold(summary: Summary, old: Wave | None = None) -> str:
    """Why nothing is said of change since a wave, the one before unless given: its figures are not released, or no
    longer; empty where something is said, and where no wave came before."""
    with database().reading() as session:
        old = old or comparison.former(session, waves.find(session, summary.wave.code))
        shown = releases.newest_public(session, old.code) if old else None
        return wording.untold(old, shown.withdrawn) if old and shown and shown.release is None else ""


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
