"""A document as it was written: YAML as plain values, the line of each, and the refusal that names the place."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from translations import Refusal, gettext, reason
from translations.formats import nfc

Steps = tuple[str | int, ...]

# A questionnaire of 84 items in two languages has 40 KB and is nested nine deep.
MOST_BYTES = 1_000_000
DEEPEST = 24
LARGEST = 10**15

WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,14})")
DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
# What neither YAML, JSON nor PostgreSQL can carry: control characters and half characters.
UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Places:
    """Where the parts of a document stand in its file: the line of each way into it, and the file's folder."""

    file: str
    lines: dict[Steps, int] = field(default_factory=dict)
    folder: Path | None = None

    def line(self, steps: Steps) -> int:
        """The line of a part, or of the nearest one around it."""
        while steps and steps not in self.lines:
            steps = steps[:-1]
        return self.lines.get(steps, 1)


class DocumentError(Refusal):
    """A document that can't be used: `file:line, place: reason`. The reason is an order, in the language of the
    moment. Without a file (a document out of a database or a request) the place alone is named."""

    def __init__(self, message: str, at: Part | None = None, /, **values: Any) -> None:
        super().__init__(message, **values)
        places = at.places if at else None
        self.file = places.file if places else None
        self.line = places.line(at.steps) if at and places else None
        self.place = at.name if at else ""
        self.steps = at.steps if at else ()

    @property
    def reason(self) -> str:
        return gettext(self.message, **self.values)

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.file else ""
        return ": ".join(filter(None, (", ".join(filter(None, (where, self.place))), self.reason)))


