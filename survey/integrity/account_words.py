"""How what is told of a wave reads, on the page that everybody sees and in the annex of its report alike.

A count from 1 to 4 is told as “fewer than 5”; nothing is said that accuses anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from forms import Questionnaire
from survey.integrity.account import Account, Shown
from survey.integrity.account_lots import AsideLot
from survey.results import wording
from survey.storage.models import Wave, WaveKind
from translations import gettext as _
from translations import ngettext
from translations.formats import day, ended, number

FEWEST = 5


class Stage(StrEnum):
    """How much of a wave can be told."""

    BEFORE = "before"
    RUNNING = "running"  # what was found would tell whoever steers whether they were seen
    OVER = "over"
    RELEASED = "released"


class Told(NamedTuple):
    """A heading, and what is said under it."""

    heading: str
    text: str


def stage(wave: Wave, account: Account | None, today: date) -> Stage:
    """How much can be told of a wave on a day. One that is released is told whole though it goes on."""
    if account is not None and account.shown is not None:
        return Stage.RELEASED
    if today < wave.opens:
        return Stage.BEFORE
    return Stage.OVER if today > wave.closes or wave.closed is not None else Stage.RUNNING


def few(count: int) -> str:
    """A count of forms, villages, people; one from 1 to 4 isn't told."""
    return _("fewer than %(fewest)s", fewest=FEWEST) if 0 < count < FEWEST else number(count)


def parts(counts: dict[str, int], words: dict[str, str]) -> str:
    """The parts of a sum in words; those under 5 as one."""
    told = {name: count for name, count in counts.items() if count >= FEWEST}
    told["other"] = small(counts)
    return ", ".join(_(words[name], count=few(count)) for name, count in told.items() if count)


def small(counts: dict[str, int]) -> int:
    """The sum of the parts under 5. If it is under 5 itself, nobody is told the whole beside the other parts."""
    return sum(count for count in counts.values() if count < FEWEST)


def answer(account: Account | None, at: Stage, wave: Wave, outdated: bool = False) -> list[str]:
    """The first sentences: whether anybody steered it, as far as that can be said.

    outdated  something came in or was decided since it was gathered
    """
    if at is Stage.BEFORE:
        return [
            _("The survey begins on %(day)s.", day=day(wave.opens)),
            _(
                "From the night after its first day, the digest of each day stands here; keep them, and compare "
                "later."
            ),
        ]
    if at is Stage.RUNNING:
        return [
            _("The survey runs until %(day)s.", day=day(wave.closes)),
            _(
                "Till then this page tells only what helps nobody who would steer it: what was found stands here "
                "once it is over. The digest of each day stands here from the first night on."
            ),
        ]
    if account is None:
        return [
            _("This page is being made: look again in a few minutes."),
            _("The digests of the days are below."),
        ]
    if outdated:
        return [
            _(
                "This page is being made again, for something came in or was decided. What stands below is as of "
                "%(day)s, before that: look again in a few minutes.",
                day=day(account.made),
            ),
            about(),
        ]
    return [_verdict(account), about()]


def about() -> str:
    """What the page and the annex tell."""
    return _(
        "Told here: what makes steering hard, what was looked at, what was found, what was left out, and how "
        "outsiders check it by themselves."
    )


def _verdict(account: Account) -> str:
    if account.open:
        return ngettext(
            "%(num)s matter is still open: until it is decided, nobody can say that nothing was steered.",
            "%(num)s matters are still open: until they are decided, nobody can say that nothing was steered.",
            account.open,
        )
    if not account.checks:
        return _("Nothing could be looked at: there are too few forms.")
    if not account.found:
        return _("Nothing that was found shows that the result was steered.")
    return _(
        "What was unusual was looked at by people and decided; nothing is open. Nothing that was found shows that "
        "the result, as it stands, was steered."
    )


def remark(account: Account) -> str:
    """That the release was withdrawn, and why; or that the one that is shown corrects the one before."""
    if account.withdrawn is not None:
        return _(
            "Release %(number)s was withdrawn on %(day)s: %(reason)s",
            number=account.withdrawn.number,
            day=day(account.withdrawn.day),
            reason=ended(account.withdrawn.reason),
        )
    if account.shown is None or not account.shown.correction:
        return ""
    return _(
        "Release %(number)s corrects a few forms of those released before. Why: %(reason)s",
        number=account.shown.number,
        reason=ended(account.shown.correction),
    )


def three(account: Account, wave: Wave, asked: Questionnaire) -> list[Told]:
    """The three answers: what was found, what is set aside, and what that changes."""
    return [_found(account), _set_aside(account), _result(account, wave, asked)]


