"""Conditions and limits of an XLSForm as data, of the kinds that a document can say; and back.

Read are `${item} = 'choice'`, `!=`, `<`, `<=`, `>`, `>=`, `selected(${item}, 'choice')`, `not(…)`, `and`, `or`,
brackets; of limits `. >= number`, `. <= number` and `string-length(.) <= number`, joined by `and`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from translations import N_, Lazy

TOKEN = re.compile(
    r"\s*(?:(?P<ref>\$\{\s*[^}\s]+\s*\})|(?P<text>['‘’][^'‘’]*['‘’]|[\"“”][^\"“”]*[\"“”])|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<op><=|>=|!=|=|<|>)|(?P<name>[A-Za-z][\w:-]*)|(?P<sign>[(),.+*\-/]))"
)
COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
DEEPEST = 20
ONLY_LENGTHS = Lazy(N_("of a text only its longest length is checked."))


class UnclearError(Exception):
    """What an expression says that conditions as data can't; `why` names it."""

    def __init__(self, message: str, **values: Any) -> None:
        super().__init__(message)
        self.why = Lazy(message, **values)


@dataclass(frozen=True)
class Asked:
    """An earlier question that a condition may look at: its code, and its choices by their names in the file."""

    code: str
    choices: Mapping[str, int]


@dataclass
class Limits:
    """What a constraint says. `unclear`: why a part of it is not taken over; None if all is."""

    minimum: float | None = None
    maximum: float | None = None
    length: int | None = None
    unclear: Lazy | None = None


@dataclass(frozen=True)
class Node:
    """A part of an expression: `what` is and, or, not, compare, call, ref, literal or self."""

    what: str
    value: str = ""
    parts: tuple[Node, ...] = field(default=())


def condition(text: str, earlier: Mapping[str, Asked]) -> dict[str, Any]:
    """The condition of a document. UnclearError: it says something else."""
    return _condition(parse(text), earlier)


def references(text: str) -> set[str]:
    """The names that an expression looks at, whatever it says."""
    return set(re.findall(r"\$\{\s*([^}\s]+)\s*\}", text))


def parse(text: str) -> Node:
    """The tree of an expression."""
    tokens: list[tuple[str, str]] = []
    place = 0
    while text[place:].strip():
        found = TOKEN.match(text, place)
        if not found:
            raise UnclearError(N_("“%(text)s” is not read here."), text=text[place : place + 20].strip())
        tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
        place = found.end()
    reader = _Reader(tokens)
    node = reader.either(0)
    if reader.tokens:
        raise UnclearError(N_("“%(text)s” is not read here."), text=reader.tokens[0][1])
    return node


class _Reader:
    """Recursive descent over the tokens: or, and, comparison, one."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens

    def next(self, *wanted: str) -> str:
        if not self.tokens or (wanted and self.tokens[0][1] not in wanted):
            given = self.tokens[0][1] if self.tokens else ""
            raise UnclearError(N_("“%(text)s” is not read here."), text=given or "…")
        return self.tokens.pop(0)[1]

    def sees(self, *words: str) -> bool:
        return bool(self.tokens) and self.tokens[0][1].lower() in words

    def either(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise UnclearError(N_("it is nested too deep."))
        return self.joined("or", lambda: self.joined("and", lambda: self.compared(depth)))

    def joined(self, word: str, inner: Callable[[], Node]) -> Node:
        parts = [inner()]
        while self.sees(word):
            self.next()
            parts.append(inner())
        return parts[0] if len(parts) == 1 else Node(word, parts=tuple(parts))

    def compared(self, depth: int) -> Node:
        left = self.one(depth)
        if self.tokens and self.tokens[0][0] == "op":
            return Node("compare", self.next(), (left, self.one(depth)))
        return left

    def one(self, depth: int) -> Node:
        if not self.tokens:
            raise UnclearError(N_("it ends in the middle."))
        sort, word = self.tokens.pop(0)
        if word == "(":
            node = self.either(depth + 1)
            self.next(")")
            return node
        if word == ".":
            return Node("self")
        if word == "-" and self.tokens and self.tokens[0][0] == "number":
            return Node("literal", "-" + self.next())
        if sort == "ref":
            return Node("ref", word[2:-1].strip())
        if sort in ("text", "number"):
            return Node("literal", word if sort == "number" else word[1:-1])
        if sort == "name" and self.sees("("):
            return self.call(word, depth)
        raise UnclearError(N_("“%(text)s” is not read here."), text=word)

    def call(self, name: str, depth: int) -> Node:
        self.next("(")
        parts = [] if self.sees(")") else [self.either(depth + 1)]
        while self.sees(","):
            self.next()
            parts.append(self.either(depth + 1))
        self.next(")")
        return Node("not", parts=tuple(parts)) if name == "not" else Node("call", name, tuple(parts))


def _condition(node: Node, earlier: Mapping[str, Asked]) -> dict[str, Any]:
    if node.what == "not" and len(node.parts) == 1:
        return {"not": _condition(node.parts[0], earlier)}
    if node.what in ("and", "or"):
        parts = [_condition(part, earlier) for part in node.parts]
        if node.what == "and":
            return {"all": parts}
        parts = _merged(parts)
        return parts[0] if len(parts) == 1 else {"any": parts}
    if node.what == "call" and node.value == "selected" and len(node.parts) == 2:
        return _is_one_of(_asked(node.parts[0], earlier), "=", node.parts[1])
    if node.what == "compare":
        left, right = node.parts
        sign = node.value
        if left.what == "literal":
            left, right, sign = right, left, sign.translate(str.maketrans("<>", "><"))
        return _is_one_of(_asked(left, earlier), sign, right)
    raise UnclearError(N_("“%(text)s” is not read here."), text=node.value or node.what)


def _merged(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`a = 1 or a = 2` is one condition on a."""
    merged: list[dict[str, Any]] = []
    for part in parts:
        if "item" in part and merged and merged[-1].get("item") == part["item"]:
            values = [value for value in part["any"] if value not in merged[-1]["any"]]
            merged[-1] = {"item": part["item"], "any": [*merged[-1]["any"], *values]}
        else:
            merged.append(part)
    return merged


