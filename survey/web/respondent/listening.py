"""A question read aloud: the recording that the document brings."""

from __future__ import annotations

from flask import Response, send_file

from survey.waves import questionnaires, recordings
from survey.web.current import database


def recording(digest: str, code: str, spoken: str) -> Response:
    """The recording of an item in a language; a version never changes, so a phone may keep it."""
    with database().reading() as session:
        questionnaire = questionnaires.by_digest(session, digest)
    return send_file(recordings.find(questionnaire, code, spoken), conditional=True, max_age=31_536_000)
