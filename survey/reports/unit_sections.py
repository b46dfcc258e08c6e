"""What the province's report says of its communes: groups, figure, tables."""

from __future__ import annotations

from survey.reports.cells import notes, with_base
from survey.reports.labels import (
    by_name,
    commune,
    headline_name,
    interval_title,
    is_open,
    lower,
    ranks,
    standing,
    upper,
)
from survey.reports.structure import (
    LEFT,
    Block,
    Column,
    Figure,
    Paragraph,
    Row,
    Table,
)
from survey.results import standing_words, wording
from survey.results.summary import Line, Summary, UnitLine
from translations import gettext as _
from translations.formats import number


def communes(summary: Summary) -> list[Block]:
    if not summary.units:
        return []
    blocks: list[Block] = []
    if summary.index is not None:
        blocks.extend(_groups(summary))
        blocks.append(_unit_figure(summary, summary.index))
        blocks.append(_unit_table(summary))
    if summary.headlines:
        blocks.append(_unit_headlines(summary))
    return blocks


def _groups(summary: Summary) -> list[Block]:
    if is_open(summary):
        return [Paragraph(wording.no_sample())]
    lines = [line for line in summary.units if line.index.standing is not None]
    if not lines:
        return [Paragraph(_("There are not enough villages to compare the communes with each other."))]
    blocks: list[Block] = [
        Paragraph(
            _(
                "Each commune is compared with the rest of the province, by a test that allows for %(count)s "
                "comparisons at once:",
                count=number(len(lines)),
            )
        )
    ]
    for group in standing_words.STANDINGS:
        communes = [commune(line.unit) for line in lines if line.index.standing == group]
        names = f" ({', '.join(communes)})" if communes and group != "not_apart" else ""
        blocks.append(Paragraph(f"- {upper(wording.standing(group))}: {number(len(communes))}{names}."))
    left = len(summary.units) - len(lines)
    if left:
        blocks.append(
            Paragraph(
                _(
                    "- Not compared, because there are not enough villages or answers: %(count)s.",
                    count=number(left),
                )
            )
        )
    promise = wording.of_standings(line.index for line in summary.units)[:2]
    return [*blocks, Paragraph(" ".join(promise))] if promise else blocks


def _unit_figure(summary: Summary, index: Line) -> Figure:
    lines = sorted(by_name(summary), key=_height, reverse=True)
    return Figure(
        caption=_("Satisfaction index of the communes with its interval (%)"),
        alt=_(
            "Interval plot of %(count)s communes, a row each: a dot for the index and a line for its interval, "
            "against the province's index of %(whole)s. The same figures stand in the table below.",
            count=number(len(lines)),
            whole=wording.cell(index.estimate),
        ),
        lines=tuple((line.unit.name, line.index, line.index.standing) for line in lines),
        whole=index.estimate,
        name=_("Whole province"),
        notes=(_signs(summary),),
    )


def _signs(summary: Summary) -> str:
    if is_open(summary):
        return _("Dashed line and band: the whole province and its interval.")
    return _(
        "Dashed line and band: the whole province and its interval. Full dot: above or below the "
        "rest of the province by the corrected test. Half-full dot: signs of it. Hollow dot: no "
        "clear difference."
    )


def _height(line: UnitLine) -> float:
    """Where the row of a commune stands in the plot: what can't be seen below all that can."""
    hidden = wording.is_hidden(line.index) or line.index.estimate is None
    return -1.0 if hidden else line.index.estimate or 0.0


def _unit_table(summary: Summary) -> Table:
    tested = not is_open(summary)
    rows = [
        Row(
            (
                upper(commune(line.unit)),
                wording.base(line.index),
                wording.figure(line.index, 1) + wording.mark(line.index),
                wording.bracket(line.index, 1),
                *((ranks(line), standing(line)) if tested else ()),
            )
        )
        for line in by_name(summary)
    ]
    rank = _(
        "Ranks: for each commune on its own, the true rank lies within its range with 95%% confidence; of "
        "%(count)s ranges a few may miss.",
        count=number(len(summary.units)),
    )
    against = (Column(_("Possible ranks"), 10), Column(_("Against the rest"), 26))
    return Table(
        _("Satisfaction index by commune"),
        (
            Column(_("Ward, commune or special zone"), 26 if tested else 42, LEFT),
            Column(_("People"), 8 if tested else 14),
            Column(_("Index"), 13 if tested else 20),
            Column(interval_title(summary), 17 if tested else 24),
            *(against if tested else ()),
        ),
        tuple(rows),
        (
            *notes([line.index for line in summary.units]),
            *wording.of_standings(line.index for line in summary.units)[2:],
            *((rank,) if tested else ()),
        ),
    )


def _unit_headlines(summary: Summary) -> Table:
    share = 72 // len(summary.headlines)
    return Table(
        _("Harassment and unofficial payments by commune"),
        (
            Column(_("Ward, commune or special zone"), 100 - share * len(summary.headlines), LEFT),
            *(Column(headline_name(summary, headline), share) for headline in summary.headlines),
        ),
        tuple(
            Row((upper(commune(line.unit)), *(with_base(record) for record in line.headlines)))
            for line in by_name(summary)
        ),
        (
            _(
                "In square brackets: %(interval)s; after it the number of people who answered.",
                interval=lower(interval_title(summary)),
            ),
            *notes([record for line in summary.units for record in line.headlines]),
        ),
    )
