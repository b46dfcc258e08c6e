"""What stands after the signature: communes, questions, forms and integrity, method, how to compute it again."""

from __future__ import annotations

from collections.abc import Iterable

from analysis import Estimate
from survey.integrity.account import Account
from survey.reports import integrity, item_tables, leaders, remarks, targets, unit_tables
from survey.reports.cells import notes
from survey.reports.compared import is_compared, note
from survey.reports.labels import by_unit, is_open
from survey.reports.method import again, forms, method
from survey.reports.structure import Annex, Annexes, Block, Heading
from survey.results.summary import Summary
from translations import gettext as _


def of(summary: Summary, account: Account | None) -> Annexes:
    """The annexes of a wave's report."""
    places = (
        leaders.results(summary)
        if summary.population.in_groups
        else (by_unit(summary, _("Results")), _communes(summary))
    )
    every = (
        Annex("communes", *places),
        Annex("items", _("Results by question"), [*item_tables.tables(summary), *_remarks(summary)]),
        Annex("forms", _("Forms and integrity"), _forms(summary, account)),
        Annex("method", _("Method"), method(summary)),
        Annex("again", _("How to compute it again"), again(summary)),
    )
    return Annexes(tuple(one for one in every if one.inner))


def notes_of(summary: Summary, records: Iterable[Estimate]) -> tuple[str, ...]:
    """What stands under a table of figures beside those of the wave before."""
    words = (note(),) if is_compared(summary) and not is_open(summary) else ()
    return (*notes(list(records)), *words)


def _communes(summary: Summary) -> list[Block]:
    of_communes = [line for line in summary.targets if line.unit.parent]
    return [*unit_tables.tables(summary), *([targets.table(of_communes, summary.whole)] if of_communes else [])]


def _remarks(summary: Summary) -> list[Block]:
    written = summary.remarks
    if written is None:
        return []
    return [Heading(2, _("In people's own words")), *remarks.blocks(written.whole, written.unread)]


def _forms(summary: Summary, account: Account | None) -> list[Block]:
    told = integrity.annex(summary, account) if account is not None else []
    return [Heading(2, _("People and forms")), *forms(summary), *told]
