"""What the year's report says, once for Word and PDF: fixed sections, in Word with lines for the clerk."""

from __future__ import annotations

from collections.abc import Sequence

from survey.reports import year_tables as tables
from survey.reports.letter import Head, letter, unissued
from survey.reports.structure import Blank, Block, Heading, Notice, Paragraph, Report
from survey.reports.year_words import amount, figure, interval, plain, rank
from survey.year.document import YearDocument
from survey.year.document_lines import Line, index_name
from translations import gettext as _
from translations import ngettext
from translations.formats import number, official_day

FIRST = 4  # parts that are named before the table: what can be won back first


def contents(document: YearDocument, approved: bool) -> Report:
    """The report of a year in the language of the document, which is that of the moment."""
    sections = (
        (_("Published indices"), _indices(document)),
        (_("Where points were lost"), _lost(document)),
        (_("What offices did"), _done(document)),
        (_("What people said and what became of it"), _said(document)),
        (_("Targets and who answers for them"), _targets(document)),
        (_("Method and limits"), _method(document)),
    )
    sources = tables.sources(document)
    blocks: list[Block] = [*_opening(document, approved)]
    for title, inner in sections:
        blocks += [Heading(1, title.upper()), *inner, Blank()]
    return letter(
        Head(document.province, *unissued(document.province, document.day), marks(document, approved)),
        (
            _("Results of administrative reform in the indices of %(year)s,", year=document.year),
            _("responsibilities and targets"),
        ),
        _("To: the People's Committee of %(province)s Province.", province=document.province),
        blocks,
        _("This is the report on %(year)s, respectfully submitted./.", year=document.year),
        (
            _("- As above;"),
            _("- Departments and People's Committees of the communes;"),
            _("- Kept: office, administrative reform."),
        ),
        [Heading(0, _("Annex").upper()), *sources] if sources else [],
    )


def marks(document: YearDocument, approved: bool) -> tuple[str, ...]:
    """What stands on every page of every format."""
    draft = () if approved else (_("Draft").upper(),)
    return (*draft, *((_("Demonstration data"),) if document.simulated else ()))


def _opening(document: YearDocument, approved: bool) -> list[Block]:
    blocks: list[Block] = []
    if document.simulated:
        blocks.append(
            Notice(_("These are simulated demonstration data. They say nothing about the real province."))
        )
    if not approved:
        blocks.append(Notice(_("This is a draft: the document is not approved and may still change.")))
    return [
        *blocks,
        Blank(),
        Paragraph(
            _(
                "The Department of Home Affairs reports the published indices of %(year)s, the points lost, what "
                "was done, and the targets with who answers for them. The figures are those of %(day)s.",
                year=document.year,
                day=official_day(document.day),
            )
        ),
    ]


def _indices(document: YearDocument) -> list[Block]:
    lines = document.of("indices")
    blocks: list[Block] = [
        Paragraph(_index(document, line, lines)) for line in lines if line.unit != "group" and "@" not in line.key
    ]
    if document.missing:
        names = ", ".join(map(index_name, document.missing))
        blocks.append(Paragraph(_("Not entered for %(year)s: %(names)s.", year=document.year, names=names)))
    return [*blocks, *([tables.indices(document)] if lines else [])]


def _index(document: YearDocument, line: Line, lines: Sequence[Line]) -> str:
    """An index in one sentence: value, change, rank, group, and how far it lies from the mean of all."""
    if line.value is None:
        return _("%(index)s: not published. %(why)s", index=line.label, why=line.note)
    told = [
        amount(line)
        if line.unit == "percent"
        else _("%(value)s of %(max)s points", value=figure(line), max=plain(line.max))
    ]
    if line.change is not None:
        moved = {"by": number(abs(line.change), 2), "year": document.year - 1, "then": number(line.previous, 2)}
        told.append(
            _("no change since %(year)s", **moved)
            if not round(line.change, 2)
            else _("%(by)s more than in %(year)s (%(then)s)", **moved)
            if line.change > 0
            else _("%(by)s less than in %(year)s (%(then)s)", **moved)
        )
    if line.rank is not None:
        told.append(_("rank %(rank)s", rank=rank(line)))
    told += [
        _("group %(group)s", group=figure(one))
        for one in lines
        if one.key == line.key.replace("published", "group")
    ]
    for mean in lines:
        if mean.key.startswith(f"{line.key}@") and mean.value is not None:
            gap = line.value - mean.value
            words = _("%(by)s above %(mean)s (%(value)s)") if gap >= 0 else _("%(by)s below %(mean)s (%(value)s)")
            told.append(
                words % {"by": number(abs(gap), 2), "mean": mean.key.rpartition("@")[2], "value": figure(mean)}
            )
    return f"{line.label}: {'; '.join(told)}."