@dataclass(frozen=True)
class Part:
    """One value of a document with its place; each method gives the value if it has the shape asked for.

    languages  those in which the document may have a text beside vi and en
    """

    value: Any
    steps: Steps = ()
    names: tuple[str, ...] = ()
    places: Places | None = None
    languages: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The way to this part in words: `pages/C9/items/tt_phi/label`."""
        return "/".join(self.names)

    def inner(self, step: str | int, value: Any) -> Part:
        """A part of this one; an element of a list is called by its `code` or `name` where it has one."""
        name = str(step)
        if isinstance(step, int):
            own = value.get("code", value.get("name")) if isinstance(value, dict) else None
            name = own if isinstance(own, str) and own else str(step + 1)
        return Part(value, (*self.steps, step), (*self.names, name[:40]), self.places, self.languages)

    def entries(self) -> dict[str, Part]:
        """The parts of a mapping whose keys are free."""
        if not isinstance(self.value, dict) or not self.value:
            raise DocumentError("Write `key: value` lines here.", self)
        return {key: self.inner(key, value) for key, value in self.value.items()}

    def table(self, required: str, optional: str = "") -> dict[str, Part]:
        """The parts of a mapping whose keys are known: all of `required`, any of `optional`."""
        parts = self.entries()
        known = [*required.split(), *optional.split()]
        for key, part in parts.items():
            if key not in known:
                near = difflib.get_close_matches(key[:40], known, 1)
                if near:
                    raise DocumentError("Write %(near)s instead of %(given)s.", part, near=near[0], given=key[:40])
                raise DocumentError(
                    "Take out %(key)s: here stand only %(known)s.", part, key=key[:40], known=", ".join(known)
                )
        for key in required.split():
            if key not in parts:
                raise DocumentError("Add %(key)s: it is needed here.", self, key=key)
        return parts

    def rows(self) -> list[Part]:
        """The parts of a list, at least one."""
        if not isinstance(self.value, list) or not self.value:
            raise DocumentError("Write a list here, at least one line that begins with `- `.", self)
        return [self.inner(number, value) for number, value in enumerate(self.value)]

    def string(self, longest: int) -> str:
        """A text that is not empty."""
        if not isinstance(self.value, str):
            raise DocumentError("Write a text here; put it between quotation marks if it is a number.", self)
        if not 0 < len(self.value) <= longest:
            raise DocumentError("Write a text of 1 to %(longest)s characters here.", self, longest=longest)
        return self.value

    def code(self, shape: re.Pattern[str]) -> str:
        """A name that programs use too."""
        if not isinstance(self.value, str) or not shape.fullmatch(self.value):
            raise DocumentError(
                "Start a code with a letter, followed by at most 39 letters (a-z, A-Z), digits and _.", self
            )
        return self.value

    def whole(self, low: int, high: int) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool) or not low <= self.value <= high:
            raise DocumentError("Write a whole number from %(low)s to %(high)s here.", self, low=low, high=high)
        return self.value

    def number(self, low: float, high: float) -> float:
        if (
            not isinstance(self.value, int | float)
            or isinstance(self.value, bool)
            or not low <= self.value <= high
        ):
            raise DocumentError("Write a number from %(low)s to %(high)s here.", self, low=low, high=high)
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise DocumentError("Write true or false here.", self)
        return self.value


def read(path: Path) -> tuple[Any, Places]:
    """The values of a YAML file and their places.

    Of YAML only the plain part is taken: mappings, lists, texts, numbers, true and false. `no` and `18:30` are
    texts, a key stands once, and anchors, aliases and tags are refused: a document says what it says.
    """
    try:
        with path.open("rb") as file:
            written = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise DocumentError(
            "Name a file that can be read: %(error)s.", spot(path.name, 1), error=reason(error)
        ) from None
    if len(written) > MOST_BYTES:
        raise DocumentError("Make this file smaller: at most 1 MB is read.", spot(path.name, 1))
    places = Places(path.name, folder=path.parent)
    return Reader(_decoded(path.name, written), places).document(), places


def _decoded(name: str, written: bytes) -> str:
    try:
        text = written.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = written.count(b"\n", 0, error.start) + 1
        raise DocumentError("Save this file in UTF-8.", spot(name, line)) from None
    if odd := UNWRITABLE.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        raise DocumentError("Take out the control character on this line.", spot(name, line))
    return text


def spot(file: str, line: int) -> Part:
    """A line of a file in which no part can be named yet."""
    return Part(None, places=Places(file, {(): line}))


class Reader:
    """The events of a YAML text turned into values, each line noted in `places`."""

    def __init__(self, text: str, places: Places) -> None:
        self.places = places
        self.events: Iterator[Any] = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))

    def document(self) -> Any:
        event = self.next()
        while isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
            event = self.next()
        if isinstance(event, yaml.StreamEndEvent):
            raise DocumentError("Write the document in this file: it is empty.", self.at(event))
        value = self.value(event, ())
        self.next()
        if not isinstance(after := self.next(), yaml.StreamEndEvent):
            raise DocumentError("Write one document in a file: take out `---` and what follows.", self.at(after))
        return value

    def at(self, event: Any) -> Part:
        return spot(self.places.file, line(event.start_mark))

    def next(self) -> Any:
        try:
            return next(self.events)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
            raise DocumentError(
                "Correct the indentation or the quotation marks on this line: YAML says “%(problem)s”.",
                spot(self.places.file, line(mark)),
                problem=getattr(error, "problem", None) or "?",
            ) from None

    def value(self, event: Any, steps: Steps) -> Any:
        if len(steps) > DEEPEST:
            raise DocumentError("Take out a level: nothing is nested this deep.", self.at(event))
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise DocumentError(
                "Write it out: `&` and `*` are not read here. Quote a text that begins so.", self.at(event)
            )
        if event.tag:
            raise DocumentError("Take out the tag: `!` is not read. Quote a text that begins so.", self.at(event))
        if isinstance(event, yaml.ScalarEvent):
            return scalar(event.value) if event.implicit[0] else event.value
        return self.elements(steps) if isinstance(event, yaml.SequenceStartEvent) else self.mapping(steps)

    def elements(self, steps: Steps) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            here = (*steps, len(values))
            self.places.lines[here] = line(event.start_mark)
            values.append(self.value(event, here))
        return values

    def mapping(self, steps: Steps) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent) or event.tag or event.anchor:
                raise DocumentError("Write a plain word or a number before the colon.", self.at(event))
            key = event.value
            if key in values:
                raise DocumentError("Take out the second %(key)s: it stands once.", self.at(event), key=key[:40])
            self.places.lines[(*steps, key)] = line(event.start_mark)
            values[key] = self.value(self.next(), (*steps, key))
        return values


def line(mark: Any) -> int:
    return mark.line + 1 if mark else 1


def scalar(text: str) -> Any:
    """What an unquoted word means: a number where it is written as one, true, false, nothing, else a text."""
    if text in WORDS:
        return WORDS[text]
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if DECIMAL.fullmatch(text) else text


def plain(part: Part) -> Any:
    """The value in the one form that is stored and compared: keys as texts, NFC without outer space, 1 for 1.0. So
    a document reads alike from YAML and from a JSON column, which makes texts of the codes 1, 2, 3."""
    value = part.value
    if len(part.steps) > DEEPEST:
        raise DocumentError("Take out a level: nothing is nested this deep.", part)
    if isinstance(value, dict):
        values: dict[str, Any] = {}
        for key, within in value.items():
            if not isinstance(key, str) and (not isinstance(key, int) or not 0 <= key < LARGEST):
                raise DocumentError("Write a plain word or a number before the colon.", part)
            name = clean(str(key), part)
            if name in values:
                raise DocumentError("Take out the second %(key)s: it stands once.", part, key=name[:40])
            values[name] = plain(part.inner(name, within))
        return values
    if isinstance(value, list):
        return [plain(part.inner(number, within)) for number, within in enumerate(value)]
    if isinstance(value, str):
        return clean(value, part)
    if isinstance(value, int | float) and abs(value) < LARGEST:
        return int(value) if isinstance(value, float) and value.is_integer() else value
    if value is None:
        return value
    raise DocumentError("Write a text, a number, true or false here.", part)


def clean(text: str, part: Part) -> str:
    if UNWRITABLE.search(text):
        raise DocumentError("Take out the control character on this line.", part)
    try:
        return nfc(text).strip()
    except Refusal as refusal:
        raise DocumentError(refusal.message, part, **refusal.values) from None


def canonical(value: Any) -> str:
    """The one way to write a plain value: JSON with sorted keys, no space, letters as they are."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
