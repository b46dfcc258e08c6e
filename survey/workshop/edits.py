"""What is changed of a document that is being written: plain values, of which nothing need be right yet.

Each function changes the document that it is given; `forms.faults` says what is wrong with the outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from forms import KINDS, Questionnaire, texts
from translations import Lazy, speaking
from translations import gettext as _

Document = dict[str, Any]
OTHER = "_khac"  # after the code of the item whose “other” a text spells out
USUAL = Lazy("The file says nothing before its questions: the usual purpose and consent stand there. Read them.")
FREE = next(kind.name for kind in KINDS.values() if kind.is_text)


def items(document: Document) -> Iterator[tuple[Document, Document]]:
    """Each item with its page, in order; what is no item is passed over."""
    for page in pages(document):
        for item in page.get("items") or []:
            if isinstance(item, dict):
                yield page, item


def pages(document: Document) -> list[Document]:
    """The pages."""
    there = document.get("pages")
    return [page for page in there if isinstance(page, dict)] if isinstance(there, list) else []


def find(document: Document, code: str) -> tuple[Document, Document] | None:
    """The page and the item of a code; None if there is none."""
    return next(((page, item) for page, item in items(document) if item.get("code") == code), None)


def own_text(document: Document, code: str) -> Document | None:
    """The text that stands beside an item, if there is one."""
    return next((item for _page, item in items(document) if item.get("beside") == code), None)


def untranslated(document: Document) -> int:
    """How many texts lack their English: labels, choices, hints, what is said before."""
    return sum(not str(words.get("en") or "").strip() for words in texts.of(document).values())


def both(make: Callable[[], str]) -> dict[str, str]:
    """A message as a text of the document, in both languages."""
    said = {}
    for language in ("vi", "en"):
        with speaking(language):
            said[language] = make()
    return said


def blank(code: str, title: str, english: str = "") -> Document:
    """A document to begin with: what is said before and after, the usual scales, no question yet."""
    return {
        "code": code,
        "version": 1,
        "title": {"vi": title, "en": english},
        **_said_before(),
        "scales": {
            "hai_long": _levels(
                lambda: _("Very dissatisfied"),
                lambda: _("Dissatisfied"),
                lambda: _("Neither satisfied nor dissatisfied"),
                lambda: _("Satisfied"),
                lambda: _("Very satisfied"),
            ),
            "dong_y": _levels(
                lambda: _("Strongly disagree"),
                lambda: _("Disagree"),
                lambda: _("Neither agree nor disagree"),
                lambda: _("Agree"),
                lambda: _("Strongly agree"),
            ),
        },
        "missing": {
            "98": both(lambda: _("Don't know or don't remember")),
            "99": both(lambda: _("I do not want to answer")),
        },
        "pages": [{"code": "phan_1", "title": both(lambda: _("Questions")), "items": [new_item("cau_1")]}],
    }


def _said_before() -> Document:
    return {
        "purpose": both(lambda: _("Your views help the authorities mend what works badly.")),
        "consent": both(
            lambda: _(
                "The provincial Department of Home Affairs asks for your views. The form takes no name, address "
                "or telephone number. Results are published for groups only, never for a person. Leave out any "
                "question that you do not want to answer."
            )
        ),
    }


def fill_in(document: Document) -> bool:
    """Puts the usual words where a file from elsewhere says nothing before its questions; a part that is called as
    the whole gets a name of its own. Whether there was anything to put."""
    lacking = {key: words for key, words in _said_before().items() if not document.get(key)}
    document.update(lacking)
    for page in pages(document):
        if (
            isinstance(page.get("title"), dict)
            and page["title"] == document.get("title")
            and not page.get("intro")
        ):
            page["title"] = both(lambda: _("Questions"))
    return bool(lacking)


def _levels(*names: Callable[[], str]) -> dict[str, dict[str, str]]:
    return {str(level): both(name) for level, name in enumerate(names, 1)}


def new_item(code: str, before: Document | None = None) -> Document:
    """A question without words, to be answered on the scale of the one before it, else in one's own words."""
    kind = KINDS.get(str(before.get("kind"))) if before else None
    if before is None or kind is None or not kind.is_scale or "scale" not in before:
        return {"code": code, "kind": FREE, "label": {"vi": "", "en": ""}}
    answered: Document = {key: before[key] for key in ("kind", "scale", "missing") if key in before}
    return {"code": code, **answered, "label": {"vi": "", "en": ""}}


def next_version(questionnaire: Questionnaire, newest: int) -> Document:
    """The document of a version as the draft of the one after the newest."""
    return {**questionnaire.document, "version": newest + 1}


