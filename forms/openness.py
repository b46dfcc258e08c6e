"""What of a questionnaire could identify a person, as data: the keys of an open file, their merged choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from forms.document import DocumentError, Part
from forms.grammar import one_of, rows_of, text
from forms.items import Item, Text
from forms.questionnaire import Questionnaire
from forms.supplement import supplement

FEWEST = 5  # people who are alike in an open file


@dataclass(frozen=True)
class Joined:
    """Several choices of a key that become one."""

    codes: tuple[int, ...]
    text: Text


@dataclass(frozen=True)
class Openness:
    """How the answers to a questionnaire are published.

    k       how many people must be alike in all keys
    keys    codes of items that others may know of somebody, the most needed first
    joined  key -> what its choices become, in order: codes 1, 2, …
    """

    k: int
    keys: tuple[str, ...]
    joined: Mapping[str, tuple[Joined, ...]] = field(default_factory=dict)


@cache
def of(questionnaire: Questionnaire) -> Openness:
    """What its supplement says; else every question with one choice that is no scale is a key."""
    part = supplement(questionnaire, "open")
    if part is not None:
        return openness(part, questionnaire.items)
    items = questionnaire.items.values()
    return Openness(
        FEWEST, tuple(item.code for item in items if item.kind.is_single_choice and not item.kind.is_scale)
    )


def openness(part: Part, items: Mapping[str, Item]) -> Openness:
    """The part `open` of such a file."""
    parts = part.table("k keys", "join")
    keys = tuple(
        one_of(row, [item.code for item in items.values() if item.choices]) for row in parts["keys"].rows()
    )
    joined = {}
    for row in rows_of(parts, "join"):
        own = row.table("item as")
        item = items[one_of(own["item"], keys)]
        groups = []
        for group in own["as"].rows():
            inner = group.table("codes text")
            codes = tuple(code.whole(0, 9999) for code in inner["codes"].rows())
            groups.append(Joined(codes, text(inner["text"])))
        listed = sorted(code for one in groups for code in one.codes)
        if listed != sorted(item.choices):
            raise DocumentError("Name each choice of %(code)s once.", own["as"], code=item.code)
        joined[item.code] = tuple(groups)
    return Openness(parts["k"].whole(2, 100), keys, joined)
