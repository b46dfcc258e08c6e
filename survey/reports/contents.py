"""What the report of a wave says, once for all formats: two or three pages to sign, then the annexes.

Every sentence is chosen by a rule that respects the intervals: nothing is "higher" or "lower" unless the corrected
test says so, no zero stands without its bound, and a hidden figure takes the sentence around it along.
"""

from __future__ import annotations

from collections.abc import Sequence

from forms import Rule
from survey.integrity.account import Account
from survey.reports import annexes, compared, conduct, leaders, question_tables, standing_out, targets
from survey.reports.compared import columns, row
from survey.reports.labels import headline_name, is_open, label, lower, within
from survey.reports.letter import head, letter
from survey.reports.structure import Annexes, Blank, Block, Heading, Notice, Paragraph, Report, Table
from survey.results import release_words, wording
from survey.results.summary import Line, Summary
from survey.storage.models import WaveKind
from translations import gettext as _


def contents(summary: Summary, account: Account | None = None) -> Report:
    """The report of a wave in the language of the moment; what is told of its integrity stands in an annex."""
    annexed = annexes.of(summary, account)
    blocks: list[Block] = [
        *opening(summary),
        Paragraph(_("The Department of Home Affairs reports as follows:")),
        Heading(1, _("Conduct of the survey").upper() if not is_open(summary) else _("How it was done").upper()),
        *conduct.body(summary, annexed),
        Heading(1, _("Results").upper()),
        *_results(summary, annexed),
        Heading(1, _("Assessment and recommendations").upper()),
        *_assessment(),
    ]
    return letter(
        head(summary),
        subject(summary),
        _("To: the People's Committee of %(province)s Province.", province=summary.province.name),
        blocks,
        _("The Department of Home Affairs respectfully submits this to the Provincial People's Committee./."),
        (
            _("- As above;"),
            _("- The agencies concerned;")
            if summary.population.rates_units or not summary.of_communes
            else _("- People's Committees of the communes;"),
            _("- Kept: office, administrative reform."),
        ),
        annexed.blocks(),
    )


def subject(summary: Summary) -> tuple[str, ...]:
    """What the report is about: the wave by its name; of an open one no results of a survey, but opinions."""
    if summary.wave.kind is WaveKind.OPEN:
        return (_("Opinions gathered: %(title)s", title=summary.wave.title),)
    return (_("Results of “%(title)s”", title=within(summary.wave.title)),)


def opening(summary: Summary, unit: str | None = None) -> list[Block]:
    """What must be known before any figure.

    unit  the commune that alone the document is of
    """
    told = []
    release = summary.release
    if summary.wave.simulated:
        told.append(_("These are simulated demonstration data. They say nothing about the real province."))
    if summary.draft and (release is None or release.withdrawn is None):
        draft = _("This is a draft: the figures are not released and may still change.")
        told.append(wording.nothing_yet() if summary.is_empty else draft)
    about = release or summary.withdrawn
    if about is not None and (remark := release_words.correction(about)):
        told.append(remark)
    told += [one.words() for one in summary.unusual if unit in (None, one.unit)]
    if summary.issue is not None and summary.issue.replaces:
        told.append(_("This report replaces the report %(number)s.", number=summary.issue.replaces))
    return [Notice("\n".join(told))] if told else []


def _results(summary: Summary, annexed: Annexes) -> list[Block]:
    sections: list[tuple[str, Sequence[Block]]] = [(_("Main results"), _main(summary))]
    if summary.index is None:
        sections.append((_("Results by question"), question_tables.of_wave(summary, annexed)))
    if summary.items and not is_open(summary):
        sections.append((_("Questions that stand out"), standing_out.items(summary, annexed)))
    if summary.population.in_groups:
        sections.append(leaders.pointed(annexed))
    elif summary.units:
        title = _("Communes that stand out") if summary.of_communes else _("Units that stand out")
        sections.append((title, standing_out.communes(summary, annexed)))
    if summary.targets:
        sections.append((_("Targets"), targets.body(summary, annexed)))
    if summary.remarks is not None:
        sections.append((_("In people's own words"), standing_out.themes(summary, annexed)))
    return [block for title, blocks in sections if blocks for block in (Heading(2, title), *blocks)]


def _main(summary: Summary) -> list[Block]:
    """The index with its areas, and the answers of note, beside the wave before."""
    since, blocks = summary.since, list[Block]()
    rows = []
    if summary.index is not None:
        blocks += _index(summary, summary.index)
        for line in (summary.index, *summary.areas):
            change = since.of(line.code) if since else None
            is_whole = line is summary.index
            rows.append(row(summary, label(summary, line.code), line.estimate, change, strong=is_whole))
    records = [line.estimate for line in ((summary.index,) if summary.index else ()) + summary.areas]
    for headline in summary.headlines:
        change = since.of(headline.code, str(headline.worst)) if since else None
        rows.append(row(summary, headline_name(summary, headline), headline.line.estimate, change))
        records.append(headline.line.estimate)
    if rows:
        what = _("Figure")
        caption = _("Main results")
        blocks.append(Table(caption, columns(summary, what), tuple(rows), annexes.notes_of(summary, records)))
    return blocks


def _index(summary: Summary, line: Line) -> list[Block]:
    title, change = label(summary, line.code), summary.since.of(line.code) if summary.since else None
    told = [_("%(title)s: %(figure)s.", title=title, figure=told_figure(summary, line))]
    told.append(compared.sentence(summary, change))
    if rest := wording.rest(line.estimate, summary.rule, summary.questionnaire):
        told.append(rest)
    blocks: list[Block] = [Paragraph(" ".join(told))]
    if summary.rule is not None:
        blocks.append(Paragraph(_ruled(summary.rule)))
    if summary.population.gives_points:
        blocks.append(Paragraph(leaders.simulated()))
    return blocks


def _ruled(rule: Rule) -> str:
    return _(
        "The index follows this rule: %(rule)s. It is of this survey alone and forms no series with that of "
        "another survey.",
        rule=lower(str(rule.label)),
    )


def told_figure(summary: Summary, line: Line, decimals: int = 2) -> str:
    """A figure with its interval and base, as the report writes it."""
    record = line.estimate
    if wording.is_hidden(record) or record.estimate is None:
        return wording.cell(record, decimals)
    base = "" if {"none", "all"} & set(record.flags) else f"; {wording.people(record.n)}"
    return f"{wording.cell(record, decimals)}{base}"


def _assessment() -> list[Block]:
    """Headings with empty lines: what the department makes of it, no program can write."""
    parts = (
        (_("What went well"), 2),
        (_("What falls short, and why"), 2),
        (_("Recommendations"), 3),
    )
    return [
        block
        for title, lines in parts
        for block in (Heading(2, title), Blank(lines, dotted=True, leads=title == parts[-1][0]))
    ]