def add_item(document: Document, after: str) -> str:
    """Puts a question without words behind another one, or at the end; gives its code."""
    code = free_code(document, "cau")
    place = find(document, after)
    if place is None:
        if not pages(document):
            document["pages"] = [{"code": "phan_1", "title": {"vi": "", "en": ""}, "items": []}]
        page = pages(document)[-1]
        there = page.get("items") or []
        page["items"] = [*there, new_item(code, there[-1] if there and isinstance(there[-1], dict) else None)]
        return code
    page, item = place
    text = own_text(document, after)
    page["items"].insert(page["items"].index(text or item) + 1, new_item(code, item))
    return code


def add_page(document: Document, after: str) -> str:
    """Puts a page with one question without words behind that of an item, or at the end; gives the item's code."""
    taken = {page.get("code") for page in pages(document)}
    number = next(number for number in range(1, 10_000) if f"phan_{number}" not in taken)
    code = free_code(document, "cau")
    page = {"code": f"phan_{number}", "title": {"vi": "", "en": ""}, "items": [new_item(code)]}
    place = find(document, after)
    document["pages"].insert(document["pages"].index(place[0]) + 1 if place else len(document["pages"]), page)
    if isinstance(document.get("paper"), list):
        document["paper"].append(page["code"])
    return code


def free_code(document: Document, beginning: str) -> str:
    """A code of an item that is not taken."""
    taken = {str(item.get("code", "")).casefold() for _page, item in items(document)}
    return next(code for n in range(1, 10_000) if (code := f"{beginning}_{n}") not in taken)


def remove_item(document: Document, code: str) -> None:
    """Takes an item out, with the text beside it and where index, headlines and checks name it. A condition that
    looks at it stays, and is a fault: what is asked then is for somebody to say."""
    for page in pages(document):
        page["items"] = [
            one
            for one in page.get("items") or []
            if not isinstance(one, dict) or (one.get("code") != code and one.get("beside") != code)
        ]
    gone = [page for page in pages(document) if not page["items"] and len(pages(document)) > 1]
    for page in gone:
        remove_page(document, page)
    forget(document, code)


def remove_page(document: Document, page: Document) -> None:
    """Takes out a page that has no item."""
    document["pages"].remove(page)
    if isinstance(document.get("paper"), list):
        document["paper"] = [code for code in document["paper"] if code != page.get("code")]


def forget(document: Document, code: str) -> None:
    """Takes an item out of the index, the headlines, the checks and the one tap."""
    into(document, code, None)
    if isinstance(document.get("headlines"), list):
        document["headlines"] = [one for one in document["headlines"] if one.get("item") != code]
        if not document["headlines"]:
            del document["headlines"]
    tap = document.get("one_tap")
    if isinstance(tap, dict) and code in (tap.get("answer"), tap.get("why")):
        del document["one_tap"]
    checks = document.get("quality")
    if isinstance(checks, dict):
        checks["again"] = [one for one in checks.get("again") or [] if one != code]
        rules = checks.get("contradictions") or []
        checks["contradictions"] = [one for one in rules if not looks_at(one.get("when"), code)]
        document["quality"] = {key: one for key, one in checks.items() if one}
        if not document["quality"]:
            del document["quality"]


def looks_at(condition: Any, code: str) -> bool:
    """Whether a condition looks at an item."""
    if isinstance(condition, list):
        return any(looks_at(one, code) for one in condition)
    if not isinstance(condition, dict):
        return False
    return condition.get("item") == code or any(looks_at(one, code) for one in condition.values())


def factors(document: Document) -> list[Document]:
    """The factors of the index."""
    index = document.get("index")
    areas = index.get("areas") if isinstance(index, dict) else None
    return [factor for area in areas or [] for factor in area.get("factors") or []]


def factor_of(document: Document, code: str) -> str:
    """The code of the factor that an item counts for; "" for none."""
    found = (factor for factor in factors(document) if code in (factor.get("items") or []))
    return str(next(found, {}).get("code", ""))


def into(document: Document, code: str, factor: str | None) -> None:
    """Lets an item count for a factor of the index, or for none; a factor, area or index without items goes."""
    for one in factors(document):
        one["items"] = [item for item in one.get("items") or [] if item != code]
        if one.get("code") == factor:
            one["items"].append(code)
    index = document.get("index")
    if isinstance(index, dict):
        for area in index.get("areas") or []:
            area["factors"] = [one for one in area.get("factors") or [] if one["items"]]
        index["areas"] = [area for area in index.get("areas") or [] if area["factors"]]
        if not index["areas"]:
            del document["index"]


def first_index(document: Document) -> None:
    """Gives a document an index with one factor, to which nothing counts yet; it needs an item at once."""
    document["index"] = {
        "title": both(lambda: _("Satisfaction index")),
        "rule": "share_satisfied",
        "rules": [
            {
                "name": "share_satisfied",
                "label": both(lambda: _("Share of satisfied answers (levels 4 and 5)")),
                "scores": {"1": 0, "2": 0, "3": 0, "4": 1, "5": 1},
            }
        ],
        "areas": [
            {
                "code": "HL",
                "label": both(lambda: _("Satisfaction")),
                "factors": [{"code": "HL.A", "label": both(lambda: _("Satisfaction")), "items": []}],
            }
        ],
    }


