"""Page: the communes as a map, or as tiles where no boundaries are loaded."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.results import commune_boundaries
from survey.web.staff.blueprint import pages
from survey.web.staff.figures import keys, summary_of
from survey.web.staff.results.units import choices, finding
from translations.formats import order


@pages.page("/<wave>/ban-do", Right.RESULTS, endpoint="map", figures=True)
def as_map(wave: str) -> ResponseReturnValue:
    """`hien`: what is shown, as on the page of all communes."""
    summary = summary_of(wave)
    offered = {choice.code: choice for choice in choices(summary)}
    if not offered or not summary.collection.in_sample:
        return render_template("staff/no_forms.html", summary=summary, wave=summary.wave, place="units")
    chosen = offered.get(request.args.get("hien", ""), next(iter(offered.values())))
    rows = sorted(chosen.rows, key=lambda row: order(row.unit.name))
    outlines = commune_boundaries.outlines()
    is_theirs = outlines is not None and {row.unit.code for row in rows} <= outlines.paths.keys()
    return render_template(
        "staff/map.html",
        summary=summary,
        wave=summary.wave,
        offered=offered.values(),
        chosen=chosen,
        finding=finding(chosen),
        rows=rows,
        outlines=outlines if is_theirs else None,
        keys=keys(row.record for row in rows),
    )
