"""`hailong invitation`: single-use codes for the people of a sample."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import click

from survey import addresses, settings
from survey.commands import Commands, say
from survey.fieldwork import invitations
from survey.files.exporting import replacing
from survey.installation import opened
from translations import gettext as _
from translations.formats import number

COLUMNS = ("psu", "village", "unit", "commune", "code", "address")


@click.group(cls=Commands, help=_("Single-use codes for the people of a sample."))
def invitation() -> None:
    pass


@invitation.command(
    help=_(
        "New codes for villages of a sample wave, in a CSV file for the mail merge of letters. Columns: psu, "
        "village, unit, commune, code, address; the address is what the letter's QR code holds. Only this file "
        "holds the codes: the platform keeps a digest of each."
    )
)
@click.option("--wave", metavar="CODE", required=True, help=_("The code of the wave."))
@click.option(
    "--psu", "psus", metavar="PSU", multiple=True, help=_("A village; repeat for more. All of them unless given.")
)
@click.option(
    "--count", metavar="N", type=click.IntRange(min=1), required=True, help=_("How many codes for each village.")
)
@click.option(
    "--base-url", metavar="URL", help=_("The address that people outside see; HAILONG_BASE_URL unless given.")
)
@click.option(
    "--out", metavar="FILE.csv", type=click.Path(path_type=Path), required=True, help=_("The file to write.")
)
def make(wave: str, psus: tuple[str, ...], count: int, base_url: str | None, out: Path) -> None:
    base = addresses.outside(base_url)
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    # A code that is kept and written nowhere would harm nobody; one that is written and not kept would.
    with replacing(out) as file, opened().writing() as session:
        letters = invitations.make(session, settings.secret_key(), wave, psus, count)
        for letter in letters:
            address = addresses.invitation(base, letter.code)
            rows.writerow((letter.psu, letter.village, letter.unit, letter.commune, letter.code, address))
        # With a mark at its start, or Word and Excel would misread Vietnamese names.
        file.write(text.getvalue().encode("utf-8-sig"))
    villages = len({letter.psu for letter in letters})
    say(
        "%(codes)s codes for %(villages)s villages are in %(file)s. Keep it safe; delete it after the letters.",
        codes=number(len(letters)),
        villages=number(villages),
        file=out,
    )
    say("People type their code at %(address)s", address=addresses.typed(f"{base}/m"))
