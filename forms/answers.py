"""The one validation of an answers document, whatever door it comes through, and which items it was asked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forms.items import ONE, Item
from forms.questionnaire import Questionnaire
from translations import Lazy, Refusal
from translations.formats import nfc

BLANK: tuple[object, ...] = (None, "", [])
# Of many unknown codes so many are named; the rest is counted.
NAMED = 10

WHOLE = re.compile(r"-?[0-9]{1,15}")
DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
# Characters of which one letter may be made that NFC writes as one.
SPREAD = 4
# What can't be stored or printed: control characters but for the line break and the tab, and half characters.
UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Problem:
    """What to correct, at which item; `code` is None where it is the whole document."""

    code: str | None
    message: Lazy

    def __str__(self) -> str:
        return str(self.message)


@dataclass(frozen=True, slots=True)
class Checked:
    """The answers that hold, in the order of the items and in one form, and what is wrong with the others."""

    answers: dict[str, Any]
    problems: list[Problem]


def check(questionnaire: Questionnaire, answers: object) -> Checked:
    """The answers document in its one form, with a problem for each answer that doesn't hold.

    Any value may come in; nothing is raised. null, an empty text and an empty list are left out: not answered.
    An answer to an item that its condition hides is kept as given: `shown` tells it from the others.
    """
    if not isinstance(answers, dict):
        return Checked({}, [Problem(None, Lazy("Send the answers as an object: item codes with their values."))])
    kept: dict[str, Any] = {}
    problems: list[Problem] = []
    known = 0
    for code, item in questionnaire.items.items():
        if code not in answers:
            continue
        known += 1
        value = answers[code]
        if type(value) is int and item.kind in ONE and value in item.choices:  # as nearly every answer
            kept[code] = value
            continue
        if value in BLANK:
            continue
        value = RULES[item.kind](item, value)
        if isinstance(value, Lazy):
            problems.append(Problem(code, value))
        elif value is not None:
            kept[code] = value
    if known < len(answers):
        problems += unknown(questionnaire, [code for code in answers if code not in questionnaire.items])
    return Checked(kept, problems)


def one(item: Item, value: Any) -> Any:
    """The code of a choice or a level. `True` and `1.0` equal 1, and are none."""
    if type(value) is int and value in item.choices:
        return value
    if isinstance(value, list):
        return Lazy("Choose only one answer: %(choices)s.", choices=codes(item))
    return Lazy("Choose one of the answers offered: %(choices)s.", choices=codes(item))


def several(item: Item, value: Any) -> Any:
    """A list of codes, in the order of the choices."""
    if not isinstance(value, list):
        return Lazy("Send the choices as a list, even a single one: %(choices)s.", choices=codes(item))
    if not all(type(code) is int and code in item.choices for code in value):
        return Lazy("Choose among the answers offered: %(choices)s.", choices=codes(item))
    if len(set(value)) < len(value):
        return Lazy("Choose each answer once: one of them is there twice.")
    return sorted(value)


def amount(item: Item, value: Any) -> Any:
    """A number within the limits; whole numbers without a decimal point."""
    limits = {"minimum": item.minimum, "maximum": item.maximum}
    if type(value) not in (int, float) or not item.minimum <= value <= item.maximum:  # type: ignore[operator]
        return Lazy("Enter a number from %(minimum)s to %(maximum)s, with a point for decimals.", **limits)
    return int(value) if value == int(value) else value


def words(item: Item, value: Any) -> Any:
    """A text in NFC without outer space; only space is no answer."""
    if not isinstance(value, str):
        return Lazy("Write this answer as a text.")
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    if UNWRITABLE.search(value):
        return Lazy("Type this text again by hand: it contains characters that cannot be shown.")
    value, most = value.strip(), item.max_length or 0
    try:
        # Its length first: whatever is far too long is looked at no further.
        value = nfc(value).strip() if len(value) <= SPREAD * most else value
    except Refusal as refusal:
        return Lazy(refusal.message, **refusal.values)
    if len(value) > most:
        return Lazy(
            "Shorten this text to %(most)s characters; it has %(length)s now.",
            most=most,
            length=len(value),
        )
    return value or None


# What counts as an answer to each kind: the value in its one form, None for a blank, or what to correct.
RULES: dict[str, Callable[[Item, Any], Any]] = {
    "single": one,
    "multiple": several,
    "scale": one,
    "number": amount,
    "text": words,
}


def codes(item: Item) -> str:
    return ", ".join(map(str, item.choices))


def unknown(questionnaire: Questionnaire, given: Sequence[object]) -> list[Problem]:
    """What to do with the codes that the questionnaire doesn't have."""
    problems = []
    for code in given[:NAMED]:
        name = code[:40].encode(errors="replace").decode() if isinstance(code, str) else "?"
        if near := difflib.get_close_matches(name, questionnaire.items, 1):
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
    given: dict[str, Any] = {}
    items, one_of = questionnaire.items, questionnaire.one_of
    for code, texts in fields:
        if code in one_of and len(texts) == 1 and (choice := one_of[code].get(texts[0])) is not None:
            given[code] = choice  # as nearly every field
        elif code in items:
            given[code] = read(items[code], texts)
    return given


def read(item: Item, texts: Sequence[str]) -> Any:
    """A posted field or a cell of a data file as a value of the answers document.

    A number is read where the text is one; any other text stays as it is, for `check` to refuse. Several choices
    come as several texts or separated by `;`.
    """
    if item.kind == "text":
        return texts[0] if len(texts) == 1 else [*texts] or None
    if item.kind == "multiple":
        texts = [part for text in texts for part in text.split(";")]
    elif len(texts) == 1:
        return value(texts[0], item.kind == "number")
    values = [found for text in texts if (found := value(text, item.kind == "number")) is not None]
    return values if item.kind == "multiple" or len(values) > 1 else next(iter(values), None)


def value(text: str, decimals: bool) -> int | float | str | None:
    text = text.strip()
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if decimals and DECIMAL.fullmatch(text) else text or None


def shown(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> set[str]:
    """The codes of the items that are asked, given these answers.

    Going forward: an answer to an item that is itself not asked counts for no condition.
    """
    asked: dict[str, Any] = {}
    codes = set()
    for code, item in questionnaire.items.items():
        if item.show_if is None or item.show_if.holds(asked):
            codes.add(code)
            if code in answers:
                asked[code] = answers[code]
    return codes
