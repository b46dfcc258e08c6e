"""The numbers of printed sheets in a file of responses: what is entered so is accounted for as what is keyed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.orm import Session

from survey.data_files.waiting_lines import Line
from survey.fieldwork import serial_numbers
from survey.fieldwork.accounting import REASONS
from survey.storage.models import Batch, Keying, OpenKeying, Response, Sheet, SheetState
from translations import N_, Lazy
from translations import gettext as _


class SheetColumn:
    """The sheets of a wave, by their numbers.

    gone  the lots that are to be taken back: a sheet that they entered is free again
    """

    def __init__(self, session: Session, wave: str, gone: Iterable[int]) -> None:
        own = select(Sheet, Batch.psu).join(Batch, Batch.code == Sheet.batch).where(Batch.wave == wave)
        self._sheets = {sheet.serial: (sheet, psu) for sheet, psu in session.execute(own)}
        serials = select(Sheet.serial).join(Batch, Batch.code == Sheet.batch).where(Batch.wave == wave)
        self._keyed = {
            serial
            for table in (Keying, OpenKeying)
            for serial in session.scalars(select(table.sheet).where(table.sheet.in_(serials)))
        }
        self._gone = set(session.scalars(select(Response.id).where(Response.lot.in_(list(gone)))))
        self._rows: dict[str, int] = {}

    def read(self, text: str, row: int) -> tuple[str, Lazy | None]:
        """The number in a cell, and what is wrong with it."""
        serial = serial_numbers.serial(text)
        if serial not in self._sheets:
            misread = serial.isdecimal() and serial_numbers.misread(serial)
            message = (
                N_("No sheet has this number: a digit is wrong.")
                if misread
                else N_("No sheet of this wave has this number.")
            )
            return serial, Lazy(message)
        if (twin := self._rows.setdefault(serial, row)) != row:
            return serial, Lazy("Row %(row)s has this sheet already. Keep one of them.", row=twin)
        return serial, None

    def village(self, serial: str) -> str | None:
        """Where the packet of a sheet went."""
        return self._sheets[serial][1] if serial in self._sheets else None

    def taken(self, serial: str, response: UUID) -> Lazy | None:
        """Why a sheet can't have this response, which comes new."""
        sheet = self._sheets[serial][0]
        if sheet.state is SheetState.VOID:
            return Lazy("This sheet is set aside: %(reason)s.", reason=_(REASONS.get(sheet.reason or "", "–")))
        if sheet.response is not None and sheet.response != response and sheet.response not in self._gone:
            return Lazy("This sheet is entered already. Take the row out.")
        if serial in self._keyed and sheet.response is None:
            return Lazy("Somebody has keyed this sheet or has it open. Take the row out, or have that taken back.")
        return None


def enter(connection: Connection, lines: Iterable[Line]) -> None:
    """Notes that the sheets of these lines are entered, as a keyer does, with the adults of the household."""
    rows = [
        {"serial_": line.sheet, "response": line.id, "adults": line.adults, "state": SheetState.ENTERED}
        for line in lines
        if line.sheet is not None
    ]
    if rows:
        table = Sheet.__table__
        named: dict[str, Any] = {name: bindparam(name) for name in ("response", "adults", "state")}
        chosen = update(table).where(table.c.serial == bindparam("serial_"))  # type: ignore[arg-type, attr-defined]
        connection.execute(chosen.values(reason=None, **named), rows)
