"""`hailong kiosk`: links that bind devices, what became of them, revoking one, a new key."""

from __future__ import annotations

import click

from survey.commands import Commands, say
from survey.operations import installation
from survey.responses import devices, quarantine, sealed_responses
from survey.system import addresses, settings
from translations import gettext as _

kiosk = Commands("kiosk", help=_("Kiosks: devices at a service point, bound to a wave, a unit and a place."))


@kiosk.command(help=_("Make a link that binds the first device to open it; it is valid for 7 days."))
@click.option("--wave", metavar="CODE", required=True, help=_("The wave whose questionnaire the kiosk asks."))
@click.option("--unit", metavar="CODE", required=True, help=_("The commune in which it stands."))
@click.option("--place", metavar="TEXT", required=True, help=_("Where it stands, as its start page says it."))
def link(wave: str, unit: str, place: str) -> None:
    with installation.opened().writing() as session:
        binding = devices.link(session, wave, unit, place)
    base = settings.base_url() or "http://127.0.0.1:8000"
    say(
        "Open the link on the device. The code to leave is %(code)s: keep it, it is shown this once.",
        code=binding.leave_code,
    )
    if not base.startswith("https:"):
        say("On any other machine a kiosk needs https: set HAILONG_BASE_URL to the address with TLS.")
    click.echo(addresses.kiosk_link(base.rstrip("/"), binding.secret))


@kiosk.command(
    "list",
    help=_(
        "All devices, as tab-separated lines: number, state, wave, unit, place, bound on, last sent on, owner."
    ),
)
@click.option("--wave", metavar="CODE", help=_("Only those of this wave."))
def list_devices(wave: str | None) -> None:
    with installation.opened().reading() as session:
        for one in devices.list_all(session, wave):
            days = (str(day or "") for day in (one.bound, one.heard))
            click.echo(
                "\t".join((str(one.id), devices.state(one), one.wave, one.unit, one.place, *days, one.owner or ""))
            )


@kiosk.command(help=_("End the binding of a device, or withdraw its link. NUMBER: see hailong kiosk list."))
@click.argument("number", type=int, metavar="NUMBER")
def revoke(number: int) -> None:
    with installation.opened().writing() as session:
        device = devices.revoke(session, number)
    say(
        "The device %(id)d (%(place)s) is revoked: nothing that it sends is taken.",
        id=device.id,
        place=device.place,
    )


@kiosk.command(
    "held",
    help=_(
        "Quarantined responses, not counted, as tab-separated lines: day, wave, unit, device, reason, id, "
        "decision."
    ),
)
@click.option("--wave", metavar="CODE", help=_("Only those of this wave."))
def list_held(wave: str | None) -> None:
    with installation.opened().reading() as session:
        for one in quarantine.listed(session, wave):
            form = one.form
            cells = (
                form.day,
                form.wave,
                form.unit,
                form.account or str(form.device),
                form.reason,
                str(form.id),
                one.verdict or "",
            )
            click.echo("\t".join(cells))


@kiosk.command(
    "renew-key",
    help=_(
        "Make a new key for sealing; destroy the old ones that no device and no quarantined response may need."
    ),
)
def renew_key() -> None:
    with installation.opened().reading() as session:
        key = sealed_responses.rotate()
        gone = sealed_responses.delete_expired(session)
    say("Devices seal to the key %(id)s from now on; %(gone)d old keys were destroyed.", id=key.id, gone=gone)
