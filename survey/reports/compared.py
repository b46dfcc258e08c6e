"""A figure beside that of the wave before: the columns and rows of the tables, and the sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from analysis import Estimate
from analysis.contrast import Group
from survey.reports.labels import interval_title, is_open
from survey.reports.structure import LEFT, Column, Row
from survey.results import figure_marks, standing_words, wording
from survey.results.comparison import Change
from survey.results.summary import Summary
from translations import N_
from translations import gettext as _
from translations.formats import number

NO_VERDICT = N_("not enough grounds")  # the words of `standing_words.movement` that have no room in a cell
SENTENCES: dict[Group, str] = {
    "above": N_("Since %(then)s it went up: %(difference)s %(limits)s, from %(was)s."),
    "below": N_("Since %(then)s it went down: %(difference)s %(limits)s, from %(was)s."),
    "signs_above": N_(
        "Since %(then)s there are signs of a rise, not enough to conclude it: %(difference)s %(limits)s, from "
        "%(was)s."
    ),
    "signs_below": N_(
        "Since %(then)s there are signs of a fall, not enough to conclude it: %(difference)s %(limits)s, from "
        "%(was)s."
    ),
    "not_apart": N_(
        "Since %(then)s there is not enough to conclude that it changed: %(difference)s %(limits)s, from %(was)s."
    ),
}


def is_compared(summary: Summary) -> bool:
    """Whether there are released figures of a wave before."""
    return summary.since is not None and summary.since.whole is not None


def then(summary: Summary) -> str:
    """The wave before within a sentence."""
    return summary.since.then if summary.since else ""


def years(summary: Summary) -> tuple[str, str]:
    """What stands above the figures of then and now."""
    now = summary.wave.opens.year
    former = summary.since.former.opens.year if summary.since else now
    if summary.since is not None and former == now:
        return _("The wave before"), _("This wave")
    return _("Year %(year)s", year=former), _("Year %(year)s", year=now)


def not_compared(summary: Summary) -> str:
    """Why nothing is said of a change; empty where something is."""
    if summary.since is None:
        return _("No comparable wave came before this one, so nothing is said of changes.")
    return summary.since.untold


def columns(summary: Summary, what: str) -> tuple[Column, ...]:
    """What it is of, how many answered, the figure of then and now, its limits, the change and its word."""
    before, now = years(summary)
    base, limits = Column(_("People"), 10), interval_title(summary)
    if not is_compared(summary):
        return Column(what, 47, LEFT), replace(base, width=14), Column(now, 17), Column(limits, 22)
    verdict = () if is_open(summary) else (Column(_("Conclusion"), 13),)
    return (
        Column(what, 20 if verdict else 32, LEFT),
        base,
        Column(before, 10),
        Column(now, 11),
        Column(limits, 17),
        Column(_("Change (points)"), 19 if verdict else 20),
        *verdict,
    )


def row(summary: Summary, name: str, record: Estimate, change: Change | None, strong: bool = False) -> Row:
    """A figure in the columns of `columns`."""
    figure, limits = wording.figure(record) + figure_marks.mark(record), wording.bracket(record)
    if not is_compared(summary):
        return Row((name, wording.base(record), figure, limits), strong)
    cells = (name, wording.base(record), former(change), figure, limits, moved(change, between="\n"))
    return Row(cells if is_open(summary) else (*cells, verdict(change)), strong)


def former(change: Change | None, decimals: int = 2) -> str:
    """The figure of then; a dash where there was none."""
    return "–" if change is None else wording.figure(change.old, decimals)


def moved(change: Change | None, decimals: int = 2, between: str = " ") -> str:
    """The difference with its limits: +0,76 [0,10; 1,42]; a dash where there is none to tell."""
    if change is None or change.difference is None or change.difference.estimate is None:
        return "–"
    amount = _signed(change.difference.estimate, decimals)
    return f"{amount}{between}{_limits(change, decimals)}".strip()


def verdict(change: Change | None) -> str:
    """What may be concluded of a change, in a cell."""
    if change is not None and change.breaks:
        return _("not comparable")
    if change is None or change.verdict is None:
        return "–"
    return _(NO_VERDICT) if change.verdict == "not_apart" else standing_words.movement(change.verdict)


def sentence(summary: Summary, change: Change | None, decimals: int = 2) -> str:
    """What became of a figure since the wave before, no more than its test allows; why nothing is said of it."""
    if summary.since is None or not is_compared(summary):
        return not_compared(summary)
    if change is None or change.difference is None:
        return summary.since.uncompared(change)
    told = {
        "then": summary.since.then,
        "difference": wording.change(change.difference, decimals),
        "limits": _limits(change, decimals),
        "was": wording.figure(change.old, decimals),
    }
    if change.verdict is None:
        return _("For %(then)s it was %(was)s (%(difference)s); nothing is concluded of that.", **told)
    return _(SENTENCES[change.verdict], **told)


def grouped(changes: Iterable[Change], group: Group) -> list[Change]:
    """Those of a word, the largest change first."""
    found = [one for one in changes if one.verdict == group]
    return sorted(found, key=lambda one: -abs(one.difference.estimate or 0.0) if one.difference else 0.0)


def note() -> str:
    """What the words of a table of changes mean."""
    words = _(
        "“Up”, “down”: beyond chance, all lines of the comparison taken together. “Signs”: on average at most one "
        "in five of these is due to chance. “Not enough grounds” does not mean equal."
    )
    return f"{words} {standing_words.of_tests()}"


def _signed(share: float, decimals: int) -> str:
    return ("+" if round(100 * share, decimals) > 0 else "") + number(100 * share, decimals)


def _limits(change: Change, decimals: int) -> str:
    difference = change.difference
    if difference is None or difference.low is None or difference.high is None:
        return ""
    low, high = (number(100 * limit, decimals) for limit in (difference.low, difference.high))
    return f"[{low};\N{NO-BREAK SPACE}{high}]"
