"""`hailong integrity`: the daily digests of a wave, for who keeps them outside, and whether all still agrees."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from survey.accounts import accounts
from survey.commands import Commands, records, say
from survey.commands.options import out
from survey.integrity import (
    digest_file,
    digests,
    matter_words,
    pattern_list,
    pattern_words,
    reinterview_sample,
    verify,
)
from survey.integrity import matters as open_matters
from survey.operations import installation
from survey.results import release_steps
from survey.storage import models
from survey.system.atomic_file import atomic_write
from survey.waves import waves
from translations import N_
from translations import gettext as _
from translations.formats import day, number

# What doesn't agree, and what it means; by `verify.Sign`.
WORDS: dict[str, str] = {
    "changed": N_("%(day)s: %(what)s (%(count)s in the digest of the day): something of them was changed since."),
    "removed": N_("%(day)s: of %(what)s %(count)s are gone."),
    "added": N_("%(day)s: of %(what)s %(count)s were put in after the digest of the day was made."),
    "chain": N_("%(day)s: the digest of the day does not follow from what it says and from the one before."),
    "trail": N_("The audit trail is broken: hailong audit verify"),
    "anchor": N_("%(day)s: the audit trail is no longer the one in which the digest was anchored."),
    "noted": N_("%(day)s: the audit trail has not noted this digest."),
    "setting": N_("After the digest of %(day)s changed, and the audit trail knows nothing of it: %(what)s."),
    "kept": N_(
        "%(day)s: the digest in the file is another one. Something of this day or of one before was changed later "
        "and every digest counted again; or the database goes on from an older backup."
    ),
    "short": N_(
        "%(count)s digests that were made are no longer here: the database is older than they are (a backup was "
        "restored), or its end was cut off."
    ),
    "gone": N_("The wave is no longer there, though digests of it were made: it was taken out past the program."),
    "unreadable": N_(
        "Of %(what)s something can't be read: it was changed past the program, or the database is damaged."
    ),
}


integrity = Commands(
    "integrity", help=_("What shows whether somebody steered a wave: daily digests, and counting again.")
)


@integrity.command(
    help=_(
        "Write the daily digests of a wave into a text file that a person reads and prints. Give it to chosen "
        "outsiders (the Fatherland Front, the press, a university): with it anyone finds what is changed later."
    )
)
@click.option("--wave", "code", metavar="CODE", required=True, help=_("The wave whose digests are written."))
@out()
def publish(code: str, out: Path) -> None:
    database = installation.opened()
    with database.reading() as session:
        waves.find(session, code)
    digests.close_days(database, datetime.now(UTC), code)
    with database.reading() as session:
        text, count = digest_file.text(session, code), len(digests.chain(session, code))
    with atomic_write(out) as file:
        file.write(text.encode())
    say("%(file)s is written; digests: %(count)s. Give it to whoever keeps it.", file=out, count=number(count))


@integrity.command(
    "verify",
    help=_(
        "Count again everything that the daily digests are over. It ends with 1 where something does not agree. "
        "Whoever recounted every digest in the database is found only with a file that was kept outside: "
        "--against."
    ),
)
@click.option("--wave", "code", metavar="CODE", help=_("One wave; without it, all of them."))
@click.option(
    "--against",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=_("A file of digests that somebody kept."),
)
def verify_(code: str | None, against: Path | None) -> None:
    database = installation.opened()
    kept = None if against is None else digest_file.read(against)
    wrong = 0
    with database.reading() as session:
        if code is not None or kept is None:
            codes = sorted({*waves.codes(session), *verify.noted(session)}) if code is None else [code]
        else:
            codes = [kept.wave]
        for wave in codes:
            faults = verify.verify(session, wave, kept)
            wrong += len(faults)
            _tell(session, wave, faults)
        for name in accounts.mismatches(session):
            wrong += 1
            say("The account %(name)s is not what the audit trail says was made of it.", name=name)
    if wrong:
        sys.exit(1)


STATES = ("explained", "set_aside", "reinterview", "open")
FIELDS = ("subject", "what", "state", "blocks_release", "lots", "reason", "person", "day")
WAVE = click.option("--wave", "code", metavar="CODE", required=True, help=_("The wave."))


@integrity.command(
    help=_(
        "What is unusual in a wave or waits for somebody, and what was decided of it: days with unusually many "
        "forms, identical forms, patterns, forms that are held, proposals. An undecided one with blocks_release "
        "holds up the approval of a release."
    )
)
@WAVE
@records.OUTPUT
def matters(code: str, output: str) -> None:
    with installation.opened().reading() as session:
        wave = waves.find(session, code)
        names = pattern_words.names(session, wave)
        rows = [
            {
                "subject": one.subject,
                "what": matter_words.title(one, names),
                "state": one.state.value,
                "blocks_release": one.blocks_release,
                "lots": " ".join(map(str, one.lots)),
                "reason": one.decision.reason if one.decision else "",
                "person": _by(one.decision) if one.decision else "",
                "day": one.decision.day.isoformat() if one.decision else "",
            }
            for one in open_matters.matters(session, wave)
        ]
    records.write(rows, FIELDS, output)


def _by(decision: models.MatterDecision) -> str:
    return release_steps.written(decision.person, bool(decision.by_operator))


PATTERN_FIELDS = (
    "subject",
    "check",
    "group_kind",
    "group",
    "what",
    "n",
    "expected",
    "seen",
    "p",
    "p_adjusted",
    "sign",
)


@integrity.command(
    help=_(
        "Patterns that people seldom make by themselves, the strongest first: each a test of one group beside the "
        "others of its kind. sign is passes (the test corrected for all), signs (the milder rule of Benjamini and "
        "Hochberg) or empty. Fewer than 80 forms: none is looked at."
    )
)
@WAVE
@click.option("--all", "every", is_flag=True, help=_("Also those in which nothing is unusual."))
@records.OUTPUT
def patterns(code: str, every: bool, output: str) -> None:
    with installation.opened().reading() as session:
        wave = waves.find(session, code)
        names = pattern_words.names(session, wave)
        looked = pattern_list.look(session, wave).patterns
    rows = [pattern_words.record(one, names) for one in looked if every or one.sign]
    records.write(rows, PATTERN_FIELDS, output)


@integrity.command(
    help=_(
        "Draw households to be asked again from the group of a pattern that integrity patterns lists: of the "
        "forms that were chosen for that when they were printed, since only these lead to a household. It prints "
        "their numbers; they are on the page of the re-interviews, too, and the matter waits for what comes of it."
    )
)
@click.argument("subject", metavar="SUBJECT")
@WAVE
@click.option("--size", type=click.IntRange(1), help=_("How many; without it, as many as show 20 points."))
@click.option("--by", "person", metavar="NAME", required=True, help=_("Who draws; kept with the sample."))
def reinterview(subject: str, code: str, size: int | None, person: str) -> None:
    database = installation.opened()
    with database.reading() as session:  # what takes long is not done while nobody else can write
        pattern_list.look(session, waves.find(session, code))
    with database.writing() as session:
        accounts.refuse_without(session, person, accounts.Right.REVIEW)
        wave = waves.find(session, code)
        drawn = reinterview_sample.draw(session, wave, subject, size, person)
        items = reinterview_sample.items(session, wave)
    say(reinterview_sample.words(drawn, items))
    for serial in drawn.sheets:
        click.echo(serial)


@integrity.command(
    help=_(
        "Decide what becomes of a matter that integrity matters lists: explained (its forms stay counted), "
        "set_aside (proposes that for its lots; another person confirms it: hailong lot confirm), reinterview "
        "(it stays open), open (once more)."
    )
)
@click.argument("subject", metavar="SUBJECT")
@WAVE
@click.option("--as", "state", type=click.Choice(STATES), required=True)
@click.option("--reason", metavar="TEXT", required=True, help=_("Why; kept with the decision, and shown."))
@click.option("--lot", "lots", type=int, multiple=True, help=_("Only these of its lots; may be given again."))
@click.option("--by", "person", metavar="NAME", required=True, help=_("Who decides; kept with it."))
def decide(subject: str, code: str, state: str, reason: str, lots: tuple[int, ...], person: str) -> None:
    with installation.opened().writing() as session:
        accounts.refuse_without(session, person, accounts.Right.REVIEW)
        wave = waves.find(session, code)
        chosen = models.MatterState(state)
        done = open_matters.decide(session, wave, subject, chosen, reason, person, lots or None)
    if chosen is models.MatterState.SET_ASIDE:
        say("Proposed. Another person confirms each lot: hailong lot confirm")
    elif done.is_open:
        say("Noted; the matter stays open.")
    else:
        say("Decided: %(state)s.", state=_(matter_words.STATES[done.state]))


def _tell(session: Any, wave: str, faults: list[verify.Fault]) -> None:
    for fault in faults:
        what = _(verify.NAMES[fault.kind]) if fault.kind else ""
        told = _(WORDS[fault.sign], day=day(fault.day), what=what, count=number(fault.count))
        click.echo(f"{wave}: {told}", err=True)
    if faults:
        return
    chain = digests.chain(session, wave)
    if not chain:
        say("%(wave)s: no digest yet.", wave=wave)
        return
    forms = sum(map(digests.forms, chain))
    say(
        "%(wave)s: all agrees. Digests: %(count)s, to %(day)s; forms: %(forms)s; "
        "not in a digest yet: %(waiting)s.",
        wave=wave,
        count=number(len(chain)),
        day=day(chain[-1].day),
        forms=number(forms),
        waiting=number(waves.collected(session, wave) - forms),
    )
    click.echo(chain[-1].digest)
