"""Pages: one commune of a wave, for those who read all results and for its own account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from analysis import Estimate
from analysis.contrast import Group
from survey.accounts.accounts import Right
from survey.integrity import unusual
from survey.responses import form_counts
from survey.responses.respondents import Respondents, sample
from survey.results import charts, questions, releases, series, standing_words, timeline, wording
from survey.results.comparison import Change
from survey.results.result_table import Record
from survey.results.since import Since
from survey.results.summary import Line, Summary, UnitLine
from survey.results.timeline import Timeline
from survey.storage import audit
from survey.system.cache import FIGURE_BYTES, cached, database_key
from survey.waves import units, waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import in_order, pages
from survey.web.staff.figures import figures_of, keys
from survey.web.staff.results.outline import parts_of, since_by_unit
from translations import N_, NotFound, language
from translations import gettext as _

MOST_APART = 8  # items in the table of what differs
LEVELS: dict[Group, str] = {
    "above": N_("above the overall figure"),
    "signs_above": N_("signs of being above the overall figure"),
    "not_apart": N_("not told apart from the overall figure"),
    "signs_below": N_("signs of being below the overall figure"),
    "below": N_("below the overall figure"),
}


@dataclass(frozen=True)
class Compared:
    """A commune's figure beside the province's for the same question.

    level     "area", "factor" or "item"
    standing  its word: of a part of the index among all communes, of an item among all items of the commune
    change    since the wave before, with its word of the same tests
    """

    line: Line
    province: Estimate
    level: str
    standing: Group | None = None
    change: Change | None = None

    @property
    def distance(self) -> float:
        """How far it is from the province's figure."""
        return abs((self.line.estimate.estimate or 0.0) - (self.province.estimate or 0.0))


@pages.page("/<wave>/don-vi/<unit>", Right.RESULTS, figures=True, tab="staff.units")
def unit(wave: str, unit: str) -> ResponseReturnValue:
    """One commune: what can be concluded, then its figures beside the wave before and the province."""
    summary, people = figures_of(wave)
    code = units.settled(unit)
    if not any(line.unit.code == code for line in summary.units):
        raise NotFound("There is no unit with the code %(code)s. Choose the commune from the list.", code=unit)
    return _beside_the_province(summary, people, code)


@pages.page("/<wave>/xa-minh", Right.OWN_RESULTS, tab=Tab(2, N_("My commune"), "wave"))
def own_unit(wave: str) -> ResponseReturnValue:
    """What is released of the reader's own commune; nothing of it moves before the next release."""
    if current_user.unit is None:
        return redirect(url_for(".units", wave=wave))
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        release = releases.newest(session, wave)
        if release is None:
            withdrawal = releases.withdrawal(session, wave)
            return render_template("staff/not_released.html", wave=wave_row, withdrawal=withdrawal)
        gathered = unusual.gather(session, wave, release=release)
        people = sample(session, wave_row, release)
    if not any(line.unit.code == current_user.unit for line in gathered.units):
        return render_template("staff/not_released.html", wave=wave_row)
    return _beside_the_province(gathered, people, current_user.unit)


def _beside_the_province(summary: Summary, people: Respondents, code: str) -> ResponseReturnValue:
    line = next(line for line in summary.units if line.unit.code == code)
    with database().reading() as session:
        if summary.release is None:
            modes = form_counts.by_unit(session, summary.wave.code).get(code, {})
        else:
            here = people.mode[people.unit.having(code)].counts()
            modes = {str(mode): rows for mode, rows in here.items() if rows}
        chart = _years(session, summary, people, code)
    since = since_by_unit(people, _items(summary))
    compared = list(beside(summary, line, since))
    blocks = [] if summary.index else list(questions.blocks(summary, code))
    listed = [one.estimate for block in blocks for question in block.questions for one in question.lines]
    found, change = apart(compared), since.of_figure("index").get(code) if since else None
    return render_template(
        "staff/unit.html",
        summary=summary,
        wave=summary.wave,
        line=line,
        headlines=list(zip(summary.headlines, line.headlines, strict=True)),
        modes=in_order(modes),
        forms=sum(modes.values()),
        waits=wording.waits(line.index),
        unusual=[one.words() for one in summary.unusual if one.unit == code],
        finding=finding(line, change, since),
        level_words=_(LEVELS[line.index.standing]) if line.index.standing else "",
        since=since,
        change=change if change is not None and change.difference is not None else None,
        uncompared=since.uncompared(change) if since else "",
        chart=chart,
        compared=compared,
        blocks=blocks,
        whole={(one.item, one.value or ""): one for one in summary.records if one.domain is None},
        apart=shown_apart(found),
        more_apart=len(found) - len(shown_apart(found)),
        keys=keys([line.index, *line.headlines, *(row.line.estimate for row in compared), *listed]),
        scale=charts.scale([record for row in compared for record in (row.line.estimate, row.province)]),
    )


