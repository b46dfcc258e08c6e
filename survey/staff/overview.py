"""Pages: where the province stands in a wave, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from survey import charts, comparison, waves, wording
from survey.accounts import Right, requires
from survey.comparison import Comparison
from survey.database import database
from survey.sample import sample
from survey.staff.blueprint import in_order, pages, summary_of
from survey.staff.items import parts_of
from survey.summary import Summary
from translations import gettext as _
from translations import ngettext


@dataclass(frozen=True)
class Task:
    """Something to look at before results go out: how many, of what, and where."""

    count: int
    text: str
    address: str


@pages.get("/<wave>/")
@requires(Right.RESULTS)
def overview(wave: str) -> ResponseReturnValue:
    """The index, the headlines, the factors, and what is to be looked at; a wave without forms says so."""
    summary = summary_of(wave)
    if not summary.collection.in_sample:
        return render_template("staff/no_forms.html", summary=summary, wave=summary.wave)
    index = summary.index.estimate if summary.index else None
    rows = list(parts_of(summary, (*summary.areas, *summary.factors)))
    return render_template(
        "staff/overview.html",
        summary=summary,
        wave=summary.wave,
        key_scale=charts.scale([index], fewest=4) if index else None,
        scale=charts.scale([row.line.estimate for row in rows], index, _("index")),
        rows=rows,
        tasks=tasks(summary),
        modes=in_order(summary.collection.modes),
        since=since(summary),
    )


def since(summary: Summary) -> Comparison | None:
    """The index beside that of the wave before; None where there is no index or no such wave."""
    if summary.index is None:
        return None
    with database().reading() as session:
        wave = waves.find(session, summary.wave.code)
        before = comparison.earlier(session, wave)
        if not before:
            return None
        people = sample(session, wave, summary.release)
        return comparison.compare(session, sample(session, before[0]), people, [summary.index.code])


def tasks(summary: Summary) -> list[Task]:
    """What somebody should look at before the results go out; empty when there is nothing."""
    wave, collection = summary.wave.code, summary.collection
    few = sum("few" in line.index.flags and not wording.is_hidden(line.index) for line in summary.units)
    missing = len(summary.units) - collection.units_reached
    by_need = url_for(".units", wave=wave, xep="chu-y")
    found = [
        Task(
            few,
            ngettext("commune with fewer than 30 answers", "communes with fewer than 30 answers", few),
            by_need,
        ),
        Task(
            missing,
            ngettext("commune without a form", "communes without a form", missing),
            url_for(".progress", wave=wave),
        ),
        Task(
            summary.hidden,
            ngettext(
                "figure of a commune hidden because too few answered",
                "figures of communes hidden because too few answered",
                summary.hidden,
            ),
            by_need,
        ),
        Task(
            collection.look_alikes,
            ngettext(
                "form nearly the same as another of its place and day",
                "forms nearly the same as another of their place and day",
                collection.look_alikes,
            ),
            url_for(".progress", wave=wave),
        ),
        Task(
            collection.outside,
            ngettext("form outside the sample", "forms outside the sample", collection.outside),
            url_for(".progress", wave=wave),
        ),
    ]
    return [task for task in found if task.count > 0]
