"""The annex of a report: whether anybody could steer its result, in the words of the page that everybody sees."""

from __future__ import annotations

from survey.integrity import account_check_words as checks
from survey.integrity import account_limits, account_way_words, account_words
from survey.integrity.account import Account
from survey.integrity.account_words import Stage
from survey.reports.structure import LEFT, Block, Column, Command, Heading, Paragraph, Row, Table
from survey.results.summary import Summary
from translations import gettext as _
from translations.formats import day, number


def annex(summary: Summary, account: Account) -> list[Block]:
    """The annex, about a page."""
    wave, asked = summary.wave, summary.questionnaire
    at = Stage.OVER if account.shown is None else Stage.RELEASED
    told = account_words.three(account, wave, asked) + account_way_words.way(account, at, wave, asked)
    columns = (Column(_("In short"), 34, LEFT), Column(_("What is known"), 66, LEFT))
    blocks: list[Block] = [
        Heading(0, _("Annex").upper()),
        Heading(0, _("Could anybody steer this result?")),
        Paragraph(account_words.answer(account, at, wave)[0]),
        Table(_("What was found, and where the forms went"), columns, tuple(Row(tuple(one)) for one in told), ()),
    ]
    if account.checks:
        blocks.append(_checks(account))
    if account.aside:
        blocks.append(_aside(account))
    blocks.append(Paragraph(_("What this can't prove:"), leads=True))
    blocks += [Paragraph(f"- {sentence}") for sentence in account_limits.sentences(wave)]
    return [*blocks, *_digests(account, wave.code)]


def _checks(account: Account) -> Table:
    columns = (
        Column(_("Traces that people seldom leave"), 38, LEFT),
        Column(_("Looked at"), 32, LEFT),
        Column(_("Unusual"), 12),
        Column(_("Done about it"), 18),
    )
    rows = [
        Row(
            (
                _(checks.FAMILIES[one.family]),
                checks.looked(one),
                number(one.found) if one.found else _("none"),
                checks.done(one, account.decided),
            )
        )
        for one in account.checks
    ]
    return Table(_("What was looked at, and found"), columns, tuple(rows), (checks.caution(),))


def _aside(account: Account) -> Table:
    columns = (
        Column(_("Lot"), 10),
        Column(_("Forms"), 10),
        Column(_("What it is, and why"), 45, LEFT),
        Column(_("Who decided"), 35, LEFT),
    )
    rows = [
        Row((number(place), account_words.few(one.forms), checks.what(one), checks.who(one)))
        for place, one in enumerate(account.aside, 1)
    ]
    return Table(_("Set aside"), columns, tuple(rows), ())


def _digests(account: Account, wave: str) -> list[Block]:
    """Where it is checked, with the newest digest: whoever has the report has that."""
    page = _("The whole of it, with the digest of each day, is at /toan-ven/%(wave)s.", wave=wave)
    if account.digest is None:
        return [Paragraph(page)]
    last = _("Digest number %(number)s, of %(day)s:", number=account.digest.number, day=day(account.digest.day))
    return [Paragraph(f"{page} {last}", leads=True), Command(account.digest.digest)]
