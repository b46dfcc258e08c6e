"""What every part of a document is made of: texts in two languages, choices, and conditions on other items."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Literal, TypeVar

from forms.document import DocumentError, Part
from forms.items import Condition, Item, Text

T = TypeVar("T")

CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
OWN = ("vi", "en")  # every text is in both
CHOICE = re.compile(r"0|[1-9][0-9]{0,3}")
LONGEST = 2000


def maybe(parts: Mapping[str, Part], key: str, make: Callable[[Part], T]) -> T | None:
    """What `make` makes of a part, if there is one."""
    return make(parts[key]) if key in parts else None


def rows_of(parts: Mapping[str, Part], key: str) -> list[Part]:
    return parts[key].rows() if key in parts else []


def text(part: Part, join: Callable[[str], str] = str) -> Text:
    for language in OWN:
        if language not in part.entries():
            raise DocumentError(
                "Write this text in %(language)s too: each text has vi and en.", part, language=language
            )
    parts = part.table(" ".join(OWN), " ".join(part.languages))
    more = {code: parts[code].string(LONGEST) for code in part.languages if code in parts}
    return Text(join(parts["vi"].string(LONGEST)), parts["en"].string(LONGEST), MappingProxyType(more))


def choices(part: Part, fewest: int = 2) -> Mapping[int, Text]:
    """Texts by code."""
    texts = {}
    for key, words in part.entries().items():
        if not CHOICE.fullmatch(key):
            raise DocumentError("Number the choices with whole numbers from 0 to 9999.", words)
        texts[int(key)] = text(words)
    if len(texts) < fewest:
        raise DocumentError("Add a choice: at least %(fewest)s are needed.", part, fewest=fewest)
    return texts


def one_of(part: Part, names: Iterable[str]) -> str:
    """A name used elsewhere in the document; the refusal of a wrong one names the nearest."""
    name = part.string(LONGEST)
    if name in (names := list(names)):
        return name
    if near := difflib.get_close_matches(name[:40], names, 1):
        raise DocumentError("Write %(near)s instead of %(given)s.", part, near=near[0], given=name[:40])
    raise DocumentError("Write one of %(names)s here.", part, names=", ".join(names[:20]) or "–")


def condition(part: Part, before: Mapping[str, Item]) -> Condition:
    """A condition on earlier items, so that it can be decided page by page."""
    if "item" in part.entries():
        parts = part.table("item any")
        item = chosen(parts["item"], before)
        values = tuple(choice(row, item, item.choices) for row in parts["any"].rows())
        return Condition("item", item=item.code, values=values)
    if len(part.entries()) != 1:
        raise DocumentError("Write one of `item` and `any`, `all`, `any`, `not` here.", part)
    parts = part.table("", "all any not")
    if "not" in parts:
        return Condition("not", parts=(condition(parts["not"], before),))
    how: Literal["all", "any"] = "all" if "all" in parts else "any"
    return Condition(how, parts=tuple(condition(row, before) for row in parts[how].rows()))


def chosen(part: Part, before: Mapping[str, Item]) -> Item:
    """An item with choices that comes before this place."""
    code = part.string(LONGEST)
    if code not in before:
        raise DocumentError(
            "Name an item that comes earlier: %(code)s does not stand before this one.", part, code=code[:40]
        )
    if not before[code].choices:
        raise DocumentError("Name an item with choices: %(code)s has none.", part, code=code)
    return before[code]


def choice(part: Part, item: Item, among: Collection[int]) -> int:
    """A code out of those of an item."""
    code = part.whole(0, 9999)
    if code not in among:
        raise DocumentError(
            "Write one of %(choices)s here: these are the choices of %(item)s.",
            part,
            choices=", ".join(map(str, among)) or "–",
            item=item.code,
        )
    return code
