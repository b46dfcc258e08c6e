"""The fields of what a draft counts and whom it asks: population, index, scores of the levels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forms import KINDS, POPULATIONS
from forms.populations import CITIZENS
from survey.web.staff.workshop.item_fields import NEW, NUMBER, Form, clean, text
from survey.workshop import edits
from translations import N_
from translations import gettext as _

NEW_GROUPS = 4  # rows that stand ready for groups more
# How a rule more begins: its name, what it is called, and whether only the upper levels count.
RULES = {
    "share": ("share", N_("Share of satisfied answers (the upper levels)"), True),
    "mean": ("mean", N_("Mean of the scores"), False),
}


def scored(document: edits.Document) -> list[edits.Document]:
    """The items that can count for the index: those on a scale."""
    return [
        item
        for _page, item in edits.items(document)
        if (kind := KINDS.get(str(item.get("kind")))) and kind.is_scale and isinstance(item.get("code"), str)
    ]


def rules(document: edits.Document) -> list[edits.Document]:
    """The rules of the index."""
    index = document.get("index")
    there = index.get("rules") if isinstance(index, dict) else None
    return [rule for rule in there if isinstance(rule, dict)] if isinstance(there, list) else []


def groups(document: edits.Document) -> list[edits.Document]:
    """The groups of people, as far as they are rows."""
    there = document.get("groups")
    return [one for one in there if isinstance(one, dict)] if isinstance(there, list) else []


def scales(document: edits.Document) -> dict[str, dict[str, Any]]:
    """The scales on which items of the index are: name -> level -> its text, in the order of the levels."""
    counted = {code for factor in edits.factors(document) for code in factor.get("items") or []}
    known = document.get("scales") or {}
    found: dict[str, dict[str, Any]] = {}
    for item in scored(document):
        levels = known.get(item.get("scale"))
        if item["code"] in counted and isinstance(levels, dict):
            found[str(item["scale"])] = dict(sorted(levels.items(), key=lambda level: level[0].zfill(4)))
    return found


def table(rule: edits.Document, scale: str) -> dict[str, Any]:
    """The scores of a scale's levels in a rule, from its own table or from the one for all."""
    scores = rule.get("scores")
    if not isinstance(scores, dict):
        return {}
    own = scores.get(scale, scores if not any(isinstance(one, dict) for one in scores.values()) else {})
    return own if isinstance(own, dict) else {}


def change(document: edits.Document, form: Form) -> str:
    """Changes a document as the fields say; gives no code, for it is about no question."""
    if form.get("population") in POPULATIONS:
        document["population"] = form["population"]
    if document.get("population") == CITIZENS.name:
        del document["population"]  # what is usual is not written, so that digests stay
    document["people"] = text(form, "people", document.get("people"))
    if not any(document["people"].values()):
        del document["people"]
    _groups(document, form)
    _factors(document, form)
    index = document.get("index")
    if isinstance(index, dict):
        index["title"] = text(form, "index", index.get("title"))
        _names(document, form)
        _rules(document, index, form)
    return ""


def _groups(document: edits.Document, form: Form) -> None:
    """Takes the groups as they were typed; one without name and size is taken out, a new one gets its code."""
    rows = [*groups(document), *({} for _new in range(NEW_GROUPS))]
    typed = []
    for number, before in enumerate(rows):
        name = text(form, f"group.{number}.name", before.get("name"))
        size = _number(form[f"group.{number}.size"]) if f"group.{number}.size" in form else before.get("size", "")
        if size or any(name.values()):
            typed.append({"code": before.get("code"), "name": name, "size": size})
    taken = {one["code"] for one in typed}
    free = (f"nhom_{number}" for number in range(1, 1000) if f"nhom_{number}" not in taken)
    document["groups"] = [one | {"code": one["code"] or next(free)} for one in typed]
    if not typed:
        del document["groups"]


