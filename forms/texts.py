"""The texts of a document by their places, for translators; whether the document is whole or not yet."""

from __future__ import annotations

import copy
from typing import Any

from forms.grammar import OWN
from translations import Refusal

Texts = dict[str, dict[str, str]]


def of(document: Any, place: tuple[str, ...] = ()) -> Texts:
    """Place -> language -> words, in the order of the document: `pages/C9/items/tt_phi/label`."""
    if isinstance(document, list):
        parts = [(_name(part, number), part) for number, part in enumerate(document)]
    elif isinstance(document, dict):
        if set(OWN) & document.keys() and place[-1:] != ("audio",):
            return {"/".join(place): dict(document)}
        parts = [(str(key), part) for key, part in document.items() if key != "languages"]
    else:
        return {}
    return {name: texts for key, part in parts for name, texts in of(part, (*place, key)).items()}


def changed(document: dict[str, Any], before: dict[str, Any]) -> set[str]:
    """The places whose Vietnamese or English is not what it was in the version before; those that are new too."""
    was = of(before)
    return {
        place
        for place, texts in of(document).items()
        if any(texts.get(language) != was.get(place, {}).get(language) for language in OWN)
    }


def translated(document: dict[str, Any], texts: Texts, further: dict[str, str]) -> dict[str, Any]:
    """The document with these texts put in; a blank leaves what is there. `further`: languages it gets, by code.

    Refusal: a place that it doesn't have.
    """
    made = copy.deepcopy(document)
    if further:
        made["languages"] = {**made.get("languages", {}), **further}
    known = of(made)
    for place, words in texts.items():
        if place not in known:
            raise Refusal("Take out %(place)s: this questionnaire has no such text.", place=place)
        target: Any = made
        for step in place.split("/"):
            target = _inner(target, step)
        target.update({language: text for language, text in words.items() if text})
    return made


def _inner(value: Any, step: str) -> Any:
    if isinstance(value, list):
        return next(part for number, part in enumerate(value) if _name(part, number) == step)
    return value[step]


def _name(part: Any, number: int) -> str:
    return str(part.get("code", number) if isinstance(part, dict) else number)
