"""`hailong questionnaire`: checking, publishing and listing versions of questionnaires."""

from __future__ import annotations

from pathlib import Path

import click

import forms
from forms import crosswalk as forms_crosswalk
from forms import hints
from survey.commands import Commands, say
from survey.operations import installation
from survey.responses import crosswalks
from survey.system.dates import today
from survey.waves import questionnaires, recordings
from translations import gettext as _

FILE = click.Path(path_type=Path)

questionnaire = Commands("questionnaire", help=_("Questionnaires: documents that never change once published."))


@questionnaire.command(
    help=_(
        "Say what is wrong with a document, and where; if nothing is, what one might look at again. "
        "Nothing is stored."
    )
)
@click.argument("file", metavar="FILE", type=FILE)
def check(file: Path) -> None:
    document = forms.load(file)
    say("%(name)s is in order: %(items)d items.", name=document.name, items=len(document.items))
    for hint in hints.of(document):
        say("Hint, %(place)s: %(hint)s %(repair)s", place=hint.place, hint=hint, repair=hint.repair)


@questionnaire.command(help=_("Store a version, for good. Safe to repeat; other content needs a new version."))
@click.argument("file", metavar="FILE", type=FILE)
def publish(file: Path) -> None:
    document = forms.load(file)
    with installation.opened().writing() as session:
        is_new = questionnaires.publish(session, document, today())
    recordings.keep(document, file.parent)
    if is_new:
        say("%(name)s is published: %(digest)s", name=document.name, digest=document.digest)
    else:
        say("%(name)s was published before, with this content.", name=document.name)


@questionnaire.command(
    help=_(
        "Store which items of a later version are which of an earlier one: `from`, `to`, and `items` with `item` "
        "and `was`. Both versions stay as they are; a later crosswalk between them takes the place of this one."
    )
)
@click.argument("file", metavar="FILE", type=FILE)
def crosswalk(file: Path) -> None:
    with installation.opened().writing() as session:
        matched = forms_crosswalk.load(file, lambda name: questionnaires.find(session, name))
        is_new = crosswalks.publish(session, matched, today())
    if is_new:
        say(
            "%(new)s is compared with %(old)s by this crosswalk: %(items)d items.",
            new=matched.new.name,
            old=matched.old.name,
            items=len(matched.matches),
        )
    else:
        say("This crosswalk is already in use.")


@questionnaire.command("list", help=_("All versions, as tab-separated lines: code@version, title, digest."))
def list_versions() -> None:
    with installation.opened().reading() as session:
        for version in questionnaires.published(session):
            click.echo("\t".join((version.name, str(version.title), version.digest)))
