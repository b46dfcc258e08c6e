"""Pages: the interviewer's tablet, that asks one person after another in a village.

First the wave, then the commune and its village, where a sample is drawn the household, then the form question by
question. It is read aloud, and handed over for what is sensitive: `interviewer.js` locks those answers, and no
page here gives an answer back.

Which household is asked, the tablet alone knows: it stands behind the # of the form's address, which no browser
sends. What became of the household comes later, from the list, without the answers.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import Any

from flask import (
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session

from forms import check, effort
from survey.accounts.accounts import Right
from survey.fieldwork import visits
from survey.responses import (
    account_forms,
    assignments,
    devices,
    form_counts,
    holding,
    lots,
    sealed_responses,
    submission,
)
from survey.responses.submission import MARKS, UUID4
from survey.sampling import draws
from survey.sampling.outcome_words import OUTCOMES, Outcome
from survey.storage.models import LotKind, Mode, Village, Wave, WaveKind
from survey.system.dates import today
from survey.waves import unit_search, units, waves
from survey.waves.waves import Place
from survey.web import bound_device, keying, kiosk, preferences
from survey.web.current import database
from survey.web.pages import Pages, Tab
from survey.web.respondent import form
from translations import N_, Denied, Refusal, texts_in
from translations import gettext as _

NUMBER = re.compile(r"[1-9][0-9]{0,6}")  # of a household in the list of its village

pages = Pages("interviewer", __name__, "/phong-van")


class Faulty(Refusal):
    """What the tablet sent can't be stored, and the person is gone: its program is at fault."""

    status = 422


@pages.page("/", Right.INTERVIEW, tab=Tab(6, N_("Interviews"), "main"))
def choose_wave() -> ResponseReturnValue:
    with database().reading() as session:
        open_now = [wave for wave in waves.in_field(session) if waves.is_asking(wave)]
    open_now.sort(key=lambda wave: wave.kind is not WaveKind.SAMPLE)
    return render_template("interviewer/waves.html", waves=open_now)


@pages.page("/phien", Right.INTERVIEW)
def token() -> ResponseReturnValue:
    """What a form is sent with; an interview may last longer than the one of its page holds."""
    return jsonify(token=generate_csrf())


@pages.act("/may", Right.INTERVIEW, N_("Bound an interviewer's tablet"), changes_figures=False)
def bind() -> ResponseReturnValue:
    """Binds this tablet, so that it may send by itself what it sealed while it had no network."""
    answer = make_response("", 204)
    if bound_device.tablet() is not None:
        bound_device.remember(answer, bound_device.TABLET)
        return answer
    with database().writing() as session:
        place = _own(waves.place(session, request.form.get("wave", ""), request.form.get("unit", "")))
        named = _("Tablet of %(name)s", name=current_user.name)
        token = devices.bind_tablet(
            session,
            place.wave.code,
            place.unit.code,
            named,
            sealed_responses.current().id,
            current_user.name,
            bound_device.before(Mode.INTERVIEWER),
        )
    bound_device.remember(answer, bound_device.TABLET, token)
    return answer


@pages.get("/worker.js")
def worker() -> ResponseReturnValue:
    """The service worker. It is here because it may serve only what is beside or below it."""
    return kiosk.worker_with_sounds(kiosk.STATIC.parent / "interviewer-worker.js")


@pages.page("/<wave>/", Right.INTERVIEW)
def choose_unit(wave: str) -> ResponseReturnValue:
    words = request.args.get("tim", "").strip()
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        villages = keying.by_unit(draws.villages(session, wave_row))
        communes = units.communes(session, today())
        mine, is_assigned = _mine(session, wave_row)
    communes = [unit for unit in communes if current_user.unit in (None, unit.code)]
    if wave_row.kind is WaveKind.SAMPLE:
        communes = [unit for unit in communes if unit.code in villages]
    own = {unit for unit, here in villages.items() if any(village.psu in mine for village in here)}
    communes.sort(key=lambda unit: unit.code not in own)  # what is theirs first
    return render_template(
        "interviewer/units.html",
        wave=wave_row,
        own=own,
        is_assigned=is_assigned,
        communes=unit_search.matching(communes, words),
        words=words,
        villages=villages,
        nowhere=not communes,
        kind=units.kind,
    )


