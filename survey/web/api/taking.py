"""What programs and bound devices send: responses, open and sealed."""

from __future__ import annotations

import json
import uuid
from typing import Any

from flask import Response, current_app, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import RequestEntityTooLarge

from forms import check
from survey.accounts.accounts import Right
from survey.responses import account_forms, lots, receipts, sealed_responses, submission
from survey.responses.submission import MARKS, UUID4
from survey.storage.models import LotKind, Mode
from survey.system import dates
from survey.waves import waves
from survey.waves.waves import Place
from survey.web import bound_device
from survey.web.api.blueprint import pages, problem
from survey.web.current import database
from survey.web.server import rate_limit
from translations import Denied, Refusal
from translations import gettext as _

LARGEST_BODY = 64 * 1024  # bytes
KEYS = {"id", "wave", "unit", "mode", "answers", "marks"}
MODES = tuple(mode.value for mode in Mode)
# What a client must be allowed to do to send in a mode; a phone needs nothing, a kiosk is a bound device.
RIGHTS = {Mode.PAPER: Right.KEY, Mode.INTERVIEWER: Right.INTERVIEW}
STATUS = {"stored": 201, "known": 200, "held": 202}
SENT_BY = {Mode.PAPER: LotKind.KEYER, Mode.INTERVIEWER: LotKind.INTERVIEWER}


class NotJSON(Refusal):
    """The body says that it is something else."""

    status = 415


@pages.post("/api/v1/responses")
def submit() -> ResponseReturnValue:
    """Keeps a response: 201, 200 where the same one is there already, 202 where it waits for a decision; each
    means that it is on disk."""
    if wait := rate_limit.seconds_to_wait():
        return _busy(wait)
    sent = _body()
    if errors := _shape(sent):
        return _unprocessable(errors)
    place = waves.current_place(database(), sent["wave"], sent["unit"])
    mode = Mode(sent["mode"])
    _may(mode, place)
    checked = check(place.questionnaire, sent["answers"])
    if checked.problems:
        return _unprocessable([(_pointer("answers", fault.code), str(fault)) for fault in checked.problems])
    id, marks = uuid.UUID(sent["id"]), sent.get("marks", ())
    if mode in RIGHTS:
        return _for_another(place, mode, id, checked.answers, marks)
    lot = _lot(place, mode)
    new = database().group(
        lambda connection: submission.submit(connection, place, id, mode, checked.answers, marks=marks, lot=lot)
    )
    return {"id": sent["id"], "status": "stored" if new else "known"}, 201 if new else 200


def _for_another(
    place: Place, mode: Mode, id: uuid.UUID, answers: dict[str, Any], marks: list[str]
) -> ResponseReturnValue:
    """Keeps what somebody sends for another person: 202 where nobody assigned them."""
    wave, sender, day = place.wave.code, current_user.name, waves.counting_day(place.wave)
    about: dict[str, Any] = {"unit": place.unit.code, "mode": mode, "sender": sender}
    with database().writing() as session:
        outcome, reason = account_forms.store(
            session,
            place,
            sender,
            id,
            mode,
            answers,
            lambda: lots.number(session, wave, SENT_BY[mode], day, **about),
            marks=marks,
        )
    answer = {"id": str(id), "status": outcome} | ({"reason": reason} if reason else {})
    return answer, STATUS[outcome]


@pages.post("/api/v1/sealed")
def sealed() -> ResponseReturnValue:
    """Keeps what a bound device sealed: 201 stored, 200 known, 202 held for staff; each means it is on disk."""
    kiosk, tablet = bound_device.here(), bound_device.tablet()
    if kiosk is None and tablet is None:
        raise Denied("Only a bound device sends sealed forms. Bind it with a new link.")
    sent = _body()
    if wrong := sealed_responses.malformed(sent):
        what = _("Send a device's form: %(known)s, each as a text.", known=", ".join(sealed_responses.FORMS))
        return _unprocessable([(_pointer(name or None), what) for name in wrong])
    device = tablet if sent["mode"] == Mode.INTERVIEWER else kiosk
    if device is None:
        raise Denied("Only a bound device sends sealed forms. Bind it with a new link.")
    with database().writing() as session:
        outcome, reason = sealed_responses.store_sealed(session, device, sent)
    receipt = receipts.issue(current_app.config["SECRET_KEY"], sent["wave"], dates.today())
    answer = {"id": sent["id"], "status": outcome, "receipt": receipt} | ({"reason": reason} if reason else {})
    return answer, STATUS[outcome]


