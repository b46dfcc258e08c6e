"""Pages: how one figure was computed, and the command that computes it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue

from analysis import Estimate
from forms import Rule
from survey.accounts.accounts import Right
from survey.results import disclosure, from_file, result_table, scores, wording
from survey.results import r_code as in_r
from survey.results.questions import answer
from survey.results.summary import Headline, Summary
from survey.storage.models import Unit, WaveKind
from survey.waves import units
from survey.web.current import database
from survey.web.staff.blueprint import pages
from survey.web.staff.figures import summary_of
from translations import N_, NotFound
from translations import gettext as _
from translations.formats import day, number, percent, points

SINGLE_PSU = {
    "refuse": N_("refused"),
    "centered": N_("measured from the mean of all villages"),
    "average": N_("the average variance of the other strata"),
    "certainty": N_("no variance: taken as certain"),
}


Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Figure:
    """A record of the result table with what is needed to read it.

    items     the questions that it pools; one but for the index and its parts
    headline  set where the record is the value that matters of a sensitive item, for the whole province
    """

    record: Estimate
    name: str
    unit: Unit | None
    items: tuple[str, ...]
    headline: Headline | None
    commands: tuple[str, ...]
    in_r: str


@pages.page("/<wave>/cach-tinh", Right.RESULTS, figures=True, of_groups=True, tab="staff.items")
def how(wave: str) -> ResponseReturnValue:
    """The steps, values and commands of the figure that `item` names, as on the command line: C5=3, index:CS.A."""
    summary = summary_of(wave)
    wanted = scores.MeasureRequest.read(request.args.get("item", "index"))
    record = figure(summary, wanted, request.args.get("unit"))
    return render_template(
        "staff/how.html",
        summary=summary,
        wave=summary.wave,
        figure=record,
        steps=steps(summary, record),
        values=values(summary, record),
        notes=notes(record),
    )


def figure(summary: Summary, wanted: scores.MeasureRequest, code: str | None) -> Figure:
    """The figure of the report that is wanted, or the same computed for this question alone."""
    wave = summary.wave.code
    value = ",".join(map(str, wanted.values)) if wanted.values is not None else None
    asked = f"{wanted.item}={value}" if value is not None else wanted.item
    with database().reading() as session:
        unit = units.find(session, code) if code else None
        domain = unit.code if unit else None
        records: Sequence[Estimate] = summary.records
        record = _find(records, wanted.item, value, domain)
        if record is None:
            by = ("unit",) if unit else ()
            number = summary.release.number if summary.release else None
            records = result_table.estimates(session, wave, items=[asked], by=by, released=True, release=number)
            record = _find(records, wanted.item, value, domain)
    if record is None:
        raise NotFound("There is no such figure in this wave. Choose one on the page of the wave.")
    index = summary.questionnaire.index
    pooled = index.codes().get(record.item, (record.item,)) if index else (record.item,)
    headline = next(
        (
            one
            for one in summary.headlines
            if not unit and one.code == record.item and record.value == str(one.worst)
        ),
        None,
    )
    file = f"{wave}.csv"
    # What is not to be known tells nothing of how alike the people of a village are; in the file it does.
    apart = record.variance == "pooled" and any(
        disclosure.is_marked(one) for one in records if (one.item, one.value) == (record.item, record.value)
    )
    return Figure(
        record,
        _name(summary, record),
        unit,
        pooled,
        headline,
        _commands(summary, asked, record, pooled, file, apart),
        in_r.lines(
            record,
            pooled,
            summary.questionnaire,
            summary.rule,
            summary.wave.single_psu,
            file,
            {line.code: line.people for line in summary.groups if line.people},
        ),
    )


def _find(records: Iterable[Estimate], item: str, value: str | None, domain: str | None) -> Estimate | None:
    return next(
        (
            record
            for record in records
            if record.item == item and record.domain == domain and value in (None, record.value)
        ),
        None,
    )


def _name(summary: Summary, record: Estimate) -> str:
    if record.statistic == "index" and summary.questionnaire.index:
        return str(summary.questionnaire.index.label(record.item))
    chosen = answer(summary, record)
    short = str(summary.questionnaire.items[record.item].short)
    return f"{short}: {chosen}" if chosen else short


def steps(summary: Summary, figure: Figure) -> list[str]:
    """The way from the forms to the figure, in the order in which it is gone."""
    record = figure.record
    return [_taken(summary, figure), _scored(summary, figure), _weighted(summary), _divided(record),
            *_uncertain(summary, record)]  # fmt: skip


def _taken(summary: Summary, figure: Figure) -> str:
    where = f"{figure.unit.kind} {figure.unit.name}" if figure.unit else summary.whole
    if summary.wave.kind is WaveKind.SAMPLE:
        return _("Take the forms in the sample: %(where)s.", where=where)
    return _("Take the forms of all who answered: %(where)s.", where=where)


def _worths(rule: Rule, figure: Figure) -> str:
    own = {table: len(table) for table, items in rule.tables.items() if set(items) & {*figure.items}}
    return "; ".join(
        _("on a scale of %(levels)s levels %(worth)s", levels=levels, worth=_worth(table))
        if len(own) > 1
        else _worth(table)
        for table, levels in own.items()
    )


def _scored(summary: Summary, figure: Figure) -> str:
    record = figure.record
    if record.statistic == "index" and summary.rule is not None:
        return _(
            "Score each answer to the %(count)s questions by the rule “%(rule)s”: %(worth)s. Blanks are left out.",
            count=len(figure.items),
            rule=str(summary.rule.label),
            worth=_worths(summary.rule, figure),
        )
    chosen = answer(summary, record)
    if not chosen and summary.rule is not None and (worth := _worths(summary.rule, figure)):
        return _("Score the answer: %(worth)s. Blanks are left out.", worth=worth)
    if not chosen:
        return _("Take the number that each person gave. Blanks are left out.")
    return _(
        "Count those who chose “%(answer)s” among all who answered this question. Blanks are left out of both.",
        answer=chosen,
    )


def _worth(table: Iterable[tuple[int, float]]) -> str:
    return ", ".join(
        _("level %(level)s = %(score)s", level=level, score=number(score, len(f"{score:g}".partition(".")[2])))
        for level, score in table
    )


def _weighted(summary: Summary) -> str:
    if not summary.weight_name and summary.population.in_groups:
        return _("Count each form with N ÷ n: the persons of the group, over those of it who answered.")
    if not summary.weight_name:
        return _("Each form counts once: this wave has no weights.")
    if summary.weight_version is None:
        return _("Count each form with its weight: %(weights)s.", weights=summary.weight_name)
    return _("Count each form with its weight: version %(version)s.", version=summary.weight_name)


def _divided(record: Estimate) -> str:
    if record.statistic == "index":
        return _("Divide the sum of the scores by the number of answers, over all questions together.")
    return _("Divide the one sum by the other.")


def _uncertain(summary: Summary, record: Estimate) -> Iterator[str]:
    wave = summary.wave
    if wave.kind is WaveKind.OPEN:
        yield _(
            "Variation: from the sums of each day, within each commune. Nothing is known about those "
            "who did not answer."
        )
    elif summary.population.in_groups:
        yield _(
            "Variance: linearised, from the sums of each person, within each group, times 1 − n/N: what is left "
            "of a group of which all answered is nothing."
        )
    elif record.variance == "pooled":
        yield _(
            "Variance: pooled. These answers say too little about how alike people of a village are, so "
            "they are taken to be as alike as in all communes for the same question."
        )
    else:
        yield _("Variance: linearised, from the sums of each village, within each stratum.")
    if summary.calibrated:
        yield _(
            "The variance takes into account that the weights were fitted to known totals: only the "
            "residuals count."
        )
    if record.df is None:
        yield _("Interval: none, there are too few answers for one.")
    elif record.statistic == "index":
        yield _("Interval: logit, with Student's t at %(df)s degrees of freedom.", df=_df(record))
    elif record.statistic == "proportion":
        yield _("Interval: Korn–Graubard (exact, at the effective sample size).")
    else:
        yield _("Interval: Student's t at %(df)s degrees of freedom.", df=_df(record))


def _df(record: Estimate) -> str:
    """Degrees of freedom: a whole number, by Satterthwaite one between; none where nothing tells of variance."""
    return number(record.df, 1 if record.df is not None and record.df % 1 else 0)


def values(summary: Summary, figure: Figure) -> Pairs:
    """What the figure rests on; nothing of a hidden one but what is known of the whole wave."""
    record, wave = figure.record, summary.wave
    own: Pairs = []
    if not wording.is_hidden(record):
        error = record.standard_error
        shares = record.statistic in ("proportion", "index")
        own = [
            (_("People who answered"), number(record.n)),
            (_("Effective sample size"), number(record.n_eff)),
            (_("Design effect"), number(record.deff, 2)),
            (_("Degrees of freedom"), _df(record)),
            (_("Standard error"), points(error).lstrip("+") if shares else number(error, 3)),
            (wording.interval_name(record), wording.limits(record)),
        ]
    villages = [(_("Strata with one village"), _(SINGLE_PSU[wave.single_psu]))]
    return [
        *own,
        *(villages if wave.kind is WaveKind.SAMPLE and not summary.population.in_groups else []),
        (
            _("Weights"),
            _("version %(version)s", version=summary.weight_version) if summary.weight_version else "–",
        ),
        (_("Questionnaire"), f"{summary.questionnaire.name} ({summary.questionnaire.digest[:12]})"),
        (_("Data version"), summary.data_version[:12]),
        (_("Data of"), day(summary.data_day)),
    ]


def notes(figure: Figure) -> list[str]:
    """What a reader must know beside the values: marks, and what the silent could do."""
    record, headline = figure.record, figure.headline
    notes_of_record = [wording.remark(record)] if wording.remark(record) else []
    if headline is not None and headline.blank is not None and headline.least is not None:
        notes_of_record.append(
            _(
                "%(blank)s of the %(asked)s people asked left this blank. Had none of them given this answer, the "
                "share would be %(least)s; had all of them, %(most)s.",
                blank=percent(headline.blank),
                asked=number(headline.asked),
                least=percent(headline.least),
                most=percent(headline.most),
            )
        )
    return notes_of_record


def _commands(
    summary: Summary, asked: str, record: Estimate, pooled: Sequence[str], file: str, apart: bool
) -> tuple[str, ...]:
    """From the database; the data as a file; and, of what is a column of the file, from that file.

    apart  whether the file would give another variance
    """
    wave = summary.wave
    by = " --by unit" if record.domain is not None else ""
    release = f" --release {summary.release.number}" if summary.release else ""
    item = f"--item {shlex.quote(asked)}{by}"
    here = f"hailong results --wave {wave.code} {item} --released{release} --output json"
    data = f"hailong data --wave {wave.code}{release} --format csv --out {file}"
    # Of weights that were fitted the file has the result alone: its standard errors would not know the totals.
    again = ""
    if (
        not summary.calibrated and not apart and not summary.population.in_groups
    ):  # the file has no sizes of groups
        again = from_file.command(record, pooled, summary.rule, wave.single_psu, file)
    return (here, data, again) if again else (here, data)
