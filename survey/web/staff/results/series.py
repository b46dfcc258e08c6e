"""Page: a figure over the years: of the province or a commune, beside what others have published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.results import release_words, series, targets, timeline, wording
from survey.results.series import Point
from survey.results.summary import Summary
from survey.results.timeline import Timeline
from survey.storage.models import PublishedFigure, Unit
from survey.waves import units, waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.figures import keys, summary_of
from survey.web.staff.results.outline import outline
from survey.year import published
from translations import N_, NotFound
from translations import gettext as _


@dataclass(frozen=True)
class Series:
    """A figure over the years.

    whole      whom the figures of all together are of
    whose      the commune, or the province, or the part of it that was sampled
    points     of it; `beside` the province's, where it is a commune's
    left_out   waves before of which no figure is shown, each with why
    published  what others published of the province
    chart      None where no figure is seen
    """

    measure: str
    name: str
    unit: Unit | None
    whole: str
    whose: str
    points: Sequence[Point]
    beside: Sequence[Point]
    left_out: Sequence[str]
    published: Sequence[PublishedFigure]
    chart: Timeline | None

    @property
    def interval(self) -> str:
        """What the whiskers are, within a sentence."""
        name = wording.interval_name(self.points[0].record) if self.points else ""
        return name[:1].lower() + name[1:]

    @property
    def cited(self) -> str:
        """Whose the published figures are."""
        names = ", ".join(dict.fromkeys(one.index.replace("_", " ") for one in self.published))
        return _("%(names)s, published by others: another sample and rule", names=names)

    def key(self) -> dict[str, str]:
        """What each kind of mark means."""
        own = _("%(whose)s, vertical line: %(interval)s", whose=self.whose, interval=self.interval)
        words = {"own": own, "province": self.whole, "published": self.cited}
        return {kind: text for kind, text in words.items() if self.chart and kind in self.chart.kinds}


def gather(summary: Summary) -> Series:
    """`muc`: the figure, as a target names it; the first that is offered unless given. `don-vi`: of a commune."""
    offered = targets.offered(summary.questionnaire)
    measure = request.args.get("muc") or (offered[0][0] if offered else "")
    if not targets.is_single(summary.questionnaire, measure):
        raise NotFound("There is no such figure. Choose one on the page.")
    communes = {line.unit.code: line.unit for line in summary.units}
    code = units.settled(request.args.get("don-vi", ""))
    if code and code not in communes:
        raise NotFound(
            "There is no unit with the code %(code)s. Choose the commune from the list.", code=code[:20]
        )
    all_together = summary.whole if summary.is_part else summary.province.name
    with database().reading() as session:
        wave = waves.find(session, summary.wave.code)
        points = series.of(session, wave, measure, summary.release, code or None)
        beside = series.of(session, wave, measure, summary.release) if code else []
        unshown = series.left_out(session, wave, measure)
        cited = [] if code else published.beside(session, measure)
        place = published.own_place(session)
    return Series(
        measure=measure,
        name=targets.name_of(summary.questionnaire, measure),
        unit=communes.get(code),
        whole=summary.whole,
        whose=units.named(communes[code]) if code else all_together,
        points=points,
        beside=beside,
        left_out=[f"{one.title} {release_words.unshown(gone)}" for one, gone in unshown],
        published=cited,
        chart=timeline.draw(points, beside, [one for one in cited if one.place == place]),
    )


@pages.page(
    "/<wave>/qua-cac-dot",
    Right.RESULTS,
    endpoint="series",
    figures=True,
    tab=Tab(1, N_("Over the years"), "staff.changes"),
)
def over_waves(wave: str) -> ResponseReturnValue:
    """The figure of `gather`, and the way to the others of the same place."""
    summary = summary_of(wave)
    shown = gather(summary)
    return render_template(
        "staff/series.html",
        summary=summary,
        wave=summary.wave,
        shown=shown,
        offered=targets.offered(summary.questionnaire),
        communes=[line.unit for line in summary.units],
        above=_above(summary, shown.measure),
        rules={point.rule.label for point in shown.points if point.rule},
        keys=keys(point.record for point in shown.points),
    )


def _above(summary: Summary, measure: str) -> list[tuple[str, str]]:
    """The parts of the index that hold a measure, from the whole down, with their names."""
    index = summary.questionnaire.index
    codes = index.codes() if index else {}
    own = codes.get(measure, (measure,))
    parts = ["index", *(code for code, _level in outline(index) if code in codes)] if index else []
    return [
        (code, targets.name_of(summary.questionnaire, code))
        for code in parts
        if code != measure and set(own) <= set(codes[code])
    ]
