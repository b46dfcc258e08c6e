"""Pages: any table of a wave, an item by what people are grouped by; its files are for the house alone."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from analysis import DesignError, Estimate
from analysis.association import Association, association
from forms import Item, Questionnaire
from survey.accounts.accounts import Right
from survey.reports import workbook
from survey.responses.respondents import Respondents
from survey.results import disclosure, population, result_groups, result_table, scores, wording
from survey.sampling import leader_groups
from survey.storage.models import Mode
from survey.system.cache import FIGURE_BYTES, cached
from survey.system.csv_table import Writer
from survey.waves import units
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import MODE_NAMES, pages
from survey.web.staff.figures import WaveFigures, figures_of, keys
from survey.web.staff.results.reports import OFFICE
from survey.web.staff.sorting import Sorting
from translations import N_, NotFound, language
from translations import gettext as _
from translations.formats import order

MOST_GROUPINGS = 2
NOT_FOR_OTHERS = N_("Not to be passed on")
FILE_COLUMNS = (
    "item", "answer", "group", "share", "low", "high", "people", "weighted", "of_all_asked", "remark", "note"
)  # fmt: skip
SHARE_COLUMNS = ("share", "low", "high", "of_all_asked")


@dataclass(frozen=True)
class Line:
    """An answer within a group. `of_asked`: the share of all who were asked; None where nobody may stay silent."""

    answer: str
    record: Estimate
    of_asked: Estimate | None


@dataclass(frozen=True)
class Group:
    """A group of people and its lines; the whole province has no name of its own."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Table:
    """A table with its state: what was asked for makes its address and its name."""

    item: Item | None
    title: str
    by: tuple[str, ...]
    by_name: str
    groups: tuple[Group, ...]
    tested: Association | None

    @property
    def records(self) -> list[Estimate]:
        """All records of the table."""
        return [line.record for group in self.groups for line in group.lines]


# A line with its group, by the columns that sort.
KEYS: Mapping[str, Callable[[tuple[Group, Line]], Any]] = {
    "ten": lambda row: (order(row[0].name), order(row[1].answer)),
    "uoc-luong": lambda row: row[1].record.estimate,
    "so-nguoi": lambda row: row[1].record.n,
    "dai-dien": lambda row: None if wording.is_hidden(row[1].record) else row[1].record.weight_sum,
}


@pages.page(
    "/<wave>/bang",
    Right.RESULTS,
    act=N_("Looked at a free table"),
    export=True,
    figures=True,
    of_groups=True,
    tab=Tab(2, N_("By group of people"), "staff.changes"),
)
def table(wave: str) -> ResponseReturnValue:
    """A table: `muc` names the item, `theo` what people are grouped by (twice: crossed), `ban` a release; `xep`
    sorts all its lines together."""
    (summary, people), shown = _asked_for(wave)
    sorting = Sorting.asked(KEYS)
    return render_template(
        "staff/table.html",
        wave=people.wave,
        summary=summary,
        people=people,
        items=choices(people.questionnaire),
        offered=groupings(people.questionnaire, summary.of_communes),
        chosen=request.args.get("muc", ""),
        table=shown,
        sorting=sorting,
        rows=sorting.rows((group, line) for group in shown.groups for line in group.lines) if shown else [],
        keys=keys(shown.records) if shown else [],
    )


@pages.page(
    "/<wave>/bang.<format>",
    Right.RESULTS,
    act=N_("Downloaded a free table"),
    export=True,
    figures=True,
    of_groups=True,
)
def table_file(wave: str, format: str) -> ResponseReturnValue:
    """The same table as a file that says in each row that it is for the house alone; who took it is noted."""
    if format not in ("csv", "xlsx"):
        raise NotFound("There is no table in the format %(format)s. Choose one on the page.", format=format)
    _moment, table = _asked_for(wave, now=True)
    if table is None:
        raise NotFound("Choose what the table is of first.")
    rows = list(_rows(table))
    content = _workbook(table, rows) if format == "xlsx" else _csv(rows)
    kinds = {"csv": "text/csv; charset=utf-8", "xlsx": f"{OFFICE}.spreadsheetml.sheet"}
    answer = Response(content, content_type=kinds[format])
    answer.headers["Content-Disposition"] = f'attachment; filename="bang-{wave}-khong-pho-bien.{format}"'
    return answer


def choices(questionnaire: Questionnaire) -> list[tuple[str, str]]:
    """What a table may be of: the index and its parts, then every item that is no text."""
    index = questionnaire.index
    parts = [(code, str(index.label(code))) for code in index.codes()] if index else []
    return parts + [
        (item.code, str(item.short)) for item in questionnaire.items.values() if item.kind.is_estimated
    ]


def groupings(questionnaire: Questionnaire, of_communes: bool) -> list[tuple[str, str]]:
    """What people may be grouped by: where they live, how they answered, and every item with one answer."""
    called = population.words(questionnaire.population)
    unit = called.unit if of_communes or questionnaire.population.rates_units else _("Unit")
    own = [("unit", unit), ("stratum", called.stratum), ("mode", _("Way of answering"))]
    return own + [
        (item.code, str(item.short))
        for item in questionnaire.items.values()
        if item.kind.is_single_choice and not item.sensitive
    ]


