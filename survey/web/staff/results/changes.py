"""Pages: a wave beside an earlier one, with what changed and what can't be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.results import comparison, since
from survey.results.since import Since, measures
from survey.results.summary import Summary
from survey.storage.models import Wave
from survey.waves import waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.figures import figures_of, keys
from survey.web.staff.results.outline import MOVED, ChangeRow, changed_lines, changed_units, moved
from survey.web.staff.sorting import Sorting, some
from translations import N_, NotFound
from translations import gettext as _
from translations.formats import order

# From the worst to the best that may be concluded of a rise.
VERDICTS = ("below", "signs_below", "not_apart", "signs_above", "above")
KEYS: Mapping[str, Callable[[ChangeRow], Any]] = {
    "ten": lambda row: order(row.name),
    "truoc": lambda row: row.change.old.estimate,
    "nay": lambda row: row.change.new.estimate,
    "thay-doi": lambda row: row.change.difference and row.change.difference.estimate,
    "ket-luan": lambda row: VERDICTS.index(row.change.verdict) if row.change.verdict else None,
}


@pages.page(
    "/<wave>/so-sanh",
    Right.RESULTS,
    figures=True,
    of_groups=True,
    tab=Tab(4, N_("Compare"), "wave", N_("What changed")),
)
def changes(wave: str) -> ResponseReturnValue:
    """What changed since another wave. `voi`: that one, else the one before; `theo=don-vi`: by commune; `xep`: by
    which column the lines are sorted; `nhom`: those alone of `MOVED`."""
    summary, people = figures_of(wave)
    by_unit = request.args.get("theo") == "don-vi"
    with database().reading() as session:
        new = waves.find(session, wave)
        offered = comparison.earlier(session, new)
        later = [one for one in waves.list_all(session) if new in comparison.earlier(session, one)]
        former = comparison.former(session, new)
    if not offered:
        return render_template("staff/nothing_earlier.html", summary=summary, wave=new, later=later)
    if not summary.collection.in_sample:
        return render_template("staff/no_forms.html", summary=summary, wave=new)
    old = _chosen(offered, former)
    asked = measures(summary.questionnaire)
    with database().reading() as session:
        found = since.gather(session, people, old, units=asked[:1])
    compared = None if found is None else found.units if by_unit else found.whole
    if found is None or compared is None:
        others = [one for one in offered if one != old]
        return render_template(
            "staff/nothing_earlier.html",
            summary=summary,
            wave=new,
            later=later,
            untold=found.untold if found else "",
            offered=others,
        )
    rows = changed_units(summary, compared) if by_unit else list(changed_lines(summary, compared))
    sorting = Sorting.asked(KEYS)
    narrowed = {code: _goes(groups) for code, (_name, groups, _sign) in MOVED.items()}
    among, shown = some(rows, "nhom", narrowed)
    return render_template(
        "staff/changes.html",
        summary=summary,
        wave=summary.wave,
        since=found,
        comparison=compared,
        offered=offered,
        rows=sorting.rows(shown),
        all=rows,
        whole=not (sorting.by or among or by_unit),
        sorting=sorting,
        choices=moved(row.change for row in rows),
        among=among,
        by_unit=by_unit,
        finding=finding(rows, by_unit),
        other=_other(summary, found, by_unit),
        keys=keys(record for row in shown for record in (row.change.old, row.change.new)),
    )


def _chosen(offered: Sequence[Wave], former: Wave | None) -> Wave:
    wanted = request.args.get("voi", (former or offered[0]).code)
    old = next((one for one in offered if one.code == wanted), None)
    if old is None:
        raise NotFound("This wave can't be compared with the one that was asked for. Choose another.")
    return old


def _goes(groups: Sequence[str]) -> Callable[[ChangeRow], bool]:
    return lambda row: row.change.verdict in groups


def _other(summary: Summary, found: Since, by_unit: bool) -> str:
    """What is found where the page shows communes of the questions, and the other way round."""
    other = found.whole if by_unit else found.units
    if other is None or not found.tested:
        return ""
    rows = list(changed_lines(summary, other)) if by_unit else changed_units(summary, other)
    return finding(rows, not by_unit) if rows else ""


def finding(rows: Sequence[ChangeRow], by_unit: bool) -> str:
    """What the page says above its table: how many lines went up and down, and of how many that can't be told."""
    counts = Counter(row.change.verdict for row in rows)
    if counts.keys() == {None}:
        return _("None of these figures can be compared")
    ways = {"up": counts["above"], "down": counts["below"]}
    parts = [
        _("Units: %(up)d up, %(down)d down", **ways) if by_unit else _("Figures: %(up)d up, %(down)d down", **ways)
    ]
    if counts["signs_above"] or counts["signs_below"]:
        signs = {"up": counts["signs_above"], "down": counts["signs_below"]}
        parts.append(_("signs of a rise in %(up)d, of a fall in %(down)d", **signs))
    parts.append(_("%(rest)d can't be determined", rest=counts["not_apart"]))
    if counts[None]:
        parts.append(_("%(rest)d not compared", rest=counts[None]))
    return "; ".join(parts)