def _factors(document: edits.Document, form: Form) -> None:
    """Lets each item count for what was chosen. A factor with a name and no item stays, and is a fault."""
    chosen = {item["code"]: form.get(f"of.{item['code']}") for item in scored(document)}
    name = text(form, "new_factor", None)
    if NEW in chosen.values() or any(name.values()):
        new = _new_factor(document, name)
        chosen = {code: new if factor == NEW else factor for code, factor in chosen.items()}
    for factor in edits.factors(document):
        there = [code for code in factor.get("items") or [] if chosen.get(code) in (None, factor["code"])]
        factor["items"] = there + [
            code for code, one in chosen.items() if one == factor["code"] and code not in there
        ]
    if not any(name.values()):
        edits.into(document, "", None)


def _new_factor(document: edits.Document, name: dict[str, str]) -> str:
    """The code of the factor that is being added, which is made the first time it is asked for."""
    if not isinstance(document.get("index"), dict):
        edits.first_index(document)
    factor = next((one for one in edits.factors(document) if not one.get("items")), None)
    if factor is None:
        area = document["index"]["areas"][-1]
        taken = {one.get("code") for one in edits.factors(document)}
        codes = (f"{area['code']}.{chr(letter)}" for letter in range(ord("A"), ord("Z") + 1))
        factor = {"code": next(code for code in codes if code not in taken), "label": {}, "items": []}
        area["factors"].append(factor)
    if any(name.values()):
        factor["label"] = name
    return str(factor["code"])


def _names(document: edits.Document, form: Form) -> None:
    for area in document["index"].get("areas") or []:
        area["label"] = text(form, f"area.{area.get('code')}", area.get("label"))
    for factor in edits.factors(document):
        factor["label"] = text(form, f"factor.{factor.get('code')}", factor.get("label"))


def _rules(document: edits.Document, index: edits.Document, form: Form) -> None:
    on = scales(document)
    for number, rule in enumerate(rules(document)):
        if f"rule.{number}.label.vi" in form:
            rule["label"] = text(form, f"rule.{number}.label", rule.get("label"))
            _scores(rule, number, on, form)
    if added := RULES.get(form.get("new_rule", "")):
        index["rules"].append(_new_rule(index, on, *added))
    if form.get("rule") in [rule.get("name") for rule in rules(document)]:
        index["rule"] = form["rule"]
    gone = [rule for number, rule in enumerate(rules(document)) if f"rule.{number}.gone" in form]
    index["rules"] = [rule for rule in index["rules"] if rule not in gone or rule.get("name") == index["rule"]]


def _scores(rule: edits.Document, number: int, on: dict[str, dict[str, Any]], form: Form) -> None:
    """The scores of a rule as they were typed; one table stays one as long as all scales have the same."""
    tables = {}
    for scale, levels in on.items():
        before = table(rule, scale)
        typed = {level: form.get(f"rule.{number}.{scale}.{level}") for level in levels}
        after = {level: before.get(level) if word is None else _number(word) for level, word in typed.items()}
        tables[scale] = {level: score for level, score in after.items() if score not in (None, "")}
    by_scale = any(isinstance(one, dict) for one in (rule.get("scores") or {}).values())
    first = next(iter(tables.values()), {})
    if tables:
        rule["scores"] = tables if by_scale or any(one != first for one in tables.values()) else first


def _number(word: str) -> float | int | str:
    """A score; what is no number stays as it was typed, and is a fault."""
    word = clean(word)[:20]
    if not NUMBER.fullmatch(word):
        return word
    number = float(word.replace(",", "."))
    return int(number) if number.is_integer() else number


def _new_rule(
    index: edits.Document, on: dict[str, dict[str, Any]], name: str, label: str, upper: bool
) -> edits.Document:
    """A rule that counts the levels above the middle, or all of them in even steps from 0 to 1."""
    taken = {rule.get("name") for rule in index["rules"]}
    return {
        "name": next(one for one in (name, *_numbered(name)) if one not in taken),
        "label": edits.both(lambda: _(label)),
        "scores": {scale: dict(_steps(list(levels), upper)) for scale, levels in on.items()},
    }


def _numbered(name: str) -> Iterator[str]:
    return (f"{name}_{number}" for number in range(2, 1000))


def _steps(levels: list[str], upper: bool) -> Iterator[tuple[str, float | int]]:
    last = max(len(levels) - 1, 1)
    for place, level in enumerate(levels):
        share = place / last
        score = float(share > 0.5) if upper else round(share, 4)
        yield level, int(score) if score.is_integer() else score