def move(document: Document, code: str, by: int) -> None:
    """Moves an item over its neighbour, at the end of a page onto the next one; the text beside it goes along."""
    place = find(document, code)
    if place is None:
        return
    page, item = place
    text = own_text(document, code)
    order = [one for one in page["items"] if not (isinstance(one, dict) and one.get("beside"))]
    at = order.index(item) + by
    target = pages(document).index(page) + (by if not 0 <= at < len(order) else 0)
    if not 0 <= target < len(pages(document)):
        return
    page["items"] = [one for one in page["items"] if one is not item and one is not text]
    other = pages(document)[target]
    if other is not page:
        rest = other.get("items") or []
        other["items"] = [item, *filter(None, [text]), *rest] if by > 0 else [*rest, item, *filter(None, [text])]
        if not page["items"]:
            remove_page(document, page)
        return
    neighbour = order[at]
    beside = own_text(document, str(neighbour.get("code", "")))
    after = page["items"].index(beside or neighbour) + 1 if by > 0 else page["items"].index(neighbour)
    page["items"][after:after] = [item, *filter(None, [text])]


def to_page(document: Document, code: str, target: str) -> None:
    """Moves an item to the end of another page."""
    place = find(document, code)
    others = [page for page in pages(document) if page.get("code") == target]
    if place is None or not others or others[0] is place[0]:
        return
    page, item = place
    text = own_text(document, code)
    page["items"] = [one for one in page["items"] if one is not item and one is not text]
    others[0]["items"] = [*(others[0].get("items") or []), item, *filter(None, [text])]
    if not page["items"]:
        remove_page(document, page)


def rename(value: Any, old: str, new: str) -> None:
    """Gives an item another code, wherever the document names it."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key in ("item", "beside", "answer", "why", "code") and one == old:
                value[key] = new
            elif key in ("items", "again") and isinstance(one, list):
                value[key] = [new if each == old else each for each in one]
            rename(value[key], old, new)
    elif isinstance(value, list):
        for one in value:
            rename(one, old, new)


def spell_out(document: Document, code: str, choice: int | None) -> None:
    """Puts a text beside an item that is asked of who chose a choice, or takes it away."""
    place = find(document, code)
    text = own_text(document, code)
    if place is None:
        return
    page, item = place
    if choice is None:
        page["items"] = [one for one in page["items"] if one is not text]
        return
    if text is None:
        text = new_item(f"{code}{OTHER}") | {"label": both(lambda: _("Please say what it was"))}
        page["items"].insert(page["items"].index(item) + 1, text)
    text |= {"beside": code, "show_if": {"item": code, "any": [choice]}}


def take(document: Document, source: Mapping[str, Any], codes: list[str]) -> list[str]:
    """Copies items of a published version to the end, with their codes, scales and choices that are no answer.
    Gives those that were not taken since their codes are there already."""
    left = []
    whole = dict(source)
    for code in codes:
        place = find(whole, code)
        if place is None or find(document, code) is not None:
            left.append(code)
            continue
        item = {key: value for key, value in place[1].items() if key not in ("show_if", "audio")}
        if scale := item.get("scale"):
            scales = document.setdefault("scales", {})
            names = (scale, *(f"{scale}_{number}" for number in range(2, 100)))
            item["scale"] = _placed(scales, names, whole["scales"][scale])
        if missing := item.get("missing"):
            known = document.setdefault("missing", {})
            item["missing"] = [
                int(_placed(known, [str(code), *map(str, range(97, 89, -1))], whole["missing"][str(code)]))
                for code in missing
            ]
        pages(document)[-1].setdefault("items", []).append(item)
    return left


def _placed(there: Document, names: Iterable[str], what: Any) -> str:
    """The first of the names under which this stands or can be put: what has a name keeps its meaning."""
    name = next(name for name in names if there.get(name, what) == what)
    there[name] = what
    return name


def remove_language(document: Document, code: str) -> None:
    """Takes a further language out, with every text and recording in it."""
    further = document.get("languages")
    if not isinstance(further, dict) or code not in further:
        return
    del further[code]
    if not further:
        del document["languages"]
    _forget_language(document, code)


def _forget_language(value: Any, code: str) -> None:
    if isinstance(value, list):
        for one in value:
            _forget_language(one, code)
    elif isinstance(value, dict):
        if value.keys() & {"vi", "en"} or isinstance(value.get(code), str):
            value.pop(code, None)
        for key in [key for key, one in value.items() if key == "audio" and isinstance(one, dict)]:
            value[key].pop(code, None)
            if not value[key]:
                del value[key]
        for one in value.values():
            _forget_language(one, code)
