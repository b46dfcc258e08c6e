"""The annex on communes: the index of each with its possible ranks, its change, and the answers of note."""

from __future__ import annotations

from survey.reports.cells import notes, with_base
from survey.reports.compared import former, is_compared, moved, note, verdict, years
from survey.reports.labels import (
    by_name,
    by_unit,
    commune,
    headline_name,
    index_name,
    interval_title,
    is_open,
    lower,
    of_note,
    of_ranks,
    ranks,
    standing,
    upper,
)
from survey.reports.structure import LEFT, Block, Column, Paragraph, Row, Table
from survey.results import figure_marks, standing_words, wording
from survey.results.summary import Summary, UnitLine
from translations import gettext as _


def tables(summary: Summary) -> list[Block]:
    """Every commune: its index beside the others, since the wave before, and its answers of note."""
    if not summary.units:
        return []
    blocks: list[Block] = [Paragraph(standing_words.no_sample())] if is_open(summary) else []
    if outside := [commune(line.unit) for line in by_name(summary) if wording.not_sampled(line.index)]:
        told = _("Without a village in the sample, and so without figures: %(names)s.", names=", ".join(outside))
        blocks.append(Paragraph(told))
    if summary.index is None:
        blocks.append(_reached(summary))
    else:
        blocks.append(_levels(summary))
        if is_compared(summary) and not is_open(summary):
            blocks.append(_changes(summary))
    if summary.headlines:
        blocks.append(_headlines(summary))
    return blocks


def _reached(summary: Summary) -> Table:
    """Without an index: how many answered, where somebody did."""
    own = [line for line in _sampled(summary) if line.index.n != 0 and not wording.waits(line.index)]
    return Table(
        by_unit(summary, _("People who answered")),
        (Column(_("Commune") if summary.of_communes else _("Unit"), 60, LEFT), Column(_("People"), 40)),
        tuple(Row((upper(commune(line.unit)), wording.counted_in(line.index))) for line in own),
        notes([line.index for line in own]),
    )


def _sampled(summary: Summary) -> list[UnitLine]:
    return [line for line in by_name(summary) if not wording.not_sampled(line.index)]


def _levels(summary: Summary) -> Table:
    tested = not is_open(summary)
    against = (Column(_("Possible ranks"), 11), Column(_("Against the rest"), 27))
    return Table(
        by_unit(summary, index_name(summary)),
        (
            Column(_("Commune") if summary.of_communes else _("Unit"), 24 if tested else 44, LEFT),
            Column(_("People"), 9 if tested else 14),
            Column(_("Index"), 12 if tested else 20),
            Column(interval_title(summary), 17 if tested else 22),
            *(against if tested else ()),
        ),
        tuple(_level(line, tested) for line in _sampled(summary)),
        (
            *notes([line.index for line in summary.units]),
            *standing_words.of_standings(line.index for line in summary.units),
            *of_ranks(summary),
        ),
    )


def _level(line: UnitLine, tested: bool) -> Row:
    return Row(
        (
            upper(commune(line.unit)),
            wording.base(line.index),
            wording.figure(line.index, 1) + figure_marks.mark(line.index),
            wording.bracket(line.index, 1),
            *((ranks(line), standing(line)) if tested else ()),
        )
    )


def _changes(summary: Summary) -> Table:
    before, now = years(summary)
    return Table(
        _("Change of the index by commune"),
        (
            Column(_("Commune") if summary.of_communes else _("Unit"), 28, LEFT),
            Column(before, 13),
            Column(now, 13),
            Column(_("Change (points)"), 26),
            Column(_("Conclusion"), 20),
        ),
        tuple(_change(summary, line) for line in _sampled(summary)),
        (note(),),
    )


def _change(summary: Summary, line: UnitLine) -> Row:
    change = summary.since.of_figure("index").get(line.unit.code) if summary.since else None
    return Row(
        (
            upper(commune(line.unit)),
            former(change, 1),
            wording.figure(line.index, 1),
            moved(change, 1),
            verdict(change),
        )
    )


def _headlines(summary: Summary) -> Table:
    share = 70 // len(summary.headlines)
    return Table(
        by_unit(summary, of_note(summary)),
        (
            Column(_("Commune") if summary.of_communes else _("Unit"), 100 - share * len(summary.headlines), LEFT),
            *(Column(headline_name(summary, headline), share) for headline in summary.headlines),
        ),
        tuple(
            Row((upper(commune(line.unit)), *(with_base(record) for record in line.headlines)))
            for line in _sampled(summary)
        ),
        (
            _(
                "In square brackets: %(interval)s; after it the number of people who answered.",
                interval=lower(interval_title(summary)),
            ),
            *notes([record for line in summary.units for record in line.headlines]),
        ),
    )
