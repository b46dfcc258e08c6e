"""Pages: the communes of a wave beside each other, and one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from analysis import Estimate
from analysis.contrast import Group
from survey.accounts.accounts import Right
from survey.integrity import unusual
from survey.responses.respondents import sample
from survey.results import charts, releases, wording
from survey.results.result_table import Record
from survey.results.summary import Line, Summary, UnitLine
from survey.storage.models import Unit, WaveKind
from survey.waves import unit_search, units, waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import in_order, pages
from survey.web.staff.figures import keys, summary_of
from survey.web.staff.results.items import parts_of
from translations import N_, Lazy, NotFound
from translations import gettext as _
from translations.formats import order


@dataclass(frozen=True)
class UnitRow:
    """A commune's record of what is shown; `ranks` are the index's, and None beside others."""

    unit: Unit
    record: Record
    ranks: tuple[int, int] | None


@dataclass(frozen=True)
class Choice:
    """Something that communes can be shown by: the index, or the value that matters of a sensitive item."""

    code: str
    item: str
    name: str
    province: Estimate
    rows: tuple[UnitRow, ...]


def _down(row: UnitRow) -> tuple[int, float]:
    """The highest first, then those with a few cases, then those with none, and last those without a figure."""
    value = row.record.estimate
    if value is None:
        return 1 if "under_3" in row.record.flags else 3, 0.0
    return 0 if value > 0 else 2, -value


def _attention(row: UnitRow) -> tuple[int, float]:
    """Of the index: below the province, then signs of it, then figures that need care, then the widest intervals.
    Of a sensitive item: where the share is surely the highest."""
    low, high = row.record.low or 0.0, row.record.high or 0.0
    if row.record.statistic != "index":
        return wording.is_hidden(row.record), -low
    return ATTENTION.get(row.record.standing, 3 if wording.remark(row.record) else 4), low - high


ATTENTION: dict[Group | None, int] = {"below": 0, "signs_below": 1}
# How the address names the communes that alone are shown, and their standings.
AMONG: dict[str, tuple[Lazy, tuple[Group, ...]]] = {
    "thap": (Lazy("Lower"), ("below",)),
    "dau-hieu": (Lazy("Signs"), ("signs_below", "signs_above")),
    "chua-ro": (Lazy("No clear difference"), ("not_apart",)),
    "cao": (Lazy("Higher"), ("above",)),
}
ORDERS: dict[str, tuple[Lazy, Callable[[UnitRow], Any]]] = {
    "uoc-luong": (Lazy("Estimate"), _down),
    "ten": (Lazy("Name A–Y"), lambda row: order(row.unit.name)),
    "chu-y": (Lazy("Needs attention"), _attention),
}


@pages.page("/<wave>/don-vi", Right.RESULTS, endpoint="units", figures=True, tab=Tab(2, N_("Communes"), "wave"))
def all_units(wave: str) -> ResponseReturnValue:
    """The plot that is the table: an interval for each commune. `hien`: what is shown; `xep`: the order, of an
    open wave that of the names unless given; `nhom`: of `AMONG`; `tim`: words of the names wanted."""
    summary = summary_of(wave)
    offered = {choice.code: choice for choice in choices(summary)}
    if not offered or not summary.collection.in_sample:
        return render_template("staff/no_forms.html", summary=summary, wave=summary.wave)
    chosen = offered.get(request.args.get("hien", ""), next(iter(offered.values())))
    by = request.args.get("xep", "")
    by = by if by in ORDERS else "ten" if summary.wave.kind is WaveKind.OPEN else next(iter(ORDERS))
    words = request.args.get("tim", "").strip()
    named = {unit.code for unit in unit_search.matching([row.unit for row in chosen.rows], words)}
    rows = sorted(sorted(chosen.rows, key=lambda row: order(row.unit.name)), key=ORDERS[by][1])
    counts = Counter(row.record.standing for row in chosen.rows)
    among = request.args.get("nhom", "")
    among = among if among in AMONG and set(counts) != {None} else ""
    shown = [
        row for row in rows if row.unit.code in named and (not among or row.record.standing in AMONG[among][1])
    ]
    return render_template(
        "staff/units.html",
        summary=summary,
        wave=summary.wave,
        offered=offered.values(),
        chosen=chosen,
        finding=finding(chosen),
        orders=[(code, str(name)) for code, (name, _key) in ORDERS.items()],
        by=by,
        groups=[
            (code, str(name), sum(counts[group] for group in groups)) for code, (name, groups) in AMONG.items()
        ]
        if set(counts) != {None}
        else [],
        among=among,
        tested=set(counts) != {None},
        ranks=any(row.ranks for row in chosen.rows),
        words=words,
        rows=shown,
        keys=keys(row.record for row in shown),
        scale=charts.scale([row.record for row in rows], chosen.province, _("province")),
    )


def choices(summary: Summary) -> Iterator[Choice]:
    """The index where there is one, then each headline."""
    if summary.index is not None:
        rows = tuple(UnitRow(line.unit, line.index, line.ranks) for line in summary.units)
        yield Choice("index", "index", summary.index.label, summary.index.estimate, rows)
    for place, headline in enumerate(summary.headlines):
        rows = tuple(UnitRow(line.unit, line.headlines[place], None) for line in summary.units)
        item = f"{headline.code}={headline.worst}"
        yield Choice(headline.code, item, headline.name, headline.line.estimate, rows)


def finding(choice: Choice) -> str:
    """What the page says above its plot: how many communes have each standing, or only what is shown."""
    counts = Counter(row.record.standing for row in choice.rows)
    if set(counts) == {None}:
        return choice.name
    above, below = counts["above"], counts["below"]
    parts = [_("%(above)d communes above the rest of the province, %(below)d below", above=above, below=below)]
    above, below = counts["signs_above"], counts["signs_below"]
    if above or below:
        parts.append(_("signs of being above: %(above)d, below: %(below)d", above=above, below=below))
    parts.append(_("%(rest)d without a clear difference", rest=counts["not_apart"]))
    if counts[None]:
        parts.append(_("%(count)d not compared", count=counts[None]))
    return "; ".join(parts)


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
