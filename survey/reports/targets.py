"""What the reports say of targets: each with its figure, whether it is reached, and who answers for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from survey.reports.cells import notes, with_base
from survey.reports.labels import commune, upper
from survey.reports.structure import LEFT, Annexes, Block, Column, Paragraph, Row, Table
from survey.results import targets
from survey.results.summary import Summary
from survey.results.targets import Line
from translations import gettext as _
from translations.formats import number


def body(summary: Summary, annexed: Annexes) -> list[Block]:
    """The province's own targets as a table; of those of communes how many are reached."""
    own = [line for line in summary.targets if not line.unit.parent]
    others = [line for line in summary.targets if line.unit.parent]
    blocks: list[Block] = [table(own, summary.whole)] if own else []
    if others:
        counts = Counter(line.verdict for line in others)
        blocks.append(
            Paragraph(
                _(
                    "Targets of communes: %(reached)s reached, %(missed)s not reached, %(open)s that can't be "
                    "determined; see %(annex)s.",
                    reached=number(counts[targets.Verdict.REACHED]),
                    missed=number(counts[targets.Verdict.MISSED]),
                    open=number(counts[targets.Verdict.UNDECIDED] + counts[targets.Verdict.UNSEEN]),
                    annex=annexed.named("communes"),
                )
            )
        )
    return blocks


def table(lines: Sequence[Line], whole: str, of_one_unit: bool = False) -> Table:
    """The targets of a wave, or those of one unit alone; `whole`: whom the figures of all together are of."""
    rows = []
    for line in lines:
        place = commune(line.unit) if line.unit.parent else upper(whole)
        cells = [line.name, *(() if of_one_unit else (place,)), line.wanted, with_base(line.record)]
        cells += [
            _(targets.VERDICTS[line.verdict]),
            f"{line.responsible} ({line.source})" if line.source else line.responsible,
        ]
        rows.append(Row(tuple(cells)))
    return Table(
        _("Targets and whether they are reached"),
        (
            Column(_("Figure"), 34 if of_one_unit else 22, LEFT),
            *(() if of_one_unit else (Column(_("Unit"), 12),)),
            Column(_("Target"), 14),
            Column(_("Estimate"), 18),
            Column(_("Verdict"), 14),
            Column(_("Responsible"), 20, LEFT),
        ),
        tuple(rows),
        (
            _("“Reached” or “not reached” is said only if the whole interval lies on one side of the target."),
            *notes([line.record for line in lines]),
        ),
    )


def brief(lines: Sequence[Line]) -> Table:
    """The same of one unit where there is little room: what is wanted, what came of it, who answers."""
    return Table(
        "",
        (
            Column(_("Target"), 38, LEFT),
            Column(_("Estimate"), 24),
            Column(_("Verdict"), 16),
            Column(_("Responsible"), 22, LEFT),
        ),
        tuple(
            Row(
                (
                    f"{line.name}: {line.wanted}",
                    with_base(line.record),
                    _(targets.VERDICTS[line.verdict]),
                    line.responsible,
                )
            )
            for line in lines
        ),
        (),
    )
