"""Pages: what a citizen meets on a phone. A file per screen; this is the table of addresses."""

from __future__ import annotations

from flask import Blueprint

from survey.web.respondent import form, invitation, listening, quick_exit, start

pages = Blueprint("respondent", __name__)
pages.add_url_rule("/", "start", start.choose)
pages.add_url_rule("/<string(length=5):unit>", "short", start.lead)  # as posters print it
pages.add_url_rule("/rieng-tu", "privacy", start.privacy)
# Typed from a poster, the address may end with a slash.
pages.add_url_rule("/s/<wave>/<unit>", "answer", form.answer, methods=["GET", "POST"], strict_slashes=False)
pages.add_url_rule("/s/worker.js", "worker", form.worker)  # beside the forms that it may show, as the next one
pages.add_url_rule("/m/phieu/worker.js", "letter_worker", form.worker)
pages.add_url_rule("/bien-nhan/<wave>/<day>/<code>", "receipt", form.receipt)
pages.add_url_rule("/nghe/<digest>/<code>/<spoken>", "recording", listening.recording)
pages.add_url_rule("/m", "invitation", invitation.enter, methods=["GET", "POST"])  # short: it is typed
pages.add_url_rule("/m/<code>", "scanned", invitation.open_letter)
pages.add_url_rule("/m/phieu/<token>", "invited", invitation.answer, methods=["GET", "POST"])
pages.add_url_rule("/thoat", "leave", quick_exit.leave)
pages.add_url_rule("/lich", "calendar", quick_exit.calendar)
pages.add_url_rule("/quen", "forget", quick_exit.forget)
