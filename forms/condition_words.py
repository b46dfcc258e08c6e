"""A condition read back as a sentence: when a question is asked."""

from __future__ import annotations

from collections.abc import Mapping

from forms.items import Condition, Item
from translations import gettext as _


def sentence(condition: Condition, items: Mapping[str, Item]) -> str:
    """When it holds, by the short names of questions and the words of choices, in the language of the moment."""
    return _("Asked if %(condition)s.", condition=_clause(condition, items))


def _clause(condition: Condition, items: Mapping[str, Item], denied: bool = False) -> str:
    if condition.how == "item":
        return _one(condition, items[condition.item], denied)
    if condition.how == "not" and condition.parts[0].how in ("item", "not"):
        return _clause(condition.parts[0], items, not denied)
    if denied or condition.how == "not":
        inner = condition if denied else condition.parts[0]
        return _("it is not so that %(condition)s", condition=_clause(inner, items))
    parts = [_clause(part, items) if _is_short(part) else f"({_clause(part, items)})" for part in condition.parts]
    return (_(" and ") if condition.how == "all" else _(" or ")).join(parts)


def _is_short(condition: Condition) -> bool:
    """Whether it is about one item, so that it needs no brackets among others."""
    return condition.how == "item" or (condition.how == "not" and _is_short(condition.parts[0]))


def _one(condition: Condition, item: Item, denied: bool) -> str:
    *others, last = [f"“{item.choices[value]}”" for value in condition.values]
    choices = _(" or ").join([", ".join(others), last] if others else [last])
    values = {"question": item.short, "choices": choices}
    if item.kind.several:
        if denied:
            return _("“%(question)s” does not include %(choices)s", **values)
        return _("“%(question)s” includes %(choices)s", **values)
    if denied:
        return _("“%(question)s” is not %(choices)s", **values)
    return _("“%(question)s” is %(choices)s", **values)
