"""A questionnaire drawn as it will be met, by the pages on which it is answered; nothing of it is stored."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import Response, current_app, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from forms import Questionnaire, effort
from survey.paper import form as paper
from survey.storage.models import Device, Wave, WaveKind
from survey.system import dates
from survey.waves import units
from survey.waves.waves import Place
from survey.web.keying.screen import Screen
from survey.web.respondent import form
from translations import LANGUAGES, N_, NotFound, speaking, text_language, texts_in

Sound = Callable[[str, str], str]
WAVE = "xem-thu"  # what no wave is called that people answer: it stands in the addresses of what is drawn
# The ways of answering, by the word of their address, in the order in which they are offered.
WAYS = {
    "dien-thoai": N_("Phone"),
    "kiosk": N_("Kiosk"),
    "may-tinh-bang": N_("Tablet"),
    "giay": N_("Paper form"),
    "nhap-lieu": N_("Keying"),
}


def drawn(
    session: Session,
    questionnaire: Questionnaire,
    way: str,
    spoken: str,
    sent_to: str,
    sound: Sound | None = None,
) -> ResponseReturnValue:
    """The page of a way of answering.

    spoken   the language in which it is drawn; in a further one of the questionnaire its texts alone
    sent_to  the address that a filled form goes to, which stores nothing
    sound    of a draft: the address at which a question is read aloud in a language
    """
    asks = {"dien-thoai": _phone, "kiosk": _kiosk, "may-tinh-bang": _tablet}
    prints = {"giay": _paper, "nhap-lieu": _keying}
    if way not in WAYS or spoken not in {**LANGUAGES, **questionnaire.languages}:
        raise NotFound("There is no page at this address. Start again from the first page.")
    with speaking(spoken), texts_in(spoken):
        there = place(session, questionnaire)
        return asks[way](there, sent_to, sound) if way in asks else prints[way](there)


def place(session: Session, questionnaire: Questionnaire) -> Place:
    """A place that is in no database, where a questionnaire is tried: the province itself."""
    province, today = units.province(session), dates.today()
    wave = Wave(
        code=WAVE,
        title=str(questionnaire.title),
        questionnaire=questionnaire.digest,
        kind=WaveKind.OPEN,
        opens=today,
        closes=today,
        simulated=False,
    )
    return Place(wave, province, questionnaire, province)


def _phone(place: Place, sent_to: str, sound: Sound | None) -> ResponseReturnValue:
    return render_template("respondent/trial.html", **_form(place, sound), action=sent_to, draft="", token="")


def _form(place: Place, sound: Sound | None) -> dict[str, object]:
    questionnaire = place.questionnaire
    return {
        "place": place,
        "wave": place.wave,
        "named": units.named,
        "province": units.named(place.province),
        "questionnaire": questionnaire,
        # with answers, though there are none: what is blank is kept in memory for good
        "questions": form.questions(questionnaire, {}, sound=sound),
        "asked": effort.questions(questionnaire),
        "minutes": effort.minutes(questionnaire),
        "marks": (),
        "id": uuid.uuid4(),
    }


def _kiosk(place: Place, sent_to: str, sound: Sound | None) -> ResponseReturnValue:
    device = Device(wave=WAVE, unit=place.unit.code, place=units.named(place.unit))
    settings, left = current_app.config, effort.further(place.questionnaire)
    counted = {"asked": effort.questions(left), "minutes": effort.minutes(left)}
    return render_template(
        "kiosk/trial.html",
        **_form(place, sound) | counted | {"named": units.named(place.unit)},
        device=device,
        last_day=place.wave.closes,
        start=sent_to,
        key=None,
        idle=settings["KIOSK_IDLE"],
        warning=settings["KIOSK_WARNING"],
        receipt=settings["KIOSK_RECEIPT"],
        others={},
    )


def _tablet(place: Place, sent_to: str, sound: Sound | None) -> ResponseReturnValue:
    return render_template(
        "interviewer/trial.html",
        **_form(place, sound) | {"named": units.named(place.unit)},
        action=sent_to,
        key=None,
        village=None,
        kept=None,
        has_list=False,
        is_assigned=True,
    )


def _paper(place: Place) -> ResponseReturnValue:
    answer = Response(paper.form(place.questionnaire, spoken=text_language()).pdf(), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{place.questionnaire.name}.pdf"'
    return answer


def _keying(place: Place) -> ResponseReturnValue:
    today = dates.today()
    screen = Screen(place, None, {})
    return screen.page(id=None, day=today.isoformat(), last_day=today, keyed_here=0, is_preview=True)
