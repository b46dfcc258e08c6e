"""`hailong user` and `hailong token`: accounts of staff, and tokens for programs."""

from __future__ import annotations

import sys

import click

from survey.accounts import accounts, password_links, tokens
from survey.accounts.role_names import ROLE_NAMES
from survey.commands import Commands, say
from survey.commands.options import option
from survey.operations import installation
from survey.storage import models
from survey.system import addresses, settings
from translations import Refusal, formats
from translations import gettext as _

ROLE = click.Choice(list(ROLE_NAMES))
SCOPES = ("waves", "results", "responses", "rows")


def roles() -> str:
    """Each role with its name: what to write, and what it stands for."""
    return ", ".join(role + " (" + _(name) + ")" for role, name in ROLE_NAMES.items())


user = Commands("user", help=_("Accounts of staff."))


@user.command("add", help=_("Make an account. The password is asked for, or read from standard input."))
@click.argument("name")
@click.option("--role", type=ROLE, required=True, help=_("What the account may do: %(roles)s.", roles=roles()))
@click.option(
    "--unit",
    metavar="CODE",
    help=_(
        "The commune that the account reads, or interviews in; for the role office, whose duties it sees. Needed "
        "for the roles commune and office."
    ),
)
@click.option("--link", is_flag=True, help=_("Print a link by which the person chooses the password instead."))
def add_user(name: str, role: str, unit: str | None, link: bool) -> None:
    password = None if link else _password()
    with installation.opened().writing() as session:
        accounts.add(session, name, models.Role(role), password, unit)
        password_link = password_links.make(session, name) if link else None
    say("The account %(name)s is made: %(role)s.", name=name, role=_(ROLE_NAMES[role]))
    if password_link is not None:
        _print(password_link)


@user.command("list", help=_("All accounts, as tab-separated lines: name, role, unit, and “off” where it is off."))
def list_users() -> None:
    with installation.opened().reading() as session:
        for person in accounts.list_all(session):
            off = ("off",) if accounts.find(session, person.name).off else ()
            click.echo("\t".join((person.name, person.role.value, person.unit or "", *off)))


@user.command(
    "off",
    help=_(
        "Switch an account off: its password, sign-ins, second factor, devices and tokens end. Its name stays in "
        "the audit trail."
    ),
)
@click.argument("name")
def switch_off(name: str) -> None:
    with installation.opened().writing() as session:
        ended = accounts.switch_off(session, name)
    say("The account %(name)s is off.", name=name)
    if ended.devices:
        say(
            "Devices taken out of service with it: %(devices)d. What is waiting on them stays there; once "
            "a device is bound again it is sent, and quarantined for review.",
            devices=ended.devices,
        )
    if ended.tokens:
        say("API tokens revoked with it: %(tokens)d", tokens=ended.tokens)


@user.command("on", help=_("Switch an account on again; it needs a new password then."))
@click.argument("name")
def switch_on(name: str) -> None:
    with installation.opened().writing() as session:
        accounts.switch_on(session, name)
    say(
        "The account %(name)s is on. No earlier password or sign-in opens it: hailong user reset-password "
        "%(name)s",
        name=name,
    )


@user.command("reset-password", help=_("End the sign-ins and print a link to a new password."))
@click.argument("name")
def reset_password(name: str) -> None:
    with installation.opened().writing() as session:
        password_link = password_links.make(session, name)
    _print(password_link)


@user.command("reset-second-factor", help=_("Take the second factor of an account away: the phone was lost."))
@click.argument("name")
def reset_second_factor(name: str) -> None:
    with installation.opened().writing() as session:
        accounts.reset_second_factor(session, name)
    say("The account %(name)s has no second factor any more.", name=name)


token = Commands("token", help=_("Tokens for programs that read the API."))


@token.command("add", help=_("Make an API token and print it, once: it is kept nowhere."))
@click.argument("name")
@click.option("--role", type=ROLE, required=True, help=_("What the program may do: %(roles)s.", roles=roles()))
@click.option("--unit", metavar="CODE", help=_("The commune of which it reads; needed for the role commune."))
@click.option(
    "--days",
    type=int,
    default=90,
    show_default=True,
    help=_("How many days it is valid; at most %(most)d.", most=366),
)
@option(
    "--scope",
    "scopes",
    type=SCOPES,
    multiple=True,
    help=_(
        "What it opens, of what the role may; may be given more than once. Otherwise: what the role reads, or "
        "sending, where it reads nothing."
    ),
)
def add_token(name: str, role: str, unit: str | None, days: int, scopes: tuple[str, ...]) -> None:
    with installation.opened().writing() as session:
        scope = [tokens.Scope(one) for one in scopes]
        text = tokens.add(session, name, models.Role(role), unit, days=days, scope=scope)
    say("The token %(name)s is made. Keep it now: it is not shown again.", name=name)
    click.echo(text)


@token.command(
    "list",
    help=_(
        "All tokens, as tab-separated lines: name, role, unit, scope, owner, last used on, valid until. "
        "The tokens themselves are not stored."
    ),
)
def list_tokens() -> None:
    with installation.opened().reading() as session:
        for one in tokens.list_all(session):
            about = (one.name, one.role.value, one.unit or "", ",".join(one.scope), one.owner or "")
            click.echo("\t".join((*about, str(one.used or ""), str(one.until))))


@token.command("remove", help=_("Take a token back: whoever has it reads nothing more from now on."))
@click.argument("name")
def remove_token(name: str) -> None:
    with installation.opened().writing() as session:
        tokens.remove(session, name)
    say("The token %(name)s no longer works.", name=name)


def _print(link: password_links.Made) -> None:
    """The link alone on standard output: it is shown this once."""
    say(
        "Hand this link over to %(name)s. It works once, until %(day)s, and is shown this once.",
        name=link.account,
        day=formats.day(link.until),
    )
    base = settings.base_url() or "http://127.0.0.1:8000"
    click.echo(addresses.password_link(base.rstrip("/"), link.code))


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
