"""All that is wrong with a document that is being written, and the nearest questionnaire that can be drawn of it.

`parse` refuses at the first fault. Here the place of each is mended in a copy, until the rest can be read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forms.document import DocumentError, Steps
from forms.grammar import LONGEST, OWN
from forms.kinds import KINDS
from forms.parsing import ALLOWED, parse
from forms.questionnaire import Questionnaire

MOST = 25  # faults that are told at once; each takes another reading
BLANK = "…"
TEXTS = {
    "people",
    "title",
    "purpose",
    "consent",
    "label",
    "short",
    "hint",
    "reason",
    "intro",
    "name",
    "says",
    "text",
}
FREE = next(kind.name for kind in KINDS.values() if kind.is_text)  # the kind that needs nothing else
TWO = {"1": {"vi": BLANK, "en": BLANK}, "2": {"vi": BLANK, "en": BLANK}}


@dataclass(frozen=True)
class Fault:
    """One thing to correct, as `parse` says it.

    steps  the way to it in the document
    code   the item at which it is; "" elsewhere
    """

    error: DocumentError
    code: str

    @property
    def steps(self) -> Steps:
        return self.error.steps

    @property
    def reason(self) -> str:
        return self.error.reason

    def __str__(self) -> str:
        return str(self.error)


def of(document: Mapping[str, Any]) -> tuple[tuple[Fault, ...], Questionnaire | None]:
    """The faults of a document, in the order in which they are met, and what can be drawn of it, if anything."""
    copy: dict[str, Any] = json.loads(json.dumps(document))
    found: list[Fault] = []
    met: dict[Steps, int] = {}
    while len(met) < 2 * MOST:
        try:
            return tuple(found[:MOST]), parse(copy)
        except DocumentError as error:
            if error.steps not in met:
                found.append(Fault(error, _item(copy, error.steps)))
            met[error.steps] = met.get(error.steps, 0) + 1
            if met[error.steps] > 3 or not _mend(copy, error, met[error.steps]):
                break
    return tuple(found[:MOST]), None


def _item(document: Mapping[str, Any], steps: Steps) -> str:
    """The code of the item that a place belongs to."""
    if len(steps) < 4 or steps[0] != "pages" or steps[2] != "items":
        return ""
    item = document["pages"][steps[1]]["items"][steps[3]]
    return str(item.get("code", "")) if isinstance(item, dict) else ""


def _mend(document: dict[str, Any], error: DocumentError, times: int) -> bool:
    """Puts something readable where a fault is; the more often it is met, the more is taken away. False if that is
    not possible."""
    steps = error.steps
    if times == 1 and (text := _text(steps)) and _set(document, text, _filled(_get(document, text))):
        return True
    if len(steps) >= 4 and steps[0] == "pages" and steps[2] == "items":
        items = document["pages"][steps[1]]["items"]
        number = int(steps[3])
        if not isinstance(items[number], dict) or times > 2:
            items[number] = {"code": f"cau_{steps[1]}_{number}"}
        key = str(steps[4] if len(steps) > 4 else error.values.get("key", "kind"))
        scales = document.get("scales")
        if key == "scale" and isinstance(scales, dict) and scales and times == 1:
            items[number]["scale"] = next(iter(scales))
            return True
        return _mend_item(items[number], key)
    if len(steps) >= 2 and steps[0] == "pages":
        part = steps[2] if len(steps) > 2 else error.values.get("key")
        return _mend_page(document["pages"], int(steps[1]), str(part))
    return _mend_head(document, str(steps[0] if steps else error.values.get("key", "")))


def _text(steps: Steps) -> Steps | None:
    """The way to the text in which a fault is, if it is in one."""
    for length in range(len(steps), 0, -1):
        inside = steps[length - 2] if length > 1 else ""
        if steps[length - 1] in TEXTS or inside == "choices" or (inside == "missing" and length == 2):
            return steps[:length]
        if length == 3 and steps[0] == "scales":
            return steps[:length]
    return None


def _filled(value: Any) -> dict[str, str]:
    """A text in both languages, of what is there."""
    there = value if isinstance(value, dict) else {}
    given = {code: one.strip()[:LONGEST] for code, one in there.items() if isinstance(one, str) and one.strip()}
    return {code: given.get(code) or next(iter(given.values()), BLANK) for code in OWN}


def _mend_item(item: dict[str, Any], key: str) -> bool:
    kind = KINDS.get(str(item.get("kind")))
    needed = kind.needs.split() if kind else []
    if key == "choices" and key in needed:
        item[key] = dict(TWO)
    elif key in ("minimum", "maximum") and key in needed:
        item |= {"minimum": 0, "maximum": 100}
    elif key == "label":
        item[key] = _filled(item.get(key))
    elif key in ("kind", "code") or key in needed:  # drawn as a field to write in
        label, code = _filled(item.get("label")), item.get("code")
        item.clear()
        item |= {"code": code if key != "code" else f"cau_{id(item)}", "kind": FREE, "label": label}
    elif key in item:
        del item[key]
    else:
        for allowed in ALLOWED.split():
            item.pop(allowed, None)
    return True


def _mend_page(pages: list[Any], number: int, key: str) -> bool:
    page = pages[number]
    nothing = {"code": f"cau_{number}", "kind": FREE, "label": {"vi": BLANK, "en": BLANK}}
    if not isinstance(page, dict):
        pages[number] = {"code": f"phan_{number}", "title": _filled(None), "items": [nothing]}
    elif key == "items":
        page["items"] = [nothing]
    elif key == "code":
        page["code"] = f"phan_{number}"
    elif key == "title":
        page["title"] = _filled(page.get("title"))
    elif key in page:
        del page[key]
    else:
        return False
    return True


def _mend_head(document: dict[str, Any], key: str) -> bool:
    if key in ("title", "purpose", "consent"):
        document[key] = _filled(document.get(key))
    elif key == "code":
        document["code"] = "nhap"
    elif key == "version":
        document["version"] = 1
    elif key == "pages":
        document["pages"] = [{}]
        return _mend_page(document["pages"], 0, "items") and _mend_page(document["pages"], 0, "code")
    elif key in document:
        del document[key]
    else:
        return False
    return True


def _get(document: Any, steps: Steps) -> Any:
    """What stands at a place; None where nothing does."""
    for step in steps:
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and isinstance(step, int) and step < len(document):
            document = document[step]
        else:
            return None
    return document


def _set(document: Any, steps: Steps, value: Any) -> bool:
    around = _get(document, steps[:-1])
    if not isinstance(around, dict | list):
        return False
    around[steps[-1]] = value  # type: ignore[index]
    return True
