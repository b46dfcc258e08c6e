"""How the checks of a wave, what was decided of them, and the lots that are set aside read for outsiders."""

from __future__ import annotations

from collections.abc import Sequence

from survey.accounts.role_names import ROLE_NAMES
from survey.integrity import matter_words
from survey.integrity.account_checks import Check, Decided
from survey.integrity.account_lots import AsideLot
from survey.integrity.account_words import few
from survey.responses.lot_list import KINDS
from survey.storage.models import LotKind, MatterState
from translations import N_
from translations import gettext as _
from translations.formats import day, number

FAMILIES = {
    "alike": N_("Forms that are alike or nearly so"),
    "filled": N_("One level throughout, blanks, answers that don't go together"),
    "spread": N_("People, villages or days too much alike, or too little"),
    "level": N_("Far from others in the same places"),
    "jump": N_("Far from the wave before"),
    "turned": N_("Answers turned while they were keyed"),
    "days": N_("Days with too many forms, numbers that are too round"),
}
LOOKED = {
    "village": N_("%(count)s villages"),
    "commune": N_("%(count)s communes"),
    "interviewer": N_("%(count)s interviewers"),
    "keyer": N_("%(count)s keyers"),
    "device": N_("%(count)s devices"),
    "mode": N_("%(count)s ways of answering"),
    "day": N_("%(count)s days"),
}


def looked(check: Check) -> str:
    """How much a family of checks looked at: 213 villages, 54 communes."""
    told = (
        (kind, number(count) if kind in ("mode", "day") else few(count)) for kind, count in check.looked.items()
    )
    return ", ".join(_(LOOKED[kind], count=count) for kind, count in told)


def found(check: Check, decided: Sequence[Decided]) -> str:
    """How much a family of checks found, and what became of it."""
    if not check.found:
        return _("none")
    return _("%(count)s (%(done)s)", count=number(check.found), done=done(check, decided))


def done(check: Check, decided: Sequence[Decided]) -> str:
    """What became of what a family of checks found."""
    told = [
        ": ".join((_(matter_words.STATES[state]), number(count)))
        for state in MatterState
        if (count := sum(one.state == state and one.family == check.family for one in decided))
        and state is not MatterState.REINTERVIEW
    ]
    if check.open:
        told.append(_("waits for a decision: %(count)s", count=number(check.open)))
    return ", ".join(told) or "–"


def decision(one: Decided) -> str:
    """What was decided."""
    return _(matter_words.STATES[MatterState(one.state)])


def caution() -> str:
    """What unusual means."""
    return _(
        "Unusual is not wrong: it may come from a large family in a village, or from a meeting. So much is looked "
        "at together that something always looks odd; the limit is corrected for that."
    )


def what(lot: AsideLot) -> str:
    """What brought a lot together, and why it is set aside."""
    told = [_(KINDS[LotKind(lot.kind)]), lot.reason.rstrip(".")]
    if lot.recalled:
        told.append(_("The file was taken back: it counts as if it had never come."))
    if lot.shown:
        told.append(_("Set aside after the release was frozen: its figures still count it."))
    return ". ".join(told).rstrip(".") + "."


def who(lot: AsideLot) -> str:
    """The roles of who proposed it and who confirmed it, and when; of an import who took it back."""
    if lot.recalled:
        return _("%(day)s, an import taken back by: %(who)s", day=day(lot.day), who=role(lot.confirmed))
    return _(
        "%(day)s, proposed by: %(first)s; confirmed by: %(second)s",
        day=day(lot.day),
        first=role(lot.proposed),
        second=role(lot.confirmed),
    )


def role(code: str) -> str:
    """The role of an account."""
    return _(ROLE_NAMES[code]) if code else _("somebody whom the server's operator named")
