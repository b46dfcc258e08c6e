"""What the report says, once for all formats: headings, paragraphs, tables and a figure, in the language of the
moment.

Every sentence is chosen by a rule that respects the intervals: nothing is "higher" or "lower" unless the corrected
test says so, no zero stands without its bound, and a hidden figure takes the sentence around it along.
"""

from __future__ import annotations

from collections.abc import Iterator

from forms import Item
from survey.integrity.account import Account
from survey.reports import integrity, leaders, remarks, targets
from survey.reports.cells import figure_columns, figure_row, notes
from survey.reports.labels import (
    asked,
    blank_label,
    headline_name,
    index_name,
    is_open,
    label,
    lower,
    scored,
    value_label,
)
from survey.reports.letter import head, letter
from survey.reports.method import again, method
from survey.reports.structure import (
    Block,
    Heading,
    Notice,
    Paragraph,
    Report,
    Row,
    Table,
)
from survey.reports.unit_sections import communes
from survey.results import wording
from survey.results.summary import Headline, Line, Summary
from survey.storage.models import WaveKind
from translations import N_
from translations import gettext as _
from translations.formats import number, official_day, percent


def contents(summary: Summary, account: Account | None = None) -> Report:
    """The report of a wave in the language of the moment, with what is told of its integrity as an annex."""
    blocks: list[Block] = [*opening(summary)]
    for title, inner in (
        (_("Main results"), _main(summary)),
        (_("Results by factor and question"), _parts(summary)),
        leaders.results(summary) if summary.asks_leaders else (_("Results by commune"), communes(summary)),
        (_("In people's own words"), _remarks(summary)),
        (_("How it was done"), method(summary)),
        (_("How to compute it again"), again(summary)),
    ):
        blocks += [Heading(1, title.upper()), *inner] if inner else []
    return letter(
        head(summary),
        subject(summary),
        _("To: the People's Committee of %(province)s Province.", province=summary.province.name),
        blocks,
        _("This is the report on wave %(wave)s, respectfully submitted./.", wave=summary.wave.code),
        (
            _("- As above;"),
            _("- The agencies concerned;")
            if summary.asks_leaders
            else _("- People's Committees of the communes;"),
            _("- Kept: office, administrative reform."),
        ),
        integrity.annex(summary, account) if account is not None else (),
    )


def subject(summary: Summary) -> tuple[str, str]:
    """What the report is about; an open wave is no survey of a sample, and its title doesn't say so."""
    wave = summary.wave.code
    if summary.asks_leaders:
        title = str(summary.questionnaire.title)
        return _("Results of the survey"), _("“%(title)s”, wave %(wave)s", title=title, wave=wave)
    if summary.wave.kind is WaveKind.OPEN:
        return _("Opinions gathered from people"), _("on how they were served, wave %(wave)s", wave=wave)
    return (
        _("Results of the survey of people's satisfaction"),
        _("with the service of administrative agencies, wave %(wave)s", wave=wave),
    )


def opening(summary: Summary, unit: str | None = None) -> list[Block]:
    """What the data are, and what must be known before any figure of them.

    unit  the commune that alone the report is of
    """
    blocks: list[Block] = []
    if summary.wave.simulated:
        blocks.append(
            Notice(_("These are simulated demonstration data. They say nothing about the real province."))
        )
    if summary.draft:
        blocks.append(Notice(_("This is a draft: the figures are not released and may still change.")))
    blocks += [Notice(one.words()) for one in summary.unusual if unit in (None, one.unit)]
    if summary.release is not None and summary.release.correction:
        blocks.append(Notice(wording.correction(summary.release)))
    if summary.issue is not None and summary.issue.replaces:
        blocks.append(Notice(_("This report replaces the report %(number)s.", number=summary.issue.replaces)))
    blocks.append(
        Paragraph(
            _(
                "The Department of Home Affairs reports the results of wave %(wave)s (form “%(title)s”, version "
                "%(version)s), held from %(opens)s to %(closes)s. The figures rest on the data of %(day)s.",
                wave=summary.wave.code,
                title=str(summary.questionnaire.title),
                version=str(summary.questionnaire.version),
                opens=official_day(summary.wave.opens),
                closes=official_day(summary.wave.closes),
                day=official_day(summary.data_day),
            )
        )
    )
    if is_open(summary):
        blocks.append(
            Paragraph(
                _(
                    "Everybody who wished could answer; nobody was drawn. The figures describe those who "
                    "answered, and know nothing of those who did not. Their limits are therefore called a range "
                    "of variation, not a confidence interval."
                )
            )
        )
    return blocks


