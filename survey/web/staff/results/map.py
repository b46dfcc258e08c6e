"""Page: the communes as a map, or as tiles where no boundaries are loaded."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.results import commune_boundaries, commune_tiles, wording
from survey.web.staff.blueprint import pages
from survey.web.staff.figures import keys, summary_of
from survey.web.staff.results.units import Choice, UnitRow, choices, finding
from translations.formats import order


@pages.page("/<wave>/ban-do", Right.RESULTS, endpoint="map", figures=True, tab="staff.units")
def as_map(wave: str) -> ResponseReturnValue:
    """`hien`: what is shown, as on the page of all communes."""
    summary = summary_of(wave)
    offered = {choice.code: choice for choice in choices(summary)}
    if not offered or not summary.collection.in_sample:
        return render_template("staff/no_forms.html", summary=summary, wave=summary.wave)
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
        grid=commune_tiles.grid(row.unit.code for row in rows),
        tiles={row.unit.code: tile(wave, chosen, row) for row in rows},
        keys=keys(row.record for row in rows),
    )


def tile(wave: str, choice: Choice, row: UnitRow) -> commune_tiles.Tile:
    """A commune's tile, that leads to its page."""
    group = row.record.standing
    words = wording.standing(group) if group else ""
    link = url_for(".unit", wave=wave, unit=row.unit.code)
    return commune_tiles.tile(row.unit, row.record, group, words, choice.code != "index", link)