def _body() -> Any:
    """The value of a JSON body. JSON is read strictly: UTF-8, each key once, only numbers that there are."""
    if request.mimetype != "application/json":
        raise NotJSON("Send JSON, with Content-Type: application/json.")
    request.max_content_length = LARGEST_BODY + 1  # of a body sent in pieces the rest would be cut off silently
    body = request.get_data(cache=False)
    if len(body) > LARGEST_BODY:
        raise RequestEntityTooLarge
    try:
        return STRICT.decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Refusal("Send the body in UTF-8: byte %(place)s is not valid.", place=error.start + 1) from None
    except json.JSONDecodeError as error:
        raise Refusal(
            "Send valid JSON: it breaks off at line %(line)s, column %(column)s.",
            line=error.lineno,
            column=error.colno,
        ) from None
    except (RecursionError, ValueError):  # nested too deeply, or a number of thousands of digits
        raise Refusal("Send simpler JSON: this is nested too deeply, or a number in it is too long.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        keys = [key for key, _value in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Refusal("Send each key once: %(key)s is sent twice.", key=twice[:40])
    return members


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0:  # NaN and the infinities
        raise Refusal("Send numbers that JSON allows: %(text)s is not one.", text=text[:40])
    return number


STRICT = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_finite, parse_float=_finite)


def _busy(wait: int) -> Response:
    busy = problem(429, _("Too many forms are arriving. Wait %(seconds)s seconds, then send again.", seconds=wait))
    busy.headers["Retry-After"] = str(wait)
    return busy


def _shape(sent: Any) -> list[tuple[str, str]]:
    """What is wrong with the keys around the answers: (place, what to do)."""
    if not isinstance(sent, dict):
        return [("", _("Send an object with id, wave, unit, mode and answers."))]
    errors = [
        (_pointer(key), _("Remove this key: only id, wave, unit, mode, answers and marks are accepted."))
        for key in sent
        if key not in KEYS
    ][:10]
    if not (isinstance(sent.get("id"), str) and UUID4.fullmatch(sent["id"])):
        errors.append(("/id", _("Send a random UUID (version 4): 8-4-4-4-12 hexadecimal digits.")))
    errors += [
        (f"/{key}", _("Send the code of the %(key)s as a text.", key=key))
        for key in ("wave", "unit")
        if not isinstance(sent.get(key), str)
    ]
    if sent.get("mode") not in MODES:
        errors.append(("/mode", _("Send one of %(known)s.", known=", ".join(MODES))))
    if not isinstance(sent.get("answers"), dict):
        errors.append(("/answers", _("Send the answers as an object: item codes with their values.")))
    marks = sent.get("marks", [])
    if not isinstance(marks, list) or any(mark not in MARKS for mark in marks):
        errors.append(("/marks", _("Send a list of some of %(known)s.", known=", ".join(MARKS))))
    return errors


def _may(mode: Mode, place: Place) -> None:
    """Refuses a mode that the client may not claim at this place."""
    if mode is Mode.PHONE:
        return
    if mode is Mode.KIOSK:
        device = bound_device.here()
        if device is None or (device.wave, device.unit) != (place.wave.code, place.unit.code):
            raise Denied("Only a device that is bound there sends in the mode kiosk. Send in the mode phone.")
        return
    if not current_user.is_authenticated or not current_user.may(RIGHTS[mode]):
        raise Denied("Sign in with an account that may send in the mode %(mode)s.", mode=mode.value)
    if current_user.unit not in (None, place.unit.code):
        raise Denied(
            "Your account is for interviews in another commune. Ask the administrator for one for this commune."
        )


def _lot(place: Place, mode: Mode) -> int:
    """What a program sends is a lot of its own, apart from what came by a page."""
    kind, sender = LotKind.PROGRAM, None
    if mode is Mode.KIOSK and (device := bound_device.here()) is not None:
        kind, sender = LotKind.KIOSK, lots.of_device(device.id)
    return lots.current(database(), place, kind, mode, sender)


def _pointer(*steps: str | None) -> str:
    """A place in the body as a JSON pointer (RFC 6901)."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps if step is not None)


def _unprocessable(errors: list[tuple[str, str]]) -> Response:
    detail = _("Correct what is named under errors, and send it again.")
    return problem(422, detail, errors=[{"pointer": place, "detail": what} for place, what in errors])
