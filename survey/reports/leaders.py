"""What the report of a wave that asks leaders says in place of villages and communes."""

from __future__ import annotations

from survey.reports.cells import notes
from survey.reports.labels import index_name, interval_title, mode_label
from survey.reports.structure import LEFT, Annexes, Block, Column, Paragraph, Row, Table
from survey.results import figure_marks, wording
from survey.results.result_table import Record
from survey.results.summary import GroupLine, Summary
from translations import gettext as _
from translations.formats import number


def simulated() -> str:
    """What points that are computed from the index are worth, wherever it stands."""
    return _(
        "Points that are computed from this index are a simulation from the province's own survey, not points of "
        "the Ministry of Home Affairs."
    )


def results(summary: Summary) -> tuple[str, list[Block]]:
    """The section on the groups and, where several were rated, on the units."""
    blocks: list[Block] = []
    if summary.index is not None:
        blocks.append(
            _table(summary, _("%(index)s by group", index=index_name(summary)), _("Group"), summary.groups)
        )
        if summary.rated:
            caption = _("%(index)s by rated unit", index=index_name(summary))
            blocks.append(_table(summary, caption, _("Rated unit"), summary.rated))
            blocks.append(Paragraph(_("The units stand in alphabetical order; the table is no ranking.")))
    return _("Results by group"), blocks


def _table(summary: Summary, caption: str, what: str, lines: tuple[GroupLine, ...]) -> Table:
    of_groups = any(line.people is not None for line in lines)
    rows = [
        Row(
            (
                line.name,
                *((number(line.people),) if of_groups else ()),
                *(_cells(line.index) if line.index else ("0", "–", "–")),
            )
        )
        for line in lines
    ]
    columns = (
        Column(what, 34 if of_groups else 48, LEFT),
        *((Column(_("Persons"), 12),) if of_groups else ()),
        Column(_("Persons who answered"), 14),
        Column(_("Index"), 17),
        Column(interval_title(summary), 23 if of_groups else 21),
    )
    return Table(caption, columns, tuple(rows), notes([line.index for line in lines if line.index]))


def _cells(record: Record) -> tuple[str, str, str]:
    return wording.base(record), wording.figure(record) + figure_marks.mark(record), wording.bracket(record)


def pointed(annexed: Annexes) -> tuple[str, list[Block]]:
    """The section of the body that leads to the annex on groups."""
    return _("Results by group"), [Paragraph(_("All groups: %(annex)s.", annex=annexed.named("communes")))]


def asked(summary: Summary) -> str:
    """Who was asked, and how many answered."""
    return _(
        "Asked were the persons of %(groups)s groups of leaders and managers whose sizes are known: "
        "%(people)s persons, of whom %(answered)s answered. No name was asked; whoever answered online "
        "had a code for one use, which says nothing but the group.",
        groups=number(len(summary.groups)),
        people=number(sum(line.people or 0 for line in summary.groups)),
        answered=number(summary.collection.villages),
    )


def people(summary: Summary) -> list[Block]:
    """Of which groups nobody answered, and the forms."""
    came = summary.collection
    silent = [line.name for line in summary.groups if line.index is None]
    blocks: list[Block] = [Paragraph(asked(summary))]
    if silent:
        blocks.append(
            Paragraph(
                _("Nobody answered in: %(groups)s. The figures say nothing of these.", groups="; ".join(silent))
            )
        )
    rows = [(_("Collected"), number(came.collected)), (_("Valid, counted in the figures"), number(came.in_sample))]
    if came.rejected:
        rows.append((_("Rejected in the review, in no figure"), number(came.rejected)))
    if came.aside:
        rows.append((_("In lots set aside by two people, in no figure"), number(came.aside)))
    rows += [(mode_label(mode), number(count)) for mode, count in came.modes.items() if count]
    columns = (Column(_("Forms"), 65, LEFT), Column(_("Number"), 35))
    return [*blocks, Table(_("Forms"), columns, tuple(Row(row) for row in rows), ())]


def weights() -> str:
    return _(
        "Weights: each person stands for N ÷ n persons of the group, N its size and n the persons of it who "
        "answered."
    )


def computation() -> list[str]:
    """How variances and intervals come about."""
    return [
        _(
            "Confidence interval, %(level)s: a person is the sampling unit, with all that it rated; groups are "
            "strata; the variance is linearised, with the finite population correction 1 − n/N (Cochran 1977, "
            "§ 2.4). Where a whole group answered there is no error of sampling. Shares by Korn–Graubard, the "
            "index by the logit with Student's t.",
            level=wording.LEVEL,
        ),
        _(
            "The interval knows nothing of those who did not answer: that they would have answered like the "
            "others of their group is an assumption."
        ),
    ]
