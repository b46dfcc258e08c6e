"""Pages: the households of a draw, village by village, as the interviewer takes them along."""

from __future__ import annotations

from collections.abc import Iterator

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from survey.accounts.accounts import Right
from survey.sampling import draws, expected_precision
from survey.sampling.draws import Drawn, VillageDraw
from survey.sampling.outcome_words import ON_THE_SHEET, OUTCOMES
from survey.storage.models import Draw, Unit, Wave
from survey.waves import units, waves
from survey.web.current import database
from survey.web.staff.blueprint import pages
from survey.web.staff.sampling.samples import by_commune, table_file
from translations import N_, NotFound
from translations import gettext as _

COLUMNS = ("psu", "village", "unit", "commune", "household", "role", "place")
MAIN, REPLACEMENT = "main", "replacement"


@pages.page("/<wave>/mau/<int:number>/danh-sach", Right.FIELDWORK, tab="staff.sample")
def household_list(wave: str, number: int) -> ResponseReturnValue:
    """The households to be asked, and in which order others replace them, of a village, a commune or all."""
    with database().reading() as session:
        wave_row, draw, drawn, communes = _read(session, wave, number)
    return render_template(
        "staff/household_list.html",
        wave=wave_row,
        draw=draw,
        communes=by_commune(_wanted(drawn), communes),
        outcomes=[(place, _(OUTCOMES[outcome])) for place, outcome in enumerate(ON_THE_SHEET, start=1)],
        query=request.args.to_dict(),
        named=units.named,
    )


@pages.page(
    "/<wave>/mau/<int:number>/danh-sach.csv",
    Right.FIELDWORK,
    act=N_("Downloaded a list of households"),
    export=True,
)
def household_list_file(wave: str, number: int) -> ResponseReturnValue:
    """The same as a file: a row per household, `place` its order among those of its role."""
    with database().reading() as session:
        wave_row, _draw, drawn, communes = _read(session, wave, number)
    return table_file(COLUMNS, _rows(_wanted(drawn), communes), f"danh-sach-ho-{wave_row.code}-{number}")


def _read(session: Session, wave: str, number: int) -> tuple[Wave, Draw, Drawn, dict[str, Unit]]:
    wave_row = waves.find(session, wave)
    draw = draws.find(session, wave_row, number)
    drawn = draws.read(session, draw)
    return (
        wave_row,
        draw,
        drawn,
        {unit.code: unit for unit in expected_precision.communes(session, wave_row, drawn.frame)},
    )


def _wanted(drawn: Drawn) -> list[VillageDraw]:
    """The villages that the address asks for: `thon` one of them, `don-vi` those of a commune."""
    psu, unit = request.args.get("thon", ""), request.args.get("don-vi", "")
    taken = [one for one in drawn.taken if psu in ("", one.village.psu) and unit in ("", one.village.unit)]
    if not taken:
        raise NotFound("This village was not drawn. Choose one from the list of the draw.")
    return taken


def _rows(taken: list[VillageDraw], communes: dict[str, Unit]) -> Iterator[tuple[str | int, ...]]:
    for one in taken:
        village = one.village
        about = (village.psu, village.name or village.psu, village.unit, communes[village.unit].name)
        for role, households in ((MAIN, one.households), (REPLACEMENT, one.spare)):
            for place, household in enumerate(households, start=1):
                yield (*about, household, role, place)