def _lost(document: YearDocument) -> list[Block]:
    return [
        Heading(2, _("Parts of the scorecards")),
        *_parts(document),
        Heading(2, _("Satisfaction of people")),
        *_survey(document),
        Heading(2, _("PAPI by dimension")),
        tables.dimensions(document) if document.of("papi") else _nothing(),
    ]


def _parts(document: YearDocument) -> list[Block]:
    lines = document.of("lost")
    parts = [line for line in lines if line.state]
    if not parts:
        return [_nothing()]
    official = [line for line in parts if line.state == "official"]
    own = [line for line in parts if line.state in ("self", "assessed")]
    measured = [line for line in parts if line.state == "measured" and line.note]
    blocks: list[Block] = [*_most(official or own)]
    if official:
        note = _("Official points as the ministry gave them.")
        blocks.append(tables.scored(document, official, _("Points lost by official points"), _("Official"), note))
    if own:
        note = _("Self-scored or appraised within the province; not the ministry's points.")
        blocks.append(tables.scored(document, own, _("Points lost by the province's own points"), _("Own"), note))
    if measured:
        blocks.append(tables.measured(document, measured))
    return [*blocks, *(Paragraph(_whole(line)) for line in lines if ":" not in line.key.partition(":")[2])]


def _most(lines: Sequence[Line]) -> list[Block]:
    first = [line for line in lines[:FIRST] if line.lost]
    if not first:
        return []
    named = "; ".join(
        _("%(part)s lost %(lost)s of %(max)s", part=line.label, lost=plain(line.lost), max=plain(line.max))
        for line in first
    )
    total = plain(sum(line.lost or 0 for line in first))
    return [
        Paragraph(
            ngettext(
                "Most can be won back in %(count)s part, %(total)s points: %(named)s.",
                "Most can be won back in %(count)s parts, %(total)s points together: %(named)s.",
                len(first),
                count=len(first),
                total=total,
                named=named,
            )
        )
    ]


def _whole(line: Line) -> str:
    if line.value is None:
        return _("%(title)s: no total, for it is not known in full. %(why)s.", title=line.label, why=line.note)
    return _(
        "%(title)s: %(value)s of %(max)s points in all.",
        title=line.label,
        value=figure(line) if line.low is None else f"{figure(line)} {interval(line)}",
        max=plain(line.max),
    )


def _survey(document: YearDocument) -> list[Block]:
    lines = document.of("survey")
    published = [line for line in lines if line.key.startswith("published:")]
    own = [line for line in lines if line.key.startswith("survey:")]
    blocks: list[Block] = [tables.published_parts(document, published)] if published else []
    return [*blocks, *([tables.own_survey(own)] if own else [])] or [_nothing()]


def _done(document: YearDocument) -> list[Block]:
    lines = document.of("done")
    return [tables.tasks(document, lines, _("Tasks by office"))] if lines else [_nothing()]


def _said(document: YearDocument) -> list[Block]:
    lines = document.of("cases")
    heard = [line for line in lines if not line.unit]
    if not heard:
        return [_nothing()]
    return [tables.cases(document, heard), tables.answered(document, [line for line in lines if line.unit])]


def _targets(document: YearDocument) -> list[Block]:
    lines = document.of("targets")
    now = [line for line in lines if "next_year" not in line.flags]
    then = [line for line in lines if "next_year" in line.flags]
    aims, works = [line for line in then if line.unit], [line for line in then if not line.unit]
    blocks: list[Block] = []
    if now:
        caption = _("Targets of %(year)s and what they came to", year=document.year)
        blocks.append(tables.targets(document, now, caption, judged=True))
    if aims:
        caption = _("Targets of %(year)s", year=document.year + 1)
        blocks.append(tables.targets(document, aims, caption, judged=False))
    if works:
        blocks.append(tables.tasks(document, works, _("Tasks of %(year)s", year=document.year + 1)))
    return blocks or [_nothing()]


def _method(document: YearDocument) -> list[Block]:
    words = [
        _(
            "Published figures stand as their authors published them, with their source and without an interval. "
            "Where nothing was published there is no value, and none is put in its place."
        ),
        _(
            "The province's own figures are estimates of its own surveys, with a confidence interval; they "
            "are not PAR INDEX, SIPAS or PAPI, and form no series with them."
        ),
        _(
            "Points that a survey measures are a simulation: the ministry's rule by which answers become points "
            "is not known."
        ),
        _("A scorecard has a total only if every maximum and every value is known."),
        _(
            "“Reached” or “not reached” is said of a figure of a survey only if its whole interval lies on one "
            "side of the target."
        ),
        _("A figure that could show what somebody answered is hidden."),
    ]
    surveys = [
        _(
            "%(survey)s: %(people)s people (%(source)s).",
            survey=line.label,
            people=figure(line),
            source=line.source,
        )
        for line in document.of("method")
    ]
    return [Paragraph(text) for text in (*surveys, *words)]


def _nothing() -> Paragraph:
    return Paragraph(_("Nothing was entered for this."))
