"""`hailong doctor`."""

from __future__ import annotations

import json
import sys

import click

from survey.commands import command, say
from survey.operations import doctor as looking
from translations import N_
from translations import gettext as _

MARKS = {"well": N_("ok"), "look": N_("check"), "mend": N_("FIX")}  # by state


@command(
    help=_(
        "Look at the installation: data folder, keys, disk, database, audit trail, clock, address, backup. "
        "It says of each thing what to do, and changes nothing. It ends with 1 where something must be fixed "
        "before people are let in."
    )
)
@click.option("--json", "as_json", is_flag=True, help=_("One array of records: state, what, do."))
def doctor(as_json: bool) -> None:
    findings = looking.examine()
    if as_json:
        records = [{"state": one.state.value, "what": one.what, "do": one.do} for one in findings]
        click.echo(json.dumps(records, ensure_ascii=False, indent=1))
    else:
        for one in findings:
            mark = _(MARKS[one.state])
            click.echo(f"[{mark}] {one.what}")
            if one.do:
                click.echo(f"    → {one.do}")
    wrong = sum(one.state == "mend" for one in findings)
    if wrong:
        say("To be fixed: %(count)d.", count=wrong)
        sys.exit(1)
    say("Nothing needs fixing.")
