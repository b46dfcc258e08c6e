"""Which item of a later questionnaire is which of an earlier one, as data: a document from one version to another.

    from: ho_gia_dinh@1
    to: ho_gia_dinh@2
    items:
      - {item: C5a, was: C5}                                   # another code; the question is the same
      - {item: hoc_van, was: hoc_van, choices: {1: 1, 2: 1, 3: 2}}   # old: new; other choices
    apart: [hl_chung]             # the code stayed, and the question is another one: never compared

What it does not name is matched by its code. It says nothing of what a person is asked, so it may come after both
versions are published, and a version need not know what comes after it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from forms.document import DocumentError, Part, Places, canonical, plain, read
from forms.grammar import CHOICE, LONGEST, one_of, rows_of
from forms.items import Item
from forms.questionnaire import Index, Questionnaire

SHIPPED = Path(__file__).parent / "documents" / "crosswalks"
Find = Callable[[str], Questionnaire]


@dataclass(frozen=True)
class Match:
    """An item of the later version, and what it was. `choices`: old code -> new; None if all stayed."""

    item: str
    was: str
    choices: Mapping[int, int] | None

    def value(self, given: int) -> int:
        """A choice of the old item as one of the new item."""
        return given if self.choices is None else self.choices[given]


@dataclass(frozen=True)
class Crosswalk:
    """From one version of a questionnaire to another one.

    apart    codes of items of the later version that are none of the earlier one, whatever has their code there
    written  its document in the canonical form
    """

    old: Questionnaire
    new: Questionnaire
    matches: tuple[Match, ...]
    apart: frozenset[str]
    written: str

    @property
    def document(self) -> dict[str, Any]:
        """The document as it is stored; `parse` makes the same crosswalk of it."""
        document: dict[str, Any] = json.loads(self.written)
        return document

    def code(self, was: str) -> str | None:
        """The code in the later version; None for an old item whose code bears another question now."""
        for match in self.matches:
            if match.was == was:
                return match.item
        return None if was in self.apart.union(match.item for match in self.matches) else was

    def choices(self, was: str) -> Mapping[int, int] | None:
        """Old choice -> new, of an old item; None if all stayed."""
        return next((match.choices for match in self.matches if match.was == was), None)

    def questionnaire(self, old: Questionnaire) -> Questionnaire:
        """The old questionnaire in the codes and choices of the new one: it asks what it asked. Its items have no
        conditions any more: who translates answers leaves out what they hid."""
        matched = {match.was: match for match in self.matches}
        items = {}
        for item in old.items.values():
            if (code := self.code(item.code)) is None:
                continue
            now = replace(item, code=code, show_if=None)
            if item.code in matched:
                other = self.new.items[code]
                choices = {"choices": other.choices, "missing": other.missing}
                now = replace(now, **choices, sensitive=item.sensitive or other.sensitive)  # type: ignore[arg-type]
            items[code] = now
        headlines = []
        for line in old.headlines:
            if (code := self.code(line.item)) is not None:
                match = matched.get(line.item, Match(code, code, None))
                values = (match.value(line.value), match.value(line.none))
                headlines.append(replace(line, item=code, value=values[0], none=values[1]))
        return replace(
            old,
            items=MappingProxyType(items),
            index=None if old.index is None else self._index(old.index),
            headlines=tuple(headlines),
            written=f"{old.written}\n{self.written}",
        )

    def _index(self, old: Index) -> Index:
        areas = []
        for area in old.areas:
            factors = [
                replace(factor, items=tuple(code for was in factor.items if (code := self.code(was)) is not None))
                for factor in area.factors
            ]
            areas.append(replace(area, factors=tuple(factors)))
        rules = {
            name: replace(
                rule,
                scores=MappingProxyType(
                    {code: worth for was, worth in rule.scores.items() if (code := self.code(was)) is not None}
                ),
            )
            for name, rule in old.rules.items()
        }
        return replace(old, areas=tuple(areas), rules=MappingProxyType(rules))


def same_question(old: Item, new: Item) -> bool:
    """Whether two items can be compared: of one kind, with the same choices in the same (Vietnamese) words."""
    words = [{code: text.vi for code, text in item.choices.items()} for item in (old, new)]
    return old.kind == new.kind and words[0] == words[1] and old.missing == new.missing


def load(path: Path, find: Find) -> Crosswalk:
    """The crosswalk of a YAML file; DocumentError names the file, the line and the reason."""
    document, places = read(path)
    return parse(document, find, places)


def parse(document: object, find: Find, where: Places | None = None) -> Crosswalk:
    """The crosswalk of a document. `find` gives a published version by a name like ho_gia_dinh@1."""
    root = Part(plain(Part(document, places=where)), places=where)
    parts = root.table("from to", "items apart")
    old, new = (find(parts[side].string(LONGEST)) for side in ("from", "to"))
    if old == new:
        raise DocumentError("Name two versions: a questionnaire needs no crosswalk to itself.", parts["to"])
    matches: list[Match] = []
    for row in rows_of(parts, "items"):
        match = _match(row, old, new)
        for key, code in (("item", match.item), ("was", match.was)):
            if code in {getattr(other, key) for other in matches}:
                raise DocumentError("Take out the second %(key)s: it stands once.", row, key=code)
        matches.append(match)
    apart = {one_of(row, new.items): row for row in rows_of(parts, "apart")}
    if twice := [row for code, row in apart.items() if code in {match.item for match in matches}]:
        raise DocumentError("Take out the second %(key)s: it stands once.", twice[0], key=str(twice[0].value))
    return Crosswalk(old, new, tuple(matches), frozenset(apart), canonical(root.value))


def _match(part: Part, old: Questionnaire, new: Questionnaire) -> Match:
    parts = part.table("item was", "choices")
    item = new.items[one_of(parts["item"], new.items)]
    was = old.items[one_of(parts["was"], old.items)]
    if item.kind != was.kind:
        raise DocumentError(
            "Take out %(item)s: it is %(kind)s and was %(other)s, which can't be compared.",
            part,
            item=item.code,
            kind=item.kind.name,
            other=was.kind.name,
        )
    if "choices" not in parts:
        if tuple(item.choices) != tuple(was.choices) or item.missing != was.missing:
            raise DocumentError(
                "Add choices: {old: new} for %(old)s: %(item)s has %(new)s.",
                part,
                old=", ".join(map(str, was.choices)),
                item=item.code,
                new=", ".join(map(str, item.choices)),
            )
        return Match(item.code, was.code, None)
    choices = _choices(parts["choices"], was, item)
    if (
        item.missing != was.missing
        and item.valid == was.valid
        and all(choices[code] == code for code in was.valid)
    ):
        return Match(item.code, was.code, choices)  # what is no answer changed alone
    for questionnaire, own in ((old, was), (new, item)):
        if questionnaire.index is not None and own.code in questionnaire.index.codes()["index"]:
            raise DocumentError(
                "Take out choices: %(item)s is in the index, whose levels are measured as they are.",
                parts["choices"],
                item=own.code,
            )
    return Match(item.code, was.code, choices)


def _choices(part: Part, was: Item, item: Item) -> Mapping[int, int]:
    """Old code -> new code: every old one, an answer to an answer, what is none ("không biết") to what is none."""
    codes = {}
    for key, target in part.entries().items():
        if not CHOICE.fullmatch(key) or int(key) not in was.choices:
            raise DocumentError(
                "Write one of %(choices)s before the colon: these are the choices of %(item)s.",
                target,
                choices=", ".join(map(str, was.choices)) or "–",
                item=was.code,
            )
        among = item.missing if int(key) in was.missing else item.valid
        if (code := target.whole(0, 9999)) not in among:
            raise DocumentError(
                "Write one of %(choices)s here: these are the choices of %(item)s.",
                target,
                choices=", ".join(map(str, sorted(among))) or "–",
                item=item.code,
            )
        codes[int(key)] = code
    if left := [str(code) for code in was.choices if code not in codes]:
        raise DocumentError("Add %(choices)s: each old choice becomes a new one.", part, choices=", ".join(left))
    return MappingProxyType(codes)
