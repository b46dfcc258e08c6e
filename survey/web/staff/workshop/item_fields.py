"""The fields of a question in the workshop: what they show of a document, and what of it they change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from forms import KINDS
from forms.document import UNWRITABLE
from forms.grammar import CHOICE, LONGEST, OWN
from forms.parsing import ALLOWED, NEEDED
from survey.workshop import edits
from translations import gettext as _
from translations.formats import nfc

TEXTS = ("label", "short", "hint", "reason")
NEW = "moi"  # an index that the document does not have yet
MOST_ROWS = 3  # of a condition
MOST_CHOICES = 60
NUMBER = re.compile(r"-?[0-9]{1,12}([.,][0-9]{1,6})?")
Form = MultiDict[str, str]


@dataclass(frozen=True)
class Row:
    """One line of a condition: an earlier item, whether it `is` or is `not`, and which of its choices."""

    item: str
    how: str
    values: tuple[int, ...]


def clean(text: str) -> str:
    """What was typed, as a document may hold it."""
    return UNWRITABLE.sub("", nfc(text.replace("\r\n", "\n"))).strip()[:LONGEST]


def text(form: Form, name: str, before: Any) -> dict[str, str]:
    """A text of the fields `name.vi` and `name.en`; further languages stay."""
    there = before if isinstance(before, dict) else {}
    return {**there, **{code: clean(form[f"{name}.{code}"]) for code in OWN if f"{name}.{code}" in form}}


def kinds(document: edits.Document) -> Iterator[tuple[str, str]]:
    """What a question can be answered by, each as a field says it: every scale of the document by itself."""
    for kind in KINDS.values():
        if not kind.is_scale:
            yield kind.name, _(kind.words) if kind.words else kind.name
            continue
        for name, levels in (document.get("scales") or {}).items():
            if isinstance(levels, dict) and levels:
                words = [str(level.get("vi", "")) for level in levels.values() if isinstance(level, dict)]
                yield f"{kind.name}:{name}", f"{words[0]} … {words[-1]} ({len(words)})" if words else name


def kind_of(item: edits.Document) -> str:
    """The value of `kinds` that an item has."""
    return f"{item.get('kind')}:{item['scale']}" if item.get("scale") else str(item.get("kind", ""))


def rows(item: edits.Document) -> tuple[str, list[Row]] | None:
    """How the lines of a condition are joined, and the lines; None if fields can't say it."""
    condition = item.get("show_if")
    if not condition:
        return "all", []
    for how in ("all", "any"):
        if isinstance(condition.get(how), list) and "item" not in condition:
            lines = [_row(part) for part in condition[how]]
            return (how, [line for line in lines if line]) if all(lines) and len(lines) <= MOST_ROWS else None
    line = _row(condition)
    return ("all", [line]) if line else None


def _row(condition: Any) -> Row | None:
    inner = condition.get("not", condition) if isinstance(condition, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("item"), str):
        return None
    values = tuple(value for value in inner.get("any") or [] if isinstance(value, int))
    return Row(inner["item"], "not" if inner is not condition else "is", values)


def offered(document: edits.Document, item: Mapping[str, Any]) -> dict[int, str]:
    """The choices of an item of a document: code -> Vietnamese words."""
    scales, missing = document.get("scales") or {}, document.get("missing") or {}
    texts = {**(scales.get(item.get("scale")) or {}), **(item.get("choices") or {})}
    texts |= {str(code): missing.get(str(code)) for code in item.get("missing") or []}
    return {
        int(code): str(words.get("vi", ""))
        for code, words in texts.items()
        if isinstance(words, dict) and CHOICE.fullmatch(code)
    }


