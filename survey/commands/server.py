"""`hailong init`, `serve`, `first-run`."""

from __future__ import annotations

import secrets

import click

from forms import shipped
from survey import accounts, questionnaires, settings, units
from survey.commands import say
from survey.database import Database
from survey.models import Account, Role, Wave
from survey.waves import today
from translations import Refusal
from translations import gettext as _


def prepare(database: Database) -> None:
    """Migrates, and loads what is shipped; safe to repeat."""
    database.migrate()
    with database.writing() as session:
        units.load(session, units.SHIPPED.read_text(encoding="utf-8"))
        for questionnaire in shipped():
            questionnaires.publish(session, questionnaire, today())


def opened() -> Database:
    """The database of the data folder, brought to the newest form."""
    database = Database(settings.database_url())
    prepare(database)
    return database


@click.command(help=_("Create or migrate the database, load the communes and the questionnaires. Safe to repeat."))
def init() -> None:
    database = opened()
    with database.reading() as session:
        count = len(units.communes(session))
        names = ", ".join(questionnaire.name for questionnaire in questionnaires.published(session))
    say("The database is ready: %(units)d communes, questionnaires %(names)s.", units=count, names=names)
