"""Pages: a paper form that has no printed number, or is of a wave without drawn villages."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask import flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_login import current_user

from survey.accounts.accounts import Right
from survey.fieldwork import sheet_locks
from survey.responses import account_forms, form_counts, holding, lots
from survey.sampling import draws
from survey.storage.models import LotKind, Mode, Wave, WaveKind
from survey.system.dates import today
from survey.waves import waves
from survey.waves.waves import counting_day
from survey.web.current import database
from survey.web.keying.blueprint import holds_what_was_typed, pages
from survey.web.keying.choosing import paper, running, village_of
from survey.web.keying.screen import Screen, posted
from translations import Conflict
from translations import gettext as _


@pages.record
def _guarded_by_itself(state: BlueprintSetupState) -> None:
    state.app.extensions["csrf"].exempt(sheet)


@pages.form("/<wave>/<unit>", Right.KEY, single_response=True, outside=holds_what_was_typed)
def sheet(wave: str, unit: str) -> ResponseReturnValue:
    """A sheet of a unit; in a sample wave of one of its villages, `?thon=` (a label may hold any character)."""
    with database().reading() as session:
        row = running(session, wave)
        place = waves.place(session, row.code, unit)
        villages = [one for one in draws.villages(session, row) if one.unit == place.unit.code]
        printed = sheet_locks.villages_with_batches(session, row.code)
        counts = form_counts.by_village(session, row.code, Mode.PAPER)
        keyed_here = paper(form_counts.by_unit(session, row.code).get(place.unit.code, {}))
    village = None
    if row.kind is WaveKind.SAMPLE:
        if "thon" not in request.args:
            unnumbered = [one for one in villages if one.psu not in printed]
            return render_template(
                "keying/villages.html",
                place=place,
                wave=row,
                villages=unnumbered,
                numbered=len(villages) - len(unnumbered),
                keyed=counts,
            )
        village = village_of(place, villages, request.args["thon"])
        if village.psu in printed:
            raise Conflict(
                "The forms of %(village)s have numbers. Key them by number, so that none is counted twice.",
                village=village.name or village.psu,
            )
        keyed_here = counts.get(village.psu, 0)
    screen = Screen(place, village, posted(place.questionnaire.keyed))
    day = request.values.get("ngay") or counting_day(row).isoformat()
    own: dict[str, Any] = {"id": _form_id(), "day": day, "last_day": counting_day(row), "keyed_here": keyed_here}
    return _store(screen, own) if request.method == "POST" else screen.page(**own)


def _store(screen: Screen, own: dict[str, Any]) -> ResponseReturnValue:
    """Stores the form, or holds it, and goes on to the next one; shows it again where something must be
    corrected."""
    day = _day(own["day"], screen.place.wave)
    if screen.keyed.problems or day is None:
        return screen.page(422, wrong_day=day is None, **own)
    if screen.unfinished:
        return screen.page(422, unfinished=True, **own)
    place, psu = screen.place, screen.village.psu if screen.village else None
    try:
        with database().writing() as session:
            about: dict[str, Any] = {"mode": Mode.PAPER, "sender": current_user.name}
            outcome, reason = account_forms.store(
                session,
                place,
                current_user.name,
                own["id"],
                Mode.PAPER,
                screen.keyed.answers,
                lambda: lots.number(session, place.wave.code, LotKind.KEYER, today(), **about),
                psu=psu,
                day=day,
            )
    except Conflict:
        return screen.page(409, known=True, **own)
    flash(_(holding.TOLD[reason]) if outcome == "held" else screen.receipt(), "held" if reason else "keyed")
    wave, unit = screen.place.wave.code, screen.place.unit.code
    stays = None if day == today() else own["day"]
    return redirect(url_for(".sheet", wave=wave, unit=unit, thon=psu, ngay=stays), 303)


def _form_id() -> UUID:
    """The form's own number, made with its page; a page without one gets it now."""
    try:
        number = UUID(request.form.get("id", ""))
    except ValueError:
        return uuid4()
    return number if number.version == 4 else uuid4()


def _day(text: str, wave: Wave) -> date | None:
    """The day of the interview, if it lies in the wave and not in the future."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if wave.opens <= day <= counting_day(wave) else None
