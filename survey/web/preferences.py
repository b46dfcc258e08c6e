"""Language and text size: `?lang=` and `?size=`, each remembered in a cookie that holds nothing else."""

from __future__ import annotations

from flask import Response, request

import translations
from survey.web import cookies
from translations import LANGUAGES

A_YEAR = 31_536_000  # seconds


def large_text() -> bool:
    """`?size=` first, then the choice of before."""
    return (request.args.get("size") or cookies.read("size")) == "large"


def choose_language() -> None:
    """`?lang=` first, then the choice of before, then Vietnamese."""
    translations.speak(request.args.get("lang") or cookies.read("lang") or "vi")


def remember(response: Response) -> Response:
    """Keeps what was chosen on a page; the language of a downloaded report is no choice for the pages."""
    if not request.args or "Hailong-Kept" in request.headers or response.mimetype != "text/html":
        return response  # a tablet keeps the page in each language: nobody chose one
    for name, known in (("lang", tuple(LANGUAGES)), ("size", ("normal", "large"))):
        chosen = request.args.get(name)
        if chosen in known and chosen != cookies.read(name):
            cookies.keep(response, name, chosen, A_YEAR)
    return response