def _asked(node: Node, earlier: Mapping[str, Asked]) -> Asked:
    if node.what == "call":
        raise UnclearError(N_("the function %(name)s is not read here."), name=node.value)
    if node.what != "ref":
        raise UnclearError(N_("“%(text)s” is not read here."), text=node.value or ".")
    if node.value not in earlier:
        raise UnclearError(N_("%(name)s is no earlier question that was taken over."), name=node.value)
    if not earlier[node.value].choices:
        raise UnclearError(N_("%(name)s is no question with choices."), name=node.value)
    return earlier[node.value]


def _is_one_of(asked: Asked, sign: str, right: Node) -> dict[str, Any]:
    if right.what != "literal":
        raise UnclearError(N_("it compares two questions."))
    everything = {"item": asked.code, "any": [*asked.choices.values()]}
    if right.value == "" and sign in ("=", "!="):
        return {"not": everything} if sign == "=" else everything
    if sign in ("=", "!="):
        if right.value not in asked.choices:
            raise UnclearError(
                N_("%(name)s has no choice %(choice)s."), name=asked.code, choice=right.value or "“”"
            )
        one = {"item": asked.code, "any": [asked.choices[right.value]]}
        return one if sign == "=" else {"not": one}
    return {"item": asked.code, "any": _compared(asked, sign, right)}


def _compared(asked: Asked, sign: str, right: Node) -> list[int]:
    """The choices on the side of a number that a sign means."""
    values = [
        code
        for name, code in asked.choices.items()
        if _number(name) is not None and COMPARED[sign](_number(name), _number(right.value) or 0)
    ]
    if _number(right.value) is None or not values:
        raise UnclearError(N_("no choice of %(name)s is meant by it."), name=asked.code)
    return values


def _number(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", text) else None


def limits(text: str, whole: bool) -> Limits:
    """What a constraint says of numbers (`whole`: only whole ones are asked for) and lengths."""
    found = Limits()
    try:
        node = parse(text)
        for part in node.parts if node.what == "and" else (node,):
            try:
                _limit(part, whole, found)
            except UnclearError as unclear:
                found.unclear = unclear.why
    except UnclearError as unclear:
        found.unclear = unclear.why
    return found


def _limit(node: Node, whole: bool, found: Limits) -> None:
    if node.what != "compare" or node.parts[1].what != "literal":
        raise UnclearError(N_("“%(text)s” is not read here."), text=node.value or node.what)
    left, number = node.parts[0], _number(node.parts[1].value)
    if number is None:
        raise UnclearError(N_("“%(text)s” is not read here."), text=f"{node.value} '{node.parts[1].value}'")
    sign, limit = node.value, value(node.parts[1].value)
    if sign in ("<", ">") and (whole or left.what == "call"):
        sign, limit = sign + "=", limit + (1 if sign == ">" else -1)
    if left.what == "self" and sign == ">=":
        found.minimum = limit
    elif left.what == "self" and sign == "<=":
        found.maximum = limit
    elif left.what == "call" and left.value == "string-length" and sign == "<=":
        found.length = int(limit)
    else:
        raise UnclearError(N_("“%(text)s” is not read here."), text=f". {sign} {limit}")


def value(text: str) -> float:
    """A number as a document has it: whole where it can be."""
    number = float(text)
    return int(number) if number.is_integer() else number


def relevant(condition: Mapping[str, Any], several: Mapping[str, bool], inner: bool = False) -> str:
    """A document's condition as an expression. `several`: whether an item takes several choices."""
    if "item" in condition:
        code = condition["item"]
        form = "selected(${{{0}}}, '{1}')" if several[code] else "${{{0}}} = '{1}'"
        parts = [form.format(code, value) for value in condition["any"]]
        word = " or "
    elif "not" in condition:
        return f"not({relevant(condition['not'], several)})"
    else:
        word = " and " if "all" in condition else " or "
        parts = [relevant(part, several, True) for part in condition["all" if "all" in condition else "any"]]
    joined = word.join(parts)
    return f"({joined})" if inner and len(parts) > 1 else joined
