"""A questionnaire: its pages and items, its index, and the digest that identifies a version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from forms.items import Condition, Item, Text
from forms.populations import CITIZENS, Population


@dataclass(frozen=True)
class Page:
    """A block of the questionnaire. `together`: its items, all on one scale, are the rows of one screen."""

    code: str
    title: Text
    intro: Text | None
    together: bool
    items: tuple[Item, ...]

    def by_touch(self, screen: tuple[Item, ...]) -> bool:
        """Whether one touch answers a screen of the page and goes on: a single scale, with nothing sensitive."""
        return len(screen) == 1 and screen[0].scale is not None and not screen[0].sensitive

    @property
    def screens(self) -> tuple[tuple[Item, ...], ...]:
        """The items by screen: all of them on one if `together`, else each with its text."""
        if self.together:
            return (self.items,)
        screens = {item.code: [item] for item in self.items if item.beside is None}
        for item in self.items:
            if item.beside is not None:
                screens[item.beside].append(item)
        return tuple(tuple(screen) for screen in screens.values())


@dataclass(frozen=True)
class Rule:
    """The worth of each level, in 0…1, which is all in which the share of satisfied answers and the mean differ.

    scores  item of the index -> level of its scale -> worth
    """

    name: str
    label: Text
    scores: Mapping[str, Mapping[int, float]] = field(hash=False)

    @property
    def tables(self) -> dict[tuple[tuple[int, float], ...], tuple[str, ...]]:
        """Each table of worths once, with the items that it scores."""
        items: dict[tuple[tuple[int, float], ...], tuple[str, ...]] = {}
        for item, scores in self.scores.items():
            table = tuple(scores.items())
            items[table] = (*items.get(table, ()), item)
        return items

    @property
    def is_share(self) -> bool:
        """Whether an answer counts as satisfied or not, with nothing between."""
        return all(worth in (0, 1) for scores in self.scores.values() for worth in scores.values())

    def satisfied(self, item: str) -> tuple[int, ...]:
        """The levels of an item that count as satisfied."""
        return tuple(level for level, worth in self.scores[item].items() if worth == 1)


@dataclass(frozen=True)
class Factor:
    code: str
    label: Text
    items: tuple[str, ...]


@dataclass(frozen=True)
class Area:
    code: str
    label: Text
    factors: tuple[Factor, ...]


@dataclass(frozen=True)
class Index:
    """The satisfaction index: which items it pools, in which areas and factors, and by which rule.

    rule    the name of the rule that holds unless another one is asked for
    """

    title: Text
    rule: str
    rules: Mapping[str, Rule] = field(hash=False)
    areas: tuple[Area, ...]

    def codes(self) -> dict[str, tuple[str, ...]]:
        """The items under `index`, `index:CS`, `index:CS.A` …, each area before its factors."""
        codes: dict[str, tuple[str, ...]] = {"index": ()}
        for area in self.areas:
            codes[f"index:{area.code}"] = tuple(item for factor in area.factors for item in factor.items)
            codes["index"] += codes[f"index:{area.code}"]
            codes.update({f"index:{factor.code}": factor.items for factor in area.factors})
        return codes

    def label(self, code: str) -> Text:
        """The name of one of `codes()`."""
        labels = {"index": self.title}
        for area in self.areas:
            labels[f"index:{area.code}"] = area.label
            labels.update({f"index:{factor.code}": factor.label for factor in area.factors})
        return labels[code]


@dataclass(frozen=True)
class Headline:
    """An answer whose share is reported first: `value` of `item`, under a name of its own. `none` is the item's
    value that says "no case": the only one that a whole group may be shown to have given."""

    item: str
    value: int
    none: int
    name: Text


@dataclass(frozen=True)
class OneTap:
    """What a kiosk asks with one touch, before all else.

    answer    the item whose five levels are faces
    why       the item that asks for a reason, by pictures
    pictures  choice of `why` -> the name of its picture
    """

    answer: str
    why: str
    pictures: Mapping[int, str] = field(hash=False)


@dataclass(frozen=True)
class Contradiction:
    """Answers that can hardly be true together: the condition `when`, and what it `says`. It refuses nothing."""

    code: str
    when: Condition
    says: Text


@dataclass(frozen=True)
class Quality:
    """The checks of the answers after they are in.

    contradictions  looked for in each response
    again           the items that a re-interview asks a second time
    """

    contradictions: tuple[Contradiction, ...] = ()
    again: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """People who are asked as a group, and how many there are of them."""

    code: str
    name: Text
    size: int


@dataclass(frozen=True, eq=False)
class Questionnaire:
    """A version of a questionnaire; two are equal when their documents are.

    population whom it asks; citizens, where its document doesn't say
    people     what pages and reports call them: people served, businesses; None: as is usual
    groups     of a population in groups, those with which a wave begins; none: each wave gets them by a file
    pages      in the order of the screens
    paper      the same pages in the order of the paper form
    items      code -> item, in the order of the screens
    written    the document in its canonical form
    quality    None if the document says nothing of it: then `quality.of` knows
    one_tap    what a kiosk asks with one touch; None where it begins with a button
    open_rows  whether its consent says that anonymised rows may be published, and not figures of groups alone
    languages  further languages in which it may have texts: code -> what it calls itself
    join       keeps the syllables of the words that the document lists on one line. Questions and hints come
               joined; choices and titles, which tables show too, are joined by the page that draws them.
    """

    code: str
    version: int
    title: Text
    purpose: Text
    consent: Text
    pages: tuple[Page, ...]
    paper: tuple[Page, ...]
    items: Mapping[str, Item]
    index: Index | None
    headlines: tuple[Headline, ...]
    written: str
    languages: Mapping[str, str] = field(default_factory=dict)
    join: Callable[[str], str] = str
    quality: Quality | None = None
    one_tap: OneTap | None = None
    open_rows: bool = False
    population: Population = CITIZENS
    people: Text | None = None
    groups: tuple[Group, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.code}@{self.version}"

    @cached_property
    def keyed(self) -> tuple[Item, ...]:
        """The items in the order of the paper form."""
        return tuple(item for page in self.paper for item in page.items)

    @cached_property
    def stems(self) -> Mapping[str, Text]:
        """Code of an item that is a row of one screen -> the question above the rows."""
        asked = [(item.code, page.intro) for page in self.pages if page.together for item in page.items]
        return {code: intro for code, intro in asked if intro is not None}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical form: what a response names as the version that it answered."""
        return hashlib.sha256(self.written.encode()).hexdigest()

    @property
    def document(self) -> dict[str, Any]:
        """The document as it is stored; `parse` makes the same questionnaire of it."""
        document: dict[str, Any] = json.loads(self.written)
        return document

    def __eq__(self, other: object) -> bool:
        return self.written == other.written if isinstance(other, Questionnaire) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.written)
