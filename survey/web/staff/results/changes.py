"""Pages: a wave beside an earlier one, with what changed and what can't be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.results import comparison
from survey.results.comparison import Change, Comparison
from survey.results.summary import Summary
from survey.waves import waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.figures import figures_of, keys
from survey.web.staff.results.items import parts_of
from translations import N_, NotFound
from translations import gettext as _
from translations.formats import order


@dataclass(frozen=True)
class ChangeRow:
    """A line of the table. `level`: "index", "area", "factor", "item", "headline" or "unit"."""

    name: str
    level: str
    change: Change


@pages.page(
    "/<wave>/so-sanh",
    Right.RESULTS,
    figures=True,
    of_leaders=True,
    tab=Tab(4, N_("Compare"), "wave", N_("What changed")),
)
def changes(wave: str) -> ResponseReturnValue:
    """What changed since another wave. `voi`: that one, else the one before; `theo=don-vi`: by commune."""
    summary, people = figures_of(wave)
    by_unit = request.args.get("theo") == "don-vi"
    with database().reading() as session:
        new = waves.find(session, wave)
        offered = comparison.earlier(session, new)
        if not offered:
            later = [one for one in waves.list_all(session) if new in comparison.earlier(session, one)]
            return render_template("staff/nothing_earlier.html", summary=summary, wave=new, later=later)
        if not summary.collection.in_sample:
            return render_template("staff/no_forms.html", summary=summary, wave=new)
        wanted = request.args.get("voi", (comparison.former(session, new) or offered[0]).code)
        old = next((one for one in offered if one.code == wanted), None)
        if old is None:
            raise NotFound("Wave %(code)s can't be compared with this one. Choose another.", code=wanted[:40])
        compared = comparison.compare(
            session,
            comparison.before(session, old),
            people,
            items_of(summary, by_unit),
            by_unit=by_unit,
        )
    rows = list(_units(summary, compared) if by_unit else _lines(summary, compared))
    return render_template(
        "staff/changes.html",
        summary=summary,
        wave=summary.wave,
        comparison=compared,
        offered=offered,
        rows=rows,
        by_unit=by_unit,
        finding=finding(rows, by_unit),
        headlines=[line.code for line in summary.headlines],
        keys=keys(record for row in rows for record in (row.change.old, row.change.new)),
    )


def finding(rows: Sequence[ChangeRow], by_unit: bool) -> str:
    """What the page says above its table: how many lines went up and down, and of how many that can't be told."""
    counts = Counter(row.change.verdict for row in rows)
    ways = {"up": counts["above"], "down": counts["below"]}
    parts = [
        _("%(up)d units went up, %(down)d down", **ways)
        if by_unit
        else _("%(up)d figures went up, %(down)d down", **ways)
    ]
    if counts["signs_above"] or counts["signs_below"]:
        signs = {"up": counts["signs_above"], "down": counts["signs_below"]}
        parts.append(_("signs of a rise in %(up)d, of a fall in %(down)d", **signs))
    parts.append(_("%(rest)d can't be determined", rest=counts["not_apart"] + counts[None]))
    return "; ".join(parts)


def items_of(summary: Summary, by_unit: bool) -> list[str]:
    """What is compared: the index and all below it, and the value that matters of each sensitive item."""
    headlines = [f"{line.code}={line.worst}" for line in summary.headlines]
    if summary.index is None:
        return headlines[:1] if by_unit else headlines
    if by_unit:
        return [summary.index.code]
    lines = (summary.index, *summary.areas, *summary.factors, *summary.items)
    return [*(line.code for line in lines), *headlines]


def _lines(summary: Summary, compared: Comparison) -> Iterator[ChangeRow]:
    by_value = {(change.item, change.value): change for change in compared.changes}
    by_item = {change.item: change for change in compared.changes}
    if summary.index is not None and summary.index.code in by_item:
        yield ChangeRow(summary.index.label, "index", by_item[summary.index.code])
    for part in parts_of(summary, (*summary.areas, *summary.factors, *summary.items)):
        if part.line.code in by_item:
            yield ChangeRow(part.line.label, part.level, by_item[part.line.code])
    for headline in summary.headlines:
        if (change := by_value.get((headline.code, str(headline.worst)))) is not None:
            yield ChangeRow(headline.name, "headline", change)


def _units(summary: Summary, compared: Comparison) -> Iterator[ChangeRow]:
    names = {line.unit.code: line.unit.name for line in summary.units}
    names |= {line.code: line.name for line in summary.rated}
    rows = [ChangeRow(names[change.unit], "unit", change) for change in compared.changes if change.unit in names]
    yield from sorted(rows, key=lambda row: order(row.name))
