"""What stands out in a report: questions and communes that moved or lie apart, and that none does; themes."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.contrast import Group
from survey.reports.compared import grouped, is_compared, moved, not_compared, then, verdict, years
from survey.reports.labels import commune, interval_title, is_open, label, lower, scored, standing, upper
from survey.reports.structure import LEFT, Annexes, Block, Column, Paragraph, Row, Table
from survey.results import figure_marks, release_words, standing_words, wording
from survey.results.comparison import Change
from survey.results.remarks import ThemeCounts
from survey.results.summary import Summary, UnitLine
from translations import N_
from translations import gettext as _
from translations.formats import number

MOST = 3  # named of those that are lowest, or written about most
NAMED = 8  # communes named in a sentence
LISTED = 10  # communes in the table of the body
WAYS: tuple[tuple[Group, str, str], ...] = (
    ("above", N_("Of these, %(count)s went up: %(names)s."), N_("None went up beyond chance.")),
    ("below", N_("Of these, %(count)s went down: %(names)s."), N_("None went down beyond chance.")),
    ("signs_above", N_("Signs of a rise: %(names)s."), ""),
    ("signs_below", N_("Signs of a fall: %(names)s."), ""),
)


def items(summary: Summary, annexed: Annexes) -> list[Block]:
    """The questions that moved since the wave before, and those with the lowest estimates."""
    told = [_moved(summary)] if is_compared(summary) and not is_open(summary) else []
    told += [_lowest(summary), _("All questions: %(annex)s.", annex=annexed.named("items"))]
    return [Paragraph(" ".join(filter(None, told)))]


def _moved(summary: Summary) -> str:
    codes = {line.code for line in summary.items}
    changes = summary.since.whole.changes if summary.since and summary.since.whole else ()
    own = [one for one in changes if one.item in codes]
    told = [
        _(
            "Questions compared with %(then)s: %(count)s.",
            count=number(sum(one.difference is not None for one in own)),
            then=then(summary),
        )
    ]
    for group, some, none in WAYS:
        found = grouped(own, group)
        if found:
            names = "; ".join(f"{lower(label(summary, one.item))}, {_way(one)}" for one in found)
            told.append(_(some, count=number(len(found)), names=names))
        elif none:
            told.append(_(none))
    return " ".join(told)


def _way(change: Change) -> str:
    """From 86,10% to 89,42% [88,05; 90,70]."""
    return _("from %(was)s to %(now)s", was=wording.figure(change.old), now=wording.cell(change.new))


def _lowest(summary: Summary) -> str:
    """The lowest estimates, which no test compared with each other."""
    lines = [line for line in summary.items if wording.has_interval(scored(line))]
    if len(lines) <= MOST or is_open(summary):
        return ""
    ordered = sorted(lines, key=lambda line: line.estimate.estimate or 0.0)[:MOST]
    names = "; ".join(f"{lower(label(summary, line.code))} {wording.cell(scored(line))}" for line in ordered)
    return _("The lowest estimates, by their order alone: %(names)s.", names=names)


def communes(summary: Summary, annexed: Annexes) -> list[Block]:
    """How many communes lie apart and how many moved; a table of those that are low or fell."""
    if summary.index is None:
        return []
    whole = _(
        "All %(units)s: %(annex)s.",
        units=wording.units_counted(summary.of_communes, len(summary.units)),
        annex=annexed.named("communes"),
    )
    if is_open(summary):
        return [
            Paragraph(
                " ".join(filter(None, (standing_words.no_sample(), release_words.waiting(summary.waiting), whole)))
            )
        ]
    return [Paragraph(" ".join((*_levels(summary), *_changes(summary), whole))), *_low(summary)]


def _levels(summary: Summary) -> list[str]:
    tested = [line for line in summary.units if line.index.standing is not None]
    if not tested:
        return [_("There are not enough villages to compare the communes with each other.")]
    by_group = {
        group: [line for line in tested if line.index.standing == group]
        for group in ("above", "below", "not_apart", "signs_above", "signs_below")
    }
    counts = {group: number(len(lines)) for group, lines in by_group.items()}
    told = [
        _(
            "Communes beside the rest: %(above)s higher, %(below)s lower; in %(not_apart)s no clear difference is "
            "seen.",
            **counts,
        )
    ]
    if by_group["signs_above"] or by_group["signs_below"]:
        told.append(_("Signs of being higher: %(signs_above)s; of being lower: %(signs_below)s.", **counts))
    if 0 < len(by_group["above"]) <= NAMED:
        told.append(_("Higher: %(names)s.", names=_names(by_group["above"])))
    hidden = sum(wording.is_hidden(line.index) and not wording.waits(line.index) for line in summary.units)
    if hidden:
        told.append(_("Not compared, because their figure is hidden: %(count)s.", count=number(hidden)))
    if left := len(summary.sampled) - len(tested) - hidden:
        told.append(_("Not compared, for too few villages or answers: %(count)s.", count=number(left)))
    return told


def _changes(summary: Summary) -> list[str]:
    if not is_compared(summary):
        return [not_compared(summary)]
    changes = summary.since.of_figure("index").values() if summary.since else ()
    by_group = {group: grouped(changes, group) for group in ("above", "below", "signs_above", "signs_below")}
    counts = {group: number(len(found)) for group, found in by_group.items()}
    if not any(by_group.values()):
        return [
            _(
                "Since %(then)s no commune is seen to have gone up or down; samples are small, so this does not "
                "mean that nothing changed.",
                then=then(summary),
            )
        ]
    return [
        _(
            "Communes since %(then)s: %(above)s up, %(below)s down (signs: %(signs_above)s up, "
            "%(signs_below)s down); samples are small, so the others may have changed, too.",
            then=then(summary),
            **counts,
        )
    ]


def _low(summary: Summary) -> list[Block]:
    """A table of the communes that are lower than the rest, or fell; the lowest where they are many."""
    found = [
        line for line in summary.units if line.index.standing == "below" or _change_word(summary, line) == "below"
    ]
    if not found:
        return []
    found.sort(key=lambda line: line.index.estimate or 0.0)
    before, now = years(summary)
    compared = is_compared(summary)
    columns = (
        Column(_("Commune"), 22 if compared else 32, LEFT),
        Column(_("People"), 10 if compared else 14),
        Column(now, 12 if compared else 16),
        Column(interval_title(summary), 17 if compared else 20),
        Column(_("Against the rest"), 15 if compared else 18),
        *((Column(_("Since %(before)s", before=lower(before)), 24),) if compared else ()),
    )
    caption = _("Communes that are lower than the rest or went down")
    if len(found) > LISTED:
        caption = _(
            "The %(most)s lowest of %(count)s communes that are lower than the rest or went down",
            most=LISTED,
            count=number(len(found)),
        )
    rows = tuple(Row(_cells(summary, line, compared)) for line in found[:LISTED])
    return [Table(caption, columns, rows, ())]


def _cells(summary: Summary, line: UnitLine, compared: bool) -> tuple[str, ...]:
    change = summary.since.of_figure("index").get(line.unit.code) if summary.since else None
    cells = (
        upper(commune(line.unit)),
        wording.base(line.index),
        wording.figure(line.index, 1) + figure_marks.mark(line.index),
        wording.bracket(line.index, 1),
        standing(line),
    )
    return (*cells, f"{moved(change, 1)}\n{verdict(change)}") if compared else cells


def _change_word(summary: Summary, line: UnitLine) -> Group | None:
    change = summary.since.of_figure("index").get(line.unit.code) if summary.since else None
    return change.verdict if change else None


def _names(lines: Sequence[UnitLine]) -> str:
    return ", ".join(commune(line.unit) for line in lines)


def themes(summary: Summary, annexed: Annexes) -> list[Block]:
    """What most people wrote about, with the annex that counts every theme."""
    written = summary.remarks
    if written is None:
        return []
    told = [wording.written(written.whole, written.unread)]
    if names := most_written(written.whole):
        told.append(_("Most wrote about: %(names)s.", names=names))
    told.append(_("All themes: %(annex)s.", annex=annexed.named("items")))
    return [Paragraph(" ".join(told))]


def most_written(own: ThemeCounts) -> str:
    """The themes that most people wrote about, as far as their counts may be seen; empty where none may."""
    seen = [line for line in own.lines if line.count] if own.mark != "hidden" else []
    seen.sort(key=lambda line: -(line.count or 0))
    return "; ".join(f"{lower(str(line.name))} ({wording.people(line.count)})" for line in seen[:MOST])