def _mine(session: Session, wave: Wave) -> tuple[set[str], bool]:
    """The villages that whoever is signed in is assigned to, and whether they are assigned anything here."""
    given = assignments.of_account(session, wave.code, current_user.name, Mode.INTERVIEWER)
    return {one.psu for one in given if one.psu is not None}, bool(given)


def _ahead(session: Session, wave: Wave, villages: Iterable[Village]) -> dict[str, str]:
    """By village, why a further form is held that whoever is signed in sends from there; "" where it counts."""
    name = current_user.name
    given = assignments.of_account(session, wave.code, name, Mode.INTERVIEWER)
    return {
        one.psu: holding.at_village(
            session, wave, name, Mode.INTERVIEWER, one.psu, [each for each in given if each.psu == one.psu]
        )
        for one in villages
    }


@pages.form("/<wave>/<unit>", Right.INTERVIEW, single_response=True)
def interview(wave: str, unit: str) -> ResponseReturnValue:
    """An interview at a unit; in a sample wave in one of its villages, `?thon=`."""
    with database().reading() as session:
        place = _own(
            waves.place(
                session, wave, unit, opened=lambda place: form.opened_on(place, Mode.INTERVIEWER, _token())
            )
        )
        villages = [village for village in draws.villages(session, place.wave) if village.unit == place.unit.code]
        counts = form_counts.by_village(session, place.wave.code, Mode.INTERVIEWER)
        keyed = form_counts.by_village(session, place.wave.code, Mode.PAPER)
        done = visits.done(session, place.wave)
        mine, is_assigned = _mine(session, place.wave)
        asked = [one for one in villages if request.args.get("thon", one.psu) == one.psu]
        ahead = _ahead(session, place.wave, asked) if request.method == "GET" else {}
    village = None
    if place.wave.kind is WaveKind.SAMPLE:
        if "thon" not in request.args:
            return render_template(
                "interviewer/villages.html",
                place=place,
                wave=place.wave,
                own=[village for village in villages if village.psu in mine],
                others=[village for village in villages if village.psu not in mine],
                kept=counts,
                keyed=keyed,
                done=done,
                ahead=ahead,
            )
        village = keying.village_of(place, villages, request.args["thon"])
    if request.method == "POST":
        return _store(place, village)
    with texts_in(preferences.text_language(place.questionnaire)):
        return render_template(
            "interviewer/form.html",
            place=place,
            wave=place.wave,
            village=village,
            named=units.named(place.unit),
            is_assigned=village.psu in mine if village else is_assigned,
            kept=counts.get(village.psu) if village else None,
            ahead=holding.AHEAD.get(ahead.get(village.psu, "")) if village else None,
            has_list=village is not None and village.psu in done,
            questions=form.questions(place.questionnaire),
            asked=effort.questions(place.questionnaire),
            minutes=effort.minutes(place.questionnaire),
            id=uuid.uuid4(),
            token=form.token(place, Mode.INTERVIEWER),
            key=sealed_responses.current(),
            can_seal=_can_seal(),
            most_adults=submission.MOST_ADULTS,
        )


def _token() -> str:
    """The token of the page from which an interview is sent; "" from a tablet that seals what comes late."""
    sent = request.get_json(silent=True)
    return str(sent.get("token", "")) if isinstance(sent, dict) else ""


def _can_seal() -> bool:
    return (kiosk.STATIC / kiosk.BUNDLE).exists()


@pages.form("/<wave>/<unit>/ho", Right.INTERVIEW, single_response=True)
def households(wave: str, unit: str) -> ResponseReturnValue:
    """The drawn households of a village, `?thon=`, and what became of each."""
    if request.method == "POST":
        return _visited(wave, unit)
    return _list(wave, unit)


def _list(wave: str, unit: str, fault: str = "", status: int = 200) -> ResponseReturnValue:
    with database().reading() as session:
        place = _begun(session, wave, unit)
        village = _village(session, place)
        drawn = visits.households(session, place.wave, village.psu)
        ahead = _ahead(session, place.wave, [village])[village.psu]
    with texts_in(preferences.text_language(place.questionnaire)):
        return render_template(
            "interviewer/households.html",
            place=place,
            wave=place.wave,
            village=village,
            named=units.named(place.unit),
            households=drawn,
            opened=visits.open_replacements(drawn),
            outcomes=[(outcome, _(name)) for outcome, name in OUTCOMES.items()],
            can_seal=_can_seal(),
            fault=fault,
            ahead=holding.AHEAD.get(ahead),
        ), status


