"""Page: a figure over the waves, and what others have published."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from survey import waves
from survey.database import database
from survey.people.accounts import Right, requires
from survey.results import charts, published, series, targets
from survey.staff.blueprint import keys, pages, summary_of
from translations import NotFound


@pages.get("/<wave>/qua-cac-dot", endpoint="series")
@requires(Right.RESULTS)
def over_waves(wave: str) -> ResponseReturnValue:
    """`muc`: the figure, as a target names it; the first that is offered unless given."""
    summary = summary_of(wave)
    offered = targets.offered(summary.questionnaire)
    measure = request.args.get("muc") or (offered[0][0] if offered else "")
    if not targets.is_single(summary.questionnaire, measure):
        raise NotFound("There is no such figure. Choose one on the page.")
    with database().reading() as session:
        points = series.of(session, waves.find(session, wave), measure, summary.release)
    records = [point.record for point in points]
    return render_template(
        "staff/series.html",
        summary=summary,
        wave=summary.wave,
        offered=offered,
        measure=measure,
        name=targets.name_of(summary.questionnaire, measure),
        points=points,
        published=published.beside(measure),
        scale=charts.scale(records, fewest=4),
        keys=keys(records),
    )