def _main(summary: Summary) -> list[Block]:
    blocks: list[Block] = []
    if summary.index is not None:
        blocks.append(Heading(2, index_name(summary)))
        blocks.extend(_index(summary, summary.index))
    if summary.headlines:
        title = _("Answers of note") if summary.asks_leaders else _("Harassment and unofficial payments")
        blocks.append(Heading(2, title))
        blocks.append(
            Paragraph(
                _(
                    "Beside each answer stands the share of people who gave none. How they would have answered "
                    "is not known, so the figure is also given for the two extremes."
                )
            )
        )
        for headline in summary.headlines:
            blocks.extend(_headline(summary, headline))
    if summary.targets:
        blocks += [Heading(2, _("Targets")), targets.table(summary.targets)]
    return blocks


def _index(summary: Summary, line: Line) -> list[Block]:
    title = label(summary, line.code)
    count = len(summary.questionnaire.index.codes()["index"]) if summary.questionnaire.index else 0
    blocks: list[Block] = [
        Paragraph(_("%(title)s: %(sentence)s.", title=title, sentence=wording.sentence(line.estimate)))
    ]
    if since := _since(summary):
        blocks.append(Paragraph(since))
    if summary.rule is not None:
        blocks.append(
            Paragraph(
                _(
                    "Rule: %(rule)s, pooled over all valid answers to the %(count)s questions of the index in "
                    "wave %(wave)s. It is an index of this survey alone: another survey or another rule gives "
                    "another figure, and the two do not form one series.",
                    rule=lower(str(summary.rule.label)),
                    count=number(count),
                    wave=summary.wave.code,
                )
            )
        )
    if summary.asks_leaders:
        blocks.append(Paragraph(leaders.simulated()))
    if rest := wording.rest(line.estimate, summary.rule, summary.questionnaire):
        blocks.append(Paragraph(rest))
    rows = [figure_row(label(summary, part.code), part.estimate) for part in summary.areas]
    rows.append(figure_row(title, line.estimate, strong=True))
    blocks.append(
        Table(
            _("%(index)s by area", index=index_name(summary)),
            figure_columns(summary, _("Area"), _("Index")),
            tuple(rows),
            notes([part.estimate for part in summary.areas] + [line.estimate]),
        )
    )
    return blocks


SIGNS = N_(
    "There are signs that it changed since wave %(wave)s, not enough to conclude it: the difference is "
    "%(difference)s (%(interval)s %(limits)s); then it was %(then)s."
)
MOVED = {
    "above": N_("It went up since wave %(wave)s: %(difference)s (%(interval)s %(limits)s); then it was %(then)s."),
    "below": N_(
        "It went down since wave %(wave)s: %(difference)s (%(interval)s %(limits)s); then it was %(then)s."
    ),
    "signs_above": SIGNS,
    "signs_below": SIGNS,
    "not_apart": N_(
        "There is not enough to conclude that it changed since wave %(wave)s: the difference is %(difference)s "
        "(%(interval)s %(limits)s); then it was %(then)s."
    ),
}


def _since(summary: Summary) -> str:
    """What became of the index since the wave before, no more than its test allows; empty where there is none."""
    changes = summary.since.changes if summary.since else ()
    if summary.since is None or not changes:
        return ""
    [change] = changes
    if change.breaks:
        return _(
            "It is not compared with that of wave %(wave)s, which measured otherwise. %(reasons)s",
            wave=summary.since.old.code,
            reasons=" ".join(map(str, change.breaks)),
        )
    if change.difference is None:
        return ""
    if is_open(summary):
        return _(
            "In wave %(wave)s it was %(then)s, %(difference)s to now. Neither is a sample, so no more is said.",
            wave=summary.since.old.code,
            then=wording.cell(change.old),
            difference=wording.change(change.difference, 2),
        )
    if change.verdict is None:
        return ""
    told = {
        "wave": summary.since.old.code,
        "difference": wording.change(change.difference, 2),
        "interval": lower(wording.interval_name(change.new)),
        "limits": wording.change_limits(change.difference, 2),
        "then": wording.cell(change.old),
    }
    return _(MOVED[change.verdict], **told)


def _headline_rows(item: Item, headline: Headline, closed: bool) -> Iterator[Row]:
    for line in headline.values:
        yield figure_row(value_label(item, line), line.estimate, strong=line is headline.line)
    if headline.blank and not closed:
        blank, people = blank_label(item, headline), number(headline.asked)
        words = _("%(blank)s (of %(asked)s people asked)", blank=blank, asked=people)
        yield Row((words, "–", percent(headline.blank), "–"))


