"""In an annex of the report: whether anybody could steer its result, in the words of the public page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from survey.integrity import account_check_words as checks
from survey.integrity import account_limits, account_way_words, account_words
from survey.integrity.account import Account
from survey.integrity.account_words import Stage, Told
from survey.reports.structure import LEFT, Block, Column, Heading, Paragraph, Row, Table
from survey.results.summary import Summary
from translations import gettext as _
from translations.formats import day, number


def annex(summary: Summary, account: Account) -> list[Block]:
    """The part of the annex, about a page."""
    at = Stage.OVER if account.shown is None else Stage.RELEASED
    rows = tuple(Row(tuple(told)) for told in _told(summary, account, at))
    columns = (Column(_("In short"), 26, LEFT), Column(_("What is known"), 74, LEFT))
    blocks: list[Block] = [
        Heading(2, _("On the integrity of the result")),
        Paragraph(account_words.answer(account, at, summary.wave)[0]),
        Table(_("What was found, and where the forms went"), columns, rows, (checks.caution(),)),
    ]
    return [*blocks, _aside(account)] if account.aside else blocks


def _told(summary: Summary, account: Account, at: Stage) -> Iterator[Told]:
    wave, asked = summary.wave, summary.questionnaire
    yield from account_words.three(account, wave, asked)
    way = account_way_words.way(account, at, wave, asked)
    yield Told(_("Where the forms went"), "\n".join(map(" – ".join, way)))
    if account.checks:
        looked = [
            ": ".join((_(checks.FAMILIES[one.family]), checks.found(one, account.decided)))
            for one in account.checks
        ]
        yield Told(_("What was looked at, and found"), "\n".join(looked))
    yield Told(_("Not proven"), " ".join(account_limits.sentences(wave)))
    yield _checked(account, wave.code)


def _checked(account: Account, wave: str) -> Told:
    """How it is checked, with the newest digest: whoever has the report has that."""
    page = _("The whole of it, with the digest of each day, is at /toan-ven/%(wave)s.", wave=wave)
    last = account.digest
    if last is None:
        return Told(_("To check"), page)
    heading = _("Digest number %(number)s, of %(day)s", number=last.number, day=day(last.day))
    return Told(heading, "\n".join((" ".join(re.findall("....", last.digest)), page)))


def _aside(account: Account) -> Table:
    columns = (
        Column(_("Lot"), 8),
        Column(_("Forms"), 10),
        Column(_("What it is, and why"), 46, LEFT),
        Column(_("Who decided"), 36, LEFT),
    )
    rows = [
        Row((number(place), account_words.few(one.forms), checks.what(one), checks.who(one)))
        for place, one in enumerate(account.aside, 1)
    ]
    return Table(_("Set aside or taken back"), columns, tuple(rows), ())
