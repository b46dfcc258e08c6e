"""The one validation of an answers document, wherever it comes from, and which items are asked."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forms.questionnaire import Questionnaire
from translations import Lazy

BLANK: tuple[object, ...] = (None, "", [])
# Of many unknown codes so many are named; the rest is counted.
NAMED = 10
CLOSE = 0.9  # how alike a code must be to be taken for a slip: one letter of a long one


@dataclass(frozen=True, slots=True)
class Problem:
    """What to correct, at which item; `code` is None if it is the whole document."""

    code: str | None
    message: Lazy

    def __str__(self) -> str:
        return str(self.message)


@dataclass(frozen=True, slots=True)
class Checked:
    """The valid answers, in the order of the items and in canonical form, and what is wrong with the others."""

    answers: dict[str, Any]
    problems: list[Problem]


def check(questionnaire: Questionnaire, answers: object) -> Checked:
    """The answers document in its canonical form, with a problem for each answer that is not valid.

    Takes any value and raises nothing. null, an empty text and an empty list are left out: not answered. An answer
    to an item that its condition hides stays; `asked_items` tells it from the others.
    """
    if not isinstance(answers, dict):
        return Checked({}, [Problem(None, Lazy("Send the answers as an object: item codes with their values."))])
    valid: dict[str, Any] = {}
    problems: list[Problem] = []
    known = {code: item for code, item in questionnaire.items.items() if code in answers}
    for code, item in known.items():
        value = None if answers[code] in BLANK else item.kind.check(item, answers[code])
        if isinstance(value, Lazy):
            problems.append(Problem(code, value))
        elif value is not None:
            valid[code] = value
    if len(known) < len(answers):
        problems += unknown(questionnaire, [code for code in answers if code not in questionnaire.items])
    return Checked(valid, problems)


def unknown(questionnaire: Questionnaire, given: Sequence[object]) -> list[Problem]:
    """What to do with the codes that the questionnaire doesn't have."""
    problems = []
    for code in given[:NAMED]:
        name = code[:40].encode(errors="replace").decode() if isinstance(code, str) else "?"
        if near := difflib.get_close_matches(name, questionnaire.items, 1, CLOSE):
            message = Lazy("Write %(near)s instead of %(given)s.", near=near[0], given=name)
        else:
            message = Lazy("Take out %(code)s: this questionnaire has no such item.", code=name)
        problems.append(Problem(name, message))
    if len(given) > NAMED:
        more = len(given) - NAMED
        problems.append(Problem(None, Lazy("Take out the other %(more)s codes that it does not have.", more=more)))
    return problems


def posted(questionnaire: Questionnaire, fields: Iterable[tuple[str, Sequence[str]]]) -> dict[str, Any]:
    """The fields of a form that are items, read as an answers document."""
    items = questionnaire.items
    return {code: items[code].kind.read(items[code], texts) for code, texts in fields if code in items}


def asked_items(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> set[str]:
    """The codes of the items that are asked, given these answers. Going forward: an answer to an item that is
    itself not asked counts for no condition."""
    asked: dict[str, Any] = {}
    codes = set()
    for code, item in questionnaire.items.items():
        if item.show_if is None or item.show_if.holds(asked):
            codes.add(code)
            if code in answers:
                asked[code] = answers[code]
    return codes
