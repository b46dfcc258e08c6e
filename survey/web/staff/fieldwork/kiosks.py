"""Pages: the kiosks of a wave and the interviewers' tablets: binding one, seeing which are silent, ending one."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from survey.accounts.accounts import Right
from survey.responses import devices
from survey.responses.devices import NoDevice
from survey.storage import audit
from survey.storage.models import Device, Mode, Unit, Wave
from survey.system import addresses, dates
from survey.waves import units, waves
from survey.web import current
from survey.web.current import database
from survey.web.pages import Tab, having
from survey.web.staff.blueprint import pages
from survey.web.staff.form import StaffForm, options
from translations import N_, Lazy
from translations import gettext as _

STATES = {
    "bound": N_("in service"),
    "waiting": N_("its link has not been opened yet"),
    "expired": N_("its link was not opened in time"),
    "revoked": N_("out of service"),
}


class KioskForm(StaffForm):
    """Where a kiosk will stand."""

    unit = SelectField(
        Lazy("Commune or ward"), [InputRequired(Lazy("Choose the commune in which the kiosk stands."))]
    )
    place = StringField(
        Lazy("Where it stands"),
        [
            DataRequired(Lazy("Say where the kiosk stands, such as the hall or the counter.")),
            Length(max=devices.LONGEST_PLACE, message=Lazy("Use at most %(max)d characters.")),
        ],
        description=Lazy("As its start page should say it: Public service centre, ground floor"),
        render_kw={"maxlength": devices.LONGEST_PLACE},
    )


@dataclass(frozen=True)
class DeviceRow:
    """A device in the list."""

    device: Device
    unit: Unit
    state: str

    @property
    def is_tablet(self) -> bool:
        return self.device.mode is Mode.INTERVIEWER

    @property
    def is_silent(self) -> bool:
        return devices.is_silent(self.device)

    @property
    def state_name(self) -> str:
        """The state in the language of the moment."""
        return _(STATES[self.state])


@pages.form(
    "/<wave>/may", Right.FIELDWORK, N_("Made a link for a kiosk"), tab=Tab(4, N_("Kiosks"), used=having(Device))
)
def kiosks(wave: str) -> ResponseReturnValue:
    """The devices, and the form that makes a link for a further kiosk: its answer shows the link this once."""
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        places = units.answering(session, max(wave_row.opens, dates.today()))
        rows = _rows(session, wave_row)
    form = KioskForm()
    form.unit.choices = options(*((place.code, place.name) for place in places), blank=_("Choose a commune"))
    if not form.validate_on_submit():
        return render_template(
            "staff/kiosks.html",
            wave=wave_row,
            is_over=waves.asks_until(wave_row) < dates.today(),
            form=form,
            rows=rows,
            bound=sum(row.state == "bound" for row in rows),
            silent=sum(row.is_silent for row in rows),
        ), 422 if form.errors else 200
    with database().writing() as session:
        link = devices.link(session, wave, form.unit.data, form.place.data, current_user.name)
        audit.annotate(unit=link.unit.code)
    base = current.here()
    address = addresses.kiosk_link(base, link.secret)
    return render_template(
        "staff/kiosk_link.html",
        wave=wave_row,
        device_link=link,
        named=units.named(link.unit),
        address=address,
        picture=addresses.image(address),
        is_secure=base.startswith("https:"),
    ), 201


@pages.act(
    "/<wave>/may/<int:number>/ngung", Right.FIELDWORK, N_("Took a device out of service"), tab="staff.kiosks"
)
def revoke_device(wave: str, number: int) -> ResponseReturnValue:
    """Ends the binding of a device, or withdraws its link."""
    with database().writing() as session:
        if number not in {one.id for one in devices.serving(session, waves.find(session, wave).code)}:
            raise NoDevice("There is no device %(id)s. Choose one from the list of devices.", id=number)
        ended = devices.revoke(session, number).place
    flash(
        _(
            "Device %(id)d (%(place)s) is out of service: nothing that it sends is accepted.",
            id=number,
            place=ended,
        )
    )
    return redirect(url_for(".kiosks", wave=wave), 303)


def _rows(session: Session, wave: Wave) -> list[DeviceRow]:
    """Those in service first, then those that wait, then those that are gone."""
    rows = [
        DeviceRow(one, units.find(session, one.unit), devices.state(one))
        for one in devices.serving(session, wave.code)
    ]
    return sorted(rows, key=lambda row: list(STATES).index(row.state))
