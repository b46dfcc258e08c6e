"""Pages: where the province stands in a wave, and how sure that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from analysis.contrast import Group
from analysis.disclosure import FEWEST
from analysis.response_rates import response_rates
from survey.accounts.accounts import Right
from survey.results import charts, questions, since, standing_words, targets, unit_table, wave_duties, wording
from survey.results.since import Since, measures
from survey.results.summary import Summary, UnitLine
from survey.results.targets import Verdict
from survey.storage.models import WaveKind
from survey.waves import waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import in_order, pages
from survey.web.staff.fieldwork import review
from survey.web.staff.figures import figures_of, keys
from survey.web.staff.results.outline import ChangeRow, changed_lines, changed_units, parts_of
from translations import N_, ngettext
from translations import gettext as _


@dataclass(frozen=True)
class Task:
    """Something to look at before results go out: how many (None where nobody knows yet), of what, and where."""

    count: int | None
    text: str
    address: str


@pages.page("/<wave>/", Right.RESULTS, figures=True, of_groups=True, tab=Tab(1, N_("Overview"), "wave"))
def overview(wave: str) -> ResponseReturnValue:
    """The index, the headlines, the factors, and what is to be looked at; a wave without forms says so."""
    summary, people = figures_of(wave)
    if not summary.collection.in_sample:
        return render_template("staff/no_forms.html", summary=summary, wave=summary.wave)
    index = summary.index.estimate if summary.index else None
    headlines = [headline.line.estimate for headline in summary.headlines]
    with database().reading() as session:
        told = since.gather(session, people, units=measures(summary.questionnaire)[:1])
    found = told if told and told.whole else None
    households = summary.collection.households
    rows = list(parts_of(summary, (*summary.areas, *summary.factors)))
    lines = list(changed_lines(summary, told.whole)) if told and told.whole else []
    blocks = [] if summary.index else list(questions.blocks(summary))
    listed = [line.estimate for block in blocks for question in block.questions for line in question.lines]
    communes = changed_units(summary, told.units) if told and told.units else []
    return render_template(
        "staff/overview.html",
        summary=summary,
        wave=summary.wave,
        finding=finding(summary, found, lines),
        key_scale=charts.scale([index], fewest=4) if index else None,
        scale=charts.scale([row.line.estimate for row in rows], index, _("index")),
        rows=rows,
        blocks=blocks,
        unusual=[one.words() for one in summary.unusual],
        tasks=[*tasks(summary), *in_review(summary)],
        plans=plans(summary),
        modes=in_order(summary.collection.modes),
        response=response_rates(households.counted) if households else {},
        since=found,
        changes={line.code: line.change for line in lines},
        moved=moved(line for line in lines if line.level == "item"),
        moved_units=moved(communes),
        told=Counter(line.level for line in (*lines, *communes) if line.change.verdict),
        untold=told.untold if told else "",
        apart=apart(summary),
        keys=keys([*([index] if index else ()), *headlines, *(row.line.estimate for row in rows), *listed]),
    )


def finding(summary: Summary, found: Since | None, lines: Sequence[ChangeRow]) -> str:
    """What the page says first: whether the index moved, and how many communes stand apart; else its name."""
    if summary.index is None:
        return summary.answered
    parts = []
    if found and lines and (verdict := lines[0].change.verdict):
        old = found.then
        parts.append(
            _("Not enough to say that satisfaction rose or fell since %(wave)s", wave=old)
            if verdict == "not_apart"
            else _(
                "Satisfaction: %(movement)s since %(wave)s", movement=standing_words.movement(verdict), wave=old
            )
        )
    groups = apart(summary)
    if any(line.index.standing for line in summary.units):
        parts.append(unit_table.standings(len(groups["below"]), len(groups["above"])))
    return summary.of_part(". ".join(parts) or summary.index.label)


def apart(summary: Summary) -> dict[Group, list[UnitLine]]:
    """The communes whose index is told apart from the rest, lowest first, by their word."""
    lines = sorted(summary.units, key=lambda line: line.index.estimate or 0.0)
    groups: tuple[Group, ...] = ("below", "above", "signs_below", "signs_above")
    return {group: [line for line in lines if line.index.standing == group] for group in groups}


def plans(summary: Summary) -> list[int]:
    """The years whose targets the wave measures; that in which it ends, where none has named it yet."""
    if summary.wave.kind is not WaveKind.SAMPLE:
        return []
    with database().reading() as session:
        return wave_duties.years(session, summary.wave.code) or [summary.wave.closes.year]


@pages.app_template_filter("verdict")
def verdict_name(verdict: Verdict) -> str:
    """A verdict on a target in the language of the moment."""
    return _(targets.VERDICTS[verdict])


def moved(rows: Iterable[ChangeRow]) -> dict[Group, list[str]]:
    """The names of the lines that went up or down, or show signs of it, by their word."""
    groups: tuple[Group, ...] = ("below", "above", "signs_below", "signs_above")
    lines = list(rows)
    return {
        group: [
            row.name + (f" ({wording.renamed(row.change.was)})" if row.change.was else "")
            for row in lines
            if row.change.verdict == group
        ]
        for group in groups
    }


def _of_groups(summary: Summary) -> list[Task]:
    wave = summary.wave.code
    silent = sum(line.index is None for line in summary.groups)
    words = ngettext("group of which nobody answered", "groups of which nobody answered", silent)
    hidden = ngettext(
        "figure hidden so that nobody's answer can be worked out",
        "figures hidden so that nobody's answer can be worked out",
        summary.hidden,
    )
    found = [
        Task(silent, words, url_for(".invitations", wave=wave)),
        Task(summary.hidden, hidden, url_for(".table", wave=wave)),
    ]
    return [task for task in found if task.count]


def _few(summary: Summary) -> int:
    """Communes whose index is shown and rests on few answers."""
    flags = (line.index.flags for line in summary.units if line.index.n and not wording.is_hidden(line.index))
    return sum("few" in its for its in flags)


def tasks(summary: Summary) -> list[Task]:
    """What somebody should look at before the results go out; empty when there is nothing."""
    wave, collection = summary.wave.code, summary.collection
    if summary.population.in_groups:
        return _of_groups(summary)
    few = _few(summary)
    missing = summary.silent
    by_need = url_for(".units", wave=wave, xep="chu-y")
    open_tasks = [
        Task(
            few,
            ngettext("place with fewer than 30 answers", "places with fewer than 30 answers", few),
            by_need,
        ),
        Task(
            missing,
            ngettext("place without a form", "places without a form", missing),
            url_for(".progress", wave=wave),
        ),
        Task(
            summary.waiting,
            ngettext(
                "place not yet counted, for too few forms",
                "places not yet counted, for too few forms",
                summary.waiting,
            ),
            url_for(".progress", wave=wave),
        ),
        Task(
            summary.hidden,
            ngettext(
                "figure hidden so that nobody's answer can be worked out",
                "figures hidden so that nobody's answer can be worked out",
                summary.hidden,
            ),
            by_need,
        ),
        Task(
            # Of fewer it isn't told: who sends a form like somebody's would see whether it is there.
            collection.look_alikes if collection.look_alikes >= FEWEST else 0,
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
    return [task for task in open_tasks if task.count]


def in_review(summary: Summary) -> list[Task]:
    """The forms that wait for a decision, for those who may decide."""
    if not current_user.may(Right.REVIEW) or not summary.population.in_field:
        return []
    with database().reading() as session:
        waiting = review.waiting(session, waves.find(session, summary.wave.code))
    if waiting == 0:
        return []
    text = (
        _("Forms under review: how many wait is shown here once somebody has opened the list")
        if waiting is None
        else ngettext(
            "form in which something stands out waits for a decision",
            "forms in which something stands out wait for a decision",
            waiting,
        )
    )
    return [Task(waiting, text, url_for(".review", wave=summary.wave.code))]