def _asked_for(wave: str, *, now: bool = False) -> tuple[WaveFigures, Table | None]:
    moment = figures_of(wave, now=now)
    people = moment.people
    wanted = request.args.get("muc", "").strip()
    by = tuple(dict.fromkeys(column for column in request.args.getlist("theo") if column))[:MOST_GROUPINGS]
    if not wanted or not len(people):
        return moment, None
    with database().reading() as session:
        return moment, made(session, people, wanted, by)


def _state(session: Session, people: Respondents, wanted: str, by: tuple[str, ...]) -> tuple[object, ...]:
    """What tells one table from another: the data, what is asked of them, and the names in it."""
    wave = people.wave
    named = tuple((unit.code, unit.name) for unit in units.answering(session))
    return people.version, wave.code, wave.single_psu, wave.weights, wave.opens, wanted, by, language(), named


@cached(_state, lambda table: 2 * FIGURE_BYTES * (len(table.records) + 10))
def made(session: Session, people: Respondents, wanted: str, by: tuple[str, ...]) -> Table:
    """The table of an item, or a part of the index, by these groupings; refused where there is none such."""
    one = scores.MeasureRequest.read(wanted)
    item = people.questionnaire.items.get(one.item)
    records = result_table.table(session, people, items=[wanted], by=by, released=True)
    asked: list[Estimate | None] = [None] * len(records)
    if item is not None and item.sensitive:
        asked = list(result_table.table(session, people, items=[wanted], by=by, released=True, asked=True))
    communes = {unit.code: unit.name for unit in units.answering(session)}
    if people.questionnaire.population.in_groups:
        communes = {str(code): units.find(session, str(code)).name for code in people.unit.levels}
        groups = leader_groups.groups(session, people.wave.code)
        communes |= {code: group.name or code for code, group in groups.items()}
    grouped: dict[str, list[Line]] = {}
    for record, other in zip(records, asked, strict=True):
        name = _group(people.questionnaire, communes, by, record.domain)
        grouped.setdefault(name, []).append(Line(_answer(item, record), record, other))
    about = units.asked_about(session, [str(code) for code in people.unit.levels], people.wave.opens)
    names = dict(groupings(people.questionnaire, units.are_communes(about)))
    titles = dict(choices(people.questionnaire))
    return Table(
        item=item,
        title=titles.get(one.item, one.item),
        by=by,
        by_name=" × ".join(names.get(column, column) for column in by) or _("All together"),
        groups=tuple(Group(name, tuple(lines)) for name, lines in grouped.items()),
        tested=_tested(people, item, by, records),
    )


def _group(questionnaire: Questionnaire, communes: dict[str, str], by: tuple[str, ...], domain: Any) -> str:
    parts = domain if isinstance(domain, dict) else dict(zip(by, [domain], strict=False))
    return " · ".join(_label(questionnaire, communes, column, str(value)) for column, value in parts.items())


def _label(questionnaire: Questionnaire, communes: dict[str, str], column: str, value: str) -> str:
    if column in ("unit", "stratum"):
        return communes.get(value, value)
    if column == "mode":
        return _(MODE_NAMES[Mode(value)])
    item = questionnaire.items.get(column)
    return str(item.choices[int(value)]) if item and value.isdigit() and int(value) in item.choices else value


def _answer(item: Item | None, record: Estimate) -> str:
    if item is None or record.value is None:
        return _("Mean") if record.statistic == "mean" else _("Index")
    return ", ".join(str(item.choices[int(code)]) for code in record.value.split(","))


def _tested(
    people: Respondents, item: Item | None, by: tuple[str, ...], records: Sequence[Estimate]
) -> Association | None:
    """The test of association, where it is honest: one answer by one grouping, of a sample, nothing hidden."""
    if item is None or len(by) != 1 or not item.kind.is_single_choice:
        return None
    if any(disclosure.is_marked(one) or "not_a_sample" in one.flags for one in records):
        return None
    grouping = people.questionnaire.items.get(by[0])
    if grouping is None:
        return None
    try:
        rows, columns = (result_groups.by_choice(people, one) for one in (item, grouping))
        return association(result_table.design(people), rows, columns)
    except DesignError:
        return None


def _rows(table: Table) -> Iterator[tuple[Any, ...]]:
    """A row of the file for each line: shares as fractions, nothing where it is hidden."""
    for group in table.groups:
        for line in group.lines:
            record = line.record
            yield (
                table.title, line.answer, group.name, record.estimate, record.low, record.high,
                record.n, record.weight_sum if record.n is not None else None,
                line.of_asked.estimate if line.of_asked else None, wording.remark(record), _(NOT_FOR_OTHERS),
            )  # fmt: skip


def _csv(rows: Sequence[tuple[Any, ...]]) -> str:
    text = io.StringIO()
    writer = Writer(text)
    writer.writerow(FILE_COLUMNS)
    writer.writerows(rows)
    return "\ufeff" + text.getvalue()


def _workbook(table: Table, rows: Sequence[tuple[Any, ...]]) -> bytes:
    of_shares = all(record.statistic in wording.SHARES for record in table.records)
    title = f"{table.title} · {table.by_name}"
    return workbook.table(title, _(NOT_FOR_OTHERS), FILE_COLUMNS, rows, SHARE_COLUMNS if of_shares else ())
