"""One question: its kind, its texts in each language, its choices, and when it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from translations import text_language


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the document; printed, it is in the language of a questionnaire's texts of the moment.

    more  in the further languages of the document; if one lacks a text, it is the Vietnamese one
    """

    vi: str
    en: str
    more: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)

    def __str__(self) -> str:
        spoken = text_language()
        return self.en if spoken == "en" else self.more.get(spoken, self.vi)


@dataclass(frozen=True, slots=True)
class Condition:
    """When an item is asked, as data: `{item, any: [codes]}`, or `all`, `any`, `not` of such conditions.

    how     `item`, `all`, `any` or `not`
    item    with `item`: the choice item that is looked at; several choices hold when one of them is in `values`
    parts   with the others: the conditions that are joined; `not` has one
    """

    how: Literal["item", "all", "any", "not"]
    item: str = ""
    values: tuple[int, ...] = ()
    parts: tuple[Condition, ...] = ()

    def holds(self, answers: Mapping[str, Any]) -> bool:
        """Whether it holds for these answers; an item without an answer is none of the values."""
        if self.how == "item":
            given = answers.get(self.item)
            return (
                any(value in self.values for value in given) if isinstance(given, list) else given in self.values
            )
        if self.how == "not":
            return not self.parts[0].holds(answers)
        return (all if self.how == "all" else any)(part.holds(answers) for part in self.parts)

    @property
    def items(self) -> frozenset[str]:
        """The codes of the items it looks at."""
        return frozenset({self.item} if self.how == "item" else ()).union(*(part.items for part in self.parts))

    @property
    def document(self) -> dict[str, Any]:
        """The condition as the document writes it, for the script of the page."""
        if self.how == "item":
            return {"item": self.item, "any": list(self.values)}
        if self.how == "not":
            return {"not": self.parts[0].document}
        return {self.how: [part.document for part in self.parts]}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of question can do. Only `forms.kinds` knows the names.

    A kind without any of the flags is stored as it is and shown in data files, but nothing is estimated of it.

    name         what documents call it; the macro in `kinds.html` and the piece in `form.typ` bear the same name
    check        the value of an answer as it is stored, None for a blank, or what to correct
    read         the value that a form's field or a file's cell says, for `check` to accept or refuse
    needs        what an item of it must say in a document, beside what all say
    allows       what it may say there
    has_choices  single, multiple, scale
    several      multiple: a list of codes
    is_scale     levels, which an index can be made of
    is_number    estimated by its mean
    is_text      somebody's own words: encrypted, never estimated, no number on the paper form
    words        what people call it, an English message
    """

    name: str
    check: Callable[[Item, Any], Any]
    read: Callable[[Item, Sequence[str]], Any]
    needs: str = ""
    allows: str = ""
    has_choices: bool = False
    several: bool = False
    is_scale: bool = False
    is_number: bool = False
    is_text: bool = False
    words: str = ""

    @property
    def is_single_choice(self) -> bool:
        """Whether one choice is the answer."""
        return self.has_choices and not self.several

    @property
    def is_estimated(self) -> bool:
        """Whether figures are made of it."""
        return self.has_choices or self.is_number


@dataclass(frozen=True, slots=True)
class Item:
    """One question of a questionnaire.

    label      the question as it is asked; on a page of one screen, the row
    short      its name in tables and reviews
    choices    code -> text, in the order of the codes: choices or levels of a scale; none for number and text
    scale      the name of the scale that its levels are of, in the document
    missing    the choices that are no answer (98 "không biết", 99 "không muốn trả lời"): values of their own, but
               no level of an index
    sensitive  asked apart, shown hidden in a review, released only for groups that are large enough
    reason     why it is asked and what protects the person; shown with the question
    show_if    when it is asked; None: always
    beside     the choice item whose "khác" (other) this text spells out
    audio      language -> the file, beside the document, in which the question is read aloud
    no         its number on the paper form; texts have none, since they are not keyed by a number
    page       the code of its page
    """

    code: str
    kind: Kind
    label: Text
    short: Text
    page: str
    hint: Text | None = None
    choices: Mapping[int, Text] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    missing: frozenset[int] = frozenset()
    scale: str | None = None
    sensitive: bool = False
    reason: Text | None = None
    show_if: Condition | None = None
    beside: str | None = None
    no: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None
    audio: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)

    @property
    def valid(self) -> tuple[int, ...]:
        """The choices that count as an answer."""
        return tuple(code for code in self.choices if code not in self.missing)
