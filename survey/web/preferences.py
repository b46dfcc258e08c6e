"""Language and text size: `?lang=` and `?size=`, each remembered in a cookie that holds nothing else.

A form is offered in the further languages of its questionnaire too: its texts are in that one then, the page's own
words in Vietnamese.
"""

from __future__ import annotations

from flask import Response, g, request

import translations
from forms import Questionnaire
from survey.web import cookies
from translations import LANGUAGES

A_YEAR = 31_536_000  # seconds


def large_text() -> bool:
    """`?size=` first, then the choice of before."""
    return (request.args.get("size") or cookies.read("size")) == "large"


def choose_language() -> None:
    """`?lang=` first, then the choice of before, then Vietnamese."""
    translations.speak(_chosen())


def _chosen() -> str:
    return request.args.get("lang") or cookies.read("lang") or "vi"


def text_language(questionnaire: Questionnaire) -> str:
    """The language of the texts of a questionnaire whose form is shown: the one chosen, if it has it. From here on
    the page offers those that it has."""
    return text_language_of(questionnaire, _chosen())


def text_language_of(questionnaire: Questionnaire, chosen: str) -> str:
    """As `text_language`, of a page that says itself in which language it is."""
    g.further = {code: name for code, name in questionnaire.languages.items() if code not in LANGUAGES}
    return chosen if chosen in g.further else translations.language()


def offered() -> dict[str, str]:
    """The languages that a page is offered in: code -> what it calls itself."""
    further: dict[str, str] = g.get("further", {})
    return LANGUAGES | further


def remember(response: Response) -> Response:
    """Keeps what was chosen on a page; the language of a downloaded report is no choice for the pages."""
    if not request.args or "Hailong-Kept" in request.headers or response.mimetype != "text/html":
        return response  # a tablet keeps the page in each language: nobody chose one
    for name, known in (("lang", tuple(offered())), ("size", ("normal", "large"))):
        chosen = request.args.get(name)
        if chosen in known and chosen != cookies.read(name):
            cookies.keep(response, name, chosen, A_YEAR)
    return response
