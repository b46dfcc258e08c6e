"""`hailong user` and `hailong token`: accounts of staff, and tokens for programs."""

from __future__ import annotations

import sys

import click

from survey import accounts
from survey.accounts import ROLE_NAMES
from survey.commands import say
from survey.installation import opened
from survey.models import Role
from translations import Refusal
from translations import gettext as _

ROLE = click.Choice([role.value for role in Role])


@click.group(help=_("Accounts of staff."))
def user() -> None:
    pass


@user.command("add", help=_("Make an account. The password is asked for, or read from standard input."))
@click.argument("name")
@click.option("--role", type=ROLE, required=True, help=_("What the account may do."))
@click.option("--unit", metavar="CODE", help=_("The commune that the account reads; needed for the role commune."))
def add_user(name: str, role: str, unit: str | None) -> None:
    password = _password()
    with opened().writing() as session:
        accounts.add(session, name, Role(role), password, unit)
    say("The account %(name)s is made: %(role)s.", name=name, role=_(ROLE_NAMES[Role(role)]))


@user.command("list", help=_("All accounts, as tab-separated lines: name, role, unit."))
def list_users() -> None:
    with opened().reading() as session:
        for person in accounts.every(session):
            click.echo("\t".join((person.name, person.role.value, person.unit or "")))


@click.group(help=_("Tokens for programs that read the API."))
def token() -> None:
    pass


@token.command("add", help=_("Make an API token and print it, once: it is kept nowhere."))
@click.argument("name")
@click.option("--role", type=ROLE, required=True, help=_("What the program may do."))
def add_token(name: str, role: str) -> None:
    with opened().writing() as session:
        text = accounts.add_token(session, name, Role(role))
    say("The token %(name)s is made. Keep it now: it is not shown again.", name=name)
    click.echo(text)


def _password() -> str:
    """Typed twice at a terminal; elsewhere the first line of standard input."""
    if sys.stdin.isatty():
        typed: str = click.prompt(
            _("Password"), hide_input=True, confirmation_prompt=_("The same again"), err=True
        )
        return typed
    line = sys.stdin.readline()
    if not line:
        raise Refusal("Send the password on standard input: one line.")
    return line.rstrip("\r\n")
