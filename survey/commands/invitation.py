"""`hailong invitation`: single-use codes for the people of a sample."""

from __future__ import annotations

from pathlib import Path

import click

from survey.commands import Commands, say
from survey.commands.options import option, out
from survey.fieldwork import invitations
from survey.operations import installation
from survey.paper import letters
from survey.system import addresses, settings
from survey.system.atomic_file import atomic_write
from survey.waves import questionnaires, units, waves
from translations import N_
from translations import gettext as _
from translations.formats import number

invitation = Commands("invitation", help=_("Single-use codes for the people of a sample."))


@invitation.command(
    help=_(
        "New codes for villages of a sample wave, or for groups where leaders are asked, as letters to be printed "
        "(FILE.pdf, A5), or in a table for the mail merge of letters (FILE.csv). Columns of the table: psu, "
        "village, unit, commune, code, address; of groups stratum, name, code, address; the address is the "
        "content of the letter's QR code. Only this file contains the codes: the platform stores a digest of each."
    )
)
@click.option("--wave", metavar="CODE", required=True, help=_("The code of the wave."))
@click.option(
    "--psu", "psus", metavar="PSU", multiple=True, help=_("A village; repeat for more. All of them unless given.")
)
@click.option(
    "--stratum",
    "strata",
    metavar="GROUP",
    multiple=True,
    help=_("A group of leaders; repeat for more. All of them unless given."),
)
@option(
    "--count",
    type=click.IntRange(min=1),
    help=_("How many codes for each village. Of groups as many as each has persons unless given."),
)
@click.option(
    "--contact",
    metavar="TEXT",
    default="",
    help=_("Whom people can ask, where it is not whom the wave names: the office and its telephone number."),
)
@click.option(
    "--base-url", metavar="URL", help=_("The address that people outside see; HAILONG_BASE_URL unless given.")
)
@out()
def make(
    wave: str,
    psus: tuple[str, ...],
    strata: tuple[str, ...],
    count: int | None,
    contact: str,
    base_url: str | None,
    out: Path,
) -> None:
    base = addresses.outside(base_url)
    printed = out.suffix.casefold() == ".pdf"
    # A code that is kept and written nowhere harms nobody; one that is written and not kept would.
    with atomic_write(out) as file:
        with installation.opened().writing() as session:
            subject = waves.find(session, wave)
            asked = questionnaires.by_digest(session, subject.questionnaire)
            if (psus and asked.population.in_groups) or (strata and not asked.population.in_groups):
                raise click.UsageError(_("Name villages by --psu, and groups of leaders by --stratum."))
            if count is None and not asked.population.in_groups:
                raise click.UsageError(_("Say by --count how many codes each village gets."))
            if printed:
                contact = waves.whom_to_ask(contact or subject.contact or "")
            province = units.province(session)
            issued = invitations.make(session, settings.secret_key(), wave, psus or strata, count)
        if printed:
            letters.write(issued, subject, asked, base, contact, province, file)
        else:
            file.write(letters.table(issued, base))
    said = (
        N_("%(codes)s codes for %(places)s groups are in %(file)s. Keep it safe; delete it after the letters.")
        if asked.population.in_groups
        else N_(
            "%(codes)s codes for %(places)s villages are in %(file)s. Keep it safe; delete it after the letters."
        )
    )
    places = number(len({letter.place for letter in issued}))
    say(said, codes=number(len(issued)), places=places, file=out)
    say("People type their code at %(address)s", address=addresses.typing_a_code(base))
