"""Page: a figure over the waves, and what others have published."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.results import charts, series, targets
from survey.waves import units, waves
from survey.web.current import database
from survey.web.staff.blueprint import pages
from survey.web.staff.figures import keys, summary_of
from survey.year import published
from translations import NotFound


@pages.page("/<wave>/qua-cac-dot", Right.RESULTS, endpoint="series", figures=True)
def over_waves(wave: str) -> ResponseReturnValue:
    """`muc`: the figure, as a target names it; the first that is offered unless given. `don-vi`: of a commune."""
    summary = summary_of(wave)
    offered = targets.offered(summary.questionnaire)
    measure = request.args.get("muc") or (offered[0][0] if offered else "")
    if not targets.is_single(summary.questionnaire, measure):
        raise NotFound("There is no such figure. Choose one on the page.")
    communes = {line.unit.code: line.unit for line in summary.units}
    unit = units.settled(request.args.get("don-vi", ""))
    if unit and unit not in communes:
        raise NotFound(
            "There is no unit with the code %(code)s. Choose the commune from the list.", code=unit[:20]
        )
    with database().reading() as session:
        points = series.of(session, waves.find(session, wave), measure, summary.release, unit or None)
        cited = [] if unit else published.beside(session, measure)
    records = [point.record for point in points]
    return render_template(
        "staff/series.html",
        summary=summary,
        wave=summary.wave,
        offered=offered,
        measure=measure,
        name=targets.name_of(summary.questionnaire, measure),
        communes=communes.values(),
        unit=communes.get(unit),
        whose=units.named(communes[unit]) if unit else summary.province.name,
        points=points,
        rules={point.rule.label for point in points if point.rule},
        published=cited,
        scale=charts.scale(records, fewest=4),
        keys=keys(records),
    )
