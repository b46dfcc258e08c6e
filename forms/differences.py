"""What a version of a questionnaire says otherwise than another one, text by text."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from forms import condition_words
from forms.items import Item, Text
from forms.questionnaire import Page, Questionnaire
from translations import gettext, speaking

# What an item is beside its texts, as values to compare; a condition by what it looks at, however that is called.
FACTS: Mapping[str, Callable[[Item], object]] = {
    "kind": lambda item: item.kind,
    "show_if": lambda item: item.show_if and item.show_if.document,
    "limits": lambda item: (item.minimum, item.maximum),
    "sensitive": lambda item: item.sensitive,
}
WORD = re.compile(r"\S+|\s+")
Place = Item | Page | Questionnaire
# Parts of an item of which another word may mean another question.
MEANING = frozenset({"label", "hint", "kind", "choice", "show_if", "limits"})


@dataclass(frozen=True)
class Said:
    """One thing that is said otherwise.

    part    what it is of its place: label, hint, choice, kind …
    choice  the code, of a choice
    before  what was said; None where nothing was
    now     what is said; None where nothing is any more
    """

    part: str
    before: Text | None
    now: Text | None
    choice: int | None = None

    @property
    def is_in_meaning(self) -> bool:
        """Whether the Vietnamese question may mean something else by it."""
        same = self.before is not None and self.now is not None and self.before.vi == self.now.vi
        return self.part in MEANING and not same


@dataclass(frozen=True)
class Difference:
    """A place at which two versions differ.

    place  `head`, `page` or `item`
    code   in the later version; of what is gone, in the earlier one
    was    the code in the earlier version; "" where there was none
    what   `added`, `gone`, `recoded` (another code for the same question) or `changed`
    """

    place: Literal["head", "page", "item"]
    code: str
    was: str
    what: Literal["added", "gone", "recoded", "changed"]
    said: tuple[Said, ...]

    @property
    def asks(self) -> bool:
        """Whether somebody must say if figures of the two can be compared."""
        if self.place != "item" or self.what in ("added", "gone"):
            return False
        return self.what == "recoded" or any(one.is_in_meaning for one in self.said)


def between(old: Questionnaire, new: Questionnaire) -> tuple[Difference, ...]:
    """What differs, in the order of the new version; what is gone comes last."""
    return (*_head(old, new), *_counted(old, new), *_pages(old, new), *_items(old, new))


def words(before: str, now: str) -> tuple[list[tuple[bool, str]], list[tuple[bool, str]]]:
    """Both texts in pieces, each with whether the other one has it too."""
    sides = WORD.findall(before), WORD.findall(now)
    pieces: tuple[list[tuple[bool, str]], list[tuple[bool, str]]] = ([], [])
    matcher = difflib.SequenceMatcher(None, *sides, autojunk=False)
    for how, start, end, first, last in matcher.get_opcodes():
        for pieces_of, side, span in zip(pieces, sides, ((start, end), (first, last)), strict=True):
            if text := "".join(side[slice(*span)]):
                pieces_of.append((how == "equal", text))
    return pieces


def _head(old: Questionnaire, new: Questionnaire) -> Iterator[Difference]:
    for name in ("title", "purpose", "consent"):
        if said := _texts((name,), old, new):
            yield Difference("head", name, name, "changed", said)


def _counted(old: Questionnaire, new: Questionnaire) -> Iterator[Difference]:
    """Whom the two ask, and what counts for their index by which scores."""
    for code, facts in (("population", _population), ("index", _index)):
        before, now = facts(old), facts(new)
        keys = dict.fromkeys((*before, *now))
        said = [Said(key[0], before.get(key), now.get(key)) for key in keys if before.get(key) != now.get(key)]
        if said:
            yield Difference("head", code, code, "changed", tuple(said))


def _population(asked: Questionnaire) -> dict[tuple[str, str], Text]:
    said = []
    for language in ("vi", "en"):
        with speaking(language):
            said.append(gettext(asked.population.label))
    called = {("people", ""): asked.people} if asked.people else {}
    sizes = {
        ("group", one.code): Text(f"{one.name.vi}: {one.size}", f"{one.name.en}: {one.size}")
        for one in asked.groups
    }
    return {("population", ""): Text(said[0], said[1]), **called, **sizes}


def _index(asked: Questionnaire) -> dict[tuple[str, str], Text]:
    """What the index says, by part and code: its name, each factor with its items, each rule with its scores."""
    index = asked.index
    if index is None:
        return {}
    holds = index.rules[index.rule].label
    found = {("title", ""): index.title, ("holds", ""): holds}
    for area in index.areas:
        found["area", area.code] = area.label
        for factor in area.factors:
            items = ", ".join(factor.items)
            found["factor", factor.code] = Text(f"{factor.label.vi} ({items})", f"{factor.label.en} ({items})")
    for name, rule in index.rules.items():
        tables = {asked.items[item].scale: scores for item, scores in rule.scores.items()}
        scores = "; ".join(
            f"{scale}: " + " · ".join(f"{level} → {worth:g}" for level, worth in table.items())
            for scale, table in sorted(tables.items(), key=str)
        )
        found["rule", name] = Text(f"{rule.label.vi} ({scores.replace('.', ',')})", f"{rule.label.en} ({scores})")
    return found


def _pages(old: Questionnaire, new: Questionnaire) -> Iterator[Difference]:
    before, now = ({page.code: page for page in one.pages} for one in (old, new))
    for code, page in now.items():
        if code not in before:
            yield Difference("page", code, "", "added", (Said("title", None, page.title),))
        elif said := _texts(("title", "intro"), before[code], page):
            yield Difference("page", code, code, "changed", said)
    for code, page in before.items():
        if code not in now:
            yield Difference("page", code, code, "gone", (Said("title", page.title, None),))


def _items(old: Questionnaire, new: Questionnaire) -> Iterator[Difference]:
    renamed = _renamed(old, new)
    for code, item in new.items.items():
        was = old.items.get(code) or old.items.get(renamed.get(code, ""))
        if was is None:
            yield Difference("item", code, "", "added", (Said("label", None, item.label),))
            continue
        said = tuple(_item(was, item, old.items, new.items))
        if code in renamed:
            yield Difference("item", code, was.code, "recoded", said)
        elif said:
            yield Difference("item", code, was.code, "changed", said)
    for code, item in old.items.items():
        if code not in new.items and code not in renamed.values():
            yield Difference("item", code, code, "gone", (Said("label", item.label, None),))


def _renamed(old: Questionnaire, new: Questionnaire) -> dict[str, str]:
    """New code -> old code of questions that are the same, word by word."""
    free = {(item.kind, item.label.vi): code for code, item in old.items.items() if code not in new.items}
    return {
        code: free[item.kind, item.label.vi]
        for code, item in new.items.items()
        if code not in old.items and (item.kind, item.label.vi) in free
    }


def _item(was: Item, item: Item, old: Mapping[str, Item], new: Mapping[str, Item]) -> Iterator[Said]:
    yield from _texts(("label", "short", "hint", "reason"), was, item)
    for code in sorted({*was.choices, *item.choices}):
        before, now = was.choices.get(code), item.choices.get(code)
        if before != now or (code in was.missing) != (code in item.missing):
            yield Said("choice", before, now, code)
    for name, fact in FACTS.items():
        if fact(was) != fact(item):
            yield Said(name, _in_both(name, was, old), _in_both(name, item, new))


def _texts(names: tuple[str, ...], old: Place, new: Place) -> tuple[Said, ...]:
    pairs = [(name, getattr(old, name), getattr(new, name)) for name in names]
    return tuple(Said(name, before, now) for name, before, now in pairs if _plain(before) != _plain(now))


def _plain(text: Text | None) -> tuple[str, ...] | None:
    """A text without the spaces that join words, which a later version may have listed."""
    if text is None:
        return None
    said = (text.vi, text.en, *(f"{code}:{one}" for code, one in sorted(text.more.items())))
    return tuple(one.replace("\N{NO-BREAK SPACE}", " ") for one in said)


def _in_both(name: str, item: Item, items: Mapping[str, Item]) -> Text | None:
    """A fact of an item in words, in both languages; None if there is nothing to say."""
    said = []
    for language in ("vi", "en"):
        with speaking(language):
            said.append(_in_words(name, item, items))
    return Text(said[0], said[1]) if said[0] else None


def _in_words(name: str, item: Item, items: Mapping[str, Item]) -> str:
    if name == "kind":
        return gettext(item.kind.words) if item.kind.words else item.kind.name
    if name == "sensitive":
        return gettext("asked apart, as sensitive") if item.sensitive else ""
    if name == "limits":
        return (
            f"{item.minimum:g} – {item.maximum:g}" if item.minimum is not None and item.maximum is not None else ""
        )
    return condition_words.sentence(item.show_if, items) if item.show_if else ""