def _headline(summary: Summary, headline: Headline) -> list[Block]:
    item = summary.questionnaire.items[headline.code]
    record, name = headline.line.estimate, headline_name(summary, headline)
    closed = any(wording.is_hidden(line.estimate) for line in headline.values)
    blocks: list[Block] = [
        Table(
            asked(item),
            figure_columns(summary, _("Answer"), _("Share")),
            tuple(_headline_rows(item, headline, closed)),
            notes([line.estimate for line in headline.values]),
        ),
        Paragraph(_("%(title)s: %(sentence)s.", title=name, sentence=wording.sentence(record))),
    ]
    if not closed and "under_3" not in record.flags:
        blocks += _blanks(summary, headline)
    return blocks


def _blanks(summary: Summary, headline: Headline) -> list[Block]:
    """How many gave no answer, and what the share would be if all of them, or none, would have given it."""
    if headline.blank == 0:
        return [Paragraph(_("None of the %(asked)s people asked left this blank.", asked=number(headline.asked)))]
    if headline.blank is None or headline.least is None or headline.most is None:
        return []
    counts = {"asked": number(headline.asked), "answered": number(headline.answered)}
    counts["blank"] = percent(headline.blank)
    first = (
        _("Of %(asked)s people asked, %(answered)s answered; weighted, %(blank)s gave no answer.", **counts)
        if summary.weight_name
        else _("Of %(asked)s people asked, %(answered)s answered; %(blank)s gave no answer.", **counts)
    )
    second = _(
        "If none of these would have given it, the share would be %(least)s; if all of them would, %(most)s.",
        least=percent(headline.least),
        most=percent(headline.most),
    )
    return [Paragraph(f"{first} {second}")]


def _parts(summary: Summary) -> list[Block]:
    blocks: list[Block] = []
    index, lines = summary.questionnaire.index, {line.code: line for line in summary.factors}
    if index is not None and lines:
        blocks.append(Heading(2, _("By area and factor")))
        blocks.extend(_extremes(summary))
        areas = {line.code: line for line in summary.areas}
        rows = []
        for area in index.areas:
            code = f"index:{area.code}"
            if code in areas:
                rows.append(figure_row(str(area.label), areas[code].estimate, strong=True))
            rows.extend(
                figure_row(str(factor.label), lines[f"index:{factor.code}"].estimate)
                for factor in area.factors
                if f"index:{factor.code}" in lines
            )
        blocks.append(
            Table(
                _("%(index)s by area and factor", index=index_name(summary)),
                figure_columns(summary, _("Area, factor"), _("Index")),
                tuple(rows),
                notes([line.estimate for line in (*summary.areas, *summary.factors)]),
            )
        )
    if summary.items:
        blocks.append(Heading(2, _("By question")))
        blocks.append(
            Table(
                _("%(index)s by question", index=index_name(summary))
                if summary.asks_leaders
                else _("Satisfied answers by question"),
                figure_columns(
                    summary, _("Question asked"), _("Index") if summary.asks_leaders else _("Satisfied")
                ),
                _item_rows(summary),
                notes([scored(line) for line in summary.items]),
            )
        )
    return blocks


def _extremes(summary: Summary) -> list[Block]:
    lines = [line for line in summary.factors if wording.has_interval(line.estimate)]
    if len(lines) < 2 or is_open(summary):
        return []
    ordered = sorted(lines, key=lambda line: line.estimate.estimate or 0.0)
    return [
        Paragraph(
            _(
                "The highest estimate among the factors is %(high)s: %(high_figure)s; the lowest is %(low)s: "
                "%(low_figure)s. This is the order of the estimates; no test was made of the differences "
                "between factors.",
                high=lower(label(summary, ordered[-1].code)),
                high_figure=wording.cell(ordered[-1].estimate),
                low=lower(label(summary, ordered[0].code)),
                low_figure=wording.cell(ordered[0].estimate),
            )
        )
    ]


def _item_rows(summary: Summary) -> tuple[Row, ...]:
    """The questions under their factors; those of no factor at the end."""
    lines = {line.code: line for line in summary.items}
    rows: list[Row] = []
    for area in summary.questionnaire.index.areas if summary.questionnaire.index else ():
        for factor in area.factors:
            own = [lines.pop(code) for code in factor.items if code in lines]
            if own:
                rows.append(Row((str(factor.label),), strong=True))
                rows.extend(figure_row(label(summary, line.code), scored(line)) for line in own)
    rows.extend(figure_row(label(summary, line.code), line.estimate) for line in lines.values())
    return tuple(rows)


def _remarks(summary: Summary) -> list[Block]:
    written = summary.remarks
    return [] if written is None else remarks.blocks(written.whole, written.unread)
