"""What the overview page and the report say of a wave: one set of figures for both.

A `Summary` holds records of `results`, already released, and the counts and names around them. Pages and formats
print it and compute nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from analysis import Estimate, ranks
from analysis.estimate import FEWEST_EVENTS
from forms import Headline as Highlight
from forms import Population, Questionnaire, Rule
from survey.responses.respondents import Respondents, sample
from survey.results import collection, releases, remarks, result_table, scores, standouts, targets, wording
from survey.results.collection import Collection
from survey.results.remarks import Remarks
from survey.results.result_table import Record
from survey.results.since import Since
from survey.results.standouts import Standout
from survey.results.wording import is_hidden, not_sampled, waits, whole, whole_head
from survey.sampling import leader_groups, weight_versions
from survey.storage import audit
from survey.storage.models import Release, Unit, Wave, WaveKind, WeightVersion
from survey.system import dates
from survey.system.cache import FIGURE_BYTES, cached, database_key
from survey.waves import units, waves
from translations import gettext as _
from translations import language
from translations.formats import order


@dataclass(frozen=True)
class Line:
    """A named figure: an item, a factor, an area, a value of an item."""

    code: str
    label: str
    estimate: Estimate


@dataclass(frozen=True)
class Headline:
    """A sensitive item, every value of it, with what its blanks could do to the one that matters.

    values        one line a value, in the order of the form
    asked         people in the sample who were asked; `answered` of them gave a value
    blank         the weighted share of those asked who left it blank, 0…1; None if nobody was asked, beside a
                  hidden value, and if they are one or two
    least, most   the weighted share of the value `worst` if no silent person, or every one, had given it
    """

    code: str
    title: str
    name: str  # what the value `worst` means, as a head of department would say it
    worst: int
    values: tuple[Line, ...]
    asked: int
    answered: int
    blank: float | None
    least: float | None
    most: float | None

    @property
    def line(self) -> Line:
        """The value that matters."""
        return next(line for line in self.values if line.code == str(self.worst))


@dataclass(frozen=True)
class UnitLine:
    """A commune: its index, and its line for each headline, in the order of `Summary.headlines`.

    index  where the questionnaire has none a record without a figure: how many answered, and why nothing is shown
    ranks  the first and last rank that the data allow among the communes whose index is shown: one that is hidden
           is not counted, so that nothing of it follows from a rank; None if there is no index, in an open wave,
           and where no other one is shown
    """

    unit: Unit
    index: Record
    headlines: tuple[Record, ...]
    ranks: tuple[int, int] | None


@dataclass(frozen=True)
class GroupLine:
    """A group of leaders, or a unit that they rated: what it is called, and its index, if anybody answered.

    index   as that of a commune
    people  persons of the group; None of a unit
    """

    code: str
    name: str
    index: Record | None
    people: int | None = None


@dataclass(frozen=True)
class Issue:
    """What an issued report bears: its number (Số), its day, and the report that it replaces."""

    number: str
    day: date
    replaces: str | None = None


@dataclass(frozen=True)
class Unusual:
    """Something unusual in a commune's forms of which nothing is decided.

    words  the sentence about it, in the language of the moment
    """

    unit: str
    words: Callable[[], str]


@dataclass(frozen=True)
class Summary:
    """All that is said of a wave. `index` is None for a questionnaire without one."""

    wave: Wave
    questionnaire: Questionnaire
    province: Unit
    rule: Rule | None
    draft: bool
    data_version: str  # SHA-256 of the data behind every figure, hex
    data_day: date  # the day on which the data were read
    weight_version: int | None
    collection: Collection
    index: Line | None
    areas: tuple[Line, ...]
    factors: tuple[Line, ...]
    items: tuple[Line, ...]
    headlines: tuple[Headline, ...]
    units: tuple[UnitLine, ...]  # none where leaders were asked
    records: tuple[Record, ...]  # every record behind the report, as `hailong report --format csv` prints them
    hidden: int  # how many of them are hidden
    groups: tuple[GroupLine, ...] = ()  # of leaders
    rated: tuple[GroupLine, ...] = ()  # the units that leaders rated, where there are several
    release: Release | None = None  # that the data are of; None for the present data
    shown: int | None = None  # the number of the release that others see: the newest approved one
    withdrawn: Release | None = None  # of which others read the reason instead, where none is seen
    issue: Issue | None = None  # of a report that goes out
    standouts: dict[str, tuple[Standout, ...]] = field(default_factory=dict)  # by unit: what differs
    tested: dict[str, int] = field(default_factory=dict)  # by unit: of how many questions
    weighting: str = ""  # where the weights come from; empty where everybody counts once
    calibrated: bool = False  # whether variances know a fit to population totals
    targets: tuple[targets.Line, ...] = ()  # what figures are to reach, and who answers; those of a release's day
    remarks: Remarks | None = None  # what people wrote, by theme; None if nothing was coded
    since: Since | None = None  # what became of its figures since the wave before, where somebody gathered it
    trail: tuple[int, str] | None = None  # the last entry of the audit trail: number and digest
    unusual: tuple[Unusual, ...] = ()  # that waits for a decision (`survey/integrity/unusual.py`)

    @property
    def is_empty(self) -> bool:
        """Whether no form counts yet: then there are no figures, not even a draft of them."""
        return self.draft and not self.collection.in_sample

    @property
    def waiting(self) -> int:
        """Of how many communes a release holds nothing, as too few forms of them, or none, have come."""
        return sum(waits(line.index) for line in self.units)

    @property
    def sampled(self) -> tuple[UnitLine, ...]:
        """The communes in which people could come into the sample; all of them in an open wave."""
        return tuple(line for line in self.units if not not_sampled(line.index))

    @property
    def of_communes(self) -> bool:
        """Whether it speaks of communes, and not of departments or service centres alone."""
        return units.are_communes([line.unit for line in self.units])

    @property
    def ranked(self) -> int:
        """Among how many communes ranks are told."""
        return sum(line.ranks is not None for line in self.units)

    @property
    def whole(self) -> str:
        """Whom the figures of all together are of, in the language of the moment."""
        return whole(self._speaking, len(self.sampled), len(self.units), self.of_communes)

    @property
    def whole_head(self) -> str:
        """The same at the head of a column."""
        return whole_head(self._speaking, len(self.sampled), len(self.units))

    @property
    def is_part(self) -> bool:
        """Whether the figures of all together are those of some communes alone."""
        return min(self._speaking, len(self.sampled)) < len(self.units)

    @property
    def silent(self) -> int:
        """In how many communes in which people could come into the sample nobody answered."""
        return max(0, len(self.sampled) - self.collection.units_reached - self.waiting)

    @property
    def _speaking(self) -> int:
        """Of how many communes the figures of all together are; an open wave's are of whoever came."""
        return len(self.sampled) if self.wave.kind is WaveKind.OPEN else self.collection.units_reached

    def of_part(self, finding: str) -> str:
        """The finding behind the number of communes whose people answered, where they are not all."""
        if not self.units:
            return finding
        return wording.of_part(finding, self.collection.units_reached, len(self.units), self.of_communes)

    @property
    def answered(self) -> str:
        """How many answered, and in how many communes: all that can be said first without an index."""
        told = wording.people(self.collection.in_sample)
        if not self.units:
            return _("%(people)s answered", people=told)
        places = wording.units_reached(self.of_communes, self.collection.units_reached, len(self.units))
        return _("%(people)s answered, in %(places)s", people=told, places=places)

    @property
    def population(self) -> Population:
        return self.questionnaire.population

    @property
    def people(self) -> str:
        """What those who were asked are called, in the language of the moment."""
        return str(self.questionnaire.people or _(self.questionnaire.population.people))

    @property
    def weight_name(self) -> str:
        """The weights by number and origin, as far as there are any: 2 (import phieu.csv)."""
        if self.weight_version is None:
            return self.weighting
        return f"{self.weight_version} ({self.weighting})" if self.weighting else str(self.weight_version)


