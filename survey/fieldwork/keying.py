"""Keying: what a clerk types of one paper form, read into an answers document.

An answer is typed as the code that is printed beside it. Two keys stand for what is no answer: the paper is
blank or can't be read, and two boxes of one question are marked. Both are left out of the answers document;
they differ for the clerk alone, and where two keyings of one form are compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forms import Item, Page, Problem, Questionnaire, Text, asked_items, check
from forms.kinds import SINGLE
from survey.sampling.outcome_words import ADULTS, MOST_ADULTS, ON_THE_SHEET, OUTCOMES, REPLACED
from translations import Lazy
from translations import gettext as _

LETTERS = {ADULTS: "A", REPLACED: "B"}  # what the paper prints before them instead of a number

BLANK = ("9", "-")
TWO_MARKS = ("8", "*")
BETWEEN = re.compile(r"[;,.\s]+")


@dataclass(frozen=True)
class Keyed:
    """One form as it was typed.

    answers   what holds, as `forms.check` gives it
    problems  what can't be an answer; the form can't be stored with it
    untyped   numbered items for which nothing was typed, not even that the paper is blank
    two       items with two marks
    unasked   items answered although their condition does not hold: kept as written
    beyond    items with a number that can't be, as a printed sheet holds it: kept as written, no answer
    head      what stands before the questions, by its code
    """

    answers: dict[str, Any]
    problems: list[Problem]
    untyped: list[Item]
    two: list[Item]
    unasked: list[Item]
    beyond: list[Item]
    head: dict[str, Any]


def head() -> tuple[Item, ...]:
    """What stands at the head of a printed sheet, as items; its words are in the language of the moment."""
    adults = {number: str(number) for number in range(1, MOST_ADULTS)} | {MOST_ADULTS: _("9 or more")}
    reasons = {number: _(OUTCOMES[outcome]) for number, outcome in enumerate(ON_THE_SHEET, start=1)}
    return (
        _heading(ADULTS, _("People aged 18 and over in the household"), _("Adults"), adults),
        _heading(
            REPLACED,
            _("Only if this household replaces one on the list: why did that one not answer?"),
            _("Replacement"),
            reasons,
        ),
    )


def _heading(code: str, label: str, short: str, choices: dict[int, str]) -> Item:
    texts = {number: Text(text, text) for number, text in choices.items()}
    return Item(code, SINGLE, Text(label, label), Text(short, short), page="", choices=texts)


def parts(questionnaire: Questionnaire) -> tuple[Page, ...]:
    """The parts of a printed sheet in the order of the paper, its head before the questions."""
    title = _("Head of the form")
    return (Page("0", Text(title, title), None, False, head()), *questionnaire.paper)


def number(item: Item) -> str:
    """What is printed before a question: a number, or a letter at the head; a text has none."""
    return LETTERS.get(item.code) or str(item.no or "")


def blank(item: Item) -> tuple[str, ...]:
    """What is typed where the paper is blank: 9, unless a printed code begins with it; the first is shown."""
    return () if item.kind.is_text else _free(item, BLANK)


def two_marks(item: Item) -> tuple[str, ...]:
    """What is typed where two boxes are marked; none where several may be."""
    return _free(item, TWO_MARKS) if item.kind.is_single_choice else ()


def _free(item: Item, keys: tuple[str, ...]) -> tuple[str, ...]:
    taken = {str(code)[0] for code in item.choices} if item.kind.has_choices else set("0123456789")
    return tuple(key for key in keys if key not in taken)


def value(item: Item, typed: str) -> Any:
    """The value of the answers document; None if nothing, a blank or two marks were typed. A text that is a dash
    alone is a blank, too: a keyer types it so of every other question, and nobody wrote it."""
    if item.kind.is_text:
        return None if typed.strip() == NOTHING else typed
    typed = typed.strip()
    if not typed or typed in blank(item) or typed in two_marks(item):
        return None
    if item.kind.several:
        parts = [part for part in BETWEEN.split(typed) if part]
        if len(parts) == 1 and all(code < 10 for code in item.choices):
            parts = list(parts[0])
        return item.kind.read(item, parts)
    return item.kind.read(item, [typed])


def _head_of(heading: Sequence[Item], texts: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    heads = {item.code: _headed(item, texts[item.code]) for item in heading}
    wrong = [Problem(code, answer) for code, answer in heads.items() if isinstance(answer, Lazy)]
    return {code: answer for code, answer in heads.items() if not isinstance(answer, Lazy | None)}, wrong


def keyed(questionnaire: Questionnaire, typed: Mapping[str, str], heading: tuple[Item, ...] = ()) -> Keyed:
    """The form of which this was typed, by item code; `heading`: the items at the head of a printed sheet."""
    texts = {item.code: typed.get(item.code, "") for item in (*heading, *questionnaire.keyed)}
    checked = check(questionnaire, {item.code: value(item, texts[item.code]) for item in questionnaire.keyed})
    asked = asked_items(questionnaire, checked.answers)
    head, wrong = _head_of(heading, texts)
    beyond = [item for item in questionnaire.keyed if heading and _beyond(item, texts[item.code])]
    passed = {item.code for item in beyond}
    wanted = [item for item in questionnaire.keyed if item.no and item.code in asked]
    return Keyed(
        answers=checked.answers,
        problems=[*wrong, *(problem for problem in checked.problems if problem.code not in passed)],
        untyped=[item for item in (*heading, *wanted) if not texts[item.code].strip()],
        two=[item for item in (*heading, *questionnaire.keyed) if texts[item.code].strip() in two_marks(item)],
        unasked=[item for item in questionnaire.keyed if item.code in checked.answers and item.code not in asked],
        beyond=beyond,
        head=head,
    )


def _beyond(item: Item, typed: str) -> bool:
    """Whether a number was written that lies outside its limits."""
    if not item.kind.is_number:
        return False
    answer = value(item, typed)
    return type(answer) in (int, float) and isinstance(item.kind.check(item, answer), Lazy)


def _headed(item: Item, typed: str) -> Any:
    """What stands at the head; None if nothing does, what to correct where it can't be."""
    answer = value(item, typed)
    return None if answer is None else item.kind.check(item, answer)


