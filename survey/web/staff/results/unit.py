"""Pages: one commune of a wave, for those who read all results and for its own account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from analysis import Estimate
from survey.accounts.accounts import Right
from survey.integrity import unusual
from survey.responses.respondents import sample
from survey.results import charts, releases, wording
from survey.results.summary import Line, Summary, UnitLine
from survey.waves import units, waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import in_order, pages
from survey.web.staff.figures import keys, summary_of
from survey.web.staff.results.outline import parts_of
from translations import N_, NotFound


@dataclass(frozen=True)
class Compared:
    """A commune's figure beside the province's for the same question. `level`: "area", "factor" or "item"."""

    line: Line
    province: Estimate
    level: str


@pages.page("/<wave>/don-vi/<unit>", Right.RESULTS, figures=True, tab="staff.units")
def unit(wave: str, unit: str) -> ResponseReturnValue:
    """One commune: its index, its rank as a range, its headlines, and its items against the province."""
    summary = summary_of(wave)
    code = units.settled(unit)
    if not any(line.unit.code == code for line in summary.units):
        raise NotFound("There is no unit with the code %(code)s. Choose the commune from the list.", code=unit)
    return _beside_the_province(summary, code)


@pages.page("/<wave>/xa-minh", Right.OWN_RESULTS, tab=Tab(2, N_("My commune"), "wave"))
def own_unit(wave: str) -> ResponseReturnValue:
    """What is released of the reader's own commune; nothing of it moves before the next release."""
    if current_user.unit is None:
        return redirect(url_for(".units", wave=wave))
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        release = releases.newest(session, wave)
        if release is None:
            return render_template("staff/not_released.html", wave=wave_row)
        gathered = unusual.gather(session, wave, release=release)
    if not any(line.unit.code == current_user.unit for line in gathered.units):
        return render_template("staff/not_released.html", wave=wave_row)
    return _beside_the_province(gathered, current_user.unit)


def _beside_the_province(summary: Summary, code: str) -> ResponseReturnValue:
    line = next(line for line in summary.units if line.unit.code == code)
    with database().reading() as session:
        if summary.release is None:
            modes = waves.counts(session, summary.wave.code).get(code, {})
        else:
            people = sample(session, waves.find(session, summary.wave.code), summary.release)
            here = people.mode[people.unit.having(code)].counts()
            modes = {str(mode): rows for mode, rows in here.items() if rows}
    compared = list(beside(summary, line))
    shown = {row.line.code for row in compared if not wording.is_hidden(row.line.estimate)}
    standouts = [one for one in summary.standouts.get(code, ()) if one.item in shown]
    return render_template(
        "staff/unit.html",
        summary=summary,
        wave=summary.wave,
        line=line,
        headlines=list(zip(summary.headlines, line.headlines, strict=True)),
        modes=in_order(modes),
        forms=sum(modes.values()),
        unusual=[one.words() for one in summary.unusual if one.unit == code],
        compared=compared,
        standouts=standouts,
        standings={one.item: one.group for one in standouts},
        names={row.line.code: row.line.label for row in compared},
        keys=keys([line.index, *line.headlines, *(row.line.estimate for row in compared)]),
        scale=charts.scale([record for row in compared for record in (row.line.estimate, row.province)]),
    )


def beside(summary: Summary, line: UnitLine) -> Iterator[Compared]:
    """The commune's areas, factors and items in the order of the index, each with the province's figure."""
    provincial = {each.code: each for each in (*summary.areas, *summary.factors, *summary.items)}
    own = (
        Line(record.item, provincial[record.item].label, record)
        for record in summary.records
        if record.domain == line.unit.code and record.item in provincial
    )
    for part in parts_of(summary, own):
        yield Compared(part.line, provincial[part.line.code].estimate, part.level)
