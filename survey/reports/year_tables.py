"""The tables of the year's report. Published figures, own ones and targets never stand in one column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import groupby, zip_longest

from survey.reports.labels import upper
from survey.reports.structure import LEFT, Column, Row, Table
from survey.reports.year_words import (
    amount,
    change,
    deadline,
    figure,
    former,
    goal,
    interval,
    outcome,
    plain,
    rank,
    responsible,
    state,
)
from survey.results import wording
from survey.system.references import worded
from survey.year.document import YearDocument
from survey.year.document_lines import Line
from translations import gettext as _
from translations.formats import percent


def indices(document: YearDocument) -> Table:
    """The published indices, each above the means of all."""
    rows = [
        Row((line.label, amount(line), former(line), change(line), rank(line), _source(line)))
        for line in document.of("indices")
        if line.unit != "group"
    ]
    return Table(
        _("Indices published for %(year)s", year=document.year),
        (
            Column(_("Index"), 22, LEFT),
            Column(_("Published"), 13),
            Column(_("Year before"), 12),
            Column(_("Change"), 11),
            Column(_("Rank"), 10),
            Column(_("Source"), 32, LEFT),
        ),
        tuple(rows),
        (_("Figures as others published them; they have no interval. Changes are differences, without a test."),),
    )


def scored(document: YearDocument, lines: Sequence[Line], caption: str, value: str, note: str) -> Table:
    """Parts of scorecards by points lost, with who answers for each."""
    rows = _by_scorecard(
        document,
        lines,
        lambda line: (
            line.label,
            plain(line.max),
            figure(line),
            plain(line.lost),
            responsible(document, line),
            deadline(line),
        ),
    )
    columns = (
        Column(_("Criterion"), 30, LEFT),
        Column(_("Maximum"), 13),
        Column(value, 12),
        Column(_("Lost"), 9),
        Column(_("Who answers for it"), 20, LEFT),
        Column(_("Deadline"), 16),
    )
    return Table(caption, columns, rows, (note,))


def _by_scorecard(
    document: YearDocument, lines: Sequence[Line], cells: Callable[[Line], tuple[str, ...]]
) -> tuple[Row, ...]:
    """Parts below the title of their document, for each counts its own from 1."""
    rows: list[Row] = []
    for whole in document.of("lost"):
        own = [line for line in lines if line.key.rpartition(":")[0] == whole.key]
        if own:
            rows += [Row((whole.label,), strong=True), *(Row(cells(line)) for line in own)]
    return tuple(rows)


def measured(document: YearDocument, lines: Sequence[Line]) -> Table:
    """Parts that surveys measure, with their interval; below, what they are not."""
    rows = _by_scorecard(
        document,
        lines,
        lambda line: (line.label, plain(line.max), figure(line), interval(line), plain(line.lost)),
    )
    columns = (
        Column(_("Criterion"), 44, LEFT),
        Column(_("Maximum"), 12),
        Column(_("Measured"), 13),
        Column(wording.interval_name(()), 20),
        Column(_("Lost"), 11),
    )
    return Table(
        _("Parts measured by surveys: a simulation"),
        columns,
        rows,
        tuple(_once(line.note for line in lines)),
    )


def published_parts(document: YearDocument, lines: Sequence[Line]) -> Table:
    """What the ministry published of SIPAS."""
    rows = [Row((line.label, figure(line), plain(line.previous), change(line))) for line in lines]
    columns = (
        Column(_("Part of SIPAS"), 52, LEFT),
        Column(_("Published, percent"), 18),
        Column(_("Year before"), 15),
        Column(_("Change"), 15),
    )
    caption = _("Published parts of SIPAS %(year)s", year=document.year)
    return Table(caption, columns, tuple(rows), _sources_of(lines))


def own_survey(lines: Sequence[Line]) -> Table:
    """What the province's own survey found, each figure with its interval and base."""
    rows = [Row((line.label, figure(line), interval(line), line.source)) for line in lines]
    columns = (
        Column(_("The province's survey"), 40, LEFT),
        Column(_("Estimate, percent"), 13),
        Column(wording.interval_name(()), 19),
        Column(_("Data"), 28, LEFT),
    )
    note = _("The province's own survey; not SIPAS: other people, another way. The two don't form one series.")
    return Table(_("The province's own survey"), columns, tuple(rows), (note,))


def dimensions(document: YearDocument) -> Table:
    """PAPI's dimensions, the lowest share of the ceiling first."""
    lines = document.of("papi")
    rows = [
        Row(
            (line.label, figure(line), plain(line.max), percent(line.share, 0), plain(line.previous), change(line))
        )
        for line in lines
    ]
    columns = (
        Column(_("Dimension"), 38, LEFT),
        Column(_("Published"), 12),
        Column(_("Ceiling"), 11),
        Column(_("Share of the ceiling"), 15),
        Column(_("Year before"), 12),
        Column(_("Change"), 12),
    )
    caption = _("PAPI %(year)s by dimension, the lowest share of the ceiling first", year=document.year)
    return Table(caption, columns, tuple(rows), _sources_of(lines))