NOTHING, TWO = "-", "*"


def one_form(item: Item, typed: str) -> str:
    """What was typed, in one form for all ways to type it: `-` blank, `*` two marks, else codes joined by `;`."""
    if typed.strip() in two_marks(item):
        return TWO
    answer = value(item, typed)
    if isinstance(answer, list):
        return ";".join(str(code) for code in sorted(set(answer))) or NOTHING
    return (
        NOTHING
        if answer is None
        else str(int(answer) if isinstance(answer, float) and answer == int(answer) else answer)
    )


def fields(questionnaire: Questionnaire, typed: Mapping[str, str]) -> dict[str, str]:
    """The fields of a printed sheet as they were typed, each in its one form, without free texts. A field is what
    had to be typed: the head, every numbered question that was asked, and what was typed besides."""
    heading = head()
    asked = asked_items(questionnaire, keyed(questionnaire, typed).answers)
    return {
        item.code: one_form(item, typed.get(item.code, ""))
        for item in (*heading, *questionnaire.keyed)
        if not item.kind.is_text
        and (item in heading or item.code in asked or typed.get(item.code, "").strip() not in ("", *blank(item)))
    }


def texts(questionnaire: Questionnaire, typed: Mapping[str, str]) -> dict[str, str]:
    """The free texts of what was typed."""
    return {
        item.code: typed[item.code]
        for item in questionnaire.keyed
        if item.kind.is_text and value(item, typed.get(item.code, ""))
    }


def described(item: Item) -> dict[str, Any]:
    """What the script of the keying page must know of an item."""
    return {
        "code": item.code,
        "no": number(item) or None,
        "several": item.kind.several,
        "is_text": item.kind.is_text,
        "short": str(item.short),
        "choices": [[code, str(text)] for code, text in item.choices.items()],
        "blank": blank(item),
        "two": two_marks(item),
        "limits": [item.minimum, item.maximum] if item.kind.is_number else None,
        "show_if": item.show_if.document if item.show_if else None,
        "beside": item.beside,
    }
