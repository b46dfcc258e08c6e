"""Pages: the kiosk. A link binds the device; then its shell starts without network and holds no answer."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import translations
from forms import Questionnaire, effort
from survey.responses import devices, sealed_responses
from survey.storage.models import Device, Mode, Unit, Wave
from survey.waves import questionnaires, units, waves
from survey.web import bound_device, cookies, preferences
from survey.web.current import database
from survey.web.respondent import form
from survey.web.server import rate_limit
from translations import LANGUAGES, Denied, NotFound

pages = Blueprint("kiosk", __name__, url_prefix="/kiosk")

STATIC = Path(__file__).parent / "static" / "kiosk"
BUNDLE = "hpke.js"  # made at set-up; without it nothing can be sealed, and the kiosk says so


@pages.route("/bind/<secret>", methods=["GET", "POST"])
def bind(secret: str) -> ResponseReturnValue:
    """Binds the device that opens the link: by POST, for programs that look at a link in passing send a GET."""
    if request.method == "GET":
        with database().reading() as session:
            device = devices.by_link(session, secret)
            place = units.find(session, device.unit)
            wave = waves.find(session, device.wave)
        return render_template("kiosk/bind.html", device=device, wave=wave, named=units.named(place))
    with database().writing() as session:
        device, token = devices.bind(
            session, secret, sealed_responses.current().id, bound_device.before(Mode.KIOSK)
        )
    answer = make_response(redirect(url_for(".start", wave=device.wave, unit=device.unit), 303))
    bound_device.remember(answer, bound_device.COOKIE, token)
    return answer


@pages.get("/<wave>/<unit>")
def start(wave: str, unit: str) -> ResponseReturnValue:
    """The kiosk of a bound device; a device that is not bound is a phone."""
    device = bound_device.here()
    if device is None:
        return form.answer(wave, unit)
    if (wave, units.settled(unit)) != (device.wave, device.unit):
        return redirect(url_for(".start", wave=device.wave, unit=device.unit))
    return _shell(device, request.args.get("lang", "vi"))


@pages.get("/shell-<lang>.html")
def shell(lang: str) -> ResponseReturnValue:
    """The page that the device keeps, in one language; where it stands is in Content-Location."""
    device = bound_device.here()
    if device is None:
        raise Denied("This device is no longer bound. Ask for a new link.")
    return _shell(device, lang, is_kept=True)


@pages.post("/leave")
def leave() -> ResponseReturnValue:
    """Ends the binding from the device itself, with the code to leave."""
    device = bound_device.here()
    if device is None:
        raise Denied("This device is no longer bound. Ask for a new link.")
    if wait := rate_limit.seconds_before_a_code():
        return "", 429, {"Retry-After": str(wait)}
    devices.may_leave(device, request.form.get("code", ""))
    with database().writing() as session:
        devices.revoke(session, device.id)
    answer = make_response("", 204)
    cookies.drop(answer, bound_device.COOKIE)
    return answer


def worker_with_sounds(file: Path) -> Response:
    """A device's service worker, behind what keeps the recordings; each start asks whether it changed."""
    answer = make_response("\n".join(path.read_text("utf-8") for path in (STATIC.parent / "sounds.js", file)))
    answer.mimetype = "text/javascript"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@pages.get("/worker.js")
def worker() -> ResponseReturnValue:
    """The service worker. It is here because it may serve only what is beside or below it."""
    return worker_with_sounds(STATIC / "worker.js")


@pages.get("/manifest.json")
def manifest() -> ResponseReturnValue:
    """What an installed kiosk is called and where it starts."""
    device = bound_device.here()
    start = url_for(".start", wave=device.wave, unit=device.unit) if device else "/"
    answer = make_response(
        {
            "name": "Hài Lòng",
            "short_name": "Hài Lòng",
            "lang": "vi",
            "start_url": start,
            "scope": "/kiosk/" if device else "/",
            "display": "fullscreen",
            "background_color": "#f6f2e9",
            "theme_color": "#f6f2e9",
            "icons": [{"src": url_for("static", version="-", name="mark.svg"), "sizes": "any"}],
        }
    )
    answer.mimetype = "application/manifest+json"
    return answer


def _shell(device: Device, lang: str, is_kept: bool = False) -> ResponseReturnValue:
    translations.speak(lang)
    with database().reading() as session:
        wave = waves.find(session, device.wave)
        unit = units.find(session, device.unit)
        questionnaire = questionnaires.by_digest(session, wave.questionnaire)
        province = units.named(units.province(session))
    spoken = preferences.text_language_of(questionnaire, lang)
    if is_kept and spoken != lang:
        raise NotFound("There is no page at this address. Start again from the first page.")
    with translations.texts_in(spoken):
        answer = make_response(_page(device, wave, unit, questionnaire, province))
    answer.headers["Content-Location"] = url_for(".start", wave=device.wave, unit=device.unit)
    bound_device.remember(answer, bound_device.COOKIE)
    return answer


def _page(device: Device, wave: Wave, unit: Unit, questionnaire: Questionnaire, province: str) -> str:
    settings, left = current_app.config, effort.further(questionnaire)
    return render_template(
        "kiosk/shell.html",
        device=device,
        wave=wave,
        last_day=waves.asks_until(wave),
        named=units.named(unit),
        province=province,
        questionnaire=questionnaire,
        questions=form.questions(questionnaire),
        asked=effort.questions(left),
        minutes=effort.minutes(left),
        start=url_for(".start", wave=device.wave, unit=device.unit),
        marks=(),
        key=sealed_responses.current(),
        rounds=devices.ROUNDS,
        digits=devices.LEAVE_DIGITS,
        idle=settings["KIOSK_IDLE"],
        warning=settings["KIOSK_WARNING"],
        receipt=settings["KIOSK_RECEIPT"],
        can_seal=(STATIC / BUNDLE).exists(),
        others={
            code: _in(code, name)
            for code, name in preferences.offered().items()
            if code != translations.text_language()
        },
    )


def _in(lang: str, name: str) -> str:
    """The button that begins in another language, in that language; in a further one it bears its name."""
    if lang not in LANGUAGES:
        return name
    with translations.speaking(lang):
        return translations.gettext("Start in English")
