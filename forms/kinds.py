"""The kinds of question, each with what counts as an answer to it. Nothing else compares a kind with a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from forms.items import Item, Kind
from translations import N_, Lazy, Refusal
from translations.formats import nfc

WHOLE = re.compile(r"-?[0-9]{1,15}")
DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")
# Characters of which one may be made that NFC writes as one.
SPREAD = 4
# What can't be stored or printed: control characters but for the line break and the tab, and half characters.
UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def check_choice(item: Item, value: Any) -> Any:
    """The code of a choice or a level. `True` and `1.0` equal 1, and are none."""
    if type(value) is int and value in item.choices:
        return value
    if isinstance(value, list):
        return Lazy("Choose only one answer: %(choices)s.", choices=_codes(item))
    return Lazy("Choose one of the answers offered: %(choices)s.", choices=_codes(item))


def check_choices(item: Item, value: Any) -> Any:
    """A list of codes, in the order of the choices."""
    if not isinstance(value, list):
        return Lazy("Send the choices as a list, even a single one: %(choices)s.", choices=_codes(item))
    if not all(type(code) is int and code in item.choices for code in value):
        return Lazy("Choose among the answers offered: %(choices)s.", choices=_codes(item))
    if len(set(value)) < len(value):
        return Lazy("Choose each answer once: one of them is there twice.")
    return sorted(value)


def check_number(item: Item, value: Any) -> Any:
    """A number within the limits; whole numbers without a decimal point."""
    limits = {"minimum": item.minimum, "maximum": item.maximum}
    if type(value) not in (int, float) or not item.minimum <= value <= item.maximum:  # type: ignore[operator]
        return Lazy("Enter a number from %(minimum)s to %(maximum)s, with a point for decimals.", **limits)
    return int(value) if value == int(value) else value


def check_text(item: Item, value: Any) -> Any:
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


def _codes(item: Item) -> str:
    return ", ".join(map(str, item.choices))


def read_choice(_item: Item, texts: Sequence[str]) -> Any:
    """A whole number where the text is one; any other text stays, to be refused; several are a list."""
    return _whole(texts[0]) if len(texts) == 1 else _one_or_list(map(_whole, texts))


def read_choices(_item: Item, texts: Sequence[str]) -> Any:
    """Several choices come as several texts or separated by `;`."""
    codes = [_whole(part) for text in texts for part in text.split(";")]
    return [code for code in codes if code is not None]


def read_number(_item: Item, texts: Sequence[str]) -> Any:
    return _one_or_list(map(_decimal, texts))


def read_text(_item: Item, texts: Sequence[str]) -> Any:
    return texts[0] if len(texts) == 1 else [*texts] or None


def _whole(text: str) -> int | str | None:
    text = text.strip()
    return int(text) if WHOLE.fullmatch(text) else text or None


def _decimal(text: str) -> int | float | str | None:
    text = text.strip()
    return float(text) if DECIMAL.fullmatch(text) else _whole(text)


def _one_or_list(values: Iterable[Any]) -> Any:
    given = [value for value in values if value is not None]
    return given if len(given) > 1 else next(iter(given), None)


SINGLE = Kind(
    "single", check_choice, read_choice, "choices", "missing", has_choices=True, words=N_("One of the choices")
)
MULTIPLE = Kind(
    "multiple", check_choices, read_choices, "choices", has_choices=True, several=True, words=N_("Several choices")
)
SCALE = Kind(
    *("scale", check_choice, read_choice, "scale", "missing"),
    has_choices=True,
    is_scale=True,
    words=N_("A level of a scale"),
)
NUMBER = Kind("number", check_number, read_number, "minimum maximum", is_number=True, words=N_("A number"))
TEXT = Kind("text", check_text, read_text, "", "max_length beside", is_text=True, words=N_("One's own words"))
KINDS = {kind.name: kind for kind in (SINGLE, MULTIPLE, SCALE, NUMBER, TEXT)}