def gather(session: Session, wave: str, rule: str | None = None, release: Release | None = None) -> Summary:
    """All that is said of the wave, from its present data or those of a release, in the language of the moment.

    rule  of the index: share or mean; the questionnaire's own unless given
    """
    people = sample(session, waves.find(session, wave), release)
    last = audit.newest(session)
    summary = _made(session, people, rule)
    told = releases.newest_public(session, people.wave.code)
    summary = replace(
        summary,
        wave=people.wave,  # its name and days as they are now: figures rest on none of them but the first day
        targets=targets.lines(session, people, summary.records, rule, release),
        remarks=remarks.gather(session, people.wave, release),
        trail=(last.number, last.digest) if last else None,
        shown=told.release.number if told.release else None,
        withdrawn=told.withdrawn,
    )
    came = collection.now(session, people, summary.collection)
    if release is None:
        return replace(summary, collection=came)
    came = replace(
        came,
        collected=len(people) + people.outside + people.rejected + people.aside,
        modes={str(mode): rows for mode, rows in people.mode.counts().items()},
    )
    return replace(
        summary,
        draft=release.approved is None or release.withdrawn is not None,
        data_version=release.data,  # of before decision 0022 it can't be made again
        data_day=release.frozen,
        collection=came,
        release=release,
    )


