"""What the report of one commune says: where it stands against the province, and what it is strong and weak in."""

from __future__ import annotations

from analysis import Estimate
from survey.reports import remarks, targets
from survey.reports.cells import notes
from survey.reports.contents import opening
from survey.reports.labels import (
    commune,
    headline_name,
    interval_title,
    is_open,
    label,
    lower,
    ranks,
    scored,
    upper,
)
from survey.reports.letter import head, letter
from survey.reports.structure import LEFT, Block, Column, Heading, Paragraph, Report, Row, Table
from survey.results import wording
from survey.results.summary import Line, Summary, UnitLine
from translations import gettext as _
from translations.formats import number


def contents(summary: Summary, line: UnitLine) -> Report:
    """The report of a commune in the language of the moment; figures of other communes don't stand in it."""
    name = commune(line.unit)
    blocks: list[Block] = [
        *opening(summary, line.unit.code),
        Heading(1, _("Main results").upper()),
        *_main(summary, line),
    ]
    aims = [one for one in summary.targets if one.unit.code == line.unit.code]
    if aims:
        blocks += [Heading(1, _("Targets set").upper()), targets.table(aims, of_one_unit=True)]
    items = _items(summary, line)
    if items:
        blocks += [Heading(1, _("Results by question").upper()), *items]
    own = summary.remarks.units.get(line.unit.code) if summary.remarks else None
    if own is not None and summary.remarks is not None:
        blocks += [Heading(1, _("In people's own words").upper()), *remarks.blocks(own, summary.remarks.unread)]
    blocks += [Heading(1, _("How to read it").upper()), *_reading(summary)]
    return letter(
        head(summary),
        (
            _("Opinions gathered in %(commune)s", commune=name)
            if is_open(summary)
            else _("Results of %(commune)s", commune=name),
            _("in wave %(wave)s", wave=summary.wave.code),
        ),
        _("To: the People's Committee of %(commune)s.", commune=name),
        blocks,
        _(
            "These are the results of %(commune)s, sent to its People's Committee for information and use./.",
            commune=name,
        ),
        (_("- As above;"), _("- Kept: office, administrative reform.")),
    )


def _main(summary: Summary, line: UnitLine) -> list[Block]:
    blocks: list[Block] = []
    if summary.index is not None:
        blocks.append(_beside(label(summary, summary.index.code), line.index, summary.index.estimate))
        blocks += [Paragraph(text) for text in _standing(summary, line)]
    for headline, record in zip(summary.headlines, line.headlines, strict=True):
        blocks.append(_beside(headline_name(summary, headline), record, headline.line.estimate))
        if "none" in record.flags and not wording.is_hidden(record):
            blocks.append(Paragraph(_("No case among those who answered. That does not mean that there is none.")))
    return blocks


def _beside(title: str, record: Estimate, province: Estimate) -> Paragraph:
    """A figure of the commune, and the province's."""
    own = _("%(title)s: %(sentence)s.", title=title, sentence=wording.sentence(record, 1))
    return Paragraph(f"{own} " + _("Whole province: %(sentence)s.", sentence=wording.sentence(province, 1)))


def _standing(summary: Summary, line: UnitLine) -> list[str]:
    if is_open(summary):
        return [wording.no_sample()]
    if wording.is_hidden(line.index) or line.index.estimate is None:
        return []
    if line.index.standing is None:
        return [_("There are not enough villages to compare it with the rest of the province.")]
    sentences = [f"{upper(wording.standing(line.index.standing))}."]
    sentences += wording.of_standings(one.index for one in summary.units)
    if line.ranks is not None:
        sentences.append(
            _(
                "Its rank among %(count)s communes may be any in %(ranks)s: the answers give no single one.",
                count=number(len(summary.units)),
                ranks=ranks(line),
            )
        )
    return sentences


def _items(summary: Summary, line: UnitLine) -> list[Block]:
    provincial = {one.code: one for one in summary.items}
    own = {
        record.item: Line(record.item, provincial[record.item].label, record)
        for record in summary.records
        if record.domain == line.unit.code and record.item in provincial
    }
    if not own:
        return []
    rows = []
    for code, one in own.items():
        record, whole = scored(one), scored(provincial[code])
        cells = wording.base(record), wording.figure(record, 1) + wording.mark(record), wording.bracket(record, 1)
        rows.append(Row((label(summary, code), *cells, wording.figure(whole, 1))))
    columns = (
        Column(_("Question asked"), 40, LEFT),
        Column(_("People who answered"), 13),
        Column(_("Satisfied"), 15),
        Column(interval_title(summary), 20),
        Column(_("Province"), 12),
    )
    return [
        *_standouts(
            summary, line, {code: one for code, one in own.items() if not wording.is_hidden(one.estimate)}
        ),
        Table(
            _("Satisfied answers by question, beside the province"),
            columns,
            tuple(rows),
            tuple(
                text
                for text in (
                    *notes([scored(one) for one in own.values()]),
                    wording.province_base(scored(provincial[code]) for code in own),
                )
                if text
            ),
        ),
    ]


def _standouts(summary: Summary, line: UnitLine, lines: dict[str, Line]) -> list[Block]:
    if is_open(summary):
        return []
    standouts = [one for one in summary.standouts.get(line.unit.code, ()) if one.item in lines]
    tested = summary.tested.get(line.unit.code, 0)
    blocks: list[Block] = []
    if not any(one.group in ("above", "below") for one in standouts):
        blocks.append(Paragraph(wording.no_standout(tested)))
    for group in ("above", "below", "signs_above", "signs_below"):
        names = [
            f"{lower(label(summary, one.item))} {wording.cell(scored(Line(one.item, '', one.record)), 1)}"
            for one in standouts
            if one.group == group
        ]
        if names:
            blocks.append(Paragraph(f"{upper(wording.standing(group))}: {'; '.join(names)}."))
    return [*blocks, *(Paragraph(note) for note in wording.of_standouts(tested))]


def _reading(summary: Summary) -> list[Block]:
    texts = []
    if not is_open(summary):
        texts.append(
            _(
                "The figures come from a sample. In 95 of 100 such samples the interval beside a figure "
                "contains the figure of all people of the commune; two figures whose difference is not "
                "named here may be equal."
            )
        )
    if summary.rule is not None:
        texts.append(_("Rule of the index: %(rule)s.", rule=lower(str(summary.rule.label))))
    texts.append(
        _(
            "Figures of fewer than 5 answers are hidden, those of a sensitive question of fewer than 30; one or "
            "two cases read “under 3 cases”. Data version: %(version)s.",
            version=summary.data_version[:12],
        )
    )
    return [Paragraph(text) for text in texts]
