"""A questionnaire as a paper form: its words, and the page on which Typst sets them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any, cast

import typst

from forms import Condition, Item, Kind, Page, Questionnaire
from forms.kinds import SINGLE
from survey.pdf import typeface
from survey.sampling.outcome_words import ADULTS, HEAD, MOST_ADULTS, ON_THE_SHEET, OUTCOMES, REPLACED
from translations import gettext as _
from translations import ngettext, speaking, texts_in

TEMPLATES = Path(__file__).parent.parent / "pdf" / "templates" / "paper"

# All in millimetres. A printer leaves 5 mm blank at an edge, so the corner marks begin at 7,5.
CORNER = 5.0
CORNERS = ((10.0, 10.0), (200.0, 10.0), (200.0, 287.0), (10.0, 287.0))
QR = (184.5, 15.5, 16.0)  # four of its modules, 3,05 mm, stay blank on each side
MARK, PITCH = 4.4, 7.0  # of a circle, and from one to the next
CHARACTERS, MOST_LINES = 120, 6  # written by hand on one line, and lines for one answer
PAPER = (210.0, 297.0)
LARGE = 1.55  # by how much large print is larger: its questions stand in 16 pt
LONG = 6  # rows of a block in which every second one is shaded


@dataclass(frozen=True)
class Form:
    """What is set: the document for Typst with its fonts, to be compiled or asked."""

    values: str

    def pdf(self) -> bytes:
        return cast("bytes", self._compiler().compile(format="pdf", pdf_standards=["1.7"]))

    def boxes(self) -> list[dict[str, Any]]:
        """Every place for a mark, where Typst put it."""
        boxes: list[dict[str, Any]] = json.loads(self._compiler().query("<box>", field="value"))
        return boxes

    def pages(self) -> int:
        """How many there are."""
        pages: int = json.loads(self._compiler().query("<pages>", field="value", one=True))
        return pages

    def _compiler(self) -> typst.Compiler:
        family, folder = typeface.typeface()
        return typst.Compiler(
            TEMPLATES / "form.typ",
            root=TEMPLATES,
            font_paths=[folder],
            ignore_system_fonts=True,
            sys_inputs={"form": self.values, "family": family},
        )


@lru_cache(maxsize=16)
def form(
    questionnaire: Questionnaire,
    authority: str = "",
    reinterview: bool = False,
    large: bool = False,
    contact: str = "",
    spoken: str = "vi",
) -> Form:
    """The form of a questionnaire; all its variants have their circles on the same places, but for large print and
    other languages than Vietnamese, which are keyed by hand.

    authority    above the department that asks
    reinterview  whether the sheet says that the household may be asked again
    large        set on a smaller page, that is printed as A4
    contact      whom to call, said at the end: the circles above stand where they stood
    spoken       the language; in a further one of the questionnaire its texts alone
    """
    with speaking(spoken), texts_in(spoken):
        values = _values(questionnaire, authority, reinterview, large)
        if spoken != "vi":
            values["geometry"]["corners"] = []
            values["note"] = values["note"] or _("Keyed by hand, not scanned.")
        return Form(json.dumps(values | {"closing": _closing(contact)}))


def _closing(contact: str) -> list[str]:
    return [
        _("Thank you for your answers."),
        " ".join(
            [
                *([_("Questions: %(contact)s", contact=contact) + "."] if contact else []),
                _("Officials of communes and wards can't see anybody's form") + ".",
                _("The chosen answers are kept for good, without a name."),
            ]
        ),
    ]


def _values(questionnaire: Questionnaire, authority: str, reinterview: bool, large: bool) -> dict[str, Any]:
    join = questionnaire.join
    title = str(questionnaire.title)
    scale = LARGE if large else 1.0
    return {
        "geometry": {
            "paper": [side / scale for side in PAPER],
            "corner": CORNER,
            "corners": [] if large else CORNERS,
            "mark": MARK,
            "pitch": PITCH,
            "top": 27 / scale,
            "bottom": 14 / scale,
            "side": 13 / scale,
            "issuer": 7 if large else 12,
            "head": 96 / scale,
            "long": LONG,
        },
        "large": "large" if large else "",
        "note": _("Large print. Keyed by hand, not scanned.") if large else "",
        "title": title,
        "heading": title.upper(),
        "authority": authority,
        "issuer": _("Department of Home Affairs").upper(),
        "purpose": join(str(questionnaire.purpose)),
        "promises": [
            _(
                "Taking part is voluntary; leave out any question that you do not want to answer. Your answers "
                "are kept secret: the form takes no name, address or telephone number, and results are published "
                "for groups only."
            )
        ],
        "reinterview": reinterview,
        "serial-words": _(
            "This household may be visited again, to check the work of the survey: a few questions, none of "
            "them sensitive. For that alone the number of this form stands beside the household's; the link is "
            "destroyed when the check is done."
        )
        if reinterview
        else _("The number at the top serves to count the forms. It is not tied to any household or person."),
        "words": {
            "page": _("Page"),
            "fill": _("How to fill in:"),
            "cross": _("put a cross into the circle of your answer"),
            "wrong": _("If it was wrong, blacken that circle"),
            "then": _("and cross the right one."),
            "leave": _("Squares: you may cross several."),
            "interviewer": _("For the interviewer."),
            "birthday": _(
                "Of the people aged 18 and over in the household, ask the one whose birthday comes next."
            ),
            "where": [_("Day"), _("Village"), _("Interviewer")],
        },
        "head": _head(),
        "head-count": _count(0, len(HEAD)),
        "parts": [_part(questionnaire, number, page) for number, page in enumerate(questionnaire.paper, start=1)],
    }


def _head() -> list[dict[str, Any]]:
    """The questions that the interviewer answers, before all others."""
    adults = dict.fromkeys(range(1, MOST_ADULTS), "") | {MOST_ADULTS: _("or more")}
    reasons = {number: _(OUTCOMES[outcome]) for number, outcome in enumerate(ON_THE_SHEET, start=1)}
    replaced = _("Only if this household replaces one on the list: why did that one not answer?")
    return [
        _question("A", ADULTS, SINGLE, _("People aged 18 and over in the household"), choices=adults),
        _question("B", REPLACED, SINGLE, replaced, choices=reasons),
    ]


def _part(questionnaire: Questionnaire, number: int, page: Page) -> dict[str, Any]:
    join = questionnaire.join
    title = _("Part %(number)s. %(title)s", number=number, title=join(str(page.title)))
    return {
        "title": title,
        "intro": str(page.intro) if page.intro else None,
        "groups": list(_groups(questionnaire, page)),
        "count": _count(number, sum(item.no is not None for item in page.items)),
    }


def _count(part: int, questions: int) -> str | None:
    """What ends a part on paper, as the screen of the keyer counts it too; nothing where it is one question."""
    if questions < 2:
        return None
    return ngettext("Part %(part)s: %(num)s question", "Part %(part)s: %(num)s questions", questions, part=part)


def _groups(questionnaire: Questionnaire, page: Page) -> Iterator[dict[str, Any]]:
    """The questions of a page; neighbours on one scale make a table."""
    spelled_out = {item.beside for item in page.items if item.beside}
    alone = (item for item in page.items if item.beside is None)
    for levels, group in groupby(alone, key=lambda item: None if item.code in spelled_out else _scale(item)):
        items = list(group)
        if levels is not None:
            yield {
                "kind": "rows",
                "levels": [
                    {"code": code, "label": questionnaire.join(label), "missing": code in items[0].missing}
                    for code, label in levels
                ],
                "items": [_item(questionnaire, item) for item in items],
            }
            continue
        for item in items:
            texts = [_item(questionnaire, text) for text in page.items if text.beside == item.code]
            yield {**_item(questionnaire, item), "beside": texts}


def _scale(item: Item) -> tuple[tuple[int, str], ...] | None:
    return tuple((code, str(label)) for code, label in item.choices.items()) if item.kind.is_scale else None


def _item(questionnaire: Questionnaire, item: Item) -> dict[str, Any]:
    asked_always = item.show_if is None or item.beside is not None
    notes = [
        "" if asked_always else _condition(questionnaire, item.show_if),
        str(item.hint or ""),
        str(item.reason or "") if item.beside is None else "",
    ]
    return {
        **_question(
            str(item.no or ""),
            item.code,
            item.kind,
            str(item.label),
            [note for note in notes if note],
            {code: questionnaire.join(str(label)) for code, label in item.choices.items()},
        ),
        "lines": 1 if item.beside else min(MOST_LINES, -(-(item.max_length or 0) // CHARACTERS)),
        "digits": len(str(int(item.maximum))) if item.maximum is not None else 0,
    }


def _question(
    no: str,
    code: str,
    kind: Kind,
    label: str,
    notes: list[str] | None = None,
    choices: dict[int, str] | None = None,
) -> dict[str, Any]:
    return {
        "no": no,
        "code": code,
        "kind": kind.name,
        "several": kind.several,
        "label": label,
        "notes": notes or [],
        "choices": [{"code": value, "label": words or None} for value, words in (choices or {}).items()],
        "beside": [],
        "digits": 0,
    }


def _condition(questionnaire: Questionnaire, condition: Condition | None) -> str:
    return "" if condition is None else _("Only if %(condition)s.", condition=_when(questionnaire, condition))


def _when(questionnaire: Questionnaire, condition: Condition) -> str:
    if condition.how == "item":
        item = questionnaire.items[condition.item]
        codes = ", ".join(map(str, condition.values))
        return _("question %(no)s was answered %(codes)s", no=item.no, codes=codes)
    parts = [_when(questionnaire, part) for part in condition.parts]
    if condition.how == "not":
        return _("it is not so that %(condition)s", condition=parts[0])
    return (_(" and ") if condition.how == "all" else _(" or ")).join(parts)