def _state(session: Session, people: Respondents, rule: str | None) -> tuple[object, ...]:
    """What tells one summary from another, but the wave itself and what `gather` adds."""
    return (
        database_key(session),
        people.version,
        people.some_wait,
        people.wave.code,
        people.wave.single_psu,
        people.wave.weights,
        people.wave.opens,
        rule,
        language(),
        dates.today(),
    )


@cached(_state, lambda summary: FIGURE_BYTES * (len(summary.records) + 2 * len(summary.units) + 500))
def _made(session: Session, people: Respondents, rule: str | None) -> Summary:
    wave = people.wave
    questionnaire = people.questionnaire
    scoring = scores.scoring_rule(questionnaire, rule)
    whole = result_table.table(session, people, rule=rule, released=True)
    by_code: dict[str, list[Record]] = {}
    for record in whole:
        by_code.setdefault(record.item, []).append(record)
    index = questionnaire.index
    parts = index.codes() if index else {}
    lines = {code: Line(code, str(index.label(code)), by_code[code][0]) for code in parts} if index else {}
    areas = tuple(lines[f"index:{area.code}"] for area in index.areas) if index else ()
    factors = (
        tuple(lines[f"index:{factor.code}"] for area in index.areas for factor in area.factors) if index else ()
    )
    scored = parts["index"] if index else ()
    # Without an index every question: what else would be told of a place.
    of_places = [*parts, *scored, *(line.item for line in questionnaire.headlines)] if index else []
    by_unit, by_group = (
        result_table.table(session, people, items=of_places, by=[by], rule=rule, released=True)
        if by == "unit" or questionnaire.population.in_groups
        else []
        for by in ("unit", "stratum")
    )
    records = (*whole, *by_unit, *by_group)
    of_items = [record for record in by_unit if record.item in scored and not questionnaire.population.rates_units]
    return Summary(
        wave=wave,
        questionnaire=questionnaire,
        province=units.province(session),
        rule=scoring,
        draft=True,
        data_version=people.version,
        data_day=dates.today(),
        weight_version=_weight_version(session, wave),
        weighting=weight_versions.origin(session, wave),
        calibrated=people.calibration is not None,
        collection=collection.of(session, people),
        index=lines.get("index"),
        areas=areas,
        factors=factors,
        items=tuple(Line(code, str(questionnaire.items[code].short), by_code[code][0]) for code in scored),
        headlines=tuple(_headline(people, line, by_code[line.item]) for line in questionnaire.headlines),
        units=() if questionnaire.population.rates_units else _units(session, people, by_unit, scoring),
        groups=_groups(session, wave, _indices(questionnaire, by_group)),
        rated=_rated(session, _indices(questionnaire, by_unit)) if questionnaire.population.rates_units else (),
        records=records,
        hidden=sum(is_hidden(record) and not waits(record) for record in records),
        standouts=standouts.of_units(wave, of_items),
        tested=standouts.tested(of_items),
    )


def _weight_version(session: Session, wave: Wave) -> int | None:
    return session.get_one(WeightVersion, wave.weights).version if wave.weights is not None else None


