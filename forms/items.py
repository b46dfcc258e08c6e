"""One question: its texts in each language, its choices, when it is asked, and the field that draws it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from wtforms.fields import RadioField, SelectChoice, SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, ListWidget, NumberInput, TextArea, TextInput

from translations import language

# A text longer than this is written in a box of several lines.
LINE = 200


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the document; printed, it is in the language of the moment.

    more  in the further languages of the document; where one lacks a text, the Vietnamese stands
    """

    vi: str
    en: str
    more: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)

    def __str__(self) -> str:
        return self.en if language() == "en" else self.more.get(language(), self.vi)


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
class Item:
    """One question of a questionnaire.

    label      the question as it is asked; on a page whose rows stand together, the row
    short      its name in tables and reviews
    choices    code -> text, in the order of the codes: choices or levels of a scale; none for number and text
    scale      the name of the scale that its levels are of, in the document
    missing    the choices that are no answer (98 "không biết", 99 "không muốn trả lời"): values of their own, but
               no level of an index
    sensitive  asked apart, shown hidden in a review, released only for groups that are large enough
    reason     why it is asked and what protects the person; shown with the question
    show_if    when it is asked; None: always
    beside     the choice item whose "khác" this text spells out
    audio      language -> the file, beside the document, in which the question is read aloud
    no         its number on the paper form; texts have none, since they are not keyed by a number
    page       the code of its page
    """

    code: str
    kind: str
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


def single(item: Item) -> Any:
    return RadioField(str(item.label), choices=offered(item), coerce=int, description=described(item))


def multiple(item: Item) -> Any:
    return SelectMultipleField(
        str(item.label),
        choices=offered(item),
        coerce=int,
        description=described(item),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


def number(item: Item) -> Any:
    limits = {"min": item.minimum, "max": item.maximum, "inputmode": "decimal"}
    return StringField(
        str(item.label), description=described(item), widget=NumberInput(step="any"), render_kw=limits
    )


def text(item: Item) -> Any:
    long = (item.max_length or 0) > LINE
    return StringField(
        str(item.label),
        description=described(item),
        widget=TextArea() if long else TextInput(),
        render_kw={"maxlength": item.max_length},
    )


def offered(item: Item) -> list[SelectChoice]:
    return [SelectChoice(str(code), str(label)) for code, label in item.choices.items()]


def described(item: Item) -> str:
    return str(item.hint) if item.hint else ""


# The kinds of which one choice is an answer.
ONE = frozenset({"single", "scale"})
# The field that draws each kind of question. What counts as an answer to it stands in `answers.RULES`.
KINDS: dict[str, Callable[[Item], Any]] = {
    "single": single,
    "multiple": multiple,
    "scale": single,
    "number": number,
    "text": text,
}
