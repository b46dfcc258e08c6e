"""Pages: every question of a wave, with its figures for the whole province."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.results import charts, questions, since
from survey.results.comparison import Change
from survey.results.since import Since
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.figures import figures_of, keys
from survey.web.staff.results.outline import MOVED, Part, moved, parts_of
from survey.web.staff.sorting import Sorting, some
from translations import N_, ngettext
from translations import gettext as _
from translations.formats import order


@dataclass(frozen=True)
class Row:
    """A line of the index with its change since the wave before, where there is one."""

    part: Part
    change: Change | None


@dataclass(frozen=True)
class Factor:
    """A factor with its items, below the area in which it stands."""

    area: Row | None
    head: Row
    items: tuple[Row, ...]


KEYS: Mapping[str, Callable[[Row], Any]] = {
    "ten": lambda row: order(row.part.line.label),
    "uoc-luong": lambda row: row.part.line.estimate.estimate,
    "thay-doi": lambda row: row.change and row.change.difference and row.change.difference.estimate,
    "so-nguoi": lambda row: row.part.line.estimate.n,
}


@pages.page(
    "/<wave>/cau-hoi",
    Right.RESULTS,
    figures=True,
    of_groups=True,
    tab=Tab(3, N_("Contents"), "wave", N_("Questions")),
)
def items(wave: str) -> ResponseReturnValue:
    """The items of the index by area and factor, then the other questions with a line per answer. `xep`: the items
    alone, sorted by a column; `nhom`: those alone that moved so, of `MOVED`."""
    summary, people = figures_of(wave)
    with database().reading() as session:
        told = since.gather(session, people)
    found = told if told and told.whole else None
    changes = {one.item: one for one in found.whole.changes} if found and found.whole else {}
    lines = (*summary.areas, *summary.factors, *summary.items)
    rows = [Row(part, changes.get(part.line.code)) for part in parts_of(summary, lines)]
    single = [row for row in rows if row.part.level == "item"]
    sorting = Sorting.asked(KEYS)
    among, shown = some(single, "nhom", {code: _goes(groups) for code, (_name, groups, _sign) in MOVED.items()})
    other_blocks = list(questions.blocks(summary))
    scored = [row.part.line.estimate for row in rows]
    others = [line.estimate for block in other_blocks for question in block.questions for line in question.lines]
    return render_template(
        "staff/items.html",
        summary=summary,
        wave=summary.wave,
        finding=finding(single, found),
        since=found,
        untold=told.untold if told else "",
        factors=factors(rows),
        rows=sorting.rows(shown) if sorting.by or among else [],
        count=len(single),
        sorting=sorting,
        choices=moved(row.change for row in single if row.change) if found and found.tested else [],
        among=among,
        blocks=other_blocks,
        scale=charts.scale(scored, summary.index.estimate if summary.index else None, _("index")),
        keys=keys([*scored, *others]),
    )


def _goes(groups: Sequence[str]) -> Callable[[Row], bool]:
    return lambda row: row.change is not None and row.change.verdict in groups


def finding(rows: Sequence[Row], found: Since | None) -> str:
    """What the page says above its list: how many items moved; without a wave before, how many there are."""
    if found and found.tested and any(row.change and row.change.verdict for row in rows):
        counts = Counter(row.change.verdict for row in rows if row.change)
        values = {
            "up": counts["above"],
            "down": counts["below"],
            "all": len(rows),
            "wave": found.then,
        }
        if not (values["up"] or values["down"]):
            return _("None of the %(all)s questions is sure to have changed since %(wave)s", **values)
        return _("Of %(all)s questions %(down)s fell, %(up)s rose since %(wave)s", **values)
    if not rows:
        return _("Questions")
    return ngettext("%(num)s question of the index", "%(num)s questions of the index", len(rows))


def factors(rows: Iterable[Row]) -> list[Factor]:
    """The factors in the order of the index; an area stands above the first of its own."""
    found: list[tuple[Row | None, Row, list[Row]]] = []
    area: Row | None = None
    for row in rows:
        if row.part.level == "area":
            area = row
        elif row.part.level == "factor":
            found.append((area, row, []))
            area = None
        else:
            found[-1][2].append(row)
    return [Factor(above, head, tuple(own)) for above, head, own in found]
