"""What the reports say of targets: each with its figure, whether it is reached, and who answers for it."""

from __future__ import annotations

from collections.abc import Sequence

from survey.reports.cells import notes, with_base
from survey.reports.labels import commune
from survey.reports.structure import LEFT, Column, Row, Table
from survey.results import targets
from survey.results.targets import Line
from translations import gettext as _


def table(lines: Sequence[Line], of_one_unit: bool = False) -> Table:
    """The targets of a wave, or those of one unit alone."""
    rows = []
    for line in lines:
        place = commune(line.unit) if line.unit.parent else _("The whole province")
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
