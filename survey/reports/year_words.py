"""How the figures of a year read: numbers, what is hidden or not published, what a state is called."""

from __future__ import annotations

from survey.year.document import YearDocument
from survey.year.document_lines import Line
from translations import N_
from translations import gettext as _
from translations.formats import day, number

STATES = {
    "official": N_("official"),
    "assessed": N_("appraised, not official"),
    "self": N_("self-scored, not official"),
    "measured": N_("measured by a survey"),
    "published": N_("published"),
    "not_published": N_("not published"),
    "not_begun": N_("not begun"),
    "doing": N_("under way"),
    "done": N_("done"),
    "stopped": N_("stopped"),
    "open": N_("not answered yet"),
    "answered": N_("answered, not published yet"),
    "reached": N_("reached"),
    "missed": N_("not reached"),
    "undecided": N_("not enough grounds to conclude"),
    "unseen": N_("no figure yet"),
}
OUTCOMES = {
    "done": N_("done"),
    "doing": N_("being done"),
    "cannot": N_("can't be done, because"),
    "passed": N_("passed on"),
}
AT_LEAST = {
    "percent": N_("at least %(value)s%%"),
    "points": N_("at least %(value)s points"),
    "place": N_("at least place %(value)s"),
    "group": N_("at least group %(value)s"),
}
AT_MOST = {
    "percent": N_("at most %(value)s%%"),
    "points": N_("at most %(value)s points"),
    "place": N_("place %(value)s or better"),
    "group": N_("group %(value)s or better"),
}
BEST = {"place": N_("place %(value)s"), "group": N_("group %(value)s")}  # nothing is better than 1


def plain(value: float | None) -> str:
    """A maximum or a goal with the decimals that it has, two at most: 7; 3,5."""
    if value is None:
        return "–"
    return number(value, next((decimals for decimals in (0, 1) if round(value, decimals) == value), 2))


def figure(line: Line) -> str:
    """A value with two decimals, a place or a count without; a word where there is none."""
    if "hidden" in line.flags:
        return _("hidden")
    if line.state == "not_published":
        return _("not published")
    if line.value is None:
        return _("not known")
    return plain(line.value) if line.unit in ("place", "group", "people", "cases") else number(line.value, 2)


def amount(line: Line) -> str:
    """A value where not all are of one unit: a percentage says so."""
    known = line.value is not None and "hidden" not in line.flags
    return f"{figure(line)}%" if known and line.unit == "percent" else figure(line)


def former(line: Line) -> str:
    """The value of the year before, in the same unit."""
    return (
        f"{plain(line.previous)}%"
        if line.previous is not None and line.unit == "percent"
        else plain(line.previous)
    )


def interval(line: Line) -> str:
    """[89,40; 90,70]; a dash for a figure that has none."""
    if line.low is None or line.high is None:
        return "–"
    return f"[{number(line.low, 2)}; {number(line.high, 2)}]"


def change(line: Line) -> str:
    """−0,69; a dash where the year before isn't known or not measured alike."""
    if line.change is None:
        return "–"
    return ("+" if round(line.change, 2) > 0 else "") + number(line.change, 2)


def rank(line: Line) -> str:
    """4/63."""
    return "–" if line.rank is None else f"{line.rank}/{line.of}" if line.of else str(line.rank)


def goal(line: Line) -> str:
    """What a target asks for: từ 91%; hạng 5 trở lên."""
    words = BEST if line.value == 1 and line.unit in BEST else AT_MOST if "at_most" in line.flags else AT_LEAST
    return _(words[line.unit], value=plain(line.value))


def responsible(document: YearDocument, line: Line) -> str:
    """The office and its head, a position."""
    office = document.offices.get(line.office or "", "")
    return line.head if office and office in line.head else ", ".join(filter(None, (office, line.head))) or "–"


def deadline(line: Line) -> str:
    """The day until which something is to be done."""
    return "–" if line.deadline is None else day(line.deadline)


def state(line: Line) -> str:
    """How far it is, whether only the office itself says so, and whether too late."""
    reached = _(STATES[line.state]) if line.state in STATES else ""
    own = _("self-scored, nobody appraised it yet") if "self_scored" in line.flags else ""
    late = _("late") if "late" in line.flags else ""
    return "; ".join(filter(None, (reached, own, late))) or "–"


def outcome(line: Line) -> str:
    """What became of a case: the outcome and the reply, once published; else how far it is."""
    words = [_(OUTCOMES[flag]) for flag in line.flags if flag in OUTCOMES]
    if line.state != "published":
        return state(line)
    told = ": ".join(filter(None, (*words, line.note))) or _("not answered yet")
    return "; ".join((told, _("late"))) if "late" in line.flags else told
