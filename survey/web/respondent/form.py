"""The form: all questions in one page, which alone sends it; a script shows them one at a time."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from itsdangerous import BadSignature, TimestampSigner
from markupsafe import Markup

from forms import Item, Problem, Questionnaire, check, effort, posted
from survey.responses import lots, receipts, submission
from survey.storage.models import LotKind, Mode, WaveKind
from survey.system import dates
from survey.waves import recordings, units, waves
from survey.waves.waves import Place
from survey.web import bound_device, preferences, static_files
from survey.web.current import database
from survey.web.server import rate_limit
from translations import Denied, NotFound, language, text_language, texts_in
from translations import gettext as _

TOKEN_HOLDS = int(waves.FORM_HOLDS.total_seconds())
HAND_IN = "hand-in"  # no item has such a code

# What is done with an id, answers that hold, and how the form was filled.
Store = Callable[[uuid.UUID, dict[str, Any], tuple[str, ...]], None]

# The questions of a page on which nothing is answered yet, by digest, its language and that of the texts: a
# version never changes.
_blank: dict[tuple[str, str, str], Markup] = {}


@dataclass(frozen=True)
class Trouble:
    """What to correct, as the summary on top says it; `target` is the id of the field that it leads to."""

    text: str
    name: str = ""
    target: str = ""


def answer(wave: str, unit: str) -> ResponseReturnValue:
    """The form of a wave at a commune; a valid one that is sent is stored and answered with a receipt."""
    place = waves.current_place(database(), wave, unit, _opened)

    def store(id: uuid.UUID, answers: dict[str, Any], marks: tuple[str, ...]) -> None:
        lot = lots.current(database(), place, LotKind.LINK, Mode.PHONE)
        database().group(
            lambda connection: submission.submit(connection, place, id, Mode.PHONE, answers, marks=marks, lot=lot)
        )

    return fill_in(place, store)


def fill_in(place: Place, store: Store, letter: str = "") -> ResponseReturnValue:
    """Shows the form of a place, or takes a sent one: if it is valid, it is stored and answered with a receipt.

    letter  by what a phone tells the drafts of several letters apart; "" for a form that needs none
    """
    with texts_in(preferences.text_language(place.questionnaire)):
        return _filled_in(place, store, letter)


def _filled_in(place: Place, store: Store, letter: str) -> ResponseReturnValue:
    page = partial(_page, place, letter)
    if request.method != "POST":
        return page(questions(place.questionnaire))
    if not _from_here():
        raise Denied("This form was sent from another site. Open it here and send it again.")
    items = place.questionnaire.items
    given = posted(place.questionnaire, request.form.lists())
    checked = check(place.questionnaire, given)
    troubles = []
    if wait := rate_limit.seconds_to_wait():
        text = _(
            "Many forms are coming from this network. Nothing is lost: your answers are still on this page. "
            "Wait %(seconds)s seconds, then press “Send the form”.",
            seconds=wait,
        )
        again = {"Retry-After": str(wait)}
        return page(questions(place.questionnaire, given, checked.problems), [Trouble(text)], 429, again)
    id = _id()
    if not _opened(place):
        troubles.append(
            Trouble(
                _("This page has been open for a long time. Check your answers and press “Send the form” again.")
            )
        )
    troubles += [_trouble(items[problem.code], str(problem)) for problem in checked.problems if problem.code]
    if troubles:
        return page(questions(place.questionnaire, given, checked.problems), troubles, 422)
    if not checked.answers and request.form.get(HAND_IN) != "empty":
        # Once: to refuse is a right, but a slip would use up the code of a letter.
        return page(questions(place.questionnaire), status=422, first=_target(next(iter(items.values()))))
    before = None
    try:
        store(uuid.UUID(id), checked.answers, _marks())
    except submission.SentBefore:
        before = 1  # its receipt was lost, and the draft came without what is delicate
    day = dates.today()
    code = receipts.issue(_key(), place.wave.code, day)
    address = url_for(".receipt", wave=place.wave.code, day=day.isoformat(), code=code, before=before)
    return redirect(address, 303)


def worker() -> Response:
    """The service worker of a phone. It is here because it may serve only what is beside or below it."""
    answer = make_response(static_files.bare((static_files.FOLDER / "phone-worker.js").read_text("utf-8")))
    answer.mimetype = "text/javascript"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def receipt(wave: str, day: str, code: str) -> ResponseReturnValue:
    """That a form was received: the code, the day, and what the code can do. It names no response."""
    with database().reading() as session:
        row = waves.find(session, wave)
    try:
        received = date.fromisoformat(day)
    except ValueError:
        received = date.min
    if not receipts.holds(_key(), wave, received, code):
        raise NotFound("There is no receipt with this code for this day. Check the code.")
    return render_template(
        "respondent/receipt.html", wave=row, day=received, code=code, before="before" in request.args
    )


def _page(
    place: Place,
    letter: str,
    questions: Markup,
    troubles: list[Trouble] | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
    first: str = "",
) -> ResponseReturnValue:
    """The page; `first` is the field to go back to, for whoever is asked whether the form shall go empty."""
    asked = place.questionnaire
    id = _id() or str(uuid.uuid4())
    at_its_own_address = request.blueprint == "respondent"  # a kiosk that is not bound shows it elsewhere
    own_address = url_for("respondent.answer", wave=place.wave.code, unit=place.unit.code)
    return make_response(
        render_template(
            "respondent/form.html",
            place=place,
            # A letter's address opens its form, and a phone keeps the page: the page doesn't name it.
            action="" if at_its_own_address else own_address,
            wave=place.wave,
            questions=questions,
            problems=troubles,
            first=first,
            draft=_draft(place, letter),
            id=id,
            marks=_marks(),
            # The first token stays: a form that is to be corrected after midnight was opened before.
            token=_token() if _opened(place) else token(place, Mode.PHONE, id),
            named=units.named,
            province=units.named(place.province),
            uninvited=place.wave.kind is WaveKind.SAMPLE and not letter,
            asked=effort.questions(asked),
            minutes=effort.minutes(asked),
        ),
        status,
        headers or {},
    )


def _id() -> str:
    """The id that the sent form carries, "" without one: it stays, however often the form must be sent."""
    id = request.form.get("id", "")
    return id if submission.UUID4.fullmatch(id) else ""


def _marks() -> tuple[str, ...]:
    """How the sent form was filled, as far as it says so in words that are known."""
    return tuple(submission.normalised_marks(set(request.form.getlist("marks")) & set(submission.MARKS)))


def _draft(place: Place, letter: str) -> str:
    """The name under which a phone keeps a draft; "" on a device that people share: a kiosk, a tablet of staff.

    Each letter has its own: a family shares a phone, and one's answers must not use up another's code.
    """
    if bound_device.here() or current_user.is_authenticated:
        return ""
    return "/".join(filter(None, [place.wave.code, place.unit.code, place.questionnaire.digest[:16], letter]))


def questions(
    questionnaire: Questionnaire,
    answers: dict[str, Any] | None = None,
    problems: Iterable[Problem] = (),
    sound: Callable[[str, str], str] | None = None,
) -> Markup:
    """The questions as they stand in the page, with what was answered and what is wrong with it.

    sound  of a draft: the address at which a question is read aloud in a language
    """
    key = (questionnaire.digest, language(), text_language())
    if answers is None and key in _blank:
        return _blank[key]
    conditions = {
        item.code: text for item in questionnaire.items.values() if (text := _condition(questionnaire, item))
    }
    html = Markup(  # noqa: S704 (a template's own output)
        re.sub(
            r"\s*\n\s*",
            "\n",
            render_template(
                "respondent/questions.html",
                questionnaire=questionnaire,
                answers=answers or {},
                problems={problem.code: problem for problem in problems},
                only_if=conditions,
                heard=recordings.offered,
                sound=sound,
            ),
        )
    )
    if answers is None:
        _blank[key] = html
    return html


def _condition(questionnaire: Questionnaire, item: Item) -> str:
    """When an item is to be answered, for those who see all of them at once; "" where the place says it."""
    if item.show_if is None or item.show_if.how != "item" or item.beside:
        return ""
    other = questionnaire.items[item.show_if.item]
    choices = " / ".join(str(other.choices[value]) for value in item.show_if.values)
    return _("Answer only if “%(question)s” is: %(choices)s.", question=other.short, choices=choices)


def _trouble(item: Item, text: str) -> Trouble:
    return Trouble(text, str(item.short), _target(item))


def _target(item: Item) -> str:
    """The id of the first field of an item."""
    return item.code + (f"-{next(iter(item.choices))}" if item.choices else "")


def _key() -> str:
    return str(current_app.config["SECRET_KEY"])


@cache
def _signer(key: str) -> TimestampSigner:
    return TimestampSigner(key, salt="form", digest_method=hashlib.sha256)


def token(place: Place, mode: Mode, id: str = "") -> str:
    """What says that a form was opened here and now: signed, with its wave, unit and mode, and the id of the one
    form that it is for. An interviewer's page, opened by somebody with a name, is for several."""
    return _signer(_key()).sign(_signed(place, mode, id)).decode()


def opened_on(place: Place, mode: Mode, token: str, id: str = "") -> date | None:
    """The day on which a form was opened, as its token says; None if it was not made here, for this place, mode
    and id, or too long ago."""
    try:
        opened_at, moment = _signer(_key()).unsign(token, max_age=TOKEN_HOLDS, return_timestamp=True)
    except BadSignature:
        return None
    return dates.day_of(moment) if opened_at.decode() == _signed(place, mode, id) else None


def _signed(place: Place, mode: Mode, id: str) -> str:
    return "/".join([place.wave.code, place.unit.code, mode, *filter(None, [id])])


def _opened(place: Place) -> date | None:
    """The day on which the sent form was opened; None if it bears no id, or the token of another form."""
    id = _id()
    return opened_on(place, Mode.PHONE, _token(), id) if id else None


def _token() -> str:
    """The token that the sent form carries, "" without one."""
    return request.form.get("token", "")


def _from_here() -> bool:
    """Whether a page of ours sent it, as far as the browser tells: Origin, else the page that it came from."""
    source = request.headers.get("Origin") or request.headers.get("Referer")
    if source is None:
        return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")
    base = current_app.config["BASE_URL"]
    return urlsplit(source).netloc in (request.host, urlsplit(base).netloc if base else request.host)