def _items(summary: Summary) -> list[str]:
    """What may have changed in a commune: the index, its parts and its items."""
    if summary.index is None:
        return []
    return [line.code for line in (summary.index, *summary.areas, *summary.factors, *summary.items)]


def finding(line: UnitLine, change: Change | None, since: Since | None) -> str:
    """What the page says above all: the commune with what is concluded of it, or that nothing is."""
    name = units.named(line.unit)
    name = name[:1].upper() + name[1:]
    if line.index.standing is None:
        return name
    level = _(LEVELS[line.index.standing])
    moved = change.verdict if change is not None and change.difference is not None else None
    if moved in (None, "not_apart") or since is None:
        return _("%(name)s: %(level)s", name=name, level=level)
    then, way = since.then, standing_words.movement(moved)
    if line.index.standing == "not_apart":
        return _("%(name)s: %(change)s since %(then)s", name=name, change=way, then=then)
    return _("%(name)s: %(level)s, and %(change)s since %(then)s", name=name, level=level, change=way, then=then)


def _state(session: Session, summary: Summary, people: Respondents, code: str) -> tuple[object, ...]:
    """What tells one drawing from another: no other wave's released figures change without an entry."""
    release = summary.release.number if summary.release else None
    wave = summary.wave.code
    return database_key(session), people.version, wave, release, audit.last_change(session), code, language()


@cached(_state, lambda _chart: FIGURE_BYTES * 20)
def _years(session: Session, summary: Summary, people: Respondents, code: str) -> Timeline | None:
    """The index over the years beside the province's."""
    if summary.index is None:
        return None
    wave = waves.find(session, summary.wave.code)
    own, whole = (series.of(session, wave, "index", summary.release, unit) for unit in (code, None))
    return timeline.draw(own, whole, []) if len(own) > 1 else None


def beside(summary: Summary, line: UnitLine, since: Since | None = None) -> Iterator[Compared]:
    """The commune's areas, factors and items in the order of the index, each with the province's figure."""
    code = line.unit.code
    provincial = {each.code: each for each in (*summary.areas, *summary.factors, *summary.items)}
    records: dict[str, Record] = {
        record.item: record for record in summary.records if record.domain == code and record.item in provincial
    }
    own = [Line(item, provincial[item].label, record) for item, record in records.items()]
    standings = {one.item: one.group for one in summary.standouts.get(code, ())}
    tested = summary.tested.get(code, 0)
    items = since.of_unit(code, [one.code for one in summary.items]) if since else {}
    for part in parts_of(summary, own):
        item, record = part.line.code, records[part.line.code]
        if part.level == "item":
            is_seen = tested and not wording.is_hidden(record) and record.rest is not None
            standing = standings.get(item, "not_apart") if is_seen else None
            change = items.get(item)
        else:
            standing, change = record.standing, since.of_figure(item).get(code) if since else None
        yield Compared(part.line, provincial[item].estimate, part.level, standing, change)


def apart(compared: list[Compared]) -> list[Compared]:
    """The items that differ from the rest of the province, or show signs of it, the farthest first."""
    found = [row for row in compared if row.level == "item" and row.standing not in (None, "not_apart")]
    return sorted(found, key=lambda row: row.distance, reverse=True)


def shown_apart(found: list[Compared]) -> list[Compared]:
    """Those of `apart` that a page has room for: the conclusions before the signs."""
    concluded = [row for row in found if row.standing in ("below", "above")]
    signs = [row for row in found if row.standing not in ("below", "above")]
    chosen = [*concluded, *signs][:MOST_APART]
    return [row for row in found if row in chosen]