def _headline(people: Respondents, highlight: Highlight, records: Sequence[Estimate]) -> Headline:
    item = people.questionnaire.items[highlight.item]
    column = people.answers(item)
    worst = next(record for record in records if record.value == str(highlight.value))
    weight_asked, weight_given = people.weight[column.asked].sum(), people.weight[column.given].sum()
    cases = people.weight[column.any_of(item, (highlight.value,))].sum()
    silent = int(column.asked.sum()) - int(column.given.sum())
    is_told = not 0 < silent < FEWEST_EVENTS and not any(map(is_hidden, records)) and weight_asked > 0
    is_shown = is_told and worst.estimate is not None
    values = tuple(Line(one.value or "", str(item.choices[int(one.value or 0)]), one) for one in records)
    return Headline(
        code=item.code,
        title=str(item.short),
        name=str(highlight.name),
        worst=highlight.value,
        values=values,
        asked=int(column.asked.sum()),
        answered=int(column.given.sum()),
        blank=float((weight_asked - weight_given) / weight_asked) if is_told else None,
        least=float(cases / weight_asked) if is_shown else None,
        most=float((cases + weight_asked - weight_given) / weight_asked) if is_shown else None,
    )


def _indices(questionnaire: Questionnaire, records: Iterable[Record]) -> dict[str, Record]:
    """The index of each place; where the questionnaire has none, how many answered the question that most people
    answered there, or why that isn't shown."""
    if questionnaire.index is not None:
        return {str(record.domain): record for record in records if record.item == "index"}
    most: dict[str, Record] = {}
    for record in records:
        known = most.get(str(record.domain))
        if known is None or (record.n or 0) > (known.n or 0):
            most[str(record.domain)] = record
    return {place: _without_figure(record) for place, record in most.items()}


def _without_figure(record: Record) -> Record:
    kept = {"not_a_sample", "not_sampled", *wording.HIDDEN}
    few = ("few",) if record.n and record.n < wording.FEW else ()
    flags = (*(flag for flag in record.flags if flag in kept), *few)
    names = ("value", "estimate", "standard_error", "low", "high", "deff", "n_eff")
    nothing: dict[str, Any] = dict.fromkeys(names)
    return replace(record, item="index", statistic="index", events=0, flags=flags, **nothing)


def _units(
    session: Session, people: Respondents, records: Sequence[Record], scoring: Rule | None
) -> tuple[UnitLine, ...]:
    """A line for each commune or other unit, in Vietnamese order."""
    answered = [str(code) for code in people.unit.levels]
    unit_of = {unit.code: unit for unit in units.asked_about(session, answered, people.wave.opens)}
    record_of = {(record.item, record.value, record.domain): record for record in records}
    is_drawn = people.wave.kind is WaveKind.SAMPLE and len(people) > 0
    index = _indices(people.questionnaire, records)
    codes = [code for code in unit_of if code in index]  # the others did not exist in this wave
    shown = [code for code in codes if index[code].estimate is not None]
    span = _ranks(people, scoring, shown) if scoring is not None and is_drawn and len(shown) > 1 else {}
    lines = []
    for code in sorted(codes, key=lambda code: order(unit_of[code].name)):
        lines.append(
            UnitLine(
                unit=unit_of[code],
                index=index[code],
                headlines=tuple(
                    record_of[(line.item, str(line.value), code)] for line in people.questionnaire.headlines
                ),
                ranks=span.get(code),
            )
        )
    return tuple(lines)


def _groups(session: Session, wave: Wave, index: dict[str, Record]) -> tuple[GroupLine, ...]:
    """The groups of a wave that asks leaders, also those of which nobody answered."""
    groups = leader_groups.groups(session, wave.code)
    return tuple(
        GroupLine(code, group.name or code, index.get(code), group.people) for code, group in groups.items()
    )


def _rated(session: Session, index: dict[str, Record]) -> tuple[GroupLine, ...]:
    lines = [GroupLine(code, units.named(units.find(session, code)), one) for code, one in index.items()]
    return tuple(sorted(lines, key=lambda line: order(line.name))) if len(lines) > 1 else ()


def _ranks(people: Respondents, scoring: Rule, shown: Sequence[str]) -> dict[str, tuple[int, int]]:
    """The first and the last rank that each of these units may have among them."""
    [measure] = scores.measures(people, scores.MeasureRequest("index"), scoring)
    found = ranks(result_table.design(people), measure, people.unit, domains=shown)
    return {str(one.domain): (one.low, one.high) for one in found}
