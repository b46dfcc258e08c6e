"""Keying: what a clerk types of one paper form, read into an answers document.

An answer is typed as the code that is printed beside it. Two keys stand for what is no answer: the paper is
blank or can't be read, and two boxes of one question are marked. Both are left out of the answers document;
they differ for the clerk alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forms import Item, Problem, Questionnaire, check, read, shown

BLANK = ("9", "-")
TWO_MARKS = ("8", "*")
BETWEEN = re.compile(r"[;,.\s]+")


@dataclass(frozen=True)
class Keyed:
    """One form as it was typed.

    answers   what holds, as `forms.check` gives it
    problems  what can't be an answer; the form can't be kept with it
    untyped   numbered items for which nothing was typed, not even that the paper is blank
    two       items with two marks
    unasked   items answered although their condition does not hold: kept as written
    """

    answers: dict[str, Any]
    problems: list[Problem]
    untyped: list[Item]
    two: list[Item]
    unasked: list[Item]


def blank(item: Item) -> tuple[str, ...]:
    """What is typed where the paper is blank: 9, unless a printed code begins with it; the first is shown."""
    return () if item.kind == "text" else _free(item, BLANK)


def two_marks(item: Item) -> tuple[str, ...]:
    """What is typed where two boxes are marked; none where several may be."""
    return _free(item, TWO_MARKS) if item.kind in ("single", "scale") else ()


def _free(item: Item, keys: tuple[str, ...]) -> tuple[str, ...]:
    taken = set("0123456789") if item.kind == "number" else {str(code)[0] for code in item.choices}
    return tuple(key for key in keys if key not in taken)


def value(item: Item, typed: str) -> Any:
    """The value of the answers document; None where nothing, a blank or two marks were typed."""
    if item.kind == "text":
        return typed
    typed = typed.strip()
    if not typed or typed in blank(item) or typed in two_marks(item):
        return None
    if item.kind == "multiple":
        parts = [part for part in BETWEEN.split(typed) if part]
        if len(parts) == 1 and all(code < 10 for code in item.choices):
            parts = list(parts[0])
        return read(item, parts)
    return read(item, [typed])


def keyed(questionnaire: Questionnaire, typed: Mapping[str, str]) -> Keyed:
    """The form of which this was typed, by item code."""
    texts = {item.code: typed.get(item.code, "") for item in questionnaire.keyed}
    checked = check(questionnaire, {item.code: value(item, texts[item.code]) for item in questionnaire.keyed})
    asked = shown(questionnaire, checked.answers)
    return Keyed(
        answers=checked.answers,
        problems=checked.problems,
        untyped=[
            item for item in questionnaire.keyed if item.no and item.code in asked and not texts[item.code].strip()
        ],
        two=[item for item in questionnaire.keyed if texts[item.code].strip() in two_marks(item)],
        unasked=[item for item in questionnaire.keyed if item.code in checked.answers and item.code not in asked],
    )


def described(item: Item) -> dict[str, Any]:
    """What the script of the keying page must know of an item."""
    return {
        "code": item.code,
        "no": item.no,
        "kind": item.kind,
        "short": str(item.short),
        "choices": [[code, str(text)] for code, text in item.choices.items()],
        "blank": blank(item),
        "two": two_marks(item),
        "limits": [item.minimum, item.maximum],
        "show_if": item.show_if.document if item.show_if else None,
        "beside": item.beside,
    }
