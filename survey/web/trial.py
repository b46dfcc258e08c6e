"""Pages: trying a questionnaire before it is published. What is filled in here is stored nowhere.

A link is signed with the number of the draft and holds for a day; it names no wave and no unit, and nothing that
counts lies behind it. What is kept is a word beside a question, if somebody who tried it leaves one.
"""

from __future__ import annotations

from functools import cache

from flask import Blueprint, current_app, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, TimestampSigner
from sqlalchemy.orm import Session

from forms import Questionnaire
from survey.storage.models import Draft
from survey.web import preferences, previews
from survey.web.current import database
from survey.web.server import rate_limit
from survey.workshop import drafts, recordings
from translations import Gone, Refusal

pages = Blueprint("trial", __name__, url_prefix="/thu")

HOLDS = 86_400  # seconds for which a link leads to its draft


@cache
def _signer(key: str) -> TimestampSigner:
    return TimestampSigner(key, salt="trial")


def mark(id: int) -> str:
    """What the address of a trial of a draft ends in, from now on for a day."""
    return _signer(str(current_app.config["SECRET_KEY"])).sign(str(id)).decode()


def _draft(session: Session, mark: str) -> tuple[Draft, Questionnaire]:
    """The draft that a link leads to, as it stands now."""
    try:
        number = int(_signer(str(current_app.config["SECRET_KEY"])).unsign(mark, max_age=HOLDS))
    except (BadSignature, ValueError):
        raise Gone("This trial is over: its link held for a day. Ask whoever sent it for a new one.") from None
    row = drafts.find(session, number)
    if row.state not in drafts.OPEN:
        raise Gone("This trial is over: its link held for a day. Ask whoever sent it for a new one.")
    drawn = drafts.looked(drafts.present(session, row)).questionnaire
    if drawn is None:
        raise Gone("Nothing can be drawn of this draft just now. Try again when its writer has gone on.")
    return row, drawn


@pages.route("/xem", methods=["GET", "POST"])
def sent() -> ResponseReturnValue:
    """Where a form that was only looked at goes: nothing of it is read."""
    return render_template("respondent/tried.html", questionnaire=None)


@pages.get("/<mark>")
def trial(mark: str) -> ResponseReturnValue:
    """The form of a draft, as a phone shows it."""
    with database().reading() as session:
        drawn = _draft(session, mark)[1]

        def sound(code: str, spoken: str) -> str:
            return url_for(".heard", mark=mark, code=code, spoken=spoken)

        spoken = preferences.text_language(drawn)
        return previews.drawn(session, drawn, "dien-thoai", spoken, url_for(".tried", mark=mark), sound)


@pages.get("/<mark>/nghe/<code>/<spoken>")
def heard(mark: str, code: str, spoken: str) -> ResponseReturnValue:
    """A question of the draft read aloud."""
    with database().reading() as session:
        row, drawn = _draft(session, mark)
    return send_file(recordings.find(row, drawn.document, code, spoken), conditional=True)


@pages.route("/<mark>/xong", methods=["GET", "POST"])
def tried(mark: str) -> ResponseReturnValue:
    """After the form: what the person has to say of its questions. Of what was filled in nothing is read."""
    with database().reading() as session:
        drawn = _draft(session, mark)[1]
    done = request.args.get("xong") == "1"
    return render_template("respondent/tried.html", questionnaire=drawn, mark=mark, done=done, trouble="")


@pages.post("/<mark>/loi")
def say(mark: str) -> ResponseReturnValue:
    """Keeps a word beside a question."""
    if wait := rate_limit.seconds_to_wait():
        return "", 429, {"Retry-After": str(wait)}
    try:
        with database().writing() as session:
            row, drawn = _draft(session, mark)
            code = request.form.get("cau", "")
            words = request.form.get("loi", "")
            drafts.note(session, row, code if code in drawn.items else "", "", words, None)
    except Gone:
        raise
    except Refusal as refusal:
        with database().reading() as session:
            drawn = _draft(session, mark)[1]
        page = render_template(
            "respondent/tried.html", questionnaire=drawn, mark=mark, done=False, trouble=str(refusal)
        )
        return page, 422
    return redirect(url_for(".tried", mark=mark, xong=1), 303)
