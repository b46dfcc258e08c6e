"""Pages: the posters of a wave, to be hung up where people are served."""

from __future__ import annotations

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.paper import posters as drawing
from survey.storage.models import WaveKind
from survey.system import addresses, dates
from survey.waves import units, waves
from survey.web import current
from survey.web.current import database
from survey.web.pages import Tab, of_kind
from survey.web.staff.blueprint import pages
from translations import N_


@pages.page("/<wave>/ap-phich", Right.FIELDWORK, tab=Tab(5, N_("Posters"), used=of_kind(WaveKind.OPEN)))
def posters(wave: str) -> ResponseReturnValue:
    """Which posters there are: of all communes or one, on which paper, and where their codes lead."""
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        places = units.answering(session, max(wave_row.opens, dates.today()))
    return render_template(
        "staff/posters.html",
        wave=wave_row,
        is_over=waves.asks_until(wave_row) < dates.today(),
        places=places,
        communes=sum(place.kind in units.COMMUNE_KINDS for place in places),
        sizes=drawing.SIZES,
        base=current.here(),
        address=addresses.form(current.here(), wave_row.code, places[0].code) if places else "",
    )


@pages.page("/<wave>/ap-phich/ap-phich.pdf", Right.FIELDWORK)
def poster_file(wave: str) -> ResponseReturnValue:
    """The posters as a file: of all communes, or of the unit `don-vi`, on paper of the size `kho`."""
    unit, size = request.args.get("don-vi") or None, request.args.get("kho", drawing.SIZES[0])
    with database().reading() as session:
        drawn = drawing.draw(session, wave, current.here(), size, unit)
    answer = Response(drawn, content_type="application/pdf")
    name = "-".join(filter(None, ("ap-phich", wave, unit)))
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return answer
