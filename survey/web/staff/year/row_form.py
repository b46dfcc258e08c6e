"""A form that is one row of a file: it is read and stored as that, and what is unfit is told beside its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session
from wtforms import Field

from survey.system import dates
from survey.waves import units
from survey.web.current import database
from survey.web.staff.form import StaffForm
from survey.year.rows import Cells, Unfit
from translations.formats import nfc


class RowForm(StaffForm):
    """A form whose fields are columns."""

    @property
    def columns(self) -> Mapping[str, Field]:
        """The fields by column."""
        return {field.name: field for field in self if field.name != "csrf_token"}

    @property
    def cells(self) -> dict[str, str]:
        """What the fields say, as a file would; a tick is 1."""
        return {
            name: ("1" if field.data else "")
            if isinstance(field.data, bool)
            else nfc(" ".join((field.data or "").split()))
            for name, field in self.columns.items()
        }

    def store(self, keep: Callable[[Session, Cells], object]) -> bool:
        """Keeps the cells; False if `keep` finds one unfit: its field, else the first, says why."""
        try:
            with database().writing() as session:
                keep(session, self.cells)
        except Unfit as unfit:
            columns = self.columns
            columns.get(unfit.column, [*columns.values()][0]).errors = [str(unfit.message)]
            return False
        return True


def offices(session: Session) -> list[tuple[str, str]]:
    """Who can answer for something today, as a field offers it."""
    return [(unit.code, units.named(unit)) for unit in units.offices(session, dates.today())]
