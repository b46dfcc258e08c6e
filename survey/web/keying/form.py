"""Pages: a paper form that has no printed number, or is of a wave without drawn villages.

A form is one page with a field for each item; `keying.js` turns it into the keying screen, and without the script
it is typed from top to bottom.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask import flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.fieldwork import keying, sheet_locks
from survey.fieldwork.keying import Keyed
from survey.responses import submission
from survey.sampling import draws
from survey.storage.models import Mode, Village, Wave, WaveKind
from survey.system.dates import today
from survey.waves import waves
from survey.waves.waves import Place, counting_day
from survey.web.current import database
from survey.web.keying.blueprint import holds_what_was_typed, pages
from survey.web.keying.choosing import paper, running, village_of
from translations import Conflict, ngettext
from translations import gettext as _


@pages.record
def _guarded_by_itself(state: BlueprintSetupState) -> None:
    state.app.extensions["csrf"].exempt(sheet)


@pages.page(
    "/<wave>/<unit>", Right.KEY, methods=["GET", "POST"], single_response=True, outside=holds_what_was_typed
)
def sheet(wave: str, unit: str) -> ResponseReturnValue:
    """A sheet of a unit; in a sample wave of one of its villages, `?thon=` (a label may hold any character)."""
    with database().reading() as session:
        found = running(session, wave)
        place = waves.place(session, found.code, unit)
        villages = [one for one in draws.villages(session, found) if one.unit == place.unit.code]
        printed = sheet_locks.villages_with_batches(session, found.code)
        counts = waves.by_village(session, found.code, Mode.PAPER)
        keyed_here = paper(waves.counts(session, found.code).get(place.unit.code, {}))
    village = None
    if found.kind is WaveKind.SAMPLE:
        if "thon" not in request.args:
            unnumbered = [one for one in villages if one.psu not in printed]
            return render_template(
                "keying/villages.html", place=place, wave=found, villages=unnumbered, keyed=counts
            )
        village = village_of(place, villages, request.args["thon"])
        if village.psu in printed:
            raise Conflict(
                "The forms of %(village)s have numbers. Key them by number, so that none is counted twice.",
                village=village.name or village.psu,
            )
        keyed_here = counts.get(village.psu, 0)
    drawn = _Sheet(place, village, keyed_here)
    return drawn.kept() if request.method == "POST" else drawn.page()


class _Sheet:
    """One form on the keyer's screen."""

    def __init__(self, place: Place, village: Village | None, keyed_here: int) -> None:
        self.place, self.village, self.keyed_here = place, village, keyed_here
        self.typed = {item.code: _typed(item.code) for item in place.questionnaire.keyed}
        self.keyed = keying.keyed(place.questionnaire, self.typed)
        self.id = _form_id()
        self.day = request.values.get("ngay") or counting_day(place.wave).isoformat()

    def kept(self) -> ResponseReturnValue:
        """Keeps the form and goes on to the next one; shows it again where something must be corrected."""
        day = _day(self.day, self.place.wave)
        if self.keyed.problems or day is None:
            return self.page(422, wrong_day=day is None)
        # Enter in any field sends the form: one that is half typed must not be kept by accident.
        if self.keyed.untyped and "de_trong" not in request.form:
            return self.page(422, unfinished=True)
        psu = self.village.psu if self.village else None
        try:
            with database().writing() as session:
                submission.submit(
                    session.connection(), self.place, self.id, Mode.PAPER, self.keyed.answers, psu=psu, day=day
                )
        except Conflict:
            return self.page(409, known=True)
        flash(receipt(self.place, self.keyed), "keyed")
        return redirect(
            url_for(
                ".sheet",
                wave=self.place.wave.code,
                unit=self.place.unit.code,
                thon=psu,
                ngay=None if day == today() else self.day,
            ),
            303,
        )

    def page(self, status: int = 200, **notices: Any) -> ResponseReturnValue:
        problems = {problem.code: str(problem) for problem in self.keyed.problems} if status != 200 else {}
        parts, items = self.place.questionnaire.paper, self.place.questionnaire.keyed
        wrong = [item for item in items if item.code in problems]
        return render_template(
            "keying/sheet.html",
            place=self.place,
            wave=self.place.wave,
            village=self.village,
            keyed_here=self.keyed_here,
            parts=parts,
            items=items,
            typed=self.typed,
            keyed=self.keyed,
            problems=problems,
            first=[*wrong, *self.keyed.untyped, *items][0].code,
            id=self.id,
            day=self.day,
            last_day=counting_day(self.place.wave),
            keying=keying,
            **notices,
        ), status


def receipt(place: Place, keyed: Keyed) -> str:
    """What is said of a form that was kept: how much of it is answered, and the warnings that it has."""
    numbered = [item for item in place.questionnaire.keyed if item.no]
    answered = sum(item.code in keyed.answers for item in numbered)
    line = _("%(answered)d of %(asked)d questions answered", answered=answered, asked=len(numbered))
    count = len(keyed.two) + len(keyed.unasked)
    warnings = ngettext("%(num)d warning", "%(num)d warnings", count) if count else _("no warning")
    return f"{line}, {warnings}."


def _typed(code: str) -> str:
    return ";".join(request.form.getlist(code))


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