def _begun(session: Session, wave: str, unit: str) -> Place:
    """The place, whether its wave is running or over."""
    return _own(waves.place(session, wave, unit, waves.counting_day(waves.find(session, wave))))


def _own(place: Place) -> Place:
    """The same place; refused where the account is of another commune."""
    if current_user.unit not in (None, place.unit.code):
        raise Denied(
            "Your account is for interviews in another commune. Ask the administrator for one for this commune."
        )
    return place


def _village(session: Session, place: Place) -> Village:
    """The drawn village that the address names."""
    here = [village for village in draws.villages(session, place.wave) if village.unit == place.unit.code]
    return keying.village_of(place, here, request.args.get("thon", ""))


def _visited(wave: str, unit: str) -> ResponseReturnValue:
    """Notes what became of households: of one, or from the script of as many as wait. They may come after the
    wave's last day: the tablet was without network till then."""
    with database().reading() as session:
        village = _village(session, _begun(session, wave, unit))
    try:
        outcomes = _outcomes()
        with database().writing() as session:
            visits.record(session, wave, village.psu, outcomes)
    except Refusal as refusal:
        if request.is_json:
            raise
        return _list(wave, unit, str(refusal), refusal.status)
    if request.is_json:
        return "", 204
    return redirect(url_for(".households", wave=wave, unit=unit, thon=village.psu), 303)


def _outcomes() -> dict[int, Outcome]:
    """What a page without script sends of one household, or {"visits": {number: outcome}}."""
    sent: Any = {request.form.get("household", ""): request.form.get("outcome", "")}
    if request.is_json:
        sent = request.get_json(silent=True)
        sent = sent.get("visits") if isinstance(sent, dict) else None
    elif not sent.keys() - {""} or "" in sent.values():
        raise Refusal("Choose what happened at the household.")
    if not isinstance(sent, dict) or not all(
        NUMBER.fullmatch(number) and outcome in list(Outcome) for number, outcome in sent.items()
    ):
        raise Faulty(N_("Send visits as JSON: the outcome of each household by its number."))
    return {int(number): Outcome(outcome) for number, outcome in sent.items()}


def _store(place: Place, village: Village | None) -> ResponseReturnValue:
    """Keeps the answers of one person: 201, 200 where the same form is there already, 202 where it waits for a
    supervisor's decision."""
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict) or not UUID4.fullmatch(str(sent.get("id"))):
        raise Faulty(N_("Send id, answers and marks as JSON."))
    marks: Any = sent.get("marks", [])
    if not isinstance(marks, list) or any(mark not in MARKS for mark in marks):
        raise Faulty(N_("Send id, answers and marks as JSON."))
    adults = sent.get("adults")
    if adults is not None and not submission.may_be_adults(adults):
        raise Faulty(N_("Send id, answers and marks as JSON."))
    checked = check(place.questionnaire, sent.get("answers"))
    if checked.problems:
        # The question, never the answer: it may be one that the person gave alone.
        raise Faulty(
            N_("The answer to %(code)s can't be stored. Tell your supervisor."),
            code=checked.problems[0].code or "?",
        )
    psu = village.psu if village else None
    with database().writing() as session:
        outcome, reason = account_forms.store(
            session,
            place,
            current_user.name,
            uuid.UUID(sent["id"]),
            Mode.INTERVIEWER,
            checked.answers,
            lambda: _lot(session, place, psu),
            marks=("helped-interviewer", *marks),
            psu=psu,
            adults=adults if village else None,
        )
    why = {"why": _(holding.TOLD[reason])} if reason else {}
    return {"status": outcome} | why, {"stored": 201, "known": 200, "held": 202}[outcome]


def _lot(session: Session, place: Place, psu: str | None) -> int:
    """The day of this account in the village, or where there is none in the commune."""
    day, about = waves.counting_day(place.wave), {"unit": place.unit.code, "psu": psu, "sender": current_user.name}
    return lots.number(session, place.wave.code, LotKind.INTERVIEWER, day, mode=Mode.INTERVIEWER, **about)
