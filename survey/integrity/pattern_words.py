"""How a pattern reads: what was looked at, what was seen beside what is usual, and that this accuses nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from sqlalchemy.orm import Session

from forms import Questionnaire
from survey.integrity import pattern_columns
from survey.integrity.pattern_checks import CHECKS, Check
from survey.integrity.patterns import Pattern, Sign
from survey.responses import devices
from survey.storage.models import Mode, Wave
from survey.waves import questionnaires, units, waves
from translations import N_, ngettext
from translations import gettext as _
from translations.formats import number, signed

LEAST_SHOWN = 5  # people who say that something happened to them: of fewer the number isn't told
SMALLEST_P = 0.001


# What is usual next, by the kind of group.
NEXT = {
    "village": N_("Next: have some of these households asked again, and compare."),
    "commune": N_("Next: have some of these households asked again, and compare."),
    "interviewer": N_(
        "Next: have some of these households asked again by somebody else, and go along with the interviewer once."
    ),
    "keyer": N_(
        "Next: have some of these forms keyed again by somebody else, or some of these households asked again."
    ),
    "device": N_("Next: see who had the device on these days, and have some of these households asked again."),
    "mode": N_("Next: compare the ways of answering on their page, and have some of these people asked again."),
}
COUNTED: dict[str, Callable[[int], str]] = {
    "village": lambda count: ngettext("%(num)s village", "%(num)s villages", count),
    "commune": lambda count: ngettext("%(num)s commune", "%(num)s communes", count),
    "interviewer": lambda count: ngettext("%(num)s interviewer", "%(num)s interviewers", count),
    "keyer": lambda count: ngettext("%(num)s keyer", "%(num)s keyers", count),
    "device": lambda count: ngettext("%(num)s device", "%(num)s devices", count),
    "mode": lambda count: ngettext("%(num)s way of answering", "%(num)s ways of answering", count),
}
SIGNS: dict[Sign, str] = {
    "passes": N_("unusual: passes the test corrected for all that were looked at"),
    "signs": N_("a sign only: it does not pass the corrected test"),
    "": N_("nothing unusual"),
}
MODES = {
    Mode.PHONE: N_("Answered online"),
    Mode.KIOSK: N_("Answered at a kiosk"),
    Mode.PAPER: N_("Answered on paper"),
    Mode.INTERVIEWER: N_("Asked by an interviewer"),
}
SHARES = {"odd", "straight", "blank", "unsure", "silent", "cases", "turned"}
COUNTS = {"alike", "days"}


def names(session: Session, wave: Wave) -> Mapping[str, str]:
    """What groups are called: a commune by its code, `village:` with its code, `device:` with its number; and
    `item:` with the code of an item; `scale` is what a level of satisfaction is the mean of."""
    communes = {unit.code: units.named(unit) for unit in units.answering(session)}
    villages = {
        f"village:{one.psu}": f"{one.name or one.psu}, {communes.get(one.unit, one.unit)}"
        for one in waves.villages(session, wave.code)
    }
    places = {f"device:{one.id}": one.place for one in devices.list_all(session, wave.code)}
    asked = questionnaires.by_digest(session, wave.questionnaire)
    items = {f"item:{item.code}": str(item.short or item.label) for item in asked.items.values()}
    return {**communes, **villages, **places, **items, "scale": scale(asked)}


def scale(asked: Questionnaire) -> str:
    """What a level of satisfaction is the mean of, and from which level to which it goes."""
    questions, levels = pattern_columns.main_scale(asked)
    return _(
        "mean of %(questions)s questions, levels 1 to %(levels)s",
        questions=number(questions),
        levels=number(levels),
    )


def group(pattern: Pattern, names: Mapping[str, str]) -> str:
    """What a group is called among staff."""
    code = pattern.group
    if pattern.group_kind == "mode":
        return _(MODES[Mode(code)])
    if pattern.group_kind == "village":
        return names.get(f"village:{code}", code)
    if pattern.group_kind == "device":
        return _("device %(id)s", id=", ".join(filter(None, (code.removeprefix("device:"), names.get(code)))))
    if pattern.group_kind == "interviewer":
        return _("interviewer %(name)s", name=code)
    if pattern.group_kind == "keyer":
        return _("keyer %(name)s", name=code)
    return names.get(code, code)


def counted(kind: str, count: int) -> str:
    """So many groups of a kind."""
    return COUNTED[kind](count)


def heading(pattern: Pattern, count: int) -> str:
    """What stands over so many groups of its kind that are unusual in the same way."""
    words = {"check": _(check(pattern).name), "groups": counted(pattern.group_kind, count)}
    if pattern.seen > pattern.expected:
        return _("%(check)s, above what is usual: %(groups)s", **words)
    return _("%(check)s, below what is usual: %(groups)s", **words)


def check(pattern: Pattern) -> Check:
    """The words of its check."""
    return CHECKS[pattern.check.partition(":")[0]]


def title(pattern: Pattern, names: Mapping[str, str]) -> str:
    """What was seen of a group beside what is usual, with its base, in a line; of one that is not looked at any
    more only what it was."""
    words, item = check(pattern), pattern.check.partition(":")[2]
    called = group(pattern, names)
    called = called[:1].upper() + called[1:]
    if not isfinite(pattern.seen):
        return ": ".join((called, _(words.name)))
    seen, usual = figures(pattern)
    return _(
        words.seen,
        group=called,
        n=number(pattern.n),
        seen=seen,
        usual=usual,
        item=names.get(f"item:{item}", item),
        scale=names.get("scale", ""),
    )


def figures(pattern: Pattern) -> tuple[str, str]:
    """What was seen, and what is usual, as the sentence of the check has them. Of a sensitive case that fewer than
    5 people name, the number stays untold."""
    kind = pattern.check.partition(":")[0]
    if kind in SHARES | COUNTS:
        whole = pattern.n if kind in SHARES else 1.0
        seen, usual = pattern.seen * whole, pattern.expected * whole
        if kind == "cases" and round(seen) < LEAST_SHOWN:
            return _("fewer than %(least)s", least=number(LEAST_SHOWN)), _about(usual)
        return number(round(seen)), _about(usual)
    if kind == "scatter":
        return number(100 * pattern.seen), number(100 * pattern.expected)
    if kind == "jump":
        return signed(pattern.seen, 2), signed(pattern.expected, 2)
    return number(pattern.seen, 2), number(pattern.expected, 2)


def _about(count: float) -> str:
    return number(round(count)) if count >= 1 else _("fewer than 1")


def explanation(pattern: Pattern) -> str:
    """What it may come from; it accuses nobody."""
    words = check(pattern)
    return _(words.more if words.more and pattern.seen > pattern.expected else words.reasons)


def next_step(pattern: Pattern) -> str:
    """What to do next."""
    return _(NEXT[pattern.group_kind])


def surety(pattern: Pattern) -> str:
    """How sure it is, as people read it: by itself, and corrected."""
    return _(
        "%(p)s by itself; corrected for all that were looked at: %(adjusted)s",
        p=p_value(pattern.p),
        adjusted=p_value(pattern.p_adjusted),
    )


def p_value(p: float) -> str:
    """p = 0,012; below a thousandth only that."""
    return f"p < {number(SMALLEST_P, 3)}" if p < SMALLEST_P else f"p = {number(p, 3)}"


def record(pattern: Pattern, names: Mapping[str, str]) -> dict[str, Any]:
    """A pattern as a row of a list. Of a sensitive case that fewer than 5 people name, what was seen is None."""
    few = pattern.check.startswith("cases") and pattern.seen * pattern.n < LEAST_SHOWN
    return {
        "subject": pattern.subject,
        "check": pattern.check,
        "group_kind": pattern.group_kind,
        "group": pattern.group,
        "what": title(pattern, names),
        "n": pattern.n,
        "expected": pattern.expected,
        "seen": None if few else pattern.seen,
        "p": pattern.p,
        "p_adjusted": pattern.p_adjusted,
        "sign": pattern.sign,
    }
