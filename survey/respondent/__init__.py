"""Pages: what a citizen meets, on a phone or at a kiosk. A file per screen; this is the table of addresses."""

from __future__ import annotations

from flask import Blueprint

from survey.respondent import start

pages = Blueprint("respondent", __name__)
pages.add_url_rule("/", view_func=start.choose)
pages.add_url_rule("/rieng-tu", view_func=start.privacy)
