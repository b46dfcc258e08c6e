"""What of a document an XLSForm has no place for: rows of a sheet `hailong`, each a place and a value.

It is the difference between what a workbook says by itself and the document: so a workbook that was exported gives
the same document again, and what somebody changed in its other sheets is changed alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

SHEET = "hailong"
SET, DROP, PAGE = "set", "drop", "page"
LONGEST_CELL = 30_000  # characters; Excel takes 32,767

Change = tuple[str, str, str]  # what is done, the place, the value


def differences(old: Any, new: Any, place: tuple[str, ...] = ()) -> Iterator[Change]:
    """The changes that make `new` of `old`."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in new:
            before = old.get(key, {} if isinstance(new[key], dict) and new[key] else None)
            if key not in old or before != new[key]:
                yield from differences(before, new[key], (*place, key))
        yield from ((DROP, written_place((*place, key)), "") for key in old if key not in new)
    elif _names(old) and _names(old) == _names(new):
        for name, before, after in zip(_names(new), old, new, strict=True):
            if before != after:
                yield from differences(before, after, (*place, name))
    elif old != new:
        yield SET, written_place(place), written_value(new)


def _names(value: Any) -> list[str]:
    """What the elements of a list are called; none if it is no list of parts with a code each."""
    if not isinstance(value, list) or not all(isinstance(one, dict) and "code" in one for one in value):
        return []
    names = [str(one["code"]) for one in value]
    return names if len(set(names)) == len(names) else []


def apply(document: dict[str, Any], changes: list[Change]) -> list[int]:
    """Does the changes; gives the numbers of those whose place isn't there any more."""
    lost = []
    for number, (what, place, value) in enumerate(changes):
        *way, last = [step.replace("~1", "/").replace("~0", "~") for step in place.split("/")]
        within: Any = document
        for step in way:
            within = _inner(within, step)
        if not isinstance(within, dict):
            lost.append(number)
        elif what == DROP:
            within.pop(last, None)
        else:
            within[last] = read_value(value)
    return lost


def _inner(value: Any, step: str) -> Any:
    """A part by its name; a mapping that isn't there yet is made, an element of a list is not."""
    if isinstance(value, dict):
        return value.setdefault(step, {})
    if isinstance(value, list):
        return next((one for one in value if isinstance(one, dict) and str(one.get("code")) == step), None)
    return None


def written_place(place: tuple[str, ...]) -> str:
    return "/".join(step.replace("~", "~0").replace("/", "~1") for step in place)


def written_value(value: Any) -> str:
    """A text as it is, unless it reads as something else; the rest as JSON."""
    if isinstance(value, str) and value == value.strip() and value:
        try:
            json.loads(value)
        except ValueError:
            return value
    return json.dumps(value, ensure_ascii=False)


def read_value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def cells(change: Change) -> list[str]:
    """A change as the cells of a row; a long value goes on in the next."""
    what, place, value = change
    pieces = [value[start : start + LONGEST_CELL] for start in range(0, len(value), LONGEST_CELL)]
    return [what, place, *(pieces or [""])]