def _found(account: Account) -> Told:
    if account.open:
        heading = ngettext("%(num)s matter is open", "%(num)s matters are open", account.open)
        return Told(
            heading,
            _("They wait for somebody who decides. Unusual so far: %(found)s.", found=number(account.found)),
        )
    if not account.checks:
        return Told(
            _("Not looked at"),
            _("There are too few forms, or leaders were asked, who are few: no pattern can be told."),
        )
    if not account.found:
        return Told(_("Nothing unusual"), _("in all that was looked at; it stands below. Nothing is open."))
    heading = ngettext("%(num)s unusual thing", "%(num)s unusual things", account.found)
    return Told(
        heading, _("in all that was looked at. All of it was looked at again and decided; nothing is open.")
    )


def _set_aside(account: Account) -> Told:
    count = account.left_out.get("aside", 0)
    if account.aside_since and account.shown is not None:
        return _aside_since(account.aside_since, account.shown.number, count)
    if not count:
        return Told(
            _("No form set aside"), _("as part of a lot. What is not counted for other reasons stands below.")
        )
    heading = (
        _("%(count)s forms set aside", count=few(count)) if count >= FEWEST else _("Fewer than 5 forms set aside")
    )
    return Told(heading, _("They are kept, and not counted. Who decided it, and why, stands below."))


def _aside_since(since: int, release: int, before: int) -> Told:
    """Of forms that the figures still hold; `before`: of others, which they leave out."""
    told = [_("The figures of release %(number)s still count them; a later one leaves them out.", number=release)]
    if before:
        told.append(_("Set aside before it, and not counted in it: %(count)s.", count=few(before)))
    told.append(_("Who decided it, and why, stands below."))
    heading = _("In release %(number)s, and set aside: %(count)s", number=release, count=few(since))
    return Told(heading, " ".join(told))


def _result(account: Account, wave: Wave, asked: Questionnaire) -> Told:
    figure, whole = account.figure, account.whole
    if account.shown is None:
        return Told(
            _("Withdrawn") if account.withdrawn else _("No result yet"),
            _("With what is set aside, and without it: it stands here once it is released."),
        )
    if figure is None:
        return Told(_("No single figure"), _("This questionnaire has no figure that stands for all of it."))
    told = {"name": measured(asked), "figure": wording.sentence(figure, 1)}
    text = _("%(name)s: %(figure)s.", **told)
    if wave.kind is WaveKind.OPEN:
        text += " " + _("Not by a sample: whoever wished has answered.")
    if whole is None:
        tail = _("What it would be with the forms set aside isn't told: they are too few.")
        return Told(wording.figure(figure, 1), f"{text} {tail}" if account.left_out.get("aside") else text)
    text += " " + _("With the forms set aside: %(figure)s.", figure=wording.sentence(whole, 1))
    without, with_them = wording.figure(figure, 1), wording.figure(whole, 1)
    if without == with_them:
        return Told(_("%(figure)s either way", figure=without), text)
    return Told(_("%(without)s, or %(whole)s", without=without, whole=with_them), text)


def measured(asked: Questionnaire) -> str:
    """What the first figure is called."""
    return str(asked.index.label("index")) if asked.index is not None else str(asked.headlines[0].name)


def hard(account: Account, wave: Wave) -> list[str]:
    """What makes steering hard in this wave; only what was done."""
    told = []
    if account.drawing is not None:
        told.append(_("Whom to ask was drawn by the computer from a seed; anybody can draw it again."))
    if wave.kind is WaveKind.OPEN:
        told.append(_("A page that was opened sends one form; one line sends only so many an hour."))
    if account.assigned:
        told.append(
            _(
                "Whoever sends for others is assigned to villages or sheets; what goes beyond that is held until "
                "somebody decides."
            )
        )
    if account.paper is not None and account.paper.twice >= FEWEST:
        twice = number(account.paper.twice)
        told.append(
            _("%(count)s sheets were keyed again by somebody who did not see what was keyed first.", count=twice)
        )
    told.extend(two_people(account.aside, account.shown))
    told.append(
        _("Each night a digest is made of all that counts: who keeps it finds what is changed afterwards.")
    )
    return told


def two_people(aside: Sequence[AsideLot], shown: Shown | None) -> list[str]:
    """What two people do; where a command did one of both steps, that nobody knows whether they were two."""
    told = []
    if all(one.recalled or (one.proposed and one.confirmed) for one in aside):
        told.append(_("A lot is set aside or counted again as a whole, by two people, with a reason."))
    else:
        told.append(
            _(
                "A lot is set aside or counted again as a whole, with a reason. Of some, a command on the server "
                "did a step, and it was told a name: that two people did it is not shown."
            )
        )
    if shown is not None and shown.by_operator:
        told.append(
            _(
                "Release %(number)s was checked or approved by a command on the server, which was told a name: "
                "that two people did it is not shown.",
                number=shown.number,
            )
        )
    else:
        told.append(_("One person checks the figures of a release, another approves them."))
    return told