def change(document: edits.Document, code: str, form: Form) -> str:
    """Changes an item as its fields say; gives its code, which may be another one now."""
    place = edits.find(document, code)
    if place is None:
        return code
    item = place[1]
    for name in TEXTS:
        item[name] = text(form, name, item.get(name))
        if name != "label" and not any(item[name].values()):
            del item[name]
    _kind(item, form.get("kind", ""))
    if item.get("kind") in KINDS and "choices" in KINDS[item["kind"]].needs.split() and "choice.0.vi" in form:
        item["choices"] = _choices(form, item.get("choices"))
    _more(item, form)
    if "cond.keep" not in form:
        _condition(item, form)
    if item.get("kind") in KINDS and KINDS[item["kind"]].has_choices:
        other = form.get("other", "")
        edits.spell_out(document, code, int(other) if CHOICE.fullmatch(other) else None)
    edits.to_page(document, code, form.get("page", ""))
    _factor(document, item, form.get("factor", ""))
    new = clean(form.get("code", code))[:40]
    if new and new != code and edits.find(document, new) is None:
        edits.rename(document["pages"], code, new)
        for key in ("index", "headlines", "one_tap", "quality"):
            edits.rename(document.get(key), code, new)
        return new
    return code


def _kind(item: edits.Document, asked: str) -> None:
    name, _colon, scale = asked.partition(":")
    if name not in KINDS:
        return
    kind = KINDS[name]
    item["kind"] = name
    if scale:
        item["scale"] = scale
    usable = {*f"{NEEDED} {ALLOWED} {kind.needs} {kind.allows}".split()}
    for key in [key for key in item if key not in usable]:
        del item[key]
    if kind.is_number:
        item.setdefault("minimum", 0)
        item.setdefault("maximum", 100)


def _choices(form: Form, before: Any) -> dict[str, Any]:
    """The choices that were typed; one without words is left out, one without a code gets the next."""
    there = before if isinstance(before, dict) else {}
    typed = []
    for number in range(MOST_CHOICES):
        words = {code: clean(form.get(f"choice.{number}.{code}", "")) for code in OWN}
        if any(words.values()):
            typed.append((clean(form.get(f"choice.{number}.code", "")), words))
    taken = {int(code) for code, _words in typed if CHOICE.fullmatch(code)}
    choices: dict[str, Any] = {}
    for code, words in typed:
        own = code or str(max({0, *(one for one in taken if one < 90)}) + 1)
        if CHOICE.fullmatch(own):
            taken.add(int(own))
        choices[own] = {**(there.get(own) or {}), **words}
    return choices


def _more(item: edits.Document, form: Form) -> None:
    kind = KINDS.get(str(item.get("kind")))
    allowed = f"{kind.needs} {kind.allows}".split() if kind else []
    if "missing" in allowed:
        item["missing"] = [int(code) for code in form.getlist("missing") if CHOICE.fullmatch(code)]
        if not item["missing"]:
            del item["missing"]
    for name in ("minimum", "maximum", "max_length"):
        if name in allowed and name in form:
            item[name] = _number(form[name])
            if item[name] == "":
                del item[name]
    item["sensitive"] = "sensitive" in form
    if not item["sensitive"]:
        del item["sensitive"]


def _number(typed: str) -> float | int | str:
    """A number; what is none stays as it was typed, and is a fault."""
    typed = clean(typed)
    if not NUMBER.fullmatch(typed):
        return typed
    value = float(typed.replace(",", "."))
    return int(value) if value.is_integer() else value


def _condition(item: edits.Document, form: Form) -> None:
    parts: list[dict[str, Any]] = []
    for number in range(MOST_ROWS):
        if looked := clean(form.get(f"cond.{number}.item", "")):
            values = [int(one) for one in form.getlist(f"cond.{number}.values") if CHOICE.fullmatch(one)]
            part: dict[str, Any] = {"item": looked, "any": values}
            parts.append({"not": part} if form.get(f"cond.{number}.how") == "not" else part)
    if not parts:
        item.pop("show_if", None)
    else:
        join = "any" if form.get("cond.join") == "any" else "all"
        item["show_if"] = parts[0] if len(parts) == 1 else {join: parts}


def _factor(document: edits.Document, item: edits.Document, asked: str) -> None:
    code = str(item.get("code", ""))
    if asked == edits.factor_of(document, code):
        return
    if asked == NEW and "index" not in document:
        edits.first_index(document)
        asked = str(edits.factors(document)[0]["code"])
    if "index" in document:
        edits.into(document, code, asked or None)