def tasks(document: YearDocument, lines: Sequence[Line], caption: str) -> Table:
    """Tasks by office, with what was reported."""
    rows: list[Row] = []
    for office, own in groupby(lines, key=lambda line: document.offices.get(line.office or "", "")):
        rows.append(Row((upper(office),), strong=True))
        for line in own:
            told = "; ".join(filter(None, (state(line), line.note)))
            rows.append(Row((line.label, line.head, deadline(line), told, worded(line.source, in_full=False))))
    columns = (
        Column(_("Task"), 31, LEFT),
        Column(_("Head"), 18, LEFT),
        Column(_("Deadline"), 16),
        Column(_("State"), 16),
        Column(_("Proof or decision"), 19, LEFT),
    )
    return Table(caption, columns, tuple(rows), _documents_of(lines))


def cases(document: YearDocument, lines: Sequence[Line]) -> Table:
    """What people said, and what became of it."""
    rows = [Row((line.label, responsible(document, line), deadline(line), outcome(line))) for line in lines]
    columns = (
        Column(_("What people said"), 33, LEFT),
        Column(_("Who answers for it"), 22, LEFT),
        Column(_("Deadline"), 16),
        Column(_("What became of it"), 29, LEFT),
    )
    note = _("Each sentence sums up the remarks of five people or more. A reply stands here once it is published.")
    return Table(_("What people said and what became of it"), columns, tuple(rows), (note,))


def answered(document: YearDocument, lines: Sequence[Line]) -> Table:
    """How offices answered, in the order of their names."""
    rows = [
        Row((upper(document.offices.get(line.office or "", "")), plain(line.value), plain(line.max), line.note))
        for line in lines
    ]
    columns = (
        Column(_("Office"), 40, LEFT),
        Column(_("In time"), 14),
        Column(_("Due"), 14),
        Column(_("All"), 32, LEFT),
    )
    return Table(_("Answers by office"), columns, tuple(rows), ())


def targets(document: YearDocument, lines: Sequence[Line], caption: str, judged: bool) -> Table:
    """Targets with who answers for each, and, once the year is over, what they came to."""
    rows = [
        Row(
            (
                f"{line.label} ({worded(line.source, in_full=False)})",
                goal(line),
                *((_reached(after), state(line)) if judged else ()),
                responsible(document, line),
                deadline(line),
            )
        )
        for line, after in zip_longest(lines, lines[1:])
        if line.office
    ]
    columns = (
        Column(_("Target"), 27 if judged else 42, LEFT),
        Column(_("To reach"), 12 if judged else 16),
        *((Column(_("Result"), 14), Column(_("Verdict"), 13)) if judged else ()),
        Column(_("Who answers for it"), 18 if judged else 25, LEFT),
        Column(_("Deadline"), 16 if judged else 17),
    )
    duties = [line for line in lines if line.office]
    cautions = _once(line.note for line in lines if not line.office)
    return Table(caption, columns, tuple(rows), (*_documents_of(duties), *cautions))


def sources(document: YearDocument) -> list[Table]:
    """Every figure of the document with its source: the published ones, then the own ones, apart."""
    known: dict[tuple[str, float], Line] = {}  # a target's figure stands further up too
    for line in document.lines:
        if line.value is not None and line.section != "cases":
            known.setdefault((line.key, line.value), line)
    published = [line for line in known.values() if line.mark == "published"]
    own = [line for line in known.values() if line.mark == "own"]
    what, value, source = Column(_("Figure"), 40, LEFT), Column(_("Value"), 14), Column(_("Source"), 46, LEFT)
    tables = [
        Table(
            _("Published figures and their sources"),
            (what, value, source),
            tuple(Row((line.label, amount(line), worded(line.source))) for line in published),
            (),
        ),
        Table(
            _("The province's own figures and their sources"),
            (
                replace(what, width=34),
                replace(value, width=13),
                Column(wording.interval_name(()), 19),
                Column(_("Source"), 34, LEFT),
            ),
            tuple(Row((line.label, amount(line), interval(line), worded(line.source))) for line in own),
            tuple(_once(line.note for line in own if line.low is not None)),
        ),
    ]
    return [table for table in tables if table.rows]


def _reached(after: Line | None) -> str:
    """The figure that a target is judged by, which stands behind it where there is one."""
    if after is None or after.office:
        return "–"
    return amount(after) if after.low is None else f"{amount(after)} {interval(after)}"


def _source(line: Line) -> str:
    """The source; with why, where nothing was published."""
    told = f"{line.source}: {line.note}" if line.state == "not_published" and line.note else line.source
    return worded(told) or "–"


def _sources_of(lines: Iterable[Line]) -> tuple[str, ...]:
    named = _once(_source(line) for line in lines)
    return (_("Source: %(sources)s", sources="; ".join(named)),) if named else ()


def _documents_of(lines: Iterable[Line]) -> tuple[str, ...]:
    """The documents of which a table has room for sign and day alone, in full."""
    sources = [line.source for line in lines]
    named = _once(worded(one) for one in sources if worded(one) != worded(one, in_full=False))
    return (_("Documents: %(documents)s", documents="; ".join(named)),) if named else ()


def _once(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, words)))
